/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The monitor's commands that look at a vcpu's memory and translation. The vcpu is asked once for
 * its registers, by its own hart; then all is of that moment, but for memory, which goes on
 * changing while the guest runs.
 */
#include <stdio.h>
#include <string.h>

#include <arch/dis.h>
#include <core/errno.h>
#include <core/vm.h>

#include "monitor.h"

#define COUNT_MAX 4096 /* units of x */

/* ---- Which vcpu, which address ---- */

bool monitor_number(const char *s, uint64_t *out)
{
	unsigned base = s[0] == '0' && (s[1] == 'x' || s[1] == 'X') ? 16 : 10;
	uint64_t n = 0;

	if (base == 16)
		s += 2;
	if (!*s)
		return false;
	for (; *s; s++) {
		unsigned c = (unsigned char)*s, digit = c - '0';

		if (digit > 9)
			digit = (c | 0x20) - 'a' + 10;
		if (digit >= base || (c > '9' && (c | 0x20) < 'a'))
			return false;
		n = n * base + digit;
	}
	*out = n;
	return true;
}

static void take(struct vcpu *v, void *arg)
{
	struct monitor_view *w = arg;

	guest_context(v, &w->ctx);
	guest_space_held(v, &w->space);
	w->fp = v->fp;
	w->inner = vcpu_world(v) != NULL;
	w->sip = (w->ctx.hvip | (w->inner ? 0 : atomic_load(&v->lines))) >> 1;
	if (atomic_load(&v->ssip) && !w->inner)
		w->sip |= IP_SSI;
}

bool monitor_may_look(void)
{
	if (!guest_view_enabled())
		monitor_printf("debugging is off (property debug of /console)\n");
	return guest_view_enabled();
}

struct monitor_view *monitor_view(const char *guest, const char *vcpu)
{
	static struct monitor_view view;
	struct vm *vm = monitor_guest(guest);
	uint64_t n = 0;

	if (!vm)
		return NULL;
	if (vcpu && (!monitor_number(vcpu, &n) || n >= vm->nvcpus)) {
		monitor_printf("%s: %s has vcpus 0 to %u\n", vcpu, vm->name, vm->nvcpus - 1);
		return NULL;
	}
	view.v = vm->vcpu[n];
	if (!monitor_may_look())
		return NULL;
	vcpu_call(view.v, take, &view);
	monitor_kernel_forget();
	return &view;
}

struct monitor_view *monitor_view_of(const struct vcpu *v)
{
	char id[12];

	snprintf(id, sizeof(id), "%u", v->id);
	return monitor_view(v->vm->name, id);
}

static bool reg_value(const struct monitor_view *w, const char *name, uint64_t *out)
{
	if (!strcmp(name, "pc")) {
		*out = w->ctx.sepc;
		return true;
	}
	if (!strcmp(name, "s0"))
		name = "fp";
	for (unsigned i = 0; i < 32; i++)
		if (!strcmp(name, guest_reg_name(i))) {
			*out = w->ctx.x[i];
			return true;
		}
	return false;
}

/* NUMBER, $REG or SYMBOL. */
static bool base_value(const struct monitor_view *w, const char *s, uint64_t *out)
{
	if (*s == '$')
		return reg_value(w, s + 1, out);
	return monitor_number(s, out) || monitor_symbol_address(w, s, out);
}

bool monitor_address(const struct monitor_view *w, const char *text, struct guest_space *space,
		     uint64_t *out)
{
	bool physical = text[0] == 'p' && ((text[1] >= '0' && text[1] <= '9') || text[1] == '$');
	char base[64];
	size_t n = strcspn(text + physical, "+-");
	uint64_t offset = 0;

	*space = w->space;
	if (physical)
		guest_space_physical(w->v->vm, space);
	snprintf(base, sizeof(base), "%.*s", (int)(n < sizeof(base) ? n : sizeof(base) - 1),
		 text + physical);
	text += physical + n;
	if (!base_value(w, base, out) || (*text && !monitor_number(text + 1, &offset))) {
		monitor_printf("%s: neither a number, nor $REGISTER, nor a symbol of the guest\n",
			       base);
		return false;
	}
	*out += *text == '-' ? 0 - offset : offset;
	return true;
}

