/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The commands of the GDB remote protocol ("Debugging with GDB", E.2 Packets to E.4 General Query
 * Packets): which there are, threads, and questions. Each is parsed wholly before anything is done;
 * what cannot be parsed is an error, what is not known gets the empty reply.
 */
#include <string.h>

#include <core/errno.h>

#include "gdb_text.h"

#define COMMAND_MAX 256

/* ---- Threads ---- */

static void cmd_choose(struct gdb *g, struct text *t)
{
	struct gdb_thread wanted, found;
	bool for_g = text_skip(t, "g");

	if ((!for_g && !text_skip(t, "c")) || !text_thread(g, t, &wanted) || !text_end(t)) {
		gdb_bad(g);
		return;
	}
	if (!gdb_resolve(g, wanted, &found) && wanted.tid != 0 && wanted.tid != GDB_ALL) {
		gdb_result(g, -NACRE_ENOENT);
		return;
	}
	/* Any thread of a process: rather the one that has stopped. */
	if (for_g)
		g->chosen = gdb_matches(g->current, wanted) ? g->current : wanted;
	gdb_reply(g, "OK");
}

static void cmd_alive(struct gdb *g, struct text *t)
{
	struct gdb_thread wanted, found;

	if (!text_thread(g, t, &wanted) || !text_end(t))
		gdb_bad(g);
	else
		gdb_result(g, gdb_resolve(g, wanted, &found) ? 0 : -NACRE_ENOENT);
}

static void reply_threads(struct gdb *g)
{
	struct gdb_thread t = {0, 0};
	char c = 'm';

	gdb_begin(g);
	/* What does not fit into a packet can be had by qXfer:threads. */
	while (g->wire.ops->next_thread(g->wire.ctx, &t) && g->wire.out_len < GDB_PACKET - 24) {
		gdb_add(g, "%cp%x.%x", c, (unsigned)t.pid, (unsigned)t.tid);
		c = ',';
	}
	if (c == 'm')
		gdb_add(g, "l");
	gdb_send(g);
}

/* ---- Questions ---- */

static void cmd_supported(struct gdb *g)
{
	g->extended = false;
	g->running = g->talks = false;
	gdb_begin(g);
	gdb_add(g,
		"PacketSize=%x;QStartNoAckMode+;multiprocess+;swbreak+;hwbreak+;vContSupported+;"
		"qXfer:features:read+;qXfer:threads:read+",
		GDB_PACKET);
	gdb_send(g);
}

static void cmd_xfer(struct gdb *g, struct text *t,
		     void (*text)(struct gdb_window *, const struct gdb_ops *, void *))
{
	struct gdb_window w = {.buf = g->wire.out + 1};
	uint64_t len;

	if (!text_range(t, &w.skip, &len, NULL)) {
		gdb_bad(g);
		return;
	}
	w.room = len < GDB_PACKET / 2 ? (size_t)len : GDB_PACKET / 2;
	text(&w, g->wire.ops, g->wire.ctx);
	g->wire.out[0] = w.more ? 'm' : 'l';
	g->wire.out_len = 1 + (unsigned)w.n;
	gdb_send(g);
}

static void cmd_run(struct gdb *g, struct text *t)
{
	char text[COMMAND_MAX];
	size_t n = (size_t)(t->end - t->p) / 2;

	if (n >= sizeof(text) || !text_bytes(t, (uint8_t *)text, n) || !text_end(t)) {
		gdb_bad(g);
		return;
	}
	text[n] = '\0';
	g->wire.ops->command(g->wire.ctx, text);
	gdb_reply(g, "OK");
}

static void cmd_thread_text(struct gdb *g, struct text *t)
{
	struct gdb_thread who, found;
	char text[64];

	if (!text_thread(g, t, &who) || !text_end(t) || !gdb_resolve(g, who, &found)) {
		gdb_bad(g);
		return;
	}
	g->wire.ops->thread_text(g->wire.ctx, found, text, sizeof(text));
	gdb_begin(g);
	gdb_add_hex(g, text, strlen(text));
	gdb_send(g);
}

