/* SPDX-License-Identifier: BSD-2-Clause */
/* The report on a guest that cannot go on, for a person to read. */
#include <stdarg.h>
#include <stdio.h>

#include <core/log.h>
#include <core/vcpu.h>
#include <core/vm.h>

static const char *const reg_name[32] = {
	"zero", "ra", "sp", "gp", "tp",	 "t0",	"t1", "t2", "s0", "s1", "a0",
	"a1",	"a2", "a3", "a4", "a5",	 "a6",	"a7", "s2", "s3", "s4", "s5",
	"s6",	"s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6",
};

void vm_crash(struct vcpu *v, const struct vcpu_exit *e, const char *fmt, ...)
{
	const struct hext_ctx *c = &v->ctx;
	char why[160];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	log_warn("%s: vcpu %u cannot go on: %s", v->vm->name, v->id, why);
	log_info("  scause %#lx  stval %#lx  guest physical %#lx  htinst %#lx", e->scause, e->stval,
		 e->htval << 2 | (e->stval & 3), e->htinst);
	log_info("  sepc %#lx  in V%c-mode  vsatp %#lx", c->sepc,
		 c->sstatus & SSTATUS_SPP ? 'S' : 'U', hext.vsatp(&v->ctx));
	for (unsigned i = 1; i < 32; i += 4)
		log_info("  %4s %016lx  %4s %016lx  %4s %016lx  %4s %016lx", reg_name[i], c->x[i],
			 reg_name[(i + 1) & 31], c->x[(i + 1) & 31], reg_name[(i + 2) & 31],
			 c->x[(i + 2) & 31], reg_name[(i + 3) & 31], i + 3 < 32 ? c->x[i + 3] : 0);
	vm_halt(v->vm, VM_ACT_CRASH);
}
