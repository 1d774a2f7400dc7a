/* SPDX-License-Identifier: BSD-2-Clause */
/* Time and the hart's one host timer: stimecmp where Sstc is usable, else SBI TIME. Unit: ticks of
 * `time`. */
#ifndef NACRE_ARCH_TIMER_H
#define NACRE_ARCH_TIMER_H

#include <core/types.h>
#include <arch/csr.h>

#define TIMER_NEVER UINT64_MAX

static inline uint64_t timer_now(void)
{
	return csr_read(CSR_TIME);
}
/* Uses Sstc for the host's own timer when stimecmp works; asked once, on the boot hart. */
void timer_init(bool sstc);
/* STIP becomes pending at `deadline`; TIMER_NEVER cancels. Also clears a pending STIP. */
void timer_set(uint64_t deadline);

#endif
