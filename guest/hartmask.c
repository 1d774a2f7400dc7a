/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SBI hart masks (SBI specification, "Binary Encoding", section "Hart list parameter").
 *
 * Always holds for a set that hartset_make() made: each id that hartset_next() yields is below
 * nvcpus. Base and mask come from a guest and may be anything, also such that base + bit wraps.
 */
#include <guest/hartmask.h>
#include <spec/sbi.h>

#define MASK_BITS 64

long hartset_make(struct hartset *s, uint64_t mask, uint64_t base, uint32_t nvcpus)
{
	uint64_t left; /* how many hartids from base on exist */

	*s = (struct hartset){.first = base, .nvcpus = nvcpus};
	if (base == UINT64_MAX) {
		s->all = true;
		return SBI_SUCCESS;
	}
	left = base < nvcpus ? nvcpus - base : 0;
	if (left < MASK_BITS && mask >> left)
		return SBI_ERR_INVALID_PARAM;
	s->mask = mask;
	return SBI_SUCCESS;
}

bool hartset_next(const struct hartset *s, uint32_t *id)
{
	uint64_t next = *id == HARTSET_START ? 0 : (uint64_t)*id + 1;
	uint64_t skip, rest;

	if (s->all) {
		if (next >= s->nvcpus)
			return false;
		*id = (uint32_t)next;
		return true;
	}
	skip = next > s->first ? next - s->first : 0;
	rest = skip < MASK_BITS ? s->mask >> skip : 0;
	if (rest == 0)
		return false;
	/* Few steps in practice; without Zbb, __builtin_ctzll() is a call that takes 45 instructions. */
	for (; !(rest & 1); rest >>= 1)
		skip++;
	*id = (uint32_t)(s->first + skip);
	return true;
}
