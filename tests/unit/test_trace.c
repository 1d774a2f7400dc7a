/* SPDX-License-Identifier: BSD-2-Clause */
/* trace_format: lines there and back, damage of every byte, rings against a plain list, images with
 * wrong numbers. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <core/errno.h>
#include <core/trace_format.h>

static uint64_t rnd(void)
{
	static uint64_t x = 88172645463325252;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return x * 0x2545f4914f6cdd1d;
}

static struct trace_record random_record(void)
{
	struct trace_record r = {
		.time = rnd(), .hart = (uint16_t)(rnd() % TRACE_RINGS), .a = rnd(), .b = rnd()};

	r.kind = (uint8_t)(1 + rnd() % (TRACE_KINDS - 1));
	r.code = (uint8_t)(rnd() % TRACE_CAUSES);
	r.vm = (uint16_t)(1 + rnd() % TRACE_GUESTS);
	r.vcpu = (uint16_t)rnd();
	return r;
}

/* ---- Lines ---- */

static enum trace_line_type random_line(struct trace_line *l)
{
	enum trace_line_type type = TRACE_LINE_INFO + rnd() % 5;

	memset(l, 0, sizeof(*l));
	switch (type) {
	case TRACE_LINE_INFO:
		l->info.version = TRACE_VERSION;
		l->info.timebase = 1 + rnd() / 2;
		l->info.nrings = (uint32_t)(rnd() % (TRACE_RINGS + 1));
		l->info.nguests = (uint32_t)(rnd() % (TRACE_GUESTS + 1));
		break;
	case TRACE_LINE_GUEST:
		l->n = (unsigned)(1 + rnd() % TRACE_GUESTS);
		memset(l->name, 'a' + (int)(rnd() % 26), 1 + rnd() % (TRACE_NAME - 1));
		break;
	case TRACE_LINE_RING:
		l->n = (unsigned)(rnd() % TRACE_RINGS);
		l->ring.hart = rnd();
		l->ring.size = UINT64_C(1) << (5 + rnd() % 30);
		l->ring.laps = rnd() % 1000 * 2;
		l->ring.next = rnd() % l->ring.size & ~UINT64_C(31);
		for (unsigned kind = 1; kind < TRACE_KINDS; kind++)
			l->ring.events[kind] = rnd() >> rnd() % 64;
		break;
	case TRACE_LINE_DATA:
		l->n = (unsigned)(rnd() % TRACE_RINGS);
		l->first = rnd() >> (6 + rnd() % 58);
		l->count = (unsigned)(1 + rnd() % TRACE_LINE_RECORDS);
		for (unsigned i = 0; i < l->count; i++)
			l->record[i] = random_record();
		break;
	default:
		break;
	}
	return type;
}

static void lines_there_and_back(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 20000; i++) {
		struct trace_line l, got;
		char text[TRACE_LINE_MAX];
		enum trace_line_type type = random_line(&l);
		size_t n = trace_line_write(text, type, &l);

		assert_true(n < TRACE_LINE_MAX && strlen(text) == n && !strpbrk(text, "\r\n"));
		assert_int_equal(trace_line_read(text, n, &got), type);
		assert_memory_equal(&got, &l, sizeof(l));
	}
}

static void every_damage_is_seen(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 300; i++) {
		struct trace_line l;
		char text[TRACE_LINE_MAX];
		enum trace_line_type got;
		size_t n = trace_line_write(text, random_line(&l), &l);

		for (size_t at = 0; at < n; at++) {
			char was = text[at];

			text[at] = (char)(was ^ (1 << rnd() % 7));
			got = trace_line_read(text, n, &l);
			assert_int_equal(got, at < 7 ? TRACE_LINE_NONE : TRACE_LINE_DAMAGED);
			text[at] = was;
			got = trace_line_read(text, at, &l);
			assert_int_equal(got, at < 7 ? TRACE_LINE_NONE : TRACE_LINE_DAMAGED);
		}
	}
}

