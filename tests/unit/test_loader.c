/* SPDX-License-Identifier: BSD-2-Clause */
/* Unit tests of the loader: where things go in a guest's RAM, what the device tree says of them,
 * and what is refused. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include <libfdt.h>

#include <core/errno.h>
#include <core/host.h>
#include <guest/guest.h>
#include "../fake/core.h"

#define MIB	   (UINT64_C(1) << 20)
#define KERNEL	   4096U /* bytes of the file */
#define INITRD	   5000U
#define RAM_END(m) (VM_RAM_BASE + (m)*MIB)

/* ---- A bundle in memory: kernel "Image", initrd "rd", and two that are no use ---- */

static uint8_t archive[32768];
static size_t used;
static uint8_t kernel[KERNEL], initrd[INITRD];
static struct bundle bundle;

static void add_file(const char *name, const void *data, unsigned size)
{
	unsigned len = (unsigned)strlen(name) + 1;

	used += (size_t)sprintf((char *)archive + used,
				"070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x", 1,
				0100644, 0, 0, 1, 0, size, 0, 0, 0, 0, len, 0);
	memcpy(archive + used, name, len);
	used = ALIGN_UP(used + len, 4);
	memcpy(archive + used, data, size);
	used = ALIGN_UP(used + size, 4);
}

