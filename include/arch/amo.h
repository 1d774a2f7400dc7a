/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Atomic memory operations carried out for a guest whose hart has not got the instruction: those of
 * Zaamo, of Zabha for bytes and halfwords, and AMOCAS (Zacas). On host memory, atomic against every
 * other access to it: by compare-and-swap of the containing word. The order is always that of aq
 * and rl together, which is allowed for all four forms. Pure.
 */
#ifndef NACRE_ARCH_AMO_H
#define NACRE_ARCH_AMO_H

#include <core/types.h>

struct amo {
	uint8_t op;	  /* AMO_* of spec/insn.h, neither AMO_LR nor AMO_SC */
	uint8_t size;	  /* bytes: 1, 2, 4 or 8 */
	uint64_t operand; /* rs2: its low bytes count */
	uint64_t compare; /* AMO_CAS: rd before; its low bytes count */
};

/* Is this an operation that amo_perform() knows? */
bool amo_valid(const struct amo *a);
/* What memory holds after the operation, in the low bytes; old as it was there. */
uint64_t amo_result(const struct amo *a, uint64_t old);
/* p is aligned to the size. The old value, sign-extended from its size: what rd gets. */
uint64_t amo_perform(void *p, const struct amo *a);

#endif
