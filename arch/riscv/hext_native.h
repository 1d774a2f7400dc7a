/* SPDX-License-Identifier: BSD-2-Clause */
/* The native back ends: every operation is a CSR access or a fence instruction on this hart. */
#ifndef NACRE_ARCH_HEXT_NATIVE_H
#define NACRE_ARCH_HEXT_NATIVE_H

#include <arch/hext.h>

/*
 * Delegated to VS-mode: all that a guest's own kernel handles. Not delegated: its calls, guest page faults, virtual
 * instructions, hardware errors. Illegal instructions are named here, but most firmware keeps them (medeleg) and redirects
 * them to HS-mode, where they are injected.
 */
#define HEDELEG                                                                                    \
	(BIT(CAUSE_FETCH_MISALIGNED) | BIT(CAUSE_FETCH_ACCESS) | BIT(CAUSE_ILLEGAL) |              \
	 BIT(CAUSE_BREAKPOINT) | BIT(CAUSE_LOAD_MISALIGNED) | BIT(CAUSE_LOAD_ACCESS) |             \
	 BIT(CAUSE_STORE_MISALIGNED) | BIT(CAUSE_STORE_ACCESS) | BIT(CAUSE_ECALL_U) |              \
	 BIT(CAUSE_FETCH_PAGE_FAULT) | BIT(CAUSE_LOAD_PAGE_FAULT) | BIT(CAUSE_STORE_PAGE_FAULT) |  \
	 BIT(CAUSE_SOFTWARE_CHECK))

extern const struct hext_ops hext_native;	  /* hfence.* */
extern const struct hext_ops hext_native_svinval; /* hinval.* */

void hext_native_enter(struct hext_ctx *ctx); /* switch.S */
struct hext_ctx *hext_fast(struct hext_ctx *ctx, uint64_t scause);

#endif
