/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arch/riscv/gstage.c against a sorted list of segments, with a hart beside it that caches leaves
 * and tables and drops only what the reported fences oblige it to drop; allocation fails at random.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <arch/gstage.h>
#include <core/errno.h>

#define TABLES	   400
#define TABLE_BASE UINT64_C(0x80000000)
#define SEGMENTS   400
#define CACHED	   200

struct segment {
	uint64_t gpa, size, offset; /* offset: hpa - gpa */
	unsigned perm;
};

struct segments {
	struct segment s[SEGMENTS];
	unsigned n;
};

static struct {
	uint64_t page[TABLES][512] __attribute__((aligned(16384)));
	bool used[TABLES], cached[TABLES];
	unsigned nused, budget;
} mem;

static struct segments model;
static struct segment tlb[CACHED];
static struct gstage g;
static uint64_t rng = 88172645463325252u;

static uint64_t rnd(uint64_t n)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return rng % n;
}

/* ---- memory for tables ---- */

static int mem_alloc(void *ctx, unsigned npages, hpa_t *out)
{
	assert_ptr_equal(ctx, &mem);
	assert_true(npages == 1 || npages == 4);
	for (unsigned i = 0; mem.budget && i < TABLES; i += npages) {
		unsigned k = 0;

		while (k < npages && !mem.used[i + k])
			k++;
		if (k < npages)
			continue;
		mem.budget--;
		mem.nused += npages;
		memset(&mem.used[i], 1, npages);
		memset(mem.page[i], 0, npages * sizeof(mem.page[0]));
		*out = hpa(TABLE_BASE + i * PAGE_SIZE);
		return 0;
	}
	return -NACRE_ENOMEM;
}

static void mem_free(void *ctx, hpa_t p, unsigned npages)
{
	assert_ptr_equal(ctx, &mem);
	for (unsigned i = 0; i < npages; i++) {
		uint64_t n = (p.v - TABLE_BASE) / PAGE_SIZE + i;

		assert_true(n < TABLES && mem.used[n]);
		assert_false(mem.cached[n]); /* the hardware may still walk it */
		mem.used[n] = false;
		memset(mem.page[n], 0xff, sizeof(mem.page[n]));
		mem.nused--;
	}
}

static void *mem_ptr(void *ctx, hpa_t p)
{
	uint64_t n = (p.v - TABLE_BASE) / PAGE_SIZE;

	assert_ptr_equal(ctx, &mem);
	assert_true(p.v % PAGE_SIZE == 0 && n < TABLES && mem.used[n]);
	return mem.page[n];
}

static const struct gstage_mem mem_ops = {mem_alloc, mem_free, mem_ptr};

static void setup(unsigned mode)
{
	memset(&mem, 0, sizeof(mem));
	memset(tlb, 0, sizeof(tlb));
	model.n = 0;
	mem.budget = ~0U;
	assert_int_equal(gstage_init(&g, mode, &mem_ops, &mem), 0);
}

static void teardown(void)
{
	memset(mem.cached, 0, sizeof(mem.cached));
	gstage_destroy(&g);
	assert_int_equal(mem.nused, 0);
}

/* ---- the model ---- */

static bool joins(const struct segment *a, const struct segment *b)
{
	return a->gpa + a->size == b->gpa && a->offset == b->offset && a->perm == b->perm;
}

static void append(struct segments *list, struct segment s)
{
	if (list->n && joins(&list->s[list->n - 1], &s)) {
		list->s[list->n - 1].size += s.size;
		return;
	}
	assert_true(list->n < SEGMENTS);
	list->s[list->n++] = s;
}

/* How much of [gpa, end) is mapped. */
static uint64_t mapped(uint64_t gpa, uint64_t end)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < model.n; i++) {
		uint64_t a = model.s[i].gpa, b = a + model.s[i].size;

		a = a > gpa ? a : gpa;
		b = b < end ? b : end;
		sum += a < b ? b - a : 0;
	}
	return sum;
}

/* The model with [gpa, end) given new permissions, or cut out when perm is 0. */
static void model_change(uint64_t gpa, uint64_t end, unsigned perm)
{
	struct segments old = model;

	model.n = 0;
	for (unsigned i = 0; i < old.n; i++) {
		struct segment s = old.s[i];
		uint64_t cut[4] = {s.gpa, gpa, end, s.gpa + s.size};

		for (unsigned k = 0; k < 3; k++) {
			uint64_t a = cut[k] > s.gpa ? cut[k] : s.gpa;
			uint64_t b = cut[k + 1] < cut[3] ? cut[k + 1] : cut[3];

			if (a < b && (k != 1 || perm))
				append(&model, (struct segment){a, b - a, s.offset,
								k == 1 ? perm : s.perm});
		}
	}
}

