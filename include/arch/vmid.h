/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * VMIDs: numbers that keep one vcpu's cached translations apart from another's.
 *
 * Numbers are per hart and per vcpu. Translation caches are private to a hart (a fence acts on the
 * local hart only), so each hart has its own pool, and a vcpu owns a triple (hart, generation,
 * number) that means something on that hart alone. Hence: a vcpu that comes to another hart gets a
 * fresh number there, and entries of an earlier stay can never be hit; two vcpus of one VM on one
 * hart share no entries, as the ASIDs and global pages of two guest harts are unrelated; running
 * out of numbers flushes one hart, not all; and a pool is touched by its own hart only, without
 * atomics. Number 0 belongs to the host. Privileged specification, hgatp.
 */
#ifndef NACRE_ARCH_VMID_H
#define NACRE_ARCH_VMID_H

#include <core/types.h>

/* One per hart; only that hart uses it. */
struct vmid_pool {
	uint64_t generation; /* one more after each flush; never 0 */
	uint32_t hart;	     /* any number that no other pool has */
	uint16_t next;	     /* the lowest number not given out since the last flush */
	uint16_t last;	     /* the highest that there is; 0: the hart has no VMIDs */
};

/* Belongs to a vcpu, changed only by the hart that runs it. Zero-initialised it owns nothing. */
struct vmid {
	uint64_t generation;
	uint32_t hart;
	uint16_t number; /* for hgatp.VMID */
};

enum vmid_answer {
	VMID_KEEP,	/* the number is as it was */
	VMID_NEW,	/* a new number, which no entry of this hart has */
	VMID_NEW_FLUSH, /* a new number, once hfence.gvma and hfence.vvma for everything were run on
			   this hart */
};

/* bits: what the hart implements of hgatp.VMID; more than 14 count as 14. The first answer will be
 * VMID_NEW_FLUSH. */
void vmid_pool_init(struct vmid_pool *p, uint32_t hart, unsigned bits);

/* v's number is valid on p's hart: vmid_assign() would say VMID_KEEP. */
static inline bool vmid_is_live(const struct vmid_pool *p, const struct vmid *v)
{
	return v->generation == p->generation && v->hart == p->hart && v->generation;
}

/*
 * Makes v valid on p's hart, which is about to enter the vcpu. VMID_NEW_FLUSH is said once, also if
 * the entry does not come about: the caller flushes at once. With no VMIDs every change of vcpu on
 * the hart needs a flush.
 */
enum vmid_answer vmid_assign(struct vmid_pool *p, struct vmid *v);

/*
 * Gives the number up: the vcpu is destroyed or its address space thrown away. The number stays
 * unused until its hart is flushed, so nothing need be fenced.
 */
void vmid_release(struct vmid *v);

#endif
