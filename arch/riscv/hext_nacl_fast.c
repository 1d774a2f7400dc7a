/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What hext_fast.c answers, for the back ends of hext_nacl.c: without the way through guest/, by
 * the operations of the back end. All of the guest is in its context here.
 */
#include <arch/hart.h>
#include <arch/tlbsan.h>
#include <spec/insn.h>
#include <spec/sbi.h>
#include "hext_nacl.h"
#include "hext_native.h"

#define REG_A2 12
#define REG_A3 13
#define REG_A4 14

static bool answer(struct hext_ctx *c, uint64_t value)
{
	c->exits[CAUSE_ECALL_VS]++;
	c->x[REG_A0] = SBI_SUCCESS;
	c->x[REG_A1] = value;
	c->sepc += 4;
	return true;
}

/* SBI "Hart list parameter": is it the calling vcpu alone? */
static bool self_only(const struct hext_ctx *c)
{
	uint64_t base = c->x[REG_A1], shift = c->vcpu_id - base;

	return base <= c->vcpu_id && shift < 64 && c->x[REG_A0] == UINT64_C(1) << shift;
}

/*
 * One instruction, where nothing else is to be synchronised, is a trap, and less work below than
 * the sync_sret that an entry would take.
 */
static void fence(const struct hfence *f)
{
	const struct hext_hart *h = hart_tp();

	if (f->count <= 1 && !h->dirty && !h->queued)
		hext_native.hfence(f);
	else
		hext.hfence(f);
}

static bool rfence(struct hext_ctx *c)
{
	uint64_t start = c->x[REG_A2], size = c->x[REG_A3], fid = c->x[REG_A6];
	bool one_asid = fid == SBI_RFENCE_SFENCE_VMA_ASID;
	uint64_t asid = one_asid ? c->x[REG_A4] : 0, ticket;
	struct hfence h;

	if (fid > SBI_RFENCE_SFENCE_VMA_ASID || asid > 0xffff || !self_only(c))
		return false;
	if (fid == SBI_RFENCE_FENCE_I) {
		fence_i();
		return answer(c, 0);
	}
	hfence_make(&h, one_asid ? NACL_HFENCE_VVMA_ASID : NACL_HFENCE_VVMA, (uint16_t)asid, start,
		    size);
	ticket = tlbsan_own_request(h.type, start, size, asid);
	fence(&h);
	tlbsan_nacl(((const struct hext_hart *)hart_tp())->nacl);
	tlbsan_due(ticket);
	return answer(c, 0);
}

static bool ipi(struct hext_ctx *c)
{
	if (c->x[REG_A6] != SBI_IPI_SEND_IPI)
		return false;
	if (!self_only(c))
		return c->x[REG_A0] == 1 && vcpu_on_ipi(c, c->x[REG_A1]) && answer(c, 0);
	hext.hvip_set(c, IP_VSSI);
	return answer(c, 0);
}

static bool sbi(struct hext_ctx *c)
{
	switch (c->x[REG_A7]) {
	case SBI_EXT_TIME:
		if (c->x[REG_A6] != SBI_TIME_SET_TIMER || !c->sstc)
			return false;
		hext.set_vstimecmp(c, c->x[REG_A0]);
		return answer(c, 0);
	case SBI_EXT_IPI:
		return ipi(c);
	case SBI_EXT_RFENCE:
		return rfence(c);
	case SBI_EXT_BASE:
		return c->x[REG_A6] == SBI_BASE_GET_SPEC_VERSION &&
		       answer(c, SBI_SPEC_VERSION(3, 0));
	default:
		return false;
	}
}

bool hext_nacl_fast(struct hext_ctx *c)
{
	const struct vcpu_exit *e = &c->exit;

	if (!c->fast)
		return false;
	if (e->scause == CAUSE_ECALL_VS)
		return sbi(c);
	/* wfi in VS-mode with something to wait for already there */
	if (e->scause != CAUSE_VIRTUAL_INSTRUCTION || e->stval != INSN_WORD_WFI ||
	    !(c->sstatus & SSTATUS_SPP) || !hext.pending(c))
		return false;
	c->exits[CAUSE_VIRTUAL_INSTRUCTION]++;
	c->sepc += 4;
	return true;
}