static void model_map(struct segment s)
{
	struct segments old = model;
	bool done = false;

	model.n = 0;
	for (unsigned i = 0; i < old.n; i++) {
		if (!done && old.s[i].gpa > s.gpa) {
			append(&model, s);
			done = true;
		}
		append(&model, old.s[i]);
	}
	if (!done)
		append(&model, s);
}

/* ---- the tables, read independently ---- */

static struct segments seen;
static unsigned tables_seen;

static void scan(uint64_t table, unsigned level, uint64_t gpa)
{
	uint64_t size = UINT64_C(4096) << (9 * level);
	unsigned n = level == g.levels - 1U ? 2048 : 512, used = 0;
	uint64_t *pte = mem_ptr(&mem, hpa(table));

	tables_seen++;
	for (unsigned i = 0; i < n; i++, gpa += size) {
		uint64_t e = pte[i], to = (e >> 10 & (BIT(44) - 1)) << 12;

		if (!e)
			continue;
		used++;
		assert_true(e & 1);
		assert_int_equal(e >> 54, 0);
		if (e & 0xe) {
			assert_int_equal(e & 0x3f1, 0xd1); /* D, A, U, V; not G */
			assert_int_equal(to % size, 0);
			append(&seen, (struct segment){gpa, size, to - gpa, (e >> 1) & 7});
			if (rnd(4) == 0)
				tlb[rnd(CACHED)] =
					(struct segment){gpa, size, to - gpa, (e >> 1) & 7};
		} else {
			assert_int_equal(e & 0x3ff, 1);
			assert_true(level > 0);
			mem.cached[(to - TABLE_BASE) / PAGE_SIZE] = true;
			scan(to, level - 1, gpa);
		}
	}
	assert_true(used || level == g.levels - 1U);
}

static void check_tables(void)
{
	seen.n = tables_seen = 0;
	scan(g.root.v, g.levels - 1U, 0);
	assert_int_equal(seen.n, model.n);
	for (unsigned i = 0; i < model.n; i++)
		assert_memory_equal(&seen.s[i].gpa, &model.s[i].gpa, 3 * sizeof(uint64_t));
	for (unsigned i = 0; i < model.n; i++)
		assert_int_equal(seen.s[i].perm, model.s[i].perm);
	assert_int_equal(mem.nused, tables_seen + 3);
}

static void check_walk(uint64_t at)
{
	struct gstage_leaf leaf;
	int rc = gstage_walk(&g, gpa(at), &leaf);

	for (unsigned i = 0; i < model.n; i++) {
		if (at - model.s[i].gpa >= model.s[i].size)
			continue;
		assert_int_equal(rc, 0);
		assert_int_equal(leaf.hpa.v, at + model.s[i].offset);
		assert_int_equal(leaf.perm, model.s[i].perm);
		assert_true(ALIGN_DOWN(at, leaf.size) >= model.s[i].gpa);
		return;
	}
	assert_int_equal(rc, -NACRE_EFAULT);
}

/* ---- the hart ---- */

static void fence(struct gstage_change *c)
{
	uint64_t step = PAGE_SIZE << c->order;

	if (c->all)
		memset(mem.cached, 0, sizeof(mem.cached));
	for (unsigned i = 0; i < CACHED; i++) {
		struct segment *t = &tlb[i];
		uint64_t at = c->gpa.v;

		if (at < t->gpa)
			at += (t->gpa - at + step - 1) / step * step;
		if (c->all || (at - t->gpa < t->size && at - c->gpa.v < c->size))
			t->size = 0;
	}
}

static void check_tlb(void)
{
	for (unsigned i = 0; i < CACHED; i++) {
		const struct segment *t = &tlb[i];
		bool good = t->size == 0;

		for (unsigned k = 0; k < model.n && !good; k++) {
			const struct segment *s = &model.s[k];

			good = t->gpa >= s->gpa && t->gpa + t->size <= s->gpa + s->size &&
			       t->offset == s->offset && t->perm == s->perm;
		}
		assert_true(good);
	}
}

/* ---- random histories ---- */

