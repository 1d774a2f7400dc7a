/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A line editor for a terminal.
 *
 * Always holds: buf is a string of len printable characters, at <= len < LINE_SIZE, and the
 * terminal shows just those, with its cursor before character `at`. A control character is acted on
 * even inside an escape sequence and ends it, so that a broken sequence cannot swallow ^C or Enter.
 * Sequences: ECMA-48, 5.4.
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

/* ---- The cursor, and what the terminal shows ---- */

static void move(struct line *l, unsigned to)
{
	for (; l->at > to; l->at--)
		echo(l, "\b");
	for (; l->at < to; l->at++) {
		char text[] = {l->buf[l->at], '\0'};

		echo(l, text);
	}
}

static bool is_blank(const struct line *l, unsigned i)
{
	return l->buf[i] == ' ';
}

static unsigned word_left(const struct line *l)
{
	unsigned to = l->at;

	while (to && is_blank(l, to - 1))
		to--;
	while (to && !is_blank(l, to - 1))
		to--;
	return to;
}

static unsigned word_right(const struct line *l)
{
	unsigned to = l->at;

	while (to < l->len && is_blank(l, to))
		to++;
	while (to < l->len && !is_blank(l, to))
		to++;
	return to;
}

/* ---- Changes ---- */

/* The line from the cursor on has changed and is `shorter` characters shorter. */
static void redraw(struct line *l, unsigned shorter)
{
	unsigned at = l->at;

	move(l, l->len);
	for (unsigned i = 0; i < shorter; i++)
		echo(l, " ");
	for (unsigned i = 0; i < shorter; i++)
		echo(l, "\b");
	move(l, at);
}

static void insert(struct line *l, const char *text, size_t n)
{
	if (n > LINE_SIZE - 1 - l->len) {
		echo(l, "\a");
		return;
	}
	memmove(l->buf + l->at + n, l->buf + l->at, l->len - l->at + 1);
	memcpy(l->buf + l->at, text, n);
	l->len += (unsigned)n;
	move(l, l->at + (unsigned)n);
	redraw(l, 0);
}

/* Takes out what is between two places; the cursor stands there then. */
static void cut(struct line *l, unsigned from, unsigned to)
{
	if (from == to)
		return;
	move(l, from);
	memmove(l->buf + from, l->buf + to, l->len - to + 1);
	l->len -= to - from;
	redraw(l, to - from);
}

static void replace(struct line *l, const char *text)
{
	cut(l, 0, l->len);
	insert(l, text, strlen(text));
}

/* ---- The past ---- */

static char *past_line(struct line *l, unsigned past)
{
	return l->history[(l->kept - past) % LINE_HISTORY];
}

static void keep(struct line *l)
{
	l->past = 0;
	if (l->len == 0 || (l->kept && !strcmp(past_line(l, 1), l->buf)))
		return;
	memcpy(l->history[l->kept++ % LINE_HISTORY], l->buf, LINE_SIZE);
}

static void go_past(struct line *l, bool up)
{
	unsigned most = l->kept < LINE_HISTORY ? l->kept : LINE_HISTORY;

	if (up ? l->past == most : l->past == 0)
		return;
	if (l->past == 0)
		memcpy(l->typed, l->buf, LINE_SIZE);
	l->past += up ? 1 : -1U;
	replace(l, l->past ? past_line(l, l->past) : l->typed);
}

/* ---- Completion ---- */

static unsigned common(const char *a, const char *b, unsigned max)
{
	unsigned n = 0;

	while (n < max && a[n] && a[n] == b[n])
		n++;
	return n;
}

/* The next choice from i on that begins as the n characters at `begin`; NULL: none. */
static const char *choice(struct line *l, unsigned begin, unsigned *i)
{
	const char *w;

	while ((w = l->ops->word(l->ctx, l->buf, begin, (*i)++)))
		if (!strncmp(w, l->buf + begin, l->at - begin))
			return w;
	return NULL;
}

static void list(struct line *l, unsigned begin)
{
	const char *w;
	unsigned at = l->at;

	move(l, l->len);
	echo(l, "\r\n");
	for (unsigned i = 0; (w = choice(l, begin, &i));) {
		echo(l, w);
		echo(l, "  ");
	}
	echo(l, "\r\n");
	l->ops->prompt(l->ctx);
	l->at = at;
	line_show(l);
}

