/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A virtual ns16550a (PC16550D data sheet, section 8).
 *
 * Always holds after a public call: lsr is what a read of LSR must return; THRE is set exactly when
 * no byte is held; DR exactly when a received byte waits; the line's level is "IIR has something".
 * There is no clock, so data below the trigger level counts as timed out at once.
 */
#include <string.h>

#include <guest/vuart.h>

#define FIFO_MASK (UART_FIFO_SIZE - 1)
#define TX_EMPTY  (UART_LSR_THRE | UART_LSR_TEMT)
/* The modem lines while a terminal is attached. */
#define MSR_ATTACHED (UART_MSR_DCD | UART_MSR_DSR | UART_MSR_CTS)

static bool fifo_on(const struct vuart *u)
{
	return u->fcr & UART_FCR_ENABLE;
}

static bool loopback(const struct vuart *u)
{
	return u->mcr & UART_MCR_LOOP;
}

static unsigned rx_depth(const struct vuart *u)
{
	return fifo_on(u) ? UART_FIFO_SIZE : 1;
}

static unsigned rx_trigger(const struct vuart *u)
{
	static const uint8_t level[] = {1, 4, 8, 14};

	return fifo_on(u) ? level[u->fcr >> UART_FCR_TRIGGER_SHIFT] : 1;
}

/* The pending interrupt of the highest priority, as IIR names it. */
static uint8_t pending_id(const struct vuart *u)
{
	if ((u->ier & UART_IER_RLSI) && (u->lsr & UART_LSR_ERRORS))
		return UART_IIR_RLSI;
	if ((u->ier & UART_IER_RDI) && (u->lsr & UART_LSR_DR))
		return u->rx_count >= rx_trigger(u) ? UART_IIR_RDI : UART_IIR_TIMEOUT;
	if ((u->ier & UART_IER_THRI) && u->thre_pending)
		return UART_IIR_THRI;
	if ((u->ier & UART_IER_MSI) && (u->msr & UART_MSR_DELTAS))
		return UART_IIR_MSI;
	return UART_IIR_NO_INT;
}

static void update_line(struct vuart *u)
{
	bool level = pending_id(u) != UART_IIR_NO_INT;

	if (level == u->level)
		return;
	u->level = level;
	u->ops->irq(u->ctx, level);
}

/* Bring LSR's receiver half in line with the FIFO. A break shows once, when it reaches the top. */
static void rx_update_lsr(struct vuart *u)
{
	uint16_t top = (uint16_t)(1U << u->rx_head);

	u->lsr &= (uint8_t) ~(UART_LSR_DR | UART_LSR_FIFOE);
	if (u->rx_count)
		u->lsr |= UART_LSR_DR;
	if (u->rx_break & top) {
		u->rx_break &= (uint16_t)~top;
		u->lsr |= UART_LSR_BI;
	}
	if (fifo_on(u) && (u->rx_break || (u->lsr & UART_LSR_BI)))
		u->lsr |= UART_LSR_FIFOE;
}

static void rx_clear(struct vuart *u)
{
	u->rx_head = 0;
	u->rx_count = 0;
	u->rx_break = 0;
	u->lsr &= (uint8_t)~UART_LSR_BI;
	rx_update_lsr(u);
}

/*
 * A character has arrived in the shift register. When there is no room it is an overrun: the FIFO
 * keeps what it has, the single register is overwritten.
 */
static void rx_push(struct vuart *u, uint8_t byte, bool brk)
{
	unsigned slot;

	if (u->rx_count == rx_depth(u)) {
		u->lsr |= UART_LSR_OE;
		if (fifo_on(u))
			return;
		u->rx_count = 0;
	}
	slot = (u->rx_head + u->rx_count++) & FIFO_MASK;
	u->rx[slot] = byte;
	if (brk)
		u->rx_break |= (uint16_t)(1U << slot);
	rx_update_lsr(u);
}

static uint8_t rx_pop(struct vuart *u)
{
	uint8_t byte = u->rx[u->rx_head];

	if (u->rx_count == 0)
		return 0;
	u->rx_head = (u->rx_head + 1) & FIFO_MASK;
	u->rx_count--;
	rx_update_lsr(u);
	return byte;
}

