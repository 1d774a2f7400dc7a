/* SPDX-License-Identifier: BSD-2-Clause */
/* The monitor's command regs: a vcpu's registers, with the fields of its CSRs in words. */
#include <stdio.h>
#include <string.h>

#include <core/vm.h>

#include "monitor.h"

static void show_gprs(const struct monitor_view *w)
{
	const struct hext_ctx *c = &w->ctx;

	monitor_printf("pc   %016lx%s  in %s-mode\n", (unsigned long)c->sepc,
		       monitor_symbol(w, c->sepc), c->sstatus & SSTATUS_SPP ? "VS" : "VU");
	for (unsigned i = 1; i < 32; i++)
		monitor_printf("%-4s %016lx%s", guest_reg_name(i), (unsigned long)c->x[i],
			       i % 4 == 3 ? "\n" : "  ");
	monitor_printf("\n");
}

struct bit_name {
	uint64_t bit;
	const char *name;
};

static void show_bits(uint64_t value, const struct bit_name *b, unsigned n)
{
	for (; n--; b++)
		if (value & b->bit)
			monitor_printf(" %s", b->name);
}

static void show_csr(const char *name, uint64_t value)
{
	monitor_printf("%-10s %016lx ", name, (unsigned long)value);
}

static const char *dirty(uint64_t field)
{
	static const char *const name[] = {"off", "initial", "clean", "dirty"};

	return name[field & 3];
}

static void show_sstatus(uint64_t v)
{
	static const struct bit_name bits[] = {{SSTATUS_SIE, "SIE"},
					       {SSTATUS_SPIE, "SPIE"},
					       {SSTATUS_SUM, "SUM"},
					       {SSTATUS_MXR, "MXR"},
					       {SSTATUS_UBE, "UBE"}};

	show_csr("sstatus", v);
	show_bits(v, bits, ARRAY_SIZE(bits));
	monitor_printf(" SPP=%c FS=%s VS=%s\n", v & SSTATUS_SPP ? 'S' : 'U', dirty(v >> 13),
		       dirty(v >> 9));
}

static void show_interrupts(const char *name, uint64_t v)
{
	static const struct bit_name bits[] = {{IP_SSI, "software"},
					       {IP_STI, "timer"},
					       {IP_SEI, "external"},
					       {BIT(13), "counter-overflow"}};

	show_csr(name, v);
	show_bits(v, bits, ARRAY_SIZE(bits));
	monitor_printf("\n");
}

static void show_scause(uint64_t v)
{
	static const char *const irq[] = {
		[IRQ_SSI] = "software", [IRQ_STI] = "timer", [IRQ_SEI] = "external"};
	const char *name = NULL;

	show_csr("scause", v);
	if (!(v & CAUSE_INTERRUPT))
		name = v < EXIT_IRQ ? monitor_cause((unsigned)v) : NULL;
	else if ((v & ~CAUSE_INTERRUPT) < ARRAY_SIZE(irq))
		name = irq[v & 15];
	monitor_printf(" %s%s\n", name ? name : "?", v & CAUSE_INTERRUPT ? " interrupt" : "");
}

static void show_satp(uint64_t v)
{
	static const char *const mode[] = {[0] = "Bare", [8] = "Sv39", [9] = "Sv48", [10] = "Sv57"};
	uint64_t m = v >> SATP_MODE_SHIFT;

	show_csr("satp", v);
	monitor_printf(" %s ASID=%lu root=%#lx\n", m < ARRAY_SIZE(mode) && mode[m] ? mode[m] : "?",
		       (unsigned long)(v >> 44 & 0xffff),
		       (unsigned long)((v & SATP_PPN) << PAGE_SHIFT));
}

static void show_address(const struct monitor_view *w, const char *name, uint64_t v,
			 const char *what)
{
	show_csr(name, v);
	monitor_printf("%s %s\n", monitor_symbol(w, v), what);
}

