/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The platform-level interrupt controller: its memory map.
 *
 * Text: RISC-V Platform-Level Interrupt Controller Specification 1.0.0, "Memory Map". All registers
 * are 32 bits wide. Source 0 does not exist. Which context is which hart and mode is the platform's
 * choice (the device tree's interrupts-extended).
 */
#ifndef NACRE_SPEC_PLIC_H
#define NACRE_SPEC_PLIC_H

#define PLIC_MAX_SOURCE	  1023
#define PLIC_MAX_CONTEXTS 15872
#define PLIC_SIZE	  0x4000000

/* Priority of source n at 4 * n. */
#define PLIC_PRIORITY 0x0

/* Pending and enable bits: bit n % 32 of word n / 32 is source n. */
#define PLIC_PENDING	    0x1000
#define PLIC_ENABLE	    0x2000
#define PLIC_ENABLE_STRIDE  0x80 /* from one context to the next */
#define PLIC_CONTEXT	    0x200000
#define PLIC_CONTEXT_STRIDE 0x1000

/* Inside a context's page. */
#define PLIC_THRESHOLD 0x0
#define PLIC_CLAIM     0x4 /* read: claim; write: complete */

#endif
