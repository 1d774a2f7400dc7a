/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The host's ACLINT SSWI device: one register for each hart, in which a 1 raises that hart's
 * supervisor software interrupt. With it harts kick each other without the firmware, which takes
 * thousands of instructions.
 *
 * interrupts-extended has one <phandle 1> for each register, in their order; the phandle is that of
 * the hart's own interrupt controller. RISC-V ACLINT specification 1.0, "Supervisor-level Software
 * Interrupt Device".
 */
#include <libfdt.h>

#include <arch/mmu.h>
#include <core/cpu.h>
#include <core/driver.h>
#include <core/errno.h>
#include <core/host.h>
#include <core/irq.h>
#include <core/log.h>
#include <spec/csr.h>

#include "probes.h"

static struct bell bells[HOST_HARTS_MAX];

int aclint_sswi_probe(const void *fdt, int node)
{
	int len;
	const fdt32_t *cell = fdt_getprop(fdt, node, "interrupts-extended", &len);
	uint32_t n = cell ? (uint32_t)len / 8 : 0;
	volatile uint32_t *regs;
	uint64_t addr, size;
	int rc = fdt_reg(fdt, node, &addr, &size);

	if (rc)
		return rc;
	if (n == 0 || n > size / sizeof(*regs))
		return -NACRE_ERANGE;
	regs = mmu_map_device(hpa(addr), size);
	if (!regs)
		return -NACRE_ENOMEM;
	for (uint32_t at = 0; at < n; at++)
		for (unsigned i = 0; i < host.nharts; i++)
			if (host.hart[i].intc_phandle &&
			    host.hart[i].intc_phandle == fdt32_ld(cell + 2 * at) &&
			    fdt32_ld(cell + 2 * at + 1) == IRQ_SSI)
				bells[i] = (struct bell){.reg = regs + at, .ring = 1};
	irq_set_bells(bells);
	log_info("%s: harts interrupt each other without the firmware",
		 fdt_get_name(fdt, node, NULL));
	return 0;
}
