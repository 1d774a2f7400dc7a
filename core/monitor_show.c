/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The monitor's commands that show something. What belongs to other harts is read without locks,
 * one word at a time: it may be a moment old, never half.
 */
#include <string.h>

#include <arch/timer.h>
#include <core/console.h>
#include <core/cpu.h>
#include <core/debug.h>
#include <core/host.h>
#include <core/log.h>
#include <core/memory.h>
#include <core/vcpu.h>
#include <core/vm.h>
#include <spec/sbi.h>

#include "monitor.h"

#define MIB(bytes) ((unsigned long)((bytes) >> 20))

bool monitor_guests(const char *const *arg)
{
	unsigned n = 0;

	(void)arg;
	monitor_printf("   # %-16s %-8s %5s %8s %5s\n", "name", "state", "vcpus", "memory",
		       "boots");
	for (struct vm *vm = vm_list; vm; vm = vm->next) {
		struct console_port *p = console_port_by_name(vm->name);

		monitor_printf("%c%3u %-16s %-8s %5u %4lu MiB %5lu%s\n",
			       p && p == console_focused() ? '*' : ' ', ++n, vm->name,
			       vm_state_name(vm), vm->nvcpus, MIB(vm->ram_size),
			       (unsigned long)vm->boots, p ? "" : "  (no console)");
	}
	monitor_printf("(* has the line)\n");
	return true;
}

static const char *hsm_name(unsigned state)
{
	static const char *const name[] = {"started",	"stopped",    "starting", "stopping",
					   "suspended", "suspending", "resuming"};

	return state < ARRAY_SIZE(name) ? name[state] : "?";
}

static uint64_t to_ms(uint64_t ticks)
{
	uint64_t per_ms = host.timebase / 1000;

	return ticks / (per_ms ? per_ms : 1);
}

/* With the turn that it is in. */
static uint64_t run_ms(const struct vcpu *v)
{
	uint64_t start = v->run_start, now = timer_now();

	return to_ms(v->run_ticks + (v->state == V_RUNNING && now > start ? now - start : 0));
}

bool monitor_vcpus(const char *const *arg)
{
	struct vm *vm = monitor_guest(arg[0]);

	if (!vm)
		return true;
	monitor_printf("%4s %-8s %-10s %4s %12s %8s %s\n", "vcpu", "state", "HSM", "hart",
		       "run time", "requests", "pc at the last exit");
	for (unsigned i = 0; i < vm->nvcpus; i++) {
		const struct vcpu *v = vm->vcpu[i];
		uint64_t ms = run_ms(v);

		monitor_printf(
			"%4u %-8s %-10s %4lu %6lu.%03lu s %#8lx %#lx\n", v->id, vcpu_state_name(v),
			hsm_name(v->hsm), v->cpu ? (unsigned long)v->cpu->hartid : 0,
			(unsigned long)(ms / 1000), (unsigned long)(ms % 1000),
			(unsigned long)atomic_load(&v->requests), (unsigned long)v->ctx.sepc);
	}
	return true;
}

static void change_isa(struct vm *vm, const char *change)
{
	char text[160];

	if (vm_change_isa(vm, change, text, sizeof(text)))
		monitor_printf("%s: isa: %s\n", vm->name, text);
	else
		monitor_printf("%s: isa: %s, from the next start on\n", vm->name, vm->cfg.isa);
}

static void show_ext(const struct vm *vm, enum isa_ext e, bool have)
{
	bool given = isa_has(&vm->isa, e);
	enum isa_hide hide = given ? isa_hiding(e) : vm_isa_hidden_by(vm, e);
	const char *how = "", *by = "";

	if (given && isa_has(&vm->emulated, e))
		how = "emulated";
	else if (!given && hide == ISA_HIDE_ADVERT)
		how = "hidden by advertisement only";
	else if (!given || !have) { /* the latter is Svade, made of Svadu */
		how = given ? "by " : "hidden, enforced by ";
		by = isa_hide_name(hide);
	}
	monitor_printf("%-14s %-5s %-6s %s%s\n", isa_name(e), have ? "yes" : "-",
		       given ? "yes" : "-", how, by);
}

bool monitor_isa(const char *const *arg)
{
	struct vm *vm = monitor_guest(arg[0]);
	struct isa_set have;
	unsigned neither = 0;

	if (vm && arg[1])
		change_isa(vm, arg[1]);
	if (!vm || arg[1])
		return true;
	vm_host_isa(vm, &have);
	monitor_printf("%-14s %-5s %-6s of %s\n", "extension", "host", "guest", vm->name);
	for (enum isa_ext e = 1; e < ISA_COUNT; e++)
		if (isa_has(&have, e) || isa_has(&vm->isa, e))
			show_ext(vm, e, isa_has(&have, e));
		else
			neither++;
	monitor_printf("(isa = \"%s\"; %u more that Nacre knows have neither)\n", vm->cfg.isa,
		       neither);
	return true;
}

