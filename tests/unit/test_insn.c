/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arch/riscv/insn.c: a table of encodings from the assembler, every 16-bit value against an
 * expansion to 32 bits written another way, encodings built from random fields, and the transformed
 * forms of htinst.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <arch/insn.h>
#include <core/errno.h>

static uint64_t rng = 88172645463325252u;

static uint32_t rnd(uint32_t n)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return (uint32_t)(rng % n);
}

static void assert_same(const struct insn *a, const struct insn *b, const char *what, uint64_t bits)
{
	if (!memcmp(a, b, sizeof(*a)))
		return;
	print_error("%s 0x%llx: kind %u/%u len %u/%u rd %u/%u rs1 %u/%u rs2 %u/%u size %u/%u "
		    "sign %u/%u funct %u/%u imm %d/%d\n",
		    what, (unsigned long long)bits, a->kind, b->kind, a->len, b->len, a->rd, b->rd,
		    a->rs1, b->rs1, a->rs2, b->rs2, a->size, b->size, a->sign_extend,
		    b->sign_extend, a->funct, b->funct, a->imm, b->imm);
	fail();
}

/* clang-format off */
static const struct {
	const char *text;
	uint32_t bits;
	struct insn insn;
} known[] = {
	{"lb a0,-1(a1)", 0xfff58503, {.kind = INSN_LOAD, .len = 4, .rd = 10, .rs1 = 11, .size = 1, .sign_extend = true, .imm = -1}},
	{"lh s3,2047(sp)", 0x7ff11983, {.kind = INSN_LOAD, .len = 4, .rd = 19, .rs1 = 2, .size = 2, .sign_extend = true, .imm = 2047}},
	{"lw t6,-2048(t6)", 0x800faf83, {.kind = INSN_LOAD, .len = 4, .rd = 31, .rs1 = 31, .size = 4, .sign_extend = true, .imm = -2048}},
	{"ld a2,8(a3)", 0x0086b603, {.kind = INSN_LOAD, .len = 4, .rd = 12, .rs1 = 13, .size = 8, .sign_extend = true, .imm = 8}},
	{"lbu t0,0(t1)", 0x00034283, {.kind = INSN_LOAD, .len = 4, .rd = 5, .rs1 = 6, .size = 1}},
	{"lhu t2,2(a0)", 0x00255383, {.kind = INSN_LOAD, .len = 4, .rd = 7, .rs1 = 10, .size = 2, .imm = 2}},
	{"lwu a5,4(a4)", 0x00476783, {.kind = INSN_LOAD, .len = 4, .rd = 15, .rs1 = 14, .size = 4, .imm = 4}},
	{"sb a0,-1(a1)", 0xfea58fa3, {.kind = INSN_STORE, .len = 4, .rs1 = 11, .rs2 = 10, .size = 1, .imm = -1}},
	{"sh s3,2047(sp)", 0x7f311fa3, {.kind = INSN_STORE, .len = 4, .rs1 = 2, .rs2 = 19, .size = 2, .imm = 2047}},
	{"sw t6,-2048(t5)", 0x81ff2023, {.kind = INSN_STORE, .len = 4, .rs1 = 30, .rs2 = 31, .size = 4, .imm = -2048}},
	{"sd a2,40(a3)", 0x02c6b423, {.kind = INSN_STORE, .len = 4, .rs1 = 13, .rs2 = 12, .size = 8, .imm = 40}},
	{"flh fa0,2(a0)", 0x00251507, {.kind = INSN_FLOAD, .len = 4, .rd = 10, .rs1 = 10, .size = 2, .imm = 2}},
	{"flw fa1,4(a0)", 0x00452587, {.kind = INSN_FLOAD, .len = 4, .rd = 11, .rs1 = 10, .size = 4, .imm = 4}},
	{"fld fs0,-8(s1)", 0xff84b407, {.kind = INSN_FLOAD, .len = 4, .rd = 8, .rs1 = 9, .size = 8, .imm = -8}},
	{"flq ft3,16(a2)", 0x01064187, {.kind = INSN_FLOAD, .len = 4, .rd = 3, .rs1 = 12, .size = 16, .imm = 16}},
	{"fsh fa0,2(a0)", 0x00a51127, {.kind = INSN_FSTORE, .len = 4, .rs1 = 10, .rs2 = 10, .size = 2, .imm = 2}},
	{"fsw fa1,4(a0)", 0x00b52227, {.kind = INSN_FSTORE, .len = 4, .rs1 = 10, .rs2 = 11, .size = 4, .imm = 4}},
	{"fsd fs0,-8(s1)", 0xfe84bc27, {.kind = INSN_FSTORE, .len = 4, .rs1 = 9, .rs2 = 8, .size = 8, .imm = -8}},
	{"fsq ft3,16(a2)", 0x00364827, {.kind = INSN_FSTORE, .len = 4, .rs1 = 12, .rs2 = 3, .size = 16, .imm = 16}},
	{"lr.w a0,(a1)", 0x1005a52f, {.kind = INSN_LR, .len = 4, .rd = 10, .rs1 = 11, .size = 4, .sign_extend = true, .funct = AMO_LR}},
	{"lr.d.aq a0,(a1)", 0x1405b52f, {.kind = INSN_LR, .len = 4, .rd = 10, .rs1 = 11, .size = 8, .sign_extend = true, .funct = AMO_LR, .aqrl = AMO_AQ}},
	{"sc.w a0,a2,(a1)", 0x18c5a52f, {.kind = INSN_SC, .len = 4, .rd = 10, .rs1 = 11, .rs2 = 12, .size = 4, .sign_extend = true, .funct = AMO_SC}},
	{"sc.d.rl t0,t1,(t2)", 0x1a63b2af, {.kind = INSN_SC, .len = 4, .rd = 5, .rs1 = 7, .rs2 = 6, .size = 8, .sign_extend = true, .funct = AMO_SC, .aqrl = AMO_RL}},
	{"amoswap.w a0,a1,(a2)", 0x08b6252f, {.kind = INSN_AMO, .len = 4, .rd = 10, .rs1 = 12, .rs2 = 11, .size = 4, .sign_extend = true, .funct = AMO_SWAP}},
	{"amoadd.d.aqrl a3,a4,(a5)", 0x06e7b6af, {.kind = INSN_AMO, .len = 4, .rd = 13, .rs1 = 15, .rs2 = 14, .size = 8, .sign_extend = true, .aqrl = AMO_AQ | AMO_RL}},
	{"amoxor.w s1,s2,(s3)", 0x2129a4af, {.kind = INSN_AMO, .len = 4, .rd = 9, .rs1 = 19, .rs2 = 18, .size = 4, .sign_extend = true, .funct = AMO_XOR}},
	{"amoand.d s1,s2,(s3)", 0x6129b4af, {.kind = INSN_AMO, .len = 4, .rd = 9, .rs1 = 19, .rs2 = 18, .size = 8, .sign_extend = true, .funct = AMO_AND}},
	{"amoor.w.aq s4,s5,(s6)", 0x455b2a2f, {.kind = INSN_AMO, .len = 4, .rd = 20, .rs1 = 22, .rs2 = 21, .size = 4, .sign_extend = true, .funct = AMO_OR, .aqrl = AMO_AQ}},
	{"amomin.d zero,s5,(s6)", 0x815b302f, {.kind = INSN_AMO, .len = 4, .rs1 = 22, .rs2 = 21, .size = 8, .sign_extend = true, .funct = AMO_MIN}},
	{"amomax.w ra,sp,(gp)", 0xa021a0af, {.kind = INSN_AMO, .len = 4, .rd = 1, .rs1 = 3, .rs2 = 2, .size = 4, .sign_extend = true, .funct = AMO_MAX}},
	{"amominu.d.rl tp,t0,(t1)", 0xc253322f, {.kind = INSN_AMO, .len = 4, .rd = 4, .rs1 = 6, .rs2 = 5, .size = 8, .sign_extend = true, .funct = AMO_MINU, .aqrl = AMO_RL}},
	{"amomaxu.w t2,s0,(s1)", 0xe084a3af, {.kind = INSN_AMO, .len = 4, .rd = 7, .rs1 = 9, .rs2 = 8, .size = 4, .sign_extend = true, .funct = AMO_MAXU}},
	{"csrrw a0,sstatus,a1", 0x10059573, {.kind = INSN_CSR, .len = 4, .rd = 10, .rs1 = 11, .funct = FUNCT_CSRRW, .csr = 0x100}},
	{"csrrs a1,time,zero", 0xc01025f3, {.kind = INSN_CSR, .len = 4, .rd = 11, .funct = FUNCT_CSRRS, .csr = 0xc01}},
	{"csrrc zero,sie,a2", 0x10463073, {.kind = INSN_CSR, .len = 4, .rs1 = 12, .funct = FUNCT_CSRRC, .csr = 0x104}},
	{"csrrwi a3,sscratch,31", 0x140fd6f3, {.kind = INSN_CSR, .len = 4, .rd = 13, .funct = FUNCT_CSRRW, .csr = 0x140, .imm = 31}},
	{"csrrsi a4,stimecmp,0", 0x14d06773, {.kind = INSN_CSR, .len = 4, .rd = 14, .funct = FUNCT_CSRRS, .csr = 0x14d}},
	{"csrrci zero,sstatus,2", 0x10017073, {.kind = INSN_CSR, .len = 4, .funct = FUNCT_CSRRC, .csr = 0x100, .imm = 2}},
	{"ecall", 0x00000073, {.kind = INSN_ECALL, .len = 4}},
	{"ebreak", 0x00100073, {.kind = INSN_EBREAK, .len = 4}},
	{"sret", 0x10200073, {.kind = INSN_SRET, .len = 4}},
	{"mret", 0x30200073, {.kind = INSN_MRET, .len = 4}},
	{"wfi", 0x10500073, {.kind = INSN_WFI, .len = 4}},
	{"wrs.nto", 0x00d00073, {.kind = INSN_WRS, .len = 4}},
	{"wrs.sto", 0x01d00073, {.kind = INSN_WRS, .len = 4, .funct = 1}},
	{"sfence.vma zero,zero", 0x12000073, {.kind = INSN_SFENCE_VMA, .len = 4}},
	{"sfence.vma a0,a1", 0x12b50073, {.kind = INSN_SFENCE_VMA, .len = 4, .rs1 = 10, .rs2 = 11}},
	{"sinval.vma a2,a3", 0x16d60073, {.kind = INSN_SINVAL_VMA, .len = 4, .rs1 = 12, .rs2 = 13}},
	{"sfence.w.inval", 0x18000073, {.kind = INSN_SFENCE_W_INVAL, .len = 4}},
	{"sfence.inval.ir", 0x18100073, {.kind = INSN_SFENCE_INVAL_IR, .len = 4}},
	{"hfence.vvma a0,a1", 0x22b50073, {.kind = INSN_HFENCE_VVMA, .len = 4, .rs1 = 10, .rs2 = 11}},
	{"hfence.gvma zero,a2", 0x62c00073, {.kind = INSN_HFENCE_GVMA, .len = 4, .rs2 = 12}},
	{"hinval.vvma a3,zero", 0x26068073, {.kind = INSN_HINVAL_VVMA, .len = 4, .rs1 = 13}},
	{"hinval.gvma a4,a5", 0x66f70073, {.kind = INSN_HINVAL_GVMA, .len = 4, .rs1 = 14, .rs2 = 15}},
	{"hlv.b a0,(a1)", 0x6005c573, {.kind = INSN_HLV, .len = 4, .rd = 10, .rs1 = 11, .size = 1, .sign_extend = true}},
	{"hlv.bu a2,(a3)", 0x6016c673, {.kind = INSN_HLV, .len = 4, .rd = 12, .rs1 = 13, .size = 1}},
	{"hlv.h a4,(a5)", 0x6407c773, {.kind = INSN_HLV, .len = 4, .rd = 14, .rs1 = 15, .size = 2, .sign_extend = true}},
	{"hlv.hu s0,(s1)", 0x6414c473, {.kind = INSN_HLV, .len = 4, .rd = 8, .rs1 = 9, .size = 2}},
	{"hlvx.hu s2,(s3)", 0x6439c973, {.kind = INSN_HLVX, .len = 4, .rd = 18, .rs1 = 19, .size = 2}},
	{"hlv.w s4,(s5)", 0x680aca73, {.kind = INSN_HLV, .len = 4, .rd = 20, .rs1 = 21, .size = 4, .sign_extend = true}},
	{"hlv.wu s6,(s7)", 0x681bcb73, {.kind = INSN_HLV, .len = 4, .rd = 22, .rs1 = 23, .size = 4}},
	{"hlvx.wu s8,(s9)", 0x683ccc73, {.kind = INSN_HLVX, .len = 4, .rd = 24, .rs1 = 25, .size = 4}},
	{"hlv.d s10,(s11)", 0x6c0dcd73, {.kind = INSN_HLV, .len = 4, .rd = 26, .rs1 = 27, .size = 8, .sign_extend = true}},
	{"hsv.b a0,(a1)", 0x62a5c073, {.kind = INSN_HSV, .len = 4, .rs1 = 11, .rs2 = 10, .size = 1}},
	{"hsv.h a2,(a3)", 0x66c6c073, {.kind = INSN_HSV, .len = 4, .rs1 = 13, .rs2 = 12, .size = 2}},
	{"hsv.w a4,(a5)", 0x6ae7c073, {.kind = INSN_HSV, .len = 4, .rs1 = 15, .rs2 = 14, .size = 4}},
	{"hsv.d a6,(a7)", 0x6f08c073, {.kind = INSN_HSV, .len = 4, .rs1 = 17, .rs2 = 16, .size = 8}},
	{"cbo.inval (a0)", 0x0005200f, {.kind = INSN_CBO, .len = 4, .rs1 = 10}},
	{"cbo.clean (a1)", 0x0015a00f, {.kind = INSN_CBO, .len = 4, .rs1 = 11, .funct = CBO_CLEAN}},
	{"cbo.flush (a2)", 0x0026200f, {.kind = INSN_CBO, .len = 4, .rs1 = 12, .funct = CBO_FLUSH}},
	{"cbo.zero (a3)", 0x0046a00f, {.kind = INSN_CBO, .len = 4, .rs1 = 13, .funct = CBO_ZERO}},
	{"c.lw a0,64(a1)", 0x41a8, {.kind = INSN_LOAD, .len = 2, .rd = 10, .rs1 = 11, .size = 4, .sign_extend = true, .imm = 64}},
	{"c.lw s0,4(s1)", 0x40c0, {.kind = INSN_LOAD, .len = 2, .rd = 8, .rs1 = 9, .size = 4, .sign_extend = true, .imm = 4}},
	{"c.ld a2,128(a3)", 0x62d0, {.kind = INSN_LOAD, .len = 2, .rd = 12, .rs1 = 13, .size = 8, .sign_extend = true, .imm = 128}},
	{"c.ld a5,248(a4)", 0x7f7c, {.kind = INSN_LOAD, .len = 2, .rd = 15, .rs1 = 14, .size = 8, .sign_extend = true, .imm = 248}},
	{"c.fld fa0,64(a1)", 0x21a8, {.kind = INSN_FLOAD, .len = 2, .rd = 10, .rs1 = 11, .size = 8, .imm = 64}},
	{"c.sw a0,124(a1)", 0xdde8, {.kind = INSN_STORE, .len = 2, .rs1 = 11, .rs2 = 10, .size = 4, .imm = 124}},
	{"c.sd a2,8(a3)", 0xe690, {.kind = INSN_STORE, .len = 2, .rs1 = 13, .rs2 = 12, .size = 8, .imm = 8}},
	{"c.fsd fa5,192(s0)", 0xa07c, {.kind = INSN_FSTORE, .len = 2, .rs1 = 8, .rs2 = 15, .size = 8, .imm = 192}},
	{"c.lwsp a0,128(sp)", 0x450a, {.kind = INSN_LOAD, .len = 2, .rd = 10, .rs1 = 2, .size = 4, .sign_extend = true, .imm = 128}},
	{"c.lwsp t6,252(sp)", 0x5ffe, {.kind = INSN_LOAD, .len = 2, .rd = 31, .rs1 = 2, .size = 4, .sign_extend = true, .imm = 252}},
	{"c.ldsp a1,256(sp)", 0x6592, {.kind = INSN_LOAD, .len = 2, .rd = 11, .rs1 = 2, .size = 8, .sign_extend = true, .imm = 256}},
	{"c.fldsp fs0,504(sp)", 0x347e, {.kind = INSN_FLOAD, .len = 2, .rd = 8, .rs1 = 2, .size = 8, .imm = 504}},
	{"c.swsp a0,196(sp)", 0xc3aa, {.kind = INSN_STORE, .len = 2, .rs1 = 2, .rs2 = 10, .size = 4, .imm = 196}},
	{"c.sdsp t5,264(sp)", 0xe67a, {.kind = INSN_STORE, .len = 2, .rs1 = 2, .rs2 = 30, .size = 8, .imm = 264}},
	{"c.fsdsp ft1,448(sp)", 0xa386, {.kind = INSN_FSTORE, .len = 2, .rs1 = 2, .rs2 = 1, .size = 8, .imm = 448}},
	{"c.ebreak", 0x9002, {.kind = INSN_EBREAK, .len = 2}},
	{"amoadd.b a0,a1,(a2)", 0x00b6052f, {.kind = INSN_AMO, .len = 4, .rd = 10, .rs1 = 12, .rs2 = 11, .size = 1, .sign_extend = true}},
	{"amocas.h a0,a1,(a2)", 0x28b6152f, {.kind = INSN_AMO, .len = 4, .rd = 10, .rs1 = 12, .rs2 = 11, .size = 2, .sign_extend = true, .funct = AMO_CAS}},
	{"amocas.d.aqrl a1,a1,(a2)", 0x2eb635af, {.kind = INSN_AMO, .len = 4, .rd = 11, .rs1 = 12, .rs2 = 11, .size = 8, .sign_extend = true, .funct = AMO_CAS, .aqrl = AMO_AQ | AMO_RL}},
	{"amocas.q a0,a2,(a4)", 0x28c7452f, {.kind = INSN_AMO, .len = 4, .rd = 10, .rs1 = 14, .rs2 = 12, .size = 16, .sign_extend = true, .funct = AMO_CAS}},
	{"c.lbu a0,3(a1)", 0x81e8, {.kind = INSN_LOAD, .len = 2, .rd = 10, .rs1 = 11, .size = 1, .imm = 3}},
	{"c.lhu a2,2(a3)", 0x86b0, {.kind = INSN_LOAD, .len = 2, .rd = 12, .rs1 = 13, .size = 2, .imm = 2}},
	{"c.lh a2,0(a3)", 0x86d0, {.kind = INSN_LOAD, .len = 2, .rd = 12, .rs1 = 13, .size = 2, .sign_extend = true}},
	{"c.sb a4,1(a5)", 0x8bd8, {.kind = INSN_STORE, .len = 2, .rs1 = 15, .rs2 = 14, .size = 1, .imm = 1}},
	{"c.sh a4,2(a5)", 0x8fb8, {.kind = INSN_STORE, .len = 2, .rs1 = 15, .rs2 = 14, .size = 2, .imm = 2}},
};
/* clang-format on */

