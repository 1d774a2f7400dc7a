/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The configuration tree -> struct vm_config and struct console_config.
 *
 * Each kind of node has one const table of the properties it may have, with a function that checks
 * the value and stores it; a property that is not in the table is an error, so a misspelt one is
 * found. What always holds: config_open() has had the whole tree checked (fdt_check_tree),
 * therefore offsets, names and lengths that libfdt returns later lie inside it.
 */
#include <inttypes.h>
#include <string.h>

#include <libfdt.h>

#include <core/config.h>
#include <core/errno.h>
#include <core/errtext.h>
#include <core/fdt.h>
#include <core/types.h>
#include <spec/nacl.h>

#include "config_prop.h"

/* The guest's properties. */

static int read_ignored(const struct prop *p)
{
	(void)p; /* compatible: whoever chose the table has looked at it */
	return 0;
}

static int read_vcpus(const struct prop *p)
{
	return prop_cell(p, 1, VM_MAX_VCPUS, &((struct vm_config *)p->out)->vcpus);
}

static int read_memory(const struct prop *p)
{
	struct vm_config *c = p->out;

	if (p->len == 4)
		c->memory = fdt32_ld((const fdt32_t *)p->value);
	else if (p->len == 8)
		c->memory = fdt64_ld((const fdt64_t *)p->value);
	else
		return prop_error(p, NACRE_EINVAL, "must be one 32-bit or one 64-bit number");
	if (c->memory < SIZE_2M || c->memory > VM_MAX_MEMORY)
		return prop_error(p, NACRE_ERANGE,
				  "0x%" PRIx64 " is out of range (0x%" PRIx64 "..0x%" PRIx64 ")",
				  c->memory, SIZE_2M, VM_MAX_MEMORY);
	if (!IS_ALIGNED(c->memory, SIZE_2M))
		return prop_error(p, NACRE_EINVAL,
				  "0x%" PRIx64 " is not a multiple of 2 MiB (0x%" PRIx64 ")",
				  c->memory, SIZE_2M);
	return 0;
}

static int read_kernel(const struct prop *p)
{
	return prop_name(p, &((struct vm_config *)p->out)->kernel);
}

static int read_initrd(const struct prop *p)
{
	return prop_name(p, &((struct vm_config *)p->out)->initrd);
}

static int read_bootargs(const struct prop *p)
{
	return prop_string(p, CONFIG_MAX_BOOTARGS, &((struct vm_config *)p->out)->bootargs);
}

static int read_isa(const struct prop *p)
{
	return prop_name(p, &((struct vm_config *)p->out)->isa);
}

static int read_vm_console(const struct prop *p)
{
	bool none = false;
	int rc = prop_choice(p, "uart", "none", &none);

	((struct vm_config *)p->out)->console = none ? VM_CONSOLE_NONE : VM_CONSOLE_UART;
	return rc;
}

static int read_affinity(const struct prop *p)
{
	struct vm_config *c = p->out;

	if (p->len == 0 || p->len % 4)
		return prop_error(p, NACRE_EINVAL, "must be hart ids, one 32-bit cell each");
	c->affinity = p->value;
	c->affinity_count = p->len / 4;
	return 0;
}

static int read_debug_clock(const struct prop *p)
{
	return prop_choice(p, "stand", "run", &((struct vm_config *)p->out)->debug_clock_runs);
}

static int read_no_autostart(const struct prop *p)
{
	((struct vm_config *)p->out)->autostart = false;
	return prop_flag(p);
}

static int read_nacl(const struct prop *p)
{
	static const char *const features[] = {
		[SBI_NACL_FEAT_SYNC_CSR] = "sync-csr",
		[SBI_NACL_FEAT_SYNC_HFENCE] = "sync-hfence",
		[SBI_NACL_FEAT_SYNC_SRET] = "sync-sret",
		[SBI_NACL_FEAT_AUTOSWAP_CSR] = "autoswap-csr",
	};
	uint32_t set = 0;
	int rc = prop_words(p, features, ARRAY_SIZE(features), &set);

	((struct vm_config *)p->out)->nacl_features = (uint8_t)set;
	return rc;
}

