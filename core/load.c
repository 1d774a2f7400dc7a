/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From a bundle to guests: from the one that the boot loader passes, and later from others that a
 * person or a debugger puts into the load area, a piece of host memory that nothing else uses
 * (boot argument load-area). What is loaded from there is copied first: the area is free for the
 * next bundle at once, and nobody can change what a guest is restarted from.
 *
 * Boot hart only, no lock held.
 */
#include <string.h>

#include <arch/mmu.h>
#include <core/errno.h>
#include <core/errtext.h>
#include <core/host.h>
#include <core/load.h>
#include <core/log.h>
#include <core/memory.h>
#include <core/vm.h>

static struct mem_range area; /* empty: none */
static const struct vm_ops *vm_ops;

void load_init(const struct vm_ops *ops)
{
	vm_ops = ops;
}

/* ---- A bundle with its configuration ---- */

static uint64_t tree_pages(const struct load *l)
{
	return ALIGN_UP(l->tree_size + 1, PAGE_SIZE) / PAGE_SIZE;
}

int load_open(struct load *l, const void *data, uint64_t size, char *err, size_t errlen)
{
	struct bundle_file tree;
	char text[120];
	void *copy;
	int rc = bundle_open(&l->bundle, data, size, err, errlen);

	if (rc)
		return rc;
	if (bundle_find(&l->bundle, CONFIG_FILE, &tree))
		return err_text(err, errlen, NACRE_ENOENT, "no member %s, the configuration",
				CONFIG_FILE);
	l->tree_size = tree.size;
	/* libfdt wants 8-byte alignment, an archive gives 4. */
	copy = tree.size <= CONFIG_MAX_SIZE ? memory_pages(tree_pages(l)) : NULL;
	if (!copy)
		return err_text(err, errlen, NACRE_ENOMEM, "%s: larger than %u bytes, or no memory",
				CONFIG_FILE, CONFIG_MAX_SIZE);
	memcpy(copy, tree.data, tree.size);
	rc = config_open(&l->config, copy, tree.size, text, sizeof(text));
	if (rc) {
		memory_free(virt_to_phys(copy), tree_pages(l));
		return err_text(err, errlen, -rc, "%s: %s", CONFIG_FILE, text);
	}
	return 0;
}

void load_close(struct load *l)
{
	memory_free(virt_to_phys(l->config.fdt), tree_pages(l));
}

/* A guest whose part is wrong is told about and left out; the others start. */
void load_guests(const struct load *l)
{
	char err[200];

	for (int node = config_next_guest(&l->config, -1); node >= 0;
	     node = config_next_guest(&l->config, node)) {
		struct vm_config cfg;
		struct vm *vm;

		if (config_guest(&l->config, node, &cfg, err, sizeof(err)))
			log_warn("%s: this guest is left out", err);
		else if (vm_create(&cfg, &l->bundle, vm_ops, &vm))
			log_warn("/%s: this guest is left out", cfg.name);
	}
}

/* ---- The load area ---- */

const struct mem_range *load_area_option(void)
{
	int rc = host_option_range("load-area", &area);

	if (rc && rc != -NACRE_ENOENT)
		log_warn("load-area: must be SIZE@ADDRESS, whole pages, for example "
			 "64M@0xd0000000: there is none");
	return rc ? NULL : &area;
}

void load_area_refused(void)
{
	log_warn("load-area: 0x%lx bytes at 0x%lx are not wholly RAM that nothing else uses: there "
		 "is none",
		 (unsigned long)(area.end - area.start), (unsigned long)area.start);
	area = (struct mem_range){0, 0};
}

int load_area_open(struct load *l, char *err, size_t errlen)
{
	if (area.start == area.end)
		return err_text(err, errlen, NACRE_ENOENT,
				"there is no load area: start Nacre with load-area=SIZE@ADDRESS");
	return load_open(l, phys_to_virt(hpa(area.start)), area.end - area.start, err, errlen);
}

static int find_guest(const struct load *l, const char *name, struct vm_config *cfg, char *err,
		      size_t errlen)
{
	for (int node = config_next_guest(&l->config, -1); node >= 0;
	     node = config_next_guest(&l->config, node))
		if (!strcmp(config_guest_name(&l->config, node), name))
			return config_guest(&l->config, node, cfg, err, errlen);
	return err_text(err, errlen, NACRE_ENOENT, "/%s: no such guest in the bundle", name);
}

/* The copy that a guest keeps: files and tree, in pages of its own. */
static int copy_area(const struct load *from, struct load *l, char *err, size_t errlen)
{
	uint64_t size = from->bundle.size;
	hpa_t pages;
	int rc;

	if (memory_alloc(ALIGN_UP(size, PAGE_SIZE) / PAGE_SIZE, 1, &pages))
		return err_text(err, errlen, NACRE_ENOMEM, "no memory for the bundle's %lu KiB",
				(unsigned long)(size >> 10));
	memory_copy(phys_to_virt(pages), phys_to_virt(hpa(area.start)), size);
	rc = load_open(l, phys_to_virt(pages), size, err, errlen);
	if (rc)
		memory_free(pages, ALIGN_UP(size, PAGE_SIZE) / PAGE_SIZE);
	return rc;
}

static void free_copy(struct load *l)
{
	memory_free(virt_to_phys(l->bundle.data), ALIGN_UP(l->bundle.size, PAGE_SIZE) / PAGE_SIZE);
	load_close(l);
}

static int make(const struct load *l, const char *name, struct vm **vm, char *err, size_t errlen)
{
	struct vm_config cfg;
	int rc = find_guest(l, name, &cfg, err, errlen);

	*vm = vm_by_name(name);
	if (rc)
		return rc;
	if (*vm)
		return vm_replace(*vm, &cfg, &l->bundle, err, errlen);
	rc = vm_create(&cfg, &l->bundle, vm_ops, vm);
	return rc ? err_text(err, errlen, -rc, "/%s: cannot be made, see \"log\"", name) : 0;
}

int load_guest(const char *name, struct vm **out, char *err, size_t errlen)
{
	struct load at_area, l, old = {0};
	struct vm *vm;
	int rc = load_area_open(&at_area, err, errlen);

	if (rc)
		return rc;
	rc = copy_area(&at_area, &l, err, errlen);
	load_close(&at_area);
	if (rc)
		return rc;
	vm = vm_by_name(name);
	if (vm)
		old = vm->loaded;
	rc = make(&l, name, &vm, err, errlen);
	if (rc) {
		free_copy(&l);
		return rc;
	}
	vm->loaded = l;
	if (old.config.fdt)
		free_copy(&old);
	*out = vm;
	return 0;
}
