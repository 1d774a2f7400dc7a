/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The provider of SBI nested acceleration, function by function, as the SBI specification's chapter
 * "Nested Acceleration Extension" has it. Bootargs: "features=N", the bit mask that the
 * configuration offers (15); "off", the extension is not there. What follows an SRET: naclsret.c.
 */
#include <string.h>
#include "hcsr.h"
#include "hyp.h"

#define BAD_PARAM ((uint64_t)SBI_ERR_INVALID_PARAM)
#define BAD_ADDR  ((uint64_t)SBI_ERR_INVALID_ADDRESS)
#define UNSUPP	  ((uint64_t)SBI_ERR_NOT_SUPPORTED)
#define NO_SHMEM  ((uint64_t)SBI_ERR_NO_SHMEM)
#define ONES	  (~0UL)

static uint64_t features;

static bool has(unsigned id)
{
	return features >> id & 1;
}

static void expect(const char *name, struct sbiret r, uint64_t error)
{
	check_eq(name, (uint64_t)r.error, error);
}

static struct sbiret set(uint64_t lo, uint64_t hi, uint64_t flags)
{
	return sbi(SBI_EXT_NACL, SBI_NACL_SET_SHMEM, lo, hi, flags);
}

/* "This function always returns SBI_SUCCESS in sbiret.error." */
static void test_probe(void)
{
	static const uint64_t unknown[] = {4, 5, 63, 64, 0x80000000, 0xffffffff};

	for (unsigned id = 0; id < 4; id++) {
		struct sbiret r = sbi(SBI_EXT_NACL, SBI_NACL_PROBE_FEATURE, id);

		expect("probe.error", r, 0);
		check_eq("probe.value", (uint64_t)r.value, has(id));
	}
	for (unsigned i = 0; i < ARRAY_SIZE(unknown); i++) {
		struct sbiret r = sbi(SBI_EXT_NACL, SBI_NACL_PROBE_FEATURE, unknown[i]);

		expect("probe.unknown.error", r, 0);
		check_eq("probe.unknown.value", (uint64_t)r.value, 0);
	}
	expect("function.unknown", sbi(SBI_EXT_NACL, 5, 0), UNSUPP);
	expect("function.unknown", sbi(SBI_EXT_NACL, 0x80000000, 0), UNSUPP);
	expect("function.unknown", sbi(SBI_EXT_NACL, ONES, 0), UNSUPP);
}

/* A function whose feature is absent is NOT_SUPPORTED, one whose feature is there needs the memory.
 */
static void test_no_shmem(const char *name)
{
	print("# %s\n", name);
	expect("no-shmem.sync-csr", nacl_sync_csr(ONES),
	       has(SBI_NACL_FEAT_SYNC_CSR) ? NO_SHMEM : UNSUPP);
	expect("no-shmem.sync-csr.one", nacl_sync_csr(CSR_HVIP),
	       has(SBI_NACL_FEAT_SYNC_CSR) ? NO_SHMEM : UNSUPP);
	expect("no-shmem.sync-hfence", nacl_sync_hfence(ONES),
	       has(SBI_NACL_FEAT_SYNC_HFENCE) ? NO_SHMEM : UNSUPP);
	expect("no-shmem.sync-hfence.one", nacl_sync_hfence(0),
	       has(SBI_NACL_FEAT_SYNC_HFENCE) ? NO_SHMEM : UNSUPP);
	expect("no-shmem.sync-sret", sbi(SBI_EXT_NACL, SBI_NACL_SYNC_SRET, 0),
	       has(SBI_NACL_FEAT_SYNC_SRET) ? NO_SHMEM : UNSUPP);
}

/* ---- set_shmem ---- */

