/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cbo.zero (Zicboz) and cbo.flush (Zicbom), chapter "CMO" of the unprivileged manual: bool zero_probe(void *),
 * void zero_blocks(p, size, block), and the same with flush. An instruction that firmware keeps from HS-mode traps; the
 * probes say so.
 */
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

/* Eight at a time, and the rest one by one. */
	.globl	zero_blocks
zero_blocks:
	add	a1, a0, a1
	slli	a3, a2, 3
3:	sub	a4, a1, a0
	bltu	a4, a3, 4f
	.rept	8
	.insn	i 0x0f, 2, x0, a0, 4
	add	a0, a0, a2
	.endr
	bltu	a0, a1, 3b
	ret
4:	.insn	i 0x0f, 2, x0, a0, 4
	add	a0, a0, a2
	bltu	a0, a1, 4b
	ret

	.globl	flush_probe
flush_probe:
	li	a1, 0
1:	.insn	i 0x0f, 2, x0, a0, 2
	li	a1, 1
2:	mv	a0, a1
	ret
	.pushsection .extable, "a"
	.balign	8
	.word	1b - ., 2b - .
	.popsection

	.globl	flush_blocks
flush_blocks:
	fence	iorw, iorw		/* what was written before the flush */
	add	a1, a0, a1
3:	.insn	i 0x0f, 2, x0, a0, 2
	add	a0, a0, a2
	bltu	a0, a1, 3b
	fence	iorw, iorw		/* the flush before what others read past the caches */
	ret
