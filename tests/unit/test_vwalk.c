/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arch/riscv/vwalk.c, one rule at a time: what makes each fault, at each level of each mode; A and
 * D and who races for them; the debugger's look. All at once is test_vwalk_random.c.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <arch/vwalk.h>
#include <core/errno.h>
#include <spec/csr.h>
#include <spec/pte.h>

#include "vwalk_ram.h"

#define LEAF	(PTE_V | PTE_RWX | PTE_A | PTE_D)
#define OUTSIDE (RAM_BASE + RAM_SIZE)
#define TARGET	UINT64_C(0xcafec0000000) /* aligned to 1 GiB */

static struct ram ram;
static const struct vwalk_mem mem_quiet = {ram_read, ram_cas, NULL};

static uint64_t pte_of(uint64_t addr, uint64_t attr)
{
	return addr / PAGE_SIZE << PTE_PPN_SHIFT | attr;
}

/* The va whose path is entry 1 of the root, 2 of the next table, ..., canonical. */
static uint64_t path_va(unsigned levels)
{
	uint64_t va = 0x678;

	for (unsigned i = 0; i < levels; i++)
		va |= (uint64_t)(i + 1) << (12 + 9 * (levels - 1 - i));
	return va;
}

/* The entry of a level on that path; the root is page 0, the next table page 1, ... */
static uint64_t *path_pte(unsigned levels, unsigned level)
{
	unsigned depth = levels - 1 - level;

	return &ram.word[depth * 512 + depth + 1];
}

/* A path to a leaf of that level, and nothing else. */
static struct vwalk_env path(unsigned levels, unsigned level, uint64_t leaf)
{
	memset(&ram, 0, sizeof(ram));
	for (unsigned i = levels - 1; i > level; i--)
		*path_pte(levels, i) = pte_of(RAM_BASE + (levels - i) * PAGE_SIZE, PTE_V);
	*path_pte(levels, level) = leaf;
	return (struct vwalk_env){.vsatp = (uint64_t)(5 + levels) << 60 | RAM_BASE / PAGE_SIZE};
}

enum { USER = 1, SUM = 2, MXR = 4, ADUE = 8, PBMTE = 16, NAPOT = 32, RSW = 64 };

static void set_env(struct vwalk_env *env, unsigned flags)
{
	env->user = flags & USER;
	env->sum = flags & SUM;
	env->mxr = flags & MXR;
	env->adue = flags & ADUE;
	env->pbmte = flags & PBMTE;
	env->svnapot = flags & NAPOT;
	env->svrsw60t59b = flags & RSW;
}

struct leaf_case {
	unsigned flags;
	uint64_t set, clear; /* bits of a good leaf */
	const char *allowed; /* of "flw" */
	unsigned level;
};

static const struct leaf_case leaf_cases[] = {
	{0, 0, 0, "flw", 0},
	{0, 0, PTE_V, "", 0},
	/* R, W, X */
	{0, 0, PTE_X, "lw", 0},
	{0, 0, PTE_W, "fl", 0},
	{0, 0, PTE_R, "", 0}, /* W without R is reserved: not even fetches */
	{0, 0, PTE_R | PTE_X, "", 0},
	{0, 0, PTE_W | PTE_X, "l", 0},
	{0, 0, PTE_R | PTE_W, "f", 0},
	{MXR, 0, PTE_R | PTE_W, "fl", 0},
	{MXR, 0, PTE_R, "", 0},
	{MXR, 0, PTE_X, "lw", 0},
	/* U */
	{USER, 0, 0, "", 0},
	{USER | SUM | MXR, 0, 0, "", 0},
	{USER, PTE_U, 0, "flw", 0},
	{0, PTE_U, 0, "", 0},
	{SUM, PTE_U, 0, "lw", 0},
	{SUM, 0, 0, "flw", 0},
	{SUM, PTE_U, PTE_W, "l", 0},
	{SUM, PTE_U, PTE_R | PTE_W, "", 0},
	{SUM | MXR, PTE_U, PTE_R | PTE_W, "l", 0},
	{MXR, PTE_U, 0, "", 0},
	/* A, D */
	{0, 0, PTE_A, "", 0},
	{0, 0, PTE_D, "fl", 0},
	{0, 0, PTE_A | PTE_D, "", 0},
	{ADUE, 0, PTE_A, "flw", 0},
	{ADUE, 0, PTE_D, "flw", 0},
	{ADUE, 0, PTE_A | PTE_D, "flw", 0},
	/* bits that software owns, and G */
	{0, PTE_RSW | PTE_G, 0, "flw", 0},
	/* reserved */
	{RSW | NAPOT | PBMTE, BIT(54), 0, "", 0},
	{RSW | NAPOT | PBMTE, BIT(58), 0, "", 0},
	{NAPOT | PBMTE, BIT(59), 0, "", 0},
	{NAPOT | PBMTE, BIT(60), 0, "", 0},
	{RSW, BIT(59) | BIT(60), 0, "flw", 0},
	{RSW | NAPOT, BIT(61), 0, "", 0},
	{RSW | NAPOT, BIT(62), 0, "", 0},
	{PBMTE, BIT(61), 0, "flw", 0},
	{PBMTE, BIT(62), 0, "flw", 0},
	{PBMTE, BIT(62), 0, "flw", 1},
	{PBMTE, BIT(61) | BIT(62), 0, "", 0},
	{PBMTE, BIT(61) | BIT(62), 0, "", 1},
	/* NAPOT: of PPN's low bits only 1000, and at level 0 only */
	{RSW | PBMTE, PTE_N | PTE_N_64K, 0, "", 0},
	{NAPOT, PTE_N | PTE_N_64K, 0, "flw", 0},
	{NAPOT, PTE_N, 0, "", 0},
	{NAPOT, PTE_N | PTE_N_64K | BIT(10), 0, "", 0},
	{NAPOT, PTE_N | PTE_N_64K | BIT(11), 0, "", 0},
	{NAPOT, PTE_N | PTE_N_64K | BIT(12), 0, "", 0},
	{NAPOT, PTE_N | BIT(12), 0, "", 0},
	{NAPOT, PTE_N | PTE_N_64K, 0, "", 1},
	{NAPOT, PTE_N, 0, "", 1},
	/* superpages */
	{0, 0, 0, "flw", 1},
	{0, BIT(10), 0, "", 1},
	{0, BIT(18), 0, "", 1},
	{0, BIT(19), 0, "flw", 1},
	{0, BIT(19), 0, "", 2},
	{0, BIT(27), 0, "", 2},
};

