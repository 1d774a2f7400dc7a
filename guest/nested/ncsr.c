/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest's hypervisor CSRs. One row for each: where its value is, which bits a write changes, and
 * for the few that are views of others or have fields with legal values of their own, a function.
 * An index by CSR number finds the row.
 */
#include <guest/nested/ncsr.h>

#include <spec/csr.h>
#include <spec/pte.h>

/* Delegable exceptions: those that a hart with M, S and H must have writable, and software check
 * (18). */
#define HEDELEG_MASK  (BIT(19) - 1 - (BIT(9) | BIT(10) | BIT(11) | BIT(14) | BIT(16) | BIT(17)))
#define VSSTATUS_MASK (SSTATUS_SIE | SSTATUS_SPIE | SSTATUS_SPP | SSTATUS_SUM | SSTATUS_MXR)

#define ALWAYS_INLINE static inline __attribute__((always_inline))

#define HGEIP_ROW 7 /* alone outside 0x2xx and 0x6xx */
#define ROW(c, h, field, m)                                             \
	{                                                               \
		m, offsetof(struct ncsr_file, field), CSR_##c, NCSR_##h \
	}

/* In the order of dependence: what is delegated, before what is pending or enabled by that; hvip
 * before its views. */
const struct ncsr_row ncsr_rows[] = {
	ROW(HSTATUS, HSTATUS, hstatus, 0),
	ROW(HEDELEG, PLAIN, hedeleg, HEDELEG_MASK),
	ROW(HIDELEG, ENABLE, vs.hideleg, IP_VS),
	ROW(HENVCFG, HENVCFG, vs.henvcfg, 0),
	ROW(HCOUNTEREN, HCOUNTEREN, vs.hcounteren, 0),
	ROW(HTIMEDELTA, LEVEL, htimedelta, UINT64_MAX),
	ROW(HGEIE, READONLY, hstatus, 0),
	ROW(HGEIP, READONLY, hstatus, 0),
	ROW(HIE, ENABLE, vs.hie, IP_VS),
	ROW(HTVAL, PLAIN, htval, UINT64_MAX),
	ROW(HTINST, PLAIN, htinst, UINT64_MAX),
	ROW(HGATP, HGATP, hgatp, 0),
	ROW(VSSTATUS, VSSTATUS, vs.vsstatus, VSSTATUS_MASK),
	ROW(VSTVEC, PLAIN, vs.vstvec, ~UINT64_C(2)),
	ROW(VSSCRATCH, PLAIN, vs.vsscratch, UINT64_MAX),
	ROW(VSEPC, PLAIN, vs.vsepc, ~UINT64_C(1)),
	ROW(VSCAUSE, PLAIN, vs.vscause, UINT64_MAX),
	ROW(VSTVAL, PLAIN, vs.vstval, UINT64_MAX),
	ROW(VSATP, VSATP, vs.vsatp, 0),
	ROW(VSTIMECMP, TIMECMP, vs.vstimecmp, UINT64_MAX),
	ROW(HVIP, LEVEL, vs.hvip, IP_VS),
	ROW(HIP, HIP, vs.hvip, IP_VSSI),
	ROW(VSIE, VSIE, vs.hie, IP_VS),
	ROW(VSIP, VSIP, vs.hvip, IP_VSSI),
	ROW(HSTATEEN0, HSTATEEN, hstateen[0], HSTATEEN0_SE0),
	ROW(HSTATEEN1, HSTATEEN, hstateen[1], HSTATEEN0_SE0), /* bit 63 of each is SE */
	ROW(HSTATEEN2, HSTATEEN, hstateen[2], HSTATEEN0_SE0),
	ROW(HSTATEEN3, HSTATEEN, hstateen[3], HSTATEEN0_SE0),
};

#define AT(c, n) [NCSR_INDEX(CSR_##c)] = (n) + 1

const uint8_t ncsr_index[NCSR_INDEXES] = {
	AT(HSTATUS, 0),	   AT(HEDELEG, 1),    AT(HIDELEG, 2), AT(HENVCFG, 3),	 AT(HCOUNTEREN, 4),
	AT(HTIMEDELTA, 5), AT(HGEIE, 6),      AT(HIE, 8),     AT(HTVAL, 9),	 AT(HTINST, 10),
	AT(HGATP, 11),	   AT(VSSTATUS, 12),  AT(VSTVEC, 13), AT(VSSCRATCH, 14), AT(VSEPC, 15),
	AT(VSCAUSE, 16),   AT(VSTVAL, 17),    AT(VSATP, 18),  AT(VSTIMECMP, 19), AT(HVIP, 20),
	AT(HIP, 21),	   AT(VSIE, 22),      AT(VSIP, 23),   AT(HSTATEEN0, 24), AT(HSTATEEN1, 25),
	AT(HSTATEEN2, 26), AT(HSTATEEN3, 27),
};

