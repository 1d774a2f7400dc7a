/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What start.S and the C files of the test guest's library must agree on: sizes of stacks and the byte offsets of
 * struct hart and struct trap_frame. lib.h asserts each of them. Usable from C and assembly; no code.
 */
#ifndef GUEST_LAYOUT_H
#define GUEST_LAYOUT_H

#define MAX_HARTS	16
#define STACK_SIZE	16384
#define TRAP_STACK_SIZE 8192

/* struct hart */
#define HART_ID	       0
#define HART_STACK_TOP 8
#define HART_TRAP_TOP  16
#define HART_RECOVER   24
#define HART_TMP       32
#define HART_SATP      40
#define HART_SSTATUS   48
#define HART_BOOT_A0   56
#define HART_SAVED_SP  64
#define HART_RESUME    72

/* struct trap_frame: x0..x31 (x0 is not used), then the CSRs */
#define FRAME_SEPC    256
#define FRAME_SSTATUS 264
#define FRAME_SCAUSE  272
#define FRAME_STVAL   280
#define FRAME_SIZE    288

#endif
