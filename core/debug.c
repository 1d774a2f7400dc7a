/* SPDX-License-Identifier: BSD-2-Clause */
/* Stopping guests and letting them go, single steps: see debug.h. The boot hart's part. */
#include <string.h>

#include <arch/step.h>
#include <arch/timer.h>
#include <core/cpu.h>
#include <core/errno.h>
#include <core/guest_view.h>
#include <core/memory.h>
#include <core/sched.h>
#include <core/vm.h>
#include <spec/sbi.h>

#include "debug_private.h"

#define STEPS_TO_LR 32 /* twice what a loop can have */

/* ---- Hold and release ---- */

void debug_hold_all(struct vm *vm)
{
	spin_lock(&sched_lock);
	for (unsigned i = 0; i < vm->nvcpus; i++) {
		struct vcpu *v = vm->vcpu[i];

		v->held = true;
		if (v->state == V_RUNNING)
			vcpu_request(v, VCPU_REQ_LEAVE);
		else
			sched_remove(v);
	}
	spin_unlock(&sched_lock);
}

/* Under sched_lock. A bit per hart to be kicked. */
static uint64_t release(struct vcpu *v)
{
	struct cpu *kick = NULL;

	v->stop_why = DEBUG_NONE;
	v->held = false;
	if (v->state == V_BLOCKED)
		kick = sched_make_ready(v);
	return kick ? BIT(kick->index) : 0;
}

static void kick_all(uint64_t kick)
{
	for (; kick; kick &= kick - 1)
		cpu_kick(cpus[__builtin_ctzll(kick)]);
}

static bool all_stand(struct vm *vm)
{
	bool stand = true;

	spin_lock(&sched_lock);
	for (unsigned i = 0; i < vm->nvcpus; i++)
		stand = stand && vm->vcpu[i]->held && vm->vcpu[i]->state != V_RUNNING;
	stand = stand && !vm->busy;
	spin_unlock(&sched_lock);
	return stand;
}

/* The guest has not seen the time since `stood`; nor do its timers. By choice: else it finds them
 * expired. */
static void clock_go(struct vm *vm)
{
	struct vm_debug *d = vm->debug;
	uint64_t lost = timer_now() - d->stood;

	if (!d->stood)
		return;
	d->stood = 0;
	if (vm->cfg.debug_clock_runs)
		return;
	spin_lock(&sched_lock);
	vm->time_zero += lost;
	for (unsigned i = 0; i < vm->nvcpus; i++) {
		struct vcpu *v = vm->vcpu[i];

		v->ctx.htimedelta = 0 - vm->time_zero;
		if (v->timer_queued)
			sched_set_timer(v, v->timer + lost);
	}
	spin_unlock(&sched_lock);
}

/* In one go: the first of them may come upon something, and hold the others again, at once. */
static void go_on(struct vm *vm)
{
	uint64_t kick = 0;
	bool any = false;

	for (unsigned i = 0; i < vm->nvcpus; i++)
		any = any || vm->vcpu[i]->goes_on;
	if (any)
		clock_go(vm);
	spin_lock(&sched_lock);
	for (unsigned i = 0; i < vm->nvcpus; i++)
		if (vm->vcpu[i]->goes_on)
			kick |= release(vm->vcpu[i]);
	spin_unlock(&sched_lock);
	kick_all(kick);
}

/* ---- Steps ---- */

/* A breakpoint for the step. Where there is none the step ends elsewhere, or when it is stopped. */
static void catch_in(const struct guest_space *s, uint64_t addr)
{
	struct point p = {.va = addr, .len = 2, .type = POINT_BREAK, .users = POINT_STEP};
	struct vwalk_result r;

	if (guest_translate(s, addr, &r))
		return;
	p.gpa = r.gpa;
	debug_points_change(s->vm, &p, true);
}

static void catch_at(struct vcpu *v, uint64_t addr)
{
	struct guest_space s;

	if (addr != v->ctx.sepc && !guest_space_of(v, &s))
		catch_in(&s, addr);
}

/* Where exceptions lead. What a guest hypervisor's guest does may lead to the hypervisor as well,
 * whose CSRs are in the context. */
static void catch_handlers(struct vcpu *v)
{
	const struct world *w = vcpu_world(v);
	struct guest_space outer;

	catch_at(v, (w ? w->vstvec : v->ctx.vstvec) & ~UINT64_C(3));
	if (!w)
		return;
	guest_space_outer(v, &outer);
	catch_in(&outer, v->ctx.vstvec & ~UINT64_C(3));
}

/* A vcpu that is about to start takes a step to its first instruction. */
static bool plan_start(const struct vcpu *v, struct step *out)
{
	*out = (struct step){.nnext = 1, .next = {v->start_pc.v}, .interrupts = true};
	return atomic_load(&v->requests) & VCPU_REQ_RESET;
}

