/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PLIC and ns16550: the UART's interrupts (THRE, and RX in its loopback mode, so nobody has to
 * type) through claim and complete, enable, threshold, priority, level semantics, and routing to
 * every hart's S-mode context.
 *
 * Nothing is printed while the UART is looped back or has interrupts enabled: natively the console
 * is this very UART.
 */
#include "lib.h"

#define RBR 0
#define THR 0
#define IER 1
#define IIR 2
#define FCR 2
#define LCR 3
#define MCR 4
#define LSR 5
#define SCR 7

#define IER_RX	 1
#define IER_THRE 2
#define MCR_OUT2 8
#define MCR_LOOP 16
#define LSR_DR	 1

static uint8_t ur(unsigned r)
{
	return mmio_read(uint8_t, machine.uart + r);
}

static void uw(unsigned r, uint8_t v)
{
	mmio_write(uint8_t, machine.uart + r, v);
}

static volatile uint32_t *prio(uint32_t irq)
{
	return (volatile uint32_t *)(machine.plic + 4 * irq);
}

static bool is_pending(uint32_t irq)
{
	return mmio_read(uint32_t, machine.plic + 0x1000 + irq / 32 * 4) >> irq % 32 & 1;
}

static volatile uint32_t *enables(int ctx, uint32_t irq)
{
	return (volatile uint32_t *)(machine.plic + 0x2000 + 0x80 * (uint64_t)ctx + irq / 32 * 4);
}

static volatile uint32_t *threshold(int ctx)
{
	return (volatile uint32_t *)(machine.plic + 0x200000 + 0x1000 * (uint64_t)ctx);
}

static volatile uint32_t *claim(int ctx)
{
	return threshold(ctx) + 1;
}

static int ctx_of(unsigned hart)
{
	return plic_context(harts[hart].id, IRQ_SEI);
}

static void enable(int ctx, bool on)
{
	uint32_t irq = machine.uart_irq;

	if (on)
		*enables(ctx, irq) |= 1u << irq % 32;
	else
		*enables(ctx, irq) &= ~(1u << irq % 32);
}

static bool sei(void)
{
	return csr_read(CSR_SIP) & IP_SEI;
}

/* UART quiet, nothing pending in the PLIC. */
static void quiet(void)
{
	int ctx = ctx_of(0);

	uw(IER, 0);
	uw(MCR, MCR_OUT2);
	for (int n = 0; n < 256 && (ur(LSR) & LSR_DR); n++)
		ur(RBR);
	ur(IIR);
	*prio(machine.uart_irq) = 1;
	*threshold(ctx) = 0;
	enable(ctx, true);
	for (uint32_t id; (id = *claim(ctx));)
		*claim(ctx) = id;
	for (unsigned i = 0; i < machine.harts; i++) {
		enable(ctx_of(i), false);
		*threshold(ctx_of(i)) = 0;
	}
}

static void test_registers(void)
{
	int ctx = ctx_of(0);
	uint32_t irq = machine.uart_irq;

	*prio(irq) = 3;
	check_eq("reg.priority", *prio(irq), 3);
	*prio(0) = 1;
	check_eq("reg.priority.0", *prio(0), 0);
	*threshold(ctx) = 2;
	check_eq("reg.threshold", *threshold(ctx), 2);
	*enables(ctx, 0) = ~0u;
	check("reg.enable.1", *enables(ctx, 0) & 2);
	if (machine.native)
		skip("reg.enable.0", "QEMU's PLIC lets source 0 be enabled");
	else
		check_eq("reg.enable.0", *enables(ctx, 0) & 1, 0);
	*enables(ctx, 0) = 0;
	check_eq("reg.enable.clear", *enables(ctx, 0), 0);
	*threshold(ctx) = 0;
	check_eq("reg.claim.none", *claim(ctx), 0);
	*claim(ctx) = irq; /* never claimed: ignored */
	*claim(ctx) = 0;
	*claim(ctx) = ~0u;
	check_eq("reg.complete.unclaimed", *claim(ctx), 0);
}

