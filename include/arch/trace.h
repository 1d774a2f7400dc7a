/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the patched sites of switch.S and switch_nacl.S call while tracing is on (core/trace.c), on
 * the hart's own stack with tp its own. The native ones have only the caller-saved registers of the
 * guest in ctx, as hext_fast.c.
 */
#ifndef NACRE_ARCH_TRACE_H
#define NACRE_ARCH_TRACE_H

#include <arch/hext.h>

/* Any exit, before anything is done about it. Stands for the read of scause, too, which it returns
 * with ctx: in a0 and a1. */
struct trace_exit {
	struct hext_ctx *ctx;
	uint64_t scause;
};
struct trace_exit trace_on_exit(struct hext_ctx *ctx);
/* The guest is entered; sepc is written. Stands for the write of sscratch, too: the last thing that
 * it does. Returns ctx. */
struct hext_ctx *trace_on_entry(struct hext_ctx *ctx);
/* The same of a guest under SBI nested acceleration, with its state in ctx. */
void trace_nacl_exit(struct hext_ctx *ctx);
void trace_nacl_entry(struct hext_ctx *ctx);

/* An SBI call, natively; answers as hext_fast_sbi(). */
struct hext_ctx *trace_on_sbi(struct hext_ctx *ctx);

/* hext_fast.c: an SBI call that can be answered in the trap: ctx; else NULL. */
struct hext_ctx *hext_fast_sbi(struct hext_ctx *ctx);
/* Nested acceleration: htval, which nacl_vector does not read. */
uint64_t hext_nacl_htval(void);

#endif
