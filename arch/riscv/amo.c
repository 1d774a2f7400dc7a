/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * AMOs on host memory: see arch/amo.h. A byte or halfword lies in one aligned 32-bit word, so
 * exchanging that word when nothing in it has changed is atomic for the part, and preserves stores
 * of others to the rest. (Unprivileged specification, chapters "A", "Zabha", "Zacas".)
 */
#include <arch/amo.h>
#include <spec/insn.h>

static uint64_t low(uint64_t v, unsigned size)
{
	return size == 8 ? v : v & ((UINT64_C(1) << 8 * size) - 1);
}

static int64_t sign(uint64_t v, unsigned size)
{
	unsigned unused = 64 - 8 * size;

	return (int64_t)(v << unused) >> unused;
}

bool amo_valid(const struct amo *a)
{
	switch (a->op) {
	case AMO_ADD:
	case AMO_SWAP:
	case AMO_XOR:
	case AMO_OR:
	case AMO_AND:
	case AMO_MIN:
	case AMO_MAX:
	case AMO_MINU:
	case AMO_MAXU:
	case AMO_CAS:
		return a->size == 1 || a->size == 2 || a->size == 4 || a->size == 8;
	default:
		return false;
	}
}

uint64_t amo_result(const struct amo *a, uint64_t old)
{
	uint64_t b = low(a->operand, a->size);

	old = low(old, a->size);
	switch (a->op) {
	case AMO_ADD:
		return low(old + b, a->size);
	case AMO_SWAP:
		return b;
	case AMO_XOR:
		return old ^ b;
	case AMO_OR:
		return old | b;
	case AMO_AND:
		return old & b;
	case AMO_MIN:
		return sign(old, a->size) < sign(b, a->size) ? old : b;
	case AMO_MAX:
		return sign(old, a->size) > sign(b, a->size) ? old : b;
	case AMO_MINU:
		return old < b ? old : b;
	case AMO_MAXU:
		return old > b ? old : b;
	default: /* AMO_CAS */
		return old == low(a->compare, a->size) ? b : old;
	}
}

/* In the aligned word that holds it. */
static uint64_t perform_part(uint64_t addr, const struct amo *a)
{
	uint32_t *word = (uint32_t *)(addr & ~UINT64_C(3)),
		 seen = __atomic_load_n(word, __ATOMIC_RELAXED), next;
	unsigned shift = 8 * (addr & 3);
	uint32_t mask = (uint32_t)low(UINT64_MAX, a->size) << shift;

	do
		next = (seen & ~mask) | (uint32_t)amo_result(a, (seen & mask) >> shift) << shift;
	while (!__atomic_compare_exchange_n(word, &seen, next, false, __ATOMIC_SEQ_CST,
					    __ATOMIC_SEQ_CST));
	return (seen & mask) >> shift;
}

static uint64_t perform_word(uint32_t *p, const struct amo *a)
{
	uint32_t seen = __atomic_load_n(p, __ATOMIC_RELAXED);

	while (!__atomic_compare_exchange_n(p, &seen, (uint32_t)amo_result(a, seen), false,
					    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		;
	return seen;
}

static uint64_t perform_double(uint64_t *p, const struct amo *a)
{
	uint64_t seen = __atomic_load_n(p, __ATOMIC_RELAXED);

	while (!__atomic_compare_exchange_n(p, &seen, amo_result(a, seen), false, __ATOMIC_SEQ_CST,
					    __ATOMIC_SEQ_CST))
		;
	return seen;
}

uint64_t amo_perform(void *p, const struct amo *a)
{
	uint64_t old;

	if (a->size == 8)
		old = perform_double(p, a);
	else if (a->size == 4)
		old = perform_word(p, a);
	else
		old = perform_part((uint64_t)p, a);
	return (uint64_t)sign(old, a->size);
}
