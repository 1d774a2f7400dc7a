/* SPDX-License-Identifier: BSD-2-Clause */
/* What -fstack-protector calls. entry.S fills the guard before the first C function runs. */
#include <stdint.h>

#include <core/log.h>

extern uintptr_t __stack_chk_guard;
void __stack_chk_fail(void);

uintptr_t __stack_chk_guard =
	0x00dead00; /* in .data: entry.S writes it after it has cleared .bss */

void __stack_chk_fail(void)
{
	panic("stack overrun, detected on the return to %p", __builtin_return_address(0));
}
