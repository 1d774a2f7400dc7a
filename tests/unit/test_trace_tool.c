/* SPDX-License-Identifier: BSD-2-Clause */
/* scripts/trace: text becomes records in their order; JSON is JSON whatever the records are, and
 * has the slices it should have. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <core/errno.h>
#include "../../scripts/trace/trace.h"

static uint64_t rnd(void)
{
	static uint64_t x = 1442695040888963407;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return x * 0x2545f4914f6cdd1d;
}

/* ---- A strict reader of JSON (RFC 8259): the rest of the text, or NULL. ---- */

static const char *value(const char *s, unsigned depth);

static const char *blank(const char *s)
{
	return s ? s + strspn(s, " \t\r\n") : NULL;
}

static const char *string(const char *s)
{
	if (*s++ != '"')
		return NULL;
	for (; *s != '"'; s++) {
		if ((unsigned char)*s < 0x20 || (unsigned char)*s >= 0x7f)
			return NULL;
		if (*s != '\\')
			continue;
		s++;
		if (*s == 'u' && strspn(s + 1, "0123456789abcdefABCDEF") >= 4)
			s += 4;
		else if (!strchr("\"\\/bfnrt", *s))
			return NULL;
	}
	return s + 1;
}

static const char *number(const char *s)
{
	size_t n;

	s += *s == '-';
	n = strspn(s, "0123456789");
	if (!n || (n > 1 && *s == '0'))
		return NULL;
	s += n;
	if (*s != '.')
		return s;
	n = strspn(++s, "0123456789");
	return n ? s + n : NULL;
}

static const char *list(const char *s, char end, unsigned depth)
{
	if (*(s = blank(s + 1)) == end)
		return s + 1;
	for (;; s++) {
		if (end == '}') {
			s = blank(string(blank(s)));
			if (!s || *s++ != ':')
				return NULL;
		}
		s = blank(value(s, depth));
		if (!s || *s == end)
			return s ? s + 1 : NULL;
		if (*s != ',')
			return NULL;
	}
}

static const char *value(const char *s, unsigned depth)
{
	s = blank(s);
	if (depth == 0)
		return NULL;
	switch (*s) {
	case '{':
		return list(s, '}', depth - 1);
	case '[':
		return list(s, ']', depth - 1);
	case '"':
		return string(s);
	default:
		return number(s);
	}
}

static bool is_json(const char *s)
{
	s = blank(value(s, 16));
	return s && !*s;
}

/* Perfetto's rule: a tid belongs to one process, and is no process's pid but perhaps its own. */
static void assert_numbers(const char *text)
{
	for (const char *at = text; (at = strstr(at, "\"pid\":")) != NULL; at++) {
		unsigned pid, tid;

		assert_int_equal(sscanf(at, "\"pid\":%u,\"tid\":%u", &pid, &tid), 2);
		assert_in_range(pid, 0, 0xffff);
		assert_in_range(tid, 0x10000, UINT32_MAX);
		assert_int_equal((tid >> 16) - 1, pid);
	}
}

static void reader_of_json(void **state)
{
	static const char *const good[] = {"{}", "[]", " [1,2.5,-3] ",
					   "{\"a\":[{\"b\":\"c\\u0041\\n\"}]}"};
	static const char *const bad[] = {"",		"{",	 "[1,]", "{\"a\"}",  "{\"a\":}",
					  "{\"a\":1,}", "[1 2]", "[01]", "\"a\nb\"", "\"\\x\"",
					  "[]]",	"[.5]",	 "[1.]", "{a:1}"};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(good); i++)
		assert_true(is_json(good[i]));
	for (unsigned i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(is_json(bad[i]));
}

/* ---- Traces ---- */

static struct trace_set set_of(struct trace_record *r, size_t n)
{
	struct trace_set t = {.record = r, .n = n};

	t.info.timebase = 10000000;
	t.info.nrings = 2;
	t.info.nguests = 2;
	strcpy(t.info.guest[0], "alpha");
	strcpy(t.info.guest[1], "be\"\\\x01\xfft");
	t.ring[1].hart = 7;
	return t;
}

static char *written(const struct trace_set *t, void (*write)(const struct trace_set *t, FILE *out))
{
	char *text;
	size_t n;
	FILE *out = open_memstream(&text, &n);

	write(t, out);
	fclose(out);
	return text;
}

