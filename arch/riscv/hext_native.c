/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The native back end: hypervisor CSRs and fence instructions, each as itself. All functions act on the calling hart and the
 * context that it has loaded.
 */
#include <arch/atomic.h>
#include <arch/csr.h>
#include <arch/fence.h>
#include <arch/inject.h>
#include <arch/tlbsan.h>
#include "hext_native.h"

static void native_load(struct hext_ctx *c)
{
	drop_reservation();
	csr_write(CSR_HEDELEG, c->hedeleg);
	csr_write(CSR_HENVCFG, c->henvcfg);
	csr_write(CSR_HCOUNTEREN, c->hcounteren);
	csr_write(CSR_HTIMEDELTA, c->htimedelta);
	/*
	 * vsatp is cleared first: between the writes of hgatp and vsatp the hart could else walk the new guest's tables
	 * with the old guest's root, speculatively, and cache the result under the new VMID.
	 */
	csr_write(CSR_VSATP, 0);
	csr_write(CSR_HGATP, c->hgatp);
	tlbsan_hgatp(c->hgatp);
	csr_write(CSR_VSATP, c->vsatp);
	csr_write(CSR_VSSTATUS, c->vsstatus);
	csr_write(CSR_VSIE, c->vsie);
	csr_write(CSR_VSTVEC, c->vstvec);
	csr_write(CSR_VSSCRATCH, c->vsscratch);
	csr_write(CSR_VSEPC, c->vsepc);
	csr_write(CSR_VSCAUSE, c->vscause);
	csr_write(CSR_VSTVAL, c->vstval);
	csr_write(CSR_HVIP, c->hvip);
	csr_write(CSR_SCOUNTEREN, c->scounteren);
	csr_write(CSR_SENVCFG, c->senvcfg);
	if (hext_caps.stateen)
		csr_write(CSR_HSTATEEN0, c->hstateen0);
	if (hext_caps.unguarded)
		clear_unguarded(hext_caps.unguarded);
	if (hext_caps.sstc)
		csr_write(CSR_VSTIMECMP, c->vstimecmp);
}

static void native_put(struct hext_ctx *c)
{
	c->vsstatus = csr_read(CSR_VSSTATUS);
	c->vsie = csr_swap(CSR_VSIE, 0); /* nothing shall wake the hart from its wfi that is for a guest which is away */
	c->vstvec = csr_read(CSR_VSTVEC);
	c->vsscratch = csr_read(CSR_VSSCRATCH);
	c->vsepc = csr_read(CSR_VSEPC);
	c->vscause = csr_read(CSR_VSCAUSE);
	c->vstval = csr_read(CSR_VSTVAL);
	c->vsatp = csr_read(CSR_VSATP);
	csr_write(CSR_VSATP, 0); /* no walk ahead of time through this guest's tables while it is away */
	c->hvip = csr_read(CSR_HVIP);
	c->scounteren = csr_read(CSR_SCOUNTEREN);
	c->senvcfg = csr_read(CSR_SENVCFG);
	if (hext_caps.sstc)
		c->vstimecmp = csr_read(CSR_VSTIMECMP);
}

static void native_hvip_set(struct hext_ctx *c, uint64_t set)
{
	(void)c;
	csr_set(CSR_HVIP, set);
}

static void native_hvip_clear(struct hext_ctx *c, uint64_t clear)
{
	(void)c;
	csr_clear(CSR_HVIP, clear);
}

static uint64_t native_hvip_read(struct hext_ctx *c)
{
	(void)c;
	return csr_read(CSR_HVIP);
}

static uint64_t native_pending(struct hext_ctx *c)
{
	(void)c;
	return csr_read(CSR_VSIP) & csr_read(CSR_VSIE);
}

static void native_set_hgatp(struct hext_ctx *c)
{
	uint64_t vsatp = csr_read(CSR_VSATP);

	csr_write(CSR_VSATP, 0); /* as in native_load() */
	csr_write(CSR_HGATP, c->hgatp);
	tlbsan_hgatp(c->hgatp);
	csr_write(CSR_VSATP, vsatp);
}

static uint64_t native_vsatp(struct hext_ctx *c)
{
	(void)c;
	return csr_read(CSR_VSATP);
}

