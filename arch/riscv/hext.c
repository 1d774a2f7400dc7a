/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The hypervisor extension of this host: what it offers (probed, as most of it is WARL), the CSRs that never change, and the
 * choice of the back end. Privileged specification, chapter "H" Extension for Hypervisor Support.
 */
#include <stdio.h>
#include <string.h>

#include <arch/csr.h>
#include <arch/fence.h>
#include <arch/hext.h>
#include <arch/hpm.h>
#include <arch/tlbsan.h>
#include <core/log.h>
#include <spec/pte.h>
#include <spec/sbi.h>
#include "hext_nacl.h"
#include "hext_native.h"

struct hext_ops hext;
struct hext_caps hext_caps;

/*
 * CSRs that come with the extension and that Nacre cannot do without. Those that it can are not here, as a hypervisor
 * below may leave them out: hgeie and hgeip, hstateen0, vsiselect and the like.
 */
static bool has_required(void)
{
	uint64_t v;

	return csr_probe(CSR_HSTATUS, &v) && csr_probe(CSR_HEDELEG, &v) && csr_probe(CSR_HIDELEG, &v) &&
	       csr_probe(CSR_HIE, &v) && csr_probe(CSR_HVIP, &v) && csr_probe(CSR_HCOUNTEREN, &v) &&
	       csr_probe(CSR_HTIMEDELTA, &v) && csr_probe(CSR_HENVCFG, &v) && csr_probe(CSR_HTVAL, &v) &&
	       csr_probe(CSR_HTINST, &v) && csr_probe(CSR_HGATP, &v) && csr_probe(CSR_VSSTATUS, &v) &&
	       csr_probe(CSR_VSIE, &v) && csr_probe(CSR_VSIP, &v) && csr_probe(CSR_VSTVEC, &v) &&
	       csr_probe(CSR_VSSCRATCH, &v) && csr_probe(CSR_VSEPC, &v) && csr_probe(CSR_VSCAUSE, &v) &&
	       csr_probe(CSR_VSTVAL, &v) && csr_probe(CSR_VSATP, &v);
}

/* Of the field PMM: what senvcfg and henvcfg both hold, or 0. */
static uint64_t pmm_held(uint64_t pmm, bool *user)
{
	uint64_t s, h;

	csr_write(CSR_SENVCFG, pmm << ENVCFG_PMM_SHIFT);
	csr_write(CSR_HENVCFG, pmm << ENVCFG_PMM_SHIFT);
	s = csr_read(CSR_SENVCFG) >> ENVCFG_PMM_SHIFT & 3;
	h = csr_read(CSR_HENVCFG) >> ENVCFG_PMM_SHIFT & 3;
	csr_write(CSR_SENVCFG, 0);
	csr_write(CSR_HENVCFG, 0);
	*user |= s != PMM_OFF;
	return s == pmm && h == pmm ? pmm << ENVCFG_PMM_SHIFT : 0;
}

/* The bits of the field that can be set: PMM_16 is PMM_7 and one more. *user: senvcfg has others, too. */
static uint64_t probe_pmm(bool *user)
{
	uint64_t seven = pmm_held(PMM_7, user), sixteen = pmm_held(PMM_16, user);

	return seven ? seven | sixteen : 0;
}

static uint64_t probe_henvcfg(void)
{
	uint64_t all = HENVCFG_FIOM | HENVCFG_CBIE | HENVCFG_CBCFE | HENVCFG_CBZE | HENVCFG_ADUE | HENVCFG_PBMTE |
		       HENVCFG_STCE;
	uint64_t got;

	csr_write(CSR_HENVCFG, all);
	got = csr_read(CSR_HENVCFG);
	csr_write(CSR_HENVCFG, 0);
	return got & all;
}

/* VMID width: the bits of hgatp.VMID that hold a one, under a MODE that translates (with Bare the field is reserved). */
static unsigned probe_vmid_bits(unsigned mode)
{
	unsigned bits = 0;
	uint64_t got;

	csr_write(CSR_HGATP, (uint64_t)mode << HGATP_MODE_SHIFT | HGATP_VMID);
	got = (csr_read(CSR_HGATP) & HGATP_VMID) >> HGATP_VMID_SHIFT;
	csr_write(CSR_HGATP, 0);
	while (bits < 14 && got >> bits & 1)
		bits++;
	return bits;
}

static unsigned probe_gstage_modes(void)
{
	unsigned modes = 0;

	for (unsigned m = HGATP_MODE_SV39X4; m <= HGATP_MODE_SV57X4; m++) {
		csr_write(CSR_HGATP, (uint64_t)m << HGATP_MODE_SHIFT);
		if (csr_read(CSR_HGATP) >> HGATP_MODE_SHIFT == m)
			modes |= 1U << m;
	}
	csr_write(CSR_HGATP, 0);
	return modes;
}

