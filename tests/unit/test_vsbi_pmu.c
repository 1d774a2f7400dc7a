/* SPDX-License-Identifier: BSD-2-Clause */
/* SBI PMU as a guest calls it: what counts for which vcpu, and that nothing that counts is answered
 * in the trap. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
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

/* ---- Hardware counters ---- */

#define HPMS 4
#define SLOT VPMU_COUNTERS /* hpmcounter3 */
#define HW   3		   /* an event that the fake hart can count */

static void give(enum isa_ext e)
{
	fake.vm.isa.w[e / 64] |= BIT(e % 64);
}

static int setup_hardware(void **state)
{
	setup(state);
	hpm_caps = (struct hpm_caps){.counters = (BIT(HPMS) - 1) << HPM_FIRST, .width = 64};
	fake.hpm_can = 8;
	give(ISA_ZIHPM);
	return 0;
}

static int teardown_hardware(void **state)
{
	hpm_caps.counters = 0;
	return teardown(state);
}

static const struct fake_hpm *slot(unsigned i)
{
	return &fake.hpm[HPM_FIRST + i];
}

static void fails(uint64_t fid, long error, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3)
{
	call(0, SBI_EXT_PMU, fid, (const uint64_t[6]){a0, a1, a2, a3}, error);
}

static void test_flags(void **state)
{
	const uint64_t fw = FW(SBI_PMU_FW_SET_TIMER);

	(void)state;
	fails(SBI_PMU_COUNTER_CFG_MATCH, SBI_ERR_INVALID_PARAM, 0, 1, BIT(8), fw);
	fails(SBI_PMU_COUNTER_CFG_MATCH, SBI_ERR_INVALID_PARAM, 0, 1, BIT(63), fw);
	PMU(0, SBI_PMU_COUNTER_CFG_MATCH, 0, 1, 0, fw);
	fails(SBI_PMU_COUNTER_START, SBI_ERR_INVALID_PARAM, 0, 1, 4, 0);
	fails(SBI_PMU_COUNTER_START, SBI_ERR_NO_SHMEM, 0, 1, SBI_PMU_START_INIT_SNAPSHOT, 0);
	fails(SBI_PMU_COUNTER_STOP, SBI_ERR_INVALID_PARAM, 0, 1, 4, 0);
	fails(SBI_PMU_COUNTER_STOP, SBI_ERR_NO_SHMEM, 0, 1, SBI_PMU_STOP_TAKE_SNAPSHOT, 0);
}

static void test_hardware(void **state)
{
	(void)state;
	assert_int_equal(PMU(0, SBI_PMU_NUM_COUNTERS), SLOT + HPMS);
	assert_int_equal(PMU(0, SBI_PMU_COUNTER_CFG_MATCH, 0, BIT(SLOT + HPMS) - 1, 0, HW), SLOT);
	assert_true(slot(0)->configured && !slot(0)->started && slot(0)->event.index == HW);
	PMU(0, SBI_PMU_COUNTER_START, SLOT, 1, SBI_PMU_START_SET_INIT_VALUE, 77);
	assert_true(slot(0)->started && slot(0)->value == 77);
	/* The next is another one, and it starts at once. */
	assert_int_equal(PMU(0, SBI_PMU_COUNTER_CFG_MATCH, SLOT, BIT(HPMS) - 1,
			     SBI_PMU_CFG_AUTO_START, HW + 1),
			 SLOT + 1);
	assert_true(slot(1)->started);
	fails(SBI_PMU_COUNTER_START, SBI_ERR_INVALID_PARAM, SLOT, 7, 0, 0);
	fails(SBI_PMU_COUNTER_START, SBI_ERR_ALREADY_STARTED, SLOT, 3, 1, 5);
	assert_int_equal(slot(0)->value, 77);
	PMU(0, SBI_PMU_COUNTER_STOP, SLOT, 3, 0);
	assert_true(!slot(0)->started && !slot(1)->started);
	fails(SBI_PMU_COUNTER_STOP, SBI_ERR_ALREADY_STOPPED, SLOT, 1, SBI_PMU_STOP_RESET, 0);
	assert_true(!slot(0)->configured && slot(1)->configured && !slot(0)->value);
	assert_int_equal(fake.vcpu[0].hpm.configured, BIT(HPM_FIRST + 1));
	fails(SBI_PMU_COUNTER_CFG_MATCH, SBI_ERR_NOT_SUPPORTED, SLOT, 1, 0, fake.hpm_can);
	fails(SBI_PMU_COUNTER_CFG_MATCH, SBI_ERR_INVALID_PARAM, SLOT + HPMS, 1, 0, HW);
	fails(SBI_PMU_COUNTER_FW_READ, SBI_ERR_INVALID_PARAM, SLOT, 0, 0, 0);
}

