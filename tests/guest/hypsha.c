/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What Sha promises a guest hypervisor, beyond H, each part where it can be seen: Shcounterenw,
 * Shgatpa, Shvsatpa, Shvstvecd, Shvstvala, Shtvala, and Ssstateen's registers on both sides.
 */
#include <string.h>
#include <spec/insn.h>
#include "amo.h"
#include "hyp.h"

#define CSRR(c)	 ((uint32_t)(c) << 20 | 0x2573)	 /* csrr a0, c */
#define CSRW(c)	 ((uint32_t)(c) << 20 | 0x51073) /* csrw c, a0 */
#define INSN_LD	 0x0005b503			 /* ld a0, (a1) */
#define INSN_SD	 0x00a5b023			 /* sd a0, (a1) */
#define INSN_JR	 0x000580e7			 /* jalr a1 */
#define INSN_AMO 0x00c5a52f			 /* amoadd.w a0, a2, (a1) */
#define INSN_LR	 0x1005a52f			 /* lr.w a0, (a1) */
#define UNIMP	 0xc0001073
#define ECALL	 0x00000073
#define GPA	 UINT64_C(0x140000000) /* not where the image is */
#define GPA_T	 (GPA + 0x10000)
#define VA	 UINT64_C(0x1000000000)
#define HOLE	 UINT64_C(0x10000) /* L1 has nothing there */

static struct gpt g;
static struct pt pt; /* of L2: the image, and VA */
static uint32_t code[2] __attribute__((aligned(8)));

static void clean(void)
{
	l2_clean(gpt_hgatp(&g, 1));
	hfence_gvma_all();
	hfence_vvma_all();
}

/* One instruction of L2, then its ecall. */
static struct l2 *run(uint32_t insn, bool user, uint64_t a0, uint64_t a1)
{
	code[0] = insn;
	code[1] = ECALL;
	fence_i();
	return l2_do(code, user, a0, a1);
}

static uint64_t leaves(uint32_t insn, bool user)
{
	return run(insn, user, 0, 0)->scause;
}

/* ---- Shcounterenw ---- */

static void test_counters(void)
{
	unsigned bad = 0, n, seen = 0;
	uint64_t v = 0;

	clean();
	for (n = 0; n < 32; n++) {
		if (try_insn(CSRR(CSR_CYCLE + n), 0, 0, &v).taken)
			continue;
		csr_write(CSR_HCOUNTEREN, BIT(n));
		if (csr_read(CSR_HCOUNTEREN) != BIT(n)) {
			bad += n < 3 || v; /* else it is a read-only zero */
			continue;
		}
		seen++;
		bad += leaves(CSRR(CSR_CYCLE + n), false) != CAUSE_ECALL_VS;
		csr_write(CSR_HCOUNTEREN, ~BIT(n));
		bad += leaves(CSRR(CSR_CYCLE + n), false) != CAUSE_VIRTUAL_INSTRUCTION;
	}
	check_eq("shcounterenw", bad, 0);
	check("shcounterenw.counters", seen >= 3);
}

/* ---- Shgatpa, Shvsatpa ---- */

static void test_modes(void)
{
	for (unsigned levels = 3; levels <= 5; levels++) {
		uint64_t mode = levels + 5, got;
		struct gpt stage = gpt_new((unsigned)mode);
		struct pt tables = pt_new((int)levels);

		csr_write(CSR_SATP, pt_satp(&tables, 0));
		sfence_vma();
		got = csr_read(CSR_SATP) >> SATP_MODE_SHIFT;
		csr_write(CSR_SATP, 0);
		sfence_vma();
		if (got != mode)
			continue;
		clean();
		gpt_map_image(&stage);
		csr_write(CSR_HGATP, gpt_hgatp(&stage, 2));
		csr_write(CSR_VSATP, pt_satp(&tables, 0));
		hfence_gvma_all();
		hfence_vvma_all();
		check_eq("shgatpa", csr_read(CSR_HGATP) >> HGATP_MODE_SHIFT, mode);
		check_eq("shvsatpa", csr_read(CSR_VSATP) >> SATP_MODE_SHIFT, mode);
		check_eq("shgatpa.runs", l2_do(l2_ecall, false, 0, 0)->scause, CAUSE_ECALL_VS);
	}
	clean();
	csr_write(CSR_HGATP, 0);
	check_eq("shgatpa.bare", csr_read(CSR_HGATP), 0);
	check_eq("shvsatpa.bare", csr_read(CSR_VSATP), 0);
	check_eq("shgatpa.bare.runs", l2_do(l2_ecall, false, 0, 0)->scause, CAUSE_ECALL_VS);
}

