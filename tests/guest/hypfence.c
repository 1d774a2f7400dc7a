/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Remote fences of a guest hypervisor with several harts (SBI RFENCE, HFENCE functions). One hart
 * changes a table of L2, which another hart runs or has run: once the call is back, L2 may not see
 * what was there before, neither an old value nor a page that is gone.
 *
 * The page that changes has two frames. The next generation is written into the spare one, the
 * table is switched, all harts are fenced, and only then the generation is published: who has seen
 * it published must not read an older one.
 */
#include "hyp.h"

#define GPA	UINT64_C(0x140000000) /* not where the image is */
#define VA	UINT64_C(0x1000000000)
#define VMID	5
#define TURNS	200
#define ALL	~UINT64_C(0)
#define AT(gpa) ((gpa) >> 2)

static struct gpt g, other;
static struct pt pt;

static long fence(unsigned fid, uint64_t start, uint64_t size, uint64_t id)
{
	return sbi(SBI_EXT_RFENCE, fid, 0, ALL, start, size, id).error;
}

/* This hart runs L2 under a VMID. */
static void enter_hyp(const struct gpt *space, uint64_t vmid, uint64_t vsatp)
{
	csr_write(CSR_HEDELEG, 0);
	csr_write(CSR_HIDELEG, 0);
	csr_write(CSR_HSTATUS, 0);
	csr_write(CSR_HVIP, 0);
	csr_write(CSR_VSSTATUS, 0);
	csr_write(CSR_VSATP, vsatp);
	csr_write(CSR_HGATP, gpt_hgatp(space, vmid));
}

/* ---- L2 runs meanwhile ---- */

struct page {
	uint64_t *frame[2];
	uint64_t published; /* the top bit: the end */
};
static struct page one;
static unsigned entered, stale, odd;

static struct page page_new(void)
{
	return (struct page){.frame = {page_alloc(), page_alloc()}};
}

static void switch_g(uint64_t gpa, const void *frame)
{
	gpt_map(&g, gpa, (uintptr_t)frame, 0, G_LEAF);
}

static long fence_g(uint64_t gpa, uint64_t how)
{
	switch (how % 6) {
	case 0:
		return fence(SBI_RFENCE_HFENCE_GVMA, gpa, 4096, 0);
	case 1:
		return fence(SBI_RFENCE_HFENCE_GVMA_VMID, gpa, 4096, VMID);
	case 2:
		return fence(SBI_RFENCE_HFENCE_GVMA, 0, 0, 0);
	case 3:
		return fence(SBI_RFENCE_HFENCE_GVMA_VMID, gpa, ALL, VMID);
	case 4: /* widened to the page */
		return fence(SBI_RFENCE_HFENCE_GVMA, gpa + 17, 3, 0);
	default:
		return fence(SBI_RFENCE_HFENCE_GVMA_VMID, gpa - 3 * 4096, SIZE_1G, VMID);
	}
}

static void switch_vs(const void *frame)
{
	pt_map(&pt, VA, (uintptr_t)frame, 0, PTE_RW);
}

static long fence_vs(uint64_t how)
{
	switch (how % 5) {
	case 0:
		return fence(SBI_RFENCE_HFENCE_VVMA, VA, 4096, 0);
	case 1:
		return fence(SBI_RFENCE_HFENCE_VVMA_ASID, VA, 4096, 0);
	case 2:
		return fence(SBI_RFENCE_HFENCE_VVMA, 0, 0, 0);
	case 3:
		return fence(SBI_RFENCE_HFENCE_VVMA_ASID, VA, ALL, 0);
	default:
		return fence(SBI_RFENCE_HFENCE_VVMA, VA - 4096, 4097, 0);
	}
}

/* L2 follows the generations, and comes back only at the end or with one that is too old. */
static void job_follow(void *vs)
{
	uint64_t seen;

	enter_hyp(&g, VMID, vs ? pt_satp(&pt, 0) : 0);
	csr_write(CSR_SIE, IP_SSI); /* gives up */
	atomic_add(&entered, 1);
	do {
		struct l2 *l2 = l2_do(l2_follow, false, (uintptr_t)&one.published, vs ? VA : GPA);

		seen = l2->x[12];
		if (l2->scause != CAUSE_ECALL_VS)
			atomic_add(&odd, 1);
		else if (l2->x[13] < (seen & INT64_MAX))
			atomic_add(&stale, 1);
		if (l2->scause & CAUSE_INTERRUPT)
			return;
	} while (!(seen >> 63));
}

