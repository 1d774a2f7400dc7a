/* SPDX-License-Identifier: BSD-2-Clause */
/* See core.h. */
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <arch/mmu.h>
#include <core/debug.h>
#include <core/errno.h>
#include <core/memory.h>
#include <core/log.h>
#include <core/seed.h>
#include "core.h"

struct fake fake;
struct hext_ops hext;
struct hpm_caps hpm_caps;

struct console_port {
	int unused;
};
static struct console_port port;

void vcpu_exclusive(struct vcpu *v, void (*fn)(void *), void *arg)
{
	(void)v;
	fake.exclusive++;
	fn(arg);
}

bool seed_bytes(uint8_t out[RNG_BYTES])
{
	memset(out, 0x5a, RNG_BYTES);
	return fake.seeded;
}

/* ---- arch ---- */

unsigned hpm_config(uint32_t set, const struct hpm_event *e)
{
	unsigned n = set ? (unsigned)__builtin_ctz(set) : 0;

	if (!set || e->index >= fake.hpm_can)
		return 0;
	assert(!fake.hpm[n].configured && !fake.hpm[n].value);
	fake.hpm[n].configured = true;
	fake.hpm[n].event = *e;
	return n;
}

void hpm_start(unsigned n, uint64_t value)
{
	assert(fake.hpm[n].configured && !fake.hpm[n].started);
	fake.hpm[n].value = value;
	fake.hpm[n].started = true;
	fake.hpm[n].overflown = fake.hpm[n].overflown && fake.hpm_pending;
}

void hpm_start_overflown(unsigned n, uint64_t value)
{
	hpm_start(n, value);
	fake.hpm[n].overflown = true;
}

uint32_t hpm_overflown(void)
{
	uint32_t set = 0;

	for (unsigned n = 0; n < HPM_END; n++)
		set |= (uint32_t)fake.hpm[n].overflown << n;
	return set;
}

bool hpm_take_overflow(void)
{
	bool was = fake.hpm_pending;

	fake.hpm_pending = false;
	return was;
}

void hpm_listen(bool on)
{
	fake.hpm_listens = on;
}

void vcpu_interrupt_overflow(struct vcpu *v)
{
	v->ctx.hvip |= IP_LCOFI;
}

void hpm_stop(uint32_t set)
{
	for (unsigned n = 0; n < HPM_END; n++)
		if (set >> n & 1)
			fake.hpm[n].started = false;
}

void hpm_release(uint32_t set)
{
	for (unsigned n = 0; n < HPM_END; n++)
		if (set >> n & 1)
			memset(&fake.hpm[n], 0, sizeof(fake.hpm[n]));
}

uint64_t hpm_read(unsigned n)
{
	return fake.hpm[n].value;
}

static void hvip_clear(struct hext_ctx *ctx, uint64_t clear)
{
	(void)ctx;
	fake.hvip &= ~clear;
}

static uint64_t vsatp(struct hext_ctx *ctx)
{
	return ctx->vsatp;
}

static uint64_t vsstatus(struct hext_ctx *ctx)
{
	return ctx->vsstatus;
}

static uint64_t hvip_read(struct hext_ctx *ctx)
{
	(void)ctx;
	return fake.hvip;
}

int guest_read64(gva_t addr, uint64_t *out, struct guest_fault *f)
{
	fake.read_addr = addr;
	if (fake.read_faults && fake.reads >= fake.reads_ok) {
		*f = fake.fault;
		return -NACRE_EFAULT;
	}
	*out = fake.read_value[fake.reads++ % FAKE_READS];
	return 0;
}

int guest_fetch(gva_t addr, uint32_t *insn, struct guest_fault *f)
{
	(void)addr;
	fake.fetches++;
	if (fake.fetch_faults) {
		*f = fake.fault;
		return -NACRE_EFAULT;
	}
	*insn = fake.insn;
	return 0;
}

uint8_t guest_pmm(const struct hext_ctx *c, bool user)
{
	return user ? fake.user_pmm : c->henvcfg >> ENVCFG_PMM_SHIFT & 3;
}

/* ---- vcpu ---- */

static struct fake_vcpu *on(const struct vcpu *v)
{
	return &fake.on[v->id];
}

void vcpu_apply_lines(struct vcpu *v)
{
	(void)v;
}

void vcpu_nothing(struct vcpu *v)
{
	(void)v;
}

bool vcpu_pending(struct vcpu *v)
{
	(void)v;
	return false;
}

uint64_t vcpu_wakes_at(const struct vcpu *v)
{
	(void)v;
	return UINT64_MAX;
}

void vcpu_wait(struct vcpu *v)
{
	(void)v;
	fake.waits++;
}

void vcpu_send_ssip(struct vcpu *v)
{
	on(v)->ssip++;
}

void vcpu_set_line(struct vcpu *v, unsigned irq, bool level)
{
	if (irq == IRQ_VSEI)
		on(v)->external = level;
}

void vcpu_push_hfence(struct vcpu *v, const struct hfence *h)
{
	on(v)->hfences++;
	on(v)->hfence = *h;
}

void vcpu_push_fence_i(struct vcpu *v)
{
	on(v)->fence_i++;
}

void vcpu_fence_wait(struct vcpu *v)
{
	on(v)->waits++;
}

void vcpu_hfence_self(struct vcpu *v, const struct hfence *h)
{
	on(v)->hfences_self++;
	on(v)->hfence = *h;
}

void vcpu_set_timer(struct vcpu *v, uint64_t guest_time)
{
	(void)v;
	fake.timers++;
	fake.timer = guest_time;
}

void vcpu_inject(struct vcpu *v, uint64_t cause, uint64_t stval)
{
	(void)v;
	fake.injects++;
	fake.cause = cause;
	fake.stval = stval;
}

