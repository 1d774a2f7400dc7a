/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Seeds for guests out of the one seed that the boot loader gives Nacre (/chosen/rng-seed):
 * ChaCha20 (RFC 8439) as a generator whose key is replaced at each use, so a guest's seed tells
 * nothing about the others' or about earlier ones. Pure; the caller holds a lock. It creates no
 * entropy: without a seed it gives none.
 */
#ifndef NACRE_CORE_RNG_H
#define NACRE_CORE_RNG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RNG_BYTES 32 /* of each output, and of the key */

struct rng {
	uint32_t key[8];
	bool seeded;
};

/* RFC 8439, "The ChaCha20 Block Function": in[0..15] is the whole state. */
void rng_block(uint32_t out[16], const uint32_t in[16]);
/* Mixes in a seed; one of at least 16 bytes makes rng_bytes() work. */
void rng_seed(struct rng *r, const void *seed, size_t len);
/* false: never seeded, and out is untouched. */
bool rng_bytes(struct rng *r, uint8_t out[RNG_BYTES]);

#endif