static void check_leaf(const struct leaf_case *c, unsigned levels, enum vwalk_access access)
{
	static const uint64_t page_fault[] = {12, 13, 15};
	bool ok = strchr(c->allowed, "flw"[access]) != NULL;
	uint64_t va = path_va(levels), leaf = (pte_of(TARGET, LEAF) | c->set) & ~c->clear;
	struct vwalk_env env = path(levels, c->level, leaf);
	uint64_t size = c->set & PTE_N ? 0x10000 : PAGE_SIZE << 9 * c->level;
	struct vwalk_result out;
	int rc;

	set_env(&env, c->flags);
	rc = vwalk(&env, &mem_quiet, &ram, gva(va), access, &out);
	if (ok && rc == 0) {
		uint64_t base = (leaf & PTE_PPN) << 2 & ~(size - 1);
		uint64_t now = leaf | PTE_A | (access == VWALK_STORE ? PTE_D : 0);

		assert_int_equal(out.gpa.v, base + va % size);
		assert_int_equal(out.page_size, size);
		assert_int_equal(out.pte, now);
		leaf = now;
	} else {
		assert_false(ok);
		assert_int_equal(rc, -NACRE_EFAULT);
		assert_int_equal(out.cause, page_fault[access]);
		assert_int_equal(out.stval, va);
		assert_int_equal(out.pte, leaf);
	}
	assert_int_equal(*path_pte(levels, c->level), leaf);
	assert_int_equal(out.levels, levels - c->level);
}

static void test_leaves(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(leaf_cases); i++)
		for (unsigned levels = 3; levels <= 5; levels++)
			for (unsigned access = 0; access < 3; access++)
				check_leaf(&leaf_cases[i], levels, (enum vwalk_access)access);
}

/* ---- pointers ---- */

static void expect(const struct vwalk_env *env, uint64_t va, const uint64_t cause[3])
{
	for (unsigned access = 0; access < 3; access++) {
		struct vwalk_result out;
		int rc = vwalk(env, &mem, &ram, gva(va), (enum vwalk_access)access, &out);

		assert_int_equal(rc, cause ? -NACRE_EFAULT : 0);
		assert_int_equal(out.cause, cause ? cause[access] : 0);
		assert_int_equal(out.stval, cause ? va : 0);
	}
}

static const uint64_t page_faults[3] = {12, 13, 15}, access_faults[3] = {1, 5, 7};

