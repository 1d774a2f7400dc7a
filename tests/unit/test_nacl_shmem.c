/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arch/riscv/nacl_shmem.c: what the consumer puts into the shared memory is what the provider takes
 * out of it, for every CSR number and random fences; and what makes no sense is never read as less
 * than it could mean.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <arch/nacl_shmem.h>
#include <core/errno.h>
#include <spec/csr.h>

static uint64_t rng = 0x9e3779b97f4a7c15;

static uint64_t rnd(uint64_t n)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return rng % n;
}

static struct nacl_shmem shmem;

/* ---- CSR space ---- */

/* The specification's table of index ranges, row by row. */
static void test_index(void **state)
{
	static const struct {
		unsigned csr, index, count;
	} rows[] = {
		{0x200, 0x000, 0x100}, {0x600, 0x100, 0x80}, {0x680, 0x180, 0x40},
		{0x6c0, 0x1c0, 0x40},  {0xa00, 0x200, 0x80}, {0xa80, 0x280, 0x40},
		{0xac0, 0x2c0, 0x40},  {0xe00, 0x300, 0x80}, {0xe80, 0x380, 0x40},
		{0xec0, 0x3c0, 0x40},
	};
	unsigned n = 0;

	(void)state;
	for (unsigned r = 0; r < ARRAY_SIZE(rows); r++)
		for (unsigned i = 0; i < rows[r].count; i++, n++) {
			assert_int_equal(NACL_CSR_INDEX(rows[r].csr + i), rows[r].index + i);
			assert_int_equal(nacl_csr_at(rows[r].index + i), rows[r].csr + i);
			assert_true(nacl_csr_valid(rows[r].csr + i));
		}
	assert_int_equal(n, NACL_CSR_WORDS);
	for (uint64_t csr = 0; csr < 0x2000; csr++)
		n -= nacl_csr_valid(csr);
	assert_int_equal(n, 0);
	assert_false(nacl_csr_valid(UINT64_MAX));
	assert_false(nacl_csr_valid(BIT(32) | CSR_HSTATUS));
}

/* One CSR after the other: only its own word and bit change, and the value arrives once. */
static void test_each_csr(void **state)
{
	(void)state;
	for (unsigned i = 0; i < NACL_CSR_WORDS; i++) {
		unsigned csr = nacl_csr_at(i);
		uint64_t v = rnd(UINT64_MAX), got = 0, set = 0;

		memset(&shmem, 0, sizeof(shmem));
		assert_false(nacl_csr_take(&shmem, csr, &got));
		nacl_csr_put(&shmem, csr, v);
		assert_int_equal(shmem.csr[i], v);
		assert_int_equal(shmem.dirty[i / 64], BIT(i % 64));
		for (unsigned k = 0; k < NACL_CSR_WORDS; k++)
			set += shmem.csr[k] != 0;
		assert_int_equal(set, v != 0);
		assert_true(nacl_csr_take(&shmem, csr, &got));
		assert_int_equal(got, v);
		assert_int_equal(shmem.dirty[i / 64], 0);
		assert_false(nacl_csr_take(&shmem, csr, &got));
		nacl_csr_show(&shmem, csr, ~v);
		assert_int_equal(nacl_csr_get(&shmem, csr), ~v);
		assert_int_equal(shmem.dirty[i / 64], 0);
	}
}

/* Many CSRs and any order of puts and takes, against an array. */
static void test_csr_history(void **state)
{
	static uint64_t value[NACL_CSR_WORDS];
	static bool dirty[NACL_CSR_WORDS];

	(void)state;
	memset(&shmem, 0, sizeof(shmem));
	for (unsigned step = 0; step < 200000; step++) {
		unsigned i = (unsigned)rnd(NACL_CSR_WORDS), csr = nacl_csr_at(i);
		uint64_t v = rnd(UINT64_MAX), mask = v & rnd(UINT64_MAX), bits;

		if (rnd(3)) {
			nacl_csr_put(&shmem, csr, v);
			value[i] = v;
			dirty[i] = true;
		} else if (rnd(4)) {
			assert_int_equal(nacl_csr_take(&shmem, csr, &v), dirty[i]);
			assert_int_equal(v, dirty[i] ? value[i] : v);
			dirty[i] = false;
		} else {
			bits = nacl_dirty_take(&shmem, i / 64, mask);
			for (unsigned b = 0; b < 64; b++) {
				unsigned k = i / 64 * 64 + b;

				if (!(mask & BIT(b)))
					continue;
				assert_int_equal(bits >> b & 1, dirty[k]);
				dirty[k] = false;
			}
			assert_int_equal(bits & ~mask, 0);
		}
		assert_int_equal(nacl_csr_get(&shmem, csr), value[i]);
	}
}

