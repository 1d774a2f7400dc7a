/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs of L2 (run.h). While L2 runs, sscratch holds the struct run and stvec leads to run_trap; both are the library's again
 * when the run has ended.
 */
#include <spec/csr.h>
#include <spec/nacl.h>
#include <spec/sbi.h>
#include "callee.h"
#include "run.h"

	.irp	n, 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30
	.set	.Lx\n, 8 * \n
	.endr

	.macro	begin
	save_callee
	sd	sp, RUN_SP(a0)
	sd	gp, RUN_GP(a0)
	sd	tp, RUN_TP(a0)
	csrw	sscratch, a0
	la	t0, run_trap
	csrw	stvec, t0
	.endm

	.macro	end
	csrw	sscratch, tp
	la	t0, trap_entry
	csrw	stvec, t0
	restore_callee
	ret
	.endm

	.text
	.globl run_sret
run_sret:
	begin
	mv	x31, a0
	.irp	n, 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30
	ld	x\n, .Lx\n(x31)
	.endr
	ld	x31, 248(x31)
	sret

	.globl run_sync_sret
run_sync_sret:
	begin
	li	a6, SBI_NACL_SYNC_SRET
	li	a7, SBI_EXT_NACL
	ecall
	end

	.balign 4
run_trap:
	csrrw	x31, sscratch, x31
	.irp	n, 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30
	sd	x\n, .Lx\n(x31)
	.endr
	csrr	t0, sscratch
	sd	t0, 248(x31)
	csrr	t0, sepc
	sd	t0, RUN_SEPC(x31)
	csrr	t0, sstatus
	sd	t0, RUN_SSTATUS(x31)
	csrr	t0, scause
	sd	t0, RUN_SCAUSE(x31)
	csrr	t0, stval
	sd	t0, RUN_STVAL(x31)
	ld	sp, RUN_SP(x31)
	ld	gp, RUN_GP(x31)
	ld	tp, RUN_TP(x31)
	li	a0, 0
	end

	.globl run_ecall
	.balign 4
run_ecall:
	ecall
	j	run_ecall
