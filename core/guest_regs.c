/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Guest registers for a debugger: see guest_view.h. CSRs are the guest's: sstatus is vsstatus, and
 * so on. The hardware keeps what it makes of a written CSR (WARL) at the vcpu's next entry.
 */
#include <stddef.h>
#include <string.h>

#include <core/errno.h>
#include <core/guest_view.h>
#include <core/vcpu.h>
#include <core/vm.h>

/* Where a plain one is kept; and in struct world, if it changes with who runs. */
struct place {
	const char *name;
	size_t offset, world;
};
#define NOT_THERE SIZE_MAX
#define CTX(name, field)                                          \
	{                                                         \
		name, offsetof(struct vcpu, ctx.field), NOT_THERE \
	}
#define WORLD(name, field)                                                            \
	{                                                                             \
		name, offsetof(struct vcpu, ctx.field), offsetof(struct world, field) \
	}
#define VEC(name, field)                                           \
	{                                                          \
		name, offsetof(struct vcpu, vcsr.field), NOT_THERE \
	}

enum { CSR_OF_SIE = GUEST_REG_CSR + 1, CSR_OF_SIP = GUEST_REG_CSR + GUEST_REG_CSRS - 1 };

static const struct place csrs[GUEST_REG_CSRS] = {
	WORLD("sstatus", vsstatus),   CTX("sie", vsie),
	WORLD("stvec", vstvec),	      CTX("scounteren", scounteren),
	CTX("senvcfg", senvcfg),      WORLD("sscratch", vsscratch),
	WORLD("sepc", vsepc),	      WORLD("scause", vscause),
	WORLD("stval", vstval),	      WORLD("satp", vsatp),
	WORLD("stimecmp", vstimecmp), WORLD("sip", hvip),
};
static const struct place vcsrs[] = {
	VEC("vstart", vstart), VEC("vcsr", vcsr),	VEC("vl", vl),
	VEC("vtype", vtype),   {"vlenb", 0, NOT_THERE},
};
enum { VLENB = GUEST_REG_V0 - 1 };

static const char *const x_name[] = {
	"zero", "ra", "sp", "gp", "tp",	 "t0",	"t1", "t2", "fp", "s1", "a0",
	"a1",	"a2", "a3", "a4", "a5",	 "a6",	"a7", "s2", "s3", "s4", "s5",
	"s6",	"s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6", "pc",
};
static const char *const f_name[] = {
	"ft0", "ft1", "ft2",  "ft3",  "ft4", "ft5", "ft6",  "ft7",  "fs0",    "fs1", "fa0",  "fa1",
	"fa2", "fa3", "fa4",  "fa5",  "fa6", "fa7", "fs2",  "fs3",  "fs4",    "fs5", "fs6",  "fs7",
	"fs8", "fs9", "fs10", "fs11", "ft8", "ft9", "ft10", "ft11", "fflags", "frm", "fcsr",
};
static const char *const v_name[] = {
	"v0",  "v1",  "v2",  "v3",  "v4",  "v5",  "v6",	 "v7",	"v8",  "v9",  "v10",
	"v11", "v12", "v13", "v14", "v15", "v16", "v17", "v18", "v19", "v20", "v21",
	"v22", "v23", "v24", "v25", "v26", "v27", "v28", "v29", "v30", "v31",
};

const char *guest_reg_name(unsigned n)
{
	if (n <= GUEST_REG_PC)
		return x_name[n];
	if (n <= GUEST_REG_FCSR)
		return f_name[n - GUEST_REG_F0];
	if (n == GUEST_REG_PRIV)
		return "priv";
	if (n < GUEST_REG_VCSR)
		return csrs[n - GUEST_REG_CSR].name;
	if (n < GUEST_REG_V0)
		return vcsrs[n - GUEST_REG_VCSR].name;
	return n < GUEST_REGS ? v_name[n - GUEST_REG_V0] : NULL;
}

static bool is_fp(unsigned n)
{
	return n >= GUEST_REG_F0 && n <= GUEST_REG_FCSR;
}

unsigned guest_reg_size(unsigned n)
{
	if (n >= GUEST_REGS || (is_fp(n) && !hext_caps.fpu) ||
	    (n >= GUEST_REG_VCSR && !hext_caps.vector))
		return 0;
	if (n >= GUEST_REG_V0)
		return hext_caps.vlenb;
	return n >= GUEST_REG_FFLAGS && n <= GUEST_REG_FCSR ? 4 : 8;
}

static bool has(const struct vcpu *v, unsigned n)
{
	return guest_reg_size(n) && (!is_fp(n) || v->ctx.fpu) &&
	       (n < GUEST_REG_VCSR || v->ctx.vector);
}

/* A guest of the guest runs: its CSR apart from the context, or NULL. */
static uint64_t *world_word(const struct vcpu *v, unsigned n)
{
	struct world *w = vcpu_world(v);
	const struct place *p = &csrs[n - GUEST_REG_CSR];

	return w && p->world != NOT_THERE ? (uint64_t *)((char *)w + p->world) : NULL;
}