/* With the right sum, but numbers or words that make no sense. */
static void nonsense_is_refused(void **state)
{
	static const char *const bad[] = {
		"trace: info 1 0 2 1 *cc5ab1fd",
		"trace: *00000000",
		"trace:  *00000000",
		"trace: end",
	};
	struct trace_line l;

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(trace_line_read(bad[i], strlen(bad[i]), &l), TRACE_LINE_DAMAGED);
	assert_int_equal(trace_line_read("nacre: trace: on", 16, &l), TRACE_LINE_NONE);
	assert_int_equal(trace_line_read("", 0, &l), TRACE_LINE_NONE);
}

/* The check sum is that of zip: its value for "123456789" is known. */
static void sum_is_crc32(void **state)
{
	char text[TRACE_LINE_MAX];
	struct trace_line l = {0};

	(void)state;
	trace_line_write(text, TRACE_LINE_END, &l);
	assert_string_equal(text, "trace: end *88452bc9");
}

/* ---- Rings in memory ---- */

#define BASE	UINT64_C(0x80000000)
#define RECORDS 16

static struct {
	uint8_t lead[PAGE_SIZE];
	struct trace_info info;
	struct trace_ring_info ring[2];
	struct trace_record record[2][RECORDS];
} mem;

static uint64_t pa(const void *p)
{
	return BASE + (uint64_t)((const uint8_t *)p - (const uint8_t *)&mem);
}

static void make_image(void)
{
	memset(&mem, 0, sizeof(mem));
	mem.info = (struct trace_info){.magic = TRACE_MAGIC,
				       .version = TRACE_VERSION,
				       .nrings = 2,
				       .nguests = 1,
				       .timebase = 1000};
	memset(mem.info.guest[0], 'x', TRACE_NAME);
	for (unsigned i = 0; i < 2; i++) {
		mem.info.ring[i] = pa(&mem.ring[i]);
		mem.ring[i].records = pa(mem.record[i]);
		mem.ring[i].size = sizeof(mem.record[i]);
		mem.ring[i].base = mem.ring[i].next = 0xffffffc000000000 + i;
	}
}

static int open_image(struct trace_view *v)
{
	return trace_view_open(v, &mem, sizeof(mem), BASE, pa(&mem.info));
}

/* As the hart does it: core/trace.c, take(). */
static void write_record(unsigned ring, uint64_t n, unsigned stop_at)
{
	struct trace_ring_info *r = &mem.ring[ring];

	mem.record[ring][n % RECORDS] =
		(struct trace_record){.time = n, .kind = TRACE_SBI, .vm = 1, .a = ~n};
	r->next += sizeof(struct trace_record);
	if (r->next != r->base + r->size || stop_at == 0)
		return;
	r->laps++;
	if (stop_at == 1)
		return;
	r->next = r->base;
	if (stop_at == 2)
		return;
	r->laps++;
}

static void rings_like_lists(void **state)
{
	(void)state;
	make_image();
	for (uint64_t n = 0; n < 5 * RECORDS + 3; n++) {
		for (unsigned stop_at = 0; stop_at < 4; stop_at++) {
			struct trace_ring_info before = mem.ring[1];
			struct trace_view v;
			struct trace_record r;
			uint64_t first = n + 1 > RECORDS ? n + 1 - RECORDS : 0;

			write_record(1, n, stop_at);
			assert_int_equal(open_image(&v), 0);
			assert_int_equal(trace_ring_last(&v.ring[1].info), n + 1);
			assert_int_equal(trace_ring_first(&v.ring[1].info), first);
			assert_int_equal(trace_ring_last(&v.ring[0].info), 0);
			for (uint64_t i = first; i <= n; i++) {
				assert_true(trace_view_record(&v, 1, i, &r));
				assert_true(r.time == i && r.a == ~i);
			}
			assert_false(trace_view_record(&v, 1, n + 1, &r));
			assert_false(first && trace_view_record(&v, 1, first - 1, &r));
			assert_false(trace_view_record(&v, 0, 0, &r) ||
				     trace_view_record(&v, 2, 0, &r));
			if (stop_at < 3)
				mem.ring[1] = before;
		}
	}
}

