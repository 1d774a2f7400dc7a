/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The monitor's command why: looks at a guest for a fraction of a second, a sample each time that
 * the monitor's poll comes, so that the guest goes on meanwhile, and lets core/why.c judge.
 */
#include <stdio.h>
#include <string.h>

#include <arch/timer.h>
#include <core/debug.h>
#include <core/host.h>
#include <core/printk.h>
#include <core/vm.h>
#include <core/why.h>
#include <spec/sbi.h>

#include "monitor.h"

#define RECORDS 40 /* of the kernel's log, the last ones */

static struct {
	struct vm *vm;
	unsigned n; /* samples taken */
	struct vcpu_count {
		uint64_t sbi, mmio, faults, refusals;
		uint64_t sepc, scause, stval; /* at the first sample */
		bool at_fault;		      /* a sample was at the instruction itself */
	} first[WHY_VCPUS];
	struct why_guest g;
} look;

/* ---- Samples ---- */

static bool is_near(uint64_t pc, uint64_t to, uint64_t bytes)
{
	return pc - to + bytes <= 2 * bytes;
}

/* On the vcpu's hart. */
static void sample(struct vcpu *v, void *arg)
{
	struct why_vcpu *w = arg;
	struct vcpu_count *first = &look.first[v->id];
	struct hext_ctx *c = &v->ctx;

	w->pc[look.n] = c->sepc;
	if (look.n == 0) {
		*first = (struct vcpu_count){
			.sbi = c->exits[CAUSE_ECALL_VS],
			.mmio = v->mmio,
			.faults = v->injected,
			.refusals = v->sbi.refusals,
			.sepc = c->vsepc,
			.scause = c->vscause,
			.stval = c->vstval,
		};
		w->trap_loop = c->vscause < EXIT_IRQ && c->vscause != CAUSE_ECALL_U;
	}
	if (is_near(c->sepc, c->vsepc, 4))
		first->at_fault = true;
	if (c->vsepc != first->sepc || c->vscause != first->scause || c->vstval != first->stval ||
	    !(is_near(c->sepc, c->vsepc, 32) || is_near(c->sepc, c->vstvec, 512)))
		w->trap_loop = false;
}

static enum why_place place(const struct monitor_view *w, uint64_t addr)
{
	struct vwalk_result r;

	if (guest_translate(&w->space, addr, &r))
		return WHY_UNMAPPED;
	if (vm_ram_contains(w->v->vm, r.gpa, 1))
		return WHY_RAM;
	return bus_find(&w->v->vm->bus, r.gpa, 1) ? WHY_DEVICE : WHY_NOTHING;
}

static uint32_t insn_at(const struct monitor_view *w, uint64_t addr, bool *zeros)
{
	uint32_t word[4] = {0};

	*zeros = guest_view_read(&w->space, addr, word, sizeof(word)) == sizeof(word) &&
		 !(word[0] | word[1] | word[2] | word[3]);
	return word[0];
}

static void take_registers(const struct monitor_view *w, struct why_vcpu *o)
{
	const struct hext_ctx *c = &w->ctx;
	bool zeros;

	o->ra = c->x[REG_RA];
	o->sp = c->x[REG_SP];
	o->supervisor = c->sstatus & SSTATUS_SPP;
	o->sstatus = c->vsstatus;
	o->sie = c->vsie;
	o->sip = w->sip;
	o->stvec = c->vstvec;
	o->sepc = c->vsepc;
	o->scause = c->vscause;
	o->stval = c->vstval;
	o->satp = c->vsatp;
	o->pc_place = place(w, c->sepc);
	o->stvec_place = place(w, c->vstvec & ~UINT64_C(3));
	o->sp_place = place(w, c->x[REG_SP] - 8);
	o->stval_place = place(w, c->vstval);
	o->sepc_place = place(w, c->vsepc);
	o->insn = insn_at(w, c->sepc, &o->pc_zeros);
	o->sepc_insn = insn_at(w, c->vsepc, &o->sepc_zeros);
	insn_at(w, c->vstvec & ~UINT64_C(3), &zeros);
	o->stvec_zeros = zeros;
	snprintf(o->symbol, sizeof(o->symbol), "%s", monitor_symbol(w, c->sepc));
}

static void take_counts(const struct vcpu *v, struct why_vcpu *o)
{
	const struct vcpu_count *first = &look.first[v->id];
	unsigned last = (unsigned)(v->sbi.refusals - 1) % VCPU_SBI_REFUSED;

	o->trap_loop = o->trap_loop && first->at_fault;
	o->hsm = v->hsm;
	o->waiting = v->waiting && v->state == V_BLOCKED;
	o->timer = v->ctx.sstc ? v->ctx.vstimecmp != UINT64_MAX : v->timer_queued;
	o->sbi = v->ctx.exits[CAUSE_ECALL_VS] - first->sbi;
	o->mmio = v->mmio - first->mmio;
	o->faults = v->injected - first->faults;
	o->device = v->mmio_last;
	o->refusals = v->sbi.refusals;
	o->recent_refusals = v->sbi.refusals - first->refusals;
	if (!v->sbi.refusals)
		return;
	o->calls_since = v->sbi_calls - v->sbi.refused[last].at;
	o->refused_eid = v->sbi.refused[last].eid;
	o->refused_fid = v->sbi.refused[last].fid;
	o->refused_error = v->sbi.refused[last].error;
}

