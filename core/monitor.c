/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The monitor: a command line on Nacre's console, opened by the escape key.
 *
 * It runs on the hart that takes the UART's interrupt, from the run loop or the idle loop, with no
 * lock held; between two keys nothing of it is on any stack. docs/monitor.md is for its users.
 */
#include <string.h>

#include <core/console.h>
#include <core/line.h>

#include "monitor.h"

static struct line line;

static void echo(void *ctx, const char *text)
{
	(void)ctx;
	console_printf("%s", text);
}

static void prompt(void)
{
	console_torn();
	console_printf("nacre> %s", line.buf);
}

void monitor_open(void)
{
	static const struct line_ops ops = {.echo = echo};

	line_init(&line, &ops, NULL);
	console_printf(
		"monitor: \"help\" lists the commands, an empty line returns to the guest\n");
	prompt();
}

/* Cuts the line into words, in place. Their number, which may be more than were stored. */
static unsigned split(char *s, const char **word, unsigned max)
{
	unsigned n = 0;

	for (; *(s += strspn(s, " ")); n++) {
		if (n < max)
			word[n] = s;
		s += strcspn(s, " ");
		if (*s)
			*s++ = '\0';
	}
	return n;
}

static unsigned common_prefix(const char *a, const char *b)
{
	unsigned n = 0;

	while (a[n] && a[n] == b[n])
		n++;
	return n;
}

/* The command of that name, or the only one that begins so. *near: the one to propose otherwise, or
 * NULL. */
static const struct monitor_command *find(const char *name, const struct monitor_command **near)
{
	const struct monitor_command *found = NULL;
	unsigned best = 0, matches = 0;

	*near = NULL;
	for (unsigned i = 0; i < monitor_command_count; i++) {
		const struct monitor_command *c = &monitor_commands[i];
		unsigned n = common_prefix(name, c->name);

		if (!strcmp(name, c->name))
			return c;
		if (name[n] == '\0') {
			found = c;
			matches++;
		}
		if (n > best) {
			best = n;
			*near = c;
		}
	}
	return matches == 1 ? found : NULL;
}

static bool run(char *text)
{
	const char *word[1 + MONITOR_WORDS] = {NULL};
	const struct monitor_command *c, *near;
	unsigned n = split(text, word, 1 + MONITOR_WORDS);

	if (n == 0)
		return false;
	c = find(word[0], &near);
	if (!c && near) {
		console_printf("%s: no such command; perhaps \"%s\"? \"help\" lists them\n",
			       word[0], near->name);
	} else if (!c) {
		console_printf("%s: no such command; \"help\" lists them\n", word[0]);
	} else if (n - 1 < c->min_words || n - 1 > c->max_words) {
		console_printf("usage: %s%s%s\n", c->name, *c->args ? " " : "", c->args);
	} else {
		return c->run(word + 1);
	}
	return true;
}

bool monitor_input(uint8_t c)
{
	enum line_event event;

	if (console_torn())
		prompt();
	event = line_feed(&line, c);
	if (event == LINE_NONE)
		return true;
	if (event == LINE_DONE && !run(line.buf))
		return false;
	line.buf[line.len = 0] = '\0';
	prompt();
	return true;
}
