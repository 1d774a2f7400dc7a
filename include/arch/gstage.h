/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * G-stage page tables: guest physical to supervisor physical addresses, in Sv39x4, Sv48x4 or
 * Sv57x4.
 *
 * Works on tables that the hardware may walk at any moment: each entry is written with one 64-bit
 * store, and a table is complete before it is linked. No function issues a fence; those that take
 * something away report in struct gstage_change what the caller must fence on every hart where the
 * guest may have translations, before it reuses the memory. Mapping adds valid entries only: a hart
 * without Svvptc may still fault there once, and the handler that finds the page mapped fences it
 * and goes on. No lock: the owner of the tables holds one around every call that changes them.
 * Privileged specification, "Two-Stage Address Translation".
 */
#ifndef NACRE_ARCH_GSTAGE_H
#define NACRE_ARCH_GSTAGE_H

#include <core/types.h>
#include <spec/pte.h>

#define GSTAGE_R 1U
#define GSTAGE_W 2U /* only together with GSTAGE_R */
#define GSTAGE_X 4U
#define GSTAGE_RWX (GSTAGE_R | GSTAGE_W | GSTAGE_X)

/* Where tables come from. npages is 1 or 4. */
struct gstage_mem {
	int (*alloc)(void *ctx, unsigned npages,
		     hpa_t *out); /* zeroed, naturally aligned; or -NACRE_ENOMEM */
	void (*free)(void *ctx, hpa_t p, unsigned npages);
	void *(*ptr)(void *ctx, hpa_t p); /* never NULL for a page that alloc gave */
};

struct gstage {
	const struct gstage_mem *mem;
	void *ctx;
	hpa_t root;
	uint8_t levels; /* 3, 4 or 5 */
	uint8_t mode;	/* HGATP_MODE_SV39X4, ... */
};

/*
 * What a change took away. With size 0 there is nothing to fence. Otherwise hfence.gvma, for the
 * guest's VMID: with all set, or when that is cheaper, for every address (an entry above a leaf
 * went away, which a fence for one address need not cover); else once per 4 KiB << order from gpa
 * to gpa + size. After all harts have fenced, gstage_reclaim().
 */
struct gstage_change {
	gpa_t gpa;
	uint64_t size;
	uint8_t order; /* log2 of the 4 KiB pages of the smallest leaf concerned */
	bool all;
	uint32_t ndead; /* detached tables, linked through their first word, */
	hpa_t dead;	/* of which this is the first */
};

struct gstage_leaf {
	hpa_t hpa;     /* of the very byte asked for */
	uint64_t size; /* bytes of the (super)page around it */
	unsigned perm; /* GSTAGE_* */
};

/* Empty tables. -NACRE_EINVAL: mode is none of the three; -NACRE_ENOMEM. */
int gstage_init(struct gstage *g, unsigned mode, const struct gstage_mem *mem, void *ctx);

/* Frees the tables, not what they map. No hart may use them any more. */
void gstage_destroy(struct gstage *g);

/* Bytes of guest physical address space: 2^41, 2^50 or 2^59. */
uint64_t gstage_limit(const struct gstage *g);

/*
 * Maps [gpa, gpa + size) to hpa upwards, with the largest superpages that both addresses' alignment
 * allows. -NACRE_EINVAL: not page aligned, size 0, beyond the mode's width or 2^56, or no valid
 * permission; -NACRE_EEXIST: a page of it is mapped already; -NACRE_ENOMEM: no memory for tables.
 * On error nothing is mapped.
 */
int gstage_map(struct gstage *g, gpa_t gpa, hpa_t hpa, uint64_t size, unsigned perm);

/*
 * The short way for one (super)page, whose size both addresses are aligned to. -NACRE_EEXIST as above; -NACRE_ENOMEM: tables
 * may have been linked that are empty: gstage_drop() is to follow.
 */
int gstage_map_one(struct gstage *g, gpa_t gpa, hpa_t hpa, uint64_t size, unsigned perm);

/*
 * Unmaps what is mapped in [gpa, gpa + size); superpages are split where the range cuts them.
 * -NACRE_EINVAL as above; -NACRE_ENOMEM: no memory to split. On error nothing is changed.
 */
int gstage_unmap(struct gstage *g, gpa_t gpa, uint64_t size, struct gstage_change *out);

/* Gives [gpa, gpa + size) new permissions. -NACRE_EFAULT: a page of it is not mapped; else as
 * gstage_unmap(). */
int gstage_protect(struct gstage *g, gpa_t gpa, uint64_t size, unsigned perm,
		   struct gstage_change *out);

/* Frees the tables that a change detached. Only after the change was fenced wherever the guest may
 * have run. */
void gstage_reclaim(struct gstage *g, struct gstage_change *change);

/*
 * Empties the tables below [gpa, gpa + size), rounded outwards to what entries of the root stand for, without a look at them:
 * all tables that alloc gave for this range are the caller's again, to be used when no hart can walk them any more.
 */
void gstage_drop(struct gstage *g, gpa_t gpa, uint64_t size);

/* Looks gpa up. -NACRE_EFAULT: not mapped, or beyond the mode's width. */
int gstage_walk(const struct gstage *g, gpa_t gpa, struct gstage_leaf *out);

/* The value of hgatp for these tables. vmid < 2^14. */
uint64_t gstage_hgatp(const struct gstage *g, unsigned vmid);

#endif
