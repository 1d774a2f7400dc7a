/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The monitor's commands. What they show of other harts is read without locks, one word at a time:
 * it may be a moment old, never half. What they change goes through vm.h and console.h.
 */
#include <string.h>

#include <arch/sbi.h>
#include <core/console.h>
#include <core/errno.h>
#include <core/log.h>
#include <core/vm.h>

#include "monitor.h"

/* ---- Which guest is meant ---- */

static struct vm *vm_by_number(const char *s)
{
	struct vm *vm = vm_list;
	unsigned n = 0;

	/* strtoul() would write errno, which is thread-local: tp is ours. */
	for (; *s >= '0' && *s <= '9' && n < 10000; s++)
		n = 10 * n + (unsigned)(*s - '0');
	if (*s || n == 0)
		return NULL;
	while (vm && --n)
		vm = vm->next;
	return vm;
}

struct vm *monitor_guest(const char *arg)
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

static bool cmd_switch(const char *const *arg)
{
	struct vm *vm = monitor_guest(arg[0]);
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
	struct vm *vm = monitor_guest(arg[0]);

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
	struct vm *vm = monitor_guest(arg[0]);

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
	struct vm *vm = monitor_guest(arg[0]);

	return vm ? start(vm) : true;
}

static bool cmd_reset(const char *const *arg)
{
	struct vm *vm = monitor_guest(arg[0]);

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
	struct vm *vm = monitor_guest(arg[0]);

	if (!vm)
		return true;
	if (!is_alive(vm))
		return not_in_state(vm);
	vm_halt(vm, VM_ACT_STOP);
	return true;
}

/* ---- Nacre itself ---- */

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
	{"guests", "", "the guests and their state", 0, 0, monitor_guests},
	{"switch", "GUEST", "give the line to a guest", 1, 1, cmd_switch},
	{"console", "GUEST", "the same", 1, 1, cmd_switch},
	{"pause", "[GUEST]", "stop a guest's vcpus where they are", 0, 1, cmd_pause},
	{"resume", "[GUEST]", "let a paused guest go on", 0, 1, cmd_resume},
	{"reset", "[GUEST]", "restart a guest from its bundle", 0, 1, cmd_reset},
	{"start", "[GUEST]", "start a guest that is off", 0, 1, cmd_start},
	{"stop", "GUEST", "end a guest at once", 1, 1, cmd_stop},
	{"vcpus", "[GUEST]", "a guest's vcpus", 0, 1, monitor_vcpus},
	{"exits", "[GUEST]", "why and how often a guest left to Nacre", 0, 1, monitor_exits},
	{"isa", "[GUEST [+x,-y]]", "a guest's extensions; changes those of one that is off", 0, 2,
	 monitor_isa},
	{"log", "", "Nacre's log", 0, 0, monitor_log},
	{"mem", "", "memory", 0, 0, monitor_mem},
	{"harts", "", "the machine's harts", 0, 0, monitor_harts},
	{"poweroff", "now", "power the machine off; guests are not asked", 1, 1, cmd_poweroff},
	{"quit", "", "back to the guest (also: empty line, escape key)", 0, 0, cmd_quit},
	{"close", "", "the same", 0, 0, cmd_quit},
};
const unsigned monitor_command_count = ARRAY_SIZE(monitor_commands);