static void test_set_errors(void)
{
	uint64_t end = machine.ram + machine.ram_size, good = (uintptr_t)shmem();

	/* "The flags parameter is reserved for future use and must be zero." */
	expect("set.flags", set(good, 0, 1), BAD_PARAM);
	expect("set.flags.high", set(good, 0, BIT(63)), BAD_PARAM);
	expect("set.flags.unset", set(ONES, ONES, 1), BAD_PARAM);
	/* "shmem_phys_lo MUST be 4096 bytes (i.e. page) aligned" */
	expect("set.unaligned", set(good + 8, 0, 0), BAD_PARAM);
	expect("set.unaligned", set(good + 2048, 0, 0), BAD_PARAM);
	expect("set.ones-lo", set(ONES, 0, 0), BAD_PARAM);
	/* Requirements on the memory: each address of it is accessible. */
	expect("set.hi", set(good, 1, 0), BAD_ADDR);
	expect("set.ones-hi", set(good, ONES, 0), BAD_ADDR);
	expect("set.zero", set(0, 0, 0), BAD_ADDR);
	expect("set.device", set(machine.plic, 0, 0), BAD_ADDR);
	expect("set.below", set(machine.ram - 0x1000, 0, 0), BAD_ADDR);
	expect("set.end", set(end, 0, 0), BAD_ADDR);
	expect("set.end-1", set(end - 0x1000, 0, 0), BAD_ADDR);
	expect("set.end-2", set(end - 0x2000, 0, 0), BAD_ADDR);
	expect("set.top", set(-0x1000UL, 0, 0), BAD_ADDR);
	expect("set.top-3", set(-0x3000UL, 0, 0), BAD_ADDR);
}

/* Writable bits of some CSRs, for values that can be told from what was there. */
static const struct {
	uint16_t csr;
	uint64_t value;
} samples[] = {
	{CSR_HEDELEG, BIT(CAUSE_BREAKPOINT) | BIT(CAUSE_ECALL_U)},
	{CSR_HIDELEG, IP_VSSI | IP_VSEI},
	{CSR_HVIP, IP_VSSI | IP_VSTI},
	{CSR_HIE, IP_VSEI | IP_VSSI},
	{CSR_HTIMEDELTA, 0x123456789abcdef0},
	{CSR_HCOUNTEREN, 7},
	{CSR_HTVAL, 0x20080000},
	{CSR_HTINST, 0x3020},
	{CSR_VSSTATUS, SSTATUS_UXL64 | SSTATUS_SUM | SSTATUS_SPP},
	{CSR_VSTVEC, 0x80200000},
	{CSR_VSSCRATCH, 0xfedcba9876543210},
	{CSR_VSEPC, 0x80201234},
	{CSR_VSCAUSE, 13},
	{CSR_VSTVAL, 0xffffffc012345678},
};

/* Every word against the CSR; prints those that differ. */
static bool space_is_true(void)
{
	bool same = true;

	for (unsigned i = 0; i < nhcsrs; i++) {
		uint64_t v, word = *nacl_word(hcsrs[i]);

		if (hcsr_read(hcsrs[i], &v) && v != word) {
			print("# %s is %lx, its word %lx\n", hcsr_name(hcsrs[i]), v, word);
			same = false;
		}
	}
	return same;
}

static void reset_samples(void)
{
	for (unsigned i = 0; i < ARRAY_SIZE(samples); i++)
		hcsr_write(samples[i].csr, 0);
}

/* "MUST update the CSR space whenever the state of any RISC-V H-extension CSR changes" */
static void test_space(void)
{
	struct rng r = {7};
	unsigned wrong = 0;

	check("space.at-set", space_is_true());
	for (unsigned i = 0; i < ARRAY_SIZE(samples); i++) {
		hcsr_write(samples[i].csr, samples[i].value);
		check_eq(hcsr_name(samples[i].csr), *nacl_word(samples[i].csr), samples[i].value);
		check("space.aliases", space_is_true());
	}
	for (unsigned i = 0; i < 300; i++) {
		unsigned csr = hcsrs[rng_next(&r) % nhcsrs];

		if (csr == CSR_HGATP || csr == CSR_HSTATUS)
			continue;
		hcsr_write(csr, rng_next(&r));
		wrong += !space_is_true();
	}
	check_eq("space.random", wrong, 0);
	hcsr_write(CSR_HENVCFG, 0);
	hcsr_write(CSR_VSATP, 0);
	hcsr_write(CSR_HGEIE, 0);
	reset_samples();
}