/* ---- Shvstvecd ---- */

static void test_vector(void)
{
	static const uint64_t bases[] = {0,
					 4,
					 0x80000ffc,
					 0x3ffffffffc,
					 0xffffffc000000000,
					 0xffffffff80000004,
					 0xfffffffffffffffc};
	unsigned bad = 0;

	clean();
	for (unsigned i = 0; i < ARRAY_SIZE(bases); i++) {
		csr_write(CSR_VSTVEC, bases[i]);
		bad += csr_read(CSR_VSTVEC) != bases[i];
		bad += run(CSRR(CSR_STVEC), false, 0, 0)->x[10] != bases[i];
		bad += csr_read(CSR_VSTVEC) != bases[i];
	}
	check_eq("shvstvecd", bad, 0);
}

/* ---- Shvstvala: traps that L2 takes itself ---- */

static void in_l2(const char *name, const struct l2 *l2, uint64_t cause, uint64_t stval)
{
	check_eq(name, l2->scause, CAUSE_ECALL_VS);
	check_eq(name, l2->x[10], cause);
	check_eq(name, l2->x[13], stval);
}

static void test_vstval(void)
{
	struct l2 *l2;

	clean();
	csr_write(CSR_HEDELEG, 0xb1ff & ~BIT(CAUSE_ECALL_VS));
	csr_write(CSR_VSATP, pt_satp(&pt, 0));
	*pt_pte(&pt, VA, 0) = 0;
	hfence_vvma_all();
	in_l2("vstval.load", run(INSN_LD, false, 0, VA + 8), CAUSE_LOAD_PAGE_FAULT, VA + 8);
	in_l2("vstval.store", run(INSN_SD, false, 0, VA + 16), CAUSE_STORE_PAGE_FAULT, VA + 16);
	in_l2("vstval.amo", run(INSN_AMO, false, 0, VA + 4), CAUSE_STORE_PAGE_FAULT, VA + 4);
	in_l2("vstval.fetch", run(INSN_JR, false, 0, VA + 4), CAUSE_FETCH_PAGE_FAULT, VA + 4);
	in_l2("vstval.illegal", run(UNIMP, false, 0, 0), CAUSE_ILLEGAL, UNIMP);
	in_l2("vstval.csr", run(CSRR(0x5ff), false, 0, 0), CAUSE_ILLEGAL, CSRR(0x5ff));
	pt_map(&pt, VA, GPA, 0, PTE_RW | PTE_X);
	gpt_map(&g, GPA, (uintptr_t)page_alloc(), 0, G_LEAF);
	hfence_gvma_all();
	hfence_vvma_all();
	in_l2("vstval.misaligned", run(INSN_LR, false, 0, VA + 1), CAUSE_LOAD_MISALIGNED, VA + 1);
	gpt_map(&g, GPA, HOLE, 0, G_LEAF);
	hfence_gvma_all();
	in_l2("vstval.load-access", run(INSN_LD, false, 0, VA + 8), CAUSE_LOAD_ACCESS, VA + 8);
	in_l2("vstval.store-access", run(INSN_SD, false, 0, VA + 8), CAUSE_STORE_ACCESS, VA + 8);
	in_l2("vstval.fetch-access", run(INSN_JR, false, 0, VA), CAUSE_FETCH_ACCESS, VA);
	gpt_map(&g, GPA, 0, 0, 0);
	l2 = l2_do((void *)l2_hyp, false, 0, 0);
	check_eq("stval.virtual", l2->scause, CAUSE_VIRTUAL_INSTRUCTION);
	check_eq("stval.virtual", l2->stval, *(uint32_t *)l2_hyp);
}

