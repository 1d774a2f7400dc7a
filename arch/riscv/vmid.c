/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * VMID allocator: numbers are given out in ascending order, and when they are used up the hart is
 * flushed, which starts a new generation and makes every number of the old one worthless at once.
 *
 * What always holds: a number in [next, last] has no entry on this hart; a vmid with the pool's
 * hart and generation is owned by exactly one vcpu.
 */
#include <arch/vmid.h>

#include <arch/tlbsan.h>
#include <spec/pte.h>

void vmid_pool_init(struct vmid_pool *p, uint32_t hart, unsigned bits)
{
	if (bits > HGATP_VMID_BITS)
		bits = HGATP_VMID_BITS;
	*p = (struct vmid_pool){.hart = hart, .last = (uint16_t)((1U << bits) - 1)};
	p->next = p->last + 1; /* used up: who knows what ran on the hart before us */
}

enum vmid_answer vmid_assign(struct vmid_pool *p, struct vmid *v)
{
	enum vmid_answer answer = VMID_NEW;

	if (vmid_is_live(p, v))
		return VMID_KEEP;
	if (p->next > p->last) {
		p->generation++;
		p->next = 1;
		answer = VMID_NEW_FLUSH;
	}
	*v = (struct vmid){.generation = p->generation, .hart = p->hart};
	if (p->last)
		v->number = p->next++;
	tlbsan_assign(p->hart, v, v->number);
	return answer;
}

void vmid_release(struct vmid *v)
{
	tlbsan_release(v);
	*v = (struct vmid){0};
}
