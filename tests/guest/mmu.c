/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Paging on one hart, in every mode that satp accepts: mappings, permissions, superpages, ASIDs, A
 * and D bits. What several harts do to one another's translations is in shootdown.c.
 */
#include <string.h>
#include "lib.h"

#define VA UINT64_C(0x1000000000) /* free in every pt_new() */

static struct pt pt;
static uint64_t *frame_a, *frame_b;

static uint64_t load(uint64_t va)
{
	return *(volatile uint64_t *)va;
}

static void store(uint64_t va, uint64_t v)
{
	*(volatile uint64_t *)va = v;
}

static struct trap_info try_load(uint64_t va, uint64_t *v)
{
	return try_call((void *)load, va, 0, v);
}

static struct trap_info try_store(uint64_t va, uint64_t v)
{
	return try_call((void *)store, va, v, NULL);
}

static void sfence_va(uint64_t va)
{
	__asm__ volatile("sfence.vma %0, zero" : : "r"(va) : "memory");
}

static void sfence_asid(uint64_t asid)
{
	__asm__ volatile("sfence.vma zero, %0" : : "r"(asid) : "memory");
}

static void map(uint64_t va, const void *frame, uint64_t flags)
{
	pt_map(&pt, va, (uintptr_t)frame, 0, flags);
	sfence_va(va);
}

static void expect_fault(const char *name, struct trap_info t, uint64_t cause, uint64_t stval)
{
	if (!t.taken)
		check(name, false);
	else if (check_eq(name, t.cause, cause))
		check_eq(name, t.stval, stval);
}

static void test_map(void)
{
	uint64_t v = 0;

	frame_a[0] = 0xaaaa;
	frame_b[0] = 0xbbbb;
	map(VA, frame_a, PTE_RW);
	check("map.load", !try_load(VA, &v).taken && v == 0xaaaa);
	check("map.store", !try_store(VA + 8, 0x1234).taken && frame_a[1] == 0x1234);
	map(VA, frame_b, PTE_RW);
	check("map.changed", !try_load(VA, &v).taken && v == 0xbbbb);
	map(VA, frame_a, 0);
	expect_fault("unmap.load", try_load(VA, NULL), CAUSE_LOAD_PAGE_FAULT, VA);
	expect_fault("unmap.store", try_store(VA + 16, 1), CAUSE_STORE_PAGE_FAULT, VA + 16);
	expect_fault("unmap.fetch", try_call((void *)VA, 0, 0, NULL), CAUSE_FETCH_PAGE_FAULT, VA);
	expect_fault("never-mapped", try_load(VA + SIZE_1G * 3 + 0xff8, NULL),
		     CAUSE_LOAD_PAGE_FAULT, VA + SIZE_1G * 3 + 0xff8);
	v = pt.levels == 3 ? 1UL << 62 : 1UL << 63;
	expect_fault("not-canonical", try_load(v, NULL), CAUSE_LOAD_PAGE_FAULT, v);
}

static void test_permissions(void)
{
	uint32_t *code = (uint32_t *)frame_a;
	uint64_t v = 0;

	frame_b[0] = 0xbbbb;
	code[0] = 0x00008067; /* ret */
	code[1] = 0x00000073; /* ecall */
	fence_i();
	map(VA, frame_b, PTE_V | PTE_R | PTE_A | PTE_D);
	check("ro.load", !try_load(VA, &v).taken && v == 0xbbbb);
	expect_fault("ro.store", try_store(VA, 1), CAUSE_STORE_PAGE_FAULT, VA);
	expect_fault("ro.fetch", try_call((void *)VA, 0, 0, NULL), CAUSE_FETCH_PAGE_FAULT, VA);
	check_eq("ro.kept", frame_b[0], 0xbbbb);
	map(VA, frame_a, PTE_V | PTE_X | PTE_A);
	check("x.fetch", !try_call((void *)VA, 0, 0, NULL).taken);
	expect_fault("x.load", try_load(VA, NULL), CAUSE_LOAD_PAGE_FAULT, VA);
	csr_set(CSR_SSTATUS, SSTATUS_MXR);
	check("x.load.mxr", !try_load(VA, &v).taken && (uint32_t)v == 0x00008067);
	csr_clear(CSR_SSTATUS, SSTATUS_MXR);
	map(VA, frame_b, PTE_V | PTE_W | PTE_A | PTE_D);
	expect_fault("w-without-r", try_load(VA, NULL), CAUSE_LOAD_PAGE_FAULT, VA);
	map(VA, frame_a, PTE_RW | PTE_X | PTE_U);
	expect_fault("user.load", try_load(VA, NULL), CAUSE_LOAD_PAGE_FAULT, VA);
	csr_set(CSR_SSTATUS, SSTATUS_SUM);
	check("user.load.sum", !try_load(VA, &v).taken);
	expect_fault("user.fetch.sum", try_call((void *)VA, 0, 0, NULL), CAUSE_FETCH_PAGE_FAULT,
		     VA);
	csr_clear(CSR_SSTATUS, SSTATUS_SUM);
	expect_fault("user.runs", try_user((void *)(VA + 4), 0, 0), CAUSE_ECALL_U, 0);
	map(VA, frame_a, PTE_RW | PTE_X);
	expect_fault("user.on-s-page", try_user((void *)(VA + 4), 0, 0), CAUSE_FETCH_PAGE_FAULT,
		     VA + 4);
	map(VA, frame_a, 0);
}

