/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vuart: the data sheet's rules one by one, and the probe sequences of real drivers.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "vuart_owner.h"

static void test_reset(void **state)
{
	(void)state;
	assert_int_equal(in(UART_IER), 0);
	assert_int_equal(in(UART_IIR), UART_IIR_NO_INT);
	assert_int_equal(in(UART_LCR), 0);
	assert_int_equal(in(UART_MCR), 0);
	assert_int_equal(in(UART_LSR), UART_LSR_THRE | UART_LSR_TEMT);
	assert_int_equal(in(UART_MSR), UART_MSR_DCD | UART_MSR_DSR | UART_MSR_CTS);
	assert_int_equal(in(UART_RBR), 0);
	assert_false(o.level);
	out(UART_LCR, UART_LCR_DLAB);
	/* A divisor of 0 makes drivers that read it back divide by zero. */
	assert_int_not_equal(in(UART_DLL) | in(UART_DLM) << 8, 0);
}

static void test_registers_keep_their_bits(void **state)
{
	(void)state;
	out(UART_IER, 0xff);
	assert_int_equal(in(UART_IER), 0x0f);
	out(UART_MCR, 0xff);
	assert_int_equal(in(UART_MCR), 0x1f);
	out(UART_MCR, 0);
	out(UART_SCR, 0xa5);
	assert_int_equal(in(UART_SCR), 0xa5);
	out(UART_LCR, 0xff);
	assert_int_equal(in(UART_LCR), 0xff);
	out(UART_DLL, 0x34);
	out(UART_DLM, 0x12);
	assert_int_equal(in(UART_DLL), 0x34);
	assert_int_equal(in(UART_DLM), 0x12);
	out(UART_LCR, UART_LCR_8N1);
	assert_int_equal(in(UART_IER), 0x0f);
	assert_int_equal(o.nout, 0);
	out(UART_LSR, 0xff);
	out(UART_MSR, 0xff);
	assert_int_equal(in(UART_LSR)&UART_LSR_ERRORS, 0);
	for (unsigned offset = UART_NREGS; offset < 300; offset++) {
		out(offset, 0xff);
		assert_int_equal(in(offset), 0);
	}
	assert_int_equal(in(UINT32_MAX), 0);
}

static void test_tx_direct(void **state)
{
	(void)state;
	for (unsigned n = 0; n < 100; n++) {
		out(UART_THR, (uint8_t)n);
		assert_int_equal(in(UART_LSR), UART_LSR_THRE | UART_LSR_TEMT);
		assert_int_equal(o.nout, n + 1);
		assert_int_equal(o.out[n], n);
	}
}

static void test_tx_held(void **state)
{
	(void)state;
	enable_fifo(0);
	out(UART_IER, UART_IER_THRI);
	assert_int_equal(in(UART_IIR), UART_IIR_THRI | UART_IIR_FIFO);
	o.credit = 2;
	for (unsigned n = 0; n < 20; n++)
		out(UART_THR, (uint8_t)n);
	assert_int_equal(o.nout, 2);
	assert_int_equal(in(UART_LSR), 0);
	assert_false(o.level);
	o.credit = 15;
	vuart_tx_ready(u);
	assert_int_equal(o.nout, 17);
	assert_int_equal(in(UART_LSR), 0);
	assert_false(o.level);
	/* A later byte never overtakes the held ones. */
	out(UART_THR, 18);
	o.credit = 9;
	vuart_tx_ready(u);
	assert_int_equal(in(UART_LSR), UART_LSR_THRE | UART_LSR_TEMT);
	assert_true(o.level);
	assert_int_equal(in(UART_IIR), UART_IIR_THRI | UART_IIR_FIFO);
	assert_false(o.level);
	/* 18 and 19 of the loop came when 16 were held: lost. */
	assert_int_equal(o.nout, 19);
	for (unsigned n = 0; n < 19; n++)
		assert_int_equal(o.out[n], n);
}

