/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * HFENCE entries of the NACL shared memory: packing by the consumer, unpacking by the provider.
 *
 * What always holds: unpack() of what pack() wrote is the same request or a wider one, and whatever
 * an entry contains, the result fences at least what it says. SBI specification, "Feature:
 * Synchronize HFENCE".
 */
#include <arch/nacl_shmem.h>

#include <core/errno.h>

/* Types for one VMID, and for one ASID. */
#define HAS_VMID(type) ((type) >= NACL_HFENCE_GVMA_VMID)
#define HAS_ASID(type) ((type) >= NACL_HFENCE_VVMA_ASID)

#define ORDER_MAX (63 - PAGE_SHIFT)

int nacl_hfence_free(const struct nacl_shmem *s, unsigned *hint)
{
	unsigned i = *hint;

	for (unsigned n = 0; n < NACL_HFENCE_ENTRIES; n++, i++) {
		if (i >= NACL_HFENCE_ENTRIES)
			i = 0;
		/* The provider's end of the entry's fences before our next use of it. */
		if (!(__atomic_load_n(&s->hfence[i].config, __ATOMIC_ACQUIRE) &
		      NACL_HFENCE_PENDING)) {
			*hint = i + 1;
			return (int)i;
		}
	}
	return -1;
}

/* Pages of 4 KiB << order from page `number` on: are there some, all below 2^64? */
static bool range_makes_sense(unsigned order, uint64_t number, uint64_t count)
{
	uint64_t last;

	if (order > ORDER_MAX)
		return false;
	last = UINT64_MAX >> (order + PAGE_SHIFT);
	return count && number <= last && count - 1 <= last - number;
}

int nacl_hfence_pack(struct nacl_hfence *e, const struct hfence *h)
{
	uint64_t config, number = 0, count = 0;
	unsigned type = h->type, order = 0;

	if (type >= NACL_HFENCE_TYPES || (HAS_VMID(type) && h->vmid > NACL_HFENCE_VMID_MASK))
		return -NACRE_EINVAL;
	if (!hfence_is_all(h)) {
		order = h->order;
		count = h->count;
		number = order <= ORDER_MAX ? h->addr >> (order + PAGE_SHIFT) : 0;
		if (!range_makes_sense(order, number, count) ||
		    !IS_ALIGNED(h->addr, PAGE_SIZE << order)) {
			type |= 1;
			order = 0;
			number = count = 0;
		}
	}
	config = NACL_HFENCE_PENDING | (uint64_t)type << NACL_HFENCE_TYPE_SHIFT |
		 (uint64_t)order << NACL_HFENCE_ORDER_SHIFT;
	if (HAS_VMID(type))
		config |= (uint64_t)h->vmid << NACL_HFENCE_VMID_SHIFT;
	if (HAS_ASID(type))
		config |= (uint64_t)h->asid << NACL_HFENCE_ASID_SHIFT;
	nacl_store(&e->page_number, number);
	nacl_store(&e->reserved, 0);
	nacl_store(&e->page_count, count);
	/* Whoever sees the entry pending shall find the words of this request in it. */
	__atomic_store_n(&e->config, config, __ATOMIC_RELEASE);
	return 0;
}

static unsigned everything(struct hfence out[NACL_HFENCE_UNPACKED])
{
	out[0] = (struct hfence){.type = NACL_HFENCE_GVMA_ALL};
	out[1] = (struct hfence){.type = NACL_HFENCE_VVMA_ALL, .vmid = HFENCE_VMID_ANY};
	return 2;
}

unsigned nacl_hfence_unpack(const struct nacl_hfence *e, struct hfence out[NACL_HFENCE_UNPACKED])
{
	/* The pending bit before the words that came with it: pack()'s release. */
	uint64_t config = __atomic_load_n(&e->config, __ATOMIC_ACQUIRE), number, count;
	unsigned type = config >> NACL_HFENCE_TYPE_SHIFT & NACL_HFENCE_TYPE_MASK;
	unsigned order = config >> NACL_HFENCE_ORDER_SHIFT & NACL_HFENCE_ORDER_MASK;

	if (!(config & NACL_HFENCE_PENDING))
		return 0;
	if (type >= NACL_HFENCE_TYPES || (config & NACL_HFENCE_RESERVED) || nacl_load(&e->reserved))
		return everything(out);
	*out = (struct hfence){.type = (uint8_t)type};
	if (HAS_VMID(type))
		out->vmid = config >> NACL_HFENCE_VMID_SHIFT & NACL_HFENCE_VMID_MASK;
	if (HAS_ASID(type))
		out->asid = config >> NACL_HFENCE_ASID_SHIFT & NACL_HFENCE_ASID_MASK;
	if (type & 1)
		return 1;
	number = nacl_load(&e->page_number);
	count = nacl_load(&e->page_count);
	if (!range_makes_sense(order, number, count)) {
		out->type |= 1;
		return 1;
	}
	out->order = (uint8_t)order;
	out->addr = number << (order + PAGE_SHIFT);
	out->count = count;
	return 1;
}
