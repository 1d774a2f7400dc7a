/* SPDX-License-Identifier: BSD-2-Clause */
/* Guest FP and vector registers. The only code in Nacre that holds FP or vector instructions
 * (fpu.S, vector.S). */
#ifndef NACRE_ARCH_FPU_H
#define NACRE_ARCH_FPU_H

#include <stdint.h>

struct fpu_state {
	uint64_t f[32];
	uint64_t fcsr;
};
struct vector_csrs {
	uint64_t vstart, vcsr, vl, vtype;
};

void fpu_save(struct fpu_state *s);
/* fcsr alone; the rest of *s stays */
void fpu_save_csr(struct fpu_state *s);
void fpu_restore(const struct fpu_state *s);
/* regs: 32 * vlenb bytes */
void vector_save(struct vector_csrs *c, void *regs);
/* The CSRs alone */
void vector_save_csr(struct vector_csrs *c);
void vector_restore(const struct vector_csrs *c, const void *regs);

#endif
