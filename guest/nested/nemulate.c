/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is carried out for L2 because L1 was promised it and the hart has it not, or not so: the
 * AMOs of Zabha and Zacas, and the CSRs of Ssstateen. To both of them it is as if the hart did it:
 * with L2's translation and L1's below it, with L1's hstateen0 to 3, and with faults that go to L2
 * or to L1 as its hedeleg has it.
 */
#include <arch/guest_mem.h>
#include <arch/insn.h>
#include <core/errno.h>
#include <core/vm.h>
#include <guest/vinsn.h>
#include "nested.h"

#define RS1_FIELD (UINT32_C(31) << 15)

static bool in_user(const struct vcpu *v)
{
	return !(v->ctx.sstatus & SSTATUS_SPP);
}

static void raise_misaligned(struct vcpu *v, gva_t va)
{
	const struct ntrap t = {.cause = CAUSE_STORE_MISALIGNED, .stval = va.v, .gva = true};

	nested_exception(v, &t);
}

static void amo(struct vcpu *v, const struct insn *in, uint32_t bits)
{
	const struct naccess_as as = {
		.l1_status = nested_of(v)->file.vs.vsstatus,
		.vsatp = hext.vsatp(&v->ctx),
		.vsstatus = hext.vsstatus(&v->ctx),
		.henvcfg = v->ctx.henvcfg,
		.user = in_user(v),
		.pmm = guest_pmm(&v->ctx, in_user(v)),
	};
	struct naccess a;
	gva_t va;
	void *p;
	int rc;

	naccess_init(&a, v, &as, VWALK_STORE);
	va = vwalk_masked(&a.vs, gva(v->ctx.x[in->rs1]), VWALK_STORE);
	if (!IS_ALIGNED(va.v, in->size)) {
		raise_misaligned(v, va);
		return;
	}
	rc = naccess_translate(&a, va, in->size, &p);
	if (rc == -NACRE_EFAULT) {
		/* The transformed instruction, so that L1 need not fetch it. */
		if (a.trap.cause == CAUSE_STORE_GUEST_PAGE_FAULT && !a.trap.htinst)
			a.trap.htinst = bits & ~RS1_FIELD;
		nested_exception(v, &a.trap);
	} else if (!rc) {
		vinsn_amo(v, in, p);
	}
}

static void stateen(struct vcpu *v, uint32_t bits)
{
	const struct ntrap t = {.cause = CAUSE_VIRTUAL_INSTRUCTION, .stval = bits};
	uint64_t enable = nested_of(v)->file.hstateen[bits >> 20 & 3];

	if (!(enable & HSTATEEN0_SE0) || !vinsn_stateen(v, bits))
		nested_trap(v, &t);
}

bool nemulate(struct vcpu *v, const struct vcpu_exit *e)
{
	uint32_t bits = (uint32_t)e->stval;
	struct insn in;

	/* stval may be 0 on harts that do not report instructions. */
	if (!bits && !shadow_fetch(v, &bits))
		return true;
	if (vinsn_is_stateen(v, bits))
		stateen(v, bits);
	else if (e->scause == CAUSE_ILLEGAL && vinsn_is_amo(v, bits, &in))
		amo(v, &in, bits);
	else
		return false;
	return true;
}
