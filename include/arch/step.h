/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One instruction of a guest at a time, on harts that have no means for it: jumps and branches are
 * worked out here, everything else runs until a breakpoint at the one place where it goes on. An
 * LR starts a sequence that no trap may interrupt, so it is stepped to its end (unprivileged
 * specification, "Eventual Success of Store-Conditional Instructions"). RV64, with or without C.
 */
#ifndef NACRE_ARCH_STEP_H
#define NACRE_ARCH_STEP_H

#include <core/types.h>

#define STEP_CODE                                                                      \
	96 /* bytes from the pc on that are looked at: an LR/SC sequence and some more \
	    */
#define STEP_NEXT 8

struct step_state {
	const uint64_t *x; /* 32 registers; x[0] does not count */
	uint64_t pc;
	uint64_t sepc; /* where sret goes */
	bool user;     /* VU-mode, not VS-mode */
};

struct step {
	bool done; /* worked out: pc is the new one, and x[rd] becomes value unless rd is 0 */
	uint8_t rd;
	uint64_t value, pc;
	/* Else it goes on at one of these, unless it traps; more than one only for LR. */
	unsigned nnext;
	uint64_t next[STEP_NEXT];
	bool sequence;	 /* it is an LR that is stepped together with its SC */
	bool interrupts; /* it looks at sie, or waits: interrupts cannot be kept away meanwhile */
};

/*
 * Plans the step of the instruction at pc, of which `code` are the n bytes in memory. With fewer
 * than it has, nothing is known: nnext is 0, it can only trap.
 */
void step_plan(const struct step_state *s, const uint8_t *code, size_t n, struct step *out);

#endif
