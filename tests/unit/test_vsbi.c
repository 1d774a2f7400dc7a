/* SPDX-License-Identifier: BSD-2-Clause */
/* Unit tests of the SBI that guests see: every function with arguments at their edges, on a core
 * that takes notes. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include <guest/vsbi.h>
#include <spec/nacre.h>
#include "../fake/core.h"
#include "../../guest/devices.h"
#include <guest/exit.h>

#define MAGIC	UINT64_C(0xa5c3f00d12345678)
#define VCPUS	5
#define SELF	2
#define RAM_END (VM_RAM_BASE + FAKE_RAM)
#define PC	UINT64_C(0x80001000)
#define ERR(e)	((uint64_t)(e))

static struct vcpu *self;

static void start(enum vm_console console)
{
	fake_init(VCPUS, console);
	assert_int_equal(devices_create(&fake.vm), 0);
	self = &fake.vcpu[SELF];
}

static int setup(void **state)
{
	(void)state;
	start(VM_CONSOLE_UART);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fake_free();
	return 0;
}

/* One ecall with a pattern in all other registers, of which none may change. True when the guest
 * goes on. */
static bool ecall(uint64_t eid, uint64_t fid, const uint64_t arg[6])
{
	static const struct vcpu_exit e = {.scause = CAUSE_ECALL_VS};
	uint64_t *x = self->ctx.x, before[32];
	bool resume;

	for (unsigned i = 1; i < 32; i++)
		x[i] = MAGIC + i;
	memcpy(&x[REG_A0], arg, 6 * sizeof(*arg));
	x[REG_A6] = fid;
	x[REG_A7] = eid;
	self->ctx.sepc = PC;
	memcpy(before, x, sizeof(before));
	resume = guest_exit(self, &e);
	for (unsigned i = 0; i < 32; i++)
		if (i != REG_A0 && i != REG_A1)
			assert_int_equal(x[i], before[i]);
	if (eid <= SBI_LEGACY_SHUTDOWN)
		assert_int_equal(x[REG_A1], before[REG_A1]);
	assert_int_equal(fake.vm.dev_lock.locked, 0);
	return resume;
}

#define CALL(eid, fid, ...) ecall(eid, fid, (const uint64_t[6]){__VA_ARGS__})

static void expect_reply(bool resume, uint64_t error, uint64_t value)
{
	assert_true(resume);
	assert_int_equal(self->ctx.sepc, PC + 4);
	assert_int_equal(self->ctx.x[REG_A0], error);
	assert_int_equal(self->ctx.x[REG_A1], value);
}

#define OK(call, value)	   expect_reply(call, 0, value)
#define FAILS(call, error) expect_reply(call, ERR(error), 0)

static void expect_legacy(bool resume, uint64_t a0)
{
	assert_true(resume);
	assert_int_equal(self->ctx.sepc, PC + 4);
	assert_int_equal(self->ctx.x[REG_A0], a0);
}

/* The turn ends, and the ecall has left no trace in the registers. */
static void expect_gone(bool resume)
{
	assert_false(resume);
	assert_int_equal(self->ctx.sepc, PC);
}

/* ---- BASE, unknown ids ---- */

