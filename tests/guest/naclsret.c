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
extern char code_state[], code_load[], code_hole[];
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
	"code_load:\n" /* a0 = *a0 */
	"	ld	a0, 0(a0)\n"
	"	ecall\n"
	"code_hole:\n" /* until it faults */
	"	ld	zero, 0(a0)\n"
	"	j	code_hole\n");

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
extern char stay_here[];
__asm__(".balign 4\n"
	"stay_here:\n" /* as run_trap would, for a trap that there was not */
	"	ebreak\n");

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

/* ---- Fences that L2 has to obey ---- */

static uint64_t pages[3][512] __attribute__((aligned(4096)));
static uint64_t window_table[512] __attribute__((aligned(4096)));
static uint64_t window_dir[512] __attribute__((aligned(4096)));
#define WINDOW UINT64_C(0x1000000000) /* guest physical, and virtual in L2's own tables */

static unsigned fence_errors;

static void fence(unsigned type, unsigned order, uint64_t addr, uint64_t count)
{
	bool range = !(type & 1);

	shmem()->hfence[type * 7] = (struct nacl_hfence){
		NACL_HFENCE_PENDING | (uint64_t)type << NACL_HFENCE_TYPE_SHIFT |
			(uint64_t)(range ? order : 0) << NACL_HFENCE_ORDER_SHIFT |
			(type >= NACL_HFENCE_GVMA_VMID ? (uint64_t)VMID << NACL_HFENCE_VMID_SHIFT
						       : 0) |
			(type >= NACL_HFENCE_VVMA_ASID ? UINT64_C(3) : 0),
		range ? addr >> (12 + order) : 0, 0, range ? count : 0};
	if (!has(SBI_NACL_FEAT_SYNC_SRET))
		fence_errors += nacl_sync_hfence(~0UL).error != 0;
}

static uint64_t look(uint64_t addr)
{
	l2.x[10] = addr;
	enter(code_load, false);
	if (l2.scause != CAUSE_ECALL_VS)
		print("# load of %lx: cause %lu stval %lx\n", addr, l2.scause, l2.stval);
	return l2.x[10];
}

/* L1 changes where the window leads to, fences, and L2 must look through the new one. */
static void test_gvma(void)
{
	uint64_t *root =
		(uint64_t *)(uintptr_t)((hcsr(CSR_HGATP) & ((UINT64_C(1) << 44) - 1)) << 12);
	struct rng r = {5};
	unsigned wrong = 0;

	root[WINDOW >> 30] = pte_make((uintptr_t)window_dir, PTE_V);
	window_dir[0] = pte_make((uintptr_t)window_table, PTE_V);
	for (unsigned i = 0; i < 64; i++)
		window_table[i] = pte_make((uintptr_t)pages[0], PTE_RW | PTE_U);
	fence(NACL_HFENCE_GVMA_ALL, 0, 0, 0);
	for (unsigned round = 0; round < 200; round++) {
		unsigned page = (unsigned)(rng_next(&r) % 64), n = (unsigned)(rng_next(&r) % 3);
		uint64_t addr = WINDOW + page * PAGE_SIZE;

		look(addr);
		window_table[page] = pte_make((uintptr_t)pages[n], PTE_RW | PTE_U);
		fence((unsigned)(rng_next(&r) % 4), 0, addr, 1 + rng_next(&r) % 4);
		wrong += look(addr + 8 * (rng_next(&r) % 512)) != n;
	}
	check_eq("fence.gvma", wrong, 0);
	root[WINDOW >> 30] = 0;
	fence(NACL_HFENCE_GVMA_VMID_ALL, 0, 0, 0);
	l2.x[10] = WINDOW;
	enter(code_hole, false);
	check_eq("fence.gvma.gone", l2.scause, CAUSE_LOAD_GUEST_PAGE_FAULT);
}

/* The same with L2's own tables. */
static void test_vvma(void)
{
	static struct pt pt;
	struct rng r = {6};
	unsigned wrong = 0;

	pt = pt_new(3);
	for (unsigned i = 0; i < 64; i++)
		pt_map(&pt, WINDOW + i * PAGE_SIZE, (uintptr_t)pages[0], 0, PTE_RW);
	write_csr(CSR_VSATP, pt_satp(&pt, 3));
	for (unsigned round = 0; round < 200; round++) {
		unsigned page = (unsigned)(rng_next(&r) % 64), n = (unsigned)(rng_next(&r) % 3);
		uint64_t addr = WINDOW + page * PAGE_SIZE;

		look(addr);
		pt_map(&pt, addr, (uintptr_t)pages[n], 0, PTE_RW);
		fence(4 + (unsigned)(rng_next(&r) % 4), 0, addr, 1 + rng_next(&r) % 4);
		wrong += look(addr + 8 * (rng_next(&r) % 512)) != n;
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
	test_fault();
	test_absent();
	test_stay();
	test_autoswap();
	test_fences();
}