static void test_tx_clear(void **state)
{
	(void)state;
	enable_fifo(0);
	out(UART_IER, UART_IER_THRI);
	o.credit = 0;
	out(UART_THR, 'x');
	assert_false(o.level);
	out(UART_FCR, UART_FCR_ENABLE | UART_FCR_CLEAR_TX);
	assert_true(o.level);
	assert_int_equal(in(UART_LSR), UART_LSR_THRE | UART_LSR_TEMT);
	o.credit = 10;
	vuart_tx_ready(u);
	assert_int_equal(o.nout, 0);
}

static void test_thre_interrupt(void **state)
{
	(void)state;
	out(UART_IER, UART_IER_THRI);
	assert_true(o.level);
	assert_int_equal(in(UART_IIR), UART_IIR_THRI); /* answers it */
	assert_false(o.level);
	assert_int_equal(in(UART_IIR), UART_IIR_NO_INT);
	out(UART_IER, UART_IER_THRI); /* no edge of the enable bit */
	assert_false(o.level);
	out(UART_IER, 0);
	out(UART_IER, UART_IER_THRI);
	assert_true(o.level);
	o.credit = 0;
	out(UART_THR, 'x'); /* answers it too */
	assert_false(o.level);
	out(UART_IER, 0);
	out(UART_IER, UART_IER_THRI); /* not empty: nothing to report */
	assert_false(o.level);
	o.credit = 1;
	vuart_tx_ready(u);
	assert_true(o.level);
	/* IIR shows a higher one: the THRE interrupt stays. */
	out(UART_IER, UART_IER_THRI | UART_IER_RDI);
	assert_true(vuart_rx(u, 1));
	assert_int_equal(in(UART_IIR), UART_IIR_RDI);
	assert_int_equal(in(UART_RBR), 1);
	assert_int_equal(in(UART_IIR), UART_IIR_THRI);
	assert_int_equal(in(UART_IIR), UART_IIR_NO_INT);
}

static void test_tx_rest(void **state)
{
	(void)state;
	out(UART_IER, UART_IER_THRI);
	vuart_tx_rest(u, true);
	assert_int_equal(in(UART_IIR), UART_IIR_THRI); /* from before */
	out(UART_THR, 'a');
	assert_int_equal(o.nout, 1);
	assert_int_equal(in(UART_LSR), UART_LSR_THRE | UART_LSR_TEMT);
	assert_false(o.level);
	vuart_tx_rest(u, false);
	assert_true(o.level);
	assert_int_equal(in(UART_IIR), UART_IIR_THRI);
	vuart_tx_rest(u, true);
	vuart_tx_rest(u, false); /* nothing was written meanwhile */
	assert_false(o.level);
	vuart_tx_rest(u, true);
	out(UART_THR, 'b');
	out(UART_IER, 0);
	out(UART_IER, UART_IER_THRI); /* Linux tests for this, at any time */
	assert_int_equal(in(UART_IIR), UART_IIR_THRI);
	vuart_tx_rest(u, false); /* that was the one */
	assert_false(o.level);
	vuart_tx_rest(u, true);
	o.credit = 0;
	out(UART_THR, 'c');
	vuart_tx_rest(u, false); /* the byte has not left: the interrupt comes when it does */
	assert_false(o.level);
	o.credit = 1;
	vuart_tx_ready(u);
	assert_true(o.level);
}

