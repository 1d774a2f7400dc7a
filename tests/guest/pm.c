/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pointer masking of user mode (Ssnpm) against the specification's formula: plain accesses, AMOs,
 * whoever carries them out, and those to an emulated device; what stval tells of those that fault;
 * in Bare, Sv39 and Sv57, with PMLEN 0, 7 and 16. S-mode and fetches are not masked, and senvcfg is
 * each hart's own. "mxr" in the boot arguments: MXR switches it off, which QEMU 10.0 does not know.
 */
#include <string.h>
#include "amo.h"

#define CODE (UINT64_C(0x1000000000) - 4096)
#define LOW  UINT64_C(0x1000000000) /* what frame[0] is mapped at, */
#define HIGH (LOW | BIT(50)) /* and in Sv57 frame[1]: the same with its upper 16 bits ignored */
#define DEV  (LOW + SIZE_2M)
#define HOLE UINT64_C(0x00300000)
#define TAG  (UINT64_C(0xa4) << 56) /* ignored, whatever PMLEN is */
#define TELL 20

#define INSN_ECALL 0x00000073
#define SD	   0x00b53023 /* sd a1, (a0) */
#define SW	   0x00b52023
#define LD_X0	   0x00053003 /* ld x0, (a0) */

static uint64_t *frame[2];
static unsigned levels; /* of the tables in force; 0: Bare */
static unsigned told;
static bool mxr;

static uint64_t masked(uint64_t va, unsigned pmm)
{
	unsigned n = pmm == PMM_16 ? 16 : pmm == PMM_7 ? 7 : 0;

	return levels ? (uint64_t)((int64_t)(va << n) >> n) : va << n >> n;
}

static void set_pmm(uint64_t pmm)
{
	csr_clear(CSR_SENVCFG, ENVCFG_PMM);
	csr_set(CSR_SENVCFG, pmm << ENVCFG_PMM_SHIFT);
}

static uint64_t get_pmm(void)
{
	return csr_read(CSR_SENVCFG) >> ENVCFG_PMM_SHIFT & 3;
}

static struct trap_info execute(uint32_t word, uint64_t a0, uint64_t a1, bool user)
{
	uint32_t *code = self()->code;
	uint64_t at = levels && user ? CODE + ((uintptr_t)code & 4095) : (uintptr_t)code;
	struct trap_info t;

	if (!user)
		return try_insn(word, a0, a1, NULL);
	code[0] = word;
	code[1] = INSN_ECALL;
	fence_i();
	t = try_user((void *)at, a0, a1);
	if (t.cause == CAUSE_ECALL_U && t.epc == at + 4)
		t.taken = false;
	return t;
}

/* What is mapped at va, or NULL. */
static uint64_t *mapped(uint64_t va)
{
	if (!levels)
		return va - (uintptr_t)frame[0] < 4096 ? frame[0] : NULL;
	if (va - LOW < 4096)
		return frame[0];
	return levels == 5 && va - HIGH < 4096 ? frame[1] : NULL;
}

/* 0x5a to va, where it stood 0: it is there and nowhere else, or the exception is right. */
static bool store(uint32_t word, uint64_t va, unsigned pmm, bool user)
{
	uint64_t to = masked(va, pmm), *want = mapped(to), sum = 0;
	struct trap_info t;
	bool ok;

	memset(frame[0], 0, 4096);
	memset(frame[1], 0, 4096);
	t = execute(word, va, 0x5a, user);
	for (unsigned i = 0; i < 512; i++)
		sum += frame[0][i] + frame[1][i];
	if (want)
		ok = !t.taken && sum == 0x5a && want[to / 8 % 512] == 0x5a;
	else
		ok = t.taken && t.stval == to && !sum &&
		     t.cause == (levels ? CAUSE_STORE_PAGE_FAULT : CAUSE_STORE_ACCESS);
	if (!ok && told++ < TELL)
		print("# %08x va %lx pmm %u user %u: taken %d cause %lu stval %lx, not %lx\n", word,
		      va, pmm, user, t.taken, t.cause, t.stval, to);
	return ok;
}

static const uint64_t tags[] = {0,
				BIT(63),
				BIT(57),
				BIT(56),
				BIT(50),
				BIT(48),
				BIT(47),
				UINT64_C(0xa5) << 56,
				UINT64_C(0x7f) << 57,
				UINT64_C(0xffff) << 48,
				UINT64_C(0x1ffff) << 47};

static unsigned all_tags(uint32_t word, unsigned pmm, bool user)
{
	uint64_t base = levels ? LOW : (uintptr_t)frame[0];
	unsigned bad = 0;

	for (unsigned i = 0; i < ARRAY_SIZE(tags); i++) {
		bad += !store(word, (base + 64) ^ tags[i], pmm, user);
		bad += !store(word, HOLE ^ tags[i], pmm, user);
	}
	return bad;
}

static void each_insn(const char *name, unsigned pmm, bool user, bool emulated_only)
{
	static const uint8_t ops[] = {AMO_ADD, AMO_SWAP, AMO_CAS};
	unsigned bad = emulated_only ? 0 : all_tags(SD, pmm, user);

	for (unsigned i = 0; i < ARRAY_SIZE(ops); i++)
		for (unsigned log = 0; log < 4; log++)
			if (amo_given(ops[i], log) && !(emulated_only && log > 1))
				bad += all_tags(
					amo_word((struct amo_insn){ops[i], log, 0, 0, 10, 11}), pmm,
					user);
	check_eq(name, bad, 0);
}

