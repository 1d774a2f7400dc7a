/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Loads through both stages of the loaded guest (H extension: hlv.d, hlvx.hu), with the guest's own privilege. A fault goes
 * through the extable: trap_host() puts scause, stval and htval into t0, t1, t2 and continues at the fix-up.
 */
	.option norelax
	.macro	fixup insn, target
	.pushsection .extable, "a"
	.balign	8
	.word	\insn - ., \target - . 
	.popsection
	.endm

	.text
	/* long guest_load64(uint64_t addr, uint64_t *out, struct guest_fault *f): 0 or 1 */
	.globl	guest_load64
guest_load64:
1:	.insn	r 0x73, 4, 0x36, a3, a0, x0	/* hlv.d a3, (a0) */
	sd	a3, 0(a1)
	li	a0, 0
	ret
	fixup	1b, guest_fault

	/* long guest_load16x(uint64_t addr, uint64_t *out, struct guest_fault *f): with execute permission */
	.globl	guest_load16x
guest_load16x:
2:	.insn	r 0x73, 4, 0x32, a3, a0, x3	/* hlvx.hu a3, (a0) */
	sd	a3, 0(a1)
	li	a0, 0
	ret
	fixup	2b, guest_fault

guest_fault:
	sd	t0, 0(a2)
	sd	t1, 8(a2)
	sd	t2, 16(a2)
	li	a0, 1
	ret
