/* SPDX-License-Identifier: BSD-2-Clause */
/* Writing to a host UART: see serial.h. */
#include <arch/atomic.h>
#include <arch/timer.h>
#include <core/host.h>

#include "serial.h"

void serial_put_wait(struct serial *s, uint8_t c)
{
	uint64_t start;

	if (!s->have)
		return;
	start = timer_now();
	while (!serial_put(s, c)) {
		if (s->stuck || timer_now() - start > host.timebase) {
			s->stuck = true;
			return;
		}
		cpu_relax();
	}
	s->stuck = false;
}

void serial_tx_irq(struct serial *s, bool on)
{
	if (s->dev.tx_irq && on != s->tx_irq_on) {
		s->tx_irq_on = on;
		s->dev.tx_irq(s->dev.dev, on);
	}
}

void serial_drain(struct serial *s, struct ring *out, bool wait)
{
	uint8_t c;

	wait |= !s->dev.tx_irq;
	while (ring_peek(out, &c)) {
		if (wait)
			serial_put_wait(s, c);
		else if (!serial_put(s, c))
			break;
		ring_get(out, &c);
	}
}
