/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a guest may not execute ends in an illegal-instruction exception (cause 2, never 22: a guest
 * without the H extension does not know virtual instructions) with stval 0 or the instruction:
 * M-mode's and the hypervisor's CSRs and instructions, CSRs that do not exist, writes to read-only
 * ones, privileged instructions in U-mode. And what it may execute, it can.
 */
#include "lib.h"

#define CSRR(csr)  ((uint32_t)(csr) << 20 | 0x00002573) /* csrr a0, csr */
#define CSRW(csr)  ((uint32_t)(csr) << 20 | 0x00051073) /* csrw csr, a0 */
#define CSRSI(csr) ((uint32_t)(csr) << 20 | 0x0000e073) /* csrsi csr, 1 */

static const uint16_t m_csrs[] = {0x300, 0x301, 0x302, 0x303, 0x304, 0x305, 0x306, 0x30a,
				  0x320, 0x323, 0x340, 0x341, 0x342, 0x343, 0x344, 0x34a,
				  0x34b, 0x3a0, 0x3b0, 0x747, 0x7a0, 0x7b0, 0xb00, 0xb02,
				  0xb03, 0xf11, 0xf12, 0xf13, 0xf14, 0xf15};
static const uint16_t h_csrs[] = {
	CSR_VSSTATUS, CSR_VSIE, CSR_VSTVEC,	CSR_VSSCRATCH, CSR_VSEPC,   CSR_VSCAUSE,
	CSR_VSTVAL,   CSR_VSIP, CSR_VSTIMECMP,	CSR_VSATP,     CSR_HSTATUS, CSR_HEDELEG,
	CSR_HIDELEG,  CSR_HIE,	CSR_HCOUNTEREN, CSR_HGEIE,     CSR_HENVCFG, CSR_HSTATEEN0,
	CSR_HTVAL,    CSR_HIP,	CSR_HVIP,	CSR_HTINST,    CSR_HGATP,   CSR_HGEIP};
static const uint16_t no_csrs[] = {0x0ff, 0x1ff, 0x5ff, 0x6bf, 0x9ff,
				   0xaff, 0xdff, 0xeff, 0x5c0, 0xbff};
static const uint16_t read_only[] = {CSR_CYCLE, CSR_TIME, CSR_INSTRET};
static const uint32_t h_insns[] = {
	0x22000073 /* hfence.vvma */, 0x62000073 /* hfence.gvma */, 0x26000073 /* hinval.vvma */,
	0x66000073 /* hinval.gvma */, 0x60054573 /* hlv.b */,	    0x68054573 /* hlv.w */,
	0x6c054573 /* hlv.d */,	      0x68354573 /* hlvx.wu */,	    0x62b54073 /* hsv.b */,
	0x6eb54073 /* hsv.d */,
};
static const uint32_t bad_insns[] = {
	0x00000000,
	0xffffffff,
	0x30200073 /* mret */,
	0x7b200073 /* dret */,
	0x70200073 /* mnret */,
	0x0000007b,
	0x0000107f,
	0x00007003,
	0xfff0000b,
};

#define MRET 0x30200073 /* QEMU reports another instruction in stval */

static void illegal(const char *name, struct trap_info t)
{
	uint32_t insn = self()->code[0];

	if (!t.taken || t.cause != CAUSE_ILLEGAL)
		print("# instruction 0x%08x\n", insn);
	if (check_insn_trap(name, t, CAUSE_ILLEGAL) && insn != MRET && t.stval != 0 &&
	    t.stval != insn && t.stval != (insn & 0xffff))
		check_eq("illegal.stval", t.stval, insn);
}

static void csrs(const char *name, const uint16_t *list, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		illegal(name, try_insn(CSRR(list[i]), 0, 0, NULL));
		illegal(name, try_insn(CSRW(list[i]), 0, 0, NULL));
		illegal(name, try_insn(CSRSI(list[i]), 0, 0, NULL));
		illegal(name, try_user_insn(CSRR(list[i]), 0, 0));
	}
}

static void insns(const char *name, const uint32_t *list, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		illegal(name, try_insn(list[i], (uintptr_t)_image, 0, NULL));
		illegal(name, try_user_insn(list[i], (uintptr_t)_image, 0));
	}
}