static void plan(struct vcpu *v, struct step *out)
{
	struct step_state state = {
		.x = v->ctx.x,
		.pc = v->ctx.sepc,
		.sepc = vcpu_world(v) ? vcpu_world(v)->vsepc : v->ctx.vsepc,
		.user = !(v->ctx.sstatus & SSTATUS_SPP),
	};
	uint8_t code[STEP_CODE];
	struct guest_space s;
	long n = guest_space_of(v, &s);

	if (!n)
		n = guest_view_read(&s, state.pc, code, sizeof(code));
	step_plan(&state, code, n > 0 ? (size_t)n : 0, out);
}

static void worked_out(struct vcpu *v, const struct step *s)
{
	if (s->rd)
		v->ctx.x[s->rd] = s->value;
	v->ctx.sepc = s->pc;
	v->stop_why = DEBUG_STEP;
}

/* In memory the context is the guest's own, whoever runs; that may change during the step. */
static void keep_quiet(struct vcpu *v)
{
	struct vm_debug *d = v->vm->debug;

	d->quiet = true;
	d->vsie = v->ctx.vsie;
	v->ctx.vsie = 0;
	d->world = vcpu_world(v);
	if (!d->world)
		return;
	d->hie = d->world->hie;
	d->world->hie = 0;
}

/* Exceptions end it, too: at the guest's handler, as hardware would have it. */
static void begin_step(struct vcpu *v, bool open)
{
	struct vm_debug *d = v->vm->debug;
	struct step s;
	uint64_t kick;

	if (!plan_start(v, &s))
		plan(v, &s);
	if (s.sequence)
		d->more = 0;
	if (s.done) {
		worked_out(v, &s);
		return;
	}
	for (unsigned i = 0; i < s.nnext; i++)
		catch_at(v, s.next[i]);
	catch_handlers(v);
	if (!s.interrupts)
		keep_quiet(v);
	if (open)
		debug_points_open(v->vm, true);
	if (v->hsm == SBI_HSM_STATE_STARTED)
		v->waiting = false; /* a wfi may end at any time */
	d->stepping = v;
	clock_go(v->vm);
	spin_lock(&sched_lock);
	kick = release(v);
	spin_unlock(&sched_lock);
	kick_all(kick);
}

static void end_step(struct vm *vm)
{
	struct vm_debug *d = vm->debug;

	if (d->quiet)
		d->stepping->ctx.vsie = d->vsie;
	if (d->quiet && d->world)
		d->world->hie = d->hie;
	d->quiet = false;
	if (d->opened)
		debug_points_open(vm, false);
	debug_points_remove(vm, POINT_STEP);
	d->stepping = NULL;
}

static struct vcpu *find(const struct vm *vm, bool over)
{
	for (unsigned i = 0; i < vm->nvcpus; i++) {
		struct vcpu *v = vm->vcpu[i];

		if (v->stop_why && (v->stop_why >= DEBUG_OVER) == over)
			return v;
	}
	return NULL;
}

/* ---- Attach and detach ---- */

static void trap_breakpoints(struct vcpu *v, void *arg)
{
	struct hext_ctx *c = &v->ctx;

	c->debug = *(const bool *)arg;
	if (c->hedeleg) /* 0: its guest room takes all exceptions now, and looks here when it does
			   not */
		c->hedeleg = hext_delegated(c, c->hedeleg | BIT(CAUSE_BREAKPOINT));
}

static void trap_all(struct vm *vm, bool on)
{
	for (unsigned i = 0; i < vm->nvcpus; i++)
		vcpu_call(vm->vcpu[i], trap_breakpoints, &on);
}

/* From another user, or from one who is about to leave. */
static void take_over(struct vm *vm, enum debug_user user)
{
	struct vm_debug *d = vm->debug;

	d->user = user;
	d->monitor = (struct debug_monitor){0};
	d->anew = true;
	d->leaving = d->killed = false;
	debug_stop(vm);
}

static void begin_anew(struct vm *vm)
{
	struct vm_debug *d = vm->debug;

	if (d->stepping)
		end_step(vm);
	debug_points_remove(vm, POINT_USER | POINT_STEP);
	debug_forget(vm);
	d->anew = false;
}

int debug_attach(struct vm *vm, enum debug_user user)
{
	struct vm_debug *d = vm->debug;
	bool ended;

	if (!guest_view_enabled())
		return -NACRE_EPERM;
	if (debug_ended(vm, &ended))
		return -NACRE_EBUSY;
	if (debug_attached(vm)) {
		if (!d->leaving && (d->user == user || d->user == DEBUG_BY_GDB))
			return -NACRE_EBUSY;
		take_over(vm, user);
		return 0;
	}
	if (!d)
		d = memory_pages(ALIGN_UP(sizeof(*d), PAGE_SIZE) / PAGE_SIZE);
	if (!d)
		return -NACRE_ENOMEM;
	memset(d, 0, sizeof(*d));
	d->user = user;
	d->attached = true;
	atomic_store_release(&vm->debug, d); /* as it is now, before a vcpu looks at it */
	trap_all(vm, true);
	debug_stop(vm);
	return 0;
}

