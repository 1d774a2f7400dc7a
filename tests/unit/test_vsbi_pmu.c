/* SPDX-License-Identifier: BSD-2-Clause */
/* SBI PMU as a guest calls it: what counts for which vcpu, and that nothing that counts is answered
 * in the trap. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <guest/vsbi.h>
#include "../fake/core.h"

#define VCPUS	 3
#define FW(code) (SBI_PMU_TYPE_FW << SBI_PMU_TYPE_SHIFT | (code))

static int setup(void **state)
{
	(void)state;
	fake_init(VCPUS, VM_CONSOLE_NONE);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fake_free();
	return 0;
}

static uint64_t call(unsigned vcpu, uint64_t eid, uint64_t fid, const uint64_t a[6], long error)
{
	struct vcpu *v = &fake.vcpu[vcpu];

	for (unsigned i = 0; i < 6; i++)
		v->ctx.x[REG_A0 + i] = a[i];
	v->ctx.x[REG_A6] = fid;
	v->ctx.x[REG_A7] = eid;
	assert_true(vsbi_ecall(v));
	assert_int_equal((long)v->ctx.x[REG_A0], error);
	return v->ctx.x[REG_A1];
}
#define CALL(vcpu, eid, fid, ...) call(vcpu, eid, fid, (const uint64_t[6]){__VA_ARGS__}, 0)
#define PMU(vcpu, fid, ...)	  CALL(vcpu, SBI_EXT_PMU, fid, __VA_ARGS__)

/* Counter n of each vcpu counts event n. */
static void count_all(void)
{
	static const uint8_t events[] = {SBI_PMU_FW_ILLEGAL_INSN,
					 SBI_PMU_FW_SET_TIMER,
					 SBI_PMU_FW_IPI_SENT,
					 SBI_PMU_FW_IPI_RECEIVED,
					 SBI_PMU_FW_FENCE_I_SENT,
					 SBI_PMU_FW_FENCE_I_RECEIVED,
					 SBI_PMU_FW_SFENCE_VMA_SENT,
					 SBI_PMU_FW_SFENCE_VMA_RECEIVED,
					 SBI_PMU_FW_SFENCE_VMA_ASID_SENT,
					 SBI_PMU_FW_SFENCE_VMA_ASID_RECEIVED};

	for (unsigned v = 0; v < VCPUS; v++)
		for (unsigned i = 0; i < ARRAY_SIZE(events); i++)
			assert_int_equal(PMU(v, SBI_PMU_COUNTER_CFG_MATCH, events[i], 1,
					     SBI_PMU_CFG_AUTO_START, FW(events[i])),
					 events[i]);
}

static void expect(unsigned vcpu, unsigned event, uint64_t n)
{
	assert_int_equal(PMU(vcpu, SBI_PMU_COUNTER_FW_READ, event), n);
	assert_int_equal(PMU(vcpu, SBI_PMU_COUNTER_FW_READ_HI, event), 0);
}

static void test_events(void **state)
{
	(void)state;
	count_all();
	fake.vcpu[1].ctx.exits[CAUSE_ILLEGAL] += 5;
	CALL(0, SBI_EXT_TIME, SBI_TIME_SET_TIMER, 99);
	CALL(0, SBI_LEGACY_SET_TIMER, 0, 0);
	CALL(0, SBI_EXT_IPI, SBI_IPI_SEND_IPI, 7, 0);
	CALL(1, SBI_EXT_IPI, SBI_IPI_SEND_IPI, 4, 0);
	CALL(2, SBI_EXT_RFENCE, SBI_RFENCE_FENCE_I, 3, 0);
	CALL(0, SBI_EXT_RFENCE, SBI_RFENCE_SFENCE_VMA, 0, UINT64_MAX, 0, 4096);
	CALL(0, SBI_EXT_RFENCE, SBI_RFENCE_SFENCE_VMA_ASID, 2, 0, 0, 0, 1);
	expect(1, SBI_PMU_FW_ILLEGAL_INSN, 5);
	expect(0, SBI_PMU_FW_ILLEGAL_INSN, 0);
	expect(0, SBI_PMU_FW_SET_TIMER, 2);
	expect(1, SBI_PMU_FW_SET_TIMER, 0);
	expect(0, SBI_PMU_FW_IPI_SENT, 2);
	expect(1, SBI_PMU_FW_IPI_SENT, 1);
	expect(0, SBI_PMU_FW_IPI_RECEIVED, 0);
	expect(1, SBI_PMU_FW_IPI_RECEIVED, 1);
	expect(2, SBI_PMU_FW_IPI_RECEIVED, 2);
	expect(2, SBI_PMU_FW_FENCE_I_SENT, 2);
	expect(1, SBI_PMU_FW_FENCE_I_RECEIVED, 1);
	expect(0, SBI_PMU_FW_SFENCE_VMA_SENT, 2);
	expect(0, SBI_PMU_FW_SFENCE_VMA_RECEIVED, 0);
	expect(2, SBI_PMU_FW_SFENCE_VMA_RECEIVED, 1);
	expect(0, SBI_PMU_FW_SFENCE_VMA_ASID_SENT, 1);
	expect(1, SBI_PMU_FW_SFENCE_VMA_ASID_RECEIVED, 1);
	expect(2, SBI_PMU_FW_SFENCE_VMA_ASID_RECEIVED, 0);
}