static_assert(ARRAY_SIZE(ncsr_rows) == 28, "ncsr_index names each row");

static const struct ncsr_row *find(const struct ncsr_file *f, unsigned csr)
{
	const struct ncsr_row *r = csr == CSR_HGEIP ? &ncsr_rows[HGEIP_ROW] : ncsr_row(csr);

	if (r && ((r->how == NCSR_TIMECMP && !f->can.sstc) ||
		  (r->how == NCSR_HSTATEEN && !f->can.stateen)))
		return NULL;
	return r;
}

static uint64_t *value(struct ncsr_file *f, const struct ncsr_row *r)
{
	return (uint64_t *)((char *)f + r->at);
}

uint64_t ncsr_hip(const struct ncsr_file *f)
{
	return f->vs.hvip | (f->vstip && (f->vs.henvcfg & HENVCFG_STCE) ? IP_VSTI : 0);
}

bool ncsr_looks_at_time(const struct ncsr_file *f, unsigned csr)
{
	return (csr == CSR_HIP || csr == CSR_VSIP) && (f->vs.henvcfg & HENVCFG_STCE);
}

/* Both bits of FS, or both of VS. */
static bool is_dirty(uint64_t status)
{
	return status & status >> 1 & (SSTATUS_FS_INITIAL | SSTATUS_VS_INITIAL);
}

static uint64_t vsstatus(uint64_t v)
{
	return (v & ~SSTATUS_SD) | (is_dirty(v) ? SSTATUS_SD : 0);
}

bool ncsr_read(const struct ncsr_file *f, unsigned csr, uint64_t *val)
{
	const struct ncsr_row *r = find(f, csr);
	uint64_t v;

	if (!r)
		return false;
	v = *value((struct ncsr_file *)f, r);
	switch (r->how) {
	case NCSR_READONLY:
		v = 0;
		break;
	case NCSR_VSSTATUS:
		v = vsstatus(v);
		break;
	case NCSR_HIP:
		v = ncsr_hip(f);
		break;
	case NCSR_VSIP:
		v = (ncsr_hip(f) & f->vs.hideleg) >> 1;
		break;
	case NCSR_VSIE:
		v = (v & f->vs.hideleg) >> 1;
		break;
	default:
		break;
	}
	*val = v;
	return true;
}

ALWAYS_INLINE void show_pending(const struct ncsr_file *f, struct nacl_shmem *s)
{
	const struct world *w = &f->vs;
	uint64_t hip = ncsr_hip(f);

	nacl_csr_show(s, CSR_HVIP, w->hvip);
	nacl_csr_show(s, CSR_HIP, hip);
	nacl_csr_show(s, CSR_VSIP, (hip & w->hideleg) >> 1);
	if (f->can.sstc)
		nacl_csr_show(s, CSR_VSTIMECMP, w->vstimecmp);
}

void ncsr_show_pending(const struct ncsr_file *f, struct nacl_shmem *s)
{
	show_pending(f, s);
}

void ncsr_show_changing(const struct ncsr_file *f, struct nacl_shmem *s)
{
	const struct world *w = &f->vs;

	nacl_csr_show(s, CSR_HSTATUS, f->hstatus);
	nacl_csr_show(s, CSR_HIE, w->hie);
	nacl_csr_show(s, CSR_HTVAL, f->htval);
	nacl_csr_show(s, CSR_HTINST, f->htinst);
	nacl_csr_show(s, CSR_VSSTATUS, vsstatus(w->vsstatus));
	nacl_csr_show(s, CSR_VSTVEC, w->vstvec);
	nacl_csr_show(s, CSR_VSSCRATCH, w->vsscratch);
	nacl_csr_show(s, CSR_VSEPC, w->vsepc);
	nacl_csr_show(s, CSR_VSCAUSE, w->vscause);
	nacl_csr_show(s, CSR_VSTVAL, w->vstval);
	nacl_csr_show(s, CSR_VSATP, w->vsatp);
	nacl_csr_show(s, CSR_VSIE, (w->hie & w->hideleg) >> 1);
	show_pending(f, s);
}

void ncsr_show(const struct ncsr_file *f, struct nacl_shmem *s)
{
	ncsr_show_changing(f, s);
	nacl_csr_show(s, CSR_HEDELEG, f->hedeleg);
	nacl_csr_show(s, CSR_HIDELEG, f->vs.hideleg);
	nacl_csr_show(s, CSR_HENVCFG, f->vs.henvcfg);
	nacl_csr_show(s, CSR_HCOUNTEREN, f->vs.hcounteren);
	nacl_csr_show(s, CSR_HTIMEDELTA, f->htimedelta);
	nacl_csr_show(s, CSR_HGEIE, 0);
	nacl_csr_show(s, CSR_HGEIP, 0);
	nacl_csr_show(s, CSR_HGATP, f->hgatp);
	for (unsigned i = 0; f->can.stateen && i < ARRAY_SIZE(f->hstateen); i++)
		nacl_csr_show(s, CSR_HSTATEEN0 + i, f->hstateen[i]);
}

