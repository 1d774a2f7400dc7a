/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The boot hart's part of tracing: it makes the rings and empties them, switches tracing on and off
 * and lets people read. The rings and who writes them: include/core/trace.h, trace_record.c.
 */
#include <string.h>

#include <arch/mmu.h>
#include <arch/patch.h>
#include <arch/trace.h>
#include <core/cpu.h>
#include <core/errno.h>
#include <core/guest_view.h>
#include <core/host.h>
#include <core/log.h>
#include <core/memory.h>
#include <core/vcpu.h>
#include <core/vm.h>

#include "trace_private.h"

#define RING_DEFAULT (256U << 10)
#define RING_MAX     (256U << 20)
#define RECORD	     sizeof(struct trace_record)

static_assert(sizeof(struct trace_info) <= PAGE_SIZE, "one page");

static struct trace_info *info;
static uint64_t ring_size = RING_DEFAULT;
static uint32_t new_guests = TRACE_ALL_KINDS; /* what is recorded of them */
static bool is_on;
static bool untraceable; /* some hart */

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
	trace_forget(r);
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
		trace_forget(r);
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
	trace_exchange_ops(true);
	if (!patch_all(true)) {
		trace_exchange_ops(false);
		return -NACRE_ENOMEM;
	}
	is_on = true;
	return 0;
}

int trace_off(void)
{
	if (!is_on)
		return -NACRE_EBUSY;
	trace_exchange_ops(false);
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
