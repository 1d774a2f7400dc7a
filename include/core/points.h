/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Breakpoints and watchpoints of one guest, by guest physical address.
 *
 * A software breakpoint is a c.ebreak in guest RAM: two bytes wherever the instruction has two or
 * four (every hart that Nacre runs on has C). This table keeps the bytes that it covers; whoever
 * copies from or to guest RAM for a debugger asks here, so that nobody else ever sees the c.ebreak.
 * The others take permissions away from a page in the G-stage. No lock: the table changes only
 * while no vcpu of the guest runs, and vcpus read it.
 */
#ifndef NACRE_CORE_POINTS_H
#define NACRE_CORE_POINTS_H

#include <core/types.h>

#define POINTS_MAX 64

/* The types of GDB's Z packets. */
enum point_type {
	POINT_BREAK, /* software */
	POINT_EXEC,  /* any fetch from it */
	POINT_WRITE,
	POINT_READ,
	POINT_ACCESS,
};

/* Who wants it: one bit each. */
#define POINT_USER 1U /* a person */
#define POINT_STEP 2U /* the step that is under way */

struct point {
	gpa_t gpa;
	uint64_t va;  /* as the debugger named it */
	uint32_t len; /* bytes; 2 for POINT_BREAK */
	uint8_t type;
	uint8_t users;
	uint8_t covered[2]; /* POINT_BREAK: what stands in RAM otherwise */
};

struct points {
	unsigned n;
	struct point p[POINTS_MAX];
};

/*
 * Adds a user to the point, new or there already. 1: new; 0: it was there. -NACRE_ENOMEM: the table
 * is full; -NACRE_EINVAL: of no length, or it reaches into another
 * page; a breakpoint of other than two bytes, or at an odd address.
 */
int points_add(struct points *ps, const struct point *p);
/* Takes users away. 1: it is no more (*gone tells what it was); 0: others want it still, or it was
 * not there. */
int points_remove(struct points *ps, enum point_type type, gpa_t gpa, uint32_t len, unsigned users,
		  struct point *gone);

/* The software breakpoint at this very address, or NULL. */
const struct point *points_break(const struct points *ps, gpa_t gpa);
/* A point that an access concerns: a fetch (POINT_EXEC), a store (POINT_WRITE) or a load
 * (POINT_READ) of size bytes. */
const struct point *points_watch(const struct points *ps, enum point_type access, gpa_t gpa,
				 uint64_t size);
/* What is left of GSTAGE_RWX for the page that gpa is in. */
unsigned points_page_perm(const struct points *ps, gpa_t gpa);

/* What was copied from RAM: puts the covered bytes back into buf, bytes from gpa on. */
void points_hide(const struct points *ps, gpa_t gpa, uint8_t *buf, size_t n);
/* RAM that is about to be written, and has been: takes breakpoints out of n bytes, and puts them in
 * again over what stands there now. */
void points_lift(const struct points *ps, gpa_t gpa, uint8_t *ram, size_t n);
void points_plant(struct points *ps, gpa_t gpa, uint8_t *ram, size_t n);

#endif
