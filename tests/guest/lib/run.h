/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For test guests that are hypervisors (L1): one run of a guest of their own (L2), from sret to its
 * next trap, by the instruction or by SBI NACL's sync_sret. It works natively too: then L1 is in
 * HS-mode, and L2 is what Nacre calls a guest.
 *
 * Before a run the caller sets sepc, sstatus (SPP) and hstatus (SPV, SPVP) as for any sret; the
 * interrupts of L1 are off. Usable from C and assembly.
 */
#ifndef GUEST_RUN_H
#define GUEST_RUN_H

/* struct run: byte offsets */
#define RUN_SEPC    256
#define RUN_SSTATUS 264
#define RUN_SCAUSE  272
#define RUN_STVAL   280
#define RUN_SP	    288
#define RUN_GP	    296
#define RUN_TP	    304

#ifndef __ASSEMBLER__

#include "lib.h"

struct run {
	uint64_t x[32]; /* before the run (run_sret() only), and as the trap found them; not x[0] */
	uint64_t sepc, sstatus, scause, stval; /* of the trap */
	uint64_t sp, gp, tp;		       /* L1's meanwhile */
};

static_assert(offsetof(struct run, sepc) == RUN_SEPC, "run.h");
static_assert(offsetof(struct run, sstatus) == RUN_SSTATUS, "run.h");
static_assert(offsetof(struct run, scause) == RUN_SCAUSE, "run.h");
static_assert(offsetof(struct run, stval) == RUN_STVAL, "run.h");
static_assert(offsetof(struct run, sp) == RUN_SP, "run.h");
static_assert(offsetof(struct run, tp) == RUN_TP, "run.h");

/* Returns 0 after the first trap into L1, whoever it comes from. */
long run_sret(struct run *l);
/* The registers come from the shared memory. 0 as above, or the error of the call. */
long run_sync_sret(struct run *l);

/* hgatp for an L2 that sees L1's RAM where L1 sees it. */
uint64_t run_gstage(unsigned vmid);

/* L2's code: one ecall after the other. */
extern char run_ecall[];

#endif
#endif
