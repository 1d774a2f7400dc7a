/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SBI nested acceleration: function and feature ids, and the shared memory between a hypervisor and
 * the one below it, for XLEN 64, as in the SBI specification, chapter "Nested Acceleration
 * Extension" (EID SBI_EXT_NACL in spec/sbi.h). No code.
 */
#ifndef NACRE_SPEC_NACL_H
#define NACRE_SPEC_NACL_H

#define SBI_NACL_PROBE_FEATURE 0
#define SBI_NACL_SET_SHMEM 1
#define SBI_NACL_SYNC_CSR 2
#define SBI_NACL_SYNC_HFENCE 3
#define SBI_NACL_SYNC_SRET 4

#define SBI_NACL_FEAT_SYNC_CSR 0
#define SBI_NACL_FEAT_SYNC_HFENCE 1
#define SBI_NACL_FEAT_SYNC_SRET 2
#define SBI_NACL_FEAT_AUTOSWAP_CSR 3
#define NACL_FEATURES 0xf /* a bit for each */

/* Offsets and sizes in bytes; a scratch space of one page, then the CSR space. */
#define NACL_SHMEM_SIZE 0x3000
#define NACL_SHMEM_ALIGN 0x1000
#define NACL_SRET_OFFSET 0x0000 /* Xi at 8 * i, X0 reserved */
#define NACL_SRET_SIZE 0x0200
#define NACL_AUTOSWAP_OFFSET 0x0200
#define NACL_AUTOSWAP_SIZE 0x0080
#define NACL_HFENCE_OFFSET 0x0800
#define NACL_HFENCE_SIZE 0x0780
#define NACL_HFENCE_ENTRIES 60
#define NACL_DIRTY_OFFSET 0x0f80 /* one bit for each word of the CSR space */
#define NACL_DIRTY_SIZE 0x0080
#define NACL_CSR_OFFSET 0x1000
#define NACL_CSR_WORDS 1024

/* Where CSR x has its word. Only CSRs with (x & 0x300) == 0x200 have one. */
#define NACL_CSR_INDEX(x) ((((x)&0xc00) >> 2) | ((x)&0xff))

#define NACL_AUTOSWAP_FLAG_HSTATUS (1 << 0)

/* HFENCE entry: config word */
#define NACL_HFENCE_PENDING (1ULL << 63)
#define NACL_HFENCE_TYPE_SHIFT 56
#define NACL_HFENCE_TYPE_MASK 0xfULL
#define NACL_HFENCE_ORDER_SHIFT 48
#define NACL_HFENCE_ORDER_MASK 0x7fULL
#define NACL_HFENCE_VMID_SHIFT 16
#define NACL_HFENCE_VMID_MASK 0x3fffULL
#define NACL_HFENCE_ASID_SHIFT 0
#define NACL_HFENCE_ASID_MASK 0xffffULL
#define NACL_HFENCE_RESERVED 0x7080ffffc0000000ULL

/* HFENCE entry: types */
#define NACL_HFENCE_GVMA 0	    /* guest physical range, every VMID */
#define NACL_HFENCE_GVMA_ALL 1	    /* every guest physical address, every VMID */
#define NACL_HFENCE_GVMA_VMID 2	    /* guest physical range, one VMID */
#define NACL_HFENCE_GVMA_VMID_ALL 3 /* every guest physical address, one VMID */
#define NACL_HFENCE_VVMA 4	    /* guest virtual range, one VMID, every ASID */
#define NACL_HFENCE_VVMA_ALL 5	    /* every guest virtual address, one VMID, every ASID */
#define NACL_HFENCE_VVMA_ASID 6	    /* guest virtual range, one VMID, one ASID */
#define NACL_HFENCE_VVMA_ASID_ALL 7 /* every guest virtual address, one VMID, one ASID */
#define NACL_HFENCE_TYPES 8

#ifndef __ASSEMBLER__

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

struct nacl_hfence {
	uint64_t config;
	uint64_t page_number; /* address >> (order + 12) */
	uint64_t reserved;
	uint64_t page_count; /* of 4 KiB << order */
};

struct nacl_autoswap {
	uint64_t flags;
	uint64_t hstatus;
	uint64_t reserved[14];
};

struct nacl_shmem {
	uint64_t sret_x[32];
	uint64_t sret_reserved[32];
	struct nacl_autoswap autoswap;
	uint64_t reserved[176];
	struct nacl_hfence hfence[NACL_HFENCE_ENTRIES];
	uint64_t dirty[NACL_CSR_WORDS / 64];
	uint64_t csr[NACL_CSR_WORDS];
};

static_assert(sizeof(struct nacl_hfence) == 32, "four words");
static_assert(sizeof(struct nacl_autoswap) == NACL_AUTOSWAP_SIZE, "autoswap context");
static_assert(sizeof(struct nacl_shmem) == NACL_SHMEM_SIZE, "4096 + 128 * XLEN bytes");
static_assert(offsetof(struct nacl_shmem, sret_x) == NACL_SRET_OFFSET, "SRET context");
static_assert(offsetof(struct nacl_shmem, autoswap) == NACL_AUTOSWAP_OFFSET, "autoswap context");
static_assert(offsetof(struct nacl_shmem, hfence) == NACL_HFENCE_OFFSET, "HFENCE entries");
static_assert(offsetof(struct nacl_shmem, dirty) == NACL_DIRTY_OFFSET, "CSR dirty bitmap");
static_assert(offsetof(struct nacl_shmem, csr) == NACL_CSR_OFFSET, "CSR space");
static_assert(NACL_HFENCE_SIZE == NACL_HFENCE_ENTRIES * sizeof(struct nacl_hfence),
	      "HFENCE entries");
static_assert(NACL_DIRTY_SIZE * 8 == NACL_CSR_WORDS, "a bit for each CSR");
static_assert(NACL_CSR_INDEX(0x200) == 0 && NACL_CSR_INDEX(0x680) == 0x180 &&
		      NACL_CSR_INDEX(0xeff) == 0x3ff,
	      "the specification's index ranges");
static_assert((NACL_HFENCE_PENDING | NACL_HFENCE_TYPE_MASK << NACL_HFENCE_TYPE_SHIFT |
	       NACL_HFENCE_ORDER_MASK << NACL_HFENCE_ORDER_SHIFT |
	       NACL_HFENCE_VMID_MASK << NACL_HFENCE_VMID_SHIFT | NACL_HFENCE_ASID_MASK |
	       NACL_HFENCE_RESERVED) == UINT64_MAX,
	      "all bits of the config word are accounted for");

#endif
#endif