static void base(void **state)
{
	static const uint64_t present[] = {SBI_EXT_BASE, SBI_EXT_TIME, SBI_EXT_IPI, SBI_EXT_RFENCE,
					   SBI_EXT_HSM,	 SBI_EXT_SRST, SBI_EXT_DBCN, SBI_EXT_PMU};
	static const uint64_t absent[] = {9,
					  15,
					  0x11,
					  SBI_EXT_SUSP,
					  SBI_EXT_NACL,
					  SBI_EXT_STA,
					  UINT64_MAX,
					  SBI_EXT_TIME | BIT(32),
					  BIT(63)};

	(void)state;
	OK(CALL(SBI_EXT_BASE, SBI_BASE_GET_SPEC_VERSION, MAGIC, MAGIC), 0x03000000);
	OK(CALL(SBI_EXT_BASE, SBI_BASE_GET_IMPL_ID, MAGIC), NACRE_SBI_IMPL_ID);
	OK(CALL(SBI_EXT_BASE, SBI_BASE_GET_IMPL_VERSION, MAGIC), NACRE_SBI_IMPL_VERSION);
	for (uint64_t fid = SBI_BASE_GET_MVENDORID; fid <= SBI_BASE_GET_MIMPID; fid++)
		OK(CALL(SBI_EXT_BASE, fid, MAGIC, MAGIC), 0);
	for (unsigned i = 0; i < ARRAY_SIZE(present); i++)
		OK(CALL(SBI_EXT_BASE, SBI_BASE_PROBE_EXTENSION, present[i], MAGIC), 1);
	for (uint64_t eid = 0; eid <= SBI_LEGACY_SHUTDOWN; eid++)
		OK(CALL(SBI_EXT_BASE, SBI_BASE_PROBE_EXTENSION, eid, MAGIC), 1);
	for (unsigned i = 0; i < ARRAY_SIZE(absent); i++)
		OK(CALL(SBI_EXT_BASE, SBI_BASE_PROBE_EXTENSION, absent[i], MAGIC), 0);
}

static void unknown(void **state)
{
	static const uint64_t eids[] = {9,	    15,		0x11,
					0x7fffffff, 0x80000000, 0xffffffff,
					UINT64_MAX, 0x0a000000, SBI_EXT_BASE | BIT(32)};
	static const struct {
		uint64_t eid, fids;
	} known[] = {{SBI_EXT_BASE, 7}, {SBI_EXT_TIME, 1}, {SBI_EXT_IPI, 1}, {SBI_EXT_RFENCE, 7},
		     {SBI_EXT_HSM, 4},	{SBI_EXT_SRST, 1}, {SBI_EXT_DBCN, 3}};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(eids); i++)
		FAILS(CALL(eids[i], 0, MAGIC, MAGIC), SBI_ERR_NOT_SUPPORTED);
	for (unsigned i = 0; i < ARRAY_SIZE(known); i++) {
		const uint64_t fids[] = {known[i].fids, 100,	    0x80000000,
					 0xffffffff,	UINT64_MAX, BIT(32)};

		for (unsigned j = 0; j < ARRAY_SIZE(fids); j++)
			FAILS(CALL(known[i].eid, fids[j], 0, 0, 0, 0), SBI_ERR_NOT_SUPPORTED);
	}
	assert_int_equal(fake.halts + fake.timers + fake.stops, 0);
	assert_int_equal(self->sbi_calls, ARRAY_SIZE(eids) + 6 * ARRAY_SIZE(known));
}

/* ---- TIME, IPI ---- */

static void timer(void **state)
{
	static const uint64_t times[] = {0, 1, MAGIC, UINT64_MAX - 1, UINT64_MAX};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(times); i++) {
		OK(CALL(SBI_EXT_TIME, SBI_TIME_SET_TIMER, times[i], MAGIC), 0);
		assert_int_equal(fake.timer, times[i]);
		expect_legacy(CALL(SBI_LEGACY_SET_TIMER, MAGIC, times[i]), 0);
		assert_int_equal(fake.timer, times[i]);
	}
	assert_int_equal(fake.timers, 2 * ARRAY_SIZE(times));
}

/* mask and base, and which vcpus they mean: bits of `set`, or an error. */
static const struct {
	uint64_t mask, base, set;
	long error;
} masks[] = {
	{0, 0, 0, 0},
	{0, 0x7777, 0, 0},
	{1, SELF, BIT(SELF), 0},
	{1, 0, BIT(0), 0},
	{0x1f, 0, 0x1f, 0},
	{3, 3, BIT(3) | BIT(4), 0},
	{0, UINT64_MAX, 0x1f, 0},
	{MAGIC, UINT64_MAX, 0x1f, 0},
	{BIT(VCPUS), 0, 0, SBI_ERR_INVALID_PARAM},
	{0x3f, 0, 0, SBI_ERR_INVALID_PARAM},
	{7, 3, 0, SBI_ERR_INVALID_PARAM},
	{BIT(63), 0, 0, SBI_ERR_INVALID_PARAM},
	{1, UINT64_MAX - 1, 0, SBI_ERR_INVALID_PARAM},
	{4, UINT64_MAX - 1, 0, SBI_ERR_INVALID_PARAM}, /* wraps to hart 0 */
	{1, BIT(32), 0, SBI_ERR_INVALID_PARAM},
};