/* Those two whose writes go ways of their own. */
static void test_space_quick(void)
{
	static const uint64_t hstatus[] = {HSTATUS_VTW | HSTATUS_SPVP, HSTATUS_SPV | HSTATUS_VTSR,
					   HSTATUS_HU, 0};

	hcsr_write(CSR_HGATP, UINT64_C(5) << 44 | 0x80000);
	check_eq("space.hgatp", *nacl_word(CSR_HGATP), UINT64_C(5) << 44 | 0x80000);
	hcsr_write(CSR_HGATP, 0);
	check_eq("space.hgatp.0", *nacl_word(CSR_HGATP), 0);
	for (unsigned i = 0; i < ARRAY_SIZE(hstatus); i++) {
		csr_write(CSR_HSTATUS, hstatus[i]);
		check_eq("space.hstatus", *nacl_word(CSR_HSTATUS), HSTATUS_VSXL64 | hstatus[i]);
	}
	csr_set(CSR_HSTATUS, HSTATUS_VTVM);
	check_eq("space.hstatus.set", *nacl_word(CSR_HSTATUS), HSTATUS_VSXL64 | HSTATUS_VTVM);
	csr_clear(CSR_HSTATUS, HSTATUS_VTVM);
	check_eq("space.hstatus.clear", *nacl_word(CSR_HSTATUS), HSTATUS_VSXL64);
}

/* Traps of L1 that lead to it through the provider: with SPV set, and of HLV. */
static void test_space_traps(void)
{
	static uint64_t root[2048] __attribute__((aligned(16384))); /* nothing is mapped */
	const uint64_t at = 0x12345000;

	csr_write(CSR_HSTATUS, HSTATUS_SPV | HSTATUS_GVA);
	check_insn_trap("space.trap", try_insn(0xc0001073, 0, 0, NULL), CAUSE_ILLEGAL);
	check_eq("space.trap.hstatus", *nacl_word(CSR_HSTATUS), HSTATUS_VSXL64);
	hcsr_write(CSR_VSATP, 0);
	hcsr_write(CSR_HGATP, UINT64_C(8) << 60 | (uintptr_t)root >> 12);
	check_eq("space.hlv", try_call((void *)hlv_d, at, 0, NULL).cause,
		 CAUSE_LOAD_GUEST_PAGE_FAULT);
	check_eq("space.hlv.htval", *nacl_word(CSR_HTVAL), at >> 2);
	check_eq("space.hlv.hstatus", *nacl_word(CSR_HSTATUS), HSTATUS_VSXL64 | HSTATUS_GVA);
	hcsr_write(CSR_HGATP, 0);
	csr_write(CSR_HSTATUS, 0);
}

static void test_set(void)
{
	static uint8_t before[NACL_SHMEM_SIZE];
	struct nacl_shmem *other = &shmems[MAX_HARTS - 1];

	expect("unset.unset", nacl_set_shmem(NULL), 0);
	test_no_shmem("after an unset");
	memset(other, 0xa5, sizeof(*other));
	memset(shmem(), 0xa5, sizeof(*other));
	memset(shmem()->dirty, 0, sizeof(other->dirty));
	expect("set", nacl_set_shmem(shmem()), 0);
	test_space();
	test_space_quick();
	test_space_traps();
	/* A call that fails changes nothing. */
	expect("set.fails", set((uintptr_t)other, 0, 1), BAD_PARAM);
	expect("set.fails", set((uintptr_t)other, 1, 0), BAD_ADDR);
	hcsr_write(CSR_VSSCRATCH, 0x111);
	check_eq("set.fails.old", *nacl_word(CSR_VSSCRATCH), 0x111);
	/* Another place: from now on that one, and the old one is left alone. */
	memset(other->dirty, 0, sizeof(other->dirty));
	expect("set.again", nacl_set_shmem(other), 0);
	memcpy(before, shmem(), sizeof(before));
	hcsr_write(CSR_VSSCRATCH, 0x222);
	check_eq("set.again.new", other->csr[NACL_CSR_INDEX(CSR_VSSCRATCH)], 0x222);
	check("set.again.old", !memcmp(before, shmem(), sizeof(before)));
	expect("set.same", nacl_set_shmem(other), 0);
	expect("set.end-3", set(machine.ram + machine.ram_size - NACL_SHMEM_SIZE, 0, 0), 0);
	/* "If both parameters are all-ones bitwise then the nested acceleration features are
	 * disabled." */
	expect("set.back", nacl_set_shmem(shmem()), 0);
	memcpy(before, shmem(), sizeof(before));
	expect("unset", nacl_set_shmem(NULL), 0);
	hcsr_write(CSR_VSSCRATCH, 0x333);
	check("unset.left-alone", !memcmp(before, shmem(), sizeof(before)));
	test_no_shmem("after set and unset");
	expect("set.after-unset", nacl_set_shmem(shmem()), 0);
	check_eq("set.after-unset.space", *nacl_word(CSR_VSSCRATCH), 0x333);
}