/* Exceptions that come before translation, and of what is not there. */
static void test_stval(const char *name, unsigned pmm)
{
	uint64_t base = levels ? LOW : (uintptr_t)frame[0], va = (base + 65) ^ tags[7];
	struct trap_info t;

	if (amo_given(AMO_ADD, 1)) {
		t = execute(amo_word((struct amo_insn){AMO_ADD, 1, 0, 0, 10, 11}), va, 0, true);
		check(name,
		      t.taken && t.cause == CAUSE_STORE_MISALIGNED && t.stval == masked(va, pmm));
	}
	if (!levels)
		return;
	va = CODE ^ tags[7]; /* fetches are not masked */
	t = try_user((void *)va, 0, 0);
	check(name, t.taken && t.cause == CAUSE_FETCH_PAGE_FAULT && t.stval == va && t.epc == va);
}

/* Loads and stores of a device. */
static void test_device(const char *name, unsigned pmm)
{
	uint64_t base = levels ? DEV : machine.plic, va = (base + 4) ^ TAG;
	struct trap_info t;

	if (!machine.plic || !pmm)
		return;
	mmio_write(uint32_t, machine.plic + 4, 0);
	t = execute(SW, va, 5, true);
	check(name, !t.taken && mmio_read(uint32_t, machine.plic + 4) == 5);
	mmio_write(uint32_t, machine.plic + 4, 0);
	if (machine.native)
		return;
	t = execute(LD_X0, va ^ 4, 0, true); /* no device is so wide */
	check(name, t.taken && t.cause == CAUSE_LOAD_ACCESS && t.stval == base);
}

static void test_mode(const char *bare, const char *sv39, const char *sv57)
{
	const char *name = levels == 5 ? sv57 : levels == 3 ? sv39 : bare;

	csr_set(CSR_SSTATUS, SSTATUS_SUM);
	for (unsigned pmm = 0; pmm < 4; pmm++) {
		if (pmm == PMM_RESERVED)
			continue;
		set_pmm(pmm);
		if (!check_eq(name, get_pmm(), pmm))
			continue;
		print("# PMM %u\n", pmm);
		each_insn(name, pmm, true, false);
		if (levels)
			each_insn(name, PMM_OFF, false, false);
		test_stval(name, pmm);
		test_device(name, pmm);
		if (!mxr)
			continue;
		csr_set(CSR_SSTATUS, SSTATUS_MXR);
		each_insn(name, PMM_OFF, true, true);
		csr_clear(CSR_SSTATUS, SSTATUS_MXR);
	}
	set_pmm(PMM_OFF);
	csr_clear(CSR_SSTATUS, SSTATUS_SUM);
}

static void test_paged(unsigned n)
{
	uint64_t code = ALIGN_DOWN((uintptr_t)self()->code, 4096);
	struct pt pt = pt_new((int)n);

	pt_map(&pt, CODE, code, 0, PTE_V | PTE_R | PTE_X | PTE_U | PTE_A);
	pt_map(&pt, LOW, (uintptr_t)frame[0], 0, PTE_RW | PTE_U);
	pt_map(&pt, DEV, machine.plic, 0, PTE_RW | PTE_U);
	if (n == 5)
		pt_map(&pt, HIGH, (uintptr_t)frame[1], 0, PTE_RW | PTE_U);
	csr_write(CSR_SATP, pt_satp(&pt, 0));
	sfence_vma();
	if (!csr_read(CSR_SATP)) {
		skip("sv57", "the hart has none");
		return;
	}
	levels = n;
	test_mode("bare", "sv39", "sv57");
	levels = 0;
	csr_write(CSR_SATP, 0);
	sfence_vma();
}

/* ---- each hart its own ---- */

static void other(void *pmm)
{
	uint64_t was = get_pmm();

	set_pmm((uintptr_t)pmm);
	*(uint64_t *)frame[1] += was;
}

static void test_harts(void)
{
	unsigned bad = 0;

	memset(frame[1], 0, 4096);
	for (uint64_t i = 0; i < 50; i++) {
		uint64_t mine = 2 + (i & 1), others = mine ^ 1, sum = frame[1][0];

		set_pmm(mine);
		hart_post(1, other, (void *)(uintptr_t)others);
		hart_wait(1);
		bad += get_pmm() != mine || (i && frame[1][0] - sum != mine);
	}
	set_pmm(PMM_OFF);
	check_eq("harts", bad, 0);
}

void guest_main(void)
{
	frame[0] = page_alloc();
	frame[1] = page_alloc();
	mxr = bootarg("mxr", 0);
	if (!isa_has("ssnpm")) {
		check("supm", !isa_has("supm"));
		set_pmm(PMM_7);
		if (bootarg("absent", 0))
			check_eq("absent", get_pmm(), 0);
		set_pmm(PMM_OFF);
		return;
	}
	check("supm", isa_has("supm"));
	check_eq("reset", get_pmm(), 0);
	set_pmm(PMM_RESERVED);
	check("reserved", get_pmm() != PMM_RESERVED);
	test_mode("bare", "sv39", "sv57");
	test_paged(3);
	test_paged(5);
	if (machine.harts > 1) {
		smp_init();
		test_harts();
	}
}