static void test_pointers(void **state)
{
	static const uint64_t bad[] = {
		PTE_U,	 PTE_A,	  PTE_D,   PTE_W,   BIT(54),	      BIT(57),
		BIT(58), BIT(61), BIT(62), BIT(63), PTE_N | PTE_N_64K};

	(void)state;
	for (unsigned levels = 3; levels <= 5; levels++) {
		struct vwalk_env env = path(levels, 0, pte_of(TARGET, LEAF));
		uint64_t va = path_va(levels);

		set_env(&env, RSW | NAPOT | PBMTE | ADUE | SUM | MXR);
		for (unsigned level = 1; level < levels; level++) {
			uint64_t *pte = path_pte(levels, level), good = *pte;

			for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
				*pte = good | bad[i];
				expect(&env, va, page_faults);
			}
			*pte = good & ~PTE_V;
			expect(&env, va, page_faults);
			*pte = good | PTE_G | PTE_RSW | PTE_RSW60T59B;
			expect(&env, va, NULL);
			set_env(&env, NAPOT | PBMTE | ADUE);
			expect(&env, va, page_faults);
			set_env(&env, RSW | NAPOT | PBMTE | ADUE | SUM | MXR);
			*pte = pte_of(OUTSIDE, PTE_V);
			expect(&env, va, access_faults);
			*pte = PTE_PPN | PTE_V; /* the uppermost page of all */
			expect(&env, va, access_faults);
			*pte = good;
			expect(&env, va, NULL);
		}
		*path_pte(levels, 0) = pte_of(RAM_BASE, PTE_V); /* nowhere to go */
		expect(&env, va, page_faults);
		env.vsatp |= SATP_PPN; /* a root outside */
		expect(&env, va, access_faults);
	}
}

/* ---- addresses and modes ---- */

static void test_canonical(void **state)
{
	(void)state;
	for (unsigned levels = 3; levels <= 5; levels++) {
		struct vwalk_env env = path(levels, levels - 1, 0);
		uint64_t half = BIT(11 + 9 * levels);

		for (unsigned i = 0; i < 512; i++)
			ram.word[i] = pte_of(0, LEAF);
		expect(&env, half - 1, NULL);
		expect(&env, -half, NULL);
		expect(&env, UINT64_MAX, NULL);
		for (unsigned i = 11 + 9 * levels; i < 64; i++) {
			ram.nread = 0;
			expect(&env, (half - 1) ^ BIT(i), page_faults);
			expect(&env, -half ^ BIT(i), page_faults);
			assert_int_equal(ram.nread, 0);
		}
	}
}

static void test_modes(void **state)
{
	struct vwalk_env env = path(3, 0, pte_of(TARGET, LEAF));
	struct vwalk_result out;

	(void)state;
	for (uint64_t mode = 0; mode < 16; mode++) {
		env.vsatp = (env.vsatp & ~(UINT64_C(15) << 60)) | mode << 60;
		ram.nread = 0;
		if (mode >= 8 && mode <= 10)
			continue;
		assert_int_equal(vwalk(&env, &mem, &ram, gva(~BIT(40)), VWALK_STORE, &out),
				 mode ? -NACRE_EINVAL : 0);
		assert_int_equal(out.gpa.v, mode ? 0 : ~BIT(40));
		assert_int_equal(out.levels, 0);
		assert_int_equal(ram.nread, 0);
	}
}

/* ---- A and D ---- */

static void test_ad(void **state)
{
	uint64_t leaf = pte_of(TARGET, LEAF & ~(PTE_A | PTE_D));
	struct vwalk_env env = path(3, 0, leaf);
	uint64_t va = path_va(3), *pte = path_pte(3, 0);
	struct vwalk_result out;

	(void)state;
	env.adue = true;
	assert_int_equal(vwalk(&env, &mem, &ram, gva(va), VWALK_FETCH, &out), 0);
	assert_int_equal(*pte, leaf | PTE_A);
	assert_int_equal(vwalk(&env, &mem, &ram, gva(va), VWALK_LOAD, &out), 0);
	assert_int_equal(*pte, leaf | PTE_A);
	assert_int_equal(ram.ncas, 1);
	assert_int_equal(vwalk(&env, &mem, &ram, gva(va), VWALK_STORE, &out), 0);
	assert_int_equal(*pte, leaf | PTE_A | PTE_D);
	assert_int_equal(vwalk(&env, &mem, &ram, gva(va), VWALK_STORE, &out), 0);
	assert_int_equal(ram.ncas, 2);
	assert_int_equal(ram.nread, 4 * 3);

	/* A table that cannot be written, needed only when there is something to write. */
	ram.rom[2] = true;
	assert_int_equal(vwalk(&env, &mem, &ram, gva(va), VWALK_STORE, &out), 0);
	*pte = leaf;
	expect(&env, va, access_faults);
	/* What is not allowed leaves no trace, and comes first. */
	ram.rom[2] = false;
	ram.ncas = 0;
	*pte = leaf | PTE_U;
	expect(&env, va, page_faults);
	assert_int_equal(ram.ncas, 0);
}

