/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Exits of L1. Its HS-mode is our VS-mode, where what only HS-mode may do raises a virtual
 * instruction exception: the H and VS CSRs, SRET while hstatus.SPV is set, HFENCE, HINVAL, HLV,
 * HLVX and HSV. They are carried out here; all other exits are those of any guest.
 */
#include <arch/insn.h>
#include <arch/tlbsan.h>
#include <core/vm.h>
#include <guest/exit.h>
#include <guest/vinsn.h>

#include "nested.h"

#define CSR_IMMEDIATE 4 /* of funct3 */
#define FUNCT7_HINVAL (FUNCT7_HINVAL_VVMA - FUNCT7_HFENCE_VVMA)
#define FUNCT7_GVMA   (FUNCT7_HFENCE_GVMA - FUNCT7_HFENCE_VVMA)

static bool in_user(const struct vcpu *v)
{
	return !(v->ctx.sstatus & SSTATUS_SPP);
}

static void illegal(struct vcpu *v, uint32_t insn)
{
	const struct ntrap t = {.cause = CAUSE_ILLEGAL, .stval = insn};

	nested_trap(v, &t);
}

static uint64_t reg(const struct vcpu *v, unsigned n)
{
	return n ? v->ctx.x[n] : 0;
}

/* What it has injected is a trap of HS-mode. */
static bool as_any_guest(struct vcpu *v, const struct vcpu_exit *e)
{
	uint64_t injected = v->injected;
	bool resume = guest_exit(v, e);

	if (v->injected != injected)
		nested_trapped(v);
	return resume;
}

/* ---- CSRs ---- */

static bool is_csr(uint32_t insn)
{
	return (insn & 0x7f) == OPCODE_SYSTEM && (insn >> 12 & 3);
}

/* What a CSR instruction writes over `old`. false: nothing. */
static inline bool new_value(const struct vcpu *v, uint32_t insn, uint64_t old, uint64_t *val)
{
	unsigned op = insn >> 12 & 3, rs1 = insn >> 15 & 31;
	uint64_t operand = insn >> 12 & CSR_IMMEDIATE ? rs1 : reg(v, rs1);

	*val = op == FUNCT_CSRRW ? operand : op == FUNCT_CSRRS ? old | operand : old & ~operand;
	return op == FUNCT_CSRRW || rs1;
}

enum plain {
	PLAIN_NOT, /* nothing was done */
	PLAIN_DONE,
	PLAIN_SHOW, /* and L1's shared memory does not know of it */
};

/* The short way, for what most CSRs are. */
static inline enum plain csr_plain(struct vcpu *v, uint32_t insn)
{
	struct nested *n = nested_of(v);
	const struct ncsr_row *c = ncsr_row(insn >> 20);
	enum plain result = PLAIN_DONE;
	unsigned rd = insn >> 7 & 31;
	uint64_t old, val, *p;

	if (!c || c->how > NCSR_LEVEL || in_user(v))
		return PLAIN_NOT;
	p = (uint64_t *)((char *)&n->file + c->at);
	old = *p;
	if (new_value(v, insn, old, &val)) {
		if (c->how && nirq_kept(n))
			return PLAIN_NOT;
		*p = (old & ~c->mask) | (val & c->mask);
		if (n->shmem)
			result = PLAIN_SHOW;
	}
	if (rd)
		v->ctx.x[rd] = old;
	v->ctx.sepc += 4;
	v->ctx.exits[CAUSE_VIRTUAL_INSTRUCTION]++;
	return result;
}

static __attribute__((noinline)) bool show_plain(struct vcpu *v, unsigned csr)
{
	if (csr == CSR_HVIP)
		nacl_show_pending(v);
	else
		nacl_show_csr(v, csr);
	return true;
}

/* None of those of a hypervisor. */
static __attribute__((cold)) void other_csr(struct vcpu *v, uint32_t insn)
{
	if (!exit_scountovf(v, insn) && !vinsn_stateen(v, insn))
		illegal(v, insn);
}

static __attribute__((noinline)) void csr_insn(struct vcpu *v, uint32_t insn)
{
	unsigned csr = insn >> 20, op = insn >> 12 & 3, rd = insn >> 7 & 31;
	uint64_t old = 0, val;

	if (in_user(v) || ((op != FUNCT_CSRRW || rd) && !nested_csr_read(v, csr, &old))) {
		other_csr(v, insn);
		return;
	}
	if (new_value(v, insn, old, &val)) {
		if (!nested_csr_write(v, csr, val)) {
			other_csr(v, insn);
			return;
		}
		nacl_show_csr(v, csr);
	}
	if (rd)
		v->ctx.x[rd] = old;
	v->ctx.sepc += 4;
	if (ncsr_is_of_interrupts(csr))
		nirq_look(v);
}

