/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * line: what a person types, and random bytes with a model of the terminal: what it shows is what
 * the line holds.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <core/line.h>

/* One row of a terminal; a line feed moves it to `last` and starts anew. */
static struct {
	char row[256], last[256];
	unsigned at, bells, prompts;
} screen;

static void on_echo(void *ctx, const char *text)
{
	assert_ptr_equal(ctx, &screen);
	assert_true(strlen(text) >= 1);
	for (; *text; text++) {
		if (*text == '\b') {
			assert_true(screen.at > 0);
			screen.at--;
		} else if (*text == '\n') {
			memcpy(screen.last, screen.row, sizeof(screen.row));
			memset(screen.row, 0, sizeof(screen.row));
		} else if (*text == '\r') {
			screen.at = 0;
		} else if (*text == '\a') {
			screen.bells++;
		} else {
			screen.row[screen.at++] = *text;
		}
	}
}

static const char *const words[] = {"guests", "gdb", "gdb-host", "help", "regs", "a~b"};

/* Any word first; after that only two. */
static const char *on_word(void *ctx, const char *line, unsigned before, unsigned i)
{
	static const char *const more[] = {"alpha", "beta"};

	(void)ctx;
	assert_true(before <= strlen(line));
	if (before)
		return i < ARRAY_SIZE(more) ? more[i] : NULL;
	return i < ARRAY_SIZE(words) ? words[i] : NULL;
}

static void on_prompt(void *ctx)
{
	(void)ctx;
	assert_int_equal(screen.at, 0);
	screen.prompts++;
}

static const struct line_ops ops = {on_echo, on_prompt, on_word};
static struct line l;

static int reset(void **state)
{
	(void)state;
	memset(&screen, 0, sizeof(screen));
	memset(&l, 0xff, sizeof(l));
	line_init(&l, &ops, &screen);
	return 0;
}

/* Feed a text of which only the last byte may raise an event; return that. */
static enum line_event type(const char *text)
{
	enum line_event event = LINE_NONE;

	for (; *text; text++) {
		assert_int_equal(event, LINE_NONE);
		event = line_feed(&l, (uint8_t)*text);
	}
	return event;
}

static void test_lines(void **state)
{
	(void)state;
	assert_int_equal(type("help"), LINE_NONE);
	assert_string_equal(screen.row, "help");
	assert_int_equal(type("\r"), LINE_DONE);
	assert_string_equal(l.buf, "help");
	assert_string_equal(screen.last, "help");
	assert_int_equal(type("\n"), LINE_NONE); /* belongs to the CR */
	assert_int_equal(type("\n"), LINE_DONE);
	assert_string_equal(l.buf, "");
	assert_int_equal(type("vcpus\n"), LINE_DONE);
	assert_string_equal(l.buf, "vcpus");
	assert_int_equal(l.len, 5);
	assert_int_equal(type("\r"), LINE_DONE);
	assert_int_equal(type("\r"), LINE_DONE);
	assert_string_equal(l.buf, "");
}

static void test_editing(void **state)
{
	(void)state;
	assert_int_equal(type("\b\x7f\x15\x17"
			      "abc\b\x7f"
			      "d\n"),
			 LINE_DONE);
	assert_string_equal(l.buf, "ad");
	assert_string_equal(screen.last, "ad ");
	assert_int_equal(type("one two  three  \x17\n"), LINE_DONE);
	assert_string_equal(l.buf, "one two  ");
	assert_int_equal(type("one two\x17\x17\x17x\n"), LINE_DONE);
	assert_string_equal(l.buf, "x");
	assert_int_equal(type("one two\x15y\n"), LINE_DONE);
	assert_string_equal(l.buf, "y");
	assert_int_equal(type("one two\x03"), LINE_CANCELLED);
	assert_string_equal(screen.last, "one two^C");
	assert_string_equal(l.buf, "");
	assert_int_equal(type("ab\x0c\xc3\xa4\xff\x1a"
			      "c\n"),
			 LINE_DONE);
	assert_string_equal(l.buf, "abc");
}

