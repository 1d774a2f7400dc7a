/* SPDX-License-Identifier: BSD-2-Clause */
/* Sets of debug triggers against a model, and how SBI DBTR is told them. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include <arch/triggers.h>
#include <core/errno.h>
#include <spec/sdtrig.h>

#define PLACES 12

/* Random histories over a few addresses; the model is a flag per address and side. */
static void test_history(void **state)
{
	bool has[PLACES][2] = {0};
	struct triggers ts = {0};
	unsigned n = 0;

	(void)state;
	srand(1);
	for (unsigned i = 0; i < 200000; i++) {
		unsigned at = (unsigned)rand() % PLACES, max = (unsigned)rand() % 8;
		bool inner = rand() & 1;
		uint64_t va = UINT64_C(0xffffffff80000000) + 2 * at;

		if (rand() & 1) {
			int want = has[at][inner] ? 0 : n < max ? 1 : -NACRE_ENOMEM;

			assert_int_equal(triggers_add(&ts, max, va, inner), want);
			if (want == 1) {
				has[at][inner] = true;
				n++;
			}
		} else {
			bool any = has[at][0] || has[at][1];

			assert_int_equal(triggers_remove(&ts, va, inner), any);
			if (any) {
				has[at][has[at][inner] ? inner : !inner] = false;
				n--;
			}
		}
		assert_int_equal(ts.n, n);
		at = (unsigned)rand() % PLACES;
		va = UINT64_C(0xffffffff80000000) + 2 * at;
		assert_int_equal(triggers_hit(&ts, va, inner), has[at][inner]	 ? TRIGGER_HIT
							       : has[at][!inner] ? TRIGGER_OTHERS
										 : TRIGGER_NONE);
	}
}

static void test_bounds(void **state)
{
	struct triggers ts = {0};

	(void)state;
	assert_int_equal(triggers_add(&ts, 0, 0x1000, false), -NACRE_ENOMEM);
	assert_int_equal(triggers_add(&ts, 2, 0x1001, false), -NACRE_EINVAL);
	for (unsigned i = 0; i < TRIGGERS_MAX; i++)
		assert_int_equal(triggers_add(&ts, 1000, 2 * i, false), 1);
	assert_int_equal(triggers_add(&ts, 1000, 0x1000, false), -NACRE_ENOMEM);
	assert_int_equal(triggers_add(&ts, 1000, 0, false), 0);
	assert_int_equal(triggers_hit(&ts, 2 * TRIGGERS_MAX, false), TRIGGER_NONE);
}

static void test_entry(void **state)
{
	static const struct trigger t = {UINT64_C(0xffffffff80001234), true};
	uint64_t w[TRIGGER_WORDS + 1];

	(void)state;
	memset(w, 0x5a, sizeof(w));
	trigger_encode(&t, w);
	assert_true(w[1] == (UINT64_C(6) << 60 | 1 << 24 | 1 << 23 | 1 << 2));
	assert_true(w[2] == t.va && w[3] == 0);
	assert_true(w[TRIGGER_WORDS] == UINT64_C(0x5a5a5a5a5a5a5a5a));
	/* Neither in Nacre itself, nor in M-mode; an exception, at this very address. */
	assert_false(w[1] & (TDATA1_DMODE | MCONTROL6_M | MCONTROL6_S | MCONTROL6_U |
			     MCONTROL6_LOAD | MCONTROL6_STORE | MCONTROL6_MATCH | MCONTROL6_CHAIN |
			     MCONTROL6_ACTION | MCONTROL6_SIZE | MCONTROL6_SELECT));
}

static void test_index(void **state)
{
	static const struct trigger t = {0x80200000, false};
	uint64_t w[TRIGGER_WORDS];

	(void)state;
	trigger_encode(&t, w);
	assert_int_equal(trigger_index(w), -NACRE_ERANGE); /* nobody has answered */
	w[0] = 1;
	assert_int_equal(trigger_index(w), 1);
	w[0] = 63;
	assert_int_equal(trigger_index(w), 63);
	w[0] = 64;
	assert_int_equal(trigger_index(w), -NACRE_ERANGE);
	trigger_encode(&t, w);
	w[4] = 0; /* OpenSBI 1.5 */
	assert_int_equal(trigger_index(w), 0);
	w[4] = UINT64_C(1) << 32;
	assert_int_equal(trigger_index(w), -NACRE_ERANGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_history),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_entry),
		cmocka_unit_test(test_index),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
