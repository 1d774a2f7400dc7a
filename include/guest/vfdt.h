/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The guest's device tree: all that a guest is told about its machine.
 *
 * Nodes and properties are those of the Devicetree Specification 0.4 and of Linux' bindings for
 * RISC-V CPUs, the PLIC and the 8250. The caller places the result in guest memory and hands its
 * address over in a1.
 */
#ifndef NACRE_GUEST_VFDT_H
#define NACRE_GUEST_VFDT_H

#include <core/types.h>

struct vfdt_params {
	const char *model;
	const char *bootargs; /* or NULL */
	uint32_t vcpus;	      /* hart ids 0..vcpus-1 */
	gpa_t ram_base;
	uint64_t ram_size;		/* bytes */
	gpa_t initrd_start, initrd_end; /* end exclusive; both 0: none */
	uint64_t timebase_hz;		/* of the time CSR */
	const char *isa;		/* riscv,isa */
	const char
		*isa_extensions; /* riscv,isa-extensions: NUL-terminated names, one after another */
	size_t isa_extensions_len;	 /* bytes with all NULs */
	const char *mmu_type;		 /* "riscv,sv39", ... */
	uint32_t cbom_block, cboz_block; /* bytes; 0: not there */
	uint32_t cbop_block;
	bool uart; /* without it there is no serial node and no stdout-path */
	gpa_t uart_base;
	uint32_t uart_irq; /* PLIC source */
	uint32_t uart_clock_hz;
	gpa_t plic_base;
	uint64_t plic_size;    /* bytes */
	uint32_t plic_sources; /* the highest source's number */
	const uint8_t *rng_seed;
	size_t rng_seed_len; /* bytes; 0: none */
};

/* Bytes that are enough for a tree with these strings, whatever else the parameters say. */
#define VFDT_SIZE(vcpus, isa_bytes, bootargs_bytes) \
	(4096 + (uint64_t)(vcpus) * (640 + (uint64_t)(isa_bytes)) + (bootargs_bytes))

/*
 * Makes the tree at buf (8-byte aligned), which is cleared first: nothing of its former content
 * reaches the guest. The tree's own size is fdt_totalsize(buf). 0, or -NACRE_ENOMEM if `size` bytes
 * are too few.
 */
int vfdt_make(void *buf, size_t size, const struct vfdt_params *p);

#endif
