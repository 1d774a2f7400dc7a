/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Instruction decode for emulation.
 *
 * One function per major opcode, each filling a cleared struct insn and saying whether the encoding
 * is a defined one. insn_decode_htinst() has a short way of its own for plain loads and stores:
 * every access to an emulated device comes through it.
 */
#include <arch/insn.h>

#include <core/errno.h>

#include <assert.h>

static uint32_t field(uint32_t bits, unsigned low, unsigned width)
{
	return (bits >> low) & ((1U << width) - 1);
}

/* The registers' places, which all formats share. */
static uint8_t get_rd(uint32_t bits)
{
	return (uint8_t)field(bits, 7, 5);
}

static uint8_t get_rs1(uint32_t bits)
{
	return (uint8_t)field(bits, 15, 5);
}

static uint8_t get_rs2(uint32_t bits)
{
	return (uint8_t)field(bits, 20, 5);
}

static uint32_t get_funct3(uint32_t bits)
{
	return field(bits, 12, 3);
}

/* ---- 32 bits ---- */

static bool decode_load(uint32_t bits, struct insn *out)
{
	uint32_t funct3 = get_funct3(bits);

	out->kind = INSN_LOAD;
	out->rd = get_rd(bits);
	out->rs1 = get_rs1(bits);
	out->imm = (int32_t)bits >> 20;
	out->size = (uint8_t)(1U << (funct3 & 3));
	out->sign_extend = !(funct3 & 4);
	return funct3 != 7;
}

static bool decode_store(uint32_t bits, struct insn *out)
{
	uint32_t funct3 = get_funct3(bits);

	out->kind = INSN_STORE;
	out->rs1 = get_rs1(bits);
	out->rs2 = get_rs2(bits);
	out->imm = (int32_t)(bits & 0xfe000000) >> 20 | (int32_t)get_rd(bits);
	out->size = (uint8_t)(1U << (funct3 & 3));
	return funct3 < 4;
}

/* The widths between those of Zfh, F, D and Q (1 to 4) are vector accesses. */
static bool decode_fp(uint32_t bits, struct insn *out)
{
	uint32_t funct3 = get_funct3(bits);

	if (bits & (OPCODE_STORE ^ OPCODE_LOAD))
		decode_store(bits, out);
	else
		decode_load(bits, out);
	out->kind += INSN_FLOAD - INSN_LOAD;
	out->size = (uint8_t)(1U << funct3);
	out->sign_extend = false;
	return funct3 >= 1 && funct3 <= 4;
}

static_assert(INSN_FSTORE - INSN_STORE == INSN_FLOAD - INSN_LOAD, "same distance for decode_fp()");

/* Words and doublewords; bytes and halfwords with Zabha, but not LR and SC; 16 bytes only amocas.q.
 */
static bool decode_amo(uint32_t bits, struct insn *out)
{
	const uint32_t defined = 1U << AMO_ADD | 1U << AMO_SWAP | 1U << AMO_LR | 1U << AMO_SC |
				 1U << AMO_XOR | 1U << AMO_CAS | 1U << AMO_OR | 1U << AMO_AND |
				 1U << AMO_MIN | 1U << AMO_MAX | 1U << AMO_MINU | 1U << AMO_MAXU;
	uint32_t funct3 = get_funct3(bits), funct5 = field(bits, 27, 5);

	out->kind = funct5 == AMO_LR ? INSN_LR : funct5 == AMO_SC ? INSN_SC : INSN_AMO;
	out->rd = get_rd(bits);
	out->rs1 = get_rs1(bits);
	out->rs2 = get_rs2(bits);
	out->funct = (uint8_t)funct5;
	out->aqrl = (uint8_t)field(bits, 25, 2);
	out->size = (uint8_t)(1U << funct3);
	out->sign_extend = true;
	if (!(defined >> funct5 & 1) || funct3 > 4)
		return false;
	if (out->kind == INSN_LR && out->rs2)
		return false;
	if (out->size == 16)
		return funct5 == AMO_CAS && !((out->rd | out->rs2) & 1);
	return out->size >= 4 || out->kind == INSN_AMO;
}

