/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A line editor for a terminal: bytes in, echo out, now and then a line.
 *
 * Only printable ASCII gets into a line. CR, LF and CR LF each end it, ^C gives it up. The cursor
 * keys, Home, End and Delete do what they say, up and down fetch earlier lines, Tab completes the
 * word before the cursor; docs/monitor.md lists the control characters. Other escape sequences are
 * swallowed.
 */
#ifndef NACRE_CORE_LINE_H
#define NACRE_CORE_LINE_H

#include <core/types.h>

#define LINE_SIZE    128 /* with the terminating NUL */
#define LINE_HISTORY 16	 /* lines kept */

struct line_ops {
	/* Show text on the terminal: printable characters, \b, \a, \r\n. */
	void (*echo)(void *ctx, const char *text);
	/* Tab: the choices were listed, show the prompt (not the line) again. */
	void (*prompt)(void *ctx);
	/*
	 * Tab: the i-th word (0, 1, ...) that may stand where line, of which the first `before`
	 * characters count, ends; NULL: there is none. Words are printable, without blanks. The op
	 * may be NULL.
	 */
	const char *(*word)(void *ctx, const char *line, unsigned before, unsigned i);
};

enum line_event {
	LINE_NONE,
	LINE_DONE,	/* buf holds a line, until the next line_feed() */
	LINE_CANCELLED, /* given up with ^C; buf is empty */
};

struct line {
	const struct line_ops *ops;
	void *ctx;
	unsigned len, at;      /* characters, and how many of them are before the cursor */
	char buf[LINE_SIZE];   /* always NUL-terminated, len characters */
	uint8_t escape;	       /* where in an escape sequence we are */
	uint8_t param;	       /* its first number, */
	bool params;	       /* and that there is a second */
	bool after_cr;	       /* a LF now belongs to the CR before it */
	bool done;	       /* buf is the line before; the next byte starts anew */
	unsigned past;	       /* buf shows the past-th line before; 0: the one being typed */
	unsigned kept;	       /* lines entered so far; the last LINE_HISTORY are in history[] */
	char typed[LINE_SIZE]; /* what was being typed before up was pressed */
	char history[LINE_HISTORY][LINE_SIZE];
};

/* An empty line without a past. ops and ctx must outlive l. */
void line_init(struct line *l, const struct line_ops *ops, void *ctx);

/* An empty line, and no escape sequence; the history stays. Shows nothing. */
void line_clear(struct line *l);

/* Shows the line again: the terminal's cursor is behind the prompt. */
void line_show(struct line *l);

/* Any byte from the terminal. */
enum line_event line_feed(struct line *l, uint8_t byte);

#endif