static uint64_t native_vsstatus(struct hext_ctx *c)
{
	(void)c;
	return csr_read(CSR_VSSTATUS);
}

static uint64_t native_vsepc(struct hext_ctx *c)
{
	(void)c;
	return csr_read(CSR_VSEPC);
}

static uint64_t native_vscause(struct hext_ctx *c)
{
	(void)c;
	return csr_read(CSR_VSCAUSE);
}

static void native_set_hedeleg(struct hext_ctx *c)
{
	csr_write(CSR_HEDELEG, c->hedeleg);
}

#define SWAP(csr, member) w->member = csr_swap(csr, w->member)
/* What is the same on both sides, as a rule, is not written. */
#define EXCHANGE(csr, member)                        \
	do {                                         \
		uint64_t old = c->member;            \
		c->member = w->member;               \
		w->member = old;                     \
		if (c->member != old)                \
			csr_write(csr, c->member);   \
	} while (0)

static void native_swap(struct hext_ctx *c, struct world *w)
{
	uint64_t vsatp = csr_swap(CSR_VSATP, 0); /* as in native_load() */

	EXCHANGE(CSR_HGATP, hgatp);
	tlbsan_hgatp(c->hgatp);
	csr_write(CSR_VSATP, w->vsatp);
	w->vsatp = vsatp;
	SWAP(CSR_VSSTATUS, vsstatus);
	SWAP(CSR_VSTVEC, vstvec);
	SWAP(CSR_VSSCRATCH, vsscratch);
	SWAP(CSR_VSEPC, vsepc);
	SWAP(CSR_VSCAUSE, vscause);
	SWAP(CSR_VSTVAL, vstval);
	SWAP(CSR_HIE, hie);
	SWAP(CSR_HVIP, hvip);
	w->hvip &= IP_VS; /* QEMU 10.0 shows the host's bits too */
	EXCHANGE(CSR_HEDELEG, hedeleg);
	EXCHANGE(CSR_HIDELEG, hideleg);
	EXCHANGE(CSR_HENVCFG, henvcfg);
	EXCHANGE(CSR_HCOUNTEREN, hcounteren);
	EXCHANGE(CSR_HTIMEDELTA, htimedelta);
	if (hext_caps.sstc)
		SWAP(CSR_VSTIMECMP, vstimecmp);
}

void hext_native_swap_stateen(struct hext_ctx *c, struct world *w)
{
	EXCHANGE(CSR_HSTATEEN0, hstateen0);
	native_swap(c, w);
}

static inline void swap_either(struct hext_ctx *c, struct world *w)
{
	if (hext_caps.stateen)
		hext_native_swap_stateen(c, w);
	else
		native_swap(c, w);
}

/*
 * Where guests may have Sscofpmf, which a guest of theirs has not: in that, sip.LCOFIP and
 * sie.LCOFIE are read-only zeros, and theirs wait in memory.
 */
void hext_native_swap_lcofi(struct hext_ctx *c, struct world *w)
{
	uint64_t hvien = c->hvien, ie, ip;

	if (hvien == w->hvien) {
		swap_either(c, w);
		return;
	}
	if (hvien) {
		ip = csr_read(CSR_HVIP) & IP_LCOFI;
		ie = csr_read(CSR_VSIE) & IP_LCOFI;
		csr_clear(CSR_VSIE, IP_LCOFI);
		swap_either(c, w);
		csr_write(CSR_HVIEN, 0);
		w->hvip |= ip;
		w->hie |= ie;
	} else {
		ip = w->hvip & IP_LCOFI;
		ie = w->hie & IP_LCOFI;
		w->hvip &= IP_VS;
		w->hie &= IP_VS;
		swap_either(c, w);
		csr_write(CSR_HVIEN, IP_LCOFI);
		csr_set(CSR_HVIP, ip);
		csr_set(CSR_VSIE, ie);
	}
	c->hvien = w->hvien;
	w->hvien = hvien;
}

static void native_set_vstimecmp(struct hext_ctx *c, uint64_t guest_time)
{
	(void)c;
	csr_write(CSR_VSTIMECMP, guest_time);
}

static uint64_t native_get_vstimecmp(struct hext_ctx *c)
{
	(void)c;
	return csr_read(CSR_VSTIMECMP);
}

