/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * AMOs of bytes and halfwords and compare-and-swaps in a guest of the guest: what they do, and
 * where they fault, in either stage of translation and in either mode. The same whether the hart
 * has them or they are emulated; illegal where they were not promised.
 */
#include <string.h>
#include "amo.h"
#include "hyp.h"

#define GPA   UINT64_C(0x140000000) /* not where the image is */
#define GPA_T (GPA + 0x10000)
#define VA    UINT64_C(0x1000000000)
#define HOLE  UINT64_C(0x10000) /* L1 has nothing there */
#define ECALL 0x00000073
#define OFF   32 /* in the page */

/* rd = a0, rs1 = a1, rs2 = a2 */
static const struct amo_insn amos[] = {
	{AMO_ADD, 0, 0, 10, 11, 12},  {AMO_MIN, 1, 3, 10, 11, 12}, {AMO_CAS, 0, 0, 10, 11, 12},
	{AMO_SWAP, 1, 1, 10, 11, 12}, {AMO_CAS, 2, 2, 10, 11, 12}, {AMO_CAS, 3, 3, 10, 11, 12},
	{AMO_CAS, 4, 0, 10, 14, 12},
};

static struct gpt g;
static struct pt pt;
static uint64_t *page, *table;
static uint32_t code[2] __attribute__((aligned(8)));

static bool emulated(unsigned k)
{
	return amo_exists(amos[k].op, amos[k].log) && (amos[k].log < 2 || amos[k].op == AMO_CAS);
}

static void g_map(uint64_t gpa, const void *frame, uint64_t flags)
{
	gpt_map(&g, gpa, (uintptr_t)frame, 0, flags);
	hfence_gvma(gpa);
}

static void vs_map(uint64_t flags, bool user)
{
	*pt_pte(&pt, VA, 0) = pte_make(GPA, flags | (user ? PTE_U : 0));
	hfence_vvma_all();
}

/* A page of L2's code for both of its modes, at the same address in both stages. */
static void clean(bool user)
{
	uint64_t at = (uintptr_t)code & ~4095UL;

	csr_write(CSR_HEDELEG, 0);
	csr_write(CSR_HSTATUS, 0);
	csr_write(CSR_VSSTATUS, 0);
	csr_write(CSR_VSTVEC, (uintptr_t)l2_vector);
	csr_write(CSR_HGATP, gpt_hgatp(&g, 1));
	csr_write(CSR_VSATP, pt_satp(&pt, 0));
	pt_map(&pt, VA + SIZE_2M, at, 0, PTE_V | PTE_R | PTE_X | PTE_A | (user ? PTE_U : 0));
	g_map(GPA, page, G_LEAF);
	vs_map(PTE_RW, user);
	hfence_gvma_all();
	hfence_vvma_all();
}

/* a1 or, for pairs, a4 is the address. */
static struct l2 *run(unsigned k, bool user, uint64_t at, uint64_t desired, uint64_t compare)
{
	static struct l2 l2;

	code[0] = amo_word(amos[k]);
	code[1] = ECALL;
	fence_i();
	memset(&l2, 0, sizeof(l2));
	l2.x[10] = compare;
	l2.x[12] = desired;
	l2.x[amos[k].rs1] = at;
	l2.sepc = VA + SIZE_2M + ((uintptr_t)code & 4095);
	l2.sstatus = (csr_read(CSR_SSTATUS) & ~(SSTATUS_SPP | SSTATUS_SPIE | SSTATUS_SIE)) |
		     (user ? 0 : SSTATUS_SPP);
	l2.hstatus =
		(csr_read(CSR_HSTATUS) & ~HSTATUS_SPVP) | HSTATUS_SPV | (user ? 0 : HSTATUS_SPVP);
	l2_run(&l2);
	return &l2;
}

static uint64_t low(uint64_t v, unsigned log)
{
	return log > 2 ? v : v & (BIT(8U << log) - 1);
}

