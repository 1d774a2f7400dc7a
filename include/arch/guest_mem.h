/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads of guest virtual memory as the guest itself would make them (hlv, hlvx), with faults
 * reported instead of taken. For the loaded context only. The privilege is the guest's at the last
 * exit (hstatus.SPVP).
 */
#ifndef NACRE_ARCH_GUEST_MEM_H
#define NACRE_ARCH_GUEST_MEM_H

#include <core/types.h>

struct hext_ctx;

struct guest_fault {
	uint64_t cause, stval, htval;
	uint64_t htinst; /* guest_fetch(): of a guest page fault at a table's entry, else 0 */
};

/* 0, or -NACRE_EFAULT with *f telling the exception that the access raised. */
int guest_read64(gva_t addr, uint64_t *out, struct guest_fault *f);
/* One instruction with the guest's execute permission; 16 or 32 bits. */
int guest_fetch(gva_t addr, uint32_t *insn, struct guest_fault *f);
/* PMM_*: the pointer masking of its accesses from VU-mode, or from VS-mode. The two above are as
 * the hart does them: a read with it, a fetch without. */
uint8_t guest_pmm(const struct hext_ctx *c, bool user);

#endif
