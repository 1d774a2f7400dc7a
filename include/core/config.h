/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The configuration of the guests: a compiled device tree from the bundle, read into struct
 * vm_config. docs/configuration.md has the format, property by property.
 *
 * config_open() checks the tree as a whole, so that nothing after it can leave the tree. The rest
 * is checked guest by guest: one that is wrong does not keep the others from starting. Strings and
 * the affinity list point into the tree, which must stay in place and unchanged.
 */
#ifndef NACRE_CORE_CONFIG_H
#define NACRE_CORE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <spec/plic.h>

/* The tree's member name in the bundle. */
#define CONFIG_FILE "config.dtb"

#define CONFIG_MAX_SIZE                                                                     \
	(128U * 1024)		 /* bytes of a tree: bounds the time that checking it takes \
				  */
#define CONFIG_MAX_NAME	    31	 /* characters of a guest's name */
#define CONFIG_MAX_BOOTARGS 2047 /* characters */
#define VM_MAX_VCPUS	    PLIC_MAX_CONTEXTS	/* each has a context of the PLIC */
#define VM_MAX_MEMORY	    (UINT64_C(1) << 46) /* bytes */

#define CONFIG_ESCAPE_KEY 0x1d /* Ctrl-], unless /console says otherwise */

struct config {
	const void *fdt;
};

enum vm_console { VM_CONSOLE_UART, VM_CONSOLE_NONE };

struct vm_config {
	const char *name;     /* of the node */
	const char *kernel;   /* member of the bundle */
	const char *initrd;   /* member of the bundle, or NULL */
	const char *bootargs; /* or NULL */
	const char *isa;      /* for isa_guest() */
	uint64_t memory;      /* bytes, a multiple of 2 MiB */
	uint32_t vcpus;	      /* 1..VM_MAX_VCPUS */
	enum vm_console console;
	bool autostart;
	bool debug_clock_runs;	 /* its time goes on while a debugger has stopped it */
	bool nacl;		 /* SBI NACL is there, if the ISA has H, */
	uint8_t nacl_features;	 /* with these: bit SBI_NACL_FEAT_* */
	const void *affinity;	 /* big-endian cells: read with vm_config_hart() */
	uint32_t affinity_count; /* 0: free to run anywhere; else 1, or as many as vcpus */
};

enum console_mode {
	CONSOLE_FOCUS,	/* one guest has the line, the others' output is kept */
	CONSOLE_PREFIX, /* all output at once, each line after its guest's name */
};

struct console_config {
	uint8_t escape_key; /* a control character, 2..31 */
	enum console_mode mode;
	const char *focus; /* the guest that has the line first, or NULL: the first guest */
	bool no_debug;	   /* nobody looks into guests: no GDB, no memory, no registers */
};

/*
 * Check the tree at fdt (8-byte aligned; size bytes may be read) and its root's compatible.
 * 0, or -NACRE_EBADF and a text.
 */
int config_open(struct config *c, const void *fdt, uint64_t size, char *err, size_t errlen);

/* Whatever at the root is neither a guest nor /console: 0, or -NACRE_EINVAL and a text on the
 * first. */
int config_check_root(const struct config *c, char *err, size_t errlen);

/*
 * The console's settings; defaults where the tree is silent. 0, or -NACRE_EINVAL and a text; *out
 * is then the defaults, with which the console works.
 */
int config_console(const struct config *c, struct console_config *out, char *err, size_t errlen);

/* The guest node after `prev`, or the first for prev = -1. An offset, or -NACRE_ENOENT after the
 * last. */
int config_next_guest(const struct config *c, int prev);
/* Its name, perhaps not a valid one. */
const char *config_guest_name(const struct config *c, int node);

/*
 * One guest's configuration. 0, or -NACRE_EINVAL / -NACRE_ERANGE / -NACRE_ENOENT and a text that
 * names node and property and says what is allowed; *out is then undefined.
 */
int config_guest(const struct config *c, int node, struct vm_config *out, char *err, size_t errlen);

/* The hart that this vcpu is pinned to, by its hart id; only while affinity_count is not 0. */
uint32_t vm_config_hart(const struct vm_config *c, uint32_t vcpu);

#endif
