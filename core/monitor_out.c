/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The monitor's output: kept in a buffer and fed to the console as fast as that takes it, so that a
 * slow line holds up neither guests nor Nacre. A command's output is shown in pages.
 *
 * Always holds: text[0, sent) is on its way, text[sent, len) waits, of which nothing from `stop` on
 * is sent before a key was pressed. Boot hart only, as all of the monitor.
 */
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <core/console.h>

#include "monitor.h"

#define OUT_SIZE    (96U * 1024)
#define OUT_RESERVE 1024 /* of that for prompts and echo */
#define NEVER	    SIZE_MAX

#define MORE "--more-- (Enter: a line, q: no more)"
#define WIPE "\r                                    \r"
static_assert(sizeof(WIPE) == sizeof(MORE) + 2, "it covers what was written");

static struct {
	size_t len, sent;
	size_t end;	  /* of the command's output, which is paged, */
	size_t stop;	  /* and of its page; NEVER: all may go */
	bool asked;	  /* for a key: sent is at stop */
	const char *note; /* goes before text[sent], */
	size_t note_sent;
	unsigned rows; /* of the terminal; 0: no pages */
	bool cut;      /* it was too much */
	char *capture; /* where output goes instead, */
	size_t room;   /* bytes left there */
} out = {.stop = NEVER, .rows = 24, .note = ""};
static char text[OUT_SIZE]; /* apart: zeroes need no room in the image */

/* ---- To the console ---- */

static bool put(const char *s, size_t n, size_t *sent)
{
	for (; *sent < n; ++*sent)
		if (!console_monitor_put((uint8_t)s[*sent]))
			return false;
	return true;
}

void monitor_pump(void)
{
	size_t limit = out.stop < out.len ? out.stop : out.len;

	if (!put(out.note, strlen(out.note), &out.note_sent) || !put(text, limit, &out.sent))
		return;
	if (out.sent == out.stop && !out.asked) {
		out.asked = true;
		out.note = MORE;
		out.note_sent = 0;
		put(out.note, strlen(out.note), &out.note_sent);
	} else if (out.sent == out.len) {
		out.len = out.sent = 0;
		out.stop = NEVER;
		out.cut = false;
	}
}

void monitor_flush(void)
{
	out.stop = NEVER;
	for (monitor_pump(); out.len; monitor_pump())
		console_flush();
	console_flush();
}

/* ---- From the commands ---- */

static void keep(const char *s, size_t n, size_t most)
{
	static const char note[] = "\r\n(the rest was too much)\r\n";

	if (!out.cut && out.len + n + sizeof(note) > most) {
		out.cut = true;
		s = note;
		n = sizeof(note) - 1;
	} else if (out.cut && most < OUT_SIZE) {
		return;
	}
	if (n > OUT_SIZE - out.len)
		n = OUT_SIZE - out.len;
	memcpy(text + out.len, s, n);
	out.len += n;
}

static void capture(const char *s, size_t n)
{
	n = n < out.room ? n : out.room;
	memcpy(out.capture, s, n);
	out.capture += n;
	out.room -= n;
}

void monitor_echo(const char *s)
{
	keep(s, strlen(s), OUT_SIZE);
	monitor_pump();
}

void monitor_printf(const char *fmt, ...)
{
	char buf[512];
	va_list ap;
	char *s = buf, *nl;

	va_start(ap, fmt);
	vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	if (out.capture) {
		capture(buf, strlen(buf));
		return;
	}
	for (; (nl = strchr(s, '\n')); s = nl + 1) {
		keep(s, (size_t)(nl - s), OUT_SIZE - OUT_RESERVE);
		keep("\r\n", 2, OUT_SIZE - OUT_RESERVE);
	}
	keep(s, strlen(s), OUT_SIZE - OUT_RESERVE);
}

size_t monitor_capture_to(char *buf, size_t size)
{
	size_t left = out.room;

	out.capture = buf;
	out.room = size;
	return left;
}

/* ---- Pages ---- */

/* The end of so many lines from `at` on; NEVER if that is all there is. */
static size_t lines_end(size_t at, unsigned lines)
{
	for (; at < out.end; at++)
		if (text[at] == '\n' && --lines == 0)
			return at + 1 < out.end ? at + 1 : NEVER;
	return NEVER;
}

size_t monitor_out_mark(void)
{
	return out.len;
}

void monitor_page(size_t from)
{
	out.end = out.len;
	if (out.rows > 1)
		out.stop = lines_end(from, out.rows - 1);
	monitor_pump();
}

void monitor_set_rows(unsigned rows)
{
	out.rows = rows;
}

bool monitor_key(uint8_t c)
{
	bool enter = c == '\r' || c == '\n', quit = c == 'q' || c == 0x03;

	if (out.stop == NEVER)
		return false;
	if (out.asked) {
		out.note = WIPE;
		out.note_sent = 0;
	}
	out.asked = false;
	if (quit) {
		memmove(text + out.stop, text + out.end, out.len - out.end);
		out.len -= out.end - out.stop;
	}
	if (enter || c == ' ')
		out.stop = lines_end(out.stop, enter ? 1 : out.rows - 1);
	else
		out.stop = NEVER;
	monitor_pump();
	return enter || quit || c == ' ';
}
