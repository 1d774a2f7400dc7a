/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The disassembler: one table, the first row that matches counts. A row's text is the mnemonic and,
 * after a blank, the operands, in which each letter stands for a field (operand()); in a mnemonic
 * %w, %f and %q stand for the width of an AMO, the format of a floating-point instruction, and aq
 * and rl. Unprivileged specification, chapter "Instruction Set Listings".
 */
#include <stdio.h>
#include <string.h>

#include <arch/dis.h>

struct row {
	uint32_t match, mask;
	const char *text;
};

#define R(match, text)                  \
	{                               \
		match, 0xfe00707f, text \
	}
#define I(match, text)              \
	{                           \
		match, 0x707f, text \
	}

static const struct row table[] = {
	{0x00000037, 0x7f, "lui d,u"},
	{0x00000017, 0x7f, "auipc d,u"},
	{0x0000006f, 0x7f, "jal d,a"},
	I(0x0067, "jalr d,j(s)"),
	I(0x0063, "beq s,t,p"),
	I(0x1063, "bne s,t,p"),
	I(0x4063, "blt s,t,p"),
	I(0x5063, "bge s,t,p"),
	I(0x6063, "bltu s,t,p"),
	I(0x7063, "bgeu s,t,p"),
	I(0x0003, "lb d,j(s)"),
	I(0x1003, "lh d,j(s)"),
	I(0x2003, "lw d,j(s)"),
	I(0x3003, "ld d,j(s)"),
	I(0x4003, "lbu d,j(s)"),
	I(0x5003, "lhu d,j(s)"),
	I(0x6003, "lwu d,j(s)"),
	I(0x0023, "sb t,q(s)"),
	I(0x1023, "sh t,q(s)"),
	I(0x2023, "sw t,q(s)"),
	I(0x3023, "sd t,q(s)"),
	I(0x0013, "addi d,s,j"),
	I(0x2013, "slti d,s,j"),
	I(0x3013, "sltiu d,s,j"),
	I(0x4013, "xori d,s,j"),
	I(0x6013, "ori d,s,j"),
	I(0x7013, "andi d,s,j"),
	{0x00001013, 0xfc00707f, "slli d,s,>"},
	{0x00005013, 0xfc00707f, "srli d,s,>"},
	{0x40005013, 0xfc00707f, "srai d,s,>"},
	I(0x001b, "addiw d,s,j"),
	R(0x0000101b, "slliw d,s,<"),
	R(0x0000501b, "srliw d,s,<"),
	R(0x4000501b, "sraiw d,s,<"),
	R(0x00000033, "add d,s,t"),
	R(0x40000033, "sub d,s,t"),
	R(0x00001033, "sll d,s,t"),
	R(0x00002033, "slt d,s,t"),
	R(0x00003033, "sltu d,s,t"),
	R(0x00004033, "xor d,s,t"),
	R(0x00005033, "srl d,s,t"),
	R(0x40005033, "sra d,s,t"),
	R(0x00006033, "or d,s,t"),
	R(0x00007033, "and d,s,t"),
	R(0x0000003b, "addw d,s,t"),
	R(0x4000003b, "subw d,s,t"),
	R(0x0000103b, "sllw d,s,t"),
	R(0x0000503b, "srlw d,s,t"),
	R(0x4000503b, "sraw d,s,t"),
	R(0x02000033, "mul d,s,t"),
	R(0x02001033, "mulh d,s,t"),
	R(0x02002033, "mulhsu d,s,t"),
	R(0x02003033, "mulhu d,s,t"),
	R(0x02004033, "div d,s,t"),
	R(0x02005033, "divu d,s,t"),
	R(0x02006033, "rem d,s,t"),
	R(0x02007033, "remu d,s,t"),
	R(0x0200003b, "mulw d,s,t"),
	R(0x0200403b, "divw d,s,t"),
	R(0x0200503b, "divuw d,s,t"),
	R(0x0200603b, "remw d,s,t"),
	R(0x0200703b, "remuw d,s,t"),
	{0x8330000f, 0xffffffff, "fence.tso"},
	{0x0100000f, 0xffffffff, "pause"},
	{0x0000000f, 0xf00fffff, "fence P,Q"},
	{0x0000100f, 0xffffffff, "fence.i"},
	{0x0000200f, 0xfff07fff, "cbo.inval (s)"},
	{0x0010200f, 0xfff07fff, "cbo.clean (s)"},
	{0x0020200f, 0xfff07fff, "cbo.flush (s)"},
	{0x0040200f, 0xfff07fff, "cbo.zero (s)"},
	{0x00000073, 0xffffffff, "ecall"},
	{0x00100073, 0xffffffff, "ebreak"},
	{0x10200073, 0xffffffff, "sret"},
	{0x30200073, 0xffffffff, "mret"},
	{0x10500073, 0xffffffff, "wfi"},
	{0x00d00073, 0xffffffff, "wrs.nto"},
	{0x01d00073, 0xffffffff, "wrs.sto"},
	{0x18000073, 0xffffffff, "sfence.w.inval"},
	{0x18100073, 0xffffffff, "sfence.inval.ir"},
	{0x12000073, 0xfe007fff, "sfence.vma s,t"},
	{0x16000073, 0xfe007fff, "sinval.vma s,t"},
	{0x22000073, 0xfe007fff, "hfence.vvma s,t"},
	{0x62000073, 0xfe007fff, "hfence.gvma s,t"},
	I(0x1073, "csrrw d,E,s"),
	I(0x2073, "csrrs d,E,s"),
	I(0x3073, "csrrc d,E,s"),
	I(0x5073, "csrrwi d,E,Z"),
	I(0x6073, "csrrsi d,E,Z"),
	I(0x7073, "csrrci d,E,Z"),
	{0x1000202f, 0xf9f0607f, "lr%w%q d,(s)"},
	{0x1800202f, 0xf800607f, "sc%w%q d,t,(s)"},
	{0x0800002f, 0xf800407f, "amoswap%w%q d,t,(s)"},
	{0x0000002f, 0xf800407f, "amoadd%w%q d,t,(s)"},
	{0x2000002f, 0xf800407f, "amoxor%w%q d,t,(s)"},
	{0x2800002f, 0xf800407f, "amocas%w%q d,t,(s)"},
	{0x6000002f, 0xf800407f, "amoand%w%q d,t,(s)"},
	{0x4000002f, 0xf800407f, "amoor%w%q d,t,(s)"},
	{0x8000002f, 0xf800407f, "amomin%w%q d,t,(s)"},
	{0xa000002f, 0xf800407f, "amomax%w%q d,t,(s)"},
	{0xc000002f, 0xf800407f, "amominu%w%q d,t,(s)"},
	{0xe000002f, 0xf800407f, "amomaxu%w%q d,t,(s)"},
	I(0x2007, "flw D,j(s)"),
	I(0x3007, "fld D,j(s)"),
	I(0x2027, "fsw T,q(s)"),
	I(0x3027, "fsd T,q(s)"),
	{0x00000043, 0x0400007f, "fmadd%f D,S,T,Rr"},
	{0x00000047, 0x0400007f, "fmsub%f D,S,T,Rr"},
	{0x0000004b, 0x0400007f, "fnmsub%f D,S,T,Rr"},
	{0x0000004f, 0x0400007f, "fnmadd%f D,S,T,Rr"},
	{0x00000053, 0xfc00007f, "fadd%f D,S,Tr"},
	{0x08000053, 0xfc00007f, "fsub%f D,S,Tr"},
	{0x10000053, 0xfc00007f, "fmul%f D,S,Tr"},
	{0x18000053, 0xfc00007f, "fdiv%f D,S,Tr"},
	{0x58000053, 0xfdf0007f, "fsqrt%f D,Sr"},
	{0x20000053, 0xfc00707f, "fsgnj%f D,S,T"},
	{0x20001053, 0xfc00707f, "fsgnjn%f D,S,T"},
	{0x20002053, 0xfc00707f, "fsgnjx%f D,S,T"},
	{0x28000053, 0xfc00707f, "fmin%f D,S,T"},
	{0x28001053, 0xfc00707f, "fmax%f D,S,T"},
	{0x40100053, 0xfff0007f, "fcvt.s.d D,Sr"},
	{0x42000053, 0xfff0707f, "fcvt.d.s D,S"},
	{0xa0002053, 0xfc00707f, "feq%f d,S,T"},
	{0xa0001053, 0xfc00707f, "flt%f d,S,T"},
	{0xa0000053, 0xfc00707f, "fle%f d,S,T"},
	{0xe0001053, 0xfdf0707f, "fclass%f d,S"},
	{0xc0000053, 0xfdf0007f, "fcvt.w%f d,Sr"},
	{0xc0100053, 0xfdf0007f, "fcvt.wu%f d,Sr"},
	{0xc0200053, 0xfdf0007f, "fcvt.l%f d,Sr"},
	{0xc0300053, 0xfdf0007f, "fcvt.lu%f d,Sr"},
	{0xd2000053, 0xfff0707f, "fcvt.d.w D,s"}, /* always exact: no rounding mode */
	{0xd2100053, 0xfff0707f, "fcvt.d.wu D,s"},
	{0xd0000053, 0xfff0007f, "fcvt.s.w D,sr"},
	{0xd0100053, 0xfff0007f, "fcvt.s.wu D,sr"},
	{0xd0200053, 0xfdf0007f, "fcvt%f.l D,sr"},
	{0xd0300053, 0xfdf0007f, "fcvt%f.lu D,sr"},
	{0xe0000053, 0xfff0707f, "fmv.x.w d,S"},
	{0xe2000053, 0xfff0707f, "fmv.x.d d,S"},
	{0xf0000053, 0xfff0707f, "fmv.w.x D,s"},
	{0xf2000053, 0xfff0707f, "fmv.d.x D,s"},
	/* Compressed */
	{0x0000, 0xffff, "c.unimp"},
	{0x0000, 0xffe3, NULL}, /* reserved: c.addi4spn by 0 */
	{0x0000, 0xe003, "c.addi4spn 2,$,K"},
	{0x2000, 0xe003, "c.fld F,l(1)"},
	{0x4000, 0xe003, "c.lw 2,k(1)"},
	{0x6000, 0xe003, "c.ld 2,l(1)"},
	{0xa000, 0xe003, "c.fsd F,l(1)"},
	{0xc000, 0xe003, "c.sw 2,k(1)"},
	{0xe000, 0xe003, "c.sd 2,l(1)"},
	{0x0001, 0xffff, "c.nop"},
	{0x0001, 0xe003, "c.addi d,i"},
	{0x2001, 0xef83, NULL},
	{0x2001, 0xe003, "c.addiw d,i"},
	{0x4001, 0xe003, "c.li d,i"},
	{0x6101, 0xffff, NULL},
	{0x6101, 0xef83, "c.addi16sp $,A"},
	{0x6001, 0xf07f, NULL},
	{0x6001, 0xe003, "c.lui d,L"},
	{0x8001, 0xec03, "c.srli 1,h"},
	{0x8401, 0xec03, "c.srai 1,h"},
	{0x8801, 0xec03, "c.andi 1,i"},
	{0x8c01, 0xfc63, "c.sub 1,2"},
	{0x8c21, 0xfc63, "c.xor 1,2"},
	{0x8c41, 0xfc63, "c.or 1,2"},
	{0x8c61, 0xfc63, "c.and 1,2"},
	{0x9c01, 0xfc63, "c.subw 1,2"},
	{0x9c21, 0xfc63, "c.addw 1,2"},
	{0xa001, 0xe003, "c.j J"},
	{0xc001, 0xe003, "c.beqz 1,B"},
	{0xe001, 0xe003, "c.bnez 1,B"},
	{0x0002, 0xe003, "c.slli d,h"},
	{0x2002, 0xe003, "c.fldsp D,n($)"},
	{0x4002, 0xef83, NULL},
	{0x4002, 0xe003, "c.lwsp d,m($)"},
	{0x6002, 0xef83, NULL},
	{0x6002, 0xe003, "c.ldsp d,n($)"},
	{0x8002, 0xffff, NULL},
	{0x8002, 0xf07f, "c.jr d"},
	{0x8002, 0xf003, "c.mv d,V"},
	{0x9002, 0xffff, "c.ebreak"},
	{0x9002, 0xf07f, "c.jalr d"},
	{0x9002, 0xf003, "c.add d,V"},
	{0xa002, 0xe003, "c.fsdsp W,N($)"},
	{0xc002, 0xe003, "c.swsp V,M($)"},
	{0xe002, 0xe003, "c.sdsp V,N($)"},
};

