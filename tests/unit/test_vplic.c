/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vplic: the specification's rules one by one, and random histories against a model that keeps a
 * gateway state per source and recomputes every answer by scanning all sources.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <core/types.h>
#include <guest/vplic.h>

#define NCTX 5

static struct vplic p;
static struct vplic_context ctx[NCTX];
static bool line[NCTX];
static unsigned edges;

static void on_line(void *opsctx, unsigned context, bool level)
{
	assert_ptr_equal(opsctx, line);
	assert_true(context < NCTX);
	assert_int_not_equal(line[context], level);
	line[context] = level;
	edges++;
}

static const struct vplic_ops ops = {on_line};

static int reset(void **state)
{
	(void)state;
	memset(line, 0, sizeof(line));
	memset(ctx, 0xff, sizeof(ctx));
	memset(&p, 0xff, sizeof(p));
	edges = 0;
	vplic_init(&p, ctx, NCTX, &ops, line);
	return 0;
}

static uint32_t enable_at(unsigned c, unsigned source)
{
	return PLIC_ENABLE + PLIC_ENABLE_STRIDE * c + source / 32 * 4;
}

static uint32_t context_at(unsigned c, uint32_t reg)
{
	return PLIC_CONTEXT + PLIC_CONTEXT_STRIDE * c + reg;
}

static void set_priority(unsigned source, uint32_t value)
{
	vplic_write(&p, PLIC_PRIORITY + 4 * source, value);
}

static void enable(unsigned c, unsigned source)
{
	uint32_t at = enable_at(c, source);

	vplic_write(&p, at, vplic_read(&p, at) | UINT32_C(1) << source % 32);
}

static void disable(unsigned c, unsigned source)
{
	uint32_t at = enable_at(c, source);

	vplic_write(&p, at, vplic_read(&p, at) & ~(UINT32_C(1) << source % 32));
}

static bool is_pending(unsigned source)
{
	return vplic_read(&p, PLIC_PENDING + source / 32 * 4) >> source % 32 & 1;
}

static uint32_t claim(unsigned c)
{
	return vplic_read(&p, context_at(c, PLIC_CLAIM));
}

static void complete(unsigned c, uint32_t source)
{
	vplic_write(&p, context_at(c, PLIC_CLAIM), source);
}

static void set_threshold(unsigned c, uint32_t value)
{
	vplic_write(&p, context_at(c, PLIC_THRESHOLD), value);
}

static void test_reset(void **state)
{
	(void)state;
	for (uint32_t at = 0; at < PLIC_CONTEXT + NCTX * PLIC_CONTEXT_STRIDE; at += 4)
		assert_int_equal(vplic_read(&p, at), 0);
	for (unsigned n = 0; n <= VPLIC_SOURCES; n++)
		vplic_set_level(&p, n, true);
	assert_int_equal(edges, 0);
}

static void test_warl_and_reserved(void **state)
{
	(void)state;
	for (uint32_t at = 0; at < PLIC_SIZE; at += at < 0x4000 ? 4 : 0x7fc)
		vplic_write(&p, at, UINT32_MAX);
	for (unsigned n = 0; n < 1024; n++)
		assert_int_equal(vplic_read(&p, 4 * n), n >= 1 && n <= VPLIC_SOURCES ? 7 : 0);
	for (unsigned n = 0; n < 1024; n += 32)
		assert_int_equal(vplic_read(&p, PLIC_PENDING + n / 8), 0);
	for (unsigned n = 0; n < 1024; n += 32) {
		uint32_t all = n == 0 ? ~UINT32_C(1) : n <= VPLIC_SOURCES ? UINT32_MAX : 0;

		assert_int_equal(vplic_read(&p, enable_at(0, n)), all);
		assert_int_equal(vplic_read(&p, enable_at(NCTX - 1, n)), all);
		assert_int_equal(vplic_read(&p, enable_at(NCTX, n)), 0);
	}
	set_threshold(NCTX - 1, UINT32_MAX);
	set_threshold(NCTX, UINT32_MAX);
	assert_int_equal(vplic_read(&p, context_at(NCTX - 1, PLIC_THRESHOLD)), 7);
	assert_int_equal(vplic_read(&p, context_at(NCTX, PLIC_THRESHOLD)), 0);
	assert_int_equal(vplic_read(&p, context_at(0, 8)), 0);
	assert_int_equal(vplic_read(&p, UINT32_MAX), 0);
	vplic_write(&p, UINT32_MAX, UINT32_MAX);
	complete(0, UINT32_MAX);
	vplic_set_level(&p, 0, true);
	vplic_set_level(&p, VPLIC_SOURCES + 1, true);
	vplic_set_level(&p, UINT32_MAX, true);
	assert_int_equal(claim(0), 0);
}

