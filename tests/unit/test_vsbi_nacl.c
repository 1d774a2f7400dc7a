/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * guest/nested/vsbi_nacl.c: every error code of every function, in each of the 16 sets of features;
 * CSRs and fences that a consumer packs arrive as they are; and memory with any content, while
 * somebody else writes to it, harms nobody.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <arch/nacl_shmem.h>
#include <guest/vsbi.h>
#include <spec/csr.h>
#include "../fake/core.h"
#include "../fake/nested.h"
#include "../../guest/devices.h"

#define ONES	UINT64_MAX
#define SHMEM	UINT64_C(0x80003000)
#define RAM_END (VM_RAM_BASE + FAKE_RAM)
#define PC	UINT64_C(0x80001000)

static struct vcpu *self;
static struct nacl_shmem *shmem;

static uint64_t rng = 0x9e3779b97f4a7c15;

static uint64_t rnd(uint64_t n)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return rng % n;
}

static struct nested *nested(void)
{
	return self->nested;
}

static void start(uint8_t features)
{
	fake_init(2, VM_CONSOLE_NONE);
	assert_int_equal(devices_create(&fake.vm), 0);
	fake.vm.isa.w[ISA_H / 64] |= BIT(ISA_H % 64);
	fake.vm.cfg.nacl = true;
	fake.vm.cfg.nacl_features = features;
	self = &fake.vcpu[1];
	fake_nested_init(self);
	shmem = vm_ram(&fake.vm, gpa(SHMEM), NACL_SHMEM_SIZE);
}

static int setup(void **state)
{
	(void)state;
	start(NACL_FEATURES);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fake_free();
	return 0;
}

/* Through the dispatcher. The error; a reply that does not come back is 1. */
static long call(uint64_t fid, uint64_t a0, uint64_t a1, uint64_t a2)
{
	uint64_t *x = self->ctx.x;
	unsigned srets = fake_nested.srets;

	self->ctx.sepc = PC;
	x[REG_A0] = a0;
	x[REG_A1] = a1;
	x[12] = a2;
	x[REG_A6] = fid;
	x[REG_A7] = SBI_EXT_NACL;
	assert_true(vsbi_ecall(self));
	if (fake_nested.srets != srets) {
		assert_int_equal(self->ctx.sepc, PC);
		return 1;
	}
	assert_int_equal(self->ctx.sepc, PC + 4);
	return (long)x[REG_A0];
}

static long set_shmem(uint64_t lo, uint64_t hi, uint64_t flags)
{
	return call(SBI_NACL_SET_SHMEM, lo, hi, flags);
}

static void set(void)
{
	memset(shmem, 0, sizeof(*shmem));
	assert_int_equal(set_shmem(SHMEM, 0, 0), 0);
}

static uint64_t csr(unsigned n)
{
	uint64_t v = 0;

	ncsr_read(&nested()->file, n, &v);
	return v;
}

static void expect_space_true(void)
{
	for (unsigned i = 0, n; (n = ncsr_number(i)); i++)
		assert_int_equal(nacl_csr_get(shmem, n), csr(n));
}

/* ---- Who has it ---- */

static void test_present(void **state)
{
	(void)state;
	assert_true(vsbi_has(&fake.vm, SBI_EXT_NACL));
	fake.vm.cfg.nacl = false;
	assert_false(vsbi_has(&fake.vm, SBI_EXT_NACL));
	for (uint64_t fid = 0; fid < 6; fid++)
		assert_int_equal(call(fid, ONES, ONES, 0), SBI_ERR_NOT_SUPPORTED);
	fake.vm.cfg.nacl = true;
	fake.vm.isa.w[ISA_H / 64] = 0;
	assert_false(vsbi_has(&fake.vm, SBI_EXT_NACL));
	self->nested = NULL;
	assert_int_equal(call(SBI_NACL_SET_SHMEM, SHMEM, 0, 0), SBI_ERR_NOT_SUPPORTED);
}

