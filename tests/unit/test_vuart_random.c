/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vuart: random histories of accesses, arriving bytes and a slow owner, against a naive model that
 * recomputes everything from queues.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "vuart_owner.h"

struct model {
	uint8_t ier, lcr, mcr, scr, dll, dlm, deltas;
	bool fifo, oe, bi, thre_pending, thre_held, rests;
	unsigned trigger;
	unsigned nrx, ntx;
	uint8_t rx[17], tx[16];
	bool brk[17];
	uint8_t sent[1024];
	unsigned nsent, credit, room;
};

static struct model m;

static unsigned m_depth(void)
{
	return m.fifo ? 16 : 1;
}

static unsigned m_space(void)
{
	return m.mcr & 0x10 ? 0 : m_depth() - m.nrx;
}

static uint8_t m_lines(void)
{
	if (!(m.mcr & 0x10))
		return 0xb0;
	return (uint8_t)((m.mcr & 1) << 5 | (m.mcr & 2) << 3 | (m.mcr & 0xc) << 4);
}

static uint8_t m_lsr(void)
{
	bool queued = m.bi;

	for (unsigned n = 0; n < m.nrx; n++)
		queued |= m.brk[n];
	return (uint8_t)((m.nrx > 0) | m.oe << 1 | m.bi << 4 | (m.ntx == 0 ? 0x60 : 0) |
			 (m.fifo && queued) << 7);
}

static uint8_t m_iir(void)
{
	uint8_t fifo = m.fifo ? 0xc0 : 0;

	if ((m.ier & 4) && (m.oe || m.bi))
		return fifo | 6;
	if ((m.ier & 1) && m.nrx > 0)
		return fifo | (m.nrx < m.trigger ? 12 : 4);
	if ((m.ier & 2) && m.thre_pending)
		return fifo | 2;
	if ((m.ier & 8) && m.deltas)
		return fifo | 0;
	return fifo | 1;
}

static void m_arrive(uint8_t byte, bool brk)
{
	if (m.nrx == m_depth()) {
		m.oe = true;
		if (m.fifo)
			return;
		m.nrx = 0;
	}
	m.rx[m.nrx] = byte;
	m.brk[m.nrx++] = brk;
}

static void m_thre(void)
{
	m.thre_pending = !m.rests;
	m.thre_held = m.rests;
}

static void m_send(void)
{
	while (m.ntx && m.credit) {
		m.credit--;
		m.sent[m.nsent++ % sizeof(m.sent)] = m.tx[0];
		memmove(m.tx, m.tx + 1, --m.ntx);
		if (m.ntx == 0)
			m_thre();
	}
}

static uint8_t m_pop(void)
{
	uint8_t byte = m.rx[0];

	if (m.nrx == 0)
		return 0;
	m.nrx--;
	memmove(m.rx, m.rx + 1, 16);
	memmove(m.brk, m.brk + 1, 16);
	return byte;
}

static uint8_t m_read(unsigned offset)
{
	uint8_t v = 0;

	switch (offset) {
	case 0:
		return m.lcr & 0x80 ? m.dll : m_pop();
	case 1:
		return m.lcr & 0x80 ? m.dlm : m.ier;
	case 2:
		v = m_iir();
		if ((v & 15) == 2)
			m.thre_pending = false;
		return v;
	case 3:
		return m.lcr;
	case 4:
		return m.mcr;
	case 5:
		v = m_lsr();
		m.oe = m.bi = false;
		return v;
	case 6:
		v = m_lines() | m.deltas;
		m.deltas = 0;
		return v;
	case 7:
		return m.scr;
	}
	return 0;
}

static void m_write_thr(uint8_t v)
{
	m.thre_pending = false;
	m.thre_held = m.rests;
	if (m.mcr & 0x10) {
		m_arrive(v, false);
		if (m.ntx == 0)
			m_thre();
	} else if (m.ntx < 16) {
		bool was_empty = m.ntx == 0;

		m.tx[m.ntx++] = v;
		if (was_empty)
			m_send();
	}
}

