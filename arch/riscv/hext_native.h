/* SPDX-License-Identifier: BSD-2-Clause */
/* The native back ends: every operation is a CSR access or a fence instruction on this hart. */
#ifndef NACRE_ARCH_HEXT_NATIVE_H
#define NACRE_ARCH_HEXT_NATIVE_H

#include <arch/csr.h>
#include <arch/hart.h>
#include <arch/hext.h>
#include <arch/trace.h>

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

/* Their swap(), on hosts with hpm_caps.overflow. */
void hext_native_swap_lcofi(struct hext_ctx *ctx, struct world *w);
/* Their swap, where the hart has hstateen0. */
void hext_native_swap_stateen(struct hext_ctx *c, struct world *w);
void hext_native_enter(struct hext_ctx *ctx); /* switch.S */
__attribute__((noreturn)) void hext_native_resume(struct hext_ctx *ctx, const uint64_t *x);

/* hext_fast.c: ctx if the exit is answered, else NULL; and hext_fast_sbi(). */
struct hext_ctx *hext_fast_wfi(struct hext_ctx *ctx);
struct hext_ctx *hext_fast_kick(struct hext_ctx *ctx, uint64_t scause);

#endif
