/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Timer and software interrupts: pending bits, order, WFI, 10,000 one-shot timers on every hart of
 * which none may be lost or early (a set_timer followed by a reschedule is where hypervisors lose
 * one), and IPIs back and forth between all harts.
 */
#include "lib.h"

#define TIMERS	 10000
#define ROUNDS	 400	 /* of the ring, shared out too */
#define TOO_LATE 1000000 /* microseconds */

static bool pending(uint64_t bits)
{
	return (csr_read(CSR_SIP) & bits) == bits;
}

static void arm(bool direct, uint64_t when)
{
	if (direct)
		csr_write(CSR_STIMECMP, when);
	else
		set_timer(when);
}

static void test_pending(bool direct)
{
	uint64_t t;

	arm(direct, 0);
	check("timer.past", WAIT(pending(IP_STI), 1000));
	csr_clear(CSR_SIP, IP_STI);
	check("timer.read-only", pending(IP_STI));
	arm(direct, ~0UL);
	check("timer.cancel", !pending(IP_STI));
	t = rdtime() + usec(1000);
	arm(direct, t);
	arm(direct, t + usec(1000));
	check("timer.replace", !pending(IP_STI) || rdtime() >= t + usec(1000));
	check("timer.replaced", WAIT(pending(IP_STI), 100000) && rdtime() >= t + usec(1000));
	arm(direct, ~0UL);
	csr_set(CSR_SIP, IP_SSI);
	check("sip.set", pending(IP_SSI));
	csr_clear(CSR_SIP, IP_SSI);
	check("sip.clear", !pending(IP_SSI));
	csr_set(CSR_SIP, IP_SEI | IP_STI);
	check("sip.others-read-only", !(csr_read(CSR_SIP) & (IP_SEI | IP_STI)));
}

static void test_wfi(void)
{
	struct hart *h = self();
	uint64_t count = h->irq_count[IRQ_SSI], t;

	csr_set(CSR_SIP, IP_SSI);
	csr_write(CSR_SIE, IP_SSI);
	for (int i = 0; i < 100; i++)
		wfi();
	check("wfi.pending", pending(IP_SSI) && h->irq_count[IRQ_SSI] == count);
	csr_clear(CSR_SIP, IP_SSI);
	csr_write(CSR_SIE, IP_STI);
	t = rdtime() + usec(2000);
	set_timer(t);
	while (!pending(IP_STI)) /* WFI may return for no reason */
		wfi();
	check("wfi.masked", rdtime() >= t && !h->irq_count[IRQ_STI]);
	set_timer(~0UL);
	csr_write(CSR_SIE, 0);
}

static unsigned order[4], orders;

static void note_ssi(struct hart *h, struct trap_frame *f)
{
	(void)h;
	(void)f;
	csr_clear(CSR_SIP, IP_SSI);
	order[orders++ & 3] = IRQ_SSI;
}

static void note_sti(struct hart *h, struct trap_frame *f)
{
	(void)h;
	(void)f;
	set_timer(~0UL);
	order[orders++ & 3] = IRQ_STI;
}

static void test_order(void)
{
	struct hart *h = self();

	h->irq[IRQ_SSI] = note_ssi;
	h->irq[IRQ_STI] = note_sti;
	set_timer(0);
	csr_set(CSR_SIP, IP_SSI);
	WAIT(pending(IP_STI | IP_SSI), 1000);
	csr_write(CSR_SIE, IP_SSI | IP_STI);
	irq_on();
	irq_off();
	check_eq("order.taken", orders, 2);
	check("order.ssi-first", order[0] == IRQ_SSI && order[1] == IRQ_STI);
	csr_write(CSR_SIE, IP_STI);
	csr_set(CSR_SIP, IP_SSI);
	irq_on();
	irq_off();
	check("order.disabled", orders == 2 && pending(IP_SSI));
	csr_clear(CSR_SIP, IP_SSI);
	csr_write(CSR_SIE, 0);
}

/* --- many one-shot timers --- */
static struct timers {
	uint64_t due, fired, worst;
	unsigned early, lost, done;
	bool direct;
} timers[MAX_HARTS];

static void timer_fired(struct hart *h, struct trap_frame *f)
{
	struct timers *t = &timers[h->index];

	(void)f;
	t->fired = rdtime();
	arm(t->direct, ~0UL);
}

