/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Host interrupts: the interrupt controller's driver and the devices' handlers meet here.
 *
 * HS-mode runs with interrupts masked, so handlers run where the run loop or the idle loop calls
 * them: on the hart's own stack, with no lock held, never nested. Chips and handlers are set at
 * boot, before the other harts start.
 */
#ifndef NACRE_CORE_IRQ_H
#define NACRE_CORE_IRQ_H

#include <core/types.h>

struct cpu;
struct bell;

struct irqchip {
	const char *name;
	void (*hart_init)(void *chip, struct cpu *c); /* on that hart; NULL: nothing to do */
	uint32_t (*claim)(void *chip, struct cpu *c); /* 0: none */
	void (*complete)(void *chip, struct cpu *c, uint32_t irq);
	/* Routes to that hart. 0; -NACRE_ERANGE: no such source; -NACRE_ENOENT: the hart is not
	 * connected. */
	int (*enable)(void *chip, uint32_t irq, struct cpu *c);
	/*
	 * That source is pending for good: fills in the bells of all harts, which ring with it.
	 * Before any enable(). 0, -NACRE_ERANGE, -NACRE_ENOTSUP. NULL: not this chip.
	 */
	int (*bells)(void *chip, uint32_t irq, struct bell *bell);
	void *chip;
};
/* The controller with this phandle; there is one. */
void irq_set_chip(const struct irqchip *chip, uint32_t phandle);
/*
 * The handler of a source; `parent` is the interrupt parent's phandle from the device tree. Device
 * interrupts go to the boot hart. 0, -NACRE_ENOENT without that controller, -NACRE_ENOMEM, or as
 * irqchip.enable.
 */
int irq_request(uint32_t parent, uint32_t irq, void (*handler)(void *), void *arg);
/* The bells of the harts, as host.hart[] counts them; they stay in place. At boot. */
void irq_set_bells(const struct bell *bell);
/*
 * A source that its device keeps pending, and that is good for nothing else: harts shall ring with
 * it. `again` makes it pending anew. 0; -NACRE_ENOENT without that controller; or as
 * irqchip.bells.
 */
int irq_ring_with(uint32_t parent, uint32_t irq, void (*again)(void *), void *arg);
/* On each hart, after drivers_probe(): lets software, timer and external interrupts end a guest's
 * turn. */
void irq_hart_init(struct cpu *c);
/* An interrupt with this scause is pending on the calling hart (from the guest's exit or the idle
 * loop). */
void irq_dispatch(struct cpu *c, uint64_t scause);
/* All that sip & sie shows, for the idle loop. */
void irq_poll(struct cpu *c);

#endif
