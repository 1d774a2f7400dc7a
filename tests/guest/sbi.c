/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SBI, one hart's view: BASE, TIME, IPI, RFENCE, HSM's errors, DBCN, SRST's errors and the legacy
 * calls, with every argument at its edges. Each call is made with all registers chosen, and none
 * but a0 and a1 may change.
 */
#include <string.h>
#include "lib.h"

#define NO_HART	   0x7777
#define MAGIC	   UINT64_C(0xa5c3f00d12345678)
#define ODD_ADDR   0x80200123UL
#define BAD_PARAM  ((uint64_t)SBI_ERR_INVALID_PARAM)
#define NO_SUPPORT ((uint64_t)SBI_ERR_NOT_SUPPORTED)
#define BAD_ADDR   ((uint64_t)SBI_ERR_INVALID_ADDRESS)

static unsigned calls, damaged, legacy_a1;

/* One call with a pattern in every register that is no argument; counts the registers that come
 * back changed. */
static struct sbiret call(uint64_t eid, uint64_t fid, uint64_t a0, uint64_t a1, uint64_t a2)
{
	static uint64_t in[32], out[32];

	for (int i = 1; i < 32; i++)
		in[i] = MAGIC * (uint64_t)(i + 1);
	in[10] = a0;
	in[11] = a1;
	in[12] = a2;
	in[13] = 1; /* the ASID of the one legacy call that has four arguments */
	in[16] = fid;
	in[17] = eid;
	in[4] = (uintptr_t)self();
	calls++;
	sbi_call_regs(in, out);
	for (int i = 1; i < 32; i++)
		if (i != 10 && i != 11 && in[i] != out[i] && damaged++ < 10)
			print("# x%d changed by %lx/%lx\n", i, eid, fid);
	if (eid <= SBI_LEGACY_SHUTDOWN && in[11] != out[11])
		legacy_a1++;
	return (struct sbiret){(long)out[10], (long)out[11]};
}

static void expect(const char *name, struct sbiret r, uint64_t error)
{
	check_eq(name, (uint64_t)r.error, error);
}

/* For results where the specification leaves a choice. */
static void expect_any(const char *name, struct sbiret r, long e1, long e2)
{
	if (r.error == e1 || r.error == e2)
		check(name, true);
	else
		check_eq(name, (uint64_t)r.error, (uint64_t)e1);
}

static void test_base(void)
{
	static const struct {
		const char *name;
		uint64_t eid;
	} exts[] = {
		{"base", SBI_EXT_BASE},	    {"time", SBI_EXT_TIME}, {"ipi", SBI_EXT_IPI},
		{"rfence", SBI_EXT_RFENCE}, {"hsm", SBI_EXT_HSM},   {"srst", SBI_EXT_SRST},
		{"dbcn", SBI_EXT_DBCN},	    {"pmu", SBI_EXT_PMU},   {"susp", SBI_EXT_SUSP},
		{"cppc", SBI_EXT_CPPC},	    {"nacl", SBI_EXT_NACL}, {"sta", SBI_EXT_STA},
		{"sse", SBI_EXT_SSE},	    {"fwft", SBI_EXT_FWFT}, {"dbtr", SBI_EXT_DBTR},
		{"mpxy", SBI_EXT_MPXY},
	};
	struct sbiret r = call(SBI_EXT_BASE, SBI_BASE_GET_SPEC_VERSION, 1, 2, 3);

	expect("base.version.error", r, 0);
	check("base.version.bit31", !(r.value & BIT(31)) && r.value >= SBI_SPEC_VERSION(0, 3));
	if (machine.nacre)
		check_eq("base.version", (uint64_t)r.value, SBI_SPEC_VERSION(3, 0));
	for (unsigned fid = SBI_BASE_GET_IMPL_ID; fid <= SBI_BASE_GET_MIMPID; fid++) {
		if (fid == SBI_BASE_PROBE_EXTENSION)
			continue;
		r = call(SBI_EXT_BASE, fid, MAGIC, MAGIC, MAGIC);
		print("# base function %u: %lx\n", fid, (uint64_t)r.value);
		check("base.id", !r.error && (uint64_t)r.value != MAGIC);
	}
	for (unsigned i = 0; i < ARRAY_SIZE(exts); i++) {
		r = call(SBI_EXT_BASE, SBI_BASE_PROBE_EXTENSION, exts[i].eid, MAGIC, 0);
		print("# probe %s: %ld\n", exts[i].name, r.value);
		check("base.probe", !r.error && (i > 6 || r.value != 0));
	}
	for (uint64_t eid = 0; eid <= 7; eid++)
		check("base.probe.legacy",
		      call(SBI_EXT_BASE, SBI_BASE_PROBE_EXTENSION, eid, MAGIC, 0).value);
	r = call(SBI_EXT_BASE, SBI_BASE_PROBE_EXTENSION, 0x12345, MAGIC, 0);
	check("base.probe.unknown", !r.error && !r.value);
}