/* The THRE interrupt: raised by enabling it while the holding register is empty, cleared by reading
 * IIR. */
static void test_thre(void)
{
	int ctx = ctx_of(0);
	uint32_t irq = machine.uart_irq, id, id2, iir, iir2;
	bool up, down, again, pend;

	quiet();
	enable(ctx, true);
	uw(IER, IER_THRE);
	up = WAIT(sei(), 100000);
	pend = is_pending(irq);
	id = *claim(ctx);
	down = !sei() && !is_pending(irq);
	id2 = *claim(ctx);
	iir = ur(IIR) & 15;
	iir2 = ur(IIR) & 15;
	*claim(ctx) = id;
	again = sei();
	quiet();
	check("thre.sei", up);
	check("thre.pending", pend);
	check_eq("thre.claim", id, irq);
	check("thre.claimed", down);
	check_eq("thre.claim-twice", id2, 0);
	check_eq("thre.iir", iir, 2);
	check_eq("thre.iir.cleared", iir2, 1);
	check("thre.complete", !again);
}

static void test_gating(void)
{
	int ctx = ctx_of(0);
	uint32_t irq = machine.uart_irq, id;
	bool disabled, enabled, over, under, zero, one;

	quiet();
	uw(IER, IER_THRE);
	WAIT(is_pending(irq), 100000);
	disabled = sei();
	enable(ctx, true);
	enabled = sei() || machine.native; /* QEMU's PLIC notices only at its next change */
	*threshold(ctx) = 1;
	over = sei();
	*threshold(ctx) = 0;
	under = sei();
	*prio(irq) = 0;
	zero = sei() || *claim(ctx);
	*prio(irq) = 1;
	one = sei();
	id = *claim(ctx);
	*claim(ctx) = id;
	quiet();
	check("gate.disabled", !disabled);
	check("gate.enabled", enabled);
	check("gate.threshold", !over);
	check("gate.threshold-lowered", under);
	check("gate.priority-0", !zero);
	check("gate.priority-1", one);
}

/* A level that stays up comes back after completion; one that went away does not. */
static void test_level(void)
{
	int ctx = ctx_of(0);
	uint32_t id, back = 0;
	bool gone;

	quiet();
	enable(ctx, true);
	uw(MCR, MCR_OUT2 | MCR_LOOP);
	uw(IER, IER_RX);
	uw(THR, 'x');
	WAIT(sei(), 100000);
	for (int i = 0; i < 10; i++) {
		id = *claim(ctx);
		*claim(ctx) = id;
		back += id == machine.uart_irq && sei();
	}
	id = *claim(ctx);
	ur(RBR);
	*claim(ctx) = id;
	gone = !sei() && !*claim(ctx);
	quiet();
	if (machine.native)
		skip("level.again", "QEMU's PLIC does not look at the level on completion");
	else
		check_eq("level.again", back, 10);
	check("level.gone", gone);
}

static void test_rx(void)
{
	int ctx = ctx_of(0);
	uint32_t id, iir, bad = 0;
	uint8_t c;
	bool up, dr, nodr, scr;

	quiet();
	enable(ctx, true);
	uw(MCR, MCR_OUT2 | MCR_LOOP);
	uw(IER, IER_RX);
	uw(THR, 'A');
	up = WAIT(sei(), 100000);
	id = *claim(ctx);
	iir = ur(IIR) & 15;
	dr = ur(LSR) & LSR_DR;
	c = ur(RBR);
	nodr = !(ur(LSR) & LSR_DR);
	*claim(ctx) = id;
	uw(IER, 0);
	uw(FCR, 0x07); /* FIFOs on and empty, trigger at one byte */
	for (int i = 0; i < 16; i++) {
		uw(THR, (uint8_t)('a' + i));
		WAIT(ur(LSR) & 0x20, 10000);
	}
	for (int i = 0; i < 16; i++) {
		bad += !WAIT(ur(LSR) & LSR_DR, 10000);
		bad += ur(RBR) != 'a' + i;
	}
	bad += ur(LSR) & LSR_DR;
	uw(SCR, 0xa5);
	scr = ur(SCR) == 0xa5;
	quiet();
	check("rx.sei", up);
	check_eq("rx.claim", id, machine.uart_irq);
	check("rx.iir", iir == 4 || iir == 12); /* 12: one byte in a FIFO with a higher trigger */
	check("rx.data-ready", dr && nodr);
	check_eq("rx.byte", c, 'A');
	check_eq("rx.fifo", bad, 0);
	check("uart.scratch", scr);
}

