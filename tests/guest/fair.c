/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fairness with more vcpus than harts: all spin for the same time, and none may get less or more
 * than 20 % away from its fair share of the rounds. A vcpu that sleeps meanwhile still gets its
 * timers (with the bootargs "sleeper=1", the last one sleeps).
 */
#include "lib.h"

#define DURATION 2000000 /* microseconds */

static uint64_t rounds[MAX_HARTS], start_at;
static unsigned sleeps;
static bool sleeper;

static void job_sleep(void)
{
	uint64_t end = start_at + usec(DURATION);

	csr_write(CSR_SIE, IP_STI);
	while (rdtime() < end) {
		set_timer(rdtime() + usec(1000));
		while (!(csr_read(CSR_SIP) & IP_STI))
			wfi();
		sleeps++;
	}
	set_timer(~0UL);
	csr_write(CSR_SIE, 0);
}

static void job_spin(void *arg)
{
	unsigned me = self()->index;
	uint64_t n = 0, end = start_at + usec(DURATION);

	(void)arg;
	if (sleeper && me == machine.harts - 1) {
		job_sleep();
		return;
	}
	while (rdtime() < start_at)
		;
	while (rdtime() < end)
		n++;
	rounds[me] = n;
}

void guest_main(void)
{
	unsigned spinning;
	uint64_t sum = 0;

	sleeper = bootarg("sleeper", 0);
	spinning = machine.harts - sleeper;
	smp_init();
	start_at = rdtime() + usec(20000);
	run_all(job_spin, NULL);
	for (unsigned i = 0; i < spinning; i++)
		sum += rounds[i];
	for (unsigned i = 0; i < spinning; i++) {
		uint64_t percent = rounds[i] * 100 * spinning / sum;

		print("# hart %u: %lu rounds, %lu%% of its share\n", i, rounds[i], percent);
		if (machine.native)
			skip("fair.share",
			     "every hart is real: the emulator's host shares out the time");
		else
			check("fair.share", percent >= 80 && percent <= 120);
	}
	if (!sleeper)
		return;
	print("# slept %u times in %u ms\n", sleeps, DURATION / 1000);
	check("fair.sleeper", sleeps >= 20);
}
