/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arch/riscv/hfence.c against translation caches: for every request pushed, some cached leaves are
 * picked that it has to remove, and all of them must be gone when the queue has been emptied,
 * whatever was merged or widened in between.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <arch/hfence.h>
#include <core/errno.h>

struct leaf {
	bool vvma, l2;
	uint16_t vmid, asid;
	uint64_t addr; /* aligned to 4 KiB << order */
	unsigned order;
};

static uint64_t rng = 88172645463325252u;

static uint64_t rnd(uint64_t n)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return rng % n;
}

static bool is_all_type(unsigned t)
{
	return t == NACL_HFENCE_GVMA_ALL || t == NACL_HFENCE_GVMA_VMID_ALL ||
	       t == NACL_HFENCE_VVMA_ALL || t == NACL_HFENCE_VVMA_ASID_ALL;
}

/* What the hardware does when h is carried out: one fence per step, each removing the leaf around
 * its address. */
static bool removes(const struct hfence *h, const struct leaf *l)
{
	uint64_t step = PAGE_SIZE << (h->order & 63), size = PAGE_SIZE << l->order;

	if (l->vvma != (h->type >= NACL_HFENCE_VVMA) || l->l2 != h->l2)
		return false;
	if (h->type != NACL_HFENCE_GVMA && h->type != NACL_HFENCE_GVMA_ALL && h->vmid != l->vmid &&
	    !(h->type == NACL_HFENCE_VVMA_ALL && h->vmid == HFENCE_VMID_ANY))
		return false;
	if (h->type >= NACL_HFENCE_VVMA_ASID && h->asid != l->asid)
		return false;
	if (is_all_type(h->type))
		return true;
	for (uint64_t k = 0; k < h->count; k++)
		if (h->addr + k * step - l->addr < size)
			return true;
	return false;
}

/* A leaf that h removes. Leaves smaller than a step are excluded by h's contract. */
static struct leaf victim(const struct hfence *h)
{
	bool odd = is_all_type(h->type) || h->order > 51; /* may mean any address */
	unsigned order = odd ? 0 : h->order;
	struct leaf l = {
		.vvma = h->type >= NACL_HFENCE_VVMA,
		.l2 = h->l2,
		.vmid = h->type < NACL_HFENCE_GVMA_VMID ? (uint16_t)rnd(3) : h->vmid,
		.asid = h->type < NACL_HFENCE_VVMA_ASID ? (uint16_t)rnd(3) : h->asid,
		.order = order < 40 ? order + 9 * (unsigned)rnd(2) : order,
		.addr = h->addr,
	};
	uint64_t bytes = h->count << PAGE_SHIFT << order;

	if (bytes)
		l.addr += rnd(bytes);
	if (odd)
		l.addr = rnd(UINT64_MAX);
	l.addr = ALIGN_DOWN(l.addr, PAGE_SIZE << l.order);
	return l;
}

static uint64_t random_addr(void)
{
	static const uint64_t bases[] = {0, SIZE_2M, SIZE_1G, BIT(38), ~UINT64_C(0) << 24};

	return bases[rnd(rnd(3) ? 2 : 5)] + PAGE_SIZE * rnd(rnd(2) ? 24 : 600);
}

static struct hfence random_request(void)
{
	struct hfence h = {.type = (uint8_t)rnd(8), .vmid = (uint16_t)(rnd(4) ? 0 : rnd(3))};

	h.l2 = rnd(3) == 0;
	if (rnd(8)) /* mostly ranges, mostly short */
		h.type &= 6;
	if (h.type >= NACL_HFENCE_VVMA_ASID)
		h.asid = (uint16_t)rnd(3);
	h.addr = random_addr();
	h.count = 1 + rnd(rnd(4) ? 4 : 80);
	if (rnd(10) == 0)
		h.order = (uint8_t)(9 * rnd(3));
	if (rnd(40) == 0)
		h.order = (uint8_t)rnd(128); /* out of a guest's shared memory */
	if (rnd(40) == 0)
		h.count = rnd(2) ? rnd(UINT64_MAX) : 0;
	if (rnd(40) == 0)
		h.addr = rnd(UINT64_MAX);
	return h;
}