/* ---- sync_csr ---- */

static void test_sync_csr_errors(void)
{
	static const uint64_t bad[] = {0, 0x100, 0x300, 0x304, 0xc01, 0x1200, 0x1600,
				       BIT(32) | CSR_HVIP, BIT(63) | CSR_HVIP, ONES - 1,
				       /* of the right form, but no CSR */
				       0x2ff, 0x6ff, 0xa00, 0xe00, 0xeff};

	for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
		expect("sync-csr.bad", nacl_sync_csr(bad[i]), BAD_PARAM);
	}
	for (unsigned i = 0; i < nhcsrs; i++) {
		uint64_t v;

		expect(hcsr_name(hcsrs[i]), nacl_sync_csr(hcsrs[i]),
		       hcsr_read(hcsrs[i], &v) ? 0 : BAD_PARAM);
	}
}

/* The five steps "to synchronize a CSR", for one CSR. */
static void test_sync_one(void)
{
	for (unsigned i = 0; i < ARRAY_SIZE(samples); i++) {
		unsigned csr = samples[i].csr, other = samples[!i].csr;

		reset_samples();
		nacl_put(csr, samples[i].value);
		nacl_put(other, samples[!i].value);
		check("sync-csr.not-yet", hcsr(csr) != samples[i].value);
		expect(hcsr_name(csr), nacl_sync_csr(csr), 0);
		check_eq("sync-csr.written", hcsr(csr), samples[i].value);
		check_eq("sync-csr.word", *nacl_word(csr), samples[i].value);
		check("sync-csr.clean", !nacl_dirty(csr));
		check("sync-csr.only-one", nacl_dirty(other));
		expect("sync-csr.other", nacl_sync_csr(other), 0);
		check_eq("sync-csr.other", hcsr(other), samples[!i].value);
		/* Step 2: a word without its bit is no write; step 5 puts the value back. */
		*nacl_word(csr) = ~samples[i].value;
		expect("sync-csr.no-bit", nacl_sync_csr(csr), 0);
		check_eq("sync-csr.no-bit.value", hcsr(csr), samples[i].value);
		check_eq("sync-csr.no-bit.word", *nacl_word(csr), samples[i].value);
		*nacl_word(csr) = ~samples[i].value;
		expect("sync-csr.no-bit.all", nacl_sync_csr(ONES), 0);
		check_eq("sync-csr.no-bit.all", *nacl_word(csr), samples[i].value);
	}
	reset_samples();
}

/* Each by itself is found, hgeip too, whose writes come to nothing. */
static void test_sync_alone(void)
{
	unsigned wrong = 0;
	uint64_t v;

	for (unsigned i = 0; i < nhcsrs; i++) {
		if (!hcsr_read(hcsrs[i], &v))
			continue;
		nacl_put(hcsrs[i], hcsrs[i] == CSR_HGEIP ? ONES : v);
		wrong += nacl_sync_csr(ONES).error || nacl_dirty(hcsrs[i]) ||
			 *nacl_word(hcsrs[i]) != v;
	}
	check_eq("sync-csr.alone", wrong, 0);
}

