/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A line editor for a terminal: bytes in, echo out, now and then a line.
 *
 * Only printable ASCII gets into a line. Backspace and DEL take back a character, ^W a word, ^U
 * all; ^C gives up the line. CR, LF and CR LF each end it. Escape sequences (cursor keys) are
 * swallowed.
 */
#ifndef NACRE_CORE_LINE_H
#define NACRE_CORE_LINE_H

#include <core/types.h>

#define LINE_SIZE 128 /* with the terminating NUL */

struct line_ops {
	/* Show text (a NUL-terminated string, at most 4 characters) on the terminal. */
	void (*echo)(void *ctx, const char *text);
};

enum line_event {
	LINE_NONE,
	LINE_DONE,	/* buf holds a line, until the next line_feed() */
	LINE_CANCELLED, /* given up with ^C; buf is empty */
};

struct line {
	const struct line_ops *ops;
	void *ctx;
	unsigned len;
	char buf[LINE_SIZE]; /* always NUL-terminated, len characters */
	uint8_t escape;	     /* where in an escape sequence we are */
	bool after_cr;	     /* a LF now belongs to the CR before it */
	bool done;	     /* buf is the line before; the next byte starts anew */
};

/* An empty line. ops and ctx must outlive l. */
void line_init(struct line *l, const struct line_ops *ops, void *ctx);

/* Any byte from the terminal. */
enum line_event line_feed(struct line *l, uint8_t byte);

#endif
