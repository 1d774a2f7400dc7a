/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The fence watcher's model, continued: what guests ask for. A remote fence of a guest makes
 * VS-stage entries of its target wrong, a fence by a guest hypervisor those of its guest and, of
 * the other stage, the shadow tables themselves, which are as good as a cache of L1's: they must be
 * emptied first.
 */
#include "tlbmodel_stale.h"

/* ---- Remote fences ---- */

struct tlbm_stale stale_of(const struct tlbm *m, unsigned hart, const struct hfence *h)
{
	struct tlbm_stale s = {
		.by = (uint8_t)hart, .hpa = 1, .any_asid = true, .last = UINT64_MAX, .due = m->now};

	if (h->type >= NACL_HFENCE_VVMA_ASID) {
		s.any_asid = false;
		s.asid = h->asid;
	}
	s.all = hfence_is_all(h) || h->order >= 64 - PAGE_SHIFT || !h->count ||
		h->count - 1 > (UINT64_MAX - h->addr) / (PAGE_SIZE << h->order);
	if (!s.all) {
		s.order = h->order;
		s.first = h->addr;
		s.last = h->addr + (h->count * (PAGE_SIZE << h->order)) - 1;
	}
	return s;
}

/* The VS-stage entries of a tag that s covers are wrong. */
void stale_vs(struct tlbm *m, const struct tlbm_tag *t, struct tlbm_stale s)
{
	if (!is_dirty(m->hart[t->hart].vs_dirty, t->number) || t->vs_for != t->owner)
		return;
	s.kind = TLBM_KIND_VS;
	s.tag = (uint16_t)(t - m->tag);
	stale_add(m, &s);
}

uint64_t tlbm_request(struct tlbm *m, unsigned hart, uint64_t owner, const struct hfence *h)
{
	struct tlbm_stale s;

	m->now++;
	s = stale_of(m, hart, h);
	s.why = TLBM_REQUEST;
	s.due = TLBM_NEVER;
	s.ticket = m->now;
	for (EACH_TAG(m, t))
		if (t->used && t->owner == owner && hfence_is_vvma(h))
			stale_vs(m, t, s);
	return m->now;
}

void tlbm_due(struct tlbm *m, uint64_t ticket)
{
	m->now++;
	for (EACH_STALE(m, s))
		if (s->kind == TLBM_KIND_VS && s->due == TLBM_NEVER && s->ticket == ticket)
			s->due = m->now;
}

void tlbm_settled(struct tlbm *m, unsigned hart, uint64_t owner, uint64_t since)
{
	for (EACH_STALE(m, s)) {
		const struct tlbm_tag *t = &m->tag[s->tag];

		if (s->kind == TLBM_KIND_VS && s->due <= since && t->owner == owner &&
		    t->hart != hart && tag_in_force(m, t) && m->hart[t->hart].in_guest)
			stale_say(m, TLBM_UNSETTLED, t->hart, s);
	}
}

/* ---- Guest hypervisors ---- */

static struct tlbm_shadow *shadow_of(struct tlbm *m, uint64_t space)
{
	for (unsigned i = 0; i < TLBM_SHADOWS; i++)
		if (m->shadow[i].space == space)
			return &m->shadow[i];
	return NULL;
}

void tlbm_shadow(struct tlbm *m, unsigned hart, uint64_t space, uint64_t l1, uint32_t vmid)
{
	struct tlbm_shadow *s = shadow_of(m, space);

	m->now++;
	if (s && s->first <= s->last && (s->l1 != l1 || s->vmid != vmid)) {
		struct tlbm_stale left = {.kind = TLBM_KIND_SHADOW,
					  .why = TLBM_SLOT_REUSED,
					  .by = (uint8_t)hart,
					  .space = space,
					  .first = s->first,
					  .last = s->last,
					  .hpa = 1,
					  .due = m->now};

		stale_add(m, &left);
	}
	if (!s) {
		s = shadow_of(m, 0);
		if (s)
			*s = (struct tlbm_shadow){.space = space, .first = UINT64_MAX};
	}
	if (!s) {
		tlbm_say(m, &(struct tlbm_report){.fault = TLBM_CAPACITY,
						  .hart = hart,
						  .vmid = TLBM_ANY,
						  .hpa = space});
		return;
	}
	s->l1 = l1;
	s->vmid = vmid;
}

