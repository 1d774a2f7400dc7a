/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The owner of the vuart under test, for the tests of guest/vuart.c: it takes as many bytes as it
 * has credit for, keeps the last ones, and counts what it is told. Each test starts with reset().
 */
#ifndef TESTS_UNIT_VUART_OWNER_H
#define TESTS_UNIT_VUART_OWNER_H

#include <string.h>

#include <guest/vuart.h>

struct owner {
	struct vuart u;
	uint8_t out[1024];
	unsigned nout;
	unsigned credit;
	unsigned room;
	unsigned edges;
	bool level;
};

static inline bool owner_tx(void *ctx, uint8_t byte)
{
	struct owner *o = ctx;

	if (o->credit == 0)
		return false;
	o->credit--;
	o->out[o->nout++ % sizeof(o->out)] = byte;
	return true;
}

static inline void owner_irq(void *ctx, bool level)
{
	struct owner *o = ctx;

	assert_int_not_equal(level, o->level);
	o->level = level;
	o->edges++;
}

static inline void owner_room(void *ctx)
{
	struct owner *o = ctx;

	assert_true(vuart_rx_space(&o->u) > 0);
	o->room++;
}

static const struct vuart_ops ops = {owner_tx, owner_irq, owner_room};

static struct owner o;
static struct vuart *const u = &o.u;

static inline int reset(void **state)
{
	(void)state;
	memset(&o, 0, sizeof(o));
	memset(u, 0xff, sizeof(*u));
	o.credit = UINT32_MAX;
	vuart_init(u, &ops, &o);
	return 0;
}

static inline uint8_t in(unsigned offset)
{
	return vuart_read(u, offset);
}

static inline void out(unsigned offset, uint8_t value)
{
	vuart_write(u, offset, value);
}

static inline void enable_fifo(unsigned trigger)
{
	out(UART_FCR, (uint8_t)(UART_FCR_ENABLE | trigger << UART_FCR_TRIGGER_SHIFT));
}

#define TEST(f) cmocka_unit_test_setup(f, reset)

#endif
