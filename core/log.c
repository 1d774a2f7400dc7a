/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The log: formats a line on the caller's stack, keeps it in a ring of the last 8 KiB and writes it
 * to the console.
 *
 * The ring's lock is held for copying only, never while the console is written. Lines of two harts
 * at the same moment may stand in the other order on the console than in the ring.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <arch/atomic.h>
#include <arch/irq.h>
#include <arch/sbi.h>
#include <core/console.h>
#include <core/log.h>
#include <core/types.h>

#define LOG_KEPT 8192

static struct {
	struct spinlock lock;
	uint64_t written; /* bytes since boot; the last LOG_KEPT of them are in kept[] */
	bool to_console;
	char kept[LOG_KEPT];
} journal;

/* Makes buf one line: prefix, text, "\n". Its length. */
static size_t format(char *buf, const char *prefix, const char *fmt, va_list ap)
{
	size_t n = strlen(prefix), room = LOG_LINE_MAX + 1 - n;
	int len;

	memcpy(buf, prefix, n + 1);
	len = vsnprintf(buf + n, room, fmt, ap);
	if (len < 0)
		len = 0;
	if ((size_t)len >= room) {
		memcpy(buf + LOG_LINE_MAX - 3, "...", sizeof("..."));
		len = (int)room - 1;
	}
	n += (size_t)len;
	buf[n] = '\n';
	return n + 1;
}

/* True if the line is for the console, too. */
static bool keep(const char *s, size_t n)
{
	bool to_console;

	spin_lock(&journal.lock);
	for (size_t i = 0; i < n; i++)
		journal.kept[journal.written++ % LOG_KEPT] = s[i];
	to_console = journal.to_console;
	spin_unlock(&journal.lock);
	return to_console;
}

static void line(const char *prefix, const char *fmt, va_list ap)
{
	char buf[LOG_LINE_MAX + 2];
	size_t n = format(buf, prefix, fmt, ap);

	if (keep(buf, n))
		console_write(buf, n);
}

void log_info(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	line("nacre: ", fmt, ap);
	va_end(ap);
}

void log_warn(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	line("nacre: warning: ", fmt, ap);
	va_end(ap);
}

size_t log_read(uint64_t *pos, char *buf, size_t len)
{
	size_t n = 0;

	spin_lock(&journal.lock);
	if (journal.written > LOG_KEPT && *pos < journal.written - LOG_KEPT)
		*pos = journal.written - LOG_KEPT;
	while (n < len && *pos < journal.written && (n == 0 || buf[n - 1] != '\n'))
		buf[n++] = journal.kept[(*pos)++ % LOG_KEPT];
	spin_unlock(&journal.lock);
	return n;
}

static void print_kept(void (*write)(const char *s, size_t n))
{
	char buf[LOG_LINE_MAX + 2];
	uint64_t pos = 0;
	size_t n;

	while ((n = log_read(&pos, buf, sizeof(buf))))
		write(buf, n);
}

void log_console_ready(void)
{
	print_kept(console_write);
	spin_lock(&journal.lock);
	journal.to_console = true;
	spin_unlock(&journal.lock);
}

/* No lock may be in the way here: the hart that holds it may be this one. */
void panic(const char *fmt, ...)
{
	static uint32_t panicking;
	char buf[LOG_LINE_MAX + 2];
	va_list ap;
	size_t n;

	if (!atomic_swap(&panicking, 1)) {
		va_start(ap, fmt);
		n = format(buf, "nacre: panic: ", fmt, ap);
		va_end(ap);
		if (!journal.to_console && spin_trylock(&journal.lock)) {
			spin_unlock(&journal.lock);
			print_kept(console_write_panic);
		}
		console_write_panic(buf, n);
		sbi_shutdown(true);
	}
	for (;;)
		arch_wait();
}

/* What the C library's assert() calls. */
void __assert_func(const char *file, int lineno, const char *func, const char *expr)
{
	panic("%s:%d: %s: assertion \"%s\" failed", file, lineno, func, expr);
}