/* ---- dis, x ---- */

/* False: not readable, and said so. */
static bool readable(const struct guest_space *s, uint64_t at, void *buf, size_t n)
{
	if (guest_view_read(s, at, buf, n) == (long)n)
		return true;
	monitor_printf("%#lx: not mapped, or no RAM\n", (unsigned long)at);
	return false;
}

static unsigned show_insn(const struct monitor_view *w, const struct guest_space *s, uint64_t at)
{
	uint16_t half[2] = {0};
	char text[DIS_MAX], *tab;
	uint64_t target;
	unsigned n;

	if (!readable(s, at, half, 2))
		return 0;
	if ((half[0] & 3) == 3 && !readable(s, at + 2, half + 1, 2))
		return 0;
	n = dis(half[0] | (uint32_t)half[1] << 16, at, text, sizeof(text), &target);
	tab = strchr(text, '\t');
	if (tab)
		*tab = '\0';
	monitor_printf("%s%#lx%s:\t", at == w->ctx.sepc ? "=> " : "   ", (unsigned long)at,
		       monitor_symbol(w, at));
	monitor_printf(n == 2 ? "%04x      " : "%04x%04x  ", n == 2 ? half[0] : half[1], half[0]);
	monitor_printf("%-8s %s%s\n", text, tab ? tab + 1 : "",
		       target ? monitor_symbol(w, target) : "");
	return n;
}

static void show_insns(const struct monitor_view *w, const struct guest_space *s, uint64_t at,
		       unsigned count)
{
	for (unsigned n; count-- && (n = show_insn(w, s, at)); at += n)
		;
}

struct format {
	unsigned count, size;
	char how; /* x d u c s i a */
};

/* "/NFS": any order of format and size, as in gdb. */
static bool read_format(const char *s, struct format *f)
{
	unsigned n = 0;

	for (s++; *s >= '0' && *s <= '9' && n <= COUNT_MAX; s++)
		n = 10 * n + (unsigned)(*s - '0');
	f->count = n ? n : 1;
	for (; *s; s++) {
		const char *size = strchr("bhwg", *s);

		if (size)
			f->size = 1U << (size - "bhwg");
		else if (strchr("xduscia", *s))
			f->how = *s;
		else
			return false;
	}
	if (f->how == 'c')
		f->size = 1;
	if (f->how == 'a')
		f->size = 8;
	return f->count <= COUNT_MAX;
}

static void show_unit(const struct monitor_view *w, const struct format *f, const void *p)
{
	uint64_t u = 0;
	int64_t d;

	memcpy(&u, p, f->size);
	d = (int64_t)(u << (64 - 8 * f->size)) >> (64 - 8 * f->size);
	if (f->how == 'd')
		monitor_printf("\t%ld", (long)d);
	else if (f->how == 'u')
		monitor_printf("\t%lu", (unsigned long)u);
	else if (f->how == 'c')
		monitor_printf("\t%u '%c'", (unsigned)u, u >= ' ' && u < 0x7f ? (char)u : '.');
	else
		monitor_printf("\t0x%0*lx%s", (int)(2 * f->size), (unsigned long)u,
			       f->how == 'a' ? monitor_symbol(w, u) : "");
}

static void show_units(const struct monitor_view *w, const struct guest_space *s, uint64_t at,
		       const struct format *f)
{
	unsigned a_line = f->how == 'a' ? 1 : f->how == 'c' ? 8 : 16 / f->size;

	for (unsigned i = 0; i < f->count; i++, at += f->size) {
		uint8_t unit[8];

		if (i % a_line == 0)
			monitor_printf("%s%#lx%s:", i ? "\n" : "", (unsigned long)at,
				       monitor_symbol(w, at));
		if (!readable(s, at, unit, f->size))
			return;
		show_unit(w, f, unit);
	}
	monitor_printf("\n");
}

static void show_string(const struct guest_space *s, uint64_t at)
{
	char text[201], *p = text;

	for (; p < text + sizeof(text) - 1; p++) {
		if (guest_view_read(s, at + (uint64_t)(p - text), p, 1) != 1 || !*p)
			break;
		if ((uint8_t)(*p - ' ') >= 0x7f - ' ')
			*p = '.';
	}
	*p = '\0';
	monitor_printf("%#lx:\t\"%s\"%s\n", (unsigned long)at, text,
		       p == text + sizeof(text) - 1 ? "..." : "");
}

