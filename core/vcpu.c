/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The run loop, and all that may be asked of a vcpu from outside. Others ask (a request bit, then a
 * kick), the hart that runs the vcpu acts, in one place: handle_requests(), before the next entry.
 */
#include <string.h>

#include <arch/timer.h>
#include <arch/tlbsan.h>
#include <core/cpu.h>
#include <core/irq.h>
#include <core/sched.h>
#include <core/vm.h>
#include <spec/sbi.h>

/* ---- From any hart ---- */

struct cpu *vcpu_ask(struct vcpu *v, uint64_t bits)
{
	/*
	 * The request before the look at in_guest. Pairs with enter(): in_guest = 1 before its last
	 * look at requests. So either it sees the request, or we see it in the guest and kick. The
	 * calling hart's own vcpu looks after its exit. The look at in_guest is before that at cpu,
	 * which was written before in_guest = 1: else a hart that it has left might be kicked.
	 */
	atomic_or(&v->requests, bits);
	return atomic_load_acquire(&v->in_guest) && v->cpu != this_cpu() ? v->cpu : NULL;
}

void vcpu_request(struct vcpu *v, uint64_t bits)
{
	struct cpu *kick = vcpu_ask(v, bits);

	if (kick)
		cpu_kick(kick);
}

/*
 * Its interrupt lines have changed: tells the vcpu, or wakes it. Who is seen in the guest is not
 * yet asleep and finds the request before it is: sched.c, end_turn().
 */
static void tell_lines(struct vcpu *v, bool wake)
{
	struct cpu *kick = vcpu_ask(v, VCPU_REQ_LINES);

	if (kick)
		cpu_kick(kick);
	else if (wake)
		sched_wake(v);
}

void vcpu_send_ssip(struct vcpu *v)
{
	atomic_store(&v->ssip, 1);
	tell_lines(v, true);
}

void vcpu_set_line(struct vcpu *v, unsigned irq, bool level)
{
	uint64_t bit = BIT(irq);
	uint64_t old = level ? atomic_or(&v->lines, bit) : atomic_and(&v->lines, ~bit);

	if (((old & bit) != 0) != level)
		tell_lines(v, level);
}

void vcpu_push_hfence(struct vcpu *v, const struct hfence *h)
{
	/* Of an l2 one, nested_hfence() tells. */
	uint64_t ticket = h->l2 ? 0 : tlbsan_request(&v->vmid, h);

	spin_lock(&v->fence_lock);
	hfence_push(&v->fences, h);
	spin_unlock(&v->fence_lock);
	vcpu_request(v, VCPU_REQ_HFENCE);
	tlbsan_due(ticket);
}

void vcpu_push_fence_i(struct vcpu *v)
{
	vcpu_request(v, VCPU_REQ_FENCE_I);
}

/* The calling hart does not run guest code until the run loop enters again: nobody need wait for
 * it. */
void vcpu_leave_guest(struct vcpu *v)
{
	/* The guest's accesses before exit_seq and in_guest: either one ends the wait in
	 * vcpu_fence_wait(). */
	fence_rw_rw();
	atomic_store(&v->exit_seq, v->exit_seq + 1);
	atomic_store(&v->in_guest, 0);
}

void vcpu_fence_wait(struct vcpu *v)
{
	uint32_t seq = atomic_load(&v->exit_seq);
	uint64_t now = tlbsan_now();

	/* Two that wait for each other: each must be seen out of its guest. */
	vcpu_leave_guest(this_cpu()->current);
	/* Out of the guest it drains its queue before it enters again; so nothing has to be awaited
	 * then. */
	while (atomic_load(&v->in_guest) &&
	       (atomic_load(&v->requests) & (VCPU_REQ_HFENCE | VCPU_REQ_FENCE_I)) &&
	       atomic_load(&v->exit_seq) == seq)
		cpu_relax();
	/* The look that ended the wait, and so the target's last guest accesses, before what our
	 * guest does next. */
	fence_rw_rw();
	tlbsan_settled(&v->vmid, now);
}

