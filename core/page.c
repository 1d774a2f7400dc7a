/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Page pool: first fit over a bitmap, small blocks from the low end and big ones from the high end.
 *
 * What always holds: nfree is the number of bits set, no page below hint is free, and bits at or
 * above npages are clear. All searches go a word (64 pages) at a time, and no page is looked at
 * more than a few times per search.
 */
#include <core/page.h>

#include <core/errno.h>

#include <string.h>

#define WORD_PAGES UINT64_C(64)

uint64_t page_pool_bytes(uint64_t npages)
{
	return (npages / WORD_PAGES + (npages % WORD_PAGES != 0)) * sizeof(uint64_t);
}

void page_pool_init(struct page_pool *p, hpa_t base, uint64_t npages, uint64_t *bitmap)
{
	memset(bitmap, 0, page_pool_bytes(npages));
	*p = (struct page_pool){.map = bitmap, .base = base, .npages = npages, .hint = npages};
}

/* The bits of word w that stand for pages in [from, to), which overlaps that word. */
static uint64_t mask_of(uint64_t w, uint64_t from, uint64_t to)
{
	uint64_t mask = ~UINT64_C(0);

	if (from > w * WORD_PAGES)
		mask &= ~UINT64_C(0) << (from % WORD_PAGES);
	if (to - w * WORD_PAGES < WORD_PAGES)
		mask &= ~(~UINT64_C(0) << (to % WORD_PAGES));
	return mask;
}

/* The lowest page in [from, to) that is free (or used), or to if there is none. */
static uint64_t lowest(const struct page_pool *p, uint64_t from, uint64_t to, bool is_free)
{
	uint64_t flip = is_free ? 0 : ~UINT64_C(0);

	for (uint64_t w = from / WORD_PAGES; from < to && w <= (to - 1) / WORD_PAGES; w++) {
		uint64_t bits = (p->map[w] ^ flip) & mask_of(w, from, to);

		if (bits)
			return w * WORD_PAGES + (unsigned)__builtin_ctzll(bits);
	}
	return to;
}

/* One more than the highest used page in [from, to), or from if all are free. */
static uint64_t above_used(const struct page_pool *p, uint64_t from, uint64_t to)
{
	if (from == to)
		return from;
	for (uint64_t w = (to - 1) / WORD_PAGES + 1; w-- > from / WORD_PAGES;) {
		uint64_t bits = ~p->map[w] & mask_of(w, from, to);

		if (bits)
			return (w + 1) * WORD_PAGES - (unsigned)__builtin_clzll(bits);
	}
	return from;
}

/* Sets (free) or clears (used) the bits of [from, to). */
static void mark(struct page_pool *p, uint64_t from, uint64_t to, bool is_free)
{
	for (uint64_t w = from / WORD_PAGES; w <= (to - 1) / WORD_PAGES; w++) {
		if (is_free)
			p->map[w] |= mask_of(w, from, to);
		else
			p->map[w] &= ~mask_of(w, from, to);
	}
}

int page_give(struct page_pool *p, hpa_t start, uint64_t npages)
{
	uint64_t from = (start.v - p->base.v) >> PAGE_SHIFT;

	if (start.v < p->base.v || !IS_ALIGNED(start.v, PAGE_SIZE) || npages == 0 ||
	    from >= p->npages || npages > p->npages - from)
		return -NACRE_EINVAL;
	if (lowest(p, from, from + npages, true) != from + npages)
		return -NACRE_EEXIST;
	mark(p, from, from + npages, true);
	p->nfree += npages;
	if (from < p->hint)
		p->hint = from;
	return 0;
}

int page_free(struct page_pool *p, hpa_t start, uint64_t npages)
{
	return page_give(p, start, npages);
}

/* The lowest block that fits, or npages of the pool. Moves the hint up to the first free page on
 * its way. */
static uint64_t search_up(struct page_pool *p, uint64_t n, uint64_t align)
{
	uint64_t first = p->base.v >> PAGE_SHIFT, at;

	p->hint = lowest(p, p->hint, p->npages, true);
	for (at = p->hint;;) {
		uint64_t above;

		at = ALIGN_UP(first + at, align) - first;
		if (at > p->npages || n > p->npages - at)
			return p->npages;
		above = above_used(p, at, at + n);
		if (above == at)
			return at;
		at = lowest(p, above, p->npages, true);
	}
}

/* The highest block that fits, or npages of the pool. */
static uint64_t search_down(const struct page_pool *p, uint64_t n, uint64_t align)
{
	uint64_t first = p->base.v >> PAGE_SHIFT, end = p->npages;

	while (end >= n) {
		uint64_t at = ALIGN_DOWN(first + end - n, align), used;

		if (at < first)
			break;
		at -= first;
		used = lowest(p, at, at + n, false);
		if (used == at + n)
			return at;
		end = used;
	}
	return p->npages;
}

int page_alloc(struct page_pool *p, uint64_t npages, uint64_t align, hpa_t *out)
{
	uint64_t at;

	if (npages == 0 || align == 0 || (align & (align - 1)))
		return -NACRE_EINVAL;
	if (npages > p->nfree)
		return -NACRE_ENOMEM;
	at = npages >= PAGE_POOL_BIG ? search_down(p, npages, align) : search_up(p, npages, align);
	if (at == p->npages)
		return -NACRE_ENOMEM;
	mark(p, at, at + npages, false);
	p->nfree -= npages;
	*out = hpa(p->base.v + (at << PAGE_SHIFT));
	return 0;
}
