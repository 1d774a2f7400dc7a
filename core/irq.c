/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Host interrupts, one level deep: software interrupts are kicks, timer interrupts go to the
 * scheduler, external ones through the one interrupt controller to the handler that asked for them.
 *
 * The tables are filled at boot and only read afterwards, so there is no lock.
 */
#include <arch/irq.h>
#include <core/cpu.h>
#include <core/errno.h>
#include <core/host.h>
#include <core/irq.h>
#include <core/log.h>
#include <core/sched.h>

#define HANDLER_MAX 8
/* More claims in a row than this go on at the next exit: a stuck line must not starve the guests.
 */
#define CLAIM_MAX 16

static const struct irqchip *chip;
static uint32_t chip_phandle;
static const struct bell *bells; /* of host.hart[i]; NULL: the firmware kicks */
static uint32_t bell_irq;	 /* what they ring with; 0: none of the chip's */

static struct {
	uint32_t irq;
	void (*handler)(void *arg);
	void *arg;
} handlers[HANDLER_MAX];
static unsigned handler_count;

void irq_set_chip(const struct irqchip *newchip, uint32_t phandle)
{
	chip = newchip;
	chip_phandle = phandle;
}

static void add_handler(uint32_t irq, void (*handler)(void *), void *arg)
{
	handlers[handler_count].irq = irq;
	handlers[handler_count].handler = handler;
	handlers[handler_count].arg = arg;
	handler_count++;
}

int irq_request(uint32_t parent, uint32_t irq, void (*handler)(void *), void *arg)
{
	int rc;

	if (!chip || parent != chip_phandle)
		return -NACRE_ENOENT;
	if (handler_count == HANDLER_MAX)
		return -NACRE_ENOMEM;
	rc = chip->enable(chip->chip, irq, cpus[0]);
	if (rc)
		return rc;
	add_handler(irq, handler, arg);
	return 0;
}

void irq_set_bells(const struct bell *bell)
{
	bells = bell;
}

int irq_ring_with(uint32_t parent, uint32_t irq, void (*again)(void *), void *arg)
{
	static struct bell of[HOST_HARTS_MAX];
	int rc;

	if (!chip || parent != chip_phandle)
		return -NACRE_ENOENT;
	if (!chip->bells)
		return -NACRE_ENOTSUP;
	rc = chip->bells(chip->chip, irq, of);
	if (rc)
		return rc;
	add_handler(irq, again, arg);
	bell_irq = irq;
	bells = of;
	return 0;
}

void irq_hart_init(struct cpu *c)
{
	for (unsigned i = 0; bells && i < host.nharts; i++)
		if (host.hart[i].hartid == c->hartid)
			c->bell = bells[i];
	if (chip && chip->hart_init)
		chip->hart_init(chip->chip, c);
	arch_irq_enable(IP_SSI | IP_STI | (chip ? IP_SEI : 0));
}

static void handle(uint32_t irq)
{
	for (unsigned i = 0; i < handler_count; i++)
		if (handlers[i].irq == irq)
			handlers[i].handler(handlers[i].arg);
}

static void external(struct cpu *c)
{
	uint32_t irq;

	for (unsigned i = 0; chip && i < CLAIM_MAX && (irq = chip->claim(chip->chip, c)); i++) {
		handle(irq);
		chip->complete(chip->chip, c, irq);
		if (irq == bell_irq)
			break; /* a claim may find it whether it rings or not */
	}
}

/* A guest can have a hart kicked again and again, and timers come last. */
static void kicked(struct cpu *c)
{
	cpu_kick_hush(c);
	cpu_kick_ack(c);
	if (arch_irq_pending() & IP_STI)
		sched_timer(c);
}

void irq_dispatch(struct cpu *c, uint64_t scause)
{
	switch (scause & ~CAUSE_INTERRUPT) {
	case IRQ_SSI:
		kicked(c);
		break;
	case IRQ_STI:
		sched_timer(c);
		break;
	case IRQ_SEI:
		if (c->bell.holds)
			kicked(c);
		if (c->index == 0) /* devices interrupt no other hart */
			external(c);
		break;
	default: /* nothing else is enabled in sie, but LCOFI while a vcpu has counters */
		if ((scause & ~CAUSE_INTERRUPT) == IRQ_LCOFI)
			vcpu_hpm_overflow(c->current);
		break;
	}
}

void irq_poll(struct cpu *c)
{
	uint64_t pending = arch_irq_pending();

	if (pending & IP_SSI)
		irq_dispatch(c, IRQ_SSI);
	if (pending & IP_STI)
		irq_dispatch(c, IRQ_STI);
	if (pending & IP_SEI)
		irq_dispatch(c, IRQ_SEI);
}
