/* SPDX-License-Identifier: BSD-2-Clause */
/* The steps that a history of test_tlbsan.c is made of: what guests, and whoever changes their
 * memory, may do. */
#include "tlbsan_sim.h"

static void reuse(struct vm *vm, struct change *c)
{
	gstage_reclaim(&vm->gstage, &c->c);
	if (c->unmapped && c->c.size)
		tlbsan_reuse(ram_of(vm, c->c.gpa.v), c->c.size);
}

/* hgatp stays as it is when a vcpu is put, and in HS-mode the hart may walk what it names. */
static void let_go(const struct vm *vm)
{
	for (unsigned i = 0; i < HARTS; i++)
		if (!harts[i].v && (harts[i].hgatp & HGATP_PPN) == vm->gstage.root.v >> PAGE_SHIFT)
			tlbm_hgatp(&model, i, harts[i].hgatp = 0);
}

/* Pages and tables are given back once no vcpu of the VM has a fence to carry out. */
static void step_reclaim(struct vm *vm)
{
	for (unsigned i = 0; i < VCPUS; i++)
		if (&vms[vcpus[i].vm] == vm && vcpus[i].requested)
			return;
	step_out();
	let_go(vm);
	while (vm->nchanges)
		reuse(vm, &vm->change[--vm->nchanges]);
}

static void step_quiesce(struct vm *vm)
{
	for (unsigned i = 0; i < VCPUS; i++) {
		struct vcpu *v = &vcpus[i];
		unsigned hart = (unsigned)rnd(HARTS);

		if (&vms[v->vm] != vm || !v->requested)
			continue;
		if (v->hart < 0) {
			put(hart);
			load(hart, v);
		}
		leave((unsigned)v->hart);
		enter((unsigned)v->hart);
	}
	step_reclaim(vm);
}

static void step_map(struct vm *vm)
{
	uint64_t at =
		RAM_BASE + (rnd(2) ? SIZE_2M * rnd(4) : PAGE_SIZE * rnd(RAM_SIZE / PAGE_SIZE));
	uint64_t size = rnd(2) ? SIZE_2M * (1 + rnd(2)) : PAGE_SIZE * (1 + rnd(40));

	if (at + size > RAM_BASE + RAM_SIZE)
		size = RAM_BASE + RAM_SIZE - at;
	step_out();
	gstage_map(&vm->gstage, gpa(at), hpa(ram_of(vm, at)), size, GSTAGE_RWX);
}

static void step_change(struct vm *vm)
{
	uint64_t at =
		RAM_BASE + (rnd(3) ? PAGE_SIZE * rnd(RAM_SIZE / PAGE_SIZE) : SIZE_2M * rnd(4));
	uint64_t size = rnd(4) ? PAGE_SIZE * (1 + rnd(rnd(2) ? 3 : 100)) : SIZE_2M * (1 + rnd(2));
	struct change *c = &vm->change[vm->nchanges];
	int err;

	if (at + size > RAM_BASE + RAM_SIZE)
		size = RAM_BASE + RAM_SIZE - at;
	step_out();
	c->unmapped = rnd(3) != 0;
	err = c->unmapped ? gstage_unmap(&vm->gstage, gpa(at), size, &c->c)
			  : gstage_protect(&vm->gstage, gpa(at), size, GSTAGE_R, &c->c);
	if (err)
		return;
	if (seed == TABLE_REUSED_EARLY)
		gstage_reclaim(&vm->gstage, &c->c);
	if (seed == PAGE_REUSED_EARLY)
		reuse(vm, c);
	fence_change(vm, &c->c);
	if (++vm->nchanges == CHANGES)
		step_quiesce(vm);
}

