/* SPDX-License-Identifier: BSD-2-Clause */
/* SBI BASE (chapter "Base Extension"): who answers here, and with which extensions. */
#include <guest/vsbi.h>
#include <spec/nacre.h>

struct sbi_reply vsbi_base(struct vcpu *v, uint64_t fid, const uint64_t *a)
{
	switch (fid) {
	case SBI_BASE_GET_SPEC_VERSION:
		return vsbi_ok(NACRE_SBI_SPEC_VERSION);
	case SBI_BASE_GET_IMPL_ID:
		return vsbi_ok(NACRE_SBI_IMPL_ID);
	case SBI_BASE_GET_IMPL_VERSION:
		return vsbi_ok(NACRE_SBI_IMPL_VERSION);
	case SBI_BASE_PROBE_EXTENSION:
		return vsbi_ok(vsbi_has(v->vm, a[0]));
	case SBI_BASE_GET_MVENDORID:
		return vsbi_ok(NACRE_MVENDORID);
	case SBI_BASE_GET_MARCHID:
		return vsbi_ok(NACRE_MARCHID);
	case SBI_BASE_GET_MIMPID:
		return vsbi_ok(NACRE_MIMPID);
	default:
		return vsbi_err(SBI_ERR_NOT_SUPPORTED);
	}
}
