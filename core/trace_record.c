/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A hart's records of what happens to the guest on it: what the sites of switch.S call
 * (arch/trace.h), and the traced operations of the back end. The first is as short as it can be,
 * for it runs twice for each exit.
 *
 * An exit's cost is known at the next entry, or when the vcpu is put away. Until then `open` is its
 * record in the ring and `cost` its counter. Before a vcpu's first exit both are somewhere that
 * does not matter, so that nobody need ask.
 */
#include <arch/timer.h>
#include <arch/trace.h>
#include <core/cpu.h>
#include <core/vcpu.h>
#include <spec/sbi.h>

#include "trace_private.h"

static_assert(TRACE_CAUSE_IRQ == EXIT_IRQ && TRACE_CAUSES == EXIT_COUNTS,
	      "as the exits are counted");

static struct hext_ops real; /* the operations behind the traced ones */

#define ALWAYS_INLINE static inline __attribute__((always_inline))

ALWAYS_INLINE struct trace_ring *this_ring(void)
{
	return ((struct cpu *)__builtin_thread_pointer())->trace;
}

ALWAYS_INLINE struct vcpu *vcpu_of(struct hext_ctx *c)
{
	return CONTAINER_OF(c, struct vcpu, ctx);
}

/* Readers try again when they see laps change, or odd. */
ALWAYS_INLINE void next_lap(struct trace_ring *r)
{
	atomic_store(&r->info.laps, r->info.laps + 1);
	fence_rw_rw(); /* laps odd before next goes back */
	atomic_store(&r->info.next, r->info.base);
	fence_rw_rw(); /* and that before laps is even again */
	atomic_store(&r->info.laps, r->info.laps + 1);
}

/* A new record, or where one goes that is not wanted. */
ALWAYS_INLINE struct trace_record *take(struct trace_ring *r, const struct vcpu *v, unsigned kind,
					unsigned code)
{
	/* The kind's bit as the sign: an instruction less than by a mask. */
	int32_t wanted = (int32_t)(v->trace_kinds << (31 - kind));
	struct trace_record *rec = &r->nowhere;

	r->info.events[kind]++;
	if (wanted < 0) {
		rec = (struct trace_record *)r->info.next;
		r->info.next = (uint64_t)(rec + 1);
		if (__builtin_expect((uint64_t)(rec + 1) == r->end, 0))
			next_lap(r);
	}
	rec->time = timer_now();
	rec->what = (uint16_t)(kind | code << 8);
	rec->who = v->trace_who; /* the hart's number is there already */
	return rec;
}

/* For the exit path; put_record() is the same, once. */
ALWAYS_INLINE void put_here(struct hext_ctx *c, unsigned kind, unsigned code, uint64_t a,
			    uint64_t b)
{
	struct trace_record *rec = take(this_ring(), vcpu_of(c), kind, code);

	rec->a = a;
	rec->b = b;
}

static void put_record(struct hext_ctx *c, unsigned kind, unsigned code, uint64_t a, uint64_t b)
{
	put_here(c, kind, code, a, b);
}

/* The cost of the last exit is known. */
ALWAYS_INLINE uint64_t close_exit(struct trace_ring *r)
{
	uint64_t cost = trace_instret() - r->since;

	r->open->b = cost;
	*r->cost += cost;
	return cost;
}

ALWAYS_INLINE uint64_t on_exit(struct hext_ctx *c, uint64_t scause, uint64_t pc)
{
	struct trace_ring *r = this_ring();
	uint64_t cause = scause & 31;
	struct trace_record *rec;

	if ((int64_t)scause < 0)
		cause = EXIT_IRQ + (cause & 15);
	rec = take(r, vcpu_of(c), TRACE_EXIT, (unsigned)cause);
	r->since = trace_instret();
	rec->a = pc;
	rec->b = 0;
	r->open = rec;
	r->cost = &vcpu_of(c)->trace.instructions[cause];
	return cause;
}

ALWAYS_INLINE void on_entry(struct hext_ctx *c, uint64_t pc)
{
	struct trace_ring *r = this_ring();
	uint64_t cost = close_exit(r);
	struct trace_record *rec = take(r, vcpu_of(c), TRACE_ENTRY, 0);

	rec->a = pc;
	rec->b = cost;
}

ALWAYS_INLINE void on_sbi(struct hext_ctx *c)
{
	struct trace_record *rec = take(this_ring(), vcpu_of(c), TRACE_SBI, 0);

	rec->a = c->x[REG_A7] << 32 | (uint32_t)c->x[REG_A6];
	rec->b = c->x[REG_A0];
}

#define GUEST_PAGE_FAULTS                                                       \
	(BIT(CAUSE_FETCH_GUEST_PAGE_FAULT) | BIT(CAUSE_LOAD_GUEST_PAGE_FAULT) | \
	 BIT(CAUSE_STORE_GUEST_PAGE_FAULT))

static __attribute__((noinline)) struct trace_exit on_fault(struct hext_ctx *c, uint64_t scause)
{
	uint64_t gva = trace_stval();

	put_here(c, TRACE_FAULT, (unsigned)scause, trace_htval() << 2 | (gva & 3), gva);
	return (struct trace_exit){c, scause};
}

struct trace_exit trace_on_exit(struct hext_ctx *c)
{
	uint64_t scause = trace_scause(), cause = on_exit(c, scause, trace_sepc());

	return GUEST_PAGE_FAULTS >> cause & 1 ? on_fault(c, scause)
					      : (struct trace_exit){c, scause};
}

/* What hext_fast_sbi() and hext_nacl_fast_sbi() do to the guest's TLB and interrupts without the
 * operations of struct hext_ops, which are traced themselves. */
