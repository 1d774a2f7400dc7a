/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What GDB is told in XML: the registers ("Debugging with GDB", G.5.11 RISC-V Features) and the
 * threads. The text is made anew for each part of it that is asked for, so it needs no memory.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <core/gdb.h>

static void bytes(struct gdb_window *w, const char *text, size_t n)
{
	for (; n; n--, text++) {
		if (w->skip)
			w->skip--;
		else if (w->n < w->room)
			w->buf[w->n++] = (uint8_t)*text;
		else
			w->more = true;
	}
}

static void say(struct gdb_window *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void say(struct gdb_window *w, const char *fmt, ...)
{
	char buf[160];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	bytes(w, buf, n < 0 ? 0 : (size_t)n < sizeof(buf) ? (size_t)n : sizeof(buf) - 1);
}

/* ---- Registers ---- */

static void vector_types(struct gdb_window *w, unsigned size)
{
	static const char letter[] = "bhwl";

	for (unsigned i = 0; i < 4; i++)
		if (size >> i)
			say(w, "<vector id=\"v%c\" type=\"uint%u\" count=\"%u\"/>", letter[i],
			    8U << i, size >> i);
	say(w, "<union id=\"vreg\">");
	for (unsigned i = 0; i < 4; i++)
		if (size >> i)
			say(w, "<field name=\"%c\" type=\"v%c\"/>", letter[i], letter[i]);
	say(w, "</union>");
}

static const char *type_of(unsigned n, const struct gdb_reg *r)
{
	switch (r->kind) {
	case GDB_REG_CPU:
		return n == 32 || n == 1 ? "code_ptr" : n >= 2 && n <= 4 ? "data_ptr" : "int";
	case GDB_REG_FPU:
		return r->size == 8 ? "ieee_double" : "int";
	case GDB_REG_VECTOR:
		return "vreg";
	default:
		return "int";
	}
}

static void feature(struct gdb_window *w, enum gdb_reg_kind kind, const struct gdb_ops *ops,
		    void *ctx)
{
	static const char *const name[] = {"cpu", "fpu", "csr", "virtual", "vector"};
	struct gdb_reg r;
	bool open = false;

	for (unsigned n = 0; ops->reg(ctx, n, &r); n++) {
		if (r.kind != kind || r.size == 0 || r.size > GDB_REG_MAX)
			continue;
		if (!open) {
			say(w, "<feature name=\"org.gnu.gdb.riscv.%s\">", name[kind]);
			if (kind == GDB_REG_VECTOR)
				vector_types(w, r.size);
		}
		open = true;
		say(w, "<reg name=\"%s\" bitsize=\"%u\" type=\"%s\" regnum=\"%u\"/>", r.name,
		    8 * r.size, type_of(n, &r), n);
	}
	if (open)
		say(w, "</feature>");
}

void gdb_xml_target(struct gdb_window *w, const struct gdb_ops *ops, void *ctx)
{
	say(w, "<?xml version=\"1.0\"?><!DOCTYPE target SYSTEM \"gdb-target.dtd\">"
	       "<target version=\"1.0\"><architecture>riscv:rv64</architecture><osabi>none</osabi>");
	for (unsigned kind = GDB_REG_CPU; kind <= GDB_REG_VECTOR; kind++)
		feature(w, (enum gdb_reg_kind)kind, ops, ctx);
	say(w, "</target>");
}

/* ---- Threads ---- */

void gdb_xml_threads(struct gdb_window *w, const struct gdb_ops *ops, void *ctx)
{
	struct gdb_thread t = {0, 0};
	char text[64];

	say(w, "<?xml version=\"1.0\"?><threads>");
	while (ops->next_thread(ctx, &t)) {
		ops->thread_text(ctx, t, text, sizeof(text));
		say(w, "<thread id=\"p%x.%x\">%s</thread>", (unsigned)t.pid, (unsigned)t.tid, text);
	}
	say(w, "</threads>");
}
