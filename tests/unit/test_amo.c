/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Emulated AMOs: every operation, size and place against 64-bit arithmetic on separate variables;
 * then threads on the bytes of one word, with plain stores beside them, where nothing may be lost.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <pthread.h>
#include <cmocka.h>

#include <arch/amo.h>
#include <core/types.h>
#include <spec/insn.h>

static const uint8_t ops[] = {AMO_ADD, AMO_SWAP, AMO_XOR,  AMO_OR,   AMO_AND,
			      AMO_MIN, AMO_MAX,	 AMO_MINU, AMO_MAXU, AMO_CAS};

static const uint64_t edges[] = {
	0,
	1,
	2,
	0x7f,
	0x80,
	0xff,
	0x100,
	0x7fff,
	0x8000,
	0xffff,
	0x10000,
	0x7fffffff,
	0x80000000,
	0xffffffff,
	0x7fffffffffffffff,
	0x8000000000000000,
	UINT64_MAX,
	0x1234567890abcdef,
};

static int64_t as_signed(uint64_t v, unsigned size)
{
	switch (size) {
	case 1:
		return (int8_t)v;
	case 2:
		return (int16_t)v;
	case 4:
		return (int32_t)v;
	default:
		return (int64_t)v;
	}
}

static uint64_t model(unsigned op, unsigned size, uint64_t old, uint64_t b, uint64_t compare)
{
	int64_t so = as_signed(old, size), sb = as_signed(b, size);
	uint64_t uo = (uint64_t)so << (64 - 8 * size), ub = (uint64_t)sb << (64 - 8 * size);

	switch (op) {
	case AMO_ADD:
		return old + b;
	case AMO_SWAP:
		return b;
	case AMO_XOR:
		return old ^ b;
	case AMO_OR:
		return old | b;
	case AMO_AND:
		return old & b;
	case AMO_MIN:
		return so < sb ? old : b;
	case AMO_MAX:
		return so > sb ? old : b;
	case AMO_MINU:
		return uo < ub ? old : b;
	case AMO_MAXU:
		return uo > ub ? old : b;
	default:
		return so == as_signed(compare, size) ? b : old;
	}
}

static void one(unsigned op, unsigned size, uint64_t old, uint64_t b)
{
	for (unsigned at = 8; at < 16; at += size) {
		_Alignas(8) uint8_t memory[24], want[24];
		uint64_t next, rd;
		struct amo a = {.op = (uint8_t)op,
				.size = (uint8_t)size,
				.operand = b,
				.compare = old ^ (b & 1)};

		for (unsigned i = 0; i < sizeof(memory); i++)
			memory[i] = (uint8_t)(0xa0 + i);
		memcpy(memory + at, &old, size);
		memcpy(want, memory, sizeof(want));
		next = model(op, size, old, b, a.compare);
		memcpy(want + at, &next, size);
		assert_true(amo_valid(&a));
		rd = amo_perform(memory + at, &a);
		assert_int_equal(rd, (uint64_t)as_signed(old, size));
		assert_memory_equal(memory, want, sizeof(want));
	}
}

static void all_values(void **state)
{
	(void)state;
	for (unsigned o = 0; o < ARRAY_SIZE(ops); o++)
		for (unsigned size = 1; size <= 8; size *= 2)
			for (unsigned i = 0; i < ARRAY_SIZE(edges); i++)
				for (unsigned j = 0; j < ARRAY_SIZE(edges); j++)
					one(ops[o], size, edges[i], edges[j]);
}

static void invalid(void **state)
{
	(void)state;
	for (unsigned op = 0; op < 32; op++) {
		bool known = false;

		for (unsigned i = 0; i < ARRAY_SIZE(ops); i++)
			known = known || ops[i] == op;
		for (unsigned size = 0; size <= 16; size++) {
			struct amo a = {.op = (uint8_t)op, .size = (uint8_t)size};
			bool ok = size == 1 || size == 2 || size == 4 || size == 8;

			assert_int_equal(amo_valid(&a), known && ok);
		}
	}
}

#define ROUNDS 200000

static _Alignas(8) uint8_t shared[8];

static void *add_byte(void *arg)
{
	const struct amo a = {.op = AMO_ADD, .size = 1, .operand = 1};

	for (unsigned i = 0; i < ROUNDS; i++)
		amo_perform(arg, &a);
	return NULL;
}

static void *add_half(void *arg)
{
	const struct amo a = {.op = AMO_ADD, .size = 2, .operand = 3};

	for (unsigned i = 0; i < ROUNDS; i++)
		amo_perform(arg, &a);
	return NULL;
}

/* Stores to the neighbour: what it wrote last must stay. */
static void *store_byte(void *arg)
{
	volatile uint8_t *p = arg;
	uintptr_t torn = 0;

	for (unsigned i = 0; i < ROUNDS; i++) {
		__atomic_store_n(p, (uint8_t)i, __ATOMIC_RELAXED);
		torn += __atomic_load_n(p, __ATOMIC_RELAXED) != (uint8_t)i;
	}
	return (void *)torn;
}

static void threads(void **state)
{
	pthread_t t[4];
	void *torn;

	(void)state;
	memset(shared, 0, sizeof(shared));
	pthread_create(&t[0], NULL, add_byte, &shared[0]);
	pthread_create(&t[1], NULL, add_byte, &shared[0]);
	pthread_create(&t[2], NULL, add_half, &shared[2]);
	pthread_create(&t[3], NULL, store_byte, &shared[1]);
	for (unsigned i = 0; i < 3; i++)
		pthread_join(t[i], NULL);
	pthread_join(t[3], &torn);
	assert_null(torn);
	assert_int_equal(shared[0], (uint8_t)(2 * ROUNDS));
	assert_int_equal(shared[1], (uint8_t)(ROUNDS - 1));
	assert_int_equal(shared[2] | shared[3] << 8, (uint16_t)(3 * ROUNDS));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_values),
		cmocka_unit_test(invalid),
		cmocka_unit_test(threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