static void test_known(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(known); i++) {
		struct insn got;
		uint32_t upper = known[i].insn.len == 2 ? rnd(0x10000) << 16 : 0;

		memset(&got, 0xa5, sizeof(got));
		assert_int_equal(insn_decode(known[i].bits | upper, &got), 0);
		assert_same(&got, &known[i].insn, known[i].text, known[i].bits);
	}
}

static void test_reserved(void **state)
{
	static const uint32_t words[] = {
		0x00000000, 0xffffffff, 0x0000ffff,
		0x00007003, /* load, funct3 7 */
		0x00004023, /* store, funct3 4 */
		0x00000007, 0x00005007, 0x00006027,
		0x00007027,		/* vector */
		0x1015a52f,		/* lr.w with rs2 */
		0x1005852f, 0x18c5952f, /* lr.b, sc.h */
		0x28c745af, 0x28d7452f, /* amocas.q with odd registers */
		0x08c7452f,		/* amoswap.q */
		0x48b6252f, 0x00b6552f, /* no such AMO; width 5 */
		0x0005208f, 0x0035200f, 0x0055200f,
		0x8005200f,		/* cbo with rd; no such cbo */
		0x0000000f, 0x0000100f, /* fence, fence.i */
		0x00008073, 0x10508073, 0x105000f3,
		0x10200173,		/* operands where none may be */
		0x12b500f3, 0x62c000f3, /* sfence.vma, hfence.gvma with rd */
		0x18200073, 0x14000073, /* no such privileged instruction */
		0x6025c573, 0x6035c573, 0x6c1dcd73,
		0x6c3dcd73,		/* hlv.b, hlvx.b, hlv.du, hlvx.d */
		0x62a5c0f3,		/* hsv.b with rd */
		0x7005c573, 0x5e05c573, /* beside hlv */
		0x00000013, 0x00000033, 0x0000006f,
		0x00000063,			    /* what never traps to be emulated */
		0x0000001f, 0x0000003f, 0x0000007f, /* longer than 32 bits */
	};
	struct insn got, none = {.len = 4};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(words); i++) {
		none.len = (words[i] & 3) == 3 ? 4 : 2;
		memset(&got, 0xa5, sizeof(got));
		if (insn_decode(words[i], &got) != -NACRE_ENOTSUP)
			fail_msg("0x%08x", words[i]);
		assert_same(&got, &none, "reserved", words[i]);
	}
}

