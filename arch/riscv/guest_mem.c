/* SPDX-License-Identifier: BSD-2-Clause */
/* Guest virtual memory for the handlers of exits; the instructions are in guest_access.S. */
#include <arch/csr.h>
#include <arch/guest_mem.h>
#include <arch/hext.h>
#include <core/errno.h>
#include <spec/insn.h>

long guest_load64(uint64_t addr, uint64_t *out, struct guest_fault *f);
long guest_load16x(uint64_t addr, uint64_t *out, struct guest_fault *f);

int guest_read64(gva_t addr, uint64_t *out, struct guest_fault *f)
{
	hext.access();
	return guest_load64(addr.v, out, f) ? -NACRE_EFAULT : 0;
}

/* The instruction that faulted was an hlvx of ours, of which a fetch says nothing. */
static int fetch_fault(struct guest_fault *f)
{
	uint64_t htinst = f->htval ? csr_read(CSR_HTINST) : 0;

	f->htinst = htinst == HTINST_PTW_READ64 || htinst == HTINST_PTW_WRITE64 ? htinst : 0;
	return -NACRE_EFAULT;
}

int guest_fetch(gva_t addr, uint32_t *insn, struct guest_fault *f)
{
	uint64_t lo, hi = 0;

	hext.access();
	if (guest_load16x(addr.v, &lo, f))
		return fetch_fault(f);
	/* The upper half may lie on another page, so it is fetched on its own and only when there
	 * is one. */
	if ((lo & 3) == 3 && guest_load16x(addr.v + 2, &hi, f))
		return fetch_fault(f);
	*insn = (uint32_t)(lo | hi << 16);
	return 0;
}

/* senvcfg is nobody's but the guest's: it writes it without a trap. */
uint8_t guest_pmm(const struct hext_ctx *c, bool user)
{
	uint64_t envcfg = user ? csr_read(CSR_SENVCFG) : c->henvcfg;

	return envcfg >> ENVCFG_PMM_SHIFT & 3;
}