long vcpu_hsm_start(struct vcpu *v, gpa_t pc, uint64_t a1)
{
	struct cpu *kick = NULL;
	long err = SBI_ERR_ALREADY_AVAILABLE;

	spin_lock(&sched_lock);
	/* V_OFF: it has also left its hart, so nobody else looks at start_pc. */
	if (v->hsm == SBI_HSM_STATE_STOPPED && v->state == V_OFF) {
		v->hsm = SBI_HSM_STATE_START_PENDING;
		v->start_pc = pc;
		v->start_a1 = a1;
		atomic_or(&v->requests, VCPU_REQ_RESET);
		kick = sched_make_ready(v);
		err = SBI_SUCCESS;
	}
	spin_unlock(&sched_lock);
	if (kick)
		cpu_kick(kick);
	return err;
}

long vcpu_hsm_status(struct vcpu *v)
{
	unsigned state;

	spin_lock(&sched_lock);
	state = v->hsm;
	if (state == SBI_HSM_STATE_STOPPED && v->state != V_OFF)
		state = SBI_HSM_STATE_STOP_PENDING;
	spin_unlock(&sched_lock);
	return (long)state;
}

const char *vcpu_state_name(const struct vcpu *v)
{
	static const char *const name[] = {"off", "blocked", "ready", "running"};

	return name[v->state];
}

/* ---- On the vcpu's own hart ---- */

void vcpu_wait(struct vcpu *v)
{
	v->waiting = true;
}

void vcpu_hsm_stop(struct vcpu *v)
{
	spin_lock(&sched_lock);
	v->hsm = SBI_HSM_STATE_STOPPED;
	sched_set_timer(v, TIMER_NEVER);
	atomic_and(&v->lines, ~IP_VSTI);
	spin_unlock(&sched_lock);
}

void vcpu_hsm_suspend(struct vcpu *v, bool reset, gpa_t pc, uint64_t a1)
{
	spin_lock(&sched_lock);
	v->hsm = SBI_HSM_STATE_SUSPENDED;
	spin_unlock(&sched_lock);
	v->suspend_reset = reset;
	v->start_pc = pc;
	v->start_a1 = a1;
	v->waiting = true;
}

void vcpu_hfence_self(struct vcpu *v, const struct hfence *h)
{
	struct hfence mine = *h;

	mine.vmid = v->vmid.number;
	v->fences_in[h->type & 7]++;
	hext.hfence(&mine);
}

void vcpu_inject(struct vcpu *v, uint64_t cause, uint64_t stval)
{
	v->injected++;
	hext.inject(&v->ctx, cause, stval);
}

/* Guest time to host time; the guest's clock is behind by time_zero (htimedelta). */
static uint64_t host_time(const struct vcpu *v, uint64_t guest_time)
{
	return guest_time > UINT64_MAX - v->vm->time_zero ? TIMER_NEVER
							  : guest_time + v->vm->time_zero;
}

void vcpu_set_timer(struct vcpu *v, uint64_t guest_time)
{
	struct cpu *c = this_cpu();

	if (v->ctx.sstc) {
		hext.set_vstimecmp(&v->ctx, guest_time);
		return;
	}
	/*
	 * The old event is withdrawn and the new one listed under the lock that sched_timer()
	 * holds, so an event that fires in between is either cleared here, before the new one, or
	 * is the new one: none is lost, none is early. The list belongs to the vcpu's hart, whether
	 * it runs or waits its turn there.
	 */
	spin_lock(&sched_lock);
	atomic_and(&v->lines, ~IP_VSTI);
	hext.hvip_clear(&v->ctx, IP_VSTI);
	sched_set_timer(v, host_time(v, guest_time));
	sched_arm(c);
	spin_unlock(&sched_lock);
}

uint64_t vcpu_time(const struct vcpu *v)
{
	return timer_now() - v->vm->time_zero;
}

void vcpu_watch_time(struct vcpu *v, uint64_t guest_time)
{
	uint64_t deadline = host_time(v, guest_time);

	/* Nobody else touches the timer of a vcpu that runs. */
	if (v->timer_queued ? v->timer == deadline : deadline == TIMER_NEVER)
		return;
	spin_lock(&sched_lock);
	sched_set_timer(v, deadline);
	sched_arm(this_cpu());
	spin_unlock(&sched_lock);
}

