/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * VS-stage address translation. One loop, each round of which reads and judges one entry: a pointer
 * leads a level down, a leaf ends it, and a leaf that changed under our hands is read again, as the
 * specification has it (at the same address, not from the root). So the rounds are bounded by
 * levels + TRIES, whatever other harts write. All reasons for a page fault are one to the guest:
 * only that A and D come last can be observed of the order of the checks.
 */
#include <arch/vwalk.h>

#include <core/errno.h>
#include <spec/csr.h>
#include <spec/pte.h>

#define TRIES	   8U /* to set A and D */
#define N_64K_SIZE (UINT64_C(1) << 16)
#define WIDE_BITS  2U /* of a root of HGATP_ROOT_PAGES */

static_assert(SATP_MODE_SV48 == SATP_MODE_SV39 + 1 && SATP_MODE_SV57 == SATP_MODE_SV39 + 2,
	      "each mode has one level more than the one before");

struct walk {
	const struct vwalk_env *env;
	const struct vwalk_mem *mem;
	void *ctx;
	enum vwalk_access access;
	gva_t va;
	struct vwalk_result *out;
};

/* ---- faults, "corresponding to the original access type" ---- */

static int page_fault(struct walk *w)
{
	static const uint8_t cause[] = {
		[VWALK_FETCH] = CAUSE_FETCH_PAGE_FAULT,
		[VWALK_LOAD] = CAUSE_LOAD_PAGE_FAULT,
		[VWALK_STORE] = CAUSE_STORE_PAGE_FAULT,
	};

	w->out->cause = cause[w->access];
	w->out->stval = w->va.v;
	return -NACRE_EFAULT;
}

/* What a callback said: that there is no memory is the guest's fault, all else the caller's. */
static int access_fault(struct walk *w, int rc)
{
	static const uint8_t cause[] = {
		[VWALK_FETCH] = CAUSE_FETCH_ACCESS,
		[VWALK_LOAD] = CAUSE_LOAD_ACCESS,
		[VWALK_STORE] = CAUSE_STORE_ACCESS,
	};

	if (rc != -NACRE_EFAULT)
		return rc;
	w->out->cause = cause[w->access];
	w->out->stval = w->va.v;
	return rc;
}

/* ---- addresses and entries ---- */

static bool is_canonical(const struct vwalk_env *env, gva_t va, unsigned levels)
{
	unsigned bits = PAGE_SHIFT + levels * PTE_TABLE_SHIFT;
	uint64_t top = va.v >> (bits - 1); /* the sign, and all that must equal it */

	if (env->wide_root)
		return !(va.v >> (bits + WIDE_BITS));
	return top == 0 || top == UINT64_MAX >> (bits - 1);
}

/* Bytes that one entry of a level stands for. */
static uint64_t span(unsigned level)
{
	return PAGE_SIZE << (level * PTE_TABLE_SHIFT);
}

/* extra: bits of the index beyond those of a table of one page. */
static gpa_t pte_at(gpa_t table, gva_t va, unsigned level, unsigned extra)
{
	uint64_t index = va.v / span(level) & ((UINT64_C(1) << (PTE_TABLE_SHIFT + extra)) - 1);

	return gpa(table.v + index * sizeof(uint64_t));
}

static gpa_t pte_gpa(uint64_t pte)
{
	return gpa((pte & PTE_PPN) << (PAGE_SHIFT - PTE_PPN_SHIFT));
}

static bool is_leaf(uint64_t pte)
{
	return pte & PTE_RWX;
}

/*
 * Whether it has a bit or an encoding that is reserved for the future. In a pointer, G is not; N is
 * above level 0, and at level 0 a pointer is a fault anyway.
 */
static bool is_reserved(const struct vwalk_env *env, uint64_t pte, unsigned level)
{
	uint64_t zero = PTE_RESERVED;

	if (env->svrsw60t59b)
		zero &= ~PTE_RSW60T59B;
	if (!env->svnapot)
		zero |= PTE_N;
	if (!env->pbmte)
		zero |= PTE_PBMT;
	if (!is_leaf(pte))
		zero |= PTE_PBMT | PTE_U | PTE_A | PTE_D;
	return (pte & zero) || (pte & (PTE_R | PTE_W)) == PTE_W || (pte & PTE_PBMT) == PTE_PBMT ||
	       ((pte & PTE_N) && (level > 0 || (pte & PTE_N_BITS) != PTE_N_64K));
}

