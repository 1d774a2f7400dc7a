/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The line's other direction: bytes go to the focused port, or to the monitor once the escape key
 * was pressed.
 *
 * Nothing is lost on the way to a guest: when its ring is full, one byte more is taken and held (it
 * might be the escape key), then the receive interrupt is masked and the sender waits in the
 * device. Reading from the device and everything of the monitor happens on the boot hart.
 */
#include <arch/timer.h>
#include <core/config.h>
#include <core/gdb.h>
#include <core/gdb_target.h>
#include <core/guest_view.h>
#include <core/host.h>
#include <core/sched.h>

#include "console.h"
#include "gdb_line.h"

/* Bytes taken per interrupt: a sender that never ends must not keep the hart. */
#define INPUT_MAX 256

#define REST_POLLS 2 /* 10 to 20 ms */

/* The escape key was the last key: again, it is meant for the guest. Boot hart only. */
static bool escaped;

/* What may be the beginning of a debugger's first packet waits here, but not for long. Changed by
 * the boot hart alone, and not while a byte is held. */
static struct gdb_detect detect;
static uint64_t detect_end;
static bool refused; /* a debugger, which may send some packets more */
#define DETECT_HZ      10 /* so long for what people may have typed; */
#define DETECT_SECONDS 5  /* a wire may be slow, and a machine busy */

static void rx_stop(bool stop)
{
	if (console.serial.dev.rx_irq && stop != console.rx_stopped) {
		console.rx_stopped = stop;
		console.serial.dev.rx_irq(console.serial.dev.dev, !stop);
	}
}

/* ---- Taking bytes in, with the lock held. ---- */

static bool is_for_port(int c)
{
	return !console.monitor && !console.packets && c != console.escape;
}

/* The next byte to deal with, or -1: nothing there, or no room for it. */
static int take(void)
{
	int c = console.held;

	if (!console.serial.have || !console.input_on)
		return -1;
	if (c < 0)
		c = console.serial.dev.get(console.serial.dev.dev);
	console.held = -1;
	if (c >= 0 && is_for_port(c) && console.focused &&
	    ring_space(&console.focused->in) <= detect.n) {
		console.held = c;
		rx_stop(true);
		return -1;
	}
	return c;
}

/* There is room again. True if the byte that was held went into the port's ring. */
static bool resume(struct console_port *p)
{
	bool fed = console.held >= 0 && is_for_port(console.held) && !detect.n &&
		   ring_put(&p->in, (uint8_t)console.held);

	if (fed)
		console.held = -1;
	rx_stop(false);
	return fed;
}

int console_port_get(struct console_port *p)
{
	uint8_t c;
	bool got;

	spin_lock(&console.lock);
	got = ring_get(&p->in, &c);
	if (got && console.held >= 0 && p == console.focused)
		resume(p);
	spin_unlock(&console.lock);
	return got ? c : -1;
}

void console_port_rest(struct console_port *p)
{
	spin_lock(&console.lock);
	p->rest = REST_POLLS;
	spin_unlock(&console.lock);
	console_need_poll();
}

/* Counts the rests down; false when there are none left. */
static bool poll_rests(void)
{
	bool more = false, ends;

	for (struct console_port *p = console.ports; p; p = p->next) {
		spin_lock(&console.lock);
		ends = p->rest == 1;
		p->rest -= p->rest != 0;
		more |= p->rest != 0;
		spin_unlock(&console.lock);
		if (ends)
			p->ops->rested(p->ctx);
	}
	return more;
}

/* ---- The monitor and the escape key: boot hart, without the lock. ---- */

static void set_monitor(bool open)
{
	spin_lock(&console.lock);
	console_fresh_line();
	console.monitor = open;
	console.torn = false;
	console_hand_line();
	spin_unlock(&console.lock);
	console_call_refused();
}

/* A byte for the focused guest; nobody's without one. */
static void feed(uint8_t c)
{
	struct console_port *p;
	bool fed;

	spin_lock(&console.lock);
	p = console.focused;
	fed = p && ring_put(&p->in, c);
	spin_unlock(&console.lock);
	if (fed)
		p->ops->input(p->ctx);
}

static void open_monitor(void)
{
	escaped = true;
	set_monitor(true);
	monitor_open();
}

/* ---- A debugger, likewise. ---- */

/* It was none. */
static void give_back(void)
{
	unsigned n = detect.n;

	detect.n = 0;
	for (unsigned i = 0; i < n; i++)
		feed(detect.held[i]);
}

