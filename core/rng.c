/* SPDX-License-Identifier: BSD-2-Clause */
/* The generator of guests' seeds: see core/rng.h. Half of each block becomes the next key, the
 * other half the output. */
#include <string.h>

#include <core/rng.h>

#define RNG_SEED_MIN 16

static uint32_t rotl(uint32_t v, unsigned n)
{
	return v << n | v >> (32 - n);
}

static void quarter(uint32_t *x, unsigned a, unsigned b, unsigned c, unsigned d)
{
	x[a] += x[b];
	x[d] = rotl(x[d] ^ x[a], 16);
	x[c] += x[d];
	x[b] = rotl(x[b] ^ x[c], 12);
	x[a] += x[b];
	x[d] = rotl(x[d] ^ x[a], 8);
	x[c] += x[d];
	x[b] = rotl(x[b] ^ x[c], 7);
}

void rng_block(uint32_t out[16], const uint32_t in[16])
{
	memcpy(out, in, 16 * sizeof(*out));
	for (unsigned round = 0; round < 10; round++) {
		for (unsigned i = 0; i < 4; i++) /* columns */
			quarter(out, i, 4 + i, 8 + i, 12 + i);
		for (unsigned i = 0; i < 4; i++) /* diagonals */
			quarter(out, i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4);
	}
	for (unsigned i = 0; i < 16; i++)
		out[i] += in[i];
}

/* A block under the present key with counter and nonce 0; its first half is the next key. */
static void step(struct rng *r, uint32_t out[16])
{
	uint32_t state[16] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574};

	memcpy(state + 4, r->key, sizeof(r->key));
	rng_block(out, state);
	memcpy(r->key, out, sizeof(r->key));
}

void rng_seed(struct rng *r, const void *seed, size_t len)
{
	const uint8_t *p = seed;
	uint32_t block[16];

	r->seeded = r->seeded || len >= RNG_SEED_MIN;
	while (len) {
		uint8_t chunk[RNG_BYTES] = {0};
		uint32_t words[8];
		size_t n = len < RNG_BYTES ? len : RNG_BYTES;

		memcpy(chunk, p, n);
		memcpy(words, chunk, sizeof(words));
		for (unsigned i = 0; i < 8; i++)
			r->key[i] ^= words[i];
		step(r, block);
		p += n;
		len -= n;
	}
}

bool rng_bytes(struct rng *r, uint8_t out[RNG_BYTES])
{
	uint32_t block[16];

	if (!r->seeded)
		return false;
	step(r, block);
	memcpy(out, block + 8, RNG_BYTES);
	return true;
}
