/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The two sides of a guest hypervisor, each with CSRs, delegation and settings of its own: what a
 * run of the guest and the trap that ends it change on either side, and what they leave. Privileged
 * specification, "H" extension: CSRs of VS-mode; trap entry and return; hedeleg, henvcfg; HLV, HSV.
 */
#include <string.h>
#include "hyp.h"

#define INT  CAUSE_INTERRUPT
#define GPA  UINT64_C(0x140000000) /* not where the image is */
#define HOLE UINT64_C(0x10000)	   /* L1 has nothing there */
#define VA   UINT64_C(0x1000000000)

#define CBO_ZERO 0x0045a00f /* cbo.zero (a1) */

/* L2's code */
extern char l2_swap[], l2_break[], l2_unimp[], l2_zero[], l2_jump[];
/* clang-format off */
__asm__(".option push\n"
	".option norvc\n"
	"	.balign 4096\n"
	"l2_swap:\n" /* each CSR with the word in the table at a1 */
	"	.irp	csr, stvec,sscratch,sepc,scause,stval,sstatus,sie,senvcfg,scounteren\n"
	"	ld	a2, 0(a1)\n"
	"	csrrw	a2, \\csr, a2\n"
	"	sd	a2, 0(a1)\n"
	"	addi	a1, a1, 8\n"
	"	.endr\n"
	"	ecall\n"
	"l2_break:\n"
	"	ebreak\n"
	"l2_unimp:\n"
	"	csrw	cycle, zero\n"
	"l2_zero:\n" /* CBO_ZERO */
	"	.word	0x0045a00f\n"
	"	ecall\n"
	"l2_jump:\n"
	"	jr	a1\n"
	"	.balign 4096\n"
	".option pop\n");
/* clang-format on */

static struct gpt g;
static struct pt pt; /* of L2: the image, and VA */
static uint64_t *page;

static void clean(void)
{
	l2_clean(gpt_hgatp(&g, 1));
	csr_write(CSR_HENVCFG, 0);
	csr_clear(CSR_SSTATUS, SSTATUS_MXR);
	hfence_gvma_all();
	hfence_vvma_all();
}

/* ---- CSRs ---- */

enum { TVEC, SCRATCH, EPC, CAUSE, TVAL, STATUS, IE, ENVCFG, COUNTEREN, NCSRS };
static uint64_t table[NCSRS];

#define STATUS_BITS (SSTATUS_SUM | SSTATUS_MXR | SSTATUS_SPP | SSTATUS_SPIE)

static void set_vs(const uint64_t *v)
{
	csr_write(CSR_VSTVEC, v[TVEC]);
	csr_write(CSR_VSSCRATCH, v[SCRATCH]);
	csr_write(CSR_VSEPC, v[EPC]);
	csr_write(CSR_VSCAUSE, v[CAUSE]);
	csr_write(CSR_VSTVAL, v[TVAL]);
	csr_write(CSR_VSSTATUS, v[STATUS]);
	csr_write(CSR_VSIE, v[IE]);
	csr_write(CSR_SENVCFG, v[ENVCFG]);
	csr_write(CSR_SCOUNTEREN, v[COUNTEREN]);
}

static void get_vs(uint64_t *v)
{
	v[TVEC] = csr_read(CSR_VSTVEC);
	v[SCRATCH] = csr_read(CSR_VSSCRATCH);
	v[EPC] = csr_read(CSR_VSEPC);
	v[CAUSE] = csr_read(CSR_VSCAUSE);
	v[TVAL] = csr_read(CSR_VSTVAL);
	v[STATUS] = csr_read(CSR_VSSTATUS);
	v[IE] = csr_read(CSR_VSIE);
	v[ENVCFG] = csr_read(CSR_SENVCFG);
	v[COUNTEREN] = csr_read(CSR_SCOUNTEREN);
}

/* L2 finds what L1 has written and L1 what L2 has, senvcfg and scounteren being the same for both;
 * L1's own are as they were. */
