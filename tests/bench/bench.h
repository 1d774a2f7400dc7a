/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Counting instructions from inside a guest. Meant for -icount shift=0,sleep=off, where an
 * instruction is a nanosecond of virtual time and rdtime counts every 100 of them: each operation
 * is repeated, the same loop without it is subtracted, and the rest divided. One line each: "bench
 * NAME INSTRUCTIONS" (one decimal).
 */
#ifndef BENCH_H
#define BENCH_H

#include "lib.h"

#define LOOPS 2000

/* In tenths of an instruction; a tick is 1 s / timebase, an instruction 1 ns. */
static inline void report(const char *name, uint64_t ticks, uint64_t empty, unsigned loops)
{
	uint64_t ns = (ticks > empty ? ticks - empty : 0) * (1000000000 / machine.timebase);
	uint64_t tenths = (ns * 10 + loops / 2) / loops;

	print("bench %s %lu.%lu\n", name, tenths / 10, tenths % 10);
}

/* Ticks that LOOPS times the statement take, the loop included. */
#define TICKS(statement)                                \
	({                                              \
		uint64_t t_;                            \
		statement;                              \
		t_ = rdtime();                          \
		for (unsigned i_ = 0; i_ < LOOPS; i_++) \
			statement;                      \
		rdtime() - t_;                          \
	})

#define NOTHING		       __asm__ volatile("" : : : "memory")
#define BENCH(name, statement) report(name, TICKS(statement), TICKS(NOTHING), LOOPS)

#endif