/* --- routing --- */
static unsigned taken[MAX_HARTS], spurious[MAX_HARTS];
static unsigned total;

static void take(struct hart *h, struct trap_frame *f)
{
	int ctx = ctx_of(h->index);
	uint32_t id = *claim(ctx);

	(void)f;
	if (!id) {
		spurious[h->index]++;
		return;
	}
	if (ur(LSR) & LSR_DR) {
		ur(RBR);
		taken[h->index]++;
		*claim(ctx) = id;
		atomic_add(&total, 1);
		return;
	}
	spurious[h->index]++; /* the level fell between its rise and the claim */
	*claim(ctx) = id;
}

static bool stop;

static void job_listen(void *arg)
{
	(void)arg;
	self()->irq[IRQ_SEI] = take;
	csr_write(CSR_SIE, IP_SEI | IP_SSI);
	while (!load_acquire(&stop)) {
		if (!sei())
			wfi();
		csr_clear(CSR_SIP, IP_SSI);
		csr_write(CSR_SIE, IP_SEI);
		irq_on();
		irq_off();
		csr_write(CSR_SIE, IP_SEI | IP_SSI);
	}
	csr_write(CSR_SIE, 0);
}

#define BYTES 200

/* Sends bytes to itself through the loopback; harts in `mask` are enabled. Returns how many
 * interrupts were taken. */
static unsigned send_bytes(uint64_t mask)
{
	unsigned lost = 0;

	quiet();
	total = 0;
	for (unsigned i = 0; i < machine.harts; i++) {
		taken[i] = 0;
		enable(ctx_of(i), mask >> i & 1);
	}
	uw(MCR, MCR_OUT2 | MCR_LOOP);
	uw(IER, IER_RX);
	for (unsigned n = 0; n < BYTES && !lost; n++) {
		uw(THR, (uint8_t)n);
		lost += !WAIT(load_acquire(&total) > n, 1000000);
	}
	quiet();
	return total;
}

static void test_routing(void)
{
	stop = false;
	for (unsigned i = 1; i < machine.harts; i++)
		hart_post(i, job_listen, NULL);
	self()->irq[IRQ_SEI] = take;
	csr_write(CSR_SIE, IP_SEI);
	irq_on();
	for (unsigned i = 0; i < machine.harts; i++) {
		unsigned n = send_bytes(1UL << i);

		check_eq("route.all-taken", n, BYTES);
		check_eq("route.right-hart", taken[i], BYTES);
	}
	check_eq("route.shared", send_bytes((1UL << machine.harts) - 1), BYTES);
	irq_off();
	csr_write(CSR_SIE, 0);
	store_release(&stop, true);
	sbi(SBI_EXT_IPI, SBI_IPI_SEND_IPI, 0, ~0UL);
	csr_clear(CSR_SIP, IP_SSI);
	for (unsigned i = 1; i < machine.harts; i++)
		hart_wait(i);
}

void guest_main(void)
{
	if (!machine.plic || !machine.uart || !machine.uart_irq)
		die("no PLIC or no UART with an interrupt in the device tree");
	for (unsigned i = 0; i < machine.harts; i++) {
		check("context", ctx_of(i) >= 0);
		if (ctx_of(i) < 0)
			die("hart %lu has no S-mode context", harts[i].id);
	}
	test_registers();
	test_thre();
	test_gating();
	test_level();
	test_rx();
	smp_init();
	test_routing();
}
