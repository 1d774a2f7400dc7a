/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A vcpu's firmware counters (SBI specification, chapter "Performance Monitoring Unit Extension"),
 * and how SBI numbers them and the hardware counters that it may have beside them
 * (core/vcpu_hpm.h). Every event of the firmware is counted all the time, in event[]; a counter is
 * a view of one of them.
 *
 * Belongs to the vcpu and is touched by the hart that runs it; but other harts count their requests
 * to it, atomically.
 */
#ifndef NACRE_GUEST_VPMU_H
#define NACRE_GUEST_VPMU_H

#include <core/types.h>
#include <spec/sbi.h>

#define VPMU_COUNTERS 16		  /* of the firmware: 0 to 15 */
#define VPMU_HPM      (VPMU_COUNTERS - 3) /* hpmcounter n is VPMU_HPM + n */

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

/* A set of counters: bit n of hw is hpmcounter n. */
struct vpmu_set {
	uint32_t fw, hw;
};

/*
 * The calls, with their arguments as they come, but that a set is made of the first two. `hpms` are
 * the hardware counters that there are. An SBI error code; *value is the reply's on success.
 */
uint64_t vpmu_number(uint32_t hpms);
long vpmu_get_info(uint32_t hpms, unsigned width, uint64_t counter, uint64_t *value);
long vpmu_make_set(uint32_t hpms, const uint64_t a[2], struct vpmu_set *set);
/* Of the set's firmware counters. Flags have been checked. */
long vpmu_config(struct vpmu *p, uint32_t set, const uint64_t a[5], uint64_t *value);
bool vpmu_configured(const struct vpmu *p, uint32_t set);
long vpmu_start(struct vpmu *p, uint32_t set, const uint64_t a[4]);
long vpmu_stop(struct vpmu *p, uint32_t set, const uint64_t a[3]);
long vpmu_read(const struct vpmu *p, uint64_t counter, uint64_t *value);

/* event_idx and event_data: of the firmware, and it is counted; */
bool vpmu_can_count(uint64_t event, uint64_t data);
/* of the hart, and the specification knows it. */
bool vpmu_is_hardware(uint64_t event, uint64_t data);

/* Whether a started counter counts it. */
bool vpmu_counts(const struct vpmu *p, unsigned event);

#endif
