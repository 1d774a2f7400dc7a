/* SPDX-License-Identifier: BSD-2-Clause */
/* NACL shared memory with any content: what the provider reads out of it is within the documented
 * bounds, and what is packed again says the same. */
#include <arch/nacl_shmem.h>

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool cond)
{
	if (!cond)
		abort();
}

static void check_sane(const struct hfence *h)
{
	check(h->type < NACL_HFENCE_TYPES);
	check(h->vmid <= NACL_HFENCE_VMID_MASK);
	if (hfence_is_all(h)) {
		check(!h->addr && !h->count && !h->order);
		return;
	}
	check(h->order < 52 && h->count && IS_ALIGNED(h->addr, PAGE_SIZE << h->order));
	check(h->count - 1 <= (UINT64_MAX - h->addr) / (PAGE_SIZE << h->order));
}

static void check_entry(struct nacl_hfence *e)
{
	struct hfence out, again;
	enum nacl_asked asked = nacl_hfence_unpack(e, &out);

	check((asked == NACL_ASKED_NOTHING) == !(e->config & NACL_HFENCE_PENDING));
	if (asked == NACL_ASKED_ONE) {
		check_sane(&out);
		check(nacl_hfence_pack(e, &out) == 0);
		check(nacl_hfence_unpack(e, &again) == NACL_ASKED_ONE);
		check(out.type == again.type && out.order == again.order &&
		      out.vmid == again.vmid && out.asid == again.asid && out.addr == again.addr &&
		      out.count == again.count);
	}
	nacl_hfence_done(e);
	check(nacl_hfence_unpack(e, &again) == NACL_ASKED_NOTHING);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct nacl_shmem s;
	uint64_t value;
	unsigned hint = size ? data[0] : 0;
	int i;

	memset(&s, 0, sizeof(s));
	/* The input lies where the fences and dirty bits are. */
	memcpy(s.hfence, data, size < 0x800 ? size : 0x800);
	i = nacl_hfence_free(&s, &hint);
	check(i < NACL_HFENCE_ENTRIES);
	check(i < 0 || !(s.hfence[i].config & NACL_HFENCE_PENDING));
	for (i = 0; i < NACL_HFENCE_ENTRIES; i++)
		check_entry(&s.hfence[i]);
	for (unsigned k = 0; k < NACL_CSR_WORDS; k++) {
		nacl_csr_take(&s, nacl_csr_at(k), &value);
		check(!nacl_csr_take(&s, nacl_csr_at(k), &value));
	}
	for (unsigned k = 0; k < ARRAY_SIZE(s.dirty); k++)
		check(!s.dirty[k]);
	return 0;
}
