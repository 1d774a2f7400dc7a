/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SBI NACL, the provider's side (SBI specification, chapter "Nested Acceleration Extension"): L1
 * reads and writes its hypervisor CSRs, asks for fences and enters L2 through memory of its own,
 * with few traps. Each act is one that its instructions could ask for too (nested.h).
 *
 * What always holds: while L1 runs, each word of the CSR space is the CSR's value, or a new one of
 * L1's that it has marked dirty. (What nobody can see in time is excepted: the passing of time in
 * hip and vsip, and traps of L1 that come to L1 alone, in hstatus.) The memory is L1's RAM, and any
 * of its harts may write there: each word is read once, and a call's work is bounded by its layout.
 */
#include <arch/nacl_shmem.h>
#include <core/vm.h>
#include <guest/vsbi.h>
#include <spec/nacl.h>
#include "nested.h"

#define ALL UINT64_MAX

/* Of the shared memory: without one, none. */
static bool has(const struct nested *n, unsigned feature)
{
	return n->nacl_features >> feature & 1;
}

/* ---- The CSR space ---- */

/* Unless L1 has written there what it has not asked to be synchronised yet. */
static void show(struct vcpu *v, struct nacl_shmem *s, unsigned csr)
{
	uint64_t value;

	if (has(nested_of(v), SBI_NACL_FEAT_SYNC_CSR) && nacl_csr_dirty(s, csr))
		return;
	if (nested_csr_read(v, csr, &value))
		nacl_csr_show(s, csr, value);
}

/* Words of the bitmap that have a bit of a CSR that there is. */
static bool some_dirty(const struct nacl_shmem *s)
{
	const uint64_t *d = s->dirty;

	return (nacl_load(&d[0]) | nacl_load(&d[1]) | nacl_load(&d[2]) | nacl_load(&d[4]) |
		nacl_load(&d[5]) | nacl_load(&d[6]) | nacl_load(&d[12])) != 0;
}

static void look_at_time(struct vcpu *v)
{
	if (nested_of(v)->file.vs.henvcfg & HENVCFG_STCE)
		nested_look_at_time(v);
}

static void show_all(struct vcpu *v, struct nacl_shmem *s)
{
	unsigned csr;

	if (!has(nested_of(v), SBI_NACL_FEAT_SYNC_CSR) || !some_dirty(s)) {
		nested_notice(v);
		look_at_time(v);
		ncsr_show(&nested_of(v)->file, s);
		return;
	}
	for (unsigned i = 0; (csr = ncsr_number(i)); i++)
		show(v, s, csr);
}

/* CSRs that are views of one another: a write to one of them may change the others. */
static const uint16_t aliases[] = {CSR_HIP, CSR_HVIP, CSR_HIE, CSR_VSIE, CSR_VSIP};

void nacl_show_csr(struct vcpu *v, unsigned csr)
{
	struct nacl_shmem *s = nested_of(v)->shmem;

	if (!s)
		return;
	show(v, s, csr);
	if (ncsr_is_of_interrupts(csr))
		for (unsigned i = 0; i < ARRAY_SIZE(aliases); i++)
			show(v, s, aliases[i]);
}

void nacl_trapped(struct vcpu *v)
{
	nacl_show_csr(v, CSR_HSTATUS);
	nacl_show_csr(v, CSR_HTVAL);
	nacl_show_csr(v, CSR_HTINST);
}

/* The words that ncsr_show_changing() and ncsr_show_pending() write are in these. */
static bool changing_dirty(const struct nacl_shmem *s)
{
	const uint64_t *d = s->dirty;

	return (nacl_load(&d[0]) | nacl_load(&d[1]) | nacl_load(&d[2]) | nacl_load(&d[4]) |
		nacl_load(&d[5])) != 0;
}

/*
 * "After supervisor (or L1) virtualization state changes from ON to OFF." The words of the CSRs
 * that L2's run does not change have their values, unless they were taken before it and not shown
 * since.
 */
void nacl_left(struct vcpu *v)
{
	struct nested *n = nested_of(v);
	struct nacl_shmem *s = n->shmem;
	bool all = n->words_taken, clean = n->words_clean;

	n->words_taken = n->words_clean = false;
	if (all || (!clean && has(n, SBI_NACL_FEAT_SYNC_CSR) && changing_dirty(s)))
		show_all(v, s);
	else
		ncsr_show_changing(&n->file, s);
}

void nacl_show_pending(struct vcpu *v)
{
	struct nested *n = nested_of(v);

	if (has(n, SBI_NACL_FEAT_SYNC_CSR) && changing_dirty(n->shmem)) {
		nacl_show_csr(v, CSR_HVIP);
		nacl_show_csr(v, CSR_VSTIMECMP);
		return;
	}
	look_at_time(v);
	ncsr_show_pending(&n->file, n->shmem);
}

/* ---- sync_csr ---- */

