/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Nested virtualization: a vcpu with the hypervisor extension. L1 is the guest, a hypervisor in
 * VS-mode that we let believe to be in HS-mode; L2 is what it runs. The hart has the registers of
 * the one that runs, in v->ctx and the CSRs; what differs of the other (struct world) waits in
 * file.vs. So while L1 runs, file.vs is what L1 sees as its VS CSRs.
 *
 * Which of the two runs is told by v->ops. All of it belongs to the vcpu's own hart. Two doors lead
 * here: instructions of L1 that trap (ninsn.c), and calls of SBI NACL (vsbi_nacl.c).
 */
#ifndef NACRE_GUEST_NESTED_H
#define NACRE_GUEST_NESTED_H

#include <arch/gstage.h>
#include <arch/hfence.h>
#include <core/vcpu.h>
#include <guest/nested/ncsr.h>

struct nacl_shmem;

#define NESTED_SLOTS 4

/*
 * A shadow G-stage: what L2's guest physical addresses come to on the host, for one value of L1's
 * hgatp. It is a cache, as a TLB is: filled by faults, emptied by L1's fences or whenever memory is
 * short.
 */
struct shadow {
	uint64_t hgatp; /* L1's */
	bool used;
	struct gstage g;
	hpa_t root; /* of g */
	struct vmid vmid;
	struct hfence_queue fences; /* VVMA ones, before its next entry */
	uint64_t lo, hi;	    /* nothing outside is mapped */
	uint64_t last_use;
	struct nested *of;
};

struct nested {
	struct ncsr_file file;
	/* Only while L1 runs and hstatus.SPV is 1 since L2 was left: what L1's trap registers got
	 * then. */
	bool spv_is_ours;
	uint64_t left_cause, left_epc;
	/* While L2 runs. */
	uint64_t own_fs;	       /* sstatus.FS and VS as they shall be for L1 */
	struct hfence_queue l1_fences; /* for L1, before it goes on */

	struct shadow slot[NESTED_SLOTS];
	struct shadow *current; /* of file.hgatp; NULL: to be looked up */
	uint64_t clock;
	hpa_t spare;			/* pages for tables, linked through their first word, */
	unsigned nspare, taken, budget; /* so many; of those that were taken at all; at most */

	struct nacl_shmem *shmem; /* vsbi_nacl.c's: L1's RAM, or NULL */
};

/* A trap that L1 takes. gva: stval is a guest virtual address. */
struct ntrap {
	uint64_t cause, stval, htval, htinst;
	bool gva;
};

/* ---- nested.c ---- */

/* The vm_ops entry: the vcpu's ISA is new; it is off. 0 or -NACRE_ENOMEM. */
int nested_take_isa(struct vcpu *v, bool has_h);

/* SRET of L1 in HS-mode, as hstatus.SPV has it: into L2, or within L1. The pc follows from it. */
void nested_sret(struct vcpu *v);
/* L2 is left: L1 takes this trap. Only while L2 runs. */
void nested_leave(struct vcpu *v, const struct ntrap *t);
/* While L1 runs, it takes this trap in its own HS- or U-mode. */
void nested_trap_l1(struct vcpu *v, const struct ntrap *t);
/* A trap that L1 took all the same (vcpu_inject()): what HS-mode's registers say then. */
void nested_trapped(struct vcpu *v);

/* H and VS CSRs of L1, while it runs. false: no such CSR. Writes take effect at once. */
bool nested_csr_read(struct vcpu *v, unsigned csr, uint64_t *val);
bool nested_csr_write(struct vcpu *v, unsigned csr, uint64_t val);

/* While L2 runs. */
bool nexit(struct vcpu *v, const struct vcpu_exit *e);
/* An interrupt for L1 has come, or its lines changed. */
void nested_lines(struct vcpu *v);
/* While L1 runs. */
bool ninsn_exit(struct vcpu *v, const struct vcpu_exit *e);

/* ---- shadow.c ---- */

int shadow_init(struct nested *n, struct vcpu *v);
/* Forgets everything. L1 runs, or the vcpu is off. */
void shadow_reset(struct nested *n);
/* That of file.hgatp. Never fails. */
struct shadow *shadow_current(struct vcpu *v);
/* hfence of L1: VMIDs are L1's, also for the VVMA types. */
void nested_hfence(struct vcpu *v, const struct hfence *h);
/* A guest page fault of L2: true: mapped, or L1 has a trap, or the access was carried out. */
bool shadow_fault(struct vcpu *v, const struct vcpu_exit *e);

#endif
