/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * guest/nested/nwalk.c on random tables, against a walk that is written down once more, in the
 * words of the specification and for the G-stage alone: roots of four pages, U in every leaf, A and
 * D.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <arch/gstage.h>
#include <core/errno.h>
#include <guest/nested/nwalk.h>
#include <spec/pte.h>

#define BASE	 UINT64_C(0x80000000)
#define TABLES	 12 /* pages; the first four are the root */
#define ROUNDS	 120000
#define PTE_LEAF (PTE_V | PTE_R | PTE_W | PTE_X | PTE_U | PTE_A | PTE_D)

static uint64_t ram[TABLES * 512];
static uint64_t rng = 88172645463325252u;

static uint64_t rnd(uint64_t n)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return rng % n;
}

static int ram_read(void *ctx, gpa_t a, uint64_t *pte)
{
	(void)ctx;
	assert_true(a.v % 8 == 0);
	if (a.v - BASE >= sizeof(ram))
		return -NACRE_EFAULT;
	*pte = ram[(a.v - BASE) / 8];
	return 0;
}

static int ram_cas(void *ctx, gpa_t a, uint64_t expect, uint64_t desired)
{
	(void)ctx;
	assert_int_equal(ram[(a.v - BASE) / 8], expect);
	ram[(a.v - BASE) / 8] = desired;
	return 0;
}

static const struct vwalk_mem mem = {.read = ram_read, .cas = ram_cas};

enum verdict { MAPPED, GUEST_PAGE_FAULT, ACCESS_FAULT };

struct answer {
	enum verdict verdict;
	uint64_t gpa, size, *leaf, bits; /* bits: that the walk sets in the leaf */
	unsigned perm;
};

static bool may(uint64_t pte, enum vwalk_access access, bool mxr)
{
	if (access == VWALK_FETCH)
		return pte & PTE_X;
	if (access == VWALK_STORE)
		return pte & PTE_W;
	return (pte & PTE_R) || (mxr && (pte & PTE_X));
}

static struct answer expected(const struct nwalk_env *env, uint64_t gpa, enum vwalk_access access)
{
	unsigned levels = (unsigned)(env->hgatp >> 60) - 5, bits = 12 + 9 * levels + 2;
	uint64_t table = (env->hgatp & HGATP_PPN) << 12;
	struct answer a = {.verdict = GUEST_PAGE_FAULT};

	if (gpa >> bits)
		return a;
	for (unsigned level = levels; level-- > 0;) {
		uint64_t index = gpa >> (12 + 9 * level) & (level == levels - 1 ? 2047 : 511);
		uint64_t at = table + index * 8, pte, size = UINT64_C(4096) << (9 * level);

		if (at - BASE >= sizeof(ram))
			return (struct answer){.verdict = ACCESS_FAULT};
		a.leaf = &ram[(at - BASE) / 8];
		pte = *a.leaf;
		table = (pte >> 10 & ((UINT64_C(1) << 44) - 1)) << 12;
		if (!(pte & PTE_V) || (pte & (PTE_R | PTE_W)) == PTE_W || pte >> 54)
			return a;
		if (!(pte & (PTE_R | PTE_X))) {
			if (pte & (PTE_U | PTE_A | PTE_D))
				return a;
			continue;
		}
		a.bits = PTE_A | (access == VWALK_STORE ? PTE_D : 0);
		if (!(pte & PTE_U) || table % size || !may(pte, access, env->mxr) ||
		    (!env->adue && (~pte & a.bits)))
			return a;
		a.verdict = MAPPED;
		a.gpa = table | (gpa & (size - 1));
		a.size = size;
		pte |= a.bits;
		a.perm = (unsigned)(pte >> 1 & (pte & PTE_D ? 7 : 5));
		return a;
	}
	return a;
}

/* Mostly sensible ones, so that walks get somewhere. */
static uint64_t random_pte(void)
{
	uint64_t page = rnd(8) ? 4 + rnd(TABLES - 4) : rnd(8) ? rnd(4) << 18 : rnd(1 << 20);
	uint64_t pte = (BASE >> 12) + page;

	pte = (rnd(3) ? pte : page) << 10;
	if (rnd(3))
		return pte | PTE_V;
	pte |= rnd(4) ? PTE_LEAF & ~(rnd(3) ? 0 : UINT64_C(1) << rnd(8)) : rnd(256);
	return rnd(16) ? pte : pte | UINT64_C(1) << (54 + rnd(10));
}

