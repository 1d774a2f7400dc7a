/* SPDX-License-Identifier: BSD-2-Clause */
/* Parts of packets, read and written, for the commands: see gdb_text.h. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <core/errno.h>

#include "gdb_text.h"

#define PRINT_MAX 256 /* bytes of text in a packet */

/* ---- Parsing ---- */

static int digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool text_skip(struct text *t, const char *word)
{
	size_t n = strlen(word);

	if ((size_t)(t->end - t->p) < n || memcmp(t->p, word, n) != 0)
		return false;
	t->p += n;
	return true;
}

/* At least one digit, at most 64 bits. */
bool text_number(struct text *t, uint64_t *out)
{
	const uint8_t *start = t->p;

	*out = 0;
	for (; t->p < t->end && digit(*t->p) >= 0; t->p++) {
		if (*out >> 60)
			return false;
		*out = *out << 4 | (unsigned)digit(*t->p);
	}
	return t->p > start;
}

bool text_bytes(struct text *t, uint8_t *out, size_t n)
{
	if ((size_t)(t->end - t->p) < 2 * n)
		return false;
	for (size_t i = 0; i < n; i++, t->p += 2) {
		int high = digit(t->p[0]), low = digit(t->p[1]);

		if (high < 0 || low < 0)
			return false;
		out[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

bool text_id(struct text *t, uint32_t *out)
{
	uint64_t n;

	if (text_skip(t, "-1")) {
		*out = GDB_ALL;
		return true;
	}
	if (!text_number(t, &n) || n >= GDB_ALL)
		return false;
	*out = (uint32_t)n;
	return true;
}

/* p1.2, p1 (all of it), or the 2 of the current process. */
bool text_thread(const struct gdb *g, struct text *t, struct gdb_thread *out)
{
	if (!text_skip(t, "p")) {
		out->pid = g->current.pid;
		if (!text_id(t, &out->tid))
			return false;
		if (out->tid == GDB_ALL)
			out->pid = GDB_ALL;
		return true;
	}
	out->tid = GDB_ALL;
	return text_id(t, &out->pid) && (!text_skip(t, ".") || text_id(t, &out->tid));
}

bool text_end(const struct text *t)
{
	return t->p == t->end;
}

/* addr,length and nothing after it, or only what comes after `then`. */
bool text_range(struct text *t, uint64_t *addr, uint64_t *len, const char *then)
{
	return text_number(t, addr) && text_skip(t, ",") && text_number(t, len) &&
	       (then ? text_skip(t, then) : text_end(t));
}

/* ---- Replies ---- */

void gdb_begin(struct gdb *g)
{
	g->wire.out_len = 0;
}

void gdb_add_byte(struct gdb *g, uint8_t c)
{
	if (g->wire.out_len < GDB_PACKET)
		g->wire.out[g->wire.out_len++] = c;
}

void gdb_add_hex(struct gdb *g, const void *p, size_t n)
{
	static const char hex[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		uint8_t c = ((const uint8_t *)p)[i];

		gdb_add_byte(g, (uint8_t)hex[c >> 4]);
		gdb_add_byte(g, (uint8_t)hex[c & 15]);
	}
}

void gdb_add(struct gdb *g, const char *fmt, ...)
{
	char buf[320];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	for (const char *s = buf; *s; s++)
		gdb_add_byte(g, (uint8_t)*s);
}

void gdb_send(struct gdb *g)
{
	gdb_wire_send(&g->wire);
}

void gdb_reply(struct gdb *g, const char *text)
{
	gdb_begin(g);
	gdb_add(g, "%s", text);
	gdb_send(g);
}

void gdb_result(struct gdb *g, long rc)
{
	gdb_begin(g);
	if (rc < 0)
		gdb_add(g, "E%02x", (unsigned)(-rc) & 0xff);
	else
		gdb_add(g, "OK");
	gdb_send(g);
}

void gdb_bad(struct gdb *g)
{
	gdb_result(g, -NACRE_EINVAL);
}

void gdb_print(struct gdb *g, const void *text, size_t n)
{
	const uint8_t *p = text;

	while (n) {
		size_t some = n < PRINT_MAX ? n : PRINT_MAX;

		gdb_begin(g);
		gdb_add_byte(g, 'O');
		gdb_add_hex(g, p, some);
		gdb_send(g);
		p += some;
		n -= some;
	}
}

/* ---- Threads ---- */

bool gdb_matches(struct gdb_thread is, struct gdb_thread wanted)
{
	return (wanted.pid == GDB_ALL || wanted.pid == 0 || wanted.pid == is.pid) &&
	       (wanted.tid == GDB_ALL || wanted.tid == 0 || wanted.tid == is.tid);
}

/* The first one that matches. false: none, or no process is attached to. */
bool gdb_resolve(const struct gdb *g, struct gdb_thread wanted, struct gdb_thread *out)
{
	struct gdb_thread t = {0, 0};

	while (g->wire.ops->next_thread(g->wire.ctx, &t))
		if (gdb_matches(t, wanted)) {
			*out = t;
			return true;
		}
	return false;
}

/* The thread that registers and memory are asked of. */
bool gdb_chosen(const struct gdb *g, struct gdb_thread *out)
{
	return gdb_resolve(g, g->chosen, out);
}
