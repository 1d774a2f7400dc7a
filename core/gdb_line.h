/* SPDX-License-Identifier: BSD-2-Clause */
/* core/gdb_line.c, for the console, which has its device's interrupts and polls. */
#ifndef CORE_GDB_LINE_H
#define CORE_GDB_LINE_H

#include <core/console.h>

/* At boot, once. */
void gdb_line_set_dev(const struct console_dev *d);
/* Listens from now on, unless debugging is switched off. */
void gdb_line_start(void);
/* Boot hart, without a lock: bytes to read or room to write. */
void gdb_line_serve(void);
/* It has no interrupt: gdb_line_serve() about every 10 ms. Constant after gdb_line_start(). */
bool gdb_line_polls(void);
/* Waits until the device has taken all: before power-off. */
void gdb_line_flush(void);

#endif
