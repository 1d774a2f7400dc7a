/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a guest's exits mean: a table from cause to handler. Host interrupts do not come here; the
 * run loop takes them.
 *
 * A guest hart has no hypervisor extension, so the guest never sees the causes that come with it:
 * guest page faults become access faults, virtual instructions become illegal ones. What firmware
 * or hart keep from being delegated is injected unchanged. Only what no guest can bring about ends
 * the VM. Privileged specification, chapter "H" Extension.
 */
#include <arch/guest_mem.h>
#include <core/debug.h>
#include <core/vm.h>
#include <guest/vsbi.h>
#include <spec/insn.h>
#include <guest/exit.h>
#include <guest/vinsn.h>

typedef bool (*exit_handler)(struct vcpu *v, const struct vcpu_exit *e);

bool exit_fetch(struct vcpu *v, uint32_t *insn)
{
	struct guest_fault f;
	uint64_t cause = CAUSE_FETCH_ACCESS;

	if (!guest_fetch(gva(v->ctx.sepc), insn, &f))
		return true;
	/* hlvx reports as a load on some harts and as a fetch on others. */
	if (f.cause == CAUSE_FETCH_PAGE_FAULT || f.cause == CAUSE_LOAD_PAGE_FAULT)
		cause = CAUSE_FETCH_PAGE_FAULT;
	vcpu_inject(v, cause, f.stval);
	return false;
}

void exit_inject_load_fault(struct vcpu *v, const struct guest_fault *f)
{
	vcpu_inject(v, f->cause == CAUSE_LOAD_GUEST_PAGE_FAULT ? CAUSE_LOAD_ACCESS : f->cause,
		    f->stval);
}

bool exit_ram_fault(struct vcpu *v, const struct vcpu_exit *e, gpa_t addr)
{
	bool resume = false;

	if (v->vm->debug && debug_ram_fault(v, e, addr, &resume))
		return resume;
	vm_crash(v, e, "guest page fault inside RAM, at guest physical address 0x%lx",
		 (unsigned long)addr.v);
	return false;
}

static bool on_ecall(struct vcpu *v, const struct vcpu_exit *e)
{
	(void)e;
	return vsbi_ecall(v);
}

static bool on_fetch(struct vcpu *v, const struct vcpu_exit *e)
{
	gpa_t addr = gpa(e->htval << 2 | (e->stval & 3));

	if (vm_ram_contains(v->vm, addr, 1))
		return exit_ram_fault(v, e, addr);
	vcpu_inject(v, CAUSE_FETCH_ACCESS, e->stval);
	return true;
}

/*
 * wfi gives the hart up, unless the run loop finds an interrupt that has come meanwhile. In user
 * mode it is illegal: a hart need not let it through there.
 */
static bool on_wfi(struct vcpu *v)
{
	if (!(v->ctx.sstatus & SSTATUS_SPP)) {
		vcpu_inject(v, CAUSE_ILLEGAL, INSN_WORD_WFI);
		return true;
	}
	v->ctx.sepc += 4;
	vcpu_wait(v);
	return true;
}

/* Hosts that could delegate counters (Ssccfg) let no guest read scountovf itself. */
bool exit_scountovf(struct vcpu *v, uint32_t insn)
{
	unsigned rd = insn >> 7 & 31, rs1 = insn >> 15 & 31, op = insn >> 12 & 3;

	if ((insn & 0x7f) != OPCODE_SYSTEM || insn >> 20 != CSR_SCOUNTOVF || op < FUNCT_CSRRS ||
	    rs1 || !(v->ctx.sstatus & SSTATUS_SPP) || !isa_has(&v->vm->isa, ISA_SSCOFPMF))
		return false;
	if (rd)
		v->ctx.x[rd] = vcpu_hpm_scountovf(v);
	v->ctx.sepc += 4;
	return true;
}

static bool on_virtual_instruction(struct vcpu *v, const struct vcpu_exit *e)
{
	uint32_t insn = (uint32_t)e->stval;

	/* stval may be 0 on harts that do not report instructions. */
	if (!insn && !exit_fetch(v, &insn))
		return true;
	if (insn == INSN_WORD_WFI)
		return on_wfi(v);
	if (insn == INSN_WORD_WRS_NTO) {
		/* It may end at any time. A lock's holder may wait for this hart, so let others
		 * run. */
		v->ctx.sepc += 4;
		return false;
	}
	if (!exit_scountovf(v, insn) && !vinsn_stateen(v, insn))
		vcpu_inject(v, CAUSE_ILLEGAL, insn);
	return true;
}

static bool on_guests_own(struct vcpu *v, const struct vcpu_exit *e)
{
	vcpu_inject(v, e->scause, e->stval);
	return true;
}

static bool on_illegal(struct vcpu *v, const struct vcpu_exit *e)
{
	return v->vm->emulates ? vinsn_illegal(v, e) : on_guests_own(v, e);
}

static bool on_breakpoint(struct vcpu *v, const struct vcpu_exit *e)
{
	if (v->vm->debug && debug_breakpoint(v))
		return false;
	return on_guests_own(v, e);
}

static bool on_unknown(struct vcpu *v, const struct vcpu_exit *e)
{
	vm_crash(v, e, "exit with cause %lu, which Nacre does not handle",
		 (unsigned long)e->scause);
	return false;
}

static const exit_handler handlers[CAUSE_COUNT] = {
	[CAUSE_FETCH_MISALIGNED] = on_guests_own,
	[CAUSE_FETCH_ACCESS] = on_guests_own,
	[CAUSE_ILLEGAL] = on_illegal,
	[CAUSE_BREAKPOINT] = on_breakpoint,
	[CAUSE_LOAD_MISALIGNED] = on_guests_own,
	[CAUSE_LOAD_ACCESS] = on_guests_own,
	[CAUSE_STORE_MISALIGNED] = on_guests_own,
	[CAUSE_STORE_ACCESS] = on_guests_own,
	[CAUSE_ECALL_U] = on_guests_own,
	[CAUSE_ECALL_HS] = on_unknown,
	[CAUSE_ECALL_VS] = on_ecall,
	[11] = on_unknown,
	[CAUSE_FETCH_PAGE_FAULT] = on_guests_own,
	[CAUSE_LOAD_PAGE_FAULT] = on_guests_own,
	[14] = on_unknown,
	[CAUSE_STORE_PAGE_FAULT] = on_guests_own,
	[CAUSE_DOUBLE_TRAP] = on_unknown,
	[17] = on_unknown,
	[CAUSE_SOFTWARE_CHECK] = on_guests_own,
	[CAUSE_HARDWARE_ERROR] = on_unknown,
	[CAUSE_FETCH_GUEST_PAGE_FAULT] = on_fetch,
	[CAUSE_LOAD_GUEST_PAGE_FAULT] = mmio_exit,
	[CAUSE_VIRTUAL_INSTRUCTION] = on_virtual_instruction,
	[CAUSE_STORE_GUEST_PAGE_FAULT] = mmio_exit,
};

bool guest_exit(struct vcpu *v, const struct vcpu_exit *e)
{
	return (e->scause < CAUSE_COUNT ? handlers[e->scause] : on_unknown)(v, e);
}

const struct vcpu_ops exit_plain = {
	.exit = guest_exit,
	.lines = vcpu_apply_lines,
	.overflow = vcpu_interrupt_overflow,
	.hfence = vcpu_hfence_self,
	.load = vcpu_nothing,
	.put = vcpu_nothing,
	.reset = vcpu_nothing,
	.pending = vcpu_pending,
	.wakes_at = vcpu_wakes_at,
};
