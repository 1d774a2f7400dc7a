/* SPDX-License-Identifier: BSD-2-Clause */
/* Device register access: one load or store each, ordered against memory and other device accesses. */
#ifndef NACRE_ARCH_IO_H
#define NACRE_ARCH_IO_H

#include <stdint.h>
#include <arch/atomic.h>

#define IO_ACCESS(bits)                                                                            \
	static inline uint##bits##_t io_read##bits(const volatile void *p)                         \
	{                                                                                          \
		uint##bits##_t v = *(const volatile uint##bits##_t *)p;                            \
		__asm__ volatile("fence i, ir" ::: "memory"); /* this read before later accesses */ \
		return v;                                                                          \
	}                                                                                          \
	static inline void io_write##bits(volatile void *p, uint##bits##_t v)                      \
	{                                                                                          \
		__asm__ volatile("fence w, o" ::: "memory"); /* earlier stores before this write */ \
		*(volatile uint##bits##_t *)p = v;                                                 \
	}

IO_ACCESS(8)
IO_ACCESS(32)

#endif
