/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See arch/amo_quick.h. Every instruction here is one that each emulated AMO takes; so each way
 * is one function, that calls nothing and keeps few words at hand, and only the one for RAM in
 * several runs, with more to look up, is content with less. (Unprivileged specification, chapters
 * "A", "Zabha", "Zacas"; privileged specification, "Virtual Address Translation Process".)
 */
#include <arch/amo_quick.h>

#include <spec/csr.h>
#include <spec/pte.h>
#include "amo_part.h"

static_assert(SATP_PPN == UINT64_MAX >> (64 - 44), "satp.PPN is the lowest 44 bits");

/* A register's place in x[], by where its number is in the instruction. */
#define REG(x, bits, low) ((uint64_t *)((char *)(x) + ((bits) >> ((low)-3) & 31 << 3)))

#define AMO_MASK 0x607fU		    /* of opcode and funct3, but for its lowest bit */
#define AMO_WIDE (1U << AMO_QUICK_WIDE_BIT) /* of words or doublewords */
#define SIZE_BIT 12			    /* half of them: 0; the greater of the two: 1 */

/* What the one kind of leaf that is ordinary has of all but its PPN; X, G and RSW as they like. */
#define LEAF_MASK (~PTE_PPN & ~(PTE_X | PTE_G | PTE_RSW))
#define LEAF	  (PTE_V | PTE_R | PTE_W | PTE_A | PTE_D)

#define INDEX (PAGE_MASK & ~UINT64_C(7)) /* an entry's place in its table, in bytes */

#define ZABHA                                                                                      \
	(BIT(AMO_ADD) | BIT(AMO_SWAP) | BIT(AMO_XOR) | BIT(AMO_OR) | BIT(AMO_AND) | BIT(AMO_MIN) | \
	 BIT(AMO_MAX) | BIT(AMO_MINU) | BIT(AMO_MAXU))

static_assert(ZABHA >> 32 == 0 && AMO_CAS < 32, "amo_quick.ops has room");

uint32_t amo_quick_ops(bool zabha, bool zacas)
{
	return (uint32_t)(zabha ? ZABHA | (zacas ? BIT(AMO_CAS) : 0) : 0);
}

/* A guest's RAM is one run of the host's, or many: known to the compiler, as are the levels of a
 * walk. */
enum ram { ONE_RUN, RUNS };

#define INLINE static inline __attribute__((always_inline))

static const struct amo_run *run_of(const struct amo_quick *q, uint64_t a)
{
	for (const struct amo_run *r = q->run; r < q->run + q->runs; r++)
		if (a - r->gpa < r->size)
			return r;
	return NULL;
}

struct walk {
	const struct amo_run *run; /* of the last thing found: the next is likely there too */
	uint64_t at;		   /* of the table */
	uint64_t pte;
	uint64_t inside; /* the bits of an address that the entry leaves alone */
};

/* Where the host sees guest physical address a, and what follows in its page. */
INLINE bool find(const struct amo_quick *q, struct walk *w, uint64_t a, enum ram ram, char **out)
{
	if (a - w->run->gpa >= w->run->size) {
		w->run = ram == RUNS ? run_of(q, a) : NULL;
		if (!w->run)
			return false;
	}
	*out = w->run->host + (a - w->run->gpa);
	return true;
}

/* Reads the table's entry. True: it is a pointer, and `at` where it points to. */
INLINE bool down(const struct amo_quick *q, struct walk *w, uint64_t va, unsigned up, enum ram ram)
{
	char *table;
	uint64_t rest;

	w->inside = (PAGE_SIZE << up) - 1;
	w->pte = 0;
	if (!find(q, w, w->at, ram, &table))
		return false;
	w->pte = __atomic_load_n((uint64_t *)(table + (va >> (up + PAGE_SHIFT - 3) & INDEX)),
				 __ATOMIC_RELAXED);
	rest = w->pte - PTE_V;
	w->at = rest << (PAGE_SHIFT - PTE_PPN_SHIFT);
	return !(rest & ~PTE_PPN);
}

/* To the last entry, whatever it is. False: the address is none. */
INLINE bool walk(const struct amo_quick *q, struct walk *w, uint64_t va, unsigned levels,
		 enum ram ram)
{
	unsigned unused = 64 - PAGE_SHIFT - PTE_TABLE_SHIFT * levels;

	if ((uint64_t)((int64_t)(va << unused) >> unused) != va)
		return false;
	(void)((levels < 5 || down(q, w, va, 36, ram)) && (levels < 4 || down(q, w, va, 27, ram)) &&
	       down(q, w, va, 18, ram) && down(q, w, va, 9, ram) && down(q, w, va, 0, ram));
	return true;
}

/*
 * Pointer masking leaves what is canonical as it is, but for bits that only Sv57 translates. Of
 * VU-mode only: henvcfg.PMM is 0.
 */
INLINE bool may_be_masked(uint64_t va, uint64_t sstatus)
{
	return !(sstatus & SSTATUS_SPP) && (uint64_t)((int64_t)(va << 16) >> 16) != va;
}