/* ---- The guest ---- */

static bool bit(const uint32_t *words, unsigned n)
{
	return words[n / 32] >> n % 32 & 1;
}

static void take_irqs(struct vm *vm, struct why_guest *g)
{
	struct vm_irqs q;

	vm->ops->irqs(vm, 0, &q);
	g->uart_used = q.uart_used;
	g->uart_enabled = bit(q.enabled, VM_UART_IRQ);
	g->uart_high = bit(q.level, VM_UART_IRQ);
	g->uart_claimed = bit(q.claimed, VM_UART_IRQ);
	g->uart_masked = q.priority[VM_UART_IRQ] <= q.threshold;
	for (unsigned n = 32 * VM_IRQ_WORDS - 1; n > 0; n--)
		if (bit(q.enabled, n) && n != VM_UART_IRQ)
			g->missing_source = n;
}

static void one_line(char *out, size_t size, const struct printk_record *r)
{
	snprintf(out, size, "%.*s", (int)(r->len < size ? r->len : size - 1), r->text);
	out[strcspn(out, "\n")] = '\0';
}

static void take_log(struct monitor_view *w, struct why_guest *g)
{
	static struct printk_record r;
	struct printk_ring ring;
	uint64_t left;
	char line[WHY_TEXT];

	if (!monitor_printk(w, &ring))
		return;
	g->linux_log = true;
	left = printk_left(&ring);
	printk_skip(&ring, left > RECORDS ? left - RECORDS : 0);
	for (unsigned n = 0; n < RECORDS && printk_next(&ring, &r); n++) {
		one_line(line, sizeof(line), &r);
		if (why_weight(line) > why_weight(g->worst))
			memcpy(g->worst, line, sizeof(line));
		memcpy(g->last, line, sizeof(line));
	}
}

static void take_guest(struct vm *vm, struct why_guest *g)
{
	static const enum why_state state[] = {WHY_OFF, WHY_RUNNING, WHY_PAUSED, WHY_CRASHED};

	g->name = vm->name;
	g->state = vm->state == VM_RUNNING && vm->debug && vm->debug->stands ? WHY_STOPPED
									     : state[vm->state];
	g->boots = vm->boots;
	g->since_boot_ms = (timer_now() - vm->time_zero) / (host.timebase / 1000 + 1);
	g->ram_base = VM_RAM_BASE;
	g->ram_size = vm->ram_size;
	g->bootargs = vm->cfg.bootargs ? vm->cfg.bootargs : "";
	g->has_initrd = vm->cfg.initrd != NULL;
	g->has_console = vm->cfg.console != VM_CONSOLE_NONE;
	g->has_f = isa_has(&vm->isa, ISA_F);
	g->has_v = isa_has(&vm->isa, ISA_V);
	take_irqs(vm, g);
}

static void diagnose(void)
{
	static char text[1024];
	struct vm *vm = look.vm;

	take_guest(vm, &look.g);
	for (unsigned i = 0; i < look.g.nvcpus; i++) {
		struct monitor_view *w = monitor_view_of(vm->vcpu[i]);

		if (!w)
			return;
		if (i == 0) {
			look.g.kernel = monitor_image(w, &look.g.kernel_size);
			take_log(w, &look.g);
		}
		take_registers(w, &look.g.vcpu[i]);
		take_counts(vm->vcpu[i], &look.g.vcpu[i]);
	}
	why(&look.g, text, sizeof(text));
	for (char *s = text, *nl; (nl = strchr(s, '\n')); s = nl + 1)
		monitor_printf("%.*s\n", (int)(nl - s), s);
}

static bool tick(bool cancel)
{
	if (cancel)
		return false;
	for (unsigned i = 0; i < look.g.nvcpus; i++)
		vcpu_call(look.vm->vcpu[i], sample, &look.g.vcpu[i]);
	if (++look.n < WHY_SAMPLES)
		return true;
	diagnose();
	return false;
}

bool monitor_why(const char *const *arg)
{
	struct vm *vm = monitor_guest(arg[0]);

	if (!vm || !monitor_may_look())
		return true;
	memset(&look, 0, sizeof(look));
	look.vm = vm;
	look.g.nvcpus = vm->nvcpus < WHY_VCPUS ? vm->nvcpus : WHY_VCPUS;
	monitor_job(tick);
	return true;
}
