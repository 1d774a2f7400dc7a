/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The rings and who writes them: include/core/trace.h. What the sites of switch.S call
 * (arch/trace.h) is here, too; it is as short as it can be, for it runs twice for each exit.
 *
 * An exit's cost is known at the next entry, or when the vcpu is put away. Until then `open` is its
 * record in the ring and `cost` its counter. Before a vcpu's first exit both are somewhere that
 * does not matter, so that nobody need ask.
 */
#include <string.h>

#include <arch/mmu.h>
#include <arch/patch.h>
#include <arch/timer.h>
#include <arch/trace.h>
#include <core/cpu.h>
#include <core/errno.h>
#include <core/guest_view.h>
#include <core/host.h>
#include <core/log.h>
#include <core/memory.h>
#include <core/vcpu.h>
#include <core/vm.h>
#include <spec/sbi.h>

#define RING_DEFAULT (256U << 10)
#define RING_MAX     (256U << 20)
#define RECORD	     sizeof(struct trace_record)

static_assert(TRACE_CAUSE_IRQ == EXIT_IRQ && TRACE_CAUSES == EXIT_COUNTS,
	      "as the exits are counted");
static_assert(sizeof(struct trace_info) <= PAGE_SIZE, "one page");

struct trace_ring {
	struct trace_ring_info info; /* first */
	uint64_t end;		     /* of the records, as info.base */
	struct trace_record *open;
	uint64_t *cost;
	uint64_t since; /* instret at the exit, or when the vcpu was loaded */
	struct hext_ctx *loaded;
	struct trace_record nowhere;
	uint64_t nothing;
};

static struct trace_info *info;
static struct hext_ops real; /* the operations behind the traced ones */
static uint64_t ring_size = RING_DEFAULT;
static uint32_t new_guests = TRACE_ALL_KINDS; /* what is recorded of them */
static bool is_on;
static bool untraceable; /* some hart */

/* ---- Records: the hart itself ---- */

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

/* What hext_fast_sbi() does to the guest's TLB and interrupts without the operations of struct
 * hext_ops, which are traced themselves. */
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

static __attribute__((noinline)) struct hext_ctx *fast_rfence(struct hext_ctx *c)
{
	uint64_t first = c->x[12] / PAGE_SIZE,
		 last = (c->x[12] + c->x[13] - 1) / PAGE_SIZE; /* a2, a3: start, size */

	if (!hext_fast_sbi(c))
		return NULL;
	if (c->x[REG_A6] != SBI_RFENCE_FENCE_I) {
		bool one = c->x[REG_A6] == SBI_RFENCE_SFENCE_VMA_ASID;

		put_here(c, TRACE_FENCE, one ? NACL_HFENCE_VVMA_ASID : NACL_HFENCE_VVMA,
			 first * PAGE_SIZE, (last - first + 1) | (one ? c->x[14] << 32 : 0));
	}
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

void trace_nacl_exit(struct hext_ctx *c)
{
	const struct vcpu_exit *e = &c->exit;

	uint64_t cause = on_exit(c, e->scause, c->sepc);

	if (e->scause == CAUSE_ECALL_VS)
		on_sbi(c);
	else if (GUEST_PAGE_FAULTS >> cause & 1)
		put_record(c, TRACE_FAULT, (unsigned)e->scause,
			   hext_nacl_htval() << 2 | (e->stval & 3), e->stval);
}

void trace_nacl_entry(struct hext_ctx *c)
{
	on_entry(c, c->sepc);
}

/* ---- The operations of the back end ---- */

static void forget(struct trace_ring *r)
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
	forget(r);
	r->since = trace_instret();
}

