/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The monitor as a debugger: break, delete, step, continue and clock, on the functions of
 * core/debug.h that the GDB stub is made of.
 *
 * A guest is attached to while it has a breakpoint of the monitor's, or stands still for it.
 * Commands only write down what is wanted; the poll does it once all of the guest stands still.
 * Breakpoints are in the guest only while it runs freely: steps go through them, and a guest that
 * goes on does so from the one that it stands at.
 */
#include <stdio.h>
#include <string.h>

#include <arch/dis.h>
#include <core/console.h>
#include <core/debug.h>
#include <core/errno.h>
#include <core/log.h>
#include <core/vm.h>

#include "monitor.h"

#define BREAKS	  32
#define WATCH_LEN 8 /* bytes, or what is left of them in the page */
#define STEPS_MAX 1000000

enum todo { GO, STAY, STEP };

/* By guest physical address: page tables may change while the guest runs. But a debug trigger
 * takes a virtual one. */
struct breakpoint {
	struct vm *vm; /* NULL: free */
	uint64_t va;   /* as its user named it: */
	bool is_virtual;
	bool inner; /* of a guest of the guest */
	bool hw;    /* a debug trigger has it, or had when it was last in force */
	gpa_t gpa;
	enum point_type type;
	uint32_t len;
	uint64_t hits;
};

static struct breakpoint breaks[BREAKS];

static const char *const type_name[] = {
	[POINT_BREAK] = "",    [POINT_EXEC] = "exec",	  [POINT_WRITE] = "write",
	[POINT_READ] = "read", [POINT_ACCESS] = "access",
};

static bool is_ours(const struct vm *vm)
{
	return debug_is_of(vm, DEBUG_BY_MONITOR) && !vm->debug->leaving;
}

static bool has_breaks(const struct vm *vm)
{
	for (unsigned i = 0; i < BREAKS; i++)
		if (breaks[i].vm == vm)
			return true;
	return false;
}

/* ---- Telling ---- */

/* What it has come upon, or NULL. */
static struct breakpoint *met_by(const struct vcpu *v, const struct monitor_view *w)
{
	bool fetch = v->stop_why == DEBUG_BREAK || v->stop_why == DEBUG_EXEC;
	struct vwalk_result r = {.gpa = gpa(v->stop_addr)}; /* points are planted as physical */

	if (v->stop_why < DEBUG_BREAK || v->stop_why > DEBUG_ACCESS ||
	    (fetch && guest_translate(&w->space, w->ctx.sepc, &r)))
		return NULL;
	for (unsigned i = 0; i < BREAKS; i++) {
		struct breakpoint *b = &breaks[i];

		if (b->vm == v->vm && (b->type <= POINT_EXEC) == fetch &&
		    (b->hw ? b->va == w->ctx.sepc : r.gpa.v - b->gpa.v < b->len))
			return b;
	}
	return NULL;
}

static void tell(const struct vcpu *v)
{
	struct monitor_view *w = monitor_view_of(v);
	struct breakpoint *b = w ? met_by(v, w) : NULL;
	char insn[DIS_MAX] = "not readable", met[40] = "", *tab;
	uint32_t bits = 0;
	uint64_t target;

	if (!w)
		return;
	if (guest_view_read(&w->space, w->ctx.sepc, &bits, 4) >= 2)
		dis(bits, w->ctx.sepc, insn, sizeof(insn), &target);
	tab = strchr(insn, '\t');
	if (tab)
		*tab = ' ';
	if (b) {
		b->hits++;
		snprintf(met, sizeof(met), ", %s%sbreakpoint %u", type_name[b->type],
			 *type_name[b->type] ? " " : "", (unsigned)(b - breaks) + 1);
	}
	log_info("%s: vcpu %u stopped at %#lx%s (%s)%s", v->vm->name, v->id,
		 (unsigned long)w->ctx.sepc, monitor_symbol(w, w->ctx.sepc), insn, met);
}

/* ---- When all of a guest stands still ---- */

