/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tracing: what happens to guests, as records of a fixed size in a ring per hart
 * (core/trace_format.h), beside counters that lose nothing. Off it costs no instruction: entries
 * and exits are seen by patched instructions (arch/patch.h), the rest by exchanged operations of
 * the back end (struct hext_ops). On it slows guests, but changes nothing for them.
 *
 * Only a ring's own hart writes it. All functions but trace_hart_init(): the boot hart, no lock
 * held.
 */
#ifndef NACRE_CORE_TRACE_H
#define NACRE_CORE_TRACE_H

#include <core/trace_format.h>

struct hext_ops;
struct vcpu;
struct vm;

/* What a vcpu's exits cost while traced, by cause; the last member of struct vcpu. */
struct vcpu_trace {
	uint64_t instructions[TRACE_CAUSES];
	uint64_t exits[TRACE_CAUSES]; /* while tracing is on: those before; then those of that time
				       */
};

#define TRACE_ALL_KINDS ((uint32_t)BIT(TRACE_KINDS) - 2)

/* Each hart about itself, at its bring-up: can it be traced? */
void trace_hart_init(void);
/* Where to exchange an operation of the back end: what is done by it is traced as before. */
struct hext_ops *trace_beneath(void);
/* At boot, before the guests start: what the boot arguments "trace" and "trace-size" say. */
void trace_boot(void);
/* A guest that is about to run for the first time: its name, and the filter. */
void trace_new_guest(const struct vm *vm);
/*
 * On: empty rings, made the first time. 0; -NACRE_EBUSY: it is so already; -NACRE_ENOMEM: no memory
 * for rings or page table; -NACRE_ENOTSUP: a hart does not let Nacre read instret; -NACRE_EPERM:
 * nobody may look into guests.
 */
int trace_on(void);
int trace_off(void);
bool trace_is_on(void);
/* Kinds (bits) to be recorded of this guest, and of others nothing; NULL: of all. Counters count
 * what is not recorded, too. */
void trace_filter(const struct vm *vm, uint32_t kinds);
/* Exits of that cause while traced. */
uint64_t trace_exits(const struct vcpu *v, unsigned cause);
/* "exit,sbi", "all"; 0: a word is no kind. */
uint32_t trace_kinds(const char *list);

/* NULL: no rings yet. A ring that is being written to is copied as it is at a moment. */
const struct trace_info *trace_info(void);
bool trace_ring(unsigned n, struct trace_ring_info *out);
/* Record n of a ring; false: overwritten meanwhile, or not yet there. */
bool trace_read(unsigned ring, uint64_t n, struct trace_record *out);

#endif
