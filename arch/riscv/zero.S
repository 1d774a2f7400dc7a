/* SPDX-License-Identifier: BSD-2-Clause */
/* cbo.zero (Zicboz; "Cache-Block Zero" in the CMO specification): bool zero_probe(void *), void zero_blocks(p, size, block) */
	.option norelax
	.text
	.globl	zero_probe
zero_probe:
	li	a1, 0
1:	.insn	i 0x0f, 2, x0, a0, 4
	li	a1, 1
2:	mv	a0, a1
	ret
	.pushsection .extable, "a"
	.balign	8
	.word	1b - ., 2b - .
	.popsection

	.globl	zero_blocks
zero_blocks:
	add	a1, a0, a1
3:	.insn	i 0x0f, 2, x0, a0, 4
	add	a0, a0, a2
	bltu	a0, a1, 3b
	ret
