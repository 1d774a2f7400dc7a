/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interrupts of VS-level (hip, hie) while L1 itself runs. Those that it does not delegate to L2
 * (hideleg) are its own, but no hart can deliver them to what is VS-mode: it knows of other numbers
 * there. So L1 takes them here, by injection, when what they depend on changes: a CSR of the file,
 * L2's clock (vstimecmp), L1's privilege and sstatus.SIE. The last two change without a word to us.
 * While one is held back by SIE, then, SRET traps (VTSR), which is the way to U-mode too, and turns
 * are short: SIE is looked at when one begins.
 *
 * All of them end a wfi, delegated or not, if they are enabled in hie. Privileged specification,
 * "H" extension: hideleg, hvip, hip, hie; wfi.
 */
#include <core/sched.h>
#include <core/vm.h>
#include "nested.h"

/* Guest time of hip.VSTIP by vstimecmp; UINT64_MAX: never. L2's clock may wrap. */
static uint64_t vstip_at(const struct vcpu *v)
{
	const struct ncsr_file *f = &nested_of(v)->file;
	uint64_t now = vcpu_time(v), clock = now + f->htimedelta, due = f->vs.vstimecmp;

	if (!ncsr_looks_at_time(f, CSR_HIP))
		return UINT64_MAX;
	if (clock >= due)
		return now;
	return due - clock > UINT64_MAX - now ? UINT64_MAX : now + (due - clock);
}

static uint64_t hip(struct vcpu *v)
{
	nested_look_at_time(v);
	return ncsr_hip(&nested_of(v)->file);
}

bool nirq_pending(struct vcpu *v)
{
	return vcpu_pending(v) || (hip(v) & nested_of(v)->file.vs.hie);
}

uint64_t nirq_wakes_at(const struct vcpu *v)
{
	uint64_t own = vcpu_wakes_at(v),
		 l2s = nested_of(v)->file.vs.hie & IP_VSTI ? vstip_at(v) : UINT64_MAX;

	return own < l2s ? own : l2s;
}

/* ---- Those that L1 takes ---- */

/* An interrupt of L1's that the hart delivers comes before them. */
static bool takes_interrupts(struct vcpu *v)
{
	if (v->ctx.sstatus & SSTATUS_SPP && !(hext.vsstatus(&v->ctx) & SSTATUS_SIE))
		return false;
	return !vcpu_pending(v);
}

static void hold_back(struct vcpu *v, bool held)
{
	struct nested *n = nested_of(v);

	if (n->held_back == held)
		return;
	n->held_back = held;
	nested_follow_hstatus(v);
}

/* In the order that the specification has: external, software, timer. */
static void take(struct vcpu *v, uint64_t pending)
{
	unsigned irq = pending & IP_VSEI ? IRQ_VSEI : pending & IP_VSSI ? IRQ_VSSI : IRQ_VSTI;
	const struct ntrap t = {.cause = CAUSE_INTERRUPT | irq};

	nested_of(v)->spv_by_trap = false;
	nested_trap(v, &t);
}

void nirq_act(struct vcpu *v)
{
	struct nested *n = nested_of(v);
	uint64_t kept = n->file.vs.hie & ~n->file.vs.hideleg, pending = kept ? hip(v) & kept : 0;

	n->keeps = kept;
	vcpu_slow(v, VCPU_SLOW_LINES, kept);
	if (pending && takes_interrupts(v))
		take(v, pending);
	/* Taken or not, it stays pending, until L1 does something about it. */
	hold_back(v, pending);
	if (pending)
		sched_short_turn();
	else if ((kept & IP_VSTI) && v->ctx.sstc)
		vcpu_watch_time(v, vstip_at(v));
}

void nirq_ask(struct vcpu *v)
{
	if (nirq_kept(nested_of(v)))
		atomic_or(&v->requests, VCPU_REQ_LINES);
}