static void test_unknown(void)
{
	static const uint64_t eids[] = {0x9,	    0xf,	0x11, 0x12345,	 0x7fffffff,
					0x80000000, 0xffffffff, ~0UL, 0x0a000000};
	static const uint64_t known[] = {SBI_EXT_BASE, SBI_EXT_TIME, SBI_EXT_IPI, SBI_EXT_RFENCE,
					 SBI_EXT_HSM,  SBI_EXT_SRST, SBI_EXT_DBCN};
	static const uint64_t fids[] = {7, 8, 100, 0x7fffffff, 0x80000000, 0xffffffff, ~0UL};

	for (unsigned i = 0; i < ARRAY_SIZE(eids); i++) {
		struct sbiret r = call(eids[i], 0, MAGIC, MAGIC, MAGIC);

		expect("unknown.eid", r, NO_SUPPORT);
		check("unknown.eid.a1", (uint64_t)r.value != MAGIC);
	}
	for (unsigned i = 0; i < ARRAY_SIZE(known); i++)
		for (unsigned j = 0; j < ARRAY_SIZE(fids); j++) {
			struct sbiret r = call(known[i], fids[j], MAGIC, MAGIC, MAGIC);

			expect("unknown.fid", r, NO_SUPPORT);
			check("unknown.fid.a1", (uint64_t)r.value != MAGIC);
		}
}

static bool sti(void)
{
	return csr_read(CSR_SIP) & IP_STI;
}

static void test_time(void)
{
	uint64_t t;

	expect("time.never", call(SBI_EXT_TIME, 0, ~0UL, MAGIC, 0), 0);
	check("time.never.pending", !sti());
	expect("time.zero", call(SBI_EXT_TIME, 0, 0, MAGIC, 0), 0);
	check("time.zero.pending", WAIT(sti(), 10000));
	call(SBI_EXT_TIME, 0, ~0UL, MAGIC, 0);
	check("time.cleared", !sti());
	call(SBI_EXT_TIME, 0, rdtime(), MAGIC, 0);
	check("time.now.pending", WAIT(sti(), 10000));
	t = rdtime() + usec(2000);
	call(SBI_EXT_TIME, 0, t, MAGIC, 0);
	check("time.not-yet", !sti() || rdtime() >= t);
	check("time.fires", WAIT(sti(), 100000));
	check("time.not-early", rdtime() >= t);
	call(SBI_EXT_TIME, 0, ~0UL - 1, MAGIC, 0);
	check("time.far", !sti());
}

static bool ssi(void)
{
	bool p = WAIT(csr_read(CSR_SIP) & IP_SSI, 1000);

	csr_clear(CSR_SIP, IP_SSI);
	return p;
}

