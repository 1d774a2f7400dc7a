/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Emulated instructions: the AMOs of Zabha and the compare-and-swaps of Zacas (but for AMOCAS.Q),
 * where the guest was given them and the host has them not, and the CSRs of Ssstateen. The
 * instruction is carried out as the hart would have done it: with the guest's own translation and
 * permissions, A and D, atomically on the host's mapping of the guest's RAM; or it raises what the
 * hart would have raised. Whatever else is illegal remains the guest's illegal instruction.
 */
#include <arch/amo.h>
#include <arch/guest_mem.h>
#include <arch/insn.h>
#include <arch/vwalk.h>
#include <core/errno.h>
#include <core/host.h>
#include <core/vm.h>
#include <spec/insn.h>
#include <guest/exit.h>
#include <guest/vinsn.h>

/* ---- Guest page tables, through the host's mapping of guest RAM ---- */

static int table_read(void *ctx, gpa_t a, uint64_t *pte)
{
	const uint64_t *p = vm_ram(ctx, a, sizeof(*p));

	if (!p)
		return -NACRE_EFAULT;
	*pte = __atomic_load_n(p, __ATOMIC_RELAXED);
	return 0;
}

static int table_cas(void *ctx, gpa_t a, uint64_t expect, uint64_t desired)
{
	uint64_t *p = vm_ram(ctx, a, sizeof(*p));

	if (!p)
		return -NACRE_EFAULT;
	/* A and D before the access for which they are set. */
	return __atomic_compare_exchange_n(p, &expect, desired, false, __ATOMIC_SEQ_CST,
					   __ATOMIC_SEQ_CST)
		       ? 0
		       : -NACRE_EBUSY;
}

const struct vwalk_mem guest_tables = {.read = table_read, .cas = table_cas};

static struct vwalk_env translation(struct vcpu *v)
{
	uint64_t vsstatus = hext.vsstatus(&v->ctx);
	bool user = !(v->ctx.sstatus & SSTATUS_SPP);

	return (struct vwalk_env){
		.vsatp = hext.vsatp(&v->ctx),
		.user = user,
		.sum = vsstatus & SSTATUS_SUM,
		.mxr = vsstatus & SSTATUS_MXR,
		.adue = v->ctx.henvcfg & HENVCFG_ADUE,
		.pbmte = v->ctx.henvcfg & HENVCFG_PBMTE,
		.svnapot = isa_has(&host.isa, ISA_SVNAPOT),
		.svrsw60t59b = isa_has(&host.isa, ISA_SVRSW60T59B),
		.pmm = guest_pmm(&v->ctx, user),
	};
}

/* ---- AMOs ---- */

/*
 * Where the guest's AMO goes to, or NULL: it has an exception, or shall try again. Misalignment
 * comes before translation, as it does on the harts that have the instruction.
 */
static void *target(struct vcpu *v, const struct insn *in)
{
	const struct vwalk_env env = translation(v);
	gva_t va = vwalk_masked(&env, gva(v->ctx.x[in->rs1]), VWALK_STORE);
	struct vwalk_result r;
	void *p = NULL;
	int err;

	if (!IS_ALIGNED(va.v, in->size)) {
		vcpu_inject(v, CAUSE_STORE_MISALIGNED, va.v);
		return NULL;
	}
	err = vwalk(&env, &guest_tables, v->vm, va, VWALK_STORE, &r);
	if (err == -NACRE_EBUSY) /* the tables change all the time: the guest comes again */
		return NULL;
	if (!err)
		p = vm_ram(v->vm, r.gpa, in->size);
	if (!p) /* not translated; or to a device or nothing at all */
		vcpu_inject(v, err == -NACRE_EFAULT ? r.cause : CAUSE_STORE_ACCESS, va.v);
	return p;
}