static void expect_line(const char *keys, const char *line)
{
	assert_int_equal(type(keys), LINE_NONE);
	assert_int_equal(type("\r"), LINE_DONE);
	assert_string_equal(l.buf, line);
	assert_memory_equal(screen.last, line, strlen(line));
}

static void test_cursor(void **state)
{
	(void)state;
	expect_line("ac\x1b[Db", "abc");
	expect_line("bc\x01"
		    "a\x05"
		    "d",
		    "abcd");
	expect_line("bc\x1b[Ha\x1b[Fd", "abcd");
	expect_line("bc\x1b[1~a\x1b[4~d", "abcd");
	expect_line("bc\x1bOHa\x1bOFd", "abcd");
	expect_line("abc\x1b[D\x1b[D\x1b[Cx\x1b[C\x1b[C\x1b[Cy", "abxcy");
	expect_line("abc\x02\x02\x06x", "abxc");
	expect_line("abc\x01\x1b[3~", "bc");
	expect_line("abc\x01\x04\x04\x04\x04z", "z");
	expect_line("abc\x1b[D\b", "ac");
	expect_line("abcd\x02\x02\x0b", "ab");
	expect_line("abcd\x02\x02\x15", "cd");
	expect_line("one two three\x1b[D\x17", "one two e");
	expect_line("one two three\x1b[1;5D\x1b[1;5DX\x1b[1;5CY", "one XtwoY three");
	assert_int_equal(type("ab\x01\x03"), LINE_CANCELLED);
	assert_string_equal(screen.last, "ab^C");
	assert_int_equal(type("ab\x01\r"), LINE_DONE); /* the cursor was at the beginning */
	assert_string_equal(screen.last, "ab");
}

static void test_history(void **state)
{
	(void)state;
	expect_line("\x1b[A\x1b[B", "");
	expect_line("one", "one");
	expect_line("two", "two");
	expect_line("two", "two");
	expect_line("", "");
	expect_line("\x1b[A", "two");
	expect_line("\x1b[A\x1b[A", "one");
	expect_line("\x1b[A\x1b[A\x1b[A\x1b[A\x1b[A", "one");
	expect_line("new\x1b[A\x1b[A\x1b[Ax\x1b[B\x1b[B\x1b[B\x1b[B\x1b[B", "new");
	expect_line("\x10\x10s", "ones");
	expect_line("\x10\x10\x0e", "ones");
	for (unsigned n = 0; n < 100; n++) {
		char text[] = {'l', (char)('0' + n / 10), (char)('0' + n % 10), '\0'};

		expect_line(text, text);
	}
	for (unsigned n = 0; n < 100; n++)
		type("\x10");
	expect_line("", "l84");
	assert_int_equal(type("never\x03"), LINE_CANCELLED);
	expect_line("\x1b[A", "l84");
	line_clear(&l);
	expect_line("\x1b[A", "l84");
}

static void test_completion(void **state)
{
	(void)state;
	expect_line("h\t", "help ");
	expect_line("gu\tal\t", "guests alpha ");
	expect_line("gu\t\tg\t", "guests g"); /* listed, then no such word */
	assert_int_equal(screen.prompts, 1);
	assert_int_equal(screen.bells, 1);
	assert_int_equal(type("gd\t"), LINE_NONE);
	assert_string_equal(l.buf, "gdb");
	assert_int_equal(type("\t"), LINE_NONE);
	assert_string_equal(screen.last, "gdb  gdb-host  ");
	assert_int_equal(screen.prompts, 2);
	expect_line("-\t", "gdb-host ");
	expect_line("he alpha\x1b[1;5D\x02\t", "help alpha"); /* in the middle */
	expect_line("zzz\t", "zzz");
	for (unsigned n = 0; n < LINE_SIZE - 2; n++)
		line_feed(&l, ' ');
	assert_int_equal(type("\t"), LINE_NONE);  /* several: a list */
	assert_int_equal(type("b\t"), LINE_NONE); /* no room for it */
	assert_int_equal(l.len, LINE_SIZE - 1);
}

