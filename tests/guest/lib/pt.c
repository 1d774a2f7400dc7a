/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Page tables of the test guests: Sv39, Sv48 or Sv57, made from a pool of pages inside the image,
 * never freed. The image, the console and the PLIC are mapped one to one in 2 MiB pages, so code
 * runs on when satp is written.
 */
#include <string.h>
#include "lib.h"

#define POOL_PAGES 1024

static char pool[POOL_PAGES][4096] __attribute__((aligned(4096)));
static unsigned pool_used;

void *page_alloc(void)
{
	unsigned i = atomic_add(&pool_used, 1);

	if (i >= POOL_PAGES)
		die("page pool is empty");
	return memset(pool[i], 0, 4096);
}

uint64_t *pt_pte(const struct pt *pt, uint64_t va, int level)
{
	uint64_t *table = pt->root;

	for (int l = pt->levels - 1; l > level; l--) {
		uint64_t *e = &table[va >> (12 + 9 * l) & 511];

		if (!*e)
			*e = pte_make((uintptr_t)page_alloc(), PTE_V);
		table = (uint64_t *)(uintptr_t)(*e >> 10 << 12);
	}
	return &table[va >> (12 + 9 * level) & 511];
}

void pt_map(const struct pt *pt, uint64_t va, uint64_t pa, int level, uint64_t flags)
{
	*pt_pte(pt, va, level) = pte_make(pa, flags);
}

struct pt pt_new(int levels)
{
	struct pt pt = {page_alloc(), levels};
	uint64_t end = ALIGN_UP((uintptr_t)_end, SIZE_2M);

	for (uint64_t a = (uintptr_t)_image; a < end; a += SIZE_2M)
		pt_map(&pt, a, a, 1, PTE_RW | PTE_X);
	if (machine.uart)
		pt_map(&pt, machine.uart & ~(SIZE_2M - 1), machine.uart & ~(SIZE_2M - 1), 1,
		       PTE_RW);
	for (uint64_t a = machine.plic; machine.plic && a < machine.plic + 2 * SIZE_2M;
	     a += SIZE_2M)
		pt_map(&pt, a, a, 1, PTE_RW);
	return pt;
}

uint64_t pt_satp(const struct pt *pt, uint64_t asid)
{
	return (uint64_t)(pt->levels + 5) << SATP_MODE_SHIFT | asid << 44 |
	       (uintptr_t)pt->root >> 12;
}
