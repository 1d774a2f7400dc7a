/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The hypervisor extension as a guest hypervisor finds it: legal values of the H and VS CSRs, the
 * ways into VS- and VU-mode and out again, delegation, interrupts of both sides, timers. Memory is
 * hypmem.c's.
 */
#include <string.h>
#include "hyp.h"

#define INT	  CAUSE_INTERRUPT
#define CSRR(c)	  ((uint32_t)(c) << 20 | 0x2573) /* csrr a0, c */
#define HFENCE	  0x62000073			 /* hfence.gvma */
#define FSTATE(s) (((s)&SSTATUS_FS) >> 13)

static struct gpt g;

static uint64_t load_any(uint64_t at)
{
	return *(volatile uint64_t *)at;
}

/* ---- CSRs ---- */

#define WARL(csr, v)                \
	({                          \
		uint64_t r_;        \
		csr_write(csr, v);  \
		r_ = csr_read(csr); \
		r_;                 \
	})

static void test_csrs(void)
{
	const uint64_t must = 0xb1ff & ~1UL;

	check_eq("hstatus.vsxl", WARL(CSR_HSTATUS, 0), HSTATUS_VSXL64);
	check_eq("hstatus.bits",
		 WARL(CSR_HSTATUS, UINT64_MAX) &
			 (HSTATUS_VTSR | HSTATUS_VTW | HSTATUS_VTVM | HSTATUS_SPVP | HSTATUS_SPV |
			  HSTATUS_GVA | HSTATUS_HU),
		 HSTATUS_VTSR | HSTATUS_VTW | HSTATUS_VTVM | HSTATUS_SPVP | HSTATUS_SPV |
			 HSTATUS_GVA | HSTATUS_HU);
	csr_write(CSR_HSTATUS, 0);
	check_eq("hedeleg.must", WARL(CSR_HEDELEG, UINT64_MAX) & must, must);
	check_eq("hedeleg.never", csr_read(CSR_HEDELEG) & 0xf10e00, 0);
	check_eq("hedeleg.clear", WARL(CSR_HEDELEG, 0), 0);
	check_eq("hideleg.must", WARL(CSR_HIDELEG, UINT64_MAX) & IP_VS, IP_VS);
	check_eq("hideleg.never", csr_read(CSR_HIDELEG) & (IP_SSI | IP_STI | IP_SEI), 0);
	check_eq("hie", WARL(CSR_HIE, UINT64_MAX) & 0x666, IP_VS);
	check_eq("vsie.delegated", csr_read(CSR_VSIE) & 0x666, IP_VS >> 1);
	csr_write(CSR_VSIE, 0);
	check_eq("vsie.alias", csr_read(CSR_HIE) & IP_VS, 0);
	csr_write(CSR_HIDELEG, 0);
	csr_write(CSR_HIE, IP_VS);
	check_eq("vsie.not-delegated", csr_read(CSR_VSIE), 0);
	csr_write(CSR_HIE, 0);
	check_eq("hvip", WARL(CSR_HVIP, UINT64_MAX) & 0x1666, IP_VS);
	check_eq("hip", csr_read(CSR_HIP) & IP_VS, IP_VS);
	check_eq("vsip.not-delegated", csr_read(CSR_VSIP), 0);
	csr_write(CSR_HIP, 0);
	check_eq("hip.vssip", csr_read(CSR_HVIP) & IP_VS, IP_VSTI | IP_VSEI);
	csr_write(CSR_HIDELEG, IP_VS);
	check_eq("vsip.delegated", csr_read(CSR_VSIP), IP_STI | IP_SEI);
	csr_write(CSR_HVIP, 0);
	check_eq("hip.clear", csr_read(CSR_HIP) & IP_VS, 0);
	check_eq("htimedelta", WARL(CSR_HTIMEDELTA, 0x123456789abcdef0), 0x123456789abcdef0);
	csr_write(CSR_HTIMEDELTA, 0);
	if (!machine.native) /* QEMU 10.0 keeps the bit, and the two of hgatp */
		check_eq("vsepc.bit0", WARL(CSR_VSEPC, 0x1001), 0x1000);
	if (!machine.native)
		check_eq("hgatp.ppn", WARL(CSR_HGATP, 8UL << 60 | 0xfffUL) & 0xfff, 0xffc);
	check("hgatp.vmid", WARL(CSR_HGATP, 8UL << 60 | 0x3fffUL << 44) >> 44 & 0x7f);
	check("hgatp.mode", WARL(CSR_HGATP, 7UL << 60) >> 60 != 7);
	csr_write(CSR_HGATP, 0);
	check_eq("vsatp.mode", WARL(CSR_VSATP, 5UL << 60) >> 60, 0);
	check_eq("vstvec", WARL(CSR_VSTVEC, 0x1001), 0x1001);
	check_eq("vsscratch", WARL(CSR_VSSCRATCH, 0x55aa55aa55aa55aa), 0x55aa55aa55aa55aa);
	check_eq("vscause", WARL(CSR_VSCAUSE, INT | 5), INT | 5);
	check_eq("vsstatus.uxl", WARL(CSR_VSSTATUS, SSTATUS_SIE | SSTATUS_SUM),
		 SSTATUS_UXL64 | SSTATUS_SIE | SSTATUS_SUM);
	csr_write(CSR_VSSTATUS, 0);
	check_eq("hcounteren", WARL(CSR_HCOUNTEREN, 7), 7);
	check_eq("csrrs", csr_swap(CSR_VSSCRATCH, 7), 0x55aa55aa55aa55aa);
	csr_set(CSR_VSSCRATCH, 8);
	csr_clear(CSR_VSSCRATCH, 1);
	check_eq("csrrc", csr_read(CSR_VSSCRATCH), 14);
	check_insn_trap("no-such-csr", try_insn(CSRR(0x6ff), 0, 0, NULL), CAUSE_ILLEGAL);
	check_insn_trap("hgeip.write", try_insn(0xe1259073, 0, 0, NULL), CAUSE_ILLEGAL);
	check_insn_trap("user.csr", try_user_insn(CSRR(CSR_HSTATUS), 0, 0), CAUSE_ILLEGAL);
	check_insn_trap("user.vs-csr", try_user_insn(CSRR(CSR_VSATP), 0, 0), CAUSE_ILLEGAL);
	check_insn_trap("user.hfence", try_user_insn(HFENCE, 0, 0), CAUSE_ILLEGAL);
	check("hfence", !try_insn(HFENCE, 0, 0, NULL).taken);
}