/* ---- Fences ---- */

/* HFENCE and HINVAL, which end alike: funct7 tells of which kind. */
static void hfence_insn(struct vcpu *v, uint32_t insn)
{
	unsigned funct7 = insn >> 25, rs1 = insn >> 15 & 31, rs2 = insn >> 20 & 31;
	uint64_t at = reg(v, rs1), space = reg(v, rs2);
	struct hfence h = {.count = 1};

	if (in_user(v) || ((funct7 & FUNCT7_HINVAL) && !isa_has(&v->vm->isa, ISA_SVINVAL))) {
		illegal(v, insn);
		return;
	}
	if (funct7 & FUNCT7_GVMA) {
		h.type = rs2 ? NACL_HFENCE_GVMA_VMID : NACL_HFENCE_GVMA;
		h.vmid = (uint16_t)ncsr_vmid(space << HGATP_VMID_SHIFT);
		h.addr = ALIGN_DOWN(at << 2, PAGE_SIZE);
	} else {
		h.type = rs2 ? NACL_HFENCE_VVMA_ASID : NACL_HFENCE_VVMA;
		h.vmid = (uint16_t)ncsr_vmid(nested_of(v)->file.hgatp);
		h.asid = (uint16_t)space;
		h.addr = ALIGN_DOWN(at, PAGE_SIZE);
	}
	if (!rs1) {
		h.type |= 1; /* all addresses */
		h.addr = h.count = 0;
	}
	nested_hfence(nested_of(v), &h);
	v->ctx.sepc += 4;
}

/* HFENCE and HINVAL differ in one bit of funct7, VVMA and GVMA in another. */
static bool is_hfence(uint32_t insn)
{
	return (insn & 0x7fff) == OPCODE_SYSTEM &&
	       (insn >> 25 & ~(FUNCT7_HINVAL | FUNCT7_GVMA)) == FUNCT7_HFENCE_VVMA;
}

/* ---- The rest ---- */

static void sret_insn(struct vcpu *v, uint32_t insn)
{
	if (in_user(v))
		illegal(v, insn);
	else
		nested_sret(v);
}

static void hlv_insn(struct vcpu *v, const struct insn *in, uint32_t insn)
{
	if (in_user(v) && !(nested_of(v)->file.hstatus & HSTATUS_HU))
		illegal(v, insn);
	else
		nhlv(v, in);
}

static bool other_insn(struct vcpu *v, const struct vcpu_exit *e, uint32_t insn)
{
	struct insn in;

	insn_decode(insn, &in);
	switch (in.kind) {
	case INSN_HLV:
	case INSN_HLVX:
	case INSN_HSV:
		hlv_insn(v, &in, insn);
		return true;
	default:
		return as_any_guest(v, e);
	}
}

/* What a hypervisor executes most. false: it is something else. */
static bool is_quick(uint32_t insn)
{
	return is_csr(insn) || insn == INSN_WORD_SRET || is_hfence(insn);
}

static void do_quick(struct vcpu *v, uint32_t insn)
{
	if (is_csr(insn))
		csr_insn(v, insn);
	else if (insn == INSN_WORD_SRET)
		sret_insn(v, insn);
	else
		hfence_insn(v, insn);
}

static __attribute__((noinline)) bool less_quick(struct hext_ctx *ctx, const struct vcpu_exit *e)
{
	struct vcpu *v = CONTAINER_OF(ctx, struct vcpu, ctx);
	uint32_t insn = (uint32_t)e->stval;

	if (e->scause == CAUSE_ECALL_VS && nacl_asks(v)) {
		ctx->exits[CAUSE_ECALL_VS]++;
		nacl_quick(v);
		return true;
	}
	if (e->scause != CAUSE_VIRTUAL_INSTRUCTION || !is_quick(insn))
		return vcpu_on_exit(ctx, e);
	tlbsan_exit();
	ctx->exits[CAUSE_VIRTUAL_INSTRUCTION]++;
	do_quick(v, insn);
	tlbsan_enter(&v->vmid, v->vm->gstage.root.v);
	return true;
}

static __attribute__((noinline)) bool sret_quick(struct hext_ctx *ctx, const struct vcpu_exit *e)
{
	struct vcpu *v = CONTAINER_OF(ctx, struct vcpu, ctx);

	if (in_user(v))
		return less_quick(ctx, e);
	tlbsan_exit();
	ctx->exits[CAUSE_VIRTUAL_INSTRUCTION]++;
	nested_sret(v);
	tlbsan_enter(&v->vmid, v->vm->gstage.root.v);
	return true;
}

static inline bool done(struct vcpu *v, uint32_t insn, uint64_t old)
{
	unsigned rd = insn >> 7 & 31;

	if (rd)
		v->ctx.x[rd] = old;
	v->ctx.sepc += 4;
	v->ctx.exits[CAUSE_VIRTUAL_INSTRUCTION]++;
	return true;
}

