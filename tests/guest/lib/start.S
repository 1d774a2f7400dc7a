/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Entry of every test guest: the Linux RISC-V Image header (so that QEMU -kernel, OpenSBI and Nacre load the flat binary),
 * the boot hart, harts started or resumed through SBI HSM, and the trap vector.
 *
 * tp is always this hart's struct hart while a test runs in S-mode, and sscratch holds the same pointer; sscratch is 0
 * while the trap handler itself runs. Traps use a stack of their own, so a test may run with any stack pointer.
 */
#include <spec/csr.h>
#include "callee.h"
#include "layout.h"

	.section .head, "ax"
	.globl _image
_image:
	j	boot
	.balign 4
	.word	0
	.dword	0x200000		/* text_offset */
	.dword	_image_size
	.dword	0			/* flags: little endian */
	.word	2			/* header version 0.2 */
	.word	0
	.dword	0
	.ascii	"RISCV\0\0\0"
	.ascii	"RSC\x05"
	.word	0

	.text
boot:
	la	t0, 1f			/* a guest without Zicntr has no time */
	csrw	stvec, t0
	rdtime	s0
	.balign	4
1:
	csrw	sie, zero
	csrw	satp, zero
	la	t0, _bss
	la	t1, _end
1:	sd	zero, (t0)
	addi	t0, t0, 8
	bltu	t0, t1, 1b
	la	tp, harts
	sd	a0, HART_ID(tp)
	la	sp, stacks + STACK_SIZE
	la	t0, trap_entry
	csrw	stvec, t0
	mv	a0, a1
	mv	a1, s0
	call	guest_boot
1:	wfi
	j	1b

/* void hart_entry(hartid, struct hart *): where SBI HSM starts a hart; keeps the reset state for the tests to see. */
	.globl hart_entry
	.balign 4
hart_entry:
	mv	tp, a1
	csrr	t0, satp
	sd	t0, HART_SATP(tp)
	csrr	t0, sstatus
	sd	t0, HART_SSTATUS(tp)
	sd	a0, HART_BOOT_A0(tp)
	csrw	sie, zero
	ld	sp, HART_STACK_TOP(tp)
	la	t0, trap_entry
	csrw	stvec, t0
	csrw	sscratch, tp
	call	hart_main
1:	wfi
	j	1b

/*
 * long suspend_call(fn, arg): calls fn(arg) and comes back either by fn's return, or by suspend_resume(hartid, struct hart *)
 * after a non-retentive suspend: that finds the stack pointer in the struct hart.
 */
	.globl suspend_call
suspend_call:
	save_callee
	sd	sp, HART_SAVED_SP(tp)
	mv	t0, a0
	mv	a0, a1
	jalr	t0
	restore_callee
	ret

	.globl suspend_resume
	.balign 4
suspend_resume:
	mv	tp, a1
	csrr	t0, satp
	sd	t0, HART_SATP(tp)
	csrr	t0, sstatus
	sd	t0, HART_SSTATUS(tp)
	sd	a0, HART_BOOT_A0(tp)
	li	t0, 1
	sd	t0, HART_RESUME(tp)
	ld	sp, HART_SAVED_SP(tp)
	la	t0, trap_entry
	csrw	stvec, t0
	csrw	sscratch, tp
	li	a0, 0
	restore_callee
	ret