/* Both kinds at once: all is checked before anything is done. */
static void test_mixed(void **state)
{
	(void)state;
	PMU(0, SBI_PMU_COUNTER_CFG_MATCH, SLOT - 1, 1, 0, FW(SBI_PMU_FW_IPI_SENT));
	fails(SBI_PMU_COUNTER_START, SBI_ERR_INVALID_PARAM, SLOT - 1, 3, 0, 0);
	assert_false(fake.vcpu[0].pmu.counter[SLOT - 1].started);
	assert_int_equal(PMU(0, SBI_PMU_COUNTER_CFG_MATCH, SLOT - 1, 3, 0, HW), SLOT);
	fails(SBI_PMU_COUNTER_CFG_MATCH, SBI_ERR_NOT_SUPPORTED, SLOT - 1, 3, SBI_PMU_CFG_SKIP_MATCH,
	      HW);
	PMU(0, SBI_PMU_COUNTER_START, SLOT - 1, 3, 0, 0);
	assert_true(fake.vcpu[0].pmu.counter[SLOT - 1].started && slot(0)->started);
	fails(SBI_PMU_COUNTER_START, SBI_ERR_ALREADY_STARTED, SLOT - 1, 3, 0, 0);
	PMU(0, SBI_PMU_COUNTER_STOP, SLOT - 1, 3, SBI_PMU_STOP_RESET);
	assert_false(fake.vcpu[0].pmu.counter[SLOT - 1].configured || slot(0)->configured);
}

/* SKIP_MATCH: this one, whatever it has, unless it runs. */
static void test_named(void **state)
{
	(void)state;
	assert_int_equal(PMU(0, SBI_PMU_COUNTER_CFG_MATCH, SLOT + 2, 3, SBI_PMU_CFG_SKIP_MATCH, HW),
			 SLOT + 2);
	PMU(0, SBI_PMU_COUNTER_START, SLOT + 2, 1, 1, 99);
	fails(SBI_PMU_COUNTER_CFG_MATCH, SBI_ERR_INVALID_PARAM, SLOT + 2, 1, SBI_PMU_CFG_SKIP_MATCH,
	      HW);
	PMU(0, SBI_PMU_COUNTER_STOP, SLOT + 2, 1);
	PMU(0, SBI_PMU_COUNTER_CFG_MATCH, SLOT + 2, 1, SBI_PMU_CFG_SKIP_MATCH, HW + 1);
	assert_true(slot(2)->event.index == HW + 1 && slot(2)->value == 99 && !slot(2)->started);
	PMU(0, SBI_PMU_COUNTER_CFG_MATCH, SLOT + 2, 1,
	    SBI_PMU_CFG_SKIP_MATCH | SBI_PMU_CFG_CLEAR_VALUE | SBI_PMU_CFG_AUTO_START, HW);
	assert_true(slot(2)->event.index == HW && slot(2)->value == 0 && slot(2)->started);
	PMU(0, SBI_PMU_COUNTER_STOP, SLOT + 2, 1);
	fails(SBI_PMU_COUNTER_CFG_MATCH, SBI_ERR_NOT_SUPPORTED, SLOT + 2, 1, SBI_PMU_CFG_SKIP_MATCH,
	      fake.hpm_can);
	assert_int_equal(fake.vcpu[0].hpm.configured, 0);
}

