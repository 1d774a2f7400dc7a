/* SPDX-License-Identifier: BSD-2-Clause */
/* The monitor's commands that do something to a guest's devices, and watch, which shows its figures
 * again and again. */
#include <string.h>

#include <core/host.h>
#include <arch/timer.h>
#include <core/vm.h>

#include "monitor.h"

bool monitor_inject(const char *const *arg)
{
	struct vm *vm = monitor_guest(arg[1]);
	uint64_t n;

	if (!vm)
		return true;
	if (!monitor_number(arg[0], &n) || n > 1023 || vm->ops->poke(vm, VM_POKE_IRQ, (unsigned)n))
		monitor_printf("%s: the PLIC's sources are 1 to %u\n", arg[0],
			       32 * VM_IRQ_WORDS - 1);
	else
		monitor_printf("%s: source %u raised and lowered\n", vm->name, (unsigned)n);
	return true;
}

bool monitor_send_break(const char *const *arg)
{
	struct vm *vm = monitor_guest(arg[0]);

	if (!vm)
		return true;
	if (vm->ops->poke(vm, VM_POKE_BREAK, 0))
		monitor_printf("%s: this guest has no console\n", vm->name);
	else
		monitor_printf("%s: a break was sent\n", vm->name);
	return true;
}

/* ---- watch ---- */

#define PERIOD	100 /* polls: about a second */
#define WATCHED 16

static struct {
	unsigned n;
	uint64_t run[WATCHED], exits[WATCHED]; /* per guest, at the last line */
} watch;

static uint64_t sum_exits(const struct vm *vm)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < vm->nvcpus; i++)
		for (unsigned cause = 0; cause < EXIT_COUNTS; cause++)
			n += vm->vcpu[i]->ctx.exits[cause];
	return n;
}

static uint64_t sum_ticks(const struct vm *vm)
{
	uint64_t n = 0, now = timer_now();

	for (unsigned i = 0; i < vm->nvcpus; i++) {
		const struct vcpu *v = vm->vcpu[i];
		uint64_t start = v->run_start;

		n += v->run_ticks;
		if (v->state == V_RUNNING && now > start)
			n += now - start;
	}
	return n;
}

static void watch_line(bool first)
{
	unsigned i = 0;

	for (struct vm *vm = vm_list; vm && i < WATCHED; vm = vm->next, i++) {
		uint64_t run = sum_ticks(vm), exits = sum_exits(vm);
		uint64_t percent = (run - watch.run[i]) * 100 / host.timebase;

		if (!first)
			monitor_printf("%s%s %lu%% %lu exits/s", i ? ", " : "", vm->name,
				       (unsigned long)percent,
				       (unsigned long)(exits - watch.exits[i]));
		watch.run[i] = run;
		watch.exits[i] = exits;
	}
	if (!first)
		monitor_printf("\n");
}

static bool watch_tick(bool cancel)
{
	if (!cancel && ++watch.n % PERIOD == 0)
		watch_line(false);
	return true;
}

bool monitor_watch(const char *const *arg)
{
	(void)arg;
	watch.n = 0;
	watch_line(true);
	monitor_job(watch_tick);
	return true;
}
