/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Into the guest and out again. hext_native_enter() is a call that returns when vcpu_on_exit() has answered an exit with
 * false; until then the guest goes on from the trap itself. The most frequent exits have a short way: hext_fast_*(), which see
 * the caller-saved registers only, and amo_quick_*(). All others, and what these decline, go to vcpu_on_exit() with the whole
 * state of the guest in its context.
 *
 * While the guest runs, sscratch holds its struct hext_ctx; in HS-mode it holds 0. That is how trap_vector tells a
 * guest's trap from one of Nacre's own. The guest's s0-s11 and gp stay in the registers while hext_fast_*() run (C preserves
 * s0-s11, and Nacre is linked without a use of gp). The host's own s0-s11 wait in the frame of hext_native_enter().
 *
 * hstatus is not read back: no guest changes it.
 *
 * The sites of the trace (arch/trace.h): every exit goes by the first instruction that reads scause, every entry by the one
 * that writes sscratch. Around them nothing is compressed, so that they lie at multiples of 4.
 */
#include <arch/patch.h>
#include <spec/csr.h>
#include "asm-offsets.h"

#define X(n) (CTX_X + 8 * (n))(a0)

/* What `resume` leaves alone: gp, s0, s1, s2-s11. Bit 31 - n is xn. */
#define LIVE (1 << (31 - 3) | 3 << (31 - 9) | 0x3ff << (31 - 27))

/* The frame of hext_native_enter: ra, s0-s11, ctx; 16-byte aligned. */
#define FRAME_SIZE 112
#define FRAME_RA   0
#define FRAME_CTX  104

/* a0 = ctx: what hext_fast_*() leave in the registers. */
	.macro	save_live
	sd	gp, X(3)
	sd	s0, X(8)
	sd	s1, X(9)
	sd	s2, X(18)
	sd	s3, X(19)
	sd	s4, X(20)
	sd	s5, X(21)
	sd	s6, X(22)
	sd	s7, X(23)
	sd	s8, X(24)
	sd	s9, X(25)
	sd	s10, X(26)
	sd	s11, X(27)
	.endm

	.option norelax
	.text

/* void hext_native_enter(struct hext_ctx *ctx) */
	.globl	hext_native_enter
	.balign 4
	.option norvc
hext_native_enter:
	addi	sp, sp, -FRAME_SIZE
	sd	ra, FRAME_RA(sp)
	sd	s0, 8(sp)
	sd	s1, 16(sp)
	sd	s2, 24(sp)
	sd	s3, 32(sp)
	sd	s4, 40(sp)
	sd	s5, 48(sp)
	sd	s6, 56(sp)
	sd	s7, 64(sp)
	sd	s8, 72(sp)
	sd	s9, 80(sp)
	sd	s10, 88(sp)
	sd	s11, 96(sp)
	sd	a0, FRAME_CTX(sp)
	sd	sp, CTX_HOST_SP(a0)
	sd	tp, CTX_HOST_TP(a0)

	/* a0 = ctx; all of the guest's state */
resume_all:
	ld	t0, CTX_SEPC(a0)
	ld	t1, CTX_SSTATUS(a0)
	ld	t2, CTX_HSTATUS(a0)
	csrw	sepc, t0
	csrw	sstatus, t1
	csrw	CSR_HSTATUS, t2

	/* a0 = ctx; everything but what the CSRs have */
resume_live:
	ld	gp, X(3)
	ld	s0, X(8)
	ld	s1, X(9)
	ld	s2, X(18)
	ld	s3, X(19)
	ld	s4, X(20)
	ld	s5, X(21)
	ld	s6, X(22)
	ld	s7, X(23)
	ld	s8, X(24)
	ld	s9, X(25)
	ld	s10, X(26)
	ld	s11, X(27)

	/* a0 = ctx; everything but s0-s11 and gp */
