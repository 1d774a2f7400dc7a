/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The short ways of AMOs against the long one: what they carry out, insn_decode(),
 * vwalk() and amo_perform() carry out alike, without setting A or D; what they decline they leave
 * untouched. On random instructions, registers and page tables, most of which are nearly right; and
 * they must not decline what is ordinary.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <arch/amo.h>
#include <arch/amo_quick.h>
#include <arch/insn.h>
#include <arch/vwalk.h>
#include <core/errno.h>
#include <spec/csr.h>
#include <spec/pte.h>

#define PAGES 8
#define BASE  UINT64_C(0x80000000)
#define SIZE  (PAGES * PAGE_SIZE)

struct machine {
	_Alignas(8) uint64_t ram[SIZE / 8];
	uint64_t x[32];
	unsigned changed; /* entries that vwalk() wanted to change */
};

static struct machine quick, slow;
static uint64_t seed = 88172645463325252u;

static uint64_t rnd(uint64_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return n ? seed % n : seed;
}

static bool once_in(unsigned n)
{
	return rnd(n) == 0;
}

/* ---- the long way ---- */

static int read_entry(void *ctx, gpa_t a, uint64_t *pte)
{
	struct machine *m = ctx;

	if (a.v - BASE >= SIZE)
		return -NACRE_EFAULT;
	*pte = m->ram[(a.v - BASE) / 8];
	return 0;
}

static int change_entry(void *ctx, gpa_t a, uint64_t expect, uint64_t desired)
{
	(void)a, (void)expect, (void)desired;
	((struct machine *)ctx)->changed++;
	return 0;
}

static const struct vwalk_mem mem = {read_entry, change_entry, NULL};

/* Extensions of the translation as they like: the short way must be right with any of them. */
static struct vwalk_env some_env(uint64_t vsatp, uint64_t sstatus, bool masks)
{
	bool user = !(sstatus & SSTATUS_SPP);

	return (struct vwalk_env){
		.vsatp = vsatp,
		.user = user,
		.sum = rnd(2),
		.mxr = rnd(2),
		.adue = rnd(2),
		.pbmte = rnd(2),
		.svnapot = rnd(2),
		.svrsw60t59b = rnd(2),
		.pmm = user && masks ? (uint8_t)rnd(4) : 0,
	};
}

/* As the exit path has it. */
static uint64_t quickly(const struct amo_quick *q, uint64_t x[32], uint32_t bits, uint64_t vsatp,
			uint64_t sstatus)
{
	uint64_t done = bits >> AMO_QUICK_WIDE_BIT & 1 ? amo_quick_wide(q, x, bits, vsatp, sstatus)
						       : amo_quick_part(q, x, bits, vsatp, sstatus);

	return done || !q->runs ? done : amo_quick_runs(q, x, bits, vsatp, sstatus);
}

static bool given(const struct insn *in, bool zabha, bool zacas)
{
	if (in->size > 2)
		return in->funct == AMO_CAS && zacas;
	return zabha && (in->funct != AMO_CAS || zacas);
}

static void carry_out_slowly(uint32_t bits, bool zabha, bool zacas, const struct vwalk_env *env)
{
	struct machine *m = &slow;
	struct vwalk_result r;
	struct insn in;
	uint64_t old;

	assert_int_equal(insn_decode(bits, &in), 0);
	assert_int_equal(in.kind, INSN_AMO);
	assert_true(in.size <= 8 && given(&in, zabha, zacas));
	assert_true(IS_ALIGNED(m->x[in.rs1], in.size));
	assert_int_equal(vwalk(env, &mem, m, gva(m->x[in.rs1]), VWALK_STORE, &r), 0);
	assert_int_equal(m->changed, 0);
	assert_true(r.gpa.v - BASE < SIZE);
	old = amo_perform((char *)m->ram + (r.gpa.v - BASE),
			  &(struct amo){in.funct, in.size, m->x[in.rs2], m->x[in.rd]});
	if (in.rd)
		m->x[in.rd] = old;
}

/* ---- what they are given ---- */

static uint64_t some_entry(void)
{
	uint64_t ppn = (BASE >> PAGE_SHIFT) + rnd(PAGES), e = PTE_V | rnd(4) << 8;

	if (once_in(16))
		ppn = once_in(2) ? rnd(0) >> 20 : 0;
	if (once_in(6)) /* a superpage that begins where the RAM does */
		ppn = BASE >> PAGE_SHIFT;
	if (rnd(8) > 3)
		e |= PTE_R | PTE_W | PTE_A | PTE_D | (once_in(2) ? PTE_U : 0) |
		     (once_in(2) ? PTE_X : 0);
	if (once_in(12))
		e ^= UINT64_C(1) << rnd(8);
	if (once_in(24))
		e ^= UINT64_C(1) << (54 + rnd(10));
	return e | (ppn << PTE_PPN_SHIFT & PTE_PPN);
}