static int read_no_nacl(const struct prop *p)
{
	((struct vm_config *)p->out)->nacl = false;
	return prop_flag(p);
}

static const struct prop_type guest_props[] = {
	{"compatible", read_ignored, true},
	{"vcpus", read_vcpus, true},
	{"memory", read_memory, true},
	{"kernel", read_kernel, true},
	{"initrd", read_initrd, false},
	{"bootargs", read_bootargs, false},
	{"isa", read_isa, false},
	{"console", read_vm_console, false},
	{"affinity", read_affinity, false},
	{"autostart", prop_flag, false},
	{"no-autostart", read_no_autostart, false},
	{"nacl", read_nacl, false},
	{"no-nacl", read_no_nacl, false},
	{"debug-clock", read_debug_clock, false},
};

/* The console's properties. */

static int read_escape_key(const struct prop *p)
{
	struct console_config *c = p->out;
	uint32_t key = 0;
	int rc = prop_cell(p, 2, 31, &key);

	if (rc)
		return rc;
	if (key == '\n' || key == '\r' || key == 0x1b)
		return prop_error(p, NACRE_EINVAL,
				  "0x%x is needed by every guest (no line feed, return or escape)",
				  key);
	c->escape_key = (uint8_t)key;
	return 0;
}

static int read_mode(const struct prop *p)
{
	bool prefix = false;
	int rc = prop_choice(p, "focus", "prefix", &prefix);

	((struct console_config *)p->out)->mode = prefix ? CONSOLE_PREFIX : CONSOLE_FOCUS;
	return rc;
}

static int read_focus(const struct prop *p)
{
	return prop_name(p, &((struct console_config *)p->out)->focus);
}

static int read_debug(const struct prop *p)
{
	return prop_choice(p, "on", "off", &((struct console_config *)p->out)->no_debug);
}

static const struct prop_type console_props[] = {
	{"escape-key", read_escape_key, false},
	{"mode", read_mode, false},
	{"focus", read_focus, false},
	{"debug", read_debug, false},
};

static bool is_guest(const struct config *c, int node)
{
	return fdt_node_check_compatible(c->fdt, node, "nacre,guest") == 0;
}

static const char *node_name(const struct config *c, int node)
{
	return fdt_get_name(c->fdt, node, NULL);
}

/* The first child of the root with exactly this name (libfdt's own search takes "a@1" for "a"). */
static int find_node(const struct config *c, const char *name)
{
	int node;

	fdt_for_each_subnode(node, c->fdt,
			     0) if (strcmp(node_name(c, node), name) == 0) return node;
	return -NACRE_ENOENT;
}

int config_open(struct config *c, const void *fdt, uint64_t size, char *err, size_t errlen)
{
	int rc;

	if ((uintptr_t)fdt % 8)
		return err_text(err, errlen, NACRE_EBADF,
				"the configuration tree is not 8-byte aligned in memory");
	if (size > CONFIG_MAX_SIZE)
		return err_text(err, errlen, NACRE_EBADF,
				"the configuration tree has 0x%" PRIx64
				" bytes, more than the 0x%x allowed",
				size, CONFIG_MAX_SIZE);
	rc = fdt_check_tree(fdt, size);
	if (rc)
		return err_text(err, errlen, NACRE_EBADF,
				"the configuration is not a sound device tree: %s",
				fdt_strerror(rc));
	if (fdt_node_check_compatible(fdt, 0, "nacre,bundle") != 0)
		return err_text(err, errlen, NACRE_EBADF,
				"/: compatible: must be \"nacre,bundle\"");
	c->fdt = fdt;
	return 0;
}

int config_check_root(const struct config *c, char *err, size_t errlen)
{
	const char *name;
	int offset;

	fdt_for_each_property_offset(offset, c->fdt, 0)
	{
		if (!fdt_getprop_by_offset(c->fdt, offset, &name, NULL))
			continue;
		if (strcmp(name, "compatible") != 0)
			return err_text(err, errlen, NACRE_EINVAL,
					"/: unknown property \"%.32s\" (allowed: compatible)",
					name);
	}
	fdt_for_each_subnode(offset, c->fdt, 0)
	{
		name = node_name(c, offset);
		if (!is_guest(c, offset) && strcmp(name, "console") != 0)
			return err_text(err, errlen, NACRE_EINVAL,
					"/%.32s: unknown node (a guest has compatible = "
					"\"nacre,guest\")",
					name);
	}
	return 0;
}

