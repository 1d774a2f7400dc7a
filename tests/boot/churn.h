/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What churn.c, which starts, times and ends it, and churn_memory.c, which does things with memory,
 * know of one another.
 */
#ifndef TESTS_BOOT_CHURN_H
#define TESTS_BOOT_CHURN_H

#include <stdbool.h>

#include "../bench/linux.h"

#define MEGABYTE (1UL << 20)

enum { MONOTONIC = 1 }; /* the clock */

/* One of the two threads. */
struct side {
	unsigned id, hart;
	uint64_t random;
	char *own; /* where it maps for itself */
	int timer;
	uint64_t timer_start;
	volatile uint64_t signals, expired, longest; /* of the timer: what its signals say */
	uint64_t pages, forks;
};

extern uint64_t rounds;

/* Where both map: nobody else does, and a hole in it stays one. */
static char *const common = (char *)(64UL << 30);

/* Prints it and ends the process. */
void wrong(const char *what, uint64_t is, uint64_t should);

static inline void check(const char *what, uint64_t is, uint64_t should)
{
	if (is != should)
		wrong(what, is, should);
}

static inline uint64_t any(struct side *s, uint64_t below)
{
	s->random = s->random * 6364136223846793005UL + 1442695040888963407UL;
	return (s->random >> 33) % below;
}

/* Never 0. */
static inline uint64_t pattern(uint64_t seed, uint64_t n)
{
	return (seed ^ n << 40) * 0x9e3779b97f4a7c15UL | 1;
}

/* Both sides are here before either goes on. */
void meet(void);

/* ---- What is done in a round ---- */

void map_and_unmap(struct side *s);
/* One takes away, changes and protects what the other has just used. */
void take_from_peer(bool owner);
/* Code that one writes both run. */
void change_code(bool owner);
void fork_and_write(struct side *s);

#endif
