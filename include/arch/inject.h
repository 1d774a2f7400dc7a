/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Delivery of an exception to a guest: what the hardware would have done to the guest's supervisor
 * state had it taken the trap into VS-mode itself (privileged specification, "Trap Entry" of the
 * hypervisor extension, stvec, sstatus). Interrupts are not delivered this way, as a rule: a line in
 * hvip is raised, and the hardware does the rest. It has no line for some of a guest hypervisor's.
 */
#ifndef NACRE_ARCH_INJECT_H
#define NACRE_ARCH_INJECT_H

#include <core/types.h>

struct inject_state {
	uint64_t vsstatus, vstvec;
	uint64_t vsepc, vscause, vstval;
	uint64_t pc;	  /* of the instruction that raises it; then of the handler */
	bool virt_priv_s; /* the guest is in VS-mode, not VU-mode; then always true */
};

/*
 * Turns the state at a trap into that at the first instruction of the guest's handler. cause:
 * CAUSE_*, as the guest is to see it (CAUSE_INTERRUPT included); tval: the faulting address, the
 * instruction, or 0, by the rules of stval.
 */
void inject_exception(struct inject_state *s, uint64_t cause, uint64_t tval);

#endif
