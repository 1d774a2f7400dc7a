/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every AMO that the device tree promises - byte to quadword, all orderings, several choices of
 * registers - on edge values at every place in 8 bytes, from S- and U-mode, in Bare and Sv39,
 * against a model in C. All registers and all bytes around are compared. What was seen becomes one
 * number, "amo: digest X", the same on each machine that was promised the same, whether its harts
 * have the instructions or somebody emulates them.
 */
#include <stdio.h>
#include <string.h>
#include "amo.h"

#define VA	  UINT64_C(0x1000000000)
#define CODE_VA	  (VA - 4096)
#define EDGES	  6
#define STEPS	  (8 * EDGES * EDGES) /* at most: bytes */
#define PER_PAGE  (4096 / sizeof(struct step))
#define PAGES	  (STEPS / PER_PAGE + 1)
#define NREGS	  7
#define MEM_WORDS 5
#define OPERAND	  2 /* the word of mem in which it lies, or begins */

/* One execution: registers before and after, and the memory that it works on, with some around. */
struct step {
	uint64_t in[NREGS], out[NREGS]; /* x1, x12-x17 */
	uint64_t mem[MEM_WORDS];
	uint64_t was[MEM_WORDS];
	uint64_t addr; /* of the operand, for the one who executes */
	unsigned place;
} __attribute__((aligned(256)));
static_assert(sizeof(struct step) == 256, "amo_loop");
static_assert(offsetof(struct step, mem[OPERAND]) % 16 == 0, "amocas.q");

static struct step steps[PAGES * PER_PAGE] __attribute__((aligned(4096)));

/* amo_loop(first step, steps); the words at amo_slot and amo_end are written at run time. */
void amo_loop(struct step *s, uint64_t n);
extern volatile uint32_t amo_slot[], amo_end[];
__asm__("	.balign	4096\n"
	"amo_loop:\n"
	"	mv	t0, ra\n"
	"1:	ld	x1, 0(a0)\n"
	"	ld	x12, 8(a0)\n"
	"	ld	x13, 16(a0)\n"
	"	ld	x14, 24(a0)\n"
	"	ld	x15, 32(a0)\n"
	"	ld	x16, 40(a0)\n"
	"	ld	x17, 48(a0)\n"
	"	.balign	4\n"
	"amo_slot:\n"
	"	.word	0\n"
	"	sd	x1, 56(a0)\n"
	"	sd	x12, 64(a0)\n"
	"	sd	x13, 72(a0)\n"
	"	sd	x14, 80(a0)\n"
	"	sd	x15, 88(a0)\n"
	"	sd	x16, 96(a0)\n"
	"	sd	x17, 104(a0)\n"
	"	addi	a0, a0, 256\n"
	"	addi	a1, a1, -1\n"
	"	bnez	a1, 1b\n"
	"	mv	ra, t0\n"
	"	.balign	4\n"
	"amo_end:\n"
	"	.word	0\n"
	"	.balign	4096\n");

struct mode {
	const char *name;
	bool user, paged;
};
static const struct mode modes[] = {{"s.bare", false, false},
				    {"u.bare", true, false},
				    {"s.sv39", false, true},
				    {"u.sv39", true, true}};

static const struct {
	uint8_t rd, rs1, rs2;
} forms[] = {{16, 12, 14}, {0, 12, 14}, {12, 12, 14}, {16, 12, 16}, {16, 12, 0}, {12, 12, 12}};

static uint64_t digest = DIGEST_INIT;

/* ---- the model ---- */

static uint64_t get(const uint8_t *p, unsigned size)
{
	uint64_t v = 0;

	for (unsigned i = 0; i < size; i++)
		v |= (uint64_t)p[i] << 8 * i;
	return v;
}