static void test_csrs(void)
{
	static const uint64_t l1s[NCSRS] = {0x80200000, 0x1111, 0x80201234,
					    INT | 5,	0x2222, STATUS_BITS | SSTATUS_UXL64,
					    IP_SSI,	1,	5};
	static const uint64_t l2s[NCSRS] = {0x80300000,	   0x3333,	    0x80305678, 13, 0x4444,
					    SSTATUS_UXL64, IP_STI | IP_SEI, 0,		2};
	uint64_t found[NCSRS], sie, stvec, sscratch;

	clean();
	csr_write(CSR_HIDELEG, IP_VS);
	if (isa_has("smstateen") || isa_has("ssstateen"))
		csr_write(CSR_HSTATEEN0, HSTATEEN0_SE0 | HSTATEEN0_ENVCFG);
	set_vs(l1s);
	csr_write(CSR_SIE, IP_SEI);
	stvec = csr_read(CSR_STVEC);
	sscratch = csr_read(CSR_SSCRATCH);
	memcpy(table, l2s, sizeof(table));
	check_eq("csrs", l2_do(l2_swap, false, 0, (uintptr_t)table)->scause, CAUSE_ECALL_VS);
	sie = csr_read(CSR_SIE);
	get_vs(found);
	for (unsigned i = 0; i < NCSRS; i++) {
		check_eq("csrs.in", table[i], l1s[i]);
		check_eq("csrs.out", found[i], l2s[i]);
	}
	check_eq("csrs.hie", csr_read(CSR_HIE), (IP_STI | IP_SEI) << 1);
	check_eq("csrs.sie", sie, IP_SEI);
	check_eq("csrs.stvec", csr_read(CSR_STVEC), stvec);
	check_eq("csrs.sscratch", csr_read(CSR_SSCRATCH), sscratch);
	csr_write(CSR_SENVCFG, 0);
	csr_write(CSR_SCOUNTEREN, 7);
	clean();
}

/* ---- sstatus around a run ---- */

static struct l2 *run_with(uint64_t sstatus, uint64_t hstatus)
{
	static struct l2 l2;

	memset(&l2, 0, sizeof(l2));
	l2.sepc = (uintptr_t)l2_ecall;
	l2.sstatus = csr_read(CSR_SSTATUS) & ~(SSTATUS_SPP | SSTATUS_SPIE | SSTATUS_SIE);
	l2.sstatus |= sstatus;
	l2.hstatus = hstatus | HSTATUS_SPV;
	l2_run(&l2);
	return &l2;
}

/* SRET: SIE = SPIE, into the mode of SPP. Trap: SPIE = SIE, SIE = 0; SPVP changes with traps from V
 * = 1 alone. vsstatus is L2's. */
static void test_status(void)
{
	const uint64_t bits = SSTATUS_SPP | SSTATUS_SPIE | SSTATUS_SIE;

	clean();
	for (unsigned spp = 0; spp < 2; spp++)
		for (unsigned spie = 0; spie < 2; spie++) {
			uint64_t s = (spp ? SSTATUS_SPP : 0) | (spie ? SSTATUS_SPIE : 0),
				 vs = s ^ bits;
			struct l2 *l2;

			csr_write(CSR_VSSTATUS, vs);
			l2 = run_with(s, spp ? 0 : HSTATUS_SPVP);
			check_eq("status.cause", l2->scause, spp ? CAUSE_ECALL_VS : CAUSE_ECALL_U);
			check_eq("status.sstatus", l2->sstatus & bits, s);
			check_eq("status.spvp", l2->hstatus & (HSTATUS_SPV | HSTATUS_SPVP),
				 HSTATUS_SPV | (spp ? HSTATUS_SPVP : 0));
			check_eq("status.vsstatus", csr_read(CSR_VSSTATUS) & bits, vs);
		}
	clean();
	for (unsigned i = 0; i < 2; i++) {
		uint64_t hstatus = i ? HSTATUS_SPVP : 0;

		csr_write(CSR_HSTATUS, hstatus | HSTATUS_SPV | HSTATUS_GVA);
		try_insn(0xc0001073, 0, 0, NULL);
		check_eq("status.own-trap", csr_read(CSR_HSTATUS) & ~HSTATUS_VSXL, hstatus);
	}
	/* "GVA is written [...] whenever a trap is taken into HS-mode", and so are htval and
	 * htinst: a second trap, after one of HLV. */
	csr_write(CSR_HSTATUS, HSTATUS_SPVP);
	check_eq("status.hlv", try_call((void *)hlv_d, GPA + 4096, 0, NULL).cause,
		 CAUSE_LOAD_GUEST_PAGE_FAULT);
	check_eq("status.hlv.gva", csr_read(CSR_HSTATUS) & (HSTATUS_SPV | HSTATUS_GVA),
		 HSTATUS_GVA);
	check_eq("status.hlv.htval", csr_read(CSR_HTVAL), (GPA + 4096) >> 2);
	try_insn(0xc0001073, 0, 0, NULL);
	check_eq("status.after-hlv.gva", csr_read(CSR_HSTATUS) & HSTATUS_GVA, 0);
	check_eq("status.after-hlv.htval", csr_read(CSR_HTVAL), 0);
	/* The same, if the second comes from U-mode. */
	csr_set(CSR_HSTATUS, HSTATUS_GVA);
	check_eq("status.gva.user", try_user(user_ecall, 0, 0).cause, CAUSE_ECALL_U);
	check_eq("status.gva.user", csr_read(CSR_HSTATUS) & HSTATUS_GVA, 0);
	check_eq("status.gva.user", try_user(user_ecall, 0, 0).cause, CAUSE_ECALL_U);
	clean();
}

