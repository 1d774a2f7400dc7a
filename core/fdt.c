/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Questions about device trees that libfdt does not answer itself.
 *
 * Properties are read byte by byte through fdt32_ld(), so their alignment does not matter.
 * Addresses and sizes of one or two cells are understood; anything wider is an error, never cut.
 */
#include <libfdt.h>
#include <string.h>

#include <core/errno.h>
#include <core/fdt.h>

/*
 * Each property ends inside the structure block. libfdt up to 1.7.2 adds a length to an offset in
 * 32 bits and goes on where the sum wraps around to: with a length of 0xfffffff4 at the same
 * property, for ever.
 */
static bool properties_fit(const char *block, uint32_t size)
{
	uint32_t at = 0, len, name;

	while (size - at >= FDT_TAGSIZE) {
		uint32_t tag = fdt32_ld((const fdt32_t *)(block + at));

		at += FDT_TAGSIZE;
		if (tag == FDT_BEGIN_NODE) {
			name = (uint32_t)strnlen(block + at, size - at);
			if (name == size - at)
				return false;
			at += name + 1;
		} else if (tag == FDT_PROP) {
			if (size - at < 2 * FDT_TAGSIZE)
				return false;
			len = fdt32_ld((const fdt32_t *)(block + at));
			at += 2 * FDT_TAGSIZE;
			if (len > size - at)
				return false;
			at += len;
		}
		at = ALIGN_UP(at, FDT_TAGSIZE);
		if (at > size)
			return false;
	}
	return true;
}

int fdt_check_tree(const void *fdt, uint64_t size)
{
	int rc;

	if (size < sizeof(struct fdt_header))
		return -FDT_ERR_TRUNCATED;
	rc = fdt_check_header(fdt);
	if (rc)
		return rc;
	if (fdt_totalsize(fdt) > size)
		return -FDT_ERR_TRUNCATED;
	if (fdt_version(fdt) < 17)
		return -FDT_ERR_BADVERSION;
	if (fdt_off_dt_struct(fdt) % 4 || fdt_off_mem_rsvmap(fdt) % 8)
		return -FDT_ERR_BADLAYOUT;
	if (!properties_fit((const char *)fdt + fdt_off_dt_struct(fdt), fdt_size_dt_struct(fdt)))
		return -FDT_ERR_BADSTRUCTURE;
	return fdt_check_full(fdt, size);
}

static uint64_t cells(const fdt32_t *p, int n)
{
	uint64_t v = 0;

	for (int i = 0; i < n; i++)
		v = v << 32 | fdt32_ld(p + i);
	return v;
}

/* Not libfdt's fdt_address_cells(): in that object there are functions that change trees, too, with
 * all that those need, 6 KiB. -1: not what it should be. */
static int count(const void *fdt, int node, const char *name, int without)
{
	int len;
	const fdt32_t *p = fdt_getprop(fdt, node, name, &len);

	if (!p)
		return without;
	return len == sizeof(*p) && fdt32_ld(p) <= 2 ? (int)fdt32_ld(p) : -1;
}

/* #address-cells and #size-cells that a node gives its children. Devicetree Specification 0.4,
 * section 2.3.5. */
static int child_cells(const void *fdt, int node, int *na, int *ns)
{
	*na = count(fdt, node, "#address-cells", 2);
	*ns = count(fdt, node, "#size-cells", 1);
	return *na >= 1 && *na <= 2 && *ns >= 0 && *ns <= 2 ? 0 : -NACRE_EBADF;
}

int fdt_reg_local(const void *fdt, int node, unsigned index, uint64_t *addr, uint64_t *size)
{
	int parent = fdt_parent_offset(fdt, node), na, ns, len;
	const fdt32_t *reg;
	unsigned stride;

	if (parent < 0 || child_cells(fdt, parent, &na, &ns))
		return -NACRE_EBADF;
	reg = fdt_getprop(fdt, node, "reg", &len);
	if (!reg)
		return -NACRE_ENOENT;
	stride = (unsigned)(na + ns);
	if (len < 0 || (unsigned)len % (stride * sizeof(*reg)))
		return -NACRE_EBADF;
	if (index >= (unsigned)len / (stride * sizeof(*reg)))
		return -NACRE_ENOENT;
	*addr = cells(reg + index * stride, na);
	*size = cells(reg + index * stride + na, ns);
	return 0;
}