static void test_rx_fifo(void **state)
{
	static const uint8_t trigger[] = {1, 4, 8, 14};

	(void)state;
	for (unsigned t = 0; t < 4; t++) {
		reset(NULL);
		out(UART_IER, UART_IER_RDI);
		enable_fifo(t);
		for (unsigned n = 0; n < 16; n++) {
			assert_int_equal(vuart_rx_space(u), 16 - n);
			assert_true(vuart_rx(u, (uint8_t)(n + 1)));
			assert_true(o.level);
			assert_int_equal(in(UART_IIR)&UART_IIR_ID_MASK,
					 n + 1 >= trigger[t] ? UART_IIR_RDI : UART_IIR_TIMEOUT);
		}
		assert_false(vuart_rx(u, 99));
		assert_int_equal(in(UART_LSR), UART_LSR_THRE | UART_LSR_TEMT | UART_LSR_DR);
		for (unsigned n = 0; n < 16; n++) {
			assert_true(o.level);
			assert_int_equal(in(UART_RBR), n + 1);
		}
		assert_int_equal(o.room, 1);
		assert_false(o.level);
		assert_int_equal(in(UART_LSR), UART_LSR_THRE | UART_LSR_TEMT);
	}
}

static void test_rx_without_fifo(void **state)
{
	(void)state;
	assert_int_equal(vuart_rx_space(u), 1);
	assert_true(vuart_rx(u, 'a'));
	assert_false(vuart_rx(u, 'b'));
	assert_int_equal(in(UART_RBR), 'a');
	assert_int_equal(o.room, 1);
	assert_true(vuart_rx(u, 'b'));
	/* Switching the FIFOs on empties them, and makes room. */
	enable_fifo(0);
	assert_int_equal(o.room, 2);
	assert_int_equal(in(UART_LSR)&UART_LSR_DR, 0);
	assert_int_equal(vuart_rx_space(u), 16);
	/* So does the clear bit, and switching off. */
	while (vuart_rx(u, 'c'))
		;
	out(UART_FCR, UART_FCR_ENABLE | UART_FCR_CLEAR_RX);
	assert_int_equal(o.room, 3);
	while (vuart_rx(u, 'd'))
		;
	out(UART_FCR, UART_FCR_CLEAR_RX | 0xc0); /* without bit 0 the others do not count */
	assert_int_equal(o.room, 4);
	assert_int_equal(in(UART_IIR), UART_IIR_NO_INT);
	assert_int_equal(vuart_rx_space(u), 1);
}

static void test_break(void **state)
{
	(void)state;
	enable_fifo(3);
	out(UART_IER, UART_IER_RLSI);
	assert_true(vuart_rx(u, 'a'));
	vuart_break(u);
	assert_true(vuart_rx(u, 'b'));
	/* An error is shown when its character is at the top, not before. */
	assert_false(o.level);
	assert_int_equal(in(UART_LSR) & ~0x60, UART_LSR_DR | UART_LSR_FIFOE);
	assert_int_equal(in(UART_RBR), 'a');
	assert_true(o.level);
	assert_int_equal(in(UART_IIR), UART_IIR_RLSI | UART_IIR_FIFO);
	assert_int_equal(in(UART_LSR) & ~0x60, UART_LSR_DR | UART_LSR_BI | UART_LSR_FIFOE);
	assert_false(o.level);
	assert_int_equal(in(UART_LSR) & ~0x60, UART_LSR_DR);
	assert_int_equal(in(UART_RBR), 0);
	assert_int_equal(in(UART_RBR), 'b');
	while (vuart_rx(u, 'c'))
		;
	vuart_break(u); /* no room: overrun, what is there stays */
	assert_int_equal(in(UART_LSR) & ~0x60, UART_LSR_DR | UART_LSR_OE);
	assert_int_equal(vuart_rx_space(u), 0);
}

