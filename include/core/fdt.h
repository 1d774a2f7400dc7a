/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What drivers and core ask of the host's device tree beyond libfdt: addresses through `ranges`,
 * interrupts, status.
 *
 * `fdt` has passed fdt_check_tree(), `node` is an offset in it. Devicetree Specification 0.4,
 * chapter 2.
 */
#ifndef NACRE_CORE_FDT_H
#define NACRE_CORE_FDT_H

#include <core/types.h>

/*
 * Whether all of the tree can be read without harm: fdt_check_full() and what it leaves open (trees
 * older than version 17, whose nodes may lack names; blocks that are not aligned; lengths at which
 * it does not come to an end). size: bytes there are. 0 or a libfdt error.
 */
int fdt_check_tree(const void *fdt, uint64_t size);
/* reg number `index` as the parent bus numbers it. -NACRE_ENOENT: not that many; -NACRE_EBADF:
 * cells we cannot read. */
int fdt_reg_local(const void *fdt, int node, unsigned index, uint64_t *addr, uint64_t *size);
/* reg 0 of a node as the CPU sees it, through the parents' ranges. Also -NACRE_ERANGE: a bus does
 * not pass it on. */
int fdt_reg(const void *fdt, int node, uint64_t *addr, uint64_t *size);
/* The first interrupt: its parent's phandle and first cell. 0, -NACRE_ENOENT or -NACRE_EBADF. */
int fdt_interrupt(const void *fdt, int node, uint32_t *parent, uint32_t *irq);
/* A property of one 32-bit cell, or `otherwise` (also when it has another size). */
uint32_t fdt_u32(const void *fdt, int node, const char *name, uint32_t otherwise);
/* A number of one or two cells. 0, -NACRE_ENOENT or -NACRE_EBADF. */
int fdt_number(const void *fdt, int node, const char *name, uint64_t *out);
/* A NUL-terminated string, the first of a list; NULL when it is absent or malformed. */
const char *fdt_str(const void *fdt, int node, const char *name);
/* status is "okay", "ok" or absent. */
bool fdt_enabled(const void *fdt, int node);

#endif
