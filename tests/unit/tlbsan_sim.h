/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A small hypervisor on pretended harts for test_tlbsan.c: arch/riscv/{vmid,gstage,hfence}.c as
 * they are, with the fence watcher's hooks in them, and around them what core/vcpu.c does, with a
 * fault built in where `seed` says. Included by that test only.
 */
#ifndef TLBSAN_SIM_H
#define TLBSAN_SIM_H

#define TLBSAN
#include "../../arch/riscv/gstage.c"
#undef ENTRIES
#include "../../arch/riscv/vmid.c"

#include <arch/hfence.h>
#include <arch/nacl_shmem.h>
#include <arch/tlbmodel.h>

#define HARTS	   3
#define VMS	   2
#define VCPUS	   6 /* vcpu i is of VM i % VMS */
#define TABLES	   1024
#define TABLE_BASE UINT64_C(0x40000000)
#define RAM_BASE   UINT64_C(0x80000000)
#define RAM_SIZE   (4 * SIZE_2M)
#define CHANGES	   8

/* The faults. Those of VMIDs, of requests, of their queue, of fences. */
enum seed {
	NONE,
	ROLLOVER_NO_FLUSH,
	ROLLOVER_FLUSH_EARLY,
	ROLLOVER_FLUSH_ONE,
	ROLLOVER_OTHER_HART,
	NEW_NO_VVMA,
	NEW_VVMA_EARLY,
	NEW_VVMA_ONE_ASID,
	MIGRATE_KEEPS_NUMBER,
	MIGRATE_BACK_OLD_NUMBER,
	SHARED_NUMBER,
	STALE_HGATP,
	OTHER_TABLES,
	RELEASED_NUMBER,
	NO_REQUEST,
	FIRST_VCPU_ONLY,
	RUNNING_VCPUS_ONLY,
	PAGE_SHORT,
	PAGE_SHIFTED,
	ORDER_TOO_LARGE,
	TABLES_NOT_ALL,
	AS_VVMA,
	VMID_ZERO,
	REQUESTER_HART,
	DROPPED_ON_OVERFLOW,
	OVERFLOW_OTHER_STAGE,
	POP_LOSES_ONE,
	REQUEST_BIT_LOST,
	PAGE_REUSED_EARLY,
	TABLE_REUSED_EARLY,
	ROOT_FREED_EARLY,
	VVMA_NO_REQUEST,
	VVMA_PAGE_SHORT,
	VVMA_OTHER_ASID,
	VVMA_ONE_ASID_FOR_ALL,
	VVMA_ASID_8_BITS,
	VVMA_BEFORE_HGATP,
	VVMA_MERGE_LOSES,
	NO_WAIT,
	INVAL_NOT_ENDED,
	INVAL_NOT_BEGUN,
	/* The consumer of nested acceleration, and its provider. */
	NACL_PAGE_COUNT,
	NACL_PAGE_NUMBER,
	NACL_ORDER_LOST,
	NACL_VMID,
	NACL_VMID_FOR_ASID,
	NACL_ASID,
	NACL_TYPE,
	NACL_FULL_DROPS,
	NACL_FULL_OVERWRITES,
	NACL_NOT_PENDING,
	NACL_OTHER_HART,
	NACL_NO_SYNC,
	NACL_DONE_UNREAD,
	/* Shadow tables: tlbsan_nested.h */
	L1_FENCE_IGNORED,
	L1_OTHER_VMID,
	L1_ONE_SLOT,
	L1_PAGE_SHORT,
	L1_PART_OF_LEAF,
	SHADOW_NO_FENCE,
	SHADOW_OTHER_VMID,
	SHADOW_RECLAIM_EARLY,
	SLOT_NOT_EMPTIED,
	SLOT_KEEPS_NUMBER,
	L1_VVMA_IGNORED,
	L1_VVMA_OTHER_SLOT,
	L1_VVMA_UNDRAINED,
	SEEDS
};

static enum seed seed;
static struct tlbm model;
static unsigned acting;		   /* the hart that runs */
static bool svinval, nacl, pinned; /* pinned: each vcpu to a hart */

