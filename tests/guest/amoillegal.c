/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * AMOs that are none: reserved encodings always, and with hidden=1 those of extensions that the
 * device tree does not promise (hidden=1 is for harts that have them not: nothing can take them
 * away). Illegal instruction, stval the instruction, from S- and U-mode - also where some AMOs are
 * emulated, and so all illegal instructions are looked at by somebody else first.
 */
#include "amo.h"

static uint64_t operand[2] __attribute__((aligned(16)));

static unsigned legal(uint32_t word)
{
	struct trap_info s = try_insn(word, (uintptr_t)operand, 0, NULL);
	struct trap_info u = try_user_insn(word, (uintptr_t)operand, 0);
	bool bad = !s.taken || s.cause != CAUSE_ILLEGAL || s.stval != word ||
		   s.epc != (uintptr_t)self()->code || !(s.sstatus & SSTATUS_SPP) || !u.taken ||
		   u.cause != CAUSE_ILLEGAL || u.stval != word ||
		   u.epc != (uintptr_t)self()->code || (u.sstatus & SSTATUS_SPP);

	if (bad)
		print("# %08x: causes %lu %lu stval %lx %lx\n", word, s.cause, u.cause, s.stval,
		      u.stval);
	return bad;
}

static bool is_op(unsigned op)
{
	for (unsigned k = 0; k < ARRAY_SIZE(amo_ops); k++)
		if (amo_ops[k] == op)
			return true;
	return false;
}

/* Byte to quadword: no such operation, LR and SC of these widths, wide ones that do not exist. */
static void test_reserved(void)
{
	unsigned bad = 0;

	for (unsigned op = 0; op < 32; op++)
		for (unsigned log = 0; log < 8; log++) {
			bool lr_sc = (op == AMO_LR || op == AMO_SC) && (log == 2 || log == 3);

			if (!lr_sc && (!is_op(op) || log > AMO_LOG_MAX || !amo_exists(op, log)))
				bad += legal(amo_word((struct amo_insn){op, log, 0, 12, 10, 14}));
		}
	bad += legal(amo_word((struct amo_insn){AMO_CAS, 4, 0, 11, 10, 14}));
	bad += legal(amo_word((struct amo_insn){AMO_CAS, 4, 0, 12, 10, 15}));
	check_eq("amo.reserved", bad, 0);
}

static void test_not_given(void)
{
	unsigned bad = 0, n = 0;

	for (unsigned op = 0; op < ARRAY_SIZE(amo_ops); op++)
		for (unsigned log = 0; log <= AMO_LOG_MAX; log++)
			for (unsigned aqrl = 0; aqrl < 4; aqrl++)
				if (amo_exists(amo_ops[op], log) && !amo_given(amo_ops[op], log)) {
					bad += legal(amo_word((struct amo_insn){amo_ops[op], log,
										aqrl, 12, 10, 14}));
					n++;
				}
	check_eq("amo.not-given", bad, 0);
	check("amo.not-given.some", n);
}

void guest_main(void)
{
	print("# zabha %d zacas %d\n", machine.zabha, machine.zacas);
	test_reserved();
	if (bootarg("hidden", 0))
		test_not_given();
	check("alive", !operand[0] && !operand[1]);
}
