/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Makes the guest's device tree, front to back, with libfdt's sequential-write functions.
 *
 * What always holds: after the first failure nothing more is written, and that failure is the
 * result; so the code reads like the tree. Phandles: vcpu n's interrupt controller has n + 1, the
 * PLIC vcpus + 1.
 */
#include <assert.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include <libfdt.h>

#include <core/errno.h>
#include <guest/vfdt.h>

#define UART_REG_SIZE 0x100
#define UART_BAUD 115200
#define IRQ_S_EXT 9 /* the interrupt that a PLIC context raises in its hart's S-mode */

struct tree {
	void *fdt;
	int err; /* of libfdt */
};

static void node(struct tree *t, const char *name)
{
	if (!t->err)
		t->err = fdt_begin_node(t->fdt, name);
}

static void node_at(struct tree *t, const char *name, uint64_t address)
{
	char full[48];

	snprintf(full, sizeof(full), "%s@%" PRIx64, name, address);
	node(t, full);
}

static void end(struct tree *t)
{
	if (!t->err)
		t->err = fdt_end_node(t->fdt);
}

static void prop(struct tree *t, const char *name, const void *value, size_t len)
{
	if (len > INT_MAX)
		t->err = -FDT_ERR_NOSPACE;
	if (!t->err)
		t->err = fdt_property(t->fdt, name, value, (int)len);
}

static void prop_flag(struct tree *t, const char *name)
{
	prop(t, name, "", 0);
}

static void prop_string(struct tree *t, const char *name, const char *value)
{
	prop(t, name, value, strlen(value) + 1);
}

static void prop_u32(struct tree *t, const char *name, uint32_t value)
{
	fdt32_t cell = cpu_to_fdt32(value);

	prop(t, name, &cell, sizeof(cell));
}

static void prop_u64(struct tree *t, const char *name, uint64_t value)
{
	fdt64_t cells = cpu_to_fdt64(value);

	prop(t, name, &cells, sizeof(cells));
}

/* reg where addresses and sizes have two cells each. */
static void prop_reg(struct tree *t, gpa_t base, uint64_t size)
{
	fdt64_t cells[2] = {cpu_to_fdt64(base.v), cpu_to_fdt64(size)};

	prop(t, "reg", cells, sizeof(cells));
}

static void prop_cells(struct tree *t, uint32_t address_cells, uint32_t size_cells)
{
	prop_u32(t, "#address-cells", address_cells);
	prop_u32(t, "#size-cells", size_cells);
}

static uint32_t plic_phandle(const struct vfdt_params *p)
{
	return p->vcpus + 1;
}

static void make_chosen(struct tree *t, const struct vfdt_params *p)
{
	char path[48];

	node(t, "chosen");
	if (p->bootargs)
		prop_string(t, "bootargs", p->bootargs);
	if (p->uart) {
		snprintf(path, sizeof(path), "/soc/serial@%" PRIx64, p->uart_base.v);
		prop_string(t, "stdout-path", path);
	}
	if (p->initrd_end.v) {
		prop_u64(t, "linux,initrd-start", p->initrd_start.v);
		prop_u64(t, "linux,initrd-end", p->initrd_end.v);
	}
	if (p->rng_seed_len)
		prop(t, "rng-seed", p->rng_seed, p->rng_seed_len);
	end(t);
}

static void make_aliases(struct tree *t, const struct vfdt_params *p)
{
	char path[48];

	snprintf(path, sizeof(path), "/soc/serial@%" PRIx64, p->uart_base.v);
	node(t, "aliases");
	prop_string(t, "serial0", path);
	end(t);
}

static void make_memory(struct tree *t, const struct vfdt_params *p)
{
	node_at(t, "memory", p->ram_base.v);
	prop_string(t, "device_type", "memory");
	prop_reg(t, p->ram_base, p->ram_size);
	end(t);
}

static void make_intc(struct tree *t, uint32_t hart)
{
	node(t, "interrupt-controller");
	prop_string(t, "compatible", "riscv,cpu-intc");
	prop_u32(t, "#address-cells", 0);
	prop_u32(t, "#interrupt-cells", 1);
	prop_flag(t, "interrupt-controller");
	prop_u32(t, "phandle", hart + 1);
	end(t);
}