resume:
	patchable 1, trace_on_entry, csrw sscratch, a0
	.option rvc
	ld	ra, X(1)
	ld	sp, X(2)
	ld	tp, X(4)
	ld	t0, X(5)
	ld	t1, X(6)
	ld	t2, X(7)
	ld	a1, X(11)
	ld	a2, X(12)
	ld	a3, X(13)
	ld	a4, X(14)
	ld	a5, X(15)
	ld	a6, X(16)
	ld	a7, X(17)
	ld	t3, X(28)
	ld	t4, X(29)
	ld	t5, X(30)
	ld	t6, X(31)
	ld	a0, X(10)
	sret

/* void hext_native_resume(struct hext_ctx *ctx, const uint64_t x[32]): what is on the stack is given up, as in the guest's trap */
	.globl	hext_native_resume
	.balign 4
	.option norvc
hext_native_resume:
	ld	t0, CTX_SEPC(a0)
	ld	t1, CTX_SSTATUS(a0)
	ld	t2, CTX_HSTATUS(a0)
	csrw	sepc, t0
	csrw	sstatus, t1
	csrw	CSR_HSTATUS, t2
	mv	s1, a1
	patchable 1, trace_on_entry, csrw sscratch, a0
	.option rvc
	.irp	n, 1,2,3,4,5,6,7,8,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31,9
	ld	x\n, 8 * \n(s1)
	.endr
	sret

/* stvec, of the guest's traps and of Nacre's own */
	.globl	trap_vector
	.balign 4
	.option norvc
trap_vector:
	csrrw	a0, sscratch, a0
	beqz	a0, host_trap
	sd	ra, X(1)
	sd	sp, X(2)
	sd	tp, X(4)
	sd	t0, X(5)
	sd	t1, X(6)
	sd	t2, X(7)
	sd	a1, X(11)
	sd	a2, X(12)
	sd	a3, X(13)
	sd	a4, X(14)
	sd	a5, X(15)
	sd	a6, X(16)
	sd	a7, X(17)
	sd	t3, X(28)
	sd	t4, X(29)
	sd	t5, X(30)
	sd	t6, X(31)
	csrrw	t0, sscratch, zero	/* from here on a trap is Nacre's own */
	sd	t0, X(10)
	ld	sp, CTX_HOST_SP(a0)
	ld	tp, CTX_HOST_TP(a0)
	patchable 1, trace_on_exit, csrr a1, scause
	.option rvc
	li	t0, CAUSE_ECALL_VS
	beq	a1, t0, ecall
	li	t0, CAUSE_VIRTUAL_INSTRUCTION
	beq	a1, t0, virtual
	li	t0, CAUSE_ILLEGAL
	beq	a1, t0, illegal
	bltz	a1, interrupt

	/* a0 = ctx, a1 = scause: the long way */
leave:
	save_live
leave_saved:
	csrr	t0, sepc
	csrr	t1, sstatus
	csrr	t4, stval
	csrr	t5, CSR_HTVAL
	csrr	t6, CSR_HTINST
	sd	a1, CTX_EXIT + EXIT_SCAUSE(a0)
	addi	a1, a0, CTX_EXIT
	sd	t0, CTX_SEPC(a0)
	sd	t1, CTX_SSTATUS(a0)
	sd	t4, EXIT_STVAL(a1)
	sd	t5, EXIT_HTVAL(a1)
	sd	t6, EXIT_HTINST(a1)
	ld	t0, CTX_ON_EXIT(a0)
	jalr	t0			/* (ctx, exit): true to go on */
	mv	t0, a0
	ld	a0, FRAME_CTX(sp)
	bnez	t0, resume_all
	ld	ra, FRAME_RA(sp)
	ld	s0, 8(sp)
	ld	s1, 16(sp)
	ld	s2, 24(sp)
	ld	s3, 32(sp)
	ld	s4, 40(sp)
	ld	s5, 48(sp)
	ld	s6, 56(sp)
	ld	s7, 64(sp)
	ld	s8, 72(sp)
	ld	s9, 80(sp)
	ld	s10, 88(sp)
	ld	s11, 96(sp)
	addi	sp, sp, FRAME_SIZE
	ret

/* The short ways: hext_fast_*(ctx) is ctx if it has answered, else 0. */
	.balign 4
ecall:
	patchable 1, trace_on_sbi, jal hext_fast_sbi
	bnez	a0, resume
	j	unanswered