bool monitor_x(const char *const *arg)
{
	struct format f = {.count = 1, .size = 4, .how = 'x'};
	struct guest_space space;
	struct monitor_view *w;
	uint64_t at;

	if (arg[0][0] == '/') {
		if (!read_format(*arg++, &f)) {
			monitor_printf("a format is /, a number up to %u, one of xduscia, one of"
				       " bhwg\n",
				       COUNT_MAX);
			return true;
		}
		if (!*arg) {
			monitor_printf("usage: x[/FORMAT] ADDRESS [GUEST [VCPU]]\n");
			return true;
		}
	}
	w = monitor_view(arg[1], arg[1] ? arg[2] : NULL);
	if (!w || !monitor_address(w, arg[0], &space, &at))
		return true;
	if (f.how == 'i')
		show_insns(w, &space, at, f.count);
	else if (f.how == 's')
		show_string(&space, at);
	else
		show_units(w, &space, at, &f);
	return true;
}

bool monitor_dis(const char *const *arg)
{
	struct monitor_view *w = monitor_view(arg[1], arg[1] ? arg[2] : NULL);
	struct guest_space space;
	uint64_t at;

	if (w && monitor_address(w, arg[0] ? arg[0] : "$pc", &space, &at))
		show_insns(w, &space, at, 10);
	return true;
}

/* ---- walk, maps ---- */

static const char *pte_text(uint64_t pte)
{
	static char text[16];
	char *p = text;

	for (unsigned i = 0; i < 8; i++)
		*p++ = pte & BIT(i) ? "vrwxugad"[i] : '-';
	*p = '\0';
	return text;
}

static void on_step(void *ctx, unsigned level, gpa_t at, uint64_t pte)
{
	(void)ctx;
	monitor_printf("  VS level %u  entry at %#014lx  %016lx  %s%s\n", level,
		       (unsigned long)at.v, (unsigned long)pte, pte_text(pte),
		       !(pte & PTE_V)	  ? "  not valid"
		       : !(pte & PTE_RWX) ? "  table"
					  : "  leaf");
}

static int read_pte(void *ctx, gpa_t a, uint64_t *pte)
{
	return guest_table_read(ctx, a, pte);
}

static int leave_pte(void *ctx, gpa_t a, uint64_t expect, uint64_t desired)
{
	(void)ctx, (void)a, (void)expect, (void)desired;
	return 0;
}

static const char *perm_text(unsigned perm)
{
	static char text[4];

	text[0] = perm & GSTAGE_R ? 'r' : '-';
	text[1] = perm & GSTAGE_W ? 'w' : '-';
	text[2] = perm & GSTAGE_X ? 'x' : '-';
	return text;
}

static void size_text(char *buf, size_t n, uint64_t size)
{
	if (size >= SIZE_1G)
		snprintf(buf, n, "%lu GiB", (unsigned long)(size >> 30));
	else if (size >= 1 << 20)
		snprintf(buf, n, "%lu MiB", (unsigned long)(size >> 20));
	else
		snprintf(buf, n, "%lu KiB", (unsigned long)(size >> 10));
}

static void show_g_stage(struct vm *vm, gpa_t a)
{
	const struct bus_range *dev = bus_find(&vm->bus, a, 1);
	struct gstage_leaf leaf;
	char size[16];

	if (!gstage_walk(&vm->gstage, a, &leaf)) {
		size_text(size, sizeof(size), leaf.size);
		monitor_printf("  G-stage     %#lx -> host %#lx  %s, a page of %s\n",
			       (unsigned long)a.v, (unsigned long)leaf.hpa.v, perm_text(leaf.perm),
			       size);
	} else if (dev) {
		monitor_printf("  G-stage     %#lx is not mapped: the device %s\n",
			       (unsigned long)a.v, dev->name);
	} else {
		monitor_printf("  G-stage     %#lx is not mapped, and no device: an access fault\n",
			       (unsigned long)a.v);
	}
}

