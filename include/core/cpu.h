/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * struct cpu: one per hart, its address in tp. Fields are the owner hart's own unless a comment
 * says which lock or which protocol lets others touch them.
 */
#ifndef NACRE_CORE_CPU_H
#define NACRE_CORE_CPU_H

#include <core/types.h>
#include <arch/dbtr.h>
#include <arch/hart.h>
#include <arch/hext.h>
#include <arch/vmid.h>

#define CPU_MAX 64

struct vcpu;
struct trace_ring;

/* The device register by which other harts interrupt this one. Without one the firmware does it. */
struct bell {
	volatile uint32_t *reg; /* NULL: none */
	uint32_t ring;		/* what raises the interrupt */
	bool holds; /* an external interrupt, until `hush` is written; else software's */
	uint32_t hush;
};

struct cpu {
	struct hext_hart hext; /* first */
	uint64_t hartid;
	unsigned index; /* 0.. in order of bring-up; 0 is the boot hart */
	void *stack_top;
	struct vcpu *current; /* the vcpu being run; read by others only as a hint */
	uint32_t arrived;     /* atomic: 1 when the hart has come, or has been given up */
	uint32_t online;      /* atomic: 1 when the hart schedules */

	struct bell bell; /* what kicks it. From irq_hart_init() on */
	/* Kick protocol, see cpu_kick(). Atomic. */
	uint32_t kicked;
	uint32_t polling;

	/* Owned by sched.c, under sched_lock. */
	struct vcpu *ready;  /* list of V_READY vcpus homed here */
	struct vcpu *timers; /* list by ascending deadline */
	unsigned nready;
	bool away;	  /* between sched_away(true) and sched_away(false) */
	uint32_t resched; /* atomic: the run loop returns to the scheduler */
	uint32_t rearm;	  /* atomic: slice_end was set by another hart */
	uint64_t slice_end;

	uint64_t timer_armed; /* what timer_set() was told last */
	struct vmid_pool vmids;
	struct vcpu *fp_owner;	   /* whose FP registers the hart holds */
	struct vcpu *vector_owner; /* whose vector registers the hart holds */
	uint64_t idle_ticks;
	struct trace_ring *trace; /* NULL: tracing was never on */
	struct dbtr dbtr;	  /* core/debug_hw.c */
};

static_assert(offsetof(struct cpu, hext) == 0, "struct hext_hart: tp points at it");

extern struct cpu *cpus[CPU_MAX];
extern unsigned cpu_count;

static inline struct cpu *this_cpu(void)
{
	return hart_tp();
}

/* Makes a hart look at its requests soon: it leaves its guest, or its idle loop. Cheap when it was
 * kicked already. */
void cpu_kick(struct cpu *c);
/* The interrupt of a kick goes. Before a look at what it was for: one that comes later is seen
 * later. */
void cpu_kick_hush(struct cpu *c);
/* The kick arrived: called by the owner after that, or when it polls. */
void cpu_kick_ack(struct cpu *c);

/* Makes the struct cpu of the calling (boot) hart; the caller sets tp and changes to its stack. */
struct cpu *cpu_init_boot(uint64_t hartid);
/* Starts the other harts that the device tree names, one after the other; each calls cpu_main(). */
void cpu_start_others(void);
struct cpu *cpu_by_hartid(uint64_t hartid);
/* A hart's life after its set-up: core/main.c. */
void cpu_main(struct cpu *c) __attribute__((noreturn));

#endif