static bool well_formed(const struct hfence *h)
{
	uint64_t page;

	if (is_all_type(h->type))
		return h->addr == 0 && h->count == 0;
	if (h->order > 51 || !h->count || h->count > HFENCE_MAX_PAGES)
		return false;
	page = PAGE_SIZE << h->order;
	return h->addr % page == 0 && h->count - 1 <= (UINT64_MAX - h->addr) / page;
}

static unsigned all_bit(const struct hfence *h)
{
	return h->l2 ? (h->type >= NACL_HFENCE_VVMA ? HFENCE_ALL_L2_VVMA : HFENCE_ALL_L2_GVMA)
		     : (h->type >= NACL_HFENCE_VVMA ? HFENCE_ALL_VVMA : HFENCE_ALL_GVMA);
}

static void check_queue(const struct hfence_queue *q)
{
	assert_true(q->count <= HFENCE_QUEUE);
	for (unsigned i = 0; i < q->count; i++) {
		assert_true(well_formed(&q->entry[i]));
		assert_false(q->all & all_bit(&q->entry[i]));
		for (unsigned k = 0; k < q->count; k++)
			assert_true(i == k || !hfence_covers(&q->entry[i], &q->entry[k]));
	}
}

/* As the run loop does it: what lies in the queue between the two steps is in one of them, whole.
 */
static void take_and_put_back(struct hfence_queue *q)
{
	struct hfence_queue taken = {0};

	memset(&taken.entry, 0xee, sizeof(taken.entry));
	taken.pushed = q->pushed;
	taken.widened = q->widened;
	hfence_take(q, &taken);
	assert_false(hfence_pending(q));
	*q = taken;
	check_queue(q);
}

#define LIVE 4096

static void history(unsigned pushes_per_pop)
{
	static struct leaf live[LIVE];
	struct hfence_queue q = {0};
	unsigned n = 0;
	uint64_t pushes = 0;

	for (unsigned i = 0; i < 30000; i++) {
		struct hfence h;
		bool drain = rnd(60) == 0 || n > LIVE - 8;

		if (rnd(pushes_per_pop + 1)) {
			h = random_request();
			for (unsigned k = 0; k < 4; k++)
				live[n++] = victim(&h);
			hfence_push(&q, &h);
			pushes++;
			check_queue(&q);
			assert_true(hfence_pending(&q));
			if (rnd(8) == 0)
				take_and_put_back(&q);
		} else {
			drain |= rnd(4) == 0;
		}
		while ((drain || rnd(3) == 0) && hfence_pop(&q, &h)) {
			unsigned kept = 0;

			assert_true(well_formed(&h));
			for (unsigned k = 0; k < n; k++)
				if (!removes(&h, &live[k]))
					live[kept++] = live[k];
			n = kept;
			check_queue(&q);
		}
		if (!hfence_pending(&q))
			assert_int_equal(n, 0);
	}
	assert_int_equal(q.pushed, pushes);
	assert_true(q.widened < pushes);
}

static void test_history(void **state)
{
	(void)state;
	history(1);
	history(4);
	history(40);
}

static void test_covers_random(void **state)
{
	unsigned covered = 0;

	(void)state;
	for (unsigned i = 0; i < 300000; i++) {
		struct hfence w = random_request(), n = random_request();
		struct leaf l = victim(&n);

		if (!hfence_covers(&w, &n))
			continue;
		covered++;
		assert_true(removes(&w, &l));
	}
	assert_true(covered > 1000);
}

