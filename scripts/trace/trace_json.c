/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A trace in the Trace Event Format of Chrome, which Perfetto reads: guests are processes, their
 * vcpus threads; the harts are the threads of a process of their own. A slice is the time in the
 * guest, or an exit until the next entry; all else is an instant. Times are in microseconds from
 * the first record on.
 */
#include <stdlib.h>
#include <string.h>

#include "trace.h"

#define HARTS_PID 0xfffe /* no guest has this number */

struct track { /* a vcpu */
	uint16_t vm, vcpu;
	bool inside, outside; /* since `entered`, or since `left` */
	uint64_t entered;
	struct trace_record left; /* the exit */
};

struct writer {
	const struct trace_set *t;
	FILE *out;
	struct track *track;
	size_t tracks;
	struct {
		bool busy;
		uint64_t since;
		uint32_t who;
	} hart[TRACE_RINGS];
	uint64_t start, end;
	bool comma;
};

static void put_string(FILE *out, const char *s)
{
	fputc('"', out);
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (c < 0x20 || c >= 0x7f || c == '"' || c == '\\')
			fprintf(out, "\\u%04x", c);
		else
			fputc(c, out);
	}
	fputc('"', out);
}

static void put_us(struct writer *w, const char *name, uint64_t ticks)
{
	unsigned long long ns =
		(unsigned long long)((unsigned __int128)ticks * 1000000000 / w->t->info.timebase);

	fprintf(w->out, ",\"%s\":%llu.%03llu", name, ns / 1000, ns % 1000);
}

static uint64_t since_start(const struct writer *w, uint64_t time)
{
	return time > w->start ? time - w->start : 0;
}

/*
 * The common beginning of an event of a process's thread; the caller adds members and the brace.
 * Perfetto takes the tid for a number of the whole system, and for the first thread of a process
 * that has it as its pid: no two are alike, none is 0, none is a pid.
 */
static void begin(struct writer *w, const char *ph, unsigned pid, unsigned thread, const char *name)
{
	unsigned tid = (pid + 1) << 16 | thread;

	fprintf(w->out, "%s\n{\"ph\":\"%s\",\"pid\":%u,\"tid\":%u,\"name\":", w->comma ? "," : "",
		ph, pid, tid);
	w->comma = true;
	put_string(w->out, name);
}

static void name_it(struct writer *w, const char *what, unsigned pid, unsigned thread,
		    const char *name)
{
	begin(w, "M", pid, thread, what);
	fputs(",\"args\":{\"name\":", w->out);
	put_string(w->out, name);
	fputs("}}", w->out);
}

/* Harts first, then the guests in their order. */
static void sort_index(struct writer *w, unsigned pid, unsigned index)
{
	begin(w, "M", pid, 0, "process_sort_index");
	fprintf(w->out, ",\"args\":{\"sort_index\":%u}}", index);
}

static void begin_slice(struct writer *w, unsigned pid, unsigned thread, const char *name,
			uint64_t from, uint64_t to)
{
	begin(w, "X", pid, thread, name);
	put_us(w, "ts", since_start(w, from));
	put_us(w, "dur", to > from ? to - from : 0);
}

static void slice(struct writer *w, unsigned pid, unsigned thread, const char *name, uint64_t from,
		  uint64_t to)
{
	begin_slice(w, pid, thread, name, from, to);
	fputc('}', w->out);
}

/* NULL: it has none yet. */
static struct track *track_of(struct writer *w, const struct trace_record *r)
{
	for (size_t i = 0; i < w->tracks; i++)
		if (w->track[i].vm == r->vm && w->track[i].vcpu == r->vcpu)
			return &w->track[i];
	return NULL;
}

/* Every vcpu gets its track, its thread and its process a name. false: no memory. */
static bool make_tracks(struct writer *w)
{
	for (size_t i = 0; i < w->t->n; i++) {
		const struct trace_record *r = &w->t->record[i];
		char name[TRACE_NAME];
		struct track *more;
		bool known = false;

		if (track_of(w, r))
			continue;
		for (size_t k = 0; k < w->tracks; k++)
			known = known || w->track[k].vm == r->vm;
		more = realloc(w->track, (w->tracks + 1) * sizeof(*more));
		if (!more)
			return false;
		w->track = more;
		w->track[w->tracks++] = (struct track){.vm = r->vm, .vcpu = r->vcpu};
		if (!known) {
			name_it(w, "process_name", r->vm, 0, trace_guest(w->t, r->vm, name));
			sort_index(w, r->vm, 1U + r->vm);
		}
		snprintf(name, sizeof(name), "vcpu %u", r->vcpu);
		name_it(w, "thread_name", r->vm, r->vcpu, name);
	}
	return true;
}

