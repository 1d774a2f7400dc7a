/* SPDX-License-Identifier: BSD-2-Clause */
/* What monitor.c (editing, finding the command), monitor_cmds.c and monitor_show.c (the commands)
 * share. */
#ifndef MONITOR_PRIVATE_H
#define MONITOR_PRIVATE_H

#include <core/types.h>

struct vm;

struct monitor_command {
	const char *name;
	const char *args; /* for people; "[X]" may be left out */
	const char *help;
	unsigned min_words, max_words; /* after the name */
	/* arg[0..max_words-1]; NULL where the line had no word. false: the monitor closes. */
	bool (*run)(const char *const *arg);
};

#define MONITOR_WORDS 2 /* the most that any command takes */

extern const struct monitor_command monitor_commands[];
extern const unsigned monitor_command_count;

/* By name or number; without an argument the guest that has the line. NULL: none, and said so. */
struct vm *monitor_guest(const char *arg);

/* monitor_show.c; as monitor_command.run */
bool monitor_guests(const char *const *arg);
bool monitor_vcpus(const char *const *arg);
bool monitor_exits(const char *const *arg);
bool monitor_isa(const char *const *arg);
bool monitor_log(const char *const *arg);
bool monitor_mem(const char *const *arg);
bool monitor_harts(const char *const *arg);

#endif