static void m_write_fcr(uint8_t v)
{
	bool on = v & 1, toggled = on != m.fifo;

	m.fifo = on;
	if (toggled || (on && (v & 2))) {
		m.nrx = 0;
		m.bi = false;
	}
	if (toggled || (on && (v & 4))) {
		if (m.ntx)
			m_thre();
		m.ntx = 0;
	}
	m.trigger = !on ? 1 : (v >> 6) == 0 ? 1 : (v >> 6) == 1 ? 4 : (v >> 6) == 2 ? 8 : 14;
}

static void m_write_mcr(uint8_t v)
{
	uint8_t old = m_lines(), now;

	m.mcr = v & 0x1f;
	now = m_lines();
	m.deltas |= ((old ^ now) & 0xb0) >> 4;
	if ((old & 0x40) && !(now & 0x40))
		m.deltas |= 4;
}

static void m_write(unsigned offset, uint8_t v)
{
	bool dlab = m.lcr & 0x80;

	if (offset == 0 && !dlab) {
		m_write_thr(v);
	} else if (offset == 0) {
		m.dll = v;
	} else if (offset == 1 && dlab) {
		m.dlm = v;
	} else if (offset == 1) {
		if ((v & 2) && !(m.ier & 2) && m.ntx == 0) {
			m.thre_pending = true;
			m.thre_held = false;
		}
		m.ier = v & 15;
	} else if (offset == 2) {
		m_write_fcr(v);
	} else if (offset == 3) {
		if ((v & 0x40) && !(m.lcr & 0x40) && (m.mcr & 0x10))
			m_arrive(0, true);
		m.lcr = v;
	} else if (offset == 4) {
		m_write_mcr(v);
	} else if (offset == 7) {
		m.scr = v;
	}
}

/* After each step: a break that has reached the top shows in LSR, once. */
static void m_settle(void)
{
	if (m.nrx && m.brk[0]) {
		m.bi = true;
		m.brk[0] = false;
	}
}

static uint32_t rnd(uint32_t below)
{
	static uint64_t x = 88172645463325252;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return (uint32_t)(x >> 32) % below;
}

static void step(void)
{
	unsigned op = rnd(16), offset = rnd(16) == 0 ? rnd(20) : rnd(8);
	uint8_t v = (uint8_t)rnd(256);
	bool took;

	if (op < 5) {
		assert_int_equal(in(offset), m_read(offset));
	} else if (op < 8) {
		/* LCR and MCR: seldom with DLAB or LOOP, else nothing else would happen. */
		if ((offset == 3 && rnd(4)) || (offset == 4 && rnd(4)))
			v &= 0x6f;
		if (offset == 2 && rnd(4))
			v = (v & ~6) | 1;
		out(offset, v);
		m_write(offset, v);
	} else if (op < 12) {
		took = m_space() > 0;
		assert_int_equal(vuart_rx(u, v), took);
		if (took)
			m_arrive(v, false);
	} else if (op == 12) {
		vuart_break(u);
		if (!(m.mcr & 0x10))
			m_arrive(0, true);
	} else if (op == 13) {
		out(0, v);
		m_write(0, v);
	} else if (op == 14) {
		vuart_tx_rest(u, v & 1);
		m.rests = v & 1;
		if (!m.rests && m.thre_held) {
			m.thre_held = false;
			m.thre_pending |= m.ntx == 0;
		}
	} else {
		o.credit = m.credit = rnd(2) ? 0 : rnd(20);
		vuart_tx_ready(u);
		m_send();
	}
}

static void test_random_against_model(void **state)
{
	(void)state;
	m = (struct model){.trigger = 1, .dll = 1, .credit = o.credit};
	for (unsigned n = 0; n < 1000000; n++) {
		unsigned before = m_space();

		step();
		m_settle();
		if (before == 0 && m_space())
			m.room++;
		assert_int_equal(o.level, (m_iir() & 15) != 1);
		assert_int_equal(u->lsr, m_lsr());
		assert_int_equal(vuart_rx_space(u), m_space());
		assert_int_equal(o.room, m.room);
		assert_int_equal(o.nout, m.nsent);
		assert_int_equal(o.credit, m.credit);
	}
	assert_true(o.nout > 1000 && o.edges > 1000 && o.room > 1000);
	assert_memory_equal(o.out, m.sent, sizeof(o.out));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_random_against_model),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