/* Any values in any set of CSRs: the CSRs become what writes by instruction make of them. */
static void test_sync_all(void)
{
	struct rng r = {11};
	unsigned wrong = 0, dirty = 0;

	for (unsigned round = 0; round < 200; round++) {
		uint64_t value[32], put = rng_next(&r);

		for (unsigned i = 0; i < nhcsrs; i++) {
			value[i] = rng_next(&r) >> rng_next(&r) % 64;
			if (hcsrs[i] == CSR_HSTATUS) /* our own traps would clear two of them */
				value[i] &= ~(HSTATUS_SPV | HSTATUS_GVA | HSTATUS_VGEIN);
			if (hcsrs[i] == CSR_HGATP || hcsrs[i] == CSR_VSATP)
				value[i] &= ~(UINT64_C(15) << 60);
			if (put >> i & 1)
				nacl_put(hcsrs[i], value[i]);
		}
		wrong += nacl_sync_csr(ONES).error != 0;
		for (unsigned i = 0; i < nhcsrs; i++) {
			uint64_t v;

			dirty += hcsr_read(hcsrs[i], &v) && nacl_dirty(hcsrs[i]);
		}
		wrong += !space_is_true();
		for (unsigned i = 0; i < nhcsrs; i++) {
			unsigned csr = hcsrs[i];
			uint64_t was, now;

			/* Aliases have been written through one another. */
			if (csr == CSR_HIP || csr == CSR_HVIP || csr == CSR_VSIP ||
			    csr == CSR_HIE || csr == CSR_VSIE || csr == CSR_HGEIP)
				continue;
			if (!(put >> i & 1) || !hcsr_read(csr, &was))
				continue;
			hcsr_write(csr, value[i]);
			now = hcsr(csr);
			if (now != was && wrong++ < 5)
				print("# %s: %lx by NACL became %lx, by instruction %lx\n",
				      hcsr_name(csr), value[i], was, now);
		}
	}
	check_eq("sync-csr.all", wrong, 0);
	check_eq("sync-csr.all.clean", dirty, 0);
	memset(shmem()->dirty, 0, sizeof(shmem()->dirty));
	hcsr_write(CSR_HENVCFG, 0);
	hcsr_write(CSR_VSATP, 0);
	hcsr_write(CSR_HGATP, 0);
	reset_samples();
}

/* "if the value of a CSR <y> depends on the value of some other CSR <x> then [it] MUST synchronize
 * CSR <x> before CSR <y>. For example, [...] hvip is emulated and written first, followed by hip"
 */
static void test_sync_order(void)
{
	nacl_put(CSR_HVIP, IP_VSSI);
	nacl_put(CSR_HIP, 0); /* clears what hvip has set */
	expect("order.hip-0", nacl_sync_csr(ONES), 0);
	check_eq("order.hip-0", hcsr(CSR_HVIP), 0);
	nacl_put(CSR_HVIP, 0);
	nacl_put(CSR_HIP, IP_VSSI);
	expect("order.hip-1", nacl_sync_csr(ONES), 0);
	check_eq("order.hip-1", hcsr(CSR_HVIP), IP_VSSI);
	check_eq("order.hip-1.word", *nacl_word(CSR_HIP), IP_VSSI);
	hcsr_write(CSR_HVIP, 0);
	/* vsip shows and changes what hideleg gives it. */
	nacl_put(CSR_VSIP, IP_SSI);
	nacl_put(CSR_HIDELEG, IP_VSSI);
	expect("order.vsip", nacl_sync_csr(ONES), 0);
	check_eq("order.vsip", hcsr(CSR_HVIP), IP_VSSI);
	nacl_put(CSR_HIDELEG, 0);
	nacl_put(CSR_VSIE, IP_SSI | IP_STI);
	expect("order.vsie-0", nacl_sync_csr(ONES), 0);
	check_eq("order.vsie-0", hcsr(CSR_HIE) & IP_VS, 0);
	nacl_put(CSR_HIDELEG, IP_VSSI);
	nacl_put(CSR_HIE, 0);
	nacl_put(CSR_VSIE, IP_SSI | IP_STI);
	expect("order.vsie-1", nacl_sync_csr(ONES), 0);
	check_eq("order.vsie-1", hcsr(CSR_HIE) & IP_VS, IP_VSSI);
	reset_samples();
	check("order.space", space_is_true());
}

