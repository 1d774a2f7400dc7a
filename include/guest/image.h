/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest's kernel file: what it is, where it goes, where it starts.
 *
 * Either an Image with the RISC-V Linux boot header (Linux' "Boot image header in RISC-V Linux"),
 * or an ELF64 executable for RISC-V, loaded at its physical addresses. Both are entered with a0 =
 * the hart id and a1 = the device tree's address. image_parse() checks everything: its segments lie
 * inside the file on one side and inside RAM on the other.
 */
#ifndef NACRE_GUEST_IMAGE_H
#define NACRE_GUEST_IMAGE_H

#include <core/types.h>

#define IMAGE_MAX_SEGMENTS 16

enum image_kind { IMAGE_RAW, IMAGE_ELF };

struct image_segment {
	gpa_t gpa;
	uint64_t file_offset; /* bytes from the file's start */
	uint64_t file_size;   /* bytes to copy */
	uint64_t mem_size;    /* bytes it takes in RAM; those after file_size are zero */
};

struct image {
	enum image_kind kind;
	gpa_t entry;
	gpa_t end; /* the first byte after the last segment */
	unsigned nsegments;
	struct image_segment segment[IMAGE_MAX_SEGMENTS];
};

/*
 * Read the file at [data, data + size) for a guest with RAM at [ram_base, ram_base + ram_size),
 * which must not wrap. 0, or -NACRE_EBADF / -NACRE_ENOTSUP / -NACRE_ENOMEM (does not fit into RAM)
 * and a text without the file's name.
 */
int image_parse(const void *data, uint64_t size, gpa_t ram_base, uint64_t ram_size,
		struct image *out, char *err, size_t errlen);

#endif