/* The number of its only bit. */
static unsigned bit_number(uint64_t bit)
{
	/* A de Bruijn sequence: by the six bits at the top of the product each is told from all
	 * others. There is no instruction for it without Zbb. */
	static const uint8_t number[64] = {
		0,  1,	2,  53, 3,  7,	54, 27, 4,  38, 41, 8,	34, 55, 48, 28,
		62, 5,	39, 46, 44, 42, 22, 9,	24, 35, 59, 56, 49, 18, 29, 11,
		63, 52, 6,  26, 37, 40, 33, 47, 61, 45, 43, 21, 23, 58, 17, 10,
		51, 25, 36, 32, 60, 20, 57, 16, 50, 31, 19, 15, 30, 14, 13, 12,
	};

	return number[bit * UINT64_C(0x022fdd63cc95386d) >> 58];
}

/* Those of `dirty`, which was word i of the bitmap, from the lowest on. */
static __attribute__((noinline)) void take_some(struct vcpu *v, struct nacl_shmem *s, unsigned i,
						uint64_t dirty)
{
	for (; dirty; dirty &= dirty - 1) {
		unsigned csr = nacl_csr_at(64 * i + bit_number(dirty & -dirty));

		nested_csr_write(v, csr, nacl_csr_get(s, csr));
	}
}

/* Of one word of the bitmap, but for `last`, if that is not 0, and then that. */
static inline uint64_t take_word(struct vcpu *v, struct nacl_shmem *s, unsigned i, uint64_t last)
{
	uint64_t dirty = nacl_dirty_take(s, i, ALL);

	if (!dirty)
		return 0;
	take_some(v, s, i, dirty & ~last);
	if (last && (dirty & last))
		take_some(v, s, i, dirty & last);
	return dirty;
}

#define DIRTY_BIT(csr) BIT(NACL_CSR_INDEX(csr) % 64)

/*
 * Each CSR after those on which it depends: hideleg and henvcfg are in word 4, hvip and hip, which
 * has a lower number, in word 5, and vsie and vsip in words 0 and 1. A bit that stands for no CSR
 * is cleared too. True: some are not among those that ncsr_show_changing() shows.
 */
static bool take_all(struct vcpu *v, struct nacl_shmem *s)
{
	uint64_t others = take_word(v, s, 4, 0) & ~(DIRTY_BIT(CSR_HSTATUS) | DIRTY_BIT(CSR_HIE));

	take_word(v, s, 5, DIRTY_BIT(CSR_HIP));
	others |= take_word(v, s, 6, 0) | take_word(v, s, 12, 0);
	take_word(v, s, 0, 0);
	take_word(v, s, 1, 0);
	take_word(v, s, 2, 0);
	return others;
}

static void sync_all_csrs(struct vcpu *v, struct nacl_shmem *s)
{
	if (some_dirty(s))
		take_all(v, s);
	show_all(v, s);
}

static struct sbi_reply sync_csr(struct vcpu *v, struct nacl_shmem *s, uint64_t csr)
{
	uint64_t value;

	if (csr == ALL) {
		sync_all_csrs(v, s);
		nirq_ask(v);
		return vsbi_ok(0);
	}
	if (!nacl_csr_valid(csr) || !nested_csr_read(v, (unsigned)csr, &value))
		return vsbi_err(SBI_ERR_INVALID_PARAM);
	if (nacl_csr_take(s, (unsigned)csr, &value))
		nested_csr_write(v, (unsigned)csr, value);
	nacl_show_csr(v, (unsigned)csr);
	nirq_ask(v);
	return vsbi_ok(0);
}

/* ---- sync_hfence ---- */

static __attribute__((noinline)) void sync_entries(struct nested *n, struct nacl_hfence *e,
						   unsigned count)
{
	struct hfence h;

	for (; count; count--, e++) {
		switch (nacl_hfence_unpack(e, &h)) {
		case NACL_ASKED_NOTHING:
			continue;
		case NACL_ASKED_ONE:
			nested_hfence(n, &h);
			break;
		default:
			nested_hfence_everything(n);
			break;
		}
		nacl_hfence_done(e);
	}
}

static inline uint64_t six_configs(const struct nacl_hfence *e)
{
	return nacl_load(&e[0].config) | nacl_load(&e[1].config) | nacl_load(&e[2].config) |
	       nacl_load(&e[3].config) | nacl_load(&e[4].config) | nacl_load(&e[5].config);
}

static inline uint64_t thirty_configs(const struct nacl_hfence *e)
{
	return six_configs(e) | six_configs(e + 6) | six_configs(e + 12) | six_configs(e + 18) |
	       six_configs(e + 24);
}

static inline void sync_all_hfences(struct nested *n, struct nacl_shmem *s)
{
	static_assert(NACL_HFENCE_ENTRIES == 60, "twice thirty");
	if ((thirty_configs(s->hfence) | thirty_configs(s->hfence + 30)) & NACL_HFENCE_PENDING)
		sync_entries(n, s->hfence, NACL_HFENCE_ENTRIES);
}

