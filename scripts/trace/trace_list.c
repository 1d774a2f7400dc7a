/* SPDX-License-Identifier: BSD-2-Clause */
/* A trace as a list, a record a line, and the words for it: trace.h. */
#include <ctype.h>
#include <string.h>

#include "trace.h"

const char *trace_guest(const struct trace_set *t, unsigned vm, char text[TRACE_NAME])
{
	if (vm >= 1 && vm <= TRACE_GUESTS && t->info.guest[vm - 1][0])
		return t->info.guest[vm - 1];
	snprintf(text, TRACE_NAME, "guest %u", vm);
	return text;
}

const char *trace_cause(unsigned cause, char text[TRACE_NAME])
{
	const char *name = trace_cause_name(cause);

	if (name)
		return name;
	snprintf(text, TRACE_NAME, "cause %u", cause);
	return text;
}

/* Extension ids are letters, as a rule: 0x54494d45 is "TIME". */
static void name_extension(uint32_t eid, char text[TRACE_NAME])
{
	size_t n = 0;

	for (int shift = 24; shift >= 0; shift -= 8) {
		int c = (int)(eid >> shift & 0xff);

		if (isalnum(c))
			text[n++] = (char)c;
		else if (c || n)
			break;
	}
	text[n] = '\0';
	if (n < 3)
		snprintf(text, TRACE_NAME, "%#x", eid);
}

static const char *fence_name(unsigned type)
{
	static const char *const name[] = {"gvma", "gvma-all", "gvma-vmid", "gvma-vmid-all",
					   "vvma", "vvma-all", "vvma-asid", "vvma-asid-all"};

	return name[type % 8];
}

void trace_describe(const struct trace_record *r, char *text, size_t size)
{
	unsigned long long a = r->a, b = r->b;
	char name[TRACE_NAME];

	switch (r->kind) {
	case TRACE_ENTRY:
		snprintf(text, size, "entry pc %#llx", a);
		break;
	case TRACE_EXIT:
		snprintf(text, size, "exit %s pc %#llx", trace_cause(r->code, name), a);
		break;
	case TRACE_SBI:
		name_extension((uint32_t)(a >> 32), name);
		snprintf(text, size, "sbi %s %u a0 %#llx", name, (unsigned)a, b);
		break;
	case TRACE_IRQ:
		snprintf(text, size, "irq hvip +%#llx", a);
		break;
	case TRACE_FENCE:
		snprintf(text, size, "fence %s address %#llx pages %u asid %u vmid %u",
			 fence_name(r->code), a, (unsigned)b, (unsigned)(b >> 32 & 0xffff),
			 (unsigned)(b >> 48));
		break;
	case TRACE_SCHED:
		snprintf(text, size, r->code ? "sched in hgatp %#llx" : "sched out pc %#llx", a);
		break;
	case TRACE_FAULT:
		snprintf(text, size, "fault %s guest physical %#llx virtual %#llx",
			 trace_cause(r->code, name), a, b);
		break;
	default:
		snprintf(text, size, "inject %s pc %#llx stval %#llx", trace_cause(r->code, name),
			 a, b);
		break;
	}
}

void trace_write_list(const struct trace_set *t, FILE *out)
{
	for (size_t i = 0; i < t->n; i++) {
		const struct trace_record *r = &t->record[i];
		char name[TRACE_NAME], text[160];

		trace_describe(r, text, sizeof(text));
		fprintf(out, "%llu hart %llu %s.%u %s", (unsigned long long)r->time,
			(unsigned long long)t->ring[r->hart % TRACE_RINGS].hart,
			trace_guest(t, r->vm, name), r->vcpu, text);
		if (r->kind == TRACE_EXIT || r->kind == TRACE_ENTRY)
			fprintf(out, " cost %llu", (unsigned long long)r->b);
		fputc('\n', out);
	}
}
