/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Nacre's own log: one line per call, prefixed "nacre: ", on the console and in a ring that the
 * monitor can show. Base header: every room may use it (like types.h and errno.h). Any hart;
 * callers may hold sched_lock or a VM's dev_lock.
 */
#ifndef NACRE_CORE_LOG_H
#define NACRE_CORE_LOG_H

#include <assert.h> /* a failed assert() panics, also in pure files: core/log.c */
#include <stddef.h>
#include <stdint.h>

/* A line holds this many characters; what is longer is cut, and ends in "...". */
#define LOG_LINE_MAX 240

void log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Something is wrong, Nacre goes on. */
void log_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Lines before the console exists are kept; this prints them and all that follow. */
void log_console_ready(void);

/*
 * One line of the kept log (its last 8 KiB; the first line may lack its beginning) with its "\n",
 * cut at len bytes. *pos is 0 for the oldest and belongs to this function from then on. The number
 * of bytes; 0 at the end.
 */
size_t log_read(uint64_t *pos, char *buf, size_t len);

/* Nacre itself cannot go on: prints and powers the machine down. Nothing that a guest does may lead
 * here. */
void panic(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));

#endif