static void test_covers_types(void **state)
{
	/* A row for each wide type, a column for each narrow one; same VMID, ASID and range. */
	static const char *const table[8] = {
		"1.1.....", "1111....", "..1.....", "..11....",
		"....1.1.", "....1111", "......1.", "......11",
	};

	(void)state;
	for (uint8_t w = 0; w < 8; w++)
		for (uint8_t n = 0; n < 8; n++) {
			struct hfence a = {
				.type = w, .addr = SIZE_2M, .count = 2, .vmid = 5, .asid = 7};
			struct hfence b = {
				.type = n, .addr = SIZE_2M, .count = 1, .vmid = 5, .asid = 7};

			assert_int_equal(hfence_covers(&a, &b), table[w][n] == '1');
			b.asid = 8; /* another ASID matters to wide types for one ASID */
			assert_int_equal(hfence_covers(&a, &b), table[w][n] == '1' && w < 6);
			b.vmid = 6; /* another VMID to all but GVMA and GVMA_ALL */
			assert_int_equal(hfence_covers(&a, &b), table[w][n] == '1' && w < 2);
			b.l2 = true; /* the other sort to all, in either direction */
			assert_false(hfence_covers(&a, &b));
			assert_false(hfence_covers(&b, &a));
			a.l2 = true;
			assert_int_equal(hfence_covers(&a, &b), table[w][n] == '1' && w < 2);
		}
}

/* What the queue would widen covers nothing before it has been widened. */
static void test_covers_malformed(void **state)
{
	struct hfence page = {.type = NACL_HFENCE_GVMA, .order = 9, .count = 1};
	struct hfence crooked = {.type = NACL_HFENCE_GVMA, .order = 9, .addr = 0x1000, .count = 1};
	struct hfence empty = {.type = NACL_HFENCE_GVMA, .order = 9};
	struct hfence huge = {.type = NACL_HFENCE_GVMA, .order = 100, .count = 1};
	struct hfence all = {.type = NACL_HFENCE_GVMA_ALL, .addr = 5};

	(void)state;
	assert_true(hfence_covers(&page, &page));
	assert_true(hfence_covers(&page, &empty));
	assert_false(hfence_covers(&crooked, &page));
	assert_false(hfence_covers(&empty, &page));
	assert_false(hfence_covers(&huge, &page));
	assert_true(hfence_covers(&all, &huge));
	assert_false(hfence_covers(&page, &huge));
}

static void expect_make(uint64_t addr, uint64_t size, uint64_t first, uint64_t count)
{
	for (unsigned type = 0; type < 8; type++) {
		struct hfence h;

		memset(&h, 0xa5, sizeof(h));
		assert_int_equal(hfence_make(&h, type, 9, addr, size), 0);
		assert_true(well_formed(&h));
		assert_int_equal(h.vmid, 0);
		assert_int_equal(h.order, 0);
		assert_false(h.l2);
		assert_int_equal(h.asid, type >= 6 ? 9 : 0);
		if (is_all_type(type) || count == 0) {
			assert_int_equal(h.type, type | 1);
		} else {
			assert_int_equal(h.type, type);
			assert_int_equal(h.addr, first);
			assert_int_equal(h.count, count);
		}
	}
}

static void test_make(void **state)
{
	const uint64_t all = UINT64_MAX, top = ~PAGE_MASK, max = HFENCE_MAX_PAGES * PAGE_SIZE;
	struct hfence h;

	(void)state;
	expect_make(0, 0, 0, 0);
	expect_make(0, all, 0, 0);
	expect_make(4096, all, 0, 0);
	expect_make(all, all, 0, 0);
	expect_make(0, 1, 0, 1);
	expect_make(0, 4096, 0, 1);
	expect_make(0, 4097, 0, 2);
	expect_make(4095, 2, 0, 2);
	expect_make(0x12345, 0, 0x12000, 1);
	expect_make(0x12fff, 1, 0x12000, 1);
	expect_make(0x12fff, 4098, 0x12000, 3);
	expect_make(0x1000, max, 0x1000, HFENCE_MAX_PAGES);
	expect_make(0x1001, max, 0, 0);
	expect_make(0x1000, max + 1, 0, 0);
	expect_make(top, 4096, top, 1);
	expect_make(all, 1, top, 1);
	expect_make(all, 2, 0, 0);
	expect_make(top, 4097, 0, 0);
	expect_make(1, all - 1, 0, 0);
	assert_int_equal(hfence_make(&h, 8, 0, 0, 0), -NACRE_EINVAL);
	assert_int_equal(hfence_make(&h, UINT32_MAX, 0, 0, 0), -NACRE_EINVAL);
}