static void test_access_ok(void **state)
{
	(void)state;
	assert_true(vplic_access_ok(0, 4));
	assert_true(vplic_access_ok(PLIC_SIZE - 4, 4));
	assert_false(vplic_access_ok(PLIC_SIZE, 4));
	assert_false(vplic_access_ok(UINT64_C(1) << 32, 4));
	assert_false(vplic_access_ok(2, 4));
	assert_false(vplic_access_ok(0, 1));
	assert_false(vplic_access_ok(0, 2));
	assert_false(vplic_access_ok(0, 8));
}

static void test_level_flow(void **state)
{
	(void)state;
	set_priority(10, 1);
	enable(1, 10);
	vplic_set_level(&p, 10, true);
	assert_true(line[1]);
	assert_false(line[0]);
	vplic_set_level(&p, 10, true);
	assert_int_equal(claim(0), 0); /* not enabled there */
	assert_int_equal(claim(1), 10);
	assert_false(line[1]);
	assert_false(is_pending(10));
	assert_int_equal(claim(1), 0);
	/* In service: the wire's movements are not forwarded. */
	vplic_set_level(&p, 10, false);
	vplic_set_level(&p, 10, true);
	assert_false(is_pending(10));
	/* Still high at completion: again. */
	complete(1, 10);
	assert_true(line[1]);
	assert_int_equal(claim(1), 10);
	vplic_set_level(&p, 10, false);
	complete(1, 10);
	assert_false(line[1]);
	assert_int_equal(edges, 4);
}

static void test_request_is_not_retracted(void **state)
{
	(void)state;
	set_priority(10, 1);
	enable(0, 10);
	vplic_set_level(&p, 10, true);
	vplic_set_level(&p, 10, false);
	assert_true(is_pending(10));
	assert_true(line[0]);
	assert_int_equal(claim(0), 10);
	complete(0, 10);
	assert_false(is_pending(10));
}

static void test_completion_is_checked(void **state)
{
	(void)state;
	set_priority(10, 1);
	set_priority(11, 1);
	enable(0, 10);
	enable(1, 10);
	vplic_set_level(&p, 10, true);
	complete(0, 10); /* pending, not claimed */
	assert_int_equal(claim(0), 10);
	complete(0, 11);
	complete(0, 0);
	complete(0, 10 + 1024);
	complete(2, 10); /* not enabled there */
	disable(0, 10);
	complete(0, 10); /* nor here any more */
	assert_false(is_pending(10));
	complete(1, 10); /* any context that has it enabled */
	assert_true(is_pending(10));
	assert_true(line[1]);
	assert_false(line[0]);
}

static void test_priority_and_ties(void **state)
{
	static const uint8_t order[] = {40, 100, 3, 127, 5};

	(void)state;
	set_priority(3, 2);
	set_priority(5, 1);
	set_priority(40, 7);
	set_priority(100, 7);
	set_priority(127, 2);
	for (unsigned n = 1; n <= VPLIC_SOURCES; n++) {
		enable(0, n);
		vplic_set_level(&p, n, true);
	}
	for (unsigned n = 0; n < ARRAY_SIZE(order); n++)
		assert_int_equal(claim(0), order[n]);
	assert_int_equal(claim(0), 0); /* priority 0 never interrupts */
	assert_false(line[0]);
}

static void test_threshold(void **state)
{
	(void)state;
	set_priority(10, 3);
	enable(0, 10);
	set_threshold(0, 3);
	vplic_set_level(&p, 10, true);
	assert_false(line[0]);
	set_threshold(0, 2);
	assert_true(line[0]);
	set_priority(10, 2);
	assert_false(line[0]);
	set_priority(10, 4);
	assert_true(line[0]);
	set_threshold(0, 7);
	assert_false(line[0]);
	/* The threshold masks the notification, not the claim. */
	assert_int_equal(claim(0), 10);
}

static void test_multicast(void **state)
{
	(void)state;
	set_priority(10, 1);
	enable(0, 10);
	enable(1, 10);
	vplic_set_level(&p, 10, true);
	assert_true(line[0] && line[1]);
	assert_int_equal(claim(1), 10);
	assert_false(line[0] || line[1]);
	assert_int_equal(claim(0), 0);
}

