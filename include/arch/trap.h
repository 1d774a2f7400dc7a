/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Traps taken in HS-mode itself. Interrupts stay masked in HS-mode, so these are exceptions only:
 * either a guest memory access that has a fix-up (guest_access.S), or a defect of Nacre, which
 * panics.
 */
#ifndef NACRE_ARCH_TRAP_H
#define NACRE_ARCH_TRAP_H

#include <stdint.h>

struct host_frame {
	uint64_t x[32];
	uint64_t sepc, sstatus, scause, stval;
};

void trap_host(struct host_frame *f);

#endif
