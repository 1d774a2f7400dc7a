/* SPDX-License-Identifier: BSD-2-Clause */
/* Unit tests of the exits: which exception a guest gets, MMIO emulation, and the devices behind it.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include <core/errno.h>
#include <spec/insn.h>
#include <spec/plic.h>
#include <spec/uart.h>
#include "../fake/core.h"
#include "../../guest/devices.h"
#include <guest/exit.h>

#define PC	UINT64_C(0x80001000)
#define VA	UINT64_C(0xffffffc000201000) /* where the guest maps what it accesses */
#define DEV	UINT64_C(0x20000000)
#define DEV_LEN 0x100
#define RD	7
#define RS2	9
#define PATTERN UINT64_C(0x8182838485868788)

/* A device that answers with a pattern and keeps the last access. */
static struct mmio_access seen;
static unsigned accesses;
static bool refuse;

static int dev_access(void *dev, struct mmio_access *a)
{
	assert_ptr_equal(dev, &seen);
	accesses++;
	if (refuse)
		return -NACRE_EFAULT;
	seen = *a;
	if (!a->write)
		a->value = PATTERN; /* more than was asked for must not show */
	return 0;
}

static const struct bus_ops dev_ops = {.access = dev_access};

static struct vcpu *self;

static int setup(void **state)
{
	static const struct bus_range range = {{DEV}, DEV_LEN, &dev_ops, &seen, "test"};

	(void)state;
	fake_init(2, VM_CONSOLE_UART);
	assert_int_equal(devices_create(&fake.vm), 0);
	assert_int_equal(bus_add(&fake.vm.bus, &range), 0);
	self = &fake.vcpu[0];
	self->ctx.sepc = PC;
	accesses = 0;
	refuse = false;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fake_free();
	return 0;
}

static bool leave(uint64_t cause, uint64_t stval, uint64_t addr, uint64_t htinst)
{
	struct vcpu_exit e = {
		.scause = cause, .stval = stval, .htval = addr >> 2, .htinst = htinst};
	bool resume = guest_exit(self, &e);

	assert_int_equal(fake.vm.dev_lock.locked, 0);
	return resume;
}

static void expect_inject(bool resume, uint64_t cause, uint64_t stval)
{
	assert_true(resume);
	assert_int_equal(fake.injects, 1);
	assert_int_equal(fake.cause, cause);
	assert_int_equal(fake.stval, stval);
	assert_int_equal(self->ctx.sepc, PC);
	assert_int_equal(fake.crashes, 0);
	fake.injects = 0;
}

static void expect_crash(bool resume)
{
	assert_false(resume);
	assert_int_equal(fake.injects, 0);
	assert_int_equal(fake.crashes, 1);
	assert_true(strlen(fake.crash) > 10);
	fake.crashes = 0;
}

/* ---- Exceptions ---- */

static void reflected(void **state)
{
	static const uint64_t own[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 12, 13, 15, 18};
	static const uint64_t fatal[] = {9,  11, 14, 16,      17,	   19,	      24,
					 25, 63, 64, BIT(63), BIT(63) | 5, UINT64_MAX};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(own); i++)
		expect_inject(leave(own[i], PATTERN, 0, 0), own[i], PATTERN);
	for (unsigned i = 0; i < ARRAY_SIZE(fatal); i++)
		expect_crash(leave(fatal[i], PATTERN, 0, 0));
}

static void fetch_fault(void **state)
{
	static const uint64_t holes[] = {0, VM_UART_BASE, VM_RAM_BASE - 4, VM_RAM_BASE + FAKE_RAM,
					 BIT(58)};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(holes); i++) {
		expect_inject(leave(CAUSE_FETCH_GUEST_PAGE_FAULT, VA, holes[i], 0),
			      CAUSE_FETCH_ACCESS, VA);
		expect_inject(leave(CAUSE_FETCH_GUEST_PAGE_FAULT, VA, holes[i], HTINST_PTW_READ64),
			      CAUSE_FETCH_ACCESS, VA);
	}
	expect_crash(leave(CAUSE_FETCH_GUEST_PAGE_FAULT, VA, VM_RAM_BASE, 0));
}