static bool decode_misc_mem(uint32_t bits, struct insn *out)
{
	uint32_t operation = bits >> 20;

	out->kind = INSN_CBO;
	out->rs1 = get_rs1(bits);
	out->funct = (uint8_t)operation;
	return get_funct3(bits) == FUNCT3_CBO && !get_rd(bits) &&
	       (operation <= CBO_FLUSH || operation == CBO_ZERO);
}

static bool decode_csr(uint32_t bits, struct insn *out)
{
	uint32_t funct3 = get_funct3(bits);

	out->kind = INSN_CSR;
	out->funct = funct3 & 3;
	out->rd = get_rd(bits);
	out->csr = (uint16_t)(bits >> 20);
	if (funct3 & 4)
		out->imm = get_rs1(bits);
	else
		out->rs1 = get_rs1(bits);
	return true;
}

/* hlv, hlvx and hsv */
static bool decode_privm(uint32_t bits, struct insn *out)
{
	uint32_t width = bits >> 25, rs2 = get_rs2(bits);

	if (width < FUNCT7_HLV || width > FUNCT7_HLV + 7)
		return false;
	width -= FUNCT7_HLV;
	out->rs1 = get_rs1(bits);
	out->size = (uint8_t)(1U << (width >> 1));
	if (width & 1) {
		out->kind = INSN_HSV;
		out->rs2 = (uint8_t)rs2;
		return !get_rd(bits);
	}
	out->kind = rs2 == RS2_HLVX ? INSN_HLVX : INSN_HLV;
	out->rd = get_rd(bits);
	out->sign_extend = rs2 == RS2_HLV;
	if (rs2 == RS2_HLVX)
		return out->size == 2 || out->size == 4;
	return rs2 == RS2_HLV || (rs2 == RS2_HLV_U && out->size < 8);
}

static uint8_t fence_kind(uint32_t funct7)
{
	switch (funct7) {
	case FUNCT7_SFENCE_VMA:
		return INSN_SFENCE_VMA;
	case FUNCT7_SINVAL_VMA:
		return INSN_SINVAL_VMA;
	case FUNCT7_HFENCE_VVMA:
		return INSN_HFENCE_VVMA;
	case FUNCT7_HINVAL_VVMA:
		return INSN_HINVAL_VVMA;
	case FUNCT7_HFENCE_GVMA:
		return INSN_HFENCE_GVMA;
	case FUNCT7_HINVAL_GVMA:
		return INSN_HINVAL_GVMA;
	default:
		return INSN_UNKNOWN;
	}
}

static bool decode_priv(uint32_t bits, struct insn *out)
{
	static const struct {
		uint32_t word;
		uint8_t kind, funct;
	} words[] = {
		{INSN_WORD_WFI, INSN_WFI, 0},
		{INSN_WORD_SRET, INSN_SRET, 0},
		{INSN_WORD_WRS_NTO, INSN_WRS, 0},
		{INSN_WORD_WRS_STO, INSN_WRS, 1},
		{INSN_WORD_ECALL, INSN_ECALL, 0},
		{INSN_WORD_EBREAK, INSN_EBREAK, 0},
		{INSN_WORD_MRET, INSN_MRET, 0},
		{INSN_WORD_SFENCE_W_INVAL, INSN_SFENCE_W_INVAL, 0},
		{INSN_WORD_SFENCE_INVAL_IR, INSN_SFENCE_INVAL_IR, 0},
	};

	for (unsigned i = 0; i < ARRAY_SIZE(words); i++) {
		if (words[i].word != bits)
			continue;
		out->kind = words[i].kind;
		out->funct = words[i].funct;
		return true;
	}
	out->kind = fence_kind(bits >> 25);
	out->rs1 = get_rs1(bits);
	out->rs2 = get_rs2(bits);
	return out->kind != INSN_UNKNOWN && !get_rd(bits);
}