void vcpu_reset_state(struct vcpu *v)
{
	atomic_store(&v->requests, 0);
	atomic_store(&v->lines, 0);
	atomic_store(&v->ssip, 0);
	memset(&v->fences, 0, sizeof(v->fences));
	memset(&v->pmu, 0, sizeof(v->pmu));
	memset(&v->hpm, 0, sizeof(v->hpm));
	v->slow = 0;
	v->ctx.fast = true;
	vmid_release(&v->vmid);
	v->hsm = SBI_HSM_STATE_STOPPED;
	v->state = V_OFF;
	v->waiting = v->suspend_reset = false;
	v->stop_why = 0;
	hext_ctx_reset(&v->ctx, gpa(0), 0, 0);
	v->ops->reset(v);
}

/* ---- The run loop ---- */

static void load_fp(struct cpu *c, struct vcpu *v)
{
	if (v->ctx.fpu && (c->fp_owner != v || v->fp_cpu != c)) {
		fpu_restore(&v->fp);
		c->fp_owner = v;
		v->fp_cpu = c;
	}
	if (v->ctx.vector && (c->vector_owner != v || v->vector_cpu != c)) {
		vector_restore(&v->vcsr, v->vregs);
		c->vector_owner = v;
		v->vector_cpu = c;
	}
}

/*
 * The registers by dirty state. Their CSRs always: QEMU 10.0 marks only the guest's own FS and VS
 * when they are written, not those of sstatus.
 */
static void put_fp(struct vcpu *v)
{
	struct hext_ctx *c = &v->ctx;

	if ((c->sstatus & SSTATUS_FS) == SSTATUS_FS_DIRTY) {
		fpu_save(&v->fp);
		c->sstatus = (c->sstatus & ~SSTATUS_FS) | SSTATUS_FS_CLEAN;
	} else if (c->fpu) {
		fpu_save_csr(&v->fp);
	}
	if ((c->sstatus & SSTATUS_VS) == SSTATUS_VS_DIRTY) {
		vector_save(&v->vcsr, v->vregs);
		c->sstatus = (c->sstatus & ~SSTATUS_VS) | SSTATUS_VS_CLEAN;
	} else if (c->vector) {
		vector_save_csr(&v->vcsr);
	}
	c->sstatus &= ~SSTATUS_SD;
}

static void fence_all_vvma(void)
{
	static const struct hfence all = {.type = NACL_HFENCE_VVMA_ALL};

	hext.hfence(&all);
}

enum vmid_answer vcpu_assign_vmid(struct vmid *vmid)
{
	return vmid_assign(&this_cpu()->vmids, vmid);
}

void vcpu_new_vmid(enum vmid_answer answer)
{
	/* Not before it was in hgatp: that is in force in HS-mode, so a walk ahead of time could
	 * bring an old number's entries back. */
	if (answer == VMID_NEW_FLUSH)
		hext.hfence_all();
	/* The number may have had another owner whose VS-stage entries hfence.gvma did not reach.
	 */
	fence_all_vvma();
}

void vcpu_nothing(struct vcpu *v)
{
	(void)v;
}

static void load(struct cpu *c, struct vcpu *v)
{
	enum vmid_answer answer = vcpu_assign_vmid(&v->vmid);

	v->ctx.hgatp = gstage_hgatp(&v->vm->gstage, v->vmid.number);
	hext.load(&v->ctx);
	if (answer != VMID_KEEP) {
		vcpu_new_vmid(answer);
		/* New on this hart: instructions that it wrote elsewhere. */
		fence_i();
	}
	load_fp(c, v);
	v->ops->load(v);
	if (v->hpm.configured)
		vcpu_hpm_load(v);
}

static void put(struct vcpu *v)
{
	if (v->hpm.configured)
		vcpu_hpm_put(v);
	v->ops->put(v);
	put_fp(v);
	hext.put(&v->ctx);
}

void vcpu_call_loaded(struct vcpu *v, void (*fn)(struct vcpu *v, void *arg), void *arg)
{
	put(v);
	fn(v, arg);
	load(this_cpu(), v);
}

static void answer_call(struct vcpu *v, void *arg)
{
	(void)arg;
	vcpu_answer_call(v);
}