/* One step up: what the children of `bus` call [*addr, +size) is *addr for the bus's own parent. */
static int through_bus(const void *fdt, int bus, uint64_t *addr, uint64_t size)
{
	int up = fdt_parent_offset(fdt, bus), na, ns, upna, upns, len;
	const fdt32_t *r;
	int stride;

	if (up < 0 || child_cells(fdt, bus, &na, &ns) || child_cells(fdt, up, &upna, &upns))
		return -NACRE_EBADF;
	r = fdt_getprop(fdt, bus, "ranges", &len);
	if (!r)
		return -NACRE_ERANGE;
	if (len == 0)
		return 0; /* both sides are the same */
	stride = na + upna + ns;
	for (len /= (int)sizeof(*r); len >= stride; len -= stride, r += stride) {
		uint64_t from = cells(r, na), to = cells(r + na, upna);
		uint64_t span = cells(r + na + upna, ns);

		if (*addr >= from && size <= span && *addr - from <= span - size) {
			*addr += to - from;
			return 0;
		}
	}
	return -NACRE_ERANGE;
}

int fdt_reg(const void *fdt, int node, uint64_t *addr, uint64_t *size)
{
	int rc = fdt_reg_local(fdt, node, 0, addr, size);

	for (int bus = fdt_parent_offset(fdt, node); !rc && bus > 0;
	     bus = fdt_parent_offset(fdt, bus))
		rc = through_bus(fdt, bus, addr, *size);
	return rc;
}

/* interrupt-parent is inherited from the nearest ancestor that has it. */
static uint32_t interrupt_parent(const void *fdt, int node)
{
	uint32_t phandle = 0;

	for (; node >= 0 && !phandle; node = fdt_parent_offset(fdt, node))
		phandle = fdt_u32(fdt, node, "interrupt-parent", 0);
	return phandle;
}

int fdt_interrupt(const void *fdt, int node, uint32_t *parent, uint32_t *irq)
{
	int len, controller;
	const fdt32_t *p = fdt_getprop(fdt, node, "interrupts-extended", &len);
	uint32_t phandle, ncells;

	if (p) {
		if (len < (int)sizeof(*p))
			return -NACRE_EBADF;
		phandle = fdt32_ld(p++);
		len -= (int)sizeof(*p);
	} else {
		p = fdt_getprop(fdt, node, "interrupts", &len);
		phandle = interrupt_parent(fdt, node);
	}
	if (!p || !phandle)
		return -NACRE_ENOENT;
	controller = fdt_node_offset_by_phandle(fdt, phandle);
	if (controller < 0)
		return -NACRE_EBADF;
	ncells = fdt_u32(fdt, controller, "#interrupt-cells", 0);
	if (ncells == 0 || (unsigned)len / sizeof(*p) < ncells)
		return -NACRE_EBADF;
	*parent = phandle;
	*irq = fdt32_ld(p);
	return 0;
}

int fdt_number(const void *fdt, int node, const char *name, uint64_t *out)
{
	int len;
	const fdt32_t *p = fdt_getprop(fdt, node, name, &len);

	if (!p)
		return -NACRE_ENOENT;
	if (len != 4 && len != 8)
		return -NACRE_EBADF;
	*out = cells(p, len / 4);
	return 0;
}

uint32_t fdt_u32(const void *fdt, int node, const char *name, uint32_t otherwise)
{
	int len;
	const fdt32_t *p = fdt_getprop(fdt, node, name, &len);

	return p && len == 4 ? fdt32_ld(p) : otherwise;
}

const char *fdt_str(const void *fdt, int node, const char *name)
{
	int len;
	const char *s = fdt_getprop(fdt, node, name, &len);

	return s && len > 0 && memchr(s, '\0', (size_t)len) ? s : NULL;
}

bool fdt_enabled(const void *fdt, int node)
{
	const char *s = fdt_str(fdt, node, "status");

	if (!s)
		return fdt_getprop(fdt, node, "status", NULL) == NULL;
	return !strcmp(s, "okay") || !strcmp(s, "ok");
}