/* ---- building 32-bit encodings ---- */

static uint32_t enc_i(uint32_t op, uint32_t f3, uint32_t rd, uint32_t rs1, int32_t imm)
{
	return (uint32_t)imm << 20 | rs1 << 15 | f3 << 12 | rd << 7 | op;
}

static uint32_t enc_s(uint32_t op, uint32_t f3, uint32_t rs2, uint32_t rs1, int32_t imm)
{
	uint32_t u = (uint32_t)imm;

	return (u >> 5 & 0x7f) << 25 | rs2 << 20 | rs1 << 15 | f3 << 12 | (u & 31) << 7 | op;
}

/* ---- 16 bits ---- */

/* One row per instruction; the offset as the bit of the instruction that is bit 0, 1, 2, ... of it
 * (-1: zero). */
static const struct {
	uint16_t mask, match;
	uint8_t op, funct3;
	bool sp;
	int8_t offset[9];
} rows[] = {
	{0xe003, 0x2000, OPCODE_LOAD_FP, 3, false, {-1, -1, -1, 10, 11, 12, 5, 6, -1}},
	{0xe003, 0x4000, OPCODE_LOAD, 2, false, {-1, -1, 6, 10, 11, 12, 5, -1, -1}},
	{0xe003, 0x6000, OPCODE_LOAD, 3, false, {-1, -1, -1, 10, 11, 12, 5, 6, -1}},
	{0xe003, 0xa000, OPCODE_STORE_FP, 3, false, {-1, -1, -1, 10, 11, 12, 5, 6, -1}},
	{0xe003, 0xc000, OPCODE_STORE, 2, false, {-1, -1, 6, 10, 11, 12, 5, -1, -1}},
	{0xe003, 0xe000, OPCODE_STORE, 3, false, {-1, -1, -1, 10, 11, 12, 5, 6, -1}},
	{0xfc03, 0x8000, OPCODE_LOAD, 4, false, {6, 5, -1, -1, -1, -1, -1, -1, -1}},
	{0xfc43, 0x8400, OPCODE_LOAD, 5, false, {-1, 5, -1, -1, -1, -1, -1, -1, -1}},
	{0xfc43, 0x8440, OPCODE_LOAD, 1, false, {-1, 5, -1, -1, -1, -1, -1, -1, -1}},
	{0xfc03, 0x8800, OPCODE_STORE, 0, false, {6, 5, -1, -1, -1, -1, -1, -1, -1}},
	{0xfc43, 0x8c00, OPCODE_STORE, 1, false, {-1, 5, -1, -1, -1, -1, -1, -1, -1}},
	{0xe003, 0x2002, OPCODE_LOAD_FP, 3, true, {-1, -1, -1, 5, 6, 12, 2, 3, 4}},
	{0xe003, 0x4002, OPCODE_LOAD, 2, true, {-1, -1, 4, 5, 6, 12, 2, 3, -1}},
	{0xe003, 0x6002, OPCODE_LOAD, 3, true, {-1, -1, -1, 5, 6, 12, 2, 3, 4}},
	{0xe003, 0xa002, OPCODE_STORE_FP, 3, true, {-1, -1, -1, 10, 11, 12, 7, 8, 9}},
	{0xe003, 0xc002, OPCODE_STORE, 2, true, {-1, -1, 9, 10, 11, 12, 7, 8, -1}},
	{0xe003, 0xe002, OPCODE_STORE, 3, true, {-1, -1, -1, 10, 11, 12, 7, 8, 9}},
};

