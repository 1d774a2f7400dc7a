/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Into the guest and out again for the back ends of hext_nacl.c: calls that return at the guest's next trap. No hypervisor CSR
 * is touched here, as each access would be a trap of its own: those that matter are in the shared memory.
 *
 * stvec is nacl_vector from here until the guest's trap, so that it need not ask whose trap it is; sscratch holds the context
 * meanwhile. Nacre itself does not trap in between.
 */
#include <arch/patch.h>
#include <spec/csr.h>
#include <spec/nacl.h>
#include <spec/sbi.h>
#include "asm-offsets.h"

#define X(n) (CTX_X + 8 * (n))(a0)

#define FRAME_SIZE 112 /* ra, s0-s11 */

	.option norelax
	.text

	/* The trace's site (arch/trace.h) is the first instruction. */
	.macro	begin
	patchable 0, traced\@, addi sp, sp, -FRAME_SIZE
untraced\@:
	.pushsection .text.traced, "ax"
traced\@:
	addi	sp, sp, -32
	sd	ra, 0(sp)
	sd	a0, 8(sp)
	sd	a1, 16(sp)
	jal	trace_nacl_entry	/* (ctx) */
	ld	ra, 0(sp)
	ld	a0, 8(sp)
	ld	a1, 16(sp)
	addi	sp, sp, 32 - FRAME_SIZE
	j	untraced\@
	.popsection
	sd	ra, 0(sp)
	.irp	n, 0,1,2,3,4,5,6,7,8,9,10,11
	sd	s\n, 8 + 8 * \n(sp)
	.endr
	sd	sp, CTX_HOST_SP(a0)
	sd	tp, CTX_HOST_TP(a0)
	ld	t0, CTX_SEPC(a0)
	ld	t1, CTX_SSTATUS(a0)
	lla	t2, nacl_vector
	csrw	sepc, t0
	csrw	sstatus, t1
	csrw	sscratch, a0
	csrw	stvec, t2
	.endm

/* void hext_nacl_sync_sret(struct hext_ctx *c, uint64_t x[32]) */
	.globl	hext_nacl_sync_sret
	.balign 4
hext_nacl_sync_sret:
	begin
	.irp	n, 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	ld	t0, X(\n)
	sd	t0, 8 * \n(a1)
	.endr
	li	a7, SBI_EXT_NACL
	li	a6, SBI_NACL_SYNC_SRET
	ecall
	/* Refused. */
	lla	t0, trap_vector
	csrw	stvec, t0
	csrw	sscratch, zero
	call	hext_nacl_refused

/* void hext_nacl_sret(struct hext_ctx *c) */
	.globl	hext_nacl_sret
	.balign 4
hext_nacl_sret:
	begin
	.irp	n, 1,2,3,4,5,6,7,8,9,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31,10
	ld	x\n, X(\n)
	.endr
	sret

	.balign 4
	.option norvc
nacl_vector:
	csrrw	a0, sscratch, a0
	.irp	n, 1,2,3,4,5,6,7,8,9,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	sd	x\n, X(\n)
	.endr
	lla	t6, trap_vector
	csrrw	t0, sscratch, zero
	csrr	t1, sepc
	csrr	t2, sstatus
	csrr	t3, scause
	csrr	t4, stval
	csrw	stvec, t6		/* from here on a trap is Nacre's own */
	sd	t0, X(10)
	sd	t1, CTX_SEPC(a0)
	sd	t2, CTX_SSTATUS(a0)
	sd	t3, CTX_EXIT + EXIT_SCAUSE(a0)
	sd	t4, CTX_EXIT + EXIT_STVAL(a0)
	ld	sp, CTX_HOST_SP(a0)
	ld	tp, CTX_HOST_TP(a0)
	ld	ra, 0(sp)
	.irp	n, 0,1,2,3,4,5,6,7,8,9,10,11
	ld	s\n, 8 + 8 * \n(sp)
	.endr
	addi	sp, sp, FRAME_SIZE
	patchable 0, trace_nacl_exit, ret	/* (ctx), which returns for it */
	.option rvc
