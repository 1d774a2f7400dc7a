/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Translations and code that other harts changed: after a remote fence has returned, no hart may
 * see the old ones. Then storms of remote fences from all harts at once, and every hart with the
 * same ASID for an address space of its own.
 *
 * In a storm each page has two frames. Its owner writes the next generation into the spare frame,
 * switches the PTE, fences all harts and only then publishes the generation: a reader that sees it
 * published must not read an older one.
 */
#include "lib.h"

#define VA	 UINT64_C(0x1000000000)
#define PER_HART 4
#define PAGES	 (PER_HART * MAX_HARTS)
#define STEPS	 800

static struct pt pt;

static void paging_on(const struct pt *p, uint64_t asid)
{
	csr_write(CSR_SATP, pt_satp(p, asid));
	sfence_vma();
}

static void paging_off(void)
{
	csr_write(CSR_SATP, 0);
	sfence_vma();
}

static long fence_range(uint64_t mask, uint64_t base, uint64_t start, uint64_t size)
{
	return sbi(SBI_EXT_RFENCE, SBI_RFENCE_SFENCE_VMA, mask, base, start, size).error;
}

static long fence_asid(uint64_t mask, uint64_t base, uint64_t start, uint64_t size, uint64_t asid)
{
	return sbi(SBI_EXT_RFENCE, SBI_RFENCE_SFENCE_VMA_ASID, mask, base, start, size, asid).error;
}

/* --- one changes, the others look --- */
static uint64_t *frames[2];
static unsigned turn, looked, wrong;

static void job_look(void *arg)
{
	unsigned n = 0;

	(void)arg;
	paging_on(&pt, 0);
	atomic_add(&looked, 1);
	while (n < 100) {
		if (load_acquire(&turn) == n) {
			/* keeps the translation in use until the other side changes it */
			(void)*(volatile uint64_t *)VA;
			continue;
		}
		n++;
		if (*(volatile uint64_t *)VA != (n & 1))
			atomic_add(&wrong, 1);
		atomic_add(&looked, 1);
	}
	paging_off();
}

static long fence_kind(unsigned n, uint64_t mask)
{
	switch (n % 5) {
	case 0:
		return fence_range(mask, 0, VA, 4096);
	case 1:
		return fence_range(0, ~0UL, VA, 4096);
	case 2:
		return fence_range(mask, 0, 0, 0);
	case 3:
		return fence_range(mask, 0, VA + 17, 3); /* widened to the page */
	default:
		return fence_asid(0, ~0UL, VA, 1UL << 30, 0);
	}
}

static void test_remote(void)
{
	unsigned others = machine.harts - 1, errors = 0, slow = 0;
	uint64_t mask = 0;

	frames[0] = page_alloc();
	frames[1] = page_alloc();
	frames[1][0] = 1;
	pt_map(&pt, VA, (uintptr_t)frames[0], 0, PTE_RW);
	for (unsigned i = 1; i < machine.harts; i++) {
		mask |= harts[i].id < 64 ? 1UL << harts[i].id : 0;
		hart_post(i, job_look, NULL);
	}
	slow += !WAIT(load_acquire(&looked) == others, 5000000);
	for (unsigned n = 0; n < 100; n++) {
		looked = 0;
		pt_map(&pt, VA, (uintptr_t)frames[(n + 1) & 1], 0, PTE_RW);
		errors += fence_kind(n, mask) != 0;
		store_release(&turn, n + 1);
		slow += !WAIT(load_acquire(&looked) == others, 5000000);
	}
	for (unsigned i = 1; i < machine.harts; i++)
		hart_wait(i);
	check_eq("remote.errors", errors, 0);
	check_eq("remote.stale", wrong, 0);
	check_eq("remote.slow", slow, 0);
}

/* --- code --- */
static uint32_t code[2] __attribute__((aligned(64)));
static unsigned code_turn, code_done, code_wrong;

static void job_code(void *arg)
{
	(void)arg;
	for (unsigned n = 1; n <= 100; n++) {
		while (load_acquire(&code_turn) < n)
			pause_hint();
		if (((unsigned (*)(void))(uintptr_t)code)() != n)
			atomic_add(&code_wrong, 1);
		atomic_add(&code_done, 1);
	}
}