static void test_fast(void **state)
{
	struct vcpu *v = &fake.vcpu[0];

	(void)state;
	assert_int_equal(PMU(0, SBI_PMU_NUM_COUNTERS), VPMU_COUNTERS);
	assert_true(v->ctx.fast);
	PMU(0, SBI_PMU_COUNTER_CFG_MATCH, 0, 1, 0, FW(SBI_PMU_FW_SET_TIMER));
	assert_true(v->ctx.fast);
	PMU(0, SBI_PMU_COUNTER_START, 0, 1);
	assert_false(v->ctx.fast);
	PMU(0, SBI_PMU_COUNTER_STOP, 0, 1);
	assert_true(v->ctx.fast);
}

static void test_event_info(void **state)
{
	struct sbi_pmu_event_info *e = (struct sbi_pmu_event_info *)(fake.ram + 4096);
	uint64_t at = VM_RAM_BASE + 4096, end = VM_RAM_BASE + FAKE_RAM;
	const struct {
		uint64_t a[4];
		long error;
	} bad[] = {
		{{at, 0, 1, 1}, SBI_ERR_INVALID_PARAM},
		{{at + 8, 0, 1, 0}, SBI_ERR_INVALID_PARAM},
		{{at, 1, 1, 0}, SBI_ERR_INVALID_ADDRESS},
		{{0, 0, 1, 0}, SBI_ERR_INVALID_ADDRESS},
		{{UINT64_MAX - 15, 0, 2, 0}, SBI_ERR_INVALID_ADDRESS},
		{{end - 16, 0, 2, 0}, SBI_ERR_INVALID_ADDRESS},
		{{at, 0, UINT64_MAX, 0}, SBI_ERR_FAILED},
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(bad); i++)
		call(0, SBI_EXT_PMU, SBI_PMU_EVENT_GET_INFO,
		     (uint64_t[6]){bad[i].a[0], bad[i].a[1], bad[i].a[2], bad[i].a[3]},
		     bad[i].error);
	e[0] = (struct sbi_pmu_event_info){FW(SBI_PMU_FW_SET_TIMER), UINT32_MAX, 0};
	e[1] = (struct sbi_pmu_event_info){FW(SBI_PMU_FW_EVENTS), UINT32_MAX, 0};
	e[2] = (struct sbi_pmu_event_info){1, UINT32_MAX, 0};
	e[3] = (struct sbi_pmu_event_info){FW(0), UINT32_MAX, 1};
	e[4] = (struct sbi_pmu_event_info){0, UINT32_MAX, 0};
	PMU(0, SBI_PMU_EVENT_GET_INFO, at, 0, 4, 0);
	assert_int_equal(e[0].output, 1);
	assert_int_equal(e[1].output | e[2].output | e[3].output, 0);
	assert_int_equal(e[4].output, UINT32_MAX);
	e[1].event_idx = BIT(20);
	call(0, SBI_EXT_PMU, SBI_PMU_EVENT_GET_INFO, (uint64_t[6]){at, 0, 4, 0},
	     SBI_ERR_INVALID_PARAM);
}

static void test_unsupported(void **state)
{
	(void)state;
	call(0, SBI_EXT_PMU, SBI_PMU_SNAPSHOT_SET_SHMEM, (const uint64_t[6]){0},
	     SBI_ERR_NOT_SUPPORTED);
	for (uint64_t fid = SBI_PMU_EVENT_GET_INFO + 1; fid < 12; fid++)
		call(0, SBI_EXT_PMU, fid, (const uint64_t[6]){0}, SBI_ERR_NOT_SUPPORTED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_events, setup, teardown),
		cmocka_unit_test_setup_teardown(test_fast, setup, teardown),
		cmocka_unit_test_setup_teardown(test_event_info, setup, teardown),
		cmocka_unit_test_setup_teardown(test_unsupported, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
