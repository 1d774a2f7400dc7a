/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Instruction encodings that a hypervisor meets: opcodes, function codes, fixed words, and the
 * pseudoinstructions of htinst, as in the RISC-V unprivileged and privileged specifications. Usable
 * from C and assembly; no code.
 */
#ifndef NACRE_SPEC_INSN_H
#define NACRE_SPEC_INSN_H

/* Bits 6:0 */
#define OPCODE_LOAD 0x03
#define OPCODE_LOAD_FP 0x07
#define OPCODE_MISC_MEM 0x0f
#define OPCODE_STORE 0x23
#define OPCODE_STORE_FP 0x27
#define OPCODE_AMO 0x2f
#define OPCODE_SYSTEM 0x73

/* Bits 14:12 of MISC-MEM and SYSTEM; 1, 2, 3 and 5, 6, 7 of SYSTEM are the CSR instructions */
#define FUNCT3_CBO 2
#define FUNCT3_PRIV 0
#define FUNCT3_PRIVM 4

/* Bits 31:20 of a CBO */
#define CBO_INVAL 0
#define CBO_CLEAN 1
#define CBO_FLUSH 2
#define CBO_ZERO 4

/* Bits 13:12 of a CSR instruction; bit 14: immediate */
#define FUNCT_CSRRW 1
#define FUNCT_CSRRS 2
#define FUNCT_CSRRC 3

/* Bits 31:27 of AMO */
#define AMO_ADD 0x00
#define AMO_SWAP 0x01
#define AMO_LR 0x02
#define AMO_SC 0x03
#define AMO_XOR 0x04
#define AMO_CAS 0x05 /* Zacas */
#define AMO_OR 0x08
#define AMO_AND 0x0c
#define AMO_MIN 0x10
#define AMO_MAX 0x14
#define AMO_MINU 0x18
#define AMO_MAXU 0x1c

/* Bits 1:0 of struct insn's aqrl, which are bits 26:25 of AMO */
#define AMO_RL 1
#define AMO_AQ 2

/* Whole words without operands */
#define INSN_WORD_ECALL 0x00000073
#define INSN_WORD_EBREAK 0x00100073
#define INSN_WORD_WRS_NTO 0x00d00073 /* Zawrs */
#define INSN_WORD_WRS_STO 0x01d00073
#define INSN_WORD_SRET 0x10200073
#define INSN_WORD_WFI 0x10500073
#define INSN_WORD_SFENCE_W_INVAL 0x18000073 /* Svinval */
#define INSN_WORD_SFENCE_INVAL_IR 0x18100073
#define INSN_WORD_MRET 0x30200073
#define INSN_WORD_C_EBREAK 0x9002

/* Bits 31:25 of SYSTEM with FUNCT3_PRIV */
#define FUNCT7_SFENCE_VMA 0x09
#define FUNCT7_SINVAL_VMA 0x0b
#define FUNCT7_HFENCE_VVMA 0x11
#define FUNCT7_HINVAL_VVMA 0x13
#define FUNCT7_HFENCE_GVMA 0x31
#define FUNCT7_HINVAL_GVMA 0x33

/* Bits 31:25 of SYSTEM with FUNCT3_PRIVM: this, plus twice the log2 of the bytes, plus one for a
 * store */
#define FUNCT7_HLV 0x30
#define RS2_HLV 0   /* bits 24:20 of a load: sign extending, */
#define RS2_HLV_U 1 /* zero extending, */
#define RS2_HLVX 3  /* of executable memory */

/* htinst: implicit accesses to VS-stage page tables */
#define HTINST_PTW_READ32 0x2000
#define HTINST_PTW_WRITE32 0x2020
#define HTINST_PTW_READ64 0x3000
#define HTINST_PTW_WRITE64 0x3020

#endif
