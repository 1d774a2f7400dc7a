/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Between L1 and L2: SRET one way, traps the other, and what of L1's registers follows from either.
 * The privileged specification's "Trap Entry" and "Trap Return" of the hypervisor extension, for an
 * HS-mode that is made up.
 *
 * An exception that L1 takes in its own HS-mode clears hstatus.SPV and GVA, and an SRET that finds
 * SPV set leads to L2. So as long as one of them is set, L1's exceptions (hedeleg) come here first,
 * and with SPV its SRETs (VTSR); else both are the hart's own affair. Interrupts of L1 cannot be
 * had that way. They are noticed when L1 next reads hstatus or returns: scause and sepc are no
 * longer what they were when L2 was left.
 */
#include <arch/mmu.h>
#include <arch/timer.h>
#include <core/cpu.h>
#include <core/errno.h>
#include <core/memory.h>
#include <core/vm.h>
#include <guest/nested/init.h>
#include "nested.h"

#define FS_VS	   (SSTATUS_FS | SSTATUS_VS)
#define STVEC_MODE UINT64_C(3)

#define ALWAYS_INLINE static inline __attribute__((always_inline))

/* Causes whose stval is a guest virtual address. */
#define WITH_ADDRESS                                                                          \
	(BIT(CAUSE_FETCH_MISALIGNED) | BIT(CAUSE_FETCH_ACCESS) | BIT(CAUSE_BREAKPOINT) |      \
	 BIT(CAUSE_LOAD_MISALIGNED) | BIT(CAUSE_LOAD_ACCESS) | BIT(CAUSE_STORE_MISALIGNED) |  \
	 BIT(CAUSE_STORE_ACCESS) | BIT(CAUSE_FETCH_PAGE_FAULT) | BIT(CAUSE_LOAD_PAGE_FAULT) | \
	 BIT(CAUSE_STORE_PAGE_FAULT))

static const struct vcpu_ops l1_ops, l2_ops;

bool nested_l2_runs(const struct vcpu *v)
{
	return v->ops == &l2_ops;
}

static void set_ops(struct vcpu *v, const struct vcpu_ops *ops)
{
	v->ops = ops;
	v->ctx.on_exit = ops == &l1_ops	  ? ninsn_quick
			 : ops == &l2_ops ? nested_of(v)->l2_exit
					  : vcpu_on_exit;
}

/* ---- hstatus.SPV ---- */

static uint64_t l1_hedeleg(const struct vcpu *v)
{
	return nested_of(v)->file.hstatus & NESTED_TRAP_CLEARS ? 0
							       : hext_delegated(&v->ctx, HEDELEG);
}

void nested_follow_hstatus(struct vcpu *v)
{
	struct nested *n = nested_of(v);
	bool spv = n->file.hstatus & HSTATUS_SPV;
	uint64_t hedeleg = l1_hedeleg(v);

	v->ctx.hstatus =
		(v->ctx.hstatus & ~HSTATUS_VTSR) | (spv || n->held_back ? HSTATUS_VTSR : 0);
	if (v->ctx.hedeleg != hedeleg) {
		v->ctx.hedeleg = hedeleg;
		hext.set_hedeleg(&v->ctx);
	}
}

void nested_trapped(struct vcpu *v)
{
	struct ncsr_file *f = &nested_of(v)->file;

	f->hstatus &= ~NESTED_TRAP_CLEARS;
	f->htval = f->htinst = 0;
	nested_follow_hstatus(v);
	nacl_trapped(v);
}

/* Has L1 taken an interrupt since it left L2? */
void nested_notice(struct vcpu *v)
{
	struct nested *n = nested_of(v);
	uint64_t cause;

	if (!n->spv_by_trap)
		return;
	cause = hext.vscause(&v->ctx);
	if (!(cause & CAUSE_INTERRUPT) ||
	    (cause == n->left_cause && hext.vsepc(&v->ctx) == n->left_epc))
		return;
	/* With its interrupts off it took none: after one of L2's that came to it, sepc is another
	 * guest's. */
	if (!(hext.vsstatus(&v->ctx) & SSTATUS_SPIE))
		return;
	n->spv_by_trap = false;
	nested_trapped(v);
}

/* ---- CSRs ---- */

static inline void look_at_time(struct vcpu *v)
{
	struct ncsr_file *f = &nested_of(v)->file;

	f->vstip = timer_now() + v->ctx.htimedelta + f->htimedelta >= f->vs.vstimecmp;
}

void nested_look_at_time(struct vcpu *v)
{
	look_at_time(v);
}

