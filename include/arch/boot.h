/* SPDX-License-Identifier: BSD-2-Clause */
/* How a hart comes from entry.S into C. */
#ifndef NACRE_ARCH_BOOT_H
#define NACRE_ARCH_BOOT_H

#include <core/types.h>

/* What a hart started by SBI HSM finds at its `opaque` argument (a virtual address). */
struct hart_boot {
	uint64_t sp, tp;
	void (*entry)(void *tp);
};

/* Value of `time` at the first instruction of the boot hart. */
extern uint64_t boot_time;

/* Where SBI HSM starts a hart. */
hpa_t hart_entry_phys(void);
/* Goes on with fn(arg) on another stack; never returns. */
void call_on_stack(void *top, void *arg, void (*fn)(void *)) __attribute__((noreturn));
/* The boot hart's first C function with translation on: core/main.c. */
void boot_main(uint64_t hartid, uint64_t fdt_pa) __attribute__((noreturn));

#endif
