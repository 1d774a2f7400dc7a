/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * HLV, HLVX and HSV of L1: accesses as L2 would make them with what is in vsatp and hgatp
 * (naccess.c). They reach RAM of L1 only. A fault is L1's, with the registers that tell of a
 * guest's addresses.
 */
#include <string.h>

#include <arch/guest_mem.h>
#include <arch/insn.h>
#include <core/errno.h>
#include <core/vm.h>
#include <guest/exit.h>
#include "nested.h"

/* HLVX is a load in all but the permission that it needs. */
static uint64_t as_load(uint64_t cause)
{
	switch (cause) {
	case CAUSE_FETCH_PAGE_FAULT:
		return CAUSE_LOAD_PAGE_FAULT;
	case CAUSE_FETCH_ACCESS:
		return CAUSE_LOAD_ACCESS;
	case CAUSE_FETCH_GUEST_PAGE_FAULT:
		return CAUSE_LOAD_GUEST_PAGE_FAULT;
	default:
		return cause;
	}
}

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
static uint8_t *translate(struct naccess *a, gva_t va)
{
	uint8_t *p;
	int rc = naccess_translate(a, va, 1, (void **)&p);

	if (!rc)
		return p;
	if (rc == -NACRE_EFAULT) {
		a->trap.cause = as_load(a->trap.cause);
		nested_trap(a->v, &a->trap);
	}
	return NULL;
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
	const struct ncsr_file *f = &nested_of(v)->file;
	const struct naccess_as as = {
		.l1_status = hext.vsstatus(&v->ctx),
		.vsatp = f->vs.vsatp,
		.vsstatus = f->vs.vsstatus,
		.henvcfg = f->vs.henvcfg,
		.user = !(f->hstatus & HSTATUS_SPVP),
		.pmm = masking(v),
	};
	struct naccess a;
	gva_t va = gva(in->rs1 ? v->ctx.x[in->rs1] : 0);
	uint64_t to_end = PAGE_SIZE - (va.v & (PAGE_SIZE - 1));
	unsigned size = in->size < to_end ? in->size : (unsigned)to_end;
	uint8_t *first, *second = NULL;

	naccess_init(&a, v, &as,
		     in->kind == INSN_HSV    ? VWALK_STORE
		     : in->kind == INSN_HLVX ? VWALK_FETCH
					     : VWALK_LOAD);
	first = translate(&a, va);
	if (first && size < in->size)
		second = translate(&a, gva(va.v + size));
	if (!first || (!second && size < in->size))
		return;
	transfer(v, in, first, second, size);
	v->ctx.sepc += in->len;
}
