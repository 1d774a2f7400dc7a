/* SPDX-License-Identifier: BSD-2-Clause */
/* Firmware counters: errors of each call, and random histories against counters that count
 * themselves. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <guest/vpmu.h>

#define FW(code) (SBI_PMU_TYPE_FW << SBI_PMU_TYPE_SHIFT | (code))

static struct vpmu pmu;

static long config(uint64_t base, uint64_t mask, uint64_t flags, uint64_t event, uint64_t *value)
{
	return vpmu_config(&pmu, (uint64_t[]){base, mask, flags, event, 0}, value);
}

static long start(uint64_t base, uint64_t mask, uint64_t flags, uint64_t value)
{
	return vpmu_start(&pmu, (uint64_t[]){base, mask, flags, value});
}

static long stop(uint64_t base, uint64_t mask, uint64_t flags)
{
	return vpmu_stop(&pmu, (uint64_t[]){base, mask, flags});
}

static int setup(void **state)
{
	(void)state;
	memset(&pmu, 0, sizeof(pmu));
	return 0;
}

static void test_info(void **state)
{
	uint64_t v = 0;

	(void)state;
	assert_int_equal(vpmu_get_info(VPMU_COUNTERS - 1, &v), SBI_SUCCESS);
	assert_int_equal(v >> 63, 1);
	assert_int_equal(vpmu_get_info(VPMU_COUNTERS, &v), SBI_ERR_INVALID_PARAM);
	assert_int_equal(vpmu_get_info(UINT64_MAX, &v), SBI_ERR_INVALID_PARAM);
}

static void test_sets(void **state)
{
	static const uint64_t bad[][2] = {
		{VPMU_COUNTERS, 1}, {0, BIT(VPMU_COUNTERS)}, {VPMU_COUNTERS - 1, 2},
		{1, UINT64_MAX},    {UINT64_MAX, 1},	     {UINT64_MAX, 2},
		{BIT(63), BIT(63)},
	};
	uint64_t v;

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(config(bad[i][0], bad[i][1], 0, FW(5), &v), SBI_ERR_INVALID_PARAM);
		assert_int_equal(start(bad[i][0], bad[i][1], 0, 0), SBI_ERR_INVALID_PARAM);
		assert_int_equal(stop(bad[i][0], bad[i][1], 0), SBI_ERR_INVALID_PARAM);
	}
	assert_int_equal(config(0, 0, 0, FW(5), &v), SBI_ERR_NOT_SUPPORTED);
	assert_int_equal(config(UINT64_MAX, 0, SBI_PMU_CFG_SKIP_MATCH, FW(5), &v),
			 SBI_ERR_NOT_SUPPORTED);
	assert_int_equal(start(UINT64_MAX, 0, 0, 0), SBI_SUCCESS);
	assert_int_equal(stop(99, 0, 0), SBI_SUCCESS);
}

static void test_events(void **state)
{
	static const uint64_t none[] = {
		0,	   1,	     2,		 FW(SBI_PMU_FW_EVENTS), FW(255), FW(256),
		FW(65535), 0x1f0005, UINT64_MAX, BIT(63) | FW(5)};
	uint64_t v = 99;

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(none); i++)
		assert_int_equal(config(0, 1, 0, none[i], &v), SBI_ERR_NOT_SUPPORTED);
	assert_int_equal(vpmu_config(&pmu, (uint64_t[]){0, 1, 0, FW(5), 1}, &v),
			 SBI_ERR_NOT_SUPPORTED);
	assert_int_equal(config(0, 1, BIT(8), FW(5), &v), SBI_ERR_INVALID_PARAM);
	assert_int_equal(config(0, 1, BIT(63), FW(5), &v), SBI_ERR_INVALID_PARAM);
	assert_int_equal(v, 99);
	for (unsigned e = 0; e < SBI_PMU_FW_EVENTS; e++)
		assert_int_equal(config(0, 1, SBI_PMU_CFG_FILTERS, FW(e), &v), SBI_SUCCESS);
}

static void test_start_stop(void **state)
{
	uint64_t v;

	(void)state;
	assert_int_equal(start(3, 1, 0, 0), SBI_ERR_INVALID_PARAM); /* it has no event */
	assert_int_equal(vpmu_read(&pmu, 3, &v), SBI_ERR_INVALID_PARAM);
	assert_int_equal(stop(3, 1, 0), SBI_ERR_ALREADY_STOPPED);
	pmu.event[5] = 1000;
	assert_int_equal(config(3, 3, 0, FW(5), &v), SBI_SUCCESS);
	assert_int_equal(v, 3);
	assert_int_equal(start(3, 1, 4, 0), SBI_ERR_INVALID_PARAM);
	assert_int_equal(start(3, 1, SBI_PMU_START_INIT_SNAPSHOT, 0), SBI_ERR_NO_SHMEM);
	assert_int_equal(start(3, 3, 0, 0),
			 SBI_ERR_INVALID_PARAM); /* 4 has no event: nothing starts */
	assert_false(vpmu_counts(&pmu, 5));
	assert_int_equal(start(3, 1, SBI_PMU_START_SET_INIT_VALUE, 7), SBI_SUCCESS);
	assert_true(vpmu_counts(&pmu, 5) && !vpmu_counts(&pmu, 6));
	assert_int_equal(start(3, 1, SBI_PMU_START_SET_INIT_VALUE, 8), SBI_ERR_ALREADY_STARTED);
	assert_int_equal(config(3, 1, SBI_PMU_CFG_SKIP_MATCH, FW(6), &v), SBI_ERR_INVALID_PARAM);
	assert_int_equal(config(3, 1, 0, FW(6), &v), SBI_ERR_NOT_SUPPORTED);
	pmu.event[5] += 3;
	assert_int_equal(vpmu_read(&pmu, 3, &v), SBI_SUCCESS);
	assert_int_equal(v, 10);
	assert_int_equal(stop(3, 1, 4), SBI_ERR_INVALID_PARAM);
	assert_int_equal(stop(3, 1, SBI_PMU_STOP_TAKE_SNAPSHOT), SBI_ERR_NO_SHMEM);
	/* Those that run are stopped, though others are already. */
	assert_int_equal(stop(0, BIT(VPMU_COUNTERS) - 1, 0), SBI_ERR_ALREADY_STOPPED);
	pmu.event[5] += 3;
	assert_int_equal(vpmu_read(&pmu, 3, &v), SBI_SUCCESS);
	assert_int_equal(v, 10);
	assert_int_equal(stop(3, 1, SBI_PMU_STOP_RESET), SBI_ERR_ALREADY_STOPPED);
	assert_int_equal(vpmu_read(&pmu, 3, &v), SBI_ERR_INVALID_PARAM);
	assert_int_equal(vpmu_read(&pmu, VPMU_COUNTERS, &v), SBI_ERR_INVALID_PARAM);
}