static bool decode_system(uint32_t bits, struct insn *out)
{
	switch (get_funct3(bits)) {
	case FUNCT3_PRIV:
		return decode_priv(bits, out);
	case FUNCT3_PRIVM:
		return decode_privm(bits, out);
	default:
		return decode_csr(bits, out);
	}
}

static bool decode32(uint32_t bits, struct insn *out)
{
	switch (field(bits, 0, 7)) {
	case OPCODE_LOAD:
		return decode_load(bits, out);
	case OPCODE_STORE:
		return decode_store(bits, out);
	case OPCODE_LOAD_FP:
	case OPCODE_STORE_FP:
		return decode_fp(bits, out);
	case OPCODE_AMO:
		return decode_amo(bits, out);
	case OPCODE_MISC_MEM:
		return decode_misc_mem(bits, out);
	case OPCODE_SYSTEM:
		return decode_system(bits, out);
	default:
		return false;
	}
}

/* ---- 16 bits ---- */

/* A field of the offset: width bits of the instruction from low, moved to bit position to. */
static int32_t part(uint32_t bits, unsigned low, unsigned width, unsigned to)
{
	return (int32_t)(field(bits, low, width) << to);
}

/* c.lw and the like: registers x8 to x15; the funct3 of a store is that of the load plus 4. */
static bool decode_c0(uint32_t bits, struct insn *out)
{
	uint32_t funct3 = field(bits, 13, 3);
	bool word = (funct3 & 3) == 2, fp = (funct3 & 3) == 1;
	uint8_t reg = (uint8_t)(8 + field(bits, 2, 3));

	out->rs1 = (uint8_t)(8 + field(bits, 7, 3));
	out->size = word ? 4 : 8;
	out->imm = part(bits, 10, 3, 3) |
		   (word ? part(bits, 6, 1, 2) | part(bits, 5, 1, 6) : part(bits, 5, 2, 6));
	if (funct3 & 4) {
		out->kind = fp ? INSN_FSTORE : INSN_STORE;
		out->rs2 = reg;
	} else {
		out->kind = fp ? INSN_FLOAD : INSN_LOAD;
		out->rd = reg;
		out->sign_extend = !fp;
	}
	return true;
}

/* Zcb: c.lbu, c.lhu, c.lh, c.sb, c.sh */
static bool decode_zcb(uint32_t bits, struct insn *out)
{
	bool store = field(bits, 11, 1), half = field(bits, 10, 1), bit6 = field(bits, 6, 1);
	uint8_t reg = (uint8_t)(8 + field(bits, 2, 3));

	out->kind = store ? INSN_STORE : INSN_LOAD;
	out->rs1 = (uint8_t)(8 + field(bits, 7, 3));
	if (store)
		out->rs2 = reg;
	else
		out->rd = reg;
	out->size = half ? 2 : 1;
	out->imm = part(bits, 5, 1, 1) | (half ? 0 : bit6);
	out->sign_extend = !store && half && bit6;
	return !field(bits, 12, 1) && !(store && half && bit6);
}

/* c.lwsp and the like */
static bool decode_c2(uint32_t bits, struct insn *out)
{
	uint32_t funct3 = field(bits, 13, 3);
	bool word = (funct3 & 3) == 2, fp = (funct3 & 3) == 1;

	out->rs1 = 2;
	out->size = word ? 4 : 8;
	if (funct3 & 4) {
		out->kind = fp ? INSN_FSTORE : INSN_STORE;
		out->rs2 = (uint8_t)field(bits, 2, 5);
		out->imm = word ? part(bits, 9, 4, 2) | part(bits, 7, 2, 6)
				: part(bits, 10, 3, 3) | part(bits, 7, 3, 6);
		return true;
	}
	out->kind = fp ? INSN_FLOAD : INSN_LOAD;
	out->rd = get_rd(bits);
	out->sign_extend = !fp;
	out->imm = part(bits, 12, 1, 5) | (word ? part(bits, 4, 3, 2) | part(bits, 2, 2, 6)
						: part(bits, 5, 2, 3) | part(bits, 2, 3, 6));
	return fp || out->rd;
}

