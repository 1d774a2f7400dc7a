/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The GDB stub's binding to guests (core/debug.h). One session at a time, on one of the lines: the
 * console (core/console_input.c), or one of its own (core/gdb_line.c); `put`, which writes to the
 * line, stands for it. Boot hart, no lock held. docs/debugging.md is for its users.
 */
#ifndef NACRE_CORE_GDB_TARGET_H
#define NACRE_CORE_GDB_TARGET_H

#include <stdbool.h>
#include <stdint.h>

typedef void gdb_put_fn(uint8_t byte);

/* A session begins on a line. false: another one has one, and the debugger was told so. */
bool gdb_target_open(gdb_put_fn *put);
bool gdb_target_is_open(gdb_put_fn *put);
/* A byte from it. false: none of the protocol's. */
bool gdb_target_input(uint8_t c);
/* Has the debugger let everything go, or is to do so? Then the line is to be taken away. */
bool gdb_target_done(void);
/* It may come back with any packet: it is an extended one that only has let its guests go. */
bool gdb_target_waits(gdb_put_fn *put);
/* The line is taken away: forgets the debugger, whose guests go on. */
void gdb_target_close(void);
/* That will be so soon, whatever the debugger says. */
void gdb_target_end(void);
/* For people: which line there is a session on. NULL: none. */
const char *gdb_target_where(void);
/* About every 10 ms, and at once when a guest has stopped. false: there is no need. */
bool gdb_target_poll(void);

#endif
