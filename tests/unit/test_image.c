/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * guest/image.c: headers made here, every field taken to its edges, every truncation, random
 * damage. Files lie in memory of exactly their size, so that ASan sees a byte too many.
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
#include <guest/image.h>

#define RAM_BASE UINT64_C(0x80000000)
#define RAM_SIZE UINT64_C(0x10000000)

static uint8_t file[0x1000];
static struct image im;
static char err[200];

static uint64_t rng = 88172645463325252U;

static uint64_t rnd(uint64_t n)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return rng % n;
}

static void put(unsigned offset, uint64_t v, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		file[offset + i] = (uint8_t)(v >> 8 * i);
}

static int parse(size_t size)
{
	uint8_t *exact = malloc(size ? size : 1);

	memcpy(exact, file, size);
	err[0] = '\0';
	int rc = image_parse(exact, size, gpa(RAM_BASE), RAM_SIZE, &im, err, sizeof(err));
	free(exact);
	return rc;
}

static void refused(size_t size, int rc, const char *text)
{
	assert_int_equal(parse(size), -rc);
	assert_string_equal(err, text);
}

/* What a Linux Image starts with. */
static void make_raw(uint64_t text_offset, uint64_t image_size)
{
	memset(file, 0, sizeof(file));
	memcpy(file, "MZ", 2);
	put(0x08, text_offset, 8);
	put(0x10, image_size, 8);
	put(0x20, 2, 4);
	memcpy(file + 0x30, "RISCV\0\0\0RSC\x05", 12);
}

static void segment(unsigned i, uint64_t vaddr, uint64_t paddr, uint64_t memsz)
{
	unsigned ph = 0x40 + i * 0x38;

	put(ph, 1, 4);
	put(ph + 8, 0x200 + i * 0x100, 8);
	put(ph + 0x10, vaddr, 8);
	put(ph + 0x18, paddr, 8);
	put(ph + 0x20, 0x100, 8);
	put(ph + 0x28, memsz, 8);
}

/* Linked high, loaded low, as kernels are. */
static void make_elf(void)
{
	memset(file, 0, sizeof(file));
	memcpy(file,
	       "\x7f"
	       "ELF\2\1\1",
	       7);
	put(0x10, 2, 2);
	put(0x12, 243, 2);
	put(0x18, UINT64_C(0xffffffff80201004), 8);
	put(0x20, 0x40, 8);
	put(0x36, 0x38, 2);
	put(0x38, 3, 2);
	segment(0, UINT64_C(0xffffffff80200000), RAM_BASE + 0x200000, 0x100);
	segment(1, UINT64_C(0xffffffff80201000), RAM_BASE + 0x201000, 0x9000);
	put(0x40 + 2 * 0x38, 4, 4); /* a note */
}

static void test_raw(void **state)
{
	(void)state;
	make_raw(0x200000, 0x900000);
	assert_int_equal(parse(0x1000), 0);
	assert_int_equal(im.kind, IMAGE_RAW);
	assert_int_equal(im.entry.v, RAM_BASE + 0x200000);
	assert_int_equal(im.end.v, RAM_BASE + 0xb00000);
	assert_int_equal(im.nsegments, 1);
	assert_int_equal(im.segment[0].gpa.v, RAM_BASE + 0x200000);
	assert_int_equal(im.segment[0].file_offset, 0);
	assert_int_equal(im.segment[0].file_size, 0x1000);
	assert_int_equal(im.segment[0].mem_size, 0x900000);
	make_raw(0, 0x10); /* says less than the file has */
	assert_int_equal(parse(0x1000), 0);
	assert_int_equal(im.segment[0].mem_size, 0x1000);
	make_raw(RAM_SIZE - 0x200000, 0x200000);
	assert_int_equal(parse(0x1000), 0);
	assert_int_equal(im.end.v, RAM_BASE + RAM_SIZE);
	assert_int_equal(parse(0x40), 0); /* just the header */
}