bool nested_csr_read(struct vcpu *v, unsigned csr, uint64_t *val)
{
	struct ncsr_file *f = &nested_of(v)->file;

	if (csr == CSR_HSTATUS)
		nested_notice(v);
	else if (ncsr_looks_at_time(f, csr))
		nested_look_at_time(v);
	return ncsr_read(f, csr, val);
}

bool nested_csr_write(struct vcpu *v, unsigned csr, uint64_t val)
{
	struct nested *n = nested_of(v);

	if (!ncsr_write(&n->file, csr, val))
		return false;
	if (csr == CSR_HSTATUS) {
		n->spv_by_trap = false;
		nested_follow_hstatus(v);
	} else if (csr == CSR_HGATP) {
		n->current = NULL;
	}
	return true;
}

/* ---- FP and vector state: one set of registers for L1 and L2 ---- */

/* Off where L1 has it off, else Clean, so that L2's use of it can be told. */
static uint64_t fs_for_l2(uint64_t own, uint64_t l1)
{
	return ((own & SSTATUS_FS) && (l1 & SSTATUS_FS) ? SSTATUS_FS_CLEAN : 0) |
	       ((own & SSTATUS_VS) && (l1 & SSTATUS_VS) ? SSTATUS_VS_CLEAN : 0);
}

/* What L2 used is dirty for L1, and for us. */
static __attribute__((noinline)) void note_dirty(struct vcpu *v)
{
	struct nested *n = nested_of(v);
	uint64_t *l1 = &n->file.vs.vsstatus;

	if ((v->ctx.sstatus & SSTATUS_FS) == SSTATUS_FS_DIRTY) {
		*l1 |= SSTATUS_FS_DIRTY;
		n->own_fs |= SSTATUS_FS_DIRTY;
	}
	if ((v->ctx.sstatus & SSTATUS_VS) == SSTATUS_VS_DIRTY) {
		*l1 |= SSTATUS_VS_DIRTY;
		n->own_fs |= SSTATUS_VS_DIRTY;
	}
}

/* ---- Changing sides ---- */

static inline bool is_live(const struct vmid *m)
{
	return vmid_is_live(&this_cpu()->vmids, m);
}

/* The slot of L1's hgatp, and in the waiting world what the hart's shall be with it. */
static __attribute__((noinline)) enum vmid_answer find_shadow(struct vcpu *v)
{
	struct nested *n = nested_of(v);
	struct shadow *s = n->current ? n->current : shadow_current(v);
	enum vmid_answer answer = is_live(&s->vmid) ? VMID_KEEP : vcpu_assign_vmid(&s->vmid);

	n->file.vs.hgatp = gstage_hgatp(&s->g, s->vmid.number);
	return answer;
}

/* L2's world into the hart. file.vs is L1's then. */
ALWAYS_INLINE void into_l2(struct vcpu *v)
{
	struct nested *n = nested_of(v);
	struct ncsr_file *f = &n->file;
	/* Else vs.hgatp is what into_l1() left there. */
	enum vmid_answer answer =
		n->current && is_live(&n->current->vmid) ? VMID_KEEP : find_shadow(v);

	f->vs.hedeleg = hext_delegated(&v->ctx, f->hedeleg);
	f->vs.htimedelta = v->ctx.htimedelta + f->htimedelta;
	hext.swap(&v->ctx, &f->vs);
	if (answer != VMID_KEEP)
		vcpu_new_vmid(answer);
	if (n->current->nfences)
		shadow_drain(n->current);
	vcpu_slow(v, VCPU_SLOW_L2, true);
	n->own_fs = v->ctx.sstatus & FS_VS;
	v->ctx.sstatus &= ~(FS_VS | SSTATUS_MXR);
	v->ctx.sstatus |= fs_for_l2(n->own_fs, f->vs.vsstatus) | (f->vs.vsstatus & SSTATUS_MXR);
	if (v->ctx.sstc && (f->vs.hie & IP_VSTI))
		vcpu_watch_time(v, f->vs.vstimecmp);
}

/* What L1 was asked for meanwhile. */
static __attribute__((noinline)) void drain_l1_fences(struct vcpu *v)
{
	struct hfence h;

	while (hfence_pop(&nested_of(v)->l1_fences, &h))
		vcpu_hfence_self(v, &h);
}