/* hip depends on henvcfg.STCE, vstimecmp and htimedelta too. */
static void test_sync_time(void)
{
	if (!machine.sstc) {
		skip("order.time", "no Sstc");
		return;
	}
	nacl_put(CSR_VSTIMECMP, 0);
	nacl_put(CSR_HENVCFG, HENVCFG_STCE);
	nacl_put(CSR_HIDELEG, IP_VSTI);
	expect("order.time", nacl_sync_csr(ONES), 0);
	check_eq("order.time.hip", *nacl_word(CSR_HIP), IP_VSTI);
	check_eq("order.time.vsip", *nacl_word(CSR_VSIP), IP_STI);
	check_eq("order.time.hvip", *nacl_word(CSR_HVIP), 0);
	nacl_put(CSR_VSTIMECMP, UINT64_C(1) << 62);
	expect("order.time.later", nacl_sync_csr(ONES), 0);
	check_eq("order.time.later.hip", *nacl_word(CSR_HIP), 0);
	nacl_put(CSR_HTIMEDELTA, UINT64_C(1) << 62);
	expect("order.time.delta", nacl_sync_csr(ONES), 0);
	check_eq("order.time.delta.hip", *nacl_word(CSR_HIP), IP_VSTI);
	/* And one by one, hip last. */
	nacl_put(CSR_HTIMEDELTA, 0);
	expect("order.time.one", nacl_sync_csr(CSR_HTIMEDELTA), 0);
	expect("order.time.one.hip", nacl_sync_csr(CSR_HIP), 0);
	check_eq("order.time.one.hip", *nacl_word(CSR_HIP), 0);
	nacl_put(CSR_VSTIMECMP, 1);
	expect("order.time.one", nacl_sync_csr(CSR_VSTIMECMP), 0);
	expect("order.time.one.hip", nacl_sync_csr(CSR_HIP), 0);
	check_eq("order.time.one.hip", *nacl_word(CSR_HIP), IP_VSTI);
	hcsr_write(CSR_VSTIMECMP, ONES);
	hcsr_write(CSR_HENVCFG, 0);
	reset_samples();
}

/* ---- sync_hfence ---- */

static void fill_entry(unsigned i, uint64_t config)
{
	shmem()->hfence[i] = (struct nacl_hfence){NACL_HFENCE_PENDING | config, 0x80000, 0, 1};
}

static unsigned pending(void)
{
	unsigned n = 0;

	for (unsigned i = 0; i < NACL_HFENCE_ENTRIES; i++)
		n += shmem()->hfence[i].config >> 63;
	return n;
}

static void test_sync_hfence(void)
{
	static const uint64_t bad[] = {60, 61, 64, 1024, BIT(32), BIT(63), ONES - 1};
	struct rng r = {3};

	memset(shmem()->hfence, 0, sizeof(shmem()->hfence));
	for (unsigned i = 0; i < NACL_HFENCE_ENTRIES; i++)
		fill_entry(i, (uint64_t)(i % 8) << NACL_HFENCE_TYPE_SHIFT);
	for (unsigned i = 0; i < ARRAY_SIZE(bad); i++)
		expect("sync-hfence.bad", nacl_sync_hfence(bad[i]), BAD_PARAM);
	check_eq("sync-hfence.bad", pending(), 60);
	/* "then only a single nested HFENCE entry [...] is synchronized" */
	for (unsigned i = 0; i < NACL_HFENCE_ENTRIES; i += 59) {
		expect("sync-hfence.one", nacl_sync_hfence(i), 0);
		check("sync-hfence.one.clear", !(shmem()->hfence[i].config >> 63));
	}
	check_eq("sync-hfence.one.only", pending(), 58);
	/* "all nested HFENCE entries are synchronized" */
	expect("sync-hfence.all", nacl_sync_hfence(ONES), 0);
	check_eq("sync-hfence.all", pending(), 0);
	for (unsigned i = 0; i < NACL_HFENCE_ENTRIES; i++) {
		fill_entry(i, 0);
		expect("sync-hfence.alone", nacl_sync_hfence(ONES), 0);
		check_eq("sync-hfence.alone", pending(), 0);
	}
	/* "If Config.Pending == 0 then do nothing" */
	shmem()->hfence[5] = (struct nacl_hfence){0x123, 4, 5, 6};
	expect("sync-hfence.idle", nacl_sync_hfence(5), 0);
	expect("sync-hfence.idle", nacl_sync_hfence(ONES), 0);
	check("sync-hfence.idle", shmem()->hfence[5].config == 0x123 &&
					  shmem()->hfence[5].page_number == 4 &&
					  shmem()->hfence[5].page_count == 6);
	/* Whatever the entries say, they are done. */
	for (unsigned round = 0; round < 50; round++) {
		for (unsigned i = 0; i < NACL_HFENCE_ENTRIES; i++)
			shmem()->hfence[i] = (struct nacl_hfence){
				BIT(63) | rng_next(&r), rng_next(&r) >> rng_next(&r) % 64,
				rng_next(&r) % 4 ? 0 : rng_next(&r),
				rng_next(&r) >> rng_next(&r) % 64};
		nacl_sync_hfence(ONES);
	}
	check_eq("sync-hfence.any", pending(), 0);
}

