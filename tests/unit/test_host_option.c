/* SPDX-License-Identifier: BSD-2-Clause */
/* Nacre's own boot arguments (core/host.c). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include <core/errno.h>
#include <core/host.h>

static void test_option(void **state)
{
	char b[8];

	(void)state;
	memset(&host, 0, sizeof(host));
	assert_null(host_option("x", b, sizeof(b)));
	host.bootargs = "  xy  x=1\ty=a=b long=123456789 flag x x=2 z= ";
	assert_string_equal(host_option("x", b, sizeof(b)), "2");
	assert_string_equal(host_option("xy", b, sizeof(b)), "");
	assert_string_equal(host_option("y", b, sizeof(b)), "a=b");
	assert_string_equal(host_option("z", b, sizeof(b)), "");
	assert_string_equal(host_option("flag", b, sizeof(b)), "");
	assert_string_equal(host_option("long", b, sizeof(b)), "1234567");
	assert_null(host_option("fla", b, sizeof(b)));
	assert_null(host_option("flags", b, sizeof(b)));
	assert_null(host_option("1", b, sizeof(b)));
	assert_string_equal(host_option("long", b, 1), "");
	assert_null(host_option("long", b, 0));
}

static int range(const char *bootargs, uint64_t *start, uint64_t *size)
{
	struct mem_range r = {0, 0};
	int rc;

	host.bootargs = bootargs;
	rc = host_option_range("area", &r);
	*start = r.start;
	*size = r.end - r.start;
	return rc;
}

static void test_option_range(void **state)
{
	static const char *const bad[] = {
		"area",
		"area=",
		"area=@",
		"area=4096",
		"area=4096@",
		"area=@4096",
		"area=4K@0x",
		"area=1@0",
		"area=4K@1",
		"area=0@0",
		"area=K@0",
		"area=4k@0",
		"area=4KK@0",
		"area=4K@0x1000x",
		"area=4K@0xg000",
		"area=0x@0x1000",
		"area=-4096@0",
		"area=4K@4096K",
		"area=4K@0xfffffffffffff000",
		"area=0x10000000000000000@0",
		"area=18446744073709551616@0",
		"area=0x8000000000000G@0",
		"area=17179869184G@0",
	};
	static const struct {
		const char *text;
		uint64_t start, size;
	} good[] = {
		{"area=64M@0xa0000000", 0xa0000000, 64 << 20},
		{"area=4096@8192", 8192, 4096},
		{"area=0x3000@0x1000", 0x1000, 0x3000},
		{"area=4K@0", 0, 4096},
		{"area=1G@4096 x", 4096, 1 << 30},
		{"area=4K@0xffffffffffffe000", 0xffffffffffffe000, 4096},
		{"area=8K@0 area=4K@0", 0, 4096},
	};
	uint64_t start, size;

	(void)state;
	memset(&host, 0, sizeof(host));
	assert_int_equal(range("", &start, &size), -NACRE_ENOENT);
	assert_int_equal(range("area2=4K@0", &start, &size), -NACRE_ENOENT);
	for (unsigned i = 0; i < ARRAY_SIZE(bad); i++)
		if (range(bad[i], &start, &size) != -NACRE_EINVAL)
			fail_msg("%s is taken", bad[i]);
	for (unsigned i = 0; i < ARRAY_SIZE(good); i++) {
		assert_int_equal(range(good[i].text, &start, &size), 0);
		assert_int_equal(start, good[i].start);
		assert_int_equal(size, good[i].size);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_option),
		cmocka_unit_test(test_option_range),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
