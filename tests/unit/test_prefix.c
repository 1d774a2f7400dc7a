/* SPDX-License-Identifier: BSD-2-Clause */
/* core/prefix.c: what comes out, taken apart by its prefixes, is what every writer has written. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include <core/prefix.h>

#define OUT_MAX (1U << 20)
static char out[OUT_MAX];
static size_t out_len;

static void to_out(void *ctx, const char *s, size_t n)
{
	(void)ctx;
	assert_true(out_len + n < OUT_MAX);
	memcpy(out + out_len, s, n);
	out_len += n;
	out[out_len] = '\0';
}

static struct prefix_wire new_wire(void)
{
	out_len = 0;
	out[0] = '\0';
	return (struct prefix_wire){.emit = to_out};
}

static void puts_to(struct prefix_wire *w, struct prefix_writer *p, const char *s)
{
	while (*s)
		prefix_put(w, p, *s++);
}

static void test_whole_lines(void **state)
{
	struct prefix_wire w = new_wire();
	struct prefix_writer a = {.name = "a"}, b = {.name = "bb"};

	(void)state;
	puts_to(&w, &a, "one");
	puts_to(&w, &b, "two\r\nthr");
	puts_to(&w, &a, "\n");
	puts_to(&w, &b, "ee\n\n");
	assert_string_equal(out, "[bb] two\r\n[a] one\n[bb] three\n[bb] \n");
}

static void test_shown_line_goes_on(void **state)
{
	struct prefix_wire w = new_wire();
	struct prefix_writer a = {.name = "a"}, b = {.name = "b"};

	(void)state;
	prefix_show(&w, &a); /* nothing */
	puts_to(&w, &a, "# ");
	prefix_show(&w, &a);
	puts_to(&w, &a, "ls");
	assert_string_equal(out, "[a] # ls");
	puts_to(&w, &b, "x\n");
	puts_to(&w, &a, " -l\n");
	assert_string_equal(out, "[a] # ls\r\n[b] x\n[a]  -l\n");
}

static void test_idle(void **state)
{
	struct prefix_wire w = new_wire();
	struct prefix_writer a = {.name = "a"};

	(void)state;
	puts_to(&w, &a, "login");
	prefix_idle(&w, &a);
	assert_string_equal(out, "");
	puts_to(&w, &a, ":");
	prefix_idle(&w, &a);
	assert_string_equal(out, "");
	prefix_idle(&w, &a);
	assert_string_equal(out, "[a] login:");
	prefix_idle(&w, &a);
	puts_to(&w, &a, "\n");
	assert_string_equal(out, "[a] login:\n");
}

/* Two looks, two lines that happen to be as long: nothing has stood still. */
static void test_idle_another_line(void **state)
{
	struct prefix_wire w = new_wire();
	struct prefix_writer a = {.name = "a"};

	(void)state;
	puts_to(&w, &a, "one");
	prefix_idle(&w, &a);
	puts_to(&w, &a, "\ntwo");
	prefix_idle(&w, &a);
	assert_string_equal(out, "[a] one\n");
	prefix_idle(&w, &a);
	assert_string_equal(out, "[a] one\n[a] two");
}

static void test_long_line(void **state)
{
	struct prefix_wire w = new_wire();
	struct prefix_writer a = {.name = "a"};
	char want[600] = "[a] ";

	(void)state;
	memset(want + 4, 'x', 500);
	strcpy(want + 504, "\n");
	for (int i = 0; i < 500; i++)
		prefix_put(&w, &a, 'x');
	prefix_put(&w, &a, '\n');
	assert_string_equal(out, want);
}

/*
 * Random histories of three writers. A writer's bytes are its own letter or "\n", so each byte on
 * the wire tells whose it is: per writer the same bytes come out in the same order, and no line has
 * bytes of two.
 */
#define WRITERS 3

struct history {
	struct prefix_wire wire;
	struct prefix_writer p[WRITERS];
	size_t letters[WRITERS], newlines[WRITERS];
};

static void step(struct history *h)
{
	int i = rand() % WRITERS, what = rand() % 40;

	if (what == 0) {
		prefix_show(&h->wire, &h->p[i]);
	} else if (what == 1) {
		prefix_idle(&h->wire, &h->p[i]);
	} else if (what == 2) {
		prefix_put(&h->wire, &h->p[i], '\n');
		h->newlines[i]++;
	} else {
		prefix_put(&h->wire, &h->p[i], (char)('A' + i));
		h->letters[i]++;
	}
}

static void check_wire(const struct history *h)
{
	size_t letters[WRITERS] = {0}, newlines[WRITERS] = {0};
	const char *s = out;

	while (*s) {
		const char *end = strchr(s, '\n');
		int i = s[1] - 'a';

		assert_true(s[0] == '[' && i >= 0 && i < WRITERS && s[2] == ']' && s[3] == ' ');
		for (s += 4; *s == 'A' + i; s++)
			letters[i]++;
		if (*s == '\n')
			newlines[i]++; /* the writer's own; a broken line ends in "\r\n" */
		else
			assert_true(*s == '\0' || !strncmp(s, "\r\n", 2));
		s = end ? end + 1 : s + strlen(s);
	}
	assert_memory_equal(letters, h->letters, sizeof(letters));
	assert_memory_equal(newlines, h->newlines, sizeof(newlines));
}

static void test_random(void **state)
{
	(void)state;
	srand(1);
	for (int round = 0; round < 200; round++) {
		struct history h = {.wire = new_wire(),
				    .p = {{.name = "a"}, {.name = "b"}, {.name = "c"}}};

		for (int i = 0; i < 3000; i++)
			step(&h);
		for (int i = 0; i < WRITERS; i++)
			prefix_show(&h.wire, &h.p[i]);
		check_wire(&h);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole_lines), cmocka_unit_test(test_shown_line_goes_on),
		cmocka_unit_test(test_idle),	    cmocka_unit_test(test_idle_another_line),
		cmocka_unit_test(test_long_line),   cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
