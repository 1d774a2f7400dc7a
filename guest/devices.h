/* SPDX-License-Identifier: BSD-2-Clause */
/* The virtual devices of a VM, as the rest of the guest room sees them: their life, and the console
 * port. */
#ifndef NACRE_GUEST_DEVICES_H
#define NACRE_GUEST_DEVICES_H

#include <core/vm.h>

/* Once per VM: makes the devices and puts them on the bus. 0 or -NACRE_E*. */
int devices_create(struct vm *vm);
/* To the reset state, before each start. No vcpu of the VM runs. */
void devices_reset(struct vm *vm);

/* For vm_ops. */
void devices_irqs(struct vm *vm, unsigned vcpu, struct vm_irqs *out);
int devices_poke(struct vm *vm, enum vm_poke what, unsigned n);

/* Constant for the VM's life: false with console = "none". */
bool guest_has_console(const struct vm *vm);
/* One byte out. false: no room now. Without a console the byte is lost. */
bool guest_console_put(struct vm *vm, uint8_t c);
/* One byte in past the UART, or -1. */
int guest_console_get(struct vm *vm);

#endif
