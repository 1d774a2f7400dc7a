/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A virtual PLIC (RISC-V PLIC specification 1.0.0): level-triggered sources 1..VPLIC_SOURCES, one
 * context for each vcpu's S-mode, priorities and thresholds 0..7.
 *
 * What the specification leaves open or others do differently: a claim does not look at the
 * threshold (as the text says); a source of priority 0 is never claimed; a completion counts from
 * any context where the source is enabled, and only while the source's gateway waits for one.
 *
 * The caller serialises all calls on one vplic. ops->line() must not call back into it.
 */
#ifndef NACRE_GUEST_VPLIC_H
#define NACRE_GUEST_VPLIC_H

#include <core/types.h>
#include <spec/plic.h>

#define VPLIC_SOURCES	   127
#define VPLIC_WORDS	   ((VPLIC_SOURCES + 1) / 32)
#define VPLIC_MAX_PRIORITY 7

struct vplic_ops {
	/* The external interrupt line of a context; called only when the level changes. */
	void (*line)(void *ctx, unsigned context, bool level);
};

struct vplic_context {
	uint32_t enable[VPLIC_WORDS];
	uint8_t threshold;
	bool line;
};

struct vplic {
	const struct vplic_ops *ops;
	void *opsctx;
	struct vplic_context *context;
	unsigned ncontexts;
	uint32_t level[VPLIC_WORDS];   /* the wires from the devices */
	uint32_t pending[VPLIC_WORDS]; /* the specification's IP bits */
	uint32_t claimed[VPLIC_WORDS]; /* the gateway waits for a completion */
	uint8_t priority[VPLIC_SOURCES + 1];
};

/*
 * Set *p to its reset state: every line low, nothing enabled. Calls no op: when p was in use, the
 * owner lowers its own end of the lines. ctx[0..nctx-1] is the contexts' storage and, like ops and
 * opsctx, must outlive p; nctx is at most PLIC_MAX_CONTEXTS.
 */
void vplic_init(struct vplic *p, struct vplic_context *ctx, unsigned nctx,
		const struct vplic_ops *ops, void *opsctx);

/* Only aligned 32-bit accesses inside the device exist; answer others with an access fault. */
bool vplic_access_ok(uint64_t offset, unsigned size);

/* The guest's accesses. Any offset is safe: where no register is, 0 is read and writes are lost. */
uint32_t vplic_read(struct vplic *p, uint32_t offset);
void vplic_write(struct vplic *p, uint32_t offset, uint32_t value);

/* A device's wire. source is 1..VPLIC_SOURCES; anything else is ignored. */
void vplic_set_level(struct vplic *p, unsigned source, bool level);

#endif