static void push(struct hfence_queue *q, unsigned type, uint16_t asid, uint64_t addr, uint64_t size)
{
	struct hfence h;

	assert_int_equal(hfence_make(&h, type, asid, addr, size), 0);
	hfence_push(q, &h);
}

/* Merging must not make requests wider than it has to. */
static void test_precision(void **state)
{
	struct hfence_queue q = {0};
	struct hfence h;

	(void)state;
	push(&q, NACL_HFENCE_VVMA_ASID, 3, 0x5000, 0x1000);
	push(&q, NACL_HFENCE_VVMA_ASID, 3, 0x7000, 0x1000);
	assert_int_equal(q.count, 2);
	push(&q, NACL_HFENCE_VVMA_ASID, 3, 0x6000, 0x1000); /* fills the gap */
	assert_int_equal(q.count, 1);
	push(&q, NACL_HFENCE_VVMA_ASID, 3, 0x5000, 0x3000);
	assert_int_equal(q.count, 1);
	assert_int_equal(q.entry[0].type, NACL_HFENCE_VVMA_ASID);
	assert_int_equal(q.entry[0].addr, 0x5000);
	assert_int_equal(q.entry[0].count, 3);
	push(&q, NACL_HFENCE_VVMA_ASID, 3, 0x2000, 0x1000); /* a gap of two pages */
	assert_int_equal(q.count, 2);
	push(&q, NACL_HFENCE_VVMA_ASID, 3, 0x3000, 0x2000);
	assert_int_equal(q.count, 1);
	push(&q, NACL_HFENCE_VVMA_ASID, 4, 0x8000, 0x1000); /* another ASID */
	push(&q, NACL_HFENCE_GVMA_VMID, 0, 0x8000, 0x1000); /* another stage */
	assert_int_equal(q.count, 3);
	push(&q, NACL_HFENCE_VVMA, 0, 0x2000, 0x7000); /* every ASID */
	assert_int_equal(q.count, 2);
	push(&q, NACL_HFENCE_VVMA_ALL, 0, 0, 0);
	assert_int_equal(q.count, 2);
	assert_int_equal(q.widened, 0);
	assert_true(hfence_pop(&q, &h) && hfence_pop(&q, &h) && !hfence_pop(&q, &h));

	/* One range in 65 pages: longer than is worth it. */
	for (unsigned i = 0; i <= HFENCE_MAX_PAGES; i++)
		push(&q, NACL_HFENCE_VVMA_ASID, 3, i * PAGE_SIZE, PAGE_SIZE);
	assert_int_equal(q.count, 1);
	assert_int_equal(q.widened, 1);
	assert_true(hfence_pop(&q, &h));
	assert_int_equal(h.type, NACL_HFENCE_VVMA_ASID_ALL);
	assert_int_equal(h.asid, 3);
}

static void test_full(void **state)
{
	struct hfence_queue q = {0};
	struct hfence h;

	(void)state;
	for (unsigned i = 0; i < HFENCE_QUEUE; i++)
		push(&q, i ? NACL_HFENCE_VVMA : NACL_HFENCE_GVMA_VMID, 0, i * SIZE_2M, PAGE_SIZE);
	assert_int_equal(q.count, HFENCE_QUEUE);
	push(&q, NACL_HFENCE_VVMA_ASID, 1, SIZE_1G, PAGE_SIZE);
	assert_true(q.all == HFENCE_ALL_VVMA);
	assert_int_equal(q.count, 1); /* the other stage is as precise as before */
	assert_int_equal(q.widened, 1);
	push(&q, NACL_HFENCE_VVMA_ASID, 1, 0, PAGE_SIZE);
	assert_int_equal(q.count, 1);
	assert_true(hfence_pop(&q, &h));
	assert_int_equal(h.type, NACL_HFENCE_VVMA_ALL);
	assert_int_equal(h.vmid, HFENCE_VMID_ANY);
	assert_true(hfence_pop(&q, &h));
	assert_int_equal(h.type, NACL_HFENCE_GVMA_VMID);
	assert_false(hfence_pop(&q, &h));

	/* Full of one stage, and a request of the other. */
	for (unsigned i = 0; i < HFENCE_QUEUE; i++)
		push(&q, NACL_HFENCE_VVMA, 0, i * SIZE_2M, PAGE_SIZE);
	push(&q, NACL_HFENCE_GVMA_VMID, 0, 0, PAGE_SIZE);
	assert_true(q.all == HFENCE_ALL_GVMA);
	assert_int_equal(q.count, HFENCE_QUEUE);
}