/* ---- HFENCE entries ---- */

static bool has_vmid(unsigned type)
{
	return type != NACL_HFENCE_GVMA && type != NACL_HFENCE_GVMA_ALL;
}

static bool has_asid(unsigned type)
{
	return type == NACL_HFENCE_VVMA_ASID || type == NACL_HFENCE_VVMA_ASID_ALL;
}

/* As hfence_pop() gives them; a VMID that fits. */
static struct hfence random_request(void)
{
	struct hfence h = {.type = (uint8_t)rnd(NACL_HFENCE_TYPES)};

	if (has_vmid(h.type))
		h.vmid = (uint16_t)rnd(NACL_HFENCE_VMID_MASK + 1);
	if (has_asid(h.type))
		h.asid = (uint16_t)rnd(NACL_HFENCE_ASID_MASK + 1);
	if (!hfence_is_all(&h)) {
		uint64_t pages;

		h.order = (uint8_t)(rnd(3) ? 0 : rnd(52));
		pages = UINT64_MAX / (PAGE_SIZE << h.order); /* from 0, less one */
		h.addr = rnd(pages + 1) * (PAGE_SIZE << h.order);
		h.count = 1 + rnd(HFENCE_MAX_PAGES);
		if (h.count > pages - h.addr / (PAGE_SIZE << h.order))
			h.count = 1;
	}
	return h;
}

static void expect_same(const struct hfence *a, const struct hfence *b)
{
	assert_int_equal(a->type, b->type);
	assert_int_equal(a->order, b->order);
	assert_int_equal(a->vmid, b->vmid);
	assert_int_equal(a->asid, b->asid);
	assert_int_equal(a->addr, b->addr);
	assert_int_equal(a->count, b->count);
}

static void test_same_fences(void **state)
{
	struct hfence out;
	struct nacl_hfence e;

	(void)state;
	for (unsigned i = 0; i < 300000; i++) {
		struct hfence h = random_request();

		memset(&e, (int)rnd(256), sizeof(e)); /* what an earlier use left */
		assert_int_equal(nacl_hfence_pack(&e, &h), 0);
		assert_int_equal(e.reserved, 0);
		assert_int_equal(e.config & NACL_HFENCE_RESERVED, 0);
		assert_int_equal(nacl_hfence_unpack(&e, &out), 1);
		expect_same(&out, &h);
		nacl_hfence_done(&e);
		assert_int_equal(nacl_hfence_unpack(&e, &out), 0);
	}
}

/* The words of one entry, as the specification draws them. */
static void test_layout(void **state)
{
	const struct hfence h = {.type = NACL_HFENCE_VVMA_ASID,
				 .order = 9,
				 .vmid = 0x2345,
				 .asid = 0xfedc,
				 .addr = 0x7ffffe00000,
				 .count = 3};
	const struct hfence all = {.type = NACL_HFENCE_GVMA_ALL, .vmid = 7, .asid = 8};
	struct nacl_hfence e;

	(void)state;
	assert_int_equal(nacl_hfence_pack(&e, &h), 0);
	assert_int_equal(e.config, 0x860900002345fedc);
	assert_int_equal(e.page_number, 0x3fffff);
	assert_int_equal(e.page_count, 3);
	assert_int_equal(nacl_hfence_pack(&e, &all), 0);
	assert_int_equal(e.config, 0x8100000000000000);
	assert_int_equal(e.page_number, 0);
	assert_int_equal(e.page_count, 0);
}

