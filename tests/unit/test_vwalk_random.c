/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arch/riscv/vwalk.c against the specification's text, played step by step: each of its steps is a
 * case of a switch, fields are cut out of the entries by their bit numbers, and reserved encodings
 * are listed one by one. Both run on the same small memory, whose entries other harts change in the
 * same way for both; results and memory must be equal.
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

static uint64_t rng = 88172645463325252u;

static uint64_t rnd(uint64_t n)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return n ? rng % n : rng;
}

/* ---- the specification's text ---- */

struct ref_mode {
	int mode, levels, va_bits;
};

static const struct ref_mode ref_modes[] = {{8, 3, 39}, {9, 4, 48}, {10, 5, 57}};

static uint64_t bits(uint64_t x, int hi, int lo)
{
	uint64_t v = 0;

	for (int i = hi; i >= lo; i--)
		v = v << 1 | (x >> i & 1);
	return v;
}

static int bit(uint64_t x, int i)
{
	return (int)bits(x, i, i);
}

struct ref {
	const struct vwalk_env *env;
	struct ram *m;
	uint64_t va;
	enum vwalk_access access;
	int levels, i, tries;
	uint64_t a, at, raw; /* raw: as in memory */
	uint64_t pa, size;
	uint64_t cause;
	int rc;
};

enum { PAGE_FAULT, ACCESS_FAULT };

static int ref_stop(struct ref *r, int kind)
{
	/* instruction, load, store/AMO */
	static const uint64_t causes[2][3] = {{12, 13, 15}, {1, 5, 7}};

	r->cause = causes[kind][r->access];
	r->rc = -NACRE_EFAULT;
	return 0;
}

/* Are any bits or encodings set that are reserved for future standard use? */
static bool ref_reserved(const struct ref *r)
{
	uint64_t p = r->raw;
	bool pointer = !bit(p, 1) && !bit(p, 2) && !bit(p, 3);
	uint64_t pbmt = bits(p, 62, 61);

	for (int i = 54; i <= 58; i++)
		if (bit(p, i))
			return true;
	if (bits(p, 60, 59) != 0 && !r->env->svrsw60t59b)
		return true;
	if (pointer && (bit(p, 4) || bit(p, 6) || bit(p, 7)))
		return true;
	if (pbmt != 0 && (!r->env->pbmte || pointer || pbmt == 3))
		return true;
	if (bit(p, 63)) {
		if (!r->env->svnapot || pointer || r->i >= 1)
			return true;
		if (bits(p, 13, 10) != 8) /* pte.ppn[0] = x xxxx 1000 */
			return true;
	}
	return false;
}

static bool ref_u_allows(const struct ref *r)
{
	int u = bit(r->raw, 4);

	if (r->env->user)
		return u == 1;
	if (u == 0)
		return true;
	return r->env->sum && r->access != VWALK_FETCH;
}

static bool ref_rwx_allows(const struct ref *r)
{
	int R = bit(r->raw, 1), W = bit(r->raw, 2), X = bit(r->raw, 3);

	if (r->access == VWALK_FETCH)
		return X;
	if (r->access == VWALK_STORE)
		return R && W;
	return R || (r->env->mxr && X);
}

static uint64_t ref_vpn(const struct ref *r, int i)
{
	return bits(r->va, 12 + 9 * i + 8, 12 + 9 * i);
}

/* pte.ppn[i] of Sv57; the uppermost fields of the other modes are these in a row. */
static uint64_t ref_ppn(uint64_t p, int i)
{
	return i == 4 ? bits(p, 53, 46) : bits(p, 10 + 9 * i + 8, 10 + 9 * i);
}

static int ref_step9(struct ref *r)
{
	bool store = r->access == VWALK_STORE;
	uint64_t pte = r->raw;
	int rc;

	if (bit(pte, 6) && (!store || bit(pte, 7)))
		return 10;
	if (!r->env->adue)
		return ref_stop(r, PAGE_FAULT);
	pte |= UINT64_C(1) << 6;
	if (store)
		pte |= UINT64_C(1) << 7;
	rc = ram_cas(r->m, gpa(r->at), r->raw, pte);
	if (rc == 0) {
		r->raw = pte;
		return 10;
	}
	if (rc == -NACRE_EFAULT)
		return ref_stop(r, ACCESS_FAULT);
	r->rc = rc;
	return rc == -NACRE_EBUSY && ++r->tries < TRIES ? 2 : 0;
}

static int ref_step10(struct ref *r)
{
	uint64_t ppn[5];

	for (int i = 0; i < 5; i++)
		ppn[i] = ref_ppn(r->raw, i);
	if (bit(r->raw, 63)) /* a copy in which the low bits are replaced */
		ppn[0] = (ppn[0] & ~UINT64_C(15)) | (ref_vpn(r, 0) & 15);
	for (int i = 0; i < r->i; i++)
		ppn[i] = ref_vpn(r, i);
	r->pa = bits(r->va, 11, 0);
	for (int i = 0; i < 5; i++)
		r->pa += ppn[i] << (12 + 9 * i);
	r->size = bit(r->raw, 63) ? 65536 : 4096;
	for (int i = 0; i < r->i; i++)
		r->size *= 512;
	r->rc = 0;
	return 0;
}