static void virtual_instruction(void **state)
{
	static const uint64_t illegal[] = {
		0x60002573,				       /* csrr a0, hstatus */
		0x24002573,				       /* csrr a0, vsscratch */
		0x62000073,				       /* hfence.gvma */
		0x6c0545f3,				       /* hlv.d */
		INSN_WORD_SRET, INSN_WORD_WRS_STO, 0x12000073, /* sfence.vma */
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(illegal); i++) {
		expect_inject(leave(CAUSE_VIRTUAL_INSTRUCTION, illegal[i], 0, 0), CAUSE_ILLEGAL,
			      illegal[i]);
		fake.insn = (uint32_t)illegal[i]; /* on a hart that does not tell */
		expect_inject(leave(CAUSE_VIRTUAL_INSTRUCTION, 0, 0, 0), CAUSE_ILLEGAL, illegal[i]);
	}
	assert_int_equal(fake.waits, 0);
}

static void wfi(void **state)
{
	(void)state;
	assert_true(leave(CAUSE_VIRTUAL_INSTRUCTION, INSN_WORD_WFI, 0, 0));
	assert_int_equal(self->ctx.sepc, PC + 4);
	assert_int_equal(fake.waits, 1);
	fake.insn = INSN_WORD_WFI;
	assert_true(leave(CAUSE_VIRTUAL_INSTRUCTION, 0, 0, 0));
	assert_int_equal(fake.waits, 2);
	assert_int_equal(fake.fetches, 1);
	/* wrs.nto is no wait for an interrupt */
	assert_false(leave(CAUSE_VIRTUAL_INSTRUCTION, INSN_WORD_WRS_NTO, 0, 0));
	assert_int_equal(self->ctx.sepc, PC + 12);
	assert_int_equal(fake.waits, 2);
	assert_int_equal(fake.injects, 0);
	/* in user mode */
	self->ctx.sepc = PC;
	self->ctx.sstatus = 0;
	expect_inject(leave(CAUSE_VIRTUAL_INSTRUCTION, INSN_WORD_WFI, 0, 0), CAUSE_ILLEGAL,
		      INSN_WORD_WFI);
	assert_int_equal(fake.waits, 2);
}

/* sstateen0 to 3 are zeros to a guest that has them, however the hart says that it has not. */
static void stateen(void **state)
{
	const uint32_t read = (CSR_SSTATEEN0 + 3) << 20 | 0x2573,
		       other = 0x11002573; /* csrr a0, c */
	const uint64_t ssstateen = BIT(ISA_SSSTATEEN % 64);
	uint64_t *isa = &fake.vm.isa.w[ISA_SSSTATEEN / 64];

	(void)state;
	*isa |= ssstateen;
	fake.vm.emulates = true;
	for (unsigned i = 0; i < 2; i++) {
		uint64_t cause = i ? CAUSE_ILLEGAL : CAUSE_VIRTUAL_INSTRUCTION;

		self->ctx.x[REG_A0] = 5;
		assert_true(leave(cause, read, 0, 0));
		assert_int_equal(self->ctx.x[REG_A0], 0);
		assert_int_equal(self->ctx.sepc, PC + 4);
		assert_true(leave(cause, CSR_SSTATEEN0 << 20 | 0xfd073, 0, 0)); /* csrwi */
		assert_int_equal(self->ctx.sepc, PC + 8);
		assert_int_equal(fake.injects, 0);
		self->ctx.sepc = PC;
	}
	expect_inject(leave(CAUSE_ILLEGAL, other, 0, 0), CAUSE_ILLEGAL, other);
	self->ctx.sstatus = 0;
	expect_inject(leave(CAUSE_ILLEGAL, read, 0, 0), CAUSE_ILLEGAL, read);
	expect_inject(leave(CAUSE_VIRTUAL_INSTRUCTION, read, 0, 0), CAUSE_ILLEGAL, read);
	self->ctx.sstatus = SSTATUS_SPP;
	*isa &= ~ssstateen;
	expect_inject(leave(CAUSE_ILLEGAL, read, 0, 0), CAUSE_ILLEGAL, read);
	expect_inject(leave(CAUSE_VIRTUAL_INSTRUCTION, read, 0, 0), CAUSE_ILLEGAL, read);
	fake.vm.emulates = false;
}

