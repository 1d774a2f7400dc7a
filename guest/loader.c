/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a guest finds in its RAM when it starts: kernel, initrd and device tree, from the bundle
 * each time, so that a reboot is a start like the first.
 *
 * The kernel goes where its file says. The device tree ends at the end of the first GiB (or of RAM,
 * if that is less, or if the kernel reaches beyond), the initrd lies below it: far from the kernel,
 * and where every kernel can reach them early.
 */
#include <inttypes.h>
#include <string.h>

#include <libfdt.h>

#include <core/errno.h>
#include <core/fdt.h>
#include <core/host.h>
#include <core/seed.h>
#include <core/log.h>
#include <guest/guest.h>
#include <guest/image.h>
#include <guest/vfdt.h>
#include <guest/vplic.h>
#include <guest/vuart.h>
#include "devices.h"
#include <guest/exit.h>

struct layout {
	struct bundle_file kernel, initrd; /* initrd.size 0: none */
	struct image image;
	gpa_t initrd_at, fdt_at;
	uint64_t fdt_size; /* room for the tree */
};

/* The guest's ISA as its device tree has it. */
struct isa_text {
	char string[ISA_TEXT_MAX];
	char list[ISA_TEXT_MAX];
	size_t list_len;
};

static int find_file(const struct vm *vm, const char *property, const char *name,
		     struct bundle_file *out)
{
	int err = bundle_find(&vm->bundle, name, out);

	if (err)
		log_warn("/%s: %s: no file \"%s\" in the bundle", vm->name, property, name);
	return err;
}

static int find_files(const struct vm *vm, struct layout *l)
{
	char text[160];
	int err = find_file(vm, "kernel", vm->cfg.kernel, &l->kernel);

	if (!err && vm->cfg.initrd)
		err = find_file(vm, "initrd", vm->cfg.initrd, &l->initrd);
	if (err)
		return err;
	err = image_parse(l->kernel.data, l->kernel.size, gpa(VM_RAM_BASE), vm->ram_size, &l->image,
			  text, sizeof(text));
	if (err)
		log_warn("/%s: kernel: %s: %s", vm->name, vm->cfg.kernel, text);
	return err;
}

/* Device tree and initrd downwards from `top`. false: they would reach into the kernel, or RAM is
 * too small. */
static bool place_below(struct layout *l, uint64_t top)
{
	uint64_t floor = ALIGN_UP(l->image.end.v, PAGE_SIZE), need;

	need = ALIGN_UP(l->fdt_size, PAGE_SIZE) + ALIGN_UP(l->initrd.size, PAGE_SIZE);
	if (floor > top || need > top - floor)
		return false;
	l->fdt_at = gpa(top - ALIGN_UP(l->fdt_size, PAGE_SIZE));
	l->initrd_at = gpa(top - need);
	return true;
}

static int place(const struct vm *vm, struct layout *l)
{
	uint64_t end = VM_RAM_BASE + vm->ram_size, gib = VM_RAM_BASE + SIZE_1G;

	if (place_below(l, end < gib ? end : gib) || place_below(l, end))
		return 0;
	log_warn("/%s: memory: 0x%" PRIx64 " bytes are too few: the kernel \"%s\" takes 0x%" PRIx64
		 ", the initrd 0x%" PRIx64 ", the device tree 0x%" PRIx64,
		 vm->name, vm->ram_size, vm->cfg.kernel, l->image.end.v - VM_RAM_BASE,
		 l->initrd.size, l->fdt_size);
	return -NACRE_ENOMEM;
}

static int copy(struct vm *vm, const struct layout *l)
{
	int err = 0;

	for (unsigned i = 0; i < l->image.nsegments && !err; i++) {
		const struct image_segment *s = &l->image.segment[i];

		err = vm_copy_to(vm, s->gpa, l->kernel.data + s->file_offset, s->file_size);
	}
	if (!err && l->initrd.size)
		err = vm_copy_to(vm, l->initrd_at, l->initrd.data, l->initrd.size);
	return err;
}

/* The deepest translation that all harts have: of "riscv,sv39", "riscv,sv48" and "riscv,sv57" the
 * least one told. */
