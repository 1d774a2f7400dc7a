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

struct amo_part {
	uint32_t op, mask;   /* AMO_*; the part's bits */
	uint32_t b, compare; /* rs2, and rd before, shifted to the part's place; other bits do not
				count */
	unsigned up;	     /* what moves the part's sign to bit 31 */
};

/*
 * What the word becomes, as far as the mask goes. For an order, the part is moved upwards; what the
 * word has below it comes along, but decides between equals only.
 */
static inline uint32_t amo_part_after(const struct amo_part *a, uint32_t word)
{
	uint32_t b = a->b;

	switch (a->op) {
	case AMO_ADD:
		return word + b;
	case AMO_SWAP:
		return b;
	case AMO_XOR:
		return word ^ b;
	case AMO_OR:
		return word | b;
	case AMO_AND:
		return word & b;
	case AMO_MIN:
		return (int32_t)(word << a->up) < (int32_t)(b << a->up) ? word : b;
	case AMO_MAX:
		return (int32_t)(word << a->up) > (int32_t)(b << a->up) ? word : b;
	case AMO_MINU:
		return word << a->up < b << a->up ? word : b;
	case AMO_MAXU:
		return word << a->up > b << a->up ? word : b;
	default: /* AMO_CAS */
		return (word ^ a->compare) & a->mask ? word : b;
	}
}

/* p: of the part, aligned to size, which is 1 or 2. The old value, sign-extended. */
static inline uint64_t amo_part(void *p, uint32_t op, unsigned size, uint64_t operand,
				uint64_t compare)
{
	unsigned shift = (unsigned)(uint64_t)p * 8 & 24, unused = 32 - 8 * size;
	const struct amo_part a = {op, UINT32_MAX >> unused << shift, (uint32_t)operand << shift,
				   (uint32_t)compare << shift, unused - shift};
	uint32_t *word = (uint32_t *)((uint64_t)p & ~UINT64_C(3)),
		 seen = __atomic_load_n(word, __ATOMIC_RELAXED), next;

	do
		next = seen ^ ((seen ^ amo_part_after(&a, seen)) & a.mask);
	while (!__atomic_compare_exchange_n(word, &seen, next, false, __ATOMIC_SEQ_CST,
					    __ATOMIC_SEQ_CST));
	return (uint64_t)(int64_t)((int32_t)(seen << a.up) >> unused);
}

#endif