static void test_races(void **state)
{
	uint64_t leaf = pte_of(TARGET, LEAF & ~(PTE_A | PTE_D)), other = pte_of(0x5000, LEAF);
	struct vwalk_env env = path(3, 1, leaf);
	uint64_t va = path_va(3), *pte = path_pte(3, 1);
	struct vwalk_result out;

	(void)state;
	env.adue = true;
	for (unsigned i = 0; i < WRITES; i++)
		ram.on_cas[i] = LOSE;
	assert_int_equal(vwalk(&env, &mem, &ram, gva(va), VWALK_STORE, &out), -NACRE_EBUSY);
	assert_int_equal(ram.ncas, TRIES);
	assert_int_equal(ram.nread, 1 + TRIES); /* the entry is read again, not the path to it */
	assert_int_equal(out.cause, 0);

	ram.ncas = 0;
	ram.on_cas[TRIES - 1] = 0; /* just in time */
	assert_int_equal(vwalk(&env, &mem, &ram, gva(va), VWALK_STORE, &out), 0);
	assert_int_equal(*pte, leaf | PTE_A | PTE_D);

	/* The superpage becomes a table, is unmapped, or becomes read-only. */
	*pte = leaf;
	*path_pte(3, 0) = other;
	ram.ncas = 0;
	ram.on_cas[0] = WRITE;
	ram.written[0] = pte_of(RAM_BASE + 2 * PAGE_SIZE, PTE_V);
	assert_int_equal(vwalk(&env, &mem, &ram, gva(va), VWALK_STORE, &out), 0);
	assert_int_equal(out.gpa.v, 0x5678);
	assert_int_equal(out.levels, 3);
	for (unsigned i = 0; i < 2; i++) {
		*pte = leaf;
		ram.ncas = 0;
		ram.written[0] = i ? leaf & ~PTE_W : 0;
		assert_int_equal(vwalk(&env, &mem, &ram, gva(va), VWALK_STORE, &out),
				 -NACRE_EFAULT);
		assert_int_equal(out.cause, 15);
		assert_int_equal(*pte, ram.written[0]); /* without A, without D */
	}

	/* An error of the caller's own. */
	*pte = leaf;
	ram.ncas = 0;
	ram.on_cas[0] = -NACRE_ENOTSUP;
	assert_int_equal(vwalk(&env, &mem, &ram, gva(va), VWALK_STORE, &out), -NACRE_ENOTSUP);
	assert_int_equal(out.cause, 0);
}

/* ---- the debugger's look ---- */

static int cas_nothing(void *ctx, gpa_t a, uint64_t pte, uint64_t desired)
{
	(void)ctx, (void)a, (void)pte, (void)desired;
	return 0;
}

static int read_refused(void *ctx, gpa_t a, uint64_t *pte)
{
	struct ram *m = ctx;

	if (m->nread == 2)
		return -NACRE_ENOTSUP;
	return ram_read(m, a, pte);
}

static void test_look(void **state)
{
	static const struct vwalk_mem look = {ram_read, cas_nothing, ram_step};
	static const struct vwalk_mem refused = {read_refused, cas_nothing, ram_step};
	static uint64_t before[ARRAY_SIZE(ram.word)];
	struct vwalk_env env = path(5, 0, pte_of(TARGET, LEAF & ~PTE_D));
	struct vwalk_result out;

	(void)state;
	env.adue = true;
	memcpy(before, ram.word, sizeof(before));
	assert_int_equal(vwalk(&env, &look, &ram, gva(path_va(5)), VWALK_STORE, &out), 0);
	assert_int_equal(out.gpa.v, TARGET + 0x678);
	assert_memory_equal(ram.word, before, sizeof(before));
	assert_int_equal(ram.nstep, 5);
	assert_int_equal(ram.step_level, 0);
	assert_int_equal(ram.step_at, out.pte_at.v);
	assert_int_equal(out.pte, pte_of(TARGET, LEAF));

	ram.nread = ram.nstep = 0;
	assert_int_equal(vwalk(&env, &refused, &ram, gva(path_va(5)), VWALK_LOAD, &out),
			 -NACRE_ENOTSUP);
	assert_int_equal(out.cause, 0);
	assert_int_equal(out.levels, 3);
	assert_int_equal(out.pte_at.v, RAM_BASE + 2 * PAGE_SIZE + 3 * 8);
	assert_int_equal(ram.nstep, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_leaves),	  cmocka_unit_test(test_pointers),
		cmocka_unit_test(test_canonical), cmocka_unit_test(test_modes),
		cmocka_unit_test(test_ad),	  cmocka_unit_test(test_races),
		cmocka_unit_test(test_look),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
