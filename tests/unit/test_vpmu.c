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
#include <spec/csr.h>

#define FW(code) (SBI_PMU_TYPE_FW << SBI_PMU_TYPE_SHIFT | (code))

static struct vpmu pmu;

static uint32_t hpms; /* the hardware counters that there are */

/* What guest/vsbi_pmu.c does with a call for firmware counters. */
static long config(uint64_t base, uint64_t mask, uint64_t flags, uint64_t event, uint64_t *value)
{
	const uint64_t a[5] = {base, mask, flags, event, 0};
	struct vpmu_set s;
	long err = vpmu_make_set(hpms, a, &s);

	return err ? err : vpmu_config(&pmu, s.fw, a, value);
}

static long start(uint64_t base, uint64_t mask, uint64_t flags, uint64_t value)
{
	const uint64_t a[4] = {base, mask, flags, value};
	struct vpmu_set s;
	long err = vpmu_make_set(hpms, a, &s);

	if (!err && !vpmu_configured(&pmu, s.fw))
		err = SBI_ERR_INVALID_PARAM;
	return err ? err : vpmu_start(&pmu, s.fw, a);
}

static long stop(uint64_t base, uint64_t mask, uint64_t flags)
{
	const uint64_t a[3] = {base, mask, flags};
	struct vpmu_set s;
	long err = vpmu_make_set(hpms, a, &s);

	return err ? err : vpmu_stop(&pmu, s.fw, a);
}

static int setup(void **state)
{
	(void)state;
	memset(&pmu, 0, sizeof(pmu));
	hpms = 0;
	return 0;
}

static void test_info(void **state)
{
	uint64_t v = 0;

	(void)state;
	assert_int_equal(vpmu_number(0), VPMU_COUNTERS);
	assert_int_equal(vpmu_get_info(0, 64, VPMU_COUNTERS - 1, &v), SBI_SUCCESS);
	assert_int_equal(v >> 63, 1);
	assert_int_equal(vpmu_get_info(0, 64, VPMU_COUNTERS, &v), SBI_ERR_INVALID_PARAM);
	assert_int_equal(vpmu_get_info(0, 64, UINT64_MAX, &v), SBI_ERR_INVALID_PARAM);
}

/* hpmcounter3, 5 and 31 */
static void test_hardware_info(void **state)
{
	const uint32_t some = BIT(3) | BIT(5) | BIT(31);
	uint64_t v = 0;

	(void)state;
	assert_int_equal(vpmu_number(BIT(3)), VPMU_COUNTERS + 1);
	assert_int_equal(vpmu_number(some), VPMU_COUNTERS + 29);
	for (uint64_t i = 0; i < 100; i++) {
		bool there = i == 16 || i == 18 || i == 44;

		if (i < VPMU_COUNTERS)
			continue;
		assert_int_equal(vpmu_get_info(some, 48, i, &v),
				 there ? SBI_SUCCESS : SBI_ERR_INVALID_PARAM);
		if (there)
			assert_int_equal(v, 47 << 12 | (CSR_CYCLE + i - 13));
	}
	assert_int_equal(vpmu_get_info(some, 48, BIT(32) | 16, &v), SBI_ERR_INVALID_PARAM);
	assert_int_equal(vpmu_get_info(some, 48, BIT(63) | 16, &v), SBI_ERR_INVALID_PARAM);
}

/* Each counter alone and each pair, by every base that it can be named with. */
static void test_hardware_sets(void **state)
{
	const uint32_t some = BIT(3) | BIT(5) | BIT(31);
	const uint64_t valid = BIT(VPMU_COUNTERS) - 1 + BIT(16) + BIT(18) + BIT(44);
	struct vpmu_set s;

	(void)state;
	for (unsigned i = 0; i < 64; i++)
		for (unsigned j = i; j < 64; j++)
			for (unsigned base = 0; base <= i; base++) {
				uint64_t set = BIT(i) | BIT(j);
				const uint64_t a[2] = {base, set >> base};
				long err = vpmu_make_set(some, a, &s);

				assert_int_equal(err, set & ~valid ? SBI_ERR_INVALID_PARAM : 0);
				if (!err)
					assert_int_equal(s.fw | (uint64_t)s.hw << VPMU_HPM, set);
			}
	assert_int_equal(vpmu_make_set(some, (const uint64_t[]){BIT(32), 1}, &s),
			 SBI_ERR_INVALID_PARAM);
	assert_int_equal(vpmu_make_set(some, (const uint64_t[]){BIT(63), BIT(1)}, &s),
			 SBI_ERR_INVALID_PARAM);
}

static void test_hardware_events(void **state)
{
	static const struct {
		uint64_t event, data;
		bool is;
	} events[] = {
		{0, 0, false},
		{1, 0, true},
		{1, 1, false},
		{0xffff, 0, true},
		{0x10000, 0, true},
		{0x10019, BIT(63), false},
		{0x20000, BIT(48) - 1, true},
		{0x20000, BIT(48), false},
		{0x20001, 0, false},
		{0x30000, BIT(56) - 1, true},
		{0x30000, BIT(56), false},
		{0x38000, 0, false},
		{0x40000, 0, false},
		{FW(5), 0, false},
		{0x100001, 0, false},
		{BIT(32) | 1, 0, false},
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(events); i++)
		assert_int_equal(vpmu_is_hardware(events[i].event, events[i].data), events[i].is);
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
	assert_int_equal(vpmu_config(&pmu, 1, (uint64_t[]){0, 1, 0, FW(5), 1}, &v),
			 SBI_ERR_NOT_SUPPORTED);
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
		cmocka_unit_test_setup(test_hardware_info, setup),
		cmocka_unit_test_setup(test_hardware_sets, setup),
		cmocka_unit_test_setup(test_hardware_events, setup),
		cmocka_unit_test_setup(test_sets, setup),
		cmocka_unit_test_setup(test_events, setup),
		cmocka_unit_test_setup(test_start_stop, setup),
		cmocka_unit_test_setup(test_choice, setup),
		cmocka_unit_test_setup(test_requests, setup),
		cmocka_unit_test_setup(test_random, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
