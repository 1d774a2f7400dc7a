/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * core/host.c and core/fdt.c: trees are built here with libfdt's sequential-write functions, from
 * the ordinary to the odd, and one by random banks that is compared with a page map.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <core/errno.h>
#include <core/fdt.h>
#include <core/host.h>

#define TREE_SIZE 32768
static uint64_t tree_mem[TREE_SIZE / 8];
static void *const tree = tree_mem;
static char err[160];

#define OK(x) assert_int_equal(x, 0)

static void begin(unsigned na, unsigned ns)
{
	OK(fdt_create(tree, TREE_SIZE));
	OK(fdt_finish_reservemap(tree));
	OK(fdt_begin_node(tree, ""));
	OK(fdt_property_u32(tree, "#address-cells", na));
	OK(fdt_property_u32(tree, "#size-cells", ns));
	OK(fdt_property_string(tree, "model", "test,board"));
}

static void reg(unsigned na, unsigned ns, uint64_t addr, uint64_t size)
{
	fdt32_t c[4];
	unsigned n = 0;

	if (na == 2)
		c[n++] = cpu_to_fdt32((uint32_t)(addr >> 32));
	c[n++] = cpu_to_fdt32((uint32_t)addr);
	if (ns == 2)
		c[n++] = cpu_to_fdt32((uint32_t)(size >> 32));
	if (ns)
		c[n++] = cpu_to_fdt32((uint32_t)size);
	OK(fdt_property(tree, "reg", c, (int)(n * sizeof(c[0]))));
}

static void memory(unsigned na, unsigned ns, uint64_t addr, uint64_t size)
{
	char name[40];

	snprintf(name, sizeof(name), "memory@%llx", (unsigned long long)addr);
	OK(fdt_begin_node(tree, name));
	OK(fdt_property_string(tree, "device_type", "memory"));
	reg(na, ns, addr, size);
	OK(fdt_end_node(tree));
}

static void cpus_begin(unsigned na)
{
	OK(fdt_begin_node(tree, "cpus"));
	OK(fdt_property_u32(tree, "#address-cells", na));
	OK(fdt_property_u32(tree, "#size-cells", 0));
}

/* Leaves the node open. */
static void cpu_begin(unsigned na, uint64_t hartid, const char *isa)
{
	char name[40];

	snprintf(name, sizeof(name), "cpu@%llx", (unsigned long long)hartid);
	OK(fdt_begin_node(tree, name));
	OK(fdt_property_string(tree, "device_type", "cpu"));
	reg(na, 0, hartid, 0);
	if (isa)
		OK(fdt_property_string(tree, "riscv,isa", isa));
}

static void intc(uint32_t phandle)
{
	OK(fdt_begin_node(tree, "interrupt-controller"));
	OK(fdt_property_string(tree, "compatible", "riscv,cpu-intc"));
	OK(fdt_property_u32(tree, "#interrupt-cells", 1));
	OK(fdt_property_u32(tree, "phandle", phandle));
	OK(fdt_end_node(tree));
}

static void one_cpu(void)
{
	cpus_begin(1);
	OK(fdt_property_u32(tree, "timebase-frequency", 10000000));
	cpu_begin(1, 0, "rv64imafdch");
	intc(1);
	OK(fdt_end_node(tree));
	OK(fdt_end_node(tree));
}

static int end_and_parse(void)
{
	OK(fdt_end_node(tree));
	OK(fdt_finish(tree));
	memset(err, 0, sizeof(err));
	return host_parse(tree, err, sizeof(err));
}

static void test_ordinary(void **state)
{
	(void)state;
	begin(2, 2);
	OK(fdt_begin_node(tree, "chosen"));
	OK(fdt_property_string(tree, "bootargs", "a b=1"));
	OK(fdt_property_u32(tree, "linux,initrd-start", 0x84000000));
	OK(fdt_property_u64(tree, "linux,initrd-end", 0x84001234));
	OK(fdt_end_node(tree));
	memory(2, 2, 0x80000000, 0x10000000);
	one_cpu();
	OK(end_and_parse());
	assert_int_equal(host.nram, 1);
	assert_int_equal(host.ram[0].start, 0x80000000);
	assert_int_equal(host.ram[0].end, 0x90000000);
	assert_int_equal(host.nharts, 1);
	assert_int_equal(host.hart[0].intc_phandle, 1);
	assert_int_equal(host.timebase, 10000000);
	assert_int_equal(host.initrd_start, 0x84000000);
	assert_int_equal(host.initrd_end, 0x84001234);
	assert_string_equal(host.bootargs, "a b=1");
	assert_string_equal(host.model, "test,board");
	assert_int_equal(host.nreserved, 0);
}