/* ---- Harts: "on the calling hart" ---- */

static void job_no_shmem(void *arg)
{
	test_no_shmem(arg);
}

static void job_set(void *arg)
{
	(void)arg;
	expect("hart.set", nacl_set_shmem(shmem()), 0);
	hcsr_write(CSR_VSSCRATCH, self()->index);
}

static void job_check(void *arg)
{
	(void)arg;
	check_eq("hart.own-memory", *nacl_word(CSR_VSSCRATCH), self()->index);
	check("hart.own-space", space_is_true());
	hcsr_write(CSR_VSSCRATCH, 0);
}

static void job_stop(void *arg)
{
	(void)arg;
	sbi(SBI_EXT_HSM, SBI_HSM_HART_STOP, 0);
}

static void test_harts(void)
{
	unsigned last = machine.harts - 1;
	uint64_t id = harts[last].id;

	if (machine.harts < 2)
		return;
	smp_init();
	for (unsigned i = 1; i < machine.harts; i++) {
		hart_post(i, job_no_shmem, (void *)"another hart");
		hart_wait(i);
	}
	for (unsigned i = 0; i < machine.harts; i++) {
		if (!i)
			job_set(NULL);
		else
			hart_post(i, job_set, NULL), hart_wait(i);
	}
	for (unsigned i = 0; i < machine.harts; i++) {
		if (!i)
			job_check(NULL);
		else
			hart_post(i, job_check, NULL), hart_wait(i);
	}
	/* A hart that is started anew has none. */
	id = harts[last].id;
	hart_post(last, job_stop, NULL);
	check("hart.stops",
	      WAIT(sbi(SBI_EXT_HSM, SBI_HSM_HART_GET_STATUS, id).value == SBI_HSM_STATE_STOPPED,
		   1000000));
	harts[last].job = NULL;
	memset(&shmems[last], 0xa5, sizeof(shmems[last]));
	check_eq("hart.restart", (uint64_t)secondary_start(last), 0);
	hart_post(last, job_no_shmem, (void *)"a hart started anew");
	hart_wait(last);
	check_eq("hart.restart.left-alone", shmems[last].csr[0], 0xa5a5a5a5a5a5a5a5);
}

void guest_main(void)
{
	bool off = machine.bootargs && strstr(machine.bootargs, "off");

	check_eq("base.probe", sbi_probe(SBI_EXT_NACL), !off);
	if (off) {
		for (uint64_t fid = 0; fid < 6; fid++)
			expect("off", sbi(SBI_EXT_NACL, fid, ONES, ONES, 0), UNSUPP);
		return;
	}
	features = bootarg("features", NACL_FEATURES);
	test_probe();
	test_no_shmem("before any set");
	test_set_errors();
	test_no_shmem("after sets that failed");
	test_set();
	if (has(SBI_NACL_FEAT_SYNC_CSR)) {
		test_sync_csr_errors();
		test_sync_one();
		test_sync_alone();
		test_sync_all();
		test_sync_order();
		test_sync_time();
	} else {
		expect("absent.sync-csr", nacl_sync_csr(ONES), UNSUPP);
		expect("absent.sync-csr.bad", nacl_sync_csr(0), UNSUPP);
	}
	if (has(SBI_NACL_FEAT_SYNC_HFENCE)) {
		test_sync_hfence();
	} else {
		memset(shmem()->hfence, 0, sizeof(shmem()->hfence));
		fill_entry(0, 0);
		expect("absent.sync-hfence", nacl_sync_hfence(ONES), UNSUPP);
		expect("absent.sync-hfence.bad", nacl_sync_hfence(60), UNSUPP);
		check_eq("absent.sync-hfence.left", pending(), 1);
	}
	if (!has(SBI_NACL_FEAT_SYNC_SRET))
		expect("absent.sync-sret", sbi(SBI_EXT_NACL, SBI_NACL_SYNC_SRET, 0), UNSUPP);
	test_harts();
}
