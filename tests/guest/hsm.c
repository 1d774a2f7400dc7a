/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SBI HSM with all harts: start with the specified state, status, stop and start again, retentive
 * and non-retentive suspend ended by an IPI, by a timer and by an interrupt that was pending
 * already.
 */
#include "lib.h"

#define ROUNDS 100

static unsigned alive;

static uint64_t status(unsigned i)
{
	struct sbiret r = sbi(SBI_EXT_HSM, SBI_HSM_HART_GET_STATUS, harts[i].id);

	return r.error ? ~0UL : (uint64_t)r.value;
}

static void job_alive(void *arg)
{
	(void)arg;
	atomic_add(&alive, 1);
}

static void job_stop(void *arg)
{
	(void)arg;
	csr_write(CSR_SIE, 0);
	store_release(&self()->job, NULL);
	sbi(SBI_EXT_HSM, SBI_HSM_HART_STOP, 0);
	die("hart_stop returned");
}

static void check_reset_state(unsigned i)
{
	check_eq("reset.a0", harts[i].reset_a0, harts[i].id);
	check_eq("reset.satp", harts[i].reset_satp, 0);
	check_eq("reset.sie", harts[i].reset_sstatus & SSTATUS_SIE, 0);
}

static void test_start_stop(void)
{
	unsigned bad = 0;

	for (unsigned i = 1; i < machine.harts; i++)
		check_eq("status.stopped", status(i), SBI_HSM_STATE_STOPPED);
	smp_init();
	run_all(job_alive, NULL);
	check_eq("start.all", alive, machine.harts);
	for (unsigned i = 1; i < machine.harts; i++) {
		check_reset_state(i);
		check_eq("status.started", status(i), SBI_HSM_STATE_STARTED);
		check_eq("start.already", (uint64_t)secondary_start(i),
			 (uint64_t)SBI_ERR_ALREADY_AVAILABLE);
	}
	for (unsigned n = 0; n < ROUNDS; n++) {
		for (unsigned i = 1; i < machine.harts; i++) {
			harts[i].reset_a0 = harts[i].reset_satp = ~0UL;
			hart_post(i, job_stop, NULL);
		}
		for (unsigned i = 1; i < machine.harts; i++)
			bad += !WAIT(status(i) == SBI_HSM_STATE_STOPPED, 1000000);
		for (unsigned i = 1; i < machine.harts; i++)
			bad += secondary_start(i) != 0;
		alive = 0;
		run_all(job_alive, NULL);
		bad += alive != machine.harts;
		for (unsigned i = 1; i < machine.harts; i++)
			bad += harts[i].reset_a0 != harts[i].id || harts[i].reset_satp ||
			       (harts[i].reset_sstatus & SSTATUS_SIE);
	}
	check_eq("stop.start.rounds", bad, 0);
}

static long suspend(uint64_t type)
{
	return sbi(SBI_EXT_HSM, SBI_HSM_HART_SUSPEND, type, (uintptr_t)suspend_resume,
		   (uintptr_t)self())
		.error;
}

static void timer_in(uint64_t us)
{
	set_timer(rdtime() + usec(us));
}

static void test_retentive(void)
{
	static uint64_t in[32], out[32];
	uint64_t t;
	unsigned bad = 0;

	csr_clear(CSR_SIP, IP_SSI);
	csr_write(CSR_SIE, IP_SSI);
	send_ipi(self()->id);
	check_eq("retentive.pending", (uint64_t)suspend(SBI_HSM_SUSPEND_RETENTIVE), 0);
	for (int i = 1; i < 32; i++)
		in[i] = UINT64_C(0x0123456789abcdef) * (uint64_t)i;
	in[4] = (uintptr_t)self();
	in[10] = SBI_HSM_SUSPEND_RETENTIVE;
	in[16] = SBI_HSM_HART_SUSPEND;
	in[17] = SBI_EXT_HSM;
	csr_clear(CSR_SIP, IP_SSI);
	csr_write(CSR_SIE, IP_STI);
	timer_in(2000);
	sbi_call_regs(in, out);
	for (int i = 1; i < 32; i++)
		bad += i != 10 && i != 11 && in[i] != out[i];
	check_eq("retentive.registers", bad, 0);
	check_eq("retentive.success", out[10], 0);
	t = rdtime() + usec(3000);
	set_timer(t);
	check_eq("retentive.timer", (uint64_t)suspend(SBI_HSM_SUSPEND_RETENTIVE), 0);
	check("retentive.timer.time", rdtime() >= t);
	check("retentive.timer.pending", csr_read(CSR_SIP) & IP_STI);
	check_eq("retentive.sie", csr_read(CSR_SIE), IP_STI);
	set_timer(~0UL);
	csr_write(CSR_SIE, 0);
}

