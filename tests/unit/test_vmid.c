/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arch/riscv/vmid.c against harts that remember every translation until a fence obliges them to
 * forget it: whatever happened before, a vcpu hits only what it cached itself, and nothing from
 * before its own last fence.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <arch/vmid.h>

#define HARTS 3
#define VCPUS 7
#define TLB 64
#define VMIDS (1 << 14)

struct entry {
	bool valid;
	uint16_t vmid;
	uint64_t owner; /* identity of the vcpu (its slot is reused for later ones) */
	uint64_t made;
};

struct vcpu {
	struct vmid vmid;
	uint64_t identity, fenced;
	bool pending; /* a fence to carry out at the next entry */
	int hart;     /* where it is now, or -1 */
};

struct hart {
	struct vmid_pool pool;
	struct entry tlb[TLB];
	uint64_t flushes, last_vcpu;
};

static struct hart harts[HARTS];
static struct vcpu vcpus[VCPUS];
static uint64_t now, identities, news, keeps;
static uint64_t rng = 88172645463325252u;

/* What a careless caller would do; the test must notice. */
static bool careless_flush, careless_migration;

static uint64_t rnd(uint64_t n)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return rng % n;
}

static void flush(struct hart *h, int vmid)
{
	for (unsigned i = 0; i < TLB; i++)
		if (vmid < 0 || h->tlb[i].vmid == vmid)
			h->tlb[i].valid = false;
}

/* True unless the vcpu could hit an entry that it must not. */
static bool enter(struct hart *h, struct vcpu *v)
{
	enum vmid_answer answer;

	if (careless_migration)
		v->vmid.hart = h->pool.hart;
	answer = vmid_assign(&h->pool, &v->vmid);
	if (answer == VMID_NEW_FLUSH) {
		h->flushes++;
		if (!careless_flush)
			flush(h, -1);
	}
	news += answer != VMID_KEEP;
	keeps += answer == VMID_KEEP;
	assert_true(v->vmid.number <= h->pool.last);
	assert_int_equal(v->vmid.number == 0, h->pool.last == 0);
	if (v->pending) {
		flush(h, v->vmid.number);
		v->pending = false;
	}
	h->last_vcpu = v->identity;
	for (unsigned i = 0; i < TLB; i++) {
		const struct entry *e = &h->tlb[i];

		if (e->valid && e->vmid == v->vmid.number &&
		    (e->owner != v->identity || e->made < v->fenced))
			return false;
	}
	for (uint64_t n = rnd(6); n > 0; n--)
		h->tlb[rnd(TLB)] = (struct entry){true, v->vmid.number, v->identity, now};
	return true;
}

static bool step(unsigned nvcpus)
{
	struct vcpu *v = &vcpus[rnd(nvcpus)];

	now++;
	switch (rnd(16)) {
	case 0: /* somebody wants its translations fenced, wherever it is */
		v->fenced = now;
		v->pending = true;
		return true;
	case 1: /* destroyed, and another made in its place */
		if (rnd(4) == 0) {
			vmid_release(&v->vmid);
			*v = (struct vcpu){.identity = ++identities, .hart = -1};
		}
		return true;
	case 2: /* its address space is thrown away: all that it cached is old, no fence follows */
		vmid_release(&v->vmid);
		v->fenced = now;
		return true;
	case 3: /* migrates */
		v->hart = (int)rnd(HARTS);
		return true;
	default:
		if (v->hart < 0)
			v->hart = (int)rnd(HARTS);
		return enter(&harts[v->hart], v);
	}
}

static bool history(unsigned bits, unsigned nvcpus, unsigned steps)
{
	memset(vcpus, 0, sizeof(vcpus));
	for (unsigned i = 0; i < VCPUS; i++)
		vcpus[i] = (struct vcpu){.identity = ++identities, .hart = -1};
	for (unsigned i = 0; i < HARTS; i++) {
		memset(&harts[i], 0, sizeof(harts[i]));
		vmid_pool_init(&harts[i].pool, i, bits);
		/* Left by whatever ran before. */
		for (unsigned k = 0; k < TLB; k++)
			harts[i].tlb[k] =
				(struct entry){true, (uint16_t)(k & ((1U << bits) - 1)), 0, 0};
	}
	news = keeps = 0;
	while (steps--)
		if (!step(nvcpus))
			return false;
	return true;
}

static void test_history(void **state)
{
	static const unsigned widths[] = {0, 1, 2, 3, 14};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(widths); i++)
		for (unsigned n = 1; n <= VCPUS; n++) {
			assert_true(history(widths[i], n, 60000));
			assert_true(keeps > 0 && news > 0);
		}
}

static void test_model_notices(void **state)
{
	(void)state;
	careless_flush = true;
	assert_false(history(0, 2, 60000));
	assert_false(history(1, 2, 60000));
	assert_false(history(2, VCPUS, 60000));
	assert_false(history(14, 2, 60000)); /* what was left from before */
	careless_flush = false;
	careless_migration = true;
	assert_false(history(2, VCPUS, 60000));
	careless_migration = false;
}

static void test_answers(void **state)
{
	struct vmid_pool p, q;
	struct vmid a = {0}, b = {0};

	(void)state;
	vmid_pool_init(&p, 0, 2);
	assert_int_equal(vmid_assign(&p, &a), VMID_NEW_FLUSH); /* never trust what is there */
	assert_int_equal(vmid_assign(&p, &a), VMID_KEEP);
	assert_int_equal(vmid_assign(&p, &b), VMID_NEW);
	assert_int_not_equal(a.number, b.number);
	vmid_release(&b);
	assert_int_equal(vmid_assign(&p, &b), VMID_NEW);
	assert_int_equal(b.number, 3);
	vmid_release(&b);
	assert_int_equal(vmid_assign(&p, &b), VMID_NEW_FLUSH);
	assert_int_equal(vmid_assign(&p, &a), VMID_NEW); /* its generation is over */

	/* A stay on another hart ends the one on the first, even though both are in the same
	 * generation. */
	vmid_pool_init(&q, 1, 2);
	assert_int_equal(vmid_assign(&q, &a), VMID_NEW_FLUSH);
	assert_int_equal(vmid_assign(&p, &a), VMID_NEW);
	assert_int_equal(a.number, 3);

	/* No VMIDs: only the same vcpu again needs no flush. */
	vmid_pool_init(&p, 0, 0);
	assert_int_equal(vmid_assign(&p, &a), VMID_NEW_FLUSH);
	assert_int_equal(vmid_assign(&p, &a), VMID_KEEP);
	assert_int_equal(vmid_assign(&p, &b), VMID_NEW_FLUSH);
	assert_int_equal(vmid_assign(&p, &a), VMID_NEW_FLUSH);
	assert_int_equal(a.number, 0);
}

/* With 14 bits there is one flush per 16383 numbers, and each number is given out once in between.
 */
static void test_exhaustion(void **state)
{
	static bool used[VMIDS];
	struct vmid_pool p;

	(void)state;
	vmid_pool_init(&p, 5, 99);
	assert_int_equal(p.last, VMIDS - 1);
	for (unsigned i = 0; i < 3 * (VMIDS - 1); i++) {
		struct vmid v = {0};
		enum vmid_answer answer = vmid_assign(&p, &v);

		assert_int_equal(answer, i % (VMIDS - 1) ? VMID_NEW : VMID_NEW_FLUSH);
		if (answer == VMID_NEW_FLUSH)
			memset(used, 0, sizeof(used));
		assert_true(v.number > 0 && v.number < VMIDS && !used[v.number]);
		used[v.number] = true;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_history),
		cmocka_unit_test(test_model_notices),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_exhaustion),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
