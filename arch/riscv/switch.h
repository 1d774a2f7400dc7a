/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the two ways into the guest (switch.S, switch_nacl.S) have in common: where the registers go. a0 = ctx. C preserves
 * s0-s11, and Nacre is linked without a use of gp, so the guest's stay in the registers ("live") while a trap is answered in
 * itself.
 */
#ifndef NACRE_ARCH_SWITCH_H
#define NACRE_ARCH_SWITCH_H
/* clang-format off */

#define X(n) (CTX_X + 8 * (n))(a0)

/* The frame of what enters: ra, s0-s11, ctx; 16-byte aligned. */
#define FRAME_SIZE 112
#define FRAME_RA   0
#define FRAME_CTX  104

	.macro	save_host
	addi	sp, sp, -FRAME_SIZE
	sd	ra, FRAME_RA(sp)
	.irp	n, 0,1,2,3,4,5,6,7,8,9,10,11
	sd	s\n, 8 + 8 * \n(sp)
	.endr
	sd	a0, FRAME_CTX(sp)
	sd	sp, CTX_HOST_SP(a0)
	sd	tp, CTX_HOST_TP(a0)
	.endm

	.macro	load_host
	ld	ra, FRAME_RA(sp)
	.irp	n, 0,1,2,3,4,5,6,7,8,9,10,11
	ld	s\n, 8 + 8 * \n(sp)
	.endr
	addi	sp, sp, FRAME_SIZE
	.endm

	.macro	save_live
	.irp	n, 3,8,9,18,19,20,21,22,23,24,25,26,27
	sd	x\n, X(\n)
	.endr
	.endm

	.macro	load_live
	.irp	n, 3,8,9,18,19,20,21,22,23,24,25,26,27
	ld	x\n, X(\n)
	.endr
	.endm

	/* All others; a0 itself, when they are saved, is in sscratch. */
	.macro	save_others
	.irp	n, 1,2,4,5,6,7,11,12,13,14,15,16,17,28,29,30,31
	sd	x\n, X(\n)
	.endr
	.endm

	.macro	load_others
	.irp	n, 1,2,4,5,6,7,11,12,13,14,15,16,17,28,29,30,31,10
	ld	x\n, X(\n)
	.endr
	.endm
/* clang-format on */
#endif