/* A counter that nobody uses is preferred to one that is stopped. */
static void test_choice(void **state)
{
	uint64_t v;

	(void)state;
	for (unsigned i = 0; i < VPMU_COUNTERS; i++) {
		assert_int_equal(config(0, BIT(VPMU_COUNTERS) - 1, 0, FW(5), &v), SBI_SUCCESS);
		assert_int_equal(v, i);
	}
	assert_int_equal(start(0, 1, 0, 0), SBI_SUCCESS);
	assert_int_equal(config(0, BIT(VPMU_COUNTERS) - 1, 0, FW(5), &v), SBI_SUCCESS);
	assert_int_equal(v, 1);
	assert_int_equal(stop(9, 1, SBI_PMU_STOP_RESET), SBI_ERR_ALREADY_STOPPED);
	assert_int_equal(config(0, BIT(VPMU_COUNTERS) - 1, 0, FW(5), &v), SBI_SUCCESS);
	assert_int_equal(v, 9);
}

static void test_requests(void **state)
{
	struct vpmu other = {0};

	(void)state;
	vpmu_request(&pmu, &pmu, SBI_PMU_FW_IPI_SENT);
	assert_int_equal(pmu.event[SBI_PMU_FW_IPI_SENT] | pmu.event[SBI_PMU_FW_IPI_RECEIVED], 0);
	vpmu_request(&pmu, &other, SBI_PMU_FW_IPI_SENT);
	assert_int_equal(pmu.event[SBI_PMU_FW_IPI_SENT], 1);
	assert_int_equal(other.event[SBI_PMU_FW_IPI_RECEIVED], 1);
	assert_int_equal(pmu.event[SBI_PMU_FW_IPI_RECEIVED] | other.event[SBI_PMU_FW_IPI_SENT], 0);
}

struct model {
	uint64_t value;
	unsigned event;
	bool configured, started;
};

static void check(const struct model *m)
{
	for (unsigned i = 0; i < VPMU_COUNTERS; i++) {
		uint64_t v = 0;

		assert_int_equal(vpmu_read(&pmu, i, &v),
				 m[i].configured ? SBI_SUCCESS : SBI_ERR_INVALID_PARAM);
		if (m[i].configured)
			assert_int_equal(v, m[i].value);
	}
}

static void random_call(struct model *m)
{
	unsigned i = (unsigned)rand() % VPMU_COUNTERS, flags = (unsigned)rand() & 7;
	unsigned event = (unsigned)rand() % SBI_PMU_FW_EVENTS;
	uint64_t v;

	switch (rand() % 3) {
	case 0:
		if (config(i, 1, flags, FW(event), &v))
			break;
		assert_false(m[i].started);
		m[i] = (struct model){flags & SBI_PMU_CFG_CLEAR_VALUE ? 0 : m[i].value, event, true,
				      flags & SBI_PMU_CFG_AUTO_START};
		break;
	case 1:
		if (start(i, 1, flags & 1, event) == SBI_SUCCESS) {
			assert_true(m[i].configured && !m[i].started);
			m[i].started = true;
			m[i].value = flags & 1 ? event : m[i].value;
		}
		break;
	default:
		assert_int_equal(stop(i, 1, flags & 1),
				 m[i].started ? SBI_SUCCESS : SBI_ERR_ALREADY_STOPPED);
		m[i].started = false;
		m[i].configured = m[i].configured && !(flags & 1);
		break;
	}
}

static void test_random(void **state)
{
	struct model m[VPMU_COUNTERS] = {0};

	(void)state;
	srand(1);
	for (unsigned n = 0; n < 20000; n++) {
		unsigned event = (unsigned)rand() % SBI_PMU_FW_EVENTS;

		random_call(m);
		pmu.event[event]++;
		for (unsigned i = 0; i < VPMU_COUNTERS; i++)
			m[i].value += m[i].started && m[i].event == event;
		check(m);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_info, setup),
		cmocka_unit_test_setup(test_sets, setup),
		cmocka_unit_test_setup(test_events, setup),
		cmocka_unit_test_setup(test_start_stop, setup),
		cmocka_unit_test_setup(test_choice, setup),
		cmocka_unit_test_setup(test_requests, setup),
		cmocka_unit_test_setup(test_random, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