static void make_cpu(struct tree *t, const struct vfdt_params *p, uint32_t hart)
{
	node_at(t, "cpu", hart);
	prop_string(t, "device_type", "cpu");
	prop_string(t, "compatible", "riscv");
	prop_u32(t, "reg", hart);
	prop_string(t, "status", "okay");
	prop_string(t, "riscv,isa", p->isa);
	prop_string(t, "riscv,isa-base", "rv64i");
	prop(t, "riscv,isa-extensions", p->isa_extensions, p->isa_extensions_len);
	prop_string(t, "mmu-type", p->mmu_type);
	if (p->cbom_block)
		prop_u32(t, "riscv,cbom-block-size", p->cbom_block);
	if (p->cboz_block)
		prop_u32(t, "riscv,cboz-block-size", p->cboz_block);
	if (p->cbop_block)
		prop_u32(t, "riscv,cbop-block-size", p->cbop_block);
	make_intc(t, hart);
	end(t);
}

static void make_cpus(struct tree *t, const struct vfdt_params *p)
{
	node(t, "cpus");
	prop_cells(t, 1, 0);
	if (p->timebase_hz <= UINT32_MAX)
		prop_u32(t, "timebase-frequency", (uint32_t)p->timebase_hz);
	else
		prop_u64(t, "timebase-frequency", p->timebase_hz);
	for (uint32_t hart = 0; hart < p->vcpus && !t->err; hart++)
		make_cpu(t, p, hart);
	end(t);
}

/* One context for each vcpu, and it is S-mode's: context n is vcpu n. */
static void make_plic(struct tree *t, const struct vfdt_params *p)
{
	static const char compatible[] = "sifive,plic-1.0.0\0riscv,plic0";
	void *contexts;

	node_at(t, "plic", p->plic_base.v);
	prop(t, "compatible", compatible, sizeof(compatible));
	prop_reg(t, p->plic_base, p->plic_size);
	prop_u32(t, "#address-cells", 0);
	prop_u32(t, "#interrupt-cells", 1);
	prop_flag(t, "interrupt-controller");
	prop_u32(t, "riscv,ndev", p->plic_sources);
	prop_u32(t, "phandle", plic_phandle(p));
	if (!t->err)
		t->err = fdt_property_placeholder(t->fdt, "interrupts-extended",
						  (int)(p->vcpus * 8), &contexts);
	for (uint32_t hart = 0; hart < p->vcpus && !t->err; hart++) {
		fdt32_st((uint8_t *)contexts + hart * 8, hart + 1);
		fdt32_st((uint8_t *)contexts + hart * 8 + 4, IRQ_S_EXT);
	}
	end(t);
}

static void make_uart(struct tree *t, const struct vfdt_params *p)
{
	node_at(t, "serial", p->uart_base.v);
	prop_string(t, "compatible", "ns16550a");
	prop_reg(t, p->uart_base, UART_REG_SIZE);
	prop_u32(t, "interrupt-parent", plic_phandle(p));
	prop_u32(t, "interrupts", p->uart_irq);
	prop_u32(t, "clock-frequency", p->uart_clock_hz);
	prop_u32(t, "current-speed", UART_BAUD);
	end(t);
}

static void make_soc(struct tree *t, const struct vfdt_params *p)
{
	node(t, "soc");
	prop_string(t, "compatible", "simple-bus");
	prop_cells(t, 2, 2);
	prop_flag(t, "ranges");
	make_plic(t, p);
	if (p->uart)
		make_uart(t, p);
	end(t);
}

static void make_root(struct tree *t, const struct vfdt_params *p)
{
	node(t, "");
	prop_string(t, "compatible", "nacre,machine");
	prop_string(t, "model", p->model);
	prop_cells(t, 2, 2);
	if (p->uart)
		make_aliases(t, p);
	make_chosen(t, p);
	make_memory(t, p);
	make_cpus(t, p);
	make_soc(t, p);
	end(t);
}

int vfdt_make(void *buf, size_t size, const struct vfdt_params *p)
{
	struct tree t = {.fdt = buf};

	assert((uintptr_t)buf % 8 == 0 && p->vcpus >= 1 && p->vcpus <= INT_MAX / 8);
	memset(buf, 0, size);
	t.err = fdt_create(buf, size < INT_MAX ? (int)size : INT_MAX);
	if (!t.err)
		t.err = fdt_finish_reservemap(buf);
	make_root(&t, p);
	if (!t.err)
		t.err = fdt_finish(buf);
	assert(t.err == 0 || t.err == -FDT_ERR_NOSPACE);
	return t.err ? -NACRE_ENOMEM : 0;
}