static __attribute__((noinline)) bool hstatus_quick(struct hext_ctx *ctx, const struct vcpu_exit *e)
{
	struct vcpu *v = CONTAINER_OF(ctx, struct vcpu, ctx);
	struct nested *n = nested_of(v);
	uint32_t insn = (uint32_t)e->stval;
	uint64_t old, val;

	if (in_user(v))
		return less_quick(ctx, e);
	if (n->spv_by_trap)
		nested_notice(v);
	old = n->file.hstatus;
	if (new_value(v, insn, old, &val)) {
		n->file.hstatus = ncsr_hstatus(&n->file, val);
		n->spv_by_trap = false;
		if ((old ^ val) & NESTED_TRAP_CLEARS)
			nested_follow_hstatus(v);
		if (n->shmem)
			nacl_show_csr(v, CSR_HSTATUS);
	}
	return done(v, insn, old);
}

static __attribute__((noinline)) bool hgatp_quick(struct hext_ctx *ctx, const struct vcpu_exit *e)
{
	struct vcpu *v = CONTAINER_OF(ctx, struct vcpu, ctx);
	struct nested *n = nested_of(v);
	uint32_t insn = (uint32_t)e->stval;
	uint64_t old = n->file.hgatp, val;

	if (in_user(v))
		return less_quick(ctx, e);
	if (new_value(v, insn, old, &val)) {
		nested_csr_write(v, CSR_HGATP, val);
		nacl_show_csr(v, CSR_HGATP);
	}
	return done(v, insn, old);
}

static __attribute__((noinline)) bool timer_quick(struct hext_ctx *ctx, const struct vcpu_exit *e)
{
	struct vcpu *v = CONTAINER_OF(ctx, struct vcpu, ctx);
	struct nested *n = nested_of(v);
	uint32_t insn = (uint32_t)e->stval;
	uint64_t old = n->file.vs.vstimecmp, val;

	if (in_user(v) || nirq_kept(n) || !n->file.can.sstc)
		return less_quick(ctx, e);
	if (new_value(v, insn, old, &val)) {
		n->file.vs.vstimecmp = val;
		if (n->shmem)
			nacl_show_pending(v);
	}
	return done(v, insn, old);
}

/*
 * They need nothing of the run loop: who wants something of this vcpu meanwhile has kicked the
 * hart, and the kick ends its run at once.
 */
bool ninsn_quick(struct hext_ctx *ctx, const struct vcpu_exit *e)
{
	uint32_t insn = (uint32_t)e->stval;

	if (e->scause != CAUSE_VIRTUAL_INSTRUCTION)
		return less_quick(ctx, e);
	if (insn == INSN_WORD_SRET)
		return sret_quick(ctx, e);
	if (!is_csr(insn))
		return less_quick(ctx, e);
	if (insn >> 20 == CSR_HSTATUS)
		return hstatus_quick(ctx, e);
	switch (csr_plain(CONTAINER_OF(ctx, struct vcpu, ctx), insn)) {
	case PLAIN_NOT:
		return insn >> 20 == CSR_HGATP	     ? hgatp_quick(ctx, e)
		       : insn >> 20 == CSR_VSTIMECMP ? timer_quick(ctx, e)
						     : less_quick(ctx, e);
	case PLAIN_SHOW:
		return show_plain(CONTAINER_OF(ctx, struct vcpu, ctx), insn >> 20);
	default:
		return true;
	}
}

static bool on_virtual_instruction(struct vcpu *v, const struct vcpu_exit *e)
{
	uint32_t insn = (uint32_t)e->stval;

	/* stval may be 0 on harts that do not report instructions. */
	if (!insn && !exit_fetch(v, &insn)) {
		nested_trapped(v);
		return true;
	}
	if (!is_quick(insn))
		return other_insn(v, e, insn);
	do_quick(v, insn);
	return true;
}

/* A hart or firmware that has not got hstateen0 to 3 says so first. */
static bool on_illegal(struct vcpu *v, const struct vcpu_exit *e)
{
	uint32_t insn = (uint32_t)e->stval;

	if (!is_csr(insn) || insn >> 22 != CSR_HSTATEEN0 / 4)
		return as_any_guest(v, e);
	csr_insn(v, insn);
	return true;
}

bool ninsn_exit(struct vcpu *v, const struct vcpu_exit *e)
{
	if (e->scause == CAUSE_ILLEGAL && v->vm->emulates)
		return on_illegal(v, e);
	return e->scause == CAUSE_VIRTUAL_INSTRUCTION ? on_virtual_instruction(v, e)
						      : as_any_guest(v, e);
}