static const char x_names[32][5] = {
	"zero", "ra", "sp", "gp", "tp",	 "t0",	"t1", "t2", "s0", "s1", "a0",
	"a1",	"a2", "a3", "a4", "a5",	 "a6",	"a7", "s2", "s3", "s4", "s5",
	"s6",	"s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6",
};
static const char f_names[32][5] = {
	"ft0", "ft1", "ft2", "ft3", "ft4",  "ft5",  "ft6", "ft7", "fs0",  "fs1",  "fa0",
	"fa1", "fa2", "fa3", "fa4", "fa5",  "fa6",  "fa7", "fs2", "fs3",  "fs4",  "fs5",
	"fs6", "fs7", "fs8", "fs9", "fs10", "fs11", "ft8", "ft9", "ft10", "ft11",
};
static const char rm_names[7][8] = {"rne", "rtz", "rdn", "rup", "rmm", "unknown", "unknown"};

static const struct {
	uint16_t number;
	char name[12];
} csrs[] = {
	{0x001, "fflags"},     {0x002, "frm"},	      {0x003, "fcsr"},	     {0x008, "vstart"},
	{0x00f, "vcsr"},       {0x100, "sstatus"},    {0x104, "sie"},	     {0x105, "stvec"},
	{0x106, "scounteren"}, {0x10a, "senvcfg"},    {0x140, "sscratch"},   {0x141, "sepc"},
	{0x142, "scause"},     {0x143, "stval"},      {0x144, "sip"},	     {0x14d, "stimecmp"},
	{0x180, "satp"},       {0x600, "hstatus"},    {0x602, "hedeleg"},    {0x603, "hideleg"},
	{0x604, "hie"},	       {0x605, "htimedelta"}, {0x606, "hcounteren"}, {0x60a, "henvcfg"},
	{0x643, "htval"},      {0x644, "hip"},	      {0x645, "hvip"},	     {0x64a, "htinst"},
	{0x680, "hgatp"},      {0x200, "vsstatus"},   {0x204, "vsie"},	     {0x205, "vstvec"},
	{0x240, "vsscratch"},  {0x241, "vsepc"},      {0x242, "vscause"},    {0x243, "vstval"},
	{0x244, "vsip"},       {0x24d, "vstimecmp"},  {0x280, "vsatp"},	     {0xc00, "cycle"},
	{0xc01, "time"},       {0xc02, "instret"},    {0xc20, "vl"},	     {0xc21, "vtype"},
	{0xc22, "vlenb"},
};

