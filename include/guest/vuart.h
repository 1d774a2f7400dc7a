/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A virtual ns16550a: reg-shift 0, byte registers at offsets 0..7.
 *
 * The line is infinitely fast: a byte written to THR has left at once, unless the owner cannot take
 * it. Then it waits in the 16-byte TX FIFO (whether FCR has the FIFOs on or not), with THRE and
 * TEMT clear, until vuart_tx_ready() sends it or FCR clears the FIFO. Received bytes are never
 * lost: a full FIFO refuses them, and rx_room() tells when to try again. The modem lines say that a
 * terminal is there (DCD, DSR, CTS).
 *
 * Accesses wider than a byte: the owner reads the register at the access's own offset,
 * zero-extended, and writes the low byte of the value there. Offsets from 8 on read as 0 and ignore
 * writes.
 *
 * The caller serialises all calls on one vuart. tx() may call vuart_tx_rest(u, true) and rx_room()
 * vuart_rx(), vuart_break() and that; else they and irq() must not call back into it.
 */
#ifndef NACRE_GUEST_VUART_H
#define NACRE_GUEST_VUART_H

#include <core/types.h>
#include <spec/uart.h>

/* Name this as clock-frequency in the guest's device tree: the reset divisor 1 is then 115200 baud.
 */
#define VUART_CLOCK_HZ 1843200

struct vuart_ops {
	/* Take a byte from the guest. false: not now; vuart holds it until vuart_tx_ready(). */
	bool (*tx)(void *ctx, uint8_t byte);
	/* The interrupt line's new level; called only when it changes. */
	void (*irq)(void *ctx, bool level);
	/* There is room for received bytes again, after a time when vuart_rx_space() was 0. */
	void (*rx_room)(void *ctx);
};

struct vuart {
	const struct vuart_ops *ops;
	void *ctx;
	uint8_t ier, fcr, lcr, mcr, lsr, msr, scr, dll, dlm;
	bool thre_pending; /* THRE interrupt not yet answered by an IIR read or a THR write */
	bool tx_rests;
	bool thre_held;	   /* a THRE interrupt that comes when the rest is over */
	bool level;	   /* the interrupt line */
	uint8_t rx_head, rx_count, tx_head, tx_count;
	uint8_t rx[UART_FIFO_SIZE], tx[UART_FIFO_SIZE];
	uint16_t rx_break; /* bit n: rx[n] is a break, still to be shown in LSR */
};

/*
 * Set *u to its reset state, with the interrupt line low. Calls no op: when u was in use, the owner
 * lowers its own end of the line. ops and ctx must outlive u.
 */
void vuart_init(struct vuart *u, const struct vuart_ops *ops, void *ctx);

/* The guest's accesses. Any offset is safe. */
uint8_t vuart_read(struct vuart *u, unsigned offset);
void vuart_write(struct vuart *u, unsigned offset, uint8_t value);

/* A byte arrives. false: no room (also in loopback); the caller keeps it until rx_room(). */
bool vuart_rx(struct vuart *u, uint8_t byte);

/* How many bytes vuart_rx() will take now: 0..16; 0 in loopback. */
unsigned vuart_rx_space(const struct vuart *u);

/* The owner can take bytes again: pass on the held ones, oldest first, until it refuses. */
void vuart_tx_ready(struct vuart *u);

/*
 * The transmitter rests, as a slow line would make it: a byte that has left is not followed by a
 * THRE interrupt until the rest is over. LSR says what it always says, and enabling the interrupt
 * raises it.
 */
void vuart_tx_rest(struct vuart *u, bool rest);

/* A break arrives. Takes a FIFO entry; with none free it is an overrun. Ignored in loopback. */
void vuart_break(struct vuart *u);

#endif
