/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The shared memory of SBI nested acceleration, as both ends use it: the consumer is a hypervisor
 * that runs as a guest, the provider the one below it. SBI specification, chapter "Nested
 * Acceleration Extension"; layout in spec/nacl.h.
 *
 * The memory belongs to one hart. Its consumer and its provider take turns on that hart, so a call
 * down and a trap up order their accesses. But the consumer's other harts can reach it too, and may
 * write anything at any moment: the provider reads each word once, and judges what it has read.
 */
#ifndef NACRE_ARCH_NACL_SHMEM_H
#define NACRE_ARCH_NACL_SHMEM_H

#include <core/types.h>
#include <arch/hfence.h>
#include <spec/nacl.h>

/* One access each. (GCC 12 makes an amoswap of an atomic store.) */
static inline uint64_t nacl_load(const uint64_t *word)
{
	return *(const volatile uint64_t *)word;
}

static inline void nacl_store(uint64_t *word, uint64_t value)
{
	*(volatile uint64_t *)word = value;
}

/* ---- CSR space. csr is the number of a CSR that has a word in it. ---- */

static inline bool nacl_csr_valid(uint64_t csr)
{
	return csr < 0x1000 && (csr & 0x300) == 0x200;
}

/* The value as the provider left it, or as nacl_csr_put() did since. Provider: L1's last word. */
static inline uint64_t nacl_csr_get(const struct nacl_shmem *s, unsigned csr)
{
	return nacl_load(&s->csr[NACL_CSR_INDEX(csr)]);
}

/* Provider: what the CSR is now. */
static inline void nacl_csr_show(struct nacl_shmem *s, unsigned csr, uint64_t value)
{
	nacl_store(&s->csr[NACL_CSR_INDEX(csr)], value);
}

/* Consumer: a new value for the next synchronisation (SYNC_CSR). */
static inline void nacl_csr_put(struct nacl_shmem *s, unsigned csr, uint64_t value)
{
	uint64_t *dirty = &s->dirty[NACL_CSR_INDEX(csr) / 64];

	nacl_store(&s->csr[NACL_CSR_INDEX(csr)], value);
	nacl_store(dirty, nacl_load(dirty) | BIT(NACL_CSR_INDEX(csr) % 64));
}

static inline bool nacl_csr_dirty(const struct nacl_shmem *s, unsigned csr)
{
	return nacl_load(&s->dirty[NACL_CSR_INDEX(csr) / 64]) >> NACL_CSR_INDEX(csr) % 64 & 1;
}

/* Provider: whether there is a new value; it is new once only. */
static inline bool nacl_csr_take(struct nacl_shmem *s, unsigned csr, uint64_t *value)
{
	uint64_t *word = &s->dirty[NACL_CSR_INDEX(csr) / 64], dirty = nacl_load(word);

	if (!(dirty & BIT(NACL_CSR_INDEX(csr) % 64)))
		return false;
	*value = nacl_csr_get(s, csr);
	nacl_store(word, dirty & ~BIT(NACL_CSR_INDEX(csr) % 64));
	return true;
}

/*
 * Provider: which of the CSRs in `mask` of dirty word i (those with indexes 64 * i + bit) have new
 * values. Their bits are cleared; fetch the values with nacl_csr_get().
 */
static inline uint64_t nacl_dirty_take(struct nacl_shmem *s, unsigned i, uint64_t mask)
{
	uint64_t dirty = nacl_load(&s->dirty[i]);

	if (dirty & mask)
		nacl_store(&s->dirty[i], dirty & ~mask);
	return dirty & mask;
}

/* The CSR whose word has this index. */
static inline unsigned nacl_csr_at(unsigned index)
{
	return (index & 0x300) << 2 | 0x200 | (index & 0xff);
}

/* ---- HFENCE entries ---- */

/* Consumer: the index of an entry that is not pending, -1 if there is none. *hint, any number, is
 * where the search begins; it becomes the one after. */
int nacl_hfence_free(const struct nacl_shmem *s, unsigned *hint);

/*
 * Consumer: makes a free entry ask for h. The config word with its pending bit is written last, by
 * a release. -NACRE_EINVAL: no entry can say it, as h is for a VMID that does not fit into 14 bits
 * (HFENCE_VMID_ANY is one), or h->type is none. A range that does not make sense becomes the "all"
 * type.
 */
int nacl_hfence_pack(struct nacl_hfence *e, const struct hfence *h);

/* Types for one VMID, and for one ASID. */
static inline bool nacl_has_vmid(unsigned type)
{
	return type >= NACL_HFENCE_GVMA_VMID;
}

static inline bool nacl_has_asid(unsigned type)
{
	return type >= NACL_HFENCE_VVMA_ASID;
}

#define NACL_ORDER_MAX (63 - PAGE_SHIFT)

