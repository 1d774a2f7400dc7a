/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See arch/amo_quick.h. Every instruction here is one that each emulated AMO takes; so one
 * function, but for what is shared with the long way, and few words kept at hand. (Unprivileged
 * specification, chapters "A", "Zabha", "Zacas"; privileged specification, "Virtual Address
 * Translation Process".)
 */
#include <arch/amo_quick.h>

#include <spec/csr.h>
#include <spec/pte.h>
#include "amo_part.h"

static_assert(SATP_PPN == UINT64_MAX >> (64 - 44), "satp.PPN is the lowest 44 bits");

#define FIELD(bits, low) ((bits) >> (low)&31)

#define PART_MASK 0x607fU /* of opcode and funct3, which is 0 or 1 */

/* All of an entry that decides. A pointer has V alone; the one kind of leaf that is ordinary:
 * these, X as it likes. */
#define PTE_KIND (PTE_V | PTE_RWX | PTE_U | PTE_A | PTE_D | PTE_RESERVED | PTE_PBMT | PTE_N)
#define LEAF	 (PTE_V | PTE_R | PTE_W | PTE_A | PTE_D)

#define INDEX (PAGE_MASK & ~UINT64_C(7)) /* an entry's place in its table, in bytes */

/* Bits that satp.MODE leaves above those it translates; 0: none of the three. */
static const uint8_t unused_bits[16] = {
	[SATP_MODE_SV39] = 64 - 39, [SATP_MODE_SV48] = 64 - 48, [SATP_MODE_SV57] = 64 - 57};

uint32_t amo_quick_ops(bool cas)
{
	return 1U << AMO_ADD | 1U << AMO_SWAP | 1U << AMO_XOR | 1U << AMO_OR | 1U << AMO_AND |
	       1U << AMO_MIN | 1U << AMO_MAX | 1U << AMO_MINU | 1U << AMO_MAXU |
	       (cas ? 1U << AMO_CAS : 0);
}

/* Where the host sees va, or NULL. Reads each entry once and changes none. `at` counts from the
 * run's begin. */
static inline void *translate(const struct amo_quick *q, uint64_t va, uint64_t vsatp, bool user)
{
	uint64_t at = vsatp << (64 - 44) >> (64 - 44 - PAGE_SHIFT), pte, kind, page;
	unsigned unused = unused_bits[vsatp >> SATP_MODE_SHIFT],
		 up; /* up: of the entry's span above a page */

	if (!unused)
		return vsatp >> SATP_MODE_SHIFT == SATP_MODE_BARE && va - q->gpa < q->size
			       ? q->host + (va - q->gpa)
			       : NULL;
	if ((uint64_t)((int64_t)(va << unused) >> unused) != va)
		return NULL;
	for (up = 64 - PTE_TABLE_SHIFT - PAGE_SHIFT - unused;; up -= PTE_TABLE_SHIFT) {
		at = at - q->gpa + (va >> (up + PAGE_SHIFT - 3) & INDEX);
		if (at >= q->size)
			return NULL;
		pte = __atomic_load_n((uint64_t *)(q->host + at), __ATOMIC_RELAXED);
		kind = pte & PTE_KIND;
		at = pte >> PTE_PPN_SHIFT
				    << PAGE_SHIFT; /* what is above PPN is 0, or kind is neither */
		if (kind != PTE_V)
			break;
		if (up == 0)
			return NULL;
	}
	page = (PAGE_SIZE << up) - 1;
	if ((kind & ~PTE_X) != (user ? LEAF | PTE_U : LEAF) || (at & page))
		return NULL;
	at = at - q->gpa + (va & page);
	return at < q->size ? q->host + at : NULL;
}

unsigned amo_quick(const struct amo_quick *q, uint64_t x[32], uint32_t bits, uint64_t vsatp,
		   uint64_t sstatus)
{
	uint32_t op = bits >> 27, rd = FIELD(bits, 7);
	unsigned size = 1 + (bits >> 12 & 1);
	uint64_t va = x[FIELD(bits, 15)], old;
	void *p;

	if (!(q->ops >> op & 1) || (bits & PART_MASK) != OPCODE_AMO || (va & (size - 1)))
		return 0;
	p = translate(q, va, vsatp, !(sstatus & SSTATUS_SPP));
	if (!p)
		return 0;
	old = amo_part(p, op, size, x[FIELD(bits, 20)], x[rd]);
	if (rd)
		x[rd] = old;
	return 1 + rd;
}