static const unsigned perms[] = {GSTAGE_R, GSTAGE_X, GSTAGE_R | GSTAGE_X, GSTAGE_R | GSTAGE_W,
				 GSTAGE_RWX};

static uint64_t random_size(void)
{
	switch (rnd(8)) {
	case 0:
		return SIZE_1G << rnd(2);
	case 1:
		return SIZE_2M * (1 + rnd(600));
	case 2:
	case 3:
		return SIZE_2M * (1 + rnd(3));
	case 4:
		return SIZE_1G + SIZE_2M + PAGE_SIZE;
	default:
		return PAGE_SIZE * (1 + rnd(rnd(2) ? 4 : 700));
	}
}

static uint64_t random_gpa(void)
{
	uint64_t limit = gstage_limit(&g), at;

	at = SIZE_1G * rnd(4) + (rnd(2) ? SIZE_2M * rnd(512) : 0) +
	     (rnd(2) ? PAGE_SIZE * rnd(512) : 0);
	if (rnd(3) == 0)
		at = SIZE_1G - SIZE_2M * rnd(3) - PAGE_SIZE * rnd(3) + SIZE_1G * rnd(3);
	return rnd(4) ? at : limit - 4 * SIZE_1G + at;
}

static void step_map(void)
{
	struct segment s = {.gpa = random_gpa(), .size = random_size(), .perm = perms[rnd(5)]};
	uint64_t target, skew = rnd(3) ? 0 : rnd(2) ? SIZE_2M : PAGE_SIZE;
	int rc;

	if (skew == PAGE_SIZE && s.size > 40 * SIZE_2M)
		s.size = 40 * SIZE_2M;
	target = s.gpa % BIT(41) + SIZE_1G * 16 + skew;
	s.offset = target - s.gpa;
	rc = gstage_map(&g, gpa(s.gpa), hpa(target), s.size, s.perm);
	if (s.gpa + s.size > gstage_limit(&g)) {
		assert_int_equal(rc, -NACRE_EINVAL);
	} else if (mapped(s.gpa, s.gpa + s.size)) {
		assert_int_equal(rc, -NACRE_EEXIST);
	} else if (rc) {
		assert_int_equal(rc, -NACRE_ENOMEM);
	} else {
		model_map(s);
	}
}

static void step_change(bool protect)
{
	uint64_t at = random_gpa(), size = random_size();
	unsigned perm = protect ? perms[rnd(5)] : 0, before = mem.nused;
	struct gstage_change c;
	int rc;

	if (model.n && rnd(2)) { /* something that exists */
		const struct segment *s = &model.s[rnd(model.n)];

		at = s->gpa + rnd(s->size / PAGE_SIZE) * (rnd(2) ? PAGE_SIZE : 0);
		size = rnd(2) && size < s->gpa + s->size - at ? size : s->gpa + s->size - at;
	}
	rc = protect ? gstage_protect(&g, gpa(at), size, perm, &c)
		     : gstage_unmap(&g, gpa(at), size, &c);
	if (at + size > gstage_limit(&g)) {
		assert_int_equal(rc, -NACRE_EINVAL);
	} else if (protect && mapped(at, at + size) != size) {
		assert_int_equal(rc, -NACRE_EFAULT);
	} else if (rc) {
		assert_int_equal(rc, -NACRE_ENOMEM);
	} else {
		if (c.size)
			assert_true(c.gpa.v >= at && c.gpa.v + c.size <= at + size);
		assert_int_equal(c.size != 0, mapped(at, at + size) != 0);
		model_change(at, at + size, perm);
		fence(&c);
		gstage_reclaim(&g, &c);
		assert_int_equal(c.ndead, 0);
		return;
	}
	assert_true(c.size == 0 && c.ndead == 0 && !c.all);
	assert_int_equal(mem.nused, before);
}

static void history(unsigned mode)
{
	setup(mode);
	for (unsigned i = 0; i < 1200; i++) {
		unsigned kind = (unsigned)rnd(5), before = mem.nused;

		mem.budget = rnd(4) ? ~0U : (unsigned)rnd(4);
		if (kind < 2) {
			step_map();
			assert_true(mem.nused >= before);
		} else {
			step_change(kind == 2);
		}
		check_tables();
		check_tlb();
		for (unsigned k = 0; k < 5; k++)
			check_walk(random_gpa() + rnd(PAGE_SIZE));
		if (model.n) {
			const struct segment *s = &model.s[rnd(model.n)];

			check_walk(s->gpa);
			check_walk(s->gpa - 1);
			check_walk(s->gpa + s->size - 1);
			check_walk(s->gpa + s->size);
		}
	}
	teardown();
}