static void who_may(uint64_t pte)
{
	monitor_printf("  %s-mode may %s%s%s%s\n", pte & PTE_U ? "U" : "S",
		       pte & PTE_R ? "read " : "", pte & PTE_W ? "write " : "",
		       pte & PTE_X ? "execute " : "",
		       !(pte & PTE_A)			 ? "(A is clear: first access)"
		       : !(pte & PTE_D) && (pte & PTE_W) ? "(D is clear: not yet written)"
							 : "");
}

/* The guest hypervisor's, of its guest. False: nothing is there. */
static bool show_own_g_stage(const struct guest_space *s, gpa_t *at)
{
	gpa_t to;

	if (!s->to_guest(s->v, *at, &to)) {
		monitor_printf("  its G-stage %#lx is not mapped\n", (unsigned long)at->v);
		return false;
	}
	monitor_printf("  its G-stage %#lx -> %#lx\n", (unsigned long)at->v, (unsigned long)to.v);
	*at = to;
	return true;
}

bool monitor_walk(const char *const *arg)
{
	static const struct vwalk_mem mem = {read_pte, leave_pte, on_step};
	struct monitor_view *w = monitor_view(arg[1], arg[1] ? arg[2] : NULL);
	struct guest_space space;
	struct vwalk_result r;
	uint64_t at, mode;

	if (!w || !monitor_address(w, arg[0], &space, &at))
		return true;
	mode = space.env.vsatp >> SATP_MODE_SHIFT;
	monitor_printf("%#lx%s  satp %#lx: %s, ASID %lu\n", (unsigned long)at,
		       monitor_symbol(w, at), (unsigned long)space.env.vsatp,
		       mode == SATP_MODE_BARE	? "Bare"
		       : mode == SATP_MODE_SV39 ? "Sv39"
		       : mode == SATP_MODE_SV48 ? "Sv48"
						: "Sv57",
		       (unsigned long)(space.env.vsatp >> 44 & 0xffff));
	if (vwalk(&space.env, &mem, &space, gva(at), VWALK_LOAD, &r)) {
		monitor_printf("  VS-stage    a page fault%s\n",
			       r.levels ? "" : ": the address is not canonical");
		return true;
	}
	if (r.levels)
		who_may(r.pte);
	if (space.to_guest && !show_own_g_stage(&space, &r.gpa))
		return true;
	show_g_stage(space.vm, r.gpa);
	return true;
}

static void show_run(gpa_t from, uint64_t size, const struct gstage_leaf *leaf)
{
	char page[16], all[16];

	size_text(page, sizeof(page), leaf->size);
	size_text(all, sizeof(all), size);
	monitor_printf("%#014lx  %-8s -> %#014lx  %s  pages of %s\n", (unsigned long)from.v, all,
		       (unsigned long)leaf->hpa.v, perm_text(leaf->perm), page);
}

/* Runs of equal pages from base on. */
static void show_runs(const struct vm *vm, uint64_t base, uint64_t end)
{
	struct gstage_leaf first = {0}, leaf;
	uint64_t from = base, at = base;

	for (; at < end; at += leaf.size) {
		if (gstage_walk(&vm->gstage, gpa(at), &leaf)) {
			leaf = (struct gstage_leaf){.size = PAGE_SIZE};
		} else if (at > from && leaf.size == first.size && leaf.perm == first.perm &&
			   leaf.hpa.v == first.hpa.v + (at - from)) {
			continue;
		}
		if (at > from && first.perm)
			show_run(gpa(from), at - from, &first);
		first = leaf;
		from = at;
	}
	if (at > from && first.perm)
		show_run(gpa(from), at - from, &first);
}

bool monitor_maps(const char *const *arg)
{
	struct vm *vm = monitor_guest(arg[0]);

	if (!vm)
		return true;
	for (unsigned i = 0; i < vm->bus.count; i++) {
		const struct bus_range *r = &vm->bus.range[i];

		monitor_printf("%#014lx  %#-10lx device %s\n", (unsigned long)r->base.v,
			       (unsigned long)r->size, r->name);
	}
	show_runs(vm, VM_RAM_BASE, VM_RAM_BASE + vm->ram_size);
	return true;
}