/* What nearly all entries on the way are: a valid pointer without a bit that must be clear. */
static bool is_plain_pointer(uint64_t pte)
{
	return (pte & (PTE_V | PTE_RWX | PTE_U | PTE_A | PTE_D | PTE_RESERVED | PTE_PBMT |
		       PTE_N)) == PTE_V;
}

static bool is_allowed(const struct vwalk_env *env, uint64_t pte, enum vwalk_access access)
{
	bool of_user = pte & PTE_U;

	if (env->user && !of_user)
		return false;
	if (!env->user && of_user && (access == VWALK_FETCH || !env->sum))
		return false;
	switch (access) {
	case VWALK_FETCH:
		return pte & PTE_X;
	case VWALK_LOAD:
		return pte & (env->mxr ? PTE_R | PTE_X : PTE_R);
	default:
		return pte & PTE_W;
	}
}

/* ---- the walk ---- */

static int read_pte(struct walk *w, unsigned level)
{
	struct vwalk_result *out = w->out;
	int rc = w->mem->read(w->ctx, out->pte_at, &out->pte);

	if (rc)
		out->pte = 0;
	else if (w->mem->step)
		w->mem->step(w->ctx, level, out->pte_at, out->pte);
	return rc;
}

/* Sets A, and for a store D. -NACRE_EBUSY: the entry is to be read anew. */
static int update_ad(struct walk *w)
{
	struct vwalk_result *out = w->out;
	uint64_t desired = out->pte | PTE_A | (w->access == VWALK_STORE ? PTE_D : 0);
	int rc;

	if (desired == out->pte)
		return 0;
	if (!w->env->adue)
		return page_fault(w);
	rc = w->mem->cas(w->ctx, out->pte_at, out->pte, desired);
	if (rc)
		return access_fault(w, rc);
	out->pte = desired;
	return 0;
}

static void translate(struct walk *w, unsigned level)
{
	struct vwalk_result *out = w->out;
	uint64_t base = pte_gpa(out->pte).v;

	/* The low bits of PPN are a range's size, not part of the address. */
	out->page_size = out->pte & PTE_N ? N_64K_SIZE : span(level);
	out->gpa = gpa(ALIGN_DOWN(base, out->page_size) | (w->va.v & (out->page_size - 1)));
}

static int walk(struct walk *w, unsigned levels)
{
	struct vwalk_result *out = w->out;
	gpa_t table = gpa((w->env->vsatp & SATP_PPN) << PAGE_SHIFT);
	unsigned level = levels - 1, tries = TRIES, extra = w->env->wide_root ? WIDE_BITS : 0;
	int rc;

	for (;;) {
		out->levels = levels - level;
		out->pte_at = pte_at(table, w->va, level, level == levels - 1 ? extra : 0);
		rc = read_pte(w, level);
		if (rc)
			return access_fault(w, rc);
		if (is_plain_pointer(out->pte) && level > 0) {
			level--;
			table = pte_gpa(out->pte);
			continue;
		}
		if (!(out->pte & PTE_V) || is_reserved(w->env, out->pte, level))
			return page_fault(w);
		if (!is_leaf(out->pte)) {
			if (level-- == 0)
				return page_fault(w);
			table = pte_gpa(out->pte);
			continue;
		}
		if (!IS_ALIGNED(pte_gpa(out->pte).v, span(level)) ||
		    !is_allowed(w->env, out->pte, w->access))
			return page_fault(w);
		rc = update_ad(w);
		if (rc == -NACRE_EBUSY && --tries > 0)
			continue;
		if (!rc)
			translate(w, level);
		return rc;
	}
}

int vwalk(const struct vwalk_env *env, const struct vwalk_mem *mem, void *ctx, gva_t va,
	  enum vwalk_access access, struct vwalk_result *out)
{
	struct walk w = {env, mem, ctx, access, vwalk_masked(env, va, access), out};
	uint64_t mode = env->vsatp >> SATP_MODE_SHIFT;
	unsigned levels;

	*out = (struct vwalk_result){0};
	if (mode == SATP_MODE_BARE) {
		out->gpa = gpa(w.va.v);
		out->page_size = PAGE_SIZE;
		return 0;
	}
	if (mode < SATP_MODE_SV39 || mode > SATP_MODE_SV57)
		return -NACRE_EINVAL;
	levels = 3 + (unsigned)(mode - SATP_MODE_SV39);
	if (!is_canonical(env, w.va, levels))
		return page_fault(&w);
	return walk(&w, levels);
}
