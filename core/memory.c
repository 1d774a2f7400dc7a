/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The host's free memory. Each bank of RAM has a page pool (page.c); its bitmap lies in the bank
 * itself. What firmware, image, device tree and bundle occupy is never given to a pool.
 */
#include <string.h>

#include <arch/atomic.h>
#include <arch/zero.h>
#include <arch/mmu.h>
#include <arch/tlbsan.h>
#include <core/errno.h>
#include <core/host.h>
#include <core/log.h>
#include <core/memory.h>
#include <core/page.h>

extern const char _start_image[], _end_image[];

static struct page_pool pool[HOST_RAM_MAX];
static unsigned pools;
static uint64_t total_pages;
static struct spinlock lock; /* all pools */
static uint32_t zero_block;  /* bytes that one cbo.zero clears, 0: not usable */
static uint32_t flush_block; /* likewise for cbo.flush */

static struct mem_range used[HOST_RESERVED_MAX + HOST_RAM_MAX + 4];
static unsigned nused;

static void use(uint64_t start, uint64_t end)
{
	used[nused++] = (struct mem_range){ALIGN_DOWN(start, PAGE_SIZE), ALIGN_UP(end, PAGE_SIZE)};
}

/* The first unused range at or above `from`, below `limit`; false when there is none. */
static bool next_free(uint64_t from, uint64_t limit, struct mem_range *out)
{
	bool moved = true;

	while (moved) {
		moved = false;
		for (unsigned i = 0; i < nused; i++)
			if (from >= used[i].start && from < used[i].end) {
				from = used[i].end;
				moved = true;
			}
	}
	out->start = from;
	out->end = limit;
	for (unsigned i = 0; i < nused; i++)
		if (used[i].start > from && used[i].start < out->end)
			out->end = used[i].start;
	return from < limit;
}

static void add_bank(const struct mem_range *ram)
{
	uint64_t start = ALIGN_UP(ram->start, PAGE_SIZE), end = ALIGN_DOWN(ram->end, PAGE_SIZE);
	uint64_t npages = end > start ? (end - start) / PAGE_SIZE : 0;
	uint64_t bytes = ALIGN_UP(page_pool_bytes(npages), PAGE_SIZE);
	struct page_pool *p = &pool[pools];
	struct mem_range r;

	for (uint64_t at = start; npages && next_free(at, end, &r); at = r.end)
		if (r.end - r.start >= bytes) {
			use(r.start, r.start + bytes);
			page_pool_init(p, hpa(start), npages, phys_to_virt(hpa(r.start)));
			pools++;
			break;
		}
	if (p->npages == 0)
		return;
	for (uint64_t at = start; next_free(at, end, &r); at = r.end)
		page_give(p, hpa(r.start), (r.end - r.start) / PAGE_SIZE);
	total_pages += p->nfree;
}

/* Is all of it RAM that nobody uses? */
static bool is_unused(const struct mem_range *r)
{
	bool ram = false;

	for (unsigned i = 0; i < host.nram; i++)
		ram = ram || (r->start >= host.ram[i].start && r->end <= host.ram[i].end);
	for (unsigned i = 0; i < nused; i++)
		ram = ram && (r->end <= used[i].start || r->start >= used[i].end);
	return ram;
}

bool memory_init(const struct mem_range *keep)
{
	bool kept = true;

	for (unsigned i = 0; i < host.nreserved; i++)
		use(host.reserved[i].start, host.reserved[i].end);
	use(mmu_image_pa, mmu_image_pa + (uint64_t)(_end_image - _start_image));
	use(host.fdt_pa, host.fdt_pa + host.fdt_size);
	if (host.initrd_end > host.initrd_start)
		use(host.initrd_start, host.initrd_end);
	if (keep) {
		kept = is_unused(keep);
		if (kept)
			use(keep->start, keep->end);
	}
	for (unsigned i = 0; i < host.nram; i++)
		add_bank(&host.ram[i]);
	return kept;
}

/* Firmware may keep an instruction from HS-mode (menvcfg), so it is tried before it is trusted. */
static uint32_t usable_block(uint32_t block, bool (*probe)(void *))
{
	void *page = memory_pages(1);
	bool works = page && block && block <= PAGE_SIZE && !(block & (block - 1)) && probe(page);

	if (page)
		memory_free(virt_to_phys(page), 1);
	return works ? block : 0;
}

void memory_use_cbo_zero(uint32_t block)
{
	zero_block = usable_block(block, zero_probe);
}

void memory_use_cbo_flush(uint32_t block)
{
	flush_block = usable_block(block, flush_probe);
}

void memory_flush(void *p, uint64_t size)
{
	if (flush_block)
		flush_blocks(p, size, flush_block);
}

int memory_alloc(uint64_t pages, uint64_t align, hpa_t *out)
{
	int err = -NACRE_ENOMEM;

	spin_lock(&lock);
	for (unsigned i = 0; i < pools && err; i++)
		err = page_alloc(&pool[i], pages, align, out);
	spin_unlock(&lock);
	return err;
}

void memory_free(hpa_t start, uint64_t pages)
{
	int err = -NACRE_EINVAL;

	tlbsan_reuse(start.v, pages * PAGE_SIZE);
	spin_lock(&lock);
	for (unsigned i = 0; i < pools && err; i++)
		err = page_free(&pool[i], start, pages);
	spin_unlock(&lock);
	assert(err == 0);
}

void *memory_pages(uint64_t pages)
{
	hpa_t p;

	if (memory_alloc(pages, 1, &p))
		return NULL;
	return memset(phys_to_virt(p), 0, pages * PAGE_SIZE);
}

void memory_zero(void *p, uint64_t size)
{
	uint64_t head;

	if (zero_block && IS_ALIGNED((uint64_t)p | size, (uint64_t)zero_block) && size) {
		zero_blocks(p, size, zero_block);
		return;
	}
	head =
		zero_block ? (ALIGN_UP((uint64_t)p, (uint64_t)zero_block) - (uint64_t)p) : size;

	head = head < size ? head : size;
	memset(p, 0, head);
	if (size - head >= zero_block && zero_block) {
		uint64_t body = ALIGN_DOWN(size - head, (uint64_t)zero_block);

		zero_blocks((char *)p + head, body, zero_block);
		head += body;
		memset((char *)p + head, 0, size - head);
	}
}

/* An archive aligns files to 4 bytes only, hence the unit; eight of them a turn. */
typedef uint32_t __attribute__((may_alias)) word_t;

void memory_copy(void *dst, const void *src, uint64_t size)
{
	word_t *d = dst;
	const word_t *s = src;
	uint64_t n = size / (8 * sizeof(*d));

	if (((uint64_t)dst | (uint64_t)src) % sizeof(*d)) {
		memcpy(dst, src, size);
		return;
	}
	for (uint64_t i = 0; i < n; i++, d += 8, s += 8) {
		word_t a = s[0], b = s[1], c = s[2], e = s[3];

		d[0] = a, d[1] = b, d[2] = c, d[3] = e;
		a = s[4], b = s[5], c = s[6], e = s[7];
		d[4] = a, d[5] = b, d[6] = c, d[7] = e;
	}
	memcpy(d, s, size % (8 * sizeof(*d)));
}

uint64_t memory_free_pages(void)
{
	uint64_t n = 0;

	spin_lock(&lock);
	for (unsigned i = 0; i < pools; i++)
		n += pool[i].nfree;
	spin_unlock(&lock);
	return n;
}

uint64_t memory_total_pages(void)
{
	return total_pages;
}