/* The 32-bit instruction that a 16-bit one stands for, or 0. */
static uint32_t expand(uint32_t c)
{
	if (c == 0x9002)
		return 0x00100073;
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		bool store = rows[i].op & 0x20;
		uint32_t reg = 8 + (c >> 2) % 8, base = 8 + (c >> 7) % 8;
		int32_t imm = 0;

		if ((c & rows[i].mask) != rows[i].match)
			continue;
		for (unsigned b = 0; b < 9; b++)
			if (rows[i].offset[b] >= 0)
				imm |= (int32_t)(c >> rows[i].offset[b] & 1) << b;
		if (rows[i].sp) {
			reg = (store ? c >> 2 : c >> 7) % 32;
			base = 2;
		}
		if (rows[i].sp && rows[i].op == OPCODE_LOAD && reg == 0)
			return 0;
		return (store ? enc_s : enc_i)(rows[i].op, rows[i].funct3, reg, base, imm);
	}
	return 0;
}

static void test_all_16(void **state)
{
	unsigned defined = 0;

	(void)state;
	for (uint32_t c = 0; c < 0x10000; c++) {
		struct insn got, want = {.len = 2};
		uint32_t wide = expand(c);
		int rc;

		if ((c & 3) == 3)
			continue;
		rc = insn_decode(c | rnd(0x10000) << 16, &got);
		assert_int_equal(rc, wide ? 0 : -NACRE_ENOTSUP);
		if (wide) {
			defined++;
			assert_int_equal(insn_decode(wide, &want), 0);
			want.len = 2;
		}
		assert_same(&got, &want, "16 bits", c);
	}
	assert_true(defined > 20000);
}

