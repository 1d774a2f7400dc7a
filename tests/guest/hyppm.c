/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pointer masking as a guest hypervisor finds it (Ssnpm beside H): the legal values of henvcfg.PMM
 * and hstatus.HUPMM, and what HLV and HSV make of addresses in each mode, translated or not. Its
 * own guest's user mode is masked by senvcfg. Not that guest's S-mode: QEMU 10.0 looks at
 * mstatus.MPV to find whose setting it is.
 */
#include <string.h>
#include "hyp.h"

#define GPA	UINT64_C(0x140000000)
#define VA	UINT64_C(0x1000000000)
#define VALUE	UINT64_C(0x1122334455667788)
#define HLV_D	0x6c054573 /* hlv.d a0, (a0) */
#define HSV_D	0x6eb54073 /* hsv.d a1, (a0) */
#define HLVX_HU 0x64354573 /* hlvx.hu a0, (a0) */

static uint64_t *frame;
static bool paged;

static uint64_t masked(uint64_t va, uint64_t pmm)
{
	unsigned n = pmm == PMM_16 ? 16 : pmm == PMM_7 ? 7 : 0;

	return paged ? (uint64_t)((int64_t)(va << n) >> n) : va << n >> n;
}

/* What the field keeps when v is written over another. */
#define KEEPS(csr, shift, over, v)                                          \
	({                                                                  \
		uint64_t rest_ = csr_read(csr) & ~(UINT64_C(3) << (shift)); \
		csr_write(csr, rest_);                                      \
		csr_write(csr, rest_ | (uint64_t)(over) << (shift));        \
		csr_write(csr, rest_ | (uint64_t)(v) << (shift));           \
		(unsigned)(csr_read(csr) >> (shift)&3);                     \
	})

static void test_legal(void)
{
	unsigned bad = 0;

	for (unsigned over = 0; over < 4; over++)
		for (unsigned v = 0; v < 4; v++) {
			unsigned was = over == PMM_RESERVED ? 0 : over,
				 now = v == PMM_RESERVED ? was : v;

			bad += KEEPS(CSR_HENVCFG, ENVCFG_PMM_SHIFT, over, v) != now;
			bad += KEEPS(CSR_HSTATUS, HSTATUS_HUPMM_SHIFT, over, v) != now;
			bad += KEEPS(CSR_SENVCFG, ENVCFG_PMM_SHIFT, over, v) != now;
		}
	check_eq("legal", bad, 0);
	csr_write(CSR_HENVCFG, 0);
	csr_write(CSR_HSTATUS, 0);
	csr_write(CSR_SENVCFG, 0);
}

/* Whose settings are which: all three differ from another. */
static void set(uint64_t user, uint64_t super, uint64_t hu)
{
	csr_write(CSR_SENVCFG, user << ENVCFG_PMM_SHIFT);
	csr_write(CSR_HENVCFG, super << ENVCFG_PMM_SHIFT);
	csr_clear(CSR_HSTATUS, HSTATUS_HUPMM);
	csr_set(CSR_HSTATUS, HSTATUS_HU | hu << HSTATUS_HUPMM_SHIFT);
}

static bool one(const char *name, uint32_t word, uint64_t va, uint64_t pmm, bool hu)
{
	uint64_t base = paged ? VA : GPA, to = masked(va, pmm);
	bool there = to == base + 8, ok;
	struct trap_info t;

	frame[1] = VALUE;
	t = hu ? try_user_insn(word, va, ~VALUE) : try_insn(word, va, ~VALUE, NULL);
	if (hu && t.cause == CAUSE_ECALL_U)
		t.taken = false;
	if (there)
		ok = !t.taken && frame[1] == (word == HSV_D ? ~VALUE : VALUE);
	else
		ok = t.taken && t.stval == to && frame[1] == VALUE;
	if (!ok)
		print("# %s: %08x at %lx: taken %d cause %lu stval %lx, not %lx\n", name, word, va,
		      t.taken, t.cause, t.stval, to);
	return ok;
}

static const uint64_t tags[] = {0,	 BIT(63), UINT64_C(0xa4) << 56,
				BIT(56), BIT(50), UINT64_C(0xffff) << 48};

static void all(const char *name, uint64_t pmm, bool hu)
{
	unsigned bad = 0;

	for (unsigned i = 0; i < ARRAY_SIZE(tags); i++) {
		uint64_t va = ((paged ? VA : GPA) + 8) ^ tags[i];

		bad += !one(name, HLV_D, va, pmm, hu) + !one(name, HSV_D, va, pmm, hu);
		if (!(paged && csr_read(CSR_HSTATUS) & HSTATUS_SPVP)) /* code of U-mode's page */
			bad += !one(name, HLVX_HU, va, PMM_OFF, hu);
	}
	check_eq(name, bad, 0);
}