static bool has_mode(unsigned modes, uint64_t mode)
{
	return mode == 0 || (modes >> mode & 1);
}

/* A write with a mode that is not there is ignored, as the whole of it would be with satp. */
static uint64_t legal_vsatp(const struct ncsr_file *f, uint64_t old, uint64_t v)
{
	uint64_t asid = ((UINT64_C(1) << f->can.asid_bits) - 1) << SATP_ASID_SHIFT;

	if (!has_mode(f->can.vsatp_modes, v >> SATP_MODE_SHIFT))
		return old;
	return v & (UINT64_C(0xf) << SATP_MODE_SHIFT | asid | SATP_PPN);
}

/* Here such a write is not ignored: the mode becomes Bare. A root is 16 KiB and aligned to that. */
static uint64_t legal_hgatp(const struct ncsr_file *f, uint64_t v)
{
	uint64_t mode = v >> HGATP_MODE_SHIFT;

	v &= HGATP_VMID | (HGATP_PPN & ~UINT64_C(3));
	return has_mode(f->can.hgatp_modes, mode) ? v | mode << HGATP_MODE_SHIFT : v;
}

/* CBIE has a reserved value, 2; PMM has, too. Where PMLEN is 7 at most, 16 becomes 7. */
static uint64_t legal_henvcfg(const struct ncsr_file *f, uint64_t old, uint64_t v)
{
	if ((v & HENVCFG_CBIE) == (HENVCFG_CBIE & (HENVCFG_CBIE << 1)))
		v = (v & ~HENVCFG_CBIE) | (old & HENVCFG_CBIE);
	if ((v & ENVCFG_PMM) == PMM_RESERVED << ENVCFG_PMM_SHIFT)
		v = (v & ~ENVCFG_PMM) | (old & ENVCFG_PMM);
	return v & f->can.henvcfg;
}

/* Only our own walks look at HUPMM: it can be all that PMM can. */
uint64_t ncsr_hstatus_pm(const struct ncsr_file *f, uint64_t val)
{
	uint64_t mask = NCSR_HSTATUS_MASK;

	if ((val & HSTATUS_HUPMM) != PMM_RESERVED << HSTATUS_HUPMM_SHIFT)
		mask |= HSTATUS_HUPMM;
	return (f->hstatus & ~mask) | (val & mask);
}

/* And what the hart shall have for it: not SE0, for sstateen0 is the same for all, and carried out.
 */
static void write_hstateen0(struct ncsr_file *f, uint64_t v)
{
	uint64_t guarded = v & f->can.hstateen0;

	f->hstateen[0] = (v & HSTATEEN0_SE0) | guarded | f->can.hstateen0_ones;
	f->vs.hstateen0 = guarded | f->can.hstateen0_ones;
}

bool ncsr_write(struct ncsr_file *f, unsigned csr, uint64_t val)
{
	const struct ncsr_row *r = find(f, csr);
	uint64_t *p, mask;

	if (!r || csr >> 10 == 3)
		return false;
	p = value(f, r);
	mask = r->mask;
	switch (r->how) {
	case NCSR_READONLY:
		return true;
	case NCSR_HSTATUS:
		*p = ncsr_hstatus(f, val);
		return true;
	case NCSR_VSSTATUS:
		mask |= f->can.vsstatus;
		break;
	case NCSR_HCOUNTEREN:
		mask = f->can.hcounteren;
		break;
	case NCSR_HSTATEEN:
		if (csr == CSR_HSTATEEN0) {
			write_hstateen0(f, val);
			return true;
		}
		break;
	case NCSR_VSATP:
		*p = legal_vsatp(f, *p, val);
		return true;
	case NCSR_HGATP:
		*p = legal_hgatp(f, val);
		return true;
	case NCSR_HENVCFG:
		*p = legal_henvcfg(f, *p, val);
		return true;
	case NCSR_VSIE:
	case NCSR_VSIP: /* what is not delegated is read-only here */
		mask &= f->vs.hideleg;
		val <<= 1;
		break;
	default:
		break;
	}
	*p = (*p & ~mask) | (val & mask);
	return true;
}

unsigned ncsr_number(unsigned i)
{
	return i < ARRAY_SIZE(ncsr_rows) ? ncsr_rows[i].csr : 0;
}

void ncsr_reset(struct ncsr_file *f)
{
	*f = (struct ncsr_file){.can = f->can};
	f->hstatus = HSTATUS_VSXL64;
	f->vs.vsstatus = SSTATUS_UXL64;
	f->vs.vstimecmp = UINT64_MAX;
	write_hstateen0(f, f->can.stateen ? 0 : UINT64_MAX);
}
