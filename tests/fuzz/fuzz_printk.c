/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * printk in any memory: whatever stands there, a record's text is within bounds and clean, and the
 * number of reads is bounded by that of descriptors. The first bytes say where the ring's head is.
 */
#include <stdlib.h>
#include <string.h>

#include <core/printk.h>

#define VA	  UINT64_C(0xffffffff81000000)
#define READS_MAX 400000

static void check(bool ok)
{
	if (!ok)
		abort();
}

struct memory {
	const uint8_t *bytes;
	size_t size;
	uint64_t reads;
};

static bool read_mem(void *ctx, uint64_t va, void *buf, size_t n)
{
	struct memory *m = ctx;

	check(n <= PRINTK_TEXT_MAX && ++m->reads < READS_MAX);
	if (va < VA || va - VA > m->size || n > m->size - (va - VA))
		return false;
	memcpy(buf, m->bytes + (va - VA), n);
	return true;
}

static void check_record(const struct printk_record *r)
{
	check(r->level < 8 && r->len <= PRINTK_TEXT_MAX);
	for (unsigned i = 0; i < r->len; i++) {
		uint8_t c = (uint8_t)r->text[i];

		check((c >= ' ' && c < 0x7f) || c == '\n' || c == '\t');
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct memory m = {.bytes = data + 4, .size = size - 4};
	static struct printk_record r;
	struct printk_ring ring;
	uint64_t left, skip;

	if (size < 4 || printk_open(&ring, read_mem, &m, VA + (data[0] | data[1] << 8)))
		return 0;
	left = printk_left(&ring);
	check(left <= UINT64_C(1) << ring.count_bits);
	/* Never more than can be walked through at once. */
	skip = left > 65536 ? left - 65536 : data[2];
	printk_skip(&ring, skip);
	check(printk_left(&ring) == (skip < left ? left - skip : 0));
	for (left = printk_left(&ring); printk_next(&ring, &r); left--) {
		check(left > 0);
		check_record(&r);
	}
	check(printk_left(&ring) == 0 && !printk_next(&ring, &r));
	return 0;
}