static void test_hlv(uint64_t user, uint64_t super, uint64_t hu)
{
	print("# senvcfg %lu henvcfg %lu hupmm %lu\n", user, super, hu);
	set(user, super, hu);
	csr_set(CSR_HSTATUS, HSTATUS_SPVP);
	csr_set(CSR_VSSTATUS, SSTATUS_SUM);
	all("hlv.vs", super, false);
	all("hlv.vs.hu", super, true);
	csr_clear(CSR_HSTATUS, HSTATUS_SPVP);
	all("hlv.vu", user, false);
	all("hlv.vu.hu", hu, true);
	csr_set(CSR_VSSTATUS, SSTATUS_MXR);
	all("hlv.vu.mxr", PMM_OFF, false);
	csr_clear(CSR_VSSTATUS, SSTATUS_MXR);
	csr_set(CSR_SSTATUS, SSTATUS_MXR);
	all("hlv.vu.hs-mxr", PMM_OFF, false);
	csr_clear(CSR_SSTATUS, SSTATUS_MXR);
	set(0, 0, 0);
}

/* Each byte's address is masked on its own. */
static void test_crossing(void)
{
	uint64_t v = 0;

	set(PMM_16, PMM_16, 0);
	frame[511] = VALUE;
	frame[512] = ~VALUE;
	csr_set(CSR_HSTATUS, HSTATUS_SPVP);
	check("crossing",
	      !try_call((void *)hlv_d, ((paged ? VA : GPA) + 4092) | BIT(60), 0, &v).taken &&
		      v == (VALUE >> 32 | ~VALUE << 32));
	csr_clear(CSR_HSTATUS, HSTATUS_SPVP);
	set(0, 0, 0);
}

/* The hart's own: of VU-mode, not of VS-mode. Not translated, as its code is mapped for S-mode. */
static void test_l2(void)
{
	uint64_t at = (GPA + 8) | BIT(60);
	struct l2 *l2;

	frame[1] = VALUE;
	set(PMM_7, 0, 0);
	l2 = l2_do(l2_load, true, 0, at);
	check("l2.user", l2->scause == CAUSE_ECALL_U && l2->x[10] == VALUE);
	l2 = l2_do(l2_load, true, 0, at + 8192);
	check_eq("l2.user.fault", l2->scause, CAUSE_LOAD_GUEST_PAGE_FAULT);
	check_eq("l2.user.fault", l2->stval, masked(at + 8192, PMM_7));
	check_eq("l2.user.fault", l2->htval, (GPA + 8 + 8192) >> 2);
	l2 = l2_do(l2_load, false, 0, at);
	check("l2.super", l2->scause == CAUSE_LOAD_GUEST_PAGE_FAULT && l2->stval == at);
	set(0, 0, 0);
}

void guest_main(void)
{
	const struct gpt g = gpt_new(8);
	struct pt pt = pt_new(3);

	if (!machine.hyp || !isa_has("ssnpm")) {
		set(PMM_7, PMM_7, PMM_7);
		check_eq("absent.henvcfg", csr_read(CSR_HENVCFG) & ENVCFG_PMM, 0);
		check_eq("absent.hstatus", csr_read(CSR_HSTATUS) & HSTATUS_HUPMM, 0);
		return;
	}
	frame = page_alloc();
	check("two pages", page_alloc() == frame + 512);
	gpt_map_image(&g);
	gpt_map(&g, GPA, (uintptr_t)frame, 0, G_LEAF);
	gpt_map(&g, GPA + 4096, (uintptr_t)frame + 4096, 0, G_LEAF);
	csr_write(CSR_HGATP, gpt_hgatp(&g, 1));
	hfence_gvma_all();
	pt_map(&pt, VA, GPA, 0, PTE_RW | PTE_X | PTE_U);
	pt_map(&pt, VA + 4096, GPA + 4096, 0, PTE_RW | PTE_X | PTE_U);
	test_legal();
	for (unsigned n = 0; n < 2; n++) {
		paged = n;
		csr_write(CSR_VSATP, n ? pt_satp(&pt, 0) : 0);
		hfence_vvma_all();
		test_hlv(PMM_OFF, PMM_7, PMM_16);
		test_hlv(PMM_16, PMM_OFF, PMM_7);
		test_hlv(PMM_7, PMM_16, PMM_OFF);
		test_crossing();
		if (!paged)
			test_l2();
	}
}
