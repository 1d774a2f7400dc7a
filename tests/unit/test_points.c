/* SPDX-License-Identifier: BSD-2-Clause */
/* Breakpoints and watchpoints against a model: what the guest has written, without any breakpoint.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include <arch/gstage.h>
#include <core/errno.h>
#include <core/points.h>

#define BASE UINT64_C(0x80200ff0)
#define SIZE 32

static struct points ps;
static uint8_t ram[SIZE], model[SIZE];

static int add(unsigned type, uint64_t at, uint32_t len, unsigned users)
{
	struct point p = {.gpa = gpa(at),
			  .va = at,
			  .len = len,
			  .type = (uint8_t)type,
			  .users = (uint8_t)users};

	return points_add(&ps, &p);
}

static void set(uint64_t at, unsigned users)
{
	points_lift(&ps, gpa(BASE), ram, SIZE);
	add(POINT_BREAK, at, 2, users);
	points_plant(&ps, gpa(BASE), ram, SIZE);
}

static void clear(uint64_t at, unsigned users)
{
	struct point gone;

	points_lift(&ps, gpa(BASE), ram, SIZE);
	points_remove(&ps, POINT_BREAK, gpa(at), 2, users, &gone);
	points_plant(&ps, gpa(BASE), ram, SIZE);
}

static void test_random(void **unused)
{
	unsigned users[SIZE / 2] = {0};

	(void)unused;
	srand(1);
	ps.n = 0;
	for (unsigned i = 0; i < SIZE; i++)
		model[i] = ram[i] = (uint8_t)rand();
	for (unsigned round = 0; round < 100000; round++) {
		unsigned slot = (unsigned)rand() % (SIZE / 2), who = 1U + (unsigned)rand() % 3;
		size_t from = (size_t)rand() % SIZE, n = (size_t)rand() % (SIZE - from) + 1;
		uint8_t seen[SIZE];

		switch (rand() % 4) {
		case 0:
			set(BASE + 2 * slot, who);
			users[slot] |= who;
			break;
		case 1:
			clear(BASE + 2 * slot, who);
			users[slot] &= ~who;
			break;
		case 2: /* the debugger writes */
			points_lift(&ps, gpa(BASE + from), ram + from, n);
			for (size_t i = 0; i < n; i++)
				ram[from + i] = model[from + i] = (uint8_t)rand();
			points_plant(&ps, gpa(BASE + from), ram + from, n);
			break;
		default:
			memcpy(seen, ram, SIZE);
			points_hide(&ps, gpa(BASE + from), seen + from, n);
			assert_memory_equal(seen + from, model + from, n);
		}
		for (unsigned i = 0; i < SIZE / 2; i++) {
			const struct point *p = points_break(&ps, gpa(BASE + 2 * i));

			assert_int_equal(p ? p->users : 0, users[i]);
			if (p)
				assert_memory_equal(ram + 2 * i, "\x02\x90", 2);
			else
				assert_memory_equal(ram + 2 * i, model + 2 * i, 2);
		}
	}
}

static void test_guest_writes(void **unused)
{
	uint8_t seen[SIZE];

	(void)unused;
	ps.n = 0;
	memset(ram, 0x13, SIZE);
	set(BASE + 4, POINT_USER);
	ram[4] = 0xaa; /* self-modifying code, over half of it */
	memcpy(seen, ram, SIZE);
	points_hide(&ps, gpa(BASE), seen, SIZE);
	assert_int_equal(seen[4], 0xaa);
	assert_int_equal(seen[5], 0x13);
	points_lift(&ps, gpa(BASE), ram, SIZE);
	assert_int_equal(ram[4], 0xaa);
	assert_int_equal(ram[5], 0x13);
}

static void test_limits(void **unused)
{
	struct point gone;

	(void)unused;
	ps.n = 0;
	assert_int_equal(add(POINT_WRITE, BASE, 0, 1), -NACRE_EINVAL);
	assert_int_equal(add(POINT_WRITE, BASE, 17, 1), -NACRE_EINVAL);
	assert_int_equal(add(POINT_WRITE, BASE, 16, 1), 1);
	assert_int_equal(add(POINT_BREAK, BASE + 1, 2, 1), -NACRE_EINVAL);
	assert_int_equal(add(POINT_BREAK, BASE, 4, 1), -NACRE_EINVAL);
	for (unsigned i = 1; i < POINTS_MAX; i++)
		assert_int_equal(add(POINT_BREAK, BASE + 64 + 2 * i, 2, 1), 1);
	assert_int_equal(add(POINT_BREAK, BASE, 2, 1), -NACRE_ENOMEM);
	assert_int_equal(add(POINT_BREAK, BASE + 66, 2, 2), 0);
	assert_int_equal(points_remove(&ps, POINT_BREAK, gpa(BASE + 66), 2, 1, &gone), 0);
	assert_int_equal(points_remove(&ps, POINT_BREAK, gpa(BASE + 66), 2, 1, &gone), 0);
	assert_int_equal(points_remove(&ps, POINT_BREAK, gpa(BASE + 66), 2, 2, &gone), 1);
	assert_int_equal(gone.gpa.v, BASE + 66);
	assert_int_equal(points_remove(&ps, POINT_BREAK, gpa(BASE + 66), 2, 2, &gone), 0);
}

static bool hit(enum point_type access, uint64_t at, uint64_t size)
{
	return points_watch(&ps, access, gpa(at), size) != NULL;
}

static void test_watch(void **unused)
{
	(void)unused;
	ps.n = 0;
	add(POINT_WRITE, 0x80003008, 4, 1);
	add(POINT_READ, 0x80004ff8, 8, 1);
	add(POINT_ACCESS, 0x80006000, 1, 1);
	add(POINT_EXEC, 0x80007002, 2, 1);
	add(POINT_BREAK, 0x80003008, 2, 1);
	assert_true(hit(POINT_WRITE, 0x80003008, 1));
	assert_true(hit(POINT_WRITE, 0x80003004, 8));
	assert_true(hit(POINT_WRITE, 0x8000300b, 8));
	assert_false(hit(POINT_WRITE, 0x80003004, 4));
	assert_false(hit(POINT_WRITE, 0x8000300c, 4));
	assert_false(hit(POINT_READ, 0x80003008, 4));
	assert_false(hit(POINT_EXEC, 0x80003008, 4));
	assert_true(hit(POINT_READ, 0x80004ff0, 16));
	assert_false(hit(POINT_WRITE, 0x80004ff8, 8));
	assert_true(hit(POINT_READ, 0x80006000, 1));
	assert_true(hit(POINT_WRITE, 0x80006000, 1));
	assert_false(hit(POINT_EXEC, 0x80006000, 1));
	assert_true(hit(POINT_EXEC, 0x80007000, 4));
	assert_false(hit(POINT_WRITE, UINT64_MAX, UINT64_MAX));
	assert_int_equal(points_page_perm(&ps, gpa(0x80003fff)), GSTAGE_R | GSTAGE_X);
	assert_int_equal(points_page_perm(&ps, gpa(0x80004000)), GSTAGE_X);
	assert_int_equal(points_page_perm(&ps, gpa(0x80005000)), GSTAGE_RWX);
	assert_int_equal(points_page_perm(&ps, gpa(0x80007000)), GSTAGE_R | GSTAGE_W);
	add(POINT_WRITE, 0x80007ffc, 4, 1);
	assert_int_equal(points_page_perm(&ps, gpa(0x80007000)), GSTAGE_R);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_guest_writes),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_watch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
