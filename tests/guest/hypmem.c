/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two-stage translation as a guest hypervisor finds it: mappings and faults of its guest in each
 * G-stage mode, fences, VMIDs, HLV and HSV; then a random history of maps, unmaps and fences
 * against the tables themselves.
 */
#include <string.h>
#include "hyp.h"

#define GPA	UINT64_C(0x140000000) /* not where the image is */
#define VA	UINT64_C(0x1000000000)
#define AT(gpa) ((gpa) >> 2)
#define HLV_D	0x6c054573 /* hlv.d a0, (a0) */

static struct gpt g;
static uint64_t *a, *b; /* pages of the test */

static struct l2 *load(uint64_t at)
{
	return l2_do(l2_load, false, 0, at);
}

static struct l2 *store(uint64_t at, uint64_t v)
{
	return l2_do(l2_store, false, v, at);
}

static bool loads(uint64_t at, uint64_t v)
{
	struct l2 *l2 = load(at);

	return l2->scause == CAUSE_ECALL_VS && l2->x[10] == v;
}

static void map(uint64_t gpa, const void *frame, uint64_t flags)
{
	gpt_map(&g, gpa, (uintptr_t)frame, 0, flags);
	hfence_gvma(gpa);
}

static void faults(const char *name, const struct l2 *l2, uint64_t cause, uint64_t stval,
		   uint64_t gpa)
{
	if (!check_eq(name, l2->scause, cause))
		return;
	check_eq(name, l2->stval, stval);
	check_eq(name, l2->htval, AT(gpa));
	check_eq(name, l2->hstatus & (HSTATUS_GVA | HSTATUS_SPV), HSTATUS_GVA | HSTATUS_SPV);
}

static void test_faults(void)
{
	struct l2 *l2;

	a[0] = 0xaaaa;
	b[0] = 0xbbbb;
	faults("load", load(GPA), CAUSE_LOAD_GUEST_PAGE_FAULT, GPA, GPA);
	faults("store", store(GPA + 8, 1), CAUSE_STORE_GUEST_PAGE_FAULT, GPA + 8, GPA + 8);
	faults("fetch", l2_do((void *)GPA, false, 0, 0), CAUSE_FETCH_GUEST_PAGE_FAULT, GPA, GPA);
	map(GPA, a, G_LEAF);
	check("mapped.load", loads(GPA, 0xaaaa));
	check("mapped.store", store(GPA + 8, 0x1234)->scause == CAUSE_ECALL_VS && a[1] == 0x1234);
	map(GPA, a, G_LEAF & ~PTE_W);
	check("ro.load", loads(GPA, 0xaaaa));
	faults("ro.store", store(GPA + 16, 1), CAUSE_STORE_GUEST_PAGE_FAULT, GPA + 16, GPA + 16);
	map(GPA, a, G_LEAF & ~PTE_U);
	faults("no-u", load(GPA), CAUSE_LOAD_GUEST_PAGE_FAULT, GPA, GPA);
	map(GPA, a, G_LEAF & ~PTE_X);
	faults("nx", l2_do((void *)GPA, false, 0, 0), CAUSE_FETCH_GUEST_PAGE_FAULT, GPA, GPA);
	map(GPA, a, PTE_V | PTE_X | PTE_U | PTE_A | PTE_D);
	faults("xo", load(GPA), CAUSE_LOAD_GUEST_PAGE_FAULT, GPA, GPA);
	csr_set(CSR_SSTATUS, SSTATUS_MXR);
	check("xo.mxr", loads(GPA, 0xaaaa));
	csr_clear(CSR_SSTATUS, SSTATUS_MXR);
	map(GPA, a, G_LEAF & ~(PTE_A | PTE_D));
	l2 = load(GPA);
	if (l2->scause == CAUSE_ECALL_VS) {
		check_eq("ad.load", *gpt_pte(&g, GPA, 0) & (PTE_A | PTE_D), PTE_A);
		store(GPA, 0xaaaa);
		check_eq("ad.store", *gpt_pte(&g, GPA, 0) & (PTE_A | PTE_D), PTE_A | PTE_D);
	} else {
		faults("ad.fault", l2, CAUSE_LOAD_GUEST_PAGE_FAULT, GPA, GPA);
	}
	/* an address that only this mode has, among those tried so far */
	map(UINT64_C(1) << (9 * g.levels + 10), b, G_LEAF);
	check("high", loads(UINT64_C(1) << (9 * g.levels + 10), 0xbbbb));
	map(UINT64_C(1) << (9 * g.levels + 10), b, 0);
	l2 = load(UINT64_C(1) << 59);
	check("beyond", l2->scause == CAUSE_LOAD_GUEST_PAGE_FAULT);
	map(GPA, a, 0);
	gpt_map(&g, GPA, 0x10000, 0, G_LEAF); /* L1 has nothing there */
	hfence_gvma_all();
	check_eq("hole", load(GPA)->scause, CAUSE_LOAD_ACCESS);
	map(GPA, a, 0);
}

