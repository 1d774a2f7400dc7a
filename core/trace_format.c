/* SPDX-License-Identifier: BSD-2-Clause */
/* The trace's rings in a dump of memory, and its lines of text: include/core/trace_format.h. */
#include <stdio.h>
#include <string.h>

#include <core/errno.h>
#include <core/trace_format.h>

const char *trace_kind_name(unsigned kind)
{
	static const char *const name[TRACE_KINDS] = {
		[TRACE_ENTRY] = "entry", [TRACE_EXIT] = "exit",	    [TRACE_SBI] = "sbi",
		[TRACE_IRQ] = "irq",	 [TRACE_FENCE] = "fence",   [TRACE_SCHED] = "sched",
		[TRACE_FAULT] = "fault", [TRACE_INJECT] = "inject",
	};

	return kind < TRACE_KINDS ? name[kind] : NULL;
}

const char *trace_cause_name(unsigned cause)
{
	static const char *const name[TRACE_CAUSES] = {
		[0] = "instruction address misaligned",
		[1] = "instruction access fault",
		[2] = "illegal instruction",
		[3] = "breakpoint",
		[4] = "load address misaligned",
		[5] = "load access fault",
		[6] = "store address misaligned",
		[7] = "store access fault",
		[8] = "ecall from user mode",
		[10] = "SBI call",
		[12] = "instruction page fault",
		[13] = "load page fault",
		[15] = "store page fault",
		[16] = "double trap",
		[18] = "software check",
		[19] = "hardware error",
		[20] = "instruction guest-page fault",
		[21] = "load guest-page fault",
		[22] = "virtual instruction",
		[23] = "store guest-page fault",
		[TRACE_CAUSE_IRQ + 1] = "host software interrupt",
		[TRACE_CAUSE_IRQ + 5] = "host timer interrupt",
		[TRACE_CAUSE_IRQ + 9] = "host external interrupt",
		[TRACE_CAUSE_IRQ + 12] = "guest external interrupt",
	};

	return cause < TRACE_CAUSES ? name[cause] : NULL;
}

bool trace_record_ok(const struct trace_record *r)
{
	return r->kind >= TRACE_ENTRY && r->kind < TRACE_KINDS && r->vm >= 1 &&
	       r->vm <= TRACE_GUESTS && (r->kind != TRACE_EXIT || r->code < TRACE_CAUSES);
}

uint64_t trace_ring_written(const struct trace_ring_info *r)
{
	return (r->laps + 1) / 2 * r->size + (r->laps & 1 ? 0 : r->next - r->base);
}

uint64_t trace_ring_last(const struct trace_ring_info *r)
{
	return trace_ring_written(r) / sizeof(struct trace_record);
}

uint64_t trace_ring_first(const struct trace_ring_info *r)
{
	uint64_t last = trace_ring_last(r), room = r->size / sizeof(struct trace_record);

	return last > room ? last - room : 0;
}

/* ---- A dump of memory ---- */

/* What is there at a physical address; NULL: not all of it. */
static const uint8_t *find(const uint8_t *mem, uint64_t size, uint64_t base, uint64_t at,
			   uint64_t len)
{
	return at < base || at - base > size || len > size - (at - base) ? NULL : mem + (at - base);
}

uint64_t trace_find(const void *mem, uint64_t size, uint64_t base)
{
	uint64_t magic, self;

	for (uint64_t at = 0;
	     size >= sizeof(struct trace_info) && at <= size - sizeof(struct trace_info);
	     at += PAGE_SIZE) {
		memcpy(&magic, (const uint8_t *)mem + at, sizeof(magic));
		if (magic != TRACE_MAGIC)
			continue;
		memcpy(&self, (const uint8_t *)mem + at + offsetof(struct trace_info, self),
		       sizeof(self));
		if (self == base + at)
			return self;
	}
	return 0;
}

static bool ring_ok(const struct trace_ring_info *r)
{
	return r->size >= sizeof(struct trace_record) && !(r->size & (r->size - 1)) &&
	       r->next - r->base <= r->size &&
	       (r->next - r->base) % sizeof(struct trace_record) == 0 &&
	       r->laps / 2 < INT64_MAX / r->size;
}