static void name_harts(struct writer *w)
{
	name_it(w, "process_name", HARTS_PID, 0, "harts");
	sort_index(w, HARTS_PID, 0);
	for (unsigned i = 0; i < w->t->info.nrings && i < TRACE_RINGS; i++) {
		char name[TRACE_NAME];

		snprintf(name, sizeof(name), "hart %llu", (unsigned long long)w->t->ring[i].hart);
		name_it(w, "thread_name", HARTS_PID, i, name);
	}
}

static void end_inside(struct writer *w, struct track *k, uint64_t time)
{
	if (k->inside)
		slice(w, k->vm, k->vcpu, "guest", k->entered, time);
	k->inside = false;
}

static void end_outside(struct writer *w, struct track *k, uint64_t time)
{
	const struct trace_record *e = &k->left;
	char name[TRACE_NAME];

	if (k->outside) {
		begin_slice(w, k->vm, k->vcpu, trace_cause(e->code, name), e->time, time);
		fprintf(w->out, ",\"args\":{\"pc\":\"%#llx\",\"instructions\":%llu,\"hart\":%llu}}",
			(unsigned long long)e->a, (unsigned long long)e->b,
			(unsigned long long)w->t->ring[e->hart % TRACE_RINGS].hart);
	}
	k->outside = false;
}

static void end_turn(struct writer *w, unsigned ring, uint64_t time)
{
	char name[TRACE_NAME], text[2 * TRACE_NAME];
	uint32_t who = w->hart[ring].who;

	if (w->hart[ring].busy) {
		snprintf(text, sizeof(text), "%s vcpu %u", trace_guest(w->t, who & 0xffff, name),
			 who >> 16);
		slice(w, HARTS_PID, ring, text, w->hart[ring].since, time);
	}
	w->hart[ring].busy = false;
}

static void begin_turn(struct writer *w, unsigned ring, const struct trace_record *r)
{
	if (w->hart[ring].busy && w->hart[ring].who == r->who)
		return;
	end_turn(w, ring, r->time);
	w->hart[ring].busy = true;
	w->hart[ring].since = r->time;
	w->hart[ring].who = r->who;
}

static void instant(struct writer *w, const struct trace_record *r)
{
	char text[160];

	trace_describe(r, text, sizeof(text));
	begin(w, "i", r->vm, r->vcpu, text);
	put_us(w, "ts", since_start(w, r->time));
	fputs(",\"s\":\"t\"}", w->out);
}

static void event(struct writer *w, const struct trace_record *r)
{
	struct track *k = track_of(w, r);
	unsigned ring = r->hart % TRACE_RINGS;

	if (r->kind != TRACE_SCHED || r->code)
		begin_turn(w, ring, r);
	switch (r->kind) {
	case TRACE_ENTRY:
		end_outside(w, k, r->time);
		end_inside(w, k, r->time);
		k->inside = true;
		k->entered = r->time;
		break;
	case TRACE_EXIT:
		end_inside(w, k, r->time);
		end_outside(w, k, r->time);
		k->outside = true;
		k->left = *r;
		break;
	case TRACE_SCHED:
		end_outside(w, k, r->time);
		end_inside(w, k, r->time);
		if (!r->code)
			end_turn(w, ring, r->time);
		break;
	default:
		instant(w, r);
		break;
	}
}

void trace_write_json(const struct trace_set *t, FILE *out)
{
	struct writer w = {.t = t, .out = out};

	if (t->n) {
		w.start = t->record[0].time;
		w.end = t->record[t->n - 1].time;
	}
	fputs("{\"displayTimeUnit\":\"ns\",\"traceEvents\":[", out);
	name_harts(&w);
	if (make_tracks(&w))
		for (size_t i = 0; i < t->n; i++)
			event(&w, &t->record[i]);
	for (size_t i = 0; i < w.tracks; i++) {
		end_inside(&w, &w.track[i], w.end);
		end_outside(&w, &w.track[i], w.end);
	}
	for (unsigned i = 0; i < TRACE_RINGS; i++)
		end_turn(&w, i, w.end);
	free(w.track);
	fputs("\n]}\n", out);
}