/* An access of L2 that its G-stage maps to a device of L1: as if L1 had made it. */
static void test_device(void)
{
	struct l2 *l2;

	if (!machine.plic)
		return;
	map(GPA, (void *)machine.plic, G_LEAF);
	mmio_write(uint32_t, machine.plic + 4, 3);
	l2 = load(GPA);
	check("device.width", l2->scause == CAUSE_LOAD_ACCESS || l2->scause == CAUSE_ECALL_VS);
	mmio_write(uint32_t, machine.plic + 4, 0);
	map(GPA, a, 0);
}

static void test_paging(void)
{
	struct pt pt = pt_new(3);
	struct l2 *l2;
	uint64_t *root = pt.root;

	pt_map(&pt, VA, GPA, 0, PTE_RW | PTE_X);
	map(GPA, a, G_LEAF);
	csr_write(CSR_VSATP, pt_satp(&pt, 0));
	hfence_vvma_all();
	check("sv39.load", loads(VA, a[0]));
	pt_map(&pt, VA, GPA + 4096, 0, PTE_RW | PTE_X);
	hfence_vvma(VA);
	faults("sv39.gpf", load(VA + 24), CAUSE_LOAD_GUEST_PAGE_FAULT, VA + 24, GPA + 4096 + 24);
	map(GPA + 4096, b, G_LEAF);
	check("sv39.remapped", loads(VA, b[0]));
	l2 = load(VA + 4096);
	check_eq("sv39.page-fault", l2->scause, CAUSE_LOAD_PAGE_FAULT);
	check_eq("sv39.page-fault.gva", l2->hstatus & HSTATUS_GVA, HSTATUS_GVA);
	check_eq("sv39.page-fault.htval", l2->htval, 0);
	csr_write(CSR_HEDELEG, BIT(CAUSE_LOAD_PAGE_FAULT));
	csr_write(CSR_VSTVEC, (uintptr_t)l2_vector);
	l2 = load(VA + 4096);
	check("sv39.page-fault.delegated", l2->scause == CAUSE_ECALL_VS &&
						   l2->x[10] == CAUSE_LOAD_PAGE_FAULT &&
						   l2->x[13] == VA + 4096);
	csr_write(CSR_HEDELEG, 0);
	/* a table that is not there */
	root[VA >> 30 & 511] = pte_make(GPA + 8192, PTE_V);
	hfence_vvma_all();
	faults("implicit", load(VA), CAUSE_LOAD_GUEST_PAGE_FAULT, VA, GPA + 8192);
	check("implicit.htinst", l2_do(l2_load, false, 0, VA)->htinst == 0x3000);
	csr_write(CSR_VSATP, 0);
	map(GPA, a, 0);
	map(GPA + 4096, b, 0);
}

