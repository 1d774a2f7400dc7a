/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The scheduler: see sched.h. vruntime is run time in ticks, comparable over all harts: who has run
 * least is next, at home unless somebody who waits elsewhere is behind by more than two slices. A
 * vcpu that slept starts level with the others.
 *
 * A hart has a slice, and so a timer, only while a vcpu waits that may run there: at home at once;
 * elsewhere from the end of a slice on, so that short waits do not disturb harts that are busy with
 * something else.
 */
#include <arch/irq.h>
#include <arch/timer.h>
#include <core/host.h>
#include <core/irq.h>
#include <core/log.h>
#include <core/sched.h>
#include <core/vm.h>
#include <spec/sbi.h>

#define SLICE_HZ       200 /* 5 ms turns when vcpus compete */
#define POLL_DEVICE_HZ 100
#define POLL_HZ                                                                                    \
	50000 /* an idle hart looks for kicks for 20 us before it sleeps: saves the firmware's IPI \
	       */

struct spinlock sched_lock;
static uint64_t min_vruntime; /* of those that are or were ready; never less than before */

/* The console's poll, on the boot hart alone; anybody may ask for it. Under sched_lock. */
static bool (*poll_fn)(void);
static uint64_t poll_next = TIMER_NEVER;

void sched_poll(bool (*fn)(void))
{
	struct cpu *boot = cpus[0];
	bool asked;

	spin_lock(&sched_lock);
	poll_fn = fn;
	asked = poll_next == TIMER_NEVER;
	if (asked) {
		poll_next = timer_now() + host.timebase / POLL_DEVICE_HZ;
		if (boot == this_cpu())
			sched_arm(boot);
		else
			atomic_store(&boot->rearm, 1);
	}
	spin_unlock(&sched_lock);
	if (asked && boot != this_cpu())
		cpu_kick(boot);
}

void sched_poll_now(void)
{
	struct cpu *c = cpus[0];

	spin_lock(&sched_lock);
	if (poll_fn)
		poll_next = timer_now();
	atomic_store(&c->rearm, 1); /* its timer is its own: sched_kicked() */
	if (c == this_cpu())
		sched_arm(c);
	spin_unlock(&sched_lock);
	if (c != this_cpu())
		cpu_kick(c);
}

static uint64_t slice(void)
{
	return host.timebase / SLICE_HZ;
}

/* ---- Timer lists ---- */

static void timer_unlink(struct vcpu *v)
{
	struct vcpu **p = &v->cpu->timers;

	if (!v->timer_queued)
		return;
	while (*p != v)
		p = &(*p)->tnext;
	*p = v->tnext;
	v->timer_queued = false;
}

void sched_set_timer(struct vcpu *v, uint64_t deadline)
{
	struct vcpu **p;

	timer_unlink(v);
	v->timer = deadline;
	if (deadline == TIMER_NEVER)
		return;
	for (p = &v->cpu->timers; *p && (*p)->timer <= deadline;)
		p = &(*p)->tnext;
	v->tnext = *p;
	*p = v;
	v->timer_queued = true;
}

void sched_arm(struct cpu *c)
{
	uint64_t next = c->timers ? c->timers->timer : TIMER_NEVER;

	if (c->current && c->slice_end < next)
		next = c->slice_end;
	if (c->index == 0 && poll_next < next)
		next = poll_next;
	if (next != c->timer_armed) {
		c->timer_armed = next;
		timer_set(next);
	}
}

/* ---- Queues ---- */

/* Makes c the home of v, which is in no queue; its timer comes along. */
static void move(struct cpu *c, struct vcpu *v)
{
	uint64_t timer = v->timer_queued ? v->timer : TIMER_NEVER;

	timer_unlink(v);
	v->cpu = c;
	if (timer != TIMER_NEVER)
		sched_set_timer(v, timer);
}

static void enqueue(struct cpu *c, struct vcpu *v)
{
	uint64_t credit = slice(), floor = min_vruntime > credit ? min_vruntime - credit : 0;

	if (v->cpu != c)
		move(c, v);
	if (v->vruntime < floor)
		v->vruntime = floor;
	v->state = V_READY;
	v->next = c->ready;
	c->ready = v;
	c->nready++;
}

