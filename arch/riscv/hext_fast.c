/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Exits that are answered in the trap itself, without the way back to the run loop: what a guest
 * asks most often and what needs only the state that is in the hart's registers. Called by
 * trap_vector (switch.S); which exits these are, and what holds for them, is in hext_fast_part.h.
 */
#include "hext_fast_part.h"
#include "hext_native.h"

#define FAST_PAGES 16 /* fences of a range longer than that go the long way */

static inline void fast_set_timer(struct hext_ctx *c, uint64_t guest_time)
{
	(void)c;
	csr_write(CSR_VSTIMECMP, guest_time);
}

static inline void fast_raise_ipi(struct hext_ctx *c)
{
	(void)c;
	csr_set(CSR_HVIP, IP_VSSI);
}

static inline uint64_t fast_pending(struct hext_ctx *c)
{
	(void)c;
	return csr_read(CSR_VSIP) & csr_read(CSR_VSIE);
}

static struct hext_ctx *fast_rfence(struct hext_ctx *c)
{
	uint64_t start = c->x[REG_A2], size = c->x[REG_A3], end = start + size, ticket;

	if (!self_only(c) || c->x[REG_A6] > SBI_RFENCE_SFENCE_VMA_ASID)
		return NULL;
	if (c->x[REG_A6] == SBI_RFENCE_FENCE_I) {
		fence_i();
		return answer(c, 0);
	}
	if (size - 1 >= FAST_PAGES * PAGE_SIZE || end < start)
		return NULL;
	start = ALIGN_DOWN(start, PAGE_SIZE);
	if (c->x[REG_A6] == SBI_RFENCE_SFENCE_VMA) {
		ticket = tlbsan_own_request(NACL_HFENCE_VVMA, start, end - start, 0);
		for (; start < end; start += PAGE_SIZE)
			hfence_vvma(start);
	} else if (c->x[REG_A4] > 0xffff) { /* no such ASID */
		return NULL;
	} else {
		ticket =
			tlbsan_own_request(NACL_HFENCE_VVMA_ASID, start, end - start, c->x[REG_A4]);
		for (; start < end; start += PAGE_SIZE)
			hfence_vvma_asid(start, c->x[REG_A4]);
	}
	tlbsan_due(ticket);
	return answer(c, 0);
}

struct hext_ctx *hext_fast_sbi(struct hext_ctx *c)
{
	return fast_sbi(c);
}

struct hext_ctx *hext_fast_wfi(struct hext_ctx *c)
{
	return fast_wfi(c);
}

struct hext_ctx *hext_fast_kick(struct hext_ctx *c, uint64_t scause)
{
	return fast_kick(c, scause);
}