/* vsatp: V is 0, so nothing is translated by it. */
static unsigned probe_vsatp(uint8_t *asid_bits)
{
	unsigned modes = 0, bits = 0;
	uint64_t got = 0;

	for (unsigned m = SATP_MODE_SV39; m <= SATP_MODE_SV57; m++) {
		csr_write(CSR_VSATP, 0);
		csr_write(CSR_VSATP, (uint64_t)m << SATP_MODE_SHIFT | SATP_ASID);
		if (csr_read(CSR_VSATP) >> SATP_MODE_SHIFT != m)
			continue;
		modes |= 1U << m;
		got = csr_read(CSR_VSATP) & SATP_ASID;
	}
	csr_write(CSR_VSATP, 0);
	while (bits < 16 && got >> SATP_ASID_SHIFT >> bits & 1)
		bits++;
	*asid_bits = (uint8_t)bits;
	return modes;
}

static bool probe_sstatus(uint64_t field)
{
	bool sticks;

	csr_set(CSR_SSTATUS, field);
	sticks = (csr_read(CSR_SSTATUS) & field) != 0;
	csr_clear(CSR_SSTATUS, field);
	return sticks;
}

static uint32_t probe_vlenb(void)
{
	uint64_t vlenb = 0;

	csr_set(CSR_SSTATUS, SSTATUS_VS);
	if (!csr_probe(CSR_VLENB, &vlenb))
		vlenb = 0;
	csr_clear(CSR_SSTATUS, SSTATUS_VS);
	return (uint32_t)vlenb;
}

static uint8_t probe_unguarded(void)
{
	uint64_t v;

	return (uint8_t)((csr_probe(CSR_VSISELECT, &v) ? UNGUARDED_SISELECT : 0) |
			 (csr_probe(CSR_VSCTRCTL, &v) ? UNGUARDED_CTR : 0) |
			 (csr_probe(CSR_SCONTEXT, &v) ? UNGUARDED_SCONTEXT : 0) |
			 (csr_probe(CSR_JVT, &v) ? UNGUARDED_JVT : 0));
}

bool hext_probe(const struct isa_set *host, const struct hext_limits *lim, bool first)
{
	struct hext_caps c = {0};
	uint64_t v;

	if (!has_required())
		return false;
	c.gstage_modes = (uint16_t)probe_gstage_modes();
	if (!c.gstage_modes)
		return false;
	c.vmid_bits = (uint8_t)probe_vmid_bits((unsigned)__builtin_ctz(c.gstage_modes));
	c.vsatp_modes = (uint16_t)probe_vsatp(&c.asid_bits);
	if (lim->vmid_bits >= 0 && lim->vmid_bits < c.vmid_bits)
		c.vmid_bits = (uint8_t)lim->vmid_bits;
	c.henvcfg = probe_henvcfg() | probe_pmm(&c.masks);
	if (lim->no_sstc)
		c.henvcfg &= ~HENVCFG_STCE;
	c.sstc = (c.henvcfg & HENVCFG_STCE) && csr_probe(CSR_STIMECMP, &v);
	c.nacl = hext_nacl_probe() & lim->nacl;
	c.svinval = !lim->no_svinval && isa_has(host, ISA_SVINVAL);
	c.stateen = csr_probe(CSR_HSTATEEN0, &v);
	c.unguarded = c.stateen ? 0 : probe_unguarded();
	c.fpu = isa_has(host, ISA_D) && probe_sstatus(SSTATUS_FS); /* fpu.S moves 64 bits */
	c.vector = probe_sstatus(SSTATUS_VS);
	c.vlenb = c.vector ? probe_vlenb() : 0;
	if (!first) {
		struct hext_caps *h = &hext_caps;

		c.gstage_modes &= h->gstage_modes;
		c.vmid_bits = c.vmid_bits < h->vmid_bits ? c.vmid_bits : h->vmid_bits;
		c.vsatp_modes &= h->vsatp_modes;
		c.asid_bits = c.asid_bits < h->asid_bits ? c.asid_bits : h->asid_bits;
		c.henvcfg &= h->henvcfg;
		c.sstc = c.sstc && h->sstc;
		c.nacl &= h->nacl;
		c.svinval = c.svinval && h->svinval;
		c.stateen = c.stateen && h->stateen;
		c.unguarded &= h->unguarded;
		c.masks = c.masks || h->masks;
		c.fpu = c.fpu && h->fpu;
		c.vector = c.vector && h->vector && c.vlenb == h->vlenb;
		c.vlenb = c.vector ? c.vlenb : 0;
	}
	hext_caps = c;
	return true;
}

