/* SPDX-License-Identifier: BSD-2-Clause */
/* line with any bytes: the line stays a bounded printable string that the echo has drawn. */
#include <stdlib.h>
#include <string.h>

#include <core/line.h>

static void check(bool ok)
{
	if (!ok)
		abort();
}

/* The terminal's cursor column. */
static void on_echo(void *ctx, const char *text)
{
	unsigned *column = ctx;

	check(strlen(text) >= 1);
	for (; *text; text++) {
		check(*text != '\b' || *column > 0);
		if (*text == '\b')
			(*column)--;
		else if (*text == '\r')
			*column = 0;
		else if (*text >= ' ')
			(*column)++;
	}
}

static void on_prompt(void *ctx)
{
	check(*(unsigned *)ctx == 0);
}

static const char *on_word(void *ctx, const char *line, unsigned before, unsigned i)
{
	static const char *const words[] = {"a", "aa", "ab", "help", "guests"};

	(void)ctx;
	check(before <= strlen(line));
	return i < ARRAY_SIZE(words) ? words[i] : NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct line_ops ops = {on_echo, on_prompt, on_word};
	unsigned column = 0;
	struct line l;

	line_init(&l, &ops, &column);
	for (size_t n = 0; n < size; n++) {
		enum line_event event = line_feed(&l, data[n]);

		check(l.at <= l.len && l.len < LINE_SIZE && strlen(l.buf) == l.len);
		check(l.len == 0 || (l.buf[l.len - 1] >= ' ' && l.buf[l.len - 1] <= '~'));
		check(column == (event == LINE_NONE ? l.at : 0));
		check(event != LINE_CANCELLED || l.len == 0);
		check(l.past <= LINE_HISTORY && l.past <= l.kept);
		/* Whatever came before, Enter ends a line. */
		check(data[n] != '\r' || event == LINE_DONE);
	}
	return 0;
}
