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
#include "switch.h"

/* What `resume` leaves alone: gp, s0, s1, s2-s11. Bit 31 - n is xn. */
#define LIVE (1 << (31 - 3) | 3 << (31 - 9) | 0x3ff << (31 - 27))

	.option norelax
	.text

/* void hext_native_enter(struct hext_ctx *ctx) */
	.globl	hext_native_enter
	.balign 4
	.option norvc
hext_native_enter:
	save_host

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
	load_live

	/* a0 = ctx; everything but s0-s11 and gp */
resume:
	patchable 1, trace_on_entry, csrw sscratch, a0
	.option rvc
	load_others
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
	save_others
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
	load_host
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
	.globl	host_trap
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