/* SBI RFENCE, from another vcpu: what is asked for goes to the watcher as it was asked. */
static void step_rfence(struct vcpu *v)
{
	static const uint16_t asids[] = {1, 2, 0x101, 0x8001};
	unsigned type =
		NACL_HFENCE_VVMA + (unsigned)rnd(4) / (rnd(6) ? 2 : 1) * (rnd(6) ? 2 : 1) % 4;
	uint64_t first = PAGE_SIZE * rnd(200), n = 1 + rnd(rnd(3) ? 3 : 70), since, ticket;
	struct hfence exact = {.type = (uint8_t)type,
			       .asid = asids[rnd(4)],
			       .addr = first,
			       .count = n},
		      h;

	step_out();
	if (v->hart == (int)acting)
		return;
	if (hfence_is_all(&exact))
		exact.addr = exact.count = 0;
	hfence_make(&h, type, exact.asid, first + rnd(2), n * PAGE_SIZE - 1);
	ticket = tlbm_request(&model, acting, (uintptr_t)&v->vmid, &exact);
	if (rnd(8) == 0)
		kick(v); /* it has not been asked yet, so it may enter */
	if (seed != VVMA_NO_REQUEST)
		push(v, &h);
	if (rnd(8) == 0)
		kick(v); /* it saw the queue before the caller went on */
	tlbm_due(&model, ticket);
	since = model.now;
	if (seed != NO_WAIT)
		kick(v);
	tlbm_settled(&model, acting, (uintptr_t)&v->vmid, since);
}

static void step_reset(struct vcpu *v)
{
	struct vmid old = v->vmid;

	if (v->hart >= 0)
		return;
	step_out();
	vmid_release(&v->vmid);
	memset(&v->fences, 0, sizeof(v->fences));
	memset(v->left, 0, sizeof(v->left));
	v->requested = false;
	if (seed == RELEASED_NUMBER)
		v->vmid = old;
}

/* A VM ends, another takes its place. */
static void step_rebuild(struct vm *vm)
{
	step_quiesce(vm);
	for (unsigned i = 0; i < VCPUS; i++) {
		if (&vms[vcpus[i].vm] != vm)
			continue;
		if (vcpus[i].hart >= 0)
			put((unsigned)vcpus[i].hart);
		step_reset(&vcpus[i]);
	}
	if (seed != ROOT_FREED_EARLY)
		let_go(vm);
	step_out();
	gstage_destroy(&vm->gstage);
	gstage_init(&vm->gstage, HGATP_MODE_SV39X4, &table_mem, NULL);
	gstage_map(&vm->gstage, gpa(RAM_BASE), hpa(ram_of(vm, RAM_BASE)), RAM_SIZE, GSTAGE_RWX);
}

static void sim_start(unsigned vmid_bits)
{
	tlbm_init(&model);
	memset(table_used, 0, sizeof(table_used));
	memset(vcpus, 0, sizeof(vcpus));
	memset(vms, 0, sizeof(vms));
	for (unsigned i = 0; i < HARTS; i++) {
		harts[i] = (struct hart){0};
		vmid_pool_init(&harts[i].pool, i, vmid_bits);
		acting = i;
		tlbm_hgatp(&model, i, 0);
	}
	for (unsigned i = 0; i < VCPUS; i++)
		vcpus[i] = (struct vcpu){.hart = -1, .vm = i % VMS};
	for (unsigned i = 0; i < VMS; i++) {
		gstage_init(&vms[i].gstage, HGATP_MODE_SV39X4, &table_mem, NULL);
		step_map(&vms[i]);
	}
}

static void sim_step(void)
{
	unsigned hart = (unsigned)rnd(HARTS);
	struct vcpu *v = &vcpus[rnd(VCPUS)];
	struct vm *vm = &vms[rnd(VMS)];

	switch (rnd(24)) {
	case 0 ... 2:
		put(hart);
		if (v->hart < 0 && (!pinned || (v - vcpus) % HARTS == hart))
			load(hart, v);
		break;
	case 3 ... 9:
		if (harts[hart].v && !harts[hart].in_guest)
			enter(hart);
		break;
	case 10 ... 12:
		leave(hart);
		break;
	case 13 ... 15:
		step_change(vm);
		break;
	case 16:
		step_map(vm);
		break;
	case 17:
		step_reclaim(vm);
		break;
	case 18:
		if (rnd(8) == 0)
			step_reset(v);
		else if (rnd(40) == 0)
			step_rebuild(vm);
		break;
	default:
		for (uint64_t n = rnd(20) ? 1 : 24; n; n--)
			step_rfence(v);
		break;
	}
}
