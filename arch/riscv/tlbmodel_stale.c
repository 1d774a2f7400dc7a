/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The fence watcher's records.
 *
 * What always holds: m->tag[].count says how many records of each kind a tag has; whatever is not
 * recorded for want of memory has made a record of its tag coarser (why is TLBM_COARSE, it covers
 * everything), or is reported at once.
 */
#include "tlbmodel_stale.h"

#define FENCES_MAX 4096 /* single addresses of one request that are looked at in one record */

static bool of_tag(const struct tlbm_stale *s)
{
	return s->kind == TLBM_KIND_G || s->kind == TLBM_KIND_VS;
}

void stale_drop(struct tlbm *m, struct tlbm_stale *s)
{
	unsigned i = (unsigned)(s - m->stale);

	if (of_tag(s))
		m->tag[s->tag].count[s->kind]--;
	*s = (struct tlbm_stale){0};
	if (i < m->hint)
		m->hint = i;
	while (m->high && m->stale[m->high - 1].kind == TLBM_KIND_NONE)
		m->high--;
}

static struct tlbm_stale *find_free(struct tlbm *m)
{
	while (m->hint < TLBM_STALE && m->stale[m->hint].kind != TLBM_KIND_NONE)
		m->hint++;
	if (m->hint == TLBM_STALE)
		return NULL;
	if (m->hint >= m->high)
		m->high = m->hint + 1;
	return &m->stale[m->hint];
}

static bool same_space(const struct tlbm_stale *a, const struct tlbm_stale *b)
{
	return a->kind == b->kind && a->tag == b->tag && a->space == b->space &&
	       a->any_asid == b->any_asid && a->asid == b->asid && a->all == b->all &&
	       a->order == b->order && a->by == b->by && a->why == b->why;
}

static bool hpa_known(const struct tlbm_stale *s)
{
	return s->hpa <= s->hpa_last;
}

/* Every fence that removes old removes new too, and old is due no later than new. */
static bool covered(const struct tlbm_stale *old, const struct tlbm_stale *new)
{
	if (old->kind != new->kind || old->tag != new->tag || old->space != new->space ||
	    old->due == TLBM_NEVER ||
	    (hpa_known(new) && old->hpa - old->first != new->hpa - new->first))
		return false;
	if (old->kind == TLBM_KIND_LEAF ? old->order != new->order : old->order > new->order)
		return false;
	return (old->any_asid || (!new->any_asid && old->asid == new->asid)) &&
	       (old->all || !new->all) && old->first <= new->first && old->last >= new->last;
}

/* new continues old, and nobody has looked since old was made: one record does for both. */
static bool extend(const struct tlbm *m, struct tlbm_stale *old, const struct tlbm_stale *new)
{
	bool linear = !new->all &&new->first && old->last == new->first - 1;
	bool tables = new->all && old->first == new->first && old->last == new->last;

	if (!same_space(old, new) || !(linear || tables) || old->miss || new->due == TLBM_NEVER ||
	    (old->kind != TLBM_KIND_LEAF && old->due <= m->last_look) ||
	    hpa_known(old) != hpa_known(new) || (hpa_known(new) && old->hpa_last + 1 != new->hpa))
		return false;
	old->last = new->last;
	old->hpa_last = new->hpa_last;
	old->due = new->due;
	return true;
}

/* All of new's tag and kind in one record. */
static void coarsen(struct tlbm *m, const struct tlbm_stale *new)
{
	struct tlbm_stale all = *new;

	for (EACH_STALE(m, s)) {
		if (s->kind != new->kind || s->tag != new->tag || s->space != new->space)
			continue;
		if (s->due != TLBM_NEVER && (all.due == TLBM_NEVER || s->due > all.due))
			all.due = s->due;
		if (hpa_known(s)) {
			all.hpa = !hpa_known(&all) || s->hpa < all.hpa ? s->hpa : all.hpa;
			all.hpa_last = all.hpa_last > s->hpa_last ? all.hpa_last : s->hpa_last;
		}
		all.reused = all.reused || s->reused;
		stale_drop(m, s);
	}
	all.why = TLBM_COARSE;
	all.all = all.any_asid = true;
	all.order = 0;
	all.first = 0;
	all.last = UINT64_MAX;
	m->coarse++;
	stale_add(m, &all);
}

void stale_add(struct tlbm *m, const struct tlbm_stale *new)
{
	struct tlbm_stale *slot;

	for (EACH_STALE(m, s))
		if (s->kind == new->kind && (covered(s, new) || extend(m, s, new)))
			return;
	if (of_tag(new) && m->tag[new->tag].count[new->kind] >= TLBM_PER_TAG) {
		coarsen(m, new);
		return;
	}
	slot = find_free(m);
	if (slot) {
		*slot = *new;
		if (of_tag(new))
			m->tag[new->tag].count[new->kind]++;
	} else if (of_tag(new) && m->tag[new->tag].count[new->kind]) {
		coarsen(m, new);
	} else {
		tlbm_say(m, &(struct tlbm_report){
				    .fault = TLBM_CAPACITY, .hart = new->by, .stale = *new});
	}
}

void stale_cut(struct tlbm *m, struct tlbm_stale *s, uint64_t first, uint64_t last)
{
	bool linear = hpa_known(s) && s->hpa_last - s->hpa == s->last - s->first;
	struct tlbm_stale right = *s;

	if (last < s->first || first > s->last)
		return;
	if (s->first < first && last < s->last) {
		right.first = last + 1;
		if (linear)
			right.hpa += right.first - s->first;
	}
	if (s->first < first) {
		if (linear)
			s->hpa_last = s->hpa + (first - 1 - s->first);
		s->last = first - 1;
	} else if (last < s->last) {
		if (linear)
			s->hpa += last + 1 - s->first;
		s->first = last + 1;
	} else {
		stale_drop(m, s);
		return;
	}
	if (right.first > last && right.last > s->last)
		stale_add(m, &right);
}

/* What one fence for addr reaches of entries of this size is the whole entry. */
static void cut_entries(struct tlbm *m, struct tlbm_stale *s, uint64_t addr, uint64_t last)
{
	uint64_t entry = PAGE_SIZE << s->order;

	stale_cut(m, s, ALIGN_DOWN(addr, entry), ALIGN_DOWN(last, entry) + (entry - 1));
}

void stale_fence(struct tlbm *m, struct tlbm_stale *s, const struct hfence *h)
{
	uint64_t entry = PAGE_SIZE << s->order, step = PAGE_SIZE << (h->order & 63), at = h->addr,
		 last;
	uint8_t kind = s->kind;

	if (hfence_is_all(h)) {
		stale_drop(m, s);
		return;
	}
	if (!s->all && h->count && step) {
		last = h->count - 1 > (UINT64_MAX - at) / step ? UINT64_MAX
							       : at + (h->count - 1) * step;
		if (step <= entry) {
			cut_entries(m, s, at, last);
		} else {
			/* Backwards, so that what is left after a cut is the record itself. */
			if (last > s->last)
				last -= ALIGN_DOWN(last - s->last, step);
			for (unsigned n = 0;
			     n < FENCES_MAX && s->kind == kind && !s->all && last >= at;
			     n++, last -= step) {
				cut_entries(m, s, last, last);
				if (last < s->first || last - at < step)
					break;
			}
		}
	}
	if (s->kind == kind)
		s->miss = TLBM_TOO_NARROW;
}
