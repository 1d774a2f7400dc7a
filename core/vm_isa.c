/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A VM's ISA: the request of its configuration, or a later one from the monitor, against what its
 * harts have, and all that follows from the answer in its vcpus. It changes only while no vcpu of
 * the VM runs, and a vcpu's next start brings it into force.
 *
 * What harts have is told for each hart by the host's device tree, so a guest with affinity may be
 * given more than others. What was probed (henvcfg, sstatus.FS and VS) is known for all harts
 * together only, and limits every guest.
 */
#include <stdio.h>
#include <string.h>

#include <core/errno.h>
#include <core/host.h>
#include <core/log.h>
#include <core/memory.h>
#include <core/vcpu.h>
#include <core/vm.h>

static bool may_run_on(const struct vm *vm, uint64_t hartid)
{
	for (uint32_t id = 0; id < vm->cfg.affinity_count; id++)
		if (vm_config_hart(&vm->cfg, id) == hartid)
			return true;
	return vm->cfg.affinity_count == 0;
}

void vm_host_isa(const struct vm *vm, struct isa_set *out)
{
	bool first = true;

	*out = host.isa; /* should its harts not exist, which make_vcpu() reports */
	for (unsigned i = 0; i < host.nharts; i++) {
		const struct host_hart *h = &host.hart[i];

		if (!may_run_on(vm, h->hartid))
			continue;
		if (first)
			*out = h->isa;
		isa_and(out, &h->isa);
		first = false;
	}
	isa_limit_henvcfg(out, hext_caps.henvcfg & ~(hext_caps.sstc ? 0 : HENVCFG_STCE));
	isa_limit_state(out, hext_caps.fpu, hext_caps.vector);
	isa_limit_counters(out, hpm_caps.overflow);
	isa_limit_hypervisor(out, hext_caps.stateen,
			     !(hext_caps.vsatp_modes & ~hext_caps.gstage_modes));
}

enum isa_hide vm_isa_hidden_by(const struct vm *vm, enum isa_ext e)
{
	enum isa_hide hide = isa_hidden_by(&vm->isa, e);

	return hide == ISA_HIDE_HSTATEEN && !hext_caps.stateen ? ISA_HIDE_ADVERT : hide;
}

/* What was taken away by name, and is only left out of the device tree. */
static void tell_hidden(const struct vm *vm, const struct isa_set *have, const char *request)
{
	struct isa_set denied;

	isa_denied(request, &denied);
	for (enum isa_ext e = 1; e < ISA_COUNT; e++)
		if (isa_has(&denied, e) && isa_has(have, e) && !isa_has(&vm->isa, e) &&
		    vm_isa_hidden_by(vm, e) == ISA_HIDE_ADVERT)
			log_info("/%s: isa: %s: hidden by advertisement only: the hart has it and"
				 " nothing can trap it",
				 vm->name, isa_name(e));
}

static bool has_vector(const struct isa_set *isa)
{
	return hext_caps.vector && isa_has(isa, ISA_ZVE32X);
}

uint64_t vcpu_vregs_pages(void)
{
	return ALIGN_UP(32 * (uint64_t)hext_caps.vlenb, PAGE_SIZE) / PAGE_SIZE;
}

/* They stay for good, should the guest lose the extension again. */
static int make_vregs(struct vcpu *v, const struct isa_set *isa)
{
	if (!v->vregs && has_vector(isa))
		v->vregs = memory_pages(vcpu_vregs_pages());
	return v->vregs || !has_vector(isa) ? 0 : -NACRE_ENOMEM;
}

static int make_memory(struct vcpu *v, const struct isa_set *isa)
{
	int rc = make_vregs(v, isa);

	return rc ? rc : v->vm->ops->vcpu_memory(v, isa);
}

int vcpu_take_isa(struct vcpu *v)
{
	const struct isa_set *isa = &v->vm->isa, *emulated = &v->vm->emulated;
	bool amos = isa_has(emulated, ISA_ZABHA) || isa_has(emulated, ISA_ZACAS);
	struct hext_ctx *c = &v->ctx;

	c->henvcfg = isa_henvcfg(isa) & hext_caps.henvcfg;
	c->hstateen0 = isa_hstateen0(isa);
	/* The hpmcounters that are not the vcpu's stand still: core/vcpu_hpm.c. */
	c->hcounteren = (isa_has(isa, ISA_ZICNTR) ? COUNTEREN_ZICNTR : 0) |
			(isa_has(isa, ISA_ZIHPM) ? COUNTEREN_ZIHPM : 0);
	c->hvien = isa_has(isa, ISA_SSCOFPMF) ? IP_LCOFI : 0;
	c->sstc = hext_caps.sstc && isa_has(isa, ISA_SSTC);
	c->emulate = v->vm->emulates;
	c->hedeleg = hext_delegated(c, HEDELEG);
	c->hideleg = IP_VS;
	c->amo.ops = amos ? amo_quick_ops(isa_has(isa, ISA_ZABHA), isa_has(isa, ISA_ZACAS)) : 0;
	c->amo.cas = amos && isa_has(isa, ISA_ZACAS);
	c->fpu = hext_caps.fpu && isa_has(isa, ISA_F);
	c->vector = has_vector(isa);
	if (make_memory(v, isa))
		return -NACRE_ENOMEM;
	v->vm->ops->vcpu_take_isa(v);
	return 0;
}

int vm_set_isa(struct vm *vm, const char *request, char *err, size_t errlen)
{
	struct isa_set have, isa;
	int rc;

	vm_host_isa(vm, &have);
	rc = isa_guest(&isa, &have, request, err, errlen);
	for (unsigned i = 0; !rc && vm->vcpu && i < vm->nvcpus; i++) {
		rc = vm->vcpu[i] ? make_memory(vm->vcpu[i], &isa) : 0;
		if (rc)
			snprintf(err, errlen, "no memory for what its vcpus need then");
	}
	if (rc)
		return rc;
	vm->isa = isa;
	vm->emulates = isa_emulated(&isa, &have, &vm->emulated);
	/* Firmware often keeps sstateen1 to 3, where no bit has a meaning yet, to itself. */
	if (isa_has(&isa, ISA_SSSTATEEN))
		vm->emulates = true;
	for (unsigned i = 0; vm->vcpu && i < vm->nvcpus; i++)
		if (vm->vcpu[i])
			vcpu_take_isa(vm->vcpu[i]); /* has its memory already */
	tell_hidden(vm, &have, request);
	return 0;
}

int vm_change_isa(struct vm *vm, const char *change, char *err, size_t errlen)
{
	bool items = *change == '+' || *change == '-';
	char request[VM_ISA_MAX];
	int n = snprintf(request, sizeof(request), "%s%s%s", items ? vm->cfg.isa : "",
			 items ? "," : "", change);
	int rc;

	if (n < 0 || (size_t)n >= sizeof(request)) {
		snprintf(err, errlen, "the request has more than %d characters: begin with a base",
			 VM_ISA_MAX - 1);
		return -NACRE_ERANGE;
	}
	if (!vm_hold(vm)) {
		snprintf(err, errlen, "only a guest that is off can be changed");
		return -NACRE_EBUSY;
	}
	rc = vm_set_isa(vm, request, err, errlen);
	if (!rc) {
		memcpy(vm->isa_request, request, (size_t)n + 1);
		vm->cfg.isa = vm->isa_request;
	}
	vm_let_go(vm);
	return rc;
}
