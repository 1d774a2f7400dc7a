/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The printk ring buffer: a ring of descriptors, one of infos beside it, one of text.
 *
 * A descriptor's id counts for ever; its low bits are its place in both rings. Its state is in the
 * id's two highest bits. Positions in the text ring count for ever, too: begin and next of a block,
 * which starts with the id and is followed by the text. A block does not wrap: when it would, it is
 * at the ring's beginning as a whole. struct printk_info has grown with time (Linux 7 can note the
 * task), so its size is found from the sequence numbers, which follow one another.
 */
#include <string.h>

#include <core/errno.h>
#include <core/printk.h>

#define ID_MASK	       (~UINT64_C(0) >> 2)
#define STATE_SHIFT    62
#define STATE_DONE     2 /* finalized; 1: committed, may still grow */
#define INFO_SIZE_MIN  88U
#define INFO_SIZE_MAX  160U
#define COUNT_BITS_MAX 24
#define SIZE_BITS_MAX  30

/* struct printk_ringbuffer: struct prb_desc_ring, struct prb_data_ring */
struct ring_head {
	uint32_t count_bits, pad;
	uint64_t descs, infos, head_id, tail_id, last_finalized_seq;
	uint32_t size_bits, pad2;
	uint64_t data, head_lpos, tail_lpos;
};

struct desc {
	uint64_t state, begin, next;
};

struct info {
	uint64_t seq, ns;
	uint16_t text_len;
	uint8_t facility, flags_level;
	uint32_t caller;
};

static bool read_at(const struct printk_ring *p, uint64_t va, void *buf, size_t n)
{
	return p->read(p->ctx, va, buf, n);
}

static uint64_t place(const struct printk_ring *p, uint64_t id)
{
	return id & (BIT(p->count_bits) - 1);
}

static bool read_desc(const struct printk_ring *p, uint64_t id, struct desc *d)
{
	return read_at(p, p->descs + place(p, id) * sizeof(*d), d, sizeof(*d)) &&
	       (d->state & ID_MASK) == id && d->state >> STATE_SHIFT <= STATE_DONE;
}

static bool read_info(const struct printk_ring *p, uint64_t id, uint32_t size, struct info *i)
{
	return read_at(p, p->infos + place(p, id) * size, i, sizeof(*i));
}

/* The size that makes sequence numbers follow one another. 0: none does. */
static uint32_t find_info_size(const struct printk_ring *p)
{
	/* The last one may be in the making. */
	uint64_t left = printk_left(p) < 5 ? printk_left(p) - 1 : 4;

	if (!printk_left(p))
		return 0;

	for (uint32_t size = INFO_SIZE_MIN; size <= INFO_SIZE_MAX; size += 8) {
		struct info first, i;
		uint64_t n = 1;

		if (!read_info(p, p->id, size, &first))
			continue;
		while (n < left && read_info(p, (p->id + n) & ID_MASK, size, &i) &&
		       i.seq == first.seq + n)
			n++;
		if (n >= left)
			return size;
	}
	return 0;
}

int printk_open(struct printk_ring *p, bool (*read)(void *, uint64_t, void *, size_t), void *ctx,
		uint64_t va)
{
	struct ring_head h;
	struct desc d;

	*p = (struct printk_ring){.read = read, .ctx = ctx};
	if (!read_at(p, va, &h, sizeof(h)))
		return -NACRE_EFAULT;
	if (h.count_bits > COUNT_BITS_MAX || h.pad || h.size_bits < 10 ||
	    h.size_bits > SIZE_BITS_MAX || h.pad2)
		return -NACRE_EBADF;
	p->count_bits = (uint8_t)h.count_bits;
	p->size_bits = (uint8_t)h.size_bits;
	p->descs = h.descs;
	p->infos = h.infos;
	p->data = h.data;
	p->id = h.tail_id & ID_MASK;
	p->head = h.head_id & ID_MASK;
	if (printk_left(p) - 1 >= BIT(p->count_bits))
		return -NACRE_EBADF;
	if (!read_desc(p, p->id, &d)) /* before the first time round, one that never was */
		printk_skip(p, 1);
	p->info_size = find_info_size(p);
	return p->info_size || !printk_left(p) ? 0 : -NACRE_EBADF;
}

uint64_t printk_left(const struct printk_ring *p)
{
	return (p->head + 1 - p->id) & ID_MASK;
}

void printk_skip(struct printk_ring *p, uint64_t n)
{
	uint64_t left = printk_left(p);

	p->id = (p->id + (n < left ? n : left)) & ID_MASK;
}

/* Where the text is. false: there is none. */
static bool find_text(const struct printk_ring *p, const struct desc *d, uint64_t *at,
		      uint64_t *room)
{
	uint64_t mask = BIT(p->size_bits) - 1, size = d->next - d->begin;

	if ((d->begin | d->next) & 1) /* FAILED_LPOS, NO_LPOS */
		return false;
	*at = d->begin & mask;
	if ((d->begin ^ (d->next - 1)) & ~mask) { /* wrapped: all of it at the beginning */
		*at = 0;
		size = d->next & mask;
	}
	if (size <= sizeof(uint64_t) || size > mask || *at + size > mask + 1)
		return false;
	*at += p->data + sizeof(uint64_t);
	*room = size - sizeof(uint64_t);
	return true;
}

static void clean(char *s, size_t n)
{
	for (; n--; s++)
		if ((uint8_t)(*s - ' ') >= 0x7f - ' ' && *s != '\n' && *s != '\t')
			*s = '?';
}

static bool read_record(const struct printk_ring *p, uint64_t id, struct printk_record *r)
{
	struct desc d;
	struct info i;
	uint64_t at, room;

	if (!read_desc(p, id, &d) || d.state >> STATE_SHIFT == 0 ||
	    !read_info(p, id, p->info_size, &i))
		return false;
	r->seq = i.seq;
	r->ns = i.ns;
	r->level = i.flags_level >> 5;
	r->len = 0;
	if (!find_text(p, &d, &at, &room))
		return i.text_len == 0;
	r->len = i.text_len < room ? i.text_len : (uint16_t)room;
	r->len = r->len < PRINTK_TEXT_MAX ? r->len : PRINTK_TEXT_MAX;
	if (!read_at(p, at, r->text, r->len))
		return false;
	clean(r->text, r->len);
	return true;
}

bool printk_next(struct printk_ring *p, struct printk_record *r)
{
	while (printk_left(p)) {
		uint64_t id = p->id;

		p->id = (id + 1) & ID_MASK;
		if (read_record(p, id, r))
			return true;
	}
	return false;
}
