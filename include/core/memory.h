/* SPDX-License-Identifier: BSD-2-Clause */
/* The host's free memory: one page pool per bank behind one lock. Addresses are host physical. */
#ifndef NACRE_CORE_MEMORY_H
#define NACRE_CORE_MEMORY_H

#include <core/types.h>

/*
 * Gives all RAM of `host` that nothing else uses to the pools, without `keep` (whole pages; or
 * NULL). false: that is not wholly such RAM, and is not kept.
 */
bool memory_init(const struct mem_range *keep);
/* From now on guest RAM is zeroed with cbo.zero, blocks of that many bytes, if the hart lets
 * HS-mode use it. */
void memory_use_cbo_zero(uint32_t block);
/* The same for memory_flush(). */
void memory_use_cbo_flush(uint32_t block);
/* pages of 4 KiB, align in pages (a power of 2). 0 or -NACRE_ENOMEM. Content is undefined. */
int memory_alloc(uint64_t pages, uint64_t align, hpa_t *out);
void memory_free(hpa_t start, uint64_t pages);
/* Zeroed pages for Nacre's own use, by virtual address; NULL when there are none. */
void *memory_pages(uint64_t pages);
/* Zeroes host memory; with cbo.zero where the host has it. */
void memory_zero(void *p, uint64_t size);
/* For readers past the caches: guests that may map memory as non-cacheable (Svpbmt). Whole pages.
 */
void memory_flush(void *p, uint64_t size);
/* Copies images: the library's memcpy, made for size, takes seven instructions a byte. No overlap.
 */
void memory_copy(void *dst, const void *src, uint64_t size);
uint64_t memory_free_pages(void);
uint64_t memory_total_pages(void);

#endif
