/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The back ends for Nacre as a guest: SBI nested acceleration (NACL). A hart and the hypervisor
 * below share three pages, in which CSR values and TLB requests gather until the guest is entered;
 * without, each of them is a trap of its own.
 *
 * Each feature that is missing leaves its part to the trapping instructions (hext_native.c), so all
 * 16 sets work. With SYNC_CSR the CSR space has what each CSR in it shall be, in dirty words or as
 * the hypervisor below left them; with SYNC_HFENCE a request is an entry, carried out at the latest
 * before the guest runs again. SYNC_SRET is used when there is something to synchronise, and
 * AUTOSWAP_CSR together with it where hstatus is not in the CSR space. Functions whose features are
 * a constant argument are inlined into one function for each set.
 */
#include <arch/atomic.h>
#include <arch/csr.h>
#include <arch/hart.h>
#include <arch/inject.h>
#include <arch/mmu.h>
#include <arch/nacl_shmem.h>
#include <arch/sbi.h>
#include <arch/timer.h>
#include <arch/tlbsan.h>
#include <arch/trace.h>
#include <core/log.h>
#include <spec/pte.h>
#include <spec/sbi.h>
#include "hext_nacl.h"
#include "hext_native.h"

#define CSRS	BIT(SBI_NACL_FEAT_SYNC_CSR)
#define HFENCES BIT(SBI_NACL_FEAT_SYNC_HFENCE)
#define SRET	BIT(SBI_NACL_FEAT_SYNC_SRET)
#define SWAP	BIT(SBI_NACL_FEAT_AUTOSWAP_CSR)

#define EVERYTHING UINT64_MAX

#define ALWAYS_INLINE static inline __attribute__((always_inline))

/* The guest's own CSRs, and those of ours that are as its context says. */
/* clang-format off */
#define GUEST_CSRS(X)							\
	X(VSSTATUS, vsstatus)						\
	X(VSIE, vsie)							\
	X(VSTVEC, vstvec)						\
	X(VSSCRATCH, vsscratch)						\
	X(VSEPC, vsepc)							\
	X(VSCAUSE, vscause)						\
	X(VSTVAL, vstval)						\
	X(VSATP, vsatp)							\
	X(HVIP, hvip)
#define OUR_CSRS(X)							\
	X(HENVCFG, henvcfg)						\
	X(HCOUNTEREN, hcounteren)					\
	X(HTIMEDELTA, htimedelta)					\
	X(HGATP, hgatp)
/* clang-format on */

static struct hext_hart *self(void)
{
	return hart_tp();
}

void hext_nacl_refused(long error)
{
	panic("the hypervisor below refuses nested acceleration: SBI error %ld", error);
}

static void call_below(uint64_t fid)
{
	struct sbiret r = sbi_call(SBI_EXT_NACL, fid, EVERYTHING, 0, 0);

	if (r.error)
		hext_nacl_refused(r.error);
}

/* ---- SYNC_CSR ---- */

ALWAYS_INLINE uint64_t get(struct hext_hart *h, unsigned csr)
{
	return nacl_csr_get(h->nacl, csr);
}

/* The hypervisor below is not told what it knows. */
ALWAYS_INLINE void put(struct hext_hart *h, unsigned csr, uint64_t value)
{
	if (get(h, csr) == value)
		return;
	nacl_csr_put(h->nacl, csr, value);
	h->dirty = true;
}

static void sync_csrs(struct hext_hart *h)
{
	if (!h->dirty)
		return;
	h->dirty = false;
	call_below(SBI_NACL_SYNC_CSR);
}

static void csr_load(struct hext_ctx *c)
{
	struct hext_hart *h = self();

	h->loaded = c;
	drop_reservation();
	/* In any order: the hypervisor below takes all of them before the guest runs. */
#define PUT(csr, member) put(h, CSR_##csr, c->member);
	OUR_CSRS(PUT)
	GUEST_CSRS(PUT)
#undef PUT
	tlbsan_hgatp(c->hgatp);
	put(h, CSR_HEDELEG, c->hedeleg);
	/* Said anew: the hypervisor below cannot see each trap that clears SPV, and may guess. */
	nacl_csr_put(h->nacl, CSR_HSTATUS, c->hstatus);
	h->dirty = true;
	if (hext_caps.stateen)
		put(h, CSR_HSTATEEN0, c->hstateen0);
	if (hext_caps.sstc)
		put(h, CSR_VSTIMECMP, c->vstimecmp);
	csr_write(CSR_SCOUNTEREN, c->scounteren);
	csr_write(CSR_SENVCFG, c->senvcfg);
	if (hext_caps.unguarded & UNGUARDED_SISELECT)
		put(h, CSR_VSISELECT, 0);
	if (hext_caps.unguarded & ~UNGUARDED_SISELECT)
		clear_unguarded(hext_caps.unguarded & ~UNGUARDED_SISELECT);
}

