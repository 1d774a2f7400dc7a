/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SBI HSM (chapter "Hart State Management Extension"). Arguments are checked here; the states and
 * their changes are core/vcpu.c's. A hart starts and resumes at an address in RAM that an
 * instruction can have (even, as C allows).
 */
#include <core/vm.h>
#include <guest/vsbi.h>

static struct vcpu *hart(struct vcpu *v, uint64_t hartid)
{
	return hartid < v->vm->nvcpus ? v->vm->vcpu[hartid] : NULL;
}

static bool entry_ok(const struct vm *vm, uint64_t addr)
{
	return !(addr & 1) && vm_ram_contains(vm, gpa(addr), 2);
}

static struct sbi_reply hart_start(struct vcpu *v, const uint64_t *a)
{
	struct vcpu *target = hart(v, a[0]);

	if (!target)
		return vsbi_err(SBI_ERR_INVALID_PARAM);
	if (!entry_ok(v->vm, a[1]))
		return vsbi_err(SBI_ERR_INVALID_ADDRESS);
	return vsbi_err(vcpu_hsm_start(target, gpa(a[1]), a[2]));
}

static struct sbi_reply hart_get_status(struct vcpu *v, const uint64_t *a)
{
	struct vcpu *target = hart(v, a[0]);

	if (!target)
		return vsbi_err(SBI_ERR_INVALID_PARAM);
	return vsbi_ok((uint64_t)vcpu_hsm_status(target));
}

/* suspend_type has 32 bits; what stands above them does not count. */
static struct sbi_reply hart_suspend(struct vcpu *v, const uint64_t *a)
{
	switch ((uint32_t)a[0]) {
	case SBI_HSM_SUSPEND_RETENTIVE:
		vcpu_hsm_suspend(v, false, gpa(0), 0);
		return vsbi_then(VSBI_LEAVE); /* "success", for when it comes back */
	case SBI_HSM_SUSPEND_NON_RETENTIVE:
		if (!entry_ok(v->vm, a[1]))
			return vsbi_err(SBI_ERR_INVALID_ADDRESS);
		vcpu_hsm_suspend(v, true, gpa(a[1]), a[2]);
		return vsbi_then(VSBI_GONE);
	default:
		return vsbi_err(SBI_ERR_INVALID_PARAM);
	}
}

struct sbi_reply vsbi_hsm(struct vcpu *v, uint64_t fid, const uint64_t *a)
{
	switch (fid) {
	case SBI_HSM_HART_START:
		return hart_start(v, a);
	case SBI_HSM_HART_STOP:
		vcpu_hsm_stop(v);
		return vsbi_then(VSBI_GONE);
	case SBI_HSM_HART_GET_STATUS:
		return hart_get_status(v, a);
	case SBI_HSM_HART_SUSPEND:
		return hart_suspend(v, a);
	default:
		return vsbi_err(SBI_ERR_NOT_SUPPORTED);
	}
}