static void dequeue(struct vcpu *v)
{
	struct vcpu **p = &v->cpu->ready;

	while (*p != v)
		p = &(*p)->next;
	*p = v->next;
	v->cpu->nready--;
}

static bool may_run(const struct vcpu *v, const struct cpu *c)
{
	return v->affinity >> c->index & 1;
}

/* How well a vcpu would do on a hart: a free one is best, and one that is away worse than a busy
 * one; 0: not allowed. */
static unsigned suits(const struct vcpu *v, const struct cpu *c)
{
	if (!may_run(v, c))
		return 0;
	if (c->away)
		return 1;
	return (c->current || c->ready ? 2 : 4) + (v->cpu == c);
}

static struct cpu *choose_hart(const struct vcpu *v)
{
	struct cpu *best = v->cpu;
	unsigned most = suits(v, best);

	for (unsigned i = 0; i < cpu_count && most < 5; i++) {
		unsigned n = suits(v, cpus[i]);

		if (n > most) {
			best = cpus[i];
			most = n;
		}
	}
	return best;
}

/* A second vcpu waits for this hart: end the running one's turn in time. Takes effect when the hart
 * has been kicked. */
static void share(struct cpu *c, const struct vcpu *v)
{
	struct vcpu *cur = c->current;
	uint64_t now = timer_now();

	if (!cur)
		return;
	if (cur->vruntime + (now - cur->run_start) > v->vruntime + slice())
		atomic_store(&c->resched, 1);
	else if (c->slice_end == TIMER_NEVER)
		c->slice_end = now + slice();
	if (c != this_cpu())
		atomic_store(&c->rearm, 1); /* its timer is its own: sched_kicked() */
}

void sched_short_turn(void)
{
	struct cpu *c = this_cpu();
	uint64_t end = timer_now() + slice();

	spin_lock(&sched_lock);
	if (end < c->slice_end)
		c->slice_end = end;
	sched_arm(c);
	spin_unlock(&sched_lock);
}

void sched_kicked(struct cpu *c)
{
	if (!atomic_load(&c->rearm))
		return;
	spin_lock(&sched_lock);
	atomic_store(&c->rearm, 0);
	sched_arm(c);
	spin_unlock(&sched_lock);
}

struct cpu *sched_make_ready(struct vcpu *v)
{
	struct cpu *c;

	if (v->state == V_READY || v->state == V_RUNNING)
		return NULL;
	if (v->vm->halted || v->held) { /* vm_resume() makes ready all that are not off */
		v->state = V_BLOCKED;
		return NULL;
	}
	c = choose_hart(v);
	enqueue(c, v);
	share(c, v);
	if (c != this_cpu())
		return c;
	sched_arm(c);
	return NULL;
}

void sched_wake(struct vcpu *v)
{
	struct cpu *kick = NULL;

	spin_lock(&sched_lock);
	if (v->state == V_BLOCKED)
		kick = sched_make_ready(v);
	spin_unlock(&sched_lock);
	if (kick)
		cpu_kick(kick);
}

void sched_remove(struct vcpu *v)
{
	if (v->state == V_READY) {
		dequeue(v);
		v->state = V_BLOCKED;
	}
	if (v->ctx.sstc) /* else the timer is the guest's own and goes on */
		timer_unlink(v);
}

/* Hands what waits for this hart, vcpus and timers, to others. A bit per hart to be kicked. */
static uint64_t hand_over(struct cpu *c)
{
	struct vcpu *v, *next;
	uint64_t kick = 0;

	for (v = c->ready; v; v = next) {
		struct cpu *to = choose_hart(v);

		next = v->next;
		if (to == c)
			continue;
		dequeue(v);
		enqueue(to, v);
		share(to, v);
		kick |= BIT(to->index);
	}
	for (v = c->timers; v; v = next) {
		struct cpu *to = choose_hart(v);

		next = v->tnext;
		if (to == c || v->state != V_BLOCKED)
			continue;
		move(to, v);
		atomic_store(&to->rearm, 1);
		kick |= BIT(to->index);
	}
	return kick;
}