static void csr_unload(struct hext_ctx *c)
{
	struct hext_hart *h = self();

#define GET(csr, member) c->member = get(h, CSR_##csr);
	GUEST_CSRS(GET)
#undef GET
	/* As in native_put(), and at once: it is a wfi to the hypervisor below that it would end.
	 */
	csr_write(CSR_VSIE, 0);
	put(h, CSR_HIE, get(h, CSR_HIE) & ~c->hideleg); /* unless that is dirty, it is so already */
	if (hext_caps.sstc)
		c->vstimecmp = get(h, CSR_VSTIMECMP);
	c->scounteren = csr_read(CSR_SCOUNTEREN);
	c->senvcfg = csr_read(CSR_SENVCFG);
}

static void csr_hvip_set(struct hext_ctx *c, uint64_t set)
{
	struct hext_hart *h = self();

	(void)c;
	put(h, CSR_HVIP, get(h, CSR_HVIP) | set);
}

static void csr_hvip_clear(struct hext_ctx *c, uint64_t clear)
{
	struct hext_hart *h = self();

	(void)c;
	put(h, CSR_HVIP, get(h, CSR_HVIP) & ~clear);
}

static uint64_t csr_hvip_read(struct hext_ctx *c)
{
	(void)c;
	return get(self(), CSR_HVIP);
}

/*
 * vsip is computed: its word cannot follow the clock, nor an hvip that the hypervisor below does
 * not have yet. VSTIP as Sstc defines it; nothing else than hvip and vstimecmp makes a bit of it
 * pending here (hstatus.VGEIN is 0).
 */
static uint64_t csr_pending(struct hext_ctx *c)
{
	struct hext_hart *h = self();
	uint64_t ip = get(h, CSR_HVIP);

	if ((c->henvcfg & HENVCFG_STCE) && get(h, CSR_VSTIMECMP) <= timer_now() + c->htimedelta)
		ip |= IP_VSTI;
	return ((ip & c->hideleg) >> 1 | (ip & c->hvien)) & get(h, CSR_VSIE);
}

static void csr_set_hgatp(struct hext_ctx *c)
{
	put(self(), CSR_HGATP, c->hgatp);
	tlbsan_hgatp(c->hgatp);
}

static void csr_set_hedeleg(struct hext_ctx *c)
{
	put(self(), CSR_HEDELEG, c->hedeleg);
}

/*
 * vsie is a part of hie, but for the interrupts that hvien makes: all three words are kept, for all
 * are read here. hvien and what goes with it as in hext_native_swap_lcofi().
 */
static void swap_enables(struct hext_hart *h, struct hext_ctx *c, struct world *w)
{
	uint64_t delegated = c->hideleg, made = c->hvien, hie = w->hie, vsie = get(h, CSR_VSIE);

	w->hie = (vsie << 1 & delegated) | (get(h, CSR_HIE) & ~delegated & IP_VS) | (vsie & made);
	c->hideleg = w->hideleg;
	w->hideleg = delegated;
	c->hvien = w->hvien;
	w->hvien = made;
	if (c->hvien != made)
		put(h, CSR_HVIEN, c->hvien);
	put(h, CSR_HIDELEG, c->hideleg);
	put(h, CSR_HIE, hie & IP_VS);
	put(h, CSR_VSIE, (hie & c->hideleg) >> 1 | (hie & c->hvien));
}

static uint64_t swap_word(struct hext_hart *h, unsigned csr, uint64_t value)
{
	uint64_t old = get(h, csr);

	put(h, csr, value);
	return old;
}

