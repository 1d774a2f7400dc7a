/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * G-stage translation by software: a guest hypervisor's tables, which lead from its guest's
 * physical addresses to its own. The walk is that of arch/vwalk.h with a root of four pages, so all
 * that stands there about hostile tables holds here. Privileged specification, "Guest Physical
 * Address Translation".
 */
#ifndef NACRE_GUEST_NESTED_NWALK_H
#define NACRE_GUEST_NESTED_NWALK_H

#include <arch/vwalk.h>

struct nwalk_env {
	uint64_t hgatp;
	bool mxr;			  /* sstatus.MXR of HS-mode */
	bool adue;			  /* A and D are set by the walk, else they are faults */
	bool pbmte, svnapot, svrsw60t59b; /* as in struct vwalk_env */
};

enum nwalk_fault {
	NWALK_GUEST_PAGE_FAULT,
	NWALK_ACCESS_FAULT, /* a table is not in RAM */
};

struct nwalk_result {
	gpa_t gpa;	    /* the guest hypervisor's, of the very byte asked for */
	uint64_t page_size; /* of the page around it; Bare: 1 GiB */
	unsigned perm;	    /* GSTAGE_*, without W as long as D is clear */
	enum nwalk_fault fault;
};

/* 0; -NACRE_EFAULT: out->fault; -NACRE_EBUSY: let the guest try again; or what a callback said. */
int nwalk(const struct nwalk_env *env, const struct vwalk_mem *mem, void *ctx, gpa_t gpa,
	  enum vwalk_access access, struct nwalk_result *out);

#endif
