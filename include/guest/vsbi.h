/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SBI as Nacre offers it to guests (SBI specification 3.0): what the dispatcher and the extensions'
 * files share.
 *
 * An extension is one function. It gets the calling vcpu, which is the loaded one, and the argument
 * registers a0..a5; it checks everything, then acts, and answers by value. It never writes a guest
 * register: vsbi_ecall() alone does.
 */
#ifndef NACRE_GUEST_VSBI_H
#define NACRE_GUEST_VSBI_H

#include <core/vcpu.h>
#include <spec/sbi.h>

struct vm;

/* What follows the call. */
enum vsbi_then {
	VSBI_RESUME, /* the reply, then the guest goes on */
	VSBI_LEAVE,  /* the reply, then the vcpu's turn ends */
	VSBI_RETRY,  /* no reply: the turn ends, and the next one starts with the same ecall */
	VSBI_GONE, /* no reply: the vcpu has stopped or its VM ends; its registers are not ours any
		      more */
	VSBI_ELSEWHERE, /* no reply: the guest goes on elsewhere, at its trap handler for one */
};

/* Legacy calls use error alone, as their a0. */
struct sbi_reply {
	long error;
	uint64_t value;
	enum vsbi_then then;
};

static inline struct sbi_reply vsbi_ok(uint64_t value)
{
	return (struct sbi_reply){.error = SBI_SUCCESS, .value = value};
}

static inline struct sbi_reply vsbi_err(long error)
{
	return (struct sbi_reply){.error = error};
}

static inline struct sbi_reply vsbi_then(enum vsbi_then then)
{
	return (struct sbi_reply){.then = then};
}

/* Carries out the ecall of the loaded vcpu. true: resume; false: back to the scheduler. */
bool vsbi_ecall(struct vcpu *v);

/* Whether the VM has the extension: the answer of BASE probe. */
bool vsbi_has(const struct vm *vm, uint64_t eid);

/* The extensions. a[0..5] are the arguments, fid the function id as it stands in a6. */
struct sbi_reply vsbi_base(struct vcpu *v, uint64_t fid, const uint64_t *a);
struct sbi_reply vsbi_time(struct vcpu *v, uint64_t fid, const uint64_t *a);
struct sbi_reply vsbi_ipi(struct vcpu *v, uint64_t fid, const uint64_t *a);
struct sbi_reply vsbi_rfence(struct vcpu *v, uint64_t fid, const uint64_t *a);
struct sbi_reply vsbi_hsm(struct vcpu *v, uint64_t fid, const uint64_t *a);
struct sbi_reply vsbi_srst(struct vcpu *v, uint64_t fid, const uint64_t *a);
struct sbi_reply vsbi_dbcn(struct vcpu *v, uint64_t fid, const uint64_t *a);
struct sbi_reply vsbi_pmu(struct vcpu *v, uint64_t fid, const uint64_t *a);
struct sbi_reply vsbi_nacl(struct vcpu *v, uint64_t fid, const uint64_t *a); /* guest/nested */
/* The legacy calls have no function id; theirs is the extension id. */
struct sbi_reply vsbi_legacy(struct vcpu *v, uint64_t eid, const uint64_t *a);

/* Actions that the legacy calls share with the extensions that replaced them; the arguments are
 * checked. */
struct hartset;
void vsbi_send_ipi(struct vcpu *v, const struct hartset *set);
void vsbi_remote_fence_i(struct vcpu *v, const struct hartset *set);
/* -> SBI_ERR_INVALID_PARAM for an asid that cannot exist, else SBI_SUCCESS. with_asid false: every
 * address space. */
struct vsbi_range {
	uint64_t start, size;
	bool with_asid;
	uint64_t asid;
};
long vsbi_remote_sfence(struct vcpu *v, const struct hartset *set, const struct vsbi_range *r);

#endif
