/* SPDX-License-Identifier: BSD-2-Clause */
/* Letting go and stopping: the packets of the GDB stub that make threads run, and stop replies. */
#include <string.h>

#include <core/errno.h>

#include "gdb_text.h"

#define SIGNAL_INT  2
#define SIGNAL_ABRT 6
#define SIGNAL_TRAP 5
#define ACTIONS_MAX 64

/* ---- Stop replies ---- */

static void add_stop(struct gdb *g, const struct gdb_stop *s)
{
	static const char *const word[] = {[GDB_WHY_BREAK] = "swbreak",
					   [GDB_WHY_EXEC] = "hwbreak",
					   [GDB_WHY_WRITE] = "watch",
					   [GDB_WHY_READ] = "rwatch",
					   [GDB_WHY_ACCESS] = "awatch"};
	static const uint8_t expedited[] = {2, 8, 32}; /* sp, fp, pc */
	uint8_t value[8];

	if (s->why >= GDB_WHY_EXITED) {
		gdb_add(g, s->why == GDB_WHY_EXITED ? "W00" : "X%02x", SIGNAL_ABRT);
		gdb_add(g, ";process:%x", (unsigned)s->t.pid);
		return;
	}
	gdb_add(g, "T%02x", s->why == GDB_WHY_INTERRUPT ? SIGNAL_INT : SIGNAL_TRAP);
	if (s->why >= GDB_WHY_BREAK) {
		gdb_add(g, "%s:", word[s->why]);
		if (s->why >= GDB_WHY_WRITE)
			gdb_add(g, "%llx", (unsigned long long)s->addr);
		gdb_add_byte(g, ';');
	}
	for (unsigned i = 0; i < sizeof(expedited); i++) {
		if (g->wire.ops->get(g->wire.ctx, s->t, expedited[i], value))
			continue;
		gdb_add(g, "%02x:", expedited[i]);
		gdb_add_hex(g, value, sizeof(value));
		gdb_add_byte(g, ';');
	}
	gdb_add(g, "thread:p%x.%x;", (unsigned)s->t.pid, (unsigned)s->t.tid);
}

static void send_stop(struct gdb *g, const struct gdb_stop *s)
{
	gdb_begin(g);
	add_stop(g, s);
	gdb_send(g);
}

void gdb_stopped(struct gdb *g, const struct gdb_stop *stop)
{
	if (!g->running)
		return;
	g->running = g->talks = false;
	if (stop->why < GDB_WHY_EXITED)
		g->current = g->chosen = stop->t;
	else if (g->current.pid == stop->t.pid)
		g->current = g->chosen = (struct gdb_thread){0, 0};
	send_stop(g, stop);
}

/* ---- Running ---- */

static void go(struct gdb *g)
{
	g->running = g->talks = true; /* before: what follows may come at once */
	g->wire.ops->go(g->wire.ctx);
}

static void cmd_vcont(struct gdb *g, struct text *t)
{
	struct {
		char kind;
		struct gdb_thread t;
	} action[ACTIONS_MAX];
	struct gdb_thread who = {0, 0};
	unsigned n = 0;
	uint64_t signal;

	for (; text_skip(t, ";"); n++) {
		if (n == ACTIONS_MAX || text_end(t)) {
			gdb_bad(g);
			return;
		}
		action[n].kind = (char)(*t->p++ | 0x20);
		action[n].t = (struct gdb_thread){GDB_ALL, GDB_ALL};
		/* C and S bring a signal, which a guest has no use for. */
		if ((t->p[-1] < 'a' && !text_number(t, &signal)) ||
		    (text_skip(t, ":") && !text_thread(g, t, &action[n].t)) ||
		    !strchr("cst", action[n].kind)) {
			gdb_bad(g);
			return;
		}
	}
	if (n == 0 || !text_end(t) || !gdb_resolve(g, who, &who)) {
		gdb_bad(g);
		return;
	}
	who = (struct gdb_thread){0, 0};
	while (g->wire.ops->next_thread(g->wire.ctx, &who)) {
		unsigned i = 0;

		while (i < n && !gdb_matches(who, action[i].t))
			i++;
		/* Of whom nothing is said stays where it is. */
		g->wire.ops->act(g->wire.ctx, who, i < n ? action[i].kind : 't');
	}
	go(g);
}

