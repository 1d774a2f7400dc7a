/* SPDX-License-Identifier: BSD-2-Clause */
/* The native back ends: every operation is a CSR access or a fence instruction on this hart. */
#ifndef NACRE_ARCH_HEXT_NATIVE_H
#define NACRE_ARCH_HEXT_NATIVE_H

#include <arch/csr.h>
#include <arch/hart.h>
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

/* UNGUARDED_* for the next vcpu. A copy for each back end, so that it costs the native one no call. */
static inline __attribute__((cold)) void clear_unguarded(unsigned what)
{
	if (what & UNGUARDED_SISELECT)
		csr_write(CSR_VSISELECT, 0);
	if (what & UNGUARDED_CTR) {
		csr_write(CSR_VSCTRCTL, 0);
		csr_write(CSR_SCTRSTATUS, 0);
		ctr_clear();
	}
	if (what & UNGUARDED_SCONTEXT)
		csr_write(CSR_SCONTEXT, 0);
	if (what & UNGUARDED_JVT)
		csr_write(CSR_JVT, 0);
}

extern const struct hext_ops hext_native;	  /* hfence.* */
extern const struct hext_ops hext_native_svinval; /* hinval.* */

void hext_native_enter(struct hext_ctx *ctx); /* switch.S */
struct hext_ctx *hext_fast(struct hext_ctx *ctx, uint64_t scause);

#endif
