/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What happens after a trap: interrupts go to the hart's handler of that number; an exception
 * inside try_run() is recorded and ends the tried function; any other exception is the end of the
 * program, with its registers.
 */
#include "lib.h"

void trap_handler(struct trap_frame *f);
void trap_nested(uint64_t cause, uint64_t epc, uint64_t stval);

static void dump(const struct trap_frame *f)
{
	for (int i = 1; i < 32; i++)
		print("x%d=%lx%s", i, f->x[i], i % 4 == 3 ? "\n" : " ");
	die("trap on hart %lu: cause 0x%lx sepc 0x%lx stval 0x%lx", self()->id, f->scause, f->sepc,
	    f->stval);
}

void trap_handler(struct trap_frame *f)
{
	struct hart *h = self();

	if (f->scause & CAUSE_INTERRUPT) {
		unsigned n = f->scause & 15;

		h->irq_count[n]++;
		if (!h->irq[n])
			dump(f);
		h->irq[n](h, f);
		return;
	}
	if (!h->recover)
		dump(f);
	h->trap = (struct trap_info){true, f->scause, f->stval, f->sepc, f->sstatus};
	f->sepc = (uintptr_t)try_over;
	f->sstatus |= SSTATUS_SPP;
	f->x[4] = (uintptr_t)h;
}

void trap_nested(uint64_t cause, uint64_t epc, uint64_t stval)
{
	die("trap in the trap handler of hart %lu: cause 0x%lx sepc 0x%lx stval 0x%lx", self()->id,
	    cause, epc, stval);
}

struct trap_info try_call(void *fn, uint64_t a0, uint64_t a1, uint64_t *result)
{
	struct hart *h = self();
	uint64_t sie = csr_read(CSR_SSTATUS) & SSTATUS_SIE;
	uint64_t r;

	h->trap = (struct trap_info){0};
	r = try_run(fn, a0, a1, 0);
	if (result)
		*result = r;
	irq_off();
	if (sie)
		irq_on();
	return h->trap;
}

struct trap_info try_user(void *fn, uint64_t a0, uint64_t a1)
{
	struct hart *h = self();

	h->trap = (struct trap_info){0};
	irq_off();
	try_run((void *)user_enter, (uintptr_t)fn, a0, a1);
	irq_off();
	return h->trap;
}

#define INSN_RET 0x00008067
#define INSN_ECALL 0x00000073

struct trap_info try_insn(uint32_t insn, uint64_t a0, uint64_t a1, uint64_t *result)
{
	struct hart *h = self();

	h->code[0] = insn;
	h->code[1] = INSN_RET;
	fence_i();
	return try_call(h->code, a0, a1, result);
}

struct trap_info try_user_insn(uint32_t insn, uint64_t a0, uint64_t a1)
{
	struct hart *h = self();

	h->code[0] = insn;
	h->code[1] = INSN_ECALL;
	fence_i();
	return try_user(h->code, a0, a1);
}

bool check_insn_trap(const char *name, struct trap_info t, uint64_t cause)
{
	uint64_t code = (uintptr_t)self()->code;

	if (t.taken && t.cause == cause && t.epc == code)
		return check(name, true);
	print("# %s: taken %d cause %lu sepc %lx (buffer %lx) stval %lx\n", name, t.taken, t.cause,
	      t.epc, code, t.stval);
	return check(name, false);
}
