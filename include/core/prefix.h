/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Several writers on one line, each of whose lines starts with its name: "[debian] Welcome".
 *
 * A writer's bytes are collected until its line is complete, so that lines do not mix. A line that
 * is shown before it is complete (it is too long, or a person waits for it: prefix_show()) stays
 * open on the wire: its writer goes on directly, and the next line of another writer first ends it.
 * Every byte of a writer comes out once, in order. No lock.
 */
#ifndef NACRE_CORE_PREFIX_H
#define NACRE_CORE_PREFIX_H

#include <core/types.h>

#define PREFIX_LINE 160 /* bytes of a line that are collected */

struct prefix_writer {
	const char *name;
	uint8_t len;
	uint8_t seen; /* len when prefix_idle() looked last */
	char line[PREFIX_LINE];
};

struct prefix_wire {
	void (*emit)(void *ctx, const char *s, size_t n);
	void *ctx;
	struct prefix_writer *open; /* whose unfinished line is on the wire */
};

/* One byte of a writer's output; "\n" completes the line. */
void prefix_put(struct prefix_wire *w, struct prefix_writer *p, char c);
/* Shows what is collected of an unfinished line. */
void prefix_show(struct prefix_wire *w, struct prefix_writer *p);
/* Called now and then: prefix_show(), once the line has not grown since the last call. */
void prefix_idle(struct prefix_wire *w, struct prefix_writer *p);

#endif
