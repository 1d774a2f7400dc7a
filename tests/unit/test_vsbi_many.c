/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SBI calls of a guest with more harts than a word has bits: masks at every base, and legacy masks,
 * which are vectors of words then.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <core/errno.h>
#include <guest/vsbi.h>
#include <spec/sbi.h>
#include "../fake/core.h"
#include "../../guest/devices.h"

#define PC   UINT64_C(0x80001000)
#define MASK UINT64_C(0x80002000)

static const unsigned sizes[] = {63, 64, 65, 128, 129, FAKE_VCPUS};

static uint64_t rng = 88172645463325252U;

static uint64_t rnd(void)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return rng;
}

static void start(unsigned vcpus)
{
	fake_init(vcpus, VM_CONSOLE_UART);
	assert_int_equal(devices_create(&fake.vm), 0);
}

static bool ecall(uint64_t eid, uint64_t fid, uint64_t a0, uint64_t a1)
{
	uint64_t *x = fake.vcpu[0].ctx.x;

	memset(fake.on, 0, sizeof(fake.on));
	fake.reads = 0;
	x[REG_A0] = a0;
	x[REG_A1] = a1;
	x[REG_A1 + 1] = x[REG_A1 + 2] = 0; /* the whole address space */
	x[REG_A6] = fid;
	x[REG_A7] = eid;
	fake.vcpu[0].ctx.sepc = PC;
	return vsbi_ecall(&fake.vcpu[0]);
}

static bool told(unsigned n, bool fence)
{
	return fence ? fake.on[n].fence_i : fake.on[n].ssip;
}

/* Just the harts of this word, at this base, were told. */
static void check_told(uint64_t mask, unsigned base, bool fence)
{
	for (unsigned n = 0; n < fake.vm.nvcpus; n++)
		assert_int_equal(told(n, fence),
				 n >= base && n - base < 64 && (mask >> (n - base) & 1));
}

static void masks_at_every_base(void **state)
{
	(void)state;
	for (unsigned s = 0; s < ARRAY_SIZE(sizes); s++) {
		start(sizes[s]);
		for (unsigned base = 0; base < sizes[s]; base++) {
			unsigned left = sizes[s] - base;
			uint64_t mask = rnd() & (left < 64 ? BIT(left) - 1 : UINT64_MAX);

			assert_true(ecall(SBI_EXT_IPI, SBI_IPI_SEND_IPI, mask, base));
			assert_int_equal(fake.vcpu[0].ctx.x[REG_A0], SBI_SUCCESS);
			check_told(mask, base, false);
			assert_true(ecall(SBI_EXT_RFENCE, SBI_RFENCE_FENCE_I, mask, base));
			check_told(mask, base, true);
			if (left >= 64)
				continue;
			assert_true(ecall(SBI_EXT_IPI, SBI_IPI_SEND_IPI, mask | BIT(left), base));
			assert_int_equal((long)fake.vcpu[0].ctx.x[REG_A0], SBI_ERR_INVALID_PARAM);
			check_told(0, 0, false);
		}
		fake_free();
	}
}

/* A random vector of as many words as there are harts for, and not one more. */
static void legacy_vectors(void **state)
{
	(void)state;
	for (unsigned n = 0; n < 2000; n++) {
		unsigned vcpus = sizes[n % ARRAY_SIZE(sizes)], words = (vcpus + 63) / 64;
		bool bad = n / ARRAY_SIZE(sizes) % 4 == 0 && vcpus % 64, fence = n & 8;

		start(vcpus);
		for (unsigned w = 0; w < FAKE_READS; w++)
			fake.read_value[w] = rnd();
		if (vcpus % 64)
			fake.read_value[words - 1] &= BIT(vcpus % 64) - 1;
		if (bad)
			fake.read_value[words - 1] |= BIT(vcpus % 64);
		assert_true(
			ecall(fence ? SBI_LEGACY_REMOTE_FENCE_I : SBI_LEGACY_SEND_IPI, 0, MASK, 0));
		assert_int_equal((long)fake.vcpu[0].ctx.x[REG_A0], bad ? SBI_ERR_INVALID_PARAM : 0);
		assert_int_equal(fake.reads, words);
		assert_int_equal(fake.read_addr.v, MASK + 8 * (words - 1));
		for (unsigned i = 0; i < vcpus; i++)
			assert_int_equal(told(i, fence),
					 !bad && (fake.read_value[i / 64] >> i % 64 & 1));
		fake_free();
	}
}

/* The second word cannot be read: the guest gets the fault, and no hart was told. */
static void legacy_fault(void **state)
{
	(void)state;
	start(FAKE_VCPUS);
	fake.read_value[0] = UINT64_MAX;
	fake.read_faults = true;
	fake.reads_ok = 1;
	fake.fault = (struct guest_fault){.cause = CAUSE_LOAD_PAGE_FAULT, .stval = MASK + 8};
	assert_true(ecall(SBI_LEGACY_SEND_IPI, 0, MASK, 0));
	assert_int_equal(fake.vcpu[0].ctx.sepc, PC);
	assert_int_equal(fake.injects, 1);
	assert_int_equal(fake.stval, MASK + 8);
	check_told(0, 0, false);
	fake_free();
}

static void all(void **state)
{
	(void)state;
	start(FAKE_VCPUS);
	assert_true(ecall(SBI_LEGACY_SEND_IPI, 0, 0, 0));
	for (unsigned i = 0; i < FAKE_VCPUS; i++)
		assert_true(told(i, false));
	assert_true(ecall(SBI_EXT_RFENCE, SBI_RFENCE_FENCE_I, 0, UINT64_MAX));
	for (unsigned i = 0; i < FAKE_VCPUS; i++)
		assert_true(told(i, true));
	fake_free();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(masks_at_every_base),
		cmocka_unit_test(legacy_vectors),
		cmocka_unit_test(legacy_fault),
		cmocka_unit_test(all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
