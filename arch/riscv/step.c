/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Single steps: see step.h. flow() says of one instruction where it goes; of what it does not know
 * it says that the next one follows, which is so for all that are no jumps and do not trap.
 */
#include <arch/step.h>

#include <spec/csr.h>
#include <spec/insn.h>

#define OPCODE_BRANCH 0x63
#define OPCODE_JALR   0x67
#define OPCODE_JAL    0x6f
#define SEQUENCE      16 /* instructions of an LR/SC loop */

/* Where control goes. */
struct flow {
	unsigned len;
	bool jump;   /* to `to`, with the return address in rd */
	bool branch; /* to `to` if taken */
	bool taken;
	uint8_t rd;
	uint64_t to;
};

static uint64_t bits_of(uint32_t insn, unsigned low, unsigned width)
{
	return insn >> low & ((1U << width) - 1);
}

static uint64_t extend(uint64_t value, unsigned width)
{
	return (uint64_t)((int64_t)(value << (64 - width)) >> (64 - width));
}

static uint64_t reg(const struct step_state *s, uint64_t n)
{
	return n ? s->x[n] : 0;
}

/* ---- 16 bits ---- */

static uint64_t cj_offset(uint32_t i)
{
	return extend(bits_of(i, 12, 1) << 11 | bits_of(i, 11, 1) << 4 | bits_of(i, 9, 2) << 8 |
			      bits_of(i, 8, 1) << 10 | bits_of(i, 7, 1) << 6 |
			      bits_of(i, 6, 1) << 7 | bits_of(i, 3, 3) << 1 | bits_of(i, 2, 1) << 5,
		      12);
}

static uint64_t cb_offset(uint32_t i)
{
	return extend(bits_of(i, 12, 1) << 8 | bits_of(i, 10, 2) << 3 | bits_of(i, 5, 2) << 6 |
			      bits_of(i, 3, 2) << 1 | bits_of(i, 2, 1) << 5,
		      9);
}

static void flow16(const struct step_state *s, uint64_t pc, uint32_t i, struct flow *f)
{
	uint64_t rs1 = bits_of(i, 7, 5), zero;

	f->len = 2;
	switch ((i & 3) << 3 | bits_of(i, 13, 3)) {
	case 1 << 3 | 5: /* c.j */
		f->jump = true;
		f->to = pc + cj_offset(i);
		break;
	case 1 << 3 | 6: /* c.beqz, c.bnez */
	case 1 << 3 | 7:
		zero = reg(s, 8 + bits_of(i, 7, 3)) == 0;
		f->branch = true;
		f->taken = zero != bits_of(i, 13, 1);
		f->to = pc + cb_offset(i);
		break;
	case 2 << 3 | 4: /* c.jr, c.jalr; with rs2: c.mv, c.add; without rs1: c.ebreak */
		if (bits_of(i, 2, 5) || !rs1)
			break;
		f->jump = true;
		f->rd = bits_of(i, 12, 1) ? 1 : 0;
		f->to = reg(s, rs1) & ~UINT64_C(1);
		break;
	default:
		break;
	}
}

/* ---- 32 bits ---- */

static bool is_taken(const struct step_state *s, uint32_t i)
{
	uint64_t a = reg(s, bits_of(i, 15, 5)), b = reg(s, bits_of(i, 20, 5));
	bool yes;

	switch (bits_of(i, 13, 2)) {
	case 0:
		yes = a == b;
		break;
	case 2:
		yes = (int64_t)a < (int64_t)b;
		break;
	default:
		yes = a < b;
		break;
	}
	return yes != bits_of(i, 12, 1);
}

static uint64_t b_offset(uint32_t i)
{
	return extend(bits_of(i, 31, 1) << 12 | bits_of(i, 7, 1) << 11 | bits_of(i, 25, 6) << 5 |
			      bits_of(i, 8, 4) << 1,
		      13);
}

static uint64_t j_offset(uint32_t i)
{
	return extend(bits_of(i, 31, 1) << 20 | bits_of(i, 12, 8) << 12 | bits_of(i, 20, 1) << 11 |
			      bits_of(i, 21, 10) << 1,
		      21);
}

