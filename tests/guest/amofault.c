/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * AMOs of each width where they must not succeed, or only after something else: cause, stval, sepc
 * and mode of the exception, the registers and the memory afterwards, A and D. Where a plain store
 * of that width has the same answer, it is asked too. The line "amo: digest X" is the same on all
 * machines that were promised the same, whoever carries the AMOs out.
 */
#include <string.h>
#include "amo.h"

#define VA	     UINT64_C(0x1000000000)
#define HOLE	     UINT64_C(0x00300000) /* nothing there, on the virt machine and under Nacre */
#define CODE	     (VA - 4096)	  /* for U-mode */
#define WORKS	     0
#define INSN_ECALL   0x00000073
#define OPERAND_WORD UINT64_C(0x1111111111111111)

/* rd = rs1 = a0, rs2 = a2: of AMOCAS.Q pairs */
static const struct amo_insn amos[] = {
	{AMO_ADD, 0, 0, 10, 10, 12}, {AMO_CAS, 0, 3, 10, 10, 12},  {AMO_SWAP, 1, 1, 10, 10, 12},
	{AMO_CAS, 1, 2, 10, 10, 12}, {AMO_MAXU, 2, 0, 10, 10, 12}, {AMO_CAS, 2, 0, 10, 10, 12},
	{AMO_AND, 3, 0, 10, 10, 12}, {AMO_CAS, 3, 0, 10, 10, 12},  {AMO_CAS, 4, 0, 10, 10, 12},
};

#define R    (PTE_V | PTE_R | PTE_A | PTE_D)
#define RW   (R | PTE_W)
#define OWN  0 /* page of the mode that runs */
#define USER 1
#define SUPV 2

static const struct page {
	const char *name;
	uint64_t flags;
	uint8_t owner;
	uint64_t sstatus; /* bits set meanwhile */
	bool s, u;	  /* the modes in which it is tried */
	uint64_t cause;
} pages[] = {
	{"good", RW, OWN, 0, true, true, WORKS},
	{"unmapped", 0, SUPV, 0, true, true, CAUSE_STORE_PAGE_FAULT},
	{"read-only", R, OWN, 0, true, true, CAUSE_STORE_PAGE_FAULT},
	{"read-only.mxr", R | PTE_X, OWN, SSTATUS_MXR, true, true, CAUSE_STORE_PAGE_FAULT},
	{"execute-only", PTE_V | PTE_X | PTE_A | PTE_D, OWN, 0, true, true, CAUSE_STORE_PAGE_FAULT},
	{"execute-only.mxr", PTE_V | PTE_X | PTE_A | PTE_D, OWN, SSTATUS_MXR, true, true,
	 CAUSE_STORE_PAGE_FAULT},
	{"write-only", PTE_V | PTE_W | PTE_A | PTE_D, OWN, 0, true, true, CAUSE_STORE_PAGE_FAULT},
	{"write-execute", PTE_V | PTE_W | PTE_X | PTE_A | PTE_D, OWN, SSTATUS_MXR, true, true,
	 CAUSE_STORE_PAGE_FAULT},
	{"user-page", RW, USER, 0, true, false, CAUSE_STORE_PAGE_FAULT},
	{"user-page.sum", RW, USER, SSTATUS_SUM, true, false, WORKS},
	{"user-page.sum.read-only", R, USER, SSTATUS_SUM, true, false, CAUSE_STORE_PAGE_FAULT},
	{"supervisor-page", RW, SUPV, 0, false, true, CAUSE_STORE_PAGE_FAULT},
	{"supervisor-page.sum", RW, SUPV, SSTATUS_SUM, false, true, CAUSE_STORE_PAGE_FAULT},
	{"reserved-54", RW | 1UL << 54, OWN, 0, true, true, CAUSE_STORE_PAGE_FAULT},
};

#define TELL 20 /* at most so many lines of what is wrong */

static uint64_t digest = DIGEST_INIT;
static unsigned told;
static struct pt pt;
static uint64_t *frame;

/* ---- one AMO ---- */

struct run {
	uint64_t va;
	bool user;
	struct trap_info t;
	uint64_t a0; /* afterwards; S-mode only */
};

static void execute(struct run *r, uint32_t word, uint64_t a1)
{
	bool paged = csr_read(CSR_SATP);
	uint32_t *code = self()->code;
	uint64_t at = r->user && paged ? CODE + ((uintptr_t)code & 4095) : (uintptr_t)code;

	r->a0 = r->va;
	if (!r->user) {
		r->t = try_insn(word, r->va, a1, &r->a0);
	} else {
		code[0] = word;
		code[1] = INSN_ECALL;
		fence_i();
		r->t = try_user((void *)at, r->va, a1);
	}
	r->t.epc -= at;
	if (r->user && r->t.cause == CAUSE_ECALL_U && r->t.epc == 4)
		r->t.taken = false;
}