const char *monitor_cause(unsigned cause)
{
	return trace_cause_name(cause);
}

static void show_count(uint64_t n, const char *what)
{
	if (n)
		monitor_printf("%12lu  %s\n", (unsigned long)n, what);
}

/* And what those cost that were traced. */
static void show_cause(const struct vm *vm, unsigned cause)
{
	const char *name = trace_cause_name(cause);
	uint64_t n = 0, traced = 0, cost = 0;

	for (unsigned i = 0; i < vm->nvcpus; i++) {
		const struct vcpu *v = vm->vcpu[i];

		n += v->ctx.exits[cause];
		traced += trace_exits(v, cause);
		cost += v->trace.instructions[cause];
	}
	if (!traced)
		show_count(n, name ? name : "unknown cause");
	else
		monitor_printf("%12lu  %-30s %10lu traced, %lu instructions, %lu each\n", (unsigned long)n,
			       name ? name : "unknown cause", (unsigned long)traced, (unsigned long)cost,
			       (unsigned long)(cost / traced));
}

bool monitor_exits(const char *const *arg)
{
	struct vm *vm = monitor_guest(arg[0]);
	uint64_t total = 0, fast = 0, mmio = 0, injected = 0, fences = 0;

	if (!vm)
		return true;
	for (unsigned i = 0; i < vm->nvcpus; i++) {
		const struct vcpu *v = vm->vcpu[i];

		for (unsigned cause = 0; cause < EXIT_COUNTS; cause++)
			total += v->ctx.exits[cause];
		fast += v->ctx.exits[CAUSE_ECALL_VS] - v->sbi_calls;
		mmio += v->mmio;
		injected += v->injected;
		for (unsigned type = 0; type < ARRAY_SIZE(v->fences_in); type++)
			fences += v->fences_in[type];
	}
	for (unsigned cause = 0; cause < EXIT_COUNTS; cause++)
		show_cause(vm, cause);
	monitor_printf("%12lu  exits of %s, all vcpus\n", (unsigned long)total, vm->name);
	show_count(fast, "of the SBI calls were answered in the trap");
	show_count(mmio, "device accesses");
	show_count(injected, "exceptions delivered to the guest");
	show_count(fences, "TLB requests carried out");
	return true;
}

/* ---- Nacre itself ---- */

bool monitor_log(const char *const *arg)
{
	static const char mark[] = "nacre: warning: ";
	bool warnings = arg[0] && !strcmp(arg[0], "warnings");
	char buf[LOG_LINE_MAX + 2];
	uint64_t pos = 0;
	size_t n;

	if (arg[0] && !warnings) {
		monitor_printf("usage: log [warnings]\n");
		return true;
	}
	while ((n = log_read(&pos, buf, sizeof(buf))))
		if (!warnings || !strncmp(buf, mark, sizeof(mark) - 1))
			monitor_printf("%.*s", (int)n, buf);
	return true;
}

bool monitor_mem(const char *const *arg)
{
	(void)arg;
	monitor_printf("%8lu MiB  managed by Nacre\n", MIB(memory_total_pages() * PAGE_SIZE));
	monitor_printf("%8lu MiB  free\n", MIB(memory_free_pages() * PAGE_SIZE));
	for (struct vm *vm = vm_list; vm; vm = vm->next)
		monitor_printf("%8lu MiB  RAM of %s, in %u piece%s\n", MIB(vm->ram_size), vm->name,
			       vm->nchunks, vm->nchunks == 1 ? "" : "s");
	return true;
}

static void show_hart(const struct cpu *c)
{
	const struct vcpu *v = atomic_load(&c->current);
	uint64_t ms = to_ms(c->idle_ticks);

	monitor_printf("%4lu %-8s %6u %6lu.%03lu s ", (unsigned long)c->hartid,
		       atomic_load(&c->online) ? "online" : "offline", c->nready,
		       (unsigned long)(ms / 1000), (unsigned long)(ms % 1000));
	if (v)
		monitor_printf("%s vcpu %u\n", v->vm->name, v->id);
	else
		monitor_printf("-\n");
}

/* By hart id; their own order is that in which they came, and any hart may be the boot hart. */
bool monitor_harts(const char *const *arg)
{
	const struct cpu *last = NULL;

	(void)arg;
	monitor_printf("%4s %-8s %6s %12s %s\n", "hart", "state", "queued", "idle", "runs");
	for (unsigned n = 0; n < cpu_count; n++) {
		const struct cpu *next = NULL;

		for (unsigned i = 0; i < cpu_count; i++)
			if ((!last || cpus[i]->hartid > last->hartid) &&
			    (!next || cpus[i]->hartid < next->hartid))
				next = cpus[i];
		if (next)
			show_hart(next);
		last = next;
	}
	monitor_printf("debug triggers: %u for each guest%s\n", debug_triggers_max(),
		       debug_triggers_max() ? "" : "; hbreak is done by the G-stage");
	return true;
}
