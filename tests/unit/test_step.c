/* SPDX-License-Identifier: BSD-2-Clause */
/* Single steps: encodings from an assembler, and random code, for bounds. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include <core/types.h>
#include <arch/step.h>

#define PC UINT64_C(0x80001000)

static uint64_t x[32];
static struct step_state state = {.x = x, .pc = PC, .sepc = 0x1235};

static struct step plan(const void *code, size_t n)
{
	struct step s;

	step_plan(&state, code, n, &s);
	return s;
}

static struct step one(uint32_t insn)
{
	return plan(&insn, (insn & 3) == 3 ? 4 : 2);
}

static void expect_next(uint32_t insn, uint64_t next)
{
	struct step s = one(insn);

	assert_false(s.done);
	assert_int_equal(s.nnext, 1);
	assert_int_equal(s.next[0], next);
}

static void expect_done(uint32_t insn, uint64_t pc, unsigned rd)
{
	struct step s = one(insn);

	assert_true(s.done);
	assert_int_equal(s.pc, pc);
	assert_int_equal(s.rd, rd);
	if (rd)
		assert_int_equal(s.value, PC + ((insn & 3) == 3 ? 4 : 2));
}

static void test_straight(void **unused)
{
	(void)unused;
	expect_next(0x00000013, PC + 4); /* nop */
	expect_next(0x0001, PC + 2);	 /* c.nop */
	expect_next(0x9002, PC + 2);	 /* c.ebreak */
	expect_next(0x00100073, PC + 4); /* ebreak */
	expect_next(0x852e, PC + 2);	 /* c.mv a0, a1 */
	expect_next(0x952e, PC + 2);	 /* c.add a0, a1 */
	expect_next(0x2505, PC + 2);	 /* c.addiw a0, 1: a jump on RV32 only */
	expect_next(0x00b6252f, PC + 4); /* amoadd.w a0, a1, (a2) */
	expect_next(0x00b52863, PC + 4); /* no such branch */
}

static void test_jumps(void **unused)
{
	(void)unused;
	expect_done(0x008000ef, PC + 8, 1);	   /* jal ra, .+8 */
	expect_done(0x0000006f, PC, 0);		   /* j . */
	expect_done(0xffdff06f, PC - 4, 0);	   /* j .-4 */
	expect_done(0x800000ef, PC - 0x100000, 1); /* jal ra, .-1M */
	expect_done(0xa001, PC, 0);		   /* c.j . */
	expect_done(0xbffd, PC - 2, 0);		   /* c.j .-2 */
	expect_done(0xb001, PC - 0x800, 0);	   /* c.j .-2048 */
	x[5] = 0x7001;
	expect_done(0x00428367, 0x7004, 6); /* jalr t1, 4(t0): bit 0 goes */
	expect_done(0x000282e7, 0x7000, 5); /* jalr t0, (t0): the old value */
	expect_done(0x8282, 0x7000, 0);	    /* c.jr t0 */
	expect_done(0x9282, 0x7000, 1);	    /* c.jalr t0 */
	expect_done(0x00000067, 0, 0);	    /* jr zero */
}

static void test_branches(void **unused)
{
	(void)unused;
	x[10] = (uint64_t)-1;
	x[11] = 1;
	expect_done(0x00b50863, PC + 4, 0);    /* beq a0, a1, .+16 */
	expect_done(0x00b51863, PC + 16, 0);   /* bne */
	expect_done(0x00b54863, PC + 16, 0);   /* blt: signed */
	expect_done(0x00b55863, PC + 4, 0);    /* bge */
	expect_done(0x00b56863, PC + 4, 0);    /* bltu */
	expect_done(0x00b57863, PC + 16, 0);   /* bgeu */
	expect_done(0x80000063, PC - 4096, 0); /* beqz zero, .-4096 */
	x[0] = 7;			       /* does not count */
	expect_done(0x00000863, PC + 16, 0);   /* beqz zero */
	x[0] = 0;
	x[8] = 0;
	expect_done(0xc011, PC + 4, 0);	  /* c.beqz s0, .+4 */
	expect_done(0xe011, PC + 2, 0);	  /* c.bnez s0, .+4 */
	expect_done(0xd001, PC - 256, 0); /* c.beqz s0, .-256 */
	x[8] = 1;
	expect_done(0xc011, PC + 2, 0);
	expect_done(0xe011, PC + 4, 0);
}

