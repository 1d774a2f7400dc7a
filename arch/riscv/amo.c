/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * AMOs on host memory: see arch/amo.h; of bytes and halfwords: amo_part.h. (Unprivileged
 * specification, chapters "A", "Zabha", "Zacas".)
 */
#include <arch/amo.h>
#include <spec/insn.h>
#include "amo_part.h"

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

/* For a size that the caller knows, so that the compiler does. */
static inline __attribute__((always_inline)) uint64_t result(const struct amo *a, uint64_t old,
							     unsigned size)
{
	uint64_t b = low(a->operand, size);

	old = low(old, size);
	switch (a->op) {
	case AMO_ADD:
		return low(old + b, size);
	case AMO_SWAP:
		return b;
	case AMO_XOR:
		return old ^ b;
	case AMO_OR:
		return old | b;
	case AMO_AND:
		return old & b;
	case AMO_MIN:
		return sign(old, size) < sign(b, size) ? old : b;
	case AMO_MAX:
		return sign(old, size) > sign(b, size) ? old : b;
	case AMO_MINU:
		return old < b ? old : b;
	case AMO_MAXU:
		return old > b ? old : b;
	default: /* AMO_CAS */
		return old == low(a->compare, size) ? b : old;
	}
}

uint64_t amo_result(const struct amo *a, uint64_t old)
{
	return result(a, old, a->size);
}

static int64_t perform_word(uint32_t *p, const struct amo *a)
{
	uint32_t seen = __atomic_load_n(p, __ATOMIC_RELAXED);

	while (!__atomic_compare_exchange_n(p, &seen, (uint32_t)result(a, seen, 4), false,
					    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		;
	return (int32_t)seen;
}

static int64_t perform_double(uint64_t *p, const struct amo *a)
{
	uint64_t seen = __atomic_load_n(p, __ATOMIC_RELAXED);

	while (!__atomic_compare_exchange_n(p, &seen, result(a, seen, 8), false, __ATOMIC_SEQ_CST,
					    __ATOMIC_SEQ_CST))
		;
	return (int64_t)seen;
}

uint64_t amo_perform(void *p, const struct amo *a)
{
	switch (a->size) {
	case 1:
	case 2:
		return amo_part(p, a->op, 32 - 8 * a->size, a->operand, a->compare);
	case 4:
		return (uint64_t)perform_word(p, a);
	default:
		return (uint64_t)perform_double(p, a);
	}
}
