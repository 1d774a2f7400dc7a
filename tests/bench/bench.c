/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Instructions per operation (bench.h), natively on OpenSBI or as a guest of any depth.
 */
#include "bench.h"

/*
 * Ticks of LOOPS ecalls with these registers. The loop sets a0 and a1 again each time; without the
 * ecall it is what is subtracted, so that only the call itself counts.
 */
struct call {
	uint64_t eid, fid, a0, a1, a2, a3;
};

#define CALL_LOOP(c, insn)                                                                   \
	({                                                                                   \
		register uint64_t r2_ __asm__("a2") = (c)->a2;                               \
		register uint64_t r3_ __asm__("a3") = (c)->a3;                               \
		register uint64_t r6_ __asm__("a6") = (c)->fid;                              \
		register uint64_t r7_ __asm__("a7") = (c)->eid;                              \
		uint64_t n_ = LOOPS, t_ = rdtime();                                          \
		__asm__ volatile("1:	mv	a0, %1\n"                                            \
				 "	mv	a1, %2\n" insn "	addi	%0, %0, -1\n"          \
				 "	bnez	%0, 1b\n"                                            \
				 : "+r"(n_)                                                  \
				 : "r"((c)->a0), "r"((c)->a1), "r"(r2_), "r"(r3_), "r"(r6_), \
				   "r"(r7_)                                                  \
				 : "a0", "a1", "memory");                                    \
		rdtime() - t_;                                                               \
	})

static void bench_call(const char *name, struct call c)
{
	CALL_LOOP(&c, "	ecall\n");
	report(name, CALL_LOOP(&c, "	ecall\n"), CALL_LOOP(&c, ""), LOOPS);
}

/* The interrupt is taken by the shortest possible handler, as a kernel's cost is its own. */
void ipi_vector(void);
__asm__(".balign 4\n"
	".globl ipi_vector\n"
	"ipi_vector:\n"
	"	csrci	sip, 2\n"
	"	addi	s1, s1, 1\n"
	"	sret\n");

static uint64_t ipi_loop(uint64_t loops)
{
	register uint64_t count __asm__("s1") = 0;
	uint64_t me = self()->id;

	for (uint64_t i = 0; i < loops; i++) {
		sbi(SBI_EXT_IPI, SBI_IPI_SEND_IPI, 1, me);
		do
			__asm__ volatile("" : "+r"(count));
		while (count <= i);
	}
	return count;
}

static void bench_ipi_self(void)
{
	uint64_t vector = csr_swap(CSR_STVEC, (uintptr_t)ipi_vector), t;

	csr_write(CSR_SIE, IP_SSI);
	irq_on();
	ipi_loop(1);
	t = rdtime();
	ipi_loop(LOOPS);
	t = rdtime() - t;
	irq_off();
	csr_write(CSR_SIE, 0);
	csr_write(CSR_STVEC, vector);
	report("ipi-self", t, TICKS(NOTHING), LOOPS);
}

static void bench_wfi(void)
{
	csr_write(CSR_SIE, IP_SSI);
	csr_set(CSR_SIP, IP_SSI);
	BENCH("wfi-pending", wfi());
	csr_clear(CSR_SIP, IP_SSI);
	csr_write(CSR_SIE, 0);
}

/* An exception handled by the shortest possible handler: skip the instruction. */
void skip_vector(void);
__asm__(".balign 4\n"
	".globl skip_vector\n"
	"skip_vector:\n"
	"	csrr	t0, sepc\n"
	"	addi	t0, t0, 4\n"
	"	csrw	sepc, t0\n"
	"	sret\n");

static void bench_illegal(void)
{
	uint64_t vector = csr_swap(CSR_STVEC, (uintptr_t)skip_vector);
	uint64_t t = TICKS(__asm__ volatile(".word 0x30002573"
					    :
					    :
					    : "t0", "a0")); /* csrr a0, mstatus */

	csr_write(CSR_STVEC, vector);
	report("csr-illegal", t, TICKS(NOTHING), LOOPS);
}

/* By the hart that has Zabha, or by whoever carries it out: from Bare, and through page tables as
 * kernels do. */
static uint64_t amoadd_b(volatile uint8_t *p)
{
	register uint64_t a0 __asm__("a0") = (uintptr_t)p;
	uint64_t least = UINT64_MAX;

	/* The lesser of two: a timer interrupt of the hypervisor's own may fall into one. */
	for (unsigned i = 0; i < 2; i++) {
		/* amoadd.b a1, a1, (a0) */
		uint64_t t = TICKS(__asm__ volatile(".word 0x00b505af"
						    :
						    : "r"(a0)
						    : "a1", "memory"));

		least = t < least ? t : least;
	}
	return least;
}

static void bench_amo(void)
{
	static uint8_t byte;
	struct pt pt;

	if (!isa_has("zabha"))
		return;
	report("amoadd-b", amoadd_b(&byte), TICKS(NOTHING), LOOPS);
	pt = pt_new(3);
	csr_write(CSR_SATP, pt_satp(&pt, 0));
	sfence_vma();
	report("amoadd-b-sv39", amoadd_b(&byte), TICKS(NOTHING), LOOPS);
	csr_write(CSR_SATP, 0);
	sfence_vma();
}