/* ---- random fields, and htinst ---- */

/* A random memory access: its encoding, and what it has to be decoded as. */
static uint32_t random_access(struct insn *i)
{
	static const uint8_t amos[] = {AMO_ADD, AMO_SWAP, AMO_XOR, AMO_CAS,  AMO_OR,
				       AMO_AND, AMO_MIN,  AMO_MAX, AMO_MINU, AMO_MAXU};
	uint32_t a = rnd(32), rs1 = rnd(32), b = rnd(32), w, f3;
	int32_t imm = (int32_t)rnd(4096) - 2048;

	*i = (struct insn){.len = 4, .rs1 = (uint8_t)rs1};
	switch (rnd(8)) {
	case 0:
		f3 = rnd(7);
		*i = (struct insn){INSN_LOAD,
				   4,
				   (uint8_t)a,
				   (uint8_t)rs1,
				   .size = (uint8_t)(1 << f3 % 4),
				   .sign_extend = f3 < 4,
				   .imm = imm};
		return enc_i(OPCODE_LOAD, f3, a, rs1, imm);
	case 1:
		f3 = rnd(4);
		*i = (struct insn){INSN_STORE,
				   4,
				   .rs1 = (uint8_t)rs1,
				   .rs2 = (uint8_t)b,
				   .size = (uint8_t)(1 << f3),
				   .imm = imm};
		return enc_s(OPCODE_STORE, f3, b, rs1, imm);
	case 2:
		f3 = 1 + rnd(4);
		*i = (struct insn){
			INSN_FLOAD, 4, (uint8_t)a, (uint8_t)rs1, .size = (uint8_t)(1 << f3),
			.imm = imm};
		return enc_i(OPCODE_LOAD_FP, f3, a, rs1, imm);
	case 3:
		f3 = 1 + rnd(4);
		*i = (struct insn){INSN_FSTORE,
				   4,
				   .rs1 = (uint8_t)rs1,
				   .rs2 = (uint8_t)b,
				   .size = (uint8_t)(1 << f3),
				   .imm = imm};
		return enc_s(OPCODE_STORE_FP, f3, b, rs1, imm);
	case 4:
		f3 = rnd(4);
		*i = (struct insn){
			INSN_AMO,	    4,	  (uint8_t)a,	 (uint8_t)rs1,		 (uint8_t)b,
			(uint8_t)(1 << f3), true, amos[rnd(10)], .aqrl = (uint8_t)rnd(4)};
		w = (uint32_t)i->funct << 27 | (uint32_t)i->aqrl << 25 | b << 20;
		return w | rs1 << 15 | f3 << 12 | a << 7 | OPCODE_AMO;
	case 5:
		f3 = 2 + rnd(2);
		b = rnd(2) ? b : 0;
		*i = (struct insn){b ? INSN_SC : INSN_LR,
				   4,
				   (uint8_t)a,
				   (uint8_t)rs1,
				   (uint8_t)b,
				   (uint8_t)(1 << f3),
				   true,
				   b ? AMO_SC : AMO_LR,
				   .aqrl = (uint8_t)rnd(4)};
		w = (uint32_t)i->funct << 27 | (uint32_t)i->aqrl << 25 | b << 20;
		return w | rs1 << 15 | f3 << 12 | a << 7 | OPCODE_AMO;
	case 6:
		f3 = rnd(4);
		*i = (struct insn){INSN_HSV, 4, .rs1 = (uint8_t)rs1, .rs2 = (uint8_t)b,
				   .size = (uint8_t)(1 << f3)};
		return (0x31 + 2 * f3) << 25 | b << 20 | rs1 << 15 | 4 << 12 | 0x73;
	default:
		f3 = rnd(4);
		b = f3 == 3 ? 0 : rnd(2);
		*i = (struct insn){INSN_HLV,
				   4,
				   (uint8_t)a,
				   (uint8_t)rs1,
				   .size = (uint8_t)(1 << f3),
				   .sign_extend = b == 0};
		return (0x30 + 2 * f3) << 25 | b << 20 | rs1 << 15 | 4 << 12 | a << 7 | 0x73;
	}
}