static void ipi(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(masks); i++) {
		memset(fake.on, 0, sizeof(fake.on));
		expect_reply(
			CALL(SBI_EXT_IPI, SBI_IPI_SEND_IPI, masks[i].mask, masks[i].base, MAGIC),
			ERR(masks[i].error), 0);
		for (unsigned n = 0; n < VCPUS; n++)
			assert_int_equal(fake.on[n].ssip, masks[i].set >> n & 1);
	}
}

/* ---- RFENCE ---- */

static void check_fences(uint64_t set, bool fence_i)
{
	for (unsigned n = 0; n < VCPUS; n++) {
		const struct fake_vcpu *f = &fake.on[n];
		unsigned in = set >> n & 1;

		assert_int_equal(f->fence_i, fence_i ? in : 0);
		assert_int_equal(f->hfences, !fence_i && n != SELF ? in : 0);
		assert_int_equal(f->hfences_self, !fence_i && n == SELF ? in : 0);
		assert_int_equal(f->waits, n != SELF ? in : 0);
	}
}

static void rfence_masks(void **state)
{
	(void)state;
	for (uint64_t fid = SBI_RFENCE_FENCE_I; fid <= SBI_RFENCE_HFENCE_VVMA; fid++)
		for (unsigned i = 0; i < ARRAY_SIZE(masks); i++) {
			bool h = fid > SBI_RFENCE_SFENCE_VMA_ASID;
			long error = masks[i].error ? masks[i].error
				     : h	    ? SBI_ERR_NOT_SUPPORTED
						    : 0;

			memset(fake.on, 0, sizeof(fake.on));
			expect_reply(CALL(SBI_EXT_RFENCE, fid, masks[i].mask, masks[i].base, 0x1234,
					  0x2000, 7),
				     ERR(error), 0);
			check_fences(h ? 0 : masks[i].set, fid == SBI_RFENCE_FENCE_I);
		}
}

static const struct {
	uint64_t start, size;
	bool all;
	uint64_t addr, count;
} ranges[] = {
	{0, 0, true, 0, 0},
	{0, UINT64_MAX, true, 0, 0},
	{0x1000, UINT64_MAX, true, 0, 0},
	{0, 1, false, 0, 1},
	{0x1234, 0x2000, false, 0x1000, 3},
	{0x5000, 0x1000, false, 0x5000, 1},
	{UINT64_MAX, 1, false, ~UINT64_C(0xfff), 1},
	{UINT64_MAX, 2, true, 0, 0},
	{0x1000, UINT64_MAX - 1, true, 0, 0},
	{0, UINT64_C(1) << 30, true, 0, 0},
};

static void rfence_ranges(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(ranges); i++)
		for (unsigned asid = 0; asid < 2; asid++) {
			const struct hfence *h = &fake.on[0].hfence;

			OK(CALL(SBI_EXT_RFENCE, SBI_RFENCE_SFENCE_VMA + asid, 0, UINT64_MAX,
				ranges[i].start, ranges[i].size, asid ? 0xffff : MAGIC),
			   0);
			assert_int_equal(hfence_is_all(h), ranges[i].all);
			assert_true(hfence_is_vvma(h));
			assert_int_equal(h->type & ~1U,
					 asid ? NACL_HFENCE_VVMA_ASID : NACL_HFENCE_VVMA);
			assert_int_equal(h->asid, asid ? 0xffff : 0);
			assert_int_equal(h->addr, ranges[i].addr);
			assert_int_equal(h->count, ranges[i].count);
			assert_memory_equal(h, &fake.on[SELF].hfence, sizeof(*h));
		}
}

