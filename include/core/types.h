/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The few types that every room uses.
 *
 * Addresses are one-member structs, so the compiler refuses to mix the three address spaces:
 * hpa_t host (supervisor) physical, gpa_t guest physical, gva_t guest virtual.
 */
#ifndef NACRE_CORE_TYPES_H
#define NACRE_CORE_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
	uint64_t v;
} hpa_t;
typedef struct {
	uint64_t v;
} gpa_t;
typedef struct {
	uint64_t v;
} gva_t;

static inline hpa_t hpa(uint64_t v)
{
	return (hpa_t){v};
}
static inline gpa_t gpa(uint64_t v)
{
	return (gpa_t){v};
}
static inline gva_t gva(uint64_t v)
{
	return (gva_t){v};
}

struct mem_range {
	uint64_t start, end; /* host physical; end exclusive */
};

#define PAGE_SHIFT 12
#define PAGE_SIZE  (UINT64_C(1) << PAGE_SHIFT)
#define PAGE_MASK  (PAGE_SIZE - 1)
#define SIZE_2M    (UINT64_C(1) << 21)
#define SIZE_1G    (UINT64_C(1) << 30)

#define ARRAY_SIZE(a)	     (sizeof(a) / sizeof((a)[0]))
#define ALIGN_UP(x, a)	     (((x) + ((a) - 1)) & ~((__typeof__(x))(a) - 1))
#define ALIGN_DOWN(x, a)     ((x) & ~((__typeof__(x))(a) - 1))
#define IS_ALIGNED(x, a)     (((x) & ((a) - 1)) == 0)
#define BIT(n)		     (UINT64_C(1) << (n))
#define CONTAINER_OF(p, t, m) ((t *)((char *)(p)-offsetof(t, m)))

#endif
