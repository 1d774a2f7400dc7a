/* SPDX-License-Identifier: BSD-2-Clause */
/* core/page.c against a byte per page and exhaustive search, over many bank shapes and random
 * histories. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <core/errno.h>
#include <core/page.h>

#define MAX_PAGES 3000

struct model {
	struct page_pool pool;
	uint8_t free[MAX_PAGES];
};

static uint64_t rng = 88172645463325252u;

static uint64_t rnd(uint64_t n)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return rng % n;
}

static struct model *model_new(uint64_t base_page, uint64_t npages)
{
	struct model *m = calloc(1, sizeof(*m));
	uint64_t *map =
		malloc(page_pool_bytes(npages)); /* exact, so that ASan sees a word too many */

	memset(map, 0xa5, page_pool_bytes(npages));
	page_pool_init(&m->pool, hpa(base_page << PAGE_SHIFT), npages, map);
	return m;
}

static void model_free(struct model *m)
{
	free(m->pool.map);
	free(m);
}

static bool all_free(const struct model *m, uint64_t at, uint64_t n, uint8_t want)
{
	for (uint64_t i = at; i < at + n; i++)
		if (m->free[i] != want)
			return false;
	return true;
}

/* Where the pool has to place the block, or npages when nowhere. */
static uint64_t expected(const struct model *m, uint64_t n, uint64_t align)
{
	uint64_t first = m->pool.base.v >> PAGE_SHIFT, found = m->pool.npages;

	for (uint64_t at = 0; at + n <= m->pool.npages; at++) {
		if ((first + at) % align || !all_free(m, at, n, 1))
			continue;
		found = at;
		if (n < PAGE_POOL_BIG)
			break;
	}
	return found;
}

static void check(const struct model *m)
{
	uint64_t nfree = 0;

	for (uint64_t i = 0; i < m->pool.npages; i++) {
		assert_int_equal((m->pool.map[i / 64] >> (i % 64)) & 1, m->free[i]);
		nfree += m->free[i];
	}
	assert_int_equal(m->pool.nfree, nfree);
	assert_true(all_free(m, 0, m->pool.hint, 0));
}

static void step_alloc(struct model *m)
{
	static const uint16_t sizes[] = {1, 1, 1, 1, 2, 3, 4, 63, 64, 65, 130, 511, 512, 513, 1024};
	uint64_t n = sizes[rnd(ARRAY_SIZE(sizes))], align = UINT64_C(1) << rnd(rnd(2) ? 3 : 11);
	uint64_t at = expected(m, n, align);
	hpa_t got = hpa(7);
	int rc = page_alloc(&m->pool, n, align, &got);

	if (at == m->pool.npages) {
		assert_int_equal(rc, -NACRE_ENOMEM);
		assert_int_equal(got.v, 7);
		return;
	}
	assert_int_equal(rc, 0);
	assert_int_equal(got.v, m->pool.base.v + at * PAGE_SIZE);
	memset(m->free + at, 0, n);
}

static void step_give(struct model *m)
{
	uint64_t at = rnd(m->pool.npages), n = 1 + rnd(rnd(2) ? 8 : 700);
	hpa_t start = hpa(m->pool.base.v + at * PAGE_SIZE);
	int rc = (rnd(2) ? page_give : page_free)(&m->pool, start, n);

	if (n > m->pool.npages - at) {
		assert_int_equal(rc, -NACRE_EINVAL);
	} else if (!all_free(m, at, n, 0)) {
		assert_int_equal(rc, -NACRE_EEXIST);
	} else {
		assert_int_equal(rc, 0);
		memset(m->free + at, 1, n);
	}
}

static void test_random(void **state)
{
	static const uint16_t shapes[][2] = {{0, 1},	  {3, 63},	{1, 64},
					     {5, 65},	  {512, 512},	{511, 600},
					     {300, 2050}, {1024, 3000}, {777, 2999}};

	(void)state;
	for (unsigned s = 0; s < ARRAY_SIZE(shapes); s++) {
		struct model *m = model_new(shapes[s][0], shapes[s][1]);

		check(m);
		for (unsigned i = 0; i < 1500; i++) {
			if (rnd(5) < 2)
				step_alloc(m);
			else
				step_give(m);
			check(m);
		}
		model_free(m);
	}
}