static struct sbi_reply sync_hfence(struct vcpu *v, struct nacl_shmem *s, uint64_t index)
{
	if (index == ALL)
		sync_all_hfences(nested_of(v), s);
	else if (index < NACL_HFENCE_ENTRIES)
		sync_entries(nested_of(v), &s->hfence[index], 1);
	else
		return vsbi_err(SBI_ERR_INVALID_PARAM);
	return vsbi_ok(0);
}

/* ---- sync_sret ---- */

/* All but the registers, which sret does not look at. */
static inline __attribute__((always_inline)) void sync_sret(struct vcpu *v)
{
	struct nested *n = nested_of(v);
	struct nacl_shmem *s = n->shmem;

	if (has(n, SBI_NACL_FEAT_SYNC_CSR)) {
		n->words_clean = true;
		if (some_dirty(s) && take_all(v, s))
			n->words_taken = true;
	}
	if (has(n, SBI_NACL_FEAT_SYNC_HFENCE))
		sync_all_hfences(n, s);
	if (n->spv_by_trap) {
		nested_notice(v);
		n->spv_by_trap = false; /* L1 goes nowhere else before the sret */
	}
	nacl_swap(n);
	/* Else at the end of L2's run, which L1 is not there to see. */
	if (has(n, SBI_NACL_FEAT_SYNC_CSR) && !(n->file.hstatus & HSTATUS_SPV)) {
		n->words_taken = n->words_clean = false;
		show_all(v, s);
	}
	nested_sret(v);
}

void nacl_quick(struct vcpu *v)
{
	v->sbi_calls++;
	tlbsan_exit();
	sync_sret(v);
	tlbsan_enter(&v->vmid, v->vm->gstage.root.v);
	hext.resume(&v->ctx, nested_of(v)->shmem->sret_x);
}

static void sync_sret_call(struct vcpu *v)
{
	const uint64_t *from = nested_of(v)->shmem->sret_x;

	sync_sret(v);
	for (unsigned i = 1; i < 32; i++)
		v->ctx.x[i] = nacl_load(&from[i]);
}

/* ---- set_shmem, and the extension ---- */

static struct sbi_reply set_shmem(struct vcpu *v, const uint64_t *a)
{
	struct nacl_shmem *s;
	gpa_t at = gpa(a[0]);

	if (a[2])
		return vsbi_err(SBI_ERR_INVALID_PARAM);
	if (a[0] == ALL && a[1] == ALL) {
		nacl_reset(nested_of(v));
		return vsbi_ok(0);
	}
	if (!IS_ALIGNED(at.v, NACL_SHMEM_ALIGN))
		return vsbi_err(SBI_ERR_INVALID_PARAM);
	if (a[1] || !vm_ram_contains(v->vm, at, NACL_SHMEM_SIZE))
		return vsbi_err(SBI_ERR_INVALID_ADDRESS);
	s = vm_ram(v->vm, at, NACL_SHMEM_SIZE);
	if (!s) /* across two runs of host memory */
		return vsbi_err(SBI_ERR_FAILED);
	nested_of(v)->shmem = s;
	nested_of(v)->nacl_features = v->vm->cfg.nacl_features;
	show_all(v, s);
	return vsbi_ok(0);
}

static struct sbi_reply probe(struct vcpu *v, uint64_t id)
{
	uint32_t feature = (uint32_t)id; /* what stands above does not count */

	return vsbi_ok(feature <= SBI_NACL_FEAT_AUTOSWAP_CSR &&
		       (v->vm->cfg.nacl_features >> feature & 1));
}

struct sbi_reply vsbi_nacl(struct vcpu *v, uint64_t fid, const uint64_t *a)
{
	/* The feature of each function that has one. */
	static const uint8_t needs[] = {
		[SBI_NACL_SYNC_CSR] = BIT(SBI_NACL_FEAT_SYNC_CSR),
		[SBI_NACL_SYNC_HFENCE] = BIT(SBI_NACL_FEAT_SYNC_HFENCE),
		[SBI_NACL_SYNC_SRET] = BIT(SBI_NACL_FEAT_SYNC_SRET),
	};
	struct nacl_shmem *s = nested_of(v)->shmem;

	if (fid >= ARRAY_SIZE(needs) || (needs[fid] & ~v->vm->cfg.nacl_features))
		return vsbi_err(SBI_ERR_NOT_SUPPORTED);
	if (needs[fid] && !s)
		return vsbi_err(SBI_ERR_NO_SHMEM);
	switch (fid) {
	case SBI_NACL_PROBE_FEATURE:
		return probe(v, a[0]);
	case SBI_NACL_SET_SHMEM:
		return set_shmem(v, a);
	case SBI_NACL_SYNC_CSR:
		return sync_csr(v, s, a[0]);
	case SBI_NACL_SYNC_HFENCE:
		return sync_hfence(v, s, a[0]);
	default:
		sync_sret_call(v);
		return vsbi_then(VSBI_ELSEWHERE);
	}
}
