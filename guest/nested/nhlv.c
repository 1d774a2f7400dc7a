/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * HLV, HLVX and HSV of L1: accesses as L2 would make them with what is in vsatp and hgatp, by two
 * walks in software. The walk of VS-stage tables reads them through the G-stage of L1; both reach
 * RAM of L1 only. A fault is L1's, with the registers that tell of a guest's addresses.
 */
#include <string.h>

#include <arch/guest_mem.h>
#include <arch/insn.h>
#include <core/errno.h>
#include <core/vm.h>
#include <guest/exit.h>
#include "nested.h"

struct access {
	struct vcpu *v;
	struct nwalk_env g;
	enum vwalk_access type;
	/* What went wrong in the G-stage. */
	bool failed, implicit, is_write;
	gpa_t at;
	enum nwalk_fault fault;
};

static int through_gstage(struct access *a, gpa_t at, enum vwalk_access type, gpa_t *out)
{
	struct nwalk_result r;
	int rc = nwalk(&a->g, &guest_tables, a->v->vm, at, type, &r);

	if (rc == -NACRE_EFAULT) {
		a->failed = true;
		a->at = at;
		a->fault = r.fault;
	}
	*out = r.gpa;
	return rc;
}

static int pte_place(struct access *a, gpa_t at, enum vwalk_access type, gpa_t *out)
{
	int rc = through_gstage(a, at, type, out);

	a->implicit = rc != 0;
	a->is_write = type == VWALK_STORE;
	return rc;
}

static int table_read(void *ctx, gpa_t at, uint64_t *pte)
{
	struct access *a = ctx;
	gpa_t place;
	int rc = pte_place(a, at, VWALK_LOAD, &place);

	return rc ? rc : guest_tables.read(a->v->vm, place, pte);
}

static int table_cas(void *ctx, gpa_t at, uint64_t expect, uint64_t desired)
{
	struct access *a = ctx;
	gpa_t place;
	int rc = pte_place(a, at, VWALK_STORE, &place);

	return rc ? rc : guest_tables.cas(a->v->vm, place, expect, desired);
}

static const struct vwalk_mem tables = {.read = table_read, .cas = table_cas};

/* ---- Faults ---- */

/* HLVX is a load in all but the permission that it needs. */
static uint64_t as_load(uint64_t cause)
{
	return cause == CAUSE_FETCH_PAGE_FAULT ? CAUSE_LOAD_PAGE_FAULT
	       : cause == CAUSE_FETCH_ACCESS   ? CAUSE_LOAD_ACCESS
					       : cause;
}

static void fault(struct access *a, gva_t va, uint64_t cause)
{
	struct ntrap t = {.cause = as_load(cause), .stval = va.v, .gva = true};

	if (a->failed && a->fault == NWALK_GUEST_PAGE_FAULT) {
		t.cause = a->type == VWALK_STORE ? CAUSE_STORE_GUEST_PAGE_FAULT
						 : CAUSE_LOAD_GUEST_PAGE_FAULT;
		t.htval = a->at.v >> 2;
		t.htinst = !a->implicit ? 0 : a->is_write ? HTINST_PTW_WRITE64 : HTINST_PTW_READ64;
	}
	nested_trap(a->v, &t);
}

/* ---- Accesses ---- */

/* The pointer masking of L2's mode; of VU-mode it is senvcfg.PMM, to L1's own U-mode HUPMM. */
static uint8_t masking(const struct vcpu *v)
{
	const struct ncsr_file *f = &nested_of(v)->file;

	if (f->hstatus & HSTATUS_SPVP)
		return f->vs.henvcfg >> ENVCFG_PMM_SHIFT & 3;
	if (!(v->ctx.sstatus & SSTATUS_SPP))
		return f->hstatus >> HSTATUS_HUPMM_SHIFT & 3;
	return guest_pmm(&v->ctx, true);
}

