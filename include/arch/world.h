/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What differs in a hart's registers between a guest hypervisor and the guest that it runs in turn,
 * besides general registers, sepc, sstatus and hstatus: of the two, one is in the CSRs and the
 * other waits in a struct world (hext->swap()).
 */
#ifndef NACRE_ARCH_WORLD_H
#define NACRE_ARCH_WORLD_H

#include <stdint.h>

struct world {
	/* Changed by the guest as it runs. */
	uint64_t vsstatus, vstvec, vsscratch, vsepc, vscause, vstval, vsatp;
	uint64_t vstimecmp;
	uint64_t hie; /* VS-level interrupts alone; vsie << 1, as far as they are delegated */
	uint64_t hvip;
	/* IP_LCOFI in hie and hvip: a waiting side's with hvien, of its sie and sip. */

	/* Only by us. */
	uint64_t hgatp, hedeleg, hideleg, henvcfg, hcounteren, htimedelta;
	uint64_t hvien; /* IP_LCOFI: Sscofpmf was given to this side */
	uint64_t hstateen0; /* where the host has Smstateen */
};

#endif