static void test_history(void **state)
{
	(void)state;
	history(HGATP_MODE_SV39X4);
	history(HGATP_MODE_SV48X4);
	history(HGATP_MODE_SV57X4);
}

static uint64_t leaf_size(uint64_t at)
{
	struct gstage_leaf leaf = {.size = 0};

	gstage_walk(&g, gpa(at), &leaf);
	return leaf.size;
}

static void test_superpages(void **state)
{
	struct gstage_change c;

	(void)state;
	setup(HGATP_MODE_SV48X4);
	assert_int_equal(
		gstage_map(&g, gpa(0), hpa(0), BIT(39) + SIZE_1G + SIZE_2M + PAGE_SIZE, GSTAGE_RWX),
		0);
	assert_int_equal(leaf_size(0), BIT(39));
	assert_int_equal(leaf_size(BIT(39)), SIZE_1G);
	assert_int_equal(leaf_size(BIT(39) + SIZE_1G), SIZE_2M);
	assert_int_equal(leaf_size(BIT(39) + SIZE_1G + SIZE_2M), PAGE_SIZE);
	assert_int_equal(mem.nused, 4 + 3);

	/* One page out of 512 GiB: three tables more, and the largest pages around the hole. */
	assert_int_equal(gstage_unmap(&g, gpa(SIZE_1G), PAGE_SIZE, &c), 0);
	assert_int_equal(mem.nused, 4 + 6);
	assert_true(c.gpa.v == SIZE_1G && c.size == PAGE_SIZE && c.order == 0 && !c.all);
	assert_int_equal(leaf_size(SIZE_1G), 0);
	assert_int_equal(leaf_size(SIZE_1G + PAGE_SIZE), PAGE_SIZE);
	assert_int_equal(leaf_size(SIZE_1G + SIZE_2M), SIZE_2M);
	assert_int_equal(leaf_size(0), SIZE_1G);

	/* The whole gigabyte: its tables go away, so one superpage fits again. */
	assert_int_equal(gstage_unmap(&g, gpa(SIZE_1G), SIZE_1G, &c), 0);
	assert_true(c.all && c.ndead == 2);
	gstage_reclaim(&g, &c);
	assert_int_equal(mem.nused, 4 + 4);
	assert_int_equal(gstage_map(&g, gpa(SIZE_1G), hpa(SIZE_1G), SIZE_1G, GSTAGE_R), 0);
	assert_int_equal(leaf_size(SIZE_1G), SIZE_1G);
	assert_int_equal(gstage_unmap(&g, gpa(0), SIZE_1G * 2, &c), 0);
	assert_true(!c.all && c.order == 18 && c.size == SIZE_1G * 2);
	teardown();

	setup(HGATP_MODE_SV57X4);
	assert_int_equal(gstage_map(&g, gpa(BIT(58)), hpa(BIT(55)), BIT(48), GSTAGE_RWX), 0);
	assert_int_equal(leaf_size(BIT(58) + 5), BIT(48));
	assert_int_equal(mem.nused, 4);
	teardown();
}

