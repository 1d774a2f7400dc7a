/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The monitor's commands. What they show of other harts is read without locks, one word at a time:
 * it may be a moment old, never half. What they change goes through vm.h and console.h.
 */
#include <string.h>

#include <arch/sbi.h>
#include <core/console.h>
#include <core/errno.h>
#include <core/gdb_target.h>
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
		monitor_printf("no guest has the line: name one\n");
		return NULL;
	}
	arg = arg ? arg : console_port_name(p);
	vm = vm_by_name(arg);
	if (!vm)
		vm = vm_by_number(arg);
	if (!vm)
		monitor_printf("%s: no such guest; \"guests\" lists them\n", arg);
	return vm;
}

/* ---- Guests ---- */

static bool cmd_switch(const char *const *arg)
{
	struct vm *vm = monitor_guest(arg[0]);
	struct console_port *p = vm ? console_port_by_name(vm->name) : NULL;

	if (vm && !p)
		monitor_printf("%s: this guest has no console\n", vm->name);
	if (!p)
		return true;
	console_focus(p);
	return false;
}

static bool not_in_state(const struct vm *vm)
{
	monitor_printf("%s: this guest is %s\n", vm->name, vm_state_name(vm));
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
	monitor_printf("%s: paused\n", vm->name);
	return true;
}

static bool cmd_resume(const char *const *arg)
{
	struct vm *vm = monitor_guest(arg[0]);

	if (!vm)
		return true;
	if (!vm_resume(vm))
		monitor_printf("%s: %s\n", vm->name, vm_state_name(vm));
	else if (monitor_go_on(vm))
		monitor_printf("%s: running\n", vm->name);
	else
		return not_in_state(vm);
	return true;
}

static bool start(struct vm *vm)
{
	int rc = vm_start(vm);

	if (rc == -NACRE_EBUSY)
		return not_in_state(vm);
	if (rc)
		monitor_printf("%s: cannot be started: %s\n", vm->name, nacre_strerror(rc));
	else
		monitor_printf("%s: started\n", vm->name);
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
	monitor_printf("%s: restarting\n", vm->name);
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
		monitor_printf("usage: poweroff now (guests are not asked)\n");
		return true;
	}
	log_info("powered off from the monitor");
	sbi_shutdown(false);
	monitor_printf("the firmware cannot power this machine off\n");
	return true;
}

static bool cmd_debugger(const char *const *arg)
{
	const char *where = gdb_target_where();

	if (arg[0] && strcmp(arg[0], "off") != 0)
		monitor_printf("usage: debugger [off]\n");
	else if (!where)
		monitor_printf("there is no debugger\n");
	else if (!arg[0])
		monitor_printf("there is a debugger on %s\n", where);
	else
		gdb_target_end();
	return true;
}

static bool cmd_quit(const char *const *arg)
{
	(void)arg;
	return false;
}

static bool cmd_page(const char *const *arg)
{
	unsigned rows = 0;

	for (const char *s = arg[0]; *s; s++) {
		if (*s < '0' || *s > '9' || rows > 99) {
			monitor_printf("usage: page ROWS, 0 for no pages\n");
			return true;
		}
		rows = 10 * rows + (unsigned)(*s - '0');
	}
	monitor_set_rows(rows);
	return true;
}

static void help_on(const char *name)
{
	const struct monitor_command *near, *c = monitor_find(name, &near);

	if (!c) {
		monitor_printf("%s: no such command; \"help\" lists them\n", name);
		return;
	}
	monitor_printf("%s%s%s: %s\n", c->name, *c->args ? " " : "", c->args, c->help);
	if (c->more)
		monitor_printf("%s\n", c->more);
}

static bool cmd_help(const char *const *arg)
{
	if (arg[0]) {
		help_on(arg[0]);
		return true;
	}
	for (unsigned i = 0; i < monitor_command_count; i++) {
		const struct monitor_command *c = &monitor_commands[i];

		monitor_printf("  %-9s %-33s%s\n", c->name, c->args, c->help);
	}
	monitor_printf(
		"GUEST is a name or a number from \"guests\"; without it the guest that has the"
		" line. Commands may be shortened; Tab completes.\n");
	return true;
}

