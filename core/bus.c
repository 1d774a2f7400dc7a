/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The MMIO ranges of a VM. Few ranges, so a walk in ascending order is the fastest search; whoever
 * adds the busiest device at the lowest address makes it faster still.
 */
#include <core/bus.h>
#include <core/errno.h>

/* Ranges can end at the very end of the address space: last addresses do not wrap, ends do. */
static uint64_t last(const struct bus_range *r)
{
	return r->base.v + (r->size - 1);
}

int bus_add(struct bus *b, const struct bus_range *r)
{
	unsigned at = b->count;

	if (r->size == 0 || last(r) < r->base.v)
		return -NACRE_EINVAL;
	while (at > 0 && b->range[at - 1].base.v > r->base.v)
		at--;
	if (at > 0 && last(&b->range[at - 1]) >= r->base.v)
		return -NACRE_EEXIST;
	if (at < b->count && last(r) >= b->range[at].base.v)
		return -NACRE_EEXIST;
	if (b->count == BUS_MAX)
		return -NACRE_ENOMEM;
	for (unsigned n = b->count; n > at; n--)
		b->range[n] = b->range[n - 1];
	b->range[at] = *r;
	b->count++;
	return 0;
}

const struct bus_range *bus_find(const struct bus *b, gpa_t addr, unsigned size)
{
	for (unsigned n = 0; n < b->count && b->range[n].base.v <= addr.v; n++) {
		const struct bus_range *r = &b->range[n];
		uint64_t offset = addr.v - r->base.v;

		if (offset < r->size)
			return size <= r->size - offset ? r : NULL;
	}
	return NULL;
}