static void rfence_asid(void **state)
{
	static const uint64_t bad[] = {0x10000, BIT(32), UINT64_MAX};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
		FAILS(CALL(SBI_EXT_RFENCE, SBI_RFENCE_SFENCE_VMA_ASID, 0, UINT64_MAX, 0, 0, bad[i]),
		      SBI_ERR_INVALID_PARAM);
		expect_legacy(CALL(SBI_LEGACY_REMOTE_SFENCE_VMA_ASID, 0, 0, 0, 0, bad[i]),
			      ERR(SBI_ERR_INVALID_PARAM));
	}
	check_fences(0, false);
}

/* ---- HSM ---- */

static const uint64_t bad_entries[] = {
	0,	     VM_PLIC_BASE, VM_UART_BASE, VM_RAM_BASE - 2, VM_RAM_BASE + 1,
	RAM_END - 1, RAM_END,	   UINT64_MAX,	 UINT64_MAX - 1,  BIT(56)};

static void hsm_start(void **state)
{
	static const uint64_t bad_harts[] = {VCPUS, 64, BIT(32), UINT64_MAX};
	static const uint64_t good[] = {VM_RAM_BASE, VM_RAM_BASE + 2, RAM_END - 2};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(bad_harts); i++) {
		FAILS(CALL(SBI_EXT_HSM, SBI_HSM_HART_START, bad_harts[i], PC, 0),
		      SBI_ERR_INVALID_PARAM);
		FAILS(CALL(SBI_EXT_HSM, SBI_HSM_HART_GET_STATUS, bad_harts[i]),
		      SBI_ERR_INVALID_PARAM);
	}
	for (unsigned i = 0; i < ARRAY_SIZE(bad_entries); i++)
		FAILS(CALL(SBI_EXT_HSM, SBI_HSM_HART_START, 1, bad_entries[i], 0),
		      SBI_ERR_INVALID_ADDRESS);
	assert_int_equal(fake.starts, 0);
	for (unsigned i = 0; i < ARRAY_SIZE(good); i++) {
		OK(CALL(SBI_EXT_HSM, SBI_HSM_HART_START, 4, good[i], MAGIC), 0);
		assert_ptr_equal(fake.started, &fake.vcpu[4]);
		assert_int_equal(fake.hsm_pc.v, good[i]);
		assert_int_equal(fake.hsm_a1, MAGIC);
	}
	fake.start_error = SBI_ERR_ALREADY_AVAILABLE;
	FAILS(CALL(SBI_EXT_HSM, SBI_HSM_HART_START, SELF, PC, 0), SBI_ERR_ALREADY_AVAILABLE);
}

static void hsm_status(void **state)
{
	(void)state;
	for (long s = SBI_HSM_STATE_STARTED; s <= SBI_HSM_STATE_RESUME_PENDING; s++) {
		fake.on[3].hsm_status = s;
		OK(CALL(SBI_EXT_HSM, SBI_HSM_HART_GET_STATUS, 3, MAGIC), (uint64_t)s);
	}
	expect_gone(CALL(SBI_EXT_HSM, SBI_HSM_HART_STOP, MAGIC, MAGIC));
	assert_int_equal(fake.stops, 1);
	assert_int_equal(self->ctx.x[REG_A0], MAGIC);
}