static void found_by_itself(void **state)
{
	(void)state;
	make_image();
	assert_int_equal(trace_find(&mem, sizeof(mem), BASE), 0); /* a guest's, say */
	mem.info.self = pa(&mem.info);
	assert_int_equal(trace_find(&mem, sizeof(mem), BASE), pa(&mem.info));
	assert_int_equal(trace_find(&mem, sizeof(mem), BASE + PAGE_SIZE), 0);
	assert_int_equal(trace_find(&mem, PAGE_SIZE + sizeof(mem.info) - 1, BASE), 0);
	assert_int_equal(trace_find(&mem, 0, BASE), 0);
	mem.info.magic ^= 1;
	assert_int_equal(trace_find(&mem, sizeof(mem), BASE), 0);
}

static void names_end(void **state)
{
	struct trace_view v;

	(void)state;
	make_image();
	assert_int_equal(open_image(&v), 0);
	assert_int_equal(strlen(v.info.guest[0]), TRACE_NAME - 1);
}

#define REFUSED(change)                                         \
	do {                                                    \
		make_image();                                   \
		change;                                         \
		assert_int_equal(open_image(&v), -NACRE_EBADF); \
	} while (0)

static void wrong_images(void **state)
{
	static struct trace_view v;

	(void)state;
	REFUSED(mem.info.magic++);
	REFUSED(mem.info.version++);
	REFUSED(mem.info.nrings = TRACE_RINGS + 1);
	REFUSED(mem.info.nguests = TRACE_GUESTS + 1);
	REFUSED(mem.info.timebase = 0);
	REFUSED(mem.info.ring[0] = BASE - 8);
	REFUSED(mem.info.ring[0] = BASE + sizeof(mem) - 8);
	REFUSED(mem.info.ring[1] = UINT64_MAX);
	REFUSED(mem.ring[0].records = UINT64_MAX - 8);
	REFUSED(mem.ring[1].records += sizeof(struct trace_record));
	REFUSED(mem.ring[0].size = 0);
	REFUSED(mem.ring[0].size = 48);
	REFUSED(mem.ring[0].size = UINT64_C(1) << 63);
	REFUSED(mem.ring[0].next += sizeof(mem.record[0]) + sizeof(struct trace_record));
	REFUSED(mem.ring[0].next++);
	REFUSED(mem.ring[0].next--);
	REFUSED(mem.ring[0].laps = UINT64_MAX);
	make_image();
	assert_int_equal(trace_view_open(&v, &mem, sizeof(mem), BASE, BASE - 1), -NACRE_EBADF);
	assert_int_equal(trace_view_open(&v, &mem, sizeof(mem), BASE, BASE + sizeof(mem) - 100),
			 -NACRE_EBADF);
	assert_int_equal(trace_view_open(&v, &mem, 0, BASE, BASE), -NACRE_EBADF);
}

static void names(void **state)
{
	(void)state;
	assert_string_equal(trace_kind_name(TRACE_ENTRY), "entry");
	assert_string_equal(trace_kind_name(TRACE_KINDS - 1), "inject");
	assert_null(trace_kind_name(0));
	assert_null(trace_kind_name(TRACE_KINDS));
	assert_string_equal(trace_cause_name(10), "SBI call");
	assert_string_equal(trace_cause_name(TRACE_CAUSE_IRQ + 5), "host timer interrupt");
	assert_null(trace_cause_name(11));
	assert_null(trace_cause_name(TRACE_CAUSES));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_there_and_back),
		cmocka_unit_test(every_damage_is_seen),
		cmocka_unit_test(nonsense_is_refused),
		cmocka_unit_test(sum_is_crc32),
		cmocka_unit_test(rings_like_lists),
		cmocka_unit_test(found_by_itself),
		cmocka_unit_test(names_end),
		cmocka_unit_test(wrong_images),
		cmocka_unit_test(names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
