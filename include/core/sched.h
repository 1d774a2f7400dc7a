/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which vcpu a hart runs next: fair by run time over all harts, preemptive only when another vcpu
 * waits (no tick otherwise); a free hart takes work from others.
 *
 * One lock for all of it: vcpu and VM states, queues, timer lists. Lock order: vm->dev_lock, then
 * sched_lock or the console's lock; vcpu->fence_lock stands alone. No lock is held while a guest
 * runs or while another hart is awaited.
 */
#ifndef NACRE_CORE_SCHED_H
#define NACRE_CORE_SCHED_H

#include <arch/atomic.h>
#include <core/cpu.h>
#include <core/vcpu.h>

extern struct spinlock sched_lock;

/* A hart's loop; never returns. */
void sched_loop(struct cpu *c) __attribute__((noreturn));
/* V_BLOCKED -> V_READY, if its VM may run. */
void sched_wake(struct vcpu *v);
/* The same for the holder of sched_lock; returns the hart to kick after unlocking, or NULL. */
struct cpu *sched_make_ready(struct vcpu *v);
/* Takes a vcpu out of queue and timer list; holder of sched_lock. */
void sched_remove(struct vcpu *v);
/* Timer list of the vcpu's home hart; holder of sched_lock. TIMER_NEVER removes. */
void sched_set_timer(struct vcpu *v, uint64_t deadline);
/* Sets this hart's timer to the next event that needs it. */
void sched_arm(struct cpu *c);
/*
 * The calling hart begins something long, with no lock held, or has done it: meanwhile no vcpu
 * waits for this hart that may run on another one.
 */
void sched_away(bool away);
/* Calls fn about 100 times a second until it returns false; on the boot hart, with no lock held.
 * Any hart asks for it, once there is a timer. */
void sched_poll(bool (*fn)(void));
/* Any hart: as if the time for the next call had come, if there is one. */
void sched_poll_now(void);
/* The loaded vcpu's turn ends within a slice, though nobody else may want the hart. */
void sched_short_turn(void);
/* A kick has arrived on this hart: another hart may have given its turn an end. */
void sched_kicked(struct cpu *c);
/* The host timer fired on this hart. */
void sched_timer(struct cpu *c);

#endif