static uint64_t load_any(uint64_t at)
{
	return *(volatile uint64_t *)at;
}

/* sstatus.MXR is in force for L2 as it was when that was entered, and for L1 as it is now. */
static void test_mxr(void)
{
	uint64_t satp = pt_satp(&pt, 0);
	struct trap_info with, without;

	clean();
	pt_map(&pt, VA, (uintptr_t)page, 0, PTE_V | PTE_X | PTE_A);
	for (unsigned i = 0; i < 2; i++) {
		csr_set(CSR_SSTATUS, SSTATUS_MXR);
		csr_write(CSR_VSATP, satp);
		hfence_vvma_all();
		check_eq("mxr.l2", l2_do(l2_load, false, 0, VA)->scause, CAUSE_ECALL_VS);
		csr_write(CSR_SATP, satp);
		sfence_vma();
		with = try_call((void *)load_any, VA, 0, NULL);
		csr_clear(CSR_SSTATUS, SSTATUS_MXR);
		without = try_call((void *)load_any, VA, 0, NULL);
		csr_write(CSR_SATP, 0);
		sfence_vma();
		check("mxr.own", !with.taken);
		check_eq("mxr.own.clear", without.cause, CAUSE_LOAD_PAGE_FAULT);
		hfence_vvma_all();
		check_eq("mxr.l2.clear", l2_do(l2_load, false, 0, VA)->scause,
			 CAUSE_LOAD_PAGE_FAULT);
	}
	*pt_pte(&pt, VA, 0) = 0;
	clean();
}

/* ---- Delegation ---- */

static const struct {
	const char *name;
	unsigned cause;
	char *code;
	uint64_t at;
	bool user, paged;
} exceptions[] = {
	{"breakpoint", CAUSE_BREAKPOINT, l2_break, 0, false, false},
	{"illegal", CAUSE_ILLEGAL, l2_unimp, 0, false, false},
	{"ecall-u", CAUSE_ECALL_U, l2_ecall, 0, true, false},
	{"load-page-fault", CAUSE_LOAD_PAGE_FAULT, l2_load, VA, false, true},
	{"store-page-fault", CAUSE_STORE_PAGE_FAULT, l2_store, VA, false, true},
	{"fetch-page-fault", CAUSE_FETCH_PAGE_FAULT, l2_jump, VA, false, true},
	{"load-access", CAUSE_LOAD_ACCESS, l2_load, GPA, false, false},
	{"store-access", CAUSE_STORE_ACCESS, l2_store, GPA, false, false},
	{"fetch-access", CAUSE_FETCH_ACCESS, l2_jump, GPA, false, false},
	/* These can not be delegated. */
	{"ecall-vs", CAUSE_ECALL_VS, l2_ecall, 0, false, false},
	{"virtual", CAUSE_VIRTUAL_INSTRUCTION, l2_hyp, 0, false, false},
	{"load-guest-page-fault", CAUSE_LOAD_GUEST_PAGE_FAULT, l2_load, GPA + 4096, false, false},
	{"store-guest-page-fault", CAUSE_STORE_GUEST_PAGE_FAULT, l2_store, GPA + 4096, false,
	 false},
	{"fetch-guest-page-fault", CAUSE_FETCH_GUEST_PAGE_FAULT, l2_jump, GPA + 4096, false, false},
};