/* The guest's modes are the hart's VS and VU. */
static void test_filters(void **state)
{
	(void)state;
	for (uint64_t f = 0; f < 32; f++) {
		uint64_t u = f << 3 & SBI_PMU_CFG_UINH, s = f << 3 & SBI_PMU_CFG_SINH;

		PMU(0, SBI_PMU_COUNTER_CFG_MATCH, SLOT, 1, f << 3, HW);
		assert_int_equal(slot(0)->event.filters,
				 (u ? SBI_PMU_CFG_VUINH : 0) | (s ? SBI_PMU_CFG_VSINH : 0));
		fails(SBI_PMU_COUNTER_STOP, SBI_ERR_ALREADY_STOPPED, SLOT, 1, SBI_PMU_STOP_RESET,
		      0);
	}
	/* What shall be counted in its guests alone cannot be told from it. */
	give(ISA_H);
	fails(SBI_PMU_COUNTER_CFG_MATCH, SBI_ERR_NOT_SUPPORTED, SLOT, 1,
	      SBI_PMU_CFG_UINH | SBI_PMU_CFG_SINH, HW);
	PMU(0, SBI_PMU_COUNTER_CFG_MATCH, SLOT, 1, SBI_PMU_CFG_UINH, HW);
}

/* Two vcpus take turns on the hart; what one counted is in no register that the other reads. */
static void test_turns(void **state)
{
	struct vcpu *a = &fake.vcpu[0], *b = &fake.vcpu[1];

	(void)state;
	PMU(0, SBI_PMU_COUNTER_CFG_MATCH, SLOT, 1, SBI_PMU_CFG_AUTO_START | SBI_PMU_CFG_UINH, HW);
	PMU(0, SBI_PMU_COUNTER_CFG_MATCH, SLOT + 1, 1, 0, HW + 1);
	fake.hpm[3].value = 1000;
	fake.hpm[4].value = 50;
	vcpu_hpm_put(a);
	for (unsigned n = 0; n < HPM_END; n++)
		assert_true(!fake.hpm[n].configured && !fake.hpm[n].started && !fake.hpm[n].value);
	vcpu_hpm_load(b);
	PMU(1, SBI_PMU_COUNTER_CFG_MATCH, SLOT, 1, SBI_PMU_CFG_AUTO_START, HW + 2);
	fake.hpm[3].value += 3;
	vcpu_hpm_put(b);
	vcpu_hpm_load(a);
	assert_true(slot(0)->started && slot(0)->value == 1000 && slot(0)->event.index == HW &&
		    slot(0)->event.filters == SBI_PMU_CFG_VUINH);
	assert_true(slot(1)->configured && !slot(1)->started && slot(1)->value == 50);
	vcpu_hpm_put(a);
	/* A hart that cannot: the counter has lost its event. */
	fake.hpm_can = HW + 1;
	vcpu_hpm_load(a);
	assert_true(slot(0)->started && !slot(1)->configured);
	assert_int_equal(a->hpm.configured, BIT(3));
	vcpu_hpm_put(a);
	fake.hpm_can = 0;
	vcpu_hpm_load(b);
	assert_int_equal(b->hpm.configured | b->hpm.started, 0);
}

/* While all counters are in use, too. */
static void test_hardware_event_info(void **state)
{
	struct sbi_pmu_event_info *e = (struct sbi_pmu_event_info *)(fake.ram + 4096);

	(void)state;
	for (unsigned i = 0; i < HPMS; i++)
		PMU(0, SBI_PMU_COUNTER_CFG_MATCH, SLOT, BIT(HPMS) - 1, SBI_PMU_CFG_AUTO_START, HW);
	fake.hpm[5].value = 12;
	e[0] = (struct sbi_pmu_event_info){HW, UINT32_MAX, 0};
	e[1] = (struct sbi_pmu_event_info){HW, UINT32_MAX, 1};
	e[2] = (struct sbi_pmu_event_info){(uint32_t)fake.hpm_can, UINT32_MAX, 0};
	PMU(0, SBI_PMU_EVENT_GET_INFO, VM_RAM_BASE + 4096, 0, 3, 0);
	assert_int_equal(e[0].output, 1);
	assert_int_equal(e[1].output | e[2].output, 0);
	for (unsigned i = 0; i < HPMS; i++)
		assert_true(slot(i)->started && slot(i)->value == (i == 2 ? 12 : 0));
}

