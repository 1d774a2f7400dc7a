/* SPDX-License-Identifier: BSD-2-Clause */
/* The monitor's commands that show what Nacre keeps for a guest: interrupts, SBI calls, fences,
 * configuration. Read without locks, one word at a time, as in monitor_show.c. */
#include <stdio.h>
#include <string.h>

#include <arch/hfence.h>
#include <core/cpu.h>
#include <core/vm.h>
#include <spec/sbi.h>

#include "monitor.h"

/* ---- irq ---- */

static bool has_bit(const uint32_t *words, unsigned n)
{
	return words[n / 32] >> n % 32 & 1;
}

static void show_sources(const struct vm *vm, const struct vm_irqs *q)
{
	for (unsigned n = 1; n < 32 * VM_IRQ_WORDS; n++) {
		if (!has_bit(q->enabled, n) && !has_bit(q->level, n) && !has_bit(q->pending, n) &&
		    !has_bit(q->claimed, n))
			continue;
		monitor_printf("  source %3u%s  priority %u%s%s%s%s\n", n,
			       n == VM_UART_IRQ && vm->cfg.console != VM_CONSOLE_NONE ? " (uart)"
										      : "",
			       q->priority[n], has_bit(q->enabled, n) ? "  enabled" : "",
			       has_bit(q->level, n) ? "  line high" : "",
			       has_bit(q->pending, n) ? "  pending" : "",
			       has_bit(q->claimed, n) ? "  claimed" : "");
	}
}

static void show_lines(const char *name, uint64_t bits)
{
	monitor_printf("  %s:%s%s%s%s", name, bits & IP_SSI ? " software" : "",
		       bits & IP_STI ? " timer" : "", bits & IP_SEI ? " external" : "",
		       bits & (IP_SSI | IP_STI | IP_SEI) ? "" : " -");
}

bool monitor_irq(const char *const *arg)
{
	struct vm *vm = monitor_guest(arg[0]);
	struct vm_irqs q = {0};

	if (!vm)
		return true;
	for (unsigned i = 0; i < vm->nvcpus; i++) {
		struct monitor_view *w = monitor_view_of(vm->vcpu[i]);

		if (!w)
			return true;
		vm->ops->irqs(vm, i, &q);
		monitor_printf("vcpu %u  interrupts %s", i,
			       w->ctx.vsstatus & SSTATUS_SIE ? "on" : "off");
		show_lines("enabled", w->ctx.vsie);
		show_lines("pending", w->sip);
		monitor_printf("  PLIC threshold %u\n", q.threshold);
		show_sources(vm, &q);
	}
	monitor_printf("uart: %s, interrupts enabled %#x, %u bytes held\n",
		       q.uart_used ? "used" : "not used by the guest", q.uart_ier, q.uart_out);
	return true;
}

/* ---- sbi ---- */

struct function_names {
	uint64_t eid;
	const char *name;
	const char *functions; /* by number, blanks between */
};

static const struct function_names sbi_names[] = {
	{SBI_EXT_BASE, "base",
	 "get_spec_version get_impl_id get_impl_version probe_extension get_mvendorid get_marchid"
	 " get_mimpid"},
	{SBI_EXT_TIME, "time", "set_timer"},
	{SBI_EXT_IPI, "ipi", "send_ipi"},
	{SBI_EXT_RFENCE, "rfence",
	 "fence_i sfence_vma sfence_vma_asid hfence_gvma_vmid hfence_gvma hfence_vvma_asid"
	 " hfence_vvma"},
	{SBI_EXT_HSM, "hsm", "hart_start hart_stop hart_get_status hart_suspend"},
	{SBI_EXT_SRST, "srst", "system_reset"},
	{SBI_EXT_DBCN, "dbcn", "write read write_byte"},
};

static void sbi_name(uint64_t eid, uint64_t fid, char *buf, size_t size)
{
	const char *s = NULL;

	if (eid <= SBI_LEGACY_SHUTDOWN) {
		snprintf(buf, size, "legacy call %lu", (unsigned long)eid);
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(sbi_names); i++) {
		if (sbi_names[i].eid != eid)
			continue;
		s = sbi_names[i].functions;
		for (uint64_t n = fid; n && s; n--) {
			s = strchr(s, ' ');
			s += s ? 1 : 0;
		}
		if (s)
			snprintf(buf, size, "%s %.*s", sbi_names[i].name, (int)strcspn(s, " "), s);
		else
			snprintf(buf, size, "%s function %lu", sbi_names[i].name,
				 (unsigned long)fid);
		return;
	}
	snprintf(buf, size, "extension %#lx function %lu", (unsigned long)eid, (unsigned long)fid);
}

static const char *sbi_error(int64_t error)
{
	static const char *const name[] = {
		"success",	   "failed",	       "not supported",	    "invalid parameter",
		"denied",	   "invalid address",  "already available", "already started",
		"already stopped", "no shared memory",
	};

	return error <= 0 && error > -(int64_t)ARRAY_SIZE(name) ? name[-error] : "?";
}