static void test_ipi(void)
{
	uint64_t me = harts[0].id;

	csr_clear(CSR_SIP, IP_SSI);
	expect("ipi.mask0", call(SBI_EXT_IPI, 0, 0, 0, 0), 0);
	if (!machine.native) /* OpenSBI 1.5 looks at the base even then */
		expect("ipi.mask0.base-invalid", call(SBI_EXT_IPI, 0, 0, NO_HART, 0), 0);
	check("ipi.mask0.quiet", !ssi());
	expect("ipi.self", call(SBI_EXT_IPI, 0, 1, me, 0), 0);
	check("ipi.self.pending", ssi());
	check("ipi.self.cleared", !(csr_read(CSR_SIP) & IP_SSI));
	expect("ipi.all", call(SBI_EXT_IPI, 0, 0, ~0UL, 0), 0);
	check("ipi.all.pending", ssi());
	expect("ipi.all.mask-ignored", call(SBI_EXT_IPI, 0, MAGIC, ~0UL, 0), 0);
	check("ipi.all.mask-ignored.pending", ssi());
	if (me) {
		expect("ipi.mask-bit", call(SBI_EXT_IPI, 0, 1UL << me, 0, 0), 0);
		check("ipi.mask-bit.pending", ssi());
	}
	if (machine.native) {
		skip("ipi.invalid", "OpenSBI 1.5 ignores harts that are not there");
		return;
	}
	expect("ipi.invalid.base", call(SBI_EXT_IPI, 0, 1, NO_HART, 0), BAD_PARAM);
	expect("ipi.invalid.bit", call(SBI_EXT_IPI, 0, 1UL << 63, 0, 0), BAD_PARAM);
	expect("ipi.invalid.huge", call(SBI_EXT_IPI, 0, 1, ~0UL - 1, 0), BAD_PARAM);
	expect("ipi.invalid.wrap", call(SBI_EXT_IPI, 0, 4, ~0UL - 1, 0), BAD_PARAM);
	expect("ipi.invalid.wrap-32", call(SBI_EXT_IPI, 0, 1, 1UL << 32, 0), BAD_PARAM);
	expect("ipi.invalid.mixed", call(SBI_EXT_IPI, 0, ~0UL, me, 0), BAD_PARAM);
}

static struct sbiret rfence(uint64_t fid, uint64_t mask, uint64_t base, uint64_t start,
			    uint64_t size)
{
	uint64_t in[6] = {mask, base, start, size, 1, 0};

	calls++;
	return sbi6(in, (long)fid, SBI_EXT_RFENCE);
}

static struct sbiret call_asid(uint64_t asid)
{
	const uint64_t in[6] = {1, harts[0].id, 0x80000000, 4096, asid, 0};

	calls++;
	return sbi6(in, SBI_RFENCE_SFENCE_VMA_ASID, SBI_EXT_RFENCE);
}

static void test_rfence(void)
{
	static const struct {
		uint64_t start, size;
	} ranges[] = {
		{0, 0},
		{0, ~0UL},
		{0, 1},
		{ODD_ADDR, 5},
		{ODD_ADDR, 4096},
		{0x80000000, 4096},
		{0x80000000, 1UL << 30},
		{1UL << 38, 1UL << 21},
		{0xffffffc000000000, 4096},
	};
	uint64_t me = harts[0].id;

	for (uint64_t fid = 0; fid <= SBI_RFENCE_HFENCE_VVMA; fid++) {
		bool known = fid <= SBI_RFENCE_SFENCE_VMA_ASID || machine.hyp;

		for (unsigned i = 0; i < ARRAY_SIZE(ranges); i++) {
			uint64_t want = known ? 0 : NO_SUPPORT;

			expect("rfence.self", rfence(fid, 1, me, ranges[i].start, ranges[i].size),
			       want);
			expect("rfence.all", rfence(fid, 0, ~0UL, ranges[i].start, ranges[i].size),
			       want);
		}
		if (!known)
			continue;
		expect("rfence.mask0", rfence(fid, 0, 0, 0, 4096), 0);
		expect_any("rfence.wrap", rfence(fid, 1, me, ~0UL, 2), 0, SBI_ERR_INVALID_ADDRESS);
		expect_any("rfence.wrap-all", rfence(fid, 1, me, 4096, ~0UL - 1), 0,
			   SBI_ERR_INVALID_ADDRESS);
		if (machine.native)
			continue;
		if (fid == SBI_RFENCE_SFENCE_VMA_ASID) {
			expect("rfence.asid.last", call_asid(0xffff), 0);
			expect("rfence.asid.invalid", call_asid(0x10000), BAD_PARAM);
			expect("rfence.asid.huge", call_asid(~0UL), BAD_PARAM);
		}
		expect("rfence.invalid.base", rfence(fid, 1, NO_HART, 0, 0), BAD_PARAM);
		expect("rfence.invalid.bit", rfence(fid, 1UL << 63, 0, 0, 0), BAD_PARAM);
		expect("rfence.invalid.wrap", rfence(fid, 4, ~0UL - 1, 0, 0), BAD_PARAM);
	}
}

