/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reader of the bundle, a "new ASCII" cpio archive.
 *
 * A member is a header of 110 bytes (a magic of 6 and 13 fields of 8 hexadecimal digits), the name
 * with its NUL, and the data; name and data are each padded to 4 bytes, counted from the archive's
 * start. What always holds: every length is compared with what is left before it is used, by
 * subtraction, so no sum can wrap; and each step moves forward by a header at least, so every walk
 * ends.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include <core/bundle.h>
#include <core/errno.h>
#include <core/errtext.h>
#include <core/types.h>

#define HEADER_SIZE 110U
#define FIELD_WIDTH 8U
#define TRAILER	    "TRAILER!!!"

/* The fields' places among the thirteen. */
enum { FIELD_MODE = 1, FIELD_FILESIZE = 6, FIELD_NAMESIZE = 11, FIELD_CHECK = 12 };

#define MODE_TYPE    0170000U
#define MODE_REGULAR 0100000U

struct member {
	struct bundle_file file;
	uint32_t mode, check;
	bool has_check, is_trailer;
	uint64_t next; /* offset of the following header */
};

static int hex_digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool read_field(const uint8_t *header, unsigned field, uint32_t *value)
{
	const uint8_t *p = header + 6 + field * FIELD_WIDTH;

	*value = 0;
	for (unsigned i = 0; i < FIELD_WIDTH; i++) {
		int digit = hex_digit(p[i]);

		if (digit < 0)
			return false;
		*value = *value << 4 | (uint32_t)digit;
	}
	return true;
}

/* Take `len` bytes and the padding after them from *pos on; false where the archive ends before. */
static bool take(const struct bundle *b, uint64_t *pos, uint64_t len)
{
	uint64_t padded, pad;

	if (len > b->size - *pos)
		return false;
	padded = *pos + len;
	pad = -padded & 3;
	if (pad > b->size - padded)
		return false;
	*pos = padded + pad;
	return true;
}

static const char *skip_dots(const char *name)
{
	while (name[0] == '.' && name[1] == '/')
		name += 2;
	return name;
}

/* What is at pos? NULL and *m filled, or the reason why it is no member. */
static const char *read_member(const struct bundle *b, uint64_t pos, struct member *m)
{
	const uint8_t *header = b->data + pos;
	uint32_t namesize, filesize;
	uint64_t name = pos + HEADER_SIZE, data;

	if (b->size - pos < HEADER_SIZE)
		return "the archive ends before its trailer";
	if (memcmp(header, "07070", 5) != 0 || (header[5] != '1' && header[5] != '2'))
		return "no cpio header (magic 070701) where one must be";
	m->has_check = header[5] == '2';
	if (!read_field(header, FIELD_MODE, &m->mode) ||
	    !read_field(header, FIELD_FILESIZE, &filesize) ||
	    !read_field(header, FIELD_NAMESIZE, &namesize) ||
	    !read_field(header, FIELD_CHECK, &m->check))
		return "a header field is not hexadecimal";
	data = pos;
	if (namesize == 0)
		return "a member without a name";
	if (!take(b, &data, (uint64_t)HEADER_SIZE + namesize))
		return "a name reaches past the end of the archive";
	if (b->data[name + namesize - 1] != '\0')
		return "a name is not terminated";
	m->next = data;
	if (!take(b, &m->next, filesize))
		return "a file reaches past the end of the archive";
	m->file.name = skip_dots((const char *)b->data + name);
	m->file.data = b->data + data;
	m->file.size = filesize;
	m->is_trailer = strcmp((const char *)b->data + name, TRAILER) == 0;
	return NULL;
}

static bool checksum_ok(const struct member *m)
{
	uint32_t sum = 0;

	if (!m->has_check || (m->mode & MODE_TYPE) != MODE_REGULAR)
		return true;
	for (uint64_t i = 0; i < m->file.size; i++)
		sum += m->file.data[i];
	return sum == m->check;
}

/* The usual mistakes deserve to be called by their names. */
static const char *other_format(const uint8_t *data, uint64_t size)
{
	static const struct {
		const char *magic;
		unsigned len;
		const char *text;
	} formats[] = {
		{"\x1f\x8b", 2, "gzip-compressed: pack the bundle without compression"},
		{"\xfd"
		 "7zXZ",
		 5, "xz-compressed: pack the bundle without compression"},
		{"\x28\xb5\x2f\xfd", 4, "zstd-compressed: pack the bundle without compression"},
		{"070707", 6, "an old cpio format: use `cpio -o -H newc`"},
		{"\xc7\x71", 2, "an old cpio format: use `cpio -o -H newc`"},
		{"\xd0\x0d\xfe\xed", 4, "a bare device tree: it belongs into a cpio archive"},
	};

	for (unsigned i = 0; i < ARRAY_SIZE(formats); i++)
		if (size >= formats[i].len && !memcmp(data, formats[i].magic, formats[i].len))
			return formats[i].text;
	return NULL;
}

int bundle_open(struct bundle *b, const void *data, uint64_t size, char *err, size_t errlen)
{
	struct bundle all = {.data = data, .size = size};
	struct member m;
	uint64_t pos = 0;

	const char *wrong = other_format(data, size);
	while (!wrong) {
		wrong = read_member(&all, pos, &m);
		if (!wrong && !checksum_ok(&m))
			wrong = "a file's checksum is wrong";
		if (wrong)
			break;
		if (m.is_trailer) {
			*b = (struct bundle){.data = data, .size = m.next};
			return 0;
		}
		pos = m.next;
	}
	return err_text(err, errlen, NACRE_EBADF, "offset 0x%" PRIx64 ": %s", pos, wrong);
}

int bundle_next(const struct bundle *b, uint64_t *pos, struct bundle_file *out)
{
	struct member m;

	while (!read_member(b, *pos, &m) && !m.is_trailer) {
		*pos = m.next;
		if ((m.mode & MODE_TYPE) == MODE_REGULAR) {
			*out = m.file;
			return 0;
		}
	}
	return -NACRE_ENOENT;
}

int bundle_find(const struct bundle *b, const char *name, struct bundle_file *out)
{
	struct bundle_file file;
	uint64_t pos = 0;
	int rc = -NACRE_ENOENT;

	name = skip_dots(name);
	while (bundle_next(b, &pos, &file) == 0) {
		if (strcmp(file.name, name) == 0) {
			*out = file;
			rc = 0;
		}
	}
	return rc;
}
