/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A vcpu's firmware counters (SBI specification, chapter "Performance Monitoring Unit Extension").
 * Every event is counted all the time, in event[]; a counter is a view of one of them. There are no
 * hardware counters: what those of the hart say about a vcpu that shares it with others would have
 * to be made up.
 *
 * Belongs to the vcpu and is touched by the hart that runs it; but other harts count their requests
 * to it, atomically.
 */
#ifndef NACRE_GUEST_VPMU_H
#define NACRE_GUEST_VPMU_H

#include <core/types.h>
#include <spec/sbi.h>

#define VPMU_COUNTERS 16

struct vpmu {
	uint64_t event[SBI_PMU_FW_EVENTS]; /* SBI_PMU_FW_*: how often, since the vcpu is there */
	struct vpmu_counter {
		uint64_t value; /* while stopped; while started what event[] is to be added to */
		uint8_t event;
		bool configured, started;
	} counter[VPMU_COUNTERS];
};

/* A request from one vcpu to another, or to itself, which counts for nothing. sent:
 * SBI_PMU_FW_*_SENT. */
void vpmu_request(struct vpmu *from, struct vpmu *to, unsigned sent);

/* The calls, with their arguments as they come. An SBI error code; *value is the reply's on
 * success. */
long vpmu_get_info(uint64_t counter, uint64_t *value);
long vpmu_config(struct vpmu *p, const uint64_t a[5], uint64_t *value);
long vpmu_start(struct vpmu *p, const uint64_t a[4]);
long vpmu_stop(struct vpmu *p, const uint64_t a[3]);
long vpmu_read(const struct vpmu *p, uint64_t counter, uint64_t *value);

/* event_idx and event_data. */
bool vpmu_can_count(uint64_t event, uint64_t data);

/* Whether a started counter counts it. */
bool vpmu_counts(const struct vpmu *p, unsigned event);

#endif