static void test_follow(const char *name, bool vs)
{
	unsigned refused = 0;

	print("# %s\n", name);
	one.frame[0][0] = one.frame[1][0] = one.published = 0;
	switch_g(GPA, one.frame[0]);
	switch_vs(one.frame[0]);
	enter_hyp(&g, VMID, 0);
	fence(SBI_RFENCE_HFENCE_GVMA, 0, 0, 0);
	fence(SBI_RFENCE_HFENCE_VVMA, 0, 0, 0);
	stale = odd = entered = 0;
	for (unsigned i = 1; i < machine.harts; i++)
		hart_post(i, job_follow, vs ? &pt : NULL);
	check("follow.entered", WAIT(load_acquire(&entered) == machine.harts - 1, 5000000));
	for (uint64_t n = 1; n <= TURNS; n++) {
		uint64_t *next = one.frame[n & 1], until = rdtime() + usec(n % 4 ? 0 : 200);

		*(volatile uint64_t *)next = n;
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
		if (vs)
			switch_vs(next);
		else
			switch_g(GPA, next);
		refused += (vs ? fence_vs(n) : fence_g(GPA, n)) != 0;
		store_release(&one.published, n);
		while (rdtime() < until)
			pause_hint();
	}
	store_release(&one.published, TURNS | BIT(63));
	for (unsigned i = 1; i < machine.harts; i++) {
		if (!check("follow.ends", WAIT(!load_acquire(&harts[i].job), 5000000)))
			send_ipi(harts[i].id);
		hart_wait(i);
	}
	check_eq("follow.refused", refused, 0);
	check_eq("follow.stale", stale, 0);
	check_eq("follow.odd", odd, 0);
}

/* ---- L1 runs meanwhile, perhaps with another guest's VMID ---- */

struct look {
	const struct gpt *space;
	uint64_t vmid, vsatp, at;
	bool use; /* else only hgatp is changed */
	uint64_t scause, htval, value;
};

static void job_look(void *arg)
{
	struct look *l = arg;
	struct l2 *l2;

	enter_hyp(l->space, l->vmid, l->vsatp);
	if (!l->use)
		return;
	l2 = l2_do(l2_load, false, 0, l->at);
	l->scause = l2->scause;
	l->htval = l2->htval;
	l->value = l2->x[10];
}

static void on(unsigned hart, struct look *l)
{
	hart_post(hart, job_look, l);
	hart_wait(hart);
}

static void test_idle(unsigned hart)
{
	struct look l = {&g, VMID, 0, GPA, true, 0, 0, 0};
	struct look away = {&other, VMID + 1, 0, GPA, true, 0, 0, 0};
	unsigned bad = 0;

	enter_hyp(&g, VMID, 0);
	one.frame[0][0] = 100;
	one.frame[1][0] = 101;
	for (unsigned n = 0; n < 24; n++) {
		switch_g(GPA, one.frame[n & 1]);
		fence_g(GPA, n);
		if (n & 2)
			on(hart, &away);
		on(hart, &l);
		bad += l.scause != CAUSE_ECALL_VS || l.value != 100 + (n & 1);
	}
	check_eq("idle.remapped", bad, 0);
	gpt_map(&g, GPA, 0, 0, 0);
	check_eq("idle.unmap", fence(SBI_RFENCE_HFENCE_GVMA_VMID, GPA, 4096, VMID), 0);
	on(hart, &l);
	check_eq("idle.unmapped", l.scause, CAUSE_LOAD_GUEST_PAGE_FAULT);
	check_eq("idle.unmapped.htval", l.htval, AT(GPA));
	on(hart, &away);
	check("idle.other", away.scause == CAUSE_ECALL_VS && away.value == 77);
	switch_g(GPA, one.frame[0]);
	check_eq("idle.map", fence(SBI_RFENCE_HFENCE_GVMA, GPA, 4096, 0), 0);
	on(hart, &l);
	check("idle.mapped", l.scause == CAUSE_ECALL_VS && l.value == 100);
}

/* HFENCE.VVMA is for the VMID that the caller has, when the target has another one. */
static void test_callers_vmid(unsigned hart)
{
	struct look l = {&g, VMID, pt_satp(&pt, 0), VA, true, 0, 0, 0};
	struct look away = {&other, VMID + 1, 0, GPA, true, 0, 0, 0};
	unsigned bad = 0;

	enter_hyp(&g, VMID, 0);
	one.frame[0][0] = 100;
	one.frame[1][0] = 101;
	for (unsigned n = 0; n < 20; n++) {
		if (n & 2)
			on(hart, &away);
		switch_vs(one.frame[n & 1]);
		fence_vs(n);
		on(hart, &l);
		bad += l.scause != CAUSE_ECALL_VS || l.value != 100 + (n & 1);
	}
	check_eq("callers-vmid.remapped", bad, 0);
	pt_map(&pt, VA, 0, 0, 0);
	on(hart, &away);
	check_eq("callers-vmid.unmap", fence(SBI_RFENCE_HFENCE_VVMA_ASID, VA, 4096, 0), 0);
	on(hart, &l);
	check_eq("callers-vmid.unmapped", l.scause, CAUSE_LOAD_PAGE_FAULT);
}

