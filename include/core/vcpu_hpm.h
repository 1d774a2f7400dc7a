/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A vcpu's hardware counters: hpmcounter3 to 31, which SBI PMU gives it an event for. The counters
 * of the hart are the vcpu's while it is loaded, each of them its namesake, and it reads them with
 * no help; else their values are here. What is not configured is 0.
 *
 * Belongs to the vcpu, and is touched by the hart that runs it.
 */
#ifndef NACRE_CORE_VCPU_HPM_H
#define NACRE_CORE_VCPU_HPM_H

#include <arch/hpm.h>

struct vcpu;

struct vcpu_hpm {
	uint32_t configured; /* bit n: hpmcounter n has an event, */
	uint32_t started;    /* and counts */
	uint32_t overflown;  /* scountovf, while the vcpu is not loaded */
	struct vcpu_hpm_counter {
		struct hpm_event event;
		uint64_t value; /* while the vcpu is not loaded */
	} counter[HPM_END - HPM_FIRST];
};

/* Those that the vcpu has: bit n for hpmcounter n, as in all sets here. */
uint32_t vcpu_hpm_there(const struct vcpu *v);

/* For load and put of a vcpu of which some are configured. */
void vcpu_hpm_load(struct vcpu *v);
void vcpu_hpm_put(struct vcpu *v);

/* The loaded vcpu's counters have, perhaps, overflown: tells it, if it was given Sscofpmf. */
void vcpu_hpm_overflow(struct vcpu *v);
/* What it reads there, loaded. */
uint64_t vcpu_hpm_scountovf(const struct vcpu *v);

/*
 * The loaded vcpu's calls of SBI PMU; sets are of those that are there. Which is configured, one
 * that was not; 0: none of the set can be, or count this.
 */
unsigned vcpu_hpm_config(struct vcpu *v, uint32_t set, const struct hpm_event *e);
/* A configured, stopped one gets another event and keeps its value. False: it cannot count that,
 * and has none. */
bool vcpu_hpm_change(struct vcpu *v, unsigned n, const struct hpm_event *e);
/* Configured, stopped ones, with this value or (NULL) as they are. */
void vcpu_hpm_start(struct vcpu *v, uint32_t set, const uint64_t *value);
void vcpu_hpm_stop(struct vcpu *v, uint32_t set);
/* Not configured any more. */
void vcpu_hpm_reset(struct vcpu *v, uint32_t set);
/* Could a counter count it, if none were in use? Between begin and end; the vcpu's own are not on
 * the hart meanwhile. */
void vcpu_hpm_ask_begin(struct vcpu *v);
bool vcpu_hpm_ask(struct vcpu *v, const struct hpm_event *e);
void vcpu_hpm_ask_end(struct vcpu *v);

#endif