static void lost_code(void **state)
{
	static const struct {
		uint64_t raised, injected;
	} faults[] = {
		{CAUSE_FETCH_PAGE_FAULT, CAUSE_FETCH_PAGE_FAULT},
		{CAUSE_LOAD_PAGE_FAULT, CAUSE_FETCH_PAGE_FAULT},
		{CAUSE_FETCH_GUEST_PAGE_FAULT, CAUSE_FETCH_ACCESS},
		{CAUSE_LOAD_GUEST_PAGE_FAULT, CAUSE_FETCH_ACCESS},
		{CAUSE_FETCH_ACCESS, CAUSE_FETCH_ACCESS},
		{CAUSE_LOAD_ACCESS, CAUSE_FETCH_ACCESS},
	};

	(void)state;
	fake.fetch_faults = true;
	for (unsigned i = 0; i < ARRAY_SIZE(faults); i++) {
		fake.fault = (struct guest_fault){.cause = faults[i].raised, .stval = PC + 2};
		expect_inject(leave(CAUSE_LOAD_GUEST_PAGE_FAULT, VA, DEV, 0), faults[i].injected,
			      PC + 2);
		expect_inject(leave(CAUSE_VIRTUAL_INSTRUCTION, 0, 0, 0), faults[i].injected,
			      PC + 2);
	}
	assert_int_equal(accesses, 0);
}

/* ---- MMIO ---- */

static uint32_t load(unsigned funct3, unsigned rd)
{
	return OPCODE_LOAD | rd << 7 | funct3 << 12;
}

static uint32_t store(unsigned funct3, unsigned rs2)
{
	return OPCODE_STORE | funct3 << 12 | rs2 << 20;
}

/* Carried out, through htinst (with the length in bit 1) or the instruction itself. */
static void expect_access(uint64_t cause, uint32_t insn, unsigned len, bool fetched)
{
	uint64_t x[32];

	memcpy(x, self->ctx.x, sizeof(x));
	self->ctx.sepc = PC;
	fake.insn = insn;
	accesses = 0;
	assert_true(leave(cause, VA + 0x13, DEV + 0x13,
			  fetched    ? 0
			  : len == 2 ? insn & ~2U
				     : insn));
	assert_int_equal(accesses, 1);
	assert_int_equal(self->ctx.sepc, PC + len);
	assert_int_equal(fake.injects, 0);
	assert_int_equal(seen.offset, 0x13);
	for (unsigned i = 0; i < 32; i++)
		if (i != RD)
			assert_int_equal(self->ctx.x[i], x[i]);
}

static void loads(void **state)
{
	static const uint64_t want[] = {
		(uint64_t)(int8_t)0x88,
		(uint64_t)(int16_t)0x8788,
		(uint64_t)(int32_t)0x85868788,
		PATTERN,
		0x88,
		0x8788,
		0x85868788,
	};

	(void)state;
	for (unsigned funct3 = 0; funct3 < 7; funct3++)
		for (unsigned how = 0; how < 3; how++) {
			expect_access(CAUSE_LOAD_GUEST_PAGE_FAULT, load(funct3, RD),
				      how == 1 ? 2 : 4, how == 2);
			assert_int_equal(self->ctx.x[RD], want[funct3]);
			assert_int_equal(seen.size, 1U << (funct3 & 3));
			assert_false(seen.write);
			/* x0 stays 0 */
			expect_access(CAUSE_LOAD_GUEST_PAGE_FAULT, load(funct3, 0), 4, how == 2);
		}
	/* c.lw x8, 0(x8) from its own bytes */
	self->ctx.sepc = PC;
	fake.insn = 0xffff0000 | 0x4000;
	assert_true(leave(CAUSE_LOAD_GUEST_PAGE_FAULT, VA, DEV, 0));
	assert_int_equal(self->ctx.sepc, PC + 2);
	assert_int_equal(self->ctx.x[8], want[2]);
}

