/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * core/bundle.c: archives made here and by cpio's rules, every way to break a header field, every
 * length of truncation, and random damage. Buffers have the exact size, so that ASan sees a byte
 * too many.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <core/bundle.h>
#include <core/errno.h>

static uint8_t archive[1 << 16];
static size_t used;
static char err[200];

static uint64_t rng = 88172645463325252U;

static uint64_t rnd(uint64_t n)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return rng % n;
}

static void pad(void)
{
	while (used % 4)
		archive[used++] = 0;
}

static void put_header(char version, uint32_t mode, size_t namesize, size_t size, uint32_t check)
{
	char h[111];

	snprintf(h, sizeof(h), "07070%c%08X%08x%08X%08X%08X%08X%08zX%08X%08X%08X%08X%08zx%08X",
		 version, 1, mode, 0, 0, 1, 0, size, 0, 0, 0, 0, namesize, check);
	memcpy(archive + used, h, 110);
	used += 110;
}

static void put(const char *name, uint32_t mode, const void *data, size_t size)
{
	put_header('1', mode, strlen(name) + 1, size, 0);
	memcpy(archive + used, name, strlen(name) + 1);
	used += strlen(name) + 1;
	pad();
	memcpy(archive + used, data, size);
	used += size;
	pad();
}

static void put_trailer(void)
{
	put("TRAILER!!!", 0, "", 0);
}

static void make_usual(void)
{
	used = 0;
	put(".", 040755, "", 0);
	put("./config.dtb", 0100644, "tree", 4);
	put("Image", 0100644, "kernel!", 7);
	put("empty", 0100644, "", 0);
	put("link", 0120777, "Image", 5);
	put("././initrd.cpio", 0100644, "rd", 2);
	put_trailer();
}

/* In memory of exactly this size. */
static int open_exact(size_t size, struct bundle *b, void **copy)
{
	*copy = malloc(size ? size : 1);
	memcpy(*copy, archive, size);
	err[0] = '\0';
	return bundle_open(b, *copy, size, err, sizeof(err));
}

static void refused(size_t size, const char *why)
{
	struct bundle b;
	void *copy;

	assert_int_equal(open_exact(size, &b, &copy), -NACRE_EBADF);
	assert_string_equal(err, why);
	free(copy);
}

static void test_usual(void **state)
{
	static const char *const names[] = {"config.dtb", "Image", "empty", "initrd.cpio"};
	struct bundle b;
	struct bundle_file f;
	uint64_t pos = 0;
	void *copy;

	(void)state;
	make_usual();
	assert_int_equal(open_exact(used, &b, &copy), 0);
	assert_int_equal(b.size, used);
	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(bundle_next(&b, &pos, &f), 0);
		assert_string_equal(f.name, names[i]);
	}
	assert_int_equal(bundle_next(&b, &pos, &f), -NACRE_ENOENT);
	assert_int_equal(bundle_next(&b, &pos, &f), -NACRE_ENOENT);
	assert_int_equal(bundle_find(&b, "Image", &f), 0);
	assert_int_equal(f.size, 7);
	assert_memory_equal(f.data, "kernel!", 7);
	assert_int_equal(bundle_find(&b, "./config.dtb", &f), 0);
	assert_int_equal(bundle_find(&b, "empty", &f), 0);
	assert_int_equal(f.size, 0);
	assert_int_equal(bundle_find(&b, "link", &f), -NACRE_ENOENT); /* not followed */
	assert_int_equal(bundle_find(&b, ".", &f), -NACRE_ENOENT);
	assert_int_equal(bundle_find(&b, "", &f), -NACRE_ENOENT);
	assert_int_equal(bundle_find(&b, "Imag", &f), -NACRE_ENOENT);
	assert_int_equal(bundle_find(&b, "TRAILER!!!", &f), -NACRE_ENOENT);
	free(copy);
}

static void test_details(void **state)
{
	struct bundle b;
	struct bundle_file f;
	void *copy;
	size_t end;

	(void)state;
	used = 0; /* twice the same name: the later one; junk after the trailer: unseen */
	put("a", 0100644, "1", 1);
	put("a", 0100644, "2", 1);
	put_header('1', 0100644, 6, 1, 0); /* a name padded with NULs */
	memcpy(archive + used, "b\0\0\0\0\0x\0\0\0", 10);
	used += 6;
	pad();
	archive[used++] = 'x';
	pad();
	put_trailer();
	end = used;
	memset(archive + used, 0xff, 100);
	assert_int_equal(open_exact(used + 100, &b, &copy), 0);
	assert_int_equal(b.size, end);
	assert_int_equal(bundle_find(&b, "a", &f), 0);
	assert_int_equal(f.data[0], '2');
	assert_int_equal(bundle_find(&b, "b", &f), 0);
	assert_int_equal(f.data[0], 'x');
	free(copy);
	used = 0;
	put_trailer();
	assert_int_equal(open_exact(used, &b, &copy), 0);
	assert_int_equal(bundle_find(&b, "a", &f), -NACRE_ENOENT);
	free(copy);
}

