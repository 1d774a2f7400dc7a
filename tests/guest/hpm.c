/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SBI PMU's hardware counters. Under -icount on one of the host's harts (boot argument "exact"; on
 * two QEMU counts for each what both did) a counter of instructions counts each of this hart, in
 * the modes that it shall count in, and none of another's, however they take turns. On two, values
 * are kept wherever the hart goes. With "counters=0" there must be none.
 */
#include "hyp.h"

#define FIRMWARE 16	  /* Nacre's, which come first */
#define SLOT	 FIRMWARE /* hpmcounter3 */
#define CSR_SLOT CSR_HPMCOUNTER3
#define ROUNDS	 bootarg("rounds", 3000000) /* of the loop, on each hart */
#define INSTRS	 SBI_PMU_HW_INSTRUCTIONS
#define TYPE(t)	 ((uint64_t)(t) << SBI_PMU_TYPE_SHIFT)
#define RUN	 (SBI_PMU_CFG_CLEAR_VALUE | SBI_PMU_CFG_AUTO_START)

#define CALL(fid, ...) sbi(SBI_EXT_PMU, fid, __VA_ARGS__)
#define CONFIG(...)    CALL(SBI_PMU_COUNTER_CFG_MATCH, __VA_ARGS__)
#define START(...)     CALL(SBI_PMU_COUNTER_START, __VA_ARGS__)
#define STOP(...)      CALL(SBI_PMU_COUNTER_STOP, __VA_ARGS__)

static uint64_t counters; /* of the hardware */

/* ---- What is counted ---- */

/* 2 * n + 1 instructions in S-mode, 2 * n + 1 in U-mode. */
__asm__(".text\n.balign 4\n"
	"loop:	addi	a0, a0, -1\n"
	"	bnez	a0, loop\n"
	"	ret\n"
	"user_loop: addi a0, a0, -1\n"
	"	bnez	a0, user_loop\n"
	"	ecall\n");
extern char user_loop[];
void loop(uint64_t n);

static void in_user(uint64_t n)
{
	try_user(user_loop, n, 0);
}

/* Each time Nacre puts the hart away and loads it again: tens of thousands of instructions. It is
 * 14 here, or 15: to QEMU it is not always the same whether one that traps was carried out. */
#define WAIT_INSTRS 15
static void waits(uint64_t n)
{
	csr_set(CSR_SIE, IP_STI);
	for (uint64_t i = 0; i < n; i++) {
		set_timer(rdtime() + usec(50));
		wfi();
	}
	set_timer(~0UL);
	csr_clear(CSR_SIE, IP_STI);
}

static uint64_t counted(void (*fn)(uint64_t), uint64_t n)
{
	uint64_t before = csr_read(CSR_SLOT);

	fn(n);
	return csr_read(CSR_SLOT) - before;
}

/* What each round adds, if it is the same for many and for few; else ~0. */
static uint64_t per_round(void (*fn)(uint64_t), uint64_t n)
{
	uint64_t a = counted(fn, n), b = counted(fn, 2 * n), c = counted(fn, 3 * n);

	if (b - a != c - b || (b - a) % n) {
		print("# %lu rounds: %lu, %lu, %lu\n", n, a, b, c);
		return ~0UL;
	}
	return (b - a) / n;
}

static void test_modes(void)
{
	static const struct {
		const char *name;
		uint64_t filters, super, user;
	} modes[] = {
		{"count.both", 0, 2, 2},
		{"count.not-user", SBI_PMU_CFG_UINH, 2, 0},
		{"count.not-supervisor", SBI_PMU_CFG_SINH, 0, 2},
		{"count.neither", SBI_PMU_CFG_SINH | SBI_PMU_CFG_UINH, 0, 0},
		{"count.others", SBI_PMU_CFG_VSINH | SBI_PMU_CFG_VUINH | SBI_PMU_CFG_MINH, 2, 2},
	};

	for (unsigned i = 0; i < ARRAY_SIZE(modes); i++) {
		struct sbiret r = CONFIG(SLOT, 1, RUN | modes[i].filters, INSTRS, 0);

		if (machine.hyp && !modes[i].super && !modes[i].user)
			continue; /* test_overflow_of_guest() */
		check("config", !r.error && r.value == SLOT);
		check_eq(modes[i].name, per_round(loop, 1000), modes[i].super);
		check_eq(modes[i].name, per_round(in_user, 1000), modes[i].user);
		if (modes[i].super)
			check("count.wfi", counted(waits, 20) < 22 * WAIT_INSTRS);
		check_eq("reset", (uint64_t)STOP(SLOT, 1, SBI_PMU_STOP_RESET).error, 0);
	}
}