static void test_superpages(void)
{
	uint64_t image = (uintptr_t)_image, magic = *(uint64_t *)(image + 48);

	gpt_map(&g, ALIGN_DOWN(GPA, SIZE_2M), image, 1, G_LEAF);
	hfence_gvma_all();
	check("super.2m", loads(GPA + 48, magic));
	gpt_map(&g, ALIGN_DOWN(GPA, SIZE_2M), image + 4096, 1, G_LEAF);
	hfence_gvma_all();
	check_eq("super.misaligned", load(GPA)->scause, CAUSE_LOAD_GUEST_PAGE_FAULT);
	gpt_map(&g, ALIGN_DOWN(GPA, SIZE_1G), ALIGN_DOWN(image, SIZE_1G), 2, G_LEAF);
	hfence_gvma_all();
	check("super.1g", loads(ALIGN_DOWN(GPA, SIZE_1G) + image % SIZE_1G + 48, magic));
	/* A fence for any address of a leaf is one for all of it, in however many parts it is
	 * cached. */
	load(ALIGN_DOWN(GPA, SIZE_1G) + image % SIZE_1G + 2 * SIZE_2M);
	gpt_map(&g, ALIGN_DOWN(GPA, SIZE_1G), 0, 2, 0);
	hfence_gvma(ALIGN_DOWN(GPA, SIZE_1G) + image % SIZE_1G + 2 * SIZE_2M);
	check_eq("super.1g.fenced", load(ALIGN_DOWN(GPA, SIZE_1G) + image % SIZE_1G + 48)->scause,
		 CAUSE_LOAD_GUEST_PAGE_FAULT);
	/* Either way. */
	gpt_map(&g, ALIGN_DOWN(GPA, SIZE_1G), ALIGN_DOWN(image, SIZE_1G), 2, G_LEAF);
	hfence_gvma_all();
	load(ALIGN_DOWN(GPA, SIZE_1G) + image % SIZE_1G + 2 * SIZE_2M + 48);
	gpt_map(&g, ALIGN_DOWN(GPA, SIZE_1G), 0, 2, 0);
	hfence_gvma(ALIGN_DOWN(GPA, SIZE_1G) + image % SIZE_1G);
	check_eq("super.1g.fenced-below",
		 load(ALIGN_DOWN(GPA, SIZE_1G) + image % SIZE_1G + 2 * SIZE_2M + 48)->scause,
		 CAUSE_LOAD_GUEST_PAGE_FAULT);
	map(GPA, b, G_LEAF); /* in tables */
	hfence_gvma_all();
	check("super.replaced", loads(GPA, b[0]));
	map(GPA, b, 0);
}

static void test_fences(void)
{
	unsigned bad = 0;

	a[0] = 1;
	b[0] = 2;
	for (int i = 0; i < 20; i++) {
		gpt_map(&g, GPA, (uintptr_t)(i & 1 ? b : a), 0, G_LEAF);
		if (i & 2)
			hfence_gvma_vmid(GPA, 1);
		else
			hfence_gvma(GPA);
		bad += !loads(GPA, i & 1 ? 2 : 1);
	}
	check_eq("fence.remap", bad, 0);
	map(GPA, a, 0);
	check_eq("fence.unmap", load(GPA)->scause, CAUSE_LOAD_GUEST_PAGE_FAULT);
}

/* More address spaces than there are slots for anything. */
static void test_vmids(void)
{
	struct gpt space[7];
	uint64_t *page[7], bad = 0;

	for (unsigned i = 0; i < 7; i++) {
		space[i] = gpt_new(g.levels + 5);
		page[i] = page_alloc();
		page[i][0] = 100 + i;
		gpt_map_image(&space[i]);
		gpt_map(&space[i], GPA, (uintptr_t)page[i], 0, G_LEAF);
	}
	for (unsigned n = 0; n < 50; n++) {
		unsigned i = n * 5 % 7 ^ (n & 1);

		i = i > 6 ? 6 : i;
		csr_write(CSR_HGATP, gpt_hgatp(&space[i], 10 + i));
		bad += !loads(GPA, 100 + i);
	}
	check_eq("vmids", bad, 0);
	csr_write(CSR_HGATP, gpt_hgatp(&g, 1));
}