static void check_resumed(const char *name)
{
	struct hart *h = self();

	check(name, h->resumed);
	check_eq("non-retentive.a0", h->reset_a0, h->id);
	check_eq("non-retentive.satp", h->reset_satp, 0);
	check_eq("non-retentive.sie", h->reset_sstatus & SSTATUS_SIE, 0);
	h->resumed = 0;
	h->reset_a0 = h->reset_satp = ~0UL;
}

static void test_non_retentive(void)
{
	struct hart *h = self();
	struct pt pt = pt_new(3);
	uint64_t t;

	h->resumed = 0;
	csr_clear(CSR_SIP, IP_SSI);
	csr_write(CSR_SIE, IP_SSI);
	send_ipi(h->id);
	suspend_call((void *)suspend, SBI_HSM_SUSPEND_NON_RETENTIVE);
	check_resumed("non-retentive.pending");
	check("non-retentive.ipi-kept", csr_read(CSR_SIP) & IP_SSI);
	csr_clear(CSR_SIP, IP_SSI);
	csr_write(CSR_SIE, IP_STI);
	sfence_vma();
	csr_write(CSR_SATP, pt_satp(&pt, 0));
	sfence_vma();
	t = rdtime() + usec(3000);
	set_timer(t);
	suspend_call((void *)suspend, SBI_HSM_SUSPEND_NON_RETENTIVE);
	csr_write(CSR_SATP, 0);
	check("non-retentive.timer.time", rdtime() >= t);
	check_resumed("non-retentive.timer");
	check("non-retentive.timer-kept", csr_read(CSR_SIP) & IP_STI);
	/* woken by another: what was to come still comes */
	csr_write(CSR_SIE, IP_SSI);
	t = rdtime() + usec(20000);
	set_timer(t);
	send_ipi(h->id);
	suspend_call((void *)suspend, SBI_HSM_SUSPEND_NON_RETENTIVE);
	check_resumed("non-retentive.early");
	check("non-retentive.timer-armed", WAIT(csr_read(CSR_SIP) & IP_STI, 1000000));
	check("non-retentive.timer-due", rdtime() >= t);
	csr_clear(CSR_SIP, IP_SSI);
	set_timer(~0UL);
	csr_write(CSR_SIE, 0);
}

/* Suspends until an IPI comes; retentive for odd rounds. */
static void job_suspend(void *arg)
{
	unsigned *woken = arg, n = self()->index;

	for (unsigned i = 0; i < ROUNDS; i++) {
		csr_clear(CSR_SIP, IP_SSI);
		csr_write(CSR_SIE, IP_SSI);
		suspend_call((void *)suspend,
			     i & 1 ? SBI_HSM_SUSPEND_RETENTIVE : SBI_HSM_SUSPEND_NON_RETENTIVE);
		store_release(&woken[n], i + 1);
	}
}

static void test_wake_by_ipi(void)
{
	static unsigned woken[MAX_HARTS];
	unsigned asleep = 0, lost = 0;

	for (unsigned i = 1; i < machine.harts; i++)
		hart_post(i, job_suspend, woken);
	for (unsigned n = 0; n < ROUNDS; n++)
		for (unsigned i = 1; i < machine.harts; i++) {
			asleep += WAIT(status(i) == SBI_HSM_STATE_SUSPENDED, 1000000);
			send_ipi(harts[i].id);
			lost += !WAIT(load_acquire(&woken[i]) > n, 1000000);
		}
	check_eq("suspend.seen", asleep, ROUNDS * (machine.harts - 1));
	check_eq("suspend.ipi", lost, 0);
	for (unsigned i = 1; i < machine.harts; i++)
		hart_wait(i);
}

void guest_main(void)
{
	test_start_stop();
	test_retentive();
	test_non_retentive();
	test_wake_by_ipi();
}