static void put(uint8_t *p, uint64_t v, unsigned size)
{
	for (unsigned i = 0; i < size; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}

static uint64_t extend(uint64_t v, unsigned size)
{
	return size == 1   ? (uint64_t)(int8_t)v
	       : size == 2 ? (uint64_t)(int16_t)v
	       : size == 4 ? (uint64_t)(int32_t)v
			   : v;
}

static uint64_t compute(unsigned op, uint64_t old, uint64_t src, unsigned size)
{
	int64_t a = (int64_t)extend(old, size), b = (int64_t)extend(src, size);
	uint64_t ua = (uint64_t)a, ub = (uint64_t)b; /* sign extension keeps the unsigned order */

	switch (op) {
	case AMO_ADD:
		return ua + ub;
	case AMO_SWAP:
		return ub;
	case AMO_XOR:
		return ua ^ ub;
	case AMO_OR:
		return ua | ub;
	case AMO_AND:
		return ua & ub;
	case AMO_MIN:
		return a < b ? ua : ub;
	case AMO_MAX:
		return a > b ? ua : ub;
	case AMO_MINU:
		return ua < ub ? ua : ub;
	default:
		return ua > ub ? ua : ub;
	}
}

static void model_cas_q(struct amo_insn i, uint64_t x[32], uint8_t *p)
{
	uint64_t low = get(p, 8), high = get(p + 8, 8);

	if (low == (i.rd ? x[i.rd] : 0) && high == (i.rd ? x[i.rd + 1] : 0)) {
		put(p, i.rs2 ? x[i.rs2] : 0, 8);
		put(p + 8, i.rs2 ? x[i.rs2 + 1] : 0, 8);
	}
	if (i.rd) {
		x[i.rd] = low;
		x[i.rd + 1] = high;
	}
}

static void model(struct amo_insn i, uint64_t x[32], uint8_t *p)
{
	unsigned size = 1U << i.log;
	uint64_t old;

	if (size == 16) {
		model_cas_q(i, x, p);
		return;
	}
	old = extend(get(p, size), size);
	if (i.op != AMO_CAS)
		put(p, compute(i.op, old, x[i.rs2], size), size);
	else if (old == extend(x[i.rd], size))
		put(p, x[i.rs2], size);
	if (i.rd)
		x[i.rd] = old;
}

/* ---- steps ---- */

/* In Sv39 the pages are mapped in reverse order. */
static struct step *step(const struct mode *m, unsigned n)
{
	unsigned page = n / PER_PAGE;

	return &steps[(m->paged ? PAGES - 1 - page : page) * PER_PAGE + n % PER_PAGE];
}

static uint64_t steps_va(const struct mode *m)
{
	return m->paged ? VA : (uintptr_t)steps;
}

static uint64_t edge(unsigned n, unsigned size)
{
	uint64_t top = UINT64_C(1) << (8 * size - 1);
	const uint64_t edges[EDGES] = {0, 1, top - 1, top, 2 * top - 1, top | 0x25};

	return edges[n];
}

static unsigned slot(unsigned reg)
{
	return reg < 12 ? 0 : reg - 11;
}

/* A register's low bytes; the rest is noise that must not matter. */
static void set_reg(struct step *s, unsigned reg, uint64_t v, unsigned size)
{
	if (reg)
		memcpy(&s->in[slot(reg)], &v, size);
}

static void fill(struct step *s, struct amo_insn i, unsigned a, unsigned b, struct rng *r)
{
	unsigned size = i.log == 4 ? 8 : 1U << i.log;
	uint8_t *p = (uint8_t *)&s->mem[OPERAND] + s->place;

	for (unsigned k = 0; k < NREGS; k++)
		s->in[k] = rng_next(r);
	for (unsigned k = 0; k < MEM_WORDS; k++)
		s->mem[k] = rng_next(r);
	put(p, edge(a, size), size);
	/* half of the comparisons find what they look for; of amocas.q's, some find half of it */
	if (i.op == AMO_CAS)
		set_reg(s, i.rd, edge((a + b) & 1 ? a : b, size), size);
	if (i.log == 4) {
		put(p + 8, b & 2 ? 0 : edge(b, 8), 8);
		if (i.rd)
			set_reg(s, i.rd + 1, b & 4 ? rng_next(r) : s->mem[OPERAND + 1], 8);
	}
	if (i.op != AMO_CAS || i.rs2 != i.rd)
		set_reg(s, i.rs2, edge(b, size), size);
	set_reg(s, i.rs1, s->addr, 8);
	memcpy(s->was, s->mem, sizeof(s->was));
}

static unsigned make_steps(const struct mode *m, struct amo_insn i, struct rng *r)
{
	unsigned n = 0, size = 1U << i.log;

	for (unsigned place = 0; place < 8; place += size)
		for (unsigned pair = 0; pair < EDGES * EDGES; pair++, n++) {
			struct step *s = step(m, n);

			s->place = place;
			s->addr = steps_va(m) + n * sizeof(*s) +
				  offsetof(struct step, mem[OPERAND]) + place;
			fill(s, i, pair / EDGES, pair % EDGES, r);
		}
	return n;
}

static bool step_right(const struct step *s, struct amo_insn i)
{
	uint64_t x[32] = {0}, mem[MEM_WORDS];
	bool right;

	x[1] = s->in[0];
	memcpy(&x[12], &s->in[1], 6 * 8);
	memcpy(mem, s->was, sizeof(mem));
	model(i, x, (uint8_t *)&mem[OPERAND] + s->place);
	right = !memcmp(mem, s->mem, sizeof(mem)) && s->out[0] == x[1] &&
		!memcmp(&s->out[1], &x[12], 6 * 8);
	for (unsigned k = 0; k < NREGS; k++)
		digest = digest_add(digest, s->out[k]);
	for (unsigned k = 0; k < MEM_WORDS; k++)
		digest = digest_add(digest, s->mem[k]);
	return right;
}

/* ---- runs ---- */

#define INSN_RET   0x00008067
#define INSN_ECALL 0x00000073

static struct trap_info execute(const struct mode *m, struct amo_insn i, unsigned n)
{
	uint64_t code = m->paged && m->user ? CODE_VA : (uintptr_t)amo_loop;

	*amo_slot = amo_word(i);
	*amo_end = m->user ? INSN_ECALL : INSN_RET;
	fence_i();
	return m->user ? try_user((void *)code, steps_va(m), n)
		       : try_call((void *)code, steps_va(m), n, NULL);
}

/* The number of steps that went wrong. */
static unsigned run(const struct mode *m, struct amo_insn i)
{
	struct rng r = {20260101};
	unsigned n = make_steps(m, i, &r), bad = 0;
	struct trap_info t = execute(m, i, n);

	if (t.taken && !(m->user && t.cause == CAUSE_ECALL_U)) {
		print("# %s %08x: cause %lu sepc %lx stval %lx\n", m->name, amo_word(i), t.cause,
		      t.epc, t.stval);
		return n;
	}
	for (unsigned k = 0; k < n; k++)
		bad += !step_right(step(m, k), i);
	if (bad)
		print("# %s %08x: %u of %u are wrong\n", m->name, amo_word(i), bad, n);
	return bad;
}

/* All orderings with the first choice of registers, one with each other. */
static unsigned run_op(const struct mode *m, unsigned op, unsigned log)
{
	unsigned bad = 0;

	for (unsigned k = 0; k < 3 + ARRAY_SIZE(forms); k++) {
		unsigned f = k < 3 ? 0 : k - 3;

		bad += run(m, (struct amo_insn){op, log, k & 3, forms[f].rd, forms[f].rs1,
						forms[f].rs2});
	}
	return bad;
}

static void test_width(const struct mode *m, unsigned log)
{
	unsigned bad = 0, ops = 0;
	char name[24];

	for (unsigned k = 0; k < ARRAY_SIZE(amo_ops); k++)
		if (amo_given(amo_ops[k], log)) {
			bad += run_op(m, amo_ops[k], log);
			ops++;
		}
	snprintf(name, sizeof(name), "amo.%s.%u", m->name, 8U << log);
	if (ops)
		check_eq(name, bad, 0);
	else
		skip(name, "not in the ISA string");
}

static void map_pages(struct pt *pt, const struct mode *m)
{
	uint64_t user = m->user ? PTE_U : 0;

	for (unsigned k = 0; k < PAGES; k++)
		pt_map(pt, VA + 4096 * k, (uintptr_t)steps + 4096 * (PAGES - 1 - k), 0,
		       PTE_RW | user);
	pt_map(pt, CODE_VA, (uintptr_t)amo_loop, 0, PTE_V | PTE_R | PTE_X | PTE_A | user);
	sfence_vma();
}

static void test_mode(struct pt *pt, const struct mode *m)
{
	if (m->paged) {
		map_pages(pt, m);
		csr_write(CSR_SATP, pt_satp(pt, 0));
		sfence_vma();
	}
	for (unsigned log = 0; log <= AMO_LOG_MAX; log++)
		test_width(m, log);
	csr_write(CSR_SATP, 0);
	sfence_vma();
}

void guest_main(void)
{
	struct pt pt = pt_new(3);

	print("# zabha %d zacas %d\n", machine.zabha, machine.zacas);
	for (unsigned i = 0; i < ARRAY_SIZE(modes); i++)
		test_mode(&pt, &modes[i]);
	print("amo: digest %016lx\n", digest);
}
