/* SPDX-License-Identifier: BSD-2-Clause */
/* SBI IPI (chapter "IPI Extension"). A hart that is stopped is valid and takes no interrupt. */
#include <core/vm.h>
#include <guest/hartmask.h>
#include <guest/vsbi.h>

void vsbi_send_ipi(struct vcpu *v, const struct hartset *set)
{
	for (uint32_t id = HARTSET_START; hartset_next(set, &id);) {
		vpmu_request(&v->pmu, &v->vm->vcpu[id]->pmu, SBI_PMU_FW_IPI_SENT);
		vcpu_send_ssip(v->vm->vcpu[id]);
	}
}

struct sbi_reply vsbi_ipi(struct vcpu *v, uint64_t fid, const uint64_t *a)
{
	struct hartset set;
	long error;

	if (fid != SBI_IPI_SEND_IPI)
		return vsbi_err(SBI_ERR_NOT_SUPPORTED);
	error = hartset_make(&set, a[0], a[1], v->vm->nvcpus);
	if (error)
		return vsbi_err(error);
	vsbi_send_ipi(v, &set);
	return vsbi_ok(0);
}
