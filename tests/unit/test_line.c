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
	unsigned at, bells;
} screen;

static void on_echo(void *ctx, const char *text)
{
	assert_ptr_equal(ctx, &screen);
	assert_true(strlen(text) >= 1 && strlen(text) <= 4);
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

static const struct line_ops ops = {on_echo};
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
	assert_int_equal(type("a\tb\x01\x04\xc3\xa4\xff\x1a"
			      "c\n"),
			 LINE_DONE);
	assert_string_equal(l.buf, "abc");
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

static void test_escape_sequences(void **state)
{
	(void)state;
	/* Up, F1 in application mode, delete, F5, control-left, alt-x, a character set choice. */
	assert_int_equal(type("a\x1b[Ab\x1bOPc\x1b[3~d\x1b[15~e\x1b[1;5Df\x1bxg\x1b(Bh\n"),
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
	static const uint8_t often[] = "\r\n\x03\x15\x17\b\x7f\x1b[O \x1b[1;";
	uint64_t x = 88172645463325252;

	(void)state;
	for (unsigned n = 0; n < 300000; n++) {
		enum line_event event;
		uint8_t byte;

		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		byte = (uint8_t)(x >> 32);
		if (x >> 60 == 0)
			byte = often[byte % (sizeof(often) - 1)];
		event = line_feed(&l, byte);
		assert_true(l.len < LINE_SIZE && strlen(l.buf) == l.len);
		for (unsigned k = 0; k < l.len; k++)
			assert_true(l.buf[k] >= 0x20 && l.buf[k] < 0x7f);
		if (event != LINE_NONE) {
			assert_int_equal(screen.at, 0);
			assert_int_equal(strlen(screen.row), 0);
			assert_true(event == LINE_CANCELLED || byte == '\r' || byte == '\n');
			assert_memory_equal(screen.last, l.buf, l.len);
		} else {
			assert_int_equal(screen.at, l.len);
			assert_memory_equal(screen.row, l.buf, l.len);
		}
	}
}

#define TEST(f) cmocka_unit_test_setup(f, reset)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_lines),   TEST(test_editing),
		TEST(test_bounded), TEST(test_escape_sequences),
		TEST(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