/* ---- All harts at once, each with a page that it changes ---- */

static struct page pages[MAX_HARTS];
static unsigned refusals;

static uint64_t page_gpa(unsigned i)
{
	return GPA + SIZE_2M + i * 4096;
}

static void job_storm(void *arg)
{
	struct page *mine = &pages[self()->index];
	struct rng r = {self()->index + 4711};

	(void)arg;
	enter_hyp(&g, VMID, 0);
	for (uint64_t n = 1; n <= TURNS; n++) {
		uint64_t *next = mine->frame[n & 1], v = rng_next(&r);
		unsigned of = v % machine.harts;
		uint64_t least;
		struct l2 *l2;

		*(volatile uint64_t *)next = n;
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
		switch_g(page_gpa(self()->index), next);
		if (fence_g(page_gpa(self()->index), v >> 8))
			atomic_add(&refusals, 1);
		store_release(&mine->published, n);
		least = load_acquire(&pages[of].published);
		l2 = l2_do(l2_load, false, 0, page_gpa(of));
		if (l2->scause != CAUSE_ECALL_VS)
			atomic_add(&odd, 1);
		else if (l2->x[10] < least)
			atomic_add(&stale, 1);
	}
}

static void test_storm(void)
{
	stale = odd = 0;
	for (unsigned i = 0; i < machine.harts; i++) {
		pages[i] = page_new();
		switch_g(page_gpa(i), pages[i].frame[0]);
	}
	fence(SBI_RFENCE_HFENCE_GVMA, 0, 0, 0);
	run_all(job_storm, NULL);
	check_eq("storm.stale", stale, 0);
	check_eq("storm.odd", odd, 0);
	check_eq("storm.refused", refusals, 0);
}

/* ---- Arguments ---- */

static void test_arguments(void)
{
	check_eq("vmid.unknown", fence(SBI_RFENCE_HFENCE_GVMA_VMID, 0, 0, 77), 0);
	check_eq("vmid.ignored", fence(SBI_RFENCE_HFENCE_GVMA, 0, 0, ALL), 0);
	check_eq("asid.ignored", fence(SBI_RFENCE_HFENCE_VVMA, 0, 0, ALL), 0);
	check_eq("address", fence(SBI_RFENCE_HFENCE_GVMA, ALL - 4095, 4096, 0), 0);
	check_eq("no-hart", sbi(SBI_EXT_RFENCE, SBI_RFENCE_HFENCE_GVMA, 0, 0, 0, 0).error, 0);
	for (unsigned fid = SBI_RFENCE_HFENCE_GVMA_VMID; fid <= SBI_RFENCE_HFENCE_VVMA; fid++)
		check_eq("hart.invalid", (uint64_t)sbi(SBI_EXT_RFENCE, fid, 1, 5000, 0, 0, 0).error,
			 (uint64_t)SBI_ERR_INVALID_PARAM);
	if (machine.native)
		return; /* OpenSBI takes any number */
	check_eq("vmid.invalid", (uint64_t)fence(SBI_RFENCE_HFENCE_GVMA_VMID, 0, 0, 0x4000),
		 (uint64_t)SBI_ERR_INVALID_PARAM);
	check_eq("asid.invalid", (uint64_t)fence(SBI_RFENCE_HFENCE_VVMA_ASID, 0, 0, 0x10000),
		 (uint64_t)SBI_ERR_INVALID_PARAM);
}

static void test_without_h(void)
{
	for (unsigned fid = SBI_RFENCE_HFENCE_GVMA_VMID; fid <= SBI_RFENCE_HFENCE_VVMA; fid++)
		check_eq("without-h", (uint64_t)fence(fid, 0, 0, 0),
			 (uint64_t)SBI_ERR_NOT_SUPPORTED);
}

void guest_main(void)
{
	uint64_t *there;

	if (!machine.hyp) {
		test_without_h();
		return;
	}
	smp_init();
	one = page_new();
	there = page_alloc();
	there[0] = 77;
	pt = pt_new(3);
	g = gpt_new(8);
	other = gpt_new(8);
	gpt_map_image(&g);
	gpt_map_image(&other);
	gpt_map(&other, GPA, (uintptr_t)there, 0, G_LEAF);
	test_arguments();
	test_follow("gvma", false);
	test_follow("vvma", true);
	for (unsigned i = 1; i < machine.harts; i++) {
		test_idle(i);
		test_callers_vmid(i);
	}
	test_storm();
}
