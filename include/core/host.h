/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the host's device tree tells. Filled once at boot, then constant. Names are the Devicetree
 * specification's and the Linux bindings'.
 */
#ifndef NACRE_CORE_HOST_H
#define NACRE_CORE_HOST_H

#include <arch/isa.h>
#include <core/types.h>

#define HOST_RAM_MAX	  32
#define HOST_RESERVED_MAX 64
#define HOST_HARTS_MAX	  64

struct host_hart {
	uint64_t hartid;
	struct isa_set isa;
	uint32_t cbom_block, cbop_block, cboz_block; /* bytes; 0: not told */
	uint32_t intc_phandle;			     /* 0: none */
};

struct host {
	const void *fdt; /* NULL until a tree that libfdt accepts was parsed */
	uint64_t fdt_pa, fdt_size;
	/* Whole pages, ascending, disjoint. */
	struct mem_range ram[HOST_RAM_MAX];
	unsigned nram;
	unsigned ram_ignored; /* banks beyond HOST_RAM_MAX */
	/* As told, rounded outwards to pages: memreserve block and /reserved-memory; not the initrd
	 * or the tree. */
	struct mem_range reserved[HOST_RESERVED_MAX];
	unsigned nreserved;
	struct host_hart hart[HOST_HARTS_MAX];
	unsigned nharts;
	unsigned harts_ignored;			     /* more than HOST_HARTS_MAX */
	struct isa_set isa;			     /* what all harts have */
	uint32_t cbom_block, cbop_block, cboz_block; /* 0: absent or not the same on all harts */
	uint64_t timebase;			     /* Hz */
	uint64_t initrd_start, initrd_end;	     /* 0, 0: the boot loader passed none */
	const char *bootargs;			     /* never NULL */
	const char *model;			     /* never NULL */
};

extern struct host host;

/*
 * Reads the tree at fdt (8-byte aligned, totalsize bytes mapped) into `host`. 0, or -NACRE_E* with
 * a text that says what is missing; whatever could be read is in `host` even then, so a console can
 * be found to print the text.
 */
int host_parse(const void *fdt, char *err, unsigned long errlen);
/*
 * "name" or "name=value" among Nacre's own boot arguments (words between blanks; of several the
 * last counts): the value, cut at len - 1 characters; "" without one, NULL when absent.
 */
const char *host_option(const char *name, char *buf, unsigned long len);
/*
 * "name=SIZE@ADDRESS", decimal or 0x numbers, SIZE perhaps with K, M or G behind it. 0;
 * -NACRE_ENOENT: absent; -NACRE_EINVAL: it is not that, not in whole pages, or empty.
 */
int host_option_range(const char *name, struct mem_range *out);

#endif