static void test_bare(void)
{
	csr_write(CSR_HGATP, 0);
	a[3] = 0x77;
	check("bare", loads((uintptr_t)&a[3], 0x77));
	csr_write(CSR_HGATP, gpt_hgatp(&g, 1));
}

static void hlv_faults(const char *name, struct trap_info t, uint64_t cause, uint64_t stval,
		       uint64_t gpa)
{
	if (!check_eq(name, t.cause, cause))
		return;
	check_eq(name, t.stval, stval);
	check_eq(name, csr_read(CSR_HTVAL), AT(gpa));
	check_eq(name, csr_read(CSR_HSTATUS) & (HSTATUS_SPV | HSTATUS_GVA), HSTATUS_GVA);
}

static void test_hlv(void)
{
	struct pt pt = pt_new(3);
	uint64_t v = 0;

	a[0] = 0x8877665544332211;
	a[511] = 0xf0f1f2f3f4f5f6f7;
	b[0] = 0x0123456789abcdef;
	csr_write(CSR_HSTATUS, HSTATUS_SPVP);
	map(GPA, a, G_LEAF);
	check("hlv.d", !try_call((void *)hlv_d, GPA, 0, &v).taken && v == a[0]);
	check("hlv.w", !try_call((void *)hlv_w, GPA + 4, 0, &v).taken && v == 0xffffffff88776655);
	check("hlv.bu", !try_call((void *)hlv_bu, GPA + 7, 0, &v).taken && v == 0x88);
	check("hlvx.hu", !try_call((void *)hlvx_hu, GPA, 0, &v).taken && v == 0x2211);
	check("hsv.d", !try_call((void *)hsv_d, GPA + 8, 42, NULL).taken && a[1] == 42);
	check("hsv.h", !try_call((void *)hsv_h, GPA + 8, 0x10002, NULL).taken && a[1] == 2);
	hlv_faults("hlv.gpf", try_call((void *)hlv_d, GPA + 4096, 0, NULL),
		   CAUSE_LOAD_GUEST_PAGE_FAULT, GPA + 4096, GPA + 4096);
	hlv_faults("hsv.gpf", try_call((void *)hsv_d, GPA + 4096, 0, NULL),
		   CAUSE_STORE_GUEST_PAGE_FAULT, GPA + 4096, GPA + 4096);
	map(GPA + 4096, b, G_LEAF);
	if (!machine.native)
		check("hlv.crossing",
		      !try_call((void *)hlv_d, GPA + 4092, 0, &v).taken && v == 0x89abcdeff0f1f2f3);
	pt_map(&pt, VA, GPA, 0, PTE_RW | PTE_U);
	csr_write(CSR_VSATP, pt_satp(&pt, 0));
	hfence_vvma_all();
	hlv_faults("hlv.user-page", try_call((void *)hlv_d, VA, 0, NULL), CAUSE_LOAD_PAGE_FAULT, VA,
		   0);
	csr_set(CSR_VSSTATUS, SSTATUS_SUM);
	check("hlv.sum", !try_call((void *)hlv_d, VA, 0, &v).taken && v == a[0]);
	csr_clear(CSR_VSSTATUS, SSTATUS_SUM);
	csr_clear(CSR_HSTATUS, HSTATUS_SPVP);
	check("hlv.as-user", !try_call((void *)hlv_d, VA, 0, &v).taken && v == a[0]);
	hlv_faults("hlv.unmapped", try_call((void *)hlv_d, VA + 4096, 0, NULL),
		   CAUSE_LOAD_PAGE_FAULT, VA + 4096, 0);
	*(uint64_t *)((char *)pt.root + (VA >> 30 & 511) * 8) = pte_make(GPA + 8192, PTE_V);
	hfence_vvma_all();
	hlv_faults("hlv.implicit", try_call((void *)hlv_d, VA, 0, NULL),
		   CAUSE_LOAD_GUEST_PAGE_FAULT, VA, GPA + 8192);
	check_eq("hlv.implicit.htinst", csr_read(CSR_HTINST), 0x3000);
	if (machine.svadu && !machine.native) { /* QEMU 10.0 does not tell writes from reads */
		uint64_t *table = page_alloc();

		table[0] = pte_make(GPA, PTE_V | PTE_R | PTE_W | PTE_U); /* 2 MiB, A to be set */
		map(GPA + 8192, table, G_LEAF & ~PTE_W);
		csr_set(CSR_HENVCFG, HENVCFG_ADUE);
		hfence_vvma_all();
		hlv_faults("hlv.implicit-write", try_call((void *)hlv_d, VA, 0, NULL),
			   CAUSE_LOAD_GUEST_PAGE_FAULT, VA, GPA + 8192);
		check_eq("hlv.implicit-write.htinst", csr_read(CSR_HTINST), 0x3020);
		csr_clear(CSR_HENVCFG, HENVCFG_ADUE);
		map(GPA + 8192, table, 0);
	}
	csr_write(CSR_VSATP, 0);
	check_insn_trap("user.hlv", try_user_insn(HLV_D, GPA, 0), CAUSE_ILLEGAL);
	csr_set(CSR_HSTATUS, HSTATUS_HU);
	check_eq("user.hlv.hu", try_user_insn(HLV_D, GPA, 0).cause, CAUSE_ECALL_U);
	csr_write(CSR_HSTATUS, 0);
	map(GPA, a, 0);
	map(GPA + 4096, b, 0);
}