static void show_calls(const struct vm *vm, unsigned row, unsigned fid)
{
	uint64_t calls = 0, eid = 0;
	char name[64];

	for (unsigned i = 0; i < vm->nvcpus; i++) {
		calls += vm->vcpu[i]->sbi.ext[row].calls[fid];
		eid |= vm->vcpu[i]->sbi.ext[row].calls[fid] ? vm->vcpu[i]->sbi.ext[row].eid : 0;
	}
	if (!calls)
		return;
	if (row == VCPU_SBI_EXTS - 1)
		snprintf(name, sizeof(name), "extensions that are not there");
	else
		sbi_name(eid, fid, name, sizeof(name));
	monitor_printf("%12lu  %s\n", (unsigned long)calls, name);
}

static void show_refused(const struct vcpu *v)
{
	uint64_t n = v->sbi.refusals < VCPU_SBI_REFUSED ? 0 : v->sbi.refusals - VCPU_SBI_REFUSED;
	char name[64];

	for (; n < v->sbi.refusals; n++) {
		unsigned i = n % VCPU_SBI_REFUSED;

		sbi_name(v->sbi.refused[i].eid, v->sbi.refused[i].fid, name, sizeof(name));
		monitor_printf("vcpu %u: %s(%#lx) at pc %#lx: %s\n", v->id, name,
			       (unsigned long)v->sbi.refused[i].arg,
			       (unsigned long)v->sbi.refused[i].pc,
			       sbi_error(v->sbi.refused[i].error));
	}
}

bool monitor_sbi(const char *const *arg)
{
	struct vm *vm = monitor_guest(arg[0]);
	uint64_t fast = 0;

	if (!vm)
		return true;
	for (unsigned i = 0; i < vm->nvcpus; i++)
		fast += vm->vcpu[i]->ctx.exits[CAUSE_ECALL_VS] - vm->vcpu[i]->sbi_calls;
	monitor_printf("%12lu  answered in the trap: time, ipi and rfence to itself\n",
		       (unsigned long)fast);
	for (unsigned row = 0; row < VCPU_SBI_EXTS; row++)
		for (unsigned fid = 0; fid < VCPU_SBI_FUNCTIONS; fid++)
			show_calls(vm, row, fid);
	monitor_printf("the last calls that were refused:\n");
	for (unsigned i = 0; i < vm->nvcpus; i++)
		show_refused(vm->vcpu[i]);
	return true;
}

/* ---- tlb ---- */

static const char *const fence_name[] = {
	"gvma", "gvma-all", "gvma-vmid", "gvma-vmid-all",
	"vvma", "vvma-all", "vvma-asid", "vvma-asid-all",
};

bool monitor_tlb(const char *const *arg)
{
	struct vm *vm = monitor_guest(arg[0]);

	if (!vm)
		return true;
	monitor_printf("back end: %s; VMIDs of %u bits\n", hext.name, hext_caps.vmid_bits);
	for (unsigned i = 0; i < cpu_count; i++)
		monitor_printf("hart %lu: generation %lu, next VMID %u of %u\n",
			       (unsigned long)cpus[i]->hartid,
			       (unsigned long)cpus[i]->vmids.generation, cpus[i]->vmids.next,
			       cpus[i]->vmids.last);
	for (unsigned i = 0; i < vm->nvcpus; i++) {
		const struct vcpu *v = vm->vcpu[i];

		monitor_printf("vcpu %u: VMID %u, generation %lu of hart index %u; queued %u of %u,"
			       " pushed %lu, widened %lu\n",
			       i, v->vmid.number, (unsigned long)v->vmid.generation, v->vmid.hart,
			       v->fences.count, HFENCE_QUEUE, (unsigned long)v->fences.pushed,
			       (unsigned long)v->fences.widened);
		for (unsigned type = 0; type < ARRAY_SIZE(fence_name); type++)
			if (v->fences_in[type])
				monitor_printf("%12lu  %s\n", (unsigned long)v->fences_in[type],
					       fence_name[type]);
	}
	return true;
}

/* ---- config ---- */

bool monitor_config(const char *const *arg)
{
	struct vm *vm = monitor_guest(arg[0]);
	const struct vm_config *c = vm ? &vm->cfg : NULL;

	if (!vm)
		return true;
	monitor_printf(
		"guest     %s\nvcpus     %u\nmemory    %lu MiB\nkernel    %s\ninitrd    %s\n",
		vm->name, c->vcpus, (unsigned long)(c->memory >> 20), c->kernel ? c->kernel : "-",
		c->initrd ? c->initrd : "-");
	monitor_printf("bootargs  %.400s\n", c->bootargs ? c->bootargs : "-");
	monitor_printf("isa       %.400s\nconsole   %s\nautostart %s\n", c->isa ? c->isa : "-",
		       c->console == VM_CONSOLE_NONE ? "none" : "uart",
		       c->autostart ? "yes" : "no");
	monitor_printf("affinity ");
	for (uint32_t i = 0; i < c->affinity_count; i++)
		monitor_printf(" %u", vm_config_hart(c, i));
	monitor_printf("%s\n", c->affinity_count ? "" : " any hart");
	return true;
}
