/* SPDX-License-Identifier: BSD-2-Clause */
/* A G-stage for L2: L1's own RAM, one to one, in 1 GiB pages (Sv39x4). */
#include "run.h"

#define ENTRIES 2048

uint64_t run_gstage(unsigned vmid)
{
	static uint64_t roots[MAX_HARTS][ENTRIES] __attribute__((aligned(16384)));
	uint64_t *root = roots[self()->index];

	for (uint64_t a = ALIGN_DOWN(machine.ram, SIZE_1G); a < machine.ram + machine.ram_size;
	     a += SIZE_1G)
		root[a / SIZE_1G] = pte_make(a, PTE_RW | PTE_X | PTE_U);
	return UINT64_C(8) << 60 | (uint64_t)vmid << 44 | (uintptr_t)root >> 12;
}
