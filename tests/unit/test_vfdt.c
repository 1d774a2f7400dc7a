/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * guest/vfdt.c: every property read back with libfdt, references followed, 1 to 1024 vcpus, buffers
 * of every size up to the one that suffices, and no byte of the buffer's former content in the
 * tree.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <libfdt.h>

#include <core/errno.h>
#include <guest/vfdt.h>

#define ROOM (4U << 20)

static char buf[ROOM] __attribute__((aligned(8)));

static struct vfdt_params usual(void)
{
	static const uint8_t seed[5] = {1, 2, 3, 4, 5};

	return (struct vfdt_params){
		.model = "a guest",
		.bootargs = "console=ttyS0 quiet",
		.vcpus = 2,
		.ram_base = gpa(0x80000000),
		.ram_size = UINT64_C(0x180000000),
		.initrd_start = gpa(0x88000000),
		.initrd_end = gpa(0x88012345),
		.timebase_hz = 10000000,
		.isa = "rv64imac_zabha",
		.isa_extensions = "i\0m\0a\0c\0zabha",
		.isa_extensions_len = 14,
		.mmu_type = "riscv,sv57",
		.cbom_block = 64,
		.cboz_block = 128,
		.cbop_block = 32,
		.uart = true,
		.uart_base = gpa(0x10000000),
		.uart_irq = 10,
		.uart_clock_hz = 3686400,
		.plic_base = gpa(0xc000000),
		.plic_size = 0x600000,
		.plic_sources = 31,
		.rng_seed = seed,
		.rng_seed_len = sizeof(seed),
	};
}

static const void *get(const char *path, const char *name, int len)
{
	int got = 0, offset = fdt_path_offset(buf, path);

	if (offset < 0)
		fail_msg("no %s", path);
	const void *value = fdt_getprop(buf, offset, name, &got);
	if (!value || (len >= 0 && got != len))
		fail_msg("%s: %s: length %d", path, name, got);
	return value;
}

static void is_u32(const char *path, const char *name, uint32_t want)
{
	assert_int_equal(fdt32_ld(get(path, name, 4)), want);
}

static void is_u64s(const char *path, const char *name, unsigned n, const uint64_t *want)
{
	const fdt64_t *value = get(path, name, (int)n * 8);

	for (unsigned i = 0; i < n; i++)
		assert_int_equal(fdt64_ld(&value[i]), want[i]);
}

static void is_string(const char *path, const char *name, const char *want)
{
	assert_string_equal(get(path, name, (int)strlen(want) + 1), want);
}

static void is_absent(const char *path, const char *name)
{
	assert_null(fdt_getprop(buf, fdt_path_offset(buf, path), name, NULL));
}

static void make(const struct vfdt_params *p)
{
	memset(buf, 0x5a, sizeof(buf));
	assert_int_equal(vfdt_make(buf, sizeof(buf), p), 0);
	assert_int_equal(fdt_check_full(buf, sizeof(buf)), 0);
}

static void check_cpu(const struct vfdt_params *p, uint32_t hart)
{
	char path[40], intc[64];

	snprintf(path, sizeof(path), "/cpus/cpu@%x", hart);
	snprintf(intc, sizeof(intc), "%s/interrupt-controller", path);
	is_string(path, "device_type", "cpu");
	is_string(path, "compatible", "riscv");
	is_string(path, "status", "okay");
	is_u32(path, "reg", hart);
	is_string(path, "riscv,isa", p->isa);
	is_string(path, "riscv,isa-base", "rv64i");
	assert_memory_equal(get(path, "riscv,isa-extensions", (int)p->isa_extensions_len),
			    p->isa_extensions, p->isa_extensions_len);
	is_string(path, "mmu-type", p->mmu_type);
	is_u32(path, "riscv,cbom-block-size", 64);
	is_u32(path, "riscv,cboz-block-size", 128);
	is_u32(path, "riscv,cbop-block-size", 32);
	is_string(intc, "compatible", "riscv,cpu-intc");
	is_u32(intc, "#interrupt-cells", 1);
	get(intc, "interrupt-controller", 0);
	/* The PLIC's context of this number is this hart's S-mode. */
	const fdt32_t *contexts =
		get("/soc/plic@c000000", "interrupts-extended", (int)p->vcpus * 8);
	assert_int_equal(fdt_node_offset_by_phandle(buf, fdt32_ld(&contexts[hart * 2])),
			 fdt_path_offset(buf, intc));
	assert_int_equal(fdt32_ld(&contexts[hart * 2 + 1]), 9);
}

static void check_all(const struct vfdt_params *p)
{
	unsigned cpus = 0;
	int node;

	is_string("/", "model", p->model);
	is_u32("/", "#address-cells", 2);
	is_u32("/", "#size-cells", 2);
	is_string("/chosen", "bootargs", p->bootargs);
	is_string("/memory", "device_type", "memory");
	is_u64s("/memory@80000000", "reg", 2, (uint64_t[]){p->ram_base.v, p->ram_size});
	is_u32("/cpus", "#address-cells", 1);
	is_u32("/cpus", "#size-cells", 0);
	is_string("/soc", "compatible", "simple-bus");
	get("/soc", "ranges", 0);
	assert_memory_equal(get("/soc/plic", "compatible", 30), "sifive,plic-1.0.0\0riscv,plic0",
			    30);
	is_u64s("/soc/plic", "reg", 2, (uint64_t[]){p->plic_base.v, p->plic_size});
	is_u32("/soc/plic", "riscv,ndev", p->plic_sources);
	is_u32("/soc/plic", "#interrupt-cells", 1);
	is_u32("/soc/plic", "#address-cells", 0);
	get("/soc/plic", "interrupt-controller", 0);
	fdt_for_each_subnode(node, buf, fdt_path_offset(buf, "/cpus")) cpus++;
	assert_int_equal(cpus, p->vcpus);
	for (uint32_t hart = 0; hart < p->vcpus; hart++)
		check_cpu(p, hart);
}

