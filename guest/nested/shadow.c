/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Shadow G-stages: a software TLB of the vcpu's virtual hart, so nothing in it is shared and a
 * fence of L1 is local, as its hart's would be. It is tagged with L1's hgatp, and each slot has a
 * VMID of ours on the real hart. A fault of L2 walks L1's tables, then our own, and maps the
 * smaller of the two pages with the permissions of both; W only where D is set already. An L1
 * address that is a device is accessed for L2; one that is nothing is an access fault.
 *
 * Tables come from a budget of the vcpu. When it is used up, everything is forgotten, which no
 * guest can tell from a small TLB.
 */
#include <arch/guest_mem.h>
#include <arch/insn.h>
#include <arch/mmu.h>
#include <arch/tlbsan.h>
#include <core/cpu.h>
#include <core/errno.h>
#include <core/host.h>
#include <core/memory.h>
#include <core/vm.h>
#include <guest/exit.h>
#include "nested.h"

#define PAGES_MIN 8U /* per slot; one mapping needs four at most */
#define NO_PAGE	  UINT32_MAX

/* ---- Tables: pages of one arena, each in a doubly linked list of its slot's or of the free ones
 * ---- */

static void list_add(struct nested *n, uint32_t *first, uint32_t page)
{
	n->page[page] = (struct shadow_page){.next = *first, .prev = NO_PAGE};
	if (*first != NO_PAGE)
		n->page[*first].prev = page;
	*first = page;
}

static void list_remove(struct nested *n, uint32_t *first, uint32_t page)
{
	const struct shadow_page *p = &n->page[page];

	if (p->next != NO_PAGE)
		n->page[p->next].prev = p->prev;
	if (p->prev != NO_PAGE)
		n->page[p->prev].next = p->next;
	else
		*first = p->next;
}

static int table_alloc(void *ctx, unsigned npages, hpa_t *out)
{
	struct shadow *s = ctx;
	struct nested *n = s->of;
	uint32_t page = n->free;

	if (npages > 1) {
		*out = s->root;
	} else if (page != NO_PAGE) {
		list_remove(n, &n->free, page);
		if (s->tables == NO_PAGE)
			s->last_table = page;
		list_add(n, &s->tables, page);
		*out = hpa(n->arena.v + page * PAGE_SIZE);
	} else {
		return -NACRE_ENOMEM;
	}
	memory_zero(phys_to_virt(*out), npages * PAGE_SIZE);
	return 0;
}

static void table_free(void *ctx, hpa_t p, unsigned npages)
{
	struct shadow *s = ctx;
	struct nested *n = s->of;
	uint32_t page = (uint32_t)((p.v - n->arena.v) / PAGE_SIZE);

	if (npages > 1)
		return;
	if (page == s->last_table)
		s->last_table = n->page[page].prev;
	list_remove(n, &s->tables, page);
	list_add(n, &n->free, page);
}

/* All of a slot's at once. */
static void tables_free(struct shadow *s)
{
	struct nested *n = s->of;

	if (s->tables == NO_PAGE)
		return;
	n->page[s->last_table].next = n->free;
	if (n->free != NO_PAGE)
		n->page[n->free].prev = s->last_table;
	n->free = s->tables;
	s->tables = NO_PAGE;
}

static void *table_ptr(void *ctx, hpa_t p)
{
	(void)ctx;
	return phys_to_virt(p);
}

static const struct gstage_mem table_mem = {table_alloc, table_free, table_ptr};

/* ---- Slots ---- */

/* Whether L2 runs with it right now. */
static bool is_loaded(const struct vcpu *v, const struct shadow *s)
{
	return nested_l2_runs(v) && nested_of(v)->current == s;
}

static void use_new_vmid(struct vcpu *v, struct shadow *s)
{
	enum vmid_answer answer = vcpu_assign_vmid(&s->vmid);

	v->ctx.hgatp = gstage_hgatp(&s->g, s->vmid.number);
	hext.set_hgatp(&v->ctx);
	vcpu_new_vmid(answer);
}