static void test_one_cell(void **state)
{
	(void)state;
	begin(1, 1);
	memory(1, 1, 0xc0000000, 0x20000000);
	memory(1, 1, 0x40000800, 0x1000); /* no whole page inside */
	memory(1, 1, 0x80000000, 0x10000);
	one_cpu();
	OK(end_and_parse());
	assert_int_equal(host.nram, 2);
	assert_int_equal(host.ram[0].start, 0x80000000);
	assert_int_equal(host.ram[1].start, 0xc0000000);
	assert_int_equal(host.ram[1].end, 0xe0000000);
	assert_int_equal(host.initrd_end, 0);
	assert_string_equal(host.bootargs, "");
}

/* Everything else is still read, so that there is a console for the message. */
static void test_no_memory(void **state)
{
	(void)state;
	begin(2, 2);
	one_cpu();
	assert_int_equal(end_and_parse(), -NACRE_ENOENT);
	assert_string_equal(err, "device tree: no memory node with a size");
	assert_int_equal(host.nharts, 1);
	assert_ptr_equal(host.fdt, tree);
}

static void test_first_error_is_told(void **state)
{
	(void)state;
	begin(2, 2);
	assert_int_equal(end_and_parse(), -NACRE_ENOENT);
	assert_string_equal(err, "device tree: no memory node with a size");
	begin(2, 2);
	memory(2, 2, 0x80000000, 0x1000);
	assert_int_equal(end_and_parse(), -NACRE_ENOENT);
	assert_string_equal(err, "device tree: no /cpus");
}

static void test_no_tree(void **state)
{
	(void)state;
	memset(tree_mem, 0, sizeof(tree_mem));
	assert_int_equal(host_parse(tree, err, sizeof(err)), -NACRE_EBADF);
	assert_non_null(strstr(err, "device tree: "));
	assert_null(host.fdt);
	assert_string_equal(host.bootargs, "");
	assert_int_equal(host_parse(tree, NULL, 0), -NACRE_EBADF);
}

static void test_harts(void **state)
{
	(void)state;
	begin(2, 2);
	memory(2, 2, 0x80000000, 0x1000);
	cpus_begin(2);
	cpu_begin(2, 0, "rv64imac"); /* the monitor core of some chips */
	OK(fdt_property_string(tree, "status", "disabled"));
	OK(fdt_end_node(tree));
	cpu_begin(2, 0x100000001, "rv64imafdch_zicbom_zicboz_sstc");
	OK(fdt_property_u64(tree, "timebase-frequency", 4000000));
	OK(fdt_property_u32(tree, "riscv,cbom-block-size", 64));
	OK(fdt_property_u32(tree, "riscv,cboz-block-size", 64));
	OK(fdt_property_string(tree, "status", "okay"));
	intc(7);
	OK(fdt_end_node(tree));
	cpu_begin(2, 3, "rv64imafdch_zicbom_zicboz_zba");
	OK(fdt_property_u32(tree, "riscv,cbom-block-size", 64));
	OK(fdt_property_u32(tree, "riscv,cboz-block-size", 128));
	OK(fdt_end_node(tree));
	OK(fdt_begin_node(tree, "cpu-map"));
	OK(fdt_end_node(tree));
	OK(fdt_end_node(tree));
	OK(end_and_parse());
	assert_int_equal(host.nharts, 2);
	assert_int_equal(host.hart[0].hartid, 0x100000001);
	assert_int_equal(host.hart[0].intc_phandle, 7);
	assert_int_equal(host.hart[1].hartid, 3);
	assert_int_equal(host.hart[1].intc_phandle, 0);
	assert_int_equal(host.cbom_block, 64);
	assert_int_equal(host.cboz_block, 0);
	assert_int_equal(host.timebase, 4000000);
	assert_true(isa_has(&host.hart[0].isa, ISA_SSTC));
	assert_false(isa_has(&host.isa, ISA_SSTC));
	assert_true(isa_has(&host.isa, ISA_H));
}

