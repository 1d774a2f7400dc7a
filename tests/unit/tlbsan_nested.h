/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest hypervisor in the pretended hypervisor of tlbsan_sim.h: one vcpu of L1, its fences, and
 * shadow tables for its two L2s in slots that are fewer than that, as guest/nested/shadow.c has
 * them. Each slot is a struct vcpu, whose number and queue are the slot's.
 */
#include "tlbsan_sim.h"

#define L1	  ((uint64_t)(uintptr_t)slots)
#define SLOTS	  2
#define L2S	  3 /* VMIDs of L1 */
#define L2_PAGES  48
#define LEAF_BITS 4 /* some leaves of L1 are of 16 pages, and mapped page by page */

static bool nested;
static struct slot {
	struct vcpu v;
	struct gstage g;
	unsigned l2;
	uint64_t last_use;
} slots[SLOTS];
static bool big[L2S]; /* of that L2's G-stage in L1 */
static int l1_hart;
static struct slot *current;

static void nested_start(void)
{
	memset(slots, 0, sizeof(slots));
	for (unsigned i = 0; i < SLOTS; i++) {
		gstage_init(&slots[i].g, HGATP_MODE_SV39X4, &table_mem, NULL);
		slots[i].v.hart = -1;
		slots[i].l2 = L2S;
	}
	for (unsigned i = 0; i < L2S; i++)
		big[i] = rnd(2);
	l1_hart = 0;
	current = NULL;
}

/* ---- What shadow.c does ---- */

static void fence_slot(struct slot *s, const struct gstage_change *c)
{
	const struct vmid_pool *p = &harts[acting].pool;
	struct hfence h = {.type = NACL_HFENCE_GVMA_VMID, .addr = c->gpa.v, .order = c->order};

	if (!c->size || s->v.vmid.generation != p->generation || s->v.vmid.hart != p->hart ||
	    seed == SHADOW_NO_FENCE)
		return;
	h.count = c->size >> PAGE_SHIFT >> c->order;
	if (c->all)
		h = (struct hfence){.type = NACL_HFENCE_GVMA_VMID_ALL};
	h.vmid = (uint16_t)(s->v.vmid.number + (seed == SHADOW_OTHER_VMID));
	carry_out(&h);
	if (nacl) /* the tables are given back at once */
		sync_entries(acting);
}

static void forget(struct slot *s, uint64_t gpa_first, uint64_t pages)
{
	struct gstage_change c;

	if (!pages || gstage_unmap(&s->g, gpa(gpa_first), pages * PAGE_SIZE, &c))
		return;
	if (seed == SHADOW_RECLAIM_EARLY)
		gstage_reclaim(&s->g, &c);
	fence_slot(s, &c);
	gstage_reclaim(&s->g, &c);
}

static void clear_slot(struct slot *s)
{
	struct gstage_change c;

	if (seed == SLOT_NOT_EMPTIED)
		return;
	gstage_unmap(&s->g, gpa(0), gstage_limit(&s->g), &c);
	if (seed != SLOT_KEEPS_NUMBER)
		vmid_release(&s->v.vmid);
	if (s->v.hart >= 0)
		tlbm_hgatp(&model, (unsigned)s->v.hart, harts[s->v.hart].hgatp = 0);
	s->v.hart = -1;
	memset(&s->v.fences, 0, sizeof(s->v.fences));
	gstage_reclaim(&s->g, &c);
}

static void load_slot(struct slot *s)
{
	enum vmid_answer answer;

	acting = (unsigned)l1_hart;
	s->v.hart = l1_hart;
	answer = vmid_assign(&harts[acting].pool, &s->v.vmid);
	harts[acting].hgatp = gstage_hgatp(&s->g, s->v.vmid.number);
	tlbm_hgatp(&model, acting, harts[acting].hgatp);
	new_number(&s->v, answer, true);
	if (seed != L1_VVMA_UNDRAINED)
		drain(&s->v);
}

/* ---- What L1 and its guests do ---- */

