/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The monitor's commands. What they show of other harts is read without locks, one word at a time:
 * it may be a moment old, never half. What they change goes through vm.h and console.h.
 */
#include <stdlib.h>
#include <string.h>

#include <arch/sbi.h>
#include <core/console.h>
#include <core/cpu.h>
#include <core/errno.h>
#include <core/host.h>
#include <core/log.h>
#include <core/memory.h>
#include <core/vcpu.h>
#include <core/vm.h>
#include <spec/sbi.h>

#include "monitor.h"

#define MIB(bytes) ((unsigned long)((bytes) >> 20))

/* ---- Which guest is meant ---- */

static struct vm *vm_by_number(const char *s)
{
	char *end;
	unsigned long n = strtoul(s, &end, 10);
	struct vm *vm = vm_list;

	if (*end || n == 0)
		return NULL;
	while (vm && --n)
		vm = vm->next;
	return vm;
}

/* By name or number; without an argument the guest that has the line. NULL: none, and said so. */
static struct vm *guest(const char *arg)
{
	struct console_port *p = console_focused();
	struct vm *vm;

	if (!arg && !p) {
		console_printf("no guest has the line: name one\n");
		return NULL;
	}
	arg = arg ? arg : console_port_name(p);
	vm = vm_by_name(arg);
	if (!vm)
		vm = vm_by_number(arg);
	if (!vm)
		console_printf("%s: no such guest; \"guests\" lists them\n", arg);
	return vm;
}

/* ---- Guests ---- */

static bool cmd_guests(const char *const *arg)
{
	unsigned n = 0;

	(void)arg;
	console_printf("   # %-16s %-8s %5s %8s %5s\n", "name", "state", "vcpus", "memory",
		       "boots");
	for (struct vm *vm = vm_list; vm; vm = vm->next) {
		struct console_port *p = console_port_by_name(vm->name);

		console_printf("%c%3u %-16s %-8s %5u %4lu MiB %5lu%s\n",
			       p && p == console_focused() ? '*' : ' ', ++n, vm->name,
			       vm_state_name(vm), vm->nvcpus, MIB(vm->ram_size),
			       (unsigned long)vm->boots, p ? "" : "  (no console)");
	}
	console_printf("(* has the line)\n");
	return true;
}

static bool cmd_switch(const char *const *arg)
{
	struct vm *vm = guest(arg[0]);
	struct console_port *p = vm ? console_port_by_name(vm->name) : NULL;

	if (vm && !p)
		console_printf("%s: this guest has no console\n", vm->name);
	if (!p)
		return true;
	console_focus(p);
	return false;
}

static bool not_in_state(const struct vm *vm)
{
	console_printf("%s: this guest is %s\n", vm->name, vm_state_name(vm));
	return true;
}

static bool is_alive(const struct vm *vm)
{
	return vm->state == VM_RUNNING || vm->state == VM_PAUSED;
}

static bool cmd_pause(const char *const *arg)
{
	struct vm *vm = guest(arg[0]);

	if (!vm)
		return true;
	if (vm->state != VM_RUNNING)
		return not_in_state(vm);
	vm_halt(vm, VM_ACT_PAUSE);
	console_printf("%s: paused\n", vm->name);
	return true;
}

static bool cmd_resume(const char *const *arg)
{
	struct vm *vm = guest(arg[0]);

	if (!vm)
		return true;
	if (vm_resume(vm))
		return not_in_state(vm);
	console_printf("%s: running\n", vm->name);
	return true;
}

static bool start(struct vm *vm)
{
	int rc = vm_start(vm);

	if (rc == -NACRE_EBUSY)
		return not_in_state(vm);
	if (rc)
		console_printf("%s: cannot be started: %s\n", vm->name, nacre_strerror(rc));
	else
		console_printf("%s: started\n", vm->name);
	return true;
}

static bool cmd_start(const char *const *arg)
{
	struct vm *vm = guest(arg[0]);

	return vm ? start(vm) : true;
}

static bool cmd_reset(const char *const *arg)
{
	struct vm *vm = guest(arg[0]);

	if (!vm)
		return true;
	if (!is_alive(vm))
		return start(vm);
	vm_halt(vm, VM_ACT_REBOOT);
	console_printf("%s: restarting\n", vm->name);
	return true;
}

static bool cmd_stop(const char *const *arg)
{
	struct vm *vm = guest(arg[0]);

	if (!vm)
		return true;
	if (!is_alive(vm))
		return not_in_state(vm);
	vm_halt(vm, VM_ACT_STOP);
	return true;
}

