/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Nacre's own address space: its image at a fixed virtual address with W^X, a linear map of all RAM
 * (without the image), device windows and one guarded stack per hart. Built on the boot hart,
 * constant after boot except for devices, which are mapped before the other harts start, and for
 * the one page of mmu_poke_text().
 */
#ifndef NACRE_ARCH_MMU_H
#define NACRE_ARCH_MMU_H

#ifdef __ASSEMBLER__
#define MMU_UL(x) x
#else
#define MMU_UL(x) x##UL
#endif

/* Fixed places; all lie in the last 5 GiB, so they mean the same in Sv39, Sv48 and Sv57. */
#define IMAGE_VA  MMU_UL(0xffffffffc0000000)
#define DEVICE_VA MMU_UL(0xffffffff80000000)
#define STACK_VA  MMU_UL(0xffffffff40000000)
#define FDT_VA	  MMU_UL(0xfffffffec0000000) /* 2 GiB: the tree may cross a GiB boundary */

/* A stack is the upper half of an aligned 32 KiB slot; the lower half is never mapped. trap.S tests
 * this bit. */
#define STACK_SHIFT 14
#define STACK_SIZE  (MMU_UL(1) << STACK_SHIFT)

#ifndef __ASSEMBLER__
#include <core/types.h>

extern uint64_t mmu_linear_base; /* virtual = physical + this */
extern uint64_t mmu_image_pa;

static inline void *phys_to_virt(hpa_t p)
{
	return (void *)(p.v + mmu_linear_base);
}
/* For any pointer into the image or the linear map. */
hpa_t virt_to_phys(const void *p);

/* The host's device tree as entry.S has mapped it, and as it stays mapped. */
static inline const void *mmu_fdt(uint64_t fdt_pa)
{
	return (const void *)(FDT_VA + (fdt_pa & (SIZE_1G - 1)));
}
/* Replaces the boot page tables: linear map of `ram`, image, device tree (physical). false: too few
 * page tables. */
bool mmu_init(const struct mem_range *ram, unsigned count, const struct mem_range *fdt);
/* Maps a device; NULL when the window is full. size in bytes. */
volatile void *mmu_map_device(hpa_t p, uint64_t size);
/* Maps a stack for hart index n on the given pages; returns its top. */
void *mmu_map_stack(unsigned n, hpa_t pages);
/*
 * Writes an instruction of Nacre's own text, 4-byte aligned, through a page that is mapped writable for the time of the
 * store. The boot hart. Whoever executes it needs a fence.i. false: no page table (the first time only).
 */
bool mmu_poke_text(const uint32_t *text, uint32_t insn);
/* The name of the translation mode in use, "Sv39" etc. */
const char *mmu_mode_name(void);

#endif
#endif
