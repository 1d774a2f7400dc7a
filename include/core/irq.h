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

struct irqchip {
	const char *name;
	void (*hart_init)(void *chip, struct cpu *c); /* on that hart; NULL: nothing to do */
	uint32_t (*claim)(void *chip, struct cpu *c); /* 0: none */
	void (*complete)(void *chip, struct cpu *c, uint32_t irq);
	/* Routes to that hart. 0; -NACRE_ERANGE: no such source; -NACRE_ENOENT: the hart is not
	 * connected. */
	int (*enable)(void *chip, uint32_t irq, struct cpu *c);
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
/* Where a 1 raises the software interrupt of a hart (NULL: nowhere, the firmware does). At boot. */
void irq_set_sswi(volatile uint32_t *(*setssip)(const struct cpu *c));
/* On each hart, after drivers_probe(): lets software, timer and external interrupts end a guest's
 * turn. */
void irq_hart_init(struct cpu *c);
/* An interrupt with this scause is pending on the calling hart (from the guest's exit or the idle
 * loop). */
void irq_dispatch(struct cpu *c, uint64_t scause);
/* All that sip & sie shows, for the idle loop. */
void irq_poll(struct cpu *c);

#endif