/* --- the model ----------------------------------------------------------------------------- */

/* A gateway: at rest, its request in the core, or in service. */
enum gateway { REST, REQUESTED, IN_SERVICE };

static struct {
	enum gateway gateway[VPLIC_SOURCES + 1];
	bool wire[VPLIC_SOURCES + 1];
	unsigned priority[VPLIC_SOURCES + 1];
	bool enabled[NCTX][VPLIC_SOURCES + 1];
	unsigned threshold[NCTX];
} m;

static unsigned m_highest(unsigned c)
{
	for (unsigned priority = 7; priority >= 1; priority--) {
		for (unsigned n = 1; n <= VPLIC_SOURCES; n++) {
			if (m.gateway[n] == REQUESTED && m.enabled[c][n] &&
			    m.priority[n] == priority)
				return n;
		}
	}
	return 0;
}

static bool m_line(unsigned c)
{
	unsigned n = m_highest(c);

	return n && m.priority[n] > m.threshold[c];
}

static unsigned m_claim(unsigned c)
{
	unsigned n = m_highest(c);

	if (n)
		m.gateway[n] = IN_SERVICE;
	return n;
}

static void m_complete(unsigned c, unsigned n)
{
	if (n >= 1 && n <= VPLIC_SOURCES && m.enabled[c][n] && m.gateway[n] == IN_SERVICE)
		m.gateway[n] = m.wire[n] ? REQUESTED : REST;
}

static void m_wire(unsigned n, bool level)
{
	m.wire[n] = level;
	if (level && m.gateway[n] == REST)
		m.gateway[n] = REQUESTED;
}

static uint32_t rnd(uint32_t below)
{
	static uint64_t x = 88172645463325252;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return (uint32_t)(x >> 32) % below;
}

static void step(void)
{
	unsigned c = rnd(NCTX), n = 1 + rnd(VPLIC_SOURCES), word;
	uint32_t v = rnd(UINT32_MAX);

	switch (rnd(12)) {
	case 0:
		set_priority(n, v);
		m.priority[n] = v % 8;
		break;
	case 1:
		word = n / 32;
		v &= rnd(UINT32_MAX);
		vplic_write(&p, enable_at(c, n), v);
		for (unsigned b = 0; b < 32; b++)
			m.enabled[c][word * 32 + b] = (v >> b & 1) && word + b > 0;
		break;
	case 2:
		set_threshold(c, v);
		m.threshold[c] = v % 8;
		break;
	case 3:
	case 4:
	case 5:
		assert_int_equal(claim(c), m_claim(c));
		break;
	case 6:
	case 7:
	case 8:
		/* Mostly one that is in service, else any number at all. */
		for (unsigned k = 0; k < 127 && m.gateway[n] != IN_SERVICE; k++)
			n = n % VPLIC_SOURCES + 1;
		if (rnd(8) == 0)
			n = rnd(200);
		complete(c, n);
		m_complete(c, n);
		break;
	default:
		vplic_set_level(&p, n, v & 1);
		m_wire(n, v & 1);
		break;
	}
}

static void compare(void)
{
	unsigned n = 1 + rnd(VPLIC_SOURCES), c = rnd(NCTX);

	for (unsigned k = 0; k < NCTX; k++)
		assert_int_equal(line[k], m_line(k));
	assert_int_equal(is_pending(n), m.gateway[n] == REQUESTED);
	assert_int_equal(vplic_read(&p, 4 * n), m.priority[n]);
	assert_int_equal(vplic_read(&p, enable_at(c, n)) >> n % 32 & 1, m.enabled[c][n]);
	assert_int_equal(vplic_read(&p, context_at(c, PLIC_THRESHOLD)), m.threshold[c]);
}

static void test_random_against_model(void **state)
{
	(void)state;
	memset(&m, 0, sizeof(m));
	for (unsigned n = 0; n < 100000; n++) {
		step();
		compare();
	}
	assert_true(edges > 10000);
}

#define TEST(f) cmocka_unit_test_setup(f, reset)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_reset),
		TEST(test_warl_and_reserved),
		TEST(test_access_ok),
		TEST(test_level_flow),
		TEST(test_request_is_not_retracted),
		TEST(test_completion_is_checked),
		TEST(test_priority_and_ties),
		TEST(test_threshold),
		TEST(test_multicast),
		TEST(test_random_against_model),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