/* Who was interrupted when, and what scountovf shows, with another's turn between. */
static void test_overflow(void **state)
{
	struct vcpu *a = &fake.vcpu[0], *b = &fake.vcpu[1];

	(void)state;
	give(ISA_SSCOFPMF);
	assert_false(fake.hpm_listens);
	for (unsigned i = 0; i < 3; i++)
		PMU(0, SBI_PMU_COUNTER_CFG_MATCH, SLOT, BIT(HPMS) - 1, i != 1 ? 4 : 0, HW);
	assert_true(fake.hpm_listens);
	fake.hpm[3].overflown = fake.hpm_pending = true;
	vcpu_hpm_put(a);
	assert_true(a->ctx.hvip == IP_LCOFI && !fake.hpm_pending && !fake.hpm_listens);
	a->ctx.hvip = 0;
	fake.hpm_pending = true; /* late: nobody's any more */
	vcpu_hpm_load(b);
	assert_false(fake.hpm_pending);
	assert_int_equal(b->ctx.hvip, 0);
	vcpu_hpm_put(b);
	vcpu_hpm_load(a);
	assert_int_equal(hpm_overflown(), BIT(3));
	assert_true(fake.hpm_listens && slot(0)->started && !slot(1)->started);
	assert_int_equal(a->ctx.hvip, 0);
	/* What is pending for one is told before another starts. */
	fake.hpm[5].overflown = fake.hpm_pending = true;
	assert_int_equal(vcpu_hpm_scountovf(a), BIT(3) | BIT(5));
	PMU(0, SBI_PMU_COUNTER_START, SLOT + 1, 1);
	assert_true(a->ctx.hvip == IP_LCOFI && !fake.hpm_pending);
	PMU(0, SBI_PMU_COUNTER_STOP, SLOT, 7, SBI_PMU_STOP_RESET);
	assert_false(fake.hpm_listens);
	assert_int_equal(hpm_overflown(), 0);
}

/* One that was not given Sscofpmf hears nothing. */
static void test_deaf(void **state)
{
	(void)state;
	PMU(0, SBI_PMU_COUNTER_CFG_MATCH, SLOT, 1, 4, HW);
	fake.hpm[3].overflown = fake.hpm_pending = true;
	vcpu_hpm_overflow(&fake.vcpu[0]);
	assert_false(fake.hpm_pending);
	assert_int_equal(fake.vcpu[0].ctx.hvip, 0);
}

static void test_without_zihpm(void **state)
{
	(void)state;
	memset(&fake.vm.isa, 0, sizeof(fake.vm.isa));
	assert_int_equal(PMU(0, SBI_PMU_NUM_COUNTERS), VPMU_COUNTERS);
	fails(SBI_PMU_COUNTER_CFG_MATCH, SBI_ERR_INVALID_PARAM, SLOT, 1, 0, HW);
	fails(SBI_PMU_COUNTER_CFG_MATCH, SBI_ERR_NOT_SUPPORTED, 0, 1, 0, HW);
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
		cmocka_unit_test_setup_teardown(test_flags, setup, teardown),
		cmocka_unit_test_setup_teardown(test_hardware, setup_hardware, teardown_hardware),
		cmocka_unit_test_setup_teardown(test_mixed, setup_hardware, teardown_hardware),
		cmocka_unit_test_setup_teardown(test_named, setup_hardware, teardown_hardware),
		cmocka_unit_test_setup_teardown(test_filters, setup_hardware, teardown_hardware),
		cmocka_unit_test_setup_teardown(test_turns, setup_hardware, teardown_hardware),
		cmocka_unit_test_setup_teardown(test_hardware_event_info, setup_hardware,
						teardown_hardware),
		cmocka_unit_test_setup_teardown(test_overflow, setup_hardware, teardown_hardware),
		cmocka_unit_test_setup_teardown(test_deaf, setup_hardware, teardown_hardware),
		cmocka_unit_test_setup_teardown(test_without_zihpm, setup_hardware,
						teardown_hardware),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
