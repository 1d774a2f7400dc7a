/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * All harts but the first do the worst they can, each something else, without end; the first must
 * go on working: its timers come in time and its calls are answered, and in the end it shuts down.
 * The bootargs "hostile=N" choose what hart 1 does, hart 2 does N + 1, and so on.
 */
#include "lib.h"

#define HOLE   UINT64_C(0x00300000)
#define CALM   300     /* timers of the first hart, a millisecond apart */
#define LATEST 5000000 /* microseconds: emulated harts get their turn late on a busy host */

extern char hostile_loop[];
__asm__(".balign 4\n"
	"hostile_loop:\n"
	"	.word	0\n"
	"	j	hostile_loop\n");

/* stvec leads nowhere: a fetch access fault at stvec, for ever */
static void fault_loop(void)
{
	csr_write(CSR_STVEC, HOLE);
	__asm__ volatile(".word 0");
}

/* the trap handler's first instruction is illegal */
static void illegal_loop(void)
{
	csr_write(CSR_STVEC, (uintptr_t)hostile_loop);
	__asm__ volatile("mv sp, %0\n	.word 0" : : "r"(-1L));
}

/* a page table of garbage, and the handler behind it */
static void satp_loop(void)
{
	csr_write(CSR_STVEC, 0x4000);
	csr_write(CSR_SATP, SATP_MODE_SV39 << SATP_MODE_SHIFT | HOLE >> 12);
	sfence_vma();
}

static void spin(void)
{
	csr_write(CSR_SIE, ~0UL);
	for (;;)
		;
}

/* calls that fail, and calls that bother everyone */
static void sbi_storm(void)
{
	struct rng r = {self()->index};

	for (;;) {
		uint64_t v = rng_next(&r);

		sbi(SBI_EXT_RFENCE, v % 9, v >> 8 & 1 ? 0 : rng_next(&r),
		    v >> 9 & 1 ? ~0UL : v >> 60, rng_next(&r), rng_next(&r), 0);
		sbi(SBI_EXT_HSM, SBI_HSM_HART_GET_STATUS, rng_next(&r));
		sbi(rng_next(&r) | 1UL << 40, v, v, v);
		set_timer(v);
	}
}

/* IPIs to the hostile ones and, once in a while, to all; the first hart has them masked */
static void ipi_storm(void)
{
	for (uint64_t i = 0;; i++)
		sbi(SBI_EXT_IPI, SBI_IPI_SEND_IPI, i & 15 ? 2 : 0, i & 15 ? 0 : ~0UL);
}

static void device_storm(void)
{
	for (;;)
		if (machine.plic)
			(void)mmio_read(uint32_t, machine.plic + 0x1000);
}

/* an exception for each instruction, from U-mode too */
static void user_storm(void)
{
	for (;;) {
		try_user((void *)HOLE, 0, 0);
		try_user((void *)hostile_loop, 0, 0);
		try_call((void *)-2UL, 0, 0, NULL);
	}
}

/* an interrupt that is never served, with WFI around it */
static void irq_loop(void)
{
	csr_write(CSR_STVEC, (uintptr_t)hostile_loop);
	set_timer(0);
	csr_write(CSR_SIE, IP_STI | IP_SSI);
	irq_on();
	for (;;)
		wfi();
}

/* sret into U-mode at an address that is not one */
static void sret_away(void)
{
	csr_write(CSR_STVEC, ~0UL << 13);
	csr_write(CSR_SEPC, ~1UL);
	csr_clear(CSR_SSTATUS, SSTATUS_SPP);
	__asm__ volatile("sret");
}

static void (*const deeds[])(void) = {fault_loop, illegal_loop, satp_loop,  spin,     sbi_storm,
				      ipi_storm,  device_storm, user_storm, irq_loop, sret_away};

static void job_hostile(void *arg)
{
	unsigned first = (unsigned)(uintptr_t)arg;

	deeds[(first + self()->index - 1) % ARRAY_SIZE(deeds)]();
}

void guest_main(void)
{
	uint64_t first = bootarg("hostile", 0), worst = 0;
	unsigned lost = 0, bad = 0;

	smp_init();
	for (unsigned i = 1; i < machine.harts; i++)
		hart_post(i, job_hostile, (void *)first);
	csr_write(CSR_SIE, IP_STI);
	for (unsigned i = 0; i < CALM; i++) {
		uint64_t due = rdtime() + usec(1000), late;

		set_timer(due);
		while (!(csr_read(CSR_SIP) & IP_STI))
			wfi();
		late = rdtime() - due;
		worst = late > worst ? late : worst;
		lost += late > usec(LATEST);
		bad += sbi(SBI_EXT_BASE, SBI_BASE_GET_IMPL_ID, 0).value != (long)machine.impl;
	}
	set_timer(~0UL);
	print("# latest timer: %lu us\n", worst * 1000000 / machine.timebase);
	check_eq("hostile.timers", lost, 0);
	check_eq("hostile.calls", bad, 0);
}
