/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SBI PMU (chapter "Performance Monitoring Unit Extension"): firmware counters, and hardware
 * counters where the host has them, without snapshots. Counters of fences count requests, however
 * the back end carries them out.
 *
 * Calls for a set of counters check all of it first, then act on each that they can act on.
 */
#include <core/vcpu.h>
#include <core/vm.h>
#include <guest/vpmu.h>
#include <guest/vsbi.h>

#define MAX_EVENT_INFOS 1024
#define CONFIG_FLAGS                                                                 \
	(SBI_PMU_CFG_SKIP_MATCH | SBI_PMU_CFG_CLEAR_VALUE | SBI_PMU_CFG_AUTO_START | \
	 SBI_PMU_CFG_FILTERS)

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

/* ---- Hardware counters ---- */

/*
 * A guest's S- and U-mode are VS- and VU-mode to the hart. So are those of a guest of its own, and
 * to tell these from it the counters would have to be changed whenever one is entered or left. They
 * count in both alike; what shall be counted in its guests alone cannot be.
 */
static bool event_for_host(const struct vcpu *v, const uint64_t *a, struct hpm_event *e)
{
	uint64_t neither = SBI_PMU_CFG_SINH | SBI_PMU_CFG_UINH;

	if (!vpmu_is_hardware(a[3], a[4]))
		return false;
	if (isa_has(&v->vm->isa, ISA_H) && (a[2] & neither) == neither)
		return false;
	*e = (struct hpm_event){.index = a[3],
				.data = a[4],
				.filters = (a[2] & SBI_PMU_CFG_SINH ? SBI_PMU_CFG_VSINH : 0) |
					   (a[2] & SBI_PMU_CFG_UINH ? SBI_PMU_CFG_VUINH : 0)};
	return true;
}

/* The one that the caller names; it may have an event already. */
static long config_named(struct vcpu *v, unsigned n, const struct hpm_event *e)
{
	if (v->hpm.started >> n & 1)
		return SBI_ERR_INVALID_PARAM;
	if (v->hpm.configured >> n & 1)
		return vcpu_hpm_change(v, n, e) ? SBI_SUCCESS : SBI_ERR_NOT_SUPPORTED;
	return vcpu_hpm_config(v, 1U << n, e) ? SBI_SUCCESS : SBI_ERR_NOT_SUPPORTED;
}

static long config_hardware(struct vcpu *v, const struct vpmu_set *s, const uint64_t *a,
			    uint64_t *value)
{
	struct hpm_event e;
	unsigned n;
	long err;

	if (!s->hw || !event_for_host(v, a, &e))
		return SBI_ERR_NOT_SUPPORTED;
	if (a[2] & SBI_PMU_CFG_SKIP_MATCH) {
		n = (unsigned)__builtin_ctz(s->hw);
		err = s->fw ? SBI_ERR_NOT_SUPPORTED : config_named(v, n, &e);
		if (err)
			return err;
	} else {
		n = vcpu_hpm_config(v, s->hw, &e);
		if (!n)
			return SBI_ERR_NOT_SUPPORTED;
	}
	if (a[2] & SBI_PMU_CFG_AUTO_START)
		vcpu_hpm_start(v, 1U << n, a[2] & SBI_PMU_CFG_CLEAR_VALUE ? &(uint64_t){0} : NULL);
	*value = VPMU_HPM + n;
	return SBI_SUCCESS;
}

static long start_hardware(struct vcpu *v, uint32_t set, const uint64_t *a)
{
	uint32_t running = set & v->hpm.started;

	vcpu_hpm_start(v, set & ~running, a[2] & SBI_PMU_START_SET_INIT_VALUE ? &a[3] : NULL);
	return running ? SBI_ERR_ALREADY_STARTED : SBI_SUCCESS;
}

static long stop_hardware(struct vcpu *v, uint32_t set, const uint64_t *a)
{
	uint32_t running = set & v->hpm.started;

	vcpu_hpm_stop(v, running);
	if (a[2] & SBI_PMU_STOP_RESET)
		vcpu_hpm_reset(v, set & v->hpm.configured);
	return running == set ? SBI_SUCCESS : SBI_ERR_ALREADY_STOPPED;
}

/* ---- The calls ---- */

