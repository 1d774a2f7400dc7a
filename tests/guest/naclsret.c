/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The provider of SBI nested acceleration: what happens around an SRET, as the SBI specification's
 * chapter "Nested Acceleration Extension" has it: synchronised SRETs, swapped hstatus, fences that
 * L2 has to obey, and what the shared memory shows after L2 has run. Bootargs: "features=N", the
 * bit mask that the configuration offers (15).
 */
#include <string.h>
#include "hcsr.h"
#include "run.h"

#define VMID  5
#define MAGIC UINT64_C(0xa5c3f00d12345678)
/* Of the hstatus that L1 itself runs with, and of the one that its guest gets. */
#define L1_HSTATUS HSTATUS_VSXL64
#define L2_HSTATUS (HSTATUS_VSXL64 | HSTATUS_SPV | HSTATUS_SPVP)

/* L2's code */
extern char code_state[], code_load[], code_hole[], code_timer[], stay_here[], stay_status[];
__asm__(".balign 4\n"
	"code_state:\n" /* VS CSRs, then what it found in them */
	"	csrr	a0, sscratch\n"
	"	csrr	a1, stvec\n"
	"	csrw	sscratch, a2\n"
	"	csrw	stvec, a3\n"
	"	csrw	sepc, a4\n"
	"	csrw	scause, a5\n"
	"	csrw	stval, a6\n"
	"	csrsi	sstatus, 2\n"
	"	csrsi	sip, 2\n"
	"	ecall\n"
	"code_timer:\n" /* stimecmp = a0 */
	"	csrw	0x14d, a0\n"
	"	ecall\n"
	"code_load:\n" /* a0 = *a0 */
	"	ld	a0, 0(a0)\n"
	"	ecall\n"
	"code_hole:\n" /* until it faults */
	"	ld	zero, 0(a0)\n"
	"	j	code_hole\n"
	"stay_here:\n" /* as run_trap would, for a trap that there was not */
	"	ebreak\n"
	"stay_status:\n" /* a0 = sstatus */
	"	csrr	a0, sstatus\n"
	"	ebreak\n");

static uint64_t features, there; /* bit i: hcsrs[i] */
static struct run l2;

static bool has(unsigned id)
{
	return features >> id & 1;
}

/* ---- Means that each set of features has ---- */

static void write_csr(unsigned csr, uint64_t value)
{
	if (has(SBI_NACL_FEAT_SYNC_CSR) && has(SBI_NACL_FEAT_SYNC_SRET))
		nacl_put(csr, value);
	else
		hcsr_write(csr, value);
}

/* Into VS-mode or VU-mode at pc, by the best way there is; the registers are l2.x. */
static long enter(void *pc, bool user)
{
	csr_write(CSR_SEPC, (uintptr_t)pc);
	if (user)
		csr_clear(CSR_SSTATUS, SSTATUS_SPP);
	else
		csr_set(CSR_SSTATUS, SSTATUS_SPP);
	if (!has(SBI_NACL_FEAT_SYNC_SRET)) {
		return run_sret(&l2);
	}
	memcpy(shmem()->sret_x, l2.x, sizeof(l2.x));
	return run_sync_sret(&l2);
}

/* Every word that is not dirty against its CSR. */
static bool space_is_true(void)
{
	bool same = true;

	for (unsigned i = 0; i < nhcsrs; i++) {
		uint64_t v, word = *nacl_word(hcsrs[i]);

		if (!(there >> i & 1)) /* to try it would be a trap, which changes hstatus */
			continue;
		if (!nacl_dirty(hcsrs[i]) && hcsr_read(hcsrs[i], &v) && v != word) {
			print("# %s is %lx, its word %lx\n", hcsr_name(hcsrs[i]), v, word);
			same = false;
		}
	}
	return same;
}