static void cmd_physical(struct gdb *g, struct text *t)
{
	bool on = text_skip(t, ":1");

	if (!on && !text_skip(t, ":0")) {
		gdb_bad(g);
		return;
	}
	g->wire.ops->physical(g->wire.ctx, &on);
	gdb_reply(g, "OK");
}

static void cmd_current(struct gdb *g)
{
	struct gdb_thread t;

	gdb_begin(g);
	if (gdb_resolve(g, g->current, &t))
		gdb_add(g, "QCp%x.%x", (unsigned)t.pid, (unsigned)t.tid);
	gdb_send(g);
}

static void query(struct gdb *g, struct text *t)
{
	if (text_skip(t, "qSupported"))
		cmd_supported(g);
	else if (text_skip(t, "qXfer:features:read:target.xml:"))
		cmd_xfer(g, t, gdb_xml_target);
	else if (text_skip(t, "qXfer:threads:read::"))
		cmd_xfer(g, t, gdb_xml_threads);
	else if (text_skip(t, "qfThreadInfo"))
		reply_threads(g);
	else if (text_skip(t, "qsThreadInfo"))
		gdb_reply(g, "l");
	else if (text_skip(t, "qThreadExtraInfo,"))
		cmd_thread_text(g, t);
	else if (text_skip(t, "qRcmd,"))
		cmd_run(g, t);
	else if (text_skip(t, "qAttached"))
		gdb_reply(g, "1"); /* so GDB detaches when it ends */
	else if (text_skip(t, "qqemu.PhyMemMode") && text_end(t))
		gdb_reply(g, g->wire.ops->physical(g->wire.ctx, NULL) ? "1" : "0");
	else if (text_skip(t, "Qqemu.PhyMemMode"))
		cmd_physical(g, t);
	else if (text_skip(t, "qC") && text_end(t))
		cmd_current(g);
	else if (text_skip(t, "QStartNoAckMode") && text_end(t)) {
		gdb_reply(g, "OK");
		g->wire.no_ack = true;
	} else {
		gdb_reply(g, "");
	}
}

static void command(struct gdb *g, struct text *t)
{
	struct text all = *t;
	uint8_t c = t->p < t->end ? *t->p++ : 0;

	switch (c) {
	case 'q':
	case 'Q':
		query(g, &all);
		break;
	case 'v':
		gdb_verbose_command(g, &all);
		break;
	case 'H':
		cmd_choose(g, t);
		break;
	case 'T':
		cmd_alive(g, t);
		break;
	case '!':
		g->extended = true;
		gdb_reply(g, "OK");
		break;
	default:
		if (!gdb_data_command(g, c, t) && !gdb_run_command(g, c, t))
			gdb_reply(g, "");
		break;
	}
}

/* ---- */

void gdb_init(struct gdb *g, const struct gdb_ops *ops, void *ctx)
{
	gdb_wire_init(&g->wire, ops, ctx);
	g->extended = g->running = g->talks = false;
	g->current = g->chosen = (struct gdb_thread){0, 0};
}

bool gdb_byte(struct gdb *g, uint8_t c)
{
	struct text t;

	switch (gdb_wire_byte(&g->wire, c)) {
	case GDB_COMMAND:
		t = (struct text){g->wire.in, g->wire.in + g->wire.len};
		/* While a stop reply is owed nothing may be said, but to one who is new. */
		if (!g->running || text_skip(&t, "qSupported")) {
			t.p = g->wire.in;
			command(g, &t);
		}
		return true;
	case GDB_INTERRUPT:
		if (g->running)
			g->wire.ops->interrupt(g->wire.ctx);
		return true;
	case GDB_STRAY:
		return false;
	default:
		return true;
	}
}