static void flow32(const struct step_state *s, uint64_t pc, uint32_t i, struct flow *f)
{
	unsigned funct3 = (unsigned)bits_of(i, 12, 3);

	f->len = 4;
	switch (i & 0x7f) {
	case OPCODE_BRANCH:
		f->branch = funct3 != 2 && funct3 != 3;
		f->taken = f->branch && is_taken(s, i);
		f->to = pc + b_offset(i);
		break;
	case OPCODE_JAL:
		f->jump = true;
		f->rd = (uint8_t)bits_of(i, 7, 5);
		f->to = pc + j_offset(i);
		break;
	case OPCODE_JALR:
		f->jump = funct3 == 0;
		f->rd = (uint8_t)bits_of(i, 7, 5);
		f->to = (reg(s, bits_of(i, 15, 5)) + extend(i >> 20, 12)) & ~UINT64_C(1);
		break;
	default:
		break;
	}
}

static void flow(const struct step_state *s, uint64_t pc, uint32_t insn, struct flow *f)
{
	*f = (struct flow){.len = 0};
	if ((insn & 3) == 3)
		flow32(s, pc, insn, f);
	else
		flow16(s, pc, insn, f);
}

/* The instruction at an offset. false: it is not wholly there. */
static bool fetch(const uint8_t *code, size_t n, size_t at, uint32_t *insn)
{
	if (n < at + 2)
		return false;
	*insn = (uint32_t)(code[at] | code[at + 1] << 8);
	if ((*insn & 3) != 3)
		return true;
	if (n < at + 4)
		return false;
	*insn |= (uint32_t)code[at + 2] << 16 | (uint32_t)code[at + 3] << 24;
	return true;
}

/* ---- LR ---- */

static bool is_lr_sc(uint32_t insn, unsigned funct5)
{
	return (insn & 0x7f) == OPCODE_AMO && insn >> 27 == funct5;
}

static void add(struct step *out, uint64_t pc)
{
	if (out->nnext < STEP_NEXT)
		out->next[out->nnext++] = pc;
}

/*
 * From an LR to behind its SC, and all branches that leave before. false: there is no such
 * sequence, so it has nothing to lose.
 */
static bool plan_sequence(const struct step_state *s, const uint8_t *code, size_t n,
			  struct step *out)
{
	uint64_t leave[SEQUENCE], end;
	unsigned leaves = 0;
	uint32_t insn = 0;
	size_t at = 0;
	struct flow f;

	for (unsigned i = 0; !is_lr_sc(insn, AMO_SC); i++) {
		if (i == SEQUENCE || !fetch(code, n, at, &insn))
			return false;
		flow(s, s->pc + at, insn, &f);
		if (f.jump)
			return false;
		if (f.branch)
			leave[leaves++] = f.to;
		at += f.len;
	}
	end = s->pc + at;
	add(out, end);
	/* The loop back is no exit. What does not fit runs on until one of the others. */
	for (unsigned i = 0; i < leaves; i++)
		if (leave[i] - s->pc >= at && leave[i] != end)
			add(out, leave[i]);
	return true;
}

/* ---- */

static void plan_system(const struct step_state *s, uint32_t insn, struct step *out)
{
	out->next[0] = s->pc + 4;
	if (insn == INSN_WORD_SRET) {
		out->next[0] = s->sepc & ~UINT64_C(1);
	} else if (insn == INSN_WORD_WFI && !s->user) {
		out->done = true; /* it may end at once */
		out->pc = s->pc + 4;
	} else if (insn == INSN_WORD_ECALL && !s->user) {
		out->interrupts = true;
	} else if (bits_of(insn, 12, 2) && insn >> 20 == CSR_SIE) {
		out->interrupts = true;
	}
}

void step_plan(const struct step_state *s, const uint8_t *code, size_t n, struct step *out)
{
	uint32_t insn;
	struct flow f;

	*out = (struct step){.done = false};
	if (!fetch(code, n, 0, &insn))
		return;
	flow(s, s->pc, insn, &f);
	if (f.jump || f.branch) {
		out->done = true;
		out->pc = f.jump || f.taken ? f.to : s->pc + f.len;
		out->rd = f.rd;
		out->value = s->pc + f.len;
		return;
	}
	out->sequence = is_lr_sc(insn, AMO_LR) && plan_sequence(s, code, n, out);
	if (out->sequence)
		return;
	out->nnext = 1;
	out->next[0] = s->pc + f.len;
	if ((insn & 0x7f) == OPCODE_SYSTEM)
		plan_system(s, insn, out);
}
