/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Exchanges instructions at run time: include/arch/patch.h. The text stays read-only where it is
 * executed; it is written through a page of its own that is mapped for that one store
 * (mmu_poke_text()). Then every hart executes fence.i, by the firmware's remote fence: unprivileged
 * specification, "Zifencei".
 */
#include <assert.h>
#include <arch/atomic.h>
#include <arch/hart.h>
#include <arch/mmu.h>
#include <arch/patch.h>
#include <arch/sbi.h>
#include <core/log.h>
#include <spec/sbi.h>

#define SITES_MAX 8

struct patch_site {
	int32_t at, to; /* relative to the member itself */
	uint32_t link;	/* rd of the jump */
};

extern const struct patch_site _patch[], _patch_end[];

static uint32_t original[SITES_MAX]; /* 0: not looked at yet */

static const uint32_t *site_of(const struct patch_site *s)
{
	return (const uint32_t *)((uint64_t)&s->at + (uint64_t)(int64_t)s->at);
}

static uint32_t jump(const struct patch_site *s)
{
	uint64_t to = (uint64_t)&s->to + (uint64_t)(int64_t)s->to;
	uint32_t d = (uint32_t)(to - (uint64_t)site_of(s));

	return (d >> 20 & 1) << 31 | (d >> 1 & 0x3ff) << 21 | (d >> 11 & 1) << 20 |
	       (d >> 12 & 0xff) << 12 | s->link << 7 | 0x6f;
}

bool patch_all(bool on)
{
	assert(_patch_end - _patch <= SITES_MAX);
	for (const struct patch_site *s = _patch; s < _patch_end; s++) {
		uint32_t *old = &original[s - _patch];

		if (!*old)
			*old = *site_of(s);
		/* Only the first may fail: it makes the page table. */
		if (!mmu_poke_text(site_of(s), on ? jump(s) : *old))
			return false;
	}
	fence_rw_rw(); /* the stores before the firmware's message to the harts that fetch them */
	fence_i();
	if (sbi_call(SBI_EXT_RFENCE, SBI_RFENCE_FENCE_I, 0, UINT64_MAX, 0).error)
		log_warn("the firmware has no remote fence.i: other harts change over later");
	return true;
}