static uint64_t some_address(void)
{
	uint64_t a = rnd(PAGE_SIZE);

	if (once_in(4))
		return BASE - 64 + rnd(SIZE + 128);
	for (unsigned shift = PAGE_SHIFT; shift < 57; shift += PTE_TABLE_SHIFT)
		a |= rnd(once_in(8) ? 512 : PAGES) << shift;
	if (once_in(8))
		a ^= UINT64_C(1) << rnd(64);
	return once_in(8) ? (uint64_t)((int64_t)(a << 25) >> 25)
			  : a & UINT64_MAX >> (25 - 9 * rnd(3));
}

static uint32_t some_insn(void)
{
	static const uint8_t op[] = {AMO_ADD, AMO_SWAP, AMO_XOR,  AMO_OR,   AMO_AND,
				     AMO_MIN, AMO_MAX,	AMO_MINU, AMO_MAXU, AMO_CAS};
	uint32_t bits = (uint32_t)op[rnd(ARRAY_SIZE(op))] << 27 | (uint32_t)rnd(0) << 7 >> 7;

	bits = (bits & ~0x407fU) | OPCODE_AMO; /* of all four sizes */
	if (bits >> AMO_QUICK_WIDE_BIT & 1)
		bits = bits << 5 >> 5 | AMO_CAS << 27;
	return once_in(8) ? bits ^ 1U << rnd(32) : bits;
}

static const uint64_t modes[] = {0, 8, 8, 9, 9, 10, 10, 1, 7, 11, 15};

/* The same RAM, in up to four runs that are in any order. */
static void in_runs(struct amo_quick *q)
{
	static struct amo_run run[4];
	uint64_t at = 0;

	q->only = (struct amo_run){0};
	q->run = run;
	for (q->runs = 0; at < PAGES; q->runs++) {
		uint64_t pages = q->runs == 3 ? PAGES - at : 1 + rnd(PAGES - at);

		run[q->runs] = (struct amo_run){BASE + at * PAGE_SIZE, pages * PAGE_SIZE,
						(char *)quick.ram + at * PAGE_SIZE};
		at += pages;
	}
	for (unsigned i = 0; i < q->runs; i++) {
		unsigned other = (unsigned)rnd(q->runs);
		struct amo_run r = run[i];

		run[i] = run[other];
		run[other] = r;
	}
}

static bool one(void)
{
	const bool zabha = !once_in(16), zacas = rnd(2);
	struct amo_quick q = {.only = {BASE, SIZE, (char *)quick.ram},
			      .ops = amo_quick_ops(zabha, zacas),
			      .cas = zacas};
	uint64_t vsatp = modes[rnd(ARRAY_SIZE(modes))] << SATP_MODE_SHIFT | rnd(65536) << 44 |
			 ((BASE >> PAGE_SHIFT) + rnd(PAGES));
	uint64_t sstatus = rnd(0);
	uint32_t bits = some_insn();
	struct vwalk_env env;
	uint64_t answer;

	if (once_in(2))
		in_runs(&q); /* perhaps because pointers are masked */
	env = some_env(vsatp, sstatus, q.runs);
	quick.x[0] = 0;
	for (unsigned i = 1; i < 32; i++)
		quick.x[i] = rnd(0);
	if (bits >> 15 & 31)
		quick.x[bits >> 15 & 31] = some_address() & ~(once_in(4) ? 0 : UINT64_C(7));
	slow = quick;
	answer = quickly(&q, quick.x, bits, vsatp, sstatus);
	if (answer) {
		assert_int_equal(answer, bits);
		carry_out_slowly(bits, zabha, zacas, &env);
	}
	assert_memory_equal(quick.ram, slow.ram, SIZE);
	assert_memory_equal(quick.x, slow.x, sizeof(slow.x));
	return answer;
}

static void against_the_long_way(void **state)
{
	unsigned done = 0;

	(void)state;
	for (unsigned round = 0; round < 200; round++) {
		for (unsigned i = 0; i < SIZE / 8; i++)
			quick.ram[i] = some_entry();
		for (unsigned i = 0; i < 500; i++)
			done += one();
	}
	assert_in_range(done, 1000, 99000);
}

/* ---- what is ordinary ---- */

#define BYTE 0x128U /* of page 6 */

/* Tables in pages 0 to levels - 1; the leaf of `va` at `level`. */
static uint64_t map(unsigned levels, uint64_t va, unsigned level, uint64_t leaf)
{
	unsigned page = 0;

	memset(quick.ram, 0, SIZE);
	for (unsigned l = levels - 1;; l--, page++) {
		uint64_t *e =
			&quick.ram[page * 512 + (va >> (PAGE_SHIFT + PTE_TABLE_SHIFT * l) & 511)];

		if (l == level) {
			*e = leaf;
			break;
		}
		*e = ((BASE >> PAGE_SHIFT) + page + 1) << PTE_PPN_SHIFT | PTE_V;
	}
	return (uint64_t)(levels + 5) << SATP_MODE_SHIFT | BASE >> PAGE_SHIFT;
}

