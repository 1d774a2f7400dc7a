/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Packets of the GDB remote protocol: $content#sum, escapes, run-length encoding of what we send,
 * acknowledgements until they are switched off ("Debugging with GDB", E.1 Overview).
 */
#include <string.h>

#include <core/gdb.h>

#define ESCAPE	   '}'
#define ESCAPE_XOR 0x20
#define CTRL_C	   0x03
#define ECHOES_MAX 3

#define LIKELY 14 /* bytes that nobody types by chance */

static const char opener[] = "$qSupported"; /* one who comes back may begin with $vAttach */

void gdb_wire_init(struct gdb_wire *w, const struct gdb_ops *ops, void *ctx)
{
	w->ops = ops;
	w->ctx = ctx;
	w->state = GDB_IDLE;
	w->no_ack = w->unheard = false;
	w->len = w->out_len = 0;
}

static void put(struct gdb_wire *w, uint8_t c)
{
	w->ops->put(w->ctx, c);
}

/* ---- In ---- */

static int hex_digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool begins(const struct gdb_wire *w, const char *text)
{
	return !strncmp((const char *)w->in, text, strlen(text));
}

static enum gdb_event idle(struct gdb_wire *w, uint8_t c)
{
	switch (c) {
	case '$':
		w->state = GDB_BODY;
		w->len = 0;
		w->sum = 0;
		w->overflow = false;
		return GDB_NONE;
	case '-':
		if (w->out_len && !w->no_ack)
			gdb_wire_send(w);
		return GDB_NONE;
	case '+':
		w->unheard = false;
		return GDB_NONE;
	case CTRL_C:
		return GDB_INTERRUPT;
	default:
		return GDB_STRAY;
	}
}

static void store(struct gdb_wire *w, uint8_t c)
{
	if (w->len < GDB_PACKET)
		w->in[w->len++] = c;
	else
		w->overflow = true;
}

static enum gdb_event body(struct gdb_wire *w, uint8_t c)
{
	if (c == '$') /* never inside a packet: the one before was cut off */
		return idle(w, c);
	if (c == '#') {
		w->state = GDB_SUM1;
		return GDB_NONE;
	}
	w->sum += c;
	if (w->state == GDB_ESCAPED) {
		store(w, c ^ ESCAPE_XOR);
		w->state = GDB_BODY;
	} else if (c == ESCAPE) {
		w->state = GDB_ESCAPED;
	} else {
		store(w, c);
	}
	return GDB_NONE;
}

/*
 * GDB takes each '-' in what a guest prints before its first packet is answered for a request to
 * send that again, three times at most, and would take another answer for that of its next packet.
 */
static bool is_echo(struct gdb_wire *w)
{
	return begins(w, opener + 1) && w->unheard && !w->no_ack && w->echoes++ < ECHOES_MAX;
}

static enum gdb_event finish(struct gdb_wire *w, bool good)
{
	w->state = GDB_IDLE;
	w->in[w->len] = '\0';
	good = good && !w->overflow;
	if (good && is_echo(w))
		return GDB_NONE;
	/* A new debugger does not know what the one before had agreed upon. */
	if (good && begins(w, opener + 1))
		w->no_ack = false;
	if (!w->no_ack)
		put(w, good ? '+' : '-');
	return good ? GDB_COMMAND : GDB_NONE;
}

enum gdb_event gdb_wire_byte(struct gdb_wire *w, uint8_t c)
{
	int digit;

	switch (w->state) {
	case GDB_IDLE:
		return idle(w, c);
	case GDB_BODY:
	case GDB_ESCAPED:
		return body(w, c);
	default:
		break;
	}
	digit = hex_digit(c);
	if (digit < 0) {
		w->state = GDB_IDLE;
		return c == '$' ? idle(w, c) : finish(w, false);
	}
	if (w->state == GDB_SUM1) {
		w->want = (uint8_t)(digit << 4);
		w->state = GDB_SUM2;
		return GDB_NONE;
	}
	return finish(w, (w->want | digit) == w->sum);
}

/* ---- Out ---- */

static void put_sum(struct gdb_wire *w, uint8_t c, uint8_t *sum)
{
	*sum += c;
	put(w, c);
}

/* How many more of w->out[at] follow, as a count that may be sent: not '#', '$', '+', '-' less 29.
 */
static unsigned repeats(const struct gdb_wire *w, unsigned at)
{
	unsigned n = 0;

	while (n < 97 && at + n + 1 < w->out_len && w->out[at + n + 1] == w->out[at])
		n++;
	if (n == '#' - 29 || n == '$' - 29)
		return 5;
	return n == '+' - 29 || n == '-' - 29 ? n - 1 : n;
}

static const char hex[] = "0123456789abcdef";

void gdb_wire_send(struct gdb_wire *w)
{
	uint8_t sum = 0;

	put(w, '$');
	for (unsigned i = 0; i < w->out_len; i++) {
		uint8_t c = w->out[i];
		unsigned n = repeats(w, i);

		if (c == '$' || c == '#' || c == '*' || c == ESCAPE) {
			put_sum(w, ESCAPE, &sum);
			put_sum(w, c ^ ESCAPE_XOR, &sum);
			continue;
		}
		put_sum(w, c, &sum);
		if (n >= 3) {
			put_sum(w, '*', &sum);
			put_sum(w, (uint8_t)(n + 29), &sum);
			i += n;
		}
	}
	put(w, '#');
	put(w, (uint8_t)hex[sum >> 4]);
	put(w, (uint8_t)hex[sum & 15]);
	w->unheard = true;
	w->echoes = 0;
}

void gdb_refuse(void (*out)(uint8_t byte), const char *why)
{
	uint8_t sum = 'E' + '.';

	for (const char *s = "+$E."; *s; s++)
		out((uint8_t)*s);
	for (; *why; why++) {
		out((uint8_t)*why);
		sum += (uint8_t)*why;
	}
	out('#');
	out((uint8_t)hex[sum >> 4]);
	out((uint8_t)hex[sum & 15]);
}

/* ---- Is it a debugger? ---- */

/* $...#sum with the right sum. */
static bool is_packet(const uint8_t *p, unsigned n)
{
	uint8_t sum = 0;

	for (unsigned i = 1; i + 3 < n; i++)
		sum += p[i];
	return hex_digit(p[n - 2]) == sum >> 4 && hex_digit(p[n - 1]) == (sum & 15);
}

enum gdb_found gdb_detect(struct gdb_detect *d, uint8_t c, bool any)
{
	unsigned fixed = any ? 1 : sizeof(opener) - 1, acks = 0, n;
	const uint8_t *p, *end;

	if (d->n == GDB_HELD_MAX)
		d->n = 0; /* who did not take them */
	d->held[d->n++] = c;
	while (acks < d->n && acks < 4 && d->held[acks] == '+')
		acks++;
	p = d->held + acks;
	n = d->n - acks;
	if (memcmp(p, opener, n < fixed ? n : fixed) != 0 || d->n == GDB_HELD_MAX)
		return GDB_NO;
	d->likely = n >= LIKELY || (n > 1 && (p[1] == 'q' || p[1] == 'v'));
	end = n > 1 ? memchr(p + 1, '#', n - 1) : NULL;
	if (!end || n < (unsigned)(end - p) + 3)
		return c == '\r' || c == '\n' ? GDB_NO : GDB_MAYBE;
	return is_packet(p, n) ? GDB_YES : GDB_NO;
}
