/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A line editor for a terminal.
 *
 * Always holds: buf is a string of len printable characters, len < LINE_SIZE, and the terminal
 * shows just those. A control character is acted on even inside an escape sequence and ends it, so
 * that a broken sequence cannot swallow ^C or Enter. Sequences: ECMA-48, 5.4.
 */
#include <string.h>

#include <core/line.h>

enum escape {
	ESCAPE_NONE,
	ESCAPE_START, /* ESC, and what follows before the final byte */
	ESCAPE_CSI,   /* ESC [ and parameters */
	ESCAPE_SS3,   /* ESC O: one more byte */
};

#define CTRL(c) ((c)&0x1f)
#define BS	0x08
#define ESC	0x1b
#define DEL	0x7f

static bool printable(uint8_t byte)
{
	return byte >= 0x20 && byte < DEL;
}

static void echo(struct line *l, const char *text)
{
	l->ops->echo(l->ctx, text);
}

static void clear(struct line *l)
{
	l->len = 0;
	l->buf[0] = '\0';
}

static void insert(struct line *l, char c)
{
	char text[] = {c, '\0'};

	if (l->len == LINE_SIZE - 1) {
		echo(l, "\a");
		return;
	}
	l->buf[l->len++] = c;
	l->buf[l->len] = '\0';
	echo(l, text);
}

static void erase(struct line *l)
{
	if (l->len == 0)
		return;
	l->buf[--l->len] = '\0';
	echo(l, "\b \b");
}

static void erase_word(struct line *l)
{
	while (l->len && l->buf[l->len - 1] == ' ')
		erase(l);
	while (l->len && l->buf[l->len - 1] != ' ')
		erase(l);
}

/* The state after a printable byte inside a sequence. */
static enum escape escape_next(enum escape now, uint8_t byte)
{
	switch (now) {
	case ESCAPE_START:
		if (byte == '[')
			return ESCAPE_CSI;
		if (byte == 'O')
			return ESCAPE_SS3;
		return byte < 0x30 ? ESCAPE_START : ESCAPE_NONE;
	case ESCAPE_CSI:
		return byte < 0x40 ? ESCAPE_CSI : ESCAPE_NONE;
	default:
		return ESCAPE_NONE;
	}
}

static enum line_event control(struct line *l, uint8_t byte)
{
	switch (byte) {
	case '\r':
	case '\n':
		echo(l, "\r\n");
		l->done = true;
		return LINE_DONE;
	case CTRL('C'):
		echo(l, "^C\r\n");
		clear(l);
		return LINE_CANCELLED;
	case CTRL('U'):
		while (l->len)
			erase(l);
		break;
	case CTRL('W'):
		erase_word(l);
		break;
	case BS:
	case DEL:
		erase(l);
		break;
	default:
		break;
	}
	return LINE_NONE;
}

void line_init(struct line *l, const struct line_ops *ops, void *ctx)
{
	memset(l, 0, sizeof(*l));
	l->ops = ops;
	l->ctx = ctx;
}

enum line_event line_feed(struct line *l, uint8_t byte)
{
	bool second = l->after_cr && byte == '\n';

	l->after_cr = byte == '\r';
	if (l->done) {
		l->done = false;
		clear(l);
	}
	if (second)
		return LINE_NONE;
	if (printable(byte) && l->escape != ESCAPE_NONE) {
		l->escape = escape_next(l->escape, byte);
		return LINE_NONE;
	}
	l->escape = byte == ESC ? ESCAPE_START : ESCAPE_NONE;
	if (!printable(byte))
		return control(l, byte);
	insert(l, (char)byte);
	return LINE_NONE;
}