static bool right(const struct run *r, uint64_t cause)
{
	if (cause == WORKS)
		return !r->t.taken;
	return r->t.taken && r->t.cause == cause && r->t.stval == r->va && !r->t.epc &&
	       r->a0 == r->va && !(r->t.sstatus & SSTATUS_SPP) == r->user;
}

static void note(const struct run *r)
{
	digest = digest_add(digest, r->t.taken);
	if (!r->t.taken)
		return;
	digest = digest_add(digest, r->t.cause);
	digest = digest_add(digest, r->t.stval);
	digest = digest_add(digest, r->t.epc);
	digest = digest_add(digest, r->t.sstatus & SSTATUS_SPP);
}

static bool given(unsigned k)
{
	return amo_given(amos[k].op, amos[k].log);
}

/* Wrong answers of one AMO at va in one mode. */
static unsigned one(const char *name, unsigned k, uint64_t va, bool user, uint64_t cause)
{
	struct run r = {.va = va, .user = user};

	execute(&r, amo_word(amos[k]), 0);
	note(&r);
	if (right(&r, cause))
		return 0;
	if (told++ >= TELL)
		return 1;
	print("# %s %c op %u size %u: taken %d cause %lu stval %lx (at %lx) sepc +%lx a0 %lx\n",
	      name, user ? 'u' : 's', amos[k].op, 1U << amos[k].log, r.t.taken, r.t.cause,
	      r.t.stval, va, r.t.epc, r.a0);
	return 1;
}

static void all(const char *name, uint64_t va, uint64_t cause)
{
	unsigned bad = 0;

	for (unsigned k = 0; k < ARRAY_SIZE(amos); k++)
		for (unsigned user = 0; given(k) && user < 2; user++)
			bad += one(name, k, va, user, cause);
	check_eq(name, bad, 0);
}

/* ---- pages ---- */

static void map(uint64_t pa, uint64_t flags)
{
	pt_map(&pt, VA, pa, 0, flags);
	sfence_vma();
}

/* sb, sh, sw, sd a1, (a0) */
static uint32_t store_word(unsigned log)
{
	return 0x00b50023 | (log < 3 ? log : 3) << 12;
}

static unsigned on_page(const struct page *p, unsigned k, bool user)
{
	bool user_page = p->owner == OWN ? user : p->owner == USER;
	struct run store = {.va = VA + 64, .user = user};
	unsigned bad;

	for (unsigned i = 0; i < 512; i++)
		frame[i] = OPERAND_WORD;
	map((uintptr_t)frame, p->flags ? p->flags | (user_page ? PTE_U : 0) : 0);
	csr_set(CSR_SSTATUS, p->sstatus);
	bad = one(p->name, k, VA + 32, user, p->cause);
	execute(&store, store_word(amos[k].log), 0);
	csr_clear(CSR_SSTATUS, SSTATUS_SUM | SSTATUS_MXR);
	bad += store.t.taken != (p->cause != WORKS) || (p->cause && store.t.cause != p->cause);
	for (unsigned i = 0; i < 512 && p->cause != WORKS; i++)
		bad += frame[i] != OPERAND_WORD;
	for (unsigned i = 0; i < 512; i++)
		digest = digest_add(digest, frame[i]);
	return bad;
}

static void test_pages(void)
{
	for (unsigned i = 0; i < ARRAY_SIZE(pages); i++) {
		const struct page *p = &pages[i];
		unsigned bad = 0;

		for (unsigned k = 0; k < ARRAY_SIZE(amos); k++)
			if (given(k))
				bad += (p->s ? on_page(p, k, false) : 0) +
				       (p->u ? on_page(p, k, true) : 0);
		check_eq(p->name, bad, 0);
	}
}

/* A or D is clear: set, or a page fault, as for a plain store; which of the two the ISA string
 * says. */
static void test_ad(const char *name, uint64_t clear)
{
	uint64_t *pte = pt_pte(&pt, VA, 0), after;
	unsigned bad = 0, faults = 0, runs = 0;

	for (unsigned k = 0; k < ARRAY_SIZE(amos); k++)
		for (unsigned user = 0; given(k) && user < 2; user++, runs++) {
			struct run r = {.va = VA + 16, .user = user}, store = r;
			uint64_t flags = (RW & ~clear) | (user ? PTE_U : 0);

			map((uintptr_t)frame, flags);
			execute(&r, amo_word(amos[k]), 0);
			note(&r);
			after = *pte;
			digest = digest_add(digest, after & 0x3ff);
			map((uintptr_t)frame, flags);
			execute(&store, store_word(amos[k].log), 0);
			bad += after != *pte || r.t.taken != store.t.taken;
			bad += !right(&r, store.t.taken ? CAUSE_STORE_PAGE_FAULT : WORKS);
			bad += (after & (PTE_A | PTE_D)) !=
			       (store.t.taken ? RW & ~clear & (PTE_A | PTE_D) : PTE_A | PTE_D);
			faults += store.t.taken;
		}
	check_eq(name, bad, 0);
	print("# A and D: %s\n", faults ? "fault" : "set by hardware");
	if (machine.svade || machine.svadu)
		check_eq("ad.isa", faults, machine.svade ? runs : 0);
}

