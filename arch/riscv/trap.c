/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Exceptions of HS-mode itself: fix-ups from the extable, else a defect of Nacre and panic.
 * Interrupts never come here: they stay masked in HS-mode and are taken from the guest's exit or
 * from the idle loop.
 */
#include <arch/csr.h>
#include <arch/trap.h>
#include <core/log.h>
#include <core/types.h>

struct extable_entry {
	int32_t insn, fixup; /* relative to the member itself */
};

extern const struct extable_entry _extable[], _extable_end[];

static uint64_t extable_find(uint64_t pc)
{
	for (const struct extable_entry *e = _extable; e < _extable_end; e++)
		if ((uint64_t)&e->insn + (uint64_t)(int64_t)e->insn == pc)
			return (uint64_t)&e->fixup + (uint64_t)(int64_t)e->fixup;
	return 0;
}

static const char *cause_name(uint64_t cause)
{
	switch (cause) {
	case CAUSE_ILLEGAL:
		return "illegal instruction";
	case CAUSE_BREAKPOINT:
		return "breakpoint";
	case CAUSE_LOAD_ACCESS:
		return "load access fault";
	case CAUSE_STORE_ACCESS:
		return "store access fault";
	case CAUSE_FETCH_PAGE_FAULT:
		return "instruction page fault";
	case CAUSE_LOAD_PAGE_FAULT:
		return "load page fault";
	case CAUSE_STORE_PAGE_FAULT:
		return "store page fault";
	default:
		return "exception";
	}
}

/* Only a guest page fault writes htval; another trap may be one on a hart without it. */
static uint64_t read_htval(uint64_t scause)
{
	switch (scause) {
	case CAUSE_FETCH_GUEST_PAGE_FAULT:
	case CAUSE_LOAD_GUEST_PAGE_FAULT:
	case CAUSE_STORE_GUEST_PAGE_FAULT:
		return csr_read(CSR_HTVAL);
	default:
		return 0;
	}
}

void trap_host(struct host_frame *f)
{
	uint64_t fixup = f->scause & CAUSE_INTERRUPT ? 0 : extable_find(f->sepc);

	if (fixup) {
		f->sepc = fixup;
		f->x[5] = f->scause; /* t0, t1, t2: what guest_access.S reports */
		f->x[6] = f->stval;
		f->x[7] = read_htval(f->scause);
		return;
	}
	panic("%s (scause %#lx) at pc %#lx, stval %#lx, ra %#lx, sp %#lx%s", cause_name(f->scause),
	      f->scause, f->sepc, f->stval, f->x[1], f->x[2],
	      (f->x[2] >> 14) & 1 ? "" : ": stack overflow");
}
