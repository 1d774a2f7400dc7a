/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The short way of an AMO on a byte or halfword that is carried out for a guest: a lock's, aligned,
 * in a page that was written before. What is not ordinary is declined, with nothing done:
 * insn_decode(), vwalk() and amo_perform() are the long way, and what this does is what they would
 * have done. Pure.
 */
#ifndef NACRE_ARCH_AMO_QUICK_H
#define NACRE_ARCH_AMO_QUICK_H

#include <core/types.h>

/* Constant for a guest. */
struct amo_quick {
	uint64_t gpa, size; /* a run of its RAM, whole pages, in multiples of them, */
	char *host;	    /* and where the host sees it */
	uint32_t ops; /* bit n: funct5 n of bytes and halfwords is carried out, one of amo_valid()'s
		       */
};

/* The operations of Zabha, for `ops`; with those of Zacas? */
uint32_t amo_quick_ops(bool cas);
/*
 * Carries the instruction out on the guest's registers, x[0] being 0, and its RAM. sstatus is that
 * of the trap: SPP is the guest's mode. 1 + rd; 0: declined. The caller advances the pc.
 */
unsigned amo_quick(const struct amo_quick *q, uint64_t x[32], uint32_t bits, uint64_t vsatp,
		   uint64_t sstatus);

#endif