/* ---- addresses ---- */

/* Every address that is not a multiple of the width, also across a page's end and where nothing is.
 */
static void test_misaligned(const char *name, uint64_t base)
{
	unsigned bad = 0;

	for (unsigned k = 0; k < ARRAY_SIZE(amos); k++)
		for (unsigned user = 0; given(k) && user < 2; user++)
			for (unsigned o = 1; o < 1U << amos[k].log; o++)
				bad += one(name, k, base + o, user, CAUSE_STORE_MISALIGNED);
	check_eq(name, bad, 0);
}

static void test_bare(void)
{
	uint64_t end = machine.ram + machine.ram_size;

	all("bare.hole", HOLE, CAUSE_STORE_ACCESS);
	all("bare.2^41", 1UL << 41, CAUSE_STORE_ACCESS);
	all("bare.2^55", 1UL << 55, CAUSE_STORE_ACCESS);
	all("bare.2^63", 1UL << 63, CAUSE_STORE_ACCESS);
	all("bare.last-page", ~UINT64_C(4095), CAUSE_STORE_ACCESS);
	all("bare.end", end, CAUSE_STORE_ACCESS);
	if (machine.native) {
		skip("bare.device", "QEMU's devices take an AMO");
	} else {
		all("bare.below", machine.ram - 16, CAUSE_STORE_ACCESS);
		all("bare.uart", machine.uart, CAUSE_STORE_ACCESS);
		all("bare.plic", machine.plic, CAUSE_STORE_ACCESS);
	}
	test_misaligned("bare.misaligned", (uintptr_t)frame + 32);
	test_misaligned("bare.misaligned.end", end - 16);
}

static void test_paged_addresses(void)
{
	uint64_t user = VA + 0x10000;

	all("not-canonical", 1UL << 39, CAUSE_STORE_PAGE_FAULT);
	all("not-canonical.top", 1UL << 63, CAUSE_STORE_PAGE_FAULT);
	all("no-table", VA + 5 * SIZE_1G, CAUSE_STORE_PAGE_FAULT);
	map((uintptr_t)frame, RW);
	*pt_pte(&pt, VA + 4096, 0) = 0;
	test_misaligned("misaligned", VA + 32);
	test_misaligned("misaligned.page-end", VA + 4096 - 16);
	test_misaligned("misaligned.unmapped", VA + 4096);
	csr_set(CSR_SSTATUS, SSTATUS_SUM); /* one page for both modes */
	pt_map(&pt, user, HOLE, 0, RW | PTE_U);
	pt_map(&pt, user + 4096, 1UL << 54, 0, RW | PTE_U);
	pt_map(&pt, user + 8192, machine.uart, 0, RW | PTE_U);
	sfence_vma();
	all("page.hole", user, CAUSE_STORE_ACCESS);
	all("page.2^54", user + 4096, CAUSE_STORE_ACCESS);
	if (!machine.native)
		all("page.uart", user + 8192, CAUSE_STORE_ACCESS);
	csr_clear(CSR_SSTATUS, SSTATUS_SUM);
}

/* The walk itself leads nowhere. */
static void test_walk(void)
{
	if (machine.native) {
		skip("walk", "QEMU makes a page fault of it");
		return;
	}
	*pt_pte(&pt, VA + SIZE_2M, 1) = pte_make(HOLE, PTE_V);
	*pt_pte(&pt, VA + SIZE_1G, 2) = pte_make(1UL << 50, PTE_V);
	*pt_pte(&pt, VA + 2 * SIZE_1G, 2) = pte_make(machine.uart & ~UINT64_C(4095), PTE_V);
	sfence_vma();
	all("walk.hole", VA + SIZE_2M + 16, CAUSE_STORE_ACCESS);
	all("walk.2^50", VA + SIZE_1G + 16, CAUSE_STORE_ACCESS);
	all("walk.device", VA + 2 * SIZE_1G + 16, CAUSE_STORE_ACCESS);
}

void guest_main(void)
{
	uint64_t code = (uintptr_t)self()->code;

	frame = page_alloc();
	pt = pt_new(3);
	print("# zabha %d zacas %d\n", machine.zabha, machine.zacas);
	test_bare();
	pt_map(&pt, CODE, ALIGN_DOWN(code, 4096), 0, PTE_V | PTE_R | PTE_X | PTE_U | PTE_A);
	csr_write(CSR_SATP, pt_satp(&pt, 0));
	sfence_vma();
	test_pages();
	test_ad("ad.d", PTE_D);
	test_ad("ad.a-d", PTE_A | PTE_D);
	test_ad("ad.a", PTE_A);
	test_paged_addresses();
	test_walk();
	csr_write(CSR_SATP, 0);
	sfence_vma();
	print("amo: digest %016lx\n", digest);
}