static void test_modem(void **state)
{
	(void)state;
	out(UART_IER, UART_IER_MSI);
	assert_false(o.level);
	out(UART_MCR, UART_MCR_LOOP); /* DCD, DSR, CTS go away */
	assert_true(o.level);
	assert_int_equal(in(UART_IIR), UART_IIR_MSI);
	assert_int_equal(in(UART_MSR), UART_MSR_DDCD | UART_MSR_DDSR | UART_MSR_DCTS);
	assert_false(o.level);
	out(UART_MCR, UART_MCR_LOOP | UART_MCR_OUT1);
	assert_int_equal(in(UART_MSR), UART_MSR_RI); /* RI: only its end counts */
	out(UART_MCR, UART_MCR_LOOP);
	assert_int_equal(in(UART_MSR), UART_MSR_TERI);
	out(UART_MCR, UART_MCR_LOOP | UART_MCR_DTR);
	assert_int_equal(in(UART_MSR), UART_MSR_DSR | UART_MSR_DDSR);
	out(UART_MCR, UART_MCR_LOOP | UART_MCR_RTS);
	assert_int_equal(in(UART_MSR), UART_MSR_CTS | UART_MSR_DDSR | UART_MSR_DCTS);
	assert_int_equal(in(UART_MSR), UART_MSR_CTS);
}

static void test_loopback_keeps_the_line_apart(void **state)
{
	(void)state;
	enable_fifo(0);
	assert_true(vuart_rx(u, 'a'));
	o.credit = 0;
	out(UART_THR, 'h');
	out(UART_MCR, UART_MCR_LOOP);
	assert_int_equal(vuart_rx_space(u), 0);
	assert_false(vuart_rx(u, 'x'));
	vuart_break(u);
	out(UART_THR, 'l');
	out(UART_LCR, UART_LCR_BREAK);
	assert_int_equal(in(UART_RBR), 'a');
	assert_int_equal(in(UART_RBR), 'l');
	assert_int_equal(in(UART_LSR), UART_LSR_DR | UART_LSR_BI | UART_LSR_FIFOE);
	assert_int_equal(in(UART_RBR), 0);
	assert_int_equal(in(UART_LSR), 0);
	assert_int_equal(o.room, 0);
	out(UART_MCR, 0);
	assert_int_equal(o.room, 1);
	/* What was written before the loopback still leaves. */
	o.credit = 5;
	vuart_tx_ready(u);
	assert_int_equal(o.nout, 1);
	assert_int_equal(o.out[0], 'h');
}

/* The steps by which Linux's 8250 driver finds out that this is a plain, sound 16550A. */
static void test_linux_autoconfig(void **state)
{
	uint8_t mcr, first, second;

	(void)state;
	out(UART_IER, 0);
	assert_int_equal(in(UART_IER)&0x0f, 0);
	out(UART_IER, 0x0f);
	assert_int_equal(in(UART_IER)&0x0f, 0x0f);
	out(UART_IER, 0);
	mcr = in(UART_MCR);
	out(UART_MCR, UART_MCR_LOOP | UART_MCR_OUT2 | UART_MCR_RTS);
	assert_int_equal(in(UART_MSR)&0xf0, UART_MSR_DCD | UART_MSR_CTS);
	out(UART_MCR, mcr);
	out(UART_LCR, 0xbf); /* an enhanced feature register would answer at 2 */
	out(UART_FCR, 0);
	out(UART_LCR, 0);
	out(UART_FCR, UART_FCR_ENABLE);
	assert_int_equal(in(UART_IIR) >> 6, 3);
	out(UART_LCR, UART_LCR_DLAB);
	assert_int_not_equal(in(2), 0); /* not a 16650 */
	out(UART_LCR, 0xbf);
	assert_int_not_equal(in(2), 0);
	out(UART_LCR, 0);
	out(UART_FCR, UART_FCR_ENABLE | 0x20); /* not a 16750 */
	first = in(UART_IIR)&0xe0;
	out(UART_FCR, UART_FCR_ENABLE);
	out(UART_LCR, UART_LCR_DLAB);
	out(UART_FCR, UART_FCR_ENABLE | 0x20);
	second = in(UART_IIR)&0xe0;
	out(UART_LCR, 0);
	assert_int_equal(first, 0xc0);
	assert_int_equal(second, 0xc0);
	out(UART_IER, 0x40); /* not an XScale */
	assert_int_equal(in(UART_IER)&0x40, 0);
}

