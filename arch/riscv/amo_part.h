/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An AMO on a byte or halfword of an aligned 32-bit word. Exchanging that word when nothing in it
 * has changed is atomic for the part, and preserves stores of others to the rest. Inline, as all of
 * amo_quick.c is to be one function.
 */
#ifndef NACRE_ARCH_AMO_PART_H
#define NACRE_ARCH_AMO_PART_H

#include <core/types.h>
#include <spec/insn.h>

/*
 * Moved up to the top of 32 bits: b and compare with zeroes below, what the word has with more of
 * the word below, which decides between equals only. What comes out counts as far as the part goes.
 */
static inline int32_t amo_part_after(uint32_t op, int32_t old, int32_t b, int32_t compare,
				     unsigned below)
{
	if (__builtin_expect(op == AMO_ADD, 1)) /* before a jump by table */
		return (int32_t)((uint32_t)old + (uint32_t)b);
	switch (op) {
	case AMO_SWAP:
		return b;
	case AMO_XOR:
		return old ^ b;
	case AMO_OR:
		return old | b;
	case AMO_AND:
		return old & b;
	case AMO_MIN:
		return old < b ? old : b;
	case AMO_MAX:
		return old > b ? old : b;
	case AMO_MINU:
		return (uint32_t)old < (uint32_t)b ? old : b;
	case AMO_MAXU:
		return (uint32_t)old > (uint32_t)b ? old : b;
	default: /* AMO_CAS */
		return (uint32_t)(old ^ compare) >> below ? old : b;
	}
}

/* p: of the part, aligned to its size; below: 32 less its bits, 24 or 16. The old value,
 * sign-extended. */
static inline uint64_t amo_part(void *p, uint32_t op, unsigned below, uint64_t operand,
				uint64_t compare)
{
	unsigned shift = (unsigned)(uint64_t)p * 8 & 24;
	uint32_t *word = (uint32_t *)((uint64_t)p & ~UINT64_C(3)),
		 seen = __atomic_load_n(word, __ATOMIC_RELAXED);
	int32_t b = (int32_t)((uint32_t)operand << below),
		cmp = (int32_t)((uint32_t)compare << below), old;
	uint32_t change;

	do {
		old = (int32_t)(seen << (below - shift));
		change = (uint32_t)(old ^ amo_part_after(op, old, b, cmp, below));
	} while (!__atomic_compare_exchange_n(word, &seen, seen ^ change >> below << shift, false,
					      __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST));
	return (uint64_t)(int64_t)(old >> below);
}

#endif
