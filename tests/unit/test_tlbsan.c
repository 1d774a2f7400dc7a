/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The fence watcher against random histories of the real allocator, queue and tables: it finds
 * nothing in them as they are, and each of the faults that can be built in, with a report that says
 * what is wrong.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tlbsan_nested.h"
#include "tlbsan_steps.h"

#define F(fault) (1U << TLBM_##fault)

/* What may be reported first for a fault. */
static const struct {
	const char *name;
	unsigned faults;
} seeds[SEEDS] = {
#define SEED(s, faults) [s] = {#s, faults}
	SEED(ROLLOVER_NO_FLUSH, F(FOREIGN_G)),
	SEED(ROLLOVER_FLUSH_EARLY, F(FOREIGN_G)),
	SEED(ROLLOVER_FLUSH_ONE, F(FOREIGN_G)),
	SEED(ROLLOVER_OTHER_HART, F(FOREIGN_G)),
	SEED(NEW_NO_VVMA, F(FOREIGN_VS)),
	SEED(NEW_VVMA_EARLY, F(FOREIGN_VS)),
	SEED(NEW_VVMA_ONE_ASID, F(FOREIGN_VS)),
	SEED(MIGRATE_KEEPS_NUMBER, F(WRONG_HGATP) | F(STALE_VS) | F(STALE_G)),
	SEED(MIGRATE_BACK_OLD_NUMBER, F(STALE_G) | F(STALE_VS) | F(REUSED)),
	SEED(SHARED_NUMBER, F(WRONG_HGATP)),
	SEED(STALE_HGATP, F(WRONG_HGATP)),
	SEED(OTHER_TABLES, F(FOREIGN_G)),
	SEED(RELEASED_NUMBER, F(WRONG_HGATP)),
	SEED(NO_REQUEST, F(STALE_G) | F(REUSED)),
	SEED(FIRST_VCPU_ONLY, F(STALE_G) | F(REUSED)),
	SEED(RUNNING_VCPUS_ONLY, F(STALE_G) | F(REUSED)),
	SEED(PAGE_SHORT, F(STALE_G) | F(REUSED)),
	SEED(PAGE_SHIFTED, F(STALE_G) | F(REUSED)),
	SEED(ORDER_TOO_LARGE, F(STALE_G) | F(REUSED)),
	SEED(TABLES_NOT_ALL, F(STALE_G) | F(REUSED)),
	SEED(AS_VVMA, F(STALE_G) | F(REUSED)),
	SEED(VMID_ZERO, F(STALE_G) | F(REUSED)),
	SEED(REQUESTER_HART, F(STALE_G) | F(REUSED)),
	SEED(DROPPED_ON_OVERFLOW, F(STALE_G) | F(STALE_VS) | F(REUSED)),
	SEED(OVERFLOW_OTHER_STAGE, F(STALE_G) | F(REUSED)),
	SEED(POP_LOSES_ONE, F(STALE_G) | F(STALE_VS) | F(REUSED)),
	SEED(REQUEST_BIT_LOST, F(STALE_G) | F(STALE_VS) | F(REUSED)),
	SEED(PAGE_REUSED_EARLY, F(REUSED)),
	SEED(TABLE_REUSED_EARLY, F(REUSED)),
	SEED(ROOT_FREED_EARLY, F(ROOT_FREED) | F(REUSED)),
	SEED(VVMA_NO_REQUEST, F(STALE_VS) | F(UNSETTLED)),
	SEED(VVMA_PAGE_SHORT, F(STALE_VS) | F(UNSETTLED)),
	SEED(VVMA_OTHER_ASID, F(STALE_VS) | F(UNSETTLED)),
	SEED(VVMA_ONE_ASID_FOR_ALL, F(STALE_VS) | F(FOREIGN_VS)),
	SEED(VVMA_ASID_8_BITS, F(STALE_VS) | F(UNSETTLED)),
	SEED(VVMA_BEFORE_HGATP, F(STALE_VS)),
	SEED(VVMA_MERGE_LOSES, F(STALE_VS) | F(UNSETTLED)),
	SEED(NO_WAIT, F(UNSETTLED)),
	SEED(INVAL_NOT_ENDED, F(INVAL)),
	SEED(INVAL_NOT_BEGUN, F(INVAL)),
	SEED(NACL_PAGE_COUNT, F(STALE_G) | F(STALE_VS) | F(REUSED)),
	SEED(NACL_PAGE_NUMBER, F(STALE_G) | F(STALE_VS) | F(REUSED)),
	SEED(NACL_ORDER_LOST, F(STALE_G) | F(REUSED)),
	SEED(NACL_VMID, F(STALE_G) | F(STALE_VS) | F(FOREIGN_VS) | F(REUSED)),
	SEED(NACL_VMID_FOR_ASID, F(STALE_G) | F(STALE_VS) | F(REUSED)),
	SEED(NACL_ASID, F(STALE_VS)),
	SEED(NACL_TYPE, F(STALE_G) | F(STALE_VS) | F(FOREIGN_G) | F(FOREIGN_VS) | F(REUSED)),
	SEED(NACL_FULL_DROPS, F(STALE_G) | F(STALE_VS) | F(REUSED)),
	SEED(NACL_FULL_OVERWRITES, F(STALE_G) | F(STALE_VS) | F(REUSED)),
	SEED(NACL_NOT_PENDING, F(STALE_G) | F(STALE_VS) | F(FOREIGN_G) | F(FOREIGN_VS) | F(REUSED)),
	SEED(NACL_OTHER_HART, F(STALE_G) | F(STALE_VS) | F(FOREIGN_G) | F(FOREIGN_VS) | F(REUSED)),
	SEED(NACL_NO_SYNC, F(STALE_G) | F(STALE_VS) | F(FOREIGN_G) | F(FOREIGN_VS) | F(REUSED)),
	SEED(NACL_DONE_UNREAD, F(STALE_G) | F(STALE_VS) | F(FOREIGN_G) | F(FOREIGN_VS) | F(REUSED)),
	SEED(L1_FENCE_IGNORED, F(STALE_SHADOW)),
	SEED(L1_OTHER_VMID, F(STALE_SHADOW)),
	SEED(L1_ONE_SLOT, F(STALE_SHADOW)),
	SEED(L1_PAGE_SHORT, F(STALE_SHADOW)),
	SEED(L1_PART_OF_LEAF, F(STALE_SHADOW)),
	SEED(SHADOW_NO_FENCE, F(STALE_G) | F(REUSED)),
	SEED(SHADOW_OTHER_VMID, F(STALE_G) | F(REUSED)),
	SEED(SHADOW_RECLAIM_EARLY, F(REUSED)),
	SEED(SLOT_NOT_EMPTIED, F(STALE_SHADOW)),
	SEED(SLOT_KEEPS_NUMBER, F(STALE_G) | F(REUSED)),
	SEED(L1_VVMA_IGNORED, F(STALE_VS)),
	SEED(L1_VVMA_OTHER_SLOT, F(STALE_VS)),
	SEED(L1_VVMA_UNDRAINED, F(STALE_VS)),
};

