/* SPDX-License-Identifier: BSD-2-Clause */
/* The monitor's command "trace". A dump is printed a bit at a time, as fast as the line takes it;
 * guests and tracing go on. */
#include <string.h>

#include <core/console.h>
#include <core/cpu.h>
#include <core/errno.h>
#include <core/trace.h>
#include <core/vm.h>

#include "monitor.h"

#define TICK_LINES 64
#define TICK_ROOM \
	16384 /* bytes that may wait in the monitor's buffer for the next lines to be made */

static void say(int rc, const char *what)
{
	if (rc == -NACRE_EBUSY)
		monitor_printf("tracing is %s already\n", what);
	else if (rc == -NACRE_ENOTSUP)
		monitor_printf("trace: a hart does not let Nacre read instret\n");
	else if (rc)
		monitor_printf("trace: %s\n", nacre_strerror(rc));
	else
		monitor_printf("tracing is %s\n", what);
}

/* ---- status ---- */

static void show_kinds(uint32_t kinds)
{
	for (unsigned kind = TRACE_ENTRY; kind < TRACE_KINDS; kind++)
		if (kinds & BIT(kind))
			monitor_printf(" %s", trace_kind_name(kind));
	monitor_printf("%s\n", kinds ? "" : " nothing");
}

static void show_rings(void)
{
	uint64_t events[TRACE_KINDS] = {0};
	struct trace_ring_info r;

	monitor_printf("%4s %12s %12s %12s\n", "hart", "recorded", "overwritten", "in the ring");
	for (unsigned i = 0; trace_ring(i, &r); i++) {
		uint64_t first = trace_ring_first(&r), last = trace_ring_last(&r);

		monitor_printf("%4lu %12lu %12lu %12lu\n", (unsigned long)r.hart,
			       (unsigned long)last, (unsigned long)first,
			       (unsigned long)(last - first));
		for (unsigned kind = TRACE_ENTRY; kind < TRACE_KINDS; kind++)
			events[kind] += r.events[kind];
	}
	for (unsigned kind = TRACE_ENTRY; kind < TRACE_KINDS; kind++)
		monitor_printf("%12lu  %s\n", (unsigned long)events[kind], trace_kind_name(kind));
}

static void show_status(void)
{
	monitor_printf("tracing is %s\n", trace_is_on() ? "on" : "off");
	for (struct vm *vm = vm_list; vm; vm = vm->next) {
		monitor_printf("%s:", vm->name);
		show_kinds(atomic_load(&vm->vcpu[0]->trace_kinds));
	}
	if (trace_info())
		show_rings();
}

/* ---- dump ---- */

static struct {
	unsigned ring, rings;
	uint64_t next[TRACE_RINGS], end[TRACE_RINGS];
} dump;

static void print_line(enum trace_line_type type, const struct trace_line *l)
{
	char text[TRACE_LINE_MAX];
	size_t n = trace_line_write(text, type, l);

	monitor_printf("%.*s\n", (int)n, text);
}

/* The next records of the ring; those that were overwritten meanwhile are left out. */
static bool next_data(struct trace_line *l)
{
	unsigned i = dump.ring;

	l->n = i;
	l->count = 0;
	while (dump.next[i] < dump.end[i] && l->count < TRACE_LINE_RECORDS) {
		struct trace_ring_info r;

		if (trace_read(i, dump.next[i], &l->record[l->count])) {
			l->first = dump.next[i]++ - l->count;
			l->count++;
		} else if (l->count) {
			break;
		} else if (!trace_ring(i, &r) || trace_ring_last(&r) <= dump.next[i]) {
			return false; /* begun anew */
		} else {
			dump.next[i] = trace_ring_first(&r);
		}
	}
	return l->count > 0;
}

static bool dump_tick(bool cancel)
{
	struct trace_line l = {0};

	for (unsigned n = 0; !cancel && n < TICK_LINES && monitor_out_mark() < TICK_ROOM; n++) {
		while (dump.ring < dump.rings && !next_data(&l))
			dump.ring++;
		if (dump.ring == dump.rings) {
			print_line(TRACE_LINE_END, &l);
			return false;
		}
		print_line(TRACE_LINE_DATA, &l);
	}
	return true;
}

static void start_dump(void)
{
	struct trace_line l = {0};

	if (!trace_info()) {
		monitor_printf("nothing was traced\n");
		return;
	}
	l.info = *trace_info();
	print_line(TRACE_LINE_INFO, &l);
	for (l.n = 1; l.n <= l.info.nguests; l.n++) {
		memcpy(l.name, l.info.guest[l.n - 1], sizeof(l.name));
		print_line(TRACE_LINE_GUEST, &l);
	}
	dump.ring = 0;
	dump.rings = l.info.nrings;
	for (l.n = 0; l.n < dump.rings && trace_ring(l.n, &l.ring); l.n++) {
		print_line(TRACE_LINE_RING, &l);
		dump.next[l.n] = trace_ring_first(&l.ring);
		dump.end[l.n] = trace_ring_last(&l.ring);
	}
	monitor_job(dump_tick);
}

/* ---- The command ---- */

static void filter(const char *list, const char *guest)
{
	uint32_t kinds = list ? trace_kinds(list) : 0;
	struct vm *vm = guest ? monitor_guest(guest) : NULL;

	if (!kinds) {
		monitor_printf("usage: trace filter KIND[,KIND...] [GUEST]; kinds:");
		show_kinds(TRACE_ALL_KINDS);
	} else if (!guest || vm) {
		trace_filter(vm, kinds);
	}
}

bool monitor_trace(const char *const *arg)
{
	const char *what = arg[0] ? arg[0] : "status";

	if (!strcmp(what, "filter"))
		filter(arg[1], arg[2]);
	else if (arg[1])
		monitor_printf("trace: too many words; \"help trace\" lists them\n");
	else if (!strcmp(what, "on"))
		say(trace_on(), what);
	else if (!strcmp(what, "off"))
		say(trace_off(), what);
	else if (!strcmp(what, "status"))
		show_status();
	else if (!strcmp(what, "dump"))
		start_dump();
	else
		monitor_printf("%s: on, off, status, filter or dump\n", what);
	return true;
}