/* Pages of 4 KiB << order from page `number` on: are there some, all below 2^64? */
static inline bool nacl_range_makes_sense(unsigned order, uint64_t number, uint64_t count)
{
	uint64_t last;

	if (order > NACL_ORDER_MAX)
		return false;
	last = UINT64_MAX >> (order + PAGE_SHIFT);
	return number <= last && count - 1 <= last - number; /* last is small: not with count 0 */
}

/* A field of a config word, by two shifts: no mask to be loaded. */
static inline uint64_t nacl_field(uint64_t config, unsigned shift, unsigned bits)
{
	return config << (64 - shift - bits) >> (64 - bits);
}

static_assert(NACL_HFENCE_VMID_MASK == BIT(14) - 1 && NACL_HFENCE_ASID_MASK == BIT(16) - 1,
	      "nacl_hfence_unpack()");

enum nacl_asked {
	NACL_ASKED_NOTHING,    /* the entry is not pending */
	NACL_ASKED_ONE,	       /* *out */
	NACL_ASKED_EVERYTHING, /* both stages, every VMID; *out is undefined */
};

/*
 * Provider: what an entry asks for. Everything: by a type or a reserved bit that this version of
 * the specification does not know. A range that is empty, wraps around or whose address has too
 * many bits becomes the "all" type. Ranges are aligned to their order.
 */
static inline enum nacl_asked nacl_hfence_unpack(const struct nacl_hfence *e, struct hfence *out)
{
	const uint64_t unknown = NACL_HFENCE_RESERVED | (uint64_t)NACL_HFENCE_TYPES
								<< NACL_HFENCE_TYPE_SHIFT;
	const uint64_t order_bits = (uint64_t)NACL_HFENCE_ORDER_MASK << NACL_HFENCE_ORDER_SHIFT;
	const uint64_t all_bit = UINT64_C(1) << NACL_HFENCE_TYPE_SHIFT;
	uint64_t config = nacl_load(&e->config), number, count;
	unsigned type = config >> NACL_HFENCE_TYPE_SHIFT & NACL_HFENCE_TYPE_MASK, order = 0;

	static_assert(NACL_HFENCE_TYPES * 2 == NACL_HFENCE_TYPE_MASK + 1, "one bit tells");
	if (!(config & NACL_HFENCE_PENDING))
		return NACL_ASKED_NOTHING;
	/* The pending bit before the words that came with it: pack()'s release. */
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	if ((config & unknown) || nacl_load(&e->reserved))
		return NACL_ASKED_EVERYTHING;
	number = nacl_load(&e->page_number);
	count = nacl_load(&e->page_count);
	/* Most are a range of 4 KiB pages, and nowhere near the end of all addresses. */
	if ((config & (order_bits | all_bit)) || (number | (count - 1)) >> (NACL_ORDER_MAX - 1)) {
		order = config >> NACL_HFENCE_ORDER_SHIFT & NACL_HFENCE_ORDER_MASK;
		if ((type & 1) || !nacl_range_makes_sense(order, number, count)) {
			type |= 1;
			order = 0;
			number = count = 0;
		}
	}
	out->type = (uint8_t)type;
	out->order = (uint8_t)order;
	out->vmid =
		nacl_has_vmid(type) ? (uint16_t)nacl_field(config, NACL_HFENCE_VMID_SHIFT, 14) : 0;
	out->asid =
		nacl_has_asid(type) ? (uint16_t)nacl_field(config, NACL_HFENCE_ASID_SHIFT, 16) : 0;
	out->l2 = false;
	out->addr = number << (order + PAGE_SHIFT);
	out->count = count;
	return NACL_ASKED_ONE;
}

static inline bool nacl_hfence_pending(const struct nacl_hfence *e)
{
	return (nacl_load(&e->config) & NACL_HFENCE_PENDING) != 0;
}

/* Provider: the requests of a pending entry have been carried out. */
static inline void nacl_hfence_done(struct nacl_hfence *e)
{
	/* Whoever sees the entry free shall find its fences done. */
	__atomic_fetch_and(&e->config, ~NACL_HFENCE_PENDING, __ATOMIC_RELEASE);
}

/* ---- Autoswap context ---- */

/* Consumer: from now on, synchronised SRETs and traps from its guest swap hstatus with this. */
static inline void nacl_autoswap_enable(struct nacl_shmem *s, uint64_t hstatus)
{
	nacl_store(&s->autoswap.hstatus, hstatus);
	nacl_store(&s->autoswap.flags, NACL_AUTOSWAP_FLAG_HSTATUS);
}

/* Provider: whether hstatus is to be swapped, and with what: the value that it shall have. */
static inline bool nacl_autoswap(struct nacl_shmem *s, uint64_t hstatus, uint64_t *other)
{
	if (!(nacl_load(&s->autoswap.flags) & NACL_AUTOSWAP_FLAG_HSTATUS))
		return false;
	*other = nacl_load(&s->autoswap.hstatus);
	nacl_store(&s->autoswap.hstatus, hstatus);
	return true;
}

#endif