/* ---- Shtvala ---- */

#define PTW_READ  0x3000
#define PTW_WRITE 0x3020

static void fault(const char *name, uint32_t insn, uint64_t va, uint64_t cause, uint64_t stval,
		  uint64_t gpa)
{
	struct l2 *l2 = run(insn, false, 0, va);

	if (!check_eq(name, l2->scause, cause))
		return;
	check_eq(name, l2->stval, stval);
	check_eq(name, l2->htval, gpa >> 2);
	check_eq(name, l2->hstatus & HSTATUS_GVA, HSTATUS_GVA);
	check(name, l2->htinst != PTW_READ && l2->htinst != PTW_WRITE);
}

static void implicit(const char *name, uint32_t insn, uint64_t cause, uint64_t gpa, uint64_t htinst)
{
	struct l2 *l2 = run(insn, false, 0, VA + 8);

	if (!check_eq(name, l2->scause, cause))
		return;
	check_eq(name, l2->stval, VA + 8);
	check_eq(name, l2->htval, gpa >> 2);
	check_eq(name, l2->htinst, htinst);
}

static const struct {
	uint32_t insn, cause;
} accesses[] = {
	{INSN_LD, CAUSE_LOAD_GUEST_PAGE_FAULT},	 {INSN_SD, CAUSE_STORE_GUEST_PAGE_FAULT},
	{INSN_JR, CAUSE_FETCH_GUEST_PAGE_FAULT}, {INSN_AMO, CAUSE_STORE_GUEST_PAGE_FAULT},
	{INSN_LR, CAUSE_LOAD_GUEST_PAGE_FAULT},
};

static void test_htval(void)
{
	uint16_t *page = page_alloc();

	clean();
	for (unsigned i = 0; i < ARRAY_SIZE(accesses); i++) {
		fault("htval.bare", accesses[i].insn, GPA + 8, accesses[i].cause, GPA + 8, GPA + 8);
		fault("htval.wide", accesses[i].insn, 1UL << 60, accesses[i].cause, 1UL << 60,
		      1UL << 60);
	}
	csr_write(CSR_VSATP, pt_satp(&pt, 0));
	pt_map(&pt, VA, GPA, 0, PTE_RW | PTE_X);
	pt_map(&pt, VA + 4096, GPA + 8192, 0, PTE_RW | PTE_X);
	gpt_map(&g, GPA, 0, 0, 0);
	hfence_gvma_all();
	hfence_vvma_all();
	for (unsigned i = 0; i < ARRAY_SIZE(accesses); i++)
		fault("htval.paged", accesses[i].insn, VA + 8, accesses[i].cause, VA + 8, GPA + 8);
	/* Across the end of a page: the second half is what faults. */
	gpt_map(&g, GPA, (uintptr_t)page, 0, G_LEAF);
	hfence_gvma_all();
	page[2047] = 0x2503; /* half of an lw */
	fault("htval.fetch-half", INSN_JR, VA + 4094, CAUSE_FETCH_GUEST_PAGE_FAULT, VA + 4096,
	      GPA + 8192);
	fault("htval.load-half", INSN_LD, VA + 4092, CAUSE_LOAD_GUEST_PAGE_FAULT, VA + 4096,
	      GPA + 8192);
	fault("htval.store-half", INSN_SD, VA + 4092, CAUSE_STORE_GUEST_PAGE_FAULT, VA + 4096,
	      GPA + 8192);
}

