/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The first instructions of each hart. The boot hart comes from the boot loader with a0 = hartid, a1 = device tree,
 * translation off, at any 2 MiB aligned address (Linux's "boot image header in RISC-V Linux"). The others come from
 * SBI HSM hart_start with a1 = struct hart_boot.
 *
 * Translation is switched on by a trap: stvec holds the virtual address of the next instruction, so the fetch that
 * follows a successful write of satp faults and lands there; a MODE that the hart does not have leaves satp as it was.
 */
#include <arch/mmu.h>
#include <spec/csr.h>
#include "asm-offsets.h"

	.option norelax
	.section .head.text, "ax"
	.globl _start
_start:
	.option push
	.option norvc
	j	start
	nop
	.option pop
	.dword	0x200000	/* text_offset from the start of RAM */
	.dword	_image_size
	.dword	0		/* flags: little endian */
	.word	2		/* header version 0.2 */
	.word	0
	.dword	0
	.ascii	"RISCV\0\0\0"
	.ascii	"RSC\x05"
	.word	0

start:
	csrw	sie, zero
	csrw	sip, zero
	lla	t0, halt
	csrw	stvec, t0
	mv	s0, a0
	mv	s1, a1
	rdtime	s3

	lla	t0, _bss
	lla	t1, _ebss
1:	sd	zero, 0(t0)
	addi	t0, t0, 8
	bltu	t0, t1, 1b

	lla	t0, boot_time
	sd	s3, 0(t0)
	/* A canary that differs from boot to boot as far as this early code can make it. */
	lla	t0, __stack_chk_guard
	slli	t1, s3, 24
	xor	t1, t1, s3
	xor	t1, t1, s1
	li	t2, 0x5bd1e995
	mul	t1, t1, t2
	slli	t1, t1, 8	/* a zero byte stops string overruns */
	sd	t1, 0(t0)

	lla	sp, _boot_stack_top
	lla	a0, _start
	mv	a1, s1
	call	mmu_early

	lla	t1, _start
	li	t2, IMAGE_VA
	sub	s2, t2, t1	/* virtual - physical */
	add	sp, sp, s2
	lla	t0, 2f
	add	t0, t0, s2
	csrw	stvec, t0

	.macro	try_mode table, mode
	lla	t0, \table
	srli	t0, t0, 12
	li	t1, \mode
	slli	t1, t1, SATP_MODE_SHIFT
	or	t0, t0, t1
	sfence.vma
	csrw	satp, t0
	.endm
	try_mode early_sv57, 10
	try_mode early_sv48, 9
	try_mode early_sv39, 8
	j	halt		/* no translation at all: no RISC-V hart with H is without Sv39 */

	.balign 4
2:	lla	t0, trap_vector
	csrw	stvec, t0
	csrw	sscratch, zero
	mv	a0, s0
	mv	a1, s1
	mv	tp, zero
	call	boot_main

	.balign 4
halt:	wfi
	j	halt

	.globl hart_entry
	.balign 4
hart_entry:
	csrw	sie, zero
	csrw	sip, zero
	mv	s0, a1
	lla	t1, _start
	li	t2, IMAGE_VA
	sub	s2, t2, t1
	lla	t0, 3f
	add	t0, t0, s2
	csrw	stvec, t0
	lla	t0, mmu_satp_value
	ld	t0, 0(t0)
	sfence.vma
	csrw	satp, t0
	j	halt
	.balign 4
3:	lla	t0, trap_vector
	csrw	stvec, t0
	csrw	sscratch, zero
	ld	sp, BOOT_SP(s0)
	ld	tp, BOOT_TP(s0)
	ld	t0, BOOT_ENTRY(s0)
	mv	a0, tp
	jalr	t0
	j	halt

	/* void call_on_stack(void *top, void *arg, void (*fn)(void *)): never returns */
	.text
	.globl call_on_stack
call_on_stack:
	mv	sp, a0
	mv	a0, a1
	jalr	a2
	j	halt
