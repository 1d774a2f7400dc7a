/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A host UART and what is known of it: common to the console and the debugger's line. Whoever has
 * one serialises. Waiting for it is bounded: one that takes nothing for a second is dead, and loses
 * bytes, without any more waiting, until it takes one.
 */
#ifndef CORE_SERIAL_H
#define CORE_SERIAL_H

#include <core/console.h>
#include <core/ring.h>

struct serial {
	bool have; /* `dev` is one */
	struct console_dev dev;
	uint8_t last_byte; /* on the wire */
	bool tx_irq_on;
	bool stuck; /* it is dead */
};

/* false: not now. */
static inline bool serial_put(struct serial *s, uint8_t c)
{
	if (!s->dev.put(s->dev.dev, c))
		return false;
	s->last_byte = c;
	return true;
}
void serial_put_wait(struct serial *s, uint8_t c);
/* Without effect on a device without interrupts. */
void serial_tx_irq(struct serial *s, bool on);
/* Moves bytes of the ring to the device: as many as it takes now, or all. */
void serial_drain(struct serial *s, struct ring *out, bool wait);

#endif
