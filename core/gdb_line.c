/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A line for a debugger alone: a second UART, if the host has one and Nacre is told to use it
 * (drivers/drivers.c). The console is the guests' and the monitor's meanwhile.
 *
 * Input is the boot hart's and goes to the debugger's session, byte by byte; without one all is
 * dropped until a first packet comes, as on the console. Output is written by the boot hart; the
 * lock is for gdb_line_flush(), which anybody may call.
 */
#include <arch/atomic.h>
#include <core/driver.h>
#include <core/errno.h>
#include <core/gdb.h>
#include <core/gdb_target.h>
#include <core/guest_view.h>
#include <core/log.h>

#include "gdb_line.h"
#include "serial.h"

#define OUT_SIZE 8192 /* a packet with all its escapes */
#define INPUT_MAX \
	256 /* bytes taken per interrupt: a sender that never ends must not keep the hart */

static struct {
	struct spinlock lock; /* of serial and out */
	struct serial serial;
	struct ring out;
	bool started;
	bool refused; /* the other line has a session; this debugger was told */
	struct gdb_detect detect;
} line;
static uint8_t out_buf[OUT_SIZE];

/* ---- Output ---- */

static void drain(bool wait)
{
	serial_drain(&line.serial, &line.out, wait);
	serial_tx_irq(&line.serial, ring_count(&line.out) != 0);
}

static void put(uint8_t c)
{
	spin_lock(&line.lock);
	if (ring_space(&line.out) == 0)
		drain(true);
	ring_put(&line.out, c);
	if (line.serial.dev.tx_irq)
		serial_tx_irq(&line.serial, true);
	else
		drain(true);
	spin_unlock(&line.lock);
}

void gdb_line_flush(void)
{
	if (!line.started)
		return;
	spin_lock(&line.lock);
	drain(true);
	spin_unlock(&line.lock);
}

/* ---- Input ---- */

static void close_when_done(void)
{
	if (gdb_target_is_open(put) && gdb_target_done())
		gdb_target_close();
}

/* Its first packet. */
static void detected(void)
{
	line.refused = !gdb_target_open(put);
	if (!line.refused) {
		console_need_poll();
		for (unsigned i = 0; i < line.detect.n; i++)
			gdb_target_input(line.detect.held[i]);
	}
	line.detect.n = 0;
}

static void listen(uint8_t c)
{
	switch (gdb_detect(&line.detect, c, line.refused || gdb_target_waits(put))) {
	case GDB_MAYBE:
		break;
	case GDB_YES:
		detected();
		break;
	default:
		line.detect.n = 0;
		/* What came before was cut off. */
		if (c == '$')
			gdb_detect(&line.detect, c, true);
		break;
	}
}

static int take(void)
{
	int c;

	spin_lock(&line.lock);
	c = line.serial.dev.get(line.serial.dev.dev);
	spin_unlock(&line.lock);
	return c;
}

void gdb_line_serve(void)
{
	int c;

	if (!line.started)
		return;
	for (int i = 0; i < INPUT_MAX && (c = take()) >= 0; i++) {
		if (gdb_target_is_open(put))
			gdb_target_input((uint8_t)c);
		else
			listen((uint8_t)c);
		close_when_done();
	}
	close_when_done();
	spin_lock(&line.lock);
	drain(false);
	spin_unlock(&line.lock);
}

bool gdb_line_polls(void)
{
	return line.started && !line.serial.dev.rx_irq;
}

/* ---- At boot ---- */

void gdb_line_set_dev(const struct console_dev *d)
{
	line.serial = (struct serial){.have = true, .dev = *d};
	ring_init(&line.out, out_buf, OUT_SIZE);
}

int gdb_line_speed(uint32_t bps)
{
	const struct console_dev *d = &line.serial.dev;

	return d->speed ? d->speed(d->dev, bps) : -NACRE_ENOTSUP;
}

void gdb_line_start(void)
{
	if (!line.serial.have)
		return;
	if (!guest_view_enabled()) {
		log_info("debug-console: not used, for debugging is switched off");
		return;
	}
	line.started = true;
	if (line.serial.dev.rx_irq)
		line.serial.dev.rx_irq(line.serial.dev.dev, true);
}