static void test_pack_refuses(void **state)
{
	struct nacl_hfence e = {.config = 0x1234};
	struct hfence h = {.type = NACL_HFENCE_TYPES};

	(void)state;
	assert_int_equal(nacl_hfence_pack(&e, &h), -NACRE_EINVAL);
	for (h.type = 0; h.type < NACL_HFENCE_TYPES; h.type++) {
		int rc = has_vmid(h.type) ? -NACRE_EINVAL : 0;

		h.vmid = HFENCE_VMID_ANY;
		assert_int_equal(nacl_hfence_pack(&e, &h), rc);
		h.vmid = 0x4000;
		assert_int_equal(nacl_hfence_pack(&e, &h), rc);
		assert_int_equal(e.config & NACL_HFENCE_VMID_MASK << NACL_HFENCE_VMID_SHIFT, 0);
		h.vmid = 0x3fff;
		assert_int_equal(nacl_hfence_pack(&e, &h), 0);
		e.config = 0;
	}
}

/* Whatever pack() is given fences at least that: compare with the queue, which widens too. */
static void test_pack_widens(void **state)
{
	struct hfence out;
	struct nacl_hfence e;

	(void)state;
	for (unsigned i = 0; i < 300000; i++) {
		struct hfence_queue q = {0};
		struct hfence h = random_request(), popped;

		if (rnd(3) == 0)
			h.order = (uint8_t)rnd(256);
		if (rnd(3) == 0)
			h.count = rnd(2) ? rnd(UINT64_MAX) : 0;
		if (rnd(3) == 0)
			h.addr = rnd(UINT64_MAX);
		assert_int_equal(nacl_hfence_pack(&e, &h), 0);
		assert_int_equal(nacl_hfence_unpack(&e, &out), 1);
		hfence_push(&q, &h);
		assert_true(hfence_pop(&q, &popped));
		if (!hfence_is_all(&out)) {
			assert_int_equal(out.addr, h.addr);
			assert_int_equal(out.count, h.count);
			assert_int_equal(out.order, h.order);
		} else {
			assert_true(hfence_covers(&out, &popped));
		}
	}
}

/* What the entry says, in numbers of its own width, must be in what unpack() makes of it. */
static void expect_wide_enough(const struct nacl_hfence *e, const struct hfence *out,
			       enum nacl_asked n)
{
	unsigned type = e->config >> 56 & 15, order = e->config >> 48 & 127;

	if (!(e->config >> 63)) {
		assert_int_equal(n, 0);
		return;
	}
	if (type > 7 || (e->config & 0x7080ffffc0000000) || e->reserved) {
		assert_int_equal(n, NACL_ASKED_EVERYTHING);
		return;
	}
	assert_int_equal(n, 1);
	assert_int_equal(out->vmid, has_vmid(type) ? e->config >> 16 & 0x3fff : 0);
	assert_int_equal(out->asid, has_asid(type) ? e->config & 0xffff : 0);
	assert_int_equal(out->type | 1, type | 1);
	if (out->type & 1) {
		assert_int_equal(out->addr | out->count | out->order, 0);
		return;
	}
	assert_int_equal(type & 1, 0);
	assert_int_equal(out->order, order);
	assert_int_equal(out->count, e->page_count);
	assert_int_not_equal(out->count, 0);
	assert_int_equal(out->addr >> 12 >> order, e->page_number);
	assert_true(out->count - 1 <= (UINT64_MAX - out->addr) >> 12 >> order);
	assert_int_equal(out->addr & ((PAGE_SIZE << order) - 1), 0);
}

static void test_unpack_widens(void **state)
{
	unsigned ranges = 0, twos = 0;

	(void)state;
	for (unsigned i = 0; i < 300000; i++) {
		struct hfence out, h = random_request();
		struct nacl_hfence e;
		enum nacl_asked n;

		assert_int_equal(nacl_hfence_pack(&e, &h), 0);
		for (unsigned flips = (unsigned)rnd(3); flips; flips--) {
			e.config ^= rnd(2) ? 0 : BIT(rnd(64));
			e.page_number ^= rnd(2) ? 0 : BIT(rnd(64));
			e.page_count ^= rnd(2) ? 0 : BIT(rnd(64));
			e.reserved ^= rnd(8) ? 0 : BIT(rnd(64));
		}
		memset(&out, 0xa5, sizeof(out));
		n = nacl_hfence_unpack(&e, &out);
		expect_wide_enough(&e, &out, n);
		ranges += n == NACL_ASKED_ONE && !hfence_is_all(&out);
		twos += n == NACL_ASKED_EVERYTHING;
	}
	assert_true(ranges > 1000 && twos > 1000);
}

