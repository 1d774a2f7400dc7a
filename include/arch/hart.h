/* SPDX-License-Identifier: BSD-2-Clause */
/* What a hart does to itself, one instruction each. */
#ifndef NACRE_ARCH_HART_H
#define NACRE_ARCH_HART_H

#include <stdint.h>

/* Orders the hart's earlier stores, and those of others that it has seen, before its later
 * instruction fetches. */
static inline void fence_i(void)
{
	__asm__ volatile("fence.i" ::: "memory");
}

/* sctrclr (Ssctr): the hart's control transfer records. */
static inline void ctr_clear(void)
{
	__asm__ volatile(".word 0x10400073" ::: "memory");
}

/* tp belongs to Nacre: the hart's struct cpu. */
static inline void *hart_tp(void)
{
	void *p;

	__asm__("mv %0, tp" : "=r"(p));
	return p;
}

static inline void hart_set_tp(void *p)
{
	__asm__ volatile("mv tp, %0" ::"r"(p) : "memory");
}

#endif