/* Harts with an even index count; the others see that theirs stands still. A second counter has a
 * value and is stopped, or is not in use and 0. */
static uint64_t sums[MAX_HARTS];
static unsigned lost[MAX_HARTS];

static void job(void *arg)
{
	unsigned me = self()->index;
	uint64_t n = ROUNDS * (1 + me), mine = 0;
	bool counts = me % 2 == 0;

	(void)arg;
	if (counts) {
		CONFIG(SLOT, 1, RUN, INSTRS, 0);
		CONFIG(SLOT + 1, 1, 0, SBI_PMU_HW_CPU_CYCLES, 0);
		START(SLOT + 1, 1, SBI_PMU_START_SET_INIT_VALUE, 0x1000 * (1 + me));
		STOP(SLOT + 1, 1, 0);
		mine = csr_read(CSR_SLOT + 1);
	}
	barrier();
	sums[me] = counted(loop, n);
	for (unsigned i = 0; i < 20; i++) {
		waits(1);
		lost[me] += csr_read(CSR_SLOT + 1) != mine;
	}
	if (counts)
		STOP(SLOT, 3, SBI_PMU_STOP_RESET);
}

static void test_harts(bool exact)
{
	uint64_t extra;

	CONFIG(SLOT, 1, RUN, INSTRS, 0);
	extra = counted(loop, 1000) - 2000;
	STOP(SLOT, 1, SBI_PMU_STOP_RESET);
	run_all(job, NULL);
	for (unsigned i = 0; i < machine.harts; i++) {
		uint64_t own = 2 * ROUNDS * (1 + i);

		if (i % 2)
			check_eq("hart.stands", sums[i], 0);
		else if (exact)
			check_eq("hart.counts", sums[i], own + extra);
		check_eq("hart.value", lost[i], 0);
	}
}

/* ---- Values ---- */

static void test_values(void)
{
	uint64_t v;
	long err;

	check_eq("value.config", (uint64_t)CONFIG(SLOT, 1, 0, INSTRS, 0).error, 0);
	check_eq("value.configured", csr_read(CSR_SLOT), 0);
	err = START(SLOT, 1, 1, 1UL << 40).error;
	loop(1000);
	v = csr_read(CSR_SLOT) - (1UL << 40);
	check_eq("value.start", (uint64_t)err, 0);
	/* Without -icount they are ticks of whoever runs QEMU. */
	check("value.counts", bootarg("exact", 0) ? v > 2000 && v < 2100 : v < 1UL << 60);
	check_eq("value.stop", (uint64_t)STOP(SLOT, 1, 0).error, 0);
	v = csr_read(CSR_SLOT);
	waits(3);
	check_eq("value.stands", csr_read(CSR_SLOT), v);
	check_eq("value.go-on", (uint64_t)START(SLOT, 1, 0, 7).error, 0);
	check("value.more", csr_read(CSR_SLOT) >= v);
	STOP(SLOT, 1, 0);
	v = csr_read(CSR_SLOT);
	check_eq("value.skip", (uint64_t)CONFIG(SLOT, 1, 1, SBI_PMU_HW_CPU_CYCLES, 0).error, 0);
	check_eq("value.kept", csr_read(CSR_SLOT), v);
	check_eq("value.reset", (uint64_t)STOP(SLOT, 1, 1).error,
		 (uint64_t)SBI_ERR_ALREADY_STOPPED);
	check_eq("value.gone", csr_read(CSR_SLOT), 0);
}

/* All of them at once; QEMU counts an event in no more than one of them. */
static void test_all(void)
{
	uint64_t used = 0;

	for (uint64_t i = 0; i < counters; i++) {
		struct sbiret r =
			CONFIG(SLOT, (1UL << counters) - 1, 0, i ? TYPE(1) | 0x19 : INSTRS, 0);

		check("all.config", !r.error && !(used >> r.value & 1));
		used |= 1UL << r.value;
	}
	check_eq("all.used", used, ((1UL << counters) - 1) << SLOT);
	check_eq("all.full",
		 (uint64_t)CONFIG(0, ~0UL >> (64 - SLOT - counters), 0, INSTRS, 0).error,
		 (uint64_t)SBI_ERR_NOT_SUPPORTED);
	check_eq("all.start", (uint64_t)START(SLOT, (1UL << counters) - 1, 1, 77).error, 0);
	waits(2);
	check_eq("all.stop", (uint64_t)STOP(SLOT, (1UL << counters) - 1, 1).error, 0);
	for (uint32_t i = 0; i < counters; i++) {
		uint64_t v = 1;

		try_insn((CSR_SLOT + i) << 20 | 0x00002573, 0, 0, &v);
		check_eq("all.zero", v, 0);
	}
}

