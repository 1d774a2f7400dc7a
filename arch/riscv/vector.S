/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Guest vector state (V extension 1.0): void vector_save(struct vector_csrs *, void *regs), void
 * vector_save_csr(struct vector_csrs *), void vector_restore(const struct
 * vector_csrs *, const void *regs). The assembler of the oldest supported toolchain knows no V, hence .insn words:
 * vs8r.v / vl8re8.v move eight whole registers and depend neither on vl nor on vtype.
 */
#include <spec/csr.h>
#include "asm-offsets.h"

#define CSR_VLENB_ 0xc22

	.text
	/* opcode STORE-FP 0x27 / LOAD-FP 0x07; nf = 7, mop = 0, vm = 1, sumop = 01000 (whole register) */
	.macro	vs8r vreg
	.word	0xe2858027 | (\vreg << 7)	/* vs8r.v vN, (a1) */
	.endm
	.macro	vl8r vreg
	.word	0xe2858007 | (\vreg << 7)	/* vl8re8.v vN, (a1) */
	.endm
	.macro	step
	add	a1, a1, t1
	.endm

	.globl	vector_save_csr
vector_save_csr:
	li	t0, SSTATUS_VS
	csrs	sstatus, t0
	csrr	t2, CSR_VSTART
	sd	t2, VECTOR_VSTART(a0)
	csrr	t2, CSR_VCSR
	sd	t2, VECTOR_VCSR(a0)
	csrr	t2, CSR_VL
	sd	t2, VECTOR_VL(a0)
	csrr	t2, CSR_VTYPE
	sd	t2, VECTOR_VTYPE(a0)
	ret

	.globl	vector_save
vector_save:
	mv	t3, ra
	call	vector_save_csr
	mv	ra, t3
	csrw	CSR_VSTART, zero	/* whole-register moves honour vstart */
	csrr	t1, CSR_VLENB_
	slli	t1, t1, 3
	vs8r	0
	step
	vs8r	8
	step
	vs8r	16
	step
	vs8r	24
	ld	t2, VECTOR_VSTART(a0)	/* the registers may stay the guest's: leave them as found */
	csrw	CSR_VSTART, t2
	ret

	.globl	vector_restore
vector_restore:
	li	t0, SSTATUS_VS
	csrs	sstatus, t0
	csrw	CSR_VSTART, zero
	csrr	t1, CSR_VLENB_
	slli	t1, t1, 3
	vl8r	0
	step
	vl8r	8
	step
	vl8r	16
	step
	vl8r	24
	ld	t0, VECTOR_VL(a0)
	ld	t1, VECTOR_VTYPE(a0)
	bltz	t1, 1f			/* vill: vsetvl with an illegal vtype gives vill and vl = 0 */
	.word	0x8062f057		/* vsetvl zero, t0, t1 */
	j	2f
1:	li	t1, -1
	.word	0x8062f057
2:	ld	t0, VECTOR_VCSR(a0)
	csrw	CSR_VCSR, t0
	ld	t0, VECTOR_VSTART(a0)
	csrw	CSR_VSTART, t0
	ret
