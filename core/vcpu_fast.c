/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * In the trap itself, for arch/riscv/hext_fast.c: a vcpu's IPI to another, and the kick that a hart
 * takes in its guest. The guest's registers are not in the context here, and the vcpu stays
 * entered; what vcpu_settle() does not settle goes to the run loop.
 */
#include <arch/irq.h>
#include <arch/tlbsan.h>
#include <core/cpu.h>
#include <core/sched.h>
#include <core/vm.h>
#include <spec/sbi.h>

bool vcpu_on_kick(struct hext_ctx *ctx)
{
	struct vcpu *v = CONTAINER_OF(ctx, struct vcpu, ctx);
	struct cpu *c = this_cpu();

	cpu_kick_hush(c);
	cpu_kick_ack(c);
	/* As in irq_dispatch(): kicks must not keep the timer away; nor was a device one. */
	if (arch_irq_pending() & (IP_STI | IP_SEI))
		return false;
	tlbsan_exit();
	tlbsan_look();
	if (!vcpu_settle(c, v))
		return false;
	tlbsan_enter(&v->vmid, v->vm->gstage.root.v);
	return true;
}

bool vcpu_on_ipi(struct hext_ctx *ctx, uint64_t id)
{
	struct vcpu *v = CONTAINER_OF(ctx, struct vcpu, ctx), *to;
	struct cpu *c = this_cpu(), *kick;

	if (id >= v->vm->nvcpus)
		return false;
	tlbsan_exit();
	to = v->vm->vcpu[id];
	vpmu_request(&v->pmu, &to->pmu, SBI_PMU_FW_IPI_SENT);
	atomic_store(&to->ssip, 1);
	kick = vcpu_ask(to, VCPU_REQ_LINES);
	if (kick) {
		/* Firmware takes its time; nobody need kick this hart or wait for it meanwhile. */
		vcpu_leave_guest(v);
		cpu_kick(kick);
		atomic_store(&v->in_guest, 1);
		fence_rw_rw(); /* as in vcpu.c: enter() */
	} else {
		sched_wake(to);
	}
	tlbsan_look();
	/* What that does not settle is heard before the guest's next instruction: an SRET looks at
	 * sip. */
	if (!vcpu_settle(c, v))
		arch_irq_raise_ssi();
	else
		tlbsan_enter(&v->vmid, v->vm->gstage.root.v);
	return true;
}