/* THRE goes from clear to set: that edge, not the level, is the interrupt. */
static void tx_emptied(struct vuart *u)
{
	u->lsr |= TX_EMPTY;
	u->thre_pending = !u->tx_rests;
	u->thre_held = u->tx_rests;
}

/* A guest that writes into a full FIFO has not looked at THRE; the byte is lost, as on hardware. */
static void tx_hold(struct vuart *u, uint8_t byte)
{
	u->lsr &= (uint8_t)~TX_EMPTY;
	if (u->tx_count < UART_FIFO_SIZE)
		u->tx[(u->tx_head + u->tx_count++) & FIFO_MASK] = byte;
}

static void tx_clear(struct vuart *u)
{
	if (u->tx_count == 0)
		return;
	u->tx_count = 0;
	tx_emptied(u);
}

static void write_thr(struct vuart *u, uint8_t byte)
{
	if (loopback(u))
		rx_push(u, byte, false);
	else if (u->tx_count || !u->ops->tx(u->ctx, byte))
		tx_hold(u, byte);
	u->thre_pending = (u->lsr & UART_LSR_THRE) && !u->tx_rests;
	u->thre_held = u->tx_rests;
	/* With no interrupt enabled the line is low, and stays so. */
	if (u->ier)
		update_line(u);
}

static void write_ier(struct vuart *u, uint8_t value)
{
	uint8_t rising = (uint8_t)(value & ~u->ier);

	u->ier = value & UART_IER_MASK;
	/* Enabling the interrupt while the transmitter is empty raises it. Linux tests for this. */
	if ((rising & UART_IER_THRI) && (u->lsr & UART_LSR_THRE)) {
		u->thre_pending = true;
		u->thre_held = false;
	}
}

static void write_fcr(struct vuart *u, uint8_t value)
{
	if (!(value & UART_FCR_ENABLE))
		value = 0;
	/* Switching the FIFOs on or off empties both. */
	if ((value ^ u->fcr) & UART_FCR_ENABLE)
		value |= UART_FCR_CLEAR_RX | UART_FCR_CLEAR_TX;
	u->fcr = value & (uint8_t) ~(UART_FCR_CLEAR_RX | UART_FCR_CLEAR_TX);
	if (value & UART_FCR_CLEAR_RX)
		rx_clear(u);
	if (value & UART_FCR_CLEAR_TX)
		tx_clear(u);
}

static void write_lcr(struct vuart *u, uint8_t value)
{
	bool starts = (value & ~u->lcr) & UART_LCR_BREAK;

	u->lcr = value;
	/* A break that the guest sends outwards has no one to receive it. */
	if (starts && loopback(u))
		rx_push(u, 0, true);
}

/* The modem inputs: the terminal's, or in loopback the chip's own outputs. */
static uint8_t modem_lines(const struct vuart *u)
{
	uint8_t lines = 0;

	if (!loopback(u))
		return MSR_ATTACHED;
	if (u->mcr & UART_MCR_DTR)
		lines |= UART_MSR_DSR;
	if (u->mcr & UART_MCR_RTS)
		lines |= UART_MSR_CTS;
	if (u->mcr & UART_MCR_OUT1)
		lines |= UART_MSR_RI;
	if (u->mcr & UART_MCR_OUT2)
		lines |= UART_MSR_DCD;
	return lines;
}

static void write_mcr(struct vuart *u, uint8_t value)
{
	uint8_t lines, changed, deltas;

	u->mcr = value & UART_MCR_MASK;
	lines = modem_lines(u);
	changed = lines ^ (u->msr & (uint8_t)~UART_MSR_DELTAS);
	/* Each delta bit lies four below its line. RI tells only of its end. */
	deltas = changed >> 4;
	if (lines & UART_MSR_RI)
		deltas &= (uint8_t)~UART_MSR_TERI;
	u->msr = lines | deltas | (u->msr & UART_MSR_DELTAS);
}

/* A read of IIR answers the THRE interrupt, if that is the one it reports. */
static uint8_t read_iir(struct vuart *u)
{
	uint8_t id = pending_id(u);

	if (id == UART_IIR_THRI)
		u->thre_pending = false;
	return id | (fifo_on(u) ? UART_IIR_FIFO : 0);
}

static uint8_t read_lsr(struct vuart *u)
{
	uint8_t lsr = u->lsr;

	u->lsr &= (uint8_t)~UART_LSR_ERRORS;
	rx_update_lsr(u);
	return lsr;
}

