/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stands before include/arch/csr.h in host builds: each access is a call of the test's machine
 * (tests/fake/machine.h), or, where none is linked, not there.
 */
#ifndef NACRE_ARCH_CSR_H
#define NACRE_ARCH_CSR_H

#include <stdbool.h>
#include <stdint.h>
#include <spec/csr.h>

uint64_t fake_csr_read(unsigned csr);
void fake_csr_write(unsigned csr, uint64_t value);

#define csr_read(csr)	    fake_csr_read(csr)
#define csr_write(csr, val) fake_csr_write(csr, val)
#define csr_set(csr, val)   fake_csr_write(csr, fake_csr_read(csr) | (val))
#define csr_clear(csr, val) fake_csr_write(csr, fake_csr_read(csr) & ~(uint64_t)(val))
#define csr_swap(csr, val)                              \
	({                                              \
		uint64_t csr_old_ = fake_csr_read(csr); \
		fake_csr_write(csr, val);               \
		csr_old_;                               \
	})

#define csr_probe(csr, out) (*(out) = fake_csr_read(csr), true)

#endif