/* One timer, waited for with interrupts on (WFI or spinning) or off (WFI, then the pending bit). */
static void one_timer(struct hart *h, struct timers *t, uint64_t v)
{
	t->fired = 0;
	t->direct = machine.sstc && (v & 4);
	t->due = rdtime() + usec(v >> 8 & 127);
	arm(t->direct, t->due);
	switch (v & 3) {
	case 0:
		irq_on();
		t->lost += !WAIT(*(volatile uint64_t *)&t->fired, TOO_LATE);
		irq_off();
		break;
	case 1:
		while (!*(volatile uint64_t *)&t->fired) {
			if (!pending(IP_STI))
				wfi();
			irq_on();
			irq_off();
		}
		break;
	default:
		while (!pending(IP_STI))
			wfi();
		timer_fired(h, NULL);
	}
	if (t->fired && t->fired < t->due)
		t->early++;
	if (t->fired > t->due && t->fired - t->due > t->worst)
		t->worst = t->fired - t->due;
	t->done++;
}

static void job_timers(void *arg)
{
	struct hart *h = self();
	struct rng r = {h->index + 77};

	(void)arg;
	h->irq[IRQ_STI] = timer_fired;
	csr_write(CSR_SIE, IP_STI);
	for (unsigned i = 0; i < TIMERS / machine.harts; i++)
		one_timer(h, &timers[h->index], rng_next(&r));
	csr_write(CSR_SIE, 0);
}

static void test_timers(void)
{
	run_all(job_timers, NULL);
	for (unsigned i = 0; i < machine.harts; i++) {
		print("# hart %u: latest by %lu us\n", i,
		      timers[i].worst * 1000000 / machine.timebase);
		check_eq("timers.all", timers[i].done, TIMERS / machine.harts);
		check_eq("timers.lost", timers[i].lost, 0);
		check_eq("timers.early", timers[i].early, 0);
	}
}

/* --- IPIs in a ring: hart i sends to i + 1 when it got one --- */
static unsigned ball, got[MAX_HARTS];
static bool spinning;

static void ring_ipi(struct hart *h, struct trap_frame *f)
{
	(void)f;
	csr_clear(CSR_SIP, IP_SSI);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (load_acquire(&ball) % machine.harts != h->index ||
	    load_acquire(&ball) >= ROUNDS / machine.harts * machine.harts)
		return;
	got[h->index]++;
	atomic_add(&ball, 1);
	send_ipi(harts[(h->index + 1) % machine.harts].id);
}

/* A spinning hart sees that the ball lies still, and who has it: whether that hart runs, and what
 * it has pending. */
static uint64_t turns[MAX_HARTS], last_sip[MAX_HARTS];

static void watch_ring(struct hart *h, uint64_t *since, unsigned *seen)
{
	turns[h->index]++;
	last_sip[h->index] = csr_read(CSR_SIP);
	if (*seen != load_acquire(&ball)) {
		*seen = load_acquire(&ball);
		*since = rdtime();
	}
	if (rdtime() - *since < usec(10000000) || h->index)
		return;
	for (unsigned i = 0; i < machine.harts; i++)
		print("# hart %u: %lu turns, sip %lx\n", i, turns[i], last_sip[i]);
	die("ring.spin: the ball lies still at %u, hart %u", *seen, *seen % machine.harts);
}

static void job_ring(void *arg)
{
	struct hart *h = self();
	uint64_t since = rdtime();
	unsigned seen = 0;

	(void)arg;
	got[h->index] = 0;
	h->irq[IRQ_SSI] = ring_ipi;
	csr_write(CSR_SIE, IP_SSI);
	barrier();
	if (!h->index)
		send_ipi(h->id);
	while (load_acquire(&ball) < ROUNDS / machine.harts * machine.harts) {
		if (!spinning && !pending(IP_SSI))
			wfi();
		irq_on();
		irq_off();
		if (spinning)
			watch_ring(h, &since, &seen);
	}
	sbi(SBI_EXT_IPI, SBI_IPI_SEND_IPI, 0, ~0UL); /* wakes those in WFI, for the end */
	barrier();
	csr_clear(CSR_SIP, IP_SSI);
	csr_write(CSR_SIE, 0);
}

static void test_ring(bool spin, const char *name)
{
	unsigned bad = 0;

	ball = 0;
	spinning = spin;
	run_all(job_ring, NULL);
	for (unsigned i = 0; i < machine.harts; i++)
		bad += got[i] != ROUNDS / machine.harts;
	check_eq(name, bad, 0);
}

void guest_main(void)
{
	test_pending(false);
	if (machine.sstc)
		test_pending(true);
	else
		skip("timer.direct", "no Sstc");
	test_wfi();
	test_order();
	smp_init();
	test_timers();
	test_ring(false, "ring.wfi");
	test_ring(true, "ring.spin");
}
