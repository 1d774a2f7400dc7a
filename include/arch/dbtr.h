/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The calling hart's debug triggers, which firmware hands out: SBI DBTR. One set (arch/triggers.h)
 * at a time is in them, and fires only between dbtr_on() and dbtr_off(). Nobody else in S-mode uses
 * them. Triggers fire in VS- and VU-mode alone, so none of Nacre's own code is ever caught.
 */
#ifndef NACRE_ARCH_DBTR_H
#define NACRE_ARCH_DBTR_H

#include <arch/triggers.h>

struct dbtr {
	uint64_t *shmem; /* NULL: this hart has no triggers */
	uint64_t set;	 /* the id of the set that is in them, */
	uint64_t mask;	 /* and where: a bit per trigger index */
	bool on;
};

/* How many triggers this hart has that can be a breakpoint of a guest; 0: none, or no DBTR. */
unsigned dbtr_count(void);
/* Before all else: shmem is a page. False: refused. */
bool dbtr_init(struct dbtr *d, void *shmem);
/* What is in the set is in force, if it is not yet. False: firmware refuses, and nothing is. */
bool dbtr_on(struct dbtr *d, const struct triggers *ts);
/* Nothing is in force; nothing is lost. */
void dbtr_off(struct dbtr *d);

#endif
