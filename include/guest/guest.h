/* SPDX-License-Identifier: BSD-2-Clause */
/* The guest room's door for main.c: what a VM is made of, and where its files come from. */
#ifndef NACRE_GUEST_GUEST_H
#define NACRE_GUEST_GUEST_H

#include <core/vm.h>

extern const struct vm_ops guest_ops;

#endif
