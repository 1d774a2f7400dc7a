/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Nested virtualization: a vcpu with the hypervisor extension. L1 is the guest, a hypervisor in
 * VS-mode that we let believe to be in HS-mode; L2 is what it runs. The hart has the registers of
 * the one that runs, in v->ctx and the CSRs; what differs of the other (struct world) waits in
 * file.vs. So while L1 runs, file.vs is what L1 sees as its VS CSRs.
 *
 * Which of the two runs is told by v->ops. All of it belongs to the vcpu's own hart. Two doors lead
 * here: instructions of L1 that trap (ninsn.c), and calls of SBI NACL (vsbi_nacl.c).
 */
#ifndef NACRE_GUEST_NESTED_H
#define NACRE_GUEST_NESTED_H

#include <arch/gstage.h>
#include <arch/hfence.h>
#include <arch/nacl_shmem.h>
#include <arch/tlbsan.h>
#include <core/vcpu.h>
#include <guest/nested/ncsr.h>
#include <guest/nested/nwalk.h>
#include <spec/sbi.h>

struct insn;
struct nacl_shmem;
struct nested;

#define NESTED_SLOTS  4
#define SHADOW_FENCES 32

/* The address of one of many is a shift away. */
struct shadow_fence {
	struct hfence h;
} __attribute__((aligned(32)));

/*
 * A shadow G-stage: what L2's guest physical addresses come to on the host, for one value of L1's
 * hgatp. It is a cache, as a TLB is: filled by faults, emptied by L1's fences or whenever memory is
 * short.
 */
struct shadow {
	struct shadow_fence fence[SHADOW_FENCES]; /* of types VVMA, before its next entry; */
	uint64_t nfences; /* if there is no room for so many: everything instead */
	struct nested *of;
	uint64_t hgatp;	  /* L1's */
	unsigned l1_vmid; /* in that */
	struct gstage g;
	hpa_t root; /* g's, for good */
	struct vmid vmid;
	uint64_t lo, hi;   /* nothing is mapped outside */
	uint64_t in_parts; /* the largest page of L1 that is mapped in smaller ones, less 1 */
	uint32_t tables, last_table; /* list of its pages in the arena, but for the root */
	uint64_t last_use;
};

/* A page of the arena: its neighbours in a list, by number. */
struct shadow_page {
	uint32_t next, prev;
};

struct nested {
	struct ncsr_file file;

	/* While L1 runs, with hstatus.SPV set since it left L2: what its trap registers got then.
	 */
	bool spv_by_trap;
	uint64_t left_cause, left_epc;
	bool keeps;	/* nirq.c's: L1 has kept such an interrupt for itself at the last look */
	bool held_back; /* while L1 runs: an interrupt that is not for the hart to deliver (nirq.c)
			 */

	/* While L2 runs. */
	bool (*l2_exit)(struct hext_ctx *ctx, const struct vcpu_exit *e); /* is ctx.on_exit */
	uint64_t own_fs;	       /* sstatus.FS and VS as they are for L1 */
	struct hfence_queue l1_fences; /* for L1, before it goes on */

	struct shadow *end;	/* of the slots that have been used */
	struct shadow *current; /* of file.hgatp; NULL: not looked up yet */
	uint64_t clock;
	hpa_t roots, arena; /* pages for the slots' tables: bounded, and taken once */
	struct shadow_page *page;
	uint32_t npages, free; /* of the arena; the first free one */

	struct nacl_shmem *shmem; /* vsbi_nacl.c's: in L1's RAM, or NULL */
	uint8_t nacl_features;	  /* bits SBI_NACL_FEAT_*, while there is a shmem */
	bool words_taken;	  /* by a sync_sret, and what became of them is not shown yet */
	bool words_clean;	  /* L2 was entered by a sync_sret: no word is dirty */

	struct shadow slot[NESTED_SLOTS];
};

static inline struct nested *nested_of(const struct vcpu *v)
{
	return v->nested;
}

/* A trap that L1 takes. gva: stval is a guest virtual address. */
struct ntrap {
	uint64_t cause, stval, htval, htinst;
	bool gva;
};

/* ---- nested.c ---- */

/* Of hstatus, at a trap that L1 takes from its own modes. */
#define NESTED_TRAP_CLEARS (HSTATUS_SPV | HSTATUS_GVA)