const char *dis_csr_name(unsigned csr)
{
	for (size_t i = 0; i < ARRAY_SIZE(csrs); i++)
		if (csrs[i].number == csr)
			return csrs[i].name;
	return NULL;
}

/* ---- Text ---- */

struct text {
	char *out;
	size_t size, len;
	uint32_t insn;
	uint64_t pc, target;
};

static void put(struct text *t, const char *s)
{
	size_t n = strlen(s);

	if (t->len + n >= t->size)
		n = t->size - t->len - 1;
	memcpy(t->out + t->len, s, n);
	t->len += n;
	t->out[t->len] = '\0';
}

static void put_number(struct text *t, const char *fmt, long n)
{
	char buf[24];

	snprintf(buf, sizeof(buf), fmt, n);
	put(t, buf);
}

static void put_decimal(struct text *t, int64_t n)
{
	put_number(t, "%ld", (long)n);
}

static void put_hex(struct text *t, uint64_t n)
{
	put_number(t, "0x%lx", (long)n);
}

static void put_target(struct text *t, int64_t offset)
{
	t->target = t->pc + (uint64_t)offset;
	put_hex(t, t->target);
}

/* ---- Fields ---- */

static uint32_t bits(uint32_t insn, unsigned at, unsigned n)
{
	return insn >> at & ((1U << n) - 1);
}