static void test_random_fields(void **state)
{
	(void)state;
	for (unsigned n = 0; n < 200000; n++) {
		struct insn got, want;
		uint32_t bits = random_access(&want), t;

		memset(&got, 0xa5, sizeof(got));
		assert_int_equal(insn_decode(bits, &got), 0);
		assert_same(&got, &want, "32 bits", bits);

		/* Its transformed form: offset fields cleared, Addr. Offset in place of rs1, bit 1
		 * clear if compressed. */
		t = bits & ~(31U << 15);
		if (want.kind == INSN_LOAD || want.kind == INSN_FLOAD)
			t &= ~(0xfffU << 20);
		else if (want.kind == INSN_STORE || want.kind == INSN_FSTORE)
			t &= ~(0x7fU << 25 | 31U << 7);
		want.addr_off = (uint8_t)rnd(32);
		want.rs1 = 0;
		want.imm = 0;
		want.len = rnd(2) ? 2 : 4;
		t = (t & ~2U) | (uint32_t)want.addr_off << 15 | (want.len == 4 ? 2 : 0);
		memset(&got, 0xa5, sizeof(got));
		assert_int_equal(insn_decode_htinst(t, &got), 0);
		assert_same(&got, &want, "htinst", t);

		/* Any bit above 31 makes it something else. */
		memset(&want, 0, sizeof(want));
		assert_int_equal(insn_decode_htinst(t | BIT(32 + rnd(32)), &got), -NACRE_ENOENT);
		assert_same(&got, &want, "htinst", t);
	}
}