/* Every function in every set of features, with and without memory. */
static void test_features(void **state)
{
	(void)state;
	for (unsigned f = 0; f < 16; f++) {
		fake_free();
		start((uint8_t)f);
		for (uint64_t id = 0; id < 70; id++) {
			assert_int_equal(call(SBI_NACL_PROBE_FEATURE, id, 0, 0), 0);
			assert_int_equal(self->ctx.x[REG_A1], id < 4 && (f >> id & 1));
			assert_int_equal(call(SBI_NACL_PROBE_FEATURE, id | BIT(40), 0, 0), 0);
			assert_int_equal(self->ctx.x[REG_A1], id < 4 && (f >> id & 1));
		}
		for (unsigned with = 0; with < 2; with++) {
			long there = with ? 0 : SBI_ERR_NO_SHMEM;

			assert_int_equal(call(SBI_NACL_SYNC_CSR, ONES, 0, 0),
					 f & 1 ? there : SBI_ERR_NOT_SUPPORTED);
			assert_int_equal(call(SBI_NACL_SYNC_HFENCE, ONES, 0, 0),
					 f & 2 ? there : SBI_ERR_NOT_SUPPORTED);
			assert_int_equal(call(SBI_NACL_SYNC_SRET, 0, 0, 0),
					 !(f & 4) ? SBI_ERR_NOT_SUPPORTED
					 : with	  ? 1
						  : SBI_ERR_NO_SHMEM);
			set();
		}
		assert_int_equal(call(5, 0, 0, 0), SBI_ERR_NOT_SUPPORTED);
		assert_int_equal(call(ONES, 0, 0, 0), SBI_ERR_NOT_SUPPORTED);
		assert_int_equal(call(BIT(32), 0, 0, 0), SBI_ERR_NOT_SUPPORTED);
	}
}

/* ---- set_shmem ---- */

static void test_set_errors(void **state)
{
	static const struct {
		uint64_t lo, hi, flags;
		long error;
	} rows[] = {
		{SHMEM, 0, 1, SBI_ERR_INVALID_PARAM},
		{SHMEM, 0, BIT(63), SBI_ERR_INVALID_PARAM},
		{ONES, ONES, 1, SBI_ERR_INVALID_PARAM},
		{SHMEM + 1, 0, 0, SBI_ERR_INVALID_PARAM},
		{SHMEM + 0x800, 0, 0, SBI_ERR_INVALID_PARAM},
		{ONES, 0, 0, SBI_ERR_INVALID_PARAM},
		{SHMEM, 1, 0, SBI_ERR_INVALID_ADDRESS},
		{SHMEM, ONES, 0, SBI_ERR_INVALID_ADDRESS},
		{0, ONES, 0, SBI_ERR_INVALID_ADDRESS},
		{0, 0, 0, SBI_ERR_INVALID_ADDRESS},
		{VM_RAM_BASE - 0x1000, 0, 0, SBI_ERR_INVALID_ADDRESS},
		{RAM_END, 0, 0, SBI_ERR_INVALID_ADDRESS},
		{RAM_END - 0x1000, 0, 0, SBI_ERR_INVALID_ADDRESS},
		{RAM_END - 0x2000, 0, 0, SBI_ERR_INVALID_ADDRESS},
		{-UINT64_C(0x1000), 0, 0, SBI_ERR_INVALID_ADDRESS},
		{-UINT64_C(0x3000), 0, 0, SBI_ERR_INVALID_ADDRESS},
		{RAM_END - 0x3000, 0, 0, 0},
		{VM_RAM_BASE, 0, 0, 0},
		{ONES, ONES, 0, 0},
		{ONES, ONES, 0, 0},
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		struct nacl_shmem *before = nested()->shmem;

		assert_int_equal(set_shmem(rows[i].lo, rows[i].hi, rows[i].flags), rows[i].error);
		if (rows[i].error)
			assert_ptr_equal(nested()->shmem, before);
		else if (rows[i].lo == ONES)
			assert_null(nested()->shmem);
		else
			assert_ptr_equal(nested()->shmem, vm_ram(&fake.vm, gpa(rows[i].lo), 1));
	}
}