/* ---- Overflow ---- */

#define SOON	  (-20000UL) /* overflows in the loop below, and nowhere else */
#define FEW	  50000
#define OVERFLOWN (csr_read(CSR_SCOUNTOVF) >> 3 & 1)

static volatile unsigned overflows;
static volatile bool shown;

static void on_overflow(struct hart *h, struct trap_frame *f)
{
	(void)h;
	(void)f;
	overflows++;
	shown = OVERFLOWN;
	csr_clear(CSR_SIP, IP_LCOFI);
}

static bool pending(void)
{
	return csr_read(CSR_SIP) & IP_LCOFI;
}

static void test_overflow(void)
{
	self()->irq[IRQ_LCOFI] = on_overflow;
	csr_set(CSR_SIE, IP_LCOFI);
	irq_on();
	CONFIG(SLOT, 1, 0, INSTRS, 0);
	START(SLOT, 1, 1, SOON);
	check("overflow.not-yet", !overflows && !OVERFLOWN);
	loop(FEW);
	check_eq("overflow.once", overflows, 1);
	check("overflow.shown", shown && OVERFLOWN);
	check("overflow.counts-on", csr_read(CSR_SLOT) < SOON);
	/* It says so until it is started again, and says it once. */
	STOP(SLOT, 1, 0);
	check("overflow.stopped", OVERFLOWN);
	START(SLOT, 1, 1, SOON);
	check("overflow.anew", !OVERFLOWN);
	loop(FEW);
	loop(FEW);
	check_eq("overflow.twice", overflows, 2);
	irq_off();
	STOP(SLOT, 1, SBI_PMU_STOP_RESET);
	csr_clear(CSR_SIE, IP_LCOFI);
}

/* What is pending, and what scountovf shows, stays so while others have the hart. */
static void test_overflow_kept(void)
{
	CONFIG(SLOT, 1, 0, INSTRS, 0);
	CONFIG(SLOT + 1, 1, 0, SBI_PMU_HW_CPU_CYCLES, 0);
	START(SLOT + 1, 1, 1, 0);
	START(SLOT, 1, 1, SOON);
	loop(FEW);
	for (unsigned i = 0; i < 2; i++) {
		check("kept.pending", pending());
		check("kept.overflown", OVERFLOWN);
		check("kept.other", !(csr_read(CSR_SCOUNTOVF) >> 4 & 1));
		if (i == 0)
			waits(3);
	}
	csr_clear(CSR_SIP, IP_LCOFI);
	check("kept.taken", !pending() && OVERFLOWN);
	waits(3);
	check("kept.not-again", !pending() && OVERFLOWN);
	STOP(SLOT, 1, 0);
	waits(3);
	check("kept.stopped", OVERFLOWN);
	START(SLOT, 1, 1, SOON);
	check("kept.anew", !OVERFLOWN && !pending());
	STOP(SLOT, 3, SBI_PMU_STOP_RESET);
	check_eq("kept.wakes", csr_read(CSR_SIE), 0);
}

/* A hypervisor's counter counts its guest's work too, and interrupts that. The guest has neither
 * the interrupt nor its enable bit. */
__asm__(".text\n.balign 4\n"
	"l2_touch: li	a0, -1\n"
	"	csrw	sie, a0\n"
	"	csrr	a0, sie\n"
	"	csrr	a1, sip\n"
	"	csrw	sie, x0\n"
	"	ecall\n");
extern char l2_touch[];