/* The host's address of one byte, or NULL: L1 has a trap, or tries again. */
static uint8_t *translate(struct access *a, gva_t va)
{
	struct nested *n = nested_of(a->v);
	uint64_t vsstatus = n->file.vs.vsstatus,
		 access_cause = a->type == VWALK_STORE ? CAUSE_STORE_ACCESS : CAUSE_LOAD_ACCESS;
	const struct vwalk_env env = {
		.vsatp = n->file.vs.vsatp,
		.user = !(n->file.hstatus & HSTATUS_SPVP),
		.sum = vsstatus & SSTATUS_SUM,
		.mxr = (vsstatus & SSTATUS_MXR) || a->g.mxr,
		.adue = n->file.vs.henvcfg & HENVCFG_ADUE,
		.pbmte = n->file.vs.henvcfg & HENVCFG_PBMTE,
		.svnapot = a->g.svnapot,
		.svrsw60t59b = a->g.svrsw60t59b,
		.pmm = masking(a->v),
	};
	struct vwalk_result r;
	uint8_t *p = NULL;
	gpa_t at;
	int rc = vwalk(&env, &tables, a, va, a->type, &r);

	if (!rc)
		rc = through_gstage(a, r.gpa, a->type, &at);
	if (rc == -NACRE_EBUSY)
		return NULL;
	if (!rc)
		p = vm_ram(a->v->vm, at, 1);
	if (!p)
		fault(a, vwalk_masked(&env, va, a->type),
		      rc == -NACRE_EFAULT && !a->failed ? r.cause : access_cause);
	return p;
}

static uint64_t extended(uint64_t v, const struct insn *in)
{
	unsigned unused = 64 - 8 * in->size;

	v <<= unused;
	return in->sign_extend ? (uint64_t)((int64_t)v >> unused) : v >> unused;
}

/* One access, if it is aligned. */
static uint64_t load(const void *p, unsigned size)
{
	uint64_t v = 0;

	if (size == 8 && IS_ALIGNED((uint64_t)p, 8))
		return __atomic_load_n((const uint64_t *)p, __ATOMIC_RELAXED);
	if (size == 4 && IS_ALIGNED((uint64_t)p, 4))
		return __atomic_load_n((const uint32_t *)p, __ATOMIC_RELAXED);
	if (size == 2 && IS_ALIGNED((uint64_t)p, 2))
		return __atomic_load_n((const uint16_t *)p, __ATOMIC_RELAXED);
	memcpy(&v, p, size);
	return v;
}

static void store(void *p, uint64_t v, unsigned size)
{
	if (size == 8 && IS_ALIGNED((uint64_t)p, 8))
		__atomic_store_n((uint64_t *)p, v, __ATOMIC_RELAXED);
	else if (size == 4 && IS_ALIGNED((uint64_t)p, 4))
		__atomic_store_n((uint32_t *)p, (uint32_t)v, __ATOMIC_RELAXED);
	else if (size == 2 && IS_ALIGNED((uint64_t)p, 2))
		__atomic_store_n((uint16_t *)p, (uint16_t)v, __ATOMIC_RELAXED);
	else
		memcpy(p, &v, size);
}

/* size bytes in the first page; the others, if there is a second one, there. */
static void transfer(struct vcpu *v, const struct insn *in, uint8_t *first, uint8_t *second,
		     unsigned size)
{
	unsigned rest = in->size - size, shift = 8 * size & 63;
	uint64_t value = in->rs2 ? v->ctx.x[in->rs2] : 0;

	if (in->kind == INSN_HSV) {
		store(first, value, size);
		if (second)
			store(second, value >> shift, rest);
		return;
	}
	value = load(first, size);
	if (second)
		value |= load(second, rest) << shift;
	if (in->rd)
		v->ctx.x[in->rd] = extended(value, in);
}

void nhlv(struct vcpu *v, const struct insn *in)
{
	struct access a = {.v = v, .g = shadow_env(v)};
	gva_t va = gva(in->rs1 ? v->ctx.x[in->rs1] : 0);
	uint64_t to_end = PAGE_SIZE - (va.v & (PAGE_SIZE - 1));
	unsigned size = in->size < to_end ? in->size : (unsigned)to_end;
	uint8_t *first, *second = NULL;

	a.g.mxr = hext.vsstatus(&v->ctx) & SSTATUS_MXR;
	a.type = in->kind == INSN_HSV	 ? VWALK_STORE
		 : in->kind == INSN_HLVX ? VWALK_FETCH
					 : VWALK_LOAD;
	first = translate(&a, va);
	if (first && size < in->size)
		second = translate(&a, gva(va.v + size));
	if (!first || (!second && size < in->size))
		return;
	transfer(v, in, first, second, size);
	v->ctx.sepc += in->len;
}
