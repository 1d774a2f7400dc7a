/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reader of the bundle: the cpio archive with the configuration tree and the guests' files.
 *
 * Format: "new ASCII" cpio, magic 070701, or 070702 whose checksums are verified. bundle_open()
 * walks the whole archive once; after that no member can lie outside it. Nothing is copied: names
 * and data point into the archive, which must stay in place and unchanged.
 */
#ifndef NACRE_CORE_BUNDLE_H
#define NACRE_CORE_BUNDLE_H

#include <stddef.h>
#include <stdint.h>

struct bundle {
	const uint8_t *data;
	uint64_t size; /* bytes, up to the end of the trailer; what follows is not looked at */
};

struct bundle_file {
	const char *name; /* NUL-terminated, without leading "./" */
	const uint8_t *data;
	uint64_t size; /* bytes */
};

/*
 * Check the archive at [data, data + size) from its first member to its trailer. No alignment is
 * asked for. 0, or -NACRE_EBADF and a text that says what is wrong at which offset (the caller puts
 * "bundle" before it).
 */
int bundle_open(struct bundle *b, const void *data, uint64_t size, char *err, size_t errlen);

/*
 * The next regular file; directories, links and devices are passed over. *pos is 0 for the first
 * one and belongs to this function from then on. 0, or -NACRE_ENOENT after the last.
 */
int bundle_next(const struct bundle *b, uint64_t *pos, struct bundle_file *out);

/*
 * The regular file of that name; leading "./" does not count on either side. Of several with one
 * name the last is taken, as unpacking would leave it. 0 or -NACRE_ENOENT.
 */
int bundle_find(const struct bundle *b, const char *name, struct bundle_file *out);

#endif