static void test_arguments(void **state)
{
	static const struct {
		uint64_t gpa, hpa, size;
		unsigned perm;
	} bad[] = {
		{0, 0, 0, GSTAGE_R},
		{1, 0, PAGE_SIZE, GSTAGE_R},
		{0, 8, PAGE_SIZE, GSTAGE_R},
		{0, 0, 4095, GSTAGE_R},
		{0, 0, PAGE_SIZE, 0},
		{0, 0, PAGE_SIZE, GSTAGE_W},
		{0, 0, PAGE_SIZE, GSTAGE_W | GSTAGE_X},
		{0, 0, PAGE_SIZE, 8 | GSTAGE_R},
		{BIT(41), 0, PAGE_SIZE, GSTAGE_R},
		{BIT(41) - PAGE_SIZE, 0, 2 * PAGE_SIZE, GSTAGE_R},
		{PAGE_SIZE, 0, ~PAGE_MASK, GSTAGE_R},
		{0, BIT(56), PAGE_SIZE, GSTAGE_R},
		{0, BIT(56) - PAGE_SIZE, 2 * PAGE_SIZE, GSTAGE_R},
		{~PAGE_MASK, 0, PAGE_SIZE, GSTAGE_R},
	};
	struct gstage_leaf leaf;

	(void)state;
	assert_int_equal(gstage_init(&g, 0, &mem_ops, &mem), -NACRE_EINVAL);
	assert_int_equal(gstage_init(&g, 7, &mem_ops, &mem), -NACRE_EINVAL);
	assert_int_equal(gstage_init(&g, 11, &mem_ops, &mem), -NACRE_EINVAL);
	setup(HGATP_MODE_SV39X4);
	for (unsigned i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(
			gstage_map(&g, gpa(bad[i].gpa), hpa(bad[i].hpa), bad[i].size, bad[i].perm),
			-NACRE_EINVAL);
	check_tables();
	assert_int_equal(gstage_map(&g, gpa(BIT(41) - SIZE_1G), hpa(SIZE_1G), SIZE_1G, GSTAGE_X),
			 0);
	assert_int_equal(gstage_walk(&g, gpa(BIT(41) - 1), &leaf), 0);
	assert_int_equal(leaf.hpa.v, 2 * SIZE_1G - 1);
	assert_int_equal(leaf.perm, GSTAGE_X);
	assert_int_equal(gstage_walk(&g, gpa(BIT(41)), &leaf), -NACRE_EFAULT);
	assert_int_equal(gstage_walk(&g, gpa(UINT64_MAX), &leaf), -NACRE_EFAULT);
	assert_int_equal(g.root.v % 16384, 0);
	assert_int_equal(gstage_hgatp(&g, 0x3abc), (8ULL << 60) | (0x3abcULL << 44) | 0x80000);
	teardown();
	mem.budget = 0;
	assert_int_equal(gstage_init(&g, HGATP_MODE_SV39X4, &mem_ops, &mem), -NACRE_ENOMEM);
	assert_null(g.mem); /* so its owner has nothing to destroy */
}

/* One page at a time, then all at once: tables and root are as if nothing had been. */
static void test_map_one_and_drop(void **state)
{
	static const uint64_t size[] = {PAGE_SIZE, SIZE_2M, SIZE_1G};

	(void)state;
	for (unsigned mode = HGATP_MODE_SV39X4; mode <= HGATP_MODE_SV57X4; mode++) {
		setup(mode);
		for (unsigned n = 0; n < 300; n++) {
			uint64_t s = size[rnd(3)],
				 at = rnd(16) * SIZE_1G + rnd(4) * SIZE_2M + rnd(4) * PAGE_SIZE;
			uint64_t to = ALIGN_DOWN(rnd(UINT64_C(1) << 50), s);
			struct gstage_leaf leaf;
			bool was;

			at = ALIGN_DOWN(at, s);
			was = mapped(at, at + s) != 0;
			mem.budget = rnd(8) ? ~0U : (unsigned)rnd(2);
			switch (gstage_map_one(&g, gpa(at), hpa(to), s, GSTAGE_R | GSTAGE_X)) {
			case 0:
				assert_false(was);
				assert_int_equal(gstage_walk(&g, gpa(at + s - 1), &leaf), 0);
				assert_int_equal(leaf.hpa.v, to + s - 1);
				assert_int_equal(leaf.size, s);
				assert_int_equal(leaf.perm, GSTAGE_R | GSTAGE_X);
				model.s[model.n++] =
					(struct segment){at, s, to - at, GSTAGE_R | GSTAGE_X};
				break;
			case -NACRE_EEXIST:
				/* in its way is a page, or a table, be it empty */
				break;
			default:
				assert_true(mem.budget < 2);
			}
		}
		assert_int_equal(
			gstage_map_one(&g, gpa(gstage_limit(&g)), hpa(0), PAGE_SIZE, GSTAGE_R),
			-NACRE_EINVAL);
		assert_int_equal(gstage_map_one(&g, gpa(0), hpa(0), PAGE_SIZE, GSTAGE_W),
				 -NACRE_EINVAL);
		gstage_drop(&g, gpa(SIZE_1G), 0);
		gstage_drop(&g, gpa(PAGE_SIZE), 17 * SIZE_1G);
		for (unsigned i = 0; i < 4 * 512; i++)
			assert_int_equal(mem.page[i / 512][i % 512], 0);
		gstage_destroy(&g);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_map_one_and_drop),
		cmocka_unit_test(test_history),
		cmocka_unit_test(test_superpages),
		cmocka_unit_test(test_arguments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
