/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Requests to forget cached translations of a guest, and the queue of such requests that each vcpu
 * has.
 *
 * Any hart may push a request for a vcpu; the hart that runs it pops and carries out. A request may
 * become wider on its way (aligned outwards, merged with another, replaced by the "all" type),
 * never narrower, and none is ever lost. The types are those of SBI NACL (spec/nacl.h). No lock in
 * here: callers hold the vcpu's queue lock around each call.
 *
 * VMIDs: in a plain vcpu's queue vmid is 0 and ignored. Whoever carries a request out uses the VMID
 * that the vcpu has by then; if it changed since the push, the old number is dead and there is
 * nothing left to forget. The field is for the requests of a guest hypervisor, where it is one of
 * that guest's own numbers. Those it makes of its other harts (SBI RFENCE) are marked l2, and share
 * the queue with what it asks for itself.
 */
#ifndef NACRE_ARCH_HFENCE_H
#define NACRE_ARCH_HFENCE_H

#include <core/types.h>
#include <spec/nacl.h>

#define HFENCE_QUEUE	 16
#define HFENCE_MAX_PAGES 64	/* a longer range becomes the "all" type */
#define HFENCE_VMID_ANY	 0xffff /* in VVMA_ALL: every VMID of the vcpu. No VMID has 16 bits */

struct hfence {
	uint8_t type;	/* NACL_HFENCE_* */
	uint8_t order;	/* one fence for each 4 KiB << order; no leaf in the range is smaller */
	uint16_t vmid;	/* types for one VMID */
	uint16_t asid;	/* VVMA_ASID, VVMA_ASID_ALL */
	bool l2;	/* about guests of the guest; neither covers the other sort, nor merges */
	uint64_t addr;	/* bytes, aligned to 4 KiB << order; guest physical for GVMA*, else virtual;
			   0 for *_ALL */
	uint64_t count; /* of 4 KiB << order; 0 for *_ALL */
};

#define HFENCE_ALL_GVMA	   BIT(0)
#define HFENCE_ALL_VVMA	   BIT(1)
#define HFENCE_ALL_L2_GVMA BIT(2)
#define HFENCE_ALL_L2_VVMA BIT(3)

struct hfence_queue {
	struct hfence entry[HFENCE_QUEUE];
	uint16_t count;
	uint8_t all;	  /* bits HFENCE_ALL_*: everything of that; then no entry is of it */
	uint64_t pushed;  /* statistics: requests, */
	uint64_t widened; /* and those that made a range or the queue overflow to "all" */
};

static inline bool hfence_is_all(const struct hfence *h)
{
	return h->type & 1;
}

static inline bool hfence_is_vvma(const struct hfence *h)
{
	return h->type >= NACL_HFENCE_VVMA;
}

/*
 * A request from start address and size in bytes, as SBI calls pass them: (0, 0) and size 2^64 - 1
 * mean everything. Any other size 0 is taken as one byte. vmid is 0. The range is widened to whole
 * pages; one that wraps around or is longer than HFENCE_MAX_PAGES becomes the "all" type. For an
 * "all" type addr and size are ignored. -NACRE_EINVAL: no such type.
 */
int hfence_make(struct hfence *h, unsigned type, uint16_t asid, uint64_t addr, uint64_t size);

/*
 * Adds a request. If it does not fit, everything of its stage (GVMA or VVMA) and sort (l2 or not)
 * is requested instead.
 * A request whose fields make no sense (NACL lets a guest write any order and count) becomes the
 * "all" type. type must be valid.
 */
void hfence_push(struct hfence_queue *q, const struct hfence *h);

/* Takes a request out; false when there is none. The order is arbitrary. */
bool hfence_pop(struct hfence_queue *q, struct hfence *out);

/* Moves all requests to `out`, whose own content does not count. Not the statistics. */
void hfence_take(struct hfence_queue *q, struct hfence_queue *out);

static inline bool hfence_pending(const struct hfence_queue *q)
{
	return q->count || q->all;
}

/*
 * True only if carrying out wide makes narrow superfluous. Meant for requests that hfence_make() or
 * hfence_pop() gave; any other range counts as wide for nothing.
 */
bool hfence_covers(const struct hfence *wide, const struct hfence *narrow);

#endif