/* What is there afterwards, of operands that are chosen so that all do something. */
static uint64_t after(unsigned k, uint64_t old, uint64_t operand)
{
	return low(amos[k].op == AMO_ADD ? old + operand : operand, amos[k].log);
}

static void test_works(unsigned k, bool user)
{
	const uint64_t old = UINT64_C(0x1122334455667788), operand = UINT64_C(0x8182838485868788);
	uint64_t bytes = low(UINT64_MAX, amos[k].log), expected;
	struct l2 *l2;

	page[OFF / 8] = old;
	page[OFF / 8 + 1] = 0;
	l2 = run(k, user, VA + OFF, operand, old);
	check_eq("works", l2->scause, user ? CAUSE_ECALL_U : CAUSE_ECALL_VS);
	expected = (old & ~bytes) | after(k, old, operand);
	check_eq("works.memory", page[OFF / 8], expected);
	check_eq("works.rd", low(l2->x[10], amos[k].log), low(old, amos[k].log));
	check_eq("works.sepc", l2->sepc & 4095, ((uintptr_t)code & 4095) + 4);
	/* A and D */
	g_map(GPA, page, G_LEAF);
	vs_map(PTE_RW, user);
}

/* To L1, whatever it delegates. */
static void guest_page_fault(const char *name, unsigned k, bool user, uint64_t gpa, bool implicit)
{
	struct l2 *l2 = run(k, user, VA + OFF, 0, 0);
	uint32_t transformed = code[0] & ~(31U << 15);

	if (!check_eq(name, l2->scause, CAUSE_STORE_GUEST_PAGE_FAULT))
		return;
	check_eq(name, l2->stval, VA + OFF);
	check_eq(name, l2->htval, gpa >> 2);
	check(name, implicit ? l2->htinst == 0x3000 : !l2->htinst || l2->htinst == transformed);
	check_eq(name, l2->hstatus & (HSTATUS_SPV | HSTATUS_GVA), HSTATUS_SPV | HSTATUS_GVA);
	check_eq(name, !(l2->sstatus & SSTATUS_SPP), user);
	check_eq(name, l2->sepc & 4095, (uintptr_t)code & 4095);
}

static void test_gstage(unsigned k, bool user)
{
	page[OFF / 8] = 7;
	csr_write(CSR_HEDELEG, UINT64_MAX);
	g_map(GPA, page, 0);
	guest_page_fault("gstage.unmapped", k, user, GPA + OFF, false);
	g_map(GPA, page, G_LEAF & ~PTE_W);
	guest_page_fault("gstage.read-only", k, user, GPA + OFF, false);
	g_map(GPA, page, G_LEAF & ~PTE_U);
	guest_page_fault("gstage.supervisor", k, user, GPA + OFF, false);
	*pt_pte(&pt, VA, 1) = pte_make(GPA_T, PTE_V);
	hfence_vvma_all();
	guest_page_fault("gstage.table", k, user, GPA_T + (VA >> 12 & 511) * 8, true);
	*pt_pte(&pt, VA, 1) = pte_make((uintptr_t)table, PTE_V);
	hfence_vvma_all();
	check_eq("gstage.memory", page[OFF / 8], 7);
	csr_write(CSR_HEDELEG, 0);
	g_map(GPA, page, G_LEAF & ~(PTE_A | PTE_D));
	if (machine.svadu) {
		check("gstage.ad", run(k, user, VA + OFF, 0, 7)->scause != 23);
		check_eq("gstage.ad", *gpt_pte(&g, GPA, 0) & (PTE_A | PTE_D), PTE_A | PTE_D);
	} else {
		guest_page_fault("gstage.ad", k, user, GPA + OFF, false);
	}
	g_map(GPA, page, G_LEAF);
}

