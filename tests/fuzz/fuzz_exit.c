/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Exits with arbitrary scause, stval, htval, htinst and instruction bytes. Whatever they are: the
 * pc moves by 0, 2 or 4; an exception goes with a pc that has not moved, and is one that a hart
 * without the H extension knows; the VM ends only for a cause that no guest can bring about or a
 * fault inside RAM; at most one integer register changes.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../fake/core.h"
#include "../../guest/devices.h"
#include <guest/exit.h>

#define PC UINT64_C(0x80001000)

#define CHECK(x) ((x) ? (void)0 : abort())

struct exit {
	uint8_t cause; /* 0x80: take wide_cause */
	uint8_t flags; /* 1: the fetch faults; 2: user mode; 4: the console is full; 8: input; 16,
			  32, 64: address */
	uint32_t insn;
	uint64_t wide_cause, stval, htval, htinst;
} __attribute__((packed));

static uint64_t address(const struct exit *in)
{
	switch (in->flags >> 4 & 7) {
	case 0:
	case 1:
		return VM_UART_BASE + in->htval % 0x110;
	case 2:
	case 3:
		return VM_PLIC_BASE + in->htval % 0x4001000;
	case 4:
		return VM_RAM_BASE - 16 + in->htval % 32;
	default:
		return in->htval << 2;
	}
}

static bool guest_page_fault(uint64_t cause)
{
	return cause >= CAUSE_FETCH_GUEST_PAGE_FAULT && cause <= CAUSE_STORE_GUEST_PAGE_FAULT &&
	       cause != CAUSE_VIRTUAL_INSTRUCTION;
}

static bool may_crash(uint64_t cause, uint64_t addr)
{
	switch (cause) {
	case CAUSE_FETCH_GUEST_PAGE_FAULT:
	case CAUSE_LOAD_GUEST_PAGE_FAULT:
	case CAUSE_STORE_GUEST_PAGE_FAULT:
		return addr >= VM_RAM_BASE && addr < VM_RAM_BASE + FAKE_RAM;
	default:
		return cause >= CAUSE_COUNT ||
		       (BIT(cause) & (BIT(9) | BIT(11) | BIT(14) | BIT(16) | BIT(17) | BIT(19)));
	}
}

static void one(const struct exit *in)
{
	struct vcpu *v = fake.vcpus[0];
	uint64_t addr = address(in), before[32], moved;
	struct vcpu_exit e = {.scause = in->cause & 0x80 ? in->wide_cause : in->cause % CAUSE_COUNT,
			      .stval = in->stval,
			      .htval = addr >> 2,
			      .htinst = in->htinst};
	unsigned changed = 0;
	bool resume;

	if (e.scause == CAUSE_ECALL_VS)
		return; /* fuzz_vsbi */
	if (guest_page_fault(e.scause) && addr & 3)
		e.stval = (e.stval & ~UINT64_C(3)) | (addr & 3);
	if (guest_page_fault(e.scause) && e.scause != CAUSE_FETCH_GUEST_PAGE_FAULT)
		addr = (addr & ~UINT64_C(3)) | (e.stval & 3);
	fake.insn = in->insn;
	fake.fetch_faults = in->flags & 1;
	fake.fault = (struct guest_fault){.cause = CAUSE_LOAD_PAGE_FAULT, .stval = PC};
	fake.room = in->flags & 4 ? 0 : 1000;
	if (in->flags & 8)
		fake_input("input", 5);
	v->ctx.sstatus = in->flags & 2 ? 0 : SSTATUS_SPP;
	v->ctx.sepc = PC;
	fake.injects = fake.crashes = fake.waits = 0;
	memcpy(before, v->ctx.x, sizeof(before));
	resume = guest_exit(v, &e);

	moved = v->ctx.sepc - PC;
	for (unsigned i = 0; i < 32; i++)
		changed += v->ctx.x[i] != before[i];
	CHECK(fake.vm.dev_lock.locked == 0);
	CHECK(v->ctx.x[0] == before[0]);
	CHECK(changed <= (moved ? 1 : 0));
	CHECK(moved == 0 || moved == 2 || moved == 4);
	CHECK((moved != 0) + fake.injects + fake.crashes == 1);
	CHECK(resume || fake.crashes || moved == 4);
	CHECK(!fake.crashes || (!resume && may_crash(e.scause, addr)));
	CHECK(!fake.injects || fake.cause <= CAUSE_STORE_PAGE_FAULT ||
	      fake.cause == CAUSE_SOFTWARE_CHECK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct exit in;

	if (size < 1)
		return 0;
	fake_init(1 + data[0] % FAKE_VCPUS, data[0] & 0x80 ? VM_CONSOLE_NONE : VM_CONSOLE_UART);
	CHECK(devices_create(&fake.vm) == 0);
	for (unsigned i = 1; i < 32; i++)
		fake.vcpu[0].ctx.x[i] = i * UINT64_C(0x0123456789abcdef);
	for (data++, size--; size >= sizeof(in); data += sizeof(in), size -= sizeof(in)) {
		memcpy(&in, data, sizeof(in));
		one(&in);
	}
	fake_free();
	return 0;
}