static void expect_in_l1(unsigned i, const struct l2 *l2)
{
	unsigned cause = exceptions[i].cause;
	bool address = cause != CAUSE_ILLEGAL && cause != CAUSE_ECALL_U &&
		       cause != CAUSE_ECALL_VS && cause != CAUSE_VIRTUAL_INSTRUCTION,
	     guest_page =
		     cause >= CAUSE_FETCH_GUEST_PAGE_FAULT && cause != CAUSE_VIRTUAL_INSTRUCTION;

	check_eq(exceptions[i].name, l2->scause, cause);
	if (exceptions[i].at)
		check_eq(exceptions[i].name, l2->stval, exceptions[i].at);
	/* "GVA is written by the implementation whenever a trap is taken into HS-mode", with 1 when
	 * stval is a guest virtual address. */
	if (!machine.native || cause != CAUSE_BREAKPOINT) /* QEMU 10.0 leaves it 0 then */
		check_eq(exceptions[i].name, l2->hstatus & HSTATUS_GVA,
			 address && l2->stval ? HSTATUS_GVA : 0);
	check_eq(exceptions[i].name, l2->htval, guest_page ? exceptions[i].at >> 2 : 0);
}

static void test_delegation(void)
{
	clean();
	for (unsigned i = 0; i < ARRAY_SIZE(exceptions); i++) {
		uint64_t bit = BIT(exceptions[i].cause);
		bool can = exceptions[i].cause < CAUSE_FETCH_GUEST_PAGE_FAULT &&
			   exceptions[i].cause != CAUSE_ECALL_VS;
		struct l2 *l2;

		csr_write(CSR_VSATP, exceptions[i].paged ? pt_satp(&pt, 0) : 0);
		hfence_vvma_all();
		csr_write(CSR_HEDELEG, ~bit);
		l2 = l2_do(exceptions[i].code, exceptions[i].user, 0, exceptions[i].at);
		expect_in_l1(i, l2);
		csr_write(CSR_HEDELEG, bit);
		l2 = l2_do(exceptions[i].code, exceptions[i].user, 0, exceptions[i].at);
		if (!can) {
			expect_in_l1(i, l2);
			continue;
		}
		check_eq(exceptions[i].name, l2->scause, CAUSE_ECALL_VS);
		check_eq(exceptions[i].name, l2->x[10], exceptions[i].cause);
		if (exceptions[i].at)
			check_eq(exceptions[i].name, l2->x[13], exceptions[i].at);
		check_eq(exceptions[i].name, csr_read(CSR_VSSTATUS) & SSTATUS_SPP,
			 exceptions[i].user ? 0 : SSTATUS_SPP);
	}
	clean();
}

/* ---- Settings of L2 that L1 has not ---- */

