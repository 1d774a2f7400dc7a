/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The names of a Linux kernel's symbols, read from its own memory without its help: the tables that
 * CONFIG_KALLSYMS leaves in .rodata, in the order of Linux 6.5 and later, found by their form.
 *
 * The memory is a guest's, who may have written anything there and may go on doing so: every number
 * is checked when it is used, every loop is bounded. Positions are offsets from the image's first
 * byte, which is where the Image header is.
 */
#ifndef NACRE_CORE_KALLSYMS_H
#define NACRE_CORE_KALLSYMS_H

#include <core/types.h>

#define KALLSYMS_NAME_MAX 128 /* bytes with the NUL; longer names are cut */
#define KALLSYMS_MAX	  (1U << 20)
#define KIMAGE_WINDOW	  1024

/* A kernel in memory, read through a window. */
struct kimage {
	/* n bytes at offset; false: not all of them can be read. */
	bool (*read)(void *ctx, uint64_t offset, void *buf, size_t n);
	void *ctx;
	uint64_t size;
	uint64_t at; /* the window's offset; UINT64_MAX: it holds nothing */
	uint8_t window[KIMAGE_WINDOW];
};

struct kallsyms {
	struct kimage *image;
	uint32_t count;
	uint32_t names, markers, tokens, index, offsets, seqs; /* where the tables are */
	bool in_place; /* offsets[] count from their own places (Linux 7), else from the image's
			  beginning */
	uint64_t base; /* virtual address of the image, 0 where the tables do not tell (Linux 7) */
};

void kimage_init(struct kimage *m, bool (*read)(void *, uint64_t, void *, size_t), void *ctx,
		 uint64_t size);
/* n bytes, little-endian, n <= 8. false: outside, or not readable. */
bool kimage_get(struct kimage *m, uint64_t offset, unsigned n, uint64_t *out);

/* 0, or -NACRE_ENOENT: nothing that looks like it in the image. */
int kallsyms_find(struct kallsyms *k, struct kimage *m);
/* Symbol i's offset in the image, which may lie outside; UINT64_MAX: unreadable. */
uint64_t kallsyms_offset(const struct kallsyms *k, uint32_t i);
/* Its name. Empty if the table is broken. */
void kallsyms_name(const struct kallsyms *k, uint32_t i, char name[KALLSYMS_NAME_MAX]);
/* The symbol that an offset belongs to: the last one that begins there or before. false: none. */
bool kallsyms_at(const struct kallsyms *k, uint64_t offset, uint32_t *i);
/* The offset of a name; -NACRE_ENOENT. */
int kallsyms_lookup(const struct kallsyms *k, const char *name, uint64_t *offset);

#endif