static void prepare(void)
{
	uint64_t v;

	for (unsigned i = 0; i < nhcsrs; i++)
		there |= (uint64_t)hcsr_read(hcsrs[i], &v) << i;
	memset(shmem(), 0, sizeof(struct nacl_shmem));
	check_eq("set", (uint64_t)nacl_set_shmem(shmem()).error, 0);
	hcsr_write(CSR_HEDELEG, 0);
	hcsr_write(CSR_HIDELEG, IP_VSSI);
	hcsr_write(CSR_HVIP, 0);
	hcsr_write(CSR_VSATP, 0);
	hcsr_write(CSR_HGATP, run_gstage(VMID));
	hcsr_write(CSR_HSTATUS, L1_HSTATUS);
	for (unsigned i = 1; i < 32; i++)
		l2.x[i] = MAGIC * i;
}

/* ---- sync_sret ---- */

/* "Restore GPR X<i> registers from the nested SRET context." "Emulate the SRET instruction" */
static void test_registers(void)
{
	unsigned wrong = 0;

	write_csr(CSR_HSTATUS, L2_HSTATUS);
	check_eq("registers.return", (uint64_t)enter(run_ecall, false), 0);
	check_eq("registers.cause", l2.scause, CAUSE_ECALL_VS);
	check_eq("registers.pc", l2.sepc, (uintptr_t)run_ecall);
	for (unsigned i = 1; i < 32; i++)
		wrong += l2.x[i] != MAGIC * i;
	check_eq("registers.all", wrong, 0);
	check_eq("registers.spp", l2.sstatus & SSTATUS_SPP, SSTATUS_SPP);
	check("registers.hstatus",
	      (hcsr(CSR_HSTATUS) & (HSTATUS_SPV | HSTATUS_SPVP)) == (HSTATUS_SPV | HSTATUS_SPVP));
	check("registers.space", space_is_true());
	enter(run_ecall, true);
	check_eq("user.cause", l2.scause, CAUSE_ECALL_U);
	check_eq("user.spp", l2.sstatus & SSTATUS_SPP, 0);
	check_eq("user.hstatus", hcsr(CSR_HSTATUS) & (HSTATUS_SPV | HSTATUS_SPVP), HSTATUS_SPV);
	check("user.space", space_is_true());
}

/* "All RISC-V H-extension CSRs [...] are synchronized", and what L2 changes is shown after it. */
static void test_csrs(void)
{
	write_csr(CSR_HSTATUS, L2_HSTATUS);
	write_csr(CSR_VSSCRATCH, 0x1111);
	write_csr(CSR_VSTVEC, 0x80002000);
	write_csr(CSR_VSSTATUS, SSTATUS_UXL64 | SSTATUS_SUM);
	l2.x[12] = 0x2222;
	l2.x[13] = 0x80003000;
	l2.x[14] = 0x80004444;
	l2.x[15] = 13;
	l2.x[16] = 0x5555;
	enter(code_state, false);
	check_eq("csrs.cause", l2.scause, CAUSE_ECALL_VS);
	check_eq("csrs.vsscratch", l2.x[10], 0x1111);
	check_eq("csrs.vstvec", l2.x[11], 0x80002000);
	check_eq("csrs.clean", nacl_dirty(CSR_VSSCRATCH) | nacl_dirty(CSR_HSTATUS), 0);
	check_eq("csrs.after.vsscratch", *nacl_word(CSR_VSSCRATCH), 0x2222);
	check_eq("csrs.after.vstvec", *nacl_word(CSR_VSTVEC), 0x80003000);
	check_eq("csrs.after.vsepc", *nacl_word(CSR_VSEPC), 0x80004444);
	check_eq("csrs.after.vscause", *nacl_word(CSR_VSCAUSE), 13);
	check_eq("csrs.after.vstval", *nacl_word(CSR_VSTVAL), 0x5555);
	check_eq("csrs.after.vsstatus", *nacl_word(CSR_VSSTATUS),
		 SSTATUS_UXL64 | SSTATUS_SUM | SSTATUS_SIE);
	check_eq("csrs.after.hvip", *nacl_word(CSR_HVIP) & IP_VSSI, IP_VSSI);
	check_eq("csrs.after.hip", *nacl_word(CSR_HIP) & IP_VSSI, IP_VSSI);
	check_eq("csrs.after.vsip", *nacl_word(CSR_VSIP) & IP_SSI, IP_SSI);
	check("csrs.after.space", space_is_true());
	write_csr(CSR_HVIP, 0);
	write_csr(CSR_VSSTATUS, SSTATUS_UXL64);
	enter(run_ecall, false);
	check_eq("csrs.after.hvip-0", hcsr(CSR_HVIP), 0);
}