/* A and D are to be set where L2 may not write: the walks that Nacre makes itself. */
static void implicit_write(uint64_t *table, uint64_t slot)
{
	static void *const call[] = {(void *)hlv_d, (void *)hsv_d};

	csr_set(CSR_HENVCFG, HENVCFG_ADUE);
	csr_write(CSR_HSTATUS, HSTATUS_SPVP);
	table[VA >> 12 & 511] = pte_make(GPA, (PTE_RW | PTE_X) & ~(PTE_A | PTE_D));
	for (unsigned i = 0; i < 2; i++) {
		check_eq("implicit.write", try_call(call[i], VA + 8, 0, NULL).cause,
			 i ? CAUSE_STORE_GUEST_PAGE_FAULT : CAUSE_LOAD_GUEST_PAGE_FAULT);
		check_eq("implicit.write", csr_read(CSR_HTVAL), slot >> 2);
		check_eq("implicit.write", csr_read(CSR_HTINST), PTW_WRITE);
	}
	csr_clear(CSR_HENVCFG, HENVCFG_ADUE);
	csr_write(CSR_HSTATUS, 0);
}

/* L2's last table is behind a page of the G-stage of its own. */
static void test_implicit(void)
{
	uint64_t *table = page_alloc(), slot = GPA_T + (VA >> 12 & 511) * 8;

	clean();
	csr_write(CSR_VSATP, pt_satp(&pt, 0));
	*pt_pte(&pt, VA, 1) = pte_make(GPA_T, PTE_V);
	table[VA >> 12 & 511] = pte_make(GPA, PTE_RW | PTE_X);
	gpt_map(&g, GPA, 0, 0, 0);
	hfence_gvma_all();
	hfence_vvma_all();
	for (unsigned i = 0; i < ARRAY_SIZE(accesses); i++)
		implicit("implicit", accesses[i].insn, accesses[i].cause, slot, PTW_READ);
	gpt_map(&g, GPA_T, (uintptr_t)table, 0, G_LEAF & ~(PTE_W | PTE_X));
	hfence_gvma_all();
	fault("implicit.mapped", INSN_LD, VA + 8, CAUSE_LOAD_GUEST_PAGE_FAULT, VA + 8, GPA + 8);
	if (machine.svadu && !machine.native) /* QEMU writes there all the same */
		implicit_write(table, slot);
	gpt_map(&g, GPA_T, 0, 0, 0);
}

/* ---- Ssstateen ---- */

/* Its numbers are constants of instructions: hstateenN and sstateenN. */
static void write_hstateen(unsigned n, uint64_t v)
{
	try_insn(CSRW(CSR_HSTATEEN0 + n), v, 0, NULL);
}

static uint64_t read_hstateen(unsigned n)
{
	uint64_t v = 0;

	check("hstateen", !try_insn(CSRR(CSR_HSTATEEN0 + n), 0, 0, &v).taken);
	return v;
}

static void own_stateen(unsigned n)
{
	uint64_t v = 1;

	check("sstateen.write", !try_insn(CSRW(CSR_SSTATEEN0 + n), UINT64_MAX, 0, NULL).taken);
	check("sstateen.read", !try_insn(CSRR(CSR_SSTATEEN0 + n), 0, 0, &v).taken);
	if (!machine.native) /* QEMU keeps bits that belong to hstateen0 */
		check_eq("sstateen", v, 0);
	check_insn_trap("sstateen.user", try_user_insn(CSRR(CSR_SSTATEEN0 + n), 0, 0),
			CAUSE_ILLEGAL);
}