static struct sbiret suspend(uint64_t type, uint64_t addr)
{
	return call(SBI_EXT_HSM, SBI_HSM_HART_SUSPEND, type, addr, MAGIC);
}

static void test_hsm(void)
{
	static const uint64_t bad_starts[] = {0,    0x10000000, 0x0c000000, 0x7ffffffe,
					      ~0UL, ~0UL - 1,	1UL << 56};
	uint64_t me = harts[0].id;
	struct sbiret r = call(SBI_EXT_HSM, SBI_HSM_HART_GET_STATUS, me, MAGIC, 0);

	expect("hsm.status.error", r, 0);
	check_eq("hsm.status.started", (uint64_t)r.value, SBI_HSM_STATE_STARTED);
	expect("hsm.status.invalid", call(SBI_EXT_HSM, SBI_HSM_HART_GET_STATUS, NO_HART, MAGIC, 0),
	       BAD_PARAM);
	expect("hsm.status.huge", call(SBI_EXT_HSM, SBI_HSM_HART_GET_STATUS, ~0UL, MAGIC, 0),
	       BAD_PARAM);
	expect("hsm.start.self",
	       call(SBI_EXT_HSM, SBI_HSM_HART_START, me, (uintptr_t)hart_entry, 0),
	       (uint64_t)SBI_ERR_ALREADY_AVAILABLE);
	expect("hsm.start.invalid",
	       call(SBI_EXT_HSM, SBI_HSM_HART_START, NO_HART, (uintptr_t)hart_entry, 0), BAD_PARAM);
	if (machine.harts > 1) {
		uint64_t other = harts[1].id;

		if (machine.native)
			expect("hsm.start.firmware",
			       call(SBI_EXT_HSM, SBI_HSM_HART_START, other, 0x80000000, 0),
			       BAD_ADDR);
		for (unsigned i = 0; !machine.native && i < ARRAY_SIZE(bad_starts); i++)
			expect("hsm.start.bad",
			       call(SBI_EXT_HSM, SBI_HSM_HART_START, other, bad_starts[i], 0),
			       BAD_ADDR);
		r = call(SBI_EXT_HSM, SBI_HSM_HART_GET_STATUS, other, MAGIC, 0);
		check_eq("hsm.still-stopped", (uint64_t)r.value, SBI_HSM_STATE_STOPPED);
	}
	expect("hsm.suspend.reserved", suspend(1, 0), BAD_PARAM);
	expect("hsm.suspend.reserved-end", suspend(0x0fffffff, 0), BAD_PARAM);
	expect("hsm.suspend.reserved-nr", suspend(0x80000001, 0), BAD_PARAM);
	expect("hsm.suspend.reserved-nr-end", suspend(0x8fffffff, 0), BAD_PARAM);
	expect_any("hsm.suspend.platform", suspend(0x10000000, 0), SBI_ERR_INVALID_PARAM,
		   SBI_ERR_NOT_SUPPORTED);
	expect_any("hsm.suspend.platform-nr", suspend(0xffffffff, 0), SBI_ERR_INVALID_PARAM,
		   SBI_ERR_NOT_SUPPORTED);
	if (machine.native)
		expect("hsm.suspend.firmware", suspend(SBI_HSM_SUSPEND_NON_RETENTIVE, 0x80000000),
		       BAD_ADDR);
	for (unsigned i = 0; !machine.native && i < ARRAY_SIZE(bad_starts); i++)
		expect("hsm.suspend.bad", suspend(SBI_HSM_SUSPEND_NON_RETENTIVE, bad_starts[i]),
		       BAD_ADDR);
}

static char buf[256];

static struct sbiret dbcn(uint64_t fid, uint64_t n, const void *p, uint64_t hi)
{
	return call(SBI_EXT_DBCN, fid, n, (uintptr_t)p, hi);
}

