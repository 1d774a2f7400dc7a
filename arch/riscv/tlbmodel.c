/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The fence watcher's model: what each hart may have cached, event by event.
 *
 * What always holds: a tag says whose entries (owner and tables) its hart may have under its VMID;
 * the dirty bits say whether there may be any, also for VMIDs that have no tag; what hgatp names is
 * always dirty. Entries that are right need no record: only what was changed since has one.
 */
#include <arch/tlbmodel.h>

#include <spec/pte.h>

#include "tlbmodel_stale.h"

/* ---- Reports ---- */

void tlbm_say(struct tlbm *m, const struct tlbm_report *r)
{
	m->reported++;
	if (m->nreports < TLBM_REPORTS)
		m->report[m->nreports++] = *r;
}

bool tlbm_take(struct tlbm *m, struct tlbm_report *out)
{
	if (!m->nreports)
		return false;
	*out = m->report[0];
	m->nreports--;
	for (unsigned i = 0; i < m->nreports; i++)
		m->report[i] = m->report[i + 1];
	return true;
}

static void say(struct tlbm *m, enum tlbm_fault fault, const struct tlbm_tag *t)
{
	bool unknown =
		t->forgotten && fault != TLBM_INVAL && (fault != TLBM_WRONG_HGATP || !t->owner);

	tlbm_say(m, &(struct tlbm_report){.fault = unknown ? TLBM_CAPACITY : fault,
					  .hart = t->hart,
					  .vmid = t->number,
					  .owner = t->owner});
}

void stale_say(struct tlbm *m, enum tlbm_fault fault, unsigned hart, struct tlbm_stale *s)
{
	struct tlbm_report r = {.fault = s->why == TLBM_COARSE ? TLBM_CAPACITY : fault,
				.hart = hart,
				.vmid = tlbm_vmid(m, hart),
				.hpa = s->hpa,
				.stale = *s};

	if (m->hart[hart].tag >= 0)
		r.owner = m->tag[m->hart[hart].tag].owner;
	tlbm_say(m, &r);
	stale_drop(m, s);
}

/* ---- Tags ---- */

void tlbm_init(struct tlbm *m)
{
	*m = (struct tlbm){0};
	for (unsigned h = 0; h < TLBM_HARTS; h++) {
		m->hart[h].tag = -1;
		for (unsigned i = 0; i < TLBM_VMIDS / 64; i++)
			m->hart[h].g_dirty[i] = m->hart[h].vs_dirty[i] = ~UINT64_C(0);
	}
}

static void set_dirty(uint64_t *map, unsigned n)
{
	map[n / 64] |= BIT(n % 64);
}

static void drop_stale(struct tlbm *m, const struct tlbm_tag *t, enum tlbm_kind kind)
{
	if (t->count[kind])
		for (EACH_STALE(m, s))
			if (s->kind == kind && s->tag == t - m->tag)
				stale_drop(m, s);
}

static void drop_tag(struct tlbm *m, struct tlbm_tag *t)
{
	drop_stale(m, t, TLBM_KIND_G);
	drop_stale(m, t, TLBM_KIND_VS);
	*t = (struct tlbm_tag){0};
}

/* Nobody enters under that number again, unless as somebody new. */
static void orphan(struct tlbm *m, struct tlbm_tag *t)
{
	t->owner = 0;
	if (!tag_in_force(m, t))
		drop_tag(m, t);
}

/* The tag of a number, made when there is none: then whatever the hart has under it is unknown. */
static struct tlbm_tag *tag_of(struct tlbm *m, unsigned hart, unsigned number)
{
	struct tlbm_tag *got = NULL;

	for (EACH_TAG(m, t)) {
		if (t->used && t->hart == hart && t->number == number)
			return t;
		/* A free one, else the one that was not seen for longest. */
		if (!got || (got->used && (!t->used || tag_in_force(m, got) ||
					   (t->seen < got->seen && !tag_in_force(m, t)))))
			got = t;
	}
	if ((!got || got->used) && m->tags < TLBM_TAGS)
		got = &m->tag[m->tags++];
	if (got->used) {
		m->evicted++;
		drop_tag(m, got);
	}
	*got = (struct tlbm_tag){.used = true,
				 .hart = (uint8_t)hart,
				 .number = (uint16_t)number,
				 .seen = m->now,
				 .forgotten = m->evicted != 0};
	return got;
}

