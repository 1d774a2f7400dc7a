/* SPDX-License-Identifier: BSD-2-Clause */
/* A trace as a picture: exits by cause over time, a stacked bar for each part of it. trace.h
 */
#include <string.h>

#include "trace.h"

#define PARTS  120
#define LEFT   60
#define TOP    40
#define BAR    6
#define HEIGHT 240
#define LEGEND (LEFT + PARTS * BAR + 20)

struct summary {
	uint64_t count[TRACE_CAUSES][PARTS];
	uint64_t total[TRACE_CAUSES], cost[TRACE_CAUSES];
	uint64_t start, length, most; /* ticks; exits in the highest bar */
};

static const char *colour(unsigned i)
{
	static const char *const c[] = {"#06c", "#0a6", "#e80", "#c30", "#85c", "#5aa",
					"#963", "#e6a", "#999", "#393", "#bb0", "#336"};

	return c[i % (sizeof(c) / sizeof(c[0]))];
}

static void count(const struct trace_set *t, struct summary *s)
{
	memset(s, 0, sizeof(*s));
	s->start = t->n ? t->record[0].time : 0;
	s->length = t->n ? t->record[t->n - 1].time - s->start + 1 : 1;
	for (size_t i = 0; i < t->n; i++) {
		const struct trace_record *r = &t->record[i];
		unsigned part;

		if (r->kind != TRACE_EXIT)
			continue;
		part = (unsigned)((unsigned __int128)(r->time - s->start) * PARTS / s->length);
		s->count[r->code][part < PARTS ? part : PARTS - 1]++;
		s->total[r->code]++;
		s->cost[r->code] += r->b;
	}
	for (unsigned part = 0; part < PARTS; part++) {
		uint64_t sum = 0;

		for (unsigned c = 0; c < TRACE_CAUSES; c++)
			sum += s->count[c][part];
		s->most = sum > s->most ? sum : s->most;
	}
}

static void bars(const struct summary *s, FILE *out)
{
	for (unsigned part = 0; part < PARTS; part++) {
		double y = TOP + HEIGHT;

		for (unsigned c = 0, n = 0; c < TRACE_CAUSES; n += s->total[c] != 0, c++) {
			double h =
				s->most ? (double)s->count[c][part] * HEIGHT / (double)s->most : 0;

			if (!s->count[c][part])
				continue;
			y -= h;
			fprintf(out,
				"<rect x=\"%u\" y=\"%.1f\" width=\"%u\" height=\"%.1f\" "
				"fill=\"%s\"/>\n",
				LEFT + part * BAR, y, BAR - 1, h, colour(n));
		}
	}
}

static void legend(const struct summary *s, FILE *out)
{
	for (unsigned c = 0, n = 0; c < TRACE_CAUSES; c++) {
		char name[TRACE_NAME];

		if (!s->total[c])
			continue;
		fprintf(out, "<rect x=\"%u\" y=\"%u\" width=\"10\" height=\"10\" fill=\"%s\"/>\n",
			LEGEND, TOP + 20 * n, colour(n));
		fprintf(out,
			"<text x=\"%u\" y=\"%u\" font-size=\"12\">%s: %llu, %llu instructions "
			"each</text>\n",
			LEGEND + 16, TOP + 20 * n + 10, trace_cause(c, name),
			(unsigned long long)s->total[c],
			(unsigned long long)(s->cost[c] / s->total[c]));
		n++;
	}
}

void trace_write_svg(const struct trace_set *t, FILE *out)
{
	static struct summary s;
	double seconds;

	count(t, &s);
	seconds = t->info.timebase ? (double)s.length / (double)t->info.timebase : 0;
	fprintf(out,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%u\" height=\"%u\" "
		"font-family=\"sans-serif\">\n"
		"<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n"
		"<text x=\"10\" y=\"20\" font-size=\"14\">Exits by cause over time, %.3f ms each "
		"bar</text>\n",
		LEGEND + 380, TOP + HEIGHT + 40, seconds * 1000 / PARTS);
	bars(&s, out);
	fprintf(out, "<path d=\"M%u %uh%u\" stroke=\"black\"/>\n", LEFT, TOP + HEIGHT, PARTS * BAR);
	fprintf(out, "<text x=\"%u\" y=\"%u\" font-size=\"12\">0</text>\n", LEFT,
		TOP + HEIGHT + 16);
	fprintf(out, "<text x=\"%u\" y=\"%u\" font-size=\"12\" text-anchor=\"end\">%.3f s</text>\n",
		LEFT + PARTS * BAR, TOP + HEIGHT + 16, seconds);
	fprintf(out, "<text x=\"%u\" y=\"%u\" font-size=\"12\" text-anchor=\"end\">%llu</text>\n",
		LEFT - 4, TOP + 10, (unsigned long long)s.most);
	legend(&s, out);
	fputs("</svg>\n", out);
}