/* "This is equivalent to the SBI call sbi_nacl_sync_csr(-1UL)": also of those that no run changes,
 * and by sync_sret as by the instruction. */
static void test_all_csrs(void)
{
	const struct {
		unsigned csr;
		uint64_t put, value;
	} rows[] = {
		{CSR_HGATP, run_gstage(VMID + 1), run_gstage(VMID + 1)},
		{CSR_HEDELEG, BIT(CAUSE_BREAKPOINT) | BIT(CAUSE_ECALL_VS), BIT(CAUSE_BREAKPOINT)},
		{CSR_HIDELEG, IP_VSEI | IP_SEI, IP_VSEI},
		{CSR_HTIMEDELTA, 0x123456789abcdef0, 0x123456789abcdef0},
		{CSR_HCOUNTEREN, 2, 2},
		{CSR_HGEIE, 2, 0},
		{CSR_HIE, IP_VSEI | IP_SEI, IP_VSEI},
		{CSR_HTVAL, 0x1234, 0},
		{CSR_HTINST, 0x1234, 0},
		{CSR_VSSTATUS, SSTATUS_SUM | BIT(62), SSTATUS_UXL64 | SSTATUS_SUM},
		{CSR_VSTVEC, 0x80002002, 0x80002000},
		{CSR_VSEPC, 0x80001235, 0x80001234},
		{CSR_VSCAUSE, 12, 12},
		{CSR_VSTVAL, MAGIC, MAGIC},
	};

	if (!has(SBI_NACL_FEAT_SYNC_CSR) || !has(SBI_NACL_FEAT_SYNC_SRET))
		return;
	write_csr(CSR_HSTATUS, L2_HSTATUS);
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++)
		nacl_put(rows[i].csr, rows[i].put);
	enter(run_ecall, false);
	check_eq("all-csrs.cause", l2.scause, CAUSE_ECALL_VS);
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		check_eq(hcsr_name(rows[i].csr), *nacl_word(rows[i].csr), rows[i].value);
		check_eq(hcsr_name(rows[i].csr), hcsr(rows[i].csr), rows[i].value);
		check("all-csrs.clean", !nacl_dirty(rows[i].csr));
	}
	hcsr_write(CSR_HGATP, run_gstage(VMID));
	hcsr_write(CSR_HEDELEG, 0);
	hcsr_write(CSR_HTIMEDELTA, 0);
	hcsr_write(CSR_HIE, 0);
}

/* "as defined by the RISC-V Privilege specification": SIE = SPIE, which the trap puts back. */
static void test_status(void)
{
	const uint64_t bits = SSTATUS_SPIE | SSTATUS_SIE;

	write_csr(CSR_HSTATUS, L2_HSTATUS);
	csr_set(CSR_SSTATUS, SSTATUS_SPIE);
	enter(run_ecall, false);
	check_eq("status.spie-1", l2.sstatus & bits, SSTATUS_SPIE);
	csr_clear(CSR_SSTATUS, SSTATUS_SPIE);
	enter(run_ecall, false);
	check_eq("status.spie-0", l2.sstatus & bits, 0);
	if (!has(SBI_NACL_FEAT_SYNC_SRET))
		return;
	hcsr_write(CSR_HSTATUS, L1_HSTATUS);
	csr_set(CSR_SSTATUS, SSTATUS_SPIE);
	enter(stay_status, false);
	check_eq("status.stay.spie-1", l2.sstatus & bits, SSTATUS_SPIE);
	/* "SPIE is set to 1; and [...] SPP is set to 0" */
	check_eq("status.stay.spie-1", l2.x[10] & (bits | SSTATUS_SPP), bits);
	csr_clear(CSR_SSTATUS, SSTATUS_SPIE);
	enter(stay_status, false);
	check_eq("status.stay.spie-0", l2.sstatus & bits, 0);
	check_eq("status.stay.spie-0", l2.x[10] & (bits | SSTATUS_SPP), SSTATUS_SPIE);
}

