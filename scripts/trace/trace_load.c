/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads a trace: trace.h. What does not look like a record is counted and left out. */
#include <stdlib.h>
#include <string.h>

#include <core/errno.h>
#include "trace.h"

struct pile {
	struct trace_record *record;
	size_t n, room;
	uint64_t next; /* the number of the record after the last */
};

static int add(struct trace_set *t, struct pile *p, const struct trace_record *r)
{
	if (!trace_record_ok(r)) {
		t->damaged++;
		return 0;
	}
	if (p->n == p->room) {
		size_t room = p->room ? 2 * p->room : 1024;
		struct trace_record *more = realloc(p->record, room * sizeof(*more));

		if (!more)
			return -NACRE_ENOMEM;
		p->record = more;
		p->room = room;
	}
	p->record[p->n++] = *r;
	return 0;
}

/* All piles become one, by time. */
static int merge(struct trace_set *t, const struct pile *pile)
{
	size_t at[TRACE_RINGS] = {0}, n = 0;

	for (unsigned i = 0; i < TRACE_RINGS; i++)
		n += pile[i].n;
	t->record = malloc((n + 1) * sizeof(*t->record));
	if (!t->record)
		return -NACRE_ENOMEM;
	while (t->n < n) {
		unsigned best = TRACE_RINGS;

		for (unsigned i = 0; i < t->info.nrings; i++)
			if (at[i] < pile[i].n &&
			    (best == TRACE_RINGS ||
			     pile[i].record[at[i]].time < pile[best].record[at[best]].time))
				best = i;
		if (best == TRACE_RINGS)
			break; /* of rings that were not announced */
		t->record[t->n++] = pile[best].record[at[best]++];
	}
	return 0;
}

static int finish(struct trace_set *t, struct pile *pile, int rc)
{
	rc = rc ? rc : merge(t, pile);
	for (unsigned i = 0; i < TRACE_RINGS; i++)
		free(pile[i].record);
	return rc;
}

static int take_line(struct trace_set *t, struct pile *pile, enum trace_line_type type,
		     const struct trace_line *l)
{
	struct pile *p = &pile[l->n % TRACE_RINGS];
	int rc = 0;

	switch (type) {
	case TRACE_LINE_INFO:
		t->info.timebase = l->info.timebase;
		t->info.nrings = l->info.nrings;
		t->info.nguests = l->info.nguests;
		break;
	case TRACE_LINE_GUEST:
		memcpy(t->info.guest[l->n - 1], l->name, TRACE_NAME);
		break;
	case TRACE_LINE_RING:
		t->ring[l->n] = l->ring;
		p->next = trace_ring_first(&l->ring);
		break;
	case TRACE_LINE_DATA:
		if (l->first > p->next)
			t->missed += l->first - p->next;
		p->next = l->first + l->count;
		for (unsigned i = 0; i < l->count && !rc; i++)
			rc = add(t, p, &l->record[i]);
		break;
	case TRACE_LINE_DAMAGED:
		t->damaged++;
		break;
	default:
		break;
	}
	return rc;
}

/* A line of a console may have the prompt or a guest's text before it. */
static size_t begin(const char *line, size_t len)
{
	const char *p = len ? strstr(line, "trace: ") : NULL;

	return p ? (size_t)(p - line) : len;
}

int trace_load_text(struct trace_set *t, FILE *in)
{
	struct pile pile[TRACE_RINGS] = {{0}};
	char line[1024];
	int rc = 0;

	memset(t, 0, sizeof(*t));
	while (!rc && fgets(line, sizeof(line), in)) {
		size_t len = strcspn(line, "\r\n"), from;
		struct trace_line l;

		line[len] = '\0';
		from = begin(line, len);
		/* Nacre's log speaks of the trace, too. */
		if (from >= 7 && !strncmp(line + from - 7, "nacre: ", 7))
			continue;
		rc = take_line(t, pile, trace_line_read(line + from, len - from, &l), &l);
	}
	if (!rc && !t->info.timebase)
		rc = -NACRE_ENOENT;
	return finish(t, pile, rc);
}

int trace_load_ram(struct trace_set *t, const void *mem, uint64_t size, uint64_t base, uint64_t at)
{
	struct pile pile[TRACE_RINGS] = {{0}};
	struct trace_view view;
	int rc = trace_view_open(&view, mem, size, base, at);

	memset(t, 0, sizeof(*t));
	if (rc)
		return rc;
	t->info = view.info;
	for (unsigned i = 0; i < view.info.nrings && !rc; i++) {
		struct trace_record r;

		t->ring[i] = view.ring[i].info;
		for (uint64_t n = trace_ring_first(&t->ring[i]);
		     trace_view_record(&view, i, n, &r) && !rc; n++)
			rc = add(t, &pile[i], &r);
	}
	return finish(t, pile, rc);
}

void trace_free(struct trace_set *t)
{
	free(t->record);
	t->record = NULL;
	t->n = 0;
}