static void test_overflow_of_guest(void)
{
	struct l2 *l;

	CONFIG(SLOT, 1, 0, INSTRS, 0);
	csr_set(CSR_SIE, IP_LCOFI);
	csr_set(CSR_SIP, IP_LCOFI);
	l = l2_do(l2_spin, false, 0, 0);
	check_eq("l2.at-once", l->scause, CAUSE_INTERRUPT | IRQ_LCOFI);
	check("l2.pending", pending());
	csr_clear(CSR_SIP, IP_LCOFI);
	START(SLOT, 1, 1, SOON);
	l = l2_do(l2_spin, false, 0, 0);
	check_eq("l2.leaves", l->scause, CAUSE_INTERRUPT | IRQ_LCOFI);
	check("l2.shown", pending() && OVERFLOWN);
	csr_clear(CSR_SIE, IP_LCOFI);
	l = l2_do(l2_touch, false, 0, 0);
	check_eq("l2.ecall", l->scause, CAUSE_ECALL_VS);
	check_eq("l2.sie", l->x[10] & IP_LCOFI, 0);
	check_eq("l2.sip", l->x[11] & IP_LCOFI, 0);
	check("l2.still-pending", pending());
	csr_clear(CSR_SIP, IP_LCOFI);
	csr_set(CSR_SIE, IP_LCOFI);
	l = l2_do(l2_touch, false, 0, 0);
	check("l2.still-enabled", csr_read(CSR_SIE) & IP_LCOFI && !pending());
	csr_clear(CSR_SIE, IP_LCOFI);
	STOP(SLOT, 1, SBI_PMU_STOP_RESET);
	check_eq("l2.alone",
		 (uint64_t)CONFIG(SLOT, 1, SBI_PMU_CFG_SINH | SBI_PMU_CFG_UINH, INSTRS, 0).error,
		 (uint64_t)SBI_ERR_NOT_SUPPORTED);
}

/* ---- Errors ---- */

static void test_info(void)
{
	uint64_t n = (uint64_t)CALL(SBI_PMU_NUM_COUNTERS, 0).value;

	for (uint64_t i = FIRMWARE; i < n; i++) {
		struct sbiret r = CALL(SBI_PMU_COUNTER_GET_INFO, i);

		check_eq("info", (uint64_t)r.value, 63UL << 12 | (CSR_HPMCOUNTER3 + i - FIRMWARE));
	}
	counters = n - FIRMWARE;
	check_eq("info.beyond", (uint64_t)CALL(SBI_PMU_COUNTER_GET_INFO, n).error,
		 (uint64_t)SBI_ERR_INVALID_PARAM);
	check_eq("info.far", (uint64_t)CALL(SBI_PMU_COUNTER_GET_INFO, 1UL << 32 | SLOT).error,
		 (uint64_t)SBI_ERR_INVALID_PARAM);
}

static void test_config_errors(bool there)
{
	static const uint64_t none[][2] = {{0, 0},
					   {INSTRS, 1},
					   {SBI_PMU_CODE_MASK, 0},
					   {TYPE(1) | 0xffff, 0},
					   {TYPE(1) | 0x19, 1},
					   {TYPE(2), 1UL << 48},
					   {TYPE(2) | 1, 0},
					   {TYPE(3), 1UL << 56},
					   {TYPE(4), 0},
					   {TYPE(14), 0},
					   {1UL << 32 | INSTRS, 0},
					   {~0UL, 0}};
	uint64_t beyond = SLOT + counters;

	for (unsigned i = 0; i < ARRAY_SIZE(none); i++)
		check_eq("config.event",
			 (uint64_t)CONFIG(0, 1UL << SLOT * there, 0, none[i][0], none[i][1]).error,
			 (uint64_t)SBI_ERR_NOT_SUPPORTED);
	check_eq("config.firmware", (uint64_t)CONFIG(0, 1, 0, INSTRS, 0).error,
		 (uint64_t)SBI_ERR_NOT_SUPPORTED);
	check_eq("config.beyond", (uint64_t)CONFIG(beyond, 1, 0, INSTRS, 0).error,
		 (uint64_t)SBI_ERR_INVALID_PARAM);
	check_eq("config.wraps", (uint64_t)CONFIG(63, 3, 0, INSTRS, 0).error,
		 (uint64_t)SBI_ERR_INVALID_PARAM);
	check_eq("config.flags", (uint64_t)CONFIG(0, 1, 0x100, INSTRS, 0).error,
		 (uint64_t)SBI_ERR_INVALID_PARAM);
}