static void test_system(void **unused)
{
	(void)unused;
	expect_next(0x10200073, 0x1234);    /* sret */
	expect_done(0x10500073, PC + 4, 0); /* wfi */
	expect_next(0x00000073, PC + 4);    /* ecall */
	assert_true(one(0x00000073).interrupts);
	assert_true(one(0x10402573).interrupts);  /* csrr a0, sie */
	assert_true(one(0x104172f3).interrupts);  /* csrrci t0, sie, 2 */
	assert_false(one(0x10002573).interrupts); /* csrr a0, sstatus */
	assert_false(one(0x10400073).interrupts); /* sctrclr: no CSR instruction */
	state.user = true;
	expect_next(0x10500073, PC + 4);
	assert_false(one(0x00000073).interrupts);
	state.user = false;
}

static void test_short(void **unused)
{
	static const uint8_t nop[] = {0x13, 0, 0, 0};

	(void)unused;
	for (size_t n = 0; n < 4; n++)
		assert_int_equal(plan(nop, n).nnext, 0);
	assert_int_equal(plan(nop, 4).nnext, 1);
}

static bool has(const struct step *s, uint64_t pc)
{
	for (unsigned i = 0; i < s->nnext; i++)
		if (s->next[i] == pc)
			return true;
	return false;
}

static void test_lr_sc(void **unused)
{
	/* 1: lr.w a0, (a1); bne a0, a2, 2f; sc.w a3, a4, (a1); bnez a3, 1b; 2: */
	static const uint32_t cas[] = {0x1005a52f, 0x00c51663, 0x18e5a6af, 0xfe069ae3, 0x13};
	static const uint32_t lr_only[] = {0x1005a52f, 0x13, 0x0000006f, 0x18e5a6af};
	uint32_t far[24];
	struct step s = plan(cas, sizeof(cas));

	(void)unused;
	assert_false(s.done);
	assert_int_equal(s.nnext, 2);
	assert_true(has(&s, PC + 12)); /* behind the sc: stepping goes on there */
	assert_true(has(&s, PC + 16)); /* the exit */
	s = plan(lr_only, sizeof(lr_only));
	assert_int_equal(s.nnext, 1);
	assert_int_equal(s.next[0], PC + 4);
	s = plan(cas, 8); /* the rest cannot be read */
	assert_int_equal(s.nnext, 1);
	for (unsigned i = 0; i < 24; i++)
		far[i] = 0x13;
	far[0] = 0x1005a52f;
	far[16] = 0x18e5a6af; /* the 17th */
	assert_int_equal(plan(far, sizeof(far)).next[0], PC + 4);
	far[15] = 0x18e5a6af;
	assert_int_equal(plan(far, sizeof(far)).next[0], PC + 64);
	for (unsigned i = 1; i < 15; i++)
		far[i] = 0x08051063 + (i << 8 & 0xf00); /* many exits */
	s = plan(far, sizeof(far));
	assert_true(s.nnext <= STEP_NEXT);
	assert_int_equal(s.next[0], PC + 64);
}

static void test_random(void **unused)
{
	uint8_t code[STEP_CODE];

	(void)unused;
	srand(1);
	for (unsigned round = 0; round < 200000; round++) {
		size_t n = (size_t)rand() % (sizeof(code) + 1);
		struct step s;

		for (size_t i = 0; i < n; i++)
			code[i] = (uint8_t)rand();
		if (round & 1 && n >= 4)
			memcpy(code, &(uint32_t){0x1005a52f}, 4);
		s = plan(code, n);
		assert_true(s.nnext <= STEP_NEXT && s.rd < 32);
		assert_true(s.done || s.nnext || n < 4);
		if (s.done)
			assert_false(s.pc & 1);
		for (unsigned i = 0; i < s.nnext; i++)
			assert_false(s.next[i] & 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_straight), cmocka_unit_test(test_jumps),
		cmocka_unit_test(test_branches), cmocka_unit_test(test_system),
		cmocka_unit_test(test_short),	 cmocka_unit_test(test_lr_sc),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
