/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Page table entries (Sv39, Sv48, Sv57 and their x4 forms share one layout) and hgatp, as in the
 * RISC-V privileged specification, chapters "Supervisor-Level ISA" and "Hypervisor Extension". No
 * code.
 */
#ifndef NACRE_SPEC_PTE_H
#define NACRE_SPEC_PTE_H

#include <assert.h>
#include <stdint.h>

#define PTE_V (UINT64_C(1) << 0) /* valid */
#define PTE_R (UINT64_C(1) << 1)
#define PTE_W (UINT64_C(1) << 2) /* without R reserved */
#define PTE_X (UINT64_C(1) << 3)
#define PTE_U (UINT64_C(1) << 4) /* set in every G-stage leaf: all guest accesses count as user's \
				  */
#define PTE_G (UINT64_C(1) << 5) /* clear in every G-stage entry */
#define PTE_A (UINT64_C(1) << 6)
#define PTE_D (UINT64_C(1) << 7)

#define PTE_RSW (UINT64_C(3) << 8)
#define PTE_PPN_SHIFT 10
#define PTE_PPN_BITS 44
#define PTE_PPN (((UINT64_C(1) << PTE_PPN_BITS) - 1) << PTE_PPN_SHIFT)
#define PTE_RESERVED (UINT64_C(0x7f) << 54)
#define PTE_RSW60T59B (UINT64_C(3) << 59) /* of these, software's with Svrsw60t59b */
#define PTE_PBMT (UINT64_C(3) << 61) /* Svpbmt; 3 reserved */
#define PTE_N (UINT64_C(1) << 63) /* Svnapot: with the low bits of PPN, a range's size */
#define PTE_N_BITS (UINT64_C(0xf) << PTE_PPN_SHIFT)
#define PTE_N_64K (UINT64_C(8) << PTE_PPN_SHIFT) /* the only one defined, and at level 0 only */

/* An entry with V set is a leaf if one of these is set, else it points to the next table. */
#define PTE_RWX (PTE_R | PTE_W | PTE_X)

#define PTE_TABLE_SHIFT 9 /* log2 of the entries of a table; an x4 root has four times as many */

#define HGATP_MODE_SHIFT 60
#define HGATP_MODE_BARE UINT64_C(0)
#define HGATP_MODE_SV39X4 UINT64_C(8)
#define HGATP_MODE_SV48X4 UINT64_C(9)
#define HGATP_MODE_SV57X4 UINT64_C(10)
#define HGATP_VMID_SHIFT 44
#define HGATP_VMID_BITS 14 /* at most: the least significant ones are implemented first */
#define HGATP_VMID (((UINT64_C(1) << HGATP_VMID_BITS) - 1) << HGATP_VMID_SHIFT)
#define HGATP_PPN ((UINT64_C(1) << 44) - 1)
#define HGATP_ROOT_PAGES 4 /* the root of an x4 mode: 16 KiB, aligned to that */

static_assert(PTE_PPN == UINT64_C(0x003ffffffffffc00), "PTE.PPN is bits 53:10");
static_assert((PTE_PPN | PTE_RESERVED | PTE_PBMT | PTE_N) == ~UINT64_C(0x3ff),
	      "nothing between PPN and bit 63 is left out");
static_assert((PTE_RSW60T59B & ~PTE_RESERVED) == 0, "bits 60:59 are among the reserved");
static_assert(HGATP_VMID == UINT64_C(0x03fff00000000000), "hgatp.VMID is bits 57:44");
static_assert((HGATP_PPN & HGATP_VMID) == 0, "hgatp.PPN ends below VMID");
static_assert(HGATP_VMID_SHIFT + HGATP_VMID_BITS <= HGATP_MODE_SHIFT, "hgatp.VMID ends below MODE");

#endif