/* L2 sets its timer: it is shown as pending, and as what it is. */
static void test_timer(void)
{
	if (!machine.sstc)
		return;
	hcsr_write(CSR_HENVCFG, HENVCFG_STCE);
	hcsr_write(CSR_HCOUNTEREN, 7); /* stimecmp, too */
	hcsr_write(CSR_VSTIMECMP, UINT64_MAX);
	check_eq("timer.before", hcsr(CSR_HIP), 0);
	write_csr(CSR_HSTATUS, L2_HSTATUS);
	l2.x[10] = 1;
	enter(code_timer, false);
	check_eq("timer.cause", l2.scause, CAUSE_ECALL_VS);
	check_eq("timer.vstimecmp", *nacl_word(CSR_VSTIMECMP), 1);
	check_eq("timer.hip", *nacl_word(CSR_HIP), IP_VSTI);
	check("timer.space", space_is_true());
	l2.x[10] = UINT64_MAX;
	enter(code_timer, false);
	check_eq("timer.hip.clear", *nacl_word(CSR_HIP), 0);
	hcsr_write(CSR_HENVCFG, 0);
}

/* The trap registers of a guest page fault. */
static void test_fault(void)
{
	const uint64_t hole = UINT64_C(0x3000000000) + 0x123450;

	write_csr(CSR_HSTATUS, L2_HSTATUS);
	l2.x[10] = hole;
	enter(code_hole, false);
	check_eq("fault.cause", l2.scause, CAUSE_LOAD_GUEST_PAGE_FAULT);
	check_eq("fault.stval", l2.stval, hole);
	check_eq("fault.htval", *nacl_word(CSR_HTVAL), hole >> 2);
	check_eq("fault.gva", *nacl_word(CSR_HSTATUS) & HSTATUS_GVA, HSTATUS_GVA);
	check("fault.space", space_is_true());
	enter(run_ecall, false);
	check_eq("fault.after.htval", *nacl_word(CSR_HTVAL), 0);
	check_eq("fault.after.gva", *nacl_word(CSR_HSTATUS) & HSTATUS_GVA, 0);
	check("fault.after.space", space_is_true());
}

/* Without SYNC_CSR, SYNC_SRET leaves what L1 has written; without SYNC_HFENCE, what is pending. */
static void test_absent(void)
{
	write_csr(CSR_HSTATUS, L2_HSTATUS);
	if (!has(SBI_NACL_FEAT_SYNC_CSR)) {
		uint64_t before = hcsr(CSR_VSSCRATCH);

		nacl_put(CSR_VSSCRATCH, MAGIC);
		enter(run_ecall, false);
		check_eq("absent.sync-csr", hcsr(CSR_VSSCRATCH), before);
		memset(shmem()->dirty, 0, sizeof(shmem()->dirty));
	}
	shmem()->hfence[9] = (struct nacl_hfence){
		NACL_HFENCE_PENDING | (uint64_t)NACL_HFENCE_GVMA_ALL << NACL_HFENCE_TYPE_SHIFT, 0,
		0, 0};
	enter(run_ecall, false);
	check_eq("sret.hfence", shmem()->hfence[9].config >> 63,
		 !(has(SBI_NACL_FEAT_SYNC_HFENCE) && has(SBI_NACL_FEAT_SYNC_SRET)));
	memset(shmem()->hfence, 0, sizeof(shmem()->hfence));
}