static uint8_t read_msr(struct vuart *u)
{
	uint8_t msr = u->msr;

	u->msr &= (uint8_t)~UART_MSR_DELTAS;
	return msr;
}

/* Tell the owner what a register access has changed for it. */
static void notify(struct vuart *u, bool was_full)
{
	update_line(u);
	if (was_full && vuart_rx_space(u))
		u->ops->rx_room(u->ctx);
}

static uint8_t read_register(struct vuart *u, unsigned offset)
{
	bool dlab = u->lcr & UART_LCR_DLAB;

	switch (offset) {
	case UART_RBR:
		return dlab ? u->dll : rx_pop(u);
	case UART_IER:
		return dlab ? u->dlm : u->ier;
	case UART_IIR:
		return read_iir(u);
	case UART_LCR:
		return u->lcr;
	case UART_MCR:
		return u->mcr;
	case UART_LSR:
		return read_lsr(u);
	case UART_MSR:
		return read_msr(u);
	case UART_SCR:
		return u->scr;
	default:
		return 0;
	}
}

static void write_register(struct vuart *u, unsigned offset, uint8_t value)
{
	bool dlab = u->lcr & UART_LCR_DLAB;

	switch (offset) {
	case UART_DLL: /* THR is vuart_write()'s */
		u->dll = value;
		break;
	case UART_IER:
		if (dlab)
			u->dlm = value;
		else
			write_ier(u, value);
		break;
	case UART_FCR:
		write_fcr(u, value);
		break;
	case UART_LCR:
		write_lcr(u, value);
		break;
	case UART_MCR:
		write_mcr(u, value);
		break;
	case UART_SCR:
		u->scr = value;
		break;
	default:
		break;
	}
}

/* Kept out of line, so that the hot paths need no stack frame of their own. */
static __attribute__((noinline)) uint8_t read_slow(struct vuart *u, unsigned offset)
{
	bool was_full = vuart_rx_space(u) == 0;
	uint8_t value = read_register(u, offset);

	notify(u, was_full);
	return value;
}

static __attribute__((noinline)) void write_slow(struct vuart *u, unsigned offset, uint8_t value)
{
	bool was_full = vuart_rx_space(u) == 0;

	write_register(u, offset, value);
	notify(u, was_full);
}

void vuart_init(struct vuart *u, const struct vuart_ops *ops, void *ctx)
{
	memset(u, 0, sizeof(*u));
	u->ops = ops;
	u->ctx = ctx;
	u->lsr = TX_EMPTY;
	u->msr = MSR_ATTACHED;
	u->dll = 1;
}

uint8_t vuart_read(struct vuart *u, unsigned offset)
{
	/* Hot: consoles poll LSR before each byte. With no error to clear the read has no effect.
	 */
	if (offset == UART_LSR && !(u->lsr & UART_LSR_ERRORS))
		return u->lsr;
	return read_slow(u, offset);
}

void vuart_write(struct vuart *u, unsigned offset, uint8_t value)
{
	if (offset == UART_THR && !(u->lcr & UART_LCR_DLAB))
		write_thr(u, value);
	else
		write_slow(u, offset, value);
}

bool vuart_rx(struct vuart *u, uint8_t byte)
{
	if (vuart_rx_space(u) == 0)
		return false;
	rx_push(u, byte, false);
	update_line(u);
	return true;
}

unsigned vuart_rx_space(const struct vuart *u)
{
	return loopback(u) ? 0 : rx_depth(u) - u->rx_count;
}

void vuart_tx_ready(struct vuart *u)
{
	while (u->tx_count && u->ops->tx(u->ctx, u->tx[u->tx_head])) {
		u->tx_head = (u->tx_head + 1) & FIFO_MASK;
		if (--u->tx_count == 0)
			tx_emptied(u);
	}
	update_line(u);
}

void vuart_tx_rest(struct vuart *u, bool rest)
{
	u->tx_rests = rest;
	if (rest || !u->thre_held)
		return;
	u->thre_held = false;
	if (u->lsr & UART_LSR_THRE)
		u->thre_pending = true;
	update_line(u);
}

void vuart_break(struct vuart *u)
{
	if (loopback(u))
		return;
	rx_push(u, 0, true);
	update_line(u);
}