static void packet_byte(uint8_t c)
{
	bool stray = !gdb_target_input(c);

	if (stray && c == console.escape) {
		gdb_target_close();
		console_set_packets(false);
		open_monitor();
	} else if (gdb_target_done()) {
		gdb_target_close();
		console_set_packets(false);
	}
}

/* Its first packet. */
static void detected(void)
{
	console_set_packets(true);
	refused = !gdb_target_open(console_packet_put);
	if (refused) {
		console_set_packets(false);
	} else {
		console_need_poll();
		for (unsigned i = 0; i < detect.n; i++)
			packet_byte(detect.held[i]);
	}
	detect.n = 0;
}

static enum gdb_found detect_byte(uint8_t c)
{
	if (!guest_view_enabled())
		return GDB_NO;
	return gdb_detect(&detect, c, refused || gdb_target_waits(console_packet_put));
}

static void typed(uint8_t c)
{
	if (c == '$' && detect.likely && detect.n)
		give_back(); /* never inside a packet: that was cut off, and comes again */
	switch (detect_byte(c)) {
	case GDB_MAYBE:
		detect_end = timer_now() + (detect.likely ? host.timebase * DETECT_SECONDS
							  : host.timebase / DETECT_HZ);
		console_need_poll();
		break;
	case GDB_YES:
		detected();
		break;
	default:
		refused = false;
		if (guest_view_enabled())
			give_back();
		else
			feed(c);
		break;
	}
}

static void handle(uint8_t c)
{
	bool again = escaped && c == console.escape;

	escaped = false;
	if (console.packets) {
		packet_byte(c);
	} else if (!console.monitor && c != console.escape) {
		typed(c);
	} else if (!console.monitor) {
		give_back();
		open_monitor();
	} else if (c == console.escape || !monitor_input(c)) {
		monitor_close();
		set_monitor(false);
		if (again)
			feed(c);
	}
}

static void input(void)
{
	for (int i = 0; i < INPUT_MAX; i++) {
		int c;

		spin_lock(&console.lock);
		c = take();
		spin_unlock(&console.lock);
		if (c < 0)
			break;
		handle((uint8_t)c);
	}
}

static void serve(void)
{
	spin_lock(&console.lock);
	console_drain();
	spin_unlock(&console.lock);
	console_call_refused();
	input();
}

void console_irq(void *dev)
{
	if (dev == console.serial.dev.dev)
		serve();
	else
		gdb_line_serve();
}

/* ---- Without interrupts, and settings. ---- */

bool console_polls(void)
{
	return (console.serial.have && (!console.serial.dev.rx_irq || console.prefix)) ||
	       gdb_line_polls();
}

bool console_poll(void)
{
	bool again = monitor_poll(), debugs = gdb_target_poll();

	again |= monitor_debug_poll();
	again |= poll_rests();
	if (console.packets && gdb_target_done()) { /* all have ended */
		gdb_target_close();
		console_set_packets(false);
	}
	if (debugs || detect.n || console.held >= 0)
		serve();
	if (detect.n && timer_now() >= detect_end) { /* the rest has not come meanwhile */
		give_back();
		serve();
	}
	if (debugs || gdb_line_polls())
		gdb_line_serve();
	again = again || debugs || detect.n;
	if (!console_polls())
		return again;
	spin_lock(&console.lock);
	if (console.prefix && !console.monitor && console.focused)
		prefix_idle(&console.wire, &console.focused->prefix);
	spin_unlock(&console.lock);
	serve();
	return true;
}

void console_need_poll(void)
{
	sched_poll(console_poll);
}

void console_focus(struct console_port *p)
{
	bool fed = false;

	spin_lock(&console.lock);
	atomic_store(&console.focused, p);
	if (p)
		fed = resume(p);
	else
		rx_stop(false);
	console_hand_line();
	spin_unlock(&console.lock);
	console_call_refused();
	if (fed)
		p->ops->input(p->ctx);
}

void console_configure(const struct console_config *cfg)
{
	spin_lock(&console.lock);
	console.escape = cfg->escape_key;
	console.prefix = cfg->mode == CONSOLE_PREFIX;
	console.first = cfg->focus;
	console.input_on = true;
	console.rx_stopped = true;
	rx_stop(false);
	spin_unlock(&console.lock);
	gdb_line_start();
}