/* Nobody of the guest runs. */
static void leave(struct vm *vm)
{
	struct vm_debug *d = vm->debug;

	if (d->stepping)
		end_step(vm);
	debug_points_remove(vm, POINT_USER | POINT_STEP);
	trap_all(vm, false);
	d->attached = d->leaving = d->stands = false;
	for (unsigned i = 0; i < vm->nvcpus; i++)
		vm->vcpu[i]->goes_on = true;
	go_on(vm);
}

void debug_detach(struct vm *vm)
{
	bool crashed;

	if (debug_ended(vm, &crashed) || all_stand(vm)) {
		leave(vm);
	} else {
		vm->debug->leaving = true;
		debug_stop(vm);
	}
}

/* ---- What others call ---- */

bool debug_attached(const struct vm *vm)
{
	return vm->debug && vm->debug->attached;
}

bool debug_is_of(const struct vm *vm, enum debug_user user)
{
	return debug_attached(vm) && vm->debug->user == user;
}

void debug_stop(struct vm *vm)
{
	vm->debug->asked = true;
	debug_hold_all(vm);
	sched_poll_now(); /* perhaps nobody has to come to rest */
}

/* A step that nobody has asked for is done. */
static void step_done(struct vm_debug *d, struct vcpu *v)
{
	if (v->stop_why == DEBUG_STEP && v != d->wanted)
		v->stop_why = d->more ? DEBUG_OVER : DEBUG_NONE;
}

/*
 * An SC fails whenever it has to trap. So after such a one the vcpu is stepped until it has come
 * back to the LR, from where it gets through in one go.
 */
static void step_over(struct vcpu *v)
{
	struct vm_debug *d = v->vm->debug;

	if (v->stop_why == DEBUG_OVER_SC)
		d->more = STEPS_TO_LR;
	else if (d->more)
		d->more--;
	if (v->stop_why == DEBUG_OVER_SC && v == d->wanted)
		v->stop_why = DEBUG_STEP; /* that was it */
	else
		begin_step(v, true);
}

/* A step is done, or one that concerns nobody is to be taken. True: somebody is interested. */
static bool settle(struct vm *vm)
{
	struct vm_debug *d = vm->debug;
	struct vcpu *v = d->stepping;

	if (v) {
		end_step(vm);
		if (v->state == V_OFF)
			v->stop_why = DEBUG_STEP;
		step_done(d, v);
	}
	while (!find(vm, false) && !d->asked) {
		v = find(vm, true);
		if (!v) {
			go_on(vm);
			return false;
		}
		step_over(v);
		if (d->stepping)
			return false;
		step_done(d, v); /* it was worked out at once */
	}
	d->more = 0;
	return true;
}

bool debug_stands(struct vm *vm, struct vcpu **v)
{
	struct vm_debug *d = vm->debug;

	if (d->stepping && d->stepping->state == V_OFF)
		debug_hold_all(vm); /* the step was its last */
	if (!all_stand(vm))
		return false;
	if (d->leaving)
		leave(vm);
	if (d->anew)
		begin_anew(vm);
	if (!d->attached || !settle(vm))
		return false;
	if (!d->stood)
		d->stood = timer_now();
	d->asked = d->stands = true; /* until debug_go() */
	*v = find(vm, false);
	return true;
}

void debug_forget(struct vm *vm)
{
	for (unsigned i = 0; i < vm->nvcpus; i++)
		vm->vcpu[i]->stop_why = DEBUG_NONE;
}

void debug_go(struct vm *vm, struct vcpu *step)
{
	struct vm_debug *d = vm->debug;

	debug_forget(vm);
	d->asked = d->stands = false;
	d->wanted = step;
	if (step) {
		begin_step(step, false);
		sched_poll_now();
	} else {
		go_on(vm);
	}
}

bool debug_ended(const struct vm *vm, bool *crashed)
{
	bool ended;

	spin_lock(&sched_lock);
	ended = (vm->state == VM_OFF || vm->state == VM_CRASHED) && !vm->busy;
	*crashed = vm->state == VM_CRASHED;
	spin_unlock(&sched_lock);
	return ended;
}

/*
 * The breakpoints were in the RAM that was there before; its time has begun anew; and a step that
 * was under way, with watched pages open, has led here.
 */
void debug_rebuilt(struct vm *vm)
{
	struct vm_debug *d = vm->debug;

	if (d->stepping) {
		if (d->wanted)
			d->wanted->stop_why = DEBUG_STEP;
		debug_hold_all(vm);
	}
	if (d->stood)
		d->stood = timer_now();

	for (unsigned i = 0; i < d->points.n; i++) {
		gpa_t at = d->points.p[i].gpa;

		if (d->points.p[i].type == POINT_BREAK)
			points_plant(&d->points, at, vm_ram(vm, at, 2), 2);
	}
}
