/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stands before include/arch/atomic.h in host builds: the same names without RISC-V instructions.
 * Host tests have one thread, so a lock that is taken twice, or given back without being held, is a
 * defect: it aborts.
 */
#ifndef NACRE_ARCH_ATOMIC_H
#define NACRE_ARCH_ATOMIC_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#define atomic_load(p)		   __atomic_load_n(p, __ATOMIC_RELAXED)
#define atomic_store(p, v)	   __atomic_store_n(p, v, __ATOMIC_RELAXED)
#define atomic_load_acquire(p)	   __atomic_load_n(p, __ATOMIC_ACQUIRE)
#define atomic_store_release(p, v) __atomic_store_n(p, v, __ATOMIC_RELEASE)
#define atomic_or(p, v)		   __atomic_fetch_or(p, v, __ATOMIC_SEQ_CST)
#define atomic_and(p, v)	   __atomic_fetch_and(p, v, __ATOMIC_SEQ_CST)
#define atomic_add(p, v)	   __atomic_fetch_add(p, v, __ATOMIC_SEQ_CST)
#define atomic_swap(p, v)	   __atomic_exchange_n(p, v, __ATOMIC_SEQ_CST)

static inline void drop_reservation(void)
{
}

struct spinlock {
	uint32_t locked;
};

static inline void spin_lock(struct spinlock *l)
{
	if (l->locked++)
		abort();
}

static inline void spin_unlock(struct spinlock *l)
{
	if (--l->locked)
		abort();
}

#endif