/* What a set shows; where it was set before is left alone from then on. */
static void test_set(void **state)
{
	static uint8_t before[NACL_SHMEM_SIZE];
	struct nacl_shmem *other = vm_ram(&fake.vm, gpa(SHMEM + 0x4000), NACL_SHMEM_SIZE);

	(void)state;
	ncsr_write(&nested()->file, CSR_VSSCRATCH, 0x1234);
	set();
	expect_space_true();
	for (unsigned i = 0; i < sizeof(*shmem) / 8; i++) /* nothing but the CSR space is written */
		assert_true(i >= 512 || ((uint64_t *)shmem)[i] == 0);
	memcpy(before, shmem, sizeof(before));
	assert_int_equal(set_shmem(SHMEM + 0x4000, 0, 0), 0);
	assert_int_equal(nacl_csr_get(other, CSR_VSSCRATCH), 0x1234);
	nested_csr_write(self, CSR_VSSCRATCH, 5);
	nacl_show_csr(self, CSR_VSSCRATCH);
	assert_int_equal(nacl_csr_get(other, CSR_VSSCRATCH), 5);
	assert_memory_equal(before, shmem, sizeof(before));
	assert_int_equal(set_shmem(ONES, ONES, 0), 0);
	memcpy(before, other, sizeof(before));
	nested_csr_write(self, CSR_VSSCRATCH, 6);
	nacl_show_csr(self, CSR_VSSCRATCH);
	assert_null(nested()->shmem); /* nothing else is left to be shown */
	assert_memory_equal(before, other, sizeof(before));
}

/* ---- sync_csr ---- */

static void test_csr_numbers(void **state)
{
	(void)state;
	set();
	for (uint64_t n = 0; n < 0x2000; n++) {
		uint64_t v;
		bool there = n < 0x1000 && ncsr_read(&nested()->file, (unsigned)n, &v);

		assert_int_equal(call(SBI_NACL_SYNC_CSR, n, 0, 0),
				 there ? 0 : SBI_ERR_INVALID_PARAM);
		assert_true(!there || nacl_csr_valid(n));
		assert_int_equal(call(SBI_NACL_SYNC_CSR, n | BIT(32), 0, 0), SBI_ERR_INVALID_PARAM);
		assert_int_equal(call(SBI_NACL_SYNC_CSR, n | BIT(63), 0, 0), SBI_ERR_INVALID_PARAM);
	}
	nested()->file.can.sstc = false;
	assert_int_equal(call(SBI_NACL_SYNC_CSR, CSR_VSTIMECMP, 0, 0), SBI_ERR_INVALID_PARAM);
}

/* Against a file that is written by instructions in the order of dependence. */
static void test_csr_history(void **state)
{
	struct ncsr_file model;

	(void)state;
	set();
	model = nested()->file;
	for (unsigned round = 0; round < 20000; round++) {
		uint64_t put[32], n = 0;
		bool dirty[32] = {0};
		unsigned one = rnd(3) ? 0 : ncsr_number((unsigned)rnd(28));

		for (unsigned i = 0; ncsr_number(i); i++, n++) {
			put[i] = rnd(ONES) >> rnd(64);
			if (rnd(4))
				continue;
			dirty[i] = true;
			nacl_csr_put(shmem, ncsr_number(i), put[i]);
			if (!one || ncsr_number(i) == one)
				ncsr_write(&model, ncsr_number(i), put[i]);
		}
		assert_int_equal(call(SBI_NACL_SYNC_CSR, one ? one : ONES, 0, 0), 0);
		assert_memory_equal(&nested()->file, &model, sizeof(model));
		for (unsigned i = 0; i < n; i++) {
			bool still = dirty[i] && one && ncsr_number(i) != one;

			assert_int_equal(nacl_csr_dirty(shmem, ncsr_number(i)), still);
			assert_int_equal(nacl_csr_get(shmem, ncsr_number(i)),
					 still ? put[i] : csr(ncsr_number(i)));
		}
		if (rnd(2)) /* what has not been asked for may be withdrawn */
			memset(shmem->dirty, 0, sizeof(shmem->dirty));
		assert_int_equal(call(SBI_NACL_SYNC_CSR, ONES, 0, 0), 0);
		model = nested()->file;
		expect_space_true();
	}
}

/* Whatever bits are set; words of the bitmap without a CSR are L1's own business. */
static void test_csr_unknown_bits(void **state)
{
	(void)state;
	set();
	memset(shmem->dirty, 0xff, sizeof(shmem->dirty));
	assert_int_equal(call(SBI_NACL_SYNC_CSR, ONES, 0, 0), 0);
	for (unsigned i = 0; i < NACL_CSR_WORDS / 64; i++)
		assert_int_equal(shmem->dirty[i], i < 7 && i != 3 ? 0 : i == 12 ? 0 : UINT64_MAX);
}