void tlbm_assign(struct tlbm *m, unsigned hart, uint64_t owner, uint32_t vmid)
{
	struct tlbm_tag *t;

	if (hart >= TLBM_HARTS || vmid >= TLBM_VMIDS)
		return;
	m->now++;
	for (EACH_TAG(m, old))
		if (old->used && old->hart == hart && old->owner == owner && old->number != vmid)
			orphan(m, old);
	t = tag_of(m, hart, vmid);
	t->owner = owner;
	t->g_for = t->vs_for = 0; /* also if it had that number before */
}

void tlbm_release(struct tlbm *m, uint64_t owner)
{
	m->now++;
	for (EACH_TAG(m, t))
		if (t->used && t->owner == owner)
			orphan(m, t);
}

/* ---- hgatp, entry and exit ---- */

uint32_t tlbm_vmid(const struct tlbm *m, unsigned hart)
{
	return hart < TLBM_HARTS && m->hart[hart].tag >= 0 ? m->tag[m->hart[hart].tag].number
							   : TLBM_ANY;
}

uint64_t tlbm_space(const struct tlbm *m, unsigned hart)
{
	return hart < TLBM_HARTS && m->hart[hart].tag >= 0 ? m->tag[m->hart[hart].tag].space : 0;
}

/* From now on the hart may cache for (space, owner) under the tag's number. */
static void put_in_force(struct tlbm *m, struct tlbm_tag *t, uint64_t space)
{
	struct tlbm_hart *h = &m->hart[t->hart];

	h->tag = (int)(t - m->tag);
	t->seen = m->now;
	if (t->space != space || t->g_for != t->owner) {
		t->g_foreign = t->g_foreign || is_dirty(h->g_dirty, t->number);
		drop_stale(m, t, TLBM_KIND_G);
		t->space = space;
		t->g_for = t->owner;
	}
	if (t->vs_for != t->owner || !t->owner) {
		t->vs_foreign = t->vs_foreign || is_dirty(h->vs_dirty, t->number);
		drop_stale(m, t, TLBM_KIND_VS);
		t->vs_for = t->owner;
	}
	set_dirty(h->g_dirty, t->number);
	set_dirty(h->vs_dirty, t->number);
}

void tlbm_hgatp(struct tlbm *m, unsigned hart, uint64_t hgatp)
{
	uint64_t space = (hgatp & HGATP_PPN) << PAGE_SHIFT;
	struct tlbm_tag *old, *t;

	if (hart >= TLBM_HARTS)
		return;
	m->now++;
	old = m->hart[hart].tag >= 0 ? &m->tag[m->hart[hart].tag] : NULL;
	t = hgatp >> HGATP_MODE_SHIFT ? tag_of(m, hart, (hgatp & HGATP_VMID) >> HGATP_VMID_SHIFT)
				      : NULL;
	m->hart[hart].tag = -1;
	if (old && old != t && !old->owner)
		drop_tag(m, old);
	if (!t)
		return;
	put_in_force(m, t, space);
	if (t->count[TLBM_KIND_G])
		for (EACH_STALE(m, s))
			if (s->kind == TLBM_KIND_G && s->tag == t - m->tag && s->reused)
				stale_say(m, TLBM_REUSED, hart, s);
}

void tlbm_look(struct tlbm *m, unsigned hart)
{
	if (hart < TLBM_HARTS)
		m->last_look = m->hart[hart].look = ++m->now;
}

void tlbm_exit(struct tlbm *m, unsigned hart)
{
	if (hart < TLBM_HARTS)
		m->hart[hart].in_guest = false;
}

static void check_stale(struct tlbm *m, unsigned hart, const struct tlbm_tag *t)
{
	static const enum tlbm_fault fault[] = {[TLBM_KIND_G] = TLBM_STALE_G,
						[TLBM_KIND_VS] = TLBM_STALE_VS,
						[TLBM_KIND_SHADOW] = TLBM_STALE_SHADOW};

	for (EACH_STALE(m, s)) {
		bool its =
			s->kind == TLBM_KIND_SHADOW ? s->space == t->space : s->tag == t - m->tag;

		if (s->kind != TLBM_KIND_NONE && s->kind != TLBM_KIND_LEAF && its &&
		    s->due <= m->hart[hart].look)
			stale_say(m, fault[s->kind], hart, s);
	}
}