static void test_dbcn_bad(uint64_t fid)
{
	const void *end = (void *)(uintptr_t)(machine.ram + machine.ram_size);

	if (machine.native) {
		expect("dbcn.firmware", dbcn(fid, 16, (void *)0x80000000, 0), BAD_PARAM);
		return;
	}
	expect("dbcn.address-0", dbcn(fid, 16, NULL, 0), BAD_PARAM);
	expect("dbcn.mmio", dbcn(fid, 1, (void *)machine.uart, 0), BAD_PARAM);
	expect("dbcn.end", dbcn(fid, 1, end, 0), BAD_PARAM);
	expect("dbcn.over-end", dbcn(fid, 64, (const char *)end - 32, 0), BAD_PARAM);
	expect("dbcn.wrap", dbcn(fid, ~0UL, buf, 0), BAD_PARAM);
	expect("dbcn.wrap-2", dbcn(fid, 2, (void *)~0UL, 0), BAD_PARAM);
}

static void test_dbcn(void)
{
	struct sbiret r;

	memcpy(buf, "# dbcn\n", 7);
	r = dbcn(SBI_DBCN_WRITE, 7, buf, 0);
	check("dbcn.write", !r.error && r.value >= 1 && r.value <= 7);
	r = dbcn(SBI_DBCN_WRITE, 0, buf, 0);
	check("dbcn.write.empty", !r.error && !r.value);
	memset(buf, 0x5a, sizeof(buf));
	r = dbcn(SBI_DBCN_READ, 8, buf + 8, 0);
	check("dbcn.read", !r.error && r.value >= 0 && r.value <= 8);
	check("dbcn.read.bounds", buf[7] == 0x5a && buf[16] == 0x5a && buf[8 + r.value] == 0x5a);
	r = dbcn(SBI_DBCN_READ, 0, buf, 0);
	check("dbcn.read.empty", !r.error && !r.value);
	expect("dbcn.write-byte", call(SBI_EXT_DBCN, SBI_DBCN_WRITE_BYTE, '\n', 0, 0), 0);
	expect("dbcn.write-byte.low8",
	       call(SBI_EXT_DBCN, SBI_DBCN_WRITE_BYTE, 0xabcdef00 | '\n', 0, 0), 0);
	expect_any("dbcn.write.hi", dbcn(SBI_DBCN_WRITE, 4, buf, 1), SBI_ERR_INVALID_PARAM,
		   SBI_ERR_FAILED);
	expect_any("dbcn.read.hi", dbcn(SBI_DBCN_READ, 4, buf, 1), SBI_ERR_INVALID_PARAM,
		   SBI_ERR_FAILED);
	test_dbcn_bad(SBI_DBCN_WRITE);
	test_dbcn_bad(SBI_DBCN_READ);
}

static void test_srst(void)
{
	expect("srst.type.3", call(SBI_EXT_SRST, 0, 3, 0, 0), BAD_PARAM);
	expect("srst.type.reserved-end", call(SBI_EXT_SRST, 0, 0xefffffff, 0, 0), BAD_PARAM);
	expect_any("srst.type.vendor", call(SBI_EXT_SRST, 0, 0xf0000000, 0, 0),
		   SBI_ERR_INVALID_PARAM, SBI_ERR_NOT_SUPPORTED);
	if (machine.native) {
		skip("srst.reason", "OpenSBI accepts reserved reasons");
		return;
	}
	expect("srst.reason.2", call(SBI_EXT_SRST, 0, 0, 2, 0), BAD_PARAM);
	expect("srst.reason.reserved-end", call(SBI_EXT_SRST, 0, 0, 0xdfffffff, 0), BAD_PARAM);
}

extern char legacy_ipi[], legacy_ipi_ecall[];
__asm__(".balign 4\n"
	"legacy_ipi:\n"
	"	li	a7, 4\n"
	"legacy_ipi_ecall:\n"
	"	ecall\n"
	"	ret\n");

/* A mask that cannot be read: the fault is the caller's own, with sepc at the ecall. */
static void test_legacy_mask(uint64_t mask, uint64_t cause)
{
	struct trap_info t = try_call(legacy_ipi, mask, 0, NULL);

	check_eq("legacy.mask.cause", t.cause, cause);
	check_eq("legacy.mask.stval", t.stval, mask);
	check_eq("legacy.mask.sepc", t.epc, (uintptr_t)legacy_ipi_ecall);
	check("legacy.mask.spp", t.sstatus & SSTATUS_SPP);
}