static void test_user(void)
{
	static const uint16_t s_csrs[] = {CSR_SSTATUS, CSR_SIE,	     CSR_STVEC,	   CSR_SCOUNTEREN,
					  CSR_SENVCFG, CSR_SSCRATCH, CSR_SEPC,	   CSR_SCAUSE,
					  CSR_STVAL,   CSR_SIP,	     CSR_STIMECMP, CSR_SATP};
	static const uint32_t s_insns[] = {0x10200073 /* sret */, 0x12000073 /* sfence.vma */,
					   0x10500073 /* wfi */, 0x16000073 /* sinval.vma */};
	uint64_t counters = csr_read(CSR_SCOUNTEREN);

	for (unsigned i = 0; i < ARRAY_SIZE(s_csrs); i++)
		illegal("user.csr", try_user_insn(CSRR(s_csrs[i]), 0, 0));
	for (unsigned i = 0; i < ARRAY_SIZE(s_insns); i++)
		illegal("user.insn", try_user_insn(s_insns[i], 0, 0));
	check_eq("boot.scounteren", counters & 7, 7);
	for (unsigned i = 0; i < ARRAY_SIZE(read_only); i++) {
		csr_write(CSR_SCOUNTEREN, 7);
		check_eq("user.counter", try_user_insn(CSRR(read_only[i]), 0, 0).cause,
			 CAUSE_ECALL_U);
		if (read_only[i] == CSR_TIME) /* OpenSBI carries it out, whatever scounteren says */
			continue;
		csr_write(CSR_SCOUNTEREN, 0);
		illegal("user.counter.off", try_user_insn(CSRR(read_only[i]), 0, 0));
	}
	csr_write(CSR_SCOUNTEREN, counters);
	check_eq("user.ecall", try_user(user_ecall, 0, 0).cause, CAUSE_ECALL_U);
	check_eq("user.ebreak", try_user_insn(0x00100073, 0, 0).cause, CAUSE_BREAKPOINT);
}

static void test_allowed(void)
{
	static const uint16_t s_csrs[] = {CSR_SSTATUS, CSR_SIE,	     CSR_STVEC, CSR_SCOUNTEREN,
					  CSR_SENVCFG, CSR_SSCRATCH, CSR_SEPC,	CSR_SCAUSE,
					  CSR_STVAL,   CSR_SIP,	     CSR_SATP,	CSR_CYCLE,
					  CSR_TIME,    CSR_INSTRET};
	uint64_t before, after;
	struct trap_info t;

	for (unsigned i = 0; i < ARRAY_SIZE(s_csrs); i++) {
		t = try_insn(CSRR(s_csrs[i]), 0, 0, NULL);
		if (!check("allowed.csr", !t.taken))
			print("# CSR 0x%x: cause %lu\n", s_csrs[i], t.cause);
	}
	t = try_insn(CSRR(CSR_STIMECMP), 0, 0, NULL);
	check("allowed.stimecmp", t.taken == !machine.sstc);
	check_insn_trap("ebreak", try_insn(0x00100073, 0, 0, NULL), CAUSE_BREAKPOINT);
	before = csr_read(CSR_INSTRET);
	after = csr_read(CSR_INSTRET);
	check("allowed.instret", after > before);
	before = rdtime();
	check("allowed.time", WAIT(rdtime() > before, 1000));
	check("allowed.sfence", !try_insn(0x12000073, 0, 0, NULL).taken);
	csr_write(CSR_SIE, IP_SSI);
	csr_set(CSR_SIP, IP_SSI);
	check("allowed.wfi", !try_insn(0x10500073, 0, 0, NULL).taken);
	csr_clear(CSR_SIP, IP_SSI);
	csr_write(CSR_SIE, 0);
}

/* wrs.nto and wrs.sto (Zawrs) must come back: a timer is pending soon, in S- and in U-mode. */
static void test_zawrs(void)
{
	static const uint32_t wrs[] = {0x00d00073, 0x01d00073};

	if (!isa_has("zawrs")) {
		skip("zawrs", "not in the ISA string");
		return;
	}
	for (unsigned i = 0; i < 2; i++) {
		csr_write(CSR_SIE, IP_STI);
		set_timer(rdtime() + usec(500));
		check("zawrs.supervisor", !try_insn(wrs[i], 0, 0, NULL).taken);
		csr_write(CSR_SIE, 0);
		set_timer(rdtime() + usec(500));
		check_eq("zawrs.user", try_user_insn(wrs[i], 0, 0).cause, CAUSE_ECALL_U);
	}
	set_timer(~0UL);
}

void guest_main(void)
{
	csrs("m-csr", m_csrs, ARRAY_SIZE(m_csrs));
	csrs("no-csr", no_csrs, ARRAY_SIZE(no_csrs));
	if (machine.hyp) {
		skip("h", "this guest has the H extension");
	} else {
		csrs("h-csr", h_csrs, ARRAY_SIZE(h_csrs));
		if (!machine.native) /* OpenSBI pretends to have it even without H */
			illegal("htimedelta", try_insn(CSRR(CSR_HTIMEDELTA), 0, 0, NULL));
		insns("h-insn", h_insns, ARRAY_SIZE(h_insns));
	}
	insns("bad-insn", bad_insns, ARRAY_SIZE(bad_insns));
	for (unsigned i = 0; i < ARRAY_SIZE(read_only); i++)
		illegal("read-only", try_insn(CSRW(read_only[i]), 0, 0, NULL));
	test_user();
	test_allowed();
	test_zawrs();
}
