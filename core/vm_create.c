/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Makes a VM from its configuration: host memory behind guest RAM, G-stage, vcpus. All memory is taken here and kept for good; a
 * failure gives back what was taken.
 */
#include <string.h>

#include <arch/mmu.h>
#include <core/cpu.h>
#include <core/errno.h>
#include <core/errtext.h>
#include <core/host.h>
#include <core/log.h>
#include <core/memory.h>
#include <core/sched.h>
#include <core/vcpu.h>
#include <core/vm.h>
#include <spec/sbi.h>

/* ---- Page tables ---- */

static int table_alloc(void *ctx, unsigned npages, hpa_t *out)
{
	int err = memory_alloc(npages, npages, out);

	(void)ctx;
	if (!err)
		memset(phys_to_virt(*out), 0, npages * PAGE_SIZE);
	return err;
}

static void table_free(void *ctx, hpa_t p, unsigned npages)
{
	(void)ctx;
	memory_free(p, npages);
}

static void *table_ptr(void *ctx, hpa_t p)
{
	(void)ctx;
	return phys_to_virt(p);
}

static const struct gstage_mem table_mem = {table_alloc, table_free, table_ptr};

/* Nacre's command line may ask for a mode; else the one with the fewest levels that covers guest RAM. */
static unsigned gstage_mode(uint64_t limit)
{
	static const struct {
		const char *name;
		unsigned mode, bits;
	} modes[] = {
		{"sv39x4", HGATP_MODE_SV39X4, 41},
		{"sv48x4", HGATP_MODE_SV48X4, 50},
		{"sv57x4", HGATP_MODE_SV57X4, 59},
	};
	char want[16];
	const char *opt = host_option("gstage", want, sizeof(want));

	for (unsigned i = 0; i < ARRAY_SIZE(modes); i++)
		if ((hext_caps.gstage_modes >> modes[i].mode & 1) && limit <= BIT(modes[i].bits) &&
		    (!opt || !strcmp(opt, modes[i].name)))
			return modes[i].mode;
	return 0;
}

/* ---- Memory ---- */

/* The largest runs there are, at 1 GiB boundaries where that gives superpages, at 2 MiB boundaries otherwise. */
static int take_ram(struct vm *vm)
{
	uint64_t left = vm->ram_size, want = left;

	while (left) {
		uint64_t offset = vm->ram_size - left;
		hpa_t p;

		want = want < left ? want : left;
		if (vm->nchunks == VM_CHUNKS || want < SIZE_2M)
			return -NACRE_ENOMEM;
		if ((want < SIZE_1G || !IS_ALIGNED(offset, SIZE_1G) ||
		     memory_alloc(want / PAGE_SIZE, SIZE_1G / PAGE_SIZE, &p)) &&
		    memory_alloc(want / PAGE_SIZE, SIZE_2M / PAGE_SIZE, &p)) {
			want = ALIGN_DOWN(want / 2, SIZE_2M);
			continue;
		}
		vm->run[vm->nchunks] = (struct amo_run){VM_RAM_BASE + offset, want, phys_to_virt(p)};
		vm->chunk[vm->nchunks++] = (struct vm_chunk){p, offset, want};
		left -= want;
	}
	return 0;
}

static int map_ram(struct vm *vm)
{
	int err = gstage_init(&vm->gstage, gstage_mode(VM_RAM_BASE + vm->ram_size), &table_mem, NULL);

	for (unsigned i = 0; i < vm->nchunks && !err; i++)
		err = gstage_map(&vm->gstage, gpa(VM_RAM_BASE + vm->chunk[i].offset), vm->chunk[i].hpa,
				 vm->chunk[i].size, GSTAGE_RWX);
	return err;
}

/* ---- vcpus ---- */

static uint64_t pages_of(uint64_t bytes)
{
	return ALIGN_UP(bytes, PAGE_SIZE) / PAGE_SIZE;
}

static uint64_t vcpu_table_pages(const struct vm *vm)
{
	return pages_of(vm->nvcpus * sizeof(struct vcpu *));
}

/* Bits of the harts that vcpu `id` may run on; 0 when its hart is not there. */
static uint64_t affinity(const struct vm_config *cfg, uint32_t id)
{
	const struct cpu *c;

	if (cfg->affinity_count == 0)
		return UINT64_MAX;
	c = cpu_by_hartid(vm_config_hart(cfg, id));
	return c ? BIT(c->index) : 0;
}

static int make_vcpu(struct vm *vm, uint32_t id)
{
	struct vcpu *v = memory_pages(pages_of(sizeof(*v)));

	if (!v)
		return -NACRE_ENOMEM;
	vm->vcpu[id] = v;
	v->vm = vm;
	v->id = id;
	v->timer = UINT64_MAX;
	v->affinity = affinity(&vm->cfg, id);
	if (!v->affinity) {
		log_warn("/%s: affinity: hart %u is not there", vm->name, (unsigned)vm_config_hart(&vm->cfg, id));
		return -NACRE_ENOENT;
	}
	v->cpu = cpus[0];
	for (unsigned i = 0; i < cpu_count; i++)
		if (v->affinity >> ((i + id) % cpu_count) & 1) {
			v->cpu = cpus[(i + id) % cpu_count];
			break;
		}
	v->ctx.vcpu_id = id;
	v->trace_who = vm->number | id << 16;
	v->ctx.fast = true;
	v->ctx.on_exit = vcpu_on_exit;
	v->ops = vm->ops->vcpu;
	if (vm->nchunks == 1 && !hext_caps.masks)
		v->ctx.amo.only = vm->run[0];
	else
		v->ctx.amo = (struct amo_quick){.run = vm->run, .runs = vm->nchunks};
	if (vcpu_take_isa(v))
		return -NACRE_ENOMEM;
	vcpu_reset_state(v);
	return 0;
}