static long config(struct vcpu *v, const uint64_t *a, uint64_t *value)
{
	struct vpmu_set s;

	if (vpmu_make_set(vcpu_hpm_there(v), a, &s) || (a[2] & ~(uint64_t)CONFIG_FLAGS))
		return SBI_ERR_INVALID_PARAM;
	if (a[3] >> SBI_PMU_TYPE_SHIFT == SBI_PMU_TYPE_FW)
		return vpmu_config(&v->pmu, s.fw, a, value);
	return config_hardware(v, &s, a, value);
}

static long start(struct vcpu *v, const uint64_t *a)
{
	struct vpmu_set s;
	long fw, hw;

	if (vpmu_make_set(vcpu_hpm_there(v), a, &s) || (a[2] & ~(uint64_t)SBI_PMU_START_FLAGS))
		return SBI_ERR_INVALID_PARAM;
	if (a[2] & SBI_PMU_START_INIT_SNAPSHOT)
		return SBI_ERR_NO_SHMEM;
	if (!vpmu_configured(&v->pmu, s.fw) || (s.hw & ~v->hpm.configured))
		return SBI_ERR_INVALID_PARAM;
	fw = vpmu_start(&v->pmu, s.fw, a);
	hw = start_hardware(v, s.hw, a);
	return fw ? fw : hw;
}

static long stop(struct vcpu *v, const uint64_t *a)
{
	struct vpmu_set s;
	long fw, hw;

	if (vpmu_make_set(vcpu_hpm_there(v), a, &s) || (a[2] & ~(uint64_t)SBI_PMU_STOP_FLAGS))
		return SBI_ERR_INVALID_PARAM;
	if (a[2] & SBI_PMU_STOP_TAKE_SNAPSHOT)
		return SBI_ERR_NO_SHMEM;
	fw = vpmu_stop(&v->pmu, s.fw, a);
	hw = stop_hardware(v, s.hw, a);
	return fw ? fw : hw;
}

static bool can_count(struct vcpu *v, uint64_t event, uint64_t data)
{
	struct hpm_event e;

	return vpmu_can_count(event, data) ||
	       (vcpu_hpm_there(v) && event_for_host(v, (uint64_t[]){0, 0, 0, event, data}, &e) &&
		vcpu_hpm_ask(v, &e));
}

static long answer_events(struct vcpu *v, gpa_t at, uint64_t n)
{
	for (; n; n--, at.v += sizeof(struct sbi_pmu_event_info)) {
		struct sbi_pmu_event_info *e = vm_ram(v->vm, at, sizeof(*e));
		uint32_t event;

		if (!e)
			return SBI_ERR_INVALID_ADDRESS;
		event = __atomic_load_n(&e->event_idx, __ATOMIC_RELAXED);
		if (event >> SBI_PMU_EVENT_BITS)
			return SBI_ERR_INVALID_PARAM;
		e->output = can_count(v, event, __atomic_load_n(&e->event_data, __ATOMIC_RELAXED));
	}
	return SBI_SUCCESS;
}

/* Entries in the guest's memory. More than any guest has events are not looked at, so that the call
 * takes no time. */
static long get_event_info(struct vcpu *v, const uint64_t *a)
{
	long err;

	if (a[3] || !IS_ALIGNED(a[0], sizeof(struct sbi_pmu_event_info)))
		return SBI_ERR_INVALID_PARAM;
	if (a[1])
		return SBI_ERR_INVALID_ADDRESS;
	if (a[2] > MAX_EVENT_INFOS)
		return SBI_ERR_FAILED;
	vcpu_hpm_ask_begin(v);
	err = answer_events(v, gpa(a[0]), a[2]);
	vcpu_hpm_ask_end(v);
	return err;
}

static long call(struct vcpu *v, uint64_t fid, const uint64_t *a, uint64_t *value)
{
	switch (fid) {
	case SBI_PMU_NUM_COUNTERS:
		*value = vpmu_number(vcpu_hpm_there(v));
		return SBI_SUCCESS;
	case SBI_PMU_COUNTER_GET_INFO:
		return vpmu_get_info(vcpu_hpm_there(v), hpm_caps.width, a[0], value);
	case SBI_PMU_COUNTER_CFG_MATCH:
		return config(v, a, value);
	case SBI_PMU_COUNTER_START:
		return start(v, a);
	case SBI_PMU_COUNTER_STOP:
		return stop(v, a);
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
