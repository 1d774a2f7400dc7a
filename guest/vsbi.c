/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The SBI dispatcher: which extension answers an ecall, and how its reply reaches the guest's
 * registers.
 *
 * Extension and function ids are 32-bit integers that the calling convention sign-extends. They are
 * compared as whole registers: garbage in the upper half makes an unknown id, as it does with other
 * SBI implementations. A guest may be answered sooner, in the trap itself (arch/riscv/hext_fast.c),
 * for a few calls whose answer needs nobody else; the answers are the same.
 */
#include <core/vm.h>
#include <guest/vsbi.h>
#include "devices.h"

struct vsbi_ext {
	uint64_t first, last; /* extension ids */
	struct sbi_reply (*call)(struct vcpu *v, uint64_t fid, const uint64_t *a);
	bool (*present)(const struct vm *vm); /* NULL: always */
};

static bool has_nacl(const struct vm *vm)
{
	return isa_has(&vm->isa, ISA_H) && vm->cfg.nacl;
}

/* In the order in which a running guest calls them. */
static const struct vsbi_ext exts[] = {
	{SBI_EXT_TIME, SBI_EXT_TIME, vsbi_time, NULL},
	{SBI_EXT_IPI, SBI_EXT_IPI, vsbi_ipi, NULL},
	{SBI_EXT_RFENCE, SBI_EXT_RFENCE, vsbi_rfence, NULL},
	{SBI_EXT_NACL, SBI_EXT_NACL, vsbi_nacl, has_nacl},
	{SBI_EXT_HSM, SBI_EXT_HSM, vsbi_hsm, NULL},
	{SBI_EXT_DBCN, SBI_EXT_DBCN, vsbi_dbcn, guest_has_console},
	{SBI_EXT_BASE, SBI_EXT_BASE, vsbi_base, NULL},
	{SBI_EXT_PMU, SBI_EXT_PMU, vsbi_pmu, NULL},
	{SBI_EXT_SRST, SBI_EXT_SRST, vsbi_srst, NULL},
	{SBI_LEGACY_SET_TIMER, SBI_LEGACY_SHUTDOWN, vsbi_legacy, NULL},
};

static const struct vsbi_ext *find(const struct vm *vm, uint64_t eid)
{
	for (const struct vsbi_ext *x = exts; x < exts + ARRAY_SIZE(exts); x++)
		if (eid >= x->first && eid <= x->last)
			return !x->present || x->present(vm) ? x : NULL;
	return NULL;
}

bool vsbi_has(const struct vm *vm, uint64_t eid)
{
	return find(vm, eid) != NULL;
}

static_assert(ARRAY_SIZE(exts) < VCPU_SBI_EXTS, "a row for each, and one for the unknown");

/* For the monitor: a is a[0] of the call. */
static void count(struct vcpu *v, const struct vsbi_ext *ext, uint64_t a, int64_t error)
{
	struct vcpu_sbi *s = &v->sbi;
	unsigned row = ext ? (unsigned)(ext - exts) : VCPU_SBI_EXTS - 1;
	uint64_t eid = v->ctx.x[REG_A7], fid = v->ctx.x[REG_A6];

	if (ext && ext->call == vsbi_legacy)
		fid = eid;
	s->ext[row].eid = eid;
	s->ext[row].calls[fid < VCPU_SBI_FUNCTIONS ? fid : VCPU_SBI_FUNCTIONS - 1]++;
	if (error >= 0)
		return;
	s->ext[row].errors++;
	row = s->refusals++ % VCPU_SBI_REFUSED;
	s->refused[row].eid = eid;
	s->refused[row].fid = fid;
	s->refused[row].arg = a;
	s->refused[row].pc = v->ctx.sepc;
	s->refused[row].at = v->sbi_calls;
	s->refused[row].error = error;
}

bool vsbi_ecall(struct vcpu *v)
{
	uint64_t *x = v->ctx.x, eid = x[REG_A7], a0 = x[REG_A0];
	const struct vsbi_ext *ext = find(v->vm, eid);
	bool legacy = ext && ext->call == vsbi_legacy;
	struct sbi_reply r = vsbi_err(SBI_ERR_NOT_SUPPORTED);

	if (ext)
		r = ext->call(v, legacy ? eid : x[REG_A6], &x[REG_A0]);
	if (r.then == VSBI_RETRY)
		return false;
	v->sbi_calls++;
	count(v, ext, a0, r.then == VSBI_RESUME ? r.error : 0);
	if (r.then == VSBI_GONE || r.then == VSBI_ELSEWHERE)
		return r.then == VSBI_ELSEWHERE;
	x[REG_A0] = (uint64_t)r.error;
	if (!legacy)
		x[REG_A1] = r.value;
	v->ctx.sepc += 4;
	return r.then == VSBI_RESUME;
}