static const uint32_t add_or_cas[] = {
	0x00b505af,		/* amoadd.b a1, a1, (a0) */
	0x28b5262f, 0x28b5362f, /* amocas.w, amocas.d a2, a1, (a0) */
};

/* One to the byte at va, which becomes 1; in one run and in two. */
static bool add_one(uint64_t vsatp, uint64_t va, uint64_t sstatus)
{
	static const struct amo_run run[] = {
		{BASE, 3 * PAGE_SIZE, (char *)quick.ram},
		{BASE + 3 * PAGE_SIZE, SIZE - 3 * PAGE_SIZE, (char *)quick.ram + 3 * PAGE_SIZE}};
	static struct machine before;
	bool done[ARRAY_SIZE(add_or_cas) * 2];

	before = quick;
	for (unsigned i = 0; i < ARRAY_SIZE(done); i++) {
		struct amo_quick q = {.ops = amo_quick_ops(true, false), .cas = true};

		quick = before;
		if (i & 1)
			q.run = run, q.runs = 2;
		else
			q.only = (struct amo_run){BASE, SIZE, (char *)quick.ram};
		memset(quick.x, 0, sizeof(quick.x));
		quick.x[10] = va;
		quick.x[11] = 1;
		done[i] = quickly(&q, quick.x, add_or_cas[i / 2], vsatp, sstatus);
		assert_int_equal(done[i], done[0]);
		assert_int_equal(((uint8_t *)quick.ram)[6 * PAGE_SIZE + BYTE], done[0]);
	}
	return done[0];
}

static void the_ordinary(void **state)
{
	const uint64_t flags = PTE_V | PTE_R | PTE_W | PTE_A | PTE_D,
		       leaf = ((BASE >> PAGE_SHIFT) + 6) << PTE_PPN_SHIFT | flags;
	const uint8_t *byte = (const uint8_t *)quick.ram + 6 * PAGE_SIZE + BYTE;

	(void)state;
	memset(quick.ram, 0, SIZE);
	assert_true(add_one(0, BASE + 6 * PAGE_SIZE + BYTE, SSTATUS_SPP));
	assert_int_equal(*byte, 1);
	for (unsigned levels = 3; levels <= 5; levels++) {
		uint64_t low = (UINT64_C(0x10203000) | BYTE),
			 high = UINT64_MAX << (12 + 9 * levels - 1) | low;
		uint64_t super = (BASE >> PAGE_SHIFT) << PTE_PPN_SHIFT | flags,
			 at = 6 * PAGE_SIZE + BYTE;

		assert_true(add_one(map(levels, high, 0, leaf | PTE_G | PTE_X), high, SSTATUS_SPP));
		assert_int_equal(*byte, 1);
		assert_true(add_one(map(levels, low, 0, leaf | PTE_U), low, 0));
		assert_true(
			add_one(map(levels, SIZE_2M + at, 1, super), SIZE_2M + at, SSTATUS_SPP));
		assert_true(
			add_one(map(levels, SIZE_1G + at, 2, super), SIZE_1G + at, SSTATUS_SPP));
		assert_int_equal(*byte, 1);
		assert_false(add_one(map(levels, low, 0, leaf & ~PTE_D), low, SSTATUS_SPP));
		assert_false(add_one(map(levels, low, 0, leaf & ~PTE_A), low, SSTATUS_SPP));
		assert_false(add_one(map(levels, low, 0, leaf & ~PTE_W), low, SSTATUS_SPP));
		assert_false(add_one(map(levels, low, 0, leaf & ~PTE_V), low, SSTATUS_SPP));
		assert_false(add_one(map(levels, low, 0, leaf), low, 0));
		assert_false(add_one(map(levels, low, 0, leaf | PTE_U), low, SSTATUS_SPP));
	}
}

/* With PMLEN = 16 in Sv57 an address of VU-mode could be meant for another page. */
static void what_may_be_masked(void **state)
{
	static const struct amo_run run = {BASE, SIZE, (char *)quick.ram};
	const struct amo_quick q = {.run = &run, .runs = 1, .ops = amo_quick_ops(true, false)};
	const uint64_t leaf = ((BASE >> PAGE_SHIFT) + 6) << PTE_PPN_SHIFT | PTE_V | PTE_R | PTE_W |
			      PTE_A | PTE_D;

	(void)state;
	for (unsigned bit = 40; bit < 56; bit++) {
		uint64_t va = UINT64_C(0x10203000) | BYTE | BIT(bit);

		for (unsigned user = 0; user < 2; user++) {
			uint64_t vsatp = map(5, va, 0, leaf | (user ? PTE_U : 0));

			quick.x[10] = va;
			assert_int_equal(!quickly(&q, quick.x, add_or_cas[0], vsatp,
						  user ? 0 : SSTATUS_SPP),
					 user && bit >= 47);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(against_the_long_way),
		cmocka_unit_test(the_ordinary),
		cmocka_unit_test(what_may_be_masked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