/* ---- Looking inside ---- */

static const char *hsm_name(unsigned state)
{
	static const char *const name[] = {"started",	"stopped",    "starting", "stopping",
					   "suspended", "suspending", "resuming"};

	return state < ARRAY_SIZE(name) ? name[state] : "?";
}

static bool cmd_vcpus(const char *const *arg)
{
	struct vm *vm = guest(arg[0]);

	if (!vm)
		return true;
	console_printf("%4s %-8s %-10s %4s %12s %8s %s\n", "vcpu", "state", "HSM", "hart",
		       "run time", "requests", "pc at the last exit");
	for (unsigned i = 0; i < vm->nvcpus; i++) {
		const struct vcpu *v = vm->vcpu[i];
		uint64_t ms = v->run_ticks / (host.timebase / 1000 + !(host.timebase / 1000));

		console_printf(
			"%4u %-8s %-10s %4lu %6lu.%03lu s %#8lx %#lx\n", v->id, vcpu_state_name(v),
			hsm_name(v->hsm), v->cpu ? (unsigned long)v->cpu->hartid : 0,
			(unsigned long)(ms / 1000), (unsigned long)(ms % 1000),
			(unsigned long)atomic_load(&v->requests), (unsigned long)v->ctx.sepc);
	}
	return true;
}

static const char *const cause_name[EXIT_COUNTS] = {
	[CAUSE_FETCH_MISALIGNED] = "instruction address misaligned",
	[CAUSE_FETCH_ACCESS] = "instruction access fault",
	[CAUSE_ILLEGAL] = "illegal instruction",
	[CAUSE_BREAKPOINT] = "breakpoint",
	[CAUSE_LOAD_MISALIGNED] = "load address misaligned",
	[CAUSE_LOAD_ACCESS] = "load access fault",
	[CAUSE_STORE_MISALIGNED] = "store address misaligned",
	[CAUSE_STORE_ACCESS] = "store access fault",
	[CAUSE_ECALL_U] = "ecall from user mode",
	[CAUSE_ECALL_VS] = "SBI call",
	[CAUSE_FETCH_PAGE_FAULT] = "instruction page fault",
	[CAUSE_LOAD_PAGE_FAULT] = "load page fault",
	[CAUSE_STORE_PAGE_FAULT] = "store page fault",
	[CAUSE_DOUBLE_TRAP] = "double trap",
	[CAUSE_SOFTWARE_CHECK] = "software check",
	[CAUSE_HARDWARE_ERROR] = "hardware error",
	[CAUSE_FETCH_GUEST_PAGE_FAULT] = "instruction guest-page fault",
	[CAUSE_LOAD_GUEST_PAGE_FAULT] = "load guest-page fault",
	[CAUSE_VIRTUAL_INSTRUCTION] = "virtual instruction",
	[CAUSE_STORE_GUEST_PAGE_FAULT] = "store guest-page fault",
	[EXIT_IRQ + IRQ_SSI] = "host software interrupt",
	[EXIT_IRQ + IRQ_STI] = "host timer interrupt",
	[EXIT_IRQ + IRQ_SEI] = "host external interrupt",
	[EXIT_IRQ + IRQ_SGEI] = "guest external interrupt",
};

static void show_count(uint64_t n, const char *what)
{
	if (n)
		console_printf("%12lu  %s\n", (unsigned long)n, what);
}

static bool cmd_exits(const char *const *arg)
{
	struct vm *vm = guest(arg[0]);
	uint64_t n[EXIT_COUNTS] = {0}, total = 0, fast = 0, mmio = 0, injected = 0, fences = 0;

	if (!vm)
		return true;
	for (unsigned i = 0; i < vm->nvcpus; i++) {
		const struct vcpu *v = vm->vcpu[i];

		for (unsigned cause = 0; cause < EXIT_COUNTS; cause++) {
			n[cause] += v->ctx.exits[cause];
			total += v->ctx.exits[cause];
		}
		fast += v->ctx.fast_sbi;
		mmio += v->mmio;
		injected += v->injected;
		fences += v->fences_in;
	}
	for (unsigned cause = 0; cause < EXIT_COUNTS; cause++)
		show_count(n[cause], cause_name[cause] ? cause_name[cause] : "unknown cause");
	console_printf("%12lu  exits of %s, all vcpus\n", (unsigned long)total, vm->name);
	show_count(fast, "of the SBI calls were answered in the trap");
	show_count(mmio, "device accesses");
	show_count(injected, "exceptions delivered to the guest");
	show_count(fences, "TLB requests carried out");
	return true;
}