static void stores(void **state)
{
	(void)state;
	self->ctx.x[RS2] = PATTERN;
	for (unsigned funct3 = 0; funct3 < 4; funct3++)
		for (unsigned how = 0; how < 3; how++) {
			uint64_t mask = UINT64_MAX >> (64 - (8 << funct3));

			expect_access(CAUSE_STORE_GUEST_PAGE_FAULT, store(funct3, RS2),
				      how == 1 ? 2 : 4, how == 2);
			assert_int_equal(seen.value & mask, PATTERN & mask);
			assert_int_equal(seen.size, 1U << funct3);
			assert_true(seen.write);
		}
	self->ctx.x[0] = PATTERN; /* no register */
	expect_access(CAUSE_STORE_GUEST_PAGE_FAULT, store(3, 0), 4, false);
	assert_int_equal(seen.value, 0);
}

/* What is no plain load or store, also when it comes as the instruction itself. */
static void refused_instructions(void **state)
{
	static const struct {
		uint32_t insn;
		bool load;
	} list[] = {
		{0x00002007, true},  /* flw */
		{0x00003007, true},  /* fld */
		{0x00003027, false}, /* fsd */
		{0x1000252f, true},  /* lr.w */
		{0x1800252f, false}, /* sc.w */
		{0x0000252f, false}, /* amoadd.w */
		{0x0000052f, false}, /* amoadd.b */
		{0x2800352f, false}, /* amocas.d */
		{0x0040200f, false}, /* cbo.zero */
		{0x0020200f, false}, /* cbo.flush */
		{0x02000007, true},  /* vle8.v */
		{0x00007003, true},  /* no instruction */
		{0x00000000, true},  {0xffffffff, false},
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(list); i++)
		for (unsigned fetched = 0; fetched < 2; fetched++) {
			bool l = list[i].load;

			fake.insn = list[i].insn;
			expect_inject(leave(l ? CAUSE_LOAD_GUEST_PAGE_FAULT
					      : CAUSE_STORE_GUEST_PAGE_FAULT,
					    VA, DEV, fetched ? 0 : list[i].insn),
				      l ? CAUSE_LOAD_ACCESS : CAUSE_STORE_ACCESS, VA);
		}
	/* The guest changed the code meanwhile: a load that is a store now. */
	fake.insn = store(2, RS2);
	expect_inject(leave(CAUSE_LOAD_GUEST_PAGE_FAULT, VA, DEV, 0), CAUSE_LOAD_ACCESS, VA);
	fake.insn = load(2, RD);
	expect_inject(leave(CAUSE_STORE_GUEST_PAGE_FAULT, VA, DEV, 0), CAUSE_STORE_ACCESS, VA);
	/* misaligned across a page: the faulting half begins at the device */
	expect_inject(leave(CAUSE_LOAD_GUEST_PAGE_FAULT, VA, DEV, load(3, RD) | 4 << 15),
		      CAUSE_LOAD_ACCESS, VA);
	assert_int_equal(accesses, 0);
	/* page-table walks */
	expect_inject(leave(CAUSE_LOAD_GUEST_PAGE_FAULT, VA, DEV, HTINST_PTW_READ64),
		      CAUSE_LOAD_ACCESS, VA);
	expect_inject(leave(CAUSE_STORE_GUEST_PAGE_FAULT, VA, DEV, HTINST_PTW_READ64),
		      CAUSE_STORE_ACCESS, VA);
	expect_inject(leave(CAUSE_STORE_GUEST_PAGE_FAULT, VA, DEV, HTINST_PTW_WRITE64),
		      CAUSE_STORE_ACCESS, VA);
	assert_int_equal(accesses, 0);
}

