/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * VS-stage address translation by software: guest virtual to guest physical addresses, as the
 * hardware would have done it for an access that we carry out for a guest.
 *
 * Page tables are the guest's: it may write anything there, at any moment, from other harts. Each
 * entry is read once and judged by the value read; A and D are set only if it still has that value.
 * Nothing is cached, so no fence of the guest concerns a walk that has ended. The G-stage is behind
 * the callbacks. Privileged specification, "Virtual Address Translation Process", Sv39, Sv48, Sv57,
 * Svade, Svadu, Svnapot, Svpbmt, Svrsw60t59b; "Pointer Masking Extensions".
 */
#ifndef NACRE_ARCH_VWALK_H
#define NACRE_ARCH_VWALK_H

#include <core/types.h>
#include <spec/csr.h>
#include <spec/pte.h>

enum vwalk_access {
	VWALK_FETCH,
	VWALK_LOAD,  /* loads, LR */
	VWALK_STORE, /* stores, SC, AMOs: what is writable is readable too */
};

/* What translation depends on. Of the extensions it counts what the hart does, told or not. */
struct vwalk_env {
	uint64_t vsatp;
	bool wide_root;	  /* of four pages, as in a G-stage (Sv39x4, ...); addresses are zero-extended */
	bool user;	  /* access from VU-mode, not VS-mode */
	bool sum;	  /* vsstatus.SUM */
	bool mxr;	  /* vsstatus.MXR or HS-level sstatus.MXR */
	bool adue;	  /* henvcfg.ADUE: A and D are set, else page faults ask for them */
	bool pbmte;	  /* henvcfg.PBMTE */
	bool svnapot;	  /* else bit 63 is reserved */
	bool svrsw60t59b; /* else bits 60:59 are reserved */
	uint8_t pmm;	  /* pointer masking of the mode that accesses: PMM_* */
};

/*
 * Guest physical memory, in entries of 8 bytes, a is aligned to that and below 2^56. An error other
 * than those named ends the walk, which returns it.
 */
struct vwalk_mem {
	/* By one load. -NACRE_EFAULT: not readable memory. */
	int (*read)(void *ctx, gpa_t a, uint64_t *pte);
	/*
	 * Writes desired if the entry is expect, atomically, and ordered before the access for
	 * which the walk is made. -NACRE_EBUSY: it is another, or a reservation was lost;
	 * -NACRE_EFAULT: not writable memory. To look without a trace, do nothing and return 0.
	 */
	int (*cas)(void *ctx, gpa_t a, uint64_t expect, uint64_t desired);
	/* May be NULL. Is told of each entry read, before it is judged. Level 0 maps 4 KiB. */
	void (*step)(void *ctx, unsigned level, gpa_t pte_at, uint64_t pte);
};

struct vwalk_result {
	gpa_t gpa;	    /* of the very byte asked for */
	uint64_t page_size; /* bytes of the page, superpage or NAPOT range around it; Bare: 4 KiB */
	uint64_t cause; /* the guest's exception: CAUSE_{FETCH,LOAD,STORE}_{PAGE_FAULT,ACCESS} */
	uint64_t stval;
	/* How far it came, set on errors too. */
	unsigned levels; /* of tables entered; 0: Bare, or not canonical */
	gpa_t pte_at;	 /* the last entry that was looked at, */
	uint64_t pte;	 /* its value, A and D as they are now; 0 if it could not be read */
};

/*
 * The address that pointer masking makes of an access's: the one that is translated, and that stval
 * has if there is an exception. vwalk() does it, too: this is for those who look at the address
 * themselves. ("Pointer Masking Extensions": not of fetches, nor with MXR.)
 */
static inline gva_t vwalk_masked(const struct vwalk_env *env, gva_t va, enum vwalk_access access)
{
	unsigned n = env->pmm == PMM_7 ? 7 : 16;

	if (env->pmm < PMM_7 || env->mxr || access == VWALK_FETCH)
		return va;
	va.v <<= n;
	return gva(env->vsatp >> SATP_MODE_SHIFT == SATP_MODE_BARE
			   ? va.v >> n
			   : (uint64_t)((int64_t)va.v >> n));
}

/*
 * Translates va, the address of one byte: an access that crosses into another page takes a walk for
 * each. 0; -NACRE_EFAULT: the guest gets the exception in out; -NACRE_EBUSY: the entry changed
 * whenever A or D was to be set: let the guest try its instruction again; -NACRE_EINVAL: a
 * vsatp.MODE that the register cannot hold; or what a callback said. mem->cas is called only with
 * adue.
 */
int vwalk(const struct vwalk_env *env, const struct vwalk_mem *mem, void *ctx, gva_t va,
	  enum vwalk_access access, struct vwalk_result *out);

#endif
