/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the device tree and SBI BASE say about the machine, read once at boot. Two address and two
 * size cells are taken for granted outside /cpus, as on the virt machine and under Nacre.
 */
#include <string.h>
#include "lib.h"

#define IMPL_OPENSBI 1
#define IMPL_XVISOR 2
#define IMPL_KVM 3

struct machine machine;
static int cpu_node[MAX_HARTS];

static uint64_t reg64(int node, int index)
{
	const uint8_t *p = fdt_prop(node, "reg", NULL);

	return p ? (uint64_t)fdt_u32(p + 8 * index) << 32 | fdt_u32(p + 8 * index + 4) : 0;
}

static uint64_t cpu_reg(int node)
{
	uint32_t len = 0;
	const uint8_t *p = fdt_prop(node, "reg", &len);

	return len == 8 ? (uint64_t)fdt_u32(p) << 32 | fdt_u32(p + 4) : fdt_u32(p);
}

static bool in_string(const char *isa, const char *ext)
{
	size_t n = strlen(ext);

	if (n == 1) /* single letters stand between "rv64" and the first underscore */
		return strchr(isa + 4, *ext) && strchr(isa + 4, *ext) < isa + strcspn(isa, "_");
	for (const char *p = isa; (p = strchr(p, '_'));)
		if (p++, !strncmp(p, ext, n) && (p[n] == '_' || !p[n]))
			return true;
	return false;
}

bool isa_has(const char *ext)
{
	uint32_t len = 0;
	const char *s = fdt_prop(cpu_node[0], "riscv,isa-extensions", &len);

	for (const char *p = s; s && p < s + len; p += strlen(p) + 1)
		if (!strcmp(p, ext))
			return true;
	if (s)
		return false;
	s = fdt_prop(cpu_node[0], "riscv,isa", NULL);
	return s && in_string(s, ext);
}

/* Decimal; picolibc's strtoul() would bring a thread-local errno. */
static uint64_t number(const char *p)
{
	uint64_t v = 0;

	for (; *p >= '0' && *p <= '9'; p++)
		v = v * 10 + (uint64_t)(*p - '0');
	return v;
}

uint64_t bootarg(const char *name, uint64_t otherwise)
{
	size_t n = strlen(name);

	for (const char *p = machine.bootargs; p && *p; p = strchr(p, ' ')) {
		p += *p == ' ';
		if (!strncmp(p, name, n) && p[n] == '=')
			return number(p + n + 1);
	}
	return otherwise;
}

static void add_cpu(int node)
{
	const char *status = fdt_prop(node, "status", NULL);
	uint64_t id = cpu_reg(node);
	unsigned i = 0;

	if (status && strcmp(status, "okay") && strcmp(status, "ok"))
		return;
	if (id != harts[0].id) {
		if (machine.harts == MAX_HARTS)
			return;
		i = machine.harts++;
	}
	harts[i].id = id;
	cpu_node[i] = node;
}

static void walk(void)
{
	int depth = -1;

	for (int n = -1; (n = fdt_next(n, &depth)) >= 0;) {
		const char *type = fdt_prop(n, "device_type", NULL);

		if (type && !strcmp(type, "cpu"))
			add_cpu(n);
		if (type && !strcmp(type, "memory") && !machine.ram_size) {
			machine.ram = reg64(n, 0);
			machine.ram_size = reg64(n, 1);
		}
		if (depth == 1 && !strcmp(fdt_name(n), "cpus"))
			machine.timebase = fdt_u32(fdt_prop(n, "timebase-frequency", NULL));
		if (depth == 1 && !strcmp(fdt_name(n), "chosen"))
			machine.bootargs = fdt_prop(n, "bootargs", NULL);
	}
}

static void find_devices(void)
{
	int uart = fdt_compatible("ns16550a");
	int plic = fdt_compatible("riscv,plic0");
	const void *irq;

	if (plic < 0)
		plic = fdt_compatible("sifive,plic-1.0.0");
	if (plic >= 0)
		machine.plic = reg64(plic, 0);
	if (uart < 0)
		return;
	machine.uart = reg64(uart, 0);
	irq = fdt_prop(uart, "interrupts", NULL);
	if (irq)
		machine.uart_irq = fdt_u32(irq);
}

static int cpu_of_intc(uint32_t phandle)
{
	int depth = -1, cpu = -1;

	for (int n = -1; (n = fdt_next(n, &depth)) >= 0;) {
		const char *type = fdt_prop(n, "device_type", NULL);
		const void *p = fdt_prop(n, "phandle", NULL);

		if (type && !strcmp(type, "cpu"))
			cpu = n;
		if (cpu >= 0 && p && fdt_u32(p) == phandle &&
		    fdt_prop(n, "interrupt-controller", NULL))
			return cpu;
	}
	return -1;
}

int plic_context(uint64_t hartid, uint32_t irq)
{
	int plic = fdt_compatible("riscv,plic0");
	uint32_t len = 0;
	const uint8_t *p;

	if (plic < 0)
		plic = fdt_compatible("sifive,plic-1.0.0");
	p = plic < 0 ? NULL : fdt_prop(plic, "interrupts-extended", &len);
	for (uint32_t i = 0; p && i < len / 8; i++) {
		int cpu = cpu_of_intc(fdt_u32(p + 8 * i));

		if (fdt_u32(p + 8 * i + 4) == irq && cpu >= 0 && cpu_reg(cpu) == hartid)
			return (int)i;
	}
	return -1;
}

void machine_init(const void *fdt, uint64_t entry_time)
{
	machine.timebase = 10000000;
	machine.harts = 1;
	machine.fdt = fdt;
	machine.entry_time = entry_time;
	machine.impl = (uint64_t)sbi(SBI_EXT_BASE, SBI_BASE_GET_IMPL_ID, 0).value;
	machine.spec = (uint64_t)sbi(SBI_EXT_BASE, SBI_BASE_GET_SPEC_VERSION, 0).value;
	machine.native = machine.impl == IMPL_OPENSBI;
	machine.nacre = !machine.native && machine.impl != IMPL_XVISOR && machine.impl != IMPL_KVM;
	if (fdt_open(fdt))
		die("no device tree at %p", fdt);
	walk();
	find_devices();
	machine.sstc = isa_has("sstc");
	machine.hyp = isa_has("h");
	machine.vec = isa_has("v");
	machine.fpu = isa_has("d");
	machine.svadu = isa_has("svadu");
	machine.svade = isa_has("svade");
	machine.zabha = isa_has("zabha");
	machine.zacas = isa_has("zacas");
	print("guest: %u harts, ram %lx+%lx, SBI %lu.%lu impl %lu, boot hart %lu\n", machine.harts,
	      machine.ram, machine.ram_size, machine.spec >> 24 & 0x7f, machine.spec & 0xffffff,
	      machine.impl, harts[0].id);
}