static int64_t sign(uint64_t v, unsigned width)
{
	return (int64_t)(v << (64 - width)) >> (64 - width);
}

/*
 * A scattered immediate: pairs of (lowest bit in the instruction, number of bits), the immediate's
 * upper bits first, down to a pair of 0s.
 */
static uint64_t gather(uint32_t insn, const uint8_t *piece)
{
	uint64_t v = 0;

	for (; piece[1]; piece += 2)
		v = v << piece[1] | bits(insn, piece[0], piece[1]);
	return v;
}

#define GATHER(...) gather(t->insn, (const uint8_t[]){__VA_ARGS__, 0, 0})

static void put_fence(struct text *t, unsigned set)
{
	char s[5], *p = s;

	for (unsigned i = 0; i < 4; i++)
		if (set & 8U >> i)
			*p++ = "iorw"[i];
	*p = '\0';
	put(t, p == s ? "unknown" : s);
}

static void put_csr(struct text *t)
{
	const char *name = dis_csr_name(t->insn >> 20);

	if (name)
		put(t, name);
	else
		put_hex(t, t->insn >> 20);
}

static void operand_compressed(struct text *t, char c)
{
	switch (c) {
	case '1':
		put(t, x_names[8 + bits(t->insn, 7, 3)]);
		break;
	case '2':
		put(t, x_names[8 + bits(t->insn, 2, 3)]);
		break;
	case 'V':
		put(t, x_names[bits(t->insn, 2, 5)]);
		break;
	case 'F':
		put(t, f_names[8 + bits(t->insn, 2, 3)]);
		break;
	case 'W':
		put(t, f_names[bits(t->insn, 2, 5)]);
		break;
	case '$':
		put(t, "sp");
		break;
	case 'i':
		put_decimal(t, sign(GATHER(12, 1, 2, 5), 6));
		break;
	case 'h':
		put_hex(t, GATHER(12, 1, 2, 5));
		break;
	case 'L':
		put_hex(t, (uint64_t)sign(GATHER(12, 1, 2, 5), 6) & 0xfffff);
		break;
	case 'A':
		put_decimal(t, 16 * sign(GATHER(12, 1, 3, 2, 5, 1, 2, 1, 6, 1), 6));
		break;
	case 'K':
		put_decimal(t, 4 * (int64_t)GATHER(7, 4, 11, 2, 5, 1, 6, 1));
		break;
	case 'k':
		put_decimal(t, 4 * (int64_t)GATHER(5, 1, 10, 3, 6, 1));
		break;
	case 'l':
		put_decimal(t, 8 * (int64_t)GATHER(5, 2, 10, 3));
		break;
	case 'm':
		put_decimal(t, 4 * (int64_t)GATHER(2, 2, 12, 1, 4, 3));
		break;
	case 'n':
		put_decimal(t, 8 * (int64_t)GATHER(2, 3, 12, 1, 5, 2));
		break;
	case 'M':
		put_decimal(t, 4 * (int64_t)GATHER(7, 2, 9, 4));
		break;
	case 'N':
		put_decimal(t, 8 * (int64_t)GATHER(7, 3, 10, 3));
		break;
	case 'J':
		put_target(t,
			   2 * sign(GATHER(12, 1, 8, 1, 9, 2, 6, 1, 7, 1, 2, 1, 11, 1, 3, 3), 11));
		break;
	case 'B':
		put_target(t, 2 * sign(GATHER(12, 1, 5, 2, 2, 1, 10, 2, 3, 2), 8));
		break;
	default: { /* a bracket or a comma */
		char text[] = {c, '\0'};

		put(t, text);
	}
	}
}

