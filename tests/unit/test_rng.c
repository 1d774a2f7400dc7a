/* SPDX-License-Identifier: BSD-2-Clause */
/* The seed generator: the block function against RFC 8439, and what the construction promises. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <core/rng.h>

/* RFC 8439, section 2.3.2 "Test Vector for the ChaCha20 Block Function" */
static void block_vector(void **state)
{
	static const uint32_t in[16] = {
		0x61707865, 0x3320646e, 0x79622d32, 0x6b206574, 0x03020100, 0x07060504,
		0x0b0a0908, 0x0f0e0d0c, 0x13121110, 0x17161514, 0x1b1a1918, 0x1f1e1d1c,
		0x00000001, 0x09000000, 0x4a000000, 0x00000000,
	};
	static const uint32_t want[16] = {
		0xe4e7f110, 0x15593bd1, 0x1fdd0f50, 0xc47120a3, 0xc7f4d1c7, 0x0368c033,
		0x9aaa2204, 0x4e6cd4c3, 0x466482d2, 0x09aa9f07, 0x05d7c214, 0xa2028bd9,
		0xd19c12b5, 0xb94e16de, 0xe883d0cb, 0x4e3c50a2,
	};
	uint32_t out[16];

	(void)state;
	rng_block(out, in);
	assert_memory_equal(out, want, sizeof(want));
}

static void no_seed_no_bytes(void **state)
{
	struct rng r = {0};
	uint8_t out[RNG_BYTES] = {7}, before[RNG_BYTES] = {7};

	(void)state;
	assert_false(rng_bytes(&r, out));
	rng_seed(&r, "only 15 bytes..", 15);
	assert_false(rng_bytes(&r, out));
	assert_memory_equal(out, before, sizeof(out));
	rng_seed(&r, "sixteen bytes...", 16);
	assert_true(rng_bytes(&r, out));
}

static void outputs_differ(void **state)
{
	uint8_t out[64][RNG_BYTES];
	struct rng r = {0}, other = {0};
	uint8_t seed[64] = {0}, first[RNG_BYTES];

	(void)state;
	rng_seed(&r, seed, sizeof(seed));
	for (unsigned i = 0; i < 64; i++) {
		assert_true(rng_bytes(&r, out[i]));
		assert_memory_not_equal(out[i], r.key,
					RNG_BYTES); /* the output is not the next key */
		for (unsigned j = 0; j < i; j++)
			assert_memory_not_equal(out[i], out[j], RNG_BYTES);
	}
	/* Every byte of the seed matters. */
	for (unsigned i = 0; i < sizeof(seed); i++) {
		memset(&other, 0, sizeof(other));
		seed[i] ^= 1;
		rng_seed(&other, seed, sizeof(seed));
		seed[i] ^= 1;
		assert_true(rng_bytes(&other, first));
		assert_memory_not_equal(first, out[0], RNG_BYTES);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(block_vector),
		cmocka_unit_test(no_seed_no_bytes),
		cmocka_unit_test(outputs_differ),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