static void reset(struct cpu *c, struct vcpu *v)
{
	/* The order of fields matters: what a new start clears may be set again by others from here
	 * on. */
	v->waiting = v->suspend_reset = false;
	memset(&v->fp, 0, sizeof(v->fp));
	memset(&v->vcsr, 0, sizeof(v->vcsr));
	v->vcsr.vtype = UINT64_C(1) << 63; /* vill */
	if (v->vregs)
		memset(v->vregs, 0, 32 * (size_t)hext_caps.vlenb);
	v->fp_cpu = v->vector_cpu = NULL;
	hext_ctx_reset(&v->ctx, v->start_pc, v->id, v->start_a1);
	v->ops->reset(v);
	hext.load(&v->ctx);
	load_fp(c, v);
	fence_all_vvma();
	fence_i();
	atomic_or(&v->requests, VCPU_REQ_LINES); /* hvip was cleared: the levels as they are now */
	spin_lock(&sched_lock);
	v->hsm = SBI_HSM_STATE_STARTED;
	spin_unlock(&sched_lock);
}

static void drain_hfences(struct vcpu *v)
{
	struct hfence_queue all;
	struct hfence h;

	/* All at once: others may push as fast as this hart fences. What they push from here on
	 * comes with a new request. */
	spin_lock(&v->fence_lock);
	hfence_take(&v->fences, &all);
	spin_unlock(&v->fence_lock);
	while (hfence_pop(&all, &h))
		v->ops->hfence(v, &h);
}

void vcpu_apply_lines(struct vcpu *v)
{
	uint64_t lines = atomic_load(&v->lines), levels = IP_VSEI | (v->ctx.sstc ? 0 : IP_VSTI);
	uint64_t ssip = atomic_load(&v->ssip) && atomic_swap(&v->ssip, 0) ? IP_VSSI : 0;

	hext.hvip_clear(&v->ctx, ~lines & levels);
	hext.hvip_set(&v->ctx, (lines & levels) | ssip);
}

void vcpu_interrupt_overflow(struct vcpu *v)
{
	hext.hvip_set(&v->ctx, IP_LCOFI);
}

/* The requests that need neither the guest's registers nor the run loop. */
#define LIGHT (VCPU_REQ_HFENCE | VCPU_REQ_FENCE_I | VCPU_REQ_LINES)

static void act(struct vcpu *v, uint64_t todo)
{
	if (todo & VCPU_REQ_HFENCE)
		drain_hfences(v);
	if (todo & VCPU_REQ_FENCE_I)
		fence_i();
	if (todo & VCPU_REQ_LINES)
		v->ops->lines(v);
}

bool vcpu_settle(struct cpu *c, struct vcpu *v)
{
	uint64_t todo = atomic_load(&v->requests);

	if (atomic_load(&c->resched) || (todo & ~LIGHT))
		return false;
	if (todo)
		act(v, atomic_and(&v->requests, ~LIGHT)); /* cleared before, as below */
	return true;
}

/* False: the turn ends. */
static bool handle_requests(struct cpu *c, struct vcpu *v)
{
	uint64_t todo;

	if (atomic_load(&v->requests) & VCPU_REQ_LEAVE) {
		atomic_and(&v->requests, ~VCPU_REQ_LEAVE);
		return false;
	}
	/* Cleared before the acts: whoever asks again meanwhile is heard at the next look. */
	todo = atomic_and(&v->requests, VCPU_REQ_LEAVE);
	if (todo & VCPU_REQ_EXCLUSIVE)
		vcpu_exclusive_wait(v);
	if (todo & VCPU_REQ_RESET)
		reset(c, v);
	act(v, todo);
	if (todo & VCPU_REQ_CALL)
		vcpu_call_loaded(v, answer_call, NULL);
	return true;
}

/* From a non-retentive suspend: the hart is as new, but what is pending for it and its timer are
 * not the hart's. */
static void resume(struct cpu *c, struct vcpu *v)
{
	uint64_t ssip = hext.hvip_read(&v->ctx) & IP_VSSI;
	uint64_t timer = v->ctx.sstc ? hext.get_vstimecmp(&v->ctx) : 0;

	reset(c, v);
	hext.hvip_set(&v->ctx, ssip);
	if (v->ctx.sstc)
		hext.set_vstimecmp(&v->ctx, timer);
}