static void operand(struct text *t, char c)
{
	uint32_t insn = t->insn;

	switch (c) {
	case 'd':
		put(t, x_names[bits(insn, 7, 5)]);
		break;
	case 's':
		put(t, x_names[bits(insn, 15, 5)]);
		break;
	case 't':
		put(t, x_names[bits(insn, 20, 5)]);
		break;
	case 'D':
		put(t, f_names[bits(insn, 7, 5)]);
		break;
	case 'S':
		put(t, f_names[bits(insn, 15, 5)]);
		break;
	case 'T':
		put(t, f_names[bits(insn, 20, 5)]);
		break;
	case 'R':
		put(t, f_names[bits(insn, 27, 5)]);
		break;
	case 'j':
		put_decimal(t, sign(insn >> 20, 12));
		break;
	case 'q':
		put_decimal(t, sign(GATHER(25, 7, 7, 5), 12));
		break;
	case 'p':
		put_target(t, 2 * sign(GATHER(31, 1, 7, 1, 25, 6, 8, 4), 12));
		break;
	case 'a':
		put_target(t, 2 * sign(GATHER(31, 1, 12, 8, 20, 1, 21, 10), 20));
		break;
	case 'u':
		put_hex(t, insn >> 12);
		break;
	case '>':
		put_hex(t, bits(insn, 20, 6));
		break;
	case '<':
		put_hex(t, bits(insn, 20, 5));
		break;
	case 'P':
	case 'Q':
		put_fence(t, bits(insn, c == 'P' ? 24 : 20, 4));
		break;
	case 'E':
		put_csr(t);
		break;
	case 'Z':
		put_decimal(t, bits(insn, 15, 5));
		break;
	case 'r': /* with its comma; dynamic is what is usual */
		if (bits(insn, 12, 3) == 7)
			break;
		put(t, ",");
		put(t, rm_names[bits(insn, 12, 3)]);
		break;
	default:
		operand_compressed(t, c);
		break;
	}
}

