/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SBI SRST (chapter "System Reset Extension"). Cold and warm reboot are the same: the VM is built
 * anew from its bundle. Both arguments have 32 bits; what stands above them does not count. Vendor
 * types and reasons are not implemented.
 */
#include <core/log.h>
#include <core/vm.h>
#include <guest/vsbi.h>

struct sbi_reply vsbi_srst(struct vcpu *v, uint64_t fid, const uint64_t *a)
{
	uint32_t type = (uint32_t)a[0], reason = (uint32_t)a[1];

	if (fid != SBI_SRST_RESET)
		return vsbi_err(SBI_ERR_NOT_SUPPORTED);
	if (type > SBI_SRST_TYPE_WARM_REBOOT || reason > SBI_SRST_REASON_SYSTEM_FAILURE)
		return vsbi_err(SBI_ERR_INVALID_PARAM);
	if (reason == SBI_SRST_REASON_SYSTEM_FAILURE)
		log_info("%s: the guest ends because of a failure of its own", v->vm->name);
	vm_halt(v->vm, type == SBI_SRST_TYPE_SHUTDOWN ? VM_ACT_SHUTDOWN : VM_ACT_REBOOT);
	return vsbi_then(VSBI_GONE);
}
