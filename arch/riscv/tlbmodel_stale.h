/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of the fence watcher's model share: the records of what was changed and not yet
 * fenced. */
#ifndef NACRE_ARCH_TLBMODEL_STALE_H
#define NACRE_ARCH_TLBMODEL_STALE_H

#include <arch/tlbmodel.h>

#define EACH_STALE(m, s)                   \
	struct tlbm_stale *s = (m)->stale; \
	s < (m)->stale + (m)->high;        \
	s++
#define EACH_TAG(m, t)                 \
	struct tlbm_tag *t = (m)->tag; \
	t < (m)->tag + (m)->tags;      \
	t++

/* A copy of *new; or something coarser that stands for it. */
void stale_add(struct tlbm *m, const struct tlbm_stale *new);
void stale_drop(struct tlbm *m, struct tlbm_stale *s);
/* Takes [first, last] out of s. */
void stale_cut(struct tlbm *m, struct tlbm_stale *s, uint64_t first, uint64_t last);
/* Takes out what a fence of the addresses of h reaches; h is for the right stage, VMID and ASID. */
void stale_fence(struct tlbm *m, struct tlbm_stale *s, const struct hfence *h);

/* What a request or a fence by L1 makes wrong: everything of a record but kind, why and whose it
 * is. */
struct tlbm_stale stale_of(const struct tlbm *m, unsigned hart, const struct hfence *h);
/* The VS-stage entries of a tag that s covers are wrong. */
void stale_vs(struct tlbm *m, const struct tlbm_tag *t, struct tlbm_stale s);
/* Drops a record that is reported. */
void stale_say(struct tlbm *m, enum tlbm_fault fault, unsigned hart, struct tlbm_stale *s);

static inline bool tag_in_force(const struct tlbm *m, const struct tlbm_tag *t)
{
	return m->hart[t->hart].tag == (int)(t - m->tag);
}

static inline bool is_dirty(const uint64_t *map, unsigned n)
{
	return map[n / 64] >> (n % 64) & 1;
}

void tlbm_say(struct tlbm *m, const struct tlbm_report *r);

#endif