static void one_stateen(unsigned n)
{
	uint64_t mine = machine.native ? BIT(63) | HSTATEEN0_ENVCFG : UINT64_MAX;
	uint32_t read = CSRR(CSR_SSTATEEN0 + n), write = CSRW(CSR_SSTATEEN0 + n);
	struct l2 *l2;

	write_hstateen(n, UINT64_MAX);
	/* Of what a guest has, senvcfg alone has a bit. */
	check_eq("hstateen.ones", read_hstateen(n) & mine, BIT(63) | (n ? 0 : HSTATEEN0_ENVCFG));
	own_stateen(n);
	check_eq("sstateen.l2.write", leaves(write, false), CAUSE_ECALL_VS);
	l2 = run(read, false, 1, 0);
	check_eq("sstateen.l2", l2->scause, CAUSE_ECALL_VS);
	if (!machine.native)
		check_eq("sstateen.l2", l2->x[10], 0);
	if (!machine.native) /* QEMU finds it illegal */
		check_eq("sstateen.vu", leaves(read, true), CAUSE_VIRTUAL_INSTRUCTION);
	write_hstateen(n, ~BIT(63));
	check_eq("hstateen.se", read_hstateen(n) & mine, n ? 0 : HSTATEEN0_ENVCFG);
	csr_write(CSR_HEDELEG, BIT(CAUSE_ILLEGAL));
	l2 = run(read, false, 1, 0);
	check_eq("sstateen.off", l2->scause, CAUSE_VIRTUAL_INSTRUCTION);
	check_eq("sstateen.off", l2->stval, read);
	check_eq("sstateen.off.write", leaves(write, false), CAUSE_VIRTUAL_INSTRUCTION);
	csr_write(CSR_HEDELEG, 0);
	check("sstateen.own", !try_insn(read, 0, 0, NULL).taken);
}

static void test_envcfg(void)
{
	uint32_t read = CSRR(CSR_SENVCFG);
	struct l2 *l2;

	write_hstateen(0, HSTATEEN0_ENVCFG);
	check_eq("envcfg.on", leaves(read, false), CAUSE_ECALL_VS);
	write_hstateen(0, 0);
	if (read_hstateen(0)) { /* read-only one */
		check_eq("envcfg.always", read_hstateen(0), HSTATEEN0_ENVCFG);
		return;
	}
	for (unsigned i = 0; i < 3; i++) {
		l2 = run(read, false, 0, 0);
		check_eq("envcfg.off", l2->scause, CAUSE_VIRTUAL_INSTRUCTION);
		check_eq("envcfg.off", l2->stval, read);
		check("envcfg.own", !try_insn(read, 0, 0, NULL).taken);
	}
	write_hstateen(0, HSTATEEN0_ENVCFG);
	check_eq("envcfg.again", leaves(read, false), CAUSE_ECALL_VS);
}

static void test_stateen(void)
{
	/* OpenSBI has mstateen1 to 3 at 0. */
	unsigned count = machine.native ? 1 : 4;
	uint64_t v = 1;

	clean();
	if (!isa_has("ssstateen")) {
		check_insn_trap("no-hstateen0", try_insn(CSRR(CSR_HSTATEEN0), 0, 0, NULL),
				CAUSE_ILLEGAL);
		check_insn_trap("no-sstateen0", try_insn(CSRR(CSR_SSTATEEN0), 0, 0, NULL),
				CAUSE_ILLEGAL);
		return;
	}
	if (!machine.native)
		check("hstateen0.reset",
		      !try_insn(CSRR(CSR_HSTATEEN0), 0, 0, &v).taken && !(v & BIT(63)));
	for (unsigned n = 0; n < count; n++)
		one_stateen(n);
	test_envcfg();
}

void guest_main(void)
{
	uint64_t mode = 10;

	if (!machine.hyp) {
		for (unsigned n = 0; isa_has("ssstateen") && n < (machine.native ? 1 : 4); n++)
			own_stateen(n);
		skip("hypsha", "no H");
		return;
	}
	do
		csr_write(CSR_HGATP, mode-- << HGATP_MODE_SHIFT);
	while (csr_read(CSR_HGATP) >> HGATP_MODE_SHIFT != mode + 1 && mode >= 8);
	g = gpt_new((unsigned)mode + 1);
	gpt_map_image(&g);
	pt = pt_new(3);
	test_counters();
	test_modes();
	test_vector();
	test_vstval();
	test_htval();
	test_implicit();
	test_stateen();
}