/* A number given up needs no fence. v: the loaded vcpu, or NULL if L2 does not run. */
static void clear(struct vcpu *v, struct shadow *s)
{
	if (s->lo < s->hi)
		gstage_drop(&s->g, gpa(s->lo), s->hi - s->lo);
	s->lo = UINT64_MAX;
	s->hi = s->in_parts = 0;
	vmid_release(&s->vmid);
	s->nfences = 0;
	if (v && is_loaded(v, s))
		use_new_vmid(v, s);
	tables_free(s); /* nobody walks them now */
}

/* The one that was not used for the longest time, or never. */
static struct shadow *oldest(struct nested *n)
{
	struct shadow *best = &n->slot[0];

	for (unsigned i = 1; i < NESTED_SLOTS; i++)
		if (n->slot[i].last_use < best->last_use)
			best = &n->slot[i];
	return best;
}

struct shadow *shadow_current(struct vcpu *v)
{
	struct nested *n = nested_of(v);
	uint64_t hgatp = n->file.hgatp;
	unsigned mode = (unsigned)(hgatp >> HGATP_MODE_SHIFT);
	struct shadow *s = NULL;

	/* With Bare, L2's physical addresses are L1's. */
	if (mode == HGATP_MODE_BARE)
		mode = v->vm->gstage.mode;
	for (struct shadow *i = n->slot; i < n->end; i++)
		if (i->hgatp == hgatp)
			s = i;
	if (!s) {
		s = oldest(n);
		clear(NULL, s);
		if (!s->g.mem || s->g.mode != mode)
			gstage_init(&s->g, mode, &table_mem, s);
		s->hgatp = hgatp;
		s->l1_vmid = ncsr_vmid(hgatp);
		if (s == n->end)
			n->end++;
		tlbsan_shadow(s->g.root.v, n, s->l1_vmid);
	}
	s->last_use = ++n->clock;
	n->current = s;
	return s;
}

void shadow_reset(struct nested *n)
{
	for (unsigned i = 0; i < NESTED_SLOTS; i++) {
		struct shadow *s = &n->slot[i];

		clear(NULL, s);
		s->g.mem = NULL;
		s->last_use = 0;
	}
	n->end = n->slot;
	n->current = NULL;
}

static uint64_t list_pages(const struct nested *n)
{
	return ALIGN_UP(n->npages * sizeof(*n->page), PAGE_SIZE) / PAGE_SIZE;
}

int shadow_init(struct vcpu *v)
{
	struct nested *n = nested_of(v);

	n->npages = PAGES_MIN * NESTED_SLOTS + (uint32_t)(v->vm->ram_size / SIZE_2M);
	n->page = memory_pages(list_pages(n));
	if (!n->page || memory_alloc(n->npages, 1, &n->arena) ||
	    memory_alloc(HGATP_ROOT_PAGES * NESTED_SLOTS, HGATP_ROOT_PAGES, &n->roots))
		return -NACRE_ENOMEM;
	n->free = NO_PAGE;
	for (uint32_t i = n->npages; i-- > 0;)
		list_add(n, &n->free, i);
	for (unsigned i = 0; i < NESTED_SLOTS; i++)
		n->slot[i] = (struct shadow){
			.of = n,
			.root = hpa(n->roots.v + i * HGATP_ROOT_PAGES * PAGE_SIZE),
			.tables = NO_PAGE,
			.lo = UINT64_MAX,
		};
	return 0;
}

void shadow_free(struct vcpu *v)
{
	struct nested *n = nested_of(v);

	if (n->roots.v)
		memory_free(n->roots, HGATP_ROOT_PAGES * NESTED_SLOTS);
	if (n->arena.v)
		memory_free(n->arena, n->npages);
	if (n->page)
		memory_free(virt_to_phys(n->page), list_pages(n));
}

