/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kallsyms in any memory, and in one with tables of the right form whose bytes the input changes:
 * all reads are inside the image and their number is bounded, all names end, and what is found for
 * an offset or a name fits.
 */
#include <stdlib.h>
#include <string.h>

#include <core/errno.h>
#include <core/kallsyms.h>

#define IMAGE	  0x4000U
#define SYMS	  300U
#define READS_MAX 3000000

static uint8_t image[IMAGE];
static unsigned reads;
static size_t end;

static void check(bool ok)
{
	if (!ok)
		abort();
}

static bool read_mem(void *ctx, uint64_t offset, void *buf, size_t n)
{
	const uint64_t *size = ctx;

	check(offset <= *size && n <= *size - offset && ++reads < READS_MAX);
	memcpy(buf, image + offset, n);
	return true;
}

static void put(uint64_t value, unsigned n)
{
	memcpy(image + end, &value, n);
	end += n;
}

static void align(unsigned n)
{
	end = ALIGN_UP(end, n);
}

/* Names "tNNN", by number and by name alike; a token is its character. */
static void make_tables(bool in_place)
{
	size_t names, marker;

	end = 0x1600;
	put(SYMS, 4);
	align(8);
	names = end;
	marker = 0;
	for (unsigned i = 0; i < SYMS; i++) {
		if (i == 256)
			marker = end - names;
		put(4, 1);
		put('T', 1);
		put('a' + i / 100 % 10, 1);
		put('a' + i / 10 % 10, 1);
		put('a' + i % 10, 1);
	}
	align(8);
	put(0, 4);
	put(marker, 4);
	align(8);
	for (unsigned i = 0; i < 256; i++)
		put(i ? i : 1, 2); /* and a NUL */
	align(8);
	for (unsigned i = 0; i < 256; i++)
		put(2 * i, 2);
	align(8);
	for (unsigned i = 0; i < SYMS; i++)
		put(in_place ? 64 * i - end : 64 * i, 4);
	align(8);
	if (!in_place)
		put(UINT64_C(0xffffffff80000000), 8);
	for (unsigned i = 0; i < SYMS; i++) {
		put(0, 1);
		put(i >> 8, 1);
		put(i & 0xff, 1);
	}
}

static void check_names(const struct kallsyms *k, const uint8_t *data)
{
	char name[KALLSYMS_NAME_MAX];
	uint64_t offset;
	uint32_t i;

	for (unsigned n = 0; n < 8; n++) {
		uint32_t which = (uint32_t)(data[n] * 257 + data[n + 1]) % (k->count + 1);

		kallsyms_name(k, which, name);
		check(memchr(name, '\0', sizeof(name)));
		for (const char *s = name; *s; s++)
			check(*s > ' ' && *s < 0x7f);
		check(which < k->count || (!*name && kallsyms_offset(k, which) == UINT64_MAX));
		offset = kallsyms_offset(k, which);
		if (kallsyms_at(k, offset, &i))
			check(i < k->count);
		if (!kallsyms_lookup(k, name, &offset))
			check(offset != UINT64_MAX);
	}
	check(kallsyms_at(k, data[8], &i) == false || i < k->count);
	check(kallsyms_lookup(k, "", &offset) <= 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t image_size = IMAGE;
	struct kallsyms k;
	struct kimage m;
	int rc;

	if (size < 12)
		return 0;
	reads = 0;
	memset(image, 0, sizeof(image));
	if (data[0] & 1)
		memcpy(image + 0x1600, data + 12, size - 12 < 0x2000 ? size - 12 : 0x2000);
	else
		make_tables(data[0] & 2);
	/* Changes: place, place, value. */
	for (size_t at = 12; !(data[0] & 1) && at + 3 <= size; at += 3)
		image[(0x1600 + (data[at] | data[at + 1] << 8)) % IMAGE] = data[at + 2];
	if (data[0] & 4)
		image_size -= data[1] * 16;
	kimage_init(&m, read_mem, &image_size, image_size);
	rc = kallsyms_find(&k, &m);
	check(rc == 0 || rc == -NACRE_ENOENT);
	check((data[0] & 7) > 3 || size > 12 || (data[0] & 1) || (rc == 0 && k.count == SYMS));
	if (!rc) {
		check(k.count > 0 && k.count <= KALLSYMS_MAX);
		check_names(&k, data + 2);
	}
	return 0;
}