/* An emulated write shows at once, in all the CSRs that it changes. */
static void test_show(void **state)
{
	(void)state;
	set();
	for (unsigned round = 0; round < 20000; round++) {
		unsigned n = ncsr_number((unsigned)rnd(28));

		nested()->file.vstip = rnd(2); /* time has passed, but is looked at in an order */
		nested_csr_write(self, n, rnd(ONES));
		nacl_show_csr(self, n);
		nacl_show_csr(self, CSR_HIP);
		expect_space_true();
	}
}

/* ---- sync_hfence ---- */

static struct hfence random_request(void)
{
	struct hfence h = {0};

	assert_int_equal(hfence_make(&h, (unsigned)rnd(8), (uint16_t)rnd(0x10000),
				     rnd(ONES) >> rnd(40), rnd(0x40000)),
			 0);
	if (h.type >= NACL_HFENCE_GVMA_VMID)
		h.vmid = (uint16_t)rnd(0x4000);
	return h;
}

static void expect_same(const struct hfence *a, const struct hfence *b)
{
	assert_int_equal(a->type, b->type);
	assert_int_equal(a->order, b->order);
	assert_int_equal(a->asid, b->asid); /* the slot has the VMID */
	assert_int_equal(a->addr, b->addr);
	assert_int_equal(a->count, b->count);
}

#define L1_VMID 5

/* The slot has this VMID of L1: what arrives there for one request alone. */
static void expect_one(const struct hfence *h)
{
	const struct shadow *slot = &nested()->slot[0];
	bool mine = h->type < NACL_HFENCE_GVMA_VMID || h->vmid == L1_VMID;
	bool vvma = hfence_is_vvma(h), all = hfence_is_all(h);
	uint64_t size = (h->count << PAGE_SHIFT) << h->order;

	assert_int_equal(slot->nfences, mine && vvma);
	assert_int_equal(fake_nested.clears, mine && !vvma && all);
	assert_int_equal(fake_nested.forgets, mine && !vvma && !all);
	if (mine && vvma)
		expect_same(&slot->fence[0].h, h);
	if (fake_nested.forgets) {
		assert_int_equal(fake_nested.first, h->addr);
		assert_int_equal(fake_nested.last, h->addr + size - 1);
	}
}

static void forget_notes(void)
{
	fake_nested.clears = fake_nested.forgets = 0;
	nested()->slot[0].nfences = 0;
}

static void test_hfences(void **state)
{
	(void)state;
	set();
	nested()->slot[0].l1_vmid = L1_VMID;
	for (unsigned round = 0; round < 5000; round++) {
		unsigned i = (unsigned)rnd(NACL_HFENCE_ENTRIES);
		struct hfence h = random_request();

		if (h.type >= NACL_HFENCE_GVMA_VMID && rnd(4))
			h.vmid = L1_VMID;
		forget_notes();
		assert_int_equal(nacl_hfence_pack(&shmem->hfence[i], &h), 0);
		assert_int_equal(call(SBI_NACL_SYNC_HFENCE, 60 + rnd(1000), 0, 0),
				 SBI_ERR_INVALID_PARAM);
		assert_int_equal(call(SBI_NACL_SYNC_HFENCE, ONES - 1, 0, 0), SBI_ERR_INVALID_PARAM);
		assert_int_equal(call(SBI_NACL_SYNC_HFENCE, (i + 1) % 60, 0, 0), 0);
		assert_true(nacl_hfence_pending(&shmem->hfence[i]));
		assert_int_equal(call(SBI_NACL_SYNC_HFENCE, rnd(2) ? i : ONES, 0, 0), 0);
		assert_false(nacl_hfence_pending(&shmem->hfence[i]));
		expect_one(&h);
	}
}