static void test_henvcfg(void)
{
	uint64_t *pte, v;

	clean();
	if (isa_has("zicboz")) {
		check_eq("henvcfg.cbze-0", l2_do(l2_zero, false, 0, (uintptr_t)page)->scause,
			 CAUSE_VIRTUAL_INSTRUCTION);
		check("henvcfg.cbze.own", !try_insn(CBO_ZERO, 0, (uintptr_t)page, NULL).taken);
		csr_set(CSR_HENVCFG, HENVCFG_CBZE);
		check_eq("henvcfg.cbze-1", l2_do(l2_zero, false, 0, (uintptr_t)page)->scause,
			 CAUSE_ECALL_VS);
	} else {
		skip("henvcfg.cbze", "no Zicboz");
	}
	csr_set(CSR_HENVCFG, HENVCFG_ADUE);
	v = csr_read(CSR_HENVCFG);
	clean();
	pt_map(&pt, VA, (uintptr_t)page, 0, PTE_V | PTE_R | PTE_W);
	pte = pt_pte(&pt, VA, 0);
	csr_write(CSR_VSATP, pt_satp(&pt, 0));
	hfence_vvma_all();
	check_eq("henvcfg.adue-0", l2_do(l2_load, false, 0, VA)->scause, CAUSE_LOAD_PAGE_FAULT);
	check_eq("henvcfg.adue-0.pte", *pte & (PTE_A | PTE_D), 0);
	if (v & HENVCFG_ADUE) {
		csr_set(CSR_HENVCFG, HENVCFG_ADUE);
		hfence_vvma_all();
		check_eq("henvcfg.adue-1", l2_do(l2_load, false, 0, VA)->scause, CAUSE_ECALL_VS);
		check_eq("henvcfg.adue-1.pte", *pte & (PTE_A | PTE_D), PTE_A);
		check_eq("henvcfg.adue-1", l2_do(l2_store, false, 0, VA)->scause, CAUSE_ECALL_VS);
		check_eq("henvcfg.adue-1.pte", *pte & (PTE_A | PTE_D), PTE_A | PTE_D);
		*pte &= ~(uint64_t)(PTE_A | PTE_D);
		hfence_vvma_all();
		csr_write(CSR_HSTATUS, HSTATUS_SPVP);
		check("henvcfg.adue-1.hlv", !try_call((void *)hlv_d, VA, 0, NULL).taken);
		check_eq("henvcfg.adue-1.hlv.pte", *pte & (PTE_A | PTE_D), PTE_A);
		check("henvcfg.adue-1.hsv", !try_call((void *)hsv_d, VA, 0, NULL).taken);
		check_eq("henvcfg.adue-1.hsv.pte", *pte & (PTE_A | PTE_D), PTE_A | PTE_D);
		csr_clear(CSR_HENVCFG, HENVCFG_ADUE);
		*pte &= ~(uint64_t)(PTE_A | PTE_D);
		hfence_vvma_all();
		if (!machine.native) /* QEMU 10.0 looks at menvcfg then */
			check_eq("henvcfg.adue-0.hlv", try_call((void *)hlv_d, VA, 0, NULL).cause,
				 CAUSE_LOAD_PAGE_FAULT);
	} else {
		skip("henvcfg.adue", "no Svadu");
	}
	*pte = 0;
	clean();
}

/* hstatus.VTW and wfi: "VU-mode [...] when [it] does not complete within a bounded time" */
static void test_wfi(void)
{
	struct l2 *l2;

	clean();
	l2 = l2_do(l2_wfi, true, 0, 0);
	check_eq("wfi.user", l2->scause, CAUSE_VIRTUAL_INSTRUCTION);
	check_eq("wfi.user.stval", l2->stval, 0x10500073);
	clean();
	csr_write(CSR_HIDELEG, IP_VS); /* something that ends it, but is not taken */
	csr_write(CSR_VSIE, IP_SSI);
	csr_write(CSR_HVIP, IP_VSSI);
	l2 = l2_do(l2_wfi, false, 0, 0);
	check_eq("wfi", l2->scause, CAUSE_ECALL_VS);
	check_eq("wfi.pc", l2->sepc, (uintptr_t)l2_wfi + 4);
	clean();
}

/* ---- L2's clock ---- */

static void test_time(void)
{
	uint64_t delta = (UINT64_C(1) << 40) + 12345, when;
	struct l2 *l2;

	clean();
	if (!machine.sstc) {
		skip("time", "no Sstc");
		return;
	}
	for (unsigned i = 0; i < 2; i++, delta = -delta / 2) {
		csr_set(CSR_HENVCFG, HENVCFG_STCE);
		csr_write(CSR_VSTIMECMP, UINT64_MAX);
		csr_write(CSR_HTIMEDELTA, delta);
		csr_write(CSR_HIDELEG, IP_VS);
		csr_write(CSR_VSIE, IP_STI);
		csr_write(CSR_VSSTATUS, 0);
		when = rdtime() + usec(1000);
		l2 = l2_do(l2_timer, false, when + delta, 0);
		check_eq("time", l2->scause, CAUSE_ECALL_VS);
		check_eq("time.vscause", l2->x[10], INT | IRQ_STI);
		check("time.when", rdtime() >= when);
		check_eq("time.vstimecmp", csr_read(CSR_VSTIMECMP), when + delta);
	}
	csr_write(CSR_VSTIMECMP, UINT64_MAX);
	clean();
}