static void compare(const struct nwalk_env *env, uint64_t gpa_in, enum vwalk_access access)
{
	static uint64_t before[TABLES * 512];
	struct answer a = expected(env, gpa_in, access);
	struct nwalk_result r;
	int rc;

	memcpy(before, ram, sizeof(ram));
	rc = nwalk(env, &mem, NULL, gpa(gpa_in), access, &r);
	if (a.verdict != MAPPED) {
		assert_int_equal(rc, -NACRE_EFAULT);
		assert_int_equal(r.fault, a.verdict == ACCESS_FAULT ? NWALK_ACCESS_FAULT
								    : NWALK_GUEST_PAGE_FAULT);
		assert_memory_equal(before, ram, sizeof(ram));
		return;
	}
	assert_int_equal(rc, 0);
	assert_int_equal(r.gpa.v, a.gpa);
	assert_int_equal(r.page_size, a.size);
	assert_int_equal(r.perm, a.perm);
	before[a.leaf - ram] |= a.bits;
	assert_memory_equal(before, ram, sizeof(ram));
}

static void test_random(void **state)
{
	(void)state;
	for (unsigned n = 0; n < ROUNDS / 50; n++) {
		struct nwalk_env env = {.mxr = rnd(2), .adue = rnd(2)};

		/* few indexes are used, so that addresses of few values meet them */
		for (unsigned t = 0; t < TABLES; t++)
			for (unsigned i = 0; i < 4; i++)
				ram[t * 512 + i * 170] = random_pte();
		env.hgatp = (8 + rnd(3)) << 60 | rnd(1 << 14) << 44 | BASE >> 12;
		for (unsigned i = 0; i < 50; i++) {
			uint64_t at = rnd(4096);

			for (unsigned level = 0; level < 5; level++)
				at |= rnd(4) * 170 << (12 + 9 * level);
			at |= rnd(4) << (12 + 9 * (unsigned)((env.hgatp >> 60) - 5));
			compare(&env,
				rnd(16) ? at & ((UINT64_C(1)
						 << (14 + 9 * ((env.hgatp >> 60) - 5))) -
						1)
					: at,
				(enum vwalk_access)rnd(3));
		}
	}
}

static void test_bare(void **state)
{
	const struct nwalk_env env = {.hgatp = UINT64_C(0x2a) << 44};
	struct nwalk_result r;

	(void)state;
	assert_int_equal(nwalk(&env, &mem, NULL, gpa(0x123456789abc), VWALK_STORE, &r), 0);
	assert_int_equal(r.gpa.v, 0x123456789abc);
	assert_int_equal(r.perm, GSTAGE_RWX);
	assert_int_equal(r.page_size, SIZE_1G);
}

/* The quarter of the root that an address's two highest bits choose. */
static void test_wide_root(void **state)
{
	const struct nwalk_env env = {.hgatp = UINT64_C(8) << 60 | BASE >> 12};
	struct nwalk_result r;

	(void)state;
	memset(ram, 0, sizeof(ram));
	for (unsigned i = 0; i < 4; i++)
		ram[512 * i + 7] = (UINT64_C(0x40000) * i) << 10 | PTE_LEAF;
	for (uint64_t i = 0; i < 4; i++) {
		uint64_t at = i << 39 | UINT64_C(7) << 30 | 0x1234;

		assert_int_equal(nwalk(&env, &mem, NULL, gpa(at), VWALK_LOAD, &r), 0);
		assert_int_equal(r.gpa.v, i << 30 | 0x1234);
		assert_int_equal(
			nwalk(&env, &mem, NULL, gpa(at | UINT64_C(1) << 41), VWALK_LOAD, &r),
			-NACRE_EFAULT);
		assert_int_equal(r.fault, NWALK_GUEST_PAGE_FAULT);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_bare),
		cmocka_unit_test(test_wide_root),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