static int plant_one(struct breakpoint *b)
{
	b->hw = b->type == POINT_EXEC && b->is_virtual &&
		debug_trigger(b->vm, true, b->va, b->inner);
	return b->hw ? 0 : debug_point(b->vm->vcpu[0], true, b->type, b->gpa.v, b->len, true);
}

static void plant(struct vm *vm)
{
	for (unsigned i = 0; i < BREAKS; i++) {
		int rc = breaks[i].vm == vm ? plant_one(&breaks[i]) : 0;

		if (rc)
			log_warn("%s: breakpoint %u is not in force: %s", vm->name, i + 1,
				 nacre_strerror(rc));
	}
}

static void go(struct vm *vm)
{
	struct debug_monitor *m = &vm->debug->monitor;
	struct vcpu *over = m->over && m->over->ctx.sepc == m->over_pc ? m->over : NULL;

	m->over = NULL;
	m->told = false;
	if (over) {
		debug_go(vm, over);
	} else if (has_breaks(vm)) {
		plant(vm);
		for (unsigned i = 0; i < vm->nvcpus; i++)
			vm->vcpu[i]->goes_on = true;
		debug_go(vm, NULL);
	} else {
		debug_detach(vm);
	}
}

/* It has just come to stand still: for a command, after a step, or by what `v` has come upon. */
static void arrived(struct vm *vm, struct vcpu *v)
{
	struct debug_monitor *m = &vm->debug->monitor;

	debug_clear(vm);
	if (v && v->stop_why != DEBUG_STEP) {
		m->at = m->over = v;
		m->over_pc = v->ctx.sepc;
		m->todo = STAY;
	} else if (v && m->todo == STEP && --m->steps == 0) {
		m->todo = STAY;
	}
	if (m->todo == STAY)
		tell(m->at);
	m->told = true;
}

static void look_at(struct vm *vm)
{
	struct debug_monitor *m = &vm->debug->monitor;
	struct vcpu *v = NULL;
	bool crashed;

	if (debug_ended(vm, &crashed)) {
		debug_detach(vm);
		return;
	}
	if (!debug_stands(vm, &v))
		return;
	if (!m->told)
		arrived(vm, v);
	if (m->todo == GO) {
		go(vm);
	} else if (m->todo == STEP) {
		m->told = false;
		debug_go(vm, m->at);
	}
}

/* A debugger has taken the guest, or it has ended. */
static void forget(struct vm *vm)
{
	if (debug_attached(vm))
		log_info("%s: a debugger has it now; the monitor's breakpoints are gone", vm->name);
	for (unsigned i = 0; i < BREAKS; i++)
		if (breaks[i].vm == vm)
			breaks[i].vm = NULL;
}

bool monitor_debug_poll(void)
{
	bool any = false;

	for (struct vm *vm = vm_list; vm; vm = vm->next) {
		if (debug_is_of(vm, DEBUG_BY_MONITOR))
			look_at(vm);
		if (!is_ours(vm) && has_breaks(vm))
			forget(vm);
		any = any || debug_is_of(vm, DEBUG_BY_MONITOR);
	}
	return any;
}

/* ---- Commands ---- */

static bool is_alive(const struct vm *vm)
{
	return vm->state == VM_RUNNING || vm->state == VM_PAUSED;
}

/* The guest is the monitor's from now on. False: not to be had, and said so. */
static bool attach(struct vm *vm)
{
	int rc;

	if (!monitor_may_look())
		return false;
	if (!is_alive(vm)) {
		monitor_printf("%s: this guest is %s\n", vm->name, vm_state_name(vm));
		return false;
	}
	rc = is_ours(vm) ? 0 : debug_attach(vm, DEBUG_BY_MONITOR);
	if (rc == -NACRE_EBUSY)
		monitor_printf("%s: a debugger on the line has it\n", vm->name);
	else if (rc)
		monitor_printf("%s: %s\n", vm->name, nacre_strerror(rc));
	else
		console_need_poll();
	return !rc;
}