static void put64(uint8_t *p, uint64_t v)
{
	for (unsigned i = 0; i < 8; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}

/* mem_size: what the kernel says it takes, with its bss */
static void make_bundle(uint64_t mem_size)
{
	char err[100];

	for (unsigned i = 0; i < KERNEL; i++)
		kernel[i] = (uint8_t)(i * 3);
	put64(kernel + 0x08, 2 * MIB);
	put64(kernel + 0x10, mem_size);
	put64(kernel + 0x18, 0);
	memcpy(kernel + 0x38, "RSC\x05", 4);
	for (unsigned i = 0; i < INITRD; i++)
		initrd[i] = (uint8_t)(i * 5 + 1);
	memset(archive, 0, sizeof(archive));
	used = 0;
	add_file("Image", kernel, KERNEL);
	add_file("rd", initrd, INITRD);
	add_file("empty", "", 0);
	add_file("text", "no kernel", 9);
	add_file("TRAILER!!!", "", 0);
	assert_int_equal(bundle_open(&bundle, archive, used, err, sizeof(err)), 0);
	fake.vm.bundle = bundle;
}

/* ---- The host ---- */

static uint64_t host_tree[512];

static void make_host(const char *mmu0, const char *mmu1)
{
	const char *types[] = {mmu0, mmu1};
	void *t = host_tree;

	fdt_create(t, sizeof(host_tree));
	fdt_finish_reservemap(t);
	fdt_begin_node(t, "");
	fdt_begin_node(t, "cpus");
	for (unsigned i = 0; i < 2; i++) {
		fdt_begin_node(t, i ? "cpu@1" : "cpu@0");
		if (types[i])
			fdt_property_string(t, "mmu-type", types[i]);
		fdt_end_node(t);
	}
	fdt_end_node(t);
	fdt_end_node(t);
	assert_int_equal(fdt_finish(t), 0);
	memset(&host, 0, sizeof(host));
	host.fdt = t;
	host.timebase = 10000000;
	host.cboz_block = host.cbom_block = 64;
}

static int setup(void **state)
{
	(void)state;
	make_host("riscv,sv57", "riscv,sv48");
	fake_init(3, VM_CONSOLE_UART);
	fake_ram(64 * MIB);
	make_bundle(3 * MIB);
	strcpy(fake.vm.name, "g");
	fake.vm.cfg.kernel = "Image";
	fake.vm.cfg.initrd = "rd";
	fake.vm.cfg.bootargs = "console=ttyS0";
	assert_int_equal(isa_parse_host(&fake.vm.isa, "rv64imafdc_zicboz", NULL, 0), 0);
	assert_int_equal(guest_ops.create(&fake.vm), 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fake_free();
	return 0;
}

/* ---- What the tree says ---- */

static const void *tree;

static int node(const char *path)
{
	int n = fdt_path_offset(tree, path);

	assert_true(n >= 0);
	return n;
}

static uint64_t cells(const char *path, const char *name, unsigned first, unsigned n)
{
	int len;
	const fdt32_t *p = fdt_getprop(tree, node(path), name, &len);
	uint64_t v = 0;

	assert_non_null(p);
	assert_true(len >= (int)(4 * (first + n)));
	for (unsigned i = 0; i < n; i++)
		v = v << 32 | fdt32_to_cpu(p[first + i]);
	return v;
}

static const char *string(const char *path, const char *name)
{
	const char *s = fdt_getprop(tree, node(path), name, NULL);

	assert_non_null(s);
	return s;
}

static uint64_t chosen(const char *name)
{
	int len;

	assert_non_null(fdt_getprop(tree, node("/chosen"), name, &len));
	return cells("/chosen", name, 0, (unsigned)len / 4);
}

static const uint8_t *ram(uint64_t at)
{
	return fake.ram + (at - VM_RAM_BASE);
}

/* Starts the VM and takes the tree from where a1 says. `end`: of the memory that initrd and tree
 * were put below. */
static void start(uint64_t end)
{
	uint64_t a1, rd_start, rd_end;
	gpa_t pc;

	assert_int_equal(guest_ops.build(&fake.vm, &pc, &a1), 0);
	assert_int_equal(pc.v, VM_RAM_BASE + 2 * MIB);
	assert_memory_equal(ram(pc.v), kernel, KERNEL);
	assert_int_equal(a1 % PAGE_SIZE, 0);
	tree = ram(a1);
	assert_int_equal(fdt_check_header(tree), 0);
	assert_true(a1 + fdt_totalsize(tree) <= end && a1 >= end - 2 * MIB);
	assert_int_equal(fdt_check_full(tree, fdt_totalsize(tree)), 0);
	assert_int_equal(cells("/memory@80000000", "reg", 0, 2), VM_RAM_BASE);
	assert_int_equal(cells("/memory@80000000", "reg", 2, 2), fake.vm.ram_size);
	if (!fake.vm.cfg.initrd)
		return;
	rd_start = chosen("linux,initrd-start");
	rd_end = chosen("linux,initrd-end");
	assert_int_equal(rd_end - rd_start, INITRD);
	assert_int_equal(rd_start % PAGE_SIZE, 0);
	assert_true(rd_end <= a1);
	assert_memory_equal(ram(rd_start), initrd, INITRD);
}

static void refuse(const char *node_name, const char *what)
{
	uint64_t a1;
	gpa_t pc;

	fake.warning[0] = 0;
	assert_true(guest_ops.build(&fake.vm, &pc, &a1) < 0);
	if (!strstr(fake.warning, node_name) || !strstr(fake.warning, what))
		fail_msg("\"%s\" has no \"%s\"", fake.warning, what);
}

/* ---- Tests ---- */

static void plain(void **state)
{
	(void)state;
	start(RAM_END(64));
	assert_string_equal(string("/chosen", "bootargs"), "console=ttyS0");
	assert_string_equal(string("/cpus/cpu@2", "mmu-type"), "riscv,sv48");
	assert_string_equal(string("/cpus/cpu@0", "riscv,isa-base"), "rv64i");
	assert_non_null(strstr(string("/cpus/cpu@1", "riscv,isa"), "zicboz"));
	assert_int_equal(cells("/cpus/cpu@1", "riscv,cboz-block-size", 0, 1), 64);
	assert_null(fdt_getprop(tree, node("/cpus/cpu@1"), "riscv,cbom-block-size", NULL));
	assert_int_equal(cells("/cpus", "timebase-frequency", 0, 1), 10000000);
	/* The same once more, over what the guest left in the device and, in the real core, zeroed
	 * RAM. */
	memset(fake.ram, 0xaa, fake.vm.ram_size);
	start(RAM_END(64));
}

static void no_extras(void **state)
{
	(void)state;
	fake_init(1, VM_CONSOLE_NONE);
	fake.vm.bundle = bundle;
	fake_ram(64 * MIB);
	fake.vm.cfg.kernel = "./Image";
	make_host(NULL, "riscv,none");
	assert_int_equal(isa_parse_host(&fake.vm.isa, "rv64imac", NULL, 0), 0);
	assert_int_equal(guest_ops.create(&fake.vm), 0);
	start(RAM_END(64));
	assert_null(fdt_getprop(tree, node("/chosen"), "linux,initrd-start", NULL));
	assert_null(fdt_getprop(tree, node("/chosen"), "stdout-path", NULL));
	assert_string_equal(string("/cpus/cpu@0", "mmu-type"), "riscv,sv39");
	/* An empty initrd is none. */
	fake.vm.cfg.initrd = "empty";
	make_host("riscv,sv39", "riscv,sv57");
	{
		uint64_t a1;
		gpa_t pc;

		assert_int_equal(guest_ops.build(&fake.vm, &pc, &a1), 0);
		tree = ram(a1);
	}
	assert_null(fdt_getprop(tree, node("/chosen"), "linux,initrd-start", NULL));
	assert_string_equal(string("/cpus/cpu@0", "mmu-type"), "riscv,sv39");
}

/* Above 1 GiB nothing is put, unless the kernel itself reaches there. */
static void big(void **state)
{
	(void)state;
	fake_ram(1500 * MIB);
	start(RAM_END(1024));
	make_bundle(1023 * MIB);
	start(RAM_END(1500));
	make_bundle(1022 * MIB - 16 * PAGE_SIZE);
	start(RAM_END(1024));
}

/* From roomy to too small: it either fits without overlap or is refused with a text. */
static void tight(void **state)
{
	uint64_t a1, fits = 0, refused = 0;
	gpa_t pc;

	(void)state;
	fake_ram(8 * MIB);
	for (uint64_t left = 0; left <= 40 * PAGE_SIZE; left += PAGE_SIZE / 4) {
		make_bundle(6 * MIB - left);
		if (guest_ops.build(&fake.vm, &pc, &a1)) {
			assert_non_null(strstr(fake.warning, "/g: memory: "));
			assert_int_equal(fits, 0);
			refused++;
			continue;
		}
		fits++;
		start(RAM_END(8));
		assert_true(chosen("linux,initrd-start") >= RAM_END(8) - left);
	}
	assert_true(fits && refused);
}

static void refusals(void **state)
{
	(void)state;
	fake.vm.cfg.kernel = "Imag";
	refuse("/g", "kernel: no file \"Imag\"");
	fake.vm.cfg.kernel = "text";
	refuse("/g", "kernel: text: ");
	fake.vm.cfg.kernel = "empty";
	refuse("/g", "kernel: empty: ");
	fake.vm.cfg.kernel = "Image";
	fake.vm.cfg.initrd = "nowhere";
	refuse("/g", "initrd: no file \"nowhere\"");
	fake.vm.cfg.initrd = "rd";
	make_bundle(63 * MIB);
	refuse("/g", "kernel: Image: ");
	make_bundle(62 * MIB);
	refuse("/g", "memory: ");
	make_bundle(3 * MIB);
	start(RAM_END(64));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(plain), TEST(no_extras), TEST(big), TEST(tight), TEST(refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
