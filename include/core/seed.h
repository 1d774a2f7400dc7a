/* SPDX-License-Identifier: BSD-2-Clause */
/* Seeds for guests, out of the rng-seed that the boot loader left in the host's /chosen. */
#ifndef NACRE_CORE_SEED_H
#define NACRE_CORE_SEED_H

#include <core/rng.h>

/* Once, on the boot hart, after host_parse(). */
void seed_init(void);
/* Different bytes at each call. false: the boot loader gave no seed, and so there is none to give.
 */
bool seed_bytes(uint8_t out[RNG_BYTES]);

#endif
