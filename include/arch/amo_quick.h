/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The short way of an AMO of Zabha, or a compare-and-swap of at most 8 bytes, that is carried out
 * for a guest: a lock's, aligned, in a page that was written before. What is not ordinary is
 * declined, with nothing done: insn_decode(), vwalk() and amo_perform() are the long way, and what
 * this does is what they would have done. Pure.
 */
#ifndef NACRE_ARCH_AMO_QUICK_H
#define NACRE_ARCH_AMO_QUICK_H

#include <core/types.h>

/* A run of a guest's RAM, whole pages in multiples of them, and where the host sees it. */
struct amo_run {
	uint64_t gpa, size;
	char *host;
};

/* Constant for a guest. */
struct amo_quick {
	struct amo_run only;	   /* if its RAM is one run and no hart masks pointers; else of size 0 */
	const struct amo_run *run; /* and here they are */
	uint32_t runs;		   /* so many; else 0 */
	uint32_t ops;		   /* of bytes and halfwords: amo_quick_ops() */
	bool cas;		   /* AMOCAS.W and AMOCAS.D */
};

/* Bit n: funct5 n is carried out. */
uint32_t amo_quick_ops(bool zabha, bool zacas);
/*
 * Carry the instruction out on the guest's registers, x[0] being 0, and its RAM. sstatus is that of
 * the trap: SPP is the guest's mode. The instruction; 0: declined. The caller advances the pc. Bit
 * 13 of the instruction says which of the first two; what they decline is for the third, if there
 * are runs.
 */
uint64_t amo_quick_part(const struct amo_quick *q, uint64_t x[32], uint64_t bits, uint64_t vsatp,
			uint64_t sstatus);
uint64_t amo_quick_wide(const struct amo_quick *q, uint64_t x[32], uint64_t bits, uint64_t vsatp,
			uint64_t sstatus);
uint64_t amo_quick_runs(const struct amo_quick *q, uint64_t x[32], uint64_t bits, uint64_t vsatp,
			uint64_t sstatus);

#define AMO_QUICK_WIDE_BIT 13

#endif
