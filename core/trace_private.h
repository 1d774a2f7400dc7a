/* SPDX-License-Identifier: BSD-2-Clause */
/* What trace.c (the boot hart's part) and trace_record.c (the harts' own) share. */
#ifndef TRACE_PRIVATE_H
#define TRACE_PRIVATE_H

#include <core/trace.h>

struct hext_ctx;

struct trace_ring {
	struct trace_ring_info info; /* first */
	uint64_t end;		     /* of the records, as info.base */
	struct trace_record *open;
	uint64_t *cost;
	uint64_t since; /* instret at the exit, or when the vcpu was loaded */
	struct hext_ctx *loaded;
	struct trace_record nowhere;
	uint64_t nothing;
};

/* No exit is open: at a vcpu's coming and going. The ring's hart, or the boot hart while nobody
 * writes. */
void trace_forget(struct trace_ring *r);
/* The operations of the back end become the traced ones, or themselves again. */
void trace_exchange_ops(bool on);

#endif