bool vcpu_pending(struct vcpu *v)
{
	return hext.pending(&v->ctx) != 0;
}

uint64_t vcpu_wakes_at(const struct vcpu *v)
{
	return v->ctx.vsie & IP_STI ? v->ctx.vstimecmp : UINT64_MAX;
}

/* WFI or HSM suspend: true when what it waits for has come. */
static bool wait_over(struct cpu *c, struct vcpu *v)
{
	if (!v->ops->pending(v))
		return false;
	v->waiting = false;
	if (v->hsm == SBI_HSM_STATE_SUSPENDED) {
		if (v->suspend_reset) {
			resume(c, v);
		} else {
			spin_lock(&sched_lock);
			v->hsm = SBI_HSM_STATE_STARTED;
			spin_unlock(&sched_lock);
		}
	}
	return true;
}

/* What an exit leaves to do before the guest may go on. False: back to the run loop. */
static bool go_on(struct cpu *c, struct vcpu *v)
{
	/* in_guest is 0 when the handler waited for another hart: then it must be set again, by
	 * enter(). */
	if (v->waiting || atomic_load(&c->resched) || !atomic_load(&v->in_guest))
		return false;
	tlbsan_look();
	if (!atomic_load(&v->requests))
		return true;
	if (atomic_load(&v->requests) & VCPU_REQ_EXCLUSIVE) /* somebody waits for in_guest = 0 */
		return false;
	if (handle_requests(c, v))
		return true;
	v->stop = true;
	return false;
}

/* Those of a guest come only where a guest hypervisor delegates them not to its own guest. */
static bool is_hosts(uint64_t scause)
{
	return !(BIT(scause & 15) & IP_VS);
}

/*
 * in_guest stays 1 over an exit: a request from another hart is then followed by a kick, which
 * stays pending until the guest is entered and ends its run at once; so no look at requests is
 * missed here.
 */
bool vcpu_on_exit(struct hext_ctx *ctx, const struct vcpu_exit *e)
{
	struct vcpu *v = CONTAINER_OF(ctx, struct vcpu, ctx);
	struct cpu *c = this_cpu();
	bool taken = false;

	tlbsan_exit();
	if (e->scause & CAUSE_INTERRUPT) {
		ctx->exits[EXIT_IRQ + (e->scause & 15)]++;
		taken = is_hosts(e->scause);
		if (taken) {
			/* A device's handler, and the console's poll, may take long; nobody shall
			 * wait for this vcpu meanwhile. */
			if ((e->scause & 15) != IRQ_SSI)
				vcpu_leave_guest(v);
			irq_dispatch(c, e->scause);
		}
	} else {
		ctx->exits[e->scause & 31]++;
	}
	if (!taken && !v->ops->exit(v, e)) {
		v->stop = true;
		return false;
	}
	if (!go_on(c, v))
		return false;
	tlbsan_enter(&v->vmid, v->vm->gstage.root.v);
	return true;
}

/* Enters the guest, unless someone wants something first. */
static void enter(struct cpu *c, struct vcpu *v)
{
	bool wanted;

	atomic_store(&v->in_guest, 1);
	/* in_guest = 1 before the last look at requests (pairs with vcpu_request()), and at resched
	 * (kick). */
	fence_rw_rw();
	tlbsan_look();
	wanted = atomic_load(&v->requests) | atomic_load(&c->resched);
	if (!wanted) {
		tlbsan_enter(&v->vmid, v->vm->gstage.root.v);
		hext.enter(&v->ctx);
	}
	vcpu_leave_guest(v);
	/* Requests that never end must not keep the end of the slice away, which comes as an
	 * interrupt. */
	if (wanted)
		irq_poll(c);
}

void vcpu_run(struct vcpu *v)
{
	struct cpu *c = this_cpu();

	load(c, v);
	for (v->stop = false; !v->stop; enter(c, v)) {
		if (atomic_load(&v->requests) && !handle_requests(c, v))
			break;
		if (atomic_load(&c->resched))
			break;
		if (v->waiting && !wait_over(c, v))
			break;
	}
	put(v);
}
