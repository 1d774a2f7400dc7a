/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A small disassembler: RV64IMAFDC, Zicsr, Zifencei, Zicbom, Zicboz, Zabha, Zacas, Svinval and the
 * privileged instructions, as the assembler would have them without pseudo-instructions.
 */
#ifndef NACRE_ARCH_DIS_H
#define NACRE_ARCH_DIS_H

#include <core/types.h>

#define DIS_MAX 64 /* bytes that any text fits into */

/*
 * The text of the instruction at pc, whose first halfword is the low one of insn; targets of
 * branches and jumps are addresses. Its length in bytes: 2 or 4, of which 4 are in insn; what is
 * not known becomes ".half" or ".word". *target (may be NULL) is the target, or 0.
 */
unsigned dis(uint32_t insn, uint64_t pc, char *out, size_t size, uint64_t *target);

/* The CSR's name, or NULL: none of those that a guest kernel uses. */
const char *dis_csr_name(unsigned csr);

#endif