void sched_away(bool away)
{
	struct cpu *c = this_cpu();
	uint64_t kick = 0;

	spin_lock(&sched_lock);
	c->away = away;
	if (away)
		kick = hand_over(c);
	spin_unlock(&sched_lock);
	for (; kick; kick &= kick - 1)
		cpu_kick(cpus[__builtin_ctzll(kick)]);
}

static void run_timers(struct cpu *c)
{
	struct cpu *kick[8];
	unsigned kicks = 0;
	uint64_t now = timer_now();

	spin_lock(&sched_lock);
	c->timer_armed = 0; /* it has fired: arm anew in any case */
	while (c->timers && c->timers->timer <= now && kicks < ARRAY_SIZE(kick)) {
		struct vcpu *v = c->timers;

		timer_unlink(v);
		if (!v->ctx.sstc)
			atomic_or(&v->lines, IP_VSTI);
		atomic_or(&v->requests, VCPU_REQ_LINES);
		if (v->state == V_BLOCKED) {
			kick[kicks] = sched_make_ready(v);
			kicks += kick[kicks] != NULL;
		}
	}
	if (c->slice_end <= now)
		atomic_store(&c->resched, 1);
	sched_arm(c);
	spin_unlock(&sched_lock);
	while (kicks)
		cpu_kick(kick[--kicks]);
}

void sched_timer(struct cpu *c)
{
	bool polls = false;

	if (c->index == 0) {
		spin_lock(&sched_lock);
		polls = timer_now() >= poll_next;
		if (polls)
			poll_next = TIMER_NEVER; /* who asks from here on is heard after this one */
		spin_unlock(&sched_lock);
	}
	if (polls && poll_fn())
		sched_poll(poll_fn);
	run_timers(c);
}

/* ---- Turns ---- */

static struct vcpu *less(struct vcpu *a, struct vcpu *b)
{
	return !a || (b && b->vruntime < a->vruntime) ? b : a;
}

/* Among the vcpus that are ready on hart `from`. */
static struct vcpu *least_run(const struct cpu *from, const struct cpu *to)
{
	struct vcpu *best = NULL;

	for (struct vcpu *v = from->ready; v; v = v->next)
		if (may_run(v, to))
			best = less(best, v);
	return best;
}

/* The next for this hart, out of all queues. */
static struct vcpu *pick(struct cpu *c)
{
	struct vcpu *here = least_run(c, c), *there = NULL, *v;

	for (unsigned i = 0; i < cpu_count; i++)
		if (cpus[i] != c)
			there = less(there, least_run(cpus[i], c));
	v = here;
	if (there && (!here || there->vruntime + 2 * slice() < here->vruntime))
		v = there;
	if (!v)
		return NULL;
	dequeue(v);
	if (v == there)
		move(c, v);
	there = less(here, there);
	if (there->vruntime > min_vruntime)
		min_vruntime = there->vruntime;
	return v;
}

/* Does anybody wait who may run on this hart? */
static bool wanted(const struct cpu *c)
{
	for (unsigned i = 0; i < cpu_count; i++)
		if (least_run(cpus[i], c))
			return true;
	return false;
}

/* Whoever still waits here after a slice may run on a hart that idles, and take turns on the other
 * busy ones, too. */
static unsigned share_others(struct cpu *c, uint64_t now, struct cpu **kick)
{
	unsigned n = 0;

	for (unsigned i = 0; i < cpu_count; i++) {
		struct cpu *o = cpus[i];

		if (o == c || o->away || (o->current && o->slice_end != TIMER_NEVER) ||
		    !least_run(c, o))
			continue;
		if (o->current) {
			o->slice_end = now + slice();
			atomic_store(&o->rearm, 1);
		}
		kick[n++] = o;
	}
	return n;
}