/* Where the host sees va. Reads each entry once and changes none. */
INLINE bool translate(const struct amo_quick *q, uint64_t va, uint64_t vsatp, uint64_t sstatus,
		      enum ram ram, char **out)
{
	/* The first tables of an operating system are often at the end of its RAM. */
	struct walk w = {.run = ram == RUNS ? q->run + q->runs - 1 : &q->only,
			 .at = vsatp << (64 - 44) >> (64 - 44 - PAGE_SHIFT)};
	uint64_t at, mode = vsatp >> SATP_MODE_SHIFT;
	bool ok = false;

	if (ram == RUNS && may_be_masked(va, sstatus))
		return false;
	if (mode == SATP_MODE_SV39)
		ok = walk(q, &w, va, 3, ram);
	else if (mode == SATP_MODE_SV57)
		ok = walk(q, &w, va, 5, ram);
	else if (mode == SATP_MODE_SV48)
		ok = walk(q, &w, va, 4, ram);
	else if (mode == SATP_MODE_BARE)
		return find(q, &w, va, ram, out);
	if (!ok || (w.pte & LEAF_MASK) != (sstatus & SSTATUS_SPP ? LEAF : LEAF | PTE_U))
		return false;
	at = w.pte >> PTE_PPN_SHIFT << PAGE_SHIFT;
	return !(at & w.inside) && find(q, &w, at + (va & w.inside), ram, out);
}

static inline uint64_t cas_double(char *p, uint64_t desired, const uint64_t *compare)
{
	uint64_t seen = *compare;

	__atomic_compare_exchange_n((uint64_t *)p, &seen, desired, false, __ATOMIC_SEQ_CST,
				    __ATOMIC_SEQ_CST);
	return seen;
}

/*
 * What it compares with is loaded as a word: gcc before 14 takes the lower half of a register as it
 * is, but LR.W extends the sign (PR 114130).
 */
static inline uint64_t cas_word(char *p, uint64_t desired, const uint64_t *compare)
{
	typedef uint32_t __attribute__((may_alias)) low_word;
	uint32_t seen = *(const low_word *)compare;

	__atomic_compare_exchange_n((uint32_t *)p, &seen, (uint32_t)desired, false,
				    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
	return (uint64_t)(int64_t)(int32_t)seen;
}

/* AMOCAS of words and doublewords: the other AMOs of theirs belong to Zaamo, which the hart has. */
INLINE uint64_t cas(const struct amo_quick *q, uint64_t x[32], uint64_t bits, uint64_t vsatp,
		    uint64_t sstatus, enum ram ram)
{
	uint64_t va = *REG(x, bits, 15), *rd = REG(x, bits, 7), old;
	bool doubled = bits >> SIZE_BIT & 1;
	char *p;

	if (!q->cas || bits >> 27 != AMO_CAS || (bits & AMO_MASK) != (OPCODE_AMO | AMO_WIDE) ||
	    (va & (doubled ? 7 : 3)) || !translate(q, va, vsatp, sstatus, ram, &p))
		return 0;
	old = doubled ? cas_double(p, *REG(x, bits, 20), rd) : cas_word(p, *REG(x, bits, 20), rd);
	if (rd != x)
		*rd = old;
	return bits;
}

/* Of bytes and halfwords. */
INLINE uint64_t part(const struct amo_quick *q, uint64_t x[32], uint64_t bits, uint64_t vsatp,
		     uint64_t sstatus, enum ram ram)
{
	uint64_t va = *REG(x, bits, 15), *rd, old;
	char *p;

	if (!(q->ops >> ((uint32_t)bits >> 27) & 1) || (bits & AMO_MASK) != OPCODE_AMO ||
	    (va & (bits >> SIZE_BIT & 1)) || !translate(q, va, vsatp, sstatus, ram, &p))
		return 0;
	rd = REG(x, bits, 7);
	old = amo_part(p, (uint32_t)bits >> 27, 24 ^ (bits >> (SIZE_BIT - 3) & 8),
		       *REG(x, bits, 20), *rd);
	if (rd != x)
		*rd = old;
	return bits;
}

uint64_t amo_quick_part(const struct amo_quick *q, uint64_t x[32], uint64_t bits, uint64_t vsatp,
			uint64_t sstatus)
{
	return part(q, x, bits, vsatp, sstatus, ONE_RUN);
}

uint64_t amo_quick_wide(const struct amo_quick *q, uint64_t x[32], uint64_t bits, uint64_t vsatp,
			uint64_t sstatus)
{
	return cas(q, x, bits, vsatp, sstatus, ONE_RUN);
}

uint64_t amo_quick_runs(const struct amo_quick *q, uint64_t x[32], uint64_t bits, uint64_t vsatp,
			uint64_t sstatus)
{
	return bits & AMO_WIDE ? cas(q, x, bits, vsatp, sstatus, RUNS)
			       : part(q, x, bits, vsatp, sstatus, RUNS);
}
