/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lines of several writers, told apart by a prefix. A writer's collected bytes are never on the
 * wire, and while its line is open there, nothing of it is collected.
 */
#include <string.h>

#include <core/prefix.h>

static void emit(struct prefix_wire *w, const char *s, size_t n)
{
	w->emit(w->ctx, s, n);
}

void prefix_show(struct prefix_wire *w, struct prefix_writer *p)
{
	if (p->len == 0)
		return;
	if (w->open)
		emit(w, "\r\n", 2);
	emit(w, "[", 1);
	emit(w, p->name, strlen(p->name));
	emit(w, "] ", 2);
	emit(w, p->line, p->len);
	w->open = p->line[p->len - 1] == '\n' ? NULL : p;
	p->len = 0;
	p->seen = 0; /* another line that happens to be as long has not stood still */
}

void prefix_put(struct prefix_wire *w, struct prefix_writer *p, char c)
{
	if (w->open == p) {
		emit(w, &c, 1);
		if (c == '\n')
			w->open = NULL;
		return;
	}
	p->line[p->len++] = c;
	if (c == '\n' || p->len == PREFIX_LINE)
		prefix_show(w, p);
}

void prefix_idle(struct prefix_wire *w, struct prefix_writer *p)
{
	if (p->len == p->seen)
		prefix_show(w, p);
	p->seen = p->len;
}