/* L1's world into the hart. */
ALWAYS_INLINE void into_l1(struct vcpu *v)
{
	struct nested *n = nested_of(v);
	struct world *l1 = &n->file.vs;
	enum vmid_answer answer = is_live(&v->vmid) ? VMID_KEEP : vcpu_assign_vmid(&v->vmid);

	if (v->ctx.sstatus & SSTATUS_SD)
		note_dirty(v);
	if (answer != VMID_KEEP) /* else it is what into_l2() left there */
		l1->hgatp = gstage_hgatp(&v->vm->gstage, v->vmid.number);
	hext.swap(&v->ctx, l1);
	if (answer != VMID_KEEP)
		vcpu_new_vmid(answer);
	if (hfence_pending(&n->l1_fences))
		drain_l1_fences(v);
	vcpu_slow(v, VCPU_SLOW_L2, false);
	v->ctx.sstatus = (v->ctx.sstatus & ~(FS_VS | SSTATUS_MXR)) | n->own_fs;
}

static void swap_in(struct vcpu *v)
{
	into_l2(v);
}

static void swap_out(struct vcpu *v)
{
	into_l1(v);
}

/* ---- Traps ---- */

static uint64_t entry_point(uint64_t stvec, uint64_t cause)
{
	uint64_t base = stvec & ~STVEC_MODE;

	return (stvec & STVEC_MODE) && (cause & CAUSE_INTERRUPT)
		       ? base + 4 * (cause & ~CAUSE_INTERRUPT)
		       : base;
}

ALWAYS_INLINE void leave_l2(struct vcpu *v, const struct ntrap *t)
{
	struct nested *n = nested_of(v);
	struct world *l1 = &n->file.vs;
	uint64_t spp = v->ctx.sstatus & SSTATUS_SPP, pc = entry_point(l1->vstvec, t->cause);

	l1->vsstatus = (l1->vsstatus & ~(SSTATUS_SPP | SSTATUS_SPIE | SSTATUS_SIE)) | spp |
		       (l1->vsstatus & SSTATUS_SIE ? SSTATUS_SPIE : 0);
	l1->vsepc = n->left_epc = v->ctx.sepc;
	l1->vscause = n->left_cause = t->cause;
	l1->vstval = t->stval;
	n->spv_by_trap = true;
	n->file.hstatus &= ~(HSTATUS_SPVP | HSTATUS_GVA);
	/* SPVP is the same bit there */
	n->file.hstatus |= HSTATUS_SPV | spp | (t->gva ? HSTATUS_GVA : 0);
	n->file.htval = t->htval;
	n->file.htinst = t->htinst;
	nacl_swap(n);
	l1->hedeleg = l1_hedeleg(v);
	into_l1(v);
	v->ctx.sepc = pc;
	v->ctx.sstatus |= SSTATUS_SPP;
	v->ctx.hstatus = HSTATUS_SPV | HSTATUS_SPVP | HSTATUS_VTW | HSTATUS_VSXL64 |
			 (n->file.hstatus & HSTATUS_SPV ? HSTATUS_VTSR : 0);
	set_ops(v, &l1_ops);
	if (n->shmem) {
		look_at_time(v);
		nacl_left(v);
	}
	nirq_look(v);
}

void nested_trap(struct vcpu *v, const struct ntrap *t)
{
	struct ncsr_file *f = &nested_of(v)->file;

	if (nested_l2_runs(v)) {
		leave_l2(v, t);
		return;
	}
	vcpu_inject(v, t->cause, t->stval);
	nested_trapped(v);
	if (t->gva) {
		f->hstatus |= HSTATUS_GVA;
		nested_follow_hstatus(v);
	}
	f->htval = t->htval;
	f->htinst = t->htinst;
	nacl_trapped(v);
}

void nested_exception(struct vcpu *v, const struct ntrap *t)
{
	if (nested_of(v)->file.hedeleg >> t->cause & 1)
		vcpu_inject(v, t->cause, t->stval);
	else
		nested_trap(v, t);
}

void nested_forward(struct vcpu *v, const struct vcpu_exit *e)
{
	const struct ntrap t = {
		.cause = e->scause,
		.stval = e->stval,
		.htinst = e->htinst,
		.gva = (WITH_ADDRESS >> e->scause & 1) && e->stval,
	};

	if (nested_of(v)->file.hedeleg >> e->scause & 1)
		vcpu_inject(v, e->scause, e->stval);
	else
		leave_l2(v, &t);
}

/* Interrupts that are pending and enabled for L1 while L2 runs, numbered as in hip. HS-mode's SIE
 * does not matter then. */