/* The guest's supervisor CSRs, then those with which Nacre rules over it. */
static void show_csrs(const struct monitor_view *w)
{
	const struct hext_ctx *c = &w->ctx;

	show_sstatus(c->vsstatus);
	show_interrupts("sie", c->vsie);
	show_interrupts("sip", w->sip);
	show_address(w, "stvec", c->vstvec & ~UINT64_C(3), c->vstvec & 1 ? "vectored" : "direct");
	show_address(w, "sepc", c->vsepc, "");
	show_scause(c->vscause);
	show_address(w, "stval", c->vstval, "");
	show_address(w, "sscratch", c->vsscratch, "");
	show_satp(c->vsatp);
	if (c->sstc) {
		show_csr("stimecmp", c->vstimecmp);
		monitor_printf("\n");
	}
	show_csr("hstatus", c->hstatus);
	monitor_printf(" SPV=%u SPVP=%u VTW=%u VTSR=%u VTVM=%u\n", !!(c->hstatus & HSTATUS_SPV),
		       !!(c->hstatus & HSTATUS_SPVP), !!(c->hstatus & HSTATUS_VTW),
		       !!(c->hstatus & HSTATUS_VTSR), !!(c->hstatus & HSTATUS_VTVM));
	show_csr("hgatp", c->hgatp);
	monitor_printf(" Sv%ux4 VMID=%lu root=%#lx\n",
		       39 + 9 * ((unsigned)(c->hgatp >> HGATP_MODE_SHIFT) - 8),
		       (unsigned long)(c->hgatp >> HGATP_VMID_SHIFT & 0x3fff),
		       (unsigned long)((c->hgatp & HGATP_PPN) << PAGE_SHIFT));
	show_csr("henvcfg", c->henvcfg);
	monitor_printf("\n");
	show_csr("htimedelta", c->htimedelta);
	monitor_printf("\n");
}

static void show_fp(const struct monitor_view *w)
{
	if (!w->ctx.fpu) {
		monitor_printf("this guest has no F and D\n");
		return;
	}
	for (unsigned i = 0; i < 32; i++)
		monitor_printf("%-4s %016lx%s", guest_reg_name(GUEST_REG_F0 + i),
			       (unsigned long)w->fp.f[i], i % 4 == 3 ? "\n" : "  ");
	monitor_printf("fcsr %#lx\n", (unsigned long)w->fp.fcsr);
}

struct vector_copy {
	char text[80];
	unsigned reg;
};

/* One register, highest byte first. */
static void take_vector(struct vcpu *v, void *arg)
{
	struct vector_copy *t = arg;
	uint8_t buf[256];
	unsigned n = guest_reg_size(GUEST_REG_V0), shown = n < 32 ? n : 32;

	t->text[0] = '\0';
	if (n > sizeof(buf) || guest_reg_get(v, GUEST_REG_V0 + t->reg, buf))
		return;
	for (unsigned i = 0; i < shown; i++)
		snprintf(t->text + 2 * i, 3, "%02x", buf[shown - 1 - i]);
}

static void show_vector(const struct monitor_view *w)
{
	struct vector_copy t;

	if (!w->ctx.vector) {
		monitor_printf("this guest has no V\n");
		return;
	}
	for (t.reg = 0; t.reg < 32; t.reg++) {
		vcpu_call(w->v, take_vector, &t);
		monitor_printf("v%-3u %s\n", t.reg, t.text);
	}
}

bool monitor_regs(const char *const *arg)
{
	struct monitor_view *w = monitor_view(arg[0], arg[0] ? arg[1] : NULL);

	if (!w)
		return true;
	if (arg[2] && !strcmp(arg[2], "fp")) {
		show_fp(w);
	} else if (arg[2] && !strcmp(arg[2], "v")) {
		show_vector(w);
	} else {
		monitor_printf("%s vcpu %u, %s, HSM state %u%s\n", w->v->vm->name, w->v->id,
			       vcpu_state_name(w->v), w->v->hsm,
			       w->inner ? ", in its own guest" : "");
		show_gprs(w);
		show_csrs(w);
	}
	return true;
}
