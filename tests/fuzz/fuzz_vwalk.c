/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Address translation: page tables that read differently each time, as a guest's other harts could
 * make them do. Bounded, writes nothing but A and D, and every result is within what it documents.
 */
#include <arch/vwalk.h>
#include <core/errno.h>
#include <spec/csr.h>
#include <spec/pte.h>

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
	const uint8_t *data;
	size_t size;
	struct vwalk_env env;
	uint64_t va, at, pte;
	unsigned reads, cases, steps;
	bool store, readable;
};

static void check(bool cond)
{
	if (!cond)
		abort();
}

static uint64_t take(struct input *in, size_t n)
{
	uint64_t v = 0;

	n = n < in->size ? n : in->size;
	memcpy(&v, in->data, n);
	in->data += n;
	in->size -= n;
	return v;
}

static int from(struct input *in)
{
	static const int rc[16] = {
		[11] = -NACRE_EBUSY, -NACRE_EBUSY, -NACRE_EBUSY, -NACRE_EFAULT, -NACRE_ENOTSUP};

	return rc[take(in, 1) & 15];
}

static int mem_read(void *ctx, gpa_t a, uint64_t *pte)
{
	struct input *in = ctx;
	int rc = from(in);

	check(++in->reads <= 5 + 7);
	check(in->steps == in->reads - 1); /* none after an error */
	check(a.v % 8 == 0 && a.v < UINT64_C(1) << 56);
	in->at = a.v;
	in->pte = *pte = take(in, 8);
	in->readable = !rc || rc == -NACRE_EBUSY;
	return in->readable ? 0 : rc;
}

static int mem_cas(void *ctx, gpa_t a, uint64_t expect, uint64_t desired)
{
	struct input *in = ctx;
	uint64_t want = PTE_A | (in->store ? PTE_D : 0);
	int rc = from(in);

	check(++in->cases <= 8 && in->env.adue);
	check(a.v == in->at && expect == in->pte);
	check(desired != expect && desired == (expect | want));
	if (!rc)
		in->pte = desired;
	return rc;
}

static void mem_step(void *ctx, unsigned level, gpa_t pte_at, uint64_t pte)
{
	struct input *in = ctx;

	in->steps++;
	check(level < 5 && pte_at.v == in->at && pte == in->pte);
	check((pte_at.v & PAGE_MASK) / 8 == (in->va >> (12 + 9 * level) & 511));
}

static void check_success(const struct input *in, const struct vwalk_result *out)
{
	uint64_t low = out->page_size - 1;

	check(out->cause == 0 && out->page_size >= PAGE_SIZE && (out->page_size & low) == 0);
	check((out->gpa.v & low) == (in->va & low));
	if (in->env.vsatp >> SATP_MODE_SHIFT == SATP_MODE_BARE) {
		check(out->gpa.v == in->va && in->reads == 0);
		return;
	}
	check((out->gpa.v & ~low) == ((out->pte & PTE_PPN) << 2 & ~low));
	check((out->pte & (PTE_V | PTE_A)) == (PTE_V | PTE_A) && (out->pte & PTE_RWX));
	check(!in->store || (out->pte & (PTE_R | PTE_W | PTE_D)) == (PTE_R | PTE_W | PTE_D));
}

/* Only the bits that are ignored change, and all of them alike. */
static void check_masked(const struct vwalk_env *env, uint64_t va, uint64_t to, unsigned access)
{
	unsigned n = env->pmm == PMM_16 ? 16 : env->pmm == PMM_7 ? 7 : 0;

	if (env->mxr || access == VWALK_FETCH)
		n = 0;
	check(to << n == va << n);
	check(!n || to >> (64 - n) == 0 || to >> (63 - n) == UINT64_MAX >> (63 - n));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct vwalk_mem mem = {mem_read, mem_cas, mem_step};
	static const uint64_t page_fault[] = {CAUSE_FETCH_PAGE_FAULT, CAUSE_LOAD_PAGE_FAULT,
					      CAUSE_STORE_PAGE_FAULT};
	static const uint64_t access_fault[] = {CAUSE_FETCH_ACCESS, CAUSE_LOAD_ACCESS,
						CAUSE_STORE_ACCESS};
	struct input in = {.data = data, .size = size};
	uint64_t first = take(&in, 1);
	unsigned access = first % 3;
	uint64_t flags = take(&in, 1);
	struct vwalk_result out;
	gva_t at;
	int rc;

	in.store = access == VWALK_STORE;
	in.env = (struct vwalk_env){take(&in, 8), flags & 1,	flags & 2,    flags & 4,
				    flags & 8,	  flags & 0x10, flags & 0x20, flags & 0x40,
				    flags & 0x80, first / 3 & 3};
	if (in.env.wide_root)
		in.env.vsatp &= ~UINT64_C(3); /* hgatp.PPN's low two bits are always 0 */
	in.va = take(&in, 8);
	if (in.env.wide_root)
		in.env.pmm = 0;
	at = gva(in.va);
	in.va = vwalk_masked(&in.env, at, (enum vwalk_access)access).v;
	check_masked(&in.env, at.v, in.va, access);
	rc = vwalk(&in.env, &mem, &in, at, (enum vwalk_access)access, &out);

	check(out.levels <= 5 && out.levels <= in.reads && out.pte_at.v == in.at);
	check(out.pte == (in.readable ? in.pte : 0));
	check(rc != -NACRE_EBUSY || in.cases == 8);
	check(rc == 0 || rc == -NACRE_EFAULT || rc == -NACRE_EBUSY || rc == -NACRE_EINVAL ||
	      rc == -NACRE_ENOTSUP);
	if (rc == -NACRE_EFAULT)
		check(out.stval == in.va &&
		      (out.cause == page_fault[access] || out.cause == access_fault[access]));
	else
		check(out.cause == 0 && out.stval == 0);
	if (rc == 0)
		check_success(&in, &out);
	return 0;
}
