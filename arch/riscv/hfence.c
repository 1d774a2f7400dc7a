/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TLB requests and their queue.
 *
 * What always holds in a queue: ranges are not empty, aligned to their order, do not wrap and have
 * at most HFENCE_MAX_PAGES pages; no entry covers another; and no entry is of a stage and sort (l2)
 * that is requested as a whole.
 */
#include <arch/hfence.h>

#include <core/errno.h>

static_assert(NACL_HFENCE_GVMA_ALL == (NACL_HFENCE_GVMA | 1) &&
		      NACL_HFENCE_GVMA_VMID_ALL == (NACL_HFENCE_GVMA_VMID | 1) &&
		      NACL_HFENCE_VVMA_ALL == (NACL_HFENCE_VVMA | 1) &&
		      NACL_HFENCE_VVMA_ASID_ALL == (NACL_HFENCE_VVMA_ASID | 1),
	      "bit 0 of a type means all addresses");

/* The bit of a queue's `all` that is about such requests. */
static uint8_t all_bit(const struct hfence *h)
{
	return (uint8_t)(BIT(hfence_is_vvma(h)) << (h->l2 ? 2 : 0));
}

static void make_all(struct hfence *h)
{
	h->type |= 1;
	h->order = 0;
	h->addr = h->count = 0;
}

/* The last byte of a range in the queue's form. */
static uint64_t last_byte(const struct hfence *h)
{
	return h->addr + ((h->count << PAGE_SHIFT) << h->order) - 1;
}

/* Whatever a request looks like, the same or a wider one in the queue's form. */
static struct hfence normal(const struct hfence *h)
{
	struct hfence n = *h;
	uint64_t page;

	if (n.type < NACL_HFENCE_VVMA_ASID)
		n.asid = 0;
	if (n.type < NACL_HFENCE_GVMA_VMID)
		n.vmid = 0;
	if (hfence_is_all(&n) || n.order >= 64 - PAGE_SHIFT || n.count > HFENCE_MAX_PAGES) {
		make_all(&n);
		return n;
	}
	page = PAGE_SIZE << n.order;
	if (!IS_ALIGNED(n.addr, page) || !n.count)
		n.count++;
	n.addr = ALIGN_DOWN(n.addr, page);
	if (n.count > HFENCE_MAX_PAGES ||
	    n.count - 1 > ((UINT64_MAX - n.addr) >> PAGE_SHIFT) >> n.order)
		make_all(&n);
	return n;
}

int hfence_make(struct hfence *h, unsigned type, uint16_t asid, uint64_t addr, uint64_t size)
{
	uint64_t last = addr + size - (size != 0);

	if (type >= NACL_HFENCE_TYPES)
		return -NACRE_EINVAL;
	*h = (struct hfence){.type = (uint8_t)type};
	if (type >= NACL_HFENCE_VVMA_ASID)
		h->asid = asid;
	h->addr = ALIGN_DOWN(addr, PAGE_SIZE);
	h->count = ((last - h->addr) >> PAGE_SHIFT) + 1;
	if (hfence_is_all(h) || !(addr | size) || last < addr || h->count > HFENCE_MAX_PAGES)
		make_all(h);
	return 0;
}

/* The stage, sort, VMIDs and ASIDs of narrow are among those of wide. */
static bool covers_spaces(const struct hfence *wide, const struct hfence *narrow)
{
	bool one_asid = wide->type >= NACL_HFENCE_VVMA_ASID;

	if (all_bit(wide) != all_bit(narrow))
		return false;
	if (wide->type == NACL_HFENCE_VVMA_ALL && wide->vmid == HFENCE_VMID_ANY)
		return true;
	if (wide->type >= NACL_HFENCE_GVMA_VMID &&
	    (narrow->type < NACL_HFENCE_GVMA_VMID || wide->vmid != narrow->vmid))
		return false;
	return !one_asid || (narrow->type >= NACL_HFENCE_VVMA_ASID && wide->asid == narrow->asid);
}