const struct monitor_command monitor_commands[] = {
	{"help", "[COMMAND]", "this list, or more about a command", 0, 1, cmd_help, NULL},
	{"guests", "", "the guests and their state", 0, 0, monitor_guests,
	 "off: never started, or shut down. crashed: ended by Nacre, \"log\" tells why. ending: a\n"
	 "vcpu has not left its hart yet. boots counts every start, the guest's own reboots too."},
	{"switch", "GUEST", "give the line to a guest", 1, 1, cmd_switch,
	 "The monitor closes. What the guest has written meanwhile is shown, up to 16 KiB."},
	{"console", "GUEST", "the same", 1, 1, cmd_switch, NULL},
	{"pause", "[GUEST]", "stop a guest's vcpus where they are", 0, 1, cmd_pause,
	 "Its clock goes on, so it finds timers expired when it is resumed."},
	{"resume", "[GUEST]", "let a paused or stopped guest go on", 0, 1, cmd_resume, NULL},
	{"continue", "[GUEST]", "the same", 0, 1, cmd_resume, NULL},
	{"reset", "[GUEST]", "restart a guest from its bundle", 0, 1, cmd_reset,
	 "As if its power had been cut: RAM is zeroed, the images are loaded anew. A guest that "
	 "is\n"
	 "off or has crashed is started."},
	{"start", "[GUEST]", "start a guest that is off", 0, 1, cmd_start, NULL},
	{"stop", "GUEST", "end a guest at once", 1, 1, cmd_stop,
	 "It is not asked, what it has not written to its disks is lost. Nacre stays, also "
	 "without\n"
	 "any guest."},
	{"load", "[GUEST]", "make a guest out of the bundle in the load area", 0, 1, monitor_load,
	 "Without a name: what is there. The area is the host's memory that the boot argument\n"
	 "load-area=SIZE@ADDRESS keeps free; a debugger or boot loader puts a bundle there. A "
	 "guest\n"
	 "of that name that is off gets the new files, command line and ISA."},
	{"vcpus", "[GUEST]", "a guest's vcpus", 0, 1, monitor_vcpus,
	 "state is Nacre's: off, blocked (waits for an interrupt), ready (waits for a hart),\n"
	 "running. HSM is what the guest's SBI calls have made of it. requests are bits of\n"
	 "include/core/vcpu.h that the vcpu has still to carry out."},
	{"exits", "[GUEST]", "why and how often a guest left to Nacre", 0, 1, monitor_exits,
	 "Counted since Nacre started, reboots included. Of those that were traced also what they "
	 "cost:\n"
	 "instructions of the hart to the guest's next one, or to the end of its turn."},
	{"trace", "[on|off|status|filter|dump]", "record what happens to guests", 0, 3,
	 monitor_trace,
	 "A ring of records per hart, the oldest overwritten, and counters that lose nothing.\n"
	 "trace filter KIND[,KIND...] [GUEST]: record these only (entry exit sbi irq fence sched "
	 "fault\n"
	 "inject, or all), and of this guest only. trace dump: the rings as text for "
	 "build/tools/trace."},
	{"isa", "[GUEST [+x,-y]]", "a guest's extensions; changes those of one that is off", 0, 2,
	 monitor_isa,
	 "host: the harts have it. guest: it was given. Then how a difference is made: emulated,\n"
	 "hidden and enforced by a control bit, or hidden by advertisement only."},
	{"why", "[GUEST]", "what a guest is doing, and why it does not boot", 0, 1, monitor_why,
	 "Looks at it for a sixth of a second while it goes on, and says in plain words what it "
	 "is\n"
	 "doing and the likely cause: also of a guest that is silent, loops, faults or waits."},
	{"watch", "", "guests' run time and exits, once a second", 0, 0, monitor_watch,
	 "Until a key is pressed."},
	{"inject", "SOURCE [GUEST]", "raise an interrupt", 1, 2, monitor_inject,
	 "A source of the guest's PLIC, as \"irq\" shows them; it rises and falls at once."},
	{"sendbreak", "[GUEST]", "send a break on a guest's serial line", 0, 1, monitor_send_break,
	 "For Linux the key before a Magic SysRq letter."},
	{"break", "[GUEST [ADDRESS [TYPE]]]", "set a breakpoint, or list them", 0, 3, monitor_break,
	 "A guest that comes to it is stopped, all of it, and a line says so; then look at it,\n"
	 "\"step\" it, \"continue\". ADDRESS as for x, as vcpu 0 translates now; an ebreak stands\n"
	 "there, unseen. TYPE exec: by a debug trigger of the harts or, where none is free, by the\n"
	 "G-stage; write, read, access: 8 bytes of data."},
	{"delete", "GUEST [NUMBER]", "delete a breakpoint, or all", 1, 2, monitor_delete, NULL},
	{"step", "[GUEST [VCPU [N]]]", "let a vcpu carry out an instruction, or N", 0, 3,
	 monitor_step,
	 "The other vcpus stand still, and then all of the guest, until \"continue\". With N 0 "
	 "the\n"
	 "guest is only stopped. Breakpoints do not end it; interrupts wait."},
	{"clock", "[GUEST [stand|run]]", "a guest's time while it is stopped", 0, 2, monitor_clock,
	 "stand: a breakpoint, a step or a debugger costs it no time. run: it finds its timers\n"
	 "expired then, as after \"pause\". Property debug-clock; counts when it goes on next."},
	{"regs", "[GUEST [VCPU [fp|v]]]", "a vcpu's registers", 0, 3, monitor_regs,
	 "With the fields of its CSRs: its own (the VS ones of the hart), then those that Nacre "
	 "set.\n"
	 "fp: the floating-point registers, v: the first 32 bytes of the vector registers."},
	{"x", "[/FORMAT] ADDRESS [GUEST [VCPU]]", "a guest's memory", 1, 4, monitor_x,
	 "FORMAT as in gdb: how many (8), how (x d u c s i a), of what size (b h w g): x/8xg $sp.\n"
	 "ADDRESS is a number, $REGISTER or a symbol of the guest's kernel, and perhaps +N or -N:\n"
	 "virtual, as the vcpu translates now; p before a number or register: guest physical."},
	{"dis", "[ADDRESS [GUEST [VCPU]]]", "the instructions there, or at the pc", 0, 3,
	 monitor_dis, "ADDRESS as for x; x/Ni for more of them."},
	{"walk", "ADDRESS [GUEST [VCPU]]", "how an address is translated, step by step", 1, 3,
	 monitor_walk,
	 "Each entry of the guest's page tables (VS-stage), who may do what there, and where the\n"
	 "guest physical address is in the host (G-stage). Nothing is changed by looking."},
	{"maps", "[GUEST]", "a guest's physical address space", 0, 1, monitor_maps,
	 "Devices, then RAM and where the host has it (G-stage)."},
	{"irq", "[GUEST]", "interrupts: enabled, pending, claimed", 0, 1, monitor_irq,
	 "For each vcpu the lines of sie and sip, and the sources of its PLIC that are in use.\n"
	 "A source that stays claimed was never completed by the guest's driver."},
	{"sbi", "[GUEST]", "a guest's SBI calls, and the last that were refused", 0, 1, monitor_sbi,
	 "Calls per extension and function, of all vcpus; those that are answered in the trap are\n"
	 "counted together."},
	{"tlb", "[GUEST]", "VMIDs and TLB requests", 0, 1, monitor_tlb,
	 "Per hart how many VMIDs of this generation are used up; per vcpu its number, its queue\n"
	 "of requests from other vcpus, and the fences that were carried out for it, by type."},
	{"config", "[GUEST]", "what the bundle says of a guest", 0, 1, monitor_config, NULL},
	{"dmesg", "[GUEST [RECORDS]]", "a Linux guest's log, out of its memory", 0, 2,
	 monitor_dmesg,
	 "Also of a guest that is stopped, silent or has crashed. <N> is the level, 0 emergency "
	 "to\n"
	 "7 debug. RECORDS: no more than the last ones."},
	{"bt", "[GUEST [VCPU]]", "a Linux guest's call stack", 0, 2, monitor_bt,
	 "Along the frame pointers; without them, what on the stack looks like a return address.\n"
	 "Names where the kernel has kallsyms."},
	{"log", "[warnings]", "Nacre's log", 0, 1, monitor_log,
	 "The last 8 KiB; or of that only the warnings."},
	{"mem", "", "memory", 0, 0, monitor_mem, NULL},
	{"harts", "", "the machine's harts", 0, 0, monitor_harts,
	 "queued: vcpus that wait for the hart. idle: the time that it had nothing to run."},
	{"page", "ROWS", "lines of a page of output; 0: no pages", 1, 1, cmd_page,
	 "At \"--more--\": space for a page, Enter for a line, q for no more; any other key shows\n"
	 "the rest and begins the next command. 24 to begin with."},
	{"debugger", "[off]", "whether there is one; ends its session", 0, 1, cmd_debugger,
	 "off: for one that was lost on a line of its own. What it has stopped goes on."},
	{"poweroff", "now", "power the machine off; guests are not asked", 1, 1, cmd_poweroff,
	 NULL},
	{"quit", "", "back to the guest (also: empty line, escape key)", 0, 0, cmd_quit, NULL},
	{"close", "", "the same", 0, 0, cmd_quit, NULL},
};
const unsigned monitor_command_count = ARRAY_SIZE(monitor_commands);
