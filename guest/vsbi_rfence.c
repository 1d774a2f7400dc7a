/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SBI RFENCE (chapter "RFENCE Extension"): when a call returns, no vcpu of the set runs an
 * instruction with what was fenced. A range that wraps around is taken as the whole address space,
 * so no address is invalid. Stopped vcpus are fenced too: their cached translations survive the
 * stop.
 *
 * The hfence functions are for guests with the hypervisor extension, which all of their harts have.
 * Each vcpu forgets what it has of its own guests, under the numbers that the guest gave them: the
 * VVMA ones are about the VMID in the caller's hgatp, whatever the others have in theirs. For other
 * guests they end with NOT_SUPPORTED, after the hart mask is checked.
 */
#include <arch/tlbsan.h>
#include <core/vm.h>
#include <guest/hartmask.h>
#include <guest/vsbi.h>

#define ASID_MAX 0xffff /* satp.ASID has 16 bits, */
#define VMID_MAX 0x3fff /* hgatp.VMID 14 */

static_assert(SBI_PMU_FW_SFENCE_VMA_ASID_SENT == SBI_PMU_FW_SFENCE_VMA_SENT + 2 &&
		      SBI_PMU_FW_HFENCE_GVMA_VMID_SENT == SBI_PMU_FW_HFENCE_GVMA_SENT + 2 &&
		      SBI_PMU_FW_HFENCE_VVMA_SENT == SBI_PMU_FW_HFENCE_GVMA_SENT + 4 &&
		      SBI_PMU_FW_HFENCE_VVMA_ASID_SENT == SBI_PMU_FW_HFENCE_GVMA_SENT + 6,
	      "the events are in the order of the types");

/* All are asked first, so that they fence at the same time; then each is awaited. */
static void wait_for_others(struct vcpu *v, const struct hartset *set)
{
	for (uint32_t id = HARTSET_START; hartset_next(set, &id);)
		if (v->vm->vcpu[id] != v)
			vcpu_fence_wait(v->vm->vcpu[id]);
}

void vsbi_remote_fence_i(struct vcpu *v, const struct hartset *set)
{
	/* The caller's own request is carried out before it enters the guest again. */
	for (uint32_t id = HARTSET_START; hartset_next(set, &id);) {
		vpmu_request(&v->pmu, &v->vm->vcpu[id]->pmu, SBI_PMU_FW_FENCE_I_SENT);
		vcpu_push_fence_i(v->vm->vcpu[id]);
	}
	wait_for_others(v, set);
}

static unsigned event_of(const struct hfence *h)
{
	return h->l2 ? SBI_PMU_FW_HFENCE_GVMA_SENT + (h->type & ~1U)
		     : SBI_PMU_FW_SFENCE_VMA_SENT + (h->type & ~1U) - NACL_HFENCE_VVMA;
}

static void fence_self(struct vcpu *v, const struct hfence *h)
{
	if (!h->l2)
		tlbsan_due(tlbsan_request(&v->vmid, h));
	v->ops->hfence(v, h);
}

static void fence_all(struct vcpu *v, const struct hartset *set, const struct hfence *h)
{
	unsigned event = event_of(h);
	bool self = false;

	for (uint32_t id = HARTSET_START; hartset_next(set, &id);) {
		if (v->vm->vcpu[id] == v) {
			self = true;
			continue;
		}
		vpmu_request(&v->pmu, &v->vm->vcpu[id]->pmu, event);
		vcpu_push_hfence(v->vm->vcpu[id], h);
	}
	/* While the others are on their way. */
	if (self)
		fence_self(v, h);
	wait_for_others(v, set);
}

long vsbi_remote_sfence(struct vcpu *v, const struct hartset *set, const struct vsbi_range *r)
{
	unsigned type = r->with_asid ? NACL_HFENCE_VVMA_ASID : NACL_HFENCE_VVMA;
	uint64_t asid = r->with_asid ? r->asid : 0;
	struct hfence h;

	if (asid > ASID_MAX)
		return SBI_ERR_INVALID_PARAM;
	if (hfence_make(&h, type, (uint16_t)asid, r->start, r->size))
		return SBI_ERR_FAILED;
	fence_all(v, set, &h);
	return SBI_SUCCESS;
}

static long remote_hfence(struct vcpu *v, const struct hartset *set, uint64_t fid,
			  const uint64_t *a)
{
	/* From SBI_RFENCE_HFENCE_GVMA_VMID on. */
	static const uint8_t types[] = {NACL_HFENCE_GVMA_VMID, NACL_HFENCE_GVMA,
					NACL_HFENCE_VVMA_ASID, NACL_HFENCE_VVMA};
	unsigned type = types[fid - SBI_RFENCE_HFENCE_GVMA_VMID];
	uint64_t asid = type == NACL_HFENCE_VVMA_ASID ? a[4] : 0;
	uint64_t vmid = type == NACL_HFENCE_GVMA_VMID ? a[4] : 0;
	struct hfence h;

	if (!isa_has(&v->vm->isa, ISA_H))
		return SBI_ERR_NOT_SUPPORTED;
	if (asid > ASID_MAX || vmid > VMID_MAX)
		return SBI_ERR_INVALID_PARAM;
	if (hfence_make(&h, type, (uint16_t)asid, a[2], a[3]))
		return SBI_ERR_FAILED;
	h.l2 = true;
	h.vmid = (uint16_t)(hfence_is_vvma(&h) ? v->vm->ops->vcpu_vmid(v) : vmid);
	fence_all(v, set, &h);
	return SBI_SUCCESS;
}

struct sbi_reply vsbi_rfence(struct vcpu *v, uint64_t fid, const uint64_t *a)
{
	struct vsbi_range range = {a[2], a[3], fid == SBI_RFENCE_SFENCE_VMA_ASID, a[4]};
	struct hartset set;
	long error;

	if (fid > SBI_RFENCE_HFENCE_VVMA)
		return vsbi_err(SBI_ERR_NOT_SUPPORTED);
	error = hartset_make(&set, a[0], a[1], v->vm->nvcpus);
	if (error)
		return vsbi_err(error);
	switch (fid) {
	case SBI_RFENCE_FENCE_I:
		vsbi_remote_fence_i(v, &set);
		return vsbi_ok(0);
	case SBI_RFENCE_SFENCE_VMA:
	case SBI_RFENCE_SFENCE_VMA_ASID:
		return vsbi_err(vsbi_remote_sfence(v, &set, &range));
	default:
		return vsbi_err(remote_hfence(v, &set, fid, a));
	}
}