/* The last page there is, and the first that is not. */
static void test_unpack_edges(void **state)
{
	(void)state;
	for (unsigned order = 0; order < 128; order++) {
		uint64_t last = order <= 51 ? UINT64_MAX >> 12 >> order : 0;
		struct hfence out;
		struct nacl_hfence e = {.config = NACL_HFENCE_PENDING | (uint64_t)order << 48,
					.page_number = last,
					.page_count = 1};

		assert_int_equal(nacl_hfence_unpack(&e, &out), 1);
		assert_int_equal(hfence_is_all(&out), order > 51);
		e.page_count = 2;
		assert_int_equal(nacl_hfence_unpack(&e, &out), 1);
		assert_true(hfence_is_all(&out));
		e.page_count = 0;
		assert_int_equal(nacl_hfence_unpack(&e, &out), 1);
		assert_true(hfence_is_all(&out));
		e.page_count = 1;
		e.page_number = last + 1;
		assert_int_equal(nacl_hfence_unpack(&e, &out), 1);
		assert_true(hfence_is_all(&out));
		e.page_number = 0;
		e.page_count = last + 1; /* all of it, and one more */
		assert_int_equal(nacl_hfence_unpack(&e, &out), 1);
		assert_int_equal(hfence_is_all(&out), order > 51);
	}
}

/* Entries are found while there is one, none is found twice, and none when all are pending. */
static void test_find_free(void **state)
{
	const struct hfence h = {.type = NACL_HFENCE_GVMA_ALL};
	unsigned hint = 0, pending = 0;
	static bool used[NACL_HFENCE_ENTRIES];

	(void)state;
	memset(&shmem, 0, sizeof(shmem));
	for (unsigned step = 0; step < 100000; step++) {
		unsigned i = (unsigned)rnd(NACL_HFENCE_ENTRIES);
		int found;

		if (rnd(1000) == 0)
			hint = (unsigned)rnd(UINT32_MAX);
		if (rnd(100) < 48) {
			if (used[i])
				nacl_hfence_done(&shmem.hfence[i]);
			pending -= used[i];
			used[i] = false;
			continue;
		}
		found = nacl_hfence_free(&shmem, &hint);
		assert_int_equal(found < 0, pending == NACL_HFENCE_ENTRIES);
		if (found < 0)
			continue;
		assert_in_range(found, 0, NACL_HFENCE_ENTRIES - 1);
		assert_false(used[found]);
		assert_int_equal(nacl_hfence_pack(&shmem.hfence[found], &h), 0);
		used[found] = true;
		pending++;
	}
}

static void test_autoswap(void **state)
{
	uint64_t other = 5;

	(void)state;
	memset(&shmem, 0, sizeof(shmem));
	assert_false(nacl_autoswap(&shmem, 1, &other));
	assert_int_equal(other, 5);
	assert_int_equal(shmem.autoswap.hstatus, 0);
	nacl_autoswap_enable(&shmem, 0x200000080);
	assert_int_equal(shmem.autoswap.flags, 1);
	assert_true(nacl_autoswap(&shmem, 0x2ff, &other));
	assert_int_equal(other, 0x200000080);
	assert_true(nacl_autoswap(&shmem, other, &other));
	assert_int_equal(other, 0x2ff);
	shmem.autoswap.flags = ~UINT64_C(1); /* reserved bits say nothing */
	assert_false(nacl_autoswap(&shmem, 1, &other));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_index),	     cmocka_unit_test(test_each_csr),
		cmocka_unit_test(test_csr_history),  cmocka_unit_test(test_same_fences),
		cmocka_unit_test(test_layout),	     cmocka_unit_test(test_pack_refuses),
		cmocka_unit_test(test_pack_widens),  cmocka_unit_test(test_unpack_widens),
		cmocka_unit_test(test_unpack_edges), cmocka_unit_test(test_find_free),
		cmocka_unit_test(test_autoswap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