/* What was changed is fenced, at once or all together before the next look: then L2 sees the tables
 * as they are. */
static void test_random(void)
{
	static uint64_t *frame[16];
	struct rng r = {bootarg("seed", 42)};
	unsigned bad = 0;

	for (unsigned i = 0; i < 16; i++) {
		frame[i] = page_alloc();
		for (unsigned k = 0; k < 512; k++)
			frame[i][k] = i * 1000 + k;
	}
	for (unsigned n = 0; n < 600; n++) {
		uint64_t v = rng_next(&r), gpa = GPA + (v & 31) * 4096, *pte = gpt_pte(&g, gpa, 0);
		struct l2 *l2;

		if (v & 0x300)
			map(gpa, frame[v >> 12 & 15], v & 0x800 ? G_LEAF : G_LEAF & ~PTE_W);
		else
			map(gpa, 0, 0);
		if (!(v & 0x70000))
			hfence_gvma_all();
		gpa = GPA + (v >> 20 & 31) * 4096;
		pte = gpt_pte(&g, gpa, 0);
		l2 = v >> 60 & 1 ? store(gpa, (*pte >> 10 << 12)
						      ? *(uint64_t *)(uintptr_t)(*pte >> 10 << 12)
						      : 0)
				 : load(gpa);
		if (!(*pte & PTE_V))
			bad += l2->htval != AT(gpa);
		else if (v >> 60 & 1)
			bad += l2->scause !=
			       (*pte & PTE_W ? CAUSE_ECALL_VS : CAUSE_STORE_GUEST_PAGE_FAULT);
		else
			bad += l2->x[10] != *(uint64_t *)(uintptr_t)(*pte >> 10 << 12);
	}
	check_eq("random", bad, 0);
}

void guest_main(void)
{
	if (!machine.hyp) {
		skip("hypmem", "no H");
		return;
	}
	a = page_alloc();
	b = page_alloc();
	for (unsigned mode = 8; mode <= 10; mode++) {
		g = gpt_new(mode);
		gpt_map_image(&g);
		csr_write(CSR_HGATP, gpt_hgatp(&g, 1));
		if (csr_read(CSR_HGATP) != gpt_hgatp(&g, 1)) {
			print("skip mode %u: hgatp does not take it\n", mode);
			continue;
		}
		hfence_gvma_all();
		print("# mode %u\n", mode);
		test_faults();
		test_device();
		test_paging();
		test_superpages();
		test_fences();
		test_bare();
		test_hlv();
		test_random();
		if (mode == 8)
			test_vmids();
	}
}
