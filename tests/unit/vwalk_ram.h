/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The guest physical memory of the tests of arch/riscv/vwalk.c: a few pages, some of which cannot
 * be written, whose entries other harts change when A and D are about to be set.
 */
#ifndef TESTS_UNIT_VWALK_RAM_H
#define TESTS_UNIT_VWALK_RAM_H

#define PAGES	 8
#define RAM_BASE UINT64_C(0x80000000)
#define RAM_SIZE (PAGES * PAGE_SIZE)
#define WRITES	 10 /* of other harts, in one walk */
#define TRIES	 8  /* the walk's */

/* At the n-th cas another hart writes the entry first, or the reservation is lost. */
enum { WRITE = 1, LOSE };

struct ram {
	uint64_t word[RAM_SIZE / 8];
	bool rom[PAGES];
	int on_cas[WRITES]; /* WRITE, LOSE, or an error */
	uint64_t written[WRITES];
	unsigned ncas, nread, nstep;
	uint64_t step_at, step_pte;
	unsigned step_level;
};

static inline uint64_t *ram_word(struct ram *m, uint64_t a)
{
	assert_true(a % 8 == 0 && a >> 56 == 0);
	return a - RAM_BASE < RAM_SIZE ? &m->word[(a - RAM_BASE) / 8] : NULL;
}

static inline int ram_read(void *ctx, gpa_t a, uint64_t *pte)
{
	struct ram *m = ctx;
	uint64_t *word = ram_word(m, a.v);

	m->nread++;
	*pte = word ? *word : UINT64_C(0x200000cf); /* what must not be used after an error */
	return word ? 0 : -NACRE_EFAULT;
}

static inline int ram_cas(void *ctx, gpa_t a, uint64_t expect, uint64_t desired)
{
	struct ram *m = ctx;
	uint64_t *word = ram_word(m, a.v);
	unsigned n = m->ncas++;

	assert_non_null(word); /* it was read before */
	if (m->rom[(a.v - RAM_BASE) / PAGE_SIZE])
		return -NACRE_EFAULT;
	assert_true(n < WRITES);
	if (m->on_cas[n] < 0)
		return m->on_cas[n];
	if (m->on_cas[n] == LOSE)
		return -NACRE_EBUSY;
	if (m->on_cas[n] == WRITE)
		*word = m->written[n];
	if (*word != expect)
		return -NACRE_EBUSY;
	*word = desired;
	return 0;
}

static inline void ram_step(void *ctx, unsigned level, gpa_t pte_at, uint64_t pte)
{
	struct ram *m = ctx;

	m->nstep++;
	m->step_level = level;
	m->step_at = pte_at.v;
	m->step_pte = pte;
}

static const struct vwalk_mem mem = {ram_read, ram_cas, ram_step};

#endif