void tlbm_shadow_map(struct tlbm *m, uint64_t space, uint64_t gpa, uint64_t size, unsigned order)
{
	struct tlbm_shadow *s = shadow_of(m, space);
	uint64_t span = PAGE_SIZE << (order & 63);
	struct tlbm_stale leaf = {.kind = TLBM_KIND_LEAF,
				  .space = space,
				  .order = (uint8_t)order,
				  .hpa = 1,
				  .first = ALIGN_DOWN(gpa, span)};

	m->now++;
	if (!s)
		return;
	s->first = gpa < s->first ? gpa : s->first;
	s->last = gpa + size - 1 > s->last ? gpa + size - 1 : s->last;
	leaf.last = leaf.first + (span - 1);
	if (span > size)
		stale_add(m, &leaf);
}

void tlbm_unmapped(struct tlbm *m, uint64_t space, uint64_t gpa, uint64_t size)
{
	struct tlbm_shadow *s = shadow_of(m, space);
	uint64_t last = gpa + size - 1;

	if (!s || !size)
		return;
	m->now++;
	if (gpa <= s->first && last >= s->last) {
		s->first = UINT64_MAX;
		s->last = 0;
	}
	for (EACH_STALE(m, r))
		if ((r->kind == TLBM_KIND_SHADOW || r->kind == TLBM_KIND_LEAF) && r->space == space)
			stale_cut(m, r, gpa, last);
}

/* A fence for any address in one of L1's leaves is one for all of it, of which the shadow may have
 * many parts. */
static void widen_to_leaves(struct tlbm *m, uint64_t space, struct tlbm_stale *w)
{
	for (EACH_STALE(m, s)) {
		uint64_t first, last, mask = (PAGE_SIZE << s->order) - 1;

		if (s->kind != TLBM_KIND_LEAF || s->space != space)
			continue;
		first = w->first & ~mask;
		last = w->last | mask;
		if (first < w->first && first <= s->last && first + mask >= s->first)
			w->first = first;
		if (last > w->last && last >= s->first && last - mask <= s->last)
			w->last = last;
	}
}

void tlbm_l1_fence(struct tlbm *m, unsigned hart, uint64_t l1, const struct hfence *h)
{
	struct tlbm_stale s;

	m->now++;
	s = stale_of(m, hart, h);
	s.why = TLBM_L1_FENCE;
	for (unsigned i = 0; i < TLBM_SHADOWS; i++) {
		const struct tlbm_shadow *sh = &m->shadow[i];
		struct tlbm_stale g = s;

		if (!sh->space || sh->l1 != l1 ||
		    (h->type >= NACL_HFENCE_GVMA_VMID && h->vmid != HFENCE_VMID_ANY &&
		     h->vmid != sh->vmid))
			continue;
		if (hfence_is_vvma(h)) {
			for (EACH_TAG(m, t))
				if (t->used && t->space == sh->space)
					stale_vs(m, t, s);
			continue;
		}
		g.kind = TLBM_KIND_SHADOW;
		g.space = sh->space;
		g.all = g.any_asid = false;
		g.order = 0;
		widen_to_leaves(m, sh->space, &g);
		/* Whatever was made of these leaves has to go, and then there are none. */
		for (EACH_STALE(m, leaf))
			if (leaf->kind == TLBM_KIND_LEAF && leaf->space == sh->space)
				stale_cut(m, leaf, g.first, g.last);
		/* Outside there is nothing to forget. */
		g.first = g.first > sh->first ? g.first : sh->first;
		g.last = g.last < sh->last ? g.last : sh->last;
		if (g.first <= g.last)
			stale_add(m, &g);
	}
}
