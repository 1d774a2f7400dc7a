/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stopping guests, letting them go, single steps, breakpoints and watchpoints: what the GDB stub
 * and the monitor are made of. Guests that nobody asked for are not concerned.
 *
 * A vcpu is stopped by holding it: once its turn has ended it is on no hart and in no queue, with
 * all of its registers in memory. Points change only while every vcpu of the guest is held and off
 * its hart, so the exits that look at them (debug_breakpoint(), debug_ram_fault(), on any hart)
 * take no lock. All else is the boot hart's, which is called through the poll of core/sched.c when
 * a held vcpu's turn has ended. While all of a guest is held its time stands still.
 */
#ifndef NACRE_CORE_DEBUG_H
#define NACRE_CORE_DEBUG_H

#include <arch/triggers.h>
#include <core/points.h>
#include <core/types.h>

struct cpu;
struct vcpu;
struct vcpu_exit;
struct vm;

enum debug_why {
	DEBUG_NONE,
	DEBUG_STEP, /* a step has been taken */
	DEBUG_BREAK,
	DEBUG_EXEC, /* the watchpoints: the access has not been made yet */
	DEBUG_WRITE,
	DEBUG_READ,
	DEBUG_ACCESS,
	DEBUG_OVER,    /* it must step over something that concerns nobody, */
	DEBUG_OVER_SC, /* or has: an SC, which failed, as will all until one is let through */
};

/* Who stops a guest: one at a time. A debugger on the line takes what the monitor has. */
enum debug_user {
	DEBUG_BY_GDB,
	DEBUG_BY_MONITOR,
};

/* core/monitor_debug.c's own; zeroed by debug_attach(). */
struct debug_monitor {
	uint8_t todo;	   /* when it stands still next */
	bool told;	   /* its user knows that it stands still */
	struct vcpu *over; /* takes a step before all go on, NULL: nobody, */
	uint64_t over_pc;  /* if it still is here */
	struct vcpu *at;   /* who takes steps, or has come upon something */
	uint64_t steps;	   /* still to be taken */
};

struct vm_debug {
	struct points points;
	struct triggers triggers; /* hardware breakpoints that need no place in points */
	enum debug_user user;
	struct debug_monitor monitor;
	bool attached;
	bool leaving;	     /* to be detached from when it has stopped */
	bool anew;	     /* has changed hands: all that was is forgotten when it has stopped */
	bool stands;	     /* all of it stands still, for the user */
	bool killed;	     /* by the debugger, since it was attached to */
	bool asked;	     /* somebody waits for it to stop */
	struct vcpu *wanted; /* who takes a step, or NULL */
	struct vcpu *stepping; /* whose step is under way, for `wanted` or as DEBUG_OVER */
	unsigned more;	       /* steps like that at most, until an LR/SC sequence is through */
	bool opened;	       /* watched pages can be accessed meanwhile, triggers are off */
	bool quiet;	       /* interrupts are kept from it: vsie waits here; */
	uint64_t vsie;
	struct world *world; /* of a guest of the guest, if that runs: its hie as well */
	uint64_t hie;
	uint64_t stood; /* host time since when all stand still; 0: they do not */
};

/* ---- Boot hart, no lock held ---- */

/* From now on breakpoints can be set; asks all vcpus to stop. -NACRE_EPERM: switched off;
 * -NACRE_EBUSY: attached to already, or the guest does not run; -NACRE_ENOMEM. */
int debug_attach(struct vm *vm, enum debug_user user);
/* No breakpoint is left, all go on: once it has stopped, so debug_stands() is to be called while
 * debug_attached(). */
void debug_detach(struct vm *vm);
bool debug_attached(const struct vm *vm);
/* Attached to, by this user; perhaps he leaves it at this moment. */
bool debug_is_of(const struct vm *vm, enum debug_user user);

/* Asks all vcpus of the guest to stop. */
void debug_stop(struct vm *vm);
/*
 * Does what steps need. True: all stand still, for somebody who asked or for what *v has come
 * upon (NULL: for nothing, or another's sake).
 */
bool debug_stands(struct vm *vm, struct vcpu **v);
/* What its vcpus have come upon need not be told: they will come upon it again. */
void debug_forget(struct vm *vm);
/* Lets those go whose goes_on is set; or one take a step, and the others stand still meanwhile. */
void debug_go(struct vm *vm, struct vcpu *step);
/* Is it no more, by its own doing or by an end that others gave it? */
bool debug_ended(const struct vm *vm, bool *crashed);

/*
 * All stand still. Adds or takes away a point at an address of v's (or a physical one).
 * -NACRE_EFAULT: not mapped, or no RAM; -NACRE_ENOTSUP: while a guest of the guest runs there are
 * only breakpoints, and triggers if one is free; else as points_add(). A hardware breakpoint at a virtual
 * address is a debug trigger where there is a free one.
 */
int debug_point(struct vcpu *v, bool add, enum point_type type, uint64_t addr, uint64_t len,
		bool physical);
/*
 * Likewise, a hardware breakpoint by a debug trigger, at a virtual address of whatever is mapped
 * there: for the guest, or (inner) for a guest of the guest. False: not to be had, and
 * debug_point() may do; or there is none.
 */
bool debug_trigger(struct vm *vm, bool add, uint64_t va, bool inner);
/* Likewise: takes all away. */
void debug_clear(struct vm *vm);
/* How many debug triggers a guest may have; 0: the host has none. */
unsigned debug_triggers_max(void);

/* ---- Each hart about itself, at its bring-up ---- */
void debug_hw_hart_init(struct cpu *c);

/* ---- The vcpu's own hart, at an exit ---- */

/* A breakpoint exception. False: it is the guest's own. True: the turn ends. */
bool debug_breakpoint(struct vcpu *v);
/* A guest page fault in RAM. False: that is no watchpoint's doing. *resume: what the exit's handler
 * returns. */
bool debug_ram_fault(struct vcpu *v, const struct vcpu_exit *e, gpa_t addr, bool *resume);

/* ---- The hart that has built the guest anew; it is halted ---- */
void debug_rebuilt(struct vm *vm);

#endif
