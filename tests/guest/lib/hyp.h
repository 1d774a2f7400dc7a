/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For test guests with the hypervisor extension: a guest of their own (L2), entered and left
 * (hyp.S), its G-stage tables (hyp.c), and the instructions that the compiler is not told about.
 * Runs natively in HS-mode too.
 */
#ifndef GUEST_HYP_H
#define GUEST_HYP_H

#include "lib.h"

#define HGATP_MODE_SHIFT 60
#define HGATP_VMID_SHIFT 44

/* Filled in for l2_run(), and as it was left afterwards. hyp.S has the offsets. */
struct l2 {
	uint64_t x[32];
	uint64_t sepc, sstatus, hstatus;       /* in: SPP, SPVP; out: as the trap left them */
	uint64_t scause, stval, htval, htinst; /* out */
	uint64_t host[16];
	uint64_t entry; /* out: of stvec's table */
	uint64_t stvec; /* l2_run()'s */
};

/* Enters it and comes back with its next trap. Interrupts are off in HS-mode; those enabled in sie
 * end it, too. */
void l2_run(struct l2 *l2);

/* Code for L2, each with an ecall at its end: a0 = [a1]; [a1] = a0; call a1; ... */
extern char l2_load[], l2_store[], l2_call[], l2_ecall[], l2_spin[], l2_time[], l2_fp[], l2_sret[],
	l2_wfi[], l2_fence[], l2_satp[], l2_irq_on[], l2_vector[], l2_timer[], l2_hyp[],
	l2_follow[];

/* G-stage tables of L2: nothing is mapped. mode is 8, 9 or 10. */
struct gpt {
	uint64_t *root;
	unsigned levels;
};
struct gpt gpt_new(unsigned mode);
void gpt_map(const struct gpt *g, uint64_t gpa, uint64_t pa, unsigned level, uint64_t flags);
uint64_t *gpt_pte(const struct gpt *g, uint64_t gpa, unsigned level);
uint64_t gpt_hgatp(const struct gpt *g, uint64_t vmid);
/* The image, one to one, for L2's code. */
void gpt_map_image(const struct gpt *g);
#define G_LEAF (PTE_V | PTE_R | PTE_W | PTE_X | PTE_U | PTE_A | PTE_D)

/* The state that a test begins with: nothing is delegated, enabled or pending, HS-mode's
 * interrupts are off, there is no VS-stage, and this is the G-stage. Fences nothing. */
void l2_clean(uint64_t hgatp);
/* Runs code in VS- or VU-mode with a0 and a1 set, from a clean state; hgatp and all else as it is.
 */
struct l2 *l2_do(void *code, bool user, uint64_t a0, uint64_t a1);

static inline void hfence_gvma_all(void)
{
	__asm__ volatile(".insn r 0x73, 0, 0x31, x0, x0, x0" ::: "memory");
}
static inline void hfence_gvma(uint64_t gpa)
{
	__asm__ volatile(".insn r 0x73, 0, 0x31, x0, %0, x0" ::"r"(gpa >> 2) : "memory");
}
static inline void hfence_gvma_vmid(uint64_t gpa, uint64_t vmid)
{
	__asm__ volatile(".insn r 0x73, 0, 0x31, x0, %0, %1" ::"r"(gpa >> 2), "r"(vmid) : "memory");
}
static inline void hfence_vvma_all(void)
{
	__asm__ volatile(".insn r 0x73, 0, 0x11, x0, x0, x0" ::: "memory");
}
static inline void hfence_vvma(uint64_t gva)
{
	__asm__ volatile(".insn r 0x73, 0, 0x11, x0, %0, x0" ::"r"(gva) : "memory");
}
/* For try_call(). */
uint64_t hlv_d(uint64_t gva);
uint64_t hlv_w(uint64_t gva);
uint64_t hlv_bu(uint64_t gva);
uint64_t hlvx_hu(uint64_t gva);
void hsv_d(uint64_t gva, uint64_t value);
void hsv_h(uint64_t gva, uint64_t value);

#endif
