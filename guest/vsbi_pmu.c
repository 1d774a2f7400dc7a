/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SBI PMU (chapter "Performance Monitoring Unit Extension"): firmware counters alone, without
 * snapshots. Counters of fences count requests, however the back end carries them out.
 */
#include <core/vm.h>
#include <guest/vpmu.h>
#include <guest/vsbi.h>

#define MAX_EVENT_INFOS 1024

/* Traps that came to Nacre are counted already. */
static void take_traps(struct vcpu *v)
{
	static const uint8_t cause[] = {
		[SBI_PMU_FW_MISALIGNED_LOAD] = CAUSE_LOAD_MISALIGNED,
		[SBI_PMU_FW_MISALIGNED_STORE] = CAUSE_STORE_MISALIGNED,
		[SBI_PMU_FW_ACCESS_LOAD] = CAUSE_LOAD_ACCESS,
		[SBI_PMU_FW_ACCESS_STORE] = CAUSE_STORE_ACCESS,
		[SBI_PMU_FW_ILLEGAL_INSN] = CAUSE_ILLEGAL,
	};

	for (unsigned i = 0; i < ARRAY_SIZE(cause); i++)
		v->pmu.event[i] = v->ctx.exits[cause[i]];
}

/* Entries in the guest's memory. More than any guest has events are not looked at, so that the call
 * takes no time. */
static long get_event_info(struct vcpu *v, const uint64_t *a)
{
	gpa_t at = gpa(a[0]);

	if (a[3] || !IS_ALIGNED(a[0], sizeof(struct sbi_pmu_event_info)))
		return SBI_ERR_INVALID_PARAM;
	if (a[1])
		return SBI_ERR_INVALID_ADDRESS;
	if (a[2] > MAX_EVENT_INFOS)
		return SBI_ERR_FAILED;
	for (uint64_t n = a[2]; n; n--, at.v += sizeof(struct sbi_pmu_event_info)) {
		struct sbi_pmu_event_info *e = vm_ram(v->vm, at, sizeof(*e));
		uint32_t event;

		if (!e)
			return SBI_ERR_INVALID_ADDRESS;
		event = __atomic_load_n(&e->event_idx, __ATOMIC_RELAXED);
		if (event >> SBI_PMU_EVENT_BITS)
			return SBI_ERR_INVALID_PARAM;
		e->output = vpmu_can_count(event, e->event_data);
	}
	return SBI_SUCCESS;
}

static long call(struct vcpu *v, uint64_t fid, const uint64_t *a, uint64_t *value)
{
	switch (fid) {
	case SBI_PMU_NUM_COUNTERS:
		*value = VPMU_COUNTERS;
		return SBI_SUCCESS;
	case SBI_PMU_COUNTER_GET_INFO:
		return vpmu_get_info(a[0], value);
	case SBI_PMU_COUNTER_CFG_MATCH:
		return vpmu_config(&v->pmu, a, value);
	case SBI_PMU_COUNTER_START:
		return vpmu_start(&v->pmu, a);
	case SBI_PMU_COUNTER_STOP:
		return vpmu_stop(&v->pmu, a);
	case SBI_PMU_COUNTER_FW_READ:
		return vpmu_read(&v->pmu, a[0], value);
	case SBI_PMU_COUNTER_FW_READ_HI: /* XLEN is 64: nothing is up there */
		return vpmu_read(&v->pmu, a[0], &(uint64_t){0});
	case SBI_PMU_EVENT_GET_INFO:
		return get_event_info(v, a);
	default:
		return SBI_ERR_NOT_SUPPORTED;
	}
}

struct sbi_reply vsbi_pmu(struct vcpu *v, uint64_t fid, const uint64_t *a)
{
	uint64_t value = 0;
	long error;

	take_traps(v);
	error = call(v, fid, a, &value);
	/* An answer in the trap itself is not counted. */
	vcpu_slow(v, VCPU_SLOW_COUNTS, vpmu_counts(&v->pmu, SBI_PMU_FW_SET_TIMER));
	return error ? vsbi_err(error) : vsbi_ok(value);
}