/* With hstatus.SPV = 0 the SRET stays in L1: S-mode or U-mode. */
static void test_stay(void)
{
	if (!has(SBI_NACL_FEAT_SYNC_SRET))
		return;
	hcsr_write(CSR_HSTATUS, L1_HSTATUS);
	*nacl_word(CSR_HTINST) = MAGIC; /* no dirty bit */
	enter(stay_here, false);
	check_eq("stay.cause", l2.scause, CAUSE_BREAKPOINT);
	check_eq("stay.pc", l2.sepc, (uintptr_t)stay_here);
	check_eq("stay.spp", l2.sstatus & SSTATUS_SPP, SSTATUS_SPP);
	check_eq("stay.x31", l2.x[31], MAGIC * 31);
	check_eq("stay.hstatus", hcsr(CSR_HSTATUS) & HSTATUS_SPV, 0);
	if (has(SBI_NACL_FEAT_SYNC_CSR))
		check("stay.space", space_is_true());
	*nacl_word(CSR_HTINST) = 0;
	enter(stay_here, true);
	check_eq("stay.user.cause", l2.scause, CAUSE_BREAKPOINT);
	check_eq("stay.user.spp", l2.sstatus & SSTATUS_SPP, 0);
}

/* ---- autoswap ---- */

static void test_autoswap(void)
{
	bool on = has(SBI_NACL_FEAT_AUTOSWAP_CSR), by_call = has(SBI_NACL_FEAT_SYNC_SRET);

	if (!by_call || !on) { /* L2 is entered with what hstatus has */
		hcsr_write(CSR_HSTATUS, L2_HSTATUS);
		shmem()->autoswap.hstatus = L1_HSTATUS | HSTATUS_VTW;
		shmem()->autoswap.flags = NACL_AUTOSWAP_FLAG_HSTATUS;
		if (on) {
			/* "After [the] virtualization state changes from ON to OFF." */
			enter(run_ecall, false);
			check_eq("autoswap.exit", hcsr(CSR_HSTATUS), L1_HSTATUS | HSTATUS_VTW);
			check_eq("autoswap.exit.context", shmem()->autoswap.hstatus, L2_HSTATUS);
		} else {
			enter(run_ecall, false);
			check_eq("autoswap.absent", hcsr(CSR_HSTATUS), L2_HSTATUS);
			check_eq("autoswap.absent.context", shmem()->autoswap.hstatus,
				 L1_HSTATUS | HSTATUS_VTW);
		}
		check("autoswap.space", space_is_true());
		shmem()->autoswap.flags = 0;
		return;
	}
	hcsr_write(CSR_HSTATUS, L1_HSTATUS | HSTATUS_VTW);
	shmem()->autoswap.hstatus = L2_HSTATUS | HSTATUS_VTVM;
	shmem()->autoswap.flags = NACL_AUTOSWAP_FLAG_HSTATUS;
	for (unsigned i = 0; i < 3; i++) {
		/* "Before emulating the SRET instruction for a synchronized SRET request": or it
		 * had stayed in L1. "After [...] from ON to OFF": or L1 had SPV = 1. */
		enter(run_ecall, false);
		check_eq("autoswap.cause", l2.scause, CAUSE_ECALL_VS);
		check_eq("autoswap.hstatus", hcsr(CSR_HSTATUS), L1_HSTATUS | HSTATUS_VTW);
		check_eq("autoswap.context", shmem()->autoswap.hstatus, L2_HSTATUS | HSTATUS_VTVM);
		check("autoswap.space", space_is_true());
	}
	/* The trap's own bits go with L2's hstatus. */
	l2.x[10] = UINT64_C(0x3000000000);
	enter(code_hole, false);
	check_eq("autoswap.fault", shmem()->autoswap.hstatus,
		 L2_HSTATUS | HSTATUS_VTVM | HSTATUS_GVA);
	check_eq("autoswap.fault.hstatus", hcsr(CSR_HSTATUS), L1_HSTATUS | HSTATUS_VTW);
	enter(run_ecall, true);
	check_eq("autoswap.user", shmem()->autoswap.hstatus,
		 (L2_HSTATUS | HSTATUS_VTVM) & ~HSTATUS_SPVP);
	/* "If Autoswap_Flags.HSTATUS bit is set": it is not. */
	shmem()->autoswap.flags = 0;
	hcsr_write(CSR_HSTATUS, L2_HSTATUS);
	enter(run_ecall, false);
	check_eq("autoswap.off", hcsr(CSR_HSTATUS), L2_HSTATUS);
	check_eq("autoswap.off.context", shmem()->autoswap.hstatus,
		 (L2_HSTATUS | HSTATUS_VTVM) & ~HSTATUS_SPVP);
}