static void refused_addresses(void **state)
{
	static const struct {
		uint64_t addr;
		unsigned funct3;
	} list[] = {
		{0, 0},
		{DEV - 1, 0},
		{DEV - 1, 1},
		{DEV + DEV_LEN, 0},
		{DEV + DEV_LEN - 1, 1},
		{DEV + DEV_LEN - 3, 2},
		{DEV + DEV_LEN - 7, 3},
		{VM_RAM_BASE - 1, 0},
		{VM_RAM_BASE - 4, 3},
		{VM_RAM_BASE + FAKE_RAM, 0},
		{BIT(58) | DEV, 0},
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(list); i++) {
		uint64_t stval = VA + (list[i].addr & 7);

		expect_inject(leave(CAUSE_LOAD_GUEST_PAGE_FAULT, stval, list[i].addr,
				    load(list[i].funct3, RD)),
			      CAUSE_LOAD_ACCESS, stval);
		expect_inject(leave(CAUSE_STORE_GUEST_PAGE_FAULT, stval, list[i].addr,
				    store(list[i].funct3, RD)),
			      CAUSE_STORE_ACCESS, stval);
	}
	refuse = true;
	self->ctx.x[RD] = 1;
	expect_inject(leave(CAUSE_LOAD_GUEST_PAGE_FAULT, VA, DEV, load(2, RD)), CAUSE_LOAD_ACCESS,
		      VA);
	assert_int_equal(self->ctx.x[RD], 1);
	assert_int_equal(accesses, 1);
	expect_crash(leave(CAUSE_LOAD_GUEST_PAGE_FAULT, VA, VM_RAM_BASE, load(2, RD)));
	expect_crash(
		leave(CAUSE_STORE_GUEST_PAGE_FAULT, VA, VM_RAM_BASE + FAKE_RAM - 1, store(0, RD)));
}

/* ---- The devices, as the guest reaches them ---- */

static void write_reg(uint64_t addr, unsigned funct3, uint64_t value)
{
	self->ctx.x[RS2] = value;
	assert_true(leave(CAUSE_STORE_GUEST_PAGE_FAULT, VA | (addr & 3), addr, store(funct3, RS2)));
	assert_int_equal(fake.injects, 0);
}

static uint64_t read_reg(uint64_t addr, unsigned funct3)
{
	assert_true(
		leave(CAUSE_LOAD_GUEST_PAGE_FAULT, VA | (addr & 3), addr, load(funct3 | 4, RD)));
	assert_int_equal(fake.injects, 0);
	return self->ctx.x[RD];
}

#define UART(r) (VM_UART_BASE + (r))
#define PLIC(r) (VM_PLIC_BASE + (r))

static void uart_output(void **state)
{
	(void)state;
	assert_int_equal(read_reg(UART(UART_LSR), 0), UART_LSR_THRE | UART_LSR_TEMT);
	write_reg(UART(UART_THR), 0, 'a');
	write_reg(UART(UART_THR), 2, 0x5a5a5a00 | 'b'); /* wider than a byte */
	assert_memory_equal(fake.out, "ab", 2);
	fake.room = 0;
	write_reg(UART(UART_THR), 0, 'c');
	assert_int_equal(read_reg(UART(UART_LSR), 0) & UART_LSR_THRE, 0);
	fake_room(5);
	assert_int_equal(read_reg(UART(UART_LSR), 0) & UART_LSR_THRE, UART_LSR_THRE);
	assert_memory_equal(fake.out, "abc", 3);
	assert_int_equal(read_reg(UART(0xff), 0), 0);
}

/* Input waits at the port until the guest uses the UART; then it comes with an interrupt, through
 * the PLIC. */
