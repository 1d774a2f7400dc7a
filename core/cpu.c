/* SPDX-License-Identifier: BSD-2-Clause */
/* Harts: their struct cpu, their start through SBI HSM, and the kick that makes another hart look
 * at its requests. */
#include <arch/atomic.h>
#include <arch/boot.h>
#include <arch/io.h>
#include <arch/irq.h>
#include <arch/mmu.h>
#include <arch/sbi.h>
#include <arch/timer.h>
#include <core/cpu.h>
#include <core/host.h>
#include <core/log.h>
#include <core/memory.h>
#include <core/sched.h>

struct cpu *cpus[CPU_MAX];
unsigned cpu_count;

void cpu_kick(struct cpu *c)
{
	/* The swap orders the caller's request before the look at `polling` (pairs with sched.c:
	 * idle()). */
	if (atomic_swap(&c->kicked, 1) || atomic_load(&c->polling))
		return;
	if (c->bell.reg)
		io_write32(c->bell.reg, c->bell.ring);
	else
		sbi_send_ipi(c->hartid);
}

void cpu_kick_hush(struct cpu *c)
{
	arch_irq_clear_ssi();
	if (!c->bell.holds)
		return;
	io_write32(c->bell.reg, c->bell.hush);
	fence_io(); /* before `kicked` = 0, or who sees that could ring first */
}

void cpu_kick_ack(struct cpu *c)
{
	/* `kicked` = 0 before the looks at requests that follow: a later kick is then sent anew. */
	atomic_swap(&c->kicked, 0);
	sched_kicked(c);
}

static struct cpu *cpu_new(uint64_t hartid)
{
	struct cpu *c = memory_pages(ALIGN_UP(sizeof(*c), PAGE_SIZE) / PAGE_SIZE);
	hpa_t stack;

	if (!c || memory_alloc(STACK_SIZE / PAGE_SIZE, 1, &stack))
		return NULL;
	c->hartid = hartid;
	c->index = cpu_count;
	c->timer_armed = TIMER_NEVER;
	c->slice_end = TIMER_NEVER;
	c->stack_top = mmu_map_stack(c->index, stack);
	if (!c->stack_top)
		return NULL;
	cpus[cpu_count] = c;
	return c;
}

struct cpu *cpu_init_boot(uint64_t hartid)
{
	struct cpu *c = cpu_new(hartid);

	if (!c)
		panic("no memory for the boot hart's stack");
	cpu_count = 1;
	return c;
}

static void secondary(void *tp)
{
	struct cpu *c = tp;

	/* Too late: the boot hart has gone on without it. */
	while (atomic_swap(&c->arrived, 1))
		arch_wait();
	cpu_main(c);
}

/*
 * One at a time: a hart probes its features into global variables before it says that it is online.
 * False: no more can be started, for this one may still come and use what `boot` tells it.
 */
static bool start_one(uint64_t hartid)
{
	static struct hart_boot boot;
	struct cpu *c = cpu_new(hartid);
	uint64_t limit = timer_now() + host.timebase; /* one second */
	long err;

	if (!c) {
		log_warn("hart %lu: no memory for it", hartid);
		return true;
	}
	boot = (struct hart_boot){(uint64_t)c->stack_top, (uint64_t)c, secondary};
	fence_rw_rw(); /* `boot` before the firmware's message to the hart that reads it */
	err = sbi_hart_start(hartid, hart_entry_phys(), (uint64_t)&boot);
	if (err) {
		log_warn("hart %lu: firmware does not start it: SBI error %ld", hartid, err);
		return true;
	}
	while (!atomic_load_acquire(&c->online))
		if (timer_now() > limit && !atomic_swap(&c->arrived, 1)) {
			log_warn("hart %lu: started, but silent for a second; left out, like those "
				 "after it",
				 hartid);
			return false;
		}
	cpu_count++;
	return true;
}

void cpu_start_others(void)
{
	uint64_t self = this_cpu()->hartid;

	for (unsigned i = 0; i < host.nharts; i++)
		if (host.hart[i].hartid != self && !start_one(host.hart[i].hartid))
			break;
}

struct cpu *cpu_by_hartid(uint64_t hartid)
{
	for (unsigned i = 0; i < cpu_count; i++)
		if (cpus[i]->hartid == hartid)
			return cpus[i];
	return NULL;
}