int trace_view_open(struct trace_view *t, const void *mem, uint64_t size, uint64_t base,
		    uint64_t at)
{
	const uint8_t *p = find(mem, size, base, at, sizeof(t->info));

	if (!p)
		return -NACRE_EBADF;
	memcpy(&t->info, p, sizeof(t->info));
	if (t->info.magic != TRACE_MAGIC || t->info.version != TRACE_VERSION ||
	    t->info.nrings > TRACE_RINGS || t->info.nguests > TRACE_GUESTS || !t->info.timebase)
		return -NACRE_EBADF;
	for (unsigned i = 0; i < TRACE_GUESTS; i++)
		t->info.guest[i][TRACE_NAME - 1] = '\0';
	for (unsigned i = 0; i < t->info.nrings; i++) {
		struct trace_ring_view *r = &t->ring[i];

		p = find(mem, size, base, t->info.ring[i], sizeof(r->info));
		if (!p)
			return -NACRE_EBADF;
		memcpy(&r->info, p, sizeof(r->info));
		r->records = find(mem, size, base, r->info.records, r->info.size);
		if (!ring_ok(&r->info) || !r->records)
			return -NACRE_EBADF;
	}
	return 0;
}

bool trace_view_record(const struct trace_view *t, unsigned ring, uint64_t n,
		       struct trace_record *out)
{
	const struct trace_ring_view *r = &t->ring[ring];

	if (ring >= t->info.nrings || n < trace_ring_first(&r->info) ||
	    n >= trace_ring_last(&r->info))
		return false;
	memcpy(out, r->records + (n * sizeof(*out) & (r->info.size - 1)), sizeof(*out));
	return true;
}

/* ---- Text ---- */

#define PREFIX "trace: "
static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* CRC-32 as Ethernet and zip have it. */
static uint32_t crc32(const char *s, size_t n)
{
	uint32_t c = UINT32_MAX;

	while (n--) {
		c ^= (uint8_t)*s++;
		for (unsigned i = 0; i < 8; i++)
			c = c >> 1 ^ (c & 1 ? 0xedb88320U : 0);
	}
	return ~c;
}

/* Base64 without padding. */
static size_t encode(char *out, const uint8_t *in, size_t n)
{
	uint32_t bits = 0;
	unsigned have = 0;
	size_t len = 0;

	for (size_t i = 0; i < n; i++) {
		bits = bits << 8 | in[i];
		for (have += 8; have >= 6; have -= 6)
			out[len++] = digits[bits >> (have - 6) & 63];
	}
	if (have)
		out[len++] = digits[bits << (6 - have) & 63];
	return len;
}

/* The bytes that came out, at most max; 0: no base64. */
static size_t decode(uint8_t *out, size_t max, const char *in, size_t n)
{
	uint32_t bits = 0;
	unsigned have = 0;
	size_t len = 0;

	for (size_t i = 0; i < n; i++) {
		const char *d = in[i] ? strchr(digits, in[i]) : NULL;

		if (!d)
			return 0;
		bits = bits << 6 | (uint32_t)(d - digits);
		have += 6;
		if (have < 8)
			continue;
		have -= 8;
		if (len == max)
			return 0;
		out[len++] = (uint8_t)(bits >> have);
	}
	return len;
}

static size_t number(char *out, uint64_t n)
{
	return (size_t)snprintf(out, 22, " %llu", (unsigned long long)n);
}

static size_t write_ring(char *out, const struct trace_line *l)
{
	size_t n = (size_t)sprintf(out, "ring %u", l->n);

	n += number(out + n, l->ring.hart);
	n += number(out + n, l->ring.size);
	n += number(out + n, trace_ring_written(&l->ring));
	for (unsigned kind = 1; kind < TRACE_KINDS; kind++)
		n += number(out + n, l->ring.events[kind]);
	return n;
}

static size_t write_data(char *out, const struct trace_line *l)
{
	size_t n = (size_t)sprintf(out, "data %u", l->n);
	unsigned count = l->count < TRACE_LINE_RECORDS ? l->count : TRACE_LINE_RECORDS;

	n += number(out + n, l->first);
	out[n++] = ' ';
	return n + encode(out + n, (const uint8_t *)l->record, count * sizeof(l->record[0]));
}

static size_t write_info(char *out, const struct trace_line *l)
{
	size_t n = (size_t)sprintf(out, "info %u", TRACE_VERSION);

	n += number(out + n, l->info.timebase);
	n += number(out + n, l->info.nrings);
	return n + number(out + n, l->info.nguests);
}

size_t trace_line_write(char out[TRACE_LINE_MAX], enum trace_line_type type,
			const struct trace_line *line)
{
	size_t n = sizeof(PREFIX) - 1;

	memcpy(out, PREFIX, n);
	switch (type) {
	case TRACE_LINE_INFO:
		n += write_info(out + n, line);
		break;
	case TRACE_LINE_GUEST:
		n += (size_t)sprintf(out + n, "guest %u %.*s", line->n, TRACE_NAME - 1, line->name);
		break;
	case TRACE_LINE_RING:
		n += write_ring(out + n, line);
		break;
	case TRACE_LINE_DATA:
		n += write_data(out + n, line);
		break;
	default:
		n += (size_t)sprintf(out + n, "end");
		break;
	}
	return n + (size_t)sprintf(out + n, " *%08x", (unsigned)crc32(out, n));
}

