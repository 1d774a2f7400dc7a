/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The trace's records, the rings in memory as a dump of the machine's RAM finds them, and the lines
 * of text in which the monitor prints them. All little-endian. Pure: Nacre writes them,
 * scripts/trace/ reads them; a reader trusts nothing.
 *
 * A ring holds the last `size` bytes of records; of all that were written since tracing began, the
 * others were overwritten.
 */
#ifndef NACRE_CORE_TRACE_FORMAT_H
#define NACRE_CORE_TRACE_FORMAT_H

#include <assert.h>
#include <stddef.h>
#include <core/types.h>

#define TRACE_MAGIC   UINT64_C(0x43525445524e434e) /* "NCNRETRC" */
#define TRACE_VERSION 1
#define TRACE_RINGS   64
#define TRACE_GUESTS  64
#define TRACE_NAME    32

enum trace_kind {
	TRACE_ENTRY = 1, /* a: pc. b: instructions since the exit, or since the vcpu was loaded */
	TRACE_EXIT, /* code: cause. a: pc. b: instructions to the next entry or the end of the turn,
		       0: not over */
	TRACE_SBI,  /* a: extension << 32 | function, b: a0. Follows its exit. */
	TRACE_IRQ,  /* a: the bits of hvip that became 1 */
	TRACE_FENCE, /* code: NACL_HFENCE_*. a: address, b: pages (0: all) | asid << 32 | vmid << 48
		      */
	TRACE_SCHED, /* code: 1 loaded on the hart, a: hgatp; 0 put away, a: pc */
	TRACE_FAULT, /* code: cause of a guest page fault. a: guest physical, b: guest virtual.
			Follows its exit. */
	TRACE_INJECT, /* code: cause of an exception for the guest. a: pc, b: stval */
	TRACE_KINDS
};

/* Causes of exits: exceptions 0..31, host interrupts from here on. As EXIT_IRQ of arch/hext.h. */
#define TRACE_CAUSE_IRQ 32
#define TRACE_CAUSES	48

struct trace_record {
	uint64_t time; /* of the `time` CSR */
	union {
		struct {
			uint8_t kind, code;
		};
		uint16_t what;
	};
	uint16_t hart; /* the ring's number */
	union {
		struct {
			uint16_t vm; /* 1.. in the order of the monitor's "guests" */
			uint16_t vcpu;
		};
		uint32_t who;
	};
	uint64_t a, b;
};

static_assert(sizeof(struct trace_record) == 32, "a record");

struct trace_ring_info {
	uint64_t hart;	  /* its id */
	uint64_t records; /* physical address */
	uint64_t size;	  /* bytes, a power of 2 */
	uint64_t base;	  /* where the hart has them, */
	uint64_t next;	  /* where the next goes, */
	uint64_t laps; /* and twice how often the end was reached; odd while next goes back to base
			*/
	uint64_t events[TRACE_KINDS]; /* by kind, also those that a filter kept out; [0]: unused */
};

struct trace_info {
	uint64_t magic;
	uint32_t version;
	uint32_t nrings, nguests;
	uint32_t reserved;
	uint64_t self;			      /* physical address */
	uint64_t timebase;		      /* Hz of `time` */
	uint64_t ring[TRACE_RINGS];	      /* physical addresses of struct trace_ring_info */
	char guest[TRACE_GUESTS][TRACE_NAME]; /* guest n's name at n - 1 */
};

/* "exit"; NULL: none. */
const char *trace_kind_name(unsigned kind);
/* "SBI call", "host timer interrupt"; NULL: none. */
const char *trace_cause_name(unsigned cause);

/* ---- Reading a dump of RAM ---- */

struct trace_ring_view {
	struct trace_ring_info info;
	const uint8_t *records;
};

struct trace_view {
	struct trace_info info; /* names end within their field */
	struct trace_ring_view ring[TRACE_RINGS];
};

/*
 * mem is physical memory from base on. Where its trace_info is: the first page that begins as one of this address; not those
 * of hypervisors that are guests, which know other addresses. 0: none.
 */
uint64_t trace_find(const void *mem, uint64_t size, uint64_t base);
/* The trace_info is at physical address at. 0 or -NACRE_EBADF. */
int trace_view_open(struct trace_view *t, const void *mem, uint64_t size, uint64_t base,
		    uint64_t at);
/* Bytes of records since tracing began; and the records of them that are there: first..last-1. */
uint64_t trace_ring_written(const struct trace_ring_info *r);
uint64_t trace_ring_first(const struct trace_ring_info *r);
uint64_t trace_ring_last(const struct trace_ring_info *r);
/* false: there is none of this number. The record may be damaged: trace_record_ok(). */
bool trace_view_record(const struct trace_view *t, unsigned ring, uint64_t n,
		       struct trace_record *out);
bool trace_record_ok(const struct trace_record *r);

/* ---- Text: "trace: ... *CRC", a line each, no line end ---- */

#define TRACE_LINE_RECORDS 5
#define TRACE_LINE_MAX	   300 /* with the NUL */

enum trace_line_type {
	TRACE_LINE_NONE,    /* no line of a trace */
	TRACE_LINE_DAMAGED, /* one, but not what was written */
	TRACE_LINE_INFO,    /* info: all but ring[] and guest[] */
	TRACE_LINE_GUEST,   /* n, name */
	TRACE_LINE_RING,    /* n, ring */
	TRACE_LINE_DATA,    /* n: ring, first: number of the first, record[0..count-1] */
	TRACE_LINE_END,
};

struct trace_line {
	unsigned n;
	struct trace_info info;
	char name[TRACE_NAME];
	struct trace_ring_info ring;
	uint64_t first;
	unsigned count;
	struct trace_record record[TRACE_LINE_RECORDS];
};

/* Writes a line of that type; its length. */
size_t trace_line_write(char out[TRACE_LINE_MAX], enum trace_line_type type,
			const struct trace_line *line);
enum trace_line_type trace_line_read(const char *text, size_t len, struct trace_line *line);

#endif
