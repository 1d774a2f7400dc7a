/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Decode of the instructions that trap, for emulation: memory accesses, CSR accesses, and the
 * privileged instructions. From the instruction itself, or from the transformed form that the
 * hardware leaves in htinst (privileged specification, "Transformed Instruction or
 * Pseudoinstruction for mtinst or htinst"). RV64. Extensions are decoded whether or not the host
 * has them; who emulates asks what the guest's ISA allows.
 */
#ifndef NACRE_ARCH_INSN_H
#define NACRE_ARCH_INSN_H

#include <core/types.h>
#include <spec/insn.h>

enum insn_kind {
	INSN_UNKNOWN,
	INSN_LOAD,  /* rd <- size bytes at rs1 + imm */
	INSN_STORE, /* rs2 -> size bytes at rs1 + imm */
	INSN_FLOAD, /* rd, rs2: FP registers */
	INSN_FSTORE,
	INSN_AMO, /* funct: AMO_*; with size 16 rd and rs2 are even: register pairs */
	INSN_LR,
	INSN_SC,
	INSN_CBO, /* funct: CBO_* on the block at rs1 */
	INSN_HLV, /* rd <- size bytes at rs1, as the guest */
	INSN_HLVX,
	INSN_HSV,
	INSN_PTW, /* only from htinst: size bytes of a VS-stage table; funct 0 read, 1 write */
	INSN_CSR, /* funct: FUNCT_CSR*; operand: rs1 if not 0, else imm */
	INSN_ECALL,
	INSN_EBREAK,
	INSN_SRET,
	INSN_MRET,
	INSN_WFI,
	INSN_WRS,	 /* funct 0: no time-out, 1: short time-out */
	INSN_SFENCE_VMA, /* rs1: address, rs2: ASID; register 0: all */
	INSN_SINVAL_VMA,
	INSN_SFENCE_W_INVAL,
	INSN_SFENCE_INVAL_IR,
	INSN_HFENCE_VVMA,
	INSN_HINVAL_VVMA,
	INSN_HFENCE_GVMA, /* rs1: address >> 2, rs2: VMID; register 0: all */
	INSN_HINVAL_GVMA,
	INSN_KINDS
};

/* Fields that a kind does not have are 0. */
struct insn {
	_Alignas(8) uint8_t kind; /* enum insn_kind */
	uint8_t len;		  /* bytes to advance the pc: 2 or 4 (0: INSN_PTW) */
	uint8_t rd;		  /* 0-31 */
	uint8_t rs1;
	uint8_t rs2;
	uint8_t size;	  /* bytes accessed: 1, 2, 4, 8 or 16 */
	bool sign_extend; /* the loaded value */
	uint8_t funct;
	uint8_t aqrl;	  /* AMO_AQ | AMO_RL */
	uint8_t addr_off; /* only from htinst: faulting minus original address */
	uint16_t csr;
	int32_t imm;
};

/*
 * Decodes an instruction; if (bits & 3) != 3 only the lower 16 bits count. -NACRE_ENOTSUP: none of
 * the above, or reserved; kind is INSN_UNKNOWN then and only len is set.
 */
int insn_decode(uint32_t bits, struct insn *out);

/*
 * Decodes htinst. rs1 and imm are 0: the address is what htval and stval say. -NACRE_ENOENT: it
 * says nothing, or nothing that we understand, which is to be treated alike: fetch the instruction.
 * kind is INSN_UNKNOWN then.
 */
int insn_decode_htinst(uint64_t htinst, struct insn *out);

/* Whether a CSR instruction has the side effects of a read, and of a write (Zicsr). */
static inline bool insn_csr_reads(const struct insn *i)
{
	return i->funct != FUNCT_CSRRW || i->rd;
}

static inline bool insn_csr_writes(const struct insn *i)
{
	return i->funct == FUNCT_CSRRW || i->rs1 || i->imm;
}

#endif