static void set_context(uint64_t flags, uint64_t hstatus)
{
	shmem()->autoswap.flags = flags;
	shmem()->autoswap.hstatus = hstatus;
}

/* Only in the two situations, only for bit 0, and hstatus as SYNC_CSR leaves it. */
static void test_autoswap_when(void)
{
	const uint64_t l1 = L1_HSTATUS | HSTATUS_VTW, guest = L2_HSTATUS | HSTATUS_VTVM;
	struct nacl_autoswap *a = &shmem()->autoswap;

	if (!has(SBI_NACL_FEAT_SYNC_SRET) || !has(SBI_NACL_FEAT_AUTOSWAP_CSR))
		return;
	/* An interrupt of L1's that waits: there and back. */
	hcsr_write(CSR_HSTATUS, l1);
	set_context(NACL_AUTOSWAP_FLAG_HSTATUS, guest);
	csr_write(CSR_SIE, IP_STI);
	set_timer(0);
	enter(run_ecall, false);
	check_eq("autoswap.interrupt", l2.scause, CAUSE_INTERRUPT | IRQ_STI);
	check_eq("autoswap.interrupt.hstatus", hcsr(CSR_HSTATUS), l1);
	check_eq("autoswap.interrupt.context", a->hstatus, guest);
	set_timer(UINT64_MAX);
	csr_write(CSR_SIE, 0);
	/* A trap of L1's own: V was 0. */
	check_insn_trap("autoswap.own-trap", try_insn(0xc0001073, 0, 0, NULL), CAUSE_ILLEGAL);
	check_eq("autoswap.own-trap.hstatus", hcsr(CSR_HSTATUS), l1);
	check_eq("autoswap.own-trap.context", a->hstatus, guest);
	/* The instruction is no "synchronized SRET request". Else SPV were 0, and no trap of L2 had
	 * cleared SPVP. */
	hcsr_write(CSR_HSTATUS, guest);
	a->hstatus = l1;
	csr_write(CSR_SEPC, (uintptr_t)stay_here);
	csr_clear(CSR_SSTATUS, SSTATUS_SPP);
	run_sret(&l2);
	check_eq("autoswap.sret", l2.scause, CAUSE_BREAKPOINT);
	check_eq("autoswap.sret.hstatus", hcsr(CSR_HSTATUS), l1);
	check_eq("autoswap.sret.context", a->hstatus & ~HSTATUS_GVA, guest & ~HSTATUS_SPVP);
	/* A flag that is reserved. */
	hcsr_write(CSR_HSTATUS, guest);
	set_context(~NACL_AUTOSWAP_FLAG_HSTATUS, l1);
	enter(stay_here, false);
	check_eq("autoswap.reserved", hcsr(CSR_HSTATUS) & ~HSTATUS_GVA, guest);
	check_eq("autoswap.reserved.context", a->hstatus, l1);
	if (has(SBI_NACL_FEAT_SYNC_CSR)) {
		set_context(NACL_AUTOSWAP_FLAG_HSTATUS, guest);
		nacl_put(CSR_HSTATUS, l1);
		enter(run_ecall, false);
		check_eq("autoswap.synchronised", hcsr(CSR_HSTATUS), l1);
		check_eq("autoswap.synchronised.context", a->hstatus, guest);
	}
	a->flags = 0;
}