static void test_checksum(void **state)
{
	for (uint32_t check = 0; check < 3; check++) {
		struct bundle b;
		void *copy;

		(void)state;
		used = 0;
		put_header('2', 0100644, 2, 3, 0x1fd + check - 1); /* ff + fe = 1fd */
		memcpy(archive + used, "a\0\xff\xfe\0\0", 6);
		used += 2;
		pad();
		memcpy(archive + used, "\xff\xfe\0", 3);
		used += 3;
		pad();
		put_trailer();
		if (check == 1) {
			assert_int_equal(open_exact(used, &b, &copy), 0);
			free(copy);
		} else {
			refused(used, "offset 0x0: a file's checksum is wrong");
		}
	}
}

static void test_wrong_formats(void **state)
{
	(void)state;
	memcpy(archive, "\x1f\x8b\x08 and so on", 13);
	refused(13, "offset 0x0: gzip-compressed: pack the bundle without compression");
	memcpy(archive, "\x28\xb5\x2f\xfd", 4);
	refused(4, "offset 0x0: zstd-compressed: pack the bundle without compression");
	memcpy(archive, "070707000000", 12);
	refused(12, "offset 0x0: an old cpio format: use `cpio -o -H newc`");
	memcpy(archive, "\xd0\x0d\xfe\xed", 4);
	refused(4, "offset 0x0: a bare device tree: it belongs into a cpio archive");
	refused(0, "offset 0x0: the archive ends before its trailer");
	memset(archive, 0, 512);
	refused(512, "offset 0x0: no cpio header (magic 070701) where one must be");
}

static void test_hostile_fields(void **state)
{
	(void)state;
	used = 0;
	put("a", 0100644, "1", 1);
	put_trailer();
	memcpy(archive + 54, "FFFFFFFF", 8); /* file size */
	refused(used, "offset 0x0: a file reaches past the end of the archive");
	memcpy(archive + 54, "fffffffg", 8);
	refused(used, "offset 0x0: a header field is not hexadecimal");
	memcpy(archive + 54, "00000001", 8);
	memcpy(archive + 94, "FFFFFFFF", 8); /* name size */
	refused(used, "offset 0x0: a name reaches past the end of the archive");
	memcpy(archive + 94, "00000000", 8);
	refused(used, "offset 0x0: a member without a name");
	memcpy(archive + 94, "00000001", 8);
	refused(used, "offset 0x0: a name is not terminated");
	memcpy(archive + 94, "00000002", 8);
	archive[111] = 'b';
	refused(used, "offset 0x0: a name is not terminated");
	archive[111] = 0;
	archive[116] = '1'; /* the trailer's magic */
	refused(used, "offset 0x74: no cpio header (magic 070701) where one must be");
}

static void test_each_truncation(void **state)
{
	struct bundle b;
	void *copy;

	(void)state;
	make_usual();
	for (size_t size = 0; size < used; size++) {
		assert_int_equal(open_exact(size, &b, &copy), -NACRE_EBADF);
		assert_true(strncmp(err, "offset 0x", 9) == 0);
		free(copy);
	}
}

/* Whatever opens can be walked, and stays inside. */
static void test_random_damage(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 50000; i++) {
		struct bundle b;
		struct bundle_file f;
		uint64_t pos = 0;
		uint8_t sum = 0;
		void *copy;
		unsigned n = 0;

		make_usual();
		for (uint64_t hits = rnd(3) + 1; hits; hits--)
			archive[rnd(used)] =
				rnd(2) ? (uint8_t)rnd(256) : (uint8_t) "0123f\0./"[rnd(8)];
		if (open_exact(used, &b, &copy) == 0) {
			while (bundle_next(&b, &pos, &f) == 0) {
				assert_true(++n <= 7);
				for (uint64_t k = 0; k < f.size; k++)
					sum = (uint8_t)(sum + f.data[k]);
				assert_int_equal(bundle_find(&b, f.name, &f), 0);
			}
		}
		free(copy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_usual),	       cmocka_unit_test(test_details),
		cmocka_unit_test(test_checksum),       cmocka_unit_test(test_wrong_formats),
		cmocka_unit_test(test_hostile_fields), cmocka_unit_test(test_each_truncation),
		cmocka_unit_test(test_random_damage),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