static void hsm_suspend(void **state)
{
	static const uint64_t bad[] = {1,	   0x0fffffff, 0x10000000, 0x7fffffff, 0x80000001,
				       0x8fffffff, 0x90000000, 0xffffffff, UINT64_MAX, BIT(32) | 1};
	const uint64_t upper = UINT64_C(0xdeadbeef) << 32;

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(bad); i++)
		FAILS(CALL(SBI_EXT_HSM, SBI_HSM_HART_SUSPEND, bad[i], PC, 0),
		      SBI_ERR_INVALID_PARAM);
	for (unsigned i = 0; i < ARRAY_SIZE(bad_entries); i++)
		FAILS(CALL(SBI_EXT_HSM, SBI_HSM_HART_SUSPEND, 0x80000000, bad_entries[i], 0),
		      SBI_ERR_INVALID_ADDRESS);
	assert_int_equal(fake.suspends, 0);

	/* Retentive: the address is not looked at, the reply is there when the vcpu comes back. */
	assert_false(CALL(SBI_EXT_HSM, SBI_HSM_HART_SUSPEND, upper, UINT64_MAX, MAGIC));
	expect_reply(true, 0, 0);
	assert_false(fake.hsm_reset);

	expect_gone(CALL(SBI_EXT_HSM, SBI_HSM_HART_SUSPEND, upper | 0x80000000, PC + 2, MAGIC));
	assert_true(fake.hsm_reset);
	assert_int_equal(fake.hsm_pc.v, PC + 2);
	assert_int_equal(fake.hsm_a1, MAGIC);
	assert_int_equal(fake.suspends, 2);
}

/* ---- SRST ---- */

static void srst(void **state)
{
	static const uint64_t types[] = {3, 0xefffffff, 0xf0000000, 0xffffffff, UINT64_MAX};
	static const uint64_t reasons[] = {2, 0xdfffffff, 0xe0000000, 0xf0000000, 0xffffffff};
	const uint64_t upper = UINT64_C(0x55555555) << 32;

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(types); i++) {
		FAILS(CALL(SBI_EXT_SRST, SBI_SRST_RESET, types[i], 0), SBI_ERR_INVALID_PARAM);
		FAILS(CALL(SBI_EXT_SRST, SBI_SRST_RESET, 0, reasons[i]), SBI_ERR_INVALID_PARAM);
	}
	assert_int_equal(fake.halts, 0);
	for (uint64_t type = 0; type <= 2; type++)
		for (uint64_t reason = 0; reason <= 1; reason++) {
			expect_gone(
				CALL(SBI_EXT_SRST, SBI_SRST_RESET, upper | type, upper | reason));
			assert_int_equal(fake.action, type ? VM_ACT_REBOOT : VM_ACT_SHUTDOWN);
		}
	assert_int_equal(fake.halts, 6);
	expect_gone(CALL(SBI_LEGACY_SHUTDOWN, 0));
	assert_int_equal(fake.halts, 7);
	assert_int_equal(fake.action, VM_ACT_SHUTDOWN);
}

/* ---- DBCN ---- */

static void dbcn_ranges(void **state)
{
	static const struct {
		uint64_t n, lo, hi;
	} bad[] = {{1, 0, 0},
		   {1, VM_RAM_BASE - 1, 0},
		   {1, RAM_END, 0},
		   {2, RAM_END - 1, 0},
		   {FAKE_RAM + 1, VM_RAM_BASE, 0},
		   {UINT64_MAX, VM_RAM_BASE, 0},
		   {2, UINT64_MAX, 0},
		   {1, VM_UART_BASE, 0},
		   {1, VM_RAM_BASE, 1},
		   {1, VM_RAM_BASE, UINT64_MAX}};

	(void)state;
	fake_input("x", 1);
	for (uint64_t fid = SBI_DBCN_WRITE; fid <= SBI_DBCN_READ; fid++) {
		for (unsigned i = 0; i < ARRAY_SIZE(bad); i++)
			FAILS(CALL(SBI_EXT_DBCN, fid, bad[i].n, bad[i].lo, bad[i].hi),
			      SBI_ERR_INVALID_PARAM);
		OK(CALL(SBI_EXT_DBCN, fid, 0, MAGIC, MAGIC), 0);
	}
	assert_int_equal(fake.nout, 0);
	assert_int_equal(fake.got, 0);
}

