/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * printk: a ring in a memory image, written as Linux writes it, and read back; then the same with
 * random damage.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <core/errno.h>
#include <core/printk.h>

#define VA	   UINT64_C(0xffffffff81000000)
#define HEAD_AT	   0x40U
#define DESCS_AT   0x100U
#define INFOS_AT   0x4000U
#define DATA_AT	   0x10000U
#define COUNT_BITS 5
#define SIZE_BITS  11
#define MEM_SIZE   (DATA_AT + (1U << SIZE_BITS))

static uint8_t mem[MEM_SIZE];
static uint32_t info_size;

static uint64_t random64(void)
{
	static uint64_t x = 88172645463325252;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return x;
}

static bool read_mem(void *ctx, uint64_t va, void *buf, size_t n)
{
	assert_ptr_equal(ctx, mem);
	if (va < VA || va - VA > MEM_SIZE || n > MEM_SIZE - (va - VA))
		return false;
	memcpy(buf, mem + (va - VA), n);
	return true;
}

static void put(uint64_t at, uint64_t value, unsigned n)
{
	assert_true(at + n <= MEM_SIZE);
	memcpy(mem + at, &value, n);
}

/* ---- The writer, after the documentation in printk_ringbuffer.c of Linux ---- */

static struct {
	uint64_t id, tail_id, seq, lpos;
} w;

#define ID(n) ((n)&UINT64_MAX >> 2)

static void begin(void)
{
	memset(mem, 0, sizeof(mem));
	/* As at build time: the ids begin just before they wrap. */
	w.id = ID(0 - (UINT64_C(1) << COUNT_BITS) - 1);
	w.tail_id = w.id;
	put(DESCS_AT + 24 * ((1U << COUNT_BITS) - 1), UINT64_C(3) << 62 | w.id, 8);
	w.seq = 0;
	w.lpos = 0 - (UINT64_C(1) << SIZE_BITS);
	put(HEAD_AT, COUNT_BITS, 4);
	put(HEAD_AT + 8, VA + DESCS_AT, 8);
	put(HEAD_AT + 16, VA + INFOS_AT, 8);
	put(HEAD_AT + 48, SIZE_BITS, 4);
	put(HEAD_AT + 56, VA + DATA_AT, 8);
}

static void write_text(uint64_t desc, const char *text, uint64_t len)
{
	uint64_t mask = (1U << SIZE_BITS) - 1, size = (8 + len + 7) & ~UINT64_C(7);
	uint64_t from = w.lpos, to = from + size, at = from & mask;

	if ((from ^ (to - 1)) & ~mask) {
		to = (to & ~mask) + size;
		at = 0;
	}
	put(desc + 8, from, 8);
	put(desc + 16, to, 8);
	put(DATA_AT + at, w.id, 8);
	memcpy(mem + DATA_AT + at + 8, text, len);
	w.lpos = to;
}

static void log_text(const char *text, unsigned level, unsigned state)
{
	uint64_t at, desc, info, len = strlen(text);

	w.id = ID(w.id + 1);
	at = w.id & ((1U << COUNT_BITS) - 1);
	desc = DESCS_AT + 24 * at;
	info = INFOS_AT + info_size * at;
	if (w.seq >= (1U << COUNT_BITS) - 1)
		w.tail_id = ID(w.id - (1U << COUNT_BITS) + 1);
	put(info, w.seq, 8);
	put(info + 8, w.seq * 1000, 8);
	put(info + 16, len, 2);
	put(info + 19, level << 5, 1);
	if (len) {
		write_text(desc, text, len);
	} else {
		put(desc + 8, 3, 8);
		put(desc + 16, 3, 8);
	}
	put(desc, (uint64_t)state << 62 | w.id, 8);
	w.seq++;
	put(HEAD_AT + 24, w.id, 8);
	put(HEAD_AT + 32, w.tail_id, 8);
}

/* ---- Tests ---- */

static struct printk_ring p;
static struct printk_record r;

static void expect(const char *text, unsigned level)
{
	assert_true(printk_next(&p, &r));
	assert_int_equal(r.len, strlen(text));
	assert_memory_equal(r.text, text, r.len);
	assert_int_equal(r.level, level);
	assert_int_equal(r.ns, 1000 * r.seq);
}

