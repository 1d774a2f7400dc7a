/* SPDX-License-Identifier: BSD-2-Clause */
/* Nested virtualization, as the composition root sees it. */
#ifndef NACRE_GUEST_NESTED_INIT_H
#define NACRE_GUEST_NESTED_INIT_H

struct vm_ops;

/* Adds what vcpus with the hypervisor extension need. Once, before the first VM. */
void nested_init(struct vm_ops *ops);

#endif
