/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Instructions that are exchanged while Nacre runs, so that what is switched off costs nothing at all: a site is an
 * instruction that is needed anyway, and while patched a jump (jal) stands in its place. Who is jumped to does what that
 * instruction did. Sites are in assembly only, 4 bytes at a multiple of 4, so that a hart fetches the old or the new one.
 */
#ifndef NACRE_ARCH_PATCH_H
#define NACRE_ARCH_PATCH_H

#ifdef __ASSEMBLER__
/* clang-format off */
/* A site: `insn`, which `jal x\link, \to` replaces. */
	.macro	patchable link, to, insn:vararg
	.option push
	.option norvc
660:	\insn
	.option pop
	.pushsection .patch, "a"
	.balign	4
	.word	660b - ., \to - ., \link
	.popsection
	.endm
/* clang-format on */
#else
#include <stdbool.h>

/*
 * All sites: jumps (true), or what was there before. The boot hart, once mmu_init() has run. When it returns every hart runs
 * the new instructions; with a firmware that cannot tell other harts they do so sooner or later, and the log says so. false:
 * no page table to write the text through, nothing has changed; the first time only.
 */
bool patch_all(bool on);
#endif
#endif
