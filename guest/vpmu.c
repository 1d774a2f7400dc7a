/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SBI PMU's counters: their numbers; and of those of the firmware, which counts what, and from
 * where.
 *
 * What always holds: a started counter is configured, its value is event[] + value; a stopped one's
 * is value. Calls for a set of counters check all of it first, then act on each that they can act
 * on: a caller that stops everything does not know what runs.
 */
#include <assert.h>

#include <guest/vpmu.h>
#include <spec/csr.h>

#define RAW_BITS  48
#define RAW2_BITS 56

uint64_t vpmu_number(uint32_t hpms)
{
	return hpms ? VPMU_HPM + 32 - (unsigned)__builtin_clz(hpms) : VPMU_COUNTERS;
}

long vpmu_make_set(uint32_t hpms, const uint64_t a[2], struct vpmu_set *set)
{
	uint64_t base = a[0], mask = a[1], all;

	set->fw = set->hw = 0;
	if (!mask)
		return SBI_SUCCESS;
	if (base >= 64 || mask << base >> base != mask)
		return SBI_ERR_INVALID_PARAM;
	all = mask << base;
	if (all & ~((uint64_t)hpms << VPMU_HPM | (BIT(VPMU_COUNTERS) - 1)))
		return SBI_ERR_INVALID_PARAM;
	set->fw = (uint32_t)(all & (BIT(VPMU_COUNTERS) - 1));
	set->hw = (uint32_t)(all >> VPMU_HPM) & hpms;
	return SBI_SUCCESS;
}

static_assert(SBI_PMU_FW_IPI_RECEIVED == SBI_PMU_FW_IPI_SENT + 1 &&
		      SBI_PMU_FW_HFENCE_VVMA_ASID_RECEIVED == SBI_PMU_FW_HFENCE_VVMA_ASID_SENT + 1,
	      "what is received follows what is sent");

void vpmu_request(struct vpmu *from, struct vpmu *to, unsigned sent)
{
	if (from == to)
		return;
	from->event[sent]++;
	__atomic_fetch_add(&to->event[sent + 1], 1, __ATOMIC_RELAXED);
}

static uint64_t count(const struct vpmu *p, const struct vpmu_counter *c)
{
	return __atomic_load_n(&p->event[c->event], __ATOMIC_RELAXED);
}

static void start(struct vpmu *p, struct vpmu_counter *c)
{
	c->value -= count(p, c);
	c->started = true;
}

static void stop(struct vpmu *p, struct vpmu_counter *c)
{
	c->value += count(p, c);
	c->started = false;
}

long vpmu_get_info(uint32_t hpms, unsigned width, uint64_t counter, uint64_t *value)
{
	uint64_t n = counter - VPMU_HPM;

	if (counter < VPMU_COUNTERS)
		*value = SBI_PMU_INFO_FIRMWARE;
	else if (n < 32 && (hpms >> n & 1))
		*value = (CSR_CYCLE + n) | (uint64_t)(width - 1) << SBI_PMU_INFO_WIDTH_SHIFT;
	else
		return SBI_ERR_INVALID_PARAM;
	return SBI_SUCCESS;
}

/* One that nobody uses; else one that is only not started. */
static int find(const struct vpmu *p, uint32_t set)
{
	int stopped = -1;

	for (int i = VPMU_COUNTERS - 1; i >= 0; i--) {
		const struct vpmu_counter *c = &p->counter[i];
		bool better = stopped < 0 || !c->configured || p->counter[stopped].configured;

		if ((set >> i & 1) && !c->started && better)
			stopped = i;
	}
	return stopped;
}

bool vpmu_can_count(uint64_t event, uint64_t data)
{
	return event >> SBI_PMU_TYPE_SHIFT == SBI_PMU_TYPE_FW && !data &&
	       (event & SBI_PMU_CODE_MASK) < SBI_PMU_FW_EVENTS;
}

bool vpmu_is_hardware(uint64_t event, uint64_t data)
{
	switch (event >> SBI_PMU_TYPE_SHIFT) {
	case SBI_PMU_TYPE_HW:
	case SBI_PMU_TYPE_CACHE:
		return event && !data;
	case SBI_PMU_TYPE_RAW:
		return !(event & SBI_PMU_CODE_MASK) && !(data >> RAW_BITS);
	case SBI_PMU_TYPE_RAW2:
		return !(event & SBI_PMU_CODE_MASK) && !(data >> RAW2_BITS);
	default:
		return false;
	}
}

long vpmu_config(struct vpmu *p, uint32_t set, const uint64_t a[5], uint64_t *value)
{
	uint64_t flags = a[2], event = a[3];
	struct vpmu_counter *c;
	int i;

	if (!vpmu_can_count(event, a[4]))
		return SBI_ERR_NOT_SUPPORTED;
	if (flags & SBI_PMU_CFG_SKIP_MATCH)
		i = set ? __builtin_ctz(set) : -1;
	else
		i = find(p, set);
	if (i < 0)
		return SBI_ERR_NOT_SUPPORTED;
	c = &p->counter[i];
	if (c->started) /* the one that the caller names is not free */
		return SBI_ERR_INVALID_PARAM;
	c->event = (uint8_t)(event & SBI_PMU_CODE_MASK);
	c->configured = true;
	if (flags & SBI_PMU_CFG_CLEAR_VALUE)
		c->value = 0;
	if (flags & SBI_PMU_CFG_AUTO_START)
		start(p, c);
	*value = (uint64_t)i;
	return SBI_SUCCESS;
}

bool vpmu_configured(const struct vpmu *p, uint32_t set)
{
	for (unsigned i = 0; i < VPMU_COUNTERS; i++)
		if ((set >> i & 1) && !p->counter[i].configured)
			return false;
	return true;
}

long vpmu_start(struct vpmu *p, uint32_t set, const uint64_t a[4])
{
	long err = SBI_SUCCESS;

	for (unsigned i = 0; i < VPMU_COUNTERS; i++) {
		struct vpmu_counter *c = &p->counter[i];

		if (!(set >> i & 1))
			continue;
		if (c->started) {
			err = SBI_ERR_ALREADY_STARTED;
			continue;
		}
		if (a[2] & SBI_PMU_START_SET_INIT_VALUE)
			c->value = a[3];
		start(p, c);
	}
	return err;
}

long vpmu_stop(struct vpmu *p, uint32_t set, const uint64_t a[3])
{
	long err = SBI_SUCCESS;

	for (unsigned i = 0; i < VPMU_COUNTERS; i++) {
		struct vpmu_counter *c = &p->counter[i];

		if (!(set >> i & 1))
			continue;
		if (c->started)
			stop(p, c);
		else
			err = SBI_ERR_ALREADY_STOPPED;
		if (a[2] & SBI_PMU_STOP_RESET)
			c->configured = false;
	}
	return err;
}

long vpmu_read(const struct vpmu *p, uint64_t counter, uint64_t *value)
{
	const struct vpmu_counter *c = &p->counter[counter % VPMU_COUNTERS];

	if (counter >= VPMU_COUNTERS || !c->configured)
		return SBI_ERR_INVALID_PARAM;
	*value = c->value + (c->started ? count(p, c) : 0);
	return SBI_SUCCESS;
}

bool vpmu_counts(const struct vpmu *p, unsigned event)
{
	for (unsigned i = 0; i < VPMU_COUNTERS; i++)
		if (p->counter[i].started && p->counter[i].event == event)
			return true;
	return false;
}
