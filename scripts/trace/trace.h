/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A trace on the host: read from a dump of the machine's memory or from the monitor's lines
 * (trace_load.c), written as JSON for Perfetto and Chrome (trace_json.c), as an SVG summary
 * (trace_svg.c) or as a list (trace_list.c).
 */
#ifndef NACRE_TOOLS_TRACE_H
#define NACRE_TOOLS_TRACE_H

#include <stdio.h>

#include <core/trace_format.h>

struct trace_set {
	struct trace_info info; /* ring[] is not used */
	struct trace_ring_info ring[TRACE_RINGS];
	struct trace_record *record; /* of all rings, by time; those of a ring in their order */
	size_t n;
	size_t damaged;	 /* lines or records that are not what was written */
	uint64_t missed; /* records that were overwritten before they were read */
};

/* 0, or -NACRE_E*. To be freed in any case. */
int trace_load_text(struct trace_set *t, FILE *in);
/* mem: physical memory from base on. */
int trace_load_ram(struct trace_set *t, const void *mem, uint64_t size, uint64_t base, uint64_t at);
void trace_free(struct trace_set *t);

void trace_write_list(const struct trace_set *t, FILE *out);
void trace_write_json(const struct trace_set *t, FILE *out);
void trace_write_svg(const struct trace_set *t, FILE *out);

/* A guest's name; "guest 7" where none is known. */
const char *trace_guest(const struct trace_set *t, unsigned vm, char text[TRACE_NAME]);
/* An exit's cause by name, or number. */
const char *trace_cause(unsigned cause, char text[TRACE_NAME]);
/* What a record says, without time, hart and guest: "sbi TIME 0 a0 0x1234". */
void trace_describe(const struct trace_record *r, char *text, size_t size);

#endif
