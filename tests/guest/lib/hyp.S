/* SPDX-License-Identifier: BSD-2-Clause */
/* Into L2 and back (hyp.h), and pieces of code for L2. While L2 runs, sscratch holds its struct l2. */
#include <spec/csr.h>
#include "callee.h"
#include "layout.h"

#define L2_SEPC	   256
#define L2_SSTATUS 264
#define L2_HSTATUS 272
#define L2_SCAUSE  280
#define L2_STVAL   288
#define L2_HTVAL   296
#define L2_HTINST  304
#define L2_HOST	   312
#define L2_ENTRY   440
#define L2_STVEC   448

	.option norelax
	.text
	.globl l2_enter
l2_enter:
	sd	ra, L2_HOST(a0)
	sd	sp, L2_HOST + 8(a0)
	sd	gp, L2_HOST + 16(a0)
	sd	tp, L2_HOST + 24(a0)
	sd	s0, L2_HOST + 32(a0)
	sd	s1, L2_HOST + 40(a0)
	sd	s2, L2_HOST + 48(a0)
	sd	s3, L2_HOST + 56(a0)
	sd	s4, L2_HOST + 64(a0)
	sd	s5, L2_HOST + 72(a0)
	sd	s6, L2_HOST + 80(a0)
	sd	s7, L2_HOST + 88(a0)
	sd	s8, L2_HOST + 96(a0)
	sd	s9, L2_HOST + 104(a0)
	sd	s10, L2_HOST + 112(a0)
	sd	s11, L2_HOST + 120(a0)
	csrci	sstatus, SSTATUS_SIE
	ld	t0, L2_STVEC(a0)
	csrw	stvec, t0
	csrw	sscratch, a0
	ld	t0, L2_SEPC(a0)
	csrw	sepc, t0
	ld	t0, L2_SSTATUS(a0)
	csrw	sstatus, t0
	ld	t0, L2_HSTATUS(a0)
	csrw	CSR_HSTATUS, t0
	mv	x31, a0
	.irp	n, 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	ld	x\n, 8 * \n(x31)
	.endr
	sret

	/* stvec's table: which entry was it? */
	.balign 256
	.globl l2_vectors
l2_vectors:
	.option push
	.option norvc
	.irp	n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
	j	.Lentry\n
	.endr
	.option pop
	.irp	n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
.Lentry\n:
	csrrw	x31, sscratch, x31
	sd	x30, 240(x31)
	li	x30, \n
	j	l2_trap
	.endr
l2_trap:
	sd	x30, L2_ENTRY(x31)
	.irp	n, 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29
	sd	x\n, 8 * \n(x31)
	.endr
	mv	a0, x31
	csrr	t0, sscratch
	sd	t0, 248(a0)
	csrr	t0, sepc
	sd	t0, L2_SEPC(a0)
	csrr	t0, sstatus
	sd	t0, L2_SSTATUS(a0)
	csrr	t0, CSR_HSTATUS
	sd	t0, L2_HSTATUS(a0)
	li	t1, HSTATUS_SPV
	csrc	CSR_HSTATUS, t1
	csrr	t0, scause
	sd	t0, L2_SCAUSE(a0)
	csrr	t0, stval
	sd	t0, L2_STVAL(a0)
	csrr	t0, CSR_HTVAL
	sd	t0, L2_HTVAL(a0)
	csrr	t0, CSR_HTINST
	sd	t0, L2_HTINST(a0)
	ld	ra, L2_HOST(a0)
	ld	sp, L2_HOST + 8(a0)
	ld	gp, L2_HOST + 16(a0)
	ld	tp, L2_HOST + 24(a0)
	ld	s0, L2_HOST + 32(a0)
	ld	s1, L2_HOST + 40(a0)
	ld	s2, L2_HOST + 48(a0)
	ld	s3, L2_HOST + 56(a0)
	ld	s4, L2_HOST + 64(a0)
	ld	s5, L2_HOST + 72(a0)
	ld	s6, L2_HOST + 80(a0)
	ld	s7, L2_HOST + 88(a0)
	ld	s8, L2_HOST + 96(a0)
	ld	s9, L2_HOST + 104(a0)
	ld	s10, L2_HOST + 112(a0)
	ld	s11, L2_HOST + 120(a0)
	la	t0, trap_entry
	csrw	stvec, t0
	csrw	sscratch, tp
	ret

/* ---- Instructions of HS-mode ---- */

	.macro	access name, insn:vararg
	.globl	\name
\name:	.insn	\insn
	ret
	.endm
	access	hlv_d, r 0x73, 4, 0x36, a0, a0, x0
	access	hlv_w, r 0x73, 4, 0x34, a0, a0, x0
	access	hlv_bu, r 0x73, 4, 0x30, a0, a0, x1
	access	hlvx_hu, r 0x73, 4, 0x32, a0, a0, x3
	access	hsv_d, r 0x73, 4, 0x37, x0, a0, a1
	access	hsv_h, r 0x73, 4, 0x33, x0, a0, a1

/* ---- Code for L2 ---- */

	.balign	4096
	.macro	code name
	.balign	4
	.globl	\name
\name:
	.endm
	code	l2_load
	.option push
	.option norvc
	ld	a0, 0(a1)
	.option pop
	ecall
	code	l2_store
	.option push
	.option norvc
	sd	a0, 0(a1)
	.option pop
	ecall
	code	l2_call
	jalr	a1
	ecall
	code	l2_ecall
	ecall
	code	l2_spin
	j	l2_spin
	code	l2_time
	rdtime	a0
	ecall
	code	l2_fp
	.word	0xf2000053		/* fmv.d.x f0, x0 */
	ecall
	code	l2_sret
	csrw	sepc, a1
	sret
	code	l2_wfi
	wfi
	ecall
	code	l2_fence
	sfence.vma
	ecall
	code	l2_satp
	csrr	a0, satp
	ecall
	code	l2_irq_on			/* until l2_vector says that it came */
	csrsi	sstatus, SSTATUS_SIE
	j	.
	code	l2_vector			/* a0 = scause, a2 = sepc, a3 = stval */
	csrr	a0, scause
	csrr	a2, sepc
	csrr	a3, stval
	ecall
	code	l2_timer			/* Sstc: an event at a0, then wait */
	csrw	CSR_STIMECMP, a0
	csrsi	sstatus, SSTATUS_SIE
	j	.
	code	l2_follow			/* while [a1] >= [a0] >= 0: a2 = [a0], then a3 = [a1] */
1:	ld	a2, 0(a0)
	fence	r, r
	ld	a3, 0(a1)
	bltu	a3, a2, 2f
	bgez	a2, 1b
2:	ecall
	code	l2_hyp
	csrr	a0, CSR_HSTATUS
	ecall
	.balign	4096
