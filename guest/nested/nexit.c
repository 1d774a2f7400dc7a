/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Exits of L2. Guest page faults go through the shadow; what L1 delegates to L2 got there without
 * us, but for what firmware keeps; the rest is L1's. Where L1 lets L2 wait for interrupts itself
 * (hstatus.VTW = 0), a wait only ends the turn.
 */
#include <arch/tlbsan.h>
#include <core/vm.h>
#include <spec/insn.h>
#include <guest/exit.h>
#include "nested.h"

/* Causes whose stval is a guest virtual address. */
#define WITH_ADDRESS                                                                          \
	(BIT(CAUSE_FETCH_MISALIGNED) | BIT(CAUSE_FETCH_ACCESS) | BIT(CAUSE_BREAKPOINT) |      \
	 BIT(CAUSE_LOAD_MISALIGNED) | BIT(CAUSE_LOAD_ACCESS) | BIT(CAUSE_STORE_MISALIGNED) |  \
	 BIT(CAUSE_STORE_ACCESS) | BIT(CAUSE_FETCH_PAGE_FAULT) | BIT(CAUSE_LOAD_PAGE_FAULT) | \
	 BIT(CAUSE_STORE_PAGE_FAULT))

#define FOR_L1 (HEDELEG | BIT(CAUSE_ECALL_VS) | BIT(CAUSE_VIRTUAL_INSTRUCTION))

static void to_l1(struct vcpu *v, const struct vcpu_exit *e)
{
	const struct ntrap t = {
		.cause = e->scause,
		.stval = e->stval,
		.htinst = e->htinst,
		.gva = (WITH_ADDRESS >> e->scause & 1) && e->stval,
	};

	nested_exception(v, &t);
}

static bool may_wait(const struct vcpu *v, uint32_t insn)
{
	return (insn == INSN_WORD_WFI || insn == INSN_WORD_WRS_NTO) &&
	       (v->ctx.sstatus & SSTATUS_SPP) && !(nested_of(v)->file.hstatus & HSTATUS_VTW);
}

/* Exceptions that lead to L1 or back to L2, and nowhere else. */
#define QUICK (FOR_L1 & ~BIT(CAUSE_VIRTUAL_INSTRUCTION))

bool nexit_quick(struct hext_ctx *ctx, const struct vcpu_exit *e)
{
	struct vcpu *v = CONTAINER_OF(ctx, struct vcpu, ctx);

	if (e->scause >= CAUSE_COUNT || !(QUICK >> e->scause & 1))
		return vcpu_on_exit(ctx, e);
	tlbsan_exit();
	ctx->exits[e->scause]++;
	to_l1(v, e);
	tlbsan_enter(&v->vmid, v->vm->gstage.root.v);
	return true;
}

bool nexit(struct vcpu *v, const struct vcpu_exit *e)
{
	if (e->scause & CAUSE_INTERRUPT) {
		const struct ntrap t = {.cause = e->scause};

		nested_trap(v, &t);
		return true;
	}
	switch (e->scause) {
	case CAUSE_FETCH_GUEST_PAGE_FAULT:
	case CAUSE_LOAD_GUEST_PAGE_FAULT:
	case CAUSE_STORE_GUEST_PAGE_FAULT:
		return shadow_fault(v, e);
	case CAUSE_VIRTUAL_INSTRUCTION:
		if (!may_wait(v, (uint32_t)e->stval))
			break;
		v->ctx.sepc += 4;
		return false;
	default:
		break;
	}
	if (e->scause >= CAUSE_COUNT || !(FOR_L1 >> e->scause & 1))
		return guest_exit(v, e); /* nothing that a guest could bring about */
	to_l1(v, e);
	return true;
}