/* hfence_covers() for requests in the queue's form. One fence per large page says nothing about the
 * small pages in it. */
static bool covers(const struct hfence *wide, const struct hfence *narrow)
{
	if (!covers_spaces(wide, narrow))
		return false;
	if (hfence_is_all(wide) || hfence_is_all(narrow))
		return hfence_is_all(wide);
	return wide->order <= narrow->order && wide->addr <= narrow->addr &&
	       last_byte(wide) >= last_byte(narrow);
}

bool hfence_covers(const struct hfence *wide, const struct hfence *narrow)
{
	struct hfence w = normal(wide), n = normal(narrow);

	/* A range that the queue would widen has not been widened yet. */
	if (!hfence_is_all(wide) &&
	    (hfence_is_all(&w) || w.addr != wide->addr || w.count != wide->count))
		return false;
	return covers(&w, &n);
}

/* If the two ranges touch or overlap in the same spaces, makes into their union. */
static bool merge(struct hfence_queue *q, struct hfence *into, const struct hfence *e)
{
	uint64_t first, last;

	if (into->type != e->type || into->l2 != e->l2 || into->vmid != e->vmid ||
	    into->asid != e->asid || into->order != e->order || hfence_is_all(e))
		return false;
	if ((e->addr > last_byte(into) && e->addr - 1 != last_byte(into)) ||
	    (into->addr > last_byte(e) && into->addr - 1 != last_byte(e)))
		return false;
	first = into->addr < e->addr ? into->addr : e->addr;
	last = last_byte(into) > last_byte(e) ? last_byte(into) : last_byte(e);
	into->addr = first;
	into->count = (((last - first) >> PAGE_SHIFT) >> into->order) + 1;
	if (into->count > HFENCE_MAX_PAGES) {
		make_all(into);
		q->widened++;
	}
	return true;
}

/* Requests everything of h's stage and sort, for every VMID, and drops what that covers. */
static void widen(struct hfence_queue *q, const struct hfence *h)
{
	unsigned kept = 0;

	q->all |= all_bit(h);
	for (unsigned i = 0; i < q->count; i++)
		if (all_bit(&q->entry[i]) != all_bit(h))
			q->entry[kept++] = q->entry[i];
	q->count = (uint16_t)kept;
	q->widened++;
}

void hfence_push(struct hfence_queue *q, const struct hfence *h)
{
	struct hfence n = normal(h);

	q->pushed++;
	if (q->all & all_bit(&n))
		return;
	/* Each round that starts anew has taken an entry out. */
	for (unsigned i = 0; i < q->count;) {
		if (covers(&q->entry[i], &n))
			return;
		if (merge(q, &n, &q->entry[i])) {
			q->entry[i] = q->entry[--q->count];
			i = 0;
		} else if (covers(&n, &q->entry[i])) {
			q->entry[i] = q->entry[--q->count];
		} else {
			i++;
		}
	}
	if (q->count < HFENCE_QUEUE)
		q->entry[q->count++] = n;
	else
		widen(q, &n);
}

bool hfence_pop(struct hfence_queue *q, struct hfence *out)
{
	uint8_t first = q->all & (uint8_t)-q->all;

	if (first) {
		q->all ^= first;
		*out = (struct hfence){.type = NACL_HFENCE_GVMA_ALL,
				       .l2 = first >= HFENCE_ALL_L2_GVMA};
		if (first & (HFENCE_ALL_VVMA | HFENCE_ALL_L2_VVMA)) {
			out->type = NACL_HFENCE_VVMA_ALL;
			out->vmid = HFENCE_VMID_ANY;
		}
	} else if (q->count) {
		*out = q->entry[--q->count];
	} else {
		return false;
	}
	return true;
}

void hfence_take(struct hfence_queue *q, struct hfence_queue *out)
{
	for (unsigned i = 0; i < q->count; i++)
		out->entry[i] = q->entry[i];
	out->count = q->count;
	out->all = q->all;
	q->count = 0;
	q->all = 0;
}