static struct hfence of(unsigned type, bool l2, uint16_t vmid, uint64_t addr)
{
	struct hfence h;

	assert_int_equal(hfence_make(&h, type, 3, addr, PAGE_SIZE), 0);
	h.l2 = l2;
	h.vmid = vmid;
	return h;
}

/* The guest's own (SFENCE), and those for its guests under each of its VMIDs (HFENCE): the same
 * numbers mean different things. Neighbours in one space merge, and no others. */
static void test_sorts(void **state)
{
	static const uint8_t types[] = {NACL_HFENCE_GVMA_VMID, NACL_HFENCE_VVMA,
					NACL_HFENCE_VVMA_ASID};
	struct hfence h;

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(types); i++) {
		struct hfence_queue q = {0};
		unsigned seen[2][3] = {0};

		for (unsigned page = 0; page < 4; page++)
			for (unsigned space = 0; space < 6; space++) {
				h = of(types[i], space & 1, (uint16_t)(space / 2),
				       page * PAGE_SIZE);
				hfence_push(&q, &h);
			}
		assert_int_equal(q.count, 6);
		while (hfence_pop(&q, &h)) {
			assert_int_equal(h.type, types[i]);
			assert_int_equal(h.addr, 0);
			assert_int_equal(h.count, 4);
			assert_int_equal(seen[h.l2][h.vmid]++, 0);
		}
		assert_int_equal(q.widened, 0);
	}
}

/* A full queue widens the sort and stage of the newcomer, and leaves the other three alone. */
static void test_full_sorts(void **state)
{
	static const unsigned bits[] = {HFENCE_ALL_GVMA, HFENCE_ALL_VVMA, HFENCE_ALL_L2_GVMA,
					HFENCE_ALL_L2_VVMA};

	(void)state;
	for (unsigned k = 0; k < 4; k++) {
		struct hfence_queue q = {0}, taken;
		struct hfence h;

		for (unsigned i = 0; i < HFENCE_QUEUE; i++) {
			h = of(i & 1 ? NACL_HFENCE_VVMA : NACL_HFENCE_GVMA_VMID, i & 2, 1,
			       i * SIZE_2M);
			hfence_push(&q, &h);
		}
		h = of(k & 1 ? NACL_HFENCE_VVMA : NACL_HFENCE_GVMA_VMID, k & 2, 2, SIZE_1G);
		hfence_push(&q, &h);
		check_queue(&q);
		assert_int_equal(q.all, bits[k]);
		assert_int_equal(q.count, HFENCE_QUEUE * 3 / 4);
		hfence_take(&q, &taken);
		assert_false(hfence_pending(&q));
		assert_true(hfence_pop(&taken, &h));
		assert_int_equal(h.type, k & 1 ? NACL_HFENCE_VVMA_ALL : NACL_HFENCE_GVMA_ALL);
		assert_int_equal(h.l2, k >= 2);
		assert_int_equal(h.vmid, k & 1 ? HFENCE_VMID_ANY : 0);
		assert_int_equal(taken.all, 0);
	}
	{
		struct hfence_queue q = {.all = HFENCE_ALL_VVMA | HFENCE_ALL_L2_VVMA};
		struct hfence h;

		assert_true(hfence_pop(&q, &h) && !h.l2);
		assert_true(hfence_pop(&q, &h) && h.l2);
		assert_false(hfence_pop(&q, &h));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_history),
		cmocka_unit_test(test_covers_random),
		cmocka_unit_test(test_covers_types),
		cmocka_unit_test(test_make),
		cmocka_unit_test(test_covers_malformed),
		cmocka_unit_test(test_precision),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_sorts),
		cmocka_unit_test(test_full_sorts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