/* ---- Fences ---- */

void shadow_drain(struct shadow *s)
{
	struct hfence h = {.type = NACL_HFENCE_VVMA_ALL, .vmid = s->vmid.number};

	if (s->nfences > SHADOW_FENCES)
		hext.hfence(&h);
	else
		for (unsigned i = 0; i < s->nfences; i++) {
			h = s->fence[i].h;
			h.vmid = s->vmid.number;
			if (h.count > HFENCE_MAX_PAGES)
				h.type |= 1; /* all addresses */
			hext.hfence(&h);
		}
	s->nfences = 0;
}

void shadow_fenced(struct vcpu *v)
{
	struct shadow *s = nested_of(v)->current;

	if (!vmid_is_live(&this_cpu()->vmids, &s->vmid)) /* given up: all was forgotten */
		use_new_vmid(v, s);
	if (s->nfences)
		shadow_drain(s);
}

/* Of what a change took away, on the real hart. */
static void fence_change(struct shadow *s, const struct gstage_change *c)
{
	struct hfence h = {.type = NACL_HFENCE_GVMA_VMID,
			   .order = c->order,
			   .vmid = s->vmid.number,
			   .addr = c->gpa.v};

	if (!c->size)
		return;
	if (!vmid_is_live(&this_cpu()->vmids, &s->vmid)) { /* but perhaps on the hart where the vcpu
							      was before, and may be again */
		vmid_release(&s->vmid);
		return;
	}
	h.count = c->size >> PAGE_SHIFT >> c->order;
	if (c->all || h.count > HFENCE_MAX_PAGES)
		h = (struct hfence){.type = NACL_HFENCE_GVMA_VMID_ALL, .vmid = s->vmid.number};
	hext.hfence(&h);
}

void shadow_clear(struct shadow *s)
{
	clear(NULL, s);
}

/* What is mapped around an address ends there. */
static uint64_t leaf_end(const struct shadow *s, uint64_t at)
{
	struct gstage_leaf leaf;

	if (gstage_walk(&s->g, gpa(at), &leaf))
		return ALIGN_DOWN(at, PAGE_SIZE) + PAGE_SIZE;
	return ALIGN_DOWN(at, leaf.size) + leaf.size;
}

static uint64_t leaf_start(const struct shadow *s, uint64_t at)
{
	struct gstage_leaf leaf;

	return ALIGN_DOWN(at, gstage_walk(&s->g, gpa(at), &leaf) ? PAGE_SIZE : leaf.size);
}

/*
 * Much of a table becomes all of it, on each level. So L1, which chooses the range and what is
 * mapped around it, cannot have us look at entry after entry: a call brings up to 60 such ranges,
 * and interrupts are off.
 */
static void widen(const struct shadow *s, uint64_t *start, uint64_t *last)
{
	uint64_t root = gstage_limit(&s->g) / HGATP_ROOT_PAGES;

	for (uint64_t table = SIZE_2M;
	     *last - *start >= HFENCE_MAX_PAGES * (table >> PTE_TABLE_SHIFT);
	     table <<= PTE_TABLE_SHIFT) {
		if (table == root) {
			*start = s->lo;
			*last = s->hi - 1;
			return;
		}
		*start = ALIGN_DOWN(*start, table);
		*last |= table - 1;
	}
}

/* The whole of the superpages that the range cuts, so that nothing need be split. */
void shadow_forget(struct shadow *s, uint64_t start, uint64_t last)
{
	struct gstage_change change;

	if (start >= s->hi || last < s->lo)
		return;
	if (start < s->lo)
		start = s->lo;
	if (last >= s->hi)
		last = s->hi - 1;
	widen(s, &start, &last);
	start = leaf_start(s, start);
	last = leaf_end(s, last) - 1;
	if (gstage_unmap(&s->g, gpa(start), last - start + 1, &change))
		return; /* not reached: no table is needed */
	fence_change(s, &change);
	gstage_reclaim(&s->g, &change);
	if (start <= s->lo && last >= s->hi - 1) {
		s->lo = UINT64_MAX;
		s->hi = s->in_parts = 0;
	}
}