static void test_fence_i(void)
{
	unsigned slow = 0;

	code[1] = 0x00008067; /* ret */
	for (unsigned i = 1; i < machine.harts; i++)
		hart_post(i, job_code, NULL);
	for (unsigned n = 1; n <= 100; n++) {
		code_done = 0;
		code[0] = n << 20 | 0x00000513; /* li a0, n */
		sbi(SBI_EXT_RFENCE, SBI_RFENCE_FENCE_I, 0, ~0UL);
		store_release(&code_turn, n);
		slow += !WAIT(load_acquire(&code_done) == machine.harts - 1, 5000000);
	}
	for (unsigned i = 1; i < machine.harts; i++)
		hart_wait(i);
	check_eq("fence-i.stale", code_wrong, 0);
	check_eq("fence-i.slow", slow, 0);
}

/* --- storm --- */
static struct {
	uint64_t *frame[2];
	uint64_t generation;
} page[PAGES];
static unsigned stale, refused;

static uint64_t page_va(unsigned p)
{
	return VA + SIZE_2M + 4096 * p;
}

static void flip(unsigned p, uint64_t how)
{
	uint64_t g = page[p].generation + 1;
	uint64_t *next = page[p].frame[g & 1];
	long e;

	*(volatile uint64_t *)next = g;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	pt_map(&pt, page_va(p), (uintptr_t)next, 0, PTE_RW);
	switch (how & 3) {
	case 0:
		e = fence_range(0, ~0UL, page_va(p), 4096);
		break;
	case 1:
		e = fence_range(0, ~0UL, 0, ~0UL);
		break;
	case 2:
		e = fence_range(0, ~0UL, page_va(0), 4096 * PAGES);
		break;
	default:
		e = fence_asid(0, ~0UL, page_va(p), 4096, 0);
	}
	if (e)
		atomic_add(&refused, 1);
	store_release(&page[p].generation, g);
}

static void job_storm(void *arg)
{
	struct rng r = {self()->index + 4711};

	(void)arg;
	paging_on(&pt, 0);
	for (unsigned i = 0; i < STEPS / machine.harts; i++) {
		uint64_t v = rng_next(&r);

		flip(self()->index * PER_HART + (v & (PER_HART - 1)), v >> 8);
		for (unsigned k = 0; k < 8; k++) {
			unsigned p = rng_next(&r) % (PER_HART * machine.harts);
			uint64_t g = load_acquire(&page[p].generation);

			if (*(volatile uint64_t *)page_va(p) < g)
				atomic_add(&stale, 1);
		}
	}
	paging_off();
}

static void test_storm(void)
{
	for (unsigned p = 0; p < PER_HART * machine.harts; p++) {
		page[p].frame[0] = page_alloc();
		page[p].frame[1] = page_alloc();
		pt_map(&pt, page_va(p), (uintptr_t)page[p].frame[0], 0, PTE_RW);
	}
	run_all(job_storm, NULL);
	check_eq("storm.stale", stale, 0);
	check_eq("storm.refused", refused, 0);
}

/* --- the same ASID everywhere --- */
static unsigned mixed;

static void job_same_asid(void *arg)
{
	struct pt own = pt_new(3);
	uint64_t *mine = page_alloc();
	uint64_t end = rdtime() + usec(200000);

	(void)arg;
	mine[0] = 1000 + self()->index;
	for (unsigned k = 0; k < 16; k++)
		pt_map(&own, VA + k * SIZE_2M, (uintptr_t)mine, 0, PTE_RW);
	paging_on(&own, 1);
	while (rdtime() < end)
		for (unsigned k = 0; k < 16; k++)
			if (*(volatile uint64_t *)(VA + k * SIZE_2M) != 1000 + self()->index)
				atomic_add(&mixed, 1);
	paging_off();
}

void guest_main(void)
{
	pt = pt_new(3);
	smp_init();
	if (machine.harts > 1) {
		test_remote();
		test_fence_i();
	} else {
		skip("remote", "one hart");
	}
	test_storm();
	run_all(job_same_asid, NULL);
	check_eq("same-asid.mixed", mixed, 0);
}
