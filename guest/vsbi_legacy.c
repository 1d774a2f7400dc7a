/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The legacy SBI calls (chapter "Legacy Extensions"): a0 is the whole answer. A hart mask is a
 * vector in the guest's virtual memory, one word for each 64 harts; what its read raises goes to
 * the guest, with sepc at the ecall, before anything was done. The specification does not tell what
 * a null pointer means; it is all harts, as firmware has had it from the beginning.
 */
#include <arch/guest_mem.h>
#include <core/vm.h>
#include <guest/exit.h>
#include <guest/hartmask.h>
#include <guest/vsbi.h>
#include "devices.h"

#define WORD_BITS 64

struct mask {
	unsigned last; /* word */
	uint64_t word[(VM_MAX_VCPUS + WORD_BITS - 1) / WORD_BITS];
};

static struct sbi_reply console_putchar(struct vm *vm, uint64_t ch)
{
	if (!guest_has_console(vm))
		return vsbi_ok(0);
	return guest_console_put(vm, (uint8_t)ch) ? vsbi_ok(0) : vsbi_then(VSBI_RETRY);
}

static struct sbi_reply console_getchar(struct vm *vm)
{
	return vsbi_err(guest_has_console(vm) ? guest_console_get(vm) : -1);
}

/* An IPI of another vcpu waits in ssip until the next entry; one that was delivered is in hvip,
 * where the guest sees it. */
static struct sbi_reply clear_ipi(struct vcpu *v)
{
	bool pending = atomic_swap(&v->ssip, 0);

	if (hext.hvip_read(&v->ctx) & IP_VSSI)
		pending = true;
	hext.hvip_clear(&v->ctx, IP_VSSI);
	return vsbi_err(pending);
}

static struct sbi_reply masked(struct vcpu *v, uint64_t eid, const struct hartset *set,
			       const uint64_t *a)
{
	struct vsbi_range range = {a[1], a[2], eid == SBI_LEGACY_REMOTE_SFENCE_VMA_ASID, a[3]};

	switch (eid) {
	case SBI_LEGACY_SEND_IPI:
		vsbi_send_ipi(v, set);
		return vsbi_ok(0);
	case SBI_LEGACY_REMOTE_FENCE_I:
		vsbi_remote_fence_i(v, set);
		return vsbi_ok(0);
	default:
		return vsbi_err(vsbi_remote_sfence(v, set, &range));
	}
}

static struct sbi_reply with_all(struct vcpu *v, uint64_t eid, const uint64_t *a)
{
	struct hartset all;

	hartset_make(&all, 0, SBI_HART_MASK_ALL, v->vm->nvcpus);
	return masked(v, eid, &all, a);
}

/* The whole vector, once. -NACRE_EFAULT, and *fault, when that cannot be read. */
static int read_mask(struct mask *m, gva_t at, unsigned nvcpus, struct guest_fault *fault)
{
	int err = 0;

	m->last = (nvcpus - 1) / WORD_BITS;
	for (unsigned n = 0; n <= m->last && !err; n++)
		err = guest_read64(gva(at.v + 8 * n), &m->word[n], fault);
	return err;
}

static struct sbi_reply with_mask(struct vcpu *v, uint64_t eid, const uint64_t *a)
{
	unsigned nvcpus = v->vm->nvcpus;
	struct sbi_reply r = vsbi_ok(0);
	struct guest_fault fault;
	struct hartset set;
	struct mask m;
	long error;

	if (read_mask(&m, gva(a[0]), nvcpus, &fault)) {
		exit_inject_load_fault(v, &fault);
		return vsbi_then(VSBI_ELSEWHERE);
	}
	/* Only the last word can name a hart that is not there. */
	error = hartset_make(&set, m.word[m.last], m.last * WORD_BITS, nvcpus);
	if (error)
		return vsbi_err(error);
	for (unsigned n = 0; n <= m.last && !r.error; n++) {
		hartset_make(&set, m.word[n], n * WORD_BITS, nvcpus);
		r = masked(v, eid, &set, a);
	}
	return r;
}

struct sbi_reply vsbi_legacy(struct vcpu *v, uint64_t eid, const uint64_t *a)
{
	switch (eid) {
	case SBI_LEGACY_SET_TIMER:
		v->pmu.event[SBI_PMU_FW_SET_TIMER]++;
		vcpu_set_timer(v, a[0]);
		return vsbi_ok(0);
	case SBI_LEGACY_CONSOLE_PUTCHAR:
		return console_putchar(v->vm, a[0]);
	case SBI_LEGACY_CONSOLE_GETCHAR:
		return console_getchar(v->vm);
	case SBI_LEGACY_CLEAR_IPI:
		return clear_ipi(v);
	case SBI_LEGACY_SHUTDOWN:
		vm_halt(v->vm, VM_ACT_SHUTDOWN);
		return vsbi_then(VSBI_GONE);
	default:
		return a[0] ? with_mask(v, eid, a) : with_all(v, eid, a);
	}
}
