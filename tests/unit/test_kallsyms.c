/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kallsyms: tables in an image, made as Linux makes them (6.5 to 6.x and 7), found and read back;
 * then the same with random damage.
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
#include <core/kallsyms.h>

#define BASE	 UINT64_C(0xffffffff80000000)
#define MEM_SIZE 0x20000U
#define SYMS_MAX 700

static uint8_t mem[MEM_SIZE];
static uint64_t hole = UINT64_MAX; /* a page that cannot be read */

static struct {
	uint64_t offset;
	char name[40];
} sym[SYMS_MAX];
static unsigned nsyms;
static uint64_t end;

static uint64_t random64(void)
{
	static uint64_t x = 88172645463325252;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return x;
}

static bool read_mem(void *ctx, uint64_t offset, void *buf, size_t n)
{
	assert_ptr_equal(ctx, mem);
	assert_true(offset <= MEM_SIZE && n <= MEM_SIZE - offset);
	if (hole < offset + n && hole + PAGE_SIZE > offset)
		return false;
	memcpy(buf, mem + offset, n);
	return true;
}

static void put(uint64_t value, unsigned n)
{
	assert_true(end + n <= MEM_SIZE);
	memcpy(mem + end, &value, n);
	end += n;
}

static void align(unsigned n)
{
	while (end % n)
		put(0, 1);
}

/* Token 128 + i stands for "sym", else a token is its character. */
static void put_names(unsigned *marker, unsigned *nmarkers)
{
	uint64_t begin = end;

	for (unsigned i = 0; i < nsyms; i++) {
		const char *s = sym[i].name;
		uint8_t entry[256];
		unsigned n = 0;

		if (i % 256 == 0)
			marker[(*nmarkers)++] = (unsigned)(end - begin);
		entry[n++] = 't';
		while (*s)
			if (!strncmp(s, "sym", 3)) {
				entry[n++] = 200;
				s += 3;
			} else {
				entry[n++] = (uint8_t)*s++;
			}
		if (i % 300 == 7) { /* a long one, of 130 more */
			memset(entry + n, 'x', 130);
			n += 130;
		}
		if (n < 128) {
			put(n, 1);
		} else {
			put((n & 0x7f) | 0x80, 1);
			put(n >> 7, 1);
		}
		for (unsigned k = 0; k < n; k++)
			put(entry[k], 1);
	}
}

static void put_tokens(unsigned alignment)
{
	unsigned index[256], begin = (unsigned)end;

	for (unsigned i = 0; i < 256; i++) {
		char text[8] = {(char)i, '\0'};

		if (i <= ' ' || i >= 0x7f)
			snprintf(text, sizeof(text), "T%u", i);
		if (i == 200)
			strcpy(text, "sym");
		index[i] = (unsigned)end - begin;
		for (const char *s = text; *s; s++)
			put((uint8_t)*s, 1);
		put(0, 1);
	}
	align(alignment);
	for (unsigned i = 0; i < 256; i++)
		put(index[i], 2);
	align(alignment);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(sym[*(const unsigned *)a].name, sym[*(const unsigned *)b].name);
}

static void make(unsigned count, bool in_place)
{
	unsigned marker[8], nmarkers = 0, order[SYMS_MAX], alignment = in_place ? 4 : 8;

	for (unsigned i = 0; i < MEM_SIZE; i++)
		mem[i] = (uint8_t)random64();
	nsyms = count;
	for (unsigned i = 0; i < count; i++) {
		sym[i].offset = 16 * i + (i % 5 ? 0 : 4);
		snprintf(sym[i].name, sizeof(sym[i].name), "%c_sym%u", 'a' + i * 7 % 26, i);
		order[i] = i;
	}
	end = 0x4000 + 8 * (random64() % 16);
	put(count, 4);
	align(alignment);
	put_names(marker, &nmarkers);
	align(alignment);
	for (unsigned i = 0; i < nmarkers; i++)
		put(marker[i], 4);
	align(alignment);
	put_tokens(alignment);
	for (unsigned i = 0; i < count; i++)
		put(in_place ? sym[i].offset - end : sym[i].offset, 4);
	if (!in_place) {
		align(8);
		put(BASE, 8);
	}
	qsort(order, count, sizeof(order[0]), by_name);
	for (unsigned i = 0; i < count; i++) {
		put(order[i] >> 16, 1);
		put(order[i] >> 8, 1);
		put(order[i], 1);
	}
}

