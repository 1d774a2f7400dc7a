/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SBI calls with arbitrary arguments: each input is a list of calls. Whatever they are, only a0 and
 * a1 change, what is answered is an error code of the specification, and a call to somebody names
 * an existing vcpu (the fake core indexes by it).
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <guest/vsbi.h>

#include "../fake/core.h"
#include "../../guest/devices.h"

#define PC UINT64_C(0x80001000)

#define CHECK(x) ((x) ? (void)0 : abort())

/* A call as it stands in the input. */
struct call {
	uint8_t ext;   /* index into known[]; else eid is taken */
	uint8_t flags; /* 1: reads of guest memory fault; 2: the console is full; 4: input
			  waits; 8..: caller */
	uint8_t fid;   /* 0xff: wide_fid */
	uint8_t shape; /* two bits for each of a0..a3, see shape() */
	uint64_t eid, wide_fid, a[6];
} __attribute__((packed));

static const uint64_t known[] = {SBI_EXT_BASE,
				 SBI_EXT_TIME,
				 SBI_EXT_IPI,
				 SBI_EXT_RFENCE,
				 SBI_EXT_HSM,
				 SBI_EXT_SRST,
				 SBI_EXT_DBCN,
				 0,
				 1,
				 2,
				 3,
				 4,
				 5,
				 6,
				 7,
				 8};

/* Brings an argument near to what is valid. */
static uint64_t shape(uint64_t a, unsigned how)
{
	switch (how & 3) {
	case 0:
		return a & 0xff;
	case 1:
		return VM_RAM_BASE + a % (FAKE_RAM + 16);
	case 2:
		return UINT64_MAX - (a & 0xff);
	default:
		return a;
	}
}

static void one(const struct call *c)
{
	struct vcpu *v = fake.vcpus[(c->flags >> 3) % fake.vm.nvcpus];
	uint64_t *x = v->ctx.x, before[32], pc;
	bool legacy, resume;

	for (unsigned i = 0; i < 6; i++)
		x[REG_A0 + i] = shape(c->a[i], c->shape >> 2 * (i % 4));
	x[REG_A6] = c->fid == 0xff ? c->wide_fid : c->fid;
	x[REG_A7] = c->ext < ARRAY_SIZE(known) ? known[c->ext] : c->eid;
	fake.read_faults = c->flags & 1;
	fake.fault = (struct guest_fault){.cause = CAUSE_LOAD_PAGE_FAULT, .stval = c->a[0]};
	for (unsigned i = 0; i < FAKE_READS; i++)
		fake.read_value[i] = c->a[1 + i];
	fake.reads = 0;
	fake.reads_ok = c->flags >> 6;
	fake.room = c->flags & 2 ? 0 : 1000;
	if (c->flags & 4)
		fake_input("input", 5);
	memcpy(before, x, sizeof(before));
	v->ctx.sepc = pc = PC;
	fake.injects = fake.waits = 0;
	resume = vsbi_ecall(v);

	legacy = x[REG_A7] <= SBI_LEGACY_SHUTDOWN;
	for (unsigned i = 0; i < 32; i++)
		if (i != REG_A0 && (i != REG_A1 || legacy))
			CHECK(x[i] == before[i]);
	CHECK(fake.vm.dev_lock.locked == 0);
	CHECK(fake.crashes == 0);
	if (v->ctx.sepc == pc) { /* no reply */
		CHECK(resume == (fake.injects == 1));
		CHECK(x[REG_A0] == before[REG_A0] && x[REG_A1] == before[REG_A1]);
		return;
	}
	CHECK(v->ctx.sepc == pc + 4 && fake.injects == 0);
	if (legacy)
		CHECK((int64_t)x[REG_A0] >= SBI_ERR_INVALID_PARAM && (int64_t)x[REG_A0] < 256);
	else
		CHECK((int64_t)x[REG_A0] <= 0 && (int64_t)x[REG_A0] >= SBI_ERR_DENIED_LOCKED);
	CHECK(legacy || !x[REG_A0] || !x[REG_A1]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct call c;

	if (size < 1)
		return 0;
	fake_init(1 + data[0] % FAKE_VCPUS, data[0] & 0x80 ? VM_CONSOLE_NONE : VM_CONSOLE_UART);
	CHECK(devices_create(&fake.vm) == 0);
	for (data++, size--; size >= sizeof(c); data += sizeof(c), size -= sizeof(c)) {
		memcpy(&c, data, sizeof(c));
		one(&c);
	}
	fake_free();
	return 0;
}
