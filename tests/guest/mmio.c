/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Garbage for the devices: random loads and stores of every width, aligned or not, to every
 * register of the UART and the PLIC and to the holes around them, from a fixed seed. Each may work
 * or end in an access fault or a misaligned exception, and nothing else may happen; after that the
 * devices still work.
 */
#include "lib.h"

#define ACCESSES 20000

static const uint32_t loads[] = {0x00050503, 0x00051503, 0x00052503, 0x00053503, 0x1005252f};
static const uint32_t stores[] = {0x00b50023, 0x00b51023, 0x00b52023,
				  0x00b53023, 0x08b5252f, 0x08b5352f};

static bool allowed(struct trap_info t, uint64_t addr)
{
	if (!t.taken)
		return true;
	if (t.stval < addr || t.stval >= addr + 8)
		return false;
	return t.cause >= CAUSE_LOAD_MISALIGNED && t.cause <= CAUSE_STORE_ACCESS;
}

/* `set` is or-ed into what is stored. Returns how many accesses ended in something that must not
 * be; prints the first of them. */
static unsigned storm(uint64_t base, uint64_t size, uint64_t set, struct rng *r)
{
	unsigned strange = 0;

	for (uint64_t n = bootarg("accesses", ACCESSES); n; n--) {
		uint64_t v = rng_next(r), addr = base + (v >> 16) % size;
		uint32_t insn = v & 1 ? loads[(v >> 4) % ARRAY_SIZE(loads)]
				      : stores[(v >> 4) % ARRAY_SIZE(stores)];
		struct trap_info t;

		if (v & 2)
			addr &= ~7UL;
		t = try_insn(insn, addr, rng_next(r) | set, NULL);
		if (!allowed(t, addr) && !strange++)
			print("\n# insn %08x at %lx: cause %lu stval %lx\n", insn, addr, t.cause,
			      t.stval);
	}
	return strange;
}

static void uart_reset(void)
{
	volatile uint8_t *u = (volatile uint8_t *)machine.uart;

	u[4] = 0; /* no loopback */
	u[3] = 3; /* 8n1, divisor latch closed */
	u[1] = 0;
	u[2] = 7;
	while (u[5] & 1)
		(void)u[0];
	(void)u[2];
	u[4] = 8;
}

/* All sources off for every S-mode context. */
static void plic_reset(void)
{
	for (unsigned h = 0; h < machine.harts; h++) {
		uint64_t ctx = (uint64_t)plic_context(harts[h].id, IRQ_SEI);

		for (unsigned w = 0; w < 32; w++)
			mmio_write(uint32_t, machine.plic + 0x2000 + 0x80 * ctx + 4 * w, 0);
		mmio_write(uint32_t, machine.plic + 0x200000 + 0x1000 * ctx, 0);
	}
}

static void test_uart(struct rng *r)
{
	volatile uint8_t *u = (volatile uint8_t *)machine.uart;
	unsigned strange;
	bool works;

	u[4] = 0x10; /* looped back, and every byte stored keeps it so: the garbage is not printed
		      */
	strange = storm(machine.uart, 8, 0x1010101010101010, r);
	uart_reset();
	u[7] = 0x3c;
	works = u[7] == 0x3c && u[3] == 3;
	u[4] = 0x18;
	u[0] = 'z';
	works &= WAIT(u[5] & 1, 10000) && u[0] == 'z';
	uart_reset();
	print("\n");
	check_eq("uart.storm", strange, 0);
	check("uart.works", works);
	check_eq("uart.around", storm(machine.uart + 8, 0x1000 - 8, 0, r), 0);
}

static void test_plic(struct rng *r)
{
	uint64_t ctx = (uint64_t)plic_context(harts[0].id, IRQ_SEI);

	check_eq("plic.storm.low", storm(machine.plic, 0x1100, 0, r), 0);
	check_eq("plic.storm.enables", storm(machine.plic + 0x2000, 0x1000, 0, r), 0);
	check_eq("plic.storm.contexts", storm(machine.plic + 0x200000, 0x10000, 0, r), 0);
	check_eq("plic.storm.all", storm(machine.plic, 0x400000, 0, r), 0);
	plic_reset();
	mmio_write(uint32_t, machine.plic + 0x200000 + 0x1000 * ctx, 3);
	check_eq("plic.works", mmio_read(uint32_t, machine.plic + 0x200000 + 0x1000 * ctx), 3);
	plic_reset();
}

void guest_main(void)
{
	struct rng r = {bootarg("seed", 99)};

	if (machine.plic)
		test_plic(&r);
	if (machine.uart)
		test_uart(&r);
	check("alive", !sbi(SBI_EXT_BASE, SBI_BASE_GET_SPEC_VERSION, 0).error);
}