static uint64_t rng;

static uint64_t rnd(uint64_t n)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return rng % n;
}

/* ---- Hooks ---- */

void tlbsan_assign(unsigned hart, const void *owner, unsigned number)
{
	tlbm_assign(&model, hart, (uintptr_t)owner, number);
}

void tlbsan_release(const void *owner)
{
	tlbm_release(&model, (uintptr_t)owner);
}

void tlbsan_leaf(uint64_t root, uint64_t gpa, uint64_t size, uint64_t hpa, bool protected)
{
	struct tlbm_stale s = {.why = protected ? TLBM_PROTECTED : TLBM_UNMAPPED,
			       .first = gpa,
			       .last = gpa + size - 1,
			       .hpa = hpa,
			       .hpa_last = hpa + size - 1,
			       .any_asid = true};

	s.order = (uint8_t)(__builtin_ctzll(size) - PAGE_SHIFT);
	tlbm_leaf(&model, acting, root, &s);
}

void tlbsan_dead(uint64_t root, const uint64_t *table, uint64_t hpa, uint64_t leaf_size)
{
	tlbm_dead(&model, acting, root, &(struct tlbm_table){table, hpa, leaf_size});
}

void tlbsan_unmapped(uint64_t root, uint64_t gpa, uint64_t size)
{
	tlbm_unmapped(&model, root, gpa, size);
}

void tlbsan_dropped(uint64_t root, uint64_t gpa, uint64_t size)
{
	(void)root; /* not used here */
	(void)gpa;
	(void)size;
}

void tlbsan_space_gone(uint64_t root)
{
	tlbm_space_gone(&model, root);
}

void tlbsan_reuse(uint64_t hpa, uint64_t size)
{
	tlbm_reuse(&model, hpa, size);
}

/* ---- Memory for tables ---- */

static uint64_t table_page[TABLES][512] __attribute__((aligned(16384)));
static bool table_used[TABLES];

static int table_alloc(void *ctx, unsigned npages, hpa_t *out)
{
	(void)ctx;
	for (unsigned i = (unsigned)rnd(TABLES / 8) * 4, n = 0; n < TABLES;
	     n += npages, i = (i + npages) % TABLES) {
		bool used = false;

		for (unsigned k = 0; k < npages; k++)
			used = used || table_used[i + k];
		if (used)
			continue;
		memset(&table_used[i], 1, npages);
		memset(table_page[i], 0, npages * PAGE_SIZE);
		*out = hpa(TABLE_BASE + i * PAGE_SIZE);
		return 0;
	}
	return -NACRE_ENOMEM;
}

static void table_free(void *ctx, hpa_t p, unsigned npages)
{
	(void)ctx;
	memset(&table_used[(p.v - TABLE_BASE) / PAGE_SIZE], 0, npages);
}

static void *table_ptr(void *ctx, hpa_t p)
{
	(void)ctx;
	return table_page[(p.v - TABLE_BASE) / PAGE_SIZE];
}

static const struct gstage_mem table_mem = {table_alloc, table_free, table_ptr};

/* ---- What there is ---- */

struct vcpu {
	struct vmid vmid, left[HARTS]; /* left: as it was on that hart */
	struct hfence_queue fences;
	bool requested;
	int hart; /* where it is loaded, or -1 */
	unsigned vm;
};

struct change {
	struct gstage_change c;
	bool unmapped;
};

struct vm {
	struct gstage gstage;
	struct change change[CHANGES]; /* not reclaimed yet */
	unsigned nchanges;
};

struct hart {
	struct vmid_pool pool;
	struct vcpu *v;
	bool in_guest;
	uint64_t hgatp;
	struct nacl_shmem shmem;
	unsigned hint;
};

static struct hart harts[HARTS];
static struct vcpu vcpus[VCPUS];
static struct vm vms[VMS];

static uint64_t ram_of(const struct vm *vm, uint64_t at)
{
	return at + (uint64_t)(vm - vms + 1) * SIZE_1G;
}