static void suffix(struct text *t, char c)
{
	static const char order[4][6] = {"", ".rl", ".aq", ".aqrl"};
	char text[] = {'.', '\0', '\0'};

	if (c == 'q') {
		put(t, order[bits(t->insn, 25, 2)]);
		return;
	}
	text[1] = c == 'w' ? "bhwd"[bits(t->insn, 12, 2)] : "sd"[bits(t->insn, 25, 1)];
	put(t, text);
}

static void put_row(struct text *t, const char *s)
{
	for (; *s && *s != ' '; s++) {
		char text[] = {*s, '\0'};

		if (*s == '%')
			suffix(t, *++s);
		else
			put(t, text);
	}
	if (!*s)
		return;
	put(t, "\t");
	while (*++s)
		operand(t, *s);
}

unsigned dis(uint32_t insn, uint64_t pc, char *out, size_t size, uint64_t *target)
{
	bool wide = (insn & 3) == 3;
	struct text t = {.out = out, .size = size, .insn = wide ? insn : insn & 0xffff, .pc = pc};
	const struct row *r = table;

	if (size)
		out[0] = '\0';
	while (r < table + ARRAY_SIZE(table) &&
	       ((t.insn & r->mask) != r->match || ((r->match & 3) == 3) != wide))
		r++;
	if (size && r < table + ARRAY_SIZE(table) && r->text) {
		put_row(&t, r->text);
	} else if (size) {
		put(&t, wide ? ".word\t" : ".half\t");
		put_hex(&t, t.insn);
	}
	if (target)
		*target = t.target;
	return wide ? 4 : 2;
}
