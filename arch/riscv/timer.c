/* SPDX-License-Identifier: BSD-2-Clause */
/* The hart's own timer: stimecmp (Sstc) or SBI TIME. */
#include <arch/sbi.h>
#include <arch/timer.h>

static bool use_sstc;

void timer_init(bool sstc)
{
	use_sstc = sstc;
}

void timer_set(uint64_t deadline)
{
	if (use_sstc)
		csr_write(CSR_STIMECMP, deadline);
	else
		sbi_set_timer(deadline);
}
