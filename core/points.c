/* SPDX-License-Identifier: BSD-2-Clause */
/* Breakpoints and watchpoints of one guest: see points.h. */
#include <core/points.h>

#include <arch/gstage.h>
#include <core/errno.h>
#include <spec/insn.h>

static struct point *find(struct points *ps, unsigned type, gpa_t gpa, uint32_t len)
{
	for (unsigned i = 0; i < ps->n; i++) {
		struct point *p = &ps->p[i];

		if (p->type == type && p->gpa.v == gpa.v && p->len == len)
			return p;
	}
	return NULL;
}

int points_add(struct points *ps, const struct point *p)
{
	struct point *old;

	if (p->len == 0 || p->len > PAGE_SIZE - (p->gpa.v & (PAGE_SIZE - 1)) ||
	    (p->type == POINT_BREAK && (p->len != 2 || (p->gpa.v & 1))))
		return -NACRE_EINVAL;
	old = find(ps, p->type, p->gpa, p->len);
	if (old) {
		old->users |= p->users;
		return 0;
	}
	if (ps->n == POINTS_MAX)
		return -NACRE_ENOMEM;
	ps->p[ps->n++] = *p;
	return 1;
}

int points_remove(struct points *ps, enum point_type type, gpa_t gpa, uint32_t len, unsigned users,
		  struct point *gone)
{
	struct point *p = find(ps, type, gpa, len);

	if (!p)
		return 0;
	p->users &= (uint8_t)~users;
	if (p->users)
		return 0;
	*gone = *p;
	*p = ps->p[--ps->n];
	return 1;
}

const struct point *points_break(const struct points *ps, gpa_t gpa)
{
	return find((struct points *)ps, POINT_BREAK, gpa, 2);
}

static bool concerns(enum point_type type, enum point_type access)
{
	return type == access || (type == POINT_ACCESS && access != POINT_EXEC);
}

const struct point *points_watch(const struct points *ps, enum point_type access, gpa_t gpa,
				 uint64_t size)
{
	for (unsigned i = 0; i < ps->n; i++) {
		const struct point *p = &ps->p[i];

		/* Neither begins behind the other's end; no sum can overflow. */
		if (p->type != POINT_BREAK && concerns(p->type, access) &&
		    (p->gpa.v >= gpa.v ? p->gpa.v - gpa.v < size : gpa.v - p->gpa.v < p->len))
			return p;
	}
	return NULL;
}

unsigned points_page_perm(const struct points *ps, gpa_t gpa)
{
	/* Writable means readable, too. */
	static const uint8_t takes[] = {
		[POINT_BREAK] = 0,
		[POINT_EXEC] = GSTAGE_X,
		[POINT_WRITE] = GSTAGE_W,
		[POINT_READ] = GSTAGE_R | GSTAGE_W,
		[POINT_ACCESS] = GSTAGE_R | GSTAGE_W,
	};
	unsigned perm = GSTAGE_RWX;

	for (unsigned i = 0; i < ps->n; i++)
		if ((ps->p[i].gpa.v ^ gpa.v) < PAGE_SIZE)
			perm &= ~(unsigned)takes[ps->p[i].type];
	return perm;
}

/* Each covered byte in [gpa, gpa + n): its place there, or SIZE_MAX. */
static size_t place(const struct point *p, unsigned byte, gpa_t gpa, size_t n)
{
	uint64_t at = p->gpa.v + byte - gpa.v;

	return p->type == POINT_BREAK && at < n ? (size_t)at : SIZE_MAX;
}

static uint8_t ebreak(unsigned byte)
{
	return (uint8_t)(INSN_WORD_C_EBREAK >> 8 * byte);
}

/* Unless the guest has written there itself. */
static void uncover(const struct points *ps, gpa_t gpa, uint8_t *bytes, size_t n)
{
	for (unsigned i = 0; i < 2 * ps->n; i++) {
		const struct point *p = &ps->p[i / 2];
		size_t at = place(p, i % 2, gpa, n);

		if (at != SIZE_MAX && bytes[at] == ebreak(i % 2))
			bytes[at] = p->covered[i % 2];
	}
}

void points_hide(const struct points *ps, gpa_t gpa, uint8_t *buf, size_t n)
{
	uncover(ps, gpa, buf, n);
}

void points_lift(const struct points *ps, gpa_t gpa, uint8_t *ram, size_t n)
{
	uncover(ps, gpa, ram, n);
}

void points_plant(struct points *ps, gpa_t gpa, uint8_t *ram, size_t n)
{
	for (unsigned i = 0; i < 2 * ps->n; i++) {
		struct point *p = &ps->p[i / 2];
		size_t at = place(p, i % 2, gpa, n);

		if (at == SIZE_MAX)
			continue;
		p->covered[i % 2] = ram[at];
		ram[at] = ebreak(i % 2);
	}
}