static void test_bad_harts(void **state)
{
	(void)state;
	begin(2, 2);
	memory(2, 2, 0x80000000, 0x1000);
	cpus_begin(1);
	OK(fdt_property_u32(tree, "timebase-frequency", 1));
	cpu_begin(1, 5, NULL);
	OK(fdt_end_node(tree));
	cpu_begin(1, 6, "rv64imafdch");
	OK(fdt_end_node(tree));
	OK(fdt_end_node(tree));
	assert_int_equal(end_and_parse(), -NACRE_EBADF);
	assert_string_equal(err, "device tree: /cpus/cpu@5: neither riscv,isa nor "
				 "riscv,isa-extensions can be read");
	assert_int_equal(host.nharts, 1);
}

static void test_same_hart_twice(void **state)
{
	(void)state;
	begin(2, 2);
	memory(2, 2, 0x80000000, 0x1000);
	cpus_begin(1);
	OK(fdt_property_u32(tree, "timebase-frequency", 1));
	cpu_begin(1, 1, "rv64imafdch");
	OK(fdt_end_node(tree));
	OK(fdt_begin_node(tree, "cpu@1,again"));
	OK(fdt_property_string(tree, "device_type", "cpu"));
	reg(1, 0, 1, 0);
	OK(fdt_end_node(tree));
	OK(fdt_end_node(tree));
	assert_int_equal(end_and_parse(), -NACRE_EBADF);
	assert_string_equal(err, "device tree: /cpus/cpu@1,again: there is a hart 1 already");
}

static void test_many_harts(void **state)
{
	(void)state;
	begin(2, 2);
	memory(2, 2, 0x80000000, 0x1000);
	cpus_begin(1);
	OK(fdt_property_u32(tree, "timebase-frequency", 1));
	for (unsigned i = 0; i < HOST_HARTS_MAX + 3; i++) {
		cpu_begin(1, i, "rv64imafdch");
		OK(fdt_end_node(tree));
	}
	OK(fdt_end_node(tree));
	OK(end_and_parse());
	assert_int_equal(host.nharts, HOST_HARTS_MAX);
	assert_int_equal(host.harts_ignored, 3);
}

static void reserved_child(const char *name, const char *status, int64_t addr, uint64_t size)
{
	OK(fdt_begin_node(tree, name));
	if (addr >= 0)
		reg(2, 2, (uint64_t)addr, size);
	if (status)
		OK(fdt_property_string(tree, "status", status));
	OK(fdt_end_node(tree));
}

static void test_reserved(void **state)
{
	(void)state;
	OK(fdt_create(tree, TREE_SIZE));
	OK(fdt_add_reservemap_entry(tree, 0x80000010, 0x20));
	OK(fdt_finish_reservemap(tree));
	OK(fdt_begin_node(tree, ""));
	OK(fdt_property_u32(tree, "#address-cells", 2));
	OK(fdt_property_u32(tree, "#size-cells", 2));
	OK(fdt_begin_node(tree, "reserved-memory"));
	OK(fdt_property_u32(tree, "#address-cells", 2));
	OK(fdt_property_u32(tree, "#size-cells", 2));
	OK(fdt_property(tree, "ranges", NULL, 0));
	reserved_child("dynamic", NULL, -1, 0);
	reserved_child("mmode@80040000", NULL, 0x80040000, 0x20000);
	reserved_child("off@90000000", "disabled", 0x90000000, 0x1000);
	reserved_child("empty@90000000", NULL, 0x90000000, 0);
	reserved_child("top", NULL, 0x7ffffffffffff000, UINT64_MAX);
	OK(fdt_end_node(tree));
	memory(2, 2, 0x80000000, 0x10000000);
	one_cpu();
	OK(end_and_parse());
	assert_int_equal(host.nreserved, 3);
	assert_int_equal(host.reserved[0].start, 0x80000000);
	assert_int_equal(host.reserved[0].end, 0x80001000);
	assert_int_equal(host.reserved[1].start, 0x80040000);
	assert_int_equal(host.reserved[1].end, 0x80060000);
	assert_int_equal(host.reserved[2].start, 0x7ffffffffffff000);
	assert_int_equal(host.reserved[2].end, 0xfffffffffffff000);
	assert_string_equal(host.model, "unnamed machine");
}

