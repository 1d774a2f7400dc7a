/* SPDX-License-Identifier: BSD-2-Clause */
/* Stands before include/arch/fence.h in host builds: fences of the test's machine. */
#ifndef NACRE_ARCH_FENCE_H
#define NACRE_ARCH_FENCE_H

#include <core/types.h>
#include <spec/nacl.h>

/* An instruction of such a type; NACL_HFENCE_VVMA* act on the VMID in hgatp. */
void fake_fence(unsigned type, uint64_t addr, uint64_t vmid, uint64_t asid);

static inline void hfence_gvma(uint64_t gpa, uint64_t vmid)
{
	fake_fence(NACL_HFENCE_GVMA_VMID, gpa, vmid, 0);
}
static inline void hfence_gvma_vmid_all(uint64_t vmid)
{
	fake_fence(NACL_HFENCE_GVMA_VMID_ALL, 0, vmid, 0);
}
static inline void hfence_gvma_all(void)
{
	fake_fence(NACL_HFENCE_GVMA_ALL, 0, 0, 0);
}
static inline void hfence_vvma(uint64_t gva)
{
	fake_fence(NACL_HFENCE_VVMA, gva, 0, 0);
}
static inline void hfence_vvma_asid(uint64_t gva, uint64_t asid)
{
	fake_fence(NACL_HFENCE_VVMA_ASID, gva, 0, asid);
}
static inline void hfence_vvma_asid_all(uint64_t asid)
{
	fake_fence(NACL_HFENCE_VVMA_ASID_ALL, 0, 0, asid);
}
static inline void hfence_vvma_all(void)
{
	fake_fence(NACL_HFENCE_VVMA_ALL, 0, 0, 0);
}

static inline void sfence_w_inval(void)
{
}
static inline void sfence_inval_ir(void)
{
}
static inline void hinval_gvma(uint64_t gpa, uint64_t vmid)
{
	hfence_gvma(gpa, vmid);
}
static inline void hinval_vvma(uint64_t gva)
{
	hfence_vvma(gva);
}
static inline void hinval_vvma_asid(uint64_t gva, uint64_t asid)
{
	hfence_vvma_asid(gva, asid);
}

#endif