void tlbm_enter(struct tlbm *m, unsigned hart, uint64_t owner)
{
	struct tlbm_hart *h = hart < TLBM_HARTS ? &m->hart[hart] : NULL;
	struct tlbm_tag none = {.hart = (uint8_t)hart}, *t;

	if (!h)
		return;
	m->events++;
	t = h->tag >= 0 ? &m->tag[h->tag] : &none;
	h->in_guest = true;
	if (h->inval_open)
		say(m, TLBM_INVAL, t);
	if (t == &none || (owner && t->owner != owner))
		say(m, TLBM_WRONG_HGATP, t);
	if (t->g_foreign)
		say(m, TLBM_FOREIGN_G, t);
	if (t->vs_foreign)
		say(m, TLBM_FOREIGN_VS, t);
	t->g_foreign = t->vs_foreign = h->inval_open = false;
	if (t != &none && m->high)
		check_stale(m, hart, t);
}

/* ---- Fences ---- */

/* Everything of one stage under one VMID, or each, is gone from the hart, but for what hgatp names:
 * that may come back. */
static void forget(struct tlbm *m, unsigned hart, bool vs, uint32_t vmid)
{
	struct tlbm_hart *h = &m->hart[hart];
	uint64_t *map = vs ? h->vs_dirty : h->g_dirty;

	for (unsigned i = 0; vmid == TLBM_ANY && i < TLBM_VMIDS / 64; i++)
		map[i] = 0;
	if (vmid != TLBM_ANY)
		map[vmid / 64] &= ~BIT(vmid % 64);
	for (EACH_TAG(m, t)) {
		if (!t->used || t->hart != hart || (vmid != TLBM_ANY && t->number != vmid))
			continue;
		*(vs ? &t->vs_foreign : &t->g_foreign) = false;
		if (tag_in_force(m, t))
			set_dirty(map, t->number);
		else
			*(vs ? &t->vs_for : &t->space) = 0;
	}
}

static enum tlbm_miss miss_of(const struct tlbm *m, unsigned hart, const struct hfence *h,
			      uint32_t vmid, const struct tlbm_stale *s)
{
	const struct tlbm_tag *t = &m->tag[s->tag];

	if (t->hart != hart)
		return TLBM_OTHER_HART;
	if (hfence_is_vvma(h) != (s->kind == TLBM_KIND_VS))
		return TLBM_OTHER_STAGE;
	if (vmid != TLBM_ANY && vmid != t->number)
		return TLBM_OTHER_VMID;
	if (h->type >= NACL_HFENCE_VVMA_ASID && (s->any_asid || s->asid != h->asid))
		return TLBM_OTHER_ASID;
	return TLBM_NO_FENCE;
}

void tlbm_fence(struct tlbm *m, unsigned hart, const struct hfence *h)
{
	bool any = h->type < NACL_HFENCE_GVMA_VMID ||
		   (h->type == NACL_HFENCE_VVMA_ALL && h->vmid == HFENCE_VMID_ANY);
	uint32_t vmid = any ? TLBM_ANY : h->vmid;

	if (hart >= TLBM_HARTS || (!any && vmid >= TLBM_VMIDS))
		return;
	m->now++;
	for (EACH_STALE(m, s)) {
		enum tlbm_miss miss;

		if (s->kind != TLBM_KIND_G && s->kind != TLBM_KIND_VS)
			continue;
		miss = miss_of(m, hart, h, vmid, s);
		if (miss == TLBM_NO_FENCE)
			stale_fence(m, s, h);
		else if (miss > s->miss)
			s->miss = miss;
	}
	if (hfence_is_all(h) && h->type != NACL_HFENCE_VVMA_ASID_ALL)
		forget(m, hart, hfence_is_vvma(h), vmid);
}

void tlbm_inval(struct tlbm *m, unsigned hart, bool begin)
{
	if (hart < TLBM_HARTS)
		m->hart[hart].inval_open = begin;
}