/* The table has changed: brings a guest that runs up to date. */
static void renew(struct vm *vm)
{
	if (is_ours(vm) && !vm->debug->monitor.told)
		debug_stop(vm);
}

static const char *means(enum point_type type, bool hw)
{
	return type != POINT_EXEC ? "" : hw ? ", debug trigger" : ", G-stage";
}

/* What a debugger has in force in this guest now; while it is stopped GDB takes them away. */
static unsigned list_gdb(const struct vm *vm)
{
	const struct vm_debug *d = vm->debug;

	if (!debug_is_of(vm, DEBUG_BY_GDB))
		return 0;
	for (unsigned i = 0; i < d->triggers.n; i++)
		monitor_printf(" gdb  %-16s %#lx exec%s\n", vm->name,
			       (unsigned long)d->triggers.t[i].va, means(POINT_EXEC, true));
	for (unsigned i = 0; i < d->points.n; i++)
		monitor_printf(" gdb  %-16s %#lx%s%s%s\n", vm->name,
			       (unsigned long)d->points.p[i].va,
			       *type_name[d->points.p[i].type] ? " " : "",
			       type_name[d->points.p[i].type], means(d->points.p[i].type, false));
	return d->triggers.n + d->points.n;
}

static void list(const struct vm *vm)
{
	unsigned n = 0;

	for (unsigned i = 0; i < BREAKS; i++) {
		const struct breakpoint *b = &breaks[i];

		if (!b->vm || (vm && b->vm != vm) || !is_alive(b->vm))
			continue;
		monitor_printf("%4u  %-16s %#lx%s%s%s  %lu times\n", i + 1, b->vm->name,
			       (unsigned long)b->va, *type_name[b->type] ? " " : "",
			       type_name[b->type], means(b->type, b->hw), (unsigned long)b->hits);
		n++;
	}
	for (const struct vm *g = vm_list; g; g = g->next)
		n += !vm || g == vm ? list_gdb(g) : 0;
	if (!n)
		monitor_printf("no breakpoints\n");
}

static bool read_type(const char *s, enum point_type *out)
{
	*out = POINT_BREAK;
	for (unsigned t = POINT_EXEC; s && t <= POINT_ACCESS; t++)
		if (!strcmp(s, type_name[t])) {
			*out = (enum point_type)t;
			return true;
		}
	return !s;
}

/* Checked: the type, and where it is in RAM. False: said why not. */
static bool place(const struct monitor_view *w, const char *const *arg, struct breakpoint *b)
{
	struct guest_space space;
	struct vwalk_result r;
	uint64_t room;

	if (!read_type(arg[2], &b->type)) {
		monitor_printf("%s: none of exec, write, read, access\n", arg[2]);
		return false;
	}
	if (!monitor_address(w, arg[1], &space, &b->va))
		return false;
	if (guest_translate(&space, b->va, &r) || !vm_ram(w->v->vm, r.gpa, 2) ||
	    (b->type <= POINT_EXEC && (b->va & 1))) {
		monitor_printf("%#lx: not mapped, no RAM, or odd\n", (unsigned long)b->va);
		return false;
	}
	room = PAGE_SIZE - (r.gpa.v & (PAGE_SIZE - 1));
	b->is_virtual = space.v != NULL;
	b->inner = b->is_virtual && w->inner;
	b->gpa = r.gpa;
	b->len = b->type <= POINT_EXEC ? 2 : room < WATCH_LEN ? (uint32_t)room : WATCH_LEN;
	return true;
}

/* The one that is there already, or a free one; BREAKS: no room. */
static unsigned slot_for(const struct breakpoint *b)
{
	unsigned room = BREAKS;

	for (unsigned i = BREAKS; i-- > 0;) {
		if (!breaks[i].vm)
			room = i;
		else if (breaks[i].vm == b->vm && breaks[i].gpa.v == b->gpa.v &&
			 breaks[i].type == b->type)
			return i;
	}
	return room;
}