static __attribute__((noinline)) struct hext_ctx *fast_ipi(struct hext_ctx *c)
{
	struct trace_ring *r = this_ring();
	uint64_t before = trace_hvip(), told = r->info.events[TRACE_IRQ], raised;

	if (!hext_fast_sbi(c))
		return NULL;
	raised = trace_hvip() & ~before & IP_VS;
	if (raised && r->info.events[TRACE_IRQ] == told)
		put_here(c, TRACE_IRQ, 0, raised, 0);
	return c;
}

ALWAYS_INLINE void on_fence(struct hext_ctx *c)
{
	uint64_t first = c->x[12] / PAGE_SIZE,
		 last = (c->x[12] + c->x[13] - 1) / PAGE_SIZE; /* a2, a3: start, size */
	bool one = c->x[REG_A6] == SBI_RFENCE_SFENCE_VMA_ASID;

	put_here(c, TRACE_FENCE, one ? NACL_HFENCE_VVMA_ASID : NACL_HFENCE_VVMA, first * PAGE_SIZE,
		 (last - first + 1) | (one ? c->x[14] << 32 : 0));
}

static __attribute__((noinline)) struct hext_ctx *fast_rfence(struct hext_ctx *c)
{
	if (!hext_fast_sbi(c))
		return NULL;
	if (c->x[REG_A6] != SBI_RFENCE_FENCE_I)
		on_fence(c);
	return c;
}

struct hext_ctx *trace_on_sbi(struct hext_ctx *c)
{
	on_sbi(c);
	switch (c->x[REG_A7]) {
	case SBI_EXT_IPI:
		return fast_ipi(c);
	case SBI_EXT_RFENCE:
		return fast_rfence(c);
	default:
		return hext_fast_sbi(c);
	}
}

struct hext_ctx *trace_on_entry(struct hext_ctx *c)
{
	on_entry(c, trace_sepc());
	trace_set_sscratch(c);
	return c;
}

/* hvip and htval are not the hart's to tell here, at least not for as little. */
struct trace_exit trace_nacl_exit(struct hext_ctx *c)
{
	uint64_t scause = trace_scause(), cause = on_exit(c, scause, trace_sepc());

	if (GUEST_PAGE_FAULTS >> cause & 1) {
		uint64_t gva = trace_stval();

		put_record(c, TRACE_FAULT, (unsigned)cause, hext_nacl_htval() << 2 | (gva & 3),
			   gva);
	}
	return (struct trace_exit){c, scause};
}

struct hext_ctx *trace_nacl_sbi(struct hext_ctx *c)
{
	struct trace_ring *r = this_ring();
	uint64_t eid = c->x[REG_A7], before, raised;
	uint64_t irqs = r->info.events[TRACE_IRQ], fences = r->info.events[TRACE_FENCE];

	on_sbi(c);
	before = eid == SBI_EXT_IPI ? real.hvip_read(c) : 0;
	if (!hext_nacl_fast_sbi(c))
		return NULL;
	raised = eid == SBI_EXT_IPI ? real.hvip_read(c) & ~before & IP_VS : 0;
	if (raised && r->info.events[TRACE_IRQ] == irqs)
		put_record(c, TRACE_IRQ, 0, raised, 0);
	if (eid == SBI_EXT_RFENCE && c->x[REG_A6] != SBI_RFENCE_FENCE_I &&
	    r->info.events[TRACE_FENCE] == fences)
		on_fence(c);
	return c;
}

/* ---- The operations of the back end ---- */

void trace_forget(struct trace_ring *r)
{
	r->open = &r->nowhere;
	r->cost = &r->nothing;
}

static void traced_load(struct hext_ctx *c)
{
	struct trace_ring *r = this_ring();

	real.load(c);
	if (r->loaded == c) /* a reset of what is loaded */
		return;
	r->loaded = c;
	put_record(c, TRACE_SCHED, 1, c->hgatp, 0);
	trace_forget(r);
	r->since = trace_instret();
}

static void traced_put(struct hext_ctx *c)
{
	struct trace_ring *r = this_ring();

	real.put(c);
	close_exit(r);
	trace_forget(r);
	r->loaded = NULL;
	put_record(c, TRACE_SCHED, 0, c->sepc, 0);
}

static void traced_hvip_set(struct hext_ctx *c, uint64_t set)
{
	uint64_t raised = set ? set & ~real.hvip_read(c) : 0;

	real.hvip_set(c, set);
	if (raised)
		put_record(c, TRACE_IRQ, 0, raised, 0);
}

static void traced_inject(struct hext_ctx *c, uint64_t cause, uint64_t stval)
{
	put_record(c, TRACE_INJECT, cause & 31, c->sepc, stval);
	real.inject(c, cause, stval);
}

static void traced_hfence(const struct hfence *h)
{
	struct vcpu *v = this_cpu()->current;
	uint64_t pages = h->count << h->order;

	real.hfence(h);
	if (v)
		put_record(&v->ctx, TRACE_FENCE, h->type, h->addr,
			   (pages < UINT32_MAX ? pages : 0) | (uint64_t)h->asid << 32 |
				   (uint64_t)h->vmid << 48);
}

void trace_exchange_ops(bool on)
{
	if (on)
		real = hext;
	hext.load = on ? traced_load : real.load;
	hext.put = on ? traced_put : real.put;
	hext.hvip_set = on ? traced_hvip_set : real.hvip_set;
	hext.inject = on ? traced_inject : real.inject;
	hext.hfence = on ? traced_hfence : real.hfence;
}

struct hext_ops *trace_beneath(void)
{
	return hext.load == traced_load ? &real : &hext;
}
