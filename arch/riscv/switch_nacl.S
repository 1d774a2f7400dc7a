/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Into the guest and out again for the back ends of hext_nacl.c: calls that return at a trap of the guest that is not answered in
 * itself (hext_nacl_fast_*()). No hypervisor CSR is touched here, as each access would be a trap of its own: those that matter
 * are in the shared memory.
 *
 * stvec is nacl_vector from the first such call on. It differs from trap_vector in what it does with a guest's trap; Nacre's own
 * take the same way. sscratch is as switch.S has it, and so are the sites of the trace.
 */
#include <arch/patch.h>
#include <spec/csr.h>
#include <spec/nacl.h>
#include <spec/sbi.h>
#include "asm-offsets.h"
#include "switch.h"

	.option norelax
	.text

	.macro	begin
	save_host
	ld	t0, CTX_SEPC(a0)
	ld	t1, CTX_SSTATUS(a0)
	lla	t2, nacl_vector
	csrw	sepc, t0
	csrw	sstatus, t1
	csrw	stvec, t2
	.endm

/* bool hext_nacl_sync_sret(struct hext_ctx *c, uint64_t x[32]) */
	.globl	hext_nacl_sync_sret
	.balign 4
	.option norvc
hext_nacl_sync_sret:
	begin
	mv	s1, a1
	patchable 1, trace_on_entry, csrw sscratch, a0
	.option rvc
	.irp	n, 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	ld	t0, X(\n)
	sd	t0, 8 * \n(s1)
	.endr
	li	a7, SBI_EXT_NACL
	li	a6, SBI_NACL_SYNC_SRET
	ecall
	/* Refused. */
	csrw	sscratch, zero
	call	hext_nacl_refused

/* bool hext_nacl_sret(struct hext_ctx *c) */
	.globl	hext_nacl_sret
	.balign 4
	.option norvc
hext_nacl_sret:
	begin
	load_live

	/* a0 = ctx; everything but s0-s11 and gp, and what the CSRs have */
nacl_resume:
	patchable 1, trace_on_entry, csrw sscratch, a0
	.option rvc
	load_others
	sret

	.balign 4
	.option norvc
nacl_vector:
	csrrw	a0, sscratch, a0
	bnez	a0, 1f
	j	host_trap
1:	save_others
	csrrw	t0, sscratch, zero	/* from here on a trap is Nacre's own */
	sd	t0, X(10)
	ld	sp, CTX_HOST_SP(a0)
	ld	tp, CTX_HOST_TP(a0)
	patchable 1, trace_nacl_exit, csrr a1, scause
	.option rvc
	li	t0, CAUSE_ECALL_VS
	beq	a1, t0, nacl_ecall
	li	t0, CAUSE_VIRTUAL_INSTRUCTION
	beq	a1, t0, nacl_virtual
	bltz	a1, nacl_interrupt

	/* a0 = ctx, a1 = scause: the return to C, with false */
nacl_leave:
	li	t3, 0
	/* t3: what is returned */
nacl_leave_with:
	save_live
	csrr	t0, sepc
	csrr	t1, sstatus
	csrr	t2, stval
	sd	a1, CTX_EXIT + EXIT_SCAUSE(a0)
	sd	t0, CTX_SEPC(a0)
	sd	t1, CTX_SSTATUS(a0)
	sd	t2, CTX_EXIT + EXIT_STVAL(a0)
	mv	a0, t3
	load_host
	ret

/* The short ways: hext_nacl_fast_*(ctx) is ctx if it has answered, else 0. */
	.balign 4
	.option norvc
nacl_ecall:
	patchable 1, trace_nacl_sbi, jal hext_nacl_fast_sbi
	.option rvc
	bnez	a0, nacl_answered
	j	nacl_unanswered
nacl_virtual:
	jal	hext_nacl_fast_wfi
	bnez	a0, nacl_answered
	j	nacl_unanswered
nacl_interrupt:
	jal	hext_nacl_fast_kick
	beqz	a0, nacl_unanswered
nacl_answered:
	lw	t0, HART_UNSYNCED(tp)
	beqz	t0, nacl_resume
	csrr	a1, scause
	li	t3, 1
	j	nacl_leave_with
nacl_unanswered:
	ld	a0, FRAME_CTX(sp)
	csrr	a1, scause
	j	nacl_leave