/* ---- HLV, HLVX and HSV ---- */

#define R(f7, rd, rs1, rs2) \
	((uint32_t)(f7) << 25 | (rs2) << 20 | (rs1) << 15 | 4 << 12 | (rd) << 7 | 0x73)

static void test_hlv_widths(void)
{
	static const struct {
		uint32_t insn;
		uint64_t value;
	} loads[] = {
		{R(0x30, 10, 10, 0), 0xffffffffffffff98},
		{R(0x30, 10, 10, 1), 0x98},
		{R(0x32, 10, 10, 0), 0xffffffffffffba98},
		{R(0x32, 10, 10, 1), 0xba98},
		{R(0x32, 10, 10, 3), 0xba98},
		{R(0x34, 10, 10, 0), 0xfffffffffedcba98},
		{R(0x34, 10, 10, 1), 0xfedcba98},
		{R(0x34, 10, 10, 3), 0xfedcba98},
		{R(0x36, 10, 10, 0), 0x87654321fedcba98},
	};
	static const struct {
		uint32_t insn;
		uint64_t value;
	} stores[] = {
		{R(0x31, 0, 10, 11), 0xffffffffffffff11},
		{R(0x33, 0, 10, 11), 0xffffffffffff0011},
		{R(0x35, 0, 10, 11), 0xffffffffbbaa0011},
		{R(0x37, 0, 10, 11), 0xddccddccbbaa0011},
	};
	uint64_t v;

	for (unsigned i = 0; i < ARRAY_SIZE(loads); i++) {
		page[0] = 0x87654321fedcba98;
		check("hlv", !try_insn(loads[i].insn, (uintptr_t)page, 0, &v).taken);
		check_eq("hlv.value", v, loads[i].value);
	}
	for (unsigned i = 0; i < ARRAY_SIZE(stores); i++) {
		page[0] = page[1] = UINT64_MAX;
		check("hsv",
		      !try_insn(stores[i].insn, (uintptr_t)page, 0xddccddccbbaa0011, NULL).taken);
		check_eq("hsv.value", page[0], stores[i].value);
		check_eq("hsv.next", page[1], UINT64_MAX);
	}
}

static uint64_t hlv_cause(bool x, uint64_t at)
{
	return try_call(x ? (void *)hlvx_hu : (void *)hlv_d, at, 0, NULL).cause;
}

/* It is a load that wants X. */
static void check_hlvx(const char *what, uint64_t at, uint64_t cause)
{
	uint64_t got = hlv_cause(true, at);

	check_eq(what, machine.native && got == CAUSE_FETCH_PAGE_FAULT ? cause : got,
		 cause); /* QEMU 10.0: as a fetch */
}

/* Cause 0: it is allowed. X alone is for HLVX, and for HLV if MXR makes it readable: vsstatus.MXR
 * in the VS-stage, sstatus.MXR in both. */
