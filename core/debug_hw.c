/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hardware breakpoints by the hart's debug triggers. A guest's set is in force on a hart while one
 * of its vcpus is loaded there: load and put of the back end are exchanged for that as long as any
 * guest has such a breakpoint; then they cost all guests a little, else nothing. Every guest may
 * have as many as the hart with the fewest; for more there is the G-stage. Boot argument no-dbtr.
 */
#include <arch/atomic.h>
#include <core/cpu.h>
#include <core/debug.h>
#include <core/host.h>
#include <core/log.h>
#include <core/memory.h>
#include <core/trace.h>
#include <core/vcpu.h>
#include <core/vm.h>

#include "debug_private.h"

static uint32_t max; /* atomic; of the hart with the fewest */
static uint64_t last_id;
static void (*plain_load)(struct hext_ctx *ctx);
static void (*plain_put)(struct hext_ctx *ctx);

/* ---- Any hart ---- */

void debug_hw_hart_init(struct cpu *c)
{
	char buf[2];
	unsigned n = host_option("no-dbtr", buf, sizeof(buf)) ? 0 : dbtr_count();
	void *shmem = n ? memory_pages(1) : NULL;

	if (!shmem || !dbtr_init(&c->dbtr, shmem))
		n = 0;
	if (c->index == 0 || n < max)
		max = n;
}

static void load(struct hext_ctx *ctx)
{
	const struct vm *vm = CONTAINER_OF(ctx, struct vcpu, ctx)->vm;
	const struct vm_debug *d = vm->debug;

	plain_load(ctx);
	if (!d || !d->triggers.n || d->opened || dbtr_on(&this_cpu()->dbtr, &d->triggers))
		return;
	log_warn("%s: the firmware refuses its debug triggers; hbreak does without them from now "
		 "on, set them again",
		 vm->name);
	atomic_store(&max, 0);
}

static void put(struct hext_ctx *ctx)
{
	dbtr_off(&this_cpu()->dbtr);
	plain_put(ctx);
}

/* ---- The boot hart ---- */

/* No hart has a vcpu loaded that is concerned. */
static void exchange_ops(bool on)
{
	struct hext_ops *ops = trace_beneath();

	if (on == (ops->load == load))
		return;
	if (on) {
		plain_load = ops->load;
		plain_put = ops->put;
		fence_rw_rw(); /* both before who calls them */
	}
	ops->load = on ? load : plain_load;
	ops->put = on ? put : plain_put;
}

static void changed(struct triggers *ts)
{
	bool any = false;

	ts->id = ++last_id;
	for (const struct vm *vm = vm_list; vm; vm = vm->next)
		any = any || (vm->debug && vm->debug->triggers.n);
	exchange_ops(any);
}

unsigned debug_triggers_max(void)
{
	return atomic_load(&max);
}

bool debug_trigger(struct vm *vm, bool add, uint64_t va, bool inner)
{
	struct triggers *ts = &vm->debug->triggers;
	unsigned before = ts->n;
	bool ok = add ? triggers_add(ts, debug_triggers_max(), va, inner) >= 0
		      : triggers_remove(ts, va, inner);

	if (ts->n != before)
		changed(ts);
	return ok;
}

void debug_hw_clear(struct vm *vm)
{
	struct triggers *ts = &vm->debug->triggers;

	if (!ts->n)
		return;
	ts->n = 0;
	changed(ts);
}