static uint64_t l1_pending(const struct vcpu *v)
{
	const struct world *l1 = &nested_of(v)->file.vs;
	uint64_t pending = l1->hvip & l1->hie;

	if ((l1->hie & IP_VSTI) && v->ctx.sstc && vcpu_time(v) >= l1->vstimecmp)
		pending |= IP_VSTI;
	return pending;
}

/* In the order that the specification has: external, software, timer, counter overflow. */
static __attribute__((noinline)) void interrupt_l1(struct vcpu *v, uint64_t pending)
{
	unsigned irq = pending & IP_VSEI   ? IRQ_SEI
		       : pending & IP_VSSI ? IRQ_SSI
		       : pending & IP_VSTI ? IRQ_STI
					   : IRQ_LCOFI;
	const struct ntrap t = {.cause = CAUSE_INTERRUPT | irq};

	nested_trap(v, &t);
}

static inline void look_for_interrupts(struct vcpu *v)
{
	uint64_t pending = l1_pending(v);

	if (pending)
		interrupt_l1(v, pending);
}

/* ---- SRET ---- */

static uint64_t status_after_sret(uint64_t status)
{
	return (status & ~(SSTATUS_SPP | SSTATUS_SIE)) | SSTATUS_SPIE |
	       (status & SSTATUS_SPIE ? SSTATUS_SIE : 0);
}

static void enter_l2(struct vcpu *v)
{
	struct ncsr_file *f = &nested_of(v)->file;

	into_l2(v);
	nested_of(v)->held_back = false;
	f->hstatus &= ~HSTATUS_SPV;
	v->ctx.sepc = f->vs.vsepc;
	v->ctx.sstatus = (v->ctx.sstatus & ~SSTATUS_SPP) | (f->vs.vsstatus & SSTATUS_SPP);
	v->ctx.hstatus = HSTATUS_SPV | HSTATUS_VTW | HSTATUS_VSXL64 |
			 (f->hstatus & (HSTATUS_VTVM | HSTATUS_VTSR));
	f->vs.vsstatus = status_after_sret(f->vs.vsstatus);
	set_ops(v, &l2_ops);
	look_for_interrupts(v);
}

static __attribute__((noinline)) void return_within_l1(struct vcpu *v)
{
	struct hext_ctx *c = &v->ctx;
	struct world w = {.hgatp = c->hgatp,
			  .hedeleg = c->hedeleg,
			  .hideleg = c->hideleg,
			  .henvcfg = c->henvcfg,
			  .hcounteren = c->hcounteren,
			  .hvien = c->hvien,
			  .htimedelta = c->htimedelta,
			  .hstateen0 = c->hstateen0};

	hext.swap(c, &w);
	c->sepc = w.vsepc;
	c->sstatus = (c->sstatus & ~SSTATUS_SPP) | (w.vsstatus & SSTATUS_SPP);
	w.vsstatus = status_after_sret(w.vsstatus);
	hext.swap(c, &w);
}

void nested_sret(struct vcpu *v)
{
	nested_notice(v);
	if (nested_of(v)->file.hstatus & HSTATUS_SPV) {
		enter_l2(v);
	} else {
		nested_follow_hstatus(v); /* nacl_swap() */
		return_within_l1(v);
		nirq_look(v);
	}
}

/* ---- What the run loop asks for ---- */

static void l1_lines(struct vcpu *v)
{
	vcpu_apply_lines(v);
	nirq_look(v);
}

static void l2_lines(struct vcpu *v)
{
	uint64_t lines = atomic_load(&v->lines), levels = IP_VSEI | (v->ctx.sstc ? 0 : IP_VSTI);
	uint64_t *hvip = &nested_of(v)->file.vs.hvip;

	*hvip = (*hvip & ~levels) | (lines & levels);
	if (atomic_load(&v->ssip) && atomic_swap(&v->ssip, 0))
		*hvip |= IP_VSSI;
	look_for_interrupts(v);
}

/* A counter of L1's, which L2's work has made overflow. */
static void l2_overflow(struct vcpu *v)
{
	nested_of(v)->file.vs.hvip |= IP_LCOFI;
	atomic_or(&v->requests, VCPU_REQ_LINES);
}

static void look_again(struct vcpu *v)
{
	nirq_look(v);
}

/* Another hart of L1 asks for a fence of its guests' translations. */
static void remote_hfence(struct vcpu *v, const struct hfence *h)
{
	nested_hfence(nested_of(v), h);
	if (nested_l2_runs(v))
		shadow_fenced(v);
}

