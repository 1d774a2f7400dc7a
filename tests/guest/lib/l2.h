/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For test guests that are hypervisors (L1): one run of a guest of their own (L2), from sret to its
 * next trap, by the instruction or by SBI NACL's sync_sret. It works natively too: then L1 is in
 * HS-mode, and L2 is what Nacre calls a guest.
 *
 * Before a run the caller sets sepc, sstatus (SPP) and hstatus (SPV, SPVP) as for any sret; the
 * interrupts of L1 are off. Usable from C and assembly.
 */
#ifndef GUEST_L2_H
#define GUEST_L2_H

/* struct l2: byte offsets */
#define L2_SEPC	   256
#define L2_SSTATUS 264
#define L2_SCAUSE  272
#define L2_STVAL   280
#define L2_SP	   288
#define L2_GP	   296
#define L2_TP	   304

#ifndef __ASSEMBLER__

#include "lib.h"

struct l2 {
	uint64_t x[32]; /* before the run (l2_sret() only), and as the trap found them; not x[0] */
	uint64_t sepc, sstatus, scause, stval; /* of the trap */
	uint64_t sp, gp, tp;		       /* L1's meanwhile */
};

static_assert(offsetof(struct l2, sepc) == L2_SEPC, "l2.h");
static_assert(offsetof(struct l2, sstatus) == L2_SSTATUS, "l2.h");
static_assert(offsetof(struct l2, scause) == L2_SCAUSE, "l2.h");
static_assert(offsetof(struct l2, stval) == L2_STVAL, "l2.h");
static_assert(offsetof(struct l2, sp) == L2_SP, "l2.h");
static_assert(offsetof(struct l2, tp) == L2_TP, "l2.h");

/* Returns 0 after the first trap into L1, whoever it comes from. */
long l2_sret(struct l2 *l);
/* The registers come from the shared memory. 0 as above, or the error of the call. */
long l2_sync_sret(struct l2 *l);

/* hgatp for an L2 that sees L1's RAM where L1 sees it. */
uint64_t l2_gstage(unsigned vmid);

/* L2's code: one ecall after the other. */
extern char l2_ecall[];

#endif
#endif