static struct vcpu *begin_turn(struct cpu *c)
{
	struct cpu *kick[CPU_MAX];
	unsigned kicks = 0;
	struct vcpu *v;
	uint64_t now = timer_now();

	spin_lock(&sched_lock);
	atomic_store(&c->resched, 0);
	atomic_store(&c->rearm, 0);
	v = pick(c);
	if (v) {
		v->state = V_RUNNING;
		v->vm->nrunning++;
		v->run_start = now;
		c->current = v;
		c->slice_end = wanted(c) ? now + slice() : TIMER_NEVER;
		if (c->ready)
			kicks = share_others(c, now, kick);
		/* With Sstc the loaded vcpu's timer is the hart's own (vstimecmp). */
		if (v->ctx.sstc)
			timer_unlink(v);
	}
	sched_arm(c);
	spin_unlock(&sched_lock);
	while (kicks)
		cpu_kick(kick[--kicks]);
	return v;
}

/* Host time of the event that a timer of a waiting vcpu's own brings, TIMER_NEVER for none. */
static uint64_t sstc_deadline(const struct vcpu *v)
{
	uint64_t zero = v->vm->time_zero, t = v->ops->wakes_at(v);

	return t > UINT64_MAX - zero ? TIMER_NEVER : t + zero;
}

static bool must_wait(struct vcpu *v)
{
	if (!v->waiting || (atomic_load(&v->requests) & (VCPU_REQ_LINES | VCPU_REQ_RESET)))
		return false;
	/* vsie numbers the lines one lower than hvip */
	return !(v->ctx.hvip >> 1 & v->ctx.vsie);
}

static void end_turn(struct cpu *c, struct vcpu *v)
{
	struct vm *vm = v->vm;
	uint64_t now = timer_now(), ran = now - v->run_start;
	bool quiet = false;

	/* in_guest = 0 before must_wait()'s look at requests: whoever still sees 1 has asked before
	 * (pairs with vcpu.c: ask()). */
	fence_rw_rw();
	spin_lock(&sched_lock);
	vcpu_answer_call(v);
	c->current = NULL;
	v->vruntime += ran;
	v->run_ticks += ran;
	vm->nrunning--;
	v->state = v->hsm == SBI_HSM_STATE_STOPPED ? V_OFF : V_BLOCKED;
	if (vm->halted) {
		quiet = vm->nrunning == 0;
	} else if (v->held) {
		atomic_and(&v->requests, ~VCPU_REQ_LEAVE);
	} else if (v->state == V_BLOCKED) {
		uint64_t deadline = v->waiting && v->ctx.sstc ? sstc_deadline(v) : TIMER_NEVER;

		if (!must_wait(v) || deadline <= now)
			enqueue(c, v);
		else if (v->ctx.sstc)
			sched_set_timer(v, deadline);
	}
	spin_unlock(&sched_lock);
	if (quiet)
		vm_quiesced(vm);
	if (v->held)
		sched_poll_now();
}

static void idle(struct cpu *c)
{
	uint64_t start = timer_now(), end = start + host.timebase / POLL_HZ;

	/* `polling` = 1 before the look at `kicked`: a kicker that saw 0 has sent an interrupt
	 * (pairs with cpu_kick()). */
	atomic_swap(&c->polling, 1);
	while (!atomic_load(&c->kicked) && !arch_irq_pending() && timer_now() < end)
		cpu_relax();
	/* `polling` = 0 before the last look at `kicked`: whoever kicks later sends an interrupt,
	 * which ends the wfi. */
	atomic_swap(&c->polling, 0);
	if (!atomic_load(&c->kicked) && !arch_irq_pending())
		arch_wait();
	irq_poll(c);
	if (atomic_load(&c->kicked))
		cpu_kick_ack(c);
	c->idle_ticks += timer_now() - start;
}

void sched_loop(struct cpu *c)
{
	for (;;) {
		struct vcpu *v = begin_turn(c);

		if (v) {
			vcpu_run(v);
			end_turn(c, v);
		} else {
			idle(c);
		}
	}
}
