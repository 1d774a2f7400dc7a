/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Page pool: which 4 KiB pages of one bank of physical memory are free.
 *
 * One bit per page, set while the page is free, in a bitmap that the caller provides; the pages
 * themselves are never touched. Alignment is meant of the physical address, not of the distance
 * from the start of the bank. No lock: the caller holds one around every call.
 */
#ifndef NACRE_CORE_PAGE_H
#define NACRE_CORE_PAGE_H

#include <core/types.h>

/* An allocation of this many pages (2 MiB) or more is big: it comes from the high end of the bank.
 */
#define PAGE_POOL_BIG UINT64_C(512)

struct page_pool {
	uint64_t *map;	 /* bit set: free */
	hpa_t base;	 /* of page 0; page aligned */
	uint64_t npages; /* in the bank */
	uint64_t nfree;	 /* bits set in map */
	uint64_t hint;	 /* no page below this one is free */
};

/* Bytes of bitmap that a bank of npages pages needs; a multiple of 8. */
uint64_t page_pool_bytes(uint64_t npages);

/*
 * A pool of npages pages from base up, none of them free yet: page_give() what may be used. base is
 * page aligned and the bank ends within the address space. bitmap: page_pool_bytes(npages) bytes,
 * any content, owned by the pool from now on.
 */
void page_pool_init(struct page_pool *p, hpa_t base, uint64_t npages, uint64_t *bitmap);

/*
 * Makes npages pages from start up free, for the first time.
 * -NACRE_EINVAL: none, start not page aligned, or not wholly inside the bank; -NACRE_EEXIST: one of
 * them is free already. On error nothing has changed.
 */
int page_give(struct page_pool *p, hpa_t start, uint64_t npages);

/*
 * Takes npages contiguous pages whose physical address is a multiple of align pages (a power of
 * two) and stores their address in *out. Small blocks are the lowest that fit, big ones
 * (PAGE_POOL_BIG) the highest, so that small allocations do not break up superpages. The content of
 * the pages is whatever it was. -NACRE_EINVAL: npages is 0 or align no power of two; -NACRE_ENOMEM:
 * no such block.
 */
int page_alloc(struct page_pool *p, uint64_t npages, uint64_t align, hpa_t *out);

/* Returns pages that page_alloc() gave; any part of a block may be returned. Errors as page_give().
 */
int page_free(struct page_pool *p, hpa_t start, uint64_t npages);

#endif