/* A store to each of 100 pieces of RAM, 2 MiB long, that nobody touched before; the device tree may
 * lie in one. */
#define PIECES 100

static uint64_t touch(uint64_t a, bool store)
{
	uint64_t t = rdtime();

	for (unsigned n = 0; n < PIECES; n++, a += SIZE_2M)
		if (store)
			*(volatile uint64_t *)(a + SIZE_2M - 8) = 1;
		else
			NOTHING;
	return rdtime() - t;
}

static void bench_first_touch(void)
{
	uint64_t a = ALIGN_UP((uintptr_t)_end, SIZE_2M) + SIZE_2M, end = a + PIECES * SIZE_2M;
	uint64_t tree = (uintptr_t)machine.fdt, t;

	if (end > machine.ram + machine.ram_size || (tree < end && tree + fdt_size() > a)) {
		skip("first-touch", "256 MiB of RAM are needed, the device tree at their end");
		return;
	}
	t = touch(a, true);
	report("first-touch", t, touch(a, false), PIECES);
}

/*
 * --- two harts ---
 * QEMU lets them take turns of a few thousand instructions, so each sample starts at another moment
 * of a turn and the mean is taken; else the phase, not the cost, would be measured.
 */
static void wait_random(struct rng *r)
{
	for (uint64_t n = rng_next(r) & 4095; n; n--)
		__asm__ volatile("");
}

#define SAMPLES(statement)                                \
	({                                                \
		struct rng r_ = {20260101};               \
		uint64_t sum_ = 0;                        \
		for (unsigned i_ = 0; i_ < LOOPS; i_++) { \
			wait_random(&r_);                 \
			uint64_t t_ = rdtime();           \
			statement;                        \
			sum_ += rdtime() - t_;            \
		}                                         \
		sum_;                                     \
	})

static void bench_two_call(const char *name, struct call c)
{
	report(name, SAMPLES(sbi(c.eid, c.fid, c.a0, c.a1, c.a2, c.a3)), SAMPLES(NOTHING), LOOPS);
}

/* Takes an IPI, asleep or polling. */
static void take_ipi(bool sleeping)
{
	while (!(csr_read(CSR_SIP) & IP_SSI))
		if (sleeping)
			wfi();
	csr_clear(CSR_SIP, IP_SSI);
}

static void job_pong(void *arg)
{
	csr_clear(CSR_SIP, IP_SSI);
	csr_write(CSR_SIE, IP_SSI);
	for (unsigned i = 0; i < LOOPS; i++) {
		take_ipi(arg != NULL);
		send_ipi(harts[0].id);
	}
	csr_write(CSR_SIE, 0);
}

static void ping(bool sleeping)
{
	send_ipi(harts[1].id);
	take_ipi(sleeping);
}

static void bench_ping(const char *name, bool sleeping)
{
	uint64_t t;

	hart_post(1, job_pong, sleeping ? &harts[1] : NULL);
	csr_write(CSR_SIE, IP_SSI);
	WAIT(false, 1000);
	t = SAMPLES(ping(sleeping));
	csr_write(CSR_SIE, 0);
	hart_wait(1);
	report(name, t, 0, LOOPS);
}

static bool stop;

static void job_spin(void *arg)
{
	(void)arg;
	while (!load_acquire(&stop))
		;
}

static void bench_two(void)
{
	const struct call fence = {
		SBI_EXT_RFENCE, SBI_RFENCE_SFENCE_VMA, 1, harts[1].id, 0x80000000, 4096};
	const struct call ipi = {SBI_EXT_IPI, SBI_IPI_SEND_IPI, 1, harts[1].id, 0, 0};

	smp_init();
	bench_ping("ipi-pingpong-wfi", true);
	bench_ping("ipi-pingpong-spin", false);
	bench_two_call("rfence-idle", fence);
	hart_post(1, job_spin, NULL);
	WAIT(false, 1000);
	bench_two_call("rfence-running", fence);
	bench_two_call("ipi-send-running", ipi);
	store_release(&stop, true);
	hart_wait(1);
}

void guest_main(void)
{
	print("bench-entry %lu\n", machine.entry_time);
	bench_first_touch();
	bench_call("sbi-null", (struct call){SBI_EXT_BASE, SBI_BASE_GET_SPEC_VERSION, 0, 0, 0, 0});
	bench_call("set-timer",
		   (struct call){SBI_EXT_TIME, SBI_TIME_SET_TIMER, UINT64_C(1) << 60, 0, 0, 0});
	set_timer(~0UL);
	bench_ipi_self();
	bench_call("rfence-self", (struct call){SBI_EXT_RFENCE, SBI_RFENCE_SFENCE_VMA, 1,
						harts[0].id, 0x80000000, 4096});
	bench_call("rfence-self-32", (struct call){SBI_EXT_RFENCE, SBI_RFENCE_SFENCE_VMA, 1,
						   harts[0].id, 0x80000000, 32 * 4096});
	if (machine.uart)
		BENCH("uart-read", (void)mmio_read(uint8_t, machine.uart + 5));
	if (machine.plic)
		BENCH("plic-read", (void)mmio_read(uint32_t, machine.plic + 4 * 10));
	bench_wfi();
	bench_illegal();
	bench_amo();
	if (machine.harts > 1)
		bench_two();
	print("bench-end\n");
}
