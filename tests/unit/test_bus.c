/* SPDX-License-Identifier: BSD-2-Clause */
/* bus: refusals, both ends of every range, and random sets of ranges against a search of the list.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <core/bus.h>
#include <core/errno.h>

static int add(struct bus *b, uint64_t base, uint64_t size)
{
	struct bus_range r = {.base = gpa(base), .size = size, .name = "test"};

	return bus_add(b, &r);
}

static uint64_t found(const struct bus *b, uint64_t addr, unsigned size)
{
	const struct bus_range *r = bus_find(b, gpa(addr), size);

	return r ? r->base.v : UINT64_MAX;
}

#define NOTHING UINT64_MAX

static void test_add_refuses(void **state)
{
	struct bus b = {0};

	(void)state;
	assert_int_equal(add(&b, 0x1000, 0), -NACRE_EINVAL);
	assert_int_equal(add(&b, UINT64_MAX, 2), -NACRE_EINVAL);
	assert_int_equal(add(&b, 1, UINT64_MAX), 0);
	b.count = 0;
	assert_int_equal(add(&b, 2, UINT64_MAX), -NACRE_EINVAL);
	assert_int_equal(add(&b, 0x1000, 0x100), 0);
	assert_int_equal(add(&b, 0x1000, 0x100), -NACRE_EEXIST);
	assert_int_equal(add(&b, 0x10ff, 1), -NACRE_EEXIST);
	assert_int_equal(add(&b, 0x0fff, 2), -NACRE_EEXIST);
	assert_int_equal(add(&b, 0x0800, 0x1000), -NACRE_EEXIST);
	assert_int_equal(add(&b, 0x1040, 8), -NACRE_EEXIST);
	assert_int_equal(add(&b, 0, UINT64_MAX), -NACRE_EEXIST);
	assert_int_equal(b.count, 1);
	assert_int_equal(add(&b, 0x1100, 0x100), 0);
	assert_int_equal(add(&b, 0x0f00, 0x100), 0);
	for (unsigned n = 3; n < BUS_MAX; n++)
		assert_int_equal(add(&b, 0x10000 * n, 0x100), 0);
	assert_int_equal(add(&b, 0x1000000, 0x100), -NACRE_ENOMEM);
	assert_int_equal(b.count, BUS_MAX);
}

static void test_find_whole_accesses(void **state)
{
	struct bus b = {0};

	(void)state;
	assert_int_equal(found(&b, 0, 1), NOTHING);
	assert_int_equal(add(&b, 0x10000000, 0x100), 0);
	assert_int_equal(add(&b, 0x0c000000, 0x4000000), 0); /* touches the one above */
	assert_int_equal(add(&b, UINT64_MAX - 3, 4), 0);
	assert_int_equal(add(&b, 0, 4), 0);
	assert_int_equal(found(&b, 0x10000000, 8), 0x10000000);
	assert_int_equal(found(&b, 0x100000f8, 8), 0x10000000);
	assert_int_equal(found(&b, 0x100000f9, 8), NOTHING);
	assert_int_equal(found(&b, 0x100000ff, 1), 0x10000000);
	assert_int_equal(found(&b, 0x10000100, 1), NOTHING);
	assert_int_equal(found(&b, 0x0fffffff, 1), 0x0c000000);
	assert_int_equal(found(&b, 0x0ffffffe, 4), NOTHING); /* crosses into the next */
	assert_int_equal(found(&b, 0x0bffffff, 1), NOTHING);
	assert_int_equal(found(&b, UINT64_MAX - 3, 4), UINT64_MAX - 3);
	assert_int_equal(found(&b, UINT64_MAX - 1, 4), NOTHING);
	assert_int_equal(found(&b, 0, 4), 0);
	assert_int_equal(found(&b, 0, 8), NOTHING);
}

static uint32_t rnd(uint32_t below)
{
	static uint64_t x = 88172645463325252;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return (uint32_t)(x >> 32) % below;
}

/* owner[a]: which range byte a of a small address space belongs to, plus 1; 0 for none. */
static void test_random(void **state)
{
	(void)state;
	for (unsigned round = 0; round < 2000; round++) {
		uint64_t base[BUS_MAX + 1], owner[600] = {0};
		struct bus b = {0};

		for (unsigned n = 0; n < 40; n++) {
			uint64_t at = rnd(500), size = rnd(40);
			int want = size == 0 ? -NACRE_EINVAL : 0;

			for (uint64_t a = at; a < at + size; a++)
				want = owner[a] ? -NACRE_EEXIST : want;
			if (want == 0 && b.count == BUS_MAX)
				want = -NACRE_ENOMEM;
			assert_int_equal(add(&b, at, size), want);
			if (want)
				continue;
			base[b.count] = at;
			for (uint64_t a = at; a < at + size; a++)
				owner[a] = b.count;
		}
		for (unsigned a = 0; a < 580; a++) {
			unsigned size = 1U << rnd(4);
			bool whole = owner[a];

			for (unsigned k = 1; k < size; k++)
				whole &= owner[a + k] == owner[a];
			assert_int_equal(found(&b, a, size), whole ? base[owner[a]] : NOTHING);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_add_refuses),
		cmocka_unit_test(test_find_whole_accesses),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