/* ---- A clean L2 ---- */

static void clean(void)
{
	l2_clean(gpt_hgatp(&g, 1));
}

static bool left(const char *name, const struct l2 *l2, uint64_t cause)
{
	return check_eq(name, l2->scause, cause);
}

static void test_entry(void)
{
	struct l2 *l2;

	clean();
	l2 = l2_do(l2_ecall, false, 1, 2);
	left("vs.ecall", l2, CAUSE_ECALL_VS);
	check_eq("vs.sepc", l2->sepc, (uintptr_t)l2_ecall);
	check_eq("vs.spp", l2->sstatus & SSTATUS_SPP, SSTATUS_SPP);
	check_eq("vs.hstatus", l2->hstatus & (HSTATUS_SPV | HSTATUS_SPVP | HSTATUS_GVA),
		 HSTATUS_SPV | HSTATUS_SPVP);
	check("vs.registers", l2->x[10] == 1 && l2->x[11] == 2);
	l2 = l2_do(l2_ecall, true, 0, 0);
	left("vu.ecall", l2, CAUSE_ECALL_U);
	check_eq("vu.spp", l2->sstatus & SSTATUS_SPP, 0);
	check_eq("vu.hstatus", l2->hstatus & (HSTATUS_SPV | HSTATUS_SPVP | HSTATUS_GVA),
		 HSTATUS_SPV);
	csr_write(CSR_HEDELEG, BIT(CAUSE_ECALL_U));
	l2 = l2_do(l2_ecall, true, 0, 0);
	left("vu.delegated", l2, CAUSE_ECALL_VS);
	check_eq("vu.delegated.vscause", l2->x[10], CAUSE_ECALL_U);
	check_eq("vu.delegated.vsepc", l2->x[12], (uintptr_t)l2_ecall);
	check_eq("vu.delegated.spp", csr_read(CSR_VSSTATUS) & SSTATUS_SPP, 0);

	clean();
	l2 = l2_do((void *)l2_hyp, false, 0, 0);
	left("vs.h-csr", l2, CAUSE_VIRTUAL_INSTRUCTION);
	check_eq("vs.h-csr.stval", (uint32_t)l2->stval, *(uint32_t *)l2_hyp);
	l2 = l2_do((void *)l2_satp, true, 0, 0);
	check("vu.satp", l2->scause == CAUSE_VIRTUAL_INSTRUCTION || l2->scause == CAUSE_ILLEGAL);
}

static void test_illegal(void)
{
	static const uint32_t unimp[2] = {0xc0001073, 0x73};
	struct l2 *l2;

	clean();
	l2 = l2_do((void *)unimp, false, 0, 0);
	left("illegal", l2, CAUSE_ILLEGAL);
	csr_write(CSR_HEDELEG, BIT(CAUSE_ILLEGAL));
	l2 = l2_do((void *)unimp, false, 0, 0);
	left("illegal.delegated", l2, CAUSE_ECALL_VS);
	check_eq("illegal.delegated.vscause", l2->x[10], CAUSE_ILLEGAL);
	check_eq("illegal.delegated.vsepc", l2->x[12], (uintptr_t)unimp);
}