static void dbcn_write(void **state)
{
	uint8_t *text = fake.ram + FAKE_RAM - 300;

	(void)state;
	for (unsigned i = 0; i < 300; i++)
		text[i] = (uint8_t)(i * 7);
	OK(CALL(SBI_EXT_DBCN, SBI_DBCN_WRITE, 300, RAM_END - 300, 0), 256);
	assert_memory_equal(fake.out, text, 256);
	OK(CALL(SBI_EXT_DBCN, SBI_DBCN_WRITE, 44, RAM_END - 44, 0), 44);
	assert_memory_equal(fake.out, text, 300);
	fake.room = 3;
	OK(CALL(SBI_EXT_DBCN, SBI_DBCN_WRITE, 10, VM_RAM_BASE, 0), 3);
	OK(CALL(SBI_EXT_DBCN, SBI_DBCN_WRITE, 10, VM_RAM_BASE, 0), 0);
	/* write_byte waits: the same ecall once more, later */
	expect_gone(CALL(SBI_EXT_DBCN, SBI_DBCN_WRITE_BYTE, 'a', MAGIC));
	expect_gone(CALL(SBI_LEGACY_CONSOLE_PUTCHAR, 0, 'b'));
	assert_int_equal(self->sbi_calls, 4);
	fake.room = 2;
	fake.nout = 0;
	OK(CALL(SBI_EXT_DBCN, SBI_DBCN_WRITE_BYTE, MAGIC << 8 | 'a', MAGIC), 0);
	expect_legacy(CALL(SBI_LEGACY_CONSOLE_PUTCHAR, 0, MAGIC << 8 | 'b'), 0);
	assert_memory_equal(fake.out, "ab", 2);
}

static void dbcn_read(void **state)
{
	char line[301];

	(void)state;
	memset(line, 'x', sizeof(line));
	memset(fake.ram, '.', 600);
	OK(CALL(SBI_EXT_DBCN, SBI_DBCN_READ, 8, VM_RAM_BASE, 0), 0);
	fake_input("hello", 5);
	OK(CALL(SBI_EXT_DBCN, SBI_DBCN_READ, 3, VM_RAM_BASE, 0), 3);
	OK(CALL(SBI_EXT_DBCN, SBI_DBCN_READ, 8, VM_RAM_BASE + 3, 0), 2);
	assert_memory_equal(fake.ram, "hello...", 8);
	fake_input(line, 300);
	OK(CALL(SBI_EXT_DBCN, SBI_DBCN_READ, 600, VM_RAM_BASE, 0), 256);
	assert_int_equal(fake.ram[256], '.');
	OK(CALL(SBI_EXT_DBCN, SBI_DBCN_READ, 600, VM_RAM_BASE, 0), 44);
	fake_input("\xff", 1);
	expect_legacy(CALL(SBI_LEGACY_CONSOLE_GETCHAR, 0, MAGIC), 0xff);
	expect_legacy(CALL(SBI_LEGACY_CONSOLE_GETCHAR, 0, MAGIC), UINT64_MAX);
}

static void no_console(void **state)
{
	(void)state;
	start(VM_CONSOLE_NONE);
	OK(CALL(SBI_EXT_BASE, SBI_BASE_PROBE_EXTENSION, SBI_EXT_DBCN), 0);
	for (uint64_t fid = 0; fid < 3; fid++)
		FAILS(CALL(SBI_EXT_DBCN, fid, 1, VM_RAM_BASE, 0), SBI_ERR_NOT_SUPPORTED);
	expect_legacy(CALL(SBI_LEGACY_CONSOLE_PUTCHAR, 0, 'x'), 0);
	expect_legacy(CALL(SBI_LEGACY_CONSOLE_GETCHAR, 0), UINT64_MAX);
	assert_int_equal(fake.nout, 0);
}

/* ---- Legacy ---- */

static void legacy_masks(void **state)
{
	(void)state;
	for (uint64_t eid = SBI_LEGACY_SEND_IPI; eid <= SBI_LEGACY_REMOTE_SFENCE_VMA_ASID; eid++)
		for (unsigned i = 0; i < ARRAY_SIZE(masks); i++) {
			bool null = masks[i].base == UINT64_MAX;

			if (masks[i].base && !null)
				continue;
			memset(fake.on, 0, sizeof(fake.on));
			fake.reads = 0;
			fake.read_value[0] = masks[i].mask;
			expect_legacy(CALL(eid, 99, null ? 0 : MAGIC, 0x1000, 0x1000, 1),
				      ERR(masks[i].error));
			if (!null)
				assert_int_equal(fake.read_addr.v, MAGIC);
			if (eid == SBI_LEGACY_SEND_IPI)
				for (unsigned n = 0; n < VCPUS; n++)
					assert_int_equal(fake.on[n].ssip, masks[i].set >> n & 1);
			else
				check_fences(masks[i].set, eid == SBI_LEGACY_REMOTE_FENCE_I);
		}
}

