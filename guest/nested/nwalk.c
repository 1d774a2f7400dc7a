/* SPDX-License-Identifier: BSD-2-Clause */
/* G-stage translation of a guest hypervisor's tables: vwalk() with the G-stage's peculiarities,
 * whose faults are renamed. */
#include <guest/nested/nwalk.h>

#include <arch/gstage.h>
#include <core/errno.h>
#include <spec/csr.h>

/* The PPN of hgatp is that of satp, and the modes have the same numbers. */
static_assert(SATP_MODE_SV39 == HGATP_MODE_SV39X4, "without its VMID, hgatp can be walked as satp");
static_assert(GSTAGE_R << 1 == PTE_R && GSTAGE_W << 1 == PTE_W && GSTAGE_X << 1 == PTE_X,
	      "permissions are those of the entry");

static unsigned permissions(uint64_t pte)
{
	unsigned perm = (unsigned)(pte >> 1) & GSTAGE_RWX;

	return pte & PTE_D ? perm : perm & ~GSTAGE_W;
}

int nwalk(const struct nwalk_env *env, const struct vwalk_mem *mem, void *ctx, gpa_t gpa,
	  enum vwalk_access access, struct nwalk_result *out)
{
	/* "As though executed in U-mode": U must be set in every leaf. */
	const struct vwalk_env e = {
		.vsatp = env->hgatp & ~HGATP_VMID,
		.wide_root = true,
		.user = true,
		.mxr = env->mxr,
		.adue = env->adue,
		.pbmte = env->pbmte,
		.svnapot = env->svnapot,
		.svrsw60t59b = env->svrsw60t59b,
	};
	struct vwalk_result r;
	int rc;

	*out = (struct nwalk_result){.gpa = gpa, .page_size = SIZE_1G, .perm = GSTAGE_RWX};
	if (env->hgatp >> HGATP_MODE_SHIFT == HGATP_MODE_BARE)
		return 0;
	rc = vwalk(&e, mem, ctx, gva(gpa.v), access, &r);
	if (rc == -NACRE_EFAULT) {
		bool page = r.cause == CAUSE_FETCH_PAGE_FAULT || r.cause == CAUSE_LOAD_PAGE_FAULT ||
			    r.cause == CAUSE_STORE_PAGE_FAULT;

		out->fault = page ? NWALK_GUEST_PAGE_FAULT : NWALK_ACCESS_FAULT;
	}
	if (rc)
		return rc;
	out->gpa = r.gpa;
	out->page_size = r.page_size;
	out->perm = permissions(r.pte);
	return 0;
}