/* "the nested acceleration features are disabled": nothing is swapped or shown. */
static void test_unset(void)
{
	struct nacl_autoswap *a = &shmem()->autoswap;

	hcsr_write(CSR_HSTATUS, L2_HSTATUS);
	set_context(NACL_AUTOSWAP_FLAG_HSTATUS, L1_HSTATUS | HSTATUS_VTW);
	check_eq("unset", (uint64_t)nacl_set_shmem(NULL).error, 0);
	*nacl_word(CSR_VSSCRATCH) = MAGIC;
	csr_write(CSR_SEPC, (uintptr_t)run_ecall);
	csr_set(CSR_SSTATUS, SSTATUS_SPP);
	run_sret(&l2);
	check_eq("unset.cause", l2.scause, CAUSE_ECALL_VS);
	check_eq("unset.hstatus", hcsr(CSR_HSTATUS), L2_HSTATUS);
	check_eq("unset.context", a->hstatus, L1_HSTATUS | HSTATUS_VTW);
	check_eq("unset.space", *nacl_word(CSR_VSSCRATCH), MAGIC);
}

/* ---- Fences that L2 has to obey ---- */

static uint64_t pages[3][512] __attribute__((aligned(4096)));
static uint64_t window_table[512] __attribute__((aligned(4096)));
static uint64_t window_dir[512] __attribute__((aligned(4096)));
#define WINDOW UINT64_C(0x1000000000) /* guest physical, and virtual in L2's own tables */

static unsigned fence_errors;
static struct rng random = {5};

/* Of `count` pages, of which the one at addr is any. */
static void fence(unsigned type, unsigned vmid, uint64_t addr, uint64_t count)
{
	unsigned order = rng_next(&random) % 3 ? 0 : 9,
		 index = (unsigned)(rng_next(&random) % NACL_HFENCE_ENTRIES);
	uint64_t number = addr >> (12 + order), before = rng_next(&random) % count;
	bool range = !(type & 1);

	if (before > number)
		before = number;
	shmem()->hfence[index] = (struct nacl_hfence){
		NACL_HFENCE_PENDING | (uint64_t)type << NACL_HFENCE_TYPE_SHIFT |
			(uint64_t)(range ? order : 0) << NACL_HFENCE_ORDER_SHIFT |
			(type >= NACL_HFENCE_GVMA_VMID ? (uint64_t)vmid << NACL_HFENCE_VMID_SHIFT
						       : 0) |
			(type >= NACL_HFENCE_VVMA_ASID ? UINT64_C(3) : 0),
		range ? number - before : 0, 0, range ? count : 0};
	/* Or by the next synchronised SRET. */
	if (!has(SBI_NACL_FEAT_SYNC_SRET) || rng_next(&random) % 4 == 0)
		fence_errors += nacl_sync_hfence(rng_next(&random) % 2 ? index : ~0UL).error != 0;
}

static uint64_t look(uint64_t addr)
{
	l2.x[10] = addr;
	enter(code_load, false);
	if (l2.scause != CAUSE_ECALL_VS)
		print("# load of %lx: cause %lu stval %lx\n", addr, l2.scause, l2.stval);
	return l2.x[10];
}

/* As the guest with this VMID finds it. Its tables are the same for each. */
static uint64_t look_as(unsigned vmid, uint64_t addr)
{
	write_csr(CSR_HGATP, run_gstage(vmid));
	return look(addr);
}

/* L1 changes where the window leads to, fences, and L2 must look through the new one: in each VMID
 * that the fence is for. */