static void test_few(void **state)
{
	(void)state;
	for (info_size = 88; info_size <= 112; info_size += 8) {
		begin();
		log_text("one", 4, 2);
		assert_int_equal(printk_open(&p, read_mem, mem, VA + HEAD_AT), 0);
		assert_int_equal(printk_left(&p), 1);
		log_text("", 6, 2);
		log_text("t\033[2Jw\x80o\n", 0, 1);
		log_text("in the making", 0, 0);
		log_text("last", 7, 2);
		assert_int_equal(printk_open(&p, read_mem, mem, VA + HEAD_AT), 0);
		assert_int_equal(p.info_size, info_size);
		assert_int_equal(printk_left(&p), 5);
		expect("one", 4);
		expect("", 6);
		expect("t?[2Jw?o\n", 0);
		expect("last", 7);
		assert_false(printk_next(&p, &r));
		assert_int_equal(printk_left(&p), 0);
		assert_false(printk_next(&p, &r));
	}
}

static void test_many(void **state)
{
	char text[80];

	(void)state;
	info_size = 88;
	begin();
	for (unsigned n = 0; n < 2000; n++) {
		unsigned len = (unsigned)random64() % 50;

		snprintf(text, sizeof(text), "%u %.*s", n, (int)len,
			 "01234567890123456789012345678901234567890123456789");
		log_text(text, n % 8, 2);
		assert_int_equal(printk_open(&p, read_mem, mem, VA + HEAD_AT), 0);
		assert_int_equal(printk_left(&p), n < 32 ? n + 1 : 32);
		for (unsigned left = (unsigned)printk_left(&p); left--;) {
			assert_true(printk_next(&p, &r));
			assert_int_equal(r.seq, n - left);
			assert_int_equal(atoi(r.text), n - left);
		}
	}
	printk_open(&p, read_mem, mem, VA + HEAD_AT);
	printk_skip(&p, 30);
	assert_true(printk_next(&p, &r));
	assert_int_equal(r.seq, 1998);
	printk_skip(&p, 100);
	assert_false(printk_next(&p, &r));
}

static void test_no_ring(void **state)
{
	(void)state;
	begin();
	assert_int_equal(printk_open(&p, read_mem, mem, 0), -NACRE_EFAULT);
	assert_int_equal(printk_open(&p, read_mem, mem, VA + INFOS_AT), -NACRE_EBADF);
	log_text("one", 4, 2);
	put(HEAD_AT, 60, 4);
	assert_int_equal(printk_open(&p, read_mem, mem, VA + HEAD_AT), -NACRE_EBADF);
	put(HEAD_AT, COUNT_BITS, 4);
	put(HEAD_AT + 32, w.id - 100, 8);
	assert_int_equal(printk_open(&p, read_mem, mem, VA + HEAD_AT), -NACRE_EBADF);
}

static void test_damage(void **state)
{
	char text[80];

	(void)state;
	info_size = 96;
	for (unsigned n = 0; n < 20000; n++) {
		unsigned records = 0;

		begin();
		for (unsigned i = 0; i < 40; i++) {
			snprintf(text, sizeof(text), "%u %*u", i, (int)(random64() % 40), n);
			log_text(text, i % 8, 2);
		}
		for (unsigned i = 0; i < 5; i++) {
			uint64_t at = random64() % (random64() & 1 ? 0x800 : MEM_SIZE);

			mem[at] = (uint8_t)random64();
		}
		if (printk_open(&p, read_mem, mem, VA + HEAD_AT))
			continue;
		for (; printk_next(&p, &r); records++) {
			assert_true(r.len <= PRINTK_TEXT_MAX);
			for (unsigned i = 0; i < r.len; i++)
				assert_true(r.text[i] == '\n' || r.text[i] == '\t' ||
					    (r.text[i] >= ' ' && r.text[i] < 0x7f));
		}
		assert_true(records <= 1U << 24);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_few),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_no_ring),
		cmocka_unit_test(test_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
