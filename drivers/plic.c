/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The host's PLIC: one context per hart, that of its S-mode external interrupt; the M-mode contexts
 * are the firmware's.
 *
 * A source has priority 1 when a driver wants it and 0 (never) otherwise; thresholds are 0. An
 * enabled source is routed to one hart. Binding: Linux interrupt-controller/sifive,plic-1.0.0.yaml.
 *
 * With bells it is priority 2, and the thresholds are 1: then a source of priority 1 that is always
 * pending, and enabled everywhere, interrupts whatever hart's threshold somebody sets to 0. Nobody
 * claims it.
 */
#include <libfdt.h>

#include <arch/io.h>
#include <arch/mmu.h>
#include <core/cpu.h>
#include <core/driver.h>
#include <core/errno.h>
#include <core/host.h>
#include <core/irq.h>
#include <spec/csr.h>
#include <spec/plic.h>

#include "probes.h"

#define NO_CONTEXT UINT32_MAX

struct plic {
	volatile uint8_t *base;
	uint32_t sources;		  /* 1..sources exist */
	uint32_t priority;		  /* of what drivers want */
	uint32_t bell_source;		  /* 0: none */
	uint32_t context[HOST_HARTS_MAX]; /* of host.hart[i] */
};

static struct plic plic;

static volatile uint8_t *context_regs(const struct plic *p, uint32_t context)
{
	return p->base + PLIC_CONTEXT + (uint64_t)context * PLIC_CONTEXT_STRIDE;
}

static volatile uint8_t *enable_reg(const struct plic *p, uint32_t context, uint32_t irq)
{
	return p->base + PLIC_ENABLE + (uint64_t)context * PLIC_ENABLE_STRIDE + irq / 32 * 4;
}

static uint32_t context_of(const struct plic *p, const struct cpu *c)
{
	for (unsigned i = 0; i < host.nharts; i++)
		if (host.hart[i].hartid == c->hartid)
			return p->context[i];
	return NO_CONTEXT;
}

/* Claim and complete are called for a hart that has interrupts enabled, so it has a context. */
static uint32_t plic_claim(void *chip, struct cpu *c)
{
	uint32_t context = context_of(chip, c);

	return context == NO_CONTEXT ? 0 : io_read32(context_regs(chip, context) + PLIC_CLAIM);
}

static void plic_complete(void *chip, struct cpu *c, uint32_t irq)
{
	io_write32(context_regs(chip, context_of(chip, c)) + PLIC_CLAIM, irq);
}

static int plic_enable(void *chip, uint32_t irq, struct cpu *c)
{
	struct plic *p = chip;
	uint32_t context = context_of(p, c);
	volatile uint8_t *reg;

	if (irq == 0 || irq > p->sources)
		return -NACRE_ERANGE;
	if (context == NO_CONTEXT)
		return -NACRE_ENOENT;
	reg = enable_reg(p, context, irq);
	io_write32(p->base + PLIC_PRIORITY + irq * 4UL, p->priority);
	io_write32(reg, io_read32(reg) | 1U << irq % 32);
	return 0;
}

static int plic_bells(void *chip, uint32_t irq, struct bell *bell)
{
	struct plic *p = chip;
	volatile uint8_t *priority = p->base + PLIC_PRIORITY + irq * 4UL;

	if (irq == 0 || irq > p->sources)
		return -NACRE_ERANGE;
	io_write32(priority, 2);
	if (io_read32(priority) != 2) { /* there may be one priority only */
		io_write32(priority, 0);
		return -NACRE_ENOTSUP;
	}
	p->priority = 2;
	io_write32(priority, 1);
	p->bell_source = irq;
	for (unsigned i = 0; i < host.nharts; i++)
		if (p->context[i] != NO_CONTEXT)
			bell[i] = (struct bell){
				.reg = (volatile uint32_t *)(context_regs(p, p->context[i]) +
							     PLIC_THRESHOLD),
				.ring = 0,
				.holds = true,
				.hush = 1,
			};
	return 0;
}

/* The firmware has reset the context of a hart that it started. */
static void plic_hart_init(void *chip, struct cpu *c)
{
	struct plic *p = chip;
	uint32_t context = context_of(p, c);
	volatile uint8_t *reg;

	if (!p->bell_source || context == NO_CONTEXT)
		return;
	io_write32(context_regs(p, context) + PLIC_THRESHOLD, 1);
	reg = enable_reg(p, context, p->bell_source);
	io_write32(reg, io_read32(reg) | 1U << p->bell_source % 32);
}

/*
 * interrupts-extended has one <phandle number> for each context, in their order; the number is the
 * interrupt that the context raises at the hart with that interrupt controller. Returns the number
 * of contexts up to the last of ours.
 */
static uint32_t find_contexts(struct plic *p, const void *fdt, int node)
{
	int len;
	const fdt32_t *cell = fdt_getprop(fdt, node, "interrupts-extended", &len);
	uint32_t n = cell ? (uint32_t)len / 8 : 0, used = 0;

	for (unsigned i = 0; i < HOST_HARTS_MAX; i++)
		p->context[i] = NO_CONTEXT;
	if (n > PLIC_MAX_CONTEXTS)
		n = PLIC_MAX_CONTEXTS;
	for (uint32_t context = 0; context < n; context++) {
		uint32_t phandle = fdt32_ld(cell + 2 * context);

		if (!phandle || fdt32_ld(cell + 2 * context + 1) != IRQ_SEI)
			continue;
		for (unsigned i = 0; i < host.nharts; i++)
			if (host.hart[i].intc_phandle == phandle) {
				p->context[i] = context;
				used = context + 1;
			}
	}
	return used;
}

static void plic_reset(struct plic *p)
{
	for (uint32_t irq = 1; irq <= p->sources; irq++)
		io_write32(p->base + PLIC_PRIORITY + irq * 4UL, 0);
	for (unsigned i = 0; i < host.nharts; i++) {
		if (p->context[i] == NO_CONTEXT)
			continue;
		for (uint32_t irq = 0; irq <= p->sources; irq += 32)
			io_write32(enable_reg(p, p->context[i], irq), 0);
		io_write32(context_regs(p, p->context[i]) + PLIC_THRESHOLD, 0);
	}
}

int plic_probe(const void *fdt, int node)
{
	static const struct irqchip chip = {
		.name = "PLIC",
		.hart_init = plic_hart_init,
		.claim = plic_claim,
		.complete = plic_complete,
		.enable = plic_enable,
		.bells = plic_bells,
		.chip = &plic,
	};
	uint64_t addr, size, used;
	int rc = fdt_reg(fdt, node, &addr, &size);

	if (rc)
		return rc;
	used = find_contexts(&plic, fdt, node);
	plic.sources = fdt_u32(fdt, node, "riscv,ndev", 0);
	if (used == 0 || plic.sources == 0 || plic.sources > PLIC_MAX_SOURCE)
		return -NACRE_EINVAL;
	used = PLIC_CONTEXT + used * PLIC_CONTEXT_STRIDE;
	if (used > size)
		return -NACRE_ERANGE;
	plic.base = mmu_map_device(hpa(addr), used);
	if (!plic.base)
		return -NACRE_ENOMEM;
	plic.priority = 1;
	plic_reset(&plic);
	irq_set_chip(&chip, fdt_get_phandle(fdt, node));
	return 0;
}