static void test_too_much_reserved(void **state)
{
	(void)state;
	OK(fdt_create(tree, TREE_SIZE));
	for (uint64_t i = 0; i <= HOST_RESERVED_MAX; i++)
		OK(fdt_add_reservemap_entry(tree, 0x80000000 + 0x10000 * i, 0x20));
	OK(fdt_finish_reservemap(tree));
	OK(fdt_begin_node(tree, ""));
	memory(2, 1, 0x80000000, 0x10000000);
	one_cpu();
	assert_int_equal(end_and_parse(), -NACRE_ERANGE);
	assert_string_equal(err, "device tree: more than 64 reserved ranges");
}

static void test_initrd(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++) {
		begin(2, 2);
		memory(2, 2, 0x80000000, 0x1000);
		one_cpu();
		OK(fdt_begin_node(tree, "chosen"));
		OK(fdt_property_u64(tree, "linux,initrd-start", 0x180000000));
		if (i)
			OK(fdt_property_u64(tree, "linux,initrd-end",
					    i == 1 ? 0x17fffffff : 0x180000000));
		OK(fdt_end_node(tree));
		assert_int_equal(end_and_parse(), i == 2 ? 0 : -NACRE_EBADF);
		if (i < 2)
			assert_string_equal(err, "device tree: /chosen: linux,initrd-start and "
						 "-end are no range");
		assert_int_equal(host.initrd_start, 0);
		assert_int_equal(host.initrd_end, 0);
	}
}

/* Random banks against a map of pages: same pages, ascending, disjoint, nothing adjacent left
 * apart. */
#define MAP 256
static void test_random_banks(void **state)
{
	(void)state;
	srand(1);
	for (int round = 0; round < 500; round++) {
		uint8_t want[MAP + 1] = {0}, got[MAP + 1] = {0};
		int banks = 1 + rand() % 12;

		begin(2, 2);
		for (int i = 0; i < banks; i++) {
			unsigned start = (unsigned)rand() % (MAP - 16), n = (unsigned)rand() % 16;

			memory(2, 2, 0x80000000 + start * PAGE_SIZE, n * PAGE_SIZE);
			memset(want + start, 1, n);
		}
		one_cpu();
		end_and_parse();
		for (unsigned i = 0; i < host.nram; i++) {
			assert_true(host.ram[i].start < host.ram[i].end);
			assert_true(i == 0 || host.ram[i - 1].end < host.ram[i].start);
			for (uint64_t a = host.ram[i].start; a < host.ram[i].end; a += PAGE_SIZE)
				got[(a - 0x80000000) / PAGE_SIZE]++;
		}
		assert_memory_equal(want, got, sizeof(want));
	}
}

static void test_too_many_banks(void **state)
{
	(void)state;
	begin(2, 2);
	for (uint64_t i = 0; i < HOST_RAM_MAX + 2; i++)
		memory(2, 2, 0x80000000 + 2 * i * PAGE_SIZE, PAGE_SIZE);
	one_cpu();
	OK(end_and_parse());
	assert_int_equal(host.nram, HOST_RAM_MAX);
	assert_int_equal(host.ram_ignored, 2);
}

/* #address-cells and #size-cells: what is told, the specification's defaults, and what nobody can
 * read. */
static int parse_cells(const void *na, int na_len, const void *ns, int ns_len)
{
	OK(fdt_create(tree, TREE_SIZE));
	OK(fdt_finish_reservemap(tree));
	OK(fdt_begin_node(tree, ""));
	if (na)
		OK(fdt_property(tree, "#address-cells", na, na_len));
	if (ns)
		OK(fdt_property(tree, "#size-cells", ns, ns_len));
	memory(2, 1, 0x100000000, SIZE_2M);
	one_cpu();
	return end_and_parse();
}