/* To L1 or to L2 itself, as L1 delegates it. */
static void exception(const char *name, unsigned k, bool user, uint64_t at, uint64_t cause)
{
	struct l2 *l2 = run(k, user, at, 0, 0);

	check_eq(name, l2->scause, cause);
	check_eq(name, l2->stval, at);
	check_eq(name, l2->htval, 0);
	check_eq(name, l2->hstatus & HSTATUS_GVA, HSTATUS_GVA);
	csr_write(CSR_HEDELEG, UINT64_MAX);
	l2 = run(k, user, at, 0, 0);
	check_eq(name, l2->scause, CAUSE_ECALL_VS);
	check_eq(name, l2->x[10], cause);
	check_eq(name, l2->x[13], at);
	check_eq(name, csr_read(CSR_VSSTATUS) & SSTATUS_SPP, user ? 0 : SSTATUS_SPP);
	csr_write(CSR_HEDELEG, 0);
}

static void test_vs_stage(unsigned k, bool user)
{
	page[OFF / 8] = 7;
	vs_map(0, user);
	exception("vs.unmapped", k, user, VA + OFF, CAUSE_STORE_PAGE_FAULT);
	vs_map(PTE_RW & ~PTE_W, user);
	exception("vs.read-only", k, user, VA + OFF, CAUSE_STORE_PAGE_FAULT);
	vs_map(PTE_RW, !user);
	exception("vs.other-mode", k, user, VA + OFF, CAUSE_STORE_PAGE_FAULT);
	vs_map(PTE_RW & ~PTE_D, user);
	exception("vs.clean", k, user, VA + OFF, CAUSE_STORE_PAGE_FAULT);
	check_eq("vs.memory", page[OFF / 8], 7);
	if (machine.svadu) {
		csr_set(CSR_HENVCFG, HENVCFG_ADUE);
		check("vs.adue", run(k, user, VA + OFF, 0, 7)->scause != CAUSE_STORE_PAGE_FAULT);
		check_eq("vs.adue", *pt_pte(&pt, VA, 0) & PTE_D, PTE_D);
		csr_clear(CSR_HENVCFG, HENVCFG_ADUE);
	}
	vs_map(PTE_RW, user);
	if (amos[k].log) /* on QEMU two harts see to it that it is not a load */
		exception("misaligned", k, user, VA + OFF + 15, CAUSE_STORE_MISALIGNED);
	g_map(GPA, (void *)HOLE, G_LEAF);
	exception("hole", k, user, VA + OFF, CAUSE_STORE_ACCESS);
	g_map(GPA, page, G_LEAF);
}

static void test_not_given(unsigned k)
{
	struct l2 *l2 = run(k, false, VA + OFF, 0, 0);

	check_eq("not-given", l2->scause, CAUSE_ILLEGAL);
	check("not-given.stval", !l2->stval || l2->stval == code[0]);
	csr_write(CSR_HEDELEG, BIT(CAUSE_ILLEGAL));
	l2 = run(k, false, VA + OFF, 0, 0);
	check_eq("not-given.delegated", l2->x[10], CAUSE_ILLEGAL);
	csr_write(CSR_HEDELEG, 0);
}

void guest_main(void)
{
	if (!machine.hyp) {
		skip("hypamo", "no H");
		return;
	}
	g = gpt_new(8);
	gpt_map_image(&g);
	pt = pt_new(3);
	page = page_alloc();
	pt_pte(&pt, VA, 0);
	table = (uint64_t *)(uintptr_t)(*pt_pte(&pt, VA, 1) >> 10 << 12);
	print("# zabha %d zacas %d\n", machine.zabha, machine.zacas);
	for (unsigned k = 0; k < ARRAY_SIZE(amos); k++)
		for (unsigned user = 0; emulated(k) && user < 2; user++) {
			clean(user);
			if (amo_given(amos[k].op, amos[k].log)) {
				test_works(k, user);
				test_gstage(k, user);
				test_vs_stage(k, user);
			} else if (!user) {
				test_not_given(k);
			}
		}
}