/* The short way for loads and stores agrees with the general decoder on every such word. */
static void test_htinst_is_decode(void **state)
{
	(void)state;
	for (unsigned n = 0; n < 500000; n++) {
		uint32_t bits = rnd(UINT32_MAX) | 1;
		struct insn got, want;
		int rc;

		if (n % 4)
			bits = (bits & ~0x7dU) | (n % 2 ? OPCODE_LOAD & ~2U : OPCODE_STORE & ~2U);
		rc = insn_decode(bits | 2, &want);
		if (rc || want.kind >= INSN_PTW) {
			assert_int_equal(insn_decode_htinst(bits, &got), -NACRE_ENOENT);
			continue;
		}
		want.addr_off = want.rs1;
		want.rs1 = 0;
		want.imm = 0;
		want.len = bits & 2 ? 4 : 2;
		assert_int_equal(insn_decode_htinst(bits, &got), 0);
		assert_same(&got, &want, "htinst", bits);
	}
}

static void test_htinst_special(void **state)
{
	static const uint64_t unknown[] = {
		0,	    2,		0x2002,	 0x2040,     0x3060,	       0x4000,
		0x10500073, 0x100025f3, BIT(63), UINT64_MAX, 0x2000 | BIT(40), 0x00007003,
		0x00007001, 0x00004021,
	};
	static const struct {
		uint64_t htinst;
		uint8_t size, funct;
	} ptw[] = {{0x2000, 4, 0}, {0x2020, 4, 1}, {0x3000, 8, 0}, {0x3020, 8, 1}};
	struct insn got, none = {0};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(unknown); i++) {
		memset(&got, 0xa5, sizeof(got));
		if (insn_decode_htinst(unknown[i], &got) != -NACRE_ENOENT)
			fail_msg("0x%llx", (unsigned long long)unknown[i]);
		assert_same(&got, &none, "unknown", unknown[i]);
	}
	for (unsigned i = 0; i < ARRAY_SIZE(ptw); i++) {
		struct insn want = {.kind = INSN_PTW, .size = ptw[i].size, .funct = ptw[i].funct};

		assert_int_equal(insn_decode_htinst(ptw[i].htinst, &got), 0);
		assert_same(&got, &want, "table walk", ptw[i].htinst);
	}
	assert_int_equal(insn_decode_htinst(0x0040200f, &got), 0); /* cbo.zero */
	assert_true(got.kind == INSN_CBO && got.funct == CBO_ZERO && got.len == 4);
}

static void test_csr_effects(void **state)
{
	static const struct {
		uint32_t bits;
		bool reads, writes;
	} cases[] = {
		{0x10059573, true, true},  /* csrrw a0, sstatus, a1 */
		{0x10059073, false, true}, /* csrw sstatus, a1 */
		{0x10005073, false, true}, /* csrwi sstatus, 0 */
		{0x10002573, true, false}, /* csrr a0, sstatus */
		{0x1005a073, true, true},  /* csrs sstatus, a1 */
		{0x10006073, true, false}, /* csrsi sstatus, 0 */
		{0x10017073, true, true},  /* csrci sstatus, 2 */
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		struct insn got;

		assert_int_equal(insn_decode(cases[i].bits, &got), 0);
		assert_int_equal(insn_csr_reads(&got), cases[i].reads);
		assert_int_equal(insn_csr_writes(&got), cases[i].writes);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known),
		cmocka_unit_test(test_reserved),
		cmocka_unit_test(test_all_16),
		cmocka_unit_test(test_random_fields),
		cmocka_unit_test(test_htinst_is_decode),
		cmocka_unit_test(test_htinst_special),
		cmocka_unit_test(test_csr_effects),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