int config_console(const struct config *c, struct console_config *out, char *err, size_t errlen)
{
	const struct console_config defaults = {.escape_key = CONFIG_ESCAPE_KEY};
	struct prop p = {.path = "console", .out = out, .err = err, .errlen = errlen};
	int node = find_node(c, "console"), rc;
	bool about_debug;

	*out = defaults;
	if (node < 0 || is_guest(c, node))
		return 0;
	about_debug = fdt_getprop(c->fdt, node, "debug", NULL) != NULL;
	rc = prop_read_node(c, node, &p, console_props, ARRAY_SIZE(console_props));
	if (rc == 0 && out->focus) {
		node = find_node(c, out->focus);
		if (node < 0 || !is_guest(c, node))
			rc = err_text(err, errlen, NACRE_EINVAL,
				      "/console: focus: \"%.32s\" is not a guest of this tree",
				      out->focus);
	}
	if (rc) {
		*out = defaults;
		out->no_debug = about_debug; /* perhaps it was to be off */
	}
	return rc;
}

int config_next_guest(const struct config *c, int prev)
{
	int node = prev < 0 ? fdt_first_subnode(c->fdt, 0) : fdt_next_subnode(c->fdt, prev);

	while (node >= 0 && !is_guest(c, node))
		node = fdt_next_subnode(c->fdt, node);
	return node >= 0 ? node : -NACRE_ENOENT;
}

const char *config_guest_name(const struct config *c, int node)
{
	return node_name(c, node);
}

static int check_name(const struct config *c, int node, char *err, size_t errlen)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789-_.,+@";
	const char *name = node_name(c, node);

	if (strlen(name) > CONFIG_MAX_NAME)
		return err_text(err, errlen, NACRE_EINVAL,
				"/%.31s...: the name is longer than %u characters", name,
				CONFIG_MAX_NAME);
	if (name[0] == '\0' || strspn(name, allowed) != strlen(name))
		return err_text(err, errlen, NACRE_EINVAL,
				"/%s: a guest's name is made of a-z, 0-9 and -_.,+@", name);
	if (strcmp(name, "console") == 0)
		return err_text(err, errlen, NACRE_EINVAL, "/console: is no name for a guest");
	if (find_node(c, name) != node)
		return err_text(err, errlen, NACRE_EINVAL, "/%s: the name is there twice", name);
	return 0;
}

int config_guest(const struct config *c, int node, struct vm_config *out, char *err, size_t errlen)
{
	struct prop p = {.path = node_name(c, node), .out = out, .err = err, .errlen = errlen};
	int rc = check_name(c, node, err, errlen);

	if (rc)
		return rc;
	*out = (struct vm_config){.name = p.path,
				  .isa = "host",
				  .autostart = true,
				  .nacl = true,
				  .nacl_features = NACL_FEATURES};
	rc = prop_read_node(c, node, &p, guest_props, ARRAY_SIZE(guest_props));
	if (rc)
		return rc;
	if (!out->autostart && fdt_getprop(c->fdt, node, "autostart", NULL))
		return err_text(err, errlen, NACRE_EINVAL,
				"/%s: autostart: contradicts no-autostart", p.path);
	if (!out->nacl && fdt_getprop(c->fdt, node, "nacl", NULL))
		return err_text(err, errlen, NACRE_EINVAL, "/%s: nacl: contradicts no-nacl",
				p.path);
	if (out->affinity_count > 1 && out->affinity_count != out->vcpus)
		return err_text(err, errlen, NACRE_EINVAL,
				"/%s: affinity: %u hart ids for %u vcpus (one for all, or one for "
				"each)",
				p.path, out->affinity_count, out->vcpus);
	return 0;
}

uint32_t vm_config_hart(const struct vm_config *c, uint32_t vcpu)
{
	const fdt32_t *cells = c->affinity;

	return fdt32_ld(&cells[vcpu < c->affinity_count ? vcpu : 0]);
}
