/* SPDX-License-Identifier: BSD-2-Clause */
/* SBI RFENCE's HFENCE functions as a guest with the hypervisor extension calls them: who is asked
 * for what, in whose numbers, and which arguments are refused. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include <guest/vsbi.h>
#include "../fake/core.h"

#define VCPUS	5
#define SELF	2
#define ALL	UINT64_MAX
#define UNUSED	UINT64_C(0xa5c3f00d12345678)
#define CALLERS 0x2345
#define FIRST	SBI_RFENCE_HFENCE_GVMA_VMID
#define LAST	SBI_RFENCE_HFENCE_VVMA

static unsigned callers_vmid(const struct vcpu *v)
{
	assert_int_equal(v->id, SELF);
	return CALLERS;
}

static int setup(void **state)
{
	static const struct vm_ops ops = {.vcpu_vmid = callers_vmid};

	(void)state;
	fake_init(VCPUS, VM_CONSOLE_NONE);
	fake.vm.ops = &ops;
	fake.vm.isa.w[ISA_H / 64] |= BIT(ISA_H % 64);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fake_free();
	return 0;
}

static long call(uint64_t fid, const uint64_t a[6])
{
	struct sbi_reply r = vsbi_rfence(&fake.vcpu[SELF], fid, a);

	assert_int_equal(r.value, 0);
	assert_int_equal(r.then, VSBI_RESUME);
	return r.error;
}
#define CALL(fid, ...) call(fid, (const uint64_t[6]){__VA_ARGS__})

/* Each of the set has been asked once, and awaited unless it is the caller; nobody else. */
static void check_asked(uint64_t set)
{
	for (unsigned n = 0; n < VCPUS; n++) {
		const struct fake_vcpu *f = &fake.on[n];
		unsigned in = set >> n & 1;

		assert_int_equal(f->fence_i, 0);
		assert_int_equal(f->hfences, n != SELF ? in : 0);
		assert_int_equal(f->hfences_self, n == SELF ? in : 0);
		assert_int_equal(f->waits, n != SELF ? in : 0);
		assert_int_equal(f->hfence.l2, in);
	}
}

static void test_masks(void **state)
{
	static const struct {
		uint64_t mask, base, set;
		long error;
	} masks[] = {
		{0, 0, 0, 0},
		{1, SELF, BIT(SELF), 0},
		{0x1f, 0, 0x1f, 0},
		{3, 3, BIT(3) | BIT(4), 0},
		{UNUSED, ALL, 0x1f, 0},
		{BIT(VCPUS), 0, 0, SBI_ERR_INVALID_PARAM},
		{7, 3, 0, SBI_ERR_INVALID_PARAM},
		{4, ALL - 1, 0, SBI_ERR_INVALID_PARAM}, /* wraps to hart 0 */
	};

	(void)state;
	for (uint64_t fid = FIRST; fid <= LAST; fid++)
		for (unsigned i = 0; i < ARRAY_SIZE(masks); i++) {
			memset(fake.on, 0, sizeof(fake.on));
			assert_int_equal(CALL(fid, masks[i].mask, masks[i].base, 0x1234, 0x2000, 7),
					 masks[i].error);
			check_asked(masks[i].set);
		}
}

static void test_requests(void **state)
{
	static const struct {
		uint64_t start, size, addr, count;
	} ranges[] = {
		{0, 0, 0, 0},
		{0x1000, ALL, 0, 0},
		{0, 1, 0, 1},
		{0x1234, 0x2000, 0x1000, 3},
		{ALL, 1, ~UINT64_C(0xfff), 1},
		{ALL, 2, 0, 0},
		{0, UINT64_C(1) << 30, 0, 0},
	};
	static const struct {
		unsigned type;
		uint64_t arg;
		uint16_t vmid, asid;
	} want[] = {
		{NACL_HFENCE_GVMA_VMID, 0x3fff, 0x3fff, 0},
		{NACL_HFENCE_GVMA, UNUSED, 0, 0},
		{NACL_HFENCE_VVMA_ASID, 0xffff, CALLERS, 0xffff},
		{NACL_HFENCE_VVMA, UNUSED, CALLERS, 0},
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(ranges); i++)
		for (unsigned f = 0; f < ARRAY_SIZE(want); f++) {
			const struct hfence *h = &fake.on[0].hfence;

			assert_int_equal(CALL(FIRST + f, 0, ALL, ranges[i].start, ranges[i].size,
					      want[f].arg),
					 0);
			assert_int_equal(h->type, want[f].type | !ranges[i].count);
			assert_int_equal(h->vmid, want[f].vmid);
			assert_int_equal(h->asid, want[f].asid);
			assert_int_equal(h->addr, ranges[i].addr);
			assert_int_equal(h->count, ranges[i].count);
			assert_true(h->l2);
			assert_memory_equal(h, &fake.on[SELF].hfence, sizeof(*h));
		}
}

static void test_numbers(void **state)
{
	static const uint64_t vmids[] = {0x4000, 0xffff, BIT(32), ALL};
	static const uint64_t asids[] = {0x10000, BIT(32), ALL};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(vmids); i++)
		assert_int_equal(CALL(SBI_RFENCE_HFENCE_GVMA_VMID, 0, ALL, 0, 0, vmids[i]),
				 SBI_ERR_INVALID_PARAM);
	for (unsigned i = 0; i < ARRAY_SIZE(asids); i++)
		assert_int_equal(CALL(SBI_RFENCE_HFENCE_VVMA_ASID, 0, ALL, 0, 0, asids[i]),
				 SBI_ERR_INVALID_PARAM);
	assert_int_equal(CALL(LAST + 1, 0, ALL, 0, 0, 0), SBI_ERR_NOT_SUPPORTED);
	check_asked(0);
}

/* The guest's own fences are not of the other sort; without H there is only theirs. */
static void test_sorts(void **state)
{
	(void)state;
	assert_int_equal(CALL(SBI_RFENCE_SFENCE_VMA, 0, ALL, 0x1000, 0x1000), 0);
	assert_false(fake.on[0].hfence.l2);
	assert_false(fake.on[SELF].hfence.l2);
	memset(&fake.vm.isa, 0, sizeof(fake.vm.isa));
	memset(fake.on, 0, sizeof(fake.on));
	for (uint64_t fid = FIRST; fid <= LAST; fid++) {
		assert_int_equal(CALL(fid, 0, ALL, 0, 0, 0), SBI_ERR_NOT_SUPPORTED);
		assert_int_equal(CALL(fid, 1, VCPUS, 0, 0, 0), SBI_ERR_INVALID_PARAM);
	}
	check_asked(0);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_masks),
		TEST(test_requests),
		TEST(test_numbers),
		TEST(test_sorts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
