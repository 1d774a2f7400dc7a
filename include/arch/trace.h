/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the patched sites of switch.S and switch_nacl.S call while tracing is on
 * (core/trace_record.c), on the hart's own stack with tp its own. They have only the caller-saved
 * registers of the guest in ctx, as hext_fast.c.
 */
#ifndef NACRE_ARCH_TRACE_H
#define NACRE_ARCH_TRACE_H

#include <arch/csr.h>
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
/* An SBI call, natively; answers as hext_fast_sbi(). */
struct hext_ctx *trace_on_sbi(struct hext_ctx *ctx);
/* The first and the last of a guest under SBI nested acceleration. */
struct trace_exit trace_nacl_exit(struct hext_ctx *ctx);
struct hext_ctx *trace_nacl_sbi(struct hext_ctx *ctx);

/* What a hart reads of itself for a record: the instructions that it has retired, and in a native
 * guest's trap what it says of it. */
static inline uint64_t trace_instret(void)
{
	return csr_read(CSR_INSTRET);
}

static inline bool trace_instret_there(void)
{
	uint64_t value;

	return csr_probe(CSR_INSTRET, &value);
}

static inline uint64_t trace_scause(void)
{
	return csr_read(CSR_SCAUSE);
}

static inline uint64_t trace_sepc(void)
{
	return csr_read(CSR_SEPC);
}

static inline uint64_t trace_stval(void)
{
	return csr_read(CSR_STVAL);
}

static inline uint64_t trace_htval(void)
{
	return csr_read(CSR_HTVAL);
}

static inline uint64_t trace_hvip(void)
{
	return csr_read(CSR_HVIP);
}

/* ctx is where the next trap finds it. */
static inline void trace_set_sscratch(struct hext_ctx *ctx)
{
	csr_write(CSR_SSCRATCH, (uint64_t)ctx);
}

/* hext_fast.c: an SBI call that can be answered in the trap: ctx; else NULL. */
struct hext_ctx *hext_fast_sbi(struct hext_ctx *ctx);
/* Nested acceleration: the same; and htval. */
struct hext_ctx *hext_nacl_fast_sbi(struct hext_ctx *ctx);
uint64_t hext_nacl_htval(void);

#endif