static void test_controls(void)
{
	struct l2 *l2;

	clean();
	csr_set(CSR_HSTATUS, HSTATUS_VTSR);
	left("vtsr", l2_do(l2_sret, false, 0, (uintptr_t)l2_ecall), CAUSE_VIRTUAL_INSTRUCTION);
	csr_clear(CSR_HSTATUS, HSTATUS_VTSR);
	csr_set(CSR_VSSTATUS, SSTATUS_SPP);
	left("sret", l2_do(l2_sret, false, 0, (uintptr_t)l2_ecall), CAUSE_ECALL_VS);
	left("sret.user", l2_do(l2_sret, false, 0, (uintptr_t)l2_ecall), CAUSE_ECALL_U);
	csr_set(CSR_HSTATUS, HSTATUS_VTVM);
	left("vtvm.sfence", l2_do(l2_fence, false, 0, 0), CAUSE_VIRTUAL_INSTRUCTION);
	left("vtvm.satp", l2_do(l2_satp, false, 0, 0), CAUSE_VIRTUAL_INSTRUCTION);
	csr_clear(CSR_HSTATUS, HSTATUS_VTVM);
	left("sfence", l2_do(l2_fence, false, 0, 0), CAUSE_ECALL_VS);
	csr_set(CSR_HSTATUS, HSTATUS_VTW);
	l2 = l2_do(l2_wfi, false, 0, 0);
	left("vtw", l2, CAUSE_VIRTUAL_INSTRUCTION);
	check_eq("vtw.stval", l2->stval, 0x10500073);
	csr_clear(CSR_HSTATUS, HSTATUS_VTW);
	csr_write(CSR_HTIMEDELTA, 1UL << 40);
	l2 = l2_do(l2_time, false, 0, 0);
	check("htimedelta.rdtime",
	      l2->x[10] - (rdtime() + (1UL << 40)) + usec(100000) < usec(100000) + 1);
	csr_write(CSR_HCOUNTEREN, 0);
	left("hcounteren", l2_do(l2_time, false, 0, 0), CAUSE_VIRTUAL_INSTRUCTION);
}

/* A trap of HS-mode itself clears SPV, and its sret stays in HS-mode. */
static void test_trap_clears_spv(void)
{
	clean();
	csr_set(CSR_HSTATUS, HSTATUS_SPV | HSTATUS_GVA);
	check_insn_trap("hs.illegal", try_insn(0xc0001073, 0, 0, NULL), CAUSE_ILLEGAL);
	check_eq("hs.spv", csr_read(CSR_HSTATUS) & (HSTATUS_SPV | HSTATUS_GVA), 0);
	csr_set(CSR_HSTATUS, HSTATUS_SPV);
	check("hs.load", try_call((void *)load_any, 8, 0, NULL).taken);
	check_eq("hs.load.spv", csr_read(CSR_HSTATUS) & HSTATUS_SPV, 0);
}

/* ---- Interrupts ---- */

static void test_l2_interrupts(void)
{
	static const uint64_t lines[] = {IP_VSSI, IP_VSTI, IP_VSEI};
	struct l2 *l2;

	for (unsigned i = 0; i < ARRAY_SIZE(lines); i++) {
		clean();
		csr_write(CSR_HVIP, lines[i]);
		csr_write(CSR_HIDELEG, IP_VS);
		csr_write(CSR_VSIE, lines[i] >> 1);
		l2 = l2_do(l2_irq_on, false, 0, 0);
		left("hvip.delegated", l2, CAUSE_ECALL_VS);
		check_eq("hvip.vscause", l2->x[10] & ~INT, (uint64_t)__builtin_ctzl(lines[i]) - 1);
		clean();
		csr_write(CSR_HVIP, lines[i]);
		csr_write(CSR_HIE, lines[i]);
		l2 = l2_do(l2_ecall, false, 0, 0);
		left("hvip.not-delegated", l2, INT | (uint64_t)__builtin_ctzl(lines[i]));
		check_eq("hvip.not-delegated.sepc", l2->sepc, (uintptr_t)l2_ecall);
	}
	clean();
	csr_write(CSR_HVIP, IP_VSSI);
	csr_write(CSR_HIDELEG, IP_VS);
	left("hvip.disabled", l2_do(l2_ecall, false, 0, 0), CAUSE_ECALL_VS);
	check_eq("hvip.kept", csr_read(CSR_HVIP), IP_VSSI);
}