static void test_linux_fifo_size(void **state)
{
	unsigned count = 0;

	(void)state;
	out(UART_FCR, UART_FCR_ENABLE | UART_FCR_CLEAR_RX | UART_FCR_CLEAR_TX);
	out(UART_MCR, UART_MCR_LOOP);
	out(UART_LCR, UART_LCR_8N1);
	for (unsigned n = 0; n < 256; n++)
		out(UART_THR, (uint8_t)n);
	while (in(UART_LSR)&UART_LSR_DR)
		assert_int_equal(in(UART_RBR), count++);
	assert_int_equal(count, 16);
	assert_int_equal(o.nout, 0);
}

static void test_freebsd_fifo_size(void **state)
{
	unsigned count = 0;

	(void)state;
	enable_fifo(0);
	out(UART_MCR, UART_MCR_LOOP | UART_MCR_DTR | UART_MCR_RTS);
	for (uint8_t lsr = 0; !(lsr & UART_LSR_OE) && count < 260; count++) {
		out(UART_THR, 0);
		lsr = in(UART_LSR);
		assert_true(lsr & UART_LSR_TEMT);
	}
	assert_int_equal(count - 1, 16);
	/* Without FIFOs the register is overwritten. */
	out(UART_FCR, 0);
	out(UART_THR, 1);
	out(UART_THR, 2);
	assert_int_equal(in(UART_LSR) & ~0x60, UART_LSR_DR | UART_LSR_OE);
	assert_int_equal(in(UART_RBR), 2);
	assert_int_equal(in(UART_LSR) & ~0x60, 0);
}

/* The start-up tests for a lost re-raise of THRE, and for a transmit interrupt that never comes. */
static void test_linux_startup(void **state)
{
	(void)state;
	enable_fifo(0);
	out(UART_IER, UART_IER_THRI);
	in(UART_IIR);
	out(UART_IER, 0);
	out(UART_IER, UART_IER_THRI);
	assert_int_equal(in(UART_IIR)&UART_IIR_ID_MASK, UART_IIR_THRI);
	out(UART_IER, 0);
	out(UART_IER, UART_IER_THRI);
	assert_true(in(UART_LSR)&UART_LSR_TEMT);
	assert_int_equal(in(UART_IIR)&UART_IIR_NO_INT, 0);
	out(UART_IER, 0);
	assert_false(o.level);
}

/* --- an owner that feeds from inside rx_room() --------------------------------------------- */

static unsigned fed;

static void feed(void *ctx)
{
	struct owner *owner = ctx;

	while (fed < 1000 && vuart_rx(&owner->u, (uint8_t)fed))
		fed++;
}

static void test_backpressure_loses_nothing(void **state)
{
	static const struct vuart_ops feeding = {owner_tx, owner_irq, feed};
	unsigned got = 0;

	(void)state;
	fed = 0;
	vuart_init(u, &feeding, &o);
	enable_fifo(2);
	out(UART_IER, UART_IER_RDI);
	feed(&o);
	while (o.level) {
		assert_true(in(UART_LSR)&UART_LSR_DR);
		assert_int_equal(in(UART_RBR), (uint8_t)got);
		got++;
	}
	assert_int_equal(got, 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_reset),
		TEST(test_registers_keep_their_bits),
		TEST(test_tx_direct),
		TEST(test_tx_held),
		TEST(test_tx_clear),
		TEST(test_thre_interrupt),
		TEST(test_tx_rest),
		TEST(test_rx_fifo),
		TEST(test_rx_without_fifo),
		TEST(test_break),
		TEST(test_modem),
		TEST(test_loopback_keeps_the_line_apart),
		TEST(test_linux_autoconfig),
		TEST(test_linux_fifo_size),
		TEST(test_freebsd_fifo_size),
		TEST(test_linux_startup),
		TEST(test_backpressure_loses_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