static int ref_step(struct ref *r, int step)
{
	switch (step) {
	case 1:
		r->a = bits(r->env->vsatp, 43, 0) * 4096;
		r->i = r->levels - 1;
		return 2;
	case 2:
		r->at = r->a + ref_vpn(r, r->i) * 8;
		if (!ram_word(r->m, r->at))
			return ref_stop(r, ACCESS_FAULT);
		r->raw = *ram_word(r->m, r->at);
		return 3;
	case 3:
		if (!bit(r->raw, 0) || (!bit(r->raw, 1) && bit(r->raw, 2)) || ref_reserved(r))
			return ref_stop(r, PAGE_FAULT);
		return 4;
	case 4:
		if (bit(r->raw, 1) || bit(r->raw, 3))
			return 5;
		if (--r->i < 0)
			return ref_stop(r, PAGE_FAULT);
		r->a = bits(r->raw, 53, 10) * 4096;
		return 2;
	case 5:
		for (int i = 0; i < r->i; i++)
			if (ref_ppn(r->raw, i))
				return ref_stop(r, PAGE_FAULT);
		return 6;
	case 6:
		return ref_u_allows(r) ? 8 : ref_stop(r, PAGE_FAULT);
	case 8: /* 7 is of shadow stacks */
		return ref_rwx_allows(r) ? 9 : ref_stop(r, PAGE_FAULT);
	case 9:
		return ref_step9(r);
	default:
		return ref_step10(r);
	}
}

/* "Replaces the upper PMLEN bits with the sign extension of the PMLEN+1st bit", or with 0. */
static uint64_t ref_transformed(const struct vwalk_env *env, uint64_t va, enum vwalk_access access)
{
	int pmlen = env->pmm == 3 ? 16 : env->pmm == 2 ? 7 : 0;
	bool physical = bits(env->vsatp, 63, 60) == 0;

	if (env->mxr || access == VWALK_FETCH)
		return va;
	for (int i = 64 - pmlen; i < 64; i++) {
		va &= ~(UINT64_C(1) << i);
		va |= (uint64_t)(physical ? 0 : bit(va, 63 - pmlen)) << i;
	}
	return va;
}

static void ref_walk(struct ref *r)
{
	uint64_t mode = bits(r->env->vsatp, 63, 60);
	bool known = false;

	if (mode == 0) {
		r->pa = r->va;
		r->size = 4096;
		return;
	}
	r->rc = -NACRE_EINVAL;
	for (unsigned n = 0; n < ARRAY_SIZE(ref_modes); n++) {
		const struct ref_mode *f = &ref_modes[n];

		if (mode != (uint64_t)f->mode)
			continue;
		known = true;
		r->levels = f->levels;
		for (int i = f->va_bits; i < 64; i++)
			if (bit(r->va, i) != bit(r->va, f->va_bits - 1)) {
				ref_stop(r, PAGE_FAULT);
				return;
			}
	}
	for (int step = known; step;)
		step = ref_step(r, step);
}

/* ---- both ---- */

static struct ram ram, twin;
static struct {
	unsigned ok[5], napot, cause[16], busy, einval, other, ad, retried, masked;
} seen;

static void note(const struct vwalk_env *env, int rc, const struct vwalk_result *out)
{
	if (!rc && out->levels) {
		seen.ok[(env->vsatp >> 60) - 5 - out->levels]++;
		seen.napot += out->page_size == 65536;
		seen.ad += ram.ncas > 0;
		seen.retried += ram.ncas > 1;
	}
	if (rc == -NACRE_EFAULT)
		seen.cause[out->cause]++;
	seen.busy += rc == -NACRE_EBUSY;
	seen.einval += rc == -NACRE_EINVAL;
	seen.other += rc == -NACRE_ENOENT;
}

static void compare(const struct vwalk_env *env, uint64_t va, enum vwalk_access access)
{
	uint64_t to = ref_transformed(env, va, access);
	struct ref r = {.env = env, .m = &twin, .va = to, .access = access};
	struct vwalk_result out;
	int rc;

	ram.ncas = ram.nread = ram.nstep = 0;
	twin = ram;
	memset(&out, 0xa5, sizeof(out));
	rc = vwalk(env, &mem, &ram, gva(va), access, &out);
	ref_walk(&r);
	assert_int_equal(vwalk_masked(env, gva(va), access).v, to);
	assert_int_equal(rc, r.rc);
	seen.masked += !rc && to != va;
	if (rc == 0) {
		assert_int_equal(out.gpa.v, r.pa);
		assert_int_equal(out.page_size, r.size);
	}
	assert_int_equal(out.cause, r.cause);
	assert_int_equal(out.stval, r.cause ? to : 0);
	assert_int_equal(out.pte_at.v, r.at);
	if (ram.nread)
		assert_int_equal(out.pte, ram_word(&ram, r.at) ? r.raw : 0);
	assert_int_equal(ram.ncas, twin.ncas);
	if (ram.nstep && ram_word(&ram, r.at)) {
		assert_int_equal(ram.step_at, r.at);
		assert_int_equal(out.pte & ~(PTE_A | PTE_D), ram.step_pte & ~(PTE_A | PTE_D));
		assert_int_equal(ram.step_level, (unsigned)r.levels - out.levels);
	}
	assert_memory_equal(ram.word, twin.word, sizeof(ram.word));
	note(env, rc, &out);
}

