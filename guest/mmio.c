/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Loads and stores of a guest outside its RAM: to a virtual device, or an access fault.
 *
 * Integer loads and stores that lie wholly in one device are carried out. Everything else that can
 * fault there is an access fault, as from a bus that has no such access: other widths, a hole in
 * the address space, FP, AMO, LR/SC and cache-block instructions, and the walk of a guest page
 * table that is not in RAM.
 */
#include <arch/insn.h>
#include <core/vm.h>
#include <guest/exit.h>

static bool access_fault(struct vcpu *v, const struct vcpu_exit *e)
{
	bool load = e->scause == CAUSE_LOAD_GUEST_PAGE_FAULT;

	vcpu_inject(v, load ? CAUSE_LOAD_ACCESS : CAUSE_STORE_ACCESS, e->stval);
	return true;
}

/* htinst says nothing: what stands at sepc now. false: the fetch failed, and the guest has that
 * exception instead. */
static bool fetch_and_decode(struct vcpu *v, struct insn *in)
{
	uint32_t bits;

	if (!exit_fetch(v, &bits))
		return false;
	insn_decode(
		bits,
		in); /* INSN_UNKNOWN becomes an access fault like all that is no load or store */
	return true;
}

static uint64_t extend(uint64_t value, const struct insn *in)
{
	unsigned unused = 64 - 8 * in->size;

	value <<= unused;
	return in->sign_extend ? (uint64_t)((int64_t)value >> unused) : value >> unused;
}

/* A guest that talks to a device does so for many accesses: the range of the last one is looked at first. */
static const struct bus_range *find(struct vcpu *v, gpa_t addr, unsigned size)
{
	const struct bus_range *r = v->last_range;

	if (r && addr.v - r->base.v < r->size && r->size - (addr.v - r->base.v) >= size)
		return r;
	r = bus_find(&v->vm->bus, addr, size);
	if (r)
		v->last_range = r;
	return r;
}

bool mmio_access(struct vcpu *v, const struct insn *in, gpa_t addr)
{
	const struct bus_range *r = find(v, addr, in->size);
	struct mmio_access a;

	if (!r)
		return false;
	a.offset = addr.v - r->base.v;
	a.size = in->size;
	a.write = in->kind == INSN_STORE;
	a.value = 0;
	if (a.write && in->rs2)
		a.value = v->ctx.x[in->rs2];
	if (r->ops->access(r->dev, &a))
		return false;
	if (in->rd)
		v->ctx.x[in->rd] = extend(a.value, in);
	v->ctx.sepc += in->len;
	return true;
}

bool mmio_exit(struct vcpu *v, const struct vcpu_exit *e)
{
	/* The two lowest bits are the same in the virtual address. */
	gpa_t addr = gpa(e->htval << 2 | (e->stval & 3));
	unsigned expected = e->scause == CAUSE_LOAD_GUEST_PAGE_FAULT ? INSN_LOAD : INSN_STORE;
	struct insn in;

	v->mmio++;
	v->mmio_last = addr.v;
	if (insn_decode_htinst(e->htinst, &in) && !fetch_and_decode(v, &in))
		return true;
	/* With addr_off the access began on another page: it crosses. */
	if (in.kind == expected && !in.addr_off && mmio_access(v, &in, addr))
		return true;
	if (vm_ram_contains(v->vm, addr, 1))
		return exit_ram_fault(v, e, addr);
	return access_fault(v, e);
}
