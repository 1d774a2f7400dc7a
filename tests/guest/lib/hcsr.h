/* SPDX-License-Identifier: BSD-2-Clause */
/* The hypervisor's CSRs by number, for test guests that are hypervisors, and the NACL shared memory
 * of a hart. */
#ifndef GUEST_HCSR_H
#define GUEST_HCSR_H

#include "lib.h"
#include <spec/nacl.h>

/* Those that a hart may have, hvip before hip and hideleg before what depends on it. */
extern const uint16_t hcsrs[];
extern const unsigned nhcsrs;
const char *hcsr_name(unsigned csr);

/* By the instruction; false if it is illegal: the hart has no such CSR. */
bool hcsr_read(unsigned csr, uint64_t *value);
bool hcsr_write(unsigned csr, uint64_t value);
uint64_t hcsr(unsigned csr); /* 0 if there is none */

extern struct nacl_shmem shmems[MAX_HARTS];
static inline struct nacl_shmem *shmem(void)
{
	return &shmems[self()->index];
}

static inline struct sbiret nacl_set_shmem(struct nacl_shmem *s)
{
	return sbi(SBI_EXT_NACL, SBI_NACL_SET_SHMEM, s ? (uintptr_t)s : ~0UL, s ? 0 : ~0UL, 0);
}

static inline struct sbiret nacl_sync_csr(uint64_t csr)
{
	return sbi(SBI_EXT_NACL, SBI_NACL_SYNC_CSR, csr);
}

static inline struct sbiret nacl_sync_hfence(uint64_t index)
{
	return sbi(SBI_EXT_NACL, SBI_NACL_SYNC_HFENCE, index);
}

static inline bool nacl_feature(unsigned id)
{
	return sbi(SBI_EXT_NACL, SBI_NACL_PROBE_FEATURE, id).value == 1;
}

static inline volatile uint64_t *nacl_word(unsigned csr)
{
	return &shmem()->csr[NACL_CSR_INDEX(csr)];
}

/* As the specification says how L1 writes a CSR. */
static inline void nacl_put(unsigned csr, uint64_t value)
{
	*nacl_word(csr) = value;
	shmem()->dirty[NACL_CSR_INDEX(csr) / 64] |= BIT(NACL_CSR_INDEX(csr) % 64);
}

static inline bool nacl_dirty(unsigned csr)
{
	return shmem()->dirty[NACL_CSR_INDEX(csr) / 64] >> NACL_CSR_INDEX(csr) % 64 & 1;
}

#endif
