/* SPDX-License-Identifier: BSD-2-Clause */
/* The native back ends: every operation is a CSR access or a fence instruction on this hart. */
#ifndef NACRE_ARCH_HEXT_NATIVE_H
#define NACRE_ARCH_HEXT_NATIVE_H

#include <arch/hext.h>

extern const struct hext_ops hext_native;	  /* hfence.* */
extern const struct hext_ops hext_native_svinval; /* hinval.* */

void hext_native_enter(struct hext_ctx *ctx); /* switch.S */
struct hext_ctx *hext_fast(struct hext_ctx *ctx, uint64_t scause);

#endif
