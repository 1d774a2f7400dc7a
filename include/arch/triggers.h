/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The hardware breakpoints of one guest that debug triggers are to carry, by virtual address: who
 * is at the address stops, whatever is mapped there. Which there are, and how SBI DBTR is told one
 * (the hart's part is arch/dbtr.h). No lock: a set changes only while no vcpu of the guest runs.
 */
#ifndef NACRE_ARCH_TRIGGERS_H
#define NACRE_ARCH_TRIGGERS_H

#include <core/types.h>

#define TRIGGERS_MAX  16
#define TRIGGER_WORDS 5 /* of shared memory that an installation may touch */

struct trigger {
	uint64_t va;
	bool inner; /* for a guest of the guest */
};

struct triggers {
	uint64_t id; /* of this very set: its owner gives a new one after each change */
	unsigned n;
	struct trigger t[TRIGGERS_MAX];
};

enum trigger_hit {
	TRIGGER_NONE,
	TRIGGER_HIT,
	TRIGGER_OTHERS, /* one fired that is not meant for who runs */
};

/* 1: new; 0: it was there. -NACRE_ENOMEM: there are max already; -NACRE_EINVAL: an odd address. */
int triggers_add(struct triggers *ts, unsigned max, uint64_t va, bool inner);
/* Takes it away, or else the one for the other side. False: there is none at this address. */
bool triggers_remove(struct triggers *ts, uint64_t va, bool inner);
/* The guest (inner: a guest of the guest) has come to pc, and all triggers are on. */
enum trigger_hit triggers_hit(const struct triggers *ts, uint64_t pc, bool inner);

/* What install_triggers reads: an exception before the instruction at t->va in VS- and VU-mode,
 * and in no other. */
void trigger_encode(const struct trigger *t, uint64_t *words);
/* The index that it has then written, below 64; -NACRE_ERANGE: none. */
int trigger_index(const uint64_t *words);

#endif
