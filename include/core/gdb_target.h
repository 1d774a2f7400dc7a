/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The GDB stub's binding to guests (core/debug.h) and to the line (core/console.h). Boot hart, no
 * lock held. docs/debugging.md is for its users.
 */
#ifndef NACRE_CORE_GDB_TARGET_H
#define NACRE_CORE_GDB_TARGET_H

#include <stdbool.h>
#include <stdint.h>

/* A session begins: the line is the debugger's. */
void gdb_target_open(void);
/* A byte from it. false: none of the protocol's. */
bool gdb_target_input(uint8_t c);
/* Has the debugger let everything go? Then the line is to be the guests' again. */
bool gdb_target_done(void);
/* It may come back with any packet: it is an extended one that only has let its guests go. */
bool gdb_target_waits(void);
/* The line is taken away: forgets the debugger, whose guests go on. */
void gdb_target_close(void);
/* About every 10 ms, and at once when a guest has stopped. false: there is no need. */
bool gdb_target_poll(void);

#endif
