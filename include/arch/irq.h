/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The host's own interrupts as the CSRs show them. sstatus.SIE stays 0 in HS-mode: sie only decides
 * what ends a guest's turn or a wfi, and what the hart then has to look at.
 */
#ifndef NACRE_ARCH_IRQ_H
#define NACRE_ARCH_IRQ_H

#include <arch/csr.h>

/* Bits IP_SSI, IP_STI, IP_SEI that are pending and enabled on this hart. */
static inline uint64_t arch_irq_pending(void)
{
	return csr_read(CSR_SIP) & csr_read(CSR_SIE);
}

static inline void arch_irq_enable(uint64_t mask)
{
	csr_set(CSR_SIE, mask);
}

/* Takes a kick back before what it was for is looked at: one that comes later is seen later. */
static inline void arch_irq_clear_ssi(void)
{
	csr_clear(CSR_SIP, IP_SSI);
}

/* The calling hart interrupts itself, as if it had been kicked. */
static inline void arch_irq_raise_ssi(void)
{
	csr_set(CSR_SIP, IP_SSI);
}

/* Sleeps until something of sie is pending; may return early. */
static inline void arch_wait(void)
{
	__asm__ volatile("wfi" ::: "memory");
}

#endif
