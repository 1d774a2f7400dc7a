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
#include <core/vm.h>

#include "monitor.h"

#define JOB_TICKS 20 /* in monitor_capture() */

static struct line line;
static bool (*job)(bool cancel);

static void on_echo(void *ctx, const char *text)
{
	(void)ctx;
	monitor_echo(text);
}

static void prompt(void)
{
	console_torn();
	monitor_echo("nacre> ");
}

static void on_prompt(void *ctx)
{
	(void)ctx;
	prompt();
}

/* Commands first, and after "help"; else guests. */
static const char *on_word(void *ctx, const char *text, unsigned before, unsigned i)
{
	struct vm *vm = vm_list;

	(void)ctx;
	if (before == 0 || (before == 5 && !strncmp(text, "help ", 5)))
		return i < monitor_command_count ? monitor_commands[i].name : NULL;
	while (vm && i--)
		vm = vm->next;
	return vm ? vm->name : NULL;
}

void monitor_open(void)
{
	static const struct line_ops ops = {on_echo, on_prompt, on_word};

	if (line.ops)
		line_clear(&line); /* its history stays */
	else
		line_init(&line, &ops, NULL);
	monitor_echo(
		"monitor: \"help\" lists the commands, an empty line returns to the guest\r\n");
	prompt();
}

void monitor_close(void)
{
	if (job)
		job(true);
	job = NULL;
	monitor_flush();
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

const struct monitor_command *monitor_find(const char *name, const struct monitor_command **near)
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

/* "x/8i" is the command x with a first word "/8i". */
static void split_slash(const char **word, unsigned *n)
{
	static char name[2];

	if (*n == 0 || word[0][1] != '/')
		return;
	for (unsigned i = MONITOR_WORDS; i > 1; i--)
		word[i] = word[i - 1];
	word[1] = word[0] + 1;
	name[0] = word[0][0];
	word[0] = name;
	++*n;
}

static bool run(char *text)
{
	const char *word[1 + MONITOR_WORDS] = {NULL};
	const struct monitor_command *c, *near;
	unsigned n = split(text, word, 1 + MONITOR_WORDS);

	split_slash(word, &n);
	if (n == 0)
		return false;
	c = monitor_find(word[0], &near);
	if (!c && near) {
		monitor_printf("%s: no such command; perhaps \"%s\"? \"help\" lists them\n",
			       word[0], near->name);
	} else if (!c) {
		monitor_printf("%s: no such command; \"help\" lists them\n", word[0]);
	} else if (n - 1 < c->min_words || n - 1 > c->max_words) {
		monitor_printf("usage: %s%s%s\n", c->name, *c->args ? " " : "", c->args);
	} else {
		return c->run(word + 1);
	}
	return true;
}

size_t monitor_capture(char *text, char *out, size_t size)
{
	size_t left;

	monitor_capture_to(out, size);
	if (job) {
		monitor_printf("the monitor is busy on the console; a key there ends that\n");
		return size - monitor_capture_to(NULL, 0);
	}
	run(text);
	/* What would go on goes on for a moment, at once. */
	for (unsigned i = 0; job && i < JOB_TICKS && job(false); i++)
		;
	left = monitor_capture_to(NULL, 0);
	if (job)
		job(true);
	job = NULL;
	return size - left;
}

void monitor_job(bool (*tick)(bool cancel))
{
	job = tick;
	console_need_poll();
}

static void job_done(void)
{
	job = NULL;
	prompt();
}

bool monitor_poll(void)
{
	size_t mark = monitor_out_mark();

	if (!job)
		return false;
	if (!job(false))
		job_done();
	monitor_page(mark);
	return job != NULL;
}

/* A whole line. false: the monitor closes. */
static bool command(void)
{
	size_t mark = monitor_out_mark();

	if (!run(line.buf))
		return false;
	monitor_page(mark);
	if (!job)
		prompt();
	return true;
}

bool monitor_input(uint8_t c)
{
	if (monitor_key(c))
		return true;
	if (job) {
		job(true);
		job_done();
		return true;
	}
	if (console_torn()) {
		prompt();
		line_show(&line);
	}
	switch (line_feed(&line, c)) {
	case LINE_DONE:
		return command();
	case LINE_CANCELLED:
		prompt();
		return true;
	default:
		return true;
	}
}