static void test_superpages(void)
{
	uint64_t image = (uintptr_t)_image, v = 0, magic = *(uint64_t *)(image + 48);
	uint64_t giga = VA + 8 * SIZE_1G;

	pt_map(&pt, VA + SIZE_2M, image, 1, PTE_RW);
	sfence_vma();
	check("super.2m", !try_load(VA + SIZE_2M + 48, &v).taken && v == magic);
	pt_map(&pt, VA + SIZE_2M, image + 4096, 1, PTE_RW);
	sfence_vma();
	expect_fault("super.2m.misaligned", try_load(VA + SIZE_2M, NULL), CAUSE_LOAD_PAGE_FAULT,
		     VA + SIZE_2M);
	pt_map(&pt, giga, ALIGN_DOWN(image, SIZE_1G), 2, PTE_RW);
	sfence_vma();
	v = 0;
	check("super.1g", !try_load(giga + (image & (SIZE_1G - 1)) + 48, &v).taken && v == magic);
	pt_map(&pt, giga, 0, 2, 0);
	pt_map(&pt, VA + SIZE_2M, 0, 1, 0);
	sfence_vma();
	expect_fault("super.unmapped", try_load(giga, NULL), CAUSE_LOAD_PAGE_FAULT, giga);
	/* a superpage gives way to small pages */
	pt_map(&pt, VA + SIZE_2M, image, 1, PTE_RW);
	sfence_vma();
	try_load(VA + SIZE_2M, &v);
	*pt_pte(&pt, VA + SIZE_2M, 1) = 0;
	frame_b[0] = 0x5757;
	map(VA + SIZE_2M, frame_b, PTE_RW);
	sfence_vma();
	check("super.split", !try_load(VA + SIZE_2M, &v).taken && v == 0x5757);
}

static void test_ad(void)
{
	uint64_t *pte = pt_pte(&pt, VA, 0), v;
	struct trap_info t;
	bool faulted;

	map(VA, frame_a, PTE_V | PTE_R | PTE_W);
	t = try_load(VA, &v);
	faulted = t.taken;
	check("ad.load",
	      t.taken ? t.cause == CAUSE_LOAD_PAGE_FAULT && !(*pte & PTE_A) : *pte & PTE_A);
	map(VA, frame_a, PTE_V | PTE_R | PTE_W | PTE_A);
	check("ad.load.a", !try_load(VA, &v).taken && !(*pte & PTE_D));
	t = try_store(VA, 1);
	check("ad.store",
	      t.taken ? t.cause == CAUSE_STORE_PAGE_FAULT && !(*pte & PTE_D) : *pte & PTE_D);
	check("ad.alike", t.taken == faulted);
	print("# A and D: %s\n", faulted ? "fault" : "set by hardware");
	if (machine.svade)
		check("ad.svade", faulted);
	else if (machine.svadu)
		check("ad.svadu", !faulted);
	map(VA, frame_a, 0);
}

static uint64_t asid_bits(void)
{
	uint64_t satp = csr_read(CSR_SATP), bits;

	csr_write(CSR_SATP, pt_satp(&pt, 0xffff));
	bits = csr_read(CSR_SATP) >> 44 & 0xffff;
	csr_write(CSR_SATP, satp);
	return bits;
}

static void test_asid(void)
{
	struct pt first = pt, second = pt_new(pt.levels);
	uint64_t max = asid_bits(), v1 = 0, v2 = 0;
	unsigned bad = 0;

	print("# largest ASID: %lu\n", max);
	if (!max) {
		skip("asid", "satp has no ASID bits");
		return;
	}
	frame_a[0] = 1;
	frame_b[0] = 2;
	map(VA, frame_a, PTE_RW);
	pt_map(&second, VA, (uintptr_t)frame_b, 0, PTE_RW);
	sfence_vma();
	for (int i = 0; i < 100; i++) {
		csr_write(CSR_SATP, pt_satp(&first, 1));
		bad += try_load(VA, &v1).taken || v1 != 1;
		csr_write(CSR_SATP, pt_satp(&second, max));
		bad += try_load(VA, &v2).taken || v2 != 2;
	}
	check_eq("asid.switch", bad, 0);
	pt_map(&second, VA, (uintptr_t)frame_a, 0, PTE_RW);
	sfence_asid(max);
	check("asid.fence", !try_load(VA, &v2).taken && v2 == 1);
	csr_write(CSR_SATP, pt_satp(&first, 0));
	sfence_vma();
}

static void test_mode(int levels)
{
	pt = pt_new(levels);
	csr_write(CSR_SATP, pt_satp(&pt, 0));
	sfence_vma();
	if (csr_read(CSR_SATP) != pt_satp(&pt, 0)) {
		check_eq("mode.refused", csr_read(CSR_SATP), 0);
		print("skip Sv%d: satp does not take it\n", levels * 9 + 12);
		return;
	}
	print("# Sv%d\n", levels * 9 + 12);
	test_map();
	test_permissions();
	test_superpages();
	test_ad();
	test_asid();
	csr_write(CSR_SATP, 0);
	sfence_vma();
}

void guest_main(void)
{
	uint64_t satp;

	frame_a = page_alloc();
	frame_b = page_alloc();
	for (int levels = 3; levels <= 5; levels++)
		test_mode(levels);
	csr_write(CSR_SATP, 5UL << SATP_MODE_SHIFT | (uintptr_t)pt.root >> 12);
	satp = csr_read(CSR_SATP);
	check_eq("mode.reserved", satp, 0);
}