static void json_of_anything(void **state)
{
	static struct trace_record r[60];

	(void)state;
	for (unsigned round = 0; round < 300; round++) {
		size_t n = rnd() % (ARRAY_SIZE(r) + 1);
		struct trace_set t = set_of(r, n);
		char *text;

		for (size_t i = 0; i < n; i++) {
			r[i] = (struct trace_record){
				.time = round % 2 ? i : rnd(), .a = rnd(), .b = rnd()};
			r[i].what = (uint16_t)rnd();
			r[i].kind = (uint8_t)(1 + rnd() % (TRACE_KINDS - 1));
			r[i].code %= r[i].kind == TRACE_EXIT ? TRACE_CAUSES : 255;
			r[i].who = (uint32_t)(rnd() % 3 | rnd() % 3 << 16);
			r[i].hart = (uint16_t)(rnd() % 3);
		}
		text = written(&t, trace_write_json);
		assert_true(is_json(text));
		assert_numbers(text);
		free(text);
		text = written(&t, trace_write_svg);
		assert_non_null(strstr(text, "</svg>\n"));
		free(text);
		free(written(&t, trace_write_list));
	}
}

#define R(t, k, c, who_, a_, b_)                                                           \
	{                                                                                  \
		.time = (t), .kind = (k), .code = (c), .hart = 1, .vm = (who_), .vcpu = 3, \
		.a = (a_), .b = (b_)                                                       \
	}

static struct trace_record turn[] = {
	R(1000, TRACE_SCHED, 1, 1, 0x80, 0),
	R(1010, TRACE_ENTRY, 0, 1, 0x100, 9),
	R(1110, TRACE_EXIT, 10, 1, 0x104, 350),
	R(1110, TRACE_SBI, 0, 1, UINT64_C(0x54494d45) << 32, 5),
	R(1145, TRACE_ENTRY, 0, 1, 0x108, 350),
	R(1200, TRACE_EXIT, 22, 1, 0x108, 70),
	R(1250, TRACE_SCHED, 0, 1, 0x10c, 0),
};

static void slices(void **state)
{
	static const char *const events[] = {
		"{\"ph\":\"M\",\"pid\":1,\"tid\":131072,\"name\":\"process_name\",\"args\":{"
		"\"name\":"
		"\"alpha\"}}",
		"{\"ph\":\"M\",\"pid\":1,\"tid\":131075,\"name\":\"thread_name\",\"args\":{"
		"\"name\":"
		"\"vcpu 3\"}}",
		"{\"ph\":\"M\",\"pid\":65534,\"tid\":4294901761,\"name\":\"thread_name\",\"args\":{"
		"\"name\":"
		"\"hart 7\"}}",
		"{\"ph\":\"X\",\"pid\":1,\"tid\":131075,\"name\":\"guest\",\"ts\":1.000,\"dur\":10."
		"000}",
		"{\"ph\":\"i\",\"pid\":1,\"tid\":131075,\"name\":\"sbi TIME 0 a0 "
		"0x5\",\"ts\":11.000,\"s\":\"t\"}",
		"{\"ph\":\"X\",\"pid\":1,\"tid\":131075,\"name\":\"SBI "
		"call\",\"ts\":11.000,\"dur\":3.500,"
		"\"args\":{\"pc\":\"0x104\",\"instructions\":350,\"hart\":7}}",
		"{\"ph\":\"X\",\"pid\":1,\"tid\":131075,\"name\":\"guest\",\"ts\":14.500,\"dur\":5."
		"500}",
		"{\"ph\":\"X\",\"pid\":1,\"tid\":131075,\"name\":\"virtual "
		"instruction\",\"ts\":20.000,\"dur\":5.000,"
		"\"args\":{\"pc\":\"0x108\",\"instructions\":70,\"hart\":7}}",
		"{\"ph\":\"X\",\"pid\":65534,\"tid\":4294901761,\"name\":\"alpha vcpu "
		"3\",\"ts\":0.000,\"dur\":25.000}",
	};
	struct trace_set t = set_of(turn, ARRAY_SIZE(turn));
	char *text = written(&t, trace_write_json);
	const char *at = strstr(text, "\"X\"");

	(void)state;
	assert_true(is_json(text));
	for (unsigned i = 0; i < ARRAY_SIZE(events); i++)
		assert_non_null(strstr(text, events[i]));
	for (unsigned n = 0; n < 5; n++, at = strstr(at + 1, "\"X\""))
		assert_non_null(at);
	assert_null(at);
	free(text);
}