static void complete(struct line *l)
{
	unsigned begin = l->at, have, n, found = 0, i = 0;
	const char *first = NULL, *w;

	if (!l->ops->word)
		return;
	while (begin && !is_blank(l, begin - 1))
		begin--;
	have = n = l->at - begin;
	for (; (w = choice(l, begin, &i)); found++) {
		n = first ? common(first, w, n) : (unsigned)strlen(w);
		first = first ? first : w;
	}
	if (found == 0)
		echo(l, "\a");
	else if (n > have)
		insert(l, first + have, n - have);
	else if (found > 1)
		list(l, begin);
	if (found == 1 && (l->at == l->len || !is_blank(l, l->at)))
		insert(l, " ", 1);
}

/* ---- Keys ---- */

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

/* A sequence's last byte; "~" stands for the key of its number. With a second number Ctrl, Shift or
 * Alt was held. */
static void key(struct line *l, uint8_t final)
{
	static const char of_number[] = "~H~XF~~HF";

	if (final == '~' && l->param < sizeof(of_number) - 1)
		final = (uint8_t)of_number[l->param];
	switch (final) {
	case 'A':
	case 'B':
		go_past(l, final == 'A');
		break;
	case 'C':
		move(l, l->params ? word_right(l) : l->at + (l->at < l->len));
		break;
	case 'D':
		move(l, l->params ? word_left(l) : l->at - (l->at > 0));
		break;
	case 'H':
		move(l, 0);
		break;
	case 'F':
		move(l, l->len);
		break;
	case 'X':
		cut(l, l->at, l->at + (l->at < l->len));
		break;
	default:
		break;
	}
}

static void in_escape(struct line *l, uint8_t byte)
{
	enum escape before = l->escape;

	l->escape = escape_next(before, byte);
	if (before == ESCAPE_START) {
		l->param = 0;
		l->params = false;
	} else if (l->escape == ESCAPE_NONE) {
		key(l, byte);
	} else if (byte == ';') {
		l->params = true;
	} else if (!l->params && byte >= '0' && byte <= '9' && l->param < 20) {
		l->param = (uint8_t)(l->param * 10 + byte - '0');
	}
}

static void edit(struct line *l, uint8_t byte)
{
	switch (byte) {
	case CTRL('A'):
		move(l, 0);
		break;
	case CTRL('E'):
		move(l, l->len);
		break;
	case CTRL('B'):
	case CTRL('F'):
		key(l, byte == CTRL('B') ? 'D' : 'C');
		break;
	case CTRL('P'):
	case CTRL('N'):
		go_past(l, byte == CTRL('P'));
		break;
	case CTRL('D'):
		key(l, 'X');
		break;
	case CTRL('K'):
		cut(l, l->at, l->len);
		break;
	case CTRL('U'):
		cut(l, 0, l->at);
		break;
	case CTRL('W'):
		cut(l, word_left(l), l->at);
		break;
	case BS:
	case DEL:
		cut(l, l->at - (l->at > 0), l->at);
		break;
	case '\t':
		complete(l);
		break;
	default:
		break;
	}
}

static enum line_event control(struct line *l, uint8_t byte)
{
	l->params = false;
	if (byte == '\r' || byte == '\n') {
		move(l, l->len);
		echo(l, "\r\n");
		keep(l);
		l->done = true;
		return LINE_DONE;
	}
	if (byte == CTRL('C')) {
		move(l, l->len);
		echo(l, "^C\r\n");
		line_clear(l);
		return LINE_CANCELLED;
	}
	edit(l, byte);
	return LINE_NONE;
}

void line_init(struct line *l, const struct line_ops *ops, void *ctx)
{
	memset(l, 0, sizeof(*l));
	l->ops = ops;
	l->ctx = ctx;
}

void line_clear(struct line *l)
{
	l->len = l->at = l->past = 0;
	l->buf[0] = '\0';
	l->escape = ESCAPE_NONE;
	l->done = false;
}

void line_show(struct line *l)
{
	unsigned at = l->at;

	if (l->done)
		return;
	l->at = 0;
	move(l, l->len);
	move(l, at);
}

enum line_event line_feed(struct line *l, uint8_t byte)
{
	bool second = l->after_cr && byte == '\n';
	char c = (char)byte;

	l->after_cr = byte == '\r';
	if (l->done)
		line_clear(l);
	if (second)
		return LINE_NONE;
	if (printable(byte) && l->escape != ESCAPE_NONE) {
		in_escape(l, byte);
		return LINE_NONE;
	}
	l->escape = byte == ESC ? ESCAPE_START : ESCAPE_NONE;
	if (!printable(byte))
		return control(l, byte);
	insert(l, &c, 1);
	return LINE_NONE;
}
