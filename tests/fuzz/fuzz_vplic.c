/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vplic under any sequence of guest accesses and wire changes: each eight input bytes are one
 * action. Checked after each: the invariants that guest/vplic.c promises, recomputed from scratch.
 */
#include <stdlib.h>
#include <string.h>

#include <guest/vplic.h>

#define NCTX 3

struct action {
	uint8_t op;
	uint8_t source;
	uint16_t low;
	uint32_t value;
};

static bool line[NCTX];

static void check(bool ok)
{
	if (!ok)
		abort();
}

static void on_line(void *opsctx, unsigned context, bool level)
{
	(void)opsctx;
	check(context < NCTX && line[context] != level);
	line[context] = level;
}

/* Where a guest would aim: registers of each kind, seldom anywhere else. */
static uint32_t offset_of(const struct action *a)
{
	unsigned c = a->low % (NCTX + 1);

	switch (a->op >> 4 & 7) {
	case 0:
		return PLIC_PRIORITY + 4 * a->source;
	case 1:
		return PLIC_PENDING + a->source % 40;
	case 2:
	case 3:
		return PLIC_ENABLE + c * PLIC_ENABLE_STRIDE + a->source % 32;
	case 4:
		return PLIC_CONTEXT + c * PLIC_CONTEXT_STRIDE + PLIC_THRESHOLD;
	case 5:
	case 6:
		return PLIC_CONTEXT + c * PLIC_CONTEXT_STRIDE + PLIC_CLAIM;
	default:
		return (uint32_t)a->low << 16 | a->source << 2;
	}
}

static void check_source(const struct vplic *p, unsigned n)
{
	uint32_t bit = UINT32_C(1) << n % 32;
	bool pending = p->pending[n / 32] & bit, claimed = p->claimed[n / 32] & bit;

	check(!(pending && claimed));
	check(!(p->level[n / 32] & bit) || pending || claimed);
	check(n > 0 || !(pending || claimed));
}

static void check_all(const struct vplic *p)
{
	bool want[NCTX] = {0};

	for (unsigned n = 0; n <= VPLIC_SOURCES; n++) {
		check_source(p, n);
		for (unsigned c = 0; c < NCTX; c++)
			want[c] |= (p->pending[n / 32] & p->context[c].enable[n / 32]) >> n % 32 &
				   (p->priority[n] > p->context[c].threshold);
	}
	check(memcmp(want, line, sizeof(line)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct vplic_ops ops = {on_line};
	struct vplic_context ctx[NCTX];
	struct vplic p;
	struct action a;

	memset(line, 0, sizeof(line));
	vplic_init(&p, ctx, NCTX, &ops, NULL);
	for (size_t n = 0; n + sizeof(a) <= size && n < 4096; n += sizeof(a)) {
		memcpy(&a, data + n, sizeof(a));
		if (a.op & 1)
			vplic_set_level(&p, a.source, a.value & 1);
		else if (a.op & 2)
			vplic_read(&p, offset_of(&a));
		else
			vplic_write(&p, offset_of(&a), a.value);
		check_all(&p);
	}
	return 0;
}
