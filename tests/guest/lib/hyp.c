/* SPDX-License-Identifier: BSD-2-Clause */
/* G-stage tables for a guest of the test guest, and how to run a piece of code in it. */
#include <string.h>
#include "hyp.h"

#define ROOTS 16

static_assert(offsetof(struct l2, sepc) == 256 && offsetof(struct l2, host) == 312 &&
		      offsetof(struct l2, stvec) == 448,
	      "hyp.S");

struct gpt gpt_new(unsigned mode)
{
	static char roots[ROOTS][16384] __attribute__((aligned(16384)));
	static unsigned used;

	if (used == ROOTS)
		die("no more G-stage roots");
	return (struct gpt){(uint64_t *)roots[used++], mode - 5};
}

uint64_t *gpt_pte(const struct gpt *g, uint64_t gpa, unsigned level)
{
	uint64_t *table = g->root, mask = 2047;

	for (unsigned l = g->levels - 1; l > level; l--, mask = 511) {
		uint64_t *e = &table[gpa >> (12 + 9 * l) & mask];

		if (!(*e & PTE_V) || (*e & (PTE_R | PTE_W | PTE_X)))
			*e = pte_make((uintptr_t)page_alloc(), PTE_V);
		table = (uint64_t *)(uintptr_t)(*e >> 10 << 12);
	}
	return &table[gpa >> (12 + 9 * level) & mask];
}

void gpt_map(const struct gpt *g, uint64_t gpa, uint64_t pa, unsigned level, uint64_t flags)
{
	*gpt_pte(g, gpa, level) = pte_make(pa, flags);
}

uint64_t gpt_hgatp(const struct gpt *g, uint64_t vmid)
{
	return (uint64_t)(g->levels + 5) << HGATP_MODE_SHIFT | vmid << HGATP_VMID_SHIFT |
	       (uintptr_t)g->root >> 12;
}

void gpt_map_image(const struct gpt *g)
{
	for (uint64_t a = (uintptr_t)_image; a < (uintptr_t)_end; a += SIZE_2M)
		gpt_map(g, a, a, 1, G_LEAF);
}

void l2_enter(struct l2 *l2);
extern char l2_vectors[];

/* stvec is direct and vectored in turns. (OpenSBI 1.5 redirects to the value as it is.) */
void l2_run(struct l2 *l2)
{
	static unsigned runs;
	unsigned vectored = machine.native ? 0 : atomic_add(&runs, 1) & 1;
	uint64_t entry;

	l2->stvec = (uintptr_t)l2_vectors | vectored;
	l2_enter(l2);
	entry = vectored && (l2->scause & CAUSE_INTERRUPT) ? l2->scause & 15 : 0;
	if (l2->entry != entry)
		die("cause %lx came to entry %lu of stvec's table", l2->scause, l2->entry);
}

void l2_clean(uint64_t hgatp)
{
	irq_off();
	csr_write(CSR_HEDELEG, 0);
	csr_write(CSR_HIDELEG, 0);
	csr_write(CSR_HIE, 0);
	csr_write(CSR_HVIP, 0);
	csr_write(CSR_HSTATUS, 0);
	csr_write(CSR_HTIMEDELTA, 0);
	csr_write(CSR_HCOUNTEREN, 7);
	csr_write(CSR_VSSTATUS, 0);
	csr_write(CSR_VSIE, 0);
	csr_write(CSR_VSTVEC, (uintptr_t)l2_vector);
	csr_write(CSR_VSATP, 0);
	csr_write(CSR_HGATP, hgatp);
	csr_write(CSR_SIE, 0);
	csr_clear(CSR_SIP, IP_SSI);
}

struct l2 *l2_do(void *code, bool user, uint64_t a0, uint64_t a1)
{
	static struct l2 l2s[MAX_HARTS];
	struct l2 *l2 = &l2s[self()->index];

	memset(l2, 0, sizeof(*l2));
	l2->x[10] = a0;
	l2->x[11] = a1;
	l2->sepc = (uintptr_t)code;
	l2->sstatus = (csr_read(CSR_SSTATUS) & ~(SSTATUS_SPP | SSTATUS_SPIE | SSTATUS_SIE)) |
		      (user ? 0 : SSTATUS_SPP);
	l2->hstatus =
		(csr_read(CSR_HSTATUS) & ~HSTATUS_SPVP) | HSTATUS_SPV | (user ? 0 : HSTATUS_SPVP);
	l2_run(l2);
	return l2;
}