static void step_l2_runs(void)
{
	unsigned l2 = (unsigned)rnd(L2S);
	struct slot *s = &slots[slots[0].last_use > slots[1].last_use];
	uint64_t page = rnd(L2_PAGES);

	for (unsigned i = 0; i < SLOTS; i++)
		if (slots[i].l2 == l2)
			s = &slots[i];
	if (s->l2 != l2) {
		clear_slot(s);
		s->l2 = l2;
		tlbm_shadow(&model, acting, s->g.root.v, L1, l2);
	}
	s->last_use = model.now;
	if (current && current != s)
		current->v.hart = -1;
	current = s;
	load_slot(s);
	tlbm_look(&model, acting);
	sync_entries(acting);
	tlbm_enter(&model, acting, (uintptr_t)&s->v.vmid);
	tlbm_exit(&model, acting);
	/* It faults, and a page is mapped. */
	gstage_map(&s->g, gpa(page * PAGE_SIZE), hpa(SIZE_1G + page * PAGE_SIZE), PAGE_SIZE,
		   GSTAGE_RWX);
	tlbm_shadow_map(&model, s->g.root.v, page * PAGE_SIZE, PAGE_SIZE, big[l2] ? LEAF_BITS : 0);
}

static void step_l1_gvma(void)
{
	unsigned l2 = (unsigned)rnd(L2S), first = (unsigned)rnd(L2_PAGES), n = 1 + (unsigned)rnd(3),
		 leaf = 0;
	bool any = rnd(4) == 0;
	struct hfence h = {.type = any ? NACL_HFENCE_GVMA : NACL_HFENCE_GVMA_VMID,
			   .vmid = (uint16_t)l2};

	h.addr = first * PAGE_SIZE;
	h.count = n;
	tlbm_l1_fence(&model, acting, L1, &h);
	for (unsigned i = 0; i < SLOTS && seed != L1_FENCE_IGNORED; i++) {
		struct slot *s = &slots[i];
		uint64_t at = first, end = first + n;

		if (s->l2 == L2S || (!any && (s->l2 == l2) == (seed == L1_OTHER_VMID)))
			continue;
		leaf = big[s->l2] && seed != L1_PART_OF_LEAF ? (1U << LEAF_BITS) - 1 : 0;
		at &= ~(uint64_t)leaf;
		end = (end + leaf) & ~(uint64_t)leaf;
		forget(s, at * PAGE_SIZE, end - at - (seed == L1_PAGE_SHORT));
		if (any && seed == L1_ONE_SLOT)
			break;
	}
}

static void step_l1_vvma(void)
{
	unsigned l2 = (unsigned)rnd(L2S);
	struct hfence h = {
		.type = NACL_HFENCE_VVMA_ASID, .vmid = (uint16_t)l2, .asid = (uint16_t)rnd(3)};

	h.addr = PAGE_SIZE * rnd(30);
	h.count = 1 + rnd(4);
	tlbm_l1_fence(&model, acting, L1, &h);
	for (unsigned i = 0; i < SLOTS && seed != L1_VVMA_IGNORED; i++)
		if (slots[i].l2 != L2S && (slots[i].l2 == l2) != (seed == L1_VVMA_OTHER_SLOT))
			hfence_push(&slots[i].v.fences, &h);
}

static void nested_step(void)
{
	acting = (unsigned)l1_hart;
	switch (rnd(8)) {
	case 0 ... 3:
		step_l2_runs();
		break;
	case 4:
	case 5:
		step_l1_gvma();
		break;
	case 6:
		step_l1_vvma();
		break;
	default: /* L1 moves; whoever leaves a hart leaves hgatp to its own tables there */
		if (rnd(6))
			break;
		tlbm_hgatp(&model, acting, harts[acting].hgatp = 0);
		for (unsigned i = 0; i < SLOTS; i++)
			slots[i].v.hart = -1;
		l1_hart = (int)rnd(HARTS);
		break;
	}
}