static void csr_exchange(struct hext_ctx *c, struct world *w)
{
	struct hext_hart *h = self();

#define SWAP_WORD(csr, member) w->member = swap_word(h, CSR_##csr, w->member);
#define SWAP_OURS(csr, member) \
	SWAP_WORD(csr, member) \
	c->member = get(h, CSR_##csr);
	SWAP_WORD(VSSTATUS, vsstatus)
	SWAP_WORD(VSTVEC, vstvec)
	SWAP_WORD(VSSCRATCH, vsscratch)
	SWAP_WORD(VSEPC, vsepc)
	SWAP_WORD(VSCAUSE, vscause)
	SWAP_WORD(VSTVAL, vstval)
	SWAP_WORD(VSATP, vsatp)
	SWAP_WORD(HVIP, hvip)
	w->hvip &= IP_VS | c->hvien; /* as in native_swap() */
	if (hext_caps.sstc)
		w->vstimecmp = swap_word(h, CSR_VSTIMECMP, w->vstimecmp);
	OUR_CSRS(SWAP_OURS)
	if (hext_caps.stateen) {
		SWAP_OURS(HSTATEEN0, hstateen0)
	}
	w->hedeleg = swap_word(h, CSR_HEDELEG, w->hedeleg);
	c->hedeleg = get(h, CSR_HEDELEG);
	swap_enables(h, c, w);
	tlbsan_hgatp(c->hgatp);
#undef SWAP_WORD
#undef SWAP_OURS
}

static uint64_t csr_vsepc(struct hext_ctx *c)
{
	(void)c;
	return get(self(), CSR_VSEPC);
}

static uint64_t csr_vscause(struct hext_ctx *c)
{
	(void)c;
	return get(self(), CSR_VSCAUSE);
}

static uint64_t csr_vsatp(struct hext_ctx *c)
{
	(void)c;
	return get(self(), CSR_VSATP);
}

static uint64_t csr_vsstatus(struct hext_ctx *c)
{
	(void)c;
	return get(self(), CSR_VSSTATUS);
}

static void csr_set_vstimecmp(struct hext_ctx *c, uint64_t guest_time)
{
	(void)c;
	put(self(), CSR_VSTIMECMP, guest_time);
}

static uint64_t csr_get_vstimecmp(struct hext_ctx *c)
{
	(void)c;
	return get(self(), CSR_VSTIMECMP);
}

static void csr_inject(struct hext_ctx *c, uint64_t cause, uint64_t stval)
{
	struct hext_hart *h = self();
	struct inject_state i = {
		.vsstatus = get(h, CSR_VSSTATUS),
		.vstvec = get(h, CSR_VSTVEC),
		.pc = c->sepc,
		.virt_priv_s = (c->sstatus & SSTATUS_SPP) != 0,
	};

	inject_exception(&i, cause, stval);
	put(h, CSR_VSSTATUS, i.vsstatus);
	put(h, CSR_VSEPC, i.vsepc);
	put(h, CSR_VSCAUSE, i.vscause);
	put(h, CSR_VSTVAL, i.vstval);
	c->sepc = i.pc;
	c->sstatus |= SSTATUS_SPP;
}

/* ---- SYNC_HFENCE ---- */

static void sync_hfences(struct hext_hart *h)
{
	if (!h->queued)
		return;
	h->queued = 0;
	tlbsan_nacl(h->nacl);
	call_below(SBI_NACL_SYNC_HFENCE);
}

/* False: there is no entry for it, even now that all have been synchronised, or none can say it. */
static bool queue(struct hext_hart *h, const struct hfence *f)
{
	int i = nacl_hfence_free(h->nacl, &h->hint);

	if (i < 0) {
		sync_hfences(h);
		i = nacl_hfence_free(h->nacl, &h->hint);
	}
	if (i < 0 || nacl_hfence_pack(&h->nacl->hfence[i], f))
		return false;
	h->queued++;
	return true;
}

/* An instruction takes the VMID from the hgatp that the hypervisor below knows of. */
static void hfence_insn(const struct hfence *f)
{
	sync_csrs(self());
	hext_native.hfence(f);
}

static void hfence_entry(const struct hfence *f)
{
	struct hext_hart *h = self();
	struct hfence one = *f;

	/* For one VMID, as the instructions are; other guests keep theirs. */
	if (hfence_is_vvma(f))
		one.vmid = (h->loaded->hgatp & HGATP_VMID) >> HGATP_VMID_SHIFT;
	else if (f->type < NACL_HFENCE_GVMA_VMID)
		one.type += NACL_HFENCE_GVMA_VMID - NACL_HFENCE_GVMA;
	if (!queue(h, &one))
		hfence_insn(f);
}

static void hfence_entry_all(void)
{
	static const struct hfence all = {.type = NACL_HFENCE_GVMA_ALL};

	if (!queue(self(), &all))
		hext_native.hfence_all();
}

/* ---- The guest's run ---- */

static bool is_guest_page_fault(uint64_t scause)
{
	return scause == CAUSE_FETCH_GUEST_PAGE_FAULT || scause == CAUSE_LOAD_GUEST_PAGE_FAULT ||
	       scause == CAUSE_STORE_GUEST_PAGE_FAULT;
}

/*
 * hstatus has kept what the last trap of the guest left there. To exchange it with a value of our
 * own by AUTOSWAP_CSR would be good for nothing where the CSR space has it too: we have none.
 */
ALWAYS_INLINE bool swaps(unsigned features)
{
	return (features & SRET) && (features & SWAP) && !(features & CSRS);
}

/* False: there is nothing to synchronise, and a SRET instruction alone is less work for the
 * hypervisor below. */
ALWAYS_INLINE bool before_run(struct hext_ctx *c, struct hext_hart *h, unsigned features)
{
	bool wanted = swaps(features);

	if (swaps(features)) {
		nacl_autoswap_enable(h->nacl, c->hstatus);
		h->swapped = true;
	} else if (features & CSRS) {
		put(h, CSR_HSTATUS, c->hstatus);
	} else {
		csr_write(CSR_HSTATUS, c->hstatus);
	}
	if (!(features & SRET)) {
		sync_csrs(h);
		sync_hfences(h);
		return false;
	}
	if (h->queued)
		tlbsan_nacl(h->nacl);
	wanted |= h->dirty || h->queued;
	h->dirty = false;
	h->queued = 0;
	return wanted;
}

ALWAYS_INLINE void after_run(struct hext_ctx *c, struct hext_hart *h, unsigned features)
{
	struct vcpu_exit *e = &c->exit;

	if (swaps(features))
		c->hstatus = nacl_load(&h->nacl->autoswap.hstatus);
	else if (features & CSRS)
		c->hstatus = get(h, CSR_HSTATUS);
	else
		c->hstatus = csr_read(CSR_HSTATUS);
	if (features & CSRS) {
		e->htval = get(h, CSR_HTVAL);
		e->htinst = get(h, CSR_HTINST);
	} else if (is_guest_page_fault(e->scause)) {
		e->htval = csr_read(CSR_HTVAL);
		e->htinst = csr_read(CSR_HTINST);
	} else {
		e->htval = e->htinst = 0;
	}
}

ALWAYS_INLINE void run(struct hext_ctx *c, unsigned features)
{
	struct hext_hart *h = self();
	bool answered;

	do {
		if (before_run(c, h, features))
			answered = hext_nacl_sync_sret(c, h->nacl->sret_x);
		else
			answered = hext_nacl_sret(c);
		after_run(c, h, features);
	} while (answered || c->on_exit(c, &c->exit));
}

uint64_t hext_nacl_htval(void)
{
	struct hext_hart *h = self();

	return hext_caps.nacl & CSRS ? get(h, CSR_HTVAL) : csr_read(CSR_HTVAL);
}

#define RUN(name, features)                  \
	static void name(struct hext_ctx *c) \
	{                                    \
		run(c, features);            \
	}
RUN(run_plain, 0)
RUN(run_csr, CSRS)
RUN(run_sret, SRET)
RUN(run_sret_csr, SRET | CSRS)
RUN(run_sret_swap, SRET | SWAP)

static void (*choose_run(unsigned features))(struct hext_ctx *)
{
	switch (features & (SRET | SWAP | CSRS)) {
	case SRET | SWAP:
		return run_sret_swap;
	case SRET | SWAP | CSRS:
	case SRET | CSRS:
		return run_sret_csr;
	case SRET:
		return run_sret;
	case CSRS:
	case CSRS | SWAP:
		return run_csr;
	default:
		return run_plain;
	}
}

static void resume(struct hext_ctx *c, const uint64_t *x)
{
	for (unsigned i = 1; i < 32; i++)
		c->x[i] = nacl_load(&x[i]);
}

/* ---- hlv ---- */

/* What the instruction acts on is what the hypervisor below knows of. */
static void access_sync(void)
{
	sync_csrs(self());
	sync_hfences(self());
}

/* And the privilege is that in hstatus, which was swapped away. Not SPV: no sret shall go there. */
static void access_swap(void)
{
	csr_write(CSR_HSTATUS, self()->loaded->hstatus & ~HSTATUS_SPV);
	access_sync();
}

/* ---- The choice ---- */

unsigned hext_nacl_used(unsigned features)
{
	return swaps(features) ? features : features & ~(unsigned)SWAP;
}

static void insn_load(struct hext_ctx *c)
{
	self()->loaded = c;
	hext_native.load(c);
}

bool hext_nacl_compose(struct hext_ops *ops, unsigned features)
{
	if (!(features & (CSRS | HFENCES | SRET)))
		return false;
	ops->load = insn_load;
	ops->enter = choose_run(features);
	ops->resume = resume;
	ops->access = swaps(features) ? access_swap : access_sync;
	if (features & CSRS) {
		ops->load = csr_load;
		ops->put = csr_unload;
		ops->hvip_set = csr_hvip_set;
		ops->hvip_clear = csr_hvip_clear;
		ops->hvip_read = csr_hvip_read;
		ops->pending = csr_pending;
		ops->set_hgatp = csr_set_hgatp;
		ops->set_hedeleg = csr_set_hedeleg;
		ops->swap = csr_exchange;
		ops->vsepc = csr_vsepc;
		ops->vscause = csr_vscause;
		ops->vsatp = csr_vsatp;
		ops->vsstatus = csr_vsstatus;
		ops->set_vstimecmp = csr_set_vstimecmp;
		ops->get_vstimecmp = csr_get_vstimecmp;
		ops->inject = csr_inject;
		ops->hfence = hfence_insn;
	}
	if (features & HFENCES) {
		ops->hfence = hfence_entry;
		ops->hfence_all = hfence_entry_all;
	}
	return true;
}

unsigned hext_nacl_probe(void)
{
	unsigned found = 0;

	if (!sbi_probe(SBI_EXT_NACL))
		return 0;
	for (unsigned f = SBI_NACL_FEAT_SYNC_CSR; f <= SBI_NACL_FEAT_AUTOSWAP_CSR; f++) {
		struct sbiret r = sbi_call(SBI_EXT_NACL, SBI_NACL_PROBE_FEATURE, f, 0, 0);

		if (r.error == SBI_SUCCESS && r.value == 1)
			found |= (unsigned)BIT(f);
	}
	return found;
}

long hext_nacl_hart_init(struct hext_hart *h, struct nacl_shmem *s)
{
	long error = sbi_call(SBI_EXT_NACL, SBI_NACL_SET_SHMEM, virt_to_phys(s).v, 0, 0).error;
	uint64_t v;

	if (error)
		return error;
		/* put() compares with these. */
#define SHOW(csr, member) nacl_csr_show(s, CSR_##csr, csr_read(CSR_##csr));
	OUR_CSRS(SHOW)
	GUEST_CSRS(SHOW)
#undef SHOW
	nacl_csr_show(s, CSR_HSTATUS, csr_read(CSR_HSTATUS));
	nacl_csr_show(s, CSR_HEDELEG, csr_read(CSR_HEDELEG));
	nacl_csr_show(s, CSR_HIDELEG, csr_read(CSR_HIDELEG));
	nacl_csr_show(s, CSR_HIE, csr_read(CSR_HIE));
	if (csr_probe(CSR_HVIEN, &v))
		nacl_csr_show(s, CSR_HVIEN, v);
	if (csr_probe(CSR_VSISELECT, &v))
		nacl_csr_show(s, CSR_VSISELECT, v);
	if (csr_probe(CSR_HSTATEEN0, &v))
		nacl_csr_show(s, CSR_HSTATEEN0, v);
	if (csr_probe(CSR_VSTIMECMP, &v))
		nacl_csr_show(s, CSR_VSTIMECMP, v);
	*h = (struct hext_hart){.nacl = s};
	return 0;
}