static void test_bounded(void **state)
{
	(void)state;
	for (unsigned n = 0; n < 1000; n++)
		assert_int_equal(line_feed(&l, 'a'), LINE_NONE);
	assert_int_equal(l.len, LINE_SIZE - 1);
	assert_int_equal(screen.bells, 1000 - (LINE_SIZE - 1));
	assert_int_equal(type("\bb\n"), LINE_DONE);
	assert_int_equal(strlen(l.buf), LINE_SIZE - 1);
	assert_int_equal(l.buf[LINE_SIZE - 2], 'b');
}

/* A prompt that comes anew: what was being typed comes back, but not a line that is finished. */
static void test_shown_again(void **state)
{
	(void)state;
	type("gue\x02");
	memset(screen.row, 0, sizeof(screen.row));
	screen.at = 0;
	line_show(&l);
	assert_string_equal(screen.row, "gue");
	assert_int_equal(screen.at, 2);
	type("\r");
	line_show(&l);
	assert_string_equal(screen.row, "");
	assert_int_equal(screen.at, 0);
}

static void test_escape_sequences(void **state)
{
	(void)state;
	/* Up, F1 in application mode, delete, F5, control-right, alt-x, a character set choice. */
	assert_int_equal(type("a\x1b[Ab\x1bOPc\x1b[3~d\x1b[15~e\x1b[1;5Cf\x1bxg\x1b(Bh\n"),
			 LINE_DONE);
	assert_string_equal(l.buf, "abcdefgh");
	/* The lowest final bytes. */
	assert_int_equal(type("\x1b"
			      "0a\x1b[@b\n"),
			 LINE_DONE);
	assert_string_equal(l.buf, "ab");
	assert_int_equal(type("a\x1b\x1b[Bb\x1b[12\x7f"
			      "c\n"),
			 LINE_DONE);
	assert_string_equal(l.buf, "ac");
	/* A sequence that never ends swallows neither Enter nor ^C. */
	assert_int_equal(type("ok\x1b[1;1;1\r"), LINE_DONE);
	assert_string_equal(l.buf, "ok");
	assert_int_equal(type("ok\x1b[\x03"), LINE_CANCELLED);
	assert_int_equal(type("A\n"), LINE_DONE);
	assert_string_equal(l.buf, "A");
}

static void test_random(void **state)
{
	static const uint8_t often[] =
		"\r\n\x03\x15\x17\b\x7f\x1b[O \x1b[1;\x01\x02\x05\x06\x0b\x0e\x10\t\x04gh";
	uint64_t x = 88172645463325252;

	(void)state;
	for (unsigned n = 0; n < 300000; n++) {
		enum line_event event;
		uint8_t byte;

		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		byte = (uint8_t)(x >> 32);
		if (x >> 62 == 0)
			byte = often[byte % (sizeof(often) - 1)];
		event = line_feed(&l, byte);
		assert_true(l.at <= l.len && l.len < LINE_SIZE && strlen(l.buf) == l.len);
		for (unsigned k = 0; k < l.len; k++)
			assert_true(l.buf[k] >= 0x20 && l.buf[k] < 0x7f);
		if (event != LINE_NONE) {
			assert_int_equal(screen.at, 0);
			assert_int_equal(strlen(screen.row), 0);
			assert_true(event == LINE_CANCELLED || byte == '\r' || byte == '\n');
			assert_memory_equal(screen.last, l.buf, l.len);
		} else {
			assert_int_equal(screen.at, l.at);
			assert_memory_equal(screen.row, l.buf, l.len);
			/* nothing is left of what was longer */
			assert_int_equal(strspn(screen.row + l.len, " "),
					 strlen(screen.row + l.len));
		}
	}
}

#define TEST(f) cmocka_unit_test_setup(f, reset)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_lines),	TEST(test_editing),
		TEST(test_bounded),	TEST(test_escape_sequences),
		TEST(test_random),	TEST(test_cursor),
		TEST(test_history),	TEST(test_completion),
		TEST(test_shown_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
