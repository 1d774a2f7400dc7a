/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A reader for the flattened device tree that the guest was handed (devicetree specification,
 * chapter 5). The tree is trusted; a node is the byte offset of its FDT_BEGIN_NODE token in the
 * structure block.
 */
#include <string.h>
#include "lib.h"

#define FDT_MAGIC 0xd00dfeed
#define FDT_BEGIN_NODE 1
#define FDT_END_NODE 2
#define FDT_PROP 3
#define FDT_NOP 4

static const uint8_t *blob;
static const uint8_t *tree;
static const char *strings;

uint32_t fdt_u32(const void *p)
{
	const uint8_t *b = p;

	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

int fdt_open(const void *fdt)
{
	if (fdt_u32(fdt) != FDT_MAGIC)
		return -1;
	blob = fdt;
	tree = blob + fdt_u32(blob + 8);
	strings = (const char *)blob + fdt_u32(blob + 12);
	return 0;
}

uint64_t fdt_size(void)
{
	return fdt_u32(blob + 4);
}

const char *fdt_name(int node)
{
	return (const char *)tree + node + 4;
}

static int token_end(int at)
{
	switch (fdt_u32(tree + at)) {
	case FDT_BEGIN_NODE:
		return ALIGN_UP(at + 4 + (int)strlen(fdt_name(at)) + 1, 4);
	case FDT_PROP:
		return ALIGN_UP(at + 12 + (int)fdt_u32(tree + at + 4), 4);
	default:
		return at + 4;
	}
}

/* The next node in the tree's order, -1 at its end; *depth follows (0: the root). */
int fdt_next(int node, int *depth)
{
	for (int at = node < 0 ? 0 : token_end(node);; at = token_end(at)) {
		switch (fdt_u32(tree + at)) {
		case FDT_BEGIN_NODE:
			(*depth)++;
			return at;
		case FDT_END_NODE:
			(*depth)--;
			break;
		case FDT_PROP:
		case FDT_NOP:
			break;
		default:
			return -1;
		}
	}
}

const void *fdt_prop(int node, const char *name, uint32_t *len)
{
	int at = token_end(node);

	for (;; at = token_end(at)) {
		uint32_t t = fdt_u32(tree + at);

		if (t == FDT_NOP)
			continue;
		if (t != FDT_PROP)
			return NULL;
		if (strcmp(strings + fdt_u32(tree + at + 8), name))
			continue;
		if (len)
			*len = fdt_u32(tree + at + 4);
		return tree + at + 12;
	}
}

int fdt_compatible(const char *compat)
{
	int depth = -1;

	for (int n = -1; (n = fdt_next(n, &depth)) >= 0;) {
		uint32_t len = 0;
		const char *s = fdt_prop(n, "compatible", &len);

		for (const char *p = s; s && p < s + len; p += strlen(p) + 1)
			if (!strcmp(p, compat))
				return n;
	}
	return -1;
}
