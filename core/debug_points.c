/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Breakpoints and watchpoints come into force, and go: in RAM, by the G-stage's permissions, or
 * (debug_hw.c) by debug triggers. The boot hart, while no vcpu of the guest runs.
 */
#include <core/errno.h>
#include <core/guest_view.h>
#include <core/vcpu.h>
#include <core/vm.h>

#include "debug_private.h"

/* Breakpoints in two bytes of RAM are lifted, something is done with the table, and what is in it
 * then is planted. */
static int change_break(struct vm *vm, const struct point *p, bool add)
{
	struct points *ps = &vm->debug->points;
	uint8_t *ram = vm_ram(vm, p->gpa, 2);
	struct point gone;
	int rc;

	if (!ram)
		return -NACRE_EFAULT;
	points_lift(ps, p->gpa, ram, 2);
	rc = add ? points_add(ps, p) : points_remove(ps, POINT_BREAK, p->gpa, 2, p->users, &gone);
	points_plant(ps, p->gpa, ram, 2);
	for (unsigned i = 0; i < vm->nvcpus; i++)
		vcpu_push_fence_i(vm->vcpu[i]);
	return rc < 0 ? rc : 0;
}

/* The permissions of the page as they are to be now; to be fenced by all. */
static int protect(struct vm *vm, gpa_t at, unsigned perm)
{
	struct gstage_change change;
	struct hfence h;
	int rc;

	at.v = ALIGN_DOWN(at.v, PAGE_SIZE);
	rc = gstage_protect(&vm->gstage, at, PAGE_SIZE, perm, &change);
	hfence_make(&h, NACL_HFENCE_GVMA_VMID_ALL, 0, 0, 0);
	for (unsigned i = 0; i < vm->nvcpus; i++)
		vcpu_push_hfence(vm->vcpu[i], &h);
	return rc;
}

static int change_watch(struct vm *vm, const struct point *p, bool add)
{
	struct points *ps = &vm->debug->points;
	struct point gone;
	int rc;

	if (!vm_ram_contains(vm, p->gpa, p->len))
		return -NACRE_EFAULT;
	rc = add ? points_add(ps, p) : points_remove(ps, p->type, p->gpa, p->len, p->users, &gone);
	if (rc <= 0)
		return rc;
	rc = protect(vm, p->gpa, points_page_perm(ps, p->gpa));
	if (rc && add)
		points_remove(ps, p->type, p->gpa, p->len, p->users, &gone);
	return rc;
}

int debug_points_change(struct vm *vm, const struct point *p, bool add)
{
	return (p->type == POINT_BREAK ? change_break : change_watch)(vm, p, add);
}

static int change_at(struct vcpu *v, bool add, struct point *p, bool physical)
{
	struct guest_space s;
	struct vwalk_result r;
	int rc = physical ? guest_space_physical(v->vm, &s) : guest_space_of(v, &s);

	if (rc)
		return rc;
	if (guest_translate(&s, p->va, &r))
		return -NACRE_EFAULT;
	p->gpa = r.gpa;
	return debug_points_change(v->vm, p, add);
}

int debug_point(struct vcpu *v, bool add, enum point_type type, uint64_t addr, uint64_t len,
		bool physical)
{
	struct point p = {.va = addr, .type = (uint8_t)type, .users = POINT_USER};
	bool hw = type == POINT_EXEC && !physical &&
		  debug_trigger(v->vm, add, addr, v->ops->world != NULL);
	bool inner = !physical && v->ops->world;
	int rc = 0;

	if (add && !hw && inner && type != POINT_BREAK)
		return -NACRE_ENOTSUP; /* the G-stage is not what its guests run on */
	/* Of an instruction it is the beginning that counts. */
	p.len = type <= POINT_EXEC ? 2 : len < PAGE_SIZE ? (uint32_t)len : (uint32_t)PAGE_SIZE;
	if (!hw || !add) /* there may be one of the other kind as well, from when none was free */
		rc = change_at(v, add, &p, physical);
	return hw ? 0 : rc;
}

void debug_points_remove(struct vm *vm, unsigned users)
{
	struct points *ps = &vm->debug->points;

	for (unsigned i = ps->n; i-- > 0;) {
		struct point p = ps->p[i];

		p.users &= (uint8_t)users;
		if (p.users)
			debug_points_change(vm, &p, false);
	}
	if (users & POINT_USER)
		debug_hw_clear(vm);
}

void debug_clear(struct vm *vm)
{
	debug_points_remove(vm, POINT_USER);
}

void debug_points_open(struct vm *vm, bool open)
{
	struct vm_debug *d = vm->debug;

	d->opened = open;
	for (unsigned i = 0; i < d->points.n; i++) {
		const struct point *p = &d->points.p[i];

		if (p->type != POINT_BREAK)
			protect(vm, p->gpa,
				open ? GSTAGE_RWX : points_page_perm(&d->points, p->gpa));
	}
}