static void set(struct vm *vm, const char *const *arg)
{
	struct monitor_view *w = monitor_view(arg[0], NULL);
	struct breakpoint b = {.vm = vm};
	unsigned i;

	if (!w || !place(w, arg, &b))
		return;
	i = slot_for(&b);
	if (i == BREAKS)
		monitor_printf("there are %u breakpoints already\n", BREAKS);
	if (i == BREAKS || !attach(vm))
		return;
	if (!breaks[i].vm)
		breaks[i] = b;
	monitor_printf("%s: breakpoint %u at %#lx%s\n", vm->name, i + 1, (unsigned long)b.va,
		       monitor_symbol(w, b.va));
	renew(vm);
}

bool monitor_break(const char *const *arg)
{
	struct vm *vm = arg[0] ? monitor_guest(arg[0]) : NULL;

	if (!arg[0] || (vm && !arg[1]))
		list(vm);
	else if (vm)
		set(vm, arg);
	return true;
}

bool monitor_delete(const char *const *arg)
{
	struct vm *vm = monitor_guest(arg[0]);
	uint64_t number = 0;
	unsigned n = 0;

	if (!vm)
		return true;
	if (arg[1] && !monitor_number(arg[1], &number)) {
		monitor_printf("%s: no number of a breakpoint; \"break\" lists them\n", arg[1]);
		return true;
	}
	for (unsigned i = 0; i < BREAKS; i++)
		if (breaks[i].vm == vm && (!arg[1] || number == i + 1)) {
			breaks[i].vm = NULL;
			n++;
		}
	monitor_printf("%s: %u breakpoint%s deleted\n", vm->name, n, n == 1 ? "" : "s");
	if (n)
		renew(vm);
	return true;
}

/* False: nonsense, and said so. */
static bool read_step(const struct vm *vm, const char *const *arg, uint64_t *vcpu, uint64_t *steps)
{
	bool ok = !arg[1] || (monitor_number(arg[1], vcpu) && *vcpu < vm->nvcpus);

	ok = ok && (!arg[2] || (monitor_number(arg[2], steps) && *steps <= STEPS_MAX));
	if (!ok)
		monitor_printf("usage: step [GUEST [VCPU [N]]]: %s has vcpus 0 to %u, N is at most"
			       " %u\n",
			       vm->name, vm->nvcpus - 1, STEPS_MAX);
	return ok;
}

bool monitor_step(const char *const *arg)
{
	struct vm *vm = monitor_guest(arg[0]);
	uint64_t vcpu = 0, steps = 1;
	struct debug_monitor *m;

	if (!vm || !read_step(vm, arg, &vcpu, &steps))
		return true;
	if (vm->state == VM_PAUSED || vm->vcpu[vcpu]->state == V_OFF) {
		monitor_printf("%s: %s\n", vm->name,
			       vm->state == VM_PAUSED ? "it is paused" : "this vcpu is off");
		return true;
	}
	if (!attach(vm))
		return true;
	m = &vm->debug->monitor;
	m->at = vm->vcpu[vcpu];
	m->steps = steps;
	m->todo = steps ? STEP : STAY;
	if (m->told && !steps)
		tell(m->at);
	debug_stop(vm);
	return true;
}

bool monitor_clock(const char *const *arg)
{
	struct vm *vm = monitor_guest(arg[0]);
	bool run = arg[1] && !strcmp(arg[1], "run");

	if (!vm)
		return true;
	if (arg[1] && !run && strcmp(arg[1], "stand") != 0) {
		monitor_printf("usage: clock [GUEST [stand|run]]\n");
		return true;
	}
	if (arg[1])
		vm->cfg.debug_clock_runs = run;
	monitor_printf("%s: its clock %s while it is stopped\n", vm->name,
		       vm->cfg.debug_clock_runs ? "runs" : "stands");
	return true;
}

bool monitor_go_on(struct vm *vm)
{
	struct debug_monitor *m = is_ours(vm) ? &vm->debug->monitor : NULL;

	if (!m || m->todo == GO)
		return false;
	m->todo = GO;
	debug_stop(vm);
	return true;
}
