/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A virtual PLIC (RISC-V PLIC specification 1.0.0).
 *
 * Always holds after a public call: a source is never pending and claimed at once; a source whose
 * wire is high is one of the two; bit 0 of every bitmap is clear; each context's line is high
 * exactly if it has a pending, enabled source with a priority above its threshold.
 */
#include <assert.h>
#include <string.h>

#include <guest/vplic.h>

_Static_assert((VPLIC_SOURCES + 1) % 32 == 0, "no word of a bitmap has bits without a source");
_Static_assert(VPLIC_SOURCES <= PLIC_MAX_SOURCE, "the register map ends there");

static bool test(const uint32_t *map, unsigned source)
{
	return map[source / 32] >> (source % 32) & 1;
}

static void set(uint32_t *map, unsigned source)
{
	map[source / 32] |= UINT32_C(1) << (source % 32);
}

static void clear(uint32_t *map, unsigned source)
{
	map[source / 32] &= ~(UINT32_C(1) << (source % 32));
}

/*
 * The pending, enabled source with the highest priority above floor; among equals the lowest.
 * 0 when there is none.
 */
static unsigned best(const struct vplic *p, const struct vplic_context *c, unsigned floor)
{
	unsigned found = 0;

	for (unsigned w = 0; w < VPLIC_WORDS; w++) {
		for (uint32_t bits = p->pending[w] & c->enable[w]; bits; bits &= bits - 1) {
			unsigned source = w * 32 + (unsigned)__builtin_ctz(bits);

			if (p->priority[source] > floor) {
				found = source;
				floor = p->priority[source];
			}
		}
	}
	return found;
}

static void set_line(struct vplic *p, struct vplic_context *c, bool level)
{
	if (c->line == level)
		return;
	c->line = level;
	p->ops->line(p->opsctx, (unsigned)(c - p->context), level);
}

static void update_context(struct vplic *p, struct vplic_context *c)
{
	set_line(p, c, best(p, c, c->threshold) != 0);
}

/* The gateway forwards a request: lines can only rise, and only where the source is enabled. */
static void forward(struct vplic *p, unsigned source)
{
	set(p->pending, source);
	for (unsigned n = 0; n < p->ncontexts; n++) {
		struct vplic_context *c = &p->context[n];

		if (test(c->enable, source) && p->priority[source] > c->threshold)
			set_line(p, c, true);
	}
}

/* Pending was cleared, or the priority changed: look again where the source is enabled. */
static void update_source(struct vplic *p, unsigned source)
{
	for (unsigned n = 0; n < p->ncontexts; n++) {
		if (test(p->context[n].enable, source))
			update_context(p, &p->context[n]);
	}
}

static uint32_t claim(struct vplic *p, struct vplic_context *c)
{
	unsigned source = best(p, c, 0);

	if (source == 0)
		return 0;
	clear(p->pending, source);
	set(p->claimed, source);
	update_source(p, source);
	return source;
}

/* The gateway may ask again; it does so at once if the wire is (still, or again) high. */
static void complete(struct vplic *p, const struct vplic_context *c, uint32_t source)
{
	if (source > VPLIC_SOURCES || !test(c->enable, source) || !test(p->claimed, source))
		return;
	clear(p->claimed, source);
	if (test(p->level, source))
		forward(p, source);
}

static void write_priority(struct vplic *p, unsigned source, uint32_t value)
{
	if (source == 0 || source > VPLIC_SOURCES)
		return;
	p->priority[source] = value & VPLIC_MAX_PRIORITY;
	if (test(p->pending, source))
		update_source(p, source);
}

static void write_enable(struct vplic *p, struct vplic_context *c, unsigned word, uint32_t value)
{
	if (word >= VPLIC_WORDS)
		return;
	if (word == 0)
		value &= ~UINT32_C(1);
	c->enable[word] = value;
	update_context(p, c);
}

static void write_context(struct vplic *p, struct vplic_context *c, uint32_t reg, uint32_t value)
{
	if (reg == PLIC_THRESHOLD) {
		c->threshold = value & VPLIC_MAX_PRIORITY;
		update_context(p, c);
	} else if (reg == PLIC_CLAIM) {
		complete(p, c, value);
	}
}

/* The context to which an offset at or above first belongs, each having stride bytes. */
static struct vplic_context *context_at(struct vplic *p, uint32_t offset, uint32_t first,
					uint32_t stride)
{
	uint32_t n = (offset - first) / stride;

	return n < p->ncontexts ? &p->context[n] : NULL;
}

void vplic_init(struct vplic *p, struct vplic_context *ctx, unsigned nctx,
		const struct vplic_ops *ops, void *opsctx)
{
	assert(nctx <= PLIC_MAX_CONTEXTS);
	memset(p, 0, sizeof(*p));
	memset(ctx, 0, nctx * sizeof(*ctx));
	p->ops = ops;
	p->opsctx = opsctx;
	p->context = ctx;
	p->ncontexts = nctx;
}

bool vplic_access_ok(uint64_t offset, unsigned size)
{
	return size == 4 && offset % 4 == 0 && offset < PLIC_SIZE;
}

uint32_t vplic_read(struct vplic *p, uint32_t offset)
{
	struct vplic_context *c;
	uint32_t reg;

	if (offset >= PLIC_CONTEXT) {
		c = context_at(p, offset, PLIC_CONTEXT, PLIC_CONTEXT_STRIDE);
		reg = offset % PLIC_CONTEXT_STRIDE;
		if (c && reg == PLIC_CLAIM)
			return claim(p, c);
		return c && reg == PLIC_THRESHOLD ? c->threshold : 0;
	}
	if (offset >= PLIC_ENABLE) {
		c = context_at(p, offset, PLIC_ENABLE, PLIC_ENABLE_STRIDE);
		reg = offset % PLIC_ENABLE_STRIDE / 4;
		return c && reg < VPLIC_WORDS ? c->enable[reg] : 0;
	}
	if (offset >= PLIC_PENDING) {
		reg = (offset - PLIC_PENDING) / 4;
		return reg < VPLIC_WORDS ? p->pending[reg] : 0;
	}
	reg = (offset - PLIC_PRIORITY) / 4;
	return reg <= VPLIC_SOURCES ? p->priority[reg] : 0;
}

void vplic_write(struct vplic *p, uint32_t offset, uint32_t value)
{
	struct vplic_context *c;

	if (offset >= PLIC_CONTEXT) {
		c = context_at(p, offset, PLIC_CONTEXT, PLIC_CONTEXT_STRIDE);
		if (c)
			write_context(p, c, offset % PLIC_CONTEXT_STRIDE, value);
	} else if (offset >= PLIC_ENABLE) {
		c = context_at(p, offset, PLIC_ENABLE, PLIC_ENABLE_STRIDE);
		if (c)
			write_enable(p, c, offset % PLIC_ENABLE_STRIDE / 4, value);
	} else if (offset < PLIC_PENDING) { /* the pending bits are read-only */
		write_priority(p, (offset - PLIC_PRIORITY) / 4, value);
	}
}

void vplic_set_level(struct vplic *p, unsigned source, bool level)
{
	if (source == 0 || source > VPLIC_SOURCES)
		return;
	if (!level) {
		/* A request that was forwarded is not taken back: pending stays. */
		clear(p->level, source);
		return;
	}
	set(p->level, source);
	if (!test(p->pending, source) && !test(p->claimed, source))
		forward(p, source);
}