static void test_arguments(void **state)
{
	struct model *m = model_new(16, 100);
	struct page_pool *p = &m->pool;
	hpa_t out;

	(void)state;
	assert_int_equal(page_alloc(p, 1, 1, &out), -NACRE_ENOMEM); /* nothing given yet */
	assert_int_equal(page_alloc(p, 0, 1, &out), -NACRE_EINVAL);
	assert_int_equal(page_alloc(p, 1, 0, &out), -NACRE_EINVAL);
	assert_int_equal(page_alloc(p, 1, 3, &out), -NACRE_EINVAL);
	assert_int_equal(page_give(p, hpa(16 * PAGE_SIZE), 0), -NACRE_EINVAL);
	assert_int_equal(page_give(p, hpa(16 * PAGE_SIZE + 8), 1), -NACRE_EINVAL);
	assert_int_equal(page_give(p, hpa(15 * PAGE_SIZE), 2), -NACRE_EINVAL);
	assert_int_equal(page_give(p, hpa(116 * PAGE_SIZE), 1), -NACRE_EINVAL);
	assert_int_equal(page_give(p, hpa(16 * PAGE_SIZE), 101), -NACRE_EINVAL);
	assert_int_equal(page_give(p, hpa(17 * PAGE_SIZE), UINT64_MAX), -NACRE_EINVAL);
	assert_int_equal(page_give(p, hpa(UINT64_MAX & ~PAGE_MASK), 1), -NACRE_EINVAL);
	assert_int_equal(page_give(p, hpa(16 * PAGE_SIZE), 100), 0);
	assert_int_equal(page_give(p, hpa(115 * PAGE_SIZE), 1), -NACRE_EEXIST);
	assert_int_equal(page_alloc(p, UINT64_MAX, 1, &out), -NACRE_ENOMEM);
	assert_int_equal(page_alloc(p, 1, BIT(63), &out), -NACRE_ENOMEM);
	assert_int_equal(page_alloc(p, 100, 1, &out), 0);
	assert_int_equal(out.v, 16 * PAGE_SIZE);
	assert_int_equal(page_alloc(p, 1, 1, &out), -NACRE_ENOMEM);
	model_free(m);
}

/* A bank like a real one: 2 GiB + 1 MiB at 2 GiB. Small pages must not cost a 1 GiB page. */
static void test_gigapages(void **state)
{
	uint64_t npages = (2 * SIZE_1G + (1 << 20)) / PAGE_SIZE, giga = SIZE_1G / PAGE_SIZE;
	uint64_t *map = malloc(page_pool_bytes(npages));
	struct page_pool p;
	hpa_t out;

	(void)state;
	page_pool_init(&p, hpa(2 * SIZE_1G), npages, map);
	assert_int_equal(page_give(&p, p.base, npages), 0);
	for (unsigned i = 0; i < 1000; i++) {
		assert_int_equal(page_alloc(&p, 1, 1, &out), 0);
		assert_int_equal(out.v, 2 * SIZE_1G + i * PAGE_SIZE);
	}
	assert_int_equal(page_alloc(&p, giga, giga, &out), 0);
	assert_int_equal(out.v, 3 * SIZE_1G);
	assert_int_equal(page_alloc(&p, giga, giga, &out), -NACRE_ENOMEM);
	assert_int_equal(page_alloc(&p, 512, 512, &out), 0);
	assert_int_equal(out.v, 3 * SIZE_1G - SIZE_2M);
	assert_int_equal(page_free(&p, hpa(2 * SIZE_1G + 40 * PAGE_SIZE), 1), 0);
	assert_int_equal(page_alloc(&p, 1, 1, &out), 0);
	assert_int_equal(out.v, 2 * SIZE_1G + 40 * PAGE_SIZE);
	free(map);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_arguments),
		cmocka_unit_test(test_gigapages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