static void test_l1_interrupts(void)
{
	struct l2 *l2;

	clean();
	csr_write(CSR_SIE, IP_STI);
	set_timer(rdtime() + usec(300));
	l2 = l2_do(l2_spin, false, 0, 0);
	left("timer", l2, INT | IRQ_STI);
	check_eq("timer.sepc", l2->sepc, (uintptr_t)l2_spin);
	check_eq("timer.hstatus", l2->hstatus & (HSTATUS_SPV | HSTATUS_GVA), HSTATUS_SPV);
	left("timer.pending", l2_do(l2_ecall, false, 0, 0), INT | IRQ_STI);
	set_timer(UINT64_MAX);
	left("timer.gone", l2_do(l2_ecall, false, 0, 0), CAUSE_ECALL_VS);
	csr_write(CSR_SIE, IP_SSI);
	send_ipi(self()->id);
	WAIT(csr_read(CSR_SIP) & IP_SSI, 100000);
	left("ipi.pending", l2_do(l2_ecall, false, 0, 0), INT | IRQ_SSI);
	csr_clear(CSR_SIP, IP_SSI);
	csr_write(CSR_SIE, 0);
	set_timer(0);
	left("timer.disabled", l2_do(l2_ecall, false, 0, 0), CAUSE_ECALL_VS);
	set_timer(UINT64_MAX);
}

static void test_sstc(void)
{
	struct l2 *l2;

	clean();
	if (!machine.sstc) {
		skip("vstimecmp", "no Sstc");
		return;
	}
	csr_set(CSR_HENVCFG, HENVCFG_STCE);
	csr_write(CSR_VSTIMECMP, UINT64_MAX);
	csr_write(CSR_HIDELEG, IP_VS);
	csr_write(CSR_VSIE, IP_STI);
	l2 = l2_do(l2_timer, false, rdtime() + usec(200), 0);
	left("vstimecmp", l2, CAUSE_ECALL_VS);
	check_eq("vstimecmp.vscause", l2->x[10], INT | IRQ_STI);
	check_eq("vstimecmp.hip", csr_read(CSR_HIP) & IP_VS, IP_VSTI);
	check_eq("vstimecmp.hvip", csr_read(CSR_HVIP), 0);
	csr_write(CSR_VSTIMECMP, UINT64_MAX);
	check_eq("vstimecmp.clear", csr_read(CSR_HIP) & IP_VS, 0);
	csr_write(CSR_VSTIMECMP, 0);
	csr_write(CSR_HIDELEG, 0);
	csr_write(CSR_HIE, IP_VSTI);
	left("vstimecmp.not-delegated", l2_do(l2_spin, false, 0, 0), INT | IRQ_VSTI);
	csr_write(CSR_VSTIMECMP, UINT64_MAX);
	csr_clear(CSR_HENVCFG, HENVCFG_STCE);
	l2 = l2_do(l2_timer, false, 0, 0);
	check("stce.off", l2->scause == CAUSE_VIRTUAL_INSTRUCTION || l2->scause == CAUSE_ILLEGAL);
}

/* ---- FP ---- */

static void set_fs(uint64_t hs, uint64_t vs)
{
	csr_clear(CSR_SSTATUS, SSTATUS_FS);
	csr_set(CSR_SSTATUS, hs);
	csr_write(CSR_VSSTATUS, vs);
}

static void test_fp(void)
{
	struct l2 *l2;

	clean();
	if (!machine.fpu) {
		skip("fp", "no F");
		return;
	}
	set_fs(SSTATUS_FS_CLEAN, SSTATUS_FS_INITIAL);
	l2 = l2_do(l2_fp, false, 0, 0);
	left("fp", l2, CAUSE_ECALL_VS);
	check_eq("fp.sstatus", FSTATE(l2->sstatus), 3);
	check_eq("fp.vsstatus", FSTATE(csr_read(CSR_VSSTATUS)), 3);
	set_fs(SSTATUS_FS_CLEAN, SSTATUS_FS_INITIAL);
	l2 = l2_do(l2_ecall, false, 0, 0);
	check_eq("fp.unused", FSTATE(l2->sstatus), 2);
	set_fs(SSTATUS_FS_OFF, SSTATUS_FS_INITIAL);
	left("fp.off", l2_do(l2_fp, false, 0, 0), CAUSE_ILLEGAL);
	set_fs(SSTATUS_FS_CLEAN, SSTATUS_FS_OFF);
	left("fp.vs-off", l2_do(l2_fp, false, 0, 0), CAUSE_ILLEGAL);
	set_fs(SSTATUS_FS_OFF, SSTATUS_FS_OFF);
}

void guest_main(void)
{
	if (!machine.hyp) {
		skip("hyp", "no H");
		return;
	}
	g = gpt_new(8);
	gpt_map_image(&g);
	test_csrs();
	test_entry();
	test_illegal();
	test_controls();
	test_trap_clears_spv();
	test_l2_interrupts();
	test_l1_interrupts();
	test_sstc();
	test_fp();
}
