/* SPDX-License-Identifier: BSD-2-Clause */
/* The one generator of guests' seeds, and its lock. */
#include <libfdt.h>

#include <arch/atomic.h>
#include <arch/timer.h>
#include <core/host.h>
#include <core/seed.h>

static struct rng rng;
static struct spinlock lock;

void seed_init(void)
{
	int len = 0;
	const void *seed =
		fdt_getprop(host.fdt, fdt_path_offset(host.fdt, "/chosen"), "rng-seed", &len);
	uint64_t now = timer_now();

	rng_seed(&rng, &now,
		 sizeof(now)); /* too short to count as a seed: it only makes boots differ */
	if (seed && len > 0)
		rng_seed(&rng, seed, (size_t)len);
}

bool seed_bytes(uint8_t out[RNG_BYTES])
{
	bool ok;

	spin_lock(&lock);
	ok = rng_bytes(&rng, out);
	spin_unlock(&lock);
	return ok;
}
