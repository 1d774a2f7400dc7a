/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The log of a Linux kernel (6.8 and later), read from its memory without its help: the printk
 * ring buffer as kernel/printk/printk_ringbuffer.h of Linux lays it out for 64-bit kernels.
 *
 * The memory is a guest's, who may have written anything there and may go on doing so: every number
 * is checked when it is used, a record that changes meanwhile comes out garbled or not at all.
 */
#ifndef NACRE_CORE_PRINTK_H
#define NACRE_CORE_PRINTK_H

#include <core/types.h>

#define PRINTK_TEXT_MAX 1024 /* bytes of a record's text; what is longer is cut */

struct printk_ring {
	/* n bytes at a virtual address of the kernel. false: not all of them can be read. */
	bool (*read)(void *ctx, uint64_t va, void *buf, size_t n);
	void *ctx;
	uint64_t descs, infos, data; /* virtual addresses */
	uint64_t id, head;	     /* the next descriptor, and the last */
	uint32_t info_size;
	uint8_t count_bits, size_bits; /* log2 of descriptors, and of bytes of text */
};

struct printk_record {
	uint64_t seq;
	uint64_t ns;   /* since the kernel's start */
	uint8_t level; /* 0 emergency .. 7 debug */
	uint16_t len;
	char text[PRINTK_TEXT_MAX]; /* printable characters, blanks and line feeds; no NUL */
};

/* The ring at this address. 0; -NACRE_EFAULT: not readable; -NACRE_EBADF: that is no such ring. */
int printk_open(struct printk_ring *p, bool (*read)(void *, uint64_t, void *, size_t), void *ctx,
		uint64_t va);
/* Records that there may be, from here to the end. */
uint64_t printk_left(const struct printk_ring *p);
/* Leaves so many out. */
void printk_skip(struct printk_ring *p, uint64_t n);
/* The next record that is whole; false: there are no more. */
bool printk_next(struct printk_ring *p, struct printk_record *r);

#endif
