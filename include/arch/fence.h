/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The fences for guest translations, one instruction each (privileged specification, chapters "H"
 * and "Svinval"). Written as .insn, as the compiler is not told about H. Like io.h and atomic.h:
 * inline assembly, and the ears of the fence
 * watcher (arch/tlbsan.h), which are nothing in the normal build.
 */
#ifndef NACRE_ARCH_FENCE_H
#define NACRE_ARCH_FENCE_H

#include <arch/tlbsan.h>
#include <spec/nacl.h>
#include <stdint.h>

/* gpa in bytes; the instruction takes it shifted right by 2 */
static inline void hfence_gvma(uint64_t gpa, uint64_t vmid)
{
	tlbsan_fence(NACL_HFENCE_GVMA_VMID, gpa, vmid);
	__asm__ volatile(".insn r 0x73, 0, 0x31, x0, %0, %1" ::"r"(gpa >> 2), "r"(vmid) : "memory");
}
static inline void hfence_gvma_vmid_all(uint64_t vmid)
{
	tlbsan_fence(NACL_HFENCE_GVMA_VMID_ALL, 0, vmid);
	__asm__ volatile(".insn r 0x73, 0, 0x31, x0, x0, %0" ::"r"(vmid) : "memory");
}
static inline void hfence_gvma_all(void)
{
	tlbsan_fence(NACL_HFENCE_GVMA_ALL, 0, 0);
	__asm__ volatile(".insn r 0x73, 0, 0x31, x0, x0, x0" ::: "memory");
}
/* hfence.vvma acts on the VMID that is in hgatp */
static inline void hfence_vvma(uint64_t gva)
{
	tlbsan_fence(NACL_HFENCE_VVMA, gva, 0);
	__asm__ volatile(".insn r 0x73, 0, 0x11, x0, %0, x0" ::"r"(gva) : "memory");
}
static inline void hfence_vvma_asid(uint64_t gva, uint64_t asid)
{
	tlbsan_fence(NACL_HFENCE_VVMA_ASID, gva, asid);
	__asm__ volatile(".insn r 0x73, 0, 0x11, x0, %0, %1" ::"r"(gva), "r"(asid) : "memory");
}
static inline void hfence_vvma_asid_all(uint64_t asid)
{
	tlbsan_fence(NACL_HFENCE_VVMA_ASID_ALL, 0, asid);
	__asm__ volatile(".insn r 0x73, 0, 0x11, x0, x0, %0" ::"r"(asid) : "memory");
}
static inline void hfence_vvma_all(void)
{
	tlbsan_fence(NACL_HFENCE_VVMA_ALL, 0, 0);
	__asm__ volatile(".insn r 0x73, 0, 0x11, x0, x0, x0" ::: "memory");
}

/* Svinval: any number of hinval between sfence_w_inval and sfence_inval_ir is one fence. */
static inline void sfence_w_inval(void)
{
	tlbsan_inval(true);
	__asm__ volatile(".insn r 0x73, 0, 0x0c, x0, x0, x0" ::: "memory");
}
static inline void sfence_inval_ir(void)
{
	tlbsan_inval(false);
	__asm__ volatile(".insn r 0x73, 0, 0x0c, x0, x0, x1" ::: "memory");
}
static inline void hinval_gvma(uint64_t gpa, uint64_t vmid)
{
	tlbsan_hinval(NACL_HFENCE_GVMA_VMID, gpa, vmid);
	__asm__ volatile(".insn r 0x73, 0, 0x33, x0, %0, %1" ::"r"(gpa >> 2), "r"(vmid) : "memory");
}
static inline void hinval_vvma(uint64_t gva)
{
	tlbsan_hinval(NACL_HFENCE_VVMA, gva, 0);
	__asm__ volatile(".insn r 0x73, 0, 0x13, x0, %0, x0" ::"r"(gva) : "memory");
}
static inline void hinval_vvma_asid(uint64_t gva, uint64_t asid)
{
	tlbsan_hinval(NACL_HFENCE_VVMA_ASID, gva, asid);
	__asm__ volatile(".insn r 0x73, 0, 0x13, x0, %0, %1" ::"r"(gva), "r"(asid) : "memory");
}

#endif