/* The words of a line, one after the other. */
struct reader {
	const char *s, *end;
	bool bad;
};

static const char *word(struct reader *r, size_t *len)
{
	const char *s = r->s, *p = s;

	while (p < r->end && *p != ' ')
		p++;
	*len = (size_t)(p - s);
	r->bad = r->bad || p == s;
	r->s = p < r->end ? p + 1 : p;
	return s;
}

static uint64_t read_number(struct reader *r, uint64_t max)
{
	size_t len;
	const char *s = word(r, &len);
	uint64_t n = 0;

	for (; len; s++, len--) {
		unsigned d = (unsigned)*s - '0';

		if (d > 9 || n > (UINT64_MAX - d) / 10)
			r->bad = true;
		n = 10 * n + d;
	}
	r->bad = r->bad || n > max;
	return n;
}

static enum trace_line_type read_info(struct reader *r, struct trace_line *l)
{
	l->info.version = (uint32_t)read_number(r, TRACE_VERSION);
	l->info.timebase = read_number(r, UINT64_MAX);
	l->info.nrings = (uint32_t)read_number(r, TRACE_RINGS);
	l->info.nguests = (uint32_t)read_number(r, TRACE_GUESTS);
	r->bad = r->bad || l->info.version != TRACE_VERSION || !l->info.timebase;
	return TRACE_LINE_INFO;
}

static enum trace_line_type read_guest(struct reader *r, struct trace_line *l)
{
	size_t len;
	const char *s;

	l->n = (unsigned)read_number(r, TRACE_GUESTS);
	s = word(r, &len);
	if (l->n < 1 || len >= sizeof(l->name))
		r->bad = true;
	else
		memcpy(l->name, s, len);
	return TRACE_LINE_GUEST;
}

static enum trace_line_type read_ring(struct reader *r, struct trace_line *l)
{
	uint64_t written;

	l->n = (unsigned)read_number(r, TRACE_RINGS - 1);
	l->ring.hart = read_number(r, UINT64_MAX);
	l->ring.size = read_number(r, UINT64_MAX);
	written = read_number(r, UINT64_MAX);
	l->ring.laps = l->ring.size ? written / l->ring.size * 2 : 0;
	l->ring.next = l->ring.size ? written % l->ring.size : 0;
	for (unsigned kind = 1; kind < TRACE_KINDS; kind++)
		l->ring.events[kind] = read_number(r, UINT64_MAX);
	r->bad = r->bad || !ring_ok(&l->ring);
	return TRACE_LINE_RING;
}

static enum trace_line_type read_data(struct reader *r, struct trace_line *l)
{
	size_t len, bytes;
	const char *s;

	l->n = (unsigned)read_number(r, TRACE_RINGS - 1);
	l->first = read_number(r, UINT64_MAX / sizeof(l->record[0]) - TRACE_LINE_RECORDS);
	s = word(r, &len);
	bytes = decode((uint8_t *)l->record, sizeof(l->record), s, len);
	l->count = (unsigned)(bytes / sizeof(l->record[0]));
	r->bad = r->bad || !bytes || bytes % sizeof(l->record[0]);
	return TRACE_LINE_DATA;
}

static enum trace_line_type read_end(struct reader *r, struct trace_line *l)
{
	(void)r;
	(void)l;
	return TRACE_LINE_END;
}

enum trace_line_type trace_line_read(const char *text, size_t len, struct trace_line *line)
{
	static const struct {
		const char *name;
		enum trace_line_type (*read)(struct reader *r, struct trace_line *l);
	} types[] = {{"info", read_info},
		     {"guest", read_guest},
		     {"ring", read_ring},
		     {"data", read_data},
		     {"end", read_end}};
	const size_t prefix = sizeof(PREFIX) - 1, check = sizeof(" *12345678") - 1;
	struct reader r = {text + prefix, text + len - check, false};
	enum trace_line_type type = TRACE_LINE_DAMAGED;
	char sum[16];
	const char *s;
	size_t n;

	memset(line, 0, sizeof(*line));
	if (len < prefix || memcmp(text, PREFIX, prefix) != 0)
		return TRACE_LINE_NONE;
	if (len < prefix + check)
		return TRACE_LINE_DAMAGED;
	snprintf(sum, sizeof(sum), " *%08x", (unsigned)crc32(text, len - check));
	if (memcmp(sum, r.end, check) != 0)
		return TRACE_LINE_DAMAGED;
	s = word(&r, &n);
	for (unsigned i = 0; i < ARRAY_SIZE(types); i++)
		if (strlen(types[i].name) == n && !memcmp(types[i].name, s, n))
			type = types[i].read(&r, line);
	return r.bad || r.s != r.end ? TRACE_LINE_DAMAGED : type;
}