/* ---- Faults ---- */

struct nwalk_env shadow_env(const struct vcpu *v)
{
	const struct ncsr_file *f = &nested_of(v)->file;

	return (struct nwalk_env){
		.hgatp = f->hgatp,
		.adue = f->can.henvcfg & HENVCFG_ADUE,
		.pbmte = f->can.henvcfg & HENVCFG_PBMTE,
		.svnapot = isa_has(&host.isa, ISA_SVNAPOT),
		.svrsw60t59b = isa_has(&host.isa, ISA_SVRSW60T59B),
	};
}

static int leave_table(void *ctx, gpa_t a, uint64_t expect, uint64_t desired)
{
	(void)ctx, (void)a, (void)expect, (void)desired;
	return 0;
}

bool shadow_look(const struct vcpu *v, gpa_t in, gpa_t *out)
{
	const struct vwalk_mem tables = {.read = guest_tables.read, .cas = leave_table};
	struct nwalk_env env = shadow_env(v);
	struct nwalk_result r;

	env.adue = env.mxr = true;
	if (nwalk(&env, &tables, v->vm, in, VWALK_LOAD, &r))
		return false;
	*out = r.gpa;
	return true;
}

/* The largest page that lies in L1's page and in one run of host memory alike; 0: L1's address is
 * not RAM. */
static uint64_t common_page(const struct vcpu *v, const struct nwalk_result *r, hpa_t *out)
{
	static const uint64_t sizes[] = {SIZE_1G, SIZE_2M, PAGE_SIZE};

	for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++) {
		void *p = sizes[i] <= r->page_size
				  ? vm_ram(v->vm, gpa(ALIGN_DOWN(r->gpa.v, sizes[i])), sizes[i])
				  : NULL;

		if (!p)
			continue;
		*out = virt_to_phys(p);
		if (IS_ALIGNED(out->v, sizes[i]))
			return sizes[i];
	}
	return 0;
}

static int try_map(struct shadow *s, uint64_t at, hpa_t to, uint64_t size, unsigned perm)
{
	int rc = gstage_map_one(&s->g, gpa(at), to, size, perm);

	if (rc != -NACRE_EEXIST)
		return rc;
	/* It was mapped otherwise, or (without Svvptc) the hart has not seen it yet. */
	shadow_forget(s, at, at + size - 1);
	return gstage_map_one(&s->g, gpa(at), to, size, perm);
}

/* What is about to be linked lies in [lo, hi), however it ends. */
static int grow_and_map(struct shadow *s, uint64_t at, hpa_t to, uint64_t size, unsigned perm)
{
	s->lo = at < s->lo ? at : s->lo;
	s->hi = at + size > s->hi ? at + size : s->hi;
	return try_map(s, at, to, size, perm);
}

static void map(struct vcpu *v, struct shadow *s, uint64_t at, hpa_t to, uint64_t size,
		unsigned perm)
{
	if (grow_and_map(s, at, to, size, perm) != -NACRE_ENOMEM)
		return;
	for (unsigned i = 0; i < NESTED_SLOTS; i++)
		clear(v, &nested_of(v)->slot[i]);
	grow_and_map(s, at, to, size, perm);
}

static enum vwalk_access access_of(const struct vcpu_exit *e)
{
	if (e->htinst == HTINST_PTW_READ64 || e->htinst == HTINST_PTW_READ32)
		return VWALK_LOAD;
	if (e->htinst == HTINST_PTW_WRITE64 || e->htinst == HTINST_PTW_WRITE32)
		return VWALK_STORE;
	return e->scause == CAUSE_FETCH_GUEST_PAGE_FAULT  ? VWALK_FETCH
	       : e->scause == CAUSE_LOAD_GUEST_PAGE_FAULT ? VWALK_LOAD
							  : VWALK_STORE;
}

