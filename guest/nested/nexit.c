/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Exits of L2. Guest page faults go through the shadow; what L1 delegates to L2 got there without
 * us, but for what firmware keeps or we emulate; the rest is L1's. Where L1 lets L2 wait for
 * interrupts itself (hstatus.VTW = 0), a wait only ends the turn.
 */
#include <arch/tlbsan.h>
#include <core/debug.h>
#include <core/vm.h>
#include <spec/insn.h>
#include <guest/exit.h>
#include "nested.h"

#define FOR_L1 (HEDELEG | BIT(CAUSE_ECALL_VS) | BIT(CAUSE_VIRTUAL_INSTRUCTION))

static bool may_wait(const struct vcpu *v, uint32_t insn)
{
	return (insn == INSN_WORD_WFI || insn == INSN_WORD_WRS_NTO) &&
	       (v->ctx.sstatus & SSTATUS_SPP) && !(nested_of(v)->file.hstatus & HSTATUS_VTW);
}

/* Exceptions that lead to L1 or back to L2, and nowhere else. */
#define QUICK (FOR_L1 & ~(BIT(CAUSE_VIRTUAL_INSTRUCTION) | BIT(CAUSE_BREAKPOINT)))

#define GUEST_PAGE_FAULTS                                                       \
	(BIT(CAUSE_FETCH_GUEST_PAGE_FAULT) | BIT(CAUSE_LOAD_GUEST_PAGE_FAULT) | \
	 BIT(CAUSE_STORE_GUEST_PAGE_FAULT))

static __attribute__((noinline)) bool fault_quick(struct hext_ctx *ctx, const struct vcpu_exit *e)
{
	struct vcpu *v = CONTAINER_OF(ctx, struct vcpu, ctx);
	gpa_t dev;

	tlbsan_exit();
	if (!shadow_quick(v, e, &dev))
		return vcpu_on_exit(ctx, e);
	ctx->exits[e->scause]++;
	tlbsan_enter(&v->vmid, v->vm->gstage.root.v);
	return true;
}

bool nexit_quick(struct hext_ctx *ctx, const struct vcpu_exit *e)
{
	struct vcpu *v = CONTAINER_OF(ctx, struct vcpu, ctx);

	if (e->scause >= CAUSE_COUNT)
		return vcpu_on_exit(ctx, e);
	if (!(QUICK >> e->scause & 1))
		return GUEST_PAGE_FAULTS >> e->scause & 1 ? fault_quick(ctx, e)
							  : vcpu_on_exit(ctx, e);
	tlbsan_exit();
	ctx->exits[e->scause]++;
	nested_forward(v, e);
	tlbsan_enter(&v->vmid, v->vm->gstage.root.v);
	return true;
}

bool nexit_quick_emulating(struct hext_ctx *ctx, const struct vcpu_exit *e)
{
	return e->scause == CAUSE_ILLEGAL ? vcpu_on_exit(ctx, e) : nexit_quick(ctx, e);
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
		if (may_wait(v, (uint32_t)e->stval)) {
			v->ctx.sepc += 4;
			return false;
		}
		if (v->vm->emulates && nemulate(v, e))
			return true;
		break;
	case CAUSE_ILLEGAL:
		if (v->vm->emulates && nemulate(v, e))
			return true;
		break;
	case CAUSE_BREAKPOINT:
		if (v->vm->debug && debug_breakpoint(v))
			return false;
		break;
	default:
		break;
	}
	if (e->scause >= CAUSE_COUNT || !(FOR_L1 >> e->scause & 1))
		return guest_exit(v, e); /* nothing that a guest could bring about */
	nested_forward(v, e);
	return true;
}
