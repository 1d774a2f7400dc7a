/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What SBI NACL asks of nested virtualization, on the real file of CSRs: what is to be forgotten of
 * a shadow, and entries of L2, are noted, and nothing is entered.
 */
#ifndef NACRE_TESTS_FAKE_NESTED_H
#define NACRE_TESTS_FAKE_NESTED_H

#include <core/vcpu.h>
#include "../../guest/nested/nested.h"

struct fake_nested {
	unsigned clears, forgets, srets; /* calls */
	uint64_t first, last;		 /* of shadow_forget() */
	struct ncsr_file at_sret;	 /* the CSRs as nested_sret() found them */
};

extern struct fake_nested fake_nested;

/* This vcpu gets the hypervisor extension, as new; one shadow is in use, and for each address. */
void fake_nested_init(struct vcpu *v);

#endif
