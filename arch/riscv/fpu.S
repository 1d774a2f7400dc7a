/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Guest floating-point state: void fpu_save(struct fpu_state *), void fpu_restore(const struct fpu_state *). sstatus.FS is
 * switched on around the accesses and set back by the caller's next entry into a guest.
 */
#include <spec/csr.h>
#include "asm-offsets.h"

	.text
	.macro	each_f op
	.irp	n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	\op	f\n, 8 * \n(a0)
	.endr
	.endm

	.globl	fpu_save
fpu_save:
	li	t0, SSTATUS_FS
	csrs	sstatus, t0
	each_f	fsd
	/* the above, and fcsr alone: void fpu_save_csr(struct fpu_state *) */
	.globl	fpu_save_csr
fpu_save_csr:
	li	t0, SSTATUS_FS
	csrs	sstatus, t0
	frcsr	t0
	sd	t0, FPU_FCSR(a0)
	ret

	.globl	fpu_restore
fpu_restore:
	li	t0, SSTATUS_FS
	csrs	sstatus, t0
	each_f	fld
	ld	t0, FPU_FCSR(a0)
	fscsr	t0
	ret
