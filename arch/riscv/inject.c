/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Trap entry into VS-mode, done by hand. vsstatus.SIE is pushed to SPIE and the privilege to SPP;
 * all other fields stay. Exceptions go to the base of vstvec, whatever its mode; interrupts to their
 * own entry, if it is vectored.
 */
#include <arch/inject.h>

#include <spec/csr.h>

#define STVEC_MODE     UINT64_C(3)
#define STVEC_VECTORED UINT64_C(1)

void inject_exception(struct inject_state *s, uint64_t cause, uint64_t tval)
{
	uint64_t status = s->vsstatus & ~(SSTATUS_SPP | SSTATUS_SPIE | SSTATUS_SIE);

	if (s->virt_priv_s)
		status |= SSTATUS_SPP;
	if (s->vsstatus & SSTATUS_SIE)
		status |= SSTATUS_SPIE;
	s->vsstatus = status;
	s->vsepc = s->pc;
	s->vscause = cause;
	s->vstval = tval;
	s->pc = s->vstvec & ~STVEC_MODE;
	if ((cause & CAUSE_INTERRUPT) && (s->vstvec & STVEC_MODE) == STVEC_VECTORED)
		s->pc += 4 * (cause & ~CAUSE_INTERRUPT);
	s->virt_priv_s = true;
}