/* ---- Fences of a hart ---- */

/* The hypervisor below. */
static void sync_entries(unsigned hart)
{
	struct hfence h;

	for (unsigned i = 0; i < NACL_HFENCE_ENTRIES; i++) {
		struct nacl_hfence *e = &harts[hart].shmem.hfence[i];
		enum nacl_asked asked = nacl_hfence_unpack(e, &h);

		assert_true(asked != NACL_ASKED_EVERYTHING); /* nobody spoils an entry so */
		if (asked == NACL_ASKED_ONE && (seed != NACL_DONE_UNREAD || rnd(4)))
			tlbm_fence(&model, hart, &h);
		nacl_hfence_done(e);
	}
}

static void spoil_entry(struct nacl_hfence *e)
{
	uint64_t vmid = e->config >> NACL_HFENCE_VMID_SHIFT & NACL_HFENCE_VMID_MASK,
		 asid = e->config & NACL_HFENCE_ASID_MASK;

	if (seed == NACL_PAGE_COUNT && e->page_count > 1)
		e->page_count--;
	if (seed == NACL_PAGE_NUMBER && e->page_count)
		e->page_number++;
	if (seed == NACL_ORDER_LOST)
		e->config &= ~(NACL_HFENCE_ORDER_MASK << NACL_HFENCE_ORDER_SHIFT);
	if (seed == NACL_VMID)
		e->config ^= UINT64_C(1) << NACL_HFENCE_VMID_SHIFT;
	if (seed == NACL_VMID_FOR_ASID)
		e->config += vmid - asid;
	if (seed == NACL_ASID)
		e->config ^= 1;
	if (seed == NACL_TYPE)
		e->config ^= UINT64_C(4) << NACL_HFENCE_TYPE_SHIFT;
	if (seed == NACL_NOT_PENDING && rnd(4) == 0)
		nacl_hfence_done(e);
}

/* hfence_entry() of hext_nacl.c. */
static void queue_entry(const struct hfence *request)
{
	struct hart *h = &harts[seed == NACL_OTHER_HART ? (acting + 1) % HARTS : acting];
	struct hfence one = *request;
	int i = nacl_hfence_free(&h->shmem, &h->hint);

	if (hfence_is_vvma(&one))
		one.vmid = (harts[acting].hgatp & HGATP_VMID) >> HGATP_VMID_SHIFT;
	if (i < 0 && seed == NACL_FULL_DROPS)
		return;
	if (i < 0 && seed == NACL_FULL_OVERWRITES)
		i = 7;
	if (i < 0) {
		sync_entries(acting);
		i = nacl_hfence_free(&h->shmem, &h->hint);
	}
	assert_int_equal(nacl_hfence_pack(&h->shmem.hfence[i], &one), 0);
	spoil_entry(&h->shmem.hfence[i]);
}

static void fence(unsigned type, uint64_t addr, uint64_t id)
{
	struct hfence h = {
		.type = (uint8_t)type, .vmid = (uint16_t)id, .asid = (uint16_t)id, .addr = addr};

	h.count = !hfence_is_all(&h);
	if (nacl)
		queue_entry(&h);
	else
		tlbm_insn(&model, acting, type, addr, id);
}

static void spoil(struct hfence *h)
{
	bool vvma = hfence_is_vvma(h), range = !hfence_is_all(h);

	if (seed == PAGE_SHORT && !vvma && range && h->count)
		h->count--;
	if (seed == PAGE_SHIFTED && !vvma && range)
		h->addr += PAGE_SIZE;
	if (seed == ORDER_TOO_LARGE && !vvma && range && h->order == 0) {
		h->order = 9;
		h->count = h->count / 512 + 1;
	}
	if (seed == AS_VVMA && !vvma)
		*h = (struct hfence){.type = NACL_HFENCE_VVMA_ALL};
	if (seed == VMID_ZERO && !vvma)
		h->vmid = 0;
	if (seed == VVMA_PAGE_SHORT && vvma && range && h->count)
		h->count--;
	if (seed == VVMA_OTHER_ASID)
		h->asid++;
	if (seed == VVMA_ASID_8_BITS)
		h->asid &= 0xff;
	if (seed == VVMA_ONE_ASID_FOR_ALL && vvma && h->type < NACL_HFENCE_VVMA_ASID) {
		h->type += NACL_HFENCE_VVMA_ASID - NACL_HFENCE_VVMA;
		h->asid = 1;
	}
}