static void l1_hfence(struct vcpu *v, const struct hfence *h)
{
	if (h->l2)
		remote_hfence(v, h);
	else
		vcpu_hfence_self(v, h);
}

/* L1's own translations are not in use, and its VMID not in hgatp, which is where fences of
 * VS-stage entries look. */
static void l2_hfence(struct vcpu *v, const struct hfence *h)
{
	if (h->l2)
		remote_hfence(v, h);
	else
		hfence_push(&nested_of(v)->l1_fences, h);
}

static void reset(struct vcpu *v)
{
	struct nested *n = nested_of(v);

	ncsr_reset(&n->file);
	shadow_reset(n);
	hfence_take(&n->l1_fences, &n->l1_fences);
	n->spv_by_trap = n->keeps = n->held_back = false;
	vcpu_slow(v, VCPU_SLOW_L2 | VCPU_SLOW_LINES, false);
	nacl_reset(n);
	v->ctx.hedeleg = hext_delegated(&v->ctx, HEDELEG);
	set_ops(v, &l1_ops);
}

static const struct vcpu_ops l1_ops = {
	.exit = ninsn_exit,
	.lines = l1_lines,
	.overflow = vcpu_interrupt_overflow,
	.hfence = l1_hfence,
	.load = look_again,
	.put = vcpu_nothing,
	.reset = reset,
	.pending = nirq_pending,
	.wakes_at = nirq_wakes_at,
};

/* L2's, while L1's are in the context: what put() leaves. */
static struct world *l2_world(struct vcpu *v)
{
	return &nested_of(v)->file.vs;
}

/* A context in memory is always L1's, with L2's general registers. */
static const struct vcpu_ops l2_ops = {
	.world = l2_world,
	.to_guest = shadow_look,
	.exit = nexit,
	.lines = l2_lines,
	.overflow = l2_overflow,
	.hfence = l2_hfence,
	.load = swap_in,
	.put = swap_out,
	.reset = reset,
	.pending = vcpu_pending, /* L2 never waits so */
	.wakes_at = vcpu_wakes_at,
};

/* ---- ISA ---- */

static int vcpu_memory(struct vcpu *v, const struct isa_set *isa)
{
	if (v->nested || !isa_has(isa, ISA_H))
		return 0;
	v->nested = memory_pages(ALIGN_UP(sizeof(struct nested), PAGE_SIZE) / PAGE_SIZE);
	if (!v->nested)
		return -NACRE_ENOMEM;
	return shadow_init(v);
}

static void vcpu_free(struct vcpu *v)
{
	if (!v->nested)
		return;
	shadow_free(v);
	memory_free(virt_to_phys(v->nested),
		    ALIGN_UP(sizeof(struct nested), PAGE_SIZE) / PAGE_SIZE);
}

static void take_isa(struct vcpu *v)
{
	const struct hext_ctx *c = &v->ctx;
	bool pm = isa_has(&v->vm->isa, ISA_SSNPM);

	set_ops(v, v->vm->ops->vcpu);
	if (!isa_has(&v->vm->isa, ISA_H))
		return;
	nested_of(v)->file.can = (struct ncsr_caps){
		.henvcfg =
			c->henvcfg | (hext_caps.henvcfg & (HENVCFG_FIOM | (pm ? ENVCFG_PMM : 0))),
		.hstatus = pm ? NCSR_HSTATUS_PM : NCSR_HSTATUS_MASK,
		.hcounteren = c->hcounteren,
		.vsstatus = (c->fpu ? SSTATUS_FS : 0) | (c->vector ? SSTATUS_VS : 0),
		.hgatp_modes = hext_caps.gstage_modes,
		.vsatp_modes = hext_caps.vsatp_modes,
		.asid_bits = hext_caps.asid_bits,
		.sstc = c->sstc,
		.stateen = isa_has(&v->vm->isa, ISA_SSSTATEEN),
		.hstateen0 = hext_caps.stateen ? c->hstateen0 : 0,
		.hstateen0_ones = hext_caps.stateen ? 0 : c->hstateen0,
	};
	nested_of(v)->l2_exit = c->emulate ? nexit_quick_emulating : nexit_quick;
	set_ops(v, &l1_ops);
}

static unsigned vcpu_vmid(const struct vcpu *v)
{
	return ncsr_vmid(nested_of(v)->file.hgatp);
}

void nested_init(struct vm_ops *ops)
{
	ops->vcpu_vmid = vcpu_vmid;
	ops->vcpu_memory = vcpu_memory;
	ops->vcpu_free = vcpu_free;
	ops->vcpu_take_isa = take_isa;
}
