/* SPDX-License-Identifier: BSD-2-Clause */
/* SBI TIME (chapter "Timer Extension"). Every value is allowed: one in the past fires at once,
 * UINT64_MAX never. */
#include <guest/vsbi.h>

struct sbi_reply vsbi_time(struct vcpu *v, uint64_t fid, const uint64_t *a)
{
	if (fid != SBI_TIME_SET_TIMER)
		return vsbi_err(SBI_ERR_NOT_SUPPORTED);
	v->pmu.event[SBI_PMU_FW_SET_TIMER]++;
	vcpu_set_timer(v, a[0]);
	return vsbi_ok(0);
}