/* hext->hfence(): of native_hfence() and native_hinval(), h->vmid is a real one. */
static void carry_out(const struct hfence *request)
{
	struct hfence h = *request;
	uint64_t id, step;
	bool inval;

	spoil(&h);
	id = hfence_is_vvma(&h) ? h.asid : h.vmid;
	step = PAGE_SIZE << h.order;
	if (hfence_is_all(&h)) {
		fence(h.type, 0, id);
		return;
	}
	if (nacl && !svinval) { /* else an entry for each page, so that they are used up */
		queue_entry(&h);
		return;
	}
	inval = svinval && !nacl && h.count > 1;
	if (inval && seed != INVAL_NOT_BEGUN)
		tlbm_inval(&model, acting, true);
	for (uint64_t i = 0; i < h.count; i++)
		if (inval)
			tlbm_hinval(&model, acting, h.type, h.addr + i * step, id);
		else
			fence(h.type, h.addr + i * step, id);
	if (inval && seed != INVAL_NOT_ENDED)
		tlbm_inval(&model, acting, false);
}

static void fence_self(struct vcpu *v, const struct hfence *h)
{
	struct hfence mine = *h;

	mine.vmid = v->vmid.number;
	carry_out(&mine);
}

static void drain(struct vcpu *v)
{
	struct hfence_queue all;
	struct hfence h;

	v->requested = false;
	if (seed == REQUEST_BIT_LOST && rnd(4) == 0)
		return;
	hfence_take(&v->fences, &all);
	if (seed == POP_LOSES_ONE)
		hfence_pop(&all, &h);
	while (hfence_pop(&all, &h))
		fence_self(v, &h);
}

/* ---- A turn of a vcpu ---- */

static void new_number(struct vcpu *v, enum vmid_answer answer, bool loaded)
{
	static const struct hfence all = {.type = NACL_HFENCE_VVMA_ALL},
				   one = {.type = NACL_HFENCE_VVMA_ASID_ALL, .asid = 1};

	if (answer == VMID_NEW_FLUSH && seed != ROLLOVER_NO_FLUSH &&
	    loaded == (seed != ROLLOVER_FLUSH_EARLY)) {
		acting = seed == ROLLOVER_OTHER_HART ? (acting + 1) % HARTS : acting;
		if (seed == ROLLOVER_FLUSH_ONE)
			fence(NACL_HFENCE_GVMA_VMID_ALL, 0, v->vmid.number);
		else
			fence(NACL_HFENCE_GVMA_ALL, 0, 0);
		acting = (unsigned)v->hart;
	}
	if (answer != VMID_KEEP && seed != NEW_NO_VVMA && loaded == (seed != NEW_VVMA_EARLY))
		fence_self(v, seed == NEW_VVMA_ONE_ASID ? &one : &all);
}

static void load(unsigned hart, struct vcpu *v)
{
	struct hart *h = &harts[hart];
	const struct vm *vm = &vms[v->vm];
	enum vmid_answer answer;

	acting = hart;
	h->v = v;
	v->hart = (int)hart;
	if (seed == MIGRATE_KEEPS_NUMBER && v->vmid.generation && v->vmid.hart != hart)
		v->vmid = (struct vmid){h->pool.generation, hart, v->vmid.number};
	if (seed == MIGRATE_BACK_OLD_NUMBER && v->left[hart].generation == h->pool.generation)
		v->vmid = v->left[hart];
	answer = vmid_assign(&h->pool, &v->vmid);
	if (seed == SHARED_NUMBER && answer == VMID_NEW && v->vmid.number > 1)
		v->vmid.number--;
	if (seed == OTHER_TABLES && answer == VMID_KEEP && rnd(4) == 0)
		vm = &vms[(v->vm + 1) % VMS];
	new_number(v, answer, false);
	if (seed == VVMA_BEFORE_HGATP)
		drain(v);
	h->hgatp = seed == STALE_HGATP && h->hgatp && rnd(4) == 0
			   ? h->hgatp
			   : gstage_hgatp(&vm->gstage, v->vmid.number);
	tlbm_hgatp(&model, hart, h->hgatp);
	new_number(v, answer, true);
}

