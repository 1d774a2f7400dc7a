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
#include <core/irq.h>
#include <core/log.h>
#include <core/sched.h>

#define HANDLER_MAX 8
/* More claims in a row than this go on at the next exit: a stuck line must not starve the guests.
 */
#define CLAIM_MAX 16

static const struct irqchip *chip;
static uint32_t chip_phandle;
static volatile uint32_t *(*setssip_of)(const struct cpu *c);

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
	handlers[handler_count].irq = irq;
	handlers[handler_count].handler = handler;
	handlers[handler_count].arg = arg;
	handler_count++;
	return 0;
}

void irq_set_sswi(volatile uint32_t *(*setssip)(const struct cpu *c))
{
	setssip_of = setssip;
}

void irq_hart_init(struct cpu *c)
{
	c->setssip = setssip_of ? setssip_of(c) : NULL;
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
	}
}

void irq_dispatch(struct cpu *c, uint64_t scause)
{
	switch (scause & ~CAUSE_INTERRUPT) {
	case IRQ_SSI:
		arch_irq_clear_ssi();
		cpu_kick_ack(c);
		/* A guest can have a hart kicked again and again, and SSI goes before STI. */
		if (arch_irq_pending() & IP_STI)
			sched_timer(c);
		break;
	case IRQ_STI:
		sched_timer(c);
		break;
	case IRQ_SEI:
		external(c);
		break;
	default: /* nothing else is enabled in sie */
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
