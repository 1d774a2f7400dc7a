/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which exits are answered in the trap itself, and how, but for what a back end does to the hart:
 * included once by each that does (hext_fast.c, hext_nacl_fast.c). Called by its trap vector with
 * the caller-saved registers in ctx; the guest's s0-s11 and gp are still live, so nothing here may
 * look at them in ctx, nor at what else an exit leaves there.
 *
 * Every answer here is the one that guest/ would give; anything unusual returns NULL and goes
 * there. A kick from another hart that arrives meanwhile stays pending and ends the guest's run at
 * the sret.
 */
#ifndef NACRE_ARCH_HEXT_FAST_PART_H
#define NACRE_ARCH_HEXT_FAST_PART_H

#include <arch/csr.h>
#include <arch/fence.h>
#include <arch/hart.h>
#include <arch/hext.h>
#include <arch/tlbsan.h>
#include <spec/insn.h>
#include <spec/sbi.h>

#define REG_A2 12
#define REG_A3 13
#define REG_A4 14

/* The back end's own. */
static inline void fast_set_timer(struct hext_ctx *c, uint64_t guest_time);
static inline void fast_raise_ipi(struct hext_ctx *c);
static inline uint64_t fast_pending(struct hext_ctx *c);
static struct hext_ctx *fast_rfence(struct hext_ctx *c);

static struct hext_ctx *resume(struct hext_ctx *c, uint64_t cause)
{
	c->exits[cause]++;
	csr_write(CSR_SEPC, csr_read(CSR_SEPC) + 4);
	return c;
}

static struct hext_ctx *answer(struct hext_ctx *c, uint64_t value)
{
	c->x[REG_A0] = SBI_SUCCESS;
	c->x[REG_A1] = value;
	return resume(c, CAUSE_ECALL_VS);
}

/* SBI "Hart list parameter": is it the calling vcpu alone? */
static bool self_only(const struct hext_ctx *c)
{
	uint64_t base = c->x[REG_A1], shift = c->vcpu_id - base;

	return base <= c->vcpu_id && shift < 64 && c->x[REG_A0] == UINT64_C(1) << shift;
}

/* To one other vcpu, as kernels name it. Not inline: calls take a stack frame, which the rest does
 * without. */
static __attribute__((noinline)) struct hext_ctx *fast_ipi_other(struct hext_ctx *c)
{
	return c->x[REG_A0] == 1 && vcpu_on_ipi(c, c->x[REG_A1]) ? answer(c, 0) : NULL;
}

static struct hext_ctx *fast_ipi(struct hext_ctx *c)
{
	if (c->x[REG_A6] != SBI_IPI_SEND_IPI)
		return NULL;
	if (!self_only(c))
		return fast_ipi_other(c);
	fast_raise_ipi(c);
	return answer(c, 0);
}

static inline struct hext_ctx *fast_sbi(struct hext_ctx *c)
{
	if (!c->fast)
		return NULL;
	switch (c->x[REG_A7]) {
	case SBI_EXT_TIME:
		if (c->x[REG_A6] != SBI_TIME_SET_TIMER || !c->sstc)
			return NULL;
		fast_set_timer(c, c->x[REG_A0]);
		return answer(c, 0);
	case SBI_EXT_IPI:
		return fast_ipi(c);
	case SBI_EXT_RFENCE:
		return fast_rfence(c);
	case SBI_EXT_BASE:
		if (c->x[REG_A6] != SBI_BASE_GET_SPEC_VERSION)
			return NULL;
		return answer(c, SBI_SPEC_VERSION(3, 0));
	default:
		return NULL;
	}
}

/* wfi in VS-mode with something to wait for already there; VTW traps it all the same. */
static inline struct hext_ctx *fast_wfi(struct hext_ctx *c)
{
	if (c->fast && csr_read(CSR_STVAL) == INSN_WORD_WFI &&
	    (csr_read(CSR_SSTATUS) & SSTATUS_SPP) && fast_pending(c))
		return resume(c, CAUSE_VIRTUAL_INSTRUCTION);
	return NULL;
}

/* A kick for interrupt lines or fences, which may come as an external interrupt. */
static inline struct hext_ctx *fast_kick(struct hext_ctx *c, uint64_t scause)
{
	if ((scause & ~(uint64_t)(IRQ_SSI ^ IRQ_SEI)) != (CAUSE_INTERRUPT | IRQ_SSI) || !c->fast ||
	    !vcpu_on_kick(c))
		return NULL;
	c->exits[EXIT_IRQ + IRQ_SSI]++;
	return c;
}

#endif
