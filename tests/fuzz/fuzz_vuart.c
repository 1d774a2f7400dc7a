/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vuart under any sequence of accesses: each pair of input bytes is one action. Checked: the counts
 * stay in bounds, LSR is true to them, the line changes only on calls, and no interrupt can get
 * stuck.
 */
#include <stdlib.h>
#include <string.h>

#include <guest/vuart.h>

struct owner {
	struct vuart u;
	unsigned credit;
	bool level;
};

static void check(bool ok)
{
	if (!ok)
		abort();
}

static bool owner_tx(void *ctx, uint8_t byte)
{
	struct owner *o = ctx;

	(void)byte;
	if (o->credit == 0)
		return false;
	o->credit--;
	return true;
}

static void owner_irq(void *ctx, bool level)
{
	struct owner *o = ctx;

	check(level != o->level);
	o->level = level;
}

static void owner_room(void *ctx)
{
	struct owner *o = ctx;

	check(vuart_rx_space(&o->u) > 0);
	/* As a real owner does: pass on what was kept. */
	vuart_rx(&o->u, 'k');
}

static void act(struct owner *o, uint8_t op, uint8_t value)
{
	struct vuart *u = &o->u;
	unsigned space = vuart_rx_space(u);

	switch (op >> 4) {
	case 0:
		check(vuart_rx(u, value) == (space > 0));
		break;
	case 1:
		vuart_break(u);
		break;
	case 2:
		o->credit = value % 32;
		vuart_tx_ready(u);
		check(!(u->lsr & UART_LSR_THRE) == (u->tx_count > 0));
		break;
	case 3:
		vuart_tx_rest(u, value & 1);
		break;
	case 4:
	case 5:
	case 6:
	case 7:
		vuart_read(u, op & 15);
		break;
	default:
		vuart_write(u, op & 15, value);
		break;
	}
}

/* No interrupt may be stuck: a driver that answers each cause it is shown gets the line low. */
static void serve(struct owner *o)
{
	struct vuart *u = &o->u;

	vuart_tx_rest(u, false);
	vuart_write(u, UART_LCR, UART_LCR_8N1);
	vuart_write(u, UART_MCR, UART_MCR_LOOP); /* no more input */
	vuart_write(u, UART_IER, 0x0f);
	for (unsigned n = 0; n < 64; n++) {
		uint8_t id = vuart_read(u, UART_IIR) & UART_IIR_ID_MASK;

		if (id == UART_IIR_NO_INT)
			break;
		if (id == UART_IIR_RLSI)
			vuart_read(u, UART_LSR);
		else if (id == UART_IIR_MSI)
			vuart_read(u, UART_MSR);
		else if (id != UART_IIR_THRI)
			vuart_read(u, UART_RBR);
	}
	check(!o->level);
	check(vuart_read(u, UART_IIR) & UART_IIR_NO_INT);
	check(!(vuart_read(u, UART_LSR) & (UART_LSR_DR | UART_LSR_ERRORS | UART_LSR_FIFOE)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct vuart_ops ops = {owner_tx, owner_irq, owner_room};
	struct owner o;

	memset(&o, 0, sizeof(o));
	o.credit = 8;
	vuart_init(&o.u, &ops, &o);
	for (size_t n = 0; n + 1 < size && n < 4096; n += 2) {
		act(&o, data[n], data[n + 1]);
		check(o.u.rx_count <= UART_FIFO_SIZE && o.u.tx_count <= UART_FIFO_SIZE);
		check((o.u.lsr & UART_LSR_DR) == (o.u.rx_count > 0));
		check(o.level == o.u.level);
	}
	serve(&o);
	return 0;
}
