/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The line: ports, their output and Nacre's own.
 *
 * Each port has one ring of output that is not yet on the wire. For the port with the line it is
 * the transmit queue, short (LINE_QUEUE), and nothing of it is ever lost; for the others it is what
 * is kept, 16 KiB, the oldest dropped. So a change of the focus moves no bytes: the new port's ring
 * just begins to drain. The usual byte of a guest passes all of this by: its port has the line, its
 * ring is empty, the device takes it.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <arch/sbi.h>
#include <core/log.h>
#include <core/memory.h>

#include "console.h"
#include "gdb_line.h"

/* Bytes that the port with the line may have waiting: what a log line at most waits for, 90 ms at
 * 115200 baud. */
#define LINE_QUEUE 1024

struct console console = {.serial.last_byte = '\n', .held = -1, .escape = 0x1d};

/* ---- The device. All with the lock held. ---- */

static void put_wait(uint8_t c)
{
	serial_put_wait(&console.serial, c);
}

static void write_wait(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (s[i] == '\n' && console.serial.last_byte != '\r')
			put_wait('\r');
		put_wait((uint8_t)s[i]);
	}
}

static void emit(void *ctx, const char *s, size_t n)
{
	(void)ctx;
	for (size_t i = 0; i < n; i++)
		put_wait((uint8_t)s[i]);
}

void console_fresh_line(void)
{
	if (console.serial.last_byte != '\n')
		write_wait("\n", 1);
	console.wire.open = NULL;
}

/* ---- Ports' output. ---- */

/* Moves output of the port with the line to the device: as much as it takes now, or all. */
static void drain(bool wait)
{
	struct console_port *p = console.line;

	if (p)
		serial_drain(&console.serial, &p->out, wait);
	/* Also for a port that is owed its ops->output: console_irq() is what pays. */
	serial_tx_irq(&console.serial, p && (p->refused || ring_count(&p->out)));
}

void console_drain(void)
{
	drain(false);
}

/* The port with the line writes. */
static bool put_line(struct console_port *p, uint8_t c)
{
	if (ring_count(&p->out) == 0 && serial_put(&console.serial, c))
		return true;
	if (ring_count(&p->out) >= LINE_QUEUE) {
		p->refused = true;
		return false;
	}
	ring_put(&p->out, c);
	if (console.serial.dev.tx_irq)
		serial_tx_irq(&console.serial, true);
	else
		drain(true);
	return true;
}

/* The port whose output a debugger gets, now and then. */
static bool put_kept(struct console_port *p, uint8_t c)
{
	p->refused = !ring_put(&p->out, c);
	return !p->refused;
}

bool console_port_put(struct console_port *p, uint8_t c)
{
	bool done = true;

	spin_lock(&console.lock);
	if (p == console.line)
		done = put_line(p, c);
	else if (console.packets && p == console.focused)
		done = put_kept(p, c);
	else if (console.prefix && !console.monitor && !console.packets)
		prefix_put(&console.wire, &p->prefix, (char)c);
	else
		ring_put_overwrite(&p->out, c);
	spin_unlock(&console.lock);
	return done;
}

static bool has_room(const struct console_port *p)
{
	if (console.packets && p == console.focused)
		return ring_count(&p->out) <= PORT_OUT_SIZE / 2;
	return p != console.line || ring_count(&p->out) <= LINE_QUEUE / 2;
}

static struct console_port *find_refused(void)
{
	struct console_port *p;

	spin_lock(&console.lock);
	for (p = console.ports; p; p = p->next)
		if (p->refused && has_room(p))
			break;
	if (p)
		p->refused = false;
	spin_unlock(&console.lock);
	return p;
}

void console_call_refused(void)
{
	struct console_port *p;

	while ((p = find_refused()))
		p->ops->output(p->ctx);
	if (console.own.refused && ring_count(&console.own.out) <= LINE_QUEUE / 2) {
		console.own.refused = false;
		monitor_pump();
	}
}

/* ---- Who has the line. ---- */

static void note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static void note(const char *fmt, ...)
{
	char buf[128];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	console_fresh_line();
	write_wait(buf, strlen(buf));
}

/* Kept output is about to be shown: say what is missing. */
static void note_dropped(struct console_port *p)
{
	if (p->out.dropped)
		note("nacre: %s: %llu bytes of older output were dropped\n", p->name,
		     (unsigned long long)p->out.dropped);
	p->out.dropped = 0;
}

static void show_all_prefixed(void)
{
	uint8_t c;

	for (struct console_port *p = console.ports; p; p = p->next) {
		note_dropped(p);
		while (ring_get(&p->out, &c))
			prefix_put(&console.wire, &p->prefix, (char)c);
	}
}

