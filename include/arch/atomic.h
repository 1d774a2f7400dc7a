/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Atomics, fences and the spinlock. Nacre runs with interrupts masked, so a lock needs no interrupt
 * variant. Order of locks: core/sched.h says which lock may be taken inside which.
 */
#ifndef NACRE_ARCH_ATOMIC_H
#define NACRE_ARCH_ATOMIC_H

#include <stdbool.h>
#include <stdint.h>

#define atomic_load(p)	       __atomic_load_n(p, __ATOMIC_RELAXED)
#define atomic_load_acquire(p) __atomic_load_n(p, __ATOMIC_ACQUIRE)
/*
 * Stores as the unprivileged specification maps them ("Mappings from C/C++ primitives to RISC-V
 * primitives"). Not by __atomic_store_n(), of which GCC before 13 makes an AMO, for a release with
 * a fence of devices before it.
 */
#define atomic_store(p, v) ((void)(*(volatile __typeof__(*(p)) *)(p) = (v)))
#define atomic_store_release(p, v)                            \
	({                                                    \
		__asm__ volatile("fence rw, w" ::: "memory"); \
		atomic_store(p, v);                           \
	})
#define atomic_or(p, v)	  __atomic_fetch_or(p, v, __ATOMIC_SEQ_CST)
#define atomic_and(p, v)  __atomic_fetch_and(p, v, __ATOMIC_SEQ_CST)
#define atomic_add(p, v)  __atomic_fetch_add(p, v, __ATOMIC_SEQ_CST)
#define atomic_swap(p, v) __atomic_exchange_n(p, v, __ATOMIC_SEQ_CST)

/* Full fence between normal memory accesses; every use says which two it orders. */
static inline void fence_rw_rw(void)
{
	__asm__ volatile("fence rw, rw" ::: "memory");
}

/* Orders normal memory accesses and device accesses, for drivers. */
static inline void fence_io(void)
{
	__asm__ volatile("fence iorw, iorw" ::: "memory");
}

static inline void cpu_relax(void)
{
	__asm__ volatile(".insn i 0x0f, 0, x0, x0, 0x010" ::: "memory"); /* pause (Zihintpause) */
}

/*
 * Gives up a reservation that an LR left on this hart: an SC of the next vcpu could succeed on the
 * last one's (unprivileged specification, "Load-Reserved/Store-Conditional Instructions").
 */
static inline void drop_reservation(void)
{
	uint32_t scratch = 0, failed;

	__asm__ volatile("sc.w %0, zero, %1" : "=r"(failed), "+A"(scratch)::"memory");
}

struct spinlock {
	uint32_t locked;
};

static inline bool spin_trylock(struct spinlock *l)
{
	return __atomic_exchange_n(&l->locked, 1, __ATOMIC_ACQUIRE) == 0;
}

static inline void spin_lock(struct spinlock *l)
{
	while (!spin_trylock(l))
		while (atomic_load(&l->locked))
			cpu_relax();
}

static inline void spin_unlock(struct spinlock *l)
{
	/* Device writes too: under the lock of a device the next holder's come after them. */
	__asm__ volatile("fence iorw, w" ::: "memory");
	atomic_store(&l->locked, 0);
}

#endif