static void test_raw_refused(void **state)
{
	(void)state;
	make_raw(0x200000, RAM_SIZE - 0x200000 + 1);
	refused(0x1000, NACRE_ENOMEM,
		"0xfe00001 bytes at 0x80200000 do not fit into RAM (0x10000000 bytes at "
		"0x80000000)");
	make_raw(0x200000, UINT64_MAX);
	assert_int_equal(parse(0x1000), -NACRE_ENOMEM);
	make_raw(0x201000, 0x1000);
	refused(0x1000, NACRE_EBADF, "its text offset 0x201000 is not a multiple of 2 MiB");
	make_raw(RAM_SIZE, 0x1000);
	refused(0x1000, NACRE_ENOMEM,
		"its text offset 0x10000000 lies outside RAM (0x10000000 bytes)");
	make_raw(UINT64_MAX - 0x1fffff, 0x1000);
	assert_int_equal(parse(0x1000), -NACRE_ENOMEM);
	make_raw(0, 0x1000);
	put(0x18, 1, 8);
	refused(0x1000, NACRE_ENOTSUP, "a big-endian kernel");
	make_raw(0, 0x1000);
	file[0x3b] = 6;
	refused(0x1000, NACRE_EBADF,
		"neither an ELF file nor a RISC-V Image (no \"RSC\\x05\" at offset 0x38)");
	make_raw(0, 0x1000);
	for (size_t size = 0; size < 0x40; size++)
		assert_int_equal(parse(size), -NACRE_EBADF);
}

static void test_elf(void **state)
{
	(void)state;
	make_elf();
	assert_int_equal(parse(0x1000), 0);
	assert_int_equal(im.kind, IMAGE_ELF);
	assert_int_equal(im.entry.v, RAM_BASE + 0x201004);
	assert_int_equal(im.nsegments, 2);
	assert_int_equal(im.end.v, RAM_BASE + 0x20a000);
	assert_int_equal(im.segment[1].gpa.v, RAM_BASE + 0x201000);
	assert_int_equal(im.segment[1].file_offset, 0x300);
	assert_int_equal(im.segment[1].file_size, 0x100);
	assert_int_equal(im.segment[1].mem_size, 0x9000);
	put(0x40 + 0x38 + 8, 0xf00, 8); /* the file's last bytes */
	assert_int_equal(parse(0x1000), 0);
	put(0x40 + 0x28, 0, 8); /* an empty segment is none, wherever it would be */
	put(0x40 + 0x18, 0, 8);
	assert_int_equal(parse(0x1000), 0);
	assert_int_equal(im.nsegments, 1);
}

static void elf_refused(unsigned offset, uint64_t v, unsigned bytes, int rc, const char *text)
{
	make_elf();
	put(offset, v, bytes);
	refused(0x1000, rc, text);
}