static const char *mmu_type(void)
{
	const char *least = NULL, *told;
	int cpus = fdt_path_offset(host.fdt, "/cpus"), cpu;

	if (cpus >= 0)
		fdt_for_each_subnode(cpu, host.fdt, cpus)
		{
			told = fdt_str(host.fdt, cpu, "mmu-type");
			if (told && !strncmp(told, "riscv,sv", 8) && fdt_enabled(host.fdt, cpu) &&
			    (!least || strcmp(told, least) < 0))
				least = told;
		}
	return least ? least : "riscv,sv39";
}

static int make_isa_text(const struct vm *vm, struct isa_text *t)
{
	int len = isa_string(&vm->isa, t->string, sizeof(t->string));

	if (len < 0)
		return len;
	len = isa_ext_list(&vm->isa, t->list, sizeof(t->list));
	if (len < 0)
		return len;
	t->list_len = (size_t)len;
	return 0;
}

static uint64_t tree_size(const struct vm *vm, const struct isa_text *t)
{
	uint64_t bootargs = vm->cfg.bootargs ? strlen(vm->cfg.bootargs) + 1 : 0;

	return VFDT_SIZE(vm->nvcpus, strlen(t->string) + 1 + t->list_len, bootargs);
}

/*
 * In place. The tree's room ends at a multiple of 2 MiB, so if it is less than that it is one run
 * of host memory. Only hundreds of vcpus make it more.
 */
static int make_tree(const struct vm *vm, const struct layout *l, const struct isa_text *t)
{
	uint8_t seed[RNG_BYTES];
	const struct vfdt_params p = {
		.model = "Nacre virtual machine",
		/* Without one Linux works 20 % longer to boot: it stretches what entropy it has at
		   each use. */
		.rng_seed = seed,
		.rng_seed_len = seed_bytes(seed) ? sizeof(seed) : 0,
		.bootargs = vm->cfg.bootargs,
		.vcpus = vm->nvcpus,
		.ram_base = gpa(VM_RAM_BASE),
		.ram_size = vm->ram_size,
		.initrd_start = gpa(l->initrd.size ? l->initrd_at.v : 0),
		.initrd_end = gpa(l->initrd.size ? l->initrd_at.v + l->initrd.size : 0),
		.timebase_hz = host.timebase,
		.isa = t->string,
		.isa_extensions = t->list,
		.isa_extensions_len = t->list_len,
		.mmu_type = mmu_type(),
		.cbom_block = isa_has(&vm->isa, ISA_ZICBOM) ? host.cbom_block : 0,
		.cbop_block = isa_has(&vm->isa, ISA_ZICBOP) ? host.cbop_block : 0,
		.cboz_block = isa_has(&vm->isa, ISA_ZICBOZ) ? host.cboz_block : 0,
		.uart = guest_has_console(vm),
		.uart_base = gpa(VM_UART_BASE),
		.uart_irq = VM_UART_IRQ,
		.uart_clock_hz = VUART_CLOCK_HZ,
		.plic_base = gpa(VM_PLIC_BASE),
		.plic_size = PLIC_SIZE,
		.plic_sources = VPLIC_SOURCES,
	};
	void *at = vm_ram(vm, l->fdt_at, l->fdt_size);

	if (!at)
		log_warn("/%s: vcpus: 0x%" PRIx64
			 " bytes of device tree are not one piece of the host's memory",
			 vm->name, l->fdt_size);
	return at ? vfdt_make(at, l->fdt_size, &p) : -NACRE_ENOMEM;
}

static int build(struct vm *vm, gpa_t *pc, uint64_t *a1)
{
	struct layout l = {.initrd.size = 0};
	struct isa_text t;
	int err = find_files(vm, &l);

	if (err)
		return err;
	err = make_isa_text(vm, &t);
	if (err)
		return err;
	l.fdt_size = tree_size(vm, &t);
	err = place(vm, &l);
	if (err)
		return err;
	err = copy(vm, &l);
	if (!err)
		err = make_tree(vm, &l, &t);
	if (err) {
		log_warn("/%s: cannot be loaded: %s", vm->name, nacre_strerror(err));
		return err;
	}
	devices_reset(vm);
	*pc = l.image.entry;
	*a1 = l.fdt_at.v;
	return 0;
}

const struct vm_ops guest_ops = {
	.create = devices_create,
	.build = build,
	.vcpu = &exit_plain,
	.irqs = devices_irqs,
	.poke = devices_poke,
};
