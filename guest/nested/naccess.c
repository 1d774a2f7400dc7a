/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Accesses that are made for L2: what is carried out in its place, and HLV and HSV of L1. The walk
 * of VS-stage tables reads and writes them through the G-stage of L1; both reach RAM of L1 only. A
 * guest page fault tells the faulting guest physical address in htval, and of an entry of a table
 * also so in htinst. Privileged specification, "Guest-Page Faults"; Shtvala.
 */
#include <core/errno.h>
#include <core/vm.h>
#include <guest/exit.h>
#include <spec/insn.h>
#include "nested.h"

static int through_gstage(struct naccess *a, gpa_t at, enum vwalk_access type, gpa_t *out)
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

static int pte_place(struct naccess *a, gpa_t at, enum vwalk_access type, gpa_t *out)
{
	int rc = through_gstage(a, at, type, out);

	a->implicit = rc != 0;
	a->is_write = type == VWALK_STORE;
	return rc;
}

static int table_read(void *ctx, gpa_t at, uint64_t *pte)
{
	struct naccess *a = ctx;
	gpa_t place;
	int rc = pte_place(a, at, VWALK_LOAD, &place);

	return rc ? rc : guest_tables.read(a->v->vm, place, pte);
}

static int table_cas(void *ctx, gpa_t at, uint64_t expect, uint64_t desired)
{
	struct naccess *a = ctx;
	gpa_t place;
	int rc = pte_place(a, at, VWALK_STORE, &place);

	return rc ? rc : guest_tables.cas(a->v->vm, place, expect, desired);
}

static const struct vwalk_mem tables = {.read = table_read, .cas = table_cas};

/* "Any exception is always reported for the original access type." */
static uint64_t cause_of(const struct naccess *a)
{
	static const uint8_t guest_page[] = {CAUSE_FETCH_GUEST_PAGE_FAULT,
					     CAUSE_LOAD_GUEST_PAGE_FAULT,
					     CAUSE_STORE_GUEST_PAGE_FAULT};
	static const uint8_t access[] = {CAUSE_FETCH_ACCESS, CAUSE_LOAD_ACCESS, CAUSE_STORE_ACCESS};

	static_assert(VWALK_FETCH == 0 && VWALK_LOAD == 1 && VWALK_STORE == 2, "they are indexes");
	return a->failed && a->fault == NWALK_GUEST_PAGE_FAULT ? guest_page[a->type]
							       : access[a->type];
}

/* cause: of the VS-stage; 0: it is another's */
static int fault(struct naccess *a, gva_t va, uint64_t cause)
{
	a->trap = (struct ntrap){.cause = cause ? cause : cause_of(a), .stval = va.v, .gva = true};
	if (a->failed && a->fault == NWALK_GUEST_PAGE_FAULT) {
		a->trap.htval = a->at.v >> 2;
		a->trap.htinst = !a->implicit  ? 0
				 : a->is_write ? HTINST_PTW_WRITE64
					       : HTINST_PTW_READ64;
	}
	return -NACRE_EFAULT;
}

int naccess_translate(struct naccess *a, gva_t va, uint64_t size, void **out)
{
	struct vwalk_result r;
	gpa_t at;
	int rc = vwalk(&a->vs, &tables, a, va, a->type, &r);

	va = vwalk_masked(&a->vs, va, a->type);
	if (rc == -NACRE_EFAULT && !a->failed)
		return fault(a, va, r.cause);
	if (!rc)
		rc = through_gstage(a, r.gpa, a->type, &at);
	if (rc == -NACRE_EBUSY)
		return rc;
	*out = rc ? NULL : vm_ram(a->v->vm, at, size);
	return *out ? 0 : fault(a, va, 0);
}

void naccess_init(struct naccess *a, struct vcpu *v, const struct naccess_as *as,
		  enum vwalk_access type)
{
	*a = (struct naccess){.v = v, .g = shadow_env(v), .type = type};
	a->g.mxr = as->l1_status & SSTATUS_MXR;
	a->vs = (struct vwalk_env){
		.vsatp = as->vsatp,
		.user = as->user,
		.sum = as->vsstatus & SSTATUS_SUM,
		.mxr = (as->vsstatus & SSTATUS_MXR) || a->g.mxr,
		.adue = as->henvcfg & HENVCFG_ADUE,
		.pbmte = as->henvcfg & HENVCFG_PBMTE,
		.svnapot = a->g.svnapot,
		.svrsw60t59b = a->g.svrsw60t59b,
		.pmm = as->pmm,
	};
}