static void test_usual(void **state)
{
	struct vfdt_params p = usual();

	(void)state;
	make(&p);
	check_all(&p);
	is_u32("/cpus", "timebase-frequency", 10000000);
	is_u64s("/chosen", "linux,initrd-start", 1, &p.initrd_start.v);
	is_u64s("/chosen", "linux,initrd-end", 1, &p.initrd_end.v);
	assert_memory_equal(get("/chosen", "rng-seed", 5), p.rng_seed, 5);
	/* The console, by the path and by the alias. */
	int uart = fdt_path_offset(buf, get("/chosen", "stdout-path", -1));
	assert_true(uart > 0);
	assert_int_equal(fdt_path_offset(buf, "serial0"), uart);
	is_string("serial0", "compatible", "ns16550a");
	is_u64s("serial0", "reg", 2, (uint64_t[]){0x10000000, 0x100});
	is_u32("serial0", "interrupts", 10);
	is_u32("serial0", "clock-frequency", 3686400);
	is_u32("serial0", "current-speed", 115200);
	assert_int_equal(
		fdt_node_offset_by_phandle(buf, fdt32_ld(get("serial0", "interrupt-parent", 4))),
		fdt_path_offset(buf, "/soc/plic"));
}

static void test_left_out(void **state)
{
	struct vfdt_params p = usual();

	(void)state;
	p.bootargs = NULL;
	p.initrd_start = p.initrd_end = gpa(0);
	p.rng_seed_len = 0;
	p.cbom_block = p.cboz_block = p.cbop_block = 0;
	p.uart = false;
	p.timebase_hz = UINT64_C(5000000000);
	make(&p);
	is_absent("/chosen", "bootargs");
	is_absent("/chosen", "stdout-path");
	is_absent("/chosen", "linux,initrd-start");
	is_absent("/chosen", "linux,initrd-end");
	is_absent("/chosen", "rng-seed");
	is_absent("/cpus/cpu@0", "riscv,cbom-block-size");
	is_absent("/cpus/cpu@0", "riscv,cboz-block-size");
	is_absent("/cpus/cpu@0", "riscv,cbop-block-size");
	assert_int_equal(fdt_path_offset(buf, "/soc/serial"), -FDT_ERR_NOTFOUND);
	assert_int_equal(fdt_path_offset(buf, "/aliases"), -FDT_ERR_NOTFOUND);
	is_u64s("/cpus", "timebase-frequency", 1, &p.timebase_hz);
}

/* Any number of vcpus, each in the room that VFDT_SIZE promises, with ISA strings as long as they
 * get. */
static void test_vcpus(void **state)
{
	static char isa[900], exts[900];
	struct vfdt_params p = usual();

	(void)state;
	memset(isa, 'z', sizeof(isa) - 1);
	memset(exts, 'y', sizeof(exts) - 1);
	p.isa = isa;
	p.isa_extensions = exts;
	p.isa_extensions_len = sizeof(exts);
	for (p.vcpus = 1; p.vcpus <= 1024; p.vcpus += p.vcpus < 66 ? 1 : p.vcpus) {
		make(&p);
		check_all(&p);
		assert_true(fdt_totalsize(buf) <=
			    VFDT_SIZE(p.vcpus, sizeof(isa) + sizeof(exts), strlen(p.bootargs)));
		assert_int_equal(vfdt_make(buf,
					   VFDT_SIZE(p.vcpus, sizeof(isa) + sizeof(exts),
						     strlen(p.bootargs)),
					   &p),
				 0);
	}
}

static void test_each_size(void **state)
{
	struct vfdt_params p = usual();
	size_t need = 0;

	(void)state;
	for (size_t size = 0; !need; size++) {
		char *exact = malloc(size ? size : 1); /* for ASan */
		int rc = vfdt_make(exact, size, &p);

		assert_true(rc == 0 || rc == -NACRE_ENOMEM);
		if (rc == 0)
			need = size;
		free(exact);
		assert_true(size < 8192);
	}
	make(&p);
	assert_true(need >= fdt_totalsize(buf) && need <= fdt_totalsize(buf) + 64);
	p.rng_seed_len = (size_t)INT32_MAX + 1; /* not even looked at */
	assert_int_equal(vfdt_make(buf, sizeof(buf), &p), -NACRE_ENOMEM);
}

/* Two buffers with different content before are the same after, padding and all. */
static void test_no_leak(void **state)
{
	static char other[ROOM] __attribute__((aligned(8)));
	struct vfdt_params p = usual();

	(void)state;
	p.vcpus = 3;
	make(&p);
	memset(other, 0xc3, sizeof(other));
	assert_int_equal(vfdt_make(other, sizeof(other), &p), 0);
	assert_memory_equal(buf, other, sizeof(buf));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_usual),	cmocka_unit_test(test_left_out),
		cmocka_unit_test(test_vcpus),	cmocka_unit_test(test_each_size),
		cmocka_unit_test(test_no_leak),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