static void legacy_sfence(void **state)
{
	(void)state;
	for (unsigned i = 0; i < FAKE_READS; i++)
		fake.read_value[i] = BIT(1);
	expect_legacy(CALL(SBI_LEGACY_REMOTE_SFENCE_VMA_ASID, 0, MAGIC, 0x1234, 0x2000, 77), 0);
	assert_int_equal(fake.on[1].hfence.type, NACL_HFENCE_VVMA_ASID);
	assert_int_equal(fake.on[1].hfence.asid, 77);
	assert_int_equal(fake.on[1].hfence.addr, 0x1000);
	assert_int_equal(fake.on[1].hfence.count, 3);
	expect_legacy(CALL(SBI_LEGACY_REMOTE_SFENCE_VMA, 0, MAGIC, 0, 0, MAGIC), 0);
	assert_int_equal(fake.on[1].hfence.type, NACL_HFENCE_VVMA_ALL);
}

static void legacy_fault(void **state)
{
	static const struct {
		uint64_t raised, injected;
	} faults[] = {
		{CAUSE_LOAD_PAGE_FAULT, CAUSE_LOAD_PAGE_FAULT},
		{CAUSE_LOAD_ACCESS, CAUSE_LOAD_ACCESS},
		{CAUSE_LOAD_MISALIGNED, CAUSE_LOAD_MISALIGNED},
		{CAUSE_LOAD_GUEST_PAGE_FAULT, CAUSE_LOAD_ACCESS},
	};

	(void)state;
	fake.read_faults = true;
	for (uint64_t eid = SBI_LEGACY_SEND_IPI; eid <= SBI_LEGACY_REMOTE_SFENCE_VMA_ASID; eid++)
		for (unsigned i = 0; i < ARRAY_SIZE(faults); i++) {
			fake.fault =
				(struct guest_fault){.cause = faults[i].raised, .stval = MAGIC + i};
			fake.injects = 0;
			assert_true(CALL(eid, 0, MAGIC + i));
			assert_int_equal(self->ctx.sepc, PC);
			assert_int_equal(self->ctx.x[REG_A0], MAGIC + i);
			assert_int_equal(fake.injects, 1);
			assert_int_equal(fake.cause, faults[i].injected);
			assert_int_equal(fake.stval, MAGIC + i);
		}
	check_fences(0, false);
}

static void legacy_clear_ipi(void **state)
{
	(void)state;
	expect_legacy(CALL(SBI_LEGACY_CLEAR_IPI, 0), 0);
	self->ssip = 1; /* on its way */
	expect_legacy(CALL(SBI_LEGACY_CLEAR_IPI, 0), 1);
	expect_legacy(CALL(SBI_LEGACY_CLEAR_IPI, 0), 0);
	fake.hvip = IP_VS; /* delivered */
	expect_legacy(CALL(SBI_LEGACY_CLEAR_IPI, 0), 1);
	assert_int_equal(fake.hvip, IP_VSTI | IP_VSEI);
	expect_legacy(CALL(SBI_LEGACY_CLEAR_IPI, 0), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(base),
		TEST(unknown),
		TEST(timer),
		TEST(ipi),
		TEST(rfence_masks),
		TEST(rfence_ranges),
		TEST(rfence_asid),
		TEST(hsm_start),
		TEST(hsm_status),
		TEST(hsm_suspend),
		TEST(srst),
		TEST(dbcn_ranges),
		TEST(dbcn_write),
		TEST(dbcn_read),
		TEST(no_console),
		TEST(legacy_masks),
		TEST(legacy_sfence),
		TEST(legacy_fault),
		TEST(legacy_clear_ipi),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
