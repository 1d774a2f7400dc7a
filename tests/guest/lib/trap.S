/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The trap vector, and the calls that a test makes in order to see traps or registers:
 * try_run() comes back even if the called function ends in an exception, user_enter() goes to U-mode, and
 * sbi_call_regs() makes an SBI call with every register chosen and every register recorded.
 */
#include <spec/csr.h>
#include "callee.h"
#include "layout.h"

	.irp	n, 1,3,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	.set	.Lslot\n, 8 * \n
	.endr

	.macro	store_all base
	.irp	n, 1,3,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	sd	x\n, .Lslot\n(\base)
	.endr
	.endm

	.text
	.globl trap_entry
	.balign 4
trap_entry:
	csrrw	tp, sscratch, tp
	beqz	tp, nested
	sd	sp, HART_TMP(tp)
	ld	sp, HART_TRAP_TOP(tp)
	addi	sp, sp, -FRAME_SIZE
	store_all sp
	ld	t0, HART_TMP(tp)
	sd	t0, 16(sp)
	csrrw	t0, sscratch, zero
	sd	t0, 32(sp)
	csrr	t0, sepc
	sd	t0, FRAME_SEPC(sp)
	csrr	t0, sstatus
	sd	t0, FRAME_SSTATUS(sp)
	csrr	t0, scause
	sd	t0, FRAME_SCAUSE(sp)
	csrr	t0, stval
	sd	t0, FRAME_STVAL(sp)
	mv	a0, sp
	call	trap_handler
	ld	t0, FRAME_SEPC(sp)
	csrw	sepc, t0
	ld	t0, FRAME_SSTATUS(sp)
	csrw	sstatus, t0
	csrw	sscratch, tp
	.irp	n, 1,3,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	ld	x\n, .Lslot\n(sp)
	.endr
	ld	tp, 32(sp)
	ld	sp, 16(sp)
	sret

/* A trap inside the handler: the library itself is wrong. */
nested:
	csrr	tp, sscratch
	ld	sp, HART_TRAP_TOP(tp)
	addi	sp, sp, -2048
	csrr	a0, scause
	csrr	a1, sepc
	csrr	a2, stval
	call	trap_nested
	j	.

/*
 * uint64_t try_run(fn, a0, a1, a2): fn(a0, a1, a2). On an exception trap_handler() continues at try_over: a0 is whatever it
 * left there, and the caller reads struct hart's trap_info.
 */
	.globl try_run
try_run:
	save_callee
	ld	t0, HART_RECOVER(tp)
	addi	sp, sp, -16
	sd	t0, 0(sp)
	sd	sp, HART_RECOVER(tp)
	mv	t0, a0
	mv	a0, a1
	mv	a1, a2
	mv	a2, a3
	jalr	t0
	.globl try_over
try_over:
	ld	sp, HART_RECOVER(tp)
	ld	t0, 0(sp)
	sd	t0, HART_RECOVER(tp)
	addi	sp, sp, 16
	restore_callee
	ret

/* void user_enter(pc, a0, a1): to U-mode at pc with a0 and a1; comes back only by an exception, to try_over. */
	.globl user_enter
user_enter:
	csrw	sepc, a0
	li	t0, SSTATUS_SPP
	csrc	sstatus, t0
	li	t0, SSTATUS_SPIE
	csrs	sstatus, t0
	mv	a0, a1
	mv	a1, a2
	sret

	.globl user_ecall
	.balign 4
user_ecall:
	ecall
	j	user_ecall

/* void sbi_call_regs(const uint64_t in[32], uint64_t out[32]): all of x1..x31 from `in` except tp, ecall, all to `out`. */
	.globl sbi_call_regs
sbi_call_regs:
	save_callee
	addi	sp, sp, -32
	sd	gp, 0(sp)
	sd	a1, 8(sp)
	sd	tp, 16(sp)
	sd	sp, HART_SAVED_SP(tp)
	mv	x31, a0
	ld	x1, 8(x31)
	ld	x2, 16(x31)
	ld	x3, 24(x31)
	.irp	n, 5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30
	ld	x\n, .Lslot\n(x31)
	.endr
	ld	x31, 248(x31)
	ecall
	sd	x31, HART_TMP(tp)
	ld	x31, HART_SAVED_SP(tp)
	ld	x31, 8(x31)
	sd	x1, 8(x31)
	sd	x2, 16(x31)
	sd	x3, 24(x31)
	sd	x4, 32(x31)
	.irp	n, 5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30
	sd	x\n, .Lslot\n(x31)
	.endr
	ld	t0, HART_TMP(tp)
	sd	t0, 248(x31)
	ld	sp, HART_SAVED_SP(tp)
	ld	gp, 0(sp)
	addi	sp, sp, 32
	restore_callee
	ret
