/* SPDX-License-Identifier: BSD-2-Clause */
/* What debug.c (the boot hart's part) and debug_exit.c (the vcpus' own) share. */
#ifndef DEBUG_PRIVATE_H
#define DEBUG_PRIVATE_H

#include <core/debug.h>

/* Any hart: vcpus leave theirs, and stay away. */
void debug_hold_all(struct vm *vm);

/* core/debug_points.c; the boot hart, while no vcpu of the guest runs. As points_add(), or
 * points_remove(). */
int debug_points_change(struct vm *vm, const struct point *p, bool add);
/* All of these users' are gone. */
void debug_points_remove(struct vm *vm, unsigned users);
/* Watched pages can be accessed, and triggers are off; or again not. */
void debug_points_open(struct vm *vm, bool open);

/* core/debug_hw.c: the boot hart, while no vcpu of the guest runs: no trigger is left. */
void debug_hw_clear(struct vm *vm);

#endif
