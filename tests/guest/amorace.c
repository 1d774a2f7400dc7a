/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Several harts work on one 32-bit word at once: AMOs on its byte 0 and on its upper half, LR/SC
 * and AMOs of the whole word, and plain stores to byte 1, which one hart owns for a round. If any
 * of these were not atomic against the others, a sum or the owner's byte would come out wrong. Then
 * a counter of 128 bits by AMOCAS.Q, whose halves must fit together whenever they are seen.
 */
#include "amo.h"

#define ROUNDS	   8
#define FUNCT7(op) ((op) << 2 | AMO_AQ | AMO_RL)

/* rd = a0, rs1 = a0, rs2 = a1 */
#define AMO(name, op, log)                                            \
	static void name(volatile void *p, uint64_t v)                \
	{                                                             \
		register uint64_t a0 __asm__("a0") = (uintptr_t)p;    \
		register uint64_t a1 __asm__("a1") = v;               \
		__asm__ volatile(".insn r 0x2f, %2, %3, a0, a0, a1"   \
				 : "+r"(a0)                           \
				 : "r"(a1), "i"(log), "i"(FUNCT7(op)) \
				 : "memory");                         \
	}

/* *p += v by compare and swap, however often it takes. rd = a0, rs1 = a2, rs2 = a1 */
#define ADD_BY_CAS(name, type, log)                                                         \
	static void name(volatile type *p, type v)                                          \
	{                                                                                   \
		register uint64_t a0 __asm__("a0") = (uint64_t)*p;                          \
		register uint64_t a1 __asm__("a1");                                         \
		register uint64_t a2 __asm__("a2") = (uintptr_t)p;                          \
		type seen;                                                                  \
		do {                                                                        \
			seen = (type)a0;                                                    \
			a1 = (uint64_t)(seen + v);                                          \
			__asm__ volatile(".insn r 0x2f, %3, %4, a0, a2, a1"                 \
					 : "+r"(a0)                                         \
					 : "r"(a1), "r"(a2), "i"(log), "i"(FUNCT7(AMO_CAS)) \
					 : "memory");                                       \
		} while ((type)a0 != seen);                                                 \
	}

AMO(amoadd_b, AMO_ADD, 0)
AMO(amoadd_h, AMO_ADD, 1)
AMO(amoadd_w, AMO_ADD, 2)
ADD_BY_CAS(cas_add_b, uint8_t, 0)
ADD_BY_CAS(cas_add_h, uint16_t, 1)
ADD_BY_CAS(cas_add_w, uint32_t, 2)
ADD_BY_CAS(cas_add_d, uint64_t, 3)

static union {
	uint32_t word;
	uint8_t byte[4];
	uint16_t half[2];
} shared __attribute__((aligned(64)));
static uint64_t cas_count;
static unsigned overwritten; /* the owner's byte was not what it had stored */
static unsigned loops;

#define UPPER_ONE UINT32_C(0x10000) /* one in the upper half, for what works on the word */

static void lr_sc_add(volatile uint32_t *p, uint32_t v)
{
	uint32_t old, fail;

	__asm__ volatile("1:	lr.w	%0, (%2)\n"
			 "	add	%0, %0, %3\n"
			 "	sc.w	%1, %0, (%2)\n"
			 "	bnez	%1, 1b\n"
			 : "=&r"(old), "=&r"(fail)
			 : "r"(p), "r"(v)
			 : "memory");
}

static void work(void)
{
	if (machine.zabha) {
		amoadd_b(&shared.byte[0], 1);
		amoadd_h(&shared.half[1], 1);
	}
	lr_sc_add(&shared.word, UPPER_ONE);
	amoadd_w(&shared.word, UPPER_ONE);
	if (machine.zabha && machine.zacas) {
		cas_add_b(&shared.byte[0], 1);
		cas_add_h(&shared.half[1], 1);
	}
	if (machine.zacas) {
		cas_add_w(&shared.word, UPPER_ONE);
		cas_add_d(&cas_count, 1);
	}
}

static void job_word(void *arg)
{
	volatile uint8_t *own = &shared.byte[1];
	unsigned me = self()->index;

	(void)arg;
	for (unsigned round = 0; round < ROUNDS; round++) {
		bool owner = round % machine.harts == me;

		barrier();
		for (unsigned i = 0; i < loops; i++) {
			if (owner)
				*own = (uint8_t)(i ^ round);
			work();
			if (owner && *own != (uint8_t)(i ^ round))
				atomic_add(&overwritten, 1);
		}
	}
}

static void test_word(void)
{
	uint64_t n = (uint64_t)loops * ROUNDS * machine.harts;
	uint64_t b = machine.zabha, c = machine.zacas, bc = b && c;

	run_all(job_word, NULL);
	check_eq("race.byte", shared.byte[0], (uint8_t)(n * (b + bc)));
	check_eq("race.half", shared.half[1], (uint16_t)(n * (2 + b + bc + c)));
	check_eq("race.double", cas_count, n * c);
	check_eq("race.plain-store", overwritten, 0);
}

/* ---- 128 bits ---- */

static uint64_t counter[2] __attribute__((aligned(16)));
static unsigned torn;

static uint64_t other_half(uint64_t low)
{
	return ~low * UINT64_C(0x9e3779b97f4a7c15);
}

static void cas_q(uint64_t expect[2], const uint64_t desired[2])
{
	register uint64_t a0 __asm__("a0") = expect[0];
	register uint64_t a1 __asm__("a1") = expect[1];
	register uint64_t a2 __asm__("a2") = desired[0];
	register uint64_t a3 __asm__("a3") = desired[1];
	register uint64_t a4 __asm__("a4") = (uintptr_t)counter;

	__asm__ volatile(".insn r 0x2f, 4, %5, a0, a4, a2"
			 : "+r"(a0), "+r"(a1)
			 : "r"(a2), "r"(a3), "r"(a4), "i"(FUNCT7(AMO_CAS))
			 : "memory");
	expect[0] = a0;
	expect[1] = a1;
}

static void job_wide(void *arg)
{
	uint64_t seen[2] = {0, 0};

	(void)arg;
	barrier();
	for (unsigned i = 0; i < loops;) {
		uint64_t want[2] = {seen[0], seen[1]};
		const uint64_t next[2] = {seen[0] + 1, other_half(seen[0] + 1)};

		cas_q(seen, next);
		if (seen[1] != other_half(seen[0]))
			atomic_add(&torn, 1);
		if (seen[0] == want[0] && seen[1] == want[1])
			i++;
	}
}

static void test_wide(void)
{
	if (!machine.zacas) {
		skip("race.wide", "no Zacas");
		return;
	}
	counter[1] = other_half(0);
	run_all(job_wide, NULL);
	check_eq("race.wide", counter[0], (uint64_t)loops * machine.harts);
	check_eq("race.wide.halves", counter[1], other_half(counter[0]));
	check_eq("race.wide.torn", torn, 0);
}

/*
 * One hart stores two values to the low half, in turn and as fast as it can; the others mark one of
 * these by AMOCAS.Q, and count in the high half. A mark on a value that is no longer there would
 * undo a store.
 */
#define MARK 4

static unsigned marks, undone, casing;

static void store_values(void)
{
	volatile uint64_t *low = &counter[0];

	for (uint64_t v = 1; load_acquire(&casing); v ^= 3) {
		uint64_t seen;

		*low = v;
		for (unsigned i = 0; i < 16; i++)
			__asm__ volatile("");
		seen = *low;
		if (seen != v && seen != (v | MARK))
			atomic_add(&undone, 1);
	}
}

static void mark_values(void)
{
	uint64_t seen[2] = {1, 0};

	for (unsigned i = 0; i < 10 * loops || !load_acquire(&marks); i++) {
		uint64_t high = seen[1];
		const uint64_t next[2] = {1 | MARK, high + 1};

		seen[0] = 1;
		cas_q(seen, next);
		if (seen[0] == 1 && seen[1] == high)
			atomic_add(&marks, 1);
	}
	atomic_add(&casing, -1);
}

static void job_store(void *arg)
{
	(void)arg;
	barrier();
	if (self()->index == 1)
		store_values();
	else
		mark_values();
}

static void test_wide_store(void)
{
	if (!machine.zacas)
		return;
	casing = machine.harts - 1;
	counter[0] = 1;
	counter[1] = 0;
	run_all(job_store, NULL);
	check_eq("race.wide.stores", undone, 0);
	check_eq("race.wide.marks", counter[1], marks);
	check("race.wide.marks.some", marks);
}

void guest_main(void)
{
	loops = (unsigned)bootarg("loops", 397);
	print("# zabha %d zacas %d\n", machine.zabha, machine.zacas);
	smp_init();
	test_word();
	test_wide();
	if (machine.harts > 1)
		test_wide_store();
}