/* The steps until the first report, which is in *r; 0: none. */
static unsigned history(unsigned vmid_bits, unsigned steps, struct tlbm_report *r)
{
	sim_start(vmid_bits);
	nested_start();
	for (unsigned i = 1; i <= steps; i++) {
		if (nested)
			nested_step();
		else
			sim_step();
		if (tlbm_take(&model, r))
			return i;
	}
	return 0;
}

static void choose(unsigned i)
{
	rng = 88172645463325252u + i;
	svinval = i & 1;
	pinned = i & 2;
	nacl = i & 4;
	nested = i % 3 == 0;
}

static const unsigned widths[] = {14, 3, 2, 1, 0};

static void test_unseeded(void **state)
{
	unsigned turns = getenv("TLBSAN_TURNS") ? (unsigned)atoi(getenv("TLBSAN_TURNS")) : 12;
	struct tlbm_report r;
	char text[300];

	(void)state;
	seed = NONE;
	for (unsigned i = 0; i < turns * ARRAY_SIZE(widths); i++) {
		unsigned step;

		choose(i);
		step = history(widths[i % ARRAY_SIZE(widths)], 3000, &r);
		if (step) {
			tlbm_describe(&r, text, sizeof(text));
			fail_msg("history %u, step %u: %s", i, step, text);
		}
		assert_int_equal(model.coarse, 0);
		assert_int_equal(model.evicted, 0);
	}
}

static void test_seeded(void **state)
{
	struct tlbm_report r;
	char text[300];

	(void)state;
	for (seed = NONE + 1; seed < SEEDS; seed++) {
		unsigned step = 0;

		for (unsigned i = 0; !step && i < 40; i++) {
			choose(i);
			step = history(widths[i % ARRAY_SIZE(widths)], 3000, &r);
		}
		if (!step)
			fail_msg("%s is not caught", seeds[seed].name);
		tlbm_describe(&r, text, sizeof(text));
		if (!(seeds[seed].faults >> r.fault & 1))
			fail_msg("%s: %s", seeds[seed].name, text);
		printf("%-24s %4u: %s\n", seeds[seed].name, step, text);
	}
	seed = NONE;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unseeded),
		cmocka_unit_test(test_seeded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