void tlbm_insn(struct tlbm *m, unsigned hart, unsigned type, uint64_t addr, uint64_t id)
{
	uint32_t vmid = type < NACL_HFENCE_VVMA ? (uint32_t)id : tlbm_vmid(m, hart);
	struct hfence h = {.type = (uint8_t)type, .vmid = (uint16_t)vmid, .asid = (uint16_t)id};

	h.count = !hfence_is_all(&h);
	h.addr = h.count ? addr : 0;
	if (vmid < TLBM_VMIDS || type < NACL_HFENCE_GVMA_VMID)
		tlbm_fence(m, hart, &h);
}

void tlbm_hinval(struct tlbm *m, unsigned hart, unsigned type, uint64_t addr, uint64_t id)
{
	if (hart < TLBM_HARTS && !m->hart[hart].inval_open)
		tlbm_say(m, &(struct tlbm_report){
				    .fault = TLBM_INVAL, .hart = hart, .vmid = tlbm_vmid(m, hart)});
	tlbm_insn(m, hart, type, addr, id);
}

/* ---- Tables ---- */

void tlbm_leaf(struct tlbm *m, unsigned hart, uint64_t space, const struct tlbm_stale *what)
{
	m->now++;
	for (EACH_TAG(m, t)) {
		struct tlbm_stale s = *what;

		if (!t->used || t->space != space || !is_dirty(m->hart[t->hart].g_dirty, t->number))
			continue;
		s.kind = TLBM_KIND_G;
		s.by = (uint8_t)hart;
		s.tag = (uint16_t)(t - m->tag);
		s.due = m->now;
		stale_add(m, &s);
	}
}

void tlbm_dead(struct tlbm *m, unsigned hart, uint64_t space, const struct tlbm_table *table)
{
	struct tlbm_stale run = {
		.why = TLBM_TABLE, .all = true, .any_asid = true, .last = UINT64_MAX};

	run.hpa = table->hpa;
	run.hpa_last = table->hpa + PAGE_SIZE - 1;
	for (unsigned i = 0; i < 1U << PTE_TABLE_SHIFT; i++) {
		uint64_t at = (table->entry[i] & PTE_PPN) >> PTE_PPN_SHIFT << PAGE_SHIFT;

		if (!(table->entry[i] & PTE_V) || !(table->entry[i] & PTE_RWX))
			continue;
		if (run.hpa_last + 1 != at) {
			tlbm_leaf(m, hart, space, &run);
			run.hpa = at;
		}
		run.hpa_last = at + table->leaf_size - 1;
	}
	tlbm_leaf(m, hart, space, &run);
}

static void say_root(struct tlbm *m, const struct tlbm_tag *t)
{
	tlbm_say(m, &(struct tlbm_report){.fault = TLBM_ROOT_FREED,
					  .hart = t->hart,
					  .hpa = t->space,
					  .vmid = t->number,
					  .owner = t->owner});
}

void tlbm_space_gone(struct tlbm *m, uint64_t space)
{
	m->now++;
	for (EACH_TAG(m, t)) {
		if (!t->used || t->space != space)
			continue;
		if (tag_in_force(m, t))
			say_root(m, t);
		drop_stale(m, t, TLBM_KIND_G);
		t->space = 0; /* the dirty bit stays: its entries are nobody's */
	}
	for (EACH_STALE(m, s))
		if ((s->kind == TLBM_KIND_SHADOW || s->kind == TLBM_KIND_LEAF) && s->space == space)
			stale_drop(m, s);
	for (unsigned i = 0; i < TLBM_SHADOWS; i++)
		if (m->shadow[i].space == space)
			m->shadow[i] = (struct tlbm_shadow){0};
}

void tlbm_reuse(struct tlbm *m, uint64_t hpa, uint64_t size)
{
	uint64_t last = hpa + size - 1;

	m->now++;
	for (EACH_TAG(m, t))
		if (t->used && tag_in_force(m, t) && t->space >= hpa && t->space <= last)
			say_root(m, t);
	for (EACH_STALE(m, s)) {
		if (s->kind != TLBM_KIND_G || s->hpa > s->hpa_last || s->hpa > last ||
		    s->hpa_last < hpa)
			continue;
		if (tag_in_force(m, &m->tag[s->tag]))
			stale_say(m, TLBM_REUSED, m->tag[s->tag].hart, s);
		else
			s->reused = true;
	}
}
