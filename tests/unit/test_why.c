/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * why: the rules that the broken guests of tests/boot/why.cases do not reach, their order, and any
 * snapshot at all: the diagnosis ends within its buffer and says something.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include <core/why.h>
#include <spec/csr.h>
#include <spec/sbi.h>

static struct why_guest g;
static char text[1024];

static uint64_t random64(void)
{
	static uint64_t x = 88172645463325252;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return x;
}

/* An idle Linux guest, all well. */
static int well(void **state)
{
	struct why_vcpu *v = &g.vcpu[0];

	(void)state;
	memset(&g, 0, sizeof(g));
	g.name = "alpha";
	g.state = WHY_RUNNING;
	g.nvcpus = 1;
	g.ram_base = 0x80000000;
	g.ram_size = 64 << 20;
	g.kernel = 0x80200000;
	g.bootargs = "console=ttyS0";
	g.has_console = g.uart_used = g.uart_enabled = g.linux_log = true;
	for (unsigned i = 0; i < WHY_SAMPLES; i++)
		v->pc[i] = 0xffffffff80001000;
	v->supervisor = v->waiting = v->timer = true;
	v->sie = IP_SEI | IP_STI | IP_SSI;
	v->sstatus = SSTATUS_SIE;
	v->scause = CAUSE_INTERRUPT | IRQ_STI;
	v->stvec = 0xffffffff80000000;
	return 0;
}

static void expect(const char *part)
{
	why(&g, text, sizeof(text));
	if (!strstr(text, part))
		fail_msg("'%s' is not in: %s", part, text);
	assert_int_equal(text[strlen(text) - 1], '\n');
}

static void refuse(const char *part)
{
	assert_null(strstr(text, part));
}

static void test_idle(void **state)
{
	(void)state;
	expect("alpha: it is idle and healthy: it waits for a timer or input");
	refuse("likely");
	strcpy(g.last, "Run /init as init process");
	expect("its kernel said last: Run /init");
	g.bootargs = "quiet console=hvc0";
	expect("console= in its bootargs is not ttyS0");
	g.bootargs = "quiet";
	g.uart_used = false;
	expect("it has no driver for its serial line");
	g.has_console = false;
	expect("console = \"none\"");
}

static void test_log_first(void **state)
{
	(void)state;
	strcpy(g.worst,
	       "Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block");
	expect("its kernel says: Kernel panic");
	refuse("idle");
	expect("no root file system");
	strcpy(g.worst, "Kernel panic - not syncing: No working init found.");
	expect("no init that can be run");
	strcpy(g.worst, "Kernel panic - not syncing: System is deadlocked on memory");
	expect("too little memory");
	strcpy(g.worst, "Kernel panic - not syncing: something new");
	expect("the kernel gave up");
	g.state = WHY_PAUSED;
	expect("it is paused");
	g.state = WHY_STOPPED;
	expect("has stopped it");
	assert_int_equal(why_weight("all is well"), 0);
	assert_true(why_weight("VFS: Unable to mount root fs") > why_weight("Kernel panic"));
}

static void test_vcpus(void **state)
{
	(void)state;
	g.nvcpus = 2;
	g.vcpu[1] = g.vcpu[0];
	g.vcpu[0].hsm = SBI_HSM_STATE_STOPPED;
	expect("alpha: (vcpu 1) it is idle");
	g.vcpu[1].waiting = false;
	expect("it waits for another vcpu, which was never started");
	g.vcpu[1].hsm = SBI_HSM_STATE_STOPPED;
	expect("every vcpu has stopped itself");
	g.state = WHY_CRASHED;
	expect("Nacre has ended it");
	g.state = WHY_RUNNING;
	g.boots = 9;
	expect("it restarts again and again: it was started 9 times");
	g.nvcpus = 0;
	why(&g, text, sizeof(text));
	assert_string_equal(text, "alpha: ");
}

static void test_timer_and_devices(void **state)
{
	struct why_vcpu *v = &g.vcpu[0];

	(void)state;
	g.missing_source = 33;
	expect("idle and healthy"); /* its timer goes on */
	v->timer = false;
	expect("it waits for interrupt source 33");
	v->sie = IP_STI;
	expect("no timer is set");
	v->sie = 0;
	expect("with every interrupt disabled");
}

static void test_page_faults(void **state)
{
	struct why_vcpu *v = &g.vcpu[0];

	(void)state;
	v->waiting = false;
	v->sstatus = 0;
	v->scause = CAUSE_LOAD_PAGE_FAULT;
	v->sepc = 0xffffffff80002000;
	v->satp = SATP_MODE_SV39 << 60 | 0x80300;
	expect("it took a load page fault and has not come back");
	expect(": a null pointer");
	v->stval = 0xffffffff90000000;
	expect("do not map or allow 0xffffffff90000000\n");
	v->trap_loop = true;
	expect("again and again");
	v->sepc = v->stvec;
	for (unsigned i = 0; i < WHY_SAMPLES; i++)
		v->pc[i] = v->stvec;
	v->stvec_place = WHY_UNMAPPED;
	expect("stvec is not in memory: the page tables do not map it");
}

static void test_at_work(void **state)
{
	struct why_vcpu *v = &g.vcpu[0];

	(void)state;
	v->waiting = false;
	for (unsigned i = 0; i < WHY_SAMPLES; i++)
		v->pc[i] = 0xffffffff80001000 + 4096 * i;
	v->mmio = 7;
	expect("it runs: 7 device accesses");
	v->pc_zeros = true;
	v->pc_place = WHY_RAM;
	expect("a wild jump: the kernel was loaded at 0x80200000");
	g.kernel = 0;
	expect("not where its header says");
}

static void test_any(void **state)
{
	(void)state;
	for (unsigned n = 0; n < 100000; n++) {
		size_t size = n % 3 ? sizeof(text) : random64() % 40;
		struct why_vcpu *v = &g.vcpu[0];

		well(NULL);
		for (unsigned i = 0; i < WHY_SAMPLES; i++)
			v->pc[i] = random64() & 0x1f8 & (n % 2 ? 0x1f8 : 0);
		v->waiting = random64() & 1;
		v->sstatus = random64();
		v->sie = random64() & random64();
		v->scause = random64() % 20;
		v->sepc = random64() & 0x1f8;
		v->stvec = random64() & 0x1f8;
		v->stval = random64() >> random64() % 64;
		v->satp = n % 5 ? 0 : random64();
		v->faults = random64() % 10;
		v->refusals = random64() % 2;
		v->sepc_insn = (uint32_t)random64();
		v->stval_place = random64() % 4;
		g.uart_claimed = random64() & 1;
		g.uart_high = random64() & 1;
		memset(text, 0x55, sizeof(text));
		why(&g, text, size);
		assert_true(size == 0 || strlen(text) < size);
		assert_true(size == sizeof(text) || text[size] == 0x55);
		if (size == sizeof(text)) {
			assert_true(strlen(text) > 10);
			assert_int_equal(text[strlen(text) - 1], '\n');
		}
	}
}

#define TEST(f) cmocka_unit_test_setup(f, well)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_idle),	TEST(test_log_first),
		TEST(test_vcpus),	TEST(test_timer_and_devices),
		TEST(test_page_faults), TEST(test_at_work),
		TEST(test_any),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