virtual:
	jal	hext_fast_wfi
	bnez	a0, resume
	j	unanswered
interrupt:
	jal	hext_fast_kick
	bnez	a0, resume
unanswered:
	ld	a0, FRAME_CTX(sp)
	csrr	a1, scause
	j	leave

illegal:
	lbu	t0, CTX_FAST(a0)
	save_live
	beqz	t0, leave_illegal
	mv	a1, a0
	csrr	a2, stval
	csrr	a3, CSR_VSATP
	csrr	a4, sstatus
	addi	a0, a0, CTX_AMO
	slli	t0, a2, 63 - AMO_WIDE_BIT
	bltz	t0, wide
	jal	amo_quick_part		/* the instruction; 0: not carried out */
	beqz	a0, declined
carried_out:
	srli	t0, a0, 7		/* its low 5 bits are rd */
	ld	a0, FRAME_CTX(sp)
	li	t3, LIVE
	csrr	t2, sepc
	ld	t1, CTX_EXITS + 8 * CAUSE_ILLEGAL(a0)
	sllw	t3, t3, t0
	addi	t2, t2, 4
	addi	t1, t1, 1
	csrw	sepc, t2
	sd	t1, CTX_EXITS + 8 * CAUSE_ILLEGAL(a0)
	bgez	t3, resume
	j	resume_live
wide:
	lw	t0, CTX_AMO_RUNS(a1)
	bnez	t0, runs
	jal	amo_quick_wide
	bnez	a0, carried_out
declined:
	ld	a1, FRAME_CTX(sp)
	lw	t0, CTX_AMO_RUNS(a1)
	csrr	a2, stval
	csrr	a3, CSR_VSATP
	csrr	a4, sstatus
	addi	a0, a1, CTX_AMO
	beqz	t0, leave_declined
runs:
	jal	amo_quick_runs
	bnez	a0, carried_out
leave_declined:
	ld	a0, FRAME_CTX(sp)
leave_illegal:
	li	a1, CAUSE_ILLEGAL
	j	leave_saved

/*
 * A trap of HS-mode itself. No hypervisor CSR is touched: the hart may turn out to have none, and in a virtual machine each
 * access costs a trap of its own. The trap has cleared hstatus.SPV, so sret returns to HS-mode. The stack pointer is looked
 * at before it is used: a stack is the upper half of an aligned 32 KiB slot (arch/mmu.h), so with bit 14 clear it has run
 * into the guard, and the report needs another stack.
 */
host_trap:
	csrrw	a0, sscratch, a0	/* a0 back, sscratch 0 again */
	addi	sp, sp, -HOST_FRAME_SIZE
	csrw	sscratch, t0
	slli	t0, sp, 63 - 14
	bgez	t0, overflow
	csrrw	t0, sscratch, zero
save_host_frame:
	.irp	n, 1,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	sd	x\n, 8 * \n(sp)
	.endr
	addi	t0, sp, HOST_FRAME_SIZE
	sd	t0, 8 * 2(sp)
	csrr	t0, sepc
	csrr	t1, sstatus
	csrr	t3, scause
	csrr	t4, stval
	sd	t0, HOST_SEPC(sp)
	sd	t1, HOST_SSTATUS(sp)
	sd	t3, HOST_SCAUSE(sp)
	sd	t4, HOST_STVAL(sp)
	mv	a0, sp
	call	trap_host
	ld	t0, HOST_SEPC(sp)
	ld	t1, HOST_SSTATUS(sp)
	csrw	sepc, t0
	csrw	sstatus, t1
	.irp	n, 1,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	ld	x\n, 8 * \n(sp)
	.endr
	ld	sp, 8 * 2(sp)
	sret

/* All harts share the overflow stack: this ends in panic(), the first hart there wins. */
overflow:
	lla	t0, overflow_stack_top
	addi	t0, t0, -HOST_FRAME_SIZE
	sd	sp, HOST_FRAME_SIZE - 8(t0)
	mv	sp, t0
	csrrw	t0, sscratch, zero
	j	save_host_frame

	.section .bss.pages, "aw", @nobits
	.balign 4096
	.space	4096
overflow_stack_top:
