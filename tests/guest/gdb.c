/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest for the tests of the debugger (tests/gdb): something to stop in, to step through and to
 * watch. It counts for ever, ten times a second, and says so; hart 1, if there is one, spins on the
 * page that is watched. Its own breakpoints must go on working.
 */
#include "lib.h"

#define INSN_EBREAK 0x00100073

static struct {
	volatile uint64_t ticks, spins;
	volatile uint64_t seldom; /* changes every fifth tick */
	volatile uint64_t often;
	volatile uint32_t words[4];
} __attribute__((aligned(4096))) watched;

static uint64_t own, bad;

/* The functions' frames are looked at, so they must have them. */
#define VISIBLE static __attribute__((noinline, noipa))

VISIBLE uint64_t inner(uint64_t n)
{
	__asm__ volatile("" : "+r"(n));
	return 3 * n + 1;
}

VISIBLE uint64_t outer(uint64_t n)
{
	uint64_t r = inner(n);

	watched.often += r;
	return r;
}

/* An LR/SC loop, an AMO, CSRs, calls: what stepping has to get right. The sum is n + 10. */
VISIBLE uint64_t mixed(uint64_t n)
{
	uint64_t sum, tmp;

	watched.words[0] = (uint32_t)n;
	__asm__ volatile("1:	lr.w %0, (%2)\n"
			 "	addi %0, %0, 3\n"
			 "	sc.w %1, %0, (%2)\n"
			 "	bnez %1, 1b\n"
			 "	li %1, 5\n"
			 "	amoadd.w %0, %1, (%2)\n"
			 "	csrr %1, sie\n"
			 "	csrw sie, %1\n"
			 "	csrr %1, sstatus\n"
			 "	lw %0, (%2)\n"
			 "	beqz zero, 2f\n"
			 "	nop\n"
			 "2:	addi %0, %0, 1\n"
			 : "=&r"(sum), "=&r"(tmp)
			 : "r"(&watched.words[0])
			 : "memory");
	sum += sbi_probe(SBI_EXT_BASE); /* a call that Nacre answers */
	return sum;
}

static void fp(uint64_t n)
{
	register uint64_t a0 __asm__("a0") = n;

	if (machine.fpu)
		__asm__ volatile(".word 0xf2050553" : : "r"(a0)); /* fmv.d.x fa0, a0 */
}

VISIBLE void tick(uint64_t n)
{
	struct trap_info t = try_insn(INSN_EBREAK, 0, 0, NULL);

	own += t.taken && t.cause == CAUSE_BREAKPOINT && t.epc == (uint64_t)self()->code;
	bad += outer(n) != 3 * n + 1;
	bad += mixed(n) != n + 10;
	fp(n);
	if (n % 5 == 0)
		watched.seldom++;
	watched.ticks++;
	print("gdb: tick %lu own %lu bad %lu\n", n, own, bad);
}

static void spin(void *arg)
{
	(void)arg;
	for (;;)
		watched.spins++;
}

void guest_main(void)
{
	csr_set(CSR_SSTATUS, machine.fpu ? SSTATUS_FS_INITIAL : 0);
	if (machine.harts > 1) {
		smp_init();
		hart_post(1, spin, NULL);
	}
	for (uint64_t n = 0;; n++) {
		uint64_t next = rdtime() + usec(100000);

		tick(n);
		while (rdtime() < next)
			pause_hint();
	}
}
