/* SPDX-License-Identifier: BSD-2-Clause */
/* hartmask: the specification's cases, and all of the small space against a set written bit by bit.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <guest/hartmask.h>
#include <spec/sbi.h>

#define ALL UINT64_MAX

/* Compare with want[0..nvcpus-1], in order, each once. */
static void assert_set(const struct hartset *s, const bool *want)
{
	uint32_t id = HARTSET_START;

	for (uint32_t n = 0; n < s->nvcpus; n++) {
		if (!want[n])
			continue;
		assert_true(hartset_next(s, &id));
		assert_int_equal(id, n);
	}
	for (unsigned n = 0; n < 2; n++) { /* the end stays the end */
		uint32_t before = id;

		assert_false(hartset_next(s, &id));
		assert_int_equal(id, before);
	}
}

static unsigned count(const struct hartset *s)
{
	unsigned n = 0;

	for (uint32_t id = HARTSET_START; hartset_next(s, &id);)
		n++;
	return n;
}

static void test_all(void **state)
{
	struct hartset s;

	(void)state;
	for (uint32_t nvcpus = 0; nvcpus < 200; nvcpus++) {
		assert_int_equal(hartset_make(&s, nvcpus * 77, ALL, nvcpus), SBI_SUCCESS);
		assert_int_equal(count(&s), nvcpus);
	}
}

static void test_empty(void **state)
{
	struct hartset s;

	(void)state;
	assert_int_equal(hartset_make(&s, 0, 0, 4), SBI_SUCCESS);
	assert_int_equal(count(&s), 0);
	/* The base need not be a hart as long as bit 0 does not name it. */
	assert_int_equal(hartset_make(&s, 0, 4, 4), SBI_SUCCESS);
	assert_int_equal(count(&s), 0);
	assert_int_equal(hartset_make(&s, 0, UINT64_MAX - 1, 4), SBI_SUCCESS);
	assert_int_equal(count(&s), 0);
}

static void test_bounds(void **state)
{
	struct hartset s;

	(void)state;
	assert_int_equal(hartset_make(&s, 0xf, 0, 4), SBI_SUCCESS);
	assert_int_equal(count(&s), 4);
	assert_int_equal(hartset_make(&s, 0x10, 0, 4), SBI_ERR_INVALID_PARAM);
	assert_int_equal(count(&s), 0);
	assert_int_equal(hartset_make(&s, 1, 3, 4), SBI_SUCCESS);
	assert_int_equal(hartset_make(&s, 3, 3, 4), SBI_ERR_INVALID_PARAM);
	assert_int_equal(hartset_make(&s, 1, 4, 4), SBI_ERR_INVALID_PARAM);
	assert_int_equal(hartset_make(&s, ALL, 0, 64), SBI_SUCCESS);
	assert_int_equal(count(&s), 64);
	assert_int_equal(hartset_make(&s, ALL, 0, 63), SBI_ERR_INVALID_PARAM);
	assert_int_equal(hartset_make(&s, ALL, 1, 65), SBI_SUCCESS);
	assert_int_equal(hartset_make(&s, ALL, 2, 65), SBI_ERR_INVALID_PARAM);
	/* base + bit wraps to a hartid that exists: still not one the guest may name. */
	assert_int_equal(hartset_make(&s, 4, UINT64_MAX - 1, 4), SBI_ERR_INVALID_PARAM);
	assert_int_equal(hartset_make(&s, ALL, UINT64_MAX - 1, 4), SBI_ERR_INVALID_PARAM);
	assert_int_equal(hartset_make(&s, 1, UINT64_C(1) << 32, 4), SBI_ERR_INVALID_PARAM);
}

static void test_most_vcpus(void **state)
{
	uint32_t id = HARTSET_START;
	struct hartset s;

	(void)state;
	assert_int_equal(hartset_make(&s, 5, UINT32_MAX - 3, UINT32_MAX), SBI_SUCCESS);
	assert_true(hartset_next(&s, &id));
	assert_int_equal(id, UINT32_MAX - 3);
	assert_true(hartset_next(&s, &id));
	assert_int_equal(id, UINT32_MAX - 1);
	assert_false(hartset_next(&s, &id));
	assert_int_equal(hartset_make(&s, 1, UINT32_MAX, UINT32_MAX), SBI_ERR_INVALID_PARAM);
}

static void test_against_bits(void **state)
{
	uint64_t mask = 0x9e3779b97f4a7c15;
	bool want[140];
	struct hartset s;

	(void)state;
	for (uint32_t nvcpus = 0; nvcpus < 140; nvcpus += 3) {
		for (uint64_t base = 0; base < 150; base++) {
			bool valid = true;

			mask = mask * 6364136223846793005 + 1442695040888963407;
			mask >>= mask >> 58; /* of any length */
			memset(want, 0, sizeof(want));
			for (unsigned bit = 0; bit < 64; bit++) {
				if (!(mask >> bit & 1))
					continue;
				if (base + bit < nvcpus)
					want[base + bit] = true;
				else
					valid = false;
			}
			assert_int_equal(hartset_make(&s, mask, base, nvcpus),
					 valid ? SBI_SUCCESS : SBI_ERR_INVALID_PARAM);
			if (valid)
				assert_set(&s, want);
			else
				assert_int_equal(count(&s), 0);
			mask ^= base << 40;
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all),	     cmocka_unit_test(test_empty),
		cmocka_unit_test(test_bounds),	     cmocka_unit_test(test_most_vcpus),
		cmocka_unit_test(test_against_bits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