static void do_amo(struct vcpu *v, const struct insn *in, void *p)
{
	uint64_t *x = v->ctx.x;
	const struct amo a = {in->funct, in->size, x[in->rs2], x[in->rd]};
	uint64_t old = amo_perform(p, &a);

	if (in->rd)
		x[in->rd] = old;
}

/* ---- AMOCAS.Q: wider than any atomic access of such a host, so the other vcpus stand still ----
 */

struct cas128 {
	uint64_t *p;
	uint64_t compare[2], desired[2], old[2];
};

static void cas128(void *arg)
{
	struct cas128 *c = arg;

	for (unsigned i = 0; i < 2; i++)
		c->old[i] = __atomic_load_n(&c->p[i], __ATOMIC_RELAXED);
	if (c->old[0] != c->compare[0] || c->old[1] != c->compare[1])
		return;
	for (unsigned i = 0; i < 2; i++)
		__atomic_store_n(&c->p[i], c->desired[i], __ATOMIC_RELAXED);
}

/* Register pairs; the pair of x0 reads as 0, and what is written there is dropped. */
static void do_cas128(struct vcpu *v, const struct insn *in, void *p)
{
	uint64_t *x = v->ctx.x;
	struct cas128 c = {.p = p};

	for (unsigned i = 0; i < 2; i++) {
		c.compare[i] = in->rd ? x[in->rd + i] : 0;
		c.desired[i] = in->rs2 ? x[in->rs2 + i] : 0;
	}
	vcpu_exclusive(v, cas128, &c);
	for (unsigned i = 0; i < 2 && in->rd; i++)
		x[in->rd + i] = c.old[i];
}

void vinsn_amo(struct vcpu *v, const struct insn *in, void *p)
{
	if (in->size == 16)
		do_cas128(v, in, p);
	else
		do_amo(v, in, p);
	v->ctx.sepc += in->len;
}

/* Is it one that this guest was given? What decodes as INSN_AMO exists; of 16 bytes only AMOCAS
 * does. */
static bool promised(const struct vcpu *v, const struct insn *in)
{
	const struct isa_set *isa = &v->vm->isa;

	return in->kind == INSN_AMO && (in->size >= 4 || isa_has(isa, ISA_ZABHA)) &&
	       (in->funct != AMO_CAS || isa_has(isa, ISA_ZACAS));
}

bool vinsn_is_amo(const struct vcpu *v, uint32_t bits, struct insn *in)
{
	return (bits & 0x7f) == OPCODE_AMO && insn_decode(bits, in) == 0 && promised(v, in);
}

/* ---- State enables (Ssstateen) ---- */

bool vinsn_is_stateen(const struct vcpu *v, uint32_t insn)
{
	static_assert(CSR_SSTATEEN0 % 4 == 0, "the four differ in two bits");
	return (insn & 0x7f) == OPCODE_SYSTEM && (insn >> 12 & 3) &&
	       insn >> 22 == CSR_SSTATEEN0 / 4 && isa_has(&v->vm->isa, ISA_SSSTATEEN);
}

bool vinsn_stateen(struct vcpu *v, uint32_t insn)
{
	unsigned rd = insn >> 7 & 31;

	if (!(v->ctx.sstatus & SSTATUS_SPP) || !vinsn_is_stateen(v, insn))
		return false;
	if (rd)
		v->ctx.x[rd] = 0;
	v->ctx.sepc += 4;
	return true;
}

bool vinsn_illegal(struct vcpu *v, const struct vcpu_exit *e)
{
	uint32_t bits = (uint32_t)e->stval;
	struct insn in;
	void *p;

	/* stval may be 0 on harts that do not report instructions. */
	if (!bits && !exit_fetch(v, &bits))
		return true;
	if (vinsn_is_amo(v, bits, &in)) {
		p = target(v, &in);
		if (p)
			vinsn_amo(v, &in, p);
	} else if (!vinsn_stateen(v, bits)) {
		vcpu_inject(v, CAUSE_ILLEGAL, e->stval);
	}
	return true;
}