static struct kimage m;
static struct kallsyms k;

static void check_all(bool in_place)
{
	char name[KALLSYMS_NAME_MAX];
	uint64_t offset;
	uint32_t n;

	kimage_init(&m, read_mem, mem, MEM_SIZE);
	assert_int_equal(kallsyms_find(&k, &m), 0);
	assert_int_equal(k.count, nsyms);
	assert_int_equal(k.in_place, in_place);
	assert_int_equal(k.base, in_place ? 0 : BASE);
	for (uint32_t i = 0; i < nsyms; i++) {
		kallsyms_name(&k, i, name);
		assert_memory_equal(name, sym[i].name, strlen(sym[i].name));
		assert_int_equal(strlen(name),
				 i % 300 == 7 ? KALLSYMS_NAME_MAX - 1 : strlen(sym[i].name));
		assert_int_equal(kallsyms_offset(&k, i), sym[i].offset);
		assert_true(kallsyms_at(&k, sym[i].offset + 3, &n));
		assert_int_equal(n, i);
		if (i % 300 == 7)
			continue;
		assert_int_equal(kallsyms_lookup(&k, name, &offset), 0);
		assert_int_equal(offset, sym[i].offset);
	}
	assert_false(kallsyms_at(&k, 0, &n) && n);
	assert_int_equal(kallsyms_lookup(&k, "nothing", &offset), -NACRE_ENOENT);
	assert_int_equal(kallsyms_offset(&k, nsyms), UINT64_MAX);
	kallsyms_name(&k, nsyms, name);
	assert_string_equal(name, "");
}

static void test_found(void **state)
{
	static const unsigned counts[] = {257, 300, 511, 512, 513, 700};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(counts); i++) {
		make(counts[i], false);
		check_all(false);
		make(counts[i], true);
		check_all(true);
	}
}

static void test_not_there(void **state)
{
	(void)state;
	make(700, true);
	hole = ALIGN_DOWN(k.index, PAGE_SIZE);
	kimage_init(&m, read_mem, mem, MEM_SIZE);
	assert_int_equal(kallsyms_find(&k, &m), -NACRE_ENOENT);
	hole = UINT64_MAX;
	memset(mem, 0, sizeof(mem));
	kimage_init(&m, read_mem, mem, MEM_SIZE);
	assert_int_equal(kallsyms_find(&k, &m), -NACRE_ENOENT);
	kimage_init(&m, read_mem, mem, 100);
	assert_int_equal(kallsyms_find(&k, &m), -NACRE_ENOENT);
	kimage_init(&m, read_mem, mem, 0);
	assert_int_equal(kallsyms_find(&k, &m), -NACRE_ENOENT);
}

/* All of memory an index: the search gives up in time. */
static void test_bounded(void **state)
{
	(void)state;
	for (unsigned i = 0; i < MEM_SIZE; i += 2) {
		mem[i] = (uint8_t)(i % 512);
		mem[i + 1] = (uint8_t)(i % 512 >> 8);
	}
	kimage_init(&m, read_mem, mem, MEM_SIZE);
	assert_int_equal(kallsyms_find(&k, &m), -NACRE_ENOENT);
}

static void test_damage(void **state)
{
	char name[KALLSYMS_NAME_MAX];
	uint64_t offset;
	uint32_t n;

	(void)state;
	for (unsigned round = 0; round < 15; round++) {
		make(700, round & 1);
		kimage_init(&m, read_mem, mem, MEM_SIZE);
		assert_int_equal(kallsyms_find(&k, &m), 0);
		for (unsigned i = 0; i < 2000; i++)
			mem[0x4000 + random64() % (end - 0x4000)] = (uint8_t)random64();
		kimage_init(&m, read_mem, mem, MEM_SIZE);
		for (unsigned i = 0; i < 700; i++) {
			kallsyms_name(&k, i, name);
			assert_true(strlen(name) < KALLSYMS_NAME_MAX);
			for (const char *s = name; *s; s++)
				assert_true(*s > ' ' && *s < 0x7f);
			kallsyms_at(&k, random64() % MEM_SIZE, &n);
			kallsyms_lookup(&k, sym[i].name, &offset);
		}
		kallsyms_find(&k, &m);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_found),
		cmocka_unit_test(test_not_there),
		cmocka_unit_test(test_bounded),
		cmocka_unit_test(test_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