/* The word that a register is, or NULL: none of its own. */
static uint64_t *word(const struct vcpu *v, unsigned n)
{
	struct vcpu *w = (struct vcpu *)v;

	if (n < 32)
		return n ? &w->ctx.x[n] : NULL;
	if (n == GUEST_REG_PC)
		return &w->ctx.sepc;
	if (n < GUEST_REG_FFLAGS)
		return &w->fp.f[n - GUEST_REG_F0];
	if (n == CSR_OF_SIE && vcpu_world(v))
		return NULL;
	if (n >= GUEST_REG_CSR && n < CSR_OF_SIP)
		return world_word(v, n) ? world_word(v, n)
					: (uint64_t *)((char *)w + csrs[n - GUEST_REG_CSR].offset);
	if (n >= GUEST_REG_VCSR && n < VLENB)
		return (uint64_t *)((char *)w + vcsrs[n - GUEST_REG_VCSR].offset);
	return NULL;
}

static uint64_t get_other(const struct vcpu *v, unsigned n)
{
	switch (n) {
	case GUEST_REG_FFLAGS:
		return v->fp.fcsr & 0x1f;
	case GUEST_REG_FRM:
		return v->fp.fcsr >> 5 & 7;
	case GUEST_REG_FCSR:
		return v->fp.fcsr;
	case GUEST_REG_PRIV:
		return (v->ctx.sstatus & SSTATUS_SPP) != 0;
	case CSR_OF_SIE:
		return vcpu_world(v)->hie >> 1;
	case CSR_OF_SIP: /* lines are numbered one higher in hvip */
		if (vcpu_world(v))
			return vcpu_world(v)->hvip >> 1;
		return (v->ctx.hvip | atomic_load(&v->lines)) >> 1;
	case VLENB:
		return hext_caps.vlenb;
	default:
		return 0;
	}
}

int guest_reg_get(const struct vcpu *v, unsigned n, void *buf)
{
	const uint64_t *p;
	uint64_t value;

	if (!has(v, n))
		return -NACRE_ENOENT;
	if (n >= GUEST_REG_V0) {
		memcpy(buf, (char *)v->vregs + (size_t)(n - GUEST_REG_V0) * hext_caps.vlenb,
		       hext_caps.vlenb);
		return 0;
	}
	p = word(v, n);
	value = p ? *p : get_other(v, n);
	memcpy(buf, &value, guest_reg_size(n));
	return 0;
}

static void set_fcsr(struct vcpu *v, unsigned n, uint64_t value)
{
	uint64_t *fcsr = &v->fp.fcsr;

	if (n == GUEST_REG_FFLAGS)
		*fcsr = (*fcsr & ~UINT64_C(0x1f)) | (value & 0x1f);
	else if (n == GUEST_REG_FRM)
		*fcsr = (*fcsr & ~UINT64_C(0xe0)) | (value & 7) << 5;
	else
		*fcsr = value & 0xff;
}

static void set_word(struct vcpu *v, unsigned n, uint64_t value)
{
	uint64_t *p = word(v, n);

	if (p)
		*p = n == GUEST_REG_PC ? value & ~UINT64_C(1) : value;
	else if (n >= GUEST_REG_FFLAGS && n <= GUEST_REG_FCSR)
		set_fcsr(v, n, value);
	else if (n == GUEST_REG_PRIV)
		v->ctx.sstatus = value ? v->ctx.sstatus | SSTATUS_SPP
				       : v->ctx.sstatus & ~(uint64_t)SSTATUS_SPP;
	/* The other lines of sip are levels of devices. What a guest hypervisor's guest has pending
	 * and enabled is the hypervisor's. */
	else if (n == CSR_OF_SIP && !vcpu_world(v))
		v->ctx.hvip = (v->ctx.hvip & ~(uint64_t)IP_VSSI) | (value << 1 & IP_VSSI);
}

void guest_context(const struct vcpu *v, struct hext_ctx *out)
{
	const struct world *w = vcpu_world(v);

	*out = v->ctx;
	if (!w)
		return;
	out->vsstatus = w->vsstatus;
	out->vstvec = w->vstvec;
	out->vsscratch = w->vsscratch;
	out->vsepc = w->vsepc;
	out->vscause = w->vscause;
	out->vstval = w->vstval;
	out->vsatp = w->vsatp;
	out->vstimecmp = w->vstimecmp;
	out->vsie = w->hie >> 1;
	out->hvip = w->hvip;
	out->hgatp = w->hgatp;
	out->henvcfg = w->henvcfg;
	out->htimedelta = w->htimedelta;
}

int guest_reg_set(struct vcpu *v, unsigned n, const void *buf)
{
	uint64_t value = 0;

	if (!has(v, n))
		return -NACRE_ENOENT;
	if (n >= GUEST_REG_V0) {
		memcpy((char *)v->vregs + (size_t)(n - GUEST_REG_V0) * hext_caps.vlenb, buf,
		       hext_caps.vlenb);
	} else {
		memcpy(&value, buf, guest_reg_size(n));
		set_word(v, n, value);
	}
	/* A hart that still has these registers is not to be believed. */
	if (is_fp(n))
		v->fp_cpu = NULL;
	if (n >= GUEST_REG_VCSR)
		v->vector_cpu = NULL;
	return 0;
}