static void test_gvma(void)
{
	uint64_t *root =
		(uint64_t *)(uintptr_t)((hcsr(CSR_HGATP) & ((UINT64_C(1) << 44) - 1)) << 12);
	unsigned wrong = 0;

	root[WINDOW >> 30] = pte_make((uintptr_t)window_dir, PTE_V);
	window_dir[0] = pte_make((uintptr_t)window_table, PTE_V);
	for (unsigned i = 0; i < 64; i++)
		window_table[i] = pte_make((uintptr_t)pages[0], PTE_RW | PTE_U);
	fence(NACL_HFENCE_GVMA_ALL, 0, WINDOW, 1);
	for (unsigned round = 0; round < 200; round++) {
		unsigned page = (unsigned)(rng_next(&random) % 64),
			 n = (unsigned)(rng_next(&random) % 3),
			 type = (unsigned)(rng_next(&random) % 4),
			 vmid = VMID + (unsigned)(rng_next(&random) % 2);
		uint64_t addr = WINDOW + page * PAGE_SIZE, word = 8 * (rng_next(&random) % 512);

		look_as(VMID, addr);
		look_as(VMID + 1, addr);
		window_table[page] = pte_make((uintptr_t)pages[n], PTE_RW | PTE_U);
		fence(type, vmid, addr, 1 + rng_next(&random) % 4);
		wrong += look_as(vmid, addr + word) != n;
		vmid ^= VMID ^ (VMID + 1);
		if (type >= NACL_HFENCE_GVMA_VMID)
			fence(type, vmid, addr, 1 + rng_next(&random) % 4);
		wrong += look_as(vmid, addr + word) != n;
	}
	check_eq("fence.gvma", wrong, 0);
	root[WINDOW >> 30] = 0;
	fence(NACL_HFENCE_GVMA_VMID_ALL, VMID + 1, WINDOW, 1);
	l2.x[10] = WINDOW;
	enter(code_hole, false);
	check_eq("fence.gvma.gone", l2.scause, CAUSE_LOAD_GUEST_PAGE_FAULT);
	write_csr(CSR_HGATP, run_gstage(VMID));
	fence(NACL_HFENCE_GVMA_VMID_ALL, VMID, WINDOW, 1);
}

/* The same with L2's own tables. */
static void test_vvma(void)
{
	static struct pt pt;
	unsigned wrong = 0;

	pt = pt_new(3);
	for (unsigned i = 0; i < 64; i++)
		pt_map(&pt, WINDOW + i * PAGE_SIZE, (uintptr_t)pages[0], 0, PTE_RW);
	write_csr(CSR_VSATP, pt_satp(&pt, 3));
	for (unsigned round = 0; round < 200; round++) {
		unsigned page = (unsigned)(rng_next(&random) % 64),
			 n = (unsigned)(rng_next(&random) % 3);
		uint64_t addr = WINDOW + page * PAGE_SIZE;

		look(addr);
		pt_map(&pt, addr, (uintptr_t)pages[n], 0, PTE_RW);
		fence(4 + (unsigned)(rng_next(&random) % 4), VMID, addr, 1 + rng_next(&random) % 4);
		wrong += look(addr + 8 * (rng_next(&random) % 512)) != n;
	}
	check_eq("fence.vvma", wrong, 0);
	write_csr(CSR_VSATP, 0);
}

static void test_fences(void)
{
	if (!has(SBI_NACL_FEAT_SYNC_HFENCE))
		return;
	for (unsigned n = 0; n < 3; n++)
		for (unsigned i = 0; i < 512; i++)
			pages[n][i] = n;
	write_csr(CSR_HSTATUS, L2_HSTATUS);
	test_gvma();
	test_vvma();
	check_eq("fence.errors", fence_errors, 0);
}

void guest_main(void)
{
	features = bootarg("features", NACL_FEATURES);
	csr_write(CSR_SIE, 0);
	prepare();
	test_registers();
	test_csrs();
	test_all_csrs();
	test_status();
	test_timer();
	test_fault();
	test_absent();
	test_stay();
	test_autoswap();
	test_autoswap_when();
	test_fences();
	test_unset();
}