/* ---- random tables ---- */

static uint64_t some_page(void)
{
	if (rnd(24) == 0)
		return rnd(4) ? RAM_BASE / PAGE_SIZE + PAGES - 1 + rnd(3) : rnd(0);
	return RAM_BASE / PAGE_SIZE + rnd(PAGES);
}

/* An entry that is likely to be good for something, then perhaps a bit or two of noise. */
static uint64_t some_pte(void)
{
	uint64_t pte = some_page() << PTE_PPN_SHIFT & PTE_PPN;

	pte |= rnd(8) << 8 & (PTE_RSW | PTE_G);
	if (rnd(30))
		pte |= PTE_V;
	if (rnd(10) < 4) {
		pte |= rnd(4) ? PTE_RWX : rnd(8) << 1;
		pte |= rnd(2) ? PTE_A | PTE_D : rnd(4) << 6;
		pte |= rnd(2) ? PTE_U : 0;
		if (rnd(3)) /* aligned for a superpage of some level */
			pte &= ~((UINT64_C(1) << (PTE_PPN_SHIFT + 9 * rnd(5))) - 0x400);
		if (rnd(6) == 0)
			pte |= rnd(4) << 61;
		if (rnd(4) == 0)
			pte = (pte & ~(rnd(4) ? PTE_N_BITS : 0)) | PTE_N | PTE_N_64K;
	}
	if (rnd(30) == 0)
		pte ^= PTE_RSW60T59B & rnd(0);
	for (unsigned n = rnd(10) ? 0 : 1 + rnd(2); n; n--)
		pte ^= BIT(rnd(64));
	return pte;
}

static void some_ram(void)
{
	memset(&ram, 0, sizeof(ram));
	for (unsigned i = 0; i < ARRAY_SIZE(ram.word); i++)
		ram.word[i] = some_pte();
	for (unsigned i = 0; i < PAGES; i++)
		ram.rom[i] = rnd(12) == 0;
}

static void some_writes(void)
{
	bool lose = rnd(2);
	unsigned n = rnd(3) ? rnd(4) : rnd(3) ? 0 : WRITES;

	memset(ram.on_cas, 0, sizeof(ram.on_cas));
	for (unsigned i = 0; i < n && i < WRITES; i++) {
		ram.on_cas[i] = lose || rnd(2) ? LOSE : WRITE;
		/* sometimes what is there already, which is no change, or a leaf without A */
		ram.written[i] = rnd(2) ? some_pte() : some_pte() | PTE_V | PTE_RWX;
		if (rnd(50) == 0)
			ram.on_cas[i] = -NACRE_ENOENT;
	}
}

static struct vwalk_env some_env(void)
{
	uint64_t mode = rnd(50) ? 8 + rnd(3) : rnd(16), b = rnd(0) >> 7;

	return (struct vwalk_env){
		.vsatp = mode << 60 | rnd(1 << 16) << 44 | (some_page() & SATP_PPN),
		.user = b & 1,
		.sum = b & 2,
		.mxr = b & 4,
		.adue = b & 8,
		.pbmte = b & 0x10,
		.svnapot = b & 0x60,
		.svrsw60t59b = b & 0x80,
		.pmm = b >> 8 & 3,
	};
}

static uint64_t some_va(uint64_t vsatp)
{
	unsigned width = 39 + 9 * ((vsatp >> 60) + 8) % 16 % 3;
	uint64_t va = rnd(0);

	va = (uint64_t)((int64_t)(va << (64 - width)) >> (64 - width));
	if (rnd(4) == 0) /* a tag */
		va ^= rnd(0) << (rnd(2) ? 57 : 48);
	return rnd(20) ? va : va ^ BIT(rnd(64));
}

static void test_random(void **state)
{
	(void)state;
	for (unsigned round = 0; round < 200; round++) {
		some_ram();
		for (unsigned n = 0; n < 500; n++) {
			struct vwalk_env env = some_env();

			some_writes();
			compare(&env, some_va(env.vsatp), (enum vwalk_access)rnd(3));
			ram.word[rnd(ARRAY_SIZE(ram.word))] = some_pte();
		}
	}
	/* Nothing of it was vacuous. */
	for (unsigned level = 0; level < 5; level++)
		assert_true(seen.ok[level] > 30);
	assert_true(seen.napot > 100 && seen.ad > 500 && seen.retried > 100);
	assert_true(seen.cause[1] > 100 && seen.cause[5] > 100 && seen.cause[7] > 100);
	assert_true(seen.cause[12] > 1000 && seen.cause[13] > 1000 && seen.cause[15] > 1000);
	assert_true(seen.masked > 100);
	assert_true(seen.busy > 30 && seen.einval > 100 && seen.other > 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_random)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
