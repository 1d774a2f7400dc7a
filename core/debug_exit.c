/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Exits that a debugger has brought about: its breakpoints, and accesses to pages that it watches.
 * On the vcpu's own hart. An access of a watched page that concerns nobody is carried out here if
 * it is a plain one; else the vcpu stops, and steps over it.
 */
#include <arch/amo.h>
#include <arch/guest_mem.h>
#include <arch/insn.h>
#include <core/guest_view.h>
#include <core/vcpu.h>
#include <core/vm.h>

#include "debug_private.h"

static void stop(struct vcpu *v, enum debug_why why, uint64_t addr)
{
	v->stop_addr = addr;
	v->stop_why = (uint8_t)why;
	debug_hold_all(v->vm);
}

/* A trigger fires before the instruction, which may be an ebreak itself. */
static bool fired(struct vcpu *v)
{
	const struct vm_debug *d = v->vm->debug;

	switch (d->opened ? TRIGGER_NONE
			  : triggers_hit(&d->triggers, v->ctx.sepc, v->ops->world != NULL)) {
	case TRIGGER_HIT:
		stop(v, DEBUG_EXEC, 0);
		return true;
	case TRIGGER_OTHERS:
		stop(v, DEBUG_OVER, 0);
		return true;
	default:
		return false;
	}
}

bool debug_breakpoint(struct vcpu *v)
{
	struct vm_debug *d = v->vm->debug;
	struct vwalk_result r;
	struct guest_space s;
	const struct point *p;

	if (fired(v))
		return true;
	guest_space_loaded(v, &s);
	if (guest_translate(&s, v->ctx.sepc, &r))
		return false;
	p = points_break(&d->points, r.gpa);
	if (!p)
		return false;
	stop(v, d->stepping == v && (p->users & POINT_STEP) ? DEBUG_STEP : DEBUG_BREAK, 0);
	return true;
}

/* ---- Watched pages ---- */

struct access {
	enum point_type type;
	gpa_t gpa;
	unsigned size;
	struct insn in; /* INSN_UNKNOWN for a fetch, and what cannot be decoded */
};

static enum point_type type_of(const struct vcpu_exit *e)
{
	switch (e->scause) {
	case CAUSE_FETCH_GUEST_PAGE_FAULT:
		return POINT_EXEC;
	case CAUSE_LOAD_GUEST_PAGE_FAULT:
		return POINT_READ;
	default:
		return POINT_WRITE;
	}
}

/* What the guest was about to do. Of what has no size that we know, one element is as good a guess
 * as any. */
static void look(const struct vcpu *v, const struct vcpu_exit *e, gpa_t addr, struct access *a)
{
	struct guest_fault f;
	uint32_t bits;

	*a = (struct access){.type = type_of(e), .gpa = addr, .size = 8};
	if (insn_decode_htinst(e->htinst, &a->in) && a->type != POINT_EXEC &&
	    !guest_fetch(gva(v->ctx.sepc), &bits, &f))
		insn_decode(bits, &a->in);
	if (a->type == POINT_EXEC)
		a->size = 1; /* where it begins is what counts */
	else if (a->in.kind == INSN_CBO)
		a->gpa.v = ALIGN_DOWN(addr.v, 64);
	else if (a->in.size) {
		a->size = a->in.size;
		a->gpa.v -= a->in.addr_off;
	}
	if (a->in.kind == INSN_CBO)
		a->size = 64;
}

/* In one access, as the guest's would be. */
static uint64_t load(const void *p, unsigned size)
{
	switch (size) {
	case 1:
		return atomic_load((const uint8_t *)p);
	case 2:
		return atomic_load((const uint16_t *)p);
	case 4:
		return atomic_load((const uint32_t *)p);
	default:
		return atomic_load((const uint64_t *)p);
	}
}

static void store(void *p, unsigned size, uint64_t value)
{
	switch (size) {
	case 1:
		atomic_store((uint8_t *)p, (uint8_t)value);
		break;
	case 2:
		atomic_store((uint16_t *)p, (uint16_t)value);
		break;
	case 4:
		atomic_store((uint32_t *)p, (uint32_t)value);
		break;
	default:
		atomic_store((uint64_t *)p, value);
		break;
	}
}

/* A load, store or AMO in one page, on the host's mapping of the guest's RAM. */
static bool carry_out(struct vcpu *v, const struct access *a)
{
	const struct insn *in = &a->in;
	uint64_t *x = v->ctx.x, value = 0, rs2 = in->rs2 ? x[in->rs2] : 0;
	void *p = a->size <= 8 && !in->addr_off ? vm_ram(v->vm, a->gpa, a->size) : NULL;
	unsigned unused = 64 - 8 * a->size;

	if (!p || (a->gpa.v & (PAGE_SIZE - 1)) + a->size > PAGE_SIZE ||
	    !IS_ALIGNED(a->gpa.v, a->size))
		return false;
	if (in->kind == INSN_LOAD) {
		value = load(p, a->size) << unused;
		value = in->sign_extend ? (uint64_t)((int64_t)value >> unused) : value >> unused;
	} else if (in->kind == INSN_STORE) {
		store(p, a->size, rs2);
	} else if (in->kind == INSN_AMO) {
		const struct amo amo = {in->funct, in->size, rs2, in->rd ? x[in->rd] : 0};

		value = amo_perform(p, &amo);
	} else {
		return false;
	}
	if (in->rd)
		x[in->rd] = value;
	v->ctx.sepc += in->len;
	return true;
}

static void fail_sc(struct vcpu *v, const struct insn *in)
{
	if (in->rd)
		v->ctx.x[in->rd] = 1;
	v->ctx.sepc += in->len;
	stop(v, DEBUG_OVER_SC, 0);
}

static enum debug_why why(const struct point *p)
{
	return (enum debug_why)(DEBUG_EXEC + (p->type - POINT_EXEC));
}

bool debug_ram_fault(struct vcpu *v, const struct vcpu_exit *e, gpa_t addr, bool *resume)
{
	const struct points *ps = &v->vm->debug->points;
	const struct point *p = NULL;
	struct access a;

	*resume = false;
	if (points_page_perm(ps, addr) == GSTAGE_RWX)
		return false;
	look(v, e, addr, &a);
	/* The hart's own accesses, to page tables, are not the program's. */
	if (a.in.kind != INSN_PTW && (a.type != POINT_EXEC || e->stval == v->ctx.sepc))
		p = points_watch(ps, a.type, a.gpa, a.size);
	if (!p && a.in.kind == INSN_AMO) /* faults as a store, and loads as well */
		p = points_watch(ps, POINT_READ, a.gpa, a.size);
	if (p)
		stop(v, why(p), p->va + (a.gpa.v > p->gpa.v ? a.gpa.v - p->gpa.v : 0));
	else if (a.in.kind == INSN_SC)
		fail_sc(v, &a.in);
	else if (carry_out(v, &a))
		*resume = true;
	else
		stop(v, DEBUG_OVER, 0);
	return true;
}