void console_hand_line(void)
{
	bool ports_write = console.serial.have && !console.monitor && !console.packets;
	struct console_port *p = ports_write && !console.prefix ? console.focused : NULL;

	console.line = console.serial.have && !ports_write ? &console.own : p;
	if (ports_write && console.prefix)
		show_all_prefixed();
	if (p && p != console.shown) {
		if (console.shown)
			note("nacre: the line is %s's\n", p->name);
		console.shown = p;
	}
	if (p)
		note_dropped(p);
	drain(false);
}

void console_set_packets(bool on)
{
	spin_lock(&console.lock);
	drain(true); /* of the guest's, or of the debugger's last packet */
	if (!on)
		console_fresh_line();
	console.packets = on;
	if (!on && console.untold)
		note("nacre: logged meanwhile: %u line%s, see \"log\"\n", console.untold,
		     console.untold == 1 ? "" : "s");
	console.untold = 0;
	console_hand_line();
	spin_unlock(&console.lock);
	console_call_refused();
}

void console_packet_put(uint8_t c)
{
	struct ring *out = &console.own.out;

	spin_lock(&console.lock);
	if (ring_space(out) == 0)
		drain(true);
	ring_put(out, c);
	if (console.serial.dev.tx_irq)
		serial_tx_irq(&console.serial, true);
	else
		drain(true);
	spin_unlock(&console.lock);
}

size_t console_take_output(char *text, size_t size)
{
	uint8_t c;
	size_t n = 0;

	spin_lock(&console.lock);
	while (n < size && console.focused && ring_get(&console.focused->out, &c))
		text[n++] = (char)c;
	spin_unlock(&console.lock);
	console_call_refused();
	return n;
}

struct console_port *console_focused(void)
{
	return atomic_load(&console.focused);
}

const char *console_port_name(const struct console_port *p)
{
	return p->name;
}

struct console_port *console_port_by_name(const char *name)
{
	struct console_port *p = console.ports;

	while (p && strcmp(p->name, name) != 0)
		p = p->next;
	return p;
}

static void add_port(struct console_port *p)
{
	struct console_port **end = &console.ports;

	while (*end)
		end = &(*end)->next;
	*end = p;
	if (!console.focused || (console.first && !strcmp(p->name, console.first))) {
		console.focused = p;
		console.shown = NULL;
		console_hand_line();
	}
}

struct console_port *console_port_new(const char *name, const struct console_port_ops *ops,
				      void *ctx)
{
	struct console_port *p = memory_pages(ALIGN_UP(sizeof(*p), PAGE_SIZE) / PAGE_SIZE);

	if (!p)
		return NULL;
	snprintf(p->name, sizeof(p->name), "%s", name);
	p->ops = ops;
	p->ctx = ctx;
	p->prefix.name = p->name;
	ring_init(&p->out, p->out_buf, PORT_OUT_SIZE);
	ring_init(&p->in, p->in_buf, PORT_IN_SIZE);
	spin_lock(&console.lock);
	add_port(p);
	spin_unlock(&console.lock);
	return p;
}

void console_add_dev(const struct console_dev *d)
{
	if (console.serial.have) {
		gdb_line_set_dev(d);
		return;
	}
	spin_lock(&console.lock);
	ring_init(&console.own.out, console.own.out_buf, PORT_OUT_SIZE);
	console.serial.dev = *d;
	console.serial.have = true;
	console.wire.emit = emit;
	spin_unlock(&console.lock);
}

/* ---- Nacre's own output. ---- */

void console_write(const char *s, size_t n)
{
	spin_lock(&console.lock);
	if (console.packets) {
		console.untold++;
		spin_unlock(&console.lock);
		return;
	}
	if (console.line && ring_count(&console.line->out) <= LINE_QUEUE)
		drain(true);
	console.torn |= console.monitor && console.serial.last_byte != '\n';
	console_fresh_line();
	write_wait(s, n);
	spin_unlock(&console.lock);
}

void console_flush(void)
{
	spin_lock(&console.lock);
	drain(true);
	spin_unlock(&console.lock);
	gdb_line_flush();
}

bool console_monitor_put(uint8_t c)
{
	return console_port_put(&console.own, c);
}

bool console_torn(void)
{
	bool torn;

	spin_lock(&console.lock);
	torn = console.torn;
	console.torn = false;
	spin_unlock(&console.lock);
	return torn;
}

/* Gives the lock's holder some time, then goes on without it. Before there is a console, the
 * firmware's has to do. */
void console_write_panic(const char *s, size_t n)
{
	for (int i = 0; i < 1000000 && !spin_trylock(&console.lock); i++)
		cpu_relax();
	if (!console.serial.have) {
		for (size_t i = 0; i < n; i++)
			sbi_putchar((uint8_t)s[i]);
		return;
	}
	drain(true);
	console_fresh_line();
	write_wait(s, n);
	spin_unlock(&console.lock);
}