static void picture(void **state)
{
	struct trace_set t = set_of(turn, ARRAY_SIZE(turn));
	char *text = written(&t, trace_write_svg);

	(void)state;
	assert_non_null(strstr(text, ">SBI call: 1, 350 instructions each<"));
	assert_non_null(strstr(text, ">virtual instruction: 1, 70 instructions each<"));
	free(text);
}

static void list_of_records(void **state)
{
	struct trace_set t = set_of(turn, ARRAY_SIZE(turn));
	char *text = written(&t, trace_write_list);

	(void)state;
	assert_string_equal(text, "1000 hart 7 alpha.3 sched in hgatp 0x80\n"
				  "1010 hart 7 alpha.3 entry pc 0x100 cost 9\n"
				  "1110 hart 7 alpha.3 exit SBI call pc 0x104 cost 350\n"
				  "1110 hart 7 alpha.3 sbi TIME 0 a0 0x5\n"
				  "1145 hart 7 alpha.3 entry pc 0x108 cost 350\n"
				  "1200 hart 7 alpha.3 exit virtual instruction pc 0x108 cost 70\n"
				  "1250 hart 7 alpha.3 sched out pc 0x10c\n");
	free(text);
}

/* ---- Text ---- */

static void put(FILE *f, enum trace_line_type type, const struct trace_line *l)
{
	char text[TRACE_LINE_MAX];

	trace_line_write(text, type, l);
	fprintf(f, "%s%s\r\n", rnd() % 4 ? "" : "nacre> ", text);
}

/* Two rings whose records alternate in time; the second's begins at number 3, and 2 more of it were
 * lost. */
static void a_console(FILE *f)
{
	struct trace_line l = {
		.info = {.timebase = 10000000, .nrings = 2, .nguests = 1}, .n = 1, .name = "alpha"};

	fprintf(f, "nacre: trace: on, 2 rings of 256 KiB\r\nhello\r\n");
	put(f, TRACE_LINE_INFO, &l);
	put(f, TRACE_LINE_GUEST, &l);
	for (l.n = 0; l.n < 2; l.n++) {
		l.ring = (struct trace_ring_info){
			.hart = 4 + l.n, .size = 256, .laps = 2 * l.n, .next = 96};
		put(f, TRACE_LINE_RING, &l);
	}
	for (l.n = 0; l.n < 2; l.n++) {
		l.first = l.n ? 5 : 0;
		l.count = 3;
		for (unsigned i = 0; i < 3; i++)
			l.record[i] = (struct trace_record){.time = 10 * i + l.n,
							    .kind = TRACE_IRQ,
							    .hart = (uint16_t)l.n,
							    .vm = 1};
		put(f, TRACE_LINE_DATA, &l);
	}
	fprintf(f, "trace: data 0 3 AAAA *00000000\n");
	put(f, TRACE_LINE_END, &l);
}

static void text_becomes_records(void **state)
{
	struct trace_set t;
	char *text;
	size_t n;
	FILE *f = open_memstream(&text, &n);

	(void)state;
	a_console(f);
	fclose(f);
	f = fmemopen(text, n, "r");
	assert_int_equal(trace_load_text(&t, f), 0);
	fclose(f);
	free(text);
	assert_int_equal(t.n, 6);
	for (size_t i = 0; i < t.n; i++)
		assert_int_equal(t.record[i].time, 10 * (i / 2) + i % 2);
	assert_int_equal(t.damaged, 1);
	assert_int_equal(t.missed, 2);
	assert_int_equal(t.ring[1].hart, 5);
	assert_string_equal(t.info.guest[0], "alpha");
	trace_free(&t);
}

static void no_trace_in_text(void **state)
{
	char text[] = "hello\nnacre: trace: on\n";
	FILE *f = fmemopen(text, strlen(text), "r");
	struct trace_set t;

	(void)state;
	assert_int_equal(trace_load_text(&t, f), -NACRE_ENOENT);
	fclose(f);
	trace_free(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reader_of_json),   cmocka_unit_test(json_of_anything),
		cmocka_unit_test(slices),	    cmocka_unit_test(picture),
		cmocka_unit_test(list_of_records),  cmocka_unit_test(text_becomes_records),
		cmocka_unit_test(no_trace_in_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