static void test_hlv_permissions(void)
{
	const uint64_t x_only = PTE_V | PTE_X | PTE_A | PTE_D;

	clean();
	csr_write(CSR_HSTATUS, HSTATUS_SPVP);
	gpt_map(&g, GPA, (uintptr_t)page, 0, x_only | PTE_U);
	hfence_gvma_all();
	check_eq("g-stage.x.hlv", hlv_cause(false, GPA), CAUSE_LOAD_GUEST_PAGE_FAULT);
	check_eq("g-stage.x.hlvx", hlv_cause(true, GPA), 0);
	csr_set(CSR_VSSTATUS, SSTATUS_MXR);
	check_eq("g-stage.x.vs-mxr", hlv_cause(false, GPA), CAUSE_LOAD_GUEST_PAGE_FAULT);
	csr_set(CSR_SSTATUS, SSTATUS_MXR);
	check_eq("g-stage.x.mxr", hlv_cause(false, GPA), 0);
	csr_clear(CSR_SSTATUS, SSTATUS_MXR);
	gpt_map(&g, GPA, (uintptr_t)page, 0, G_LEAF & ~PTE_X);
	hfence_gvma_all();
	check_hlvx("g-stage.rw.hlvx", GPA, CAUSE_LOAD_GUEST_PAGE_FAULT);
	gpt_map(&g, GPA, HOLE, 0, G_LEAF);
	hfence_gvma_all();

	csr_write(CSR_VSSTATUS, 0);
	pt_map(&pt, VA, (uintptr_t)page, 0, x_only);
	csr_write(CSR_VSATP, pt_satp(&pt, 0));
	hfence_vvma_all();
	check_eq("vs-stage.x.hlv", hlv_cause(false, VA), CAUSE_LOAD_PAGE_FAULT);
	check_eq("vs-stage.x.hlvx", hlv_cause(true, VA), 0);
	csr_set(CSR_VSSTATUS, SSTATUS_MXR);
	check_eq("vs-stage.x.vs-mxr", hlv_cause(false, VA), 0);
	csr_write(CSR_VSSTATUS, 0);
	csr_set(CSR_SSTATUS, SSTATUS_MXR);
	check_eq("vs-stage.x.mxr", hlv_cause(false, VA), 0);
	csr_clear(CSR_SSTATUS, SSTATUS_MXR);
	pt_map(&pt, VA, (uintptr_t)page, 0, PTE_RW);
	hfence_vvma_all();
	check_hlvx("vs-stage.rw.hlvx", VA, CAUSE_LOAD_PAGE_FAULT);
	/* SPVP is the mode: a page of S-mode. */
	check_eq("vs-stage.spvp-1", hlv_cause(false, VA), 0);
	csr_write(CSR_HSTATUS, 0);
	check_eq("vs-stage.spvp-0", hlv_cause(false, VA), CAUSE_LOAD_PAGE_FAULT);
	*pt_pte(&pt, VA, 0) = 0;
	clean();
}

/* ---- HINVAL ---- */

#define SFENCE_W_INVAL	0x18000073
#define SFENCE_INVAL_IR 0x18100073
#define HINVAL_VVMA	0x26050073 /* a0, zero */
#define HINVAL_GVMA	0x66050073

static void hinval(uint32_t insn, uint64_t a0)
{
	check("hinval", !try_insn(SFENCE_W_INVAL, 0, 0, NULL).taken);
	check("hinval", !try_insn(insn, a0, 0, NULL).taken);
	check("hinval", !try_insn(SFENCE_INVAL_IR, 0, 0, NULL).taken);
}

static void test_hinval(void)
{
	uint64_t *frame[2] = {page, page_alloc()};

	clean();
	if (!isa_has("svinval")) {
		skip("hinval", "no Svinval");
		return;
	}
	for (uint64_t i = 0; i < 4; i++) {
		page[0] = 0;
		frame[1][0] = 1;
		gpt_map(&g, GPA, (uintptr_t)frame[i & 1], 0, G_LEAF);
		hinval(HINVAL_GVMA, GPA >> 2);
		check_eq("hinval.gvma", l2_do(l2_load, false, 9, GPA)->x[10], i & 1);
	}
	csr_write(CSR_VSATP, pt_satp(&pt, 0));
	for (uint64_t i = 0; i < 4; i++) {
		pt_map(&pt, VA, (uintptr_t)frame[i & 1], 0, PTE_RW);
		hinval(HINVAL_VVMA, VA);
		check_eq("hinval.vvma", l2_do(l2_load, false, 9, VA)->x[10], i & 1);
	}
	check_insn_trap("hinval.user", try_user_insn(HINVAL_GVMA, 0, 0), CAUSE_ILLEGAL);
	*pt_pte(&pt, VA, 0) = 0;
	gpt_map(&g, GPA, HOLE, 0, G_LEAF);
	clean();
}

void guest_main(void)
{
	if (!machine.hyp) {
		skip("hypguest", "no H");
		return;
	}
	page = page_alloc();
	g = gpt_new(8);
	gpt_map_image(&g);
	gpt_map(&g, GPA, HOLE, 0, G_LEAF);
	pt = pt_new(3);
	test_csrs();
	test_status();
	test_mxr();
	test_delegation();
	test_henvcfg();
	test_wfi();
	test_time();
	test_hlv_widths();
	test_hlv_permissions();
	test_hinval();
}