static void traced_put(struct hext_ctx *c)
{
	struct trace_ring *r = this_ring();

	real.put(c);
	close_exit(r);
	forget(r);
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

static void exchange_ops(bool on)
{
	if (on)
		real = hext;
	hext.load = on ? traced_load : real.load;
	hext.put = on ? traced_put : real.put;
	hext.hvip_set = on ? traced_hvip_set : real.hvip_set;
	hext.inject = on ? traced_inject : real.inject;
	hext.hfence = on ? traced_hfence : real.hfence;
}

/* ---- The boot hart ---- */

void trace_hart_init(void)
{
	if (!trace_instret_there())
		untraceable = true;
}

/* A ring stays the hart's once it has one. */
static bool make_ring(struct cpu *c)
{
	struct trace_ring *r = memory_pages(ALIGN_UP(sizeof(*r), PAGE_SIZE) / PAGE_SIZE);
	struct trace_record *base = r ? memory_pages(ring_size / PAGE_SIZE) : NULL;

	if (!base) {
		if (r)
			memory_free(virt_to_phys(r), ALIGN_UP(sizeof(*r), PAGE_SIZE) / PAGE_SIZE);
		return false;
	}
	for (uint64_t i = 0; i < ring_size / RECORD; i++)
		base[i].hart = (uint16_t)c->index;
	r->info = (struct trace_ring_info){.hart = c->hartid,
					   .records = virt_to_phys(base).v,
					   .size = ring_size,
					   .base = (uint64_t)base,
					   .next = (uint64_t)base};
	r->end = (uint64_t)base + ring_size;
	forget(r);
	c->trace = r;
	return true;
}

static void name_guest(const struct vm *vm)
{
	if (vm->number > TRACE_GUESTS)
		return;
	memcpy(info->guest[vm->number - 1], vm->name, TRACE_NAME - 1);
	info->nguests = vm->number;
}

static int make_rings(void)
{
	if (!info)
		info = memory_pages(1);
	if (!info)
		return -NACRE_ENOMEM;
	for (unsigned i = 0; i < cpu_count; i++) {
		if (!cpus[i]->trace && !make_ring(cpus[i]))
			return -NACRE_ENOMEM;
		info->ring[i] = virt_to_phys(cpus[i]->trace).v;
	}
	info->nrings = cpu_count;
	info->version = TRACE_VERSION;
	info->self = virt_to_phys(info).v;
	info->timebase = host.timebase;
	for (struct vm *vm = vm_list; vm; vm = vm->next)
		name_guest(vm);
	info->magic = TRACE_MAGIC;
	return 0;
}

/* Each count of exits becomes what was added to it since, or the other way round. */
static void count_exits(bool on)
{
	for (struct vm *vm = vm_list; vm; vm = vm->next)
		for (unsigned i = 0; i < vm->nvcpus; i++) {
			struct vcpu *v = vm->vcpu[i];

			for (unsigned cause = 0; cause < TRACE_CAUSES; cause++) {
				uint64_t now = v->ctx.exits[cause];

				v->trace.exits[cause] = on ? now : now - v->trace.exits[cause];
				if (on)
					v->trace.instructions[cause] = 0;
			}
		}
}

static void empty(void)
{
	for (unsigned i = 0; i < cpu_count; i++) {
		struct trace_ring *r = cpus[i]->trace;

		r->info.next = r->info.base;
		r->info.laps = 0;
		memset(r->info.events, 0, sizeof(r->info.events));
		r->loaded = NULL;
		forget(r);
	}
	count_exits(true);
}

int trace_on(void)
{
	int rc;

	if (is_on)
		return -NACRE_EBUSY;
	if (!guest_view_enabled())
		return -NACRE_EPERM;
	if (untraceable)
		return -NACRE_ENOTSUP;
	rc = make_rings();
	if (rc)
		return rc;
	empty();
	fence_rw_rw(); /* the rings before the operations that write them */
	exchange_ops(true);
	if (!patch_all(true)) {
		exchange_ops(false);
		return -NACRE_ENOMEM;
	}
	is_on = true;
	return 0;
}

int trace_off(void)
{
	if (!is_on)
		return -NACRE_EBUSY;
	exchange_ops(false);
	patch_all(false);
	count_exits(false);
	is_on = false;
	return 0;
}

bool trace_is_on(void)
{
	return is_on;
}

static void set_kinds(const struct vm *vm, uint32_t kinds)
{
	for (unsigned i = 0; i < vm->nvcpus; i++)
		atomic_store(&vm->vcpu[i]->trace_kinds, kinds);
}

void trace_filter(const struct vm *which, uint32_t kinds)
{
	new_guests = which ? 0 : kinds;
	for (struct vm *vm = vm_list; vm; vm = vm->next)
		set_kinds(vm, !which || vm == which ? kinds : 0);
}

void trace_new_guest(const struct vm *vm)
{
	set_kinds(vm, new_guests);
	if (info)
		name_guest(vm);
}

uint64_t trace_exits(const struct vcpu *v, unsigned cause)
{
	return is_on ? v->ctx.exits[cause] - v->trace.exits[cause] : v->trace.exits[cause];
}

uint32_t trace_kinds(const char *list)
{
	uint32_t kinds = 0;

	while (*list) {
		size_t n = strcspn(list, ",");
		unsigned kind = TRACE_ENTRY;

		while (kind < TRACE_KINDS && (strlen(trace_kind_name(kind)) != n ||
					      strncmp(trace_kind_name(kind), list, n) != 0))
			kind++;
		if (n == 3 && !strncmp(list, "all", n))
			kinds |= TRACE_ALL_KINDS;
		else if (kind < TRACE_KINDS)
			kinds |= (uint32_t)BIT(kind);
		else
			return 0;
		list += n + (list[n] == ',');
	}
	return kinds;
}

/* 64K, 16M, or bytes; a power of 2 is made of it. */
static uint64_t size_option(const char *s)
{
	uint64_t n = 0, size = PAGE_SIZE;

	for (; *s >= '0' && *s <= '9' && n < RING_MAX; s++)
		n = 10 * n + (unsigned)(*s - '0');
	n <<= *s == 'M' ? 20 : *s == 'K' ? 10 : 0;
	while (size < n && size < RING_MAX)
		size <<= 1;
	return size;
}

void trace_boot(void)
{
	char text[80];
	uint32_t kinds;
	int rc;

	if (host_option("trace-size", text, sizeof(text)))
		ring_size = size_option(text);
	if (!host_option("trace", text, sizeof(text)) || !strcmp(text, "off"))
		return;
	kinds = !*text || !strcmp(text, "on") ? TRACE_ALL_KINDS : trace_kinds(text);
	if (!kinds)
		log_warn("trace=%s: kinds are entry, exit, sbi, irq, fence, sched, fault, inject, "
			 "all",
			 text);
	else
		trace_filter(NULL, kinds);
	rc = trace_on();
	if (rc)
		log_warn("trace: not switched on: %s", nacre_strerror(rc));
	else
		log_info("trace: on, %u ring%s of %lu KiB", cpu_count, cpu_count == 1 ? "" : "s",
			 (unsigned long)(ring_size >> 10));
}

const struct trace_info *trace_info(void)
{
	return info;
}

bool trace_ring(unsigned n, struct trace_ring_info *out)
{
	const struct trace_ring_info *r;

	if (!info || n >= info->nrings)
		return false;
	r = &cpus[n]->trace->info;
	do {
		out->laps = atomic_load(&r->laps);
		fence_rw_rw(); /* laps before and after the look at next: next_lap() */
		memcpy(out, r, sizeof(*out));
		fence_rw_rw();
	} while (out->laps & 1 || out->laps != atomic_load(&r->laps));
	return true;
}

bool trace_read(unsigned ring, uint64_t n, struct trace_record *out)
{
	struct trace_ring_info r;

	if (!trace_ring(ring, &r) || n >= trace_ring_last(&r))
		return false;
	memcpy(out, (const char *)r.base + (n * RECORD & (r.size - 1)), sizeof(*out));
	fence_rw_rw(); /* the copy before the look whether the place was taken again meanwhile */
	return trace_ring(ring, &r) && n >= trace_ring_first(&r);
}