static void test_elf_refused(void **state)
{
	static const char *const other = "an ELF file, but not for 64-bit little-endian RISC-V";
	static const char *const headers = "an ELF file whose program headers are not inside it";
	const unsigned ph1 = 0x40 + 0x38;

	(void)state;
	elf_refused(4, 1, 1, NACRE_ENOTSUP, other);
	elf_refused(5, 2, 1, NACRE_ENOTSUP, other);
	elf_refused(0x12, 62, 2, NACRE_ENOTSUP, other);
	elf_refused(0x10, 3, 2, NACRE_ENOTSUP, "an ELF file of type 3, not an executable (type 2)");
	elf_refused(0x36, 0x20, 2, NACRE_EBADF, headers);
	elf_refused(0x38, 0xffff, 2, NACRE_EBADF, headers);
	elf_refused(0x20, UINT64_MAX - 0x40, 8, NACRE_EBADF, headers);
	elf_refused(0x20, 0x1000 - 3 * 0x38 + 1, 8, NACRE_EBADF, headers);
	elf_refused(0x38, 0, 2, NACRE_EBADF,
		    "an ELF file whose entry point 0xffffffff80201004 is in no segment");
	elf_refused(0x18, UINT64_C(0xffffffff8020a000), 8, NACRE_EBADF,
		    "an ELF file whose entry point 0xffffffff8020a000 is in no segment");
	elf_refused(0x18, 0, 8, NACRE_EBADF, "an ELF file whose entry point 0x0 is in no segment");
	elf_refused(ph1 + 8, 0xf01, 8, NACRE_EBADF,
		    "an ELF file with a segment (0x100 bytes at 0xf01) that is not inside it");
	elf_refused(ph1 + 8, UINT64_MAX, 8, NACRE_EBADF,
		    "an ELF file with a segment (0x100 bytes at 0xffffffffffffffff) that is not "
		    "inside it");
	elf_refused(ph1 + 0x28, 0xff, 8, NACRE_EBADF,
		    "an ELF file with a segment (0x100 bytes at 0x300) that is not inside it");
	elf_refused(ph1 + 0x28, UINT64_MAX, 8, NACRE_ENOMEM,
		    "0xffffffffffffffff bytes at 0x80201000 do not fit into RAM (0x10000000 bytes "
		    "at 0x80000000)");
	elf_refused(ph1 + 0x18, RAM_BASE - 1, 8, NACRE_ENOMEM,
		    "0x9000 bytes at 0x7fffffff do not fit into RAM (0x10000000 bytes at "
		    "0x80000000)");
	elf_refused(ph1 + 0x18, UINT64_MAX, 8, NACRE_ENOMEM,
		    "0x9000 bytes at 0xffffffffffffffff do not fit into RAM (0x10000000 bytes at "
		    "0x80000000)");
	make_elf();
	put(0x38, 17, 2);
	for (unsigned i = 0; i < 17; i++) {
		segment(i, 0, RAM_BASE, 0x100);
		put(0x40 + i * 0x38 + 8, 0, 8);
	}
	put(0x18, 0, 8);
	refused(0x1000, NACRE_ENOTSUP, "more than 16 segments to load");
	make_elf();
	for (size_t size = 4; size < 0x400; size++)
		assert_true(parse(size) < 0);
}

static void test_packed(void **state)
{
	(void)state;
	make_raw(0, 0x1000);
	memcpy(file, "\x1f\x8b\x08", 3);
	refused(0x1000, NACRE_ENOTSUP, "gzip-compressed: unpack it first");
	refused(2, NACRE_ENOTSUP, "gzip-compressed: unpack it first");
	make_raw(0, 0x1000);
	memcpy(file, "MZ\0\0zimg", 8);
	refused(0x1000, NACRE_ENOTSUP,
		"an EFI zboot image, its kernel compressed: unpack it first");
	memcpy(file, "\x28\xb5\x2f\xfd\0", 5);
	refused(0x1000, NACRE_ENOTSUP, "zstd-compressed: unpack it first");
}

static void test_random_damage(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 200000; i++) {
		if (rnd(3))
			make_elf();
		else
			make_raw(0x200000 * rnd(3), rnd(0x2000));
		for (uint64_t hits = rnd(4); hits; hits--)
			file[rnd(rnd(2) ? 0x40 : 0xe8)] =
				(uint8_t)(rnd(2) ? rnd(256) : 255 * rnd(2));
		size_t size = rnd(8) ? sizeof(file) : rnd(sizeof(file));
		if (parse(size))
			continue;
		assert_in_range(im.nsegments, 1, IMAGE_MAX_SEGMENTS);
		assert_in_range(im.entry.v, RAM_BASE, RAM_BASE + RAM_SIZE - 1);
		for (unsigned k = 0; k < im.nsegments; k++) {
			const struct image_segment *s = &im.segment[k];

			assert_in_range(s->gpa.v, RAM_BASE, RAM_BASE + RAM_SIZE);
			assert_in_range(s->mem_size, s->file_size, RAM_BASE + RAM_SIZE - s->gpa.v);
			assert_in_range(s->file_offset, 0, size);
			assert_in_range(s->file_size, 0, size - s->file_offset);
			assert_in_range(s->gpa.v + s->mem_size, 0, im.end.v);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_raw),    cmocka_unit_test(test_raw_refused),
		cmocka_unit_test(test_elf),    cmocka_unit_test(test_elf_refused),
		cmocka_unit_test(test_packed), cmocka_unit_test(test_random_damage),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
