/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of the GDB stub share: reading a packet, writing the reply, and the commands. */
#ifndef GDB_TEXT_H
#define GDB_TEXT_H

#include <core/gdb.h>

/* What is left of the packet. Each of these functions takes what it reads, and is false if that is
 * not there. */
struct text {
	const uint8_t *p, *end;
};
bool text_skip(struct text *t, const char *word);
bool text_number(struct text *t, uint64_t *out);	 /* hexadecimal, at most 64 bits */
bool text_bytes(struct text *t, uint8_t *out, size_t n); /* two digits each */
bool text_id(struct text *t, uint32_t *out);
/* p1.2, p1 (all of it), or the 2 of the current process. */
bool text_thread(const struct gdb *g, struct text *t, struct gdb_thread *out);
bool text_end(const struct text *t);
/* addr,length and nothing after it, or only what comes after `then`. */
bool text_range(struct text *t, uint64_t *addr, uint64_t *len, const char *then);

/* A reply is begun, added to, sent; what does not fit is cut. */
void gdb_begin(struct gdb *g);
void gdb_add_byte(struct gdb *g, uint8_t c);
void gdb_add_hex(struct gdb *g, const void *p, size_t n);
void gdb_add(struct gdb *g, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void gdb_send(struct gdb *g);
/* Whole ones. */
void gdb_reply(struct gdb *g, const char *text);
void gdb_result(struct gdb *g, long rc); /* OK, or the error -rc */
void gdb_bad(struct gdb *g);

bool gdb_matches(struct gdb_thread is, struct gdb_thread wanted);
/* The first thread that matches. false: none, or no process is attached to. */
bool gdb_resolve(const struct gdb *g, struct gdb_thread wanted, struct gdb_thread *out);
/* The thread that registers and memory are asked of. */
bool gdb_chosen(const struct gdb *g, struct gdb_thread *out);

/* gdb_data.c: g G p P m M X z Z. false: none of these. */
bool gdb_data_command(struct gdb *g, uint8_t c, struct text *t);
/* gdb_run.c: c C s S D k, vCont and its like, and "?". false: none of these. */
bool gdb_run_command(struct gdb *g, uint8_t c, struct text *t);
void gdb_verbose_command(struct gdb *g, struct text *t);

#endif
