/* SPDX-License-Identifier: BSD-2-Clause */
/* Guest memory for a debugger: see guest_view.h. */
#include <string.h>

#include <core/debug.h>
#include <core/errno.h>
#include <core/guest_view.h>
#include <core/vm.h>
#include <core/vcpu.h>

static bool disabled;

void guest_view_enable(bool on)
{
	disabled = !on;
}

bool guest_view_enabled(void)
{
	return !disabled;
}

/* ---- Address spaces ---- */

int guest_table_read(const struct guest_space *s, gpa_t a, uint64_t *pte)
{
	bool known = !s->to_guest || s->to_guest(s->v, a, &a);
	const uint64_t *p = known ? vm_ram(s->vm, a, sizeof(*p)) : NULL;

	if (!p)
		return -NACRE_EFAULT;
	*pte = __atomic_load_n(p, __ATOMIC_RELAXED);
	return 0;
}

static int table_read(void *ctx, gpa_t a, uint64_t *pte)
{
	return guest_table_read(ctx, a, pte);
}

static int table_cas(void *ctx, gpa_t a, uint64_t expect, uint64_t desired)
{
	(void)ctx, (void)a, (void)expect, (void)desired;
	return 0;
}

static struct guest_space space(const struct vcpu *v, uint64_t vsatp)
{
	/* As tolerant as can be: what a hart would not read is interesting to look at, too. */
	return (struct guest_space){
		.vm = v->vm,
		.v = v,
		.to_guest = v->ops->to_guest,
		.env = {.vsatp = vsatp,
			.sum = true,
			.mxr = true,
			.adue = true,
			.pbmte = true,
			.svnapot = true,
			.svrsw60t59b = true},
	};
}

void guest_space_held(const struct vcpu *v, struct guest_space *out)
{
	const struct world *w = vcpu_world(v);

	*out = space(v, w ? w->vsatp : v->ctx.vsatp);
}

void guest_space_outer(const struct vcpu *v, struct guest_space *out)
{
	*out = space(v, v->ctx.vsatp);
	out->to_guest = NULL;
}

static void get_space(struct vcpu *v, void *arg)
{
	guest_space_held(v, arg);
}

int guest_space_of(struct vcpu *v, struct guest_space *out)
{
	if (disabled)
		return -NACRE_EPERM;
	vcpu_call(v, get_space, out);
	return 0;
}

void guest_space_loaded(struct vcpu *v, struct guest_space *out)
{
	*out = space(v, hext.vsatp(&v->ctx));
}

int guest_space_physical(struct vm *vm, struct guest_space *out)
{
	if (disabled)
		return -NACRE_EPERM;
	*out = (struct guest_space){.vm = vm}; /* Bare */
	return 0;
}

int guest_translate(const struct guest_space *s, uint64_t addr, struct vwalk_result *r)
{
	static const struct vwalk_mem tables = {.read = table_read, .cas = table_cas};

	int rc = vwalk(&s->env, &tables, (void *)s, gva(addr), VWALK_LOAD, r);

	if (!rc && s->to_guest && !s->to_guest(s->v, r->gpa, &r->gpa))
		rc = -NACRE_EFAULT;
	return rc;
}

/* Bytes of one page; breakpoints are none of the guest's. */
static void transfer(struct vm *vm, gpa_t at, void *ram, void *buf, size_t n, bool write)
{
	struct points *ps = vm->debug ? &vm->debug->points : NULL;

	if (ps && write)
		points_lift(ps, at, ram, n);
	memcpy(write ? ram : buf, write ? buf : ram, n);
	if (ps && write)
		points_plant(ps, at, ram, n);
	else if (ps)
		points_hide(ps, at, buf, n);
}

/* ---- Copies ---- */

/* To buf, or from it. */
static long copy(const struct guest_space *s, uint64_t addr, void *buf, size_t n, bool write)
{
	size_t done = 0;

	if (disabled)
		return -NACRE_EPERM;
	while (done < n) {
		size_t room = PAGE_SIZE - ((addr + done) & (PAGE_SIZE - 1));
		struct vwalk_result r;
		void *p;

		room = room < n - done ? room : n - done;
		if (guest_translate(s, addr + done, &r))
			break;
		p = vm_ram(s->vm, r.gpa, room);
		if (!p)
			break;
		transfer(s->vm, r.gpa, p, (char *)buf + done, room, write);
		done += room;
	}
	return done || !n ? (long)done : -NACRE_EFAULT;
}

long guest_view_read(const struct guest_space *s, uint64_t addr, void *buf, size_t n)
{
	return copy(s, addr, buf, n, false);
}

long guest_view_write(const struct guest_space *s, uint64_t addr, const void *buf, size_t n)
{
	long done = copy(s, addr, (void *)buf, n, true);

	for (unsigned i = 0; done > 0 && i < s->vm->nvcpus; i++)
		vcpu_push_fence_i(s->vm->vcpu[i]);
	return done;
}