static void native_inject(struct hext_ctx *c, uint64_t cause, uint64_t stval)
{
	struct inject_state s = {
		.vsstatus = csr_read(CSR_VSSTATUS),
		.vstvec = csr_read(CSR_VSTVEC),
		.pc = c->sepc,
		.virt_priv_s = (c->sstatus & SSTATUS_SPP) != 0,
	};

	inject_exception(&s, cause, stval);
	csr_write(CSR_VSSTATUS, s.vsstatus);
	csr_write(CSR_VSEPC, s.vsepc);
	csr_write(CSR_VSCAUSE, s.vscause);
	csr_write(CSR_VSTVAL, s.vstval);
	c->sepc = s.pc;
	c->sstatus |= SSTATUS_SPP;
}

static void native_access(void)
{
}

static void native_hfence(const struct hfence *h)
{
	uint64_t step = PAGE_SIZE << h->order, end = h->addr + h->count * step;

	switch (h->type) {
	case NACL_HFENCE_GVMA:
	case NACL_HFENCE_GVMA_VMID:
		for (uint64_t a = h->addr; a != end; a += step)
			hfence_gvma(a, h->vmid);
		break;
	case NACL_HFENCE_GVMA_ALL:
	case NACL_HFENCE_GVMA_VMID_ALL:
		hfence_gvma_vmid_all(h->vmid);
		break;
	case NACL_HFENCE_VVMA:
		for (uint64_t a = h->addr; a != end; a += step)
			hfence_vvma(a);
		break;
	case NACL_HFENCE_VVMA_ASID:
		for (uint64_t a = h->addr; a != end; a += step)
			hfence_vvma_asid(a, h->asid);
		break;
	case NACL_HFENCE_VVMA_ASID_ALL:
		hfence_vvma_asid_all(h->asid);
		break;
	default:
		hfence_vvma_all();
		break;
	}
}

static void native_hinval(const struct hfence *h)
{
	uint64_t step = PAGE_SIZE << h->order, end = h->addr + h->count * step;

	if (h->count < 2) { /* "all", or one page: one plain fence is cheaper than the pair */
		native_hfence(h);
		return;
	}
	/* Earlier stores to page tables before the hinval; the hinval before later implicit reads of them. */
	sfence_w_inval();
	switch (h->type) {
	case NACL_HFENCE_GVMA:
	case NACL_HFENCE_GVMA_VMID:
		for (uint64_t a = h->addr; a != end; a += step)
			hinval_gvma(a, h->vmid);
		break;
	case NACL_HFENCE_VVMA_ASID:
		for (uint64_t a = h->addr; a != end; a += step)
			hinval_vvma_asid(a, h->asid);
		break;
	default:
		for (uint64_t a = h->addr; a != end; a += step)
			hinval_vvma(a);
		break;
	}
	sfence_inval_ir();
}

/*
 * G-stage entries of every VMID. VS-stage entries that an implementation keeps apart from them are reached by hfence.vvma
 * only, and only those of the VMID in hgatp: the caller fences VVMA_ALL once it has put a new number there.
 */
static void native_hfence_all(void)
{
	hfence_gvma_all();
}

#define NATIVE(label, fence)                                                                       \
	{                                                                                          \
		.name = label, .load = native_load, .put = native_put, .enter = hext_native_enter, .resume = hext_native_resume, \
		.hvip_set = native_hvip_set, .hvip_clear = native_hvip_clear,                      \
		.hvip_read = native_hvip_read, .pending = native_pending,                          \
		.set_hgatp = native_set_hgatp, .set_hedeleg = native_set_hedeleg, .swap = native_swap, .vsepc = native_vsepc, .vscause = native_vscause, .vsatp = native_vsatp, .vsstatus = native_vsstatus, .set_vstimecmp = native_set_vstimecmp,              \
		.get_vstimecmp = native_get_vstimecmp, .inject = native_inject, .access = native_access, .hfence = fence,   \
		.hfence_all = native_hfence_all,                                                   \
	}

const struct hext_ops hext_native = NATIVE("native", native_hfence);
const struct hext_ops hext_native_svinval = NATIVE("native, Svinval", native_hinval);
