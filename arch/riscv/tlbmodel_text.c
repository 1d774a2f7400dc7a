/* SPDX-License-Identifier: BSD-2-Clause */
/* A report of the fence watcher in words: which hart, which entry, who changed it, what the fences
 * lacked. */
#include <stdio.h>

#include "tlbmodel_stale.h"

static const char *const fault_text[TLBM_FAULTS] = {
	[TLBM_STALE_G] = "enters with a stale G-stage entry",
	[TLBM_STALE_VS] = "enters with a stale VS-stage entry",
	[TLBM_FOREIGN_G] = "enters with G-stage entries of its VMID's earlier owner",
	[TLBM_FOREIGN_VS] = "enters with VS-stage entries of its VMID's earlier owner",
	[TLBM_STALE_SHADOW] = "enters with shadow entries that L1 has fenced",
	[TLBM_WRONG_HGATP] = "enters with an hgatp that is not its vcpu's",
	[TLBM_REUSED] = "may still use a page that was given away",
	[TLBM_ROOT_FREED] = "has tables in hgatp that were freed",
	[TLBM_UNSETTLED] = "runs on although a remote fence counts as done",
	[TLBM_INVAL] = "has hinval outside sfence.w.inval and sfence.inval.ir",
	[TLBM_CAPACITY] = "cannot be judged: the watcher's memory is too small",
};

static const char *const why_text[] = {
	[TLBM_UNMAPPED] = "unmapped",
	[TLBM_PROTECTED] = "protected",
	[TLBM_TABLE] = "unmapped with its tables",
	[TLBM_REQUEST] = "asked to be fenced",
	[TLBM_L1_FENCE] = "fenced by L1",
	[TLBM_SLOT_REUSED] = "left from another L2",
	[TLBM_COARSE] = "changed (many ranges)",
};

static const char *const miss_text[] = {
	[TLBM_NO_FENCE] = "no fence since",
	[TLBM_OTHER_HART] = "fenced on another hart only",
	[TLBM_OTHER_STAGE] = "fenced for the other stage only",
	[TLBM_OTHER_VMID] = "fenced for another VMID only",
	[TLBM_OTHER_ASID] = "fenced for another ASID only",
	[TLBM_TOO_NARROW] = "the fence was too narrow",
};

int tlbm_describe(const struct tlbm_report *r, char *buf, size_t len)
{
	const struct tlbm_stale *s = &r->stale;
	char vmid[24] = "", page[40] = "", asid[16] = "";

	if (r->vmid != TLBM_ANY)
		snprintf(vmid, sizeof(vmid), ", VMID %u,", (unsigned)r->vmid);
	if (r->fault == TLBM_REUSED || r->fault == TLBM_ROOT_FREED)
		snprintf(page, sizeof(page), " (page 0x%llx)", (unsigned long long)r->hpa);
	if (s->kind == TLBM_KIND_NONE)
		return snprintf(buf, len, "hart %u%s %s%s", r->hart, vmid, fault_text[r->fault],
				page);
	if (!s->any_asid && s->kind == TLBM_KIND_VS)
		snprintf(asid, sizeof(asid), " ASID %u", (unsigned)s->asid);
	return snprintf(buf, len, "hart %u%s %s%s: %s 0x%llx-0x%llx%s, %s by hart %u; %s", r->hart,
			vmid, fault_text[r->fault], page, s->kind == TLBM_KIND_VS ? "gva" : "gpa",
			(unsigned long long)s->first, (unsigned long long)s->last, asid,
			why_text[s->why], (unsigned)s->by,
			s->kind == TLBM_KIND_SHADOW ? "the shadow was not emptied"
						    : miss_text[s->miss]);
}