static void test_cells(void **state)
{
	static const uint8_t n[] = {0, 0, 0, 0, 0,   0,	  0,   1,   0, 0, 0, 2,
				    0, 0, 0, 3, 255, 255, 255, 255, 0, 0, 0, 0};

	(void)state;
	OK(parse_cells(NULL, 0, NULL, 0));
	assert_int_equal(host.ram[0].start, 0x100000000);
	assert_int_equal(host.ram[0].end, 0x100000000 + SIZE_2M);
	OK(parse_cells(n + 8, 4, n + 4, 4));
	assert_int_equal(host.ram[0].start, 0x100000000);
	for (unsigned bad = 0; bad < 3; bad++) {
		static const unsigned at[] = {0, 12, 16}; /* 0, 3, -1 */

		assert_int_equal(parse_cells(n + at[bad], 4, n + 4, 4), -NACRE_EBADF);
		if (bad)
			assert_int_equal(parse_cells(n + 8, 4, n + at[bad], 4), -NACRE_EBADF);
	}
	assert_int_equal(parse_cells(n + 8, 3, n + 4, 4), -NACRE_EBADF);
	assert_int_equal(parse_cells(n + 8, 8, n + 4, 4), -NACRE_EBADF);
	assert_int_equal(parse_cells(n + 8, 4, n + 4, 0), -NACRE_EBADF);
}

/* A UART below two buses: the first moves addresses, the second passes them on as they are. */
static void build_buses(bool with_ranges)
{
	const fdt32_t ranges[] = {cpu_to_fdt32(0x1000), 0, cpu_to_fdt32(0x10000000),
				  cpu_to_fdt32(0x1000)};

	begin(2, 2);
	OK(fdt_property_u32(tree, "interrupt-parent", 9));
	OK(fdt_begin_node(tree, "soc"));
	OK(fdt_property_u32(tree, "#address-cells", 2));
	OK(fdt_property_u32(tree, "#size-cells", 2));
	OK(fdt_property(tree, "ranges", NULL, 0));
	OK(fdt_begin_node(tree, "bus"));
	OK(fdt_property_u32(tree, "#address-cells", 1));
	OK(fdt_property_u32(tree, "#size-cells", 1));
	if (with_ranges)
		OK(fdt_property(tree, "ranges", ranges, sizeof(ranges)));
	OK(fdt_begin_node(tree, "uart@1100"));
	reg(1, 1, 0x1100, 0x100);
	OK(fdt_property_u32(tree, "interrupts", 33));
	OK(fdt_end_node(tree));
	OK(fdt_begin_node(tree, "far@1f80"));
	reg(1, 1, 0x1f80, 0x100);
	OK(fdt_end_node(tree));
	OK(fdt_end_node(tree));
	OK(fdt_begin_node(tree, "plic"));
	OK(fdt_property_u32(tree, "phandle", 9));
	OK(fdt_property_u32(tree, "#interrupt-cells", 1));
	OK(fdt_end_node(tree));
	OK(fdt_end_node(tree));
	OK(fdt_end_node(tree));
	OK(fdt_finish(tree));
}

static void test_reg(void **state)
{
	uint64_t addr = 0, size = 0;

	(void)state;
	build_buses(true);
	OK(fdt_reg(tree, fdt_path_offset(tree, "/soc/bus/uart@1100"), &addr, &size));
	assert_int_equal(addr, 0x10000100);
	assert_int_equal(size, 0x100);
	assert_int_equal(fdt_reg(tree, fdt_path_offset(tree, "/soc/bus/far@1f80"), &addr, &size),
			 -NACRE_ERANGE);
	assert_int_equal(fdt_reg(tree, fdt_path_offset(tree, "/soc"), &addr, &size), -NACRE_ENOENT);
	build_buses(false);
	assert_int_equal(fdt_reg(tree, fdt_path_offset(tree, "/soc/bus/uart@1100"), &addr, &size),
			 -NACRE_ERANGE);
}

static void test_bad_cells(void **state)
{
	uint64_t addr, size;

	(void)state;
	begin(3, 2);
	OK(fdt_begin_node(tree, "dev"));
	OK(fdt_property(tree, "reg", "12345678901234567890", 20));
	OK(fdt_end_node(tree));
	OK(fdt_end_node(tree));
	OK(fdt_finish(tree));
	assert_int_equal(fdt_reg(tree, fdt_path_offset(tree, "/dev"), &addr, &size), -NACRE_EBADF);
	begin(2, 2);
	OK(fdt_begin_node(tree, "dev"));
	OK(fdt_property(tree, "reg", "12345678901234567890", 20));
	OK(fdt_end_node(tree));
	OK(fdt_end_node(tree));
	OK(fdt_finish(tree));
	assert_int_equal(fdt_reg(tree, fdt_path_offset(tree, "/dev"), &addr, &size), -NACRE_EBADF);
	assert_int_equal(fdt_reg(tree, 0, &addr, &size), -NACRE_EBADF); /* the root has no parent */
}