static void destroy(struct vm *vm)
{
	for (unsigned i = 0; vm->vcpu && i < vm->nvcpus; i++) {
		struct vcpu *v = vm->vcpu[i];

		if (!v)
			continue;
		vm->ops->vcpu_free(v);
		if (v->vregs)
			memory_free(virt_to_phys(v->vregs), vcpu_vregs_pages());
		memory_free(virt_to_phys(v), pages_of(sizeof(*v)));
	}
	if (vm->vcpu)
		memory_free(virt_to_phys(vm->vcpu), vcpu_table_pages(vm));
	if (vm->gstage.mem)
		gstage_destroy(&vm->gstage);
	for (unsigned i = 0; i < vm->nchunks; i++)
		memory_free(vm->chunk[i].hpa, vm->chunk[i].size / PAGE_SIZE);
	memory_free(virt_to_phys(vm), pages_of(sizeof(*vm)));
}

static int fill(struct vm *vm)
{
	char text[160];
	uint64_t free = memory_free_pages();
	int err = vm_set_isa(vm, vm->cfg.isa, text, sizeof(text));

	if (err) {
		log_warn("/%s: isa: %s", vm->name, text);
		return err;
	}
	if (!gstage_mode(VM_RAM_BASE + vm->ram_size)) {
		log_warn("/%s: memory: no G-stage mode of this host, or none as asked for, covers it", vm->name);
		return -NACRE_ENOTSUP;
	}
	if (take_ram(vm)) {
		log_warn("/%s: memory: %lu MiB asked for, %lu MiB are free", vm->name, (unsigned long)(vm->ram_size >> 20),
			 (unsigned long)(free * PAGE_SIZE >> 20));
		return -NACRE_ENOMEM;
	}
	err = map_ram(vm);
	vm->vcpu = memory_pages(vcpu_table_pages(vm));
	if (!vm->vcpu)
		err = -NACRE_ENOMEM;
	for (uint32_t i = 0; i < vm->nvcpus && !err; i++)
		err = make_vcpu(vm, i);
	if (!err)
		err = vm->ops->create(vm);
	if (err)
		log_warn("/%s: cannot be made: %s", vm->name, nacre_strerror(err));
	return err;
}

int vm_create(const struct vm_config *cfg, const struct bundle *bundle, const struct vm_ops *ops, struct vm **out)
{
	struct vm *vm = memory_pages(pages_of(sizeof(*vm))), **end = &vm_list;
	int err;

	if (!vm) {
		log_warn("/%s: no memory for it", cfg->name);
		return -NACRE_ENOMEM;
	}
	strncpy(vm->name, cfg->name, sizeof(vm->name) - 1);
	vm->cfg = *cfg;
	vm->bundle = *bundle;
	vm->ops = ops;
	vm->nvcpus = cfg->vcpus;
	vm->ram_size = cfg->memory;
	vm->halted = true;
	vm->number = 1;
	for (; *end; end = &(*end)->next)
		vm->number++;
	vm->starting = cfg->autostart;
	err = fill(vm);
	if (err) {
		destroy(vm);
		return err;
	}
	trace_new_guest(vm);
	/* All of it before others find it: guests run when one is loaded. They read the list by its pointers. */
	atomic_store_release(end, vm);
	*out = vm;
	return 0;
}

/* ---- Another configuration ---- */

static bool same_affinity(const struct vm_config *a, const struct vm_config *b)
{
	bool same = a->affinity_count == b->affinity_count;

	for (uint32_t i = 0; same && i < a->affinity_count; i++)
		same = vm_config_hart(a, i) == vm_config_hart(b, i);
	return same;
}

/* What was fixed when the VM was made. The property that differs, or NULL. */
static const char *differs(const struct vm_config *a, const struct vm_config *b)
{
	if (a->memory != b->memory)
		return "memory";
	if (a->vcpus != b->vcpus)
		return "vcpus";
	if (a->console != b->console)
		return "console";
	return same_affinity(a, b) ? NULL : "affinity";
}

int vm_replace(struct vm *vm, const struct vm_config *cfg, const struct bundle *bundle, char *err, size_t errlen)
{
	const char *property = differs(&vm->cfg, cfg);
	int rc;

	if (property)
		return err_text(err, errlen, NACRE_EINVAL,
				"/%s: %s: must be the same as that of the guest that has this name already", vm->name,
				property);
	if (!vm_hold(vm))
		return err_text(err, errlen, NACRE_EBUSY, "/%s: this guest is not off: stop it first", vm->name);
	rc = vm_set_isa(vm, cfg->isa, err, errlen);
	if (!rc) {
		vm->cfg = *cfg;
		vm->bundle = *bundle;
	}
	vm_let_go(vm);
	return rc;
}
