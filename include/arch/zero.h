/* SPDX-License-Identifier: BSD-2-Clause */
/* cbo.zero (Zicboz) and cbo.flush (Zicbom). */
#ifndef NACRE_ARCH_ZERO_H
#define NACRE_ARCH_ZERO_H

#include <stdbool.h>
#include <stdint.h>

/* Does cbo.zero work here and now? Zeroes the block at p if so. */
bool zero_probe(void *p);
/* Both p and size are multiples of block bytes, size > 0. */
void zero_blocks(void *p, uint64_t size, uint64_t block);
/* Does cbo.flush work here and now? */
bool flush_probe(void *p);
/* What the caches have of [p, p + size) is in memory then, and in no cache. As zero_blocks(). */
void flush_blocks(void *p, uint64_t size, uint64_t block);

#endif