static void uart_input(void **state)
{
	(void)state;
	write_reg(PLIC(4 * VM_UART_IRQ), 2, 1);
	write_reg(PLIC(PLIC_ENABLE + PLIC_ENABLE_STRIDE), 2, 1U << VM_UART_IRQ);
	fake_input("x", 1);
	assert_int_equal(fake.got, 0);
	write_reg(UART(UART_IER), 0, UART_IER_RDI);
	assert_int_equal(fake.got, 1);
	assert_true(fake.on[1].external);
	assert_false(fake.on[0].external);
	assert_int_equal(read_reg(PLIC(PLIC_CONTEXT + PLIC_CONTEXT_STRIDE + PLIC_CLAIM), 2),
			 VM_UART_IRQ);
	assert_false(fake.on[1].external);
	assert_int_equal(read_reg(UART(UART_RBR), 0), 'x');
	write_reg(PLIC(PLIC_CONTEXT + PLIC_CONTEXT_STRIDE + PLIC_CLAIM), 2, VM_UART_IRQ);
	assert_false(fake.on[1].external);
	fake_input("y", 1);
	assert_true(fake.on[1].external);
	/* An SBI console read takes the input back. */
	assert_int_equal(guest_console_get(&fake.vm), -1);
	fake_input("z", 1);
	assert_int_equal(guest_console_get(&fake.vm), 'z');
	/* A new start */
	devices_reset(&fake.vm);
	assert_false(fake.on[1].external);
	assert_int_equal(read_reg(UART(UART_LSR), 0) & UART_LSR_DR, 0);
}

/* More than the FIFO takes: the rest follows as the guest reads. */
static void uart_burst(void **state)
{
	uint8_t line[100];

	(void)state;
	for (unsigned i = 0; i < sizeof(line); i++)
		line[i] = (uint8_t)(i + 1);
	write_reg(UART(UART_FCR), 0, UART_FCR_ENABLE);
	fake_input(line, sizeof(line));
	assert_int_equal(fake.got, 16);
	for (unsigned i = 0; i < sizeof(line); i++) {
		assert_int_equal(read_reg(UART(UART_LSR), 0) & UART_LSR_DR, UART_LSR_DR);
		assert_int_equal(read_reg(UART(UART_RBR), 0), line[i]);
	}
	assert_int_equal(read_reg(UART(UART_LSR), 0) & UART_LSR_DR, 0);
}

static void plic_widths(void **state)
{
	static const struct {
		uint64_t offset;
		unsigned funct3;
	} bad[] = {{4, 0}, {4, 1}, {8, 3}, {5, 2}, {6, 2}, {PLIC_SIZE - 2, 2}, {PLIC_SIZE - 4, 3}};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
		uint64_t addr = PLIC(bad[i].offset), stval = VA | (addr & 3);

		expect_inject(
			leave(CAUSE_LOAD_GUEST_PAGE_FAULT, stval, addr, load(bad[i].funct3, RD)),
			CAUSE_LOAD_ACCESS, stval);
		expect_inject(
			leave(CAUSE_STORE_GUEST_PAGE_FAULT, stval, addr, store(bad[i].funct3, RD)),
			CAUSE_STORE_ACCESS, stval);
	}
	write_reg(PLIC(4), 2, 3);
	assert_int_equal(read_reg(PLIC(4), 2), 3);
	assert_int_equal(read_reg(PLIC(PLIC_SIZE - 4), 2), 0);
}

static void no_uart(void **state)
{
	(void)state;
	fake_init(1, VM_CONSOLE_NONE);
	assert_int_equal(devices_create(&fake.vm), 0);
	self->ctx.sepc = PC;
	expect_inject(leave(CAUSE_LOAD_GUEST_PAGE_FAULT, VA, VM_UART_BASE, load(4, RD)),
		      CAUSE_LOAD_ACCESS, VA);
	assert_null(fake.port);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(reflected),
		TEST(fetch_fault),
		TEST(virtual_instruction),
		TEST(wfi),
		TEST(stateen),
		TEST(lost_code),
		TEST(loads),
		TEST(stores),
		TEST(refused_instructions),
		TEST(refused_addresses),
		TEST(uart_output),
		TEST(uart_input),
		TEST(uart_burst),
		TEST(plic_widths),
		TEST(no_uart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
