/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A ring of bytes on memory that the caller owns. No lock: whoever shares a ring serialises.
 *
 * head and tail run freely and wrap at 2^32; head - tail is the number of bytes in the ring.
 */
#ifndef NACRE_CORE_RING_H
#define NACRE_CORE_RING_H

#include <assert.h>

#include <core/types.h>

struct ring {
	uint8_t *buf;
	uint32_t size;	  /* a power of 2, at most 2^31 */
	uint32_t head;	  /* where the next byte is put */
	uint32_t tail;	  /* where the next byte is got */
	uint64_t dropped; /* bytes that ring_put_overwrite() has pushed out */
};

static inline void ring_init(struct ring *r, uint8_t *buf, uint32_t size)
{
	assert(size > 0 && (size & (size - 1)) == 0);
	*r = (struct ring){.buf = buf, .size = size};
}

static inline uint32_t ring_count(const struct ring *r)
{
	return r->head - r->tail;
}

static inline uint32_t ring_space(const struct ring *r)
{
	return r->size - ring_count(r);
}

/* false: full, and the byte is not in the ring. */
static inline bool ring_put(struct ring *r, uint8_t byte)
{
	if (ring_space(r) == 0)
		return false;
	r->buf[r->head++ & (r->size - 1)] = byte;
	return true;
}

/* false: empty, and *byte is as it was. */
static inline bool ring_peek(const struct ring *r, uint8_t *byte)
{
	if (ring_count(r) == 0)
		return false;
	*byte = r->buf[r->tail & (r->size - 1)];
	return true;
}

/* false: empty, and *byte is as it was. */
static inline bool ring_get(struct ring *r, uint8_t *byte)
{
	if (!ring_peek(r, byte))
		return false;
	r->tail++;
	return true;
}

/* Put the byte in any case. true: the oldest one had to go, and was counted in dropped. */
static inline bool ring_put_overwrite(struct ring *r, uint8_t byte)
{
	bool full = ring_space(r) == 0;

	if (full) {
		r->tail++;
		r->dropped++;
	}
	r->buf[r->head++ & (r->size - 1)] = byte;
	return full;
}

#endif