/* ---- Nacre itself ---- */

static bool cmd_log(const char *const *arg)
{
	char buf[LOG_LINE_MAX + 2];
	uint64_t pos = 0;
	size_t n;

	(void)arg;
	while ((n = log_read(&pos, buf, sizeof(buf))))
		console_printf("%.*s", (int)n, buf);
	return true;
}

static bool cmd_mem(const char *const *arg)
{
	(void)arg;
	console_printf("%8lu MiB  managed by Nacre\n", MIB(memory_total_pages() * PAGE_SIZE));
	console_printf("%8lu MiB  free\n", MIB(memory_free_pages() * PAGE_SIZE));
	for (struct vm *vm = vm_list; vm; vm = vm->next)
		console_printf("%8lu MiB  RAM of %s, in %u piece%s\n", MIB(vm->ram_size), vm->name,
			       vm->nchunks, vm->nchunks == 1 ? "" : "s");
	return true;
}

static bool cmd_harts(const char *const *arg)
{
	(void)arg;
	console_printf("%4s %-8s %6s %12s %s\n", "hart", "state", "queued", "idle", "runs");
	for (unsigned i = 0; i < cpu_count; i++) {
		const struct cpu *c = cpus[i];
		const struct vcpu *v = atomic_load(&c->current);
		uint64_t ms = c->idle_ticks / (host.timebase / 1000 + !(host.timebase / 1000));

		console_printf("%4lu %-8s %6u %6lu.%03lu s ", (unsigned long)c->hartid,
			       atomic_load(&c->online) ? "online" : "offline", c->nready,
			       (unsigned long)(ms / 1000), (unsigned long)(ms % 1000));
		if (v)
			console_printf("%s vcpu %u\n", v->vm->name, v->id);
		else
			console_printf("-\n");
	}
	return true;
}

static bool cmd_poweroff(const char *const *arg)
{
	if (strcmp(arg[0], "now") != 0) {
		console_printf("usage: poweroff now (guests are not asked)\n");
		return true;
	}
	log_info("powered off from the monitor");
	sbi_shutdown(false);
	console_printf("the firmware cannot power this machine off\n");
	return true;
}

static bool cmd_quit(const char *const *arg)
{
	(void)arg;
	return false;
}

static bool cmd_help(const char *const *arg)
{
	(void)arg;
	for (unsigned i = 0; i < monitor_command_count; i++) {
		const struct monitor_command *c = &monitor_commands[i];

		console_printf("  %-8s %-8s %s\n", c->name, c->args, c->help);
	}
	console_printf(
		"GUEST is a name or a number from \"guests\"; without it the guest that has the"
		" line. Commands may be shortened.\n");
	return true;
}

const struct monitor_command monitor_commands[] = {
	{"help", "", "this list", 0, 0, cmd_help},
	{"guests", "", "the guests and their state", 0, 0, cmd_guests},
	{"switch", "GUEST", "give the line to a guest", 1, 1, cmd_switch},
	{"console", "GUEST", "the same", 1, 1, cmd_switch},
	{"pause", "[GUEST]", "stop a guest's vcpus where they are", 0, 1, cmd_pause},
	{"resume", "[GUEST]", "let a paused guest go on", 0, 1, cmd_resume},
	{"reset", "[GUEST]", "restart a guest from its bundle", 0, 1, cmd_reset},
	{"start", "[GUEST]", "start a guest that is off", 0, 1, cmd_start},
	{"stop", "GUEST", "end a guest at once", 1, 1, cmd_stop},
	{"vcpus", "[GUEST]", "a guest's vcpus", 0, 1, cmd_vcpus},
	{"exits", "[GUEST]", "why and how often a guest left to Nacre", 0, 1, cmd_exits},
	{"log", "", "Nacre's log", 0, 0, cmd_log},
	{"mem", "", "memory", 0, 0, cmd_mem},
	{"harts", "", "the machine's harts", 0, 0, cmd_harts},
	{"poweroff", "now", "power the machine off; guests are not asked", 1, 1, cmd_poweroff},
	{"quit", "", "back to the guest (also: empty line, escape key)", 0, 0, cmd_quit},
	{"close", "", "the same", 0, 0, cmd_quit},
};
const unsigned monitor_command_count = ARRAY_SIZE(monitor_commands);