long vcpu_hsm_start(struct vcpu *v, gpa_t pc, uint64_t a1)
{
	fake.starts++;
	fake.started = v;
	fake.hsm_pc = pc;
	fake.hsm_a1 = a1;
	return fake.start_error;
}

void vcpu_hsm_stop(struct vcpu *v)
{
	(void)v;
	fake.stops++;
}

long vcpu_hsm_status(struct vcpu *v)
{
	return on(v)->hsm_status;
}

void vcpu_hsm_suspend(struct vcpu *v, bool reset, gpa_t pc, uint64_t a1)
{
	(void)v;
	fake.suspends++;
	fake.hsm_reset = reset;
	fake.hsm_pc = pc;
	fake.hsm_a1 = a1;
}

/* ---- vm ---- */

void vm_halt(struct vm *vm, enum vm_action action)
{
	(void)vm;
	fake.halts++;
	fake.action = action;
}

void vm_crash(struct vcpu *v, const struct vcpu_exit *e, const char *fmt, ...)
{
	va_list ap;

	(void)v;
	(void)e;
	va_start(ap, fmt);
	vsnprintf(fake.crash, sizeof(fake.crash), fmt, ap);
	va_end(ap);
	fake.crashes++;
}

bool debug_breakpoint(struct vcpu *v)
{
	(void)v;
	return false;
}

bool debug_ram_fault(struct vcpu *v, const struct vcpu_exit *e, gpa_t addr, bool *resume)
{
	(void)v, (void)e, (void)addr, (void)resume;
	return false;
}

void *vm_ram(const struct vm *vm, gpa_t gpa, uint64_t size)
{
	return vm_ram_contains(vm, gpa, size) ? fake.ram + (gpa.v - VM_RAM_BASE) : NULL;
}

int vm_copy_to(struct vm *vm, gpa_t gpa, const void *src, uint64_t size)
{
	if (!vm_ram_contains(vm, gpa, size))
		return -NACRE_EFAULT;
	memcpy(fake.ram + (gpa.v - VM_RAM_BASE), src, size);
	return 0;
}

int vm_copy_from(struct vm *vm, void *dst, gpa_t gpa, uint64_t size)
{
	if (!vm_ram_contains(vm, gpa, size))
		return -NACRE_EFAULT;
	memcpy(dst, fake.ram + (gpa.v - VM_RAM_BASE), size);
	return 0;
}

/* ---- console, log, memory ---- */

struct console_port *console_port_new(const char *name, const struct console_port_ops *ops,
				      void *ctx)
{
	(void)name;
	fake.port = ops;
	fake.port_ctx = ctx;
	return &port;
}

bool console_port_put(struct console_port *p, uint8_t c)
{
	(void)p;
	if (!fake.room)
		return false;
	fake.room--;
	fake.out[fake.nout++ % FAKE_CONSOLE] = c;
	return true;
}

int console_port_get(struct console_port *p)
{
	(void)p;
	return fake.got < fake.nin ? fake.in[fake.got++ % FAKE_CONSOLE] : -1;
}

void console_port_rest(struct console_port *p)
{
	(void)p;
	fake.rests++;
}

void fake_input(const void *bytes, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		fake.in[fake.nin++ % FAKE_CONSOLE] = ((const uint8_t *)bytes)[i];
	if (fake.port)
		fake.port->input(fake.port_ctx);
}

void fake_room(unsigned n)
{
	fake.room += n;
	if (fake.port)
		fake.port->output(fake.port_ctx);
}

void log_info(const char *fmt, ...)
{
	(void)fmt;
}

void log_warn(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(fake.warning, sizeof(fake.warning), fmt, ap);
	va_end(ap);
}

void panic(const char *fmt, ...)
{
	(void)fmt;
	abort();
}

hpa_t virt_to_phys(const void *p)
{
	return hpa((uintptr_t)p);
}

void memory_free(hpa_t start, uint64_t pages)
{
	(void)pages;
	free((void *)(uintptr_t)start.v);
}

void *memory_pages(uint64_t pages)
{
	return calloc(pages, PAGE_SIZE);
}

/* ---- life ---- */

static void drop_ram(void)
{
	if (fake.vm.ram_size > FAKE_RAM)
		munmap(fake.ram, fake.vm.ram_size);
	else
		free(fake.ram);
}

void fake_ram(uint64_t size)
{
	drop_ram();
	fake.vm.ram_size = size;
	/* The small one comes from malloc, whose ends ASan watches. */
	if (size > FAKE_RAM)
		fake.ram = mmap(NULL, size, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	else
		fake.ram = calloc(1, size);
}

static const struct vcpu_ops vcpu_ops = {.hfence = vcpu_hfence_self,
					 .overflow = vcpu_interrupt_overflow};

void fake_init(unsigned vcpus, enum vm_console console)
{
	fake_free();
	fake.room = FAKE_CONSOLE;
	fake_ram(FAKE_RAM);
	fake.vm.cfg.console = console;
	fake.vm.nvcpus = vcpus;
	fake.vm.vcpu = fake.vcpus;
	for (unsigned i = 0; i < vcpus; i++) {
		fake.vcpus[i] = &fake.vcpu[i];
		fake.vcpu[i].id = i;
		fake.vcpu[i].vm = &fake.vm;
		fake.vcpu[i].ops = &vcpu_ops;
		fake.vcpu[i].ctx.sstatus = SSTATUS_SPP;
	}
	hext.hvip_clear = hvip_clear;
	hext.hvip_read = hvip_read;
	hext.vsatp = vsatp;
	hext.vsstatus = vsstatus;
}

void fake_free(void)
{
	drop_ram();
	free(fake.vm.devices);
	memset(&fake, 0, sizeof(fake));
}