bool nested_l2_runs(const struct vcpu *v);
/* SRET of L1 in HS-mode: into L2, or within L1, as hstatus.SPV has it. */
void nested_sret(struct vcpu *v);
/* L1 takes this trap; L2 is left, if it runs. The pc is that of the instruction that traps. */
void nested_trap(struct vcpu *v, const struct ntrap *t);
/* L1 took a trap by vcpu_inject(): what else it finds then. */
void nested_trapped(struct vcpu *v);
/* Any exception of L2: into L2 itself where L1 delegates it, else L1's. */
void nested_exception(struct vcpu *v, const struct ntrap *t);
/* The same of one that is as the hart reports it, and no guest page fault. */
void nested_forward(struct vcpu *v, const struct vcpu_exit *e);
/* H and VS CSRs, while L1 runs. false: there is no such CSR. What is written is in force at once.
 */
bool nested_csr_read(struct vcpu *v, unsigned csr, uint64_t *val);
bool nested_csr_write(struct vcpu *v, unsigned csr, uint64_t val);
/* While L1 runs: what can change behind the file's back is in it, L1's own interrupts (hstatus), */
void nested_notice(struct vcpu *v);
/* and the time (hip.VSTIP). */
void nested_look_at_time(struct vcpu *v);
/* L1 runs: what the hart must know of its hstatus. */
void nested_follow_hstatus(struct vcpu *v);

/* ---- nirq.c: interrupts of VS-level that L1 keeps for itself, while it runs ---- */

static inline bool nirq_kept(const struct nested *n)
{
	return (n->file.vs.hie & ~n->file.vs.hideleg) || n->keeps;
}

/* Has L1 take one, if it is pending and L1 takes interrupts now; else sees to it that we are here
 * again in time. The exit that led here is dealt with. */
void nirq_act(struct vcpu *v);
static inline void nirq_look(struct vcpu *v)
{
	if (nirq_kept(nested_of(v)))
		nirq_act(v);
}
/* The same, before L1 goes on. */
void nirq_ask(struct vcpu *v);
/* For struct vcpu_ops. */
bool nirq_pending(struct vcpu *v);
uint64_t nirq_wakes_at(const struct vcpu *v);

/* ---- nexit.c: exits of L2. ninsn.c: exits of L1 ---- */

bool nexit(struct vcpu *v, const struct vcpu_exit *e);
bool ninsn_exit(struct vcpu *v, const struct vcpu_exit *e);
/* In the place of vcpu_on_exit() while L1 runs, and while L2 does. */
bool ninsn_quick(struct hext_ctx *ctx, const struct vcpu_exit *e);
bool nexit_quick(struct hext_ctx *ctx, const struct vcpu_exit *e);
/* The same of one for whom illegal instructions are carried out. */
bool nexit_quick_emulating(struct hext_ctx *ctx, const struct vcpu_exit *e);
/* HLV, HLVX and HSV */
void nhlv(struct vcpu *v, const struct insn *in);

/* ---- nemulate.c ---- */

/* An illegal or virtual instruction of L2 that is carried out for it. false: it is not. */
bool nemulate(struct vcpu *v, const struct vcpu_exit *e);

/* ---- naccess.c: memory as L2 finds it, by two walks in software ---- */

/* The registers that it depends on, besides hgatp. */
struct naccess_as {
	uint64_t l1_status; /* sstatus of L1 */
	uint64_t vsatp, vsstatus, henvcfg;
	bool user;
	uint8_t pmm; /* of the mode that accesses */
};

struct naccess {
	struct vcpu *v;
	struct vwalk_env vs;
	struct nwalk_env g;
	enum vwalk_access type;
	/* What an access has raised, in virtual HS-mode if it is not delegated. */
	struct ntrap trap;
	/* What went wrong in the G-stage. */
	bool failed, implicit, is_write;
	gpa_t at;
	enum nwalk_fault fault;
};

void naccess_init(struct naccess *a, struct vcpu *v, const struct naccess_as *as,
		  enum vwalk_access type);
/* Where the host sees size bytes of L1's RAM that do not cross into another page. 0; -NACRE_EFAULT:
 * a->trap; -NACRE_EBUSY: let L1 or L2 try again. */
int naccess_translate(struct naccess *a, gva_t va, uint64_t size, void **out);

/* ---- shadow.c ---- */

int shadow_init(struct vcpu *v);
void shadow_free(struct vcpu *v);
/* Forgets everything. L1 runs, or the vcpu is off. */
void shadow_reset(struct nested *n);
/* That of file.hgatp. Never fails. */
struct shadow *shadow_current(struct vcpu *v);
/* L2 is about to go on with the slot, whose vmid is in hgatp. */
void shadow_drain(struct shadow *s);
/* L2 is loaded, and nested_hfence() has taken effect on its slot: now on the hart, too. */
void shadow_fenced(struct vcpu *v);
/* Forgets everything, or the guest physical addresses [start, last]. L1 runs. */
void shadow_clear(struct shadow *s);
void shadow_forget(struct shadow *s, uint64_t start, uint64_t last);

