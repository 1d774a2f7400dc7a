/* SPDX-License-Identifier: BSD-2-Clause */
/* What debug.c (the boot hart's part) and debug_exit.c (the vcpus' own) share. */
#ifndef DEBUG_PRIVATE_H
#define DEBUG_PRIVATE_H

#include <core/debug.h>

/* Any hart: vcpus leave theirs, and stay away. */
void debug_hold_all(struct vm *vm);

#endif