static void test_interrupt(void **state)
{
	const fdt32_t ext[] = {cpu_to_fdt32(9), cpu_to_fdt32(44), cpu_to_fdt32(9)};
	uint32_t parent = 0, irq = 0;
	int dev;

	(void)state;
	build_buses(true);
	OK(fdt_interrupt(tree, fdt_path_offset(tree, "/soc/bus/uart@1100"), &parent, &irq));
	assert_int_equal(parent, 9);
	assert_int_equal(irq, 33);
	assert_int_equal(fdt_interrupt(tree, fdt_path_offset(tree, "/soc"), &parent, &irq),
			 -NACRE_ENOENT);
	OK(fdt_open_into(tree, tree, TREE_SIZE));
	dev = fdt_path_offset(tree, "/soc/bus/far@1f80");
	OK(fdt_setprop(tree, dev, "interrupts-extended", ext, sizeof(ext)));
	OK(fdt_interrupt(tree, dev, &parent, &irq));
	assert_int_equal(irq, 44);
	OK(fdt_setprop(tree, dev, "interrupts-extended", ext, 4)); /* the number is missing */
	assert_int_equal(fdt_interrupt(tree, dev, &parent, &irq), -NACRE_EBADF);
	OK(fdt_setprop(tree, dev, "interrupts-extended", ext, 0));
	assert_int_equal(fdt_interrupt(tree, dev, &parent, &irq), -NACRE_EBADF);
	OK(fdt_setprop(tree, dev, "interrupts-extended", ext + 1, 8)); /* nobody's phandle */
	assert_int_equal(fdt_interrupt(tree, dev, &parent, &irq), -NACRE_EBADF);
}

static void test_small_properties(void **state)
{
	uint64_t v = 0;

	(void)state;
	begin(2, 2);
	OK(fdt_property_u32(tree, "u32", 5));
	OK(fdt_property_u64(tree, "u64", UINT64_C(1) << 40));
	OK(fdt_property(tree, "open", "abc", 3));
	OK(fdt_property_string(tree, "status", "ok"));
	OK(fdt_end_node(tree));
	OK(fdt_finish(tree));
	assert_int_equal(fdt_u32(tree, 0, "u32", 1), 5);
	assert_int_equal(fdt_u32(tree, 0, "u64", 1), 1);
	assert_int_equal(fdt_u32(tree, 0, "none", 1), 1);
	OK(fdt_number(tree, 0, "u32", &v));
	assert_int_equal(v, 5);
	OK(fdt_number(tree, 0, "u64", &v));
	assert_int_equal(v, UINT64_C(1) << 40);
	assert_int_equal(fdt_number(tree, 0, "open", &v), -NACRE_EBADF);
	assert_int_equal(fdt_number(tree, 0, "none", &v), -NACRE_ENOENT);
	assert_null(fdt_str(tree, 0, "open"));
	assert_null(fdt_str(tree, 0, "none"));
	assert_true(fdt_enabled(tree, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ordinary),
		cmocka_unit_test(test_one_cell),
		cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_first_error_is_told),
		cmocka_unit_test(test_no_tree),
		cmocka_unit_test(test_harts),
		cmocka_unit_test(test_bad_harts),
		cmocka_unit_test(test_same_hart_twice),
		cmocka_unit_test(test_many_harts),
		cmocka_unit_test(test_reserved),
		cmocka_unit_test(test_too_much_reserved),
		cmocka_unit_test(test_initrd),
		cmocka_unit_test(test_random_banks),
		cmocka_unit_test(test_too_many_banks),
		cmocka_unit_test(test_reg),
		cmocka_unit_test(test_bad_cells),
		cmocka_unit_test(test_interrupt),
		cmocka_unit_test(test_small_properties),
		cmocka_unit_test(test_cells),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