static void access_fault(struct vcpu *v, const struct vcpu_exit *e)
{
	struct ntrap t = {.stval = e->stval, .gva = true};

	t.cause = e->scause == CAUSE_FETCH_GUEST_PAGE_FAULT  ? CAUSE_FETCH_ACCESS
		  : e->scause == CAUSE_LOAD_GUEST_PAGE_FAULT ? CAUSE_LOAD_ACCESS
							     : CAUSE_STORE_ACCESS;
	nested_exception(v, &t);
}

bool shadow_fetch(struct vcpu *v, uint32_t *bits)
{
	struct guest_fault f;

	if (!guest_fetch(gva(v->ctx.sepc), bits, &f))
		return true;
	if (f.cause == CAUSE_LOAD_GUEST_PAGE_FAULT || f.cause == CAUSE_FETCH_GUEST_PAGE_FAULT ||
	    f.htval) {
		const struct vcpu_exit e = {CAUSE_FETCH_GUEST_PAGE_FAULT, f.stval, f.htval,
					    f.htinst};

		shadow_fault(v, &e); /* a fetch never comes back here */
	}
	return false;
}

/* Without a word in htinst: from L2's memory. false: L2 tries again. */
static bool fetch(struct vcpu *v, struct insn *in)
{
	uint32_t bits;

	if (!shadow_fetch(v, &bits))
		return false;
	insn_decode(bits, in);
	return true;
}

/* An address of L1 that is not RAM. */
static void device(struct vcpu *v, const struct vcpu_exit *e, gpa_t addr)
{
	unsigned expected = e->scause == CAUSE_LOAD_GUEST_PAGE_FAULT ? INSN_LOAD : INSN_STORE;
	struct insn in;

	if (e->scause != CAUSE_FETCH_GUEST_PAGE_FAULT) {
		if (insn_decode_htinst(e->htinst, &in) && !fetch(v, &in))
			return;
		if (in.kind == expected && !in.addr_off && mmio_access(v, &in, addr))
			return;
	}
	access_fault(v, e);
}

static void enter_page(struct vcpu *v, const struct nwalk_result *r, gpa_t addr, hpa_t to,
		       uint64_t size)
{
	struct shadow *s = nested_of(v)->current;

	map(v, s, ALIGN_DOWN(addr.v, size), to, size, r->perm);
	if (r->page_size > size)
		s->in_parts |= r->page_size - 1;
	tlbsan_shadow_map(s->g.root.v, ALIGN_DOWN(addr.v, size), size, r->page_size);
}

bool shadow_quick(struct vcpu *v, const struct vcpu_exit *e, gpa_t *dev)
{
	struct nwalk_env env = shadow_env(v);
	/* The two lowest bits are the same in the virtual address. */
	gpa_t addr = gpa(e->htval << 2 | (e->stval & 3));
	struct nwalk_result r;
	uint64_t size;
	hpa_t to;
	int rc;

	env.mxr = nested_of(v)->file.vs.vsstatus & SSTATUS_MXR; /* L1's own */
	rc = nwalk(&env, &guest_tables, v->vm, addr, access_of(e), &r);
	if (rc == -NACRE_EFAULT && r.fault == NWALK_GUEST_PAGE_FAULT) {
		const struct ntrap t = {e->scause, e->stval, e->htval, e->htinst, true};

		nested_trap(v, &t);
	} else if (rc == -NACRE_EFAULT) {
		access_fault(v, e);
	} else if (!rc) {
		size = common_page(v, &r, &to);
		if (!size) {
			*dev = r.gpa;
			return false;
		}
		enter_page(v, &r, addr, to, size);
	}
	return true;
}

bool shadow_fault(struct vcpu *v, const struct vcpu_exit *e)
{
	gpa_t dev;

	if (!shadow_quick(v, e, &dev))
		device(v, e, dev);
	return true;
}
