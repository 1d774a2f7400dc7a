/* SPDX-License-Identifier: BSD-2-Clause */
/* arch/riscv/inject.c: trap entry, and that SRET undoes it. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <arch/inject.h>
#include <spec/csr.h>

static uint64_t rng = 88172645463325252u;

static uint64_t rnd(void)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return rng;
}

/* By the numbers: bit 1 SIE, bit 5 SPIE, bit 8 SPP. */
static void test_bits(void **state)
{
	static const struct {
		bool s;
		uint64_t before, after;
	} cases[] = {
		{false, 0x000, 0x000},
		{true, 0x000, 0x100},
		{false, 0x002, 0x020},
		{true, 0x002, 0x120},
		{false, 0x120, 0x000},
		{true, 0x120, 0x100},
		{false, 0x122, 0x020},
		{true, 0x122, 0x120},
		{false, 0x020, 0x000},
		{false, 0x100, 0x000},
		{true, ~UINT64_C(0), ~UINT64_C(2)},
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		struct inject_state s = {.vsstatus = cases[i].before, .virt_priv_s = cases[i].s};

		inject_exception(&s, CAUSE_ILLEGAL, 0);
		assert_int_equal(s.vsstatus, cases[i].after);
		assert_true(s.virt_priv_s);
	}
}

static void test_fields(void **state)
{
	static const uint64_t base = UINT64_C(0xffffffff80003000);

	(void)state;
	for (uint64_t mode = 0; mode < 4; mode++) {
		struct inject_state s = {.vstvec = base | mode,
					 .pc = 0x80201236,
					 .vsepc = 1,
					 .vscause = 2,
					 .vstval = 3};

		inject_exception(&s, CAUSE_STORE_PAGE_FAULT, 0xdeadbeef);
		assert_int_equal(s.pc, base); /* never base + 4 * cause */
		assert_int_equal(s.vstvec, base | mode);
		assert_int_equal(s.vsepc, 0x80201236);
		assert_int_equal(s.vscause, 15);
		assert_int_equal(s.vstval, 0xdeadbeef);
	}
}

static void test_interrupt(void **state)
{
	(void)state;
	for (uint64_t mode = 0; mode < 4; mode++) {
		struct inject_state s = {.vstvec = 0x80003000 | mode, .pc = 0x80201236};

		inject_exception(&s, CAUSE_INTERRUPT | IRQ_VSTI, 0);
		assert_int_equal(s.pc, mode == 1 ? 0x80003018 : 0x80003000);
		assert_int_equal(s.vscause, CAUSE_INTERRUPT | 6);
		assert_int_equal(s.vsepc, 0x80201236);
	}
}

static void sret(struct inject_state *s)
{
	bool sie = s->vsstatus & 0x20;

	s->virt_priv_s = s->vsstatus & 0x100;
	s->vsstatus = (s->vsstatus & ~UINT64_C(0x102)) | 0x20 | (sie ? 2 : 0);
	s->pc = s->vsepc & ~UINT64_C(1);
}

/* SRET from the handler leads back to where the guest was, with its interrupt enable and privilege.
 */
static void test_sret_undoes(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 100000; i++) {
		struct inject_state s = {
			.vsstatus = rnd(), .vstvec = rnd(), .pc = rnd() & ~UINT64_C(1)};
		struct inject_state was;

		s.virt_priv_s = rnd() >> 63;
		was = s;
		inject_exception(&s, rnd(), rnd());
		assert_int_equal(s.vsstatus & 2, 0);
		sret(&s);
		assert_int_equal(s.vsstatus & ~UINT64_C(0x120), was.vsstatus & ~UINT64_C(0x120));
		assert_int_equal(s.virt_priv_s, was.virt_priv_s);
		assert_int_equal(s.pc, was.pc);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bits),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_interrupt),
		cmocka_unit_test(test_sret_undoes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
