/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CSR access by number. Each macro is one instruction and a compiler barrier: a CSR write may change what memory
 * accesses mean, so the compiler must not move them across it.
 */
#ifndef NACRE_ARCH_CSR_H
#define NACRE_ARCH_CSR_H

#include <stdint.h>
#include <spec/csr.h>

#define CSR_STR_(x) #x
#define CSR_STR(x)  CSR_STR_(x)

#define csr_read(csr)                                                                              \
	({                                                                                         \
		uint64_t csr_v_;                                                                   \
		__asm__ volatile("csrr %0, " CSR_STR(csr) : "=r"(csr_v_)::"memory");               \
		csr_v_;                                                                            \
	})
#define csr_write(csr, val)                                                                        \
	({ __asm__ volatile("csrw " CSR_STR(csr) ", %0" ::"rK"((uint64_t)(val)) : "memory"); })
#define csr_set(csr, val)                                                                          \
	({ __asm__ volatile("csrs " CSR_STR(csr) ", %0" ::"rK"((uint64_t)(val)) : "memory"); })
#define csr_clear(csr, val)                                                                        \
	({ __asm__ volatile("csrc " CSR_STR(csr) ", %0" ::"rK"((uint64_t)(val)) : "memory"); })
#define csr_swap(csr, val)                                                                         \
	({                                                                                         \
		uint64_t csr_v_;                                                                   \
		__asm__ volatile("csrrw %0, " CSR_STR(csr) ", %1"                                  \
				 : "=r"(csr_v_)                                                    \
				 : "rK"((uint64_t)(val))                                           \
				 : "memory");                                                      \
		csr_v_;                                                                            \
	})

/*
 * Reads a CSR that this hart may not have: true and *out, or false when the access raises an exception. The extable entry
 * makes trap_host() continue at label 2 with the failure left in ok.
 */
#define csr_probe(csr, out)                                                                        \
	({                                                                                         \
		uint64_t csr_v_ = 0, csr_ok_;                                                      \
		__asm__ volatile("li %1, 0\n"                                                      \
				 "1: csrr %0, " CSR_STR(csr) "\n"                                  \
				 "li %1, 1\n"                                                      \
				 "2:\n"                                                            \
				 ".pushsection .extable, \"a\"\n"                                  \
				 ".balign 8\n"                                                     \
				 ".word 1b - ., 2b - .\n"                                          \
				 ".popsection"                                                     \
				 : "+&r"(csr_v_), "=&r"(csr_ok_)                                   \
				 :                                                                 \
				 : "t0", "t1", "t2", "memory");                                                      \
		*(out) = csr_v_;                                                                   \
		csr_ok_ != 0;                                                                      \
	})

/* The same for a write: false when the access raises an exception. */
#define csr_try_write(csr, val)                                                                    \
	({                                                                                         \
		uint64_t csr_ok_;                                                                  \
		__asm__ volatile("li %0, 0\n"                                                      \
				 "1: csrw " CSR_STR(csr) ", %1\n"                                  \
				 "li %0, 1\n"                                                      \
				 "2:\n"                                                            \
				 ".pushsection .extable, \"a\"\n"                                  \
				 ".balign 8\n"                                                     \
				 ".word 1b - ., 2b - .\n"                                          \
				 ".popsection"                                                     \
				 : "=&r"(csr_ok_)                                                  \
				 : "rK"((uint64_t)(val))                                           \
				 : "t0", "t1", "t2", "memory");                                    \
		csr_ok_ != 0;                                                                      \
	})

#endif
