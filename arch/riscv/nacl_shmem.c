/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * HFENCE entries of the NACL shared memory, the consumer's side; unpacking is in the header.
 *
 * What always holds: unpack() of what pack() wrote is the same request or a wider one, and whatever
 * an entry contains, the result fences at least what it says. SBI specification, "Feature:
 * Synchronize HFENCE".
 */
#include <arch/nacl_shmem.h>

#include <core/errno.h>

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

int nacl_hfence_pack(struct nacl_hfence *e, const struct hfence *h)
{
	uint64_t config, number = 0, count = 0;
	unsigned type = h->type, order = 0;

	if (type >= NACL_HFENCE_TYPES || (nacl_has_vmid(type) && h->vmid > NACL_HFENCE_VMID_MASK))
		return -NACRE_EINVAL;
	if (!hfence_is_all(h)) {
		order = h->order;
		count = h->count;
		number = order <= NACL_ORDER_MAX ? h->addr >> (order + PAGE_SHIFT) : 0;
		if (!nacl_range_makes_sense(order, number, count) ||
		    !IS_ALIGNED(h->addr, PAGE_SIZE << order)) {
			type |= 1;
			order = 0;
			number = count = 0;
		}
	}
	config = NACL_HFENCE_PENDING | (uint64_t)type << NACL_HFENCE_TYPE_SHIFT |
		 (uint64_t)order << NACL_HFENCE_ORDER_SHIFT;
	if (nacl_has_vmid(type))
		config |= (uint64_t)h->vmid << NACL_HFENCE_VMID_SHIFT;
	if (nacl_has_asid(type))
		config |= (uint64_t)h->asid << NACL_HFENCE_ASID_SHIFT;
	nacl_store(&e->page_number, number);
	nacl_store(&e->reserved, 0);
	nacl_store(&e->page_count, count);
	/* Whoever sees the entry pending shall find the words of this request in it. */
	__atomic_store_n(&e->config, config, __ATOMIC_RELEASE);
	return 0;
}
