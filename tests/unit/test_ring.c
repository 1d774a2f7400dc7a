/* SPDX-License-Identifier: BSD-2-Clause */
/* ring: random histories against a plain array that is shifted, also where the indexes wrap. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <core/ring.h>

static uint8_t model[64];
static unsigned count;

static uint8_t model_get(void)
{
	uint8_t byte = model[0];

	memmove(model, model + 1, --count);
	return byte;
}

static uint32_t rnd(uint32_t below)
{
	static uint64_t x = 88172645463325252;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return (uint32_t)(x >> 32) % below;
}

static void step(struct ring *r)
{
	uint8_t in = (uint8_t)rnd(256), got = in;
	uint64_t dropped = r->dropped;
	bool full = count == r->size;

	switch (rnd(4)) {
	case 0:
		assert_int_equal(ring_put(r, in), !full);
		if (!full)
			model[count++] = in;
		break;
	case 1:
		assert_int_equal(ring_put_overwrite(r, in), full);
		if (full)
			model_get();
		model[count++] = in;
		assert_int_equal(r->dropped, dropped + full);
		break;
	case 2:
		assert_int_equal(ring_peek(r, &got), count > 0);
		assert_int_equal(got, count ? model[0] : in);
		break;
	default:
		assert_int_equal(ring_get(r, &got), count > 0);
		assert_int_equal(got, count ? model_get() : in);
		break;
	}
	assert_int_equal(ring_count(r), count);
	assert_int_equal(ring_space(r), r->size - count);
}

static void test_random(void **state)
{
	uint8_t buf[64];
	struct ring r;

	(void)state;
	for (uint32_t size = 1; size <= sizeof(buf); size *= 2) {
		ring_init(&r, buf, size);
		assert_int_equal(ring_count(&r), 0);
		r.head = r.tail = UINT32_MAX - 1000; /* wraps on the way */
		count = 0;
		for (unsigned n = 0; n < 20000; n++)
			step(&r);
		assert_true(r.head < 100000 && r.dropped > 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