/* Any number of them at once; more than the slot has room for become everything. */
static void test_many_hfences(void **state)
{
	(void)state;
	set();
	nested()->slot[0].l1_vmid = L1_VMID;
	for (unsigned n = 0; n <= NACL_HFENCE_ENTRIES; n++) {
		unsigned hint = (unsigned)rnd(60);
		struct hfence h;

		forget_notes();
		for (unsigned i = 0; i < n; i++) {
			assert_int_equal(hfence_make(&h, NACL_HFENCE_VVMA, 0, i * 4096, 4096), 0);
			h.vmid = L1_VMID;
			assert_int_equal(
				nacl_hfence_pack(&shmem->hfence[nacl_hfence_free(shmem, &hint)],
						 &h),
				0);
		}
		assert_int_equal(call(SBI_NACL_SYNC_HFENCE, ONES, 0, 0), 0);
		assert_int_equal(nested()->slot[0].nfences,
				 n <= SHADOW_FENCES ? n : SHADOW_FENCES + 1);
		for (unsigned i = 0; i < NACL_HFENCE_ENTRIES; i++)
			assert_false(nacl_hfence_pending(&shmem->hfence[i]));
	}
	shmem->hfence[59].config = NACL_HFENCE_PENDING | BIT(30); /* reserved */
	assert_int_equal(call(SBI_NACL_SYNC_HFENCE, ONES, 0, 0), 0);
	assert_int_equal(fake_nested.clears, 1);
	assert_int_equal(nested()->slot[0].nfences, 0);
}

/* ---- sync_sret and autoswap ---- */

static void test_sret(void **state)
{
	(void)state;
	for (unsigned f = 0; f < 16; f++) {
		const uint64_t old = HSTATUS_VSXL64, swap = HSTATUS_VSXL64 | HSTATUS_SPV;

		fake_free();
		start((uint8_t)(f | 4));
		set();
		for (unsigned i = 1; i < 32; i++)
			shmem->sret_x[i] = rnd(ONES);
		nacl_csr_put(shmem, CSR_VSSCRATCH, 77);
		nacl_csr_put(shmem, CSR_HEDELEG,
			     ONES); /* L2 does not change it, but not all bits are taken */
		assert_int_equal(nacl_hfence_pack(&shmem->hfence[7],
						  &(struct hfence){.type = NACL_HFENCE_GVMA_ALL}),
				 0);
		nacl_autoswap_enable(shmem, swap | BIT(63)); /* as a write would take it */
		assert_int_equal(call(SBI_NACL_SYNC_SRET, 0, 0, 0), 1);
		assert_memory_equal(&self->ctx.x[1], &shmem->sret_x[1], 31 * 8);
		assert_int_equal(fake_nested.at_sret.vs.vsscratch, f & 1 ? 77 : 0);
		assert_int_equal(fake_nested.clears, f >> 1 & 1);
		assert_int_equal(nacl_hfence_pending(&shmem->hfence[7]), !(f & 2));
		assert_int_equal(fake_nested.at_sret.hstatus, f & 8 ? swap : old);
		assert_int_equal(shmem->autoswap.hstatus, f & 8 ? old : (swap | BIT(63)));
		/* L2 has changed things, and is left. */
		nested()->file.vs.vsepc = 0x1234;
		nested()->file.hstatus |= HSTATUS_GVA;
		nacl_swap(nested());
		nacl_left(self);
		assert_int_equal(csr(CSR_HSTATUS), f & 8 ? old : (old | HSTATUS_GVA));
		assert_int_equal(shmem->autoswap.hstatus,
				 f & 8 ? (swap | HSTATUS_GVA) : (swap | BIT(63)));
		assert_int_equal(nacl_csr_get(shmem, CSR_VSEPC), 0x1234);
		if (f & 1)
			expect_space_true();
	}
}

/* ---- Any content ---- */

static void test_any_content(void **state)
{
	(void)state;
	for (unsigned round = 0; round < 2000; round++) {
		uint64_t *words = (uint64_t *)shmem;

		if (round % 50 == 0)
			set();
		for (unsigned n = (unsigned)rnd(2000); n; n--)
			words[rnd(sizeof(*shmem) / 8)] =
				rnd(4) ? rnd(ONES) : rnd(16) << 56 | BIT(63);
		call(rnd(5), rnd(2) ? ONES : rnd(4096), 0, 0);
		if (rnd(2))
			nacl_left(self);
		if (!nested()->shmem)
			set();
	}
}

int main(void)
{
#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_present),
		TEST(test_features),
		TEST(test_set_errors),
		TEST(test_set),
		TEST(test_csr_numbers),
		TEST(test_csr_history),
		TEST(test_csr_unknown_bits),
		TEST(test_show),
		TEST(test_hfences),
		TEST(test_many_hfences),
		TEST(test_sret),
		TEST(test_any_content),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