/* Looks, drains, enters. */
static void enter(unsigned hart)
{
	struct hart *h = &harts[hart];

	acting = hart;
	tlbm_look(&model, hart);
	while (h->v->requested) {
		drain(h->v);
		tlbm_look(&model, hart);
	}
	if (seed != NACL_NO_SYNC || rnd(4))
		sync_entries(hart);
	tlbm_enter(&model, hart, (uintptr_t)&h->v->vmid);
	h->in_guest = true;
}

static void leave(unsigned hart)
{
	acting = hart;
	tlbm_exit(&model, hart);
	harts[hart].in_guest = false;
}

static void put(unsigned hart)
{
	struct vcpu *v = harts[hart].v;

	leave(hart);
	if (!v)
		return;
	v->left[hart] = v->vmid;
	v->hart = -1;
	harts[hart].v = NULL;
}

/* ---- Requests ---- */

static void push(struct vcpu *v, const struct hfence *h)
{
	bool all = v->fences.all & HFENCE_ALL_GVMA;

	v->requested = true;
	if (seed == DROPPED_ON_OVERFLOW && v->fences.count == HFENCE_QUEUE)
		return;
	if (seed == VVMA_MERGE_LOSES && hfence_is_vvma(h))
		for (unsigned i = 0; i < v->fences.count; i++)
			if (v->fences.entry[i].type == h->type &&
			    v->fences.entry[i].asid == h->asid)
				return;
	hfence_push(&v->fences, h);
	if (seed == OVERFLOW_OTHER_STAGE && (v->fences.all & HFENCE_ALL_GVMA) && !all &&
	    h->type != NACL_HFENCE_GVMA_ALL) {
		v->fences.all &= (uint8_t)~HFENCE_ALL_GVMA;
		v->fences.all |= HFENCE_ALL_VVMA;
	}
}

/* A kick: whoever is in the guest leaves, drains and enters again. */
static void kick(struct vcpu *v)
{
	unsigned by = acting;

	if (v->hart >= 0 && harts[v->hart].in_guest) {
		leave((unsigned)v->hart);
		enter((unsigned)v->hart);
	}
	acting = by;
}

/* Some hart that is not in a guest. */
static void step_out(void)
{
	acting = (unsigned)rnd(HARTS);
	if (harts[acting].in_guest)
		leave(acting);
}

static void fence_change(struct vm *vm, const struct gstage_change *c)
{
	struct hfence h = {.type = NACL_HFENCE_GVMA_VMID, .addr = c->gpa.v, .order = c->order};

	h.count = c->size >> PAGE_SHIFT >> c->order;
	if (c->all && seed != TABLES_NOT_ALL)
		h = (struct hfence){.type = NACL_HFENCE_GVMA_VMID_ALL};
	for (unsigned i = 0; i < VCPUS && c->size; i++) {
		struct vcpu *v = &vcpus[i];

		if (&vms[v->vm] != vm || seed == NO_REQUEST ||
		    (seed == FIRST_VCPU_ONLY && i >= VMS) ||
		    (seed == RUNNING_VCPUS_ONLY && (v->hart < 0 || !harts[v->hart].in_guest)))
			continue;
		if (seed == REQUESTER_HART)
			fence_self(v, &h);
		else
			push(v, &h);
	}
	for (unsigned i = 0; i < VCPUS; i++)
		if (&vms[vcpus[i].vm] == vm)
			kick(&vcpus[i]);
}

#endif