static void test_errors(void)
{
	uint64_t fw = TYPE(SBI_PMU_TYPE_FW) | SBI_PMU_FW_IPI_SENT;

	check_eq("config.hw-for-fw", (uint64_t)CONFIG(SLOT, 1, 0, fw, 0).error,
		 (uint64_t)SBI_ERR_NOT_SUPPORTED);
	check_eq("config.named-fw", (uint64_t)CONFIG(SLOT - 1, 3, 1, INSTRS, 0).error,
		 (uint64_t)SBI_ERR_NOT_SUPPORTED);
	check_eq("start.no-event", (uint64_t)START(SLOT, 1, 0, 0).error,
		 (uint64_t)SBI_ERR_INVALID_PARAM);
	check_eq("stop.no-event", (uint64_t)STOP(SLOT, 1, 0).error,
		 (uint64_t)SBI_ERR_ALREADY_STOPPED);
	CONFIG(SLOT, 1, SBI_PMU_CFG_AUTO_START, INSTRS, 0);
	check_eq("config.named-runs", (uint64_t)CONFIG(SLOT, 1, 1, INSTRS, 0).error,
		 (uint64_t)SBI_ERR_INVALID_PARAM);
	check_eq("config.runs", (uint64_t)CONFIG(SLOT, 1, 0, INSTRS, 0).error,
		 (uint64_t)SBI_ERR_NOT_SUPPORTED);
	check_eq("start.twice", (uint64_t)START(SLOT, 1, 1, 5).error,
		 (uint64_t)SBI_ERR_ALREADY_STARTED);
	check_eq("start.one-without", (uint64_t)START(SLOT, 3, 1, 5).error,
		 (uint64_t)SBI_ERR_INVALID_PARAM);
	check_eq("start.snapshot", (uint64_t)START(SLOT, 1, 2, 0).error,
		 (uint64_t)SBI_ERR_NO_SHMEM);
	check_eq("stop.snapshot", (uint64_t)STOP(SLOT, 1, 2).error, (uint64_t)SBI_ERR_NO_SHMEM);
	check_eq("read", (uint64_t)CALL(SBI_PMU_COUNTER_FW_READ, SLOT).error,
		 (uint64_t)SBI_ERR_INVALID_PARAM);
	check_eq("stop", (uint64_t)STOP(SLOT, 1, 1).error, 0);
	/* Both kinds in one set. */
	CONFIG(SLOT, 1, 0, INSTRS, 0);
	CONFIG(SLOT - 1, 1, 0, fw, 0);
	check_eq("mixed.start", (uint64_t)START(SLOT - 1, 3, 0, 0).error, 0);
	check_eq("mixed.stop", (uint64_t)STOP(SLOT - 1, 3, 1).error, 0);
}

static void test_event_info(bool there)
{
	static struct sbi_pmu_event_info e[5]
		__attribute__((aligned(16))) = {{INSTRS, 9, 0},
						{SBI_PMU_HW_CPU_CYCLES, 9, 0},
						{3, 9, 0},
						{TYPE(1) | 0x19, 9, 0},
						{INSTRS, 9, 1}};
	static const bool can[] = {true, true, false, true, false};

	CONFIG(SLOT, 1, RUN, INSTRS, 0);
	check_eq("event-info", (uint64_t)CALL(SBI_PMU_EVENT_GET_INFO, (uintptr_t)e, 0, 5, 0).error,
		 0);
	for (unsigned i = 0; i < ARRAY_SIZE(e); i++)
		check_eq("event-info.can", e[i].output, can[i] && there);
	if (there) {
		uint64_t before = csr_read(CSR_SLOT);

		loop(1000);
		check("event-info.goes-on", csr_read(CSR_SLOT) > before);
	}
	STOP(SLOT, 1, 1);
}

void guest_main(void)
{
	bool there = bootarg("counters", 1);

	if (!machine.nacre) {
		skip("hpm", "not Nacre, whose first counters are the firmware's");
		return;
	}
	test_info();
	check_eq("there", counters != 0, there);
	test_config_errors(there);
	test_event_info(there);
	if (!counters)
		return;
	test_errors();
	test_values();
	test_all();
	if (bootarg("exact", 0))
		test_modes();
	check_eq("sscofpmf", isa_has("sscofpmf"), bootarg("overflow", 0));
	if (isa_has("sscofpmf") && bootarg("exact", 0)) {
		test_overflow();
		test_overflow_kept();
		if (machine.hyp)
			test_overflow_of_guest();
	}
	smp_init();
	test_harts(bootarg("exact", 0));
}
