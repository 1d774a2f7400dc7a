/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The hart list parameter of SBI calls (SBI specification, "Binary Encoding", section "Hart list
 * parameter") as a set of a VM's vcpus. vcpu n has hartid n. The one place that knows the bounds.
 */
#ifndef NACRE_GUEST_HARTMASK_H
#define NACRE_GUEST_HARTMASK_H

#include <core/types.h>

struct hartset {
	uint64_t first; /* the hartid of bit 0 of mask */
	uint64_t mask;
	bool all; /* every vcpu; first and mask mean nothing */
	uint32_t nvcpus;
};

/*
 * Make *s from hart_mask and hart_mask_base. A base of -1 means all, whatever the mask. An empty
 * mask names no hart, so it is the empty set for any base: the specification knows errors only for
 * hartids that the two together construct.
 *
 * Returns SBI_SUCCESS, or SBI_ERR_INVALID_PARAM if a hartid named is not below nvcpus (then *s is
 * the empty set).
 */
long hartset_make(struct hartset *s, uint64_t mask, uint64_t base, uint32_t nvcpus);

#define HARTSET_START UINT32_MAX

/*
 * Visit the set in ascending order:
 *	for (uint32_t id = HARTSET_START; hartset_next(&set, &id);)
 * Returns false at the end, with *id as it was.
 */
bool hartset_next(const struct hartset *s, uint32_t *id);

#endif