static bool decode16(uint32_t bits, struct insn *out)
{
	uint32_t quadrant = field(bits, 0, 2), funct3 = field(bits, 13, 3);

	if (bits == INSN_WORD_C_EBREAK) {
		out->kind = INSN_EBREAK;
		return true;
	}
	if (quadrant == 0 && funct3 == 4)
		return decode_zcb(bits, out);
	if ((funct3 & 3) == 0)
		return false;
	if (quadrant == 0)
		return decode_c0(bits, out);
	return quadrant == 2 && decode_c2(bits, out);
}

/* ---- the two doors ---- */

int insn_decode(uint32_t bits, struct insn *out)
{
	bool wide = (bits & 3) == 3;

	*out = (struct insn){.len = wide ? 4 : 2};
	if (wide ? decode32(bits, out) : decode16(bits & 0xffff, out))
		return 0;
	*out = (struct insn){.len = wide ? 4 : 2};
	return -NACRE_ENOTSUP;
}

static bool decode_ptw(uint64_t htinst, struct insn *out)
{
	if (htinst != HTINST_PTW_READ32 && htinst != HTINST_PTW_WRITE32 &&
	    htinst != HTINST_PTW_READ64 && htinst != HTINST_PTW_WRITE64)
		return false;
	*out = (struct insn){
		.kind = INSN_PTW, .size = htinst & 0x1000 ? 8 : 4, .funct = htinst & 0x20 ? 1 : 0};
	return true;
}

/* All but plain loads and stores, kept out of their way. Only instructions that access memory have
 * a transformed form. */
static __attribute__((noinline)) int decode_htinst_rest(uint64_t htinst, struct insn *out)
{
	*out = (struct insn){0};
	if (decode_ptw(htinst, out))
		return 0;
	if (!(htinst & 1) || htinst >> 32 || !decode32((uint32_t)htinst | 2, out) ||
	    out->kind >= INSN_PTW) {
		*out = (struct insn){0};
		return -NACRE_ENOENT;
	}
	out->len = 2 + (htinst & 2);
	out->addr_off = out->rs1;
	out->rs1 = 0;
	out->imm = 0;
	return 0;
}

/* Plain loads and stores, by funct3, stores 8 higher: all but what stands in the registers' places.
 */
static const struct insn plain[16] = {
	[0] = {.kind = INSN_LOAD, .size = 1, .sign_extend = true},
	[1] = {.kind = INSN_LOAD, .size = 2, .sign_extend = true},
	[2] = {.kind = INSN_LOAD, .size = 4, .sign_extend = true},
	[3] = {.kind = INSN_LOAD, .size = 8, .sign_extend = true},
	[4] = {.kind = INSN_LOAD, .size = 1},
	[5] = {.kind = INSN_LOAD, .size = 2},
	[6] = {.kind = INSN_LOAD, .size = 4},
	[8] = {.kind = INSN_STORE, .size = 1},
	[9] = {.kind = INSN_STORE, .size = 2},
	[10] = {.kind = INSN_STORE, .size = 4},
	[11] = {.kind = INSN_STORE, .size = 8},
};

#define STORE_BIT (OPCODE_STORE ^ OPCODE_LOAD)

int insn_decode_htinst(uint64_t htinst, struct insn *out)
{
	uint32_t bits = (uint32_t)htinst, store = bits & STORE_BIT;
	const struct insn *shape = &plain[get_funct3(bits) | store * 8 / STORE_BIT];

	/* Bit 1 is clear if the instruction was a compressed one. */
	if (htinst >> 32 || (bits & 0x7d & ~STORE_BIT) != (OPCODE_LOAD & ~2) || !shape->kind)
		return decode_htinst_rest(htinst, out);
	*out = *shape;
	out->len = 2 + (bits & 2);
	out->addr_off = get_rs1(bits);
	if (store)
		out->rs2 = get_rs2(bits);
	else
		out->rd = get_rd(bits);
	return 0;
}