static inline void nested_hfence_everything(struct nested *n)
{
	for (struct shadow *s = n->slot; s < n->end; s++)
		shadow_clear(s);
}

/* Of types VVMA: until L2 is entered. */
static inline void shadow_keep_fence(struct shadow *s, const struct hfence *h)
{
	struct hfence *f;

	if (s->nfences >= SHADOW_FENCES) {
		s->nfences = SHADOW_FENCES + 1;
		return;
	}
	/* Not as a whole: h need not be in memory then. */
	f = &s->fence[s->nfences++].h;
	f->type = h->type;
	f->order = h->order;
	f->asid = h->asid;
	f->addr = h->addr;
	f->count = h->count;
}

static inline void shadow_forget_range(struct shadow *s, uint64_t first, uint64_t last)
{
	/* A fence for any address of a page of L1 is one for all of it. */
	first &= ~s->in_parts;
	last |= s->in_parts;
	if (first < s->hi && last >= s->lo)
		shadow_forget(s, first, last);
}

/* A fence of L1, which runs; else shadow_fenced() has to follow. vmid is L1's, also in the VVMA
 * types. A range makes sense, as nacl_hfence_unpack() and hfence_pop() have it. */
static inline void nested_hfence(struct nested *n, const struct hfence *h)
{
	bool any = h->type < NACL_HFENCE_GVMA_VMID || h->vmid == HFENCE_VMID_ANY;
	struct shadow *s = n->slot, *end = n->end;
	uint64_t last;

	tlbsan_l1_fence(n, h);
	if (hfence_is_vvma(h)) {
		for (; s < end; s++)
			if (any || s->l1_vmid == h->vmid)
				shadow_keep_fence(s, h);
	} else if (hfence_is_all(h)) {
		for (; s < end; s++)
			if (any || s->l1_vmid == h->vmid)
				shadow_clear(s);
	} else {
		last = h->addr + (h->count << PAGE_SHIFT << h->order) - 1;
		for (; s < end; s++)
			if (any || s->l1_vmid == h->vmid)
				shadow_forget_range(s, h->addr, last);
	}
}
/* A guest page fault of L2. true: as an exit handler. */
bool shadow_fault(struct vcpu *v, const struct vcpu_exit *e);
/* The same, but that nothing is done, and false, if it is an access to a device of L1, at *dev. */
bool shadow_quick(struct vcpu *v, const struct vcpu_exit *e, gpa_t *dev);
/* L2's instruction at sepc, where stval does not tell it. false: L2 tries again, or has a fault. */
bool shadow_fetch(struct vcpu *v, uint32_t *bits);
/* By L1's tables, as they are now and whatever their permissions: for who looks into L2. */
bool shadow_look(const struct vcpu *v, gpa_t in, gpa_t *out);
/* How L1's own tables are read. */
struct nwalk_env shadow_env(const struct vcpu *v);

/* ---- vsbi_nacl.c: what else keeps L1's shared memory up to date, if it has one ---- */

static inline void nacl_reset(struct nested *n)
{
	n->shmem = NULL;
	n->nacl_features = 0;
	n->words_taken = n->words_clean = false;
}

/* L1, which runs, has a new value in this CSR. */
void nacl_show_csr(struct vcpu *v, unsigned csr);
/* L1 has taken a trap of its own. */
void nacl_trapped(struct vcpu *v);
/* L2 has been left, and all that the trap into L1 changes has been changed; and the time was looked
 * at. There is a shared memory. */
void nacl_left(struct vcpu *v);
/* L1, which runs and has a shared memory, has a new value in hvip or vstimecmp. */
void nacl_show_pending(struct vcpu *v);
/* An ecall of L1 is a sync_sret that may be had; and it. */
static inline bool nacl_asks(const struct vcpu *v)
{
	return v->ctx.x[REG_A7] == SBI_EXT_NACL && v->ctx.x[REG_A6] == SBI_NACL_SYNC_SRET &&
	       (nested_of(v)->nacl_features & BIT(SBI_NACL_FEAT_SYNC_SRET));
}
/* May not return: L1 or L2 goes on. */
void nacl_quick(struct vcpu *v);

/* Before an SRET that L1 asks for by a call, and at a trap into L1: hstatus changes without a word
 * to the hart. */
static inline void nacl_swap(struct nested *n)
{
	uint64_t *hstatus = &n->file.hstatus, other;

	if (!(n->nacl_features & BIT(SBI_NACL_FEAT_AUTOSWAP_CSR)) ||
	    !nacl_autoswap(n->shmem, *hstatus, &other))
		return;
	*hstatus = (*hstatus & ~NCSR_HSTATUS_MASK) | (other & NCSR_HSTATUS_MASK);
	n->spv_by_trap = false;
}

#endif