static const char *const nacl_names[] = {
	[SBI_NACL_FEAT_SYNC_CSR] = "sync-csr",
	[SBI_NACL_FEAT_SYNC_HFENCE] = "sync-hfence",
	[SBI_NACL_FEAT_SYNC_SRET] = "sync-sret",
	[SBI_NACL_FEAT_AUTOSWAP_CSR] = "autoswap-csr",
};

uint8_t hext_nacl_features(const char *list)
{
	uint8_t features = 0;

	for (size_t n; *list; list += n + (list[n] == ',')) {
		n = strcspn(list, ",");
		for (unsigned f = 0; f < ARRAY_SIZE(nacl_names); f++)
			if (n == strlen(nacl_names[f]) && !memcmp(list, nacl_names[f], n))
				features |= (uint8_t)BIT(f);
	}
	return features;
}

static const char *nacl_name(unsigned features)
{
	static char name[80];
	size_t len = (size_t)snprintf(name, sizeof(name), "nested acceleration");

	for (unsigned f = 0; f < ARRAY_SIZE(nacl_names); f++)
		if (features >> f & 1)
			len += (size_t)snprintf(name + len, sizeof(name) - len, " %s", nacl_names[f]);
	return name;
}

void hext_choose(void)
{
	hext = hext_caps.svinval ? hext_native_svinval : hext_native;
	if (hpm_caps.overflow)
		hext.swap = hext_native_swap_lcofi;
	else if (hext_caps.stateen)
		hext.swap = hext_native_swap_stateen;
	if (hext_nacl_compose(&hext, hext_caps.nacl))
		hext.name = nacl_name(hext_nacl_used(hext_caps.nacl));
}

static void share(struct hext_hart *h, struct nacl_shmem *shmem)
{
	long error = shmem ? hext_nacl_hart_init(h, shmem) : SBI_ERR_NO_SHMEM;

	if (!error)
		return;
	log_warn("no nested acceleration: the hypervisor below does not share memory: SBI error %ld", error);
	hext_caps.nacl = 0;
}

void hext_hart_init(struct hext_hart *h, struct nacl_shmem *shmem)
{
	uint64_t v;

	csr_write(CSR_HIDELEG, IP_VS);
	csr_write(CSR_HIE, 0);
	(void)csr_try_write(CSR_HGEIE, 0);
	csr_write(CSR_HVIP, 0);
	csr_write(CSR_HGATP, 0);
	tlbsan_hgatp(0);
	csr_write(CSR_VSATP, 0);
	/* Vcpus without Sstc leave it alone; QEMU 10.0 compares it with the time whatever henvcfg.STCE says. */
	if (csr_probe(CSR_VSTIMECMP, &v))
		csr_write(CSR_VSTIMECMP, UINT64_MAX);
	if (csr_probe(CSR_HSTATEEN0, &v)) /* even if another hart is without, and contexts do not change it */
		csr_write(CSR_HSTATEEN0, HSTATEEN0_ENVCFG);
	hfence_gvma_all();
	hfence_vvma_all();
	if (hext_caps.nacl)
		share(h, shmem);
}

void hext_ctx_reset(struct hext_ctx *ctx, gpa_t pc, uint64_t a0, uint64_t a1)
{
	memset(ctx->x, 0, sizeof(ctx->x));
	ctx->x[REG_A0] = a0;
	ctx->x[REG_A1] = a1;
	ctx->sepc = pc.v;
	/* SPP: VS-mode. FS and VS are not off for what the guest has, so that its own vsstatus alone decides. */
	ctx->sstatus = SSTATUS_SPP | SSTATUS_UXL64 | (ctx->fpu ? SSTATUS_FS_CLEAN : 0) |
		       (ctx->vector ? SSTATUS_VS_CLEAN : 0);
	ctx->hstatus = HSTATUS_SPV | HSTATUS_SPVP | HSTATUS_VTW | HSTATUS_VSXL64;
	ctx->vsstatus = SSTATUS_UXL64;
	ctx->vsie = ctx->vstvec = ctx->vsscratch = ctx->vsepc = 0;
	ctx->vscause = ctx->vstval = ctx->vsatp = 0;
	ctx->vstimecmp = UINT64_MAX;
	ctx->hvip = 0;
	ctx->senvcfg = 0;
	ctx->scounteren = COUNTEREN_ZICNTR; /* as OpenSBI leaves it: user space may read time from the start */
}