/* The old c, C, s, S: all go on, or the current thread takes a step. */
static void cmd_resume(struct gdb *g, struct text *t, char kind, bool signal)
{
	struct gdb_thread who = {0, 0};
	uint64_t ignored;

	if ((signal && !text_number(t, &ignored)) || !text_end(t) || !gdb_resolve(g, who, &who)) {
		gdb_bad(g);
		return;
	}
	if (kind == 's') {
		if (gdb_chosen(g, &who))
			g->wire.ops->act(g->wire.ctx, who, kind);
	} else {
		who = (struct gdb_thread){0, 0};
		while (g->wire.ops->next_thread(g->wire.ctx, &who))
			g->wire.ops->act(g->wire.ctx, who, kind);
	}
	go(g);
}

static void attach(struct gdb *g, uint32_t pid)
{
	int rc;

	g->running = true;
	rc = g->wire.ops->attach(g->wire.ctx, pid);
	if (rc) {
		g->running = false;
		gdb_result(g, rc);
	}
}

/* Why has it stopped? A debugger that is new, and names no guest, gets one. */
static void cmd_why(struct gdb *g)
{
	struct gdb_thread t = {0, 0};
	uint32_t pid = g->wire.ops->first(g->wire.ctx);

	if (gdb_resolve(g, t, &t)) {
		g->running = true;
		g->wire.ops->interrupt(g->wire.ctx);
	} else if (!g->extended && pid) {
		attach(g, pid);
	} else {
		gdb_reply(g, "W00");
	}
}

static void cmd_attach(struct gdb *g, struct text *t)
{
	uint32_t pid;

	if (!text_id(t, &pid) || !text_end(t))
		gdb_bad(g);
	else
		attach(g, pid);
}

/* All that are attached to. */
static int detach_all(struct gdb *g, int (*how)(void *ctx, uint32_t pid))
{
	struct gdb_thread t = {0, 0};
	int rc = 0;

	while (!rc && g->wire.ops->next_thread(g->wire.ctx, &t)) {
		rc = how(g->wire.ctx, t.pid);
		t = (struct gdb_thread){0, 0};
	}
	return rc;
}

static void cmd_detach(struct gdb *g, struct text *t)
{
	uint32_t pid;

	if (text_end(t))
		gdb_result(g, detach_all(g, g->wire.ops->detach));
	else if (!text_skip(t, ";") || !text_id(t, &pid) || !text_end(t))
		gdb_bad(g);
	else
		gdb_result(g, g->wire.ops->detach(g->wire.ctx, pid));
}

static void cmd_kill(struct gdb *g, struct text *t)
{
	uint32_t pid;

	if (!text_id(t, &pid) || !text_end(t))
		gdb_bad(g);
	else
		gdb_result(g, g->wire.ops->kill(g->wire.ctx, pid));
}

void gdb_verbose_command(struct gdb *g, struct text *t)
{
	if (text_skip(t, "vCont?"))
		gdb_reply(g, "vCont;c;C;s;S;t");
	else if (text_skip(t, "vCont"))
		cmd_vcont(g, t);
	else if (text_skip(t, "vAttach;"))
		cmd_attach(g, t);
	else if (text_skip(t, "vKill;"))
		cmd_kill(g, t);
	else
		gdb_reply(g, "");
}

bool gdb_run_command(struct gdb *g, uint8_t c, struct text *t)
{
	switch (c) {
	case 'c':
	case 's':
		cmd_resume(g, t, (char)c, false);
		return true;
	case 'C':
	case 'S':
		cmd_resume(g, t, (char)(c | 0x20), true);
		return true;
	case 'D':
		cmd_detach(g, t);
		return true;
	case 'k':
		detach_all(g, g->wire.ops->kill);
		return true;
	case '?':
		cmd_why(g);
		return true;
	default:
		return false;
	}
}