static void test_legacy_faults(void)
{
	static uint64_t one = 1;
	struct pt pt = pt_new(3);

	if (machine.native) {
		skip("legacy.mask", "what firmware may read is its own matter");
		return;
	}
	test_legacy_mask(0x00300000, CAUSE_LOAD_ACCESS);
	test_legacy_mask(machine.ram + machine.ram_size, CAUSE_LOAD_ACCESS);
	test_legacy_mask(machine.uart, CAUSE_LOAD_ACCESS);
	test_legacy_mask(1UL << 55, CAUSE_LOAD_ACCESS);
	pt_map(&pt, 0x5000, ALIGN_DOWN((uintptr_t)&one, 4096), 0, PTE_RW | PTE_U);
	csr_write(CSR_SATP, pt_satp(&pt, 0));
	sfence_vma();
	test_legacy_mask(0x9000, CAUSE_LOAD_PAGE_FAULT);
	test_legacy_mask(1UL << 63, CAUSE_LOAD_PAGE_FAULT);
	test_legacy_mask(0x5000 + ((uintptr_t)&one & 4095),
			 CAUSE_LOAD_PAGE_FAULT); /* a user's page */
	csr_set(CSR_SSTATUS, SSTATUS_SUM);
	check("legacy.mask.sum",
	      !try_call(legacy_ipi, 0x5000 + ((uintptr_t)&one & 4095), 0, NULL).taken);
	csr_clear(CSR_SSTATUS, SSTATUS_SUM);
	csr_write(CSR_SATP, 0);
	sfence_vma();
	check("legacy.mask.pending", ssi());
}

static void test_legacy(void)
{
	uint64_t mask = 1UL << harts[0].id, none = 0;
	struct sbiret r;

	expect("legacy.set-timer", call(SBI_LEGACY_SET_TIMER, 0, 0, MAGIC, 0), 0);
	check("legacy.set-timer.pending", WAIT(sti(), 10000));
	call(SBI_LEGACY_SET_TIMER, MAGIC, ~0UL, MAGIC, 0);
	check("legacy.set-timer.cleared", !sti());
	expect("legacy.putchar", call(SBI_LEGACY_CONSOLE_PUTCHAR, 0, '\n', MAGIC, 0), 0);
	r = call(SBI_LEGACY_CONSOLE_GETCHAR, 0, MAGIC, MAGIC, 0);
	check("legacy.getchar", r.error >= -1 && r.error < 256);
	csr_clear(CSR_SIP, IP_SSI);
	expect("legacy.send-ipi", call(SBI_LEGACY_SEND_IPI, 0, (uintptr_t)&mask, MAGIC, 0), 0);
	check("legacy.send-ipi.pending", WAIT(csr_read(CSR_SIP) & IP_SSI, 1000));
	r = call(SBI_LEGACY_CLEAR_IPI, 0, MAGIC, MAGIC, 0);
	check("legacy.clear-ipi", r.error == 0 || r.error == 1);
	check("legacy.clear-ipi.cleared", !(csr_read(CSR_SIP) & IP_SSI));
	expect("legacy.send-ipi.none", call(SBI_LEGACY_SEND_IPI, 0, (uintptr_t)&none, MAGIC, 0), 0);
	check("legacy.send-ipi.none.quiet", !(csr_read(CSR_SIP) & IP_SSI));
	expect("legacy.send-ipi.null", call(SBI_LEGACY_SEND_IPI, 0, 0, MAGIC, 0), 0);
	check("legacy.send-ipi.null.pending", ssi());
	for (uint64_t eid = SBI_LEGACY_REMOTE_FENCE_I; eid <= SBI_LEGACY_REMOTE_SFENCE_VMA_ASID;
	     eid++) {
		expect("legacy.fence", call(eid, 0, (uintptr_t)&mask, ODD_ADDR, 4097), 0);
		expect("legacy.fence.null", call(eid, 0, 0, 0, ~0UL), 0);
		expect("legacy.fence.none", call(eid, 0, (uintptr_t)&none, 0, 0), 0);
	}
	check_eq("legacy.a1-preserved", legacy_a1, 0);
}

void guest_main(void)
{
	test_base();
	test_unknown();
	test_time();
	test_ipi();
	test_rfence();
	test_hsm();
	test_dbcn();
	test_srst();
	test_legacy();
	test_legacy_faults();
	print("# %u calls\n", calls);
	check_eq("registers-preserved", damaged, 0);
}
