/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Exits that are answered in the trap itself (hext_fast_part.h), for the back ends of hext_nacl.c.
 * Called by nacl_vector (switch_nacl.S), which executes a plain SRET afterwards if there is nothing
 * to synchronise. So that there is not, a lone CSR or fence is an instruction: its trap is less
 * work below than a sync_sret.
 */
#include <arch/nacl_shmem.h>
#include "hext_fast_part.h"
#include "hext_nacl.h"
#include "hext_native.h"

/* The word first: what the hypervisor below makes of the value shall stand there. */
#define NOW(csr, value)                                                          \
	do {                                                                     \
		uint64_t now_ = (value);                                         \
		nacl_csr_show(((struct hext_hart *)hart_tp())->nacl, csr, now_); \
		csr_write(csr, now_);                                            \
	} while (0)

static inline bool has_words(void)
{
	return hext_caps.nacl & BIT(SBI_NACL_FEAT_SYNC_CSR);
}

static inline uint64_t word(unsigned csr)
{
	return nacl_csr_get(((const struct hext_hart *)hart_tp())->nacl, csr);
}

static inline void fast_set_timer(struct hext_ctx *c, uint64_t guest_time)
{
	(void)c;
	if (!has_words() || word(CSR_VSTIMECMP) != guest_time)
		NOW(CSR_VSTIMECMP, guest_time);
}

static inline void fast_raise_ipi(struct hext_ctx *c)
{
	(void)c;
	if (!has_words())
		csr_set(CSR_HVIP, IP_VSSI);
	else if (!(word(CSR_HVIP) & IP_VSSI))
		NOW(CSR_HVIP, word(CSR_HVIP) | IP_VSSI);
}

static inline uint64_t fast_pending(struct hext_ctx *c)
{
	return hext.pending(c);
}

static bool is_one_page(uint64_t start, uint64_t size)
{
	return size - 1 < PAGE_SIZE && start % PAGE_SIZE + size <= PAGE_SIZE;
}

/* Not inline, so that all else takes no stack frame. */
static __attribute__((noinline)) struct hext_ctx *fence_range(struct hext_ctx *c, unsigned type,
							      uint16_t asid)
{
	uint64_t start = c->x[REG_A2], size = c->x[REG_A3],
		 ticket = tlbsan_own_request(type, start, size, asid);
	struct hfence h;

	hfence_make(&h, type, asid, start, size);
	hext.hfence(&h);
	tlbsan_nacl(((const struct hext_hart *)hart_tp())->nacl);
	tlbsan_due(ticket);
	return answer(c, 0);
}

static struct hext_ctx *fast_rfence(struct hext_ctx *c)
{
	uint64_t start = c->x[REG_A2], size = c->x[REG_A3], asid = c->x[REG_A4], ticket;
	bool one_asid = c->x[REG_A6] == SBI_RFENCE_SFENCE_VMA_ASID;
	unsigned type = one_asid ? NACL_HFENCE_VVMA_ASID : NACL_HFENCE_VVMA;

	if (!self_only(c) || c->x[REG_A6] > SBI_RFENCE_SFENCE_VMA_ASID)
		return NULL;
	if (c->x[REG_A6] == SBI_RFENCE_FENCE_I) {
		fence_i();
		return answer(c, 0);
	}
	if (one_asid && asid > 0xffff) /* no such ASID */
		return NULL;
	if (!is_one_page(start, size))
		return fence_range(c, type, (uint16_t)asid);
	ticket = tlbsan_own_request(type, start, size, one_asid ? asid : 0);
	start = ALIGN_DOWN(start, PAGE_SIZE);
	if (one_asid)
		hfence_vvma_asid(start, asid);
	else
		hfence_vvma(start);
	tlbsan_due(ticket);
	return answer(c, 0);
}

struct hext_ctx *hext_nacl_fast_sbi(struct hext_ctx *c)
{
	return fast_sbi(c);
}

struct hext_ctx *hext_nacl_fast_wfi(struct hext_ctx *c)
{
	return fast_wfi(c);
}

struct hext_ctx *hext_nacl_fast_kick(struct hext_ctx *c, uint64_t scause)
{
	return fast_kick(c, scause);
}
