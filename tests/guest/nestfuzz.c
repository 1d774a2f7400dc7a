/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A hostile guest hypervisor. Some harts play L1 with random CSRs, shared memories, calls, fences,
 * page tables (made of pointers into themselves) and L2s of random code; some scribble over the
 * others' shared memory and tables meanwhile. The first hart must go on working: its timers come in
 * time, its calls are answered, and in the end it shuts down. Bootargs: "seed=N", "ms=N", how long.
 *
 * Whatever happens to L1 itself must not end the test, so nothing random leads into the image: page
 * tables lead into the playground, to devices or to nowhere, and code of L2 lies at guest physical
 * addresses that are nothing for L1.
 */
#include <string.h>
#include "hcsr.h"
#include "run.h"

#define LATEST	 5000000 /* microseconds: emulated harts get their turn late on a busy host */
#define PAGES	 64	 /* of each playground */
#define CODE_GPA UINT64_C(0x4000000000)

struct playground {
	uint64_t page[PAGES][512];
};
static struct playground playgrounds[MAX_HARTS] __attribute__((aligned(16384)));
static struct run l2s[MAX_HARTS];
static uint64_t entered[MAX_HARTS], refused[MAX_HARTS], causes[MAX_HARTS][2][32];

static struct rng rngs[MAX_HARTS];

static uint64_t rnd(uint64_t n)
{
	return rng_next(&rngs[self()->index]) % n;
}

static uint64_t word(void)
{
	uint64_t v = rng_next(&rngs[self()->index]);

	switch (rnd(4)) {
	case 0:
		return v;
	case 1:
		return v >> rnd(64);
	case 2:
		return BIT(rnd(64));
	default:
		return rnd(2) ? 0 : ~0UL;
	}
}

/* Not in RAM: for what L1's own stores might reach if its hgatp is Bare. */
static uint64_t far_word(void)
{
	uint64_t v = word();

	return v - machine.ram < machine.ram_size ? v + machine.ram_size : v;
}

static struct playground *mine(void)
{
	return &playgrounds[self()->index];
}

/* A page of the playground, or of nothing good. */
static uint64_t some_page(void)
{
	switch (rnd(8)) {
	case 0:
		return rnd(BIT(44)) << 12;
	case 1:
		return machine.plic;
	case 2:
		return machine.ram + machine.ram_size;
	case 3:
		return 0;
	default:
		return (uintptr_t)mine()->page[rnd(PAGES)];
	}
}

/* Leaves that write are pages of the playground: a larger one would reach beyond it. */
static uint64_t some_pte(bool level0)
{
	static const uint64_t reserved[] = {0, 0, 0, 0, 0, 0, BIT(54), BIT(59), BIT(61), BIT(63)};
	uint64_t flags = rnd(256);

	if (!level0)
		flags = rnd(2) ? PTE_V : flags & ~(uint64_t)PTE_W;
	return pte_make(some_page(), flags | (rnd(8) ? PTE_V : 0) | (rnd(4) ? PTE_U | PTE_A : 0)) |
	       reserved[rnd(ARRAY_SIZE(reserved))];
}

/* The first half of a playground are tables of any level, which lead to one another. */
static void scribble_tables(struct playground *p, unsigned n)
{
	while (n--)
		p->page[rnd(PAGES / 2)][rnd(512)] = some_pte(false);
}

/* A root with some order in it, so that L2's code is reached: CODE_GPA leads to the last pages. */
static void make_gstage(struct playground *p)
{
	uint64_t *root = p->page[0], *dir = p->page[4], *table = p->page[5];

	scribble_tables(p, 200);
	root[CODE_GPA >> 30] = pte_make((uintptr_t)dir, PTE_V);
	dir[0] = pte_make((uintptr_t)table, PTE_V);
	for (unsigned i = 0; i < PAGES; i++)
		table[i] = pte_make((uintptr_t)p->page[i], PTE_RW | PTE_X | PTE_U);
	if (rnd(4) == 0)
		table[rnd(PAGES)] = some_pte(true);
}

static uint32_t some_insn(void)
{
	static const uint32_t insns[] = {
		0x00000073, /* ecall */
		0x10500073, /* wfi */
		0x10200073, /* sret */
		0x12000073, /* sfence.vma */
		0x22000073, /* hfence.vvma */
		0x62000073, /* hfence.gvma */
		0x60054573, /* hlv.b */
		0x00053503, /* ld a0, (a0) */
		0x00a53023, /* sd a0, (a0) */
		0x00b5352f, /* amoadd.d a0, a1, (a0) */
		0x60002573, /* csrr a0, hstatus */
		0x20051073, /* csrw vsstatus, a0 */
		0x10051073, /* csrw sstatus, a0 */
		0x18051073, /* csrw satp, a0 */
		0x14451073, /* csrw sip, a0 */
		0x10451073, /* csrw sie, a0 */
		0x14d51073, /* csrw stimecmp, a0 */
		0xc0102573, /* rdtime a0 */
		0x00000013, /* nop */
		0xffdff06f, /* j .-4 */
		0x00c5c533, /* xor a0, a1, a2 */
	};

	return rnd(8) ? insns[rnd(ARRAY_SIZE(insns))] : (uint32_t)word();
}

static void make_code(struct playground *p)
{
	uint32_t *code = (uint32_t *)p->page[PAGES - 1];

	for (unsigned i = 0; i < 64; i++)
		code[i] = some_insn();
	fence_i();
}

static uint64_t some_hgatp(void)
{
	uint64_t mode = rnd(8) ? 8 : rnd(16), vmid = rnd(4) ? rnd(4) : rnd(BIT(16));

	return mode << 60 | vmid << 44 |
	       (rnd(8) ? (uintptr_t)mine()->page[rnd(8) ? 0 : rnd(PAGES)] : some_page()) >> 12;
}

static uint64_t value_for(unsigned csr)
{
	switch (csr) {
	case CSR_HGATP:
		return some_hgatp();
	case CSR_VSATP:
		return rnd(2) ? 0
			      : (rnd(4) ? 8 : rnd(16)) << 60 | rnd(4) << 44 |
					(CODE_GPA + rnd(PAGES) * PAGE_SIZE) >> 12;
	case CSR_HSTATUS:
		return word() | (rnd(4) ? HSTATUS_SPV : 0);
	case CSR_HEDELEG:
		return rnd(2) ? 0 : word();
	case CSR_VSTVEC:
	case CSR_VSEPC:
		return rnd(4) ? CODE_GPA + (PAGES - 1) * PAGE_SIZE + rnd(64) * 4 : word();
	default:
		return word();
	}
}

/* ---- What L1 does ---- */

static void scribble_shmem(struct nacl_shmem *s, unsigned n)
{
	while (n--)
		switch (rnd(4)) {
		case 0:
			((uint64_t *)s)[rnd(sizeof(*s) / 8)] = word();
			break;
		case 1:
			s->hfence[rnd(NACL_HFENCE_ENTRIES)] = (struct nacl_hfence){
				BIT(63) | (rnd(8) ? rnd(8) << 56 : word()) | rnd(4) << 16, word(),
				rnd(8) ? 0 : word(), rnd(2) ? rnd(64) : word()};
			break;
		case 2:
			s->autoswap.flags = word();
			s->autoswap.hstatus = value_for(CSR_HSTATUS);
			break;
		default: {
			unsigned csr = hcsrs[rnd(nhcsrs)], i = NACL_CSR_INDEX(csr);

			s->csr[i] = value_for(csr);
			s->dirty[i / 64] |= BIT(i % 64);
		}
		}
}

static void step_call(void)
{
	if (rnd(4) == 0)
		sbi(SBI_EXT_NACL, SBI_NACL_SET_SHMEM, rnd(2) ? some_page() : word(),
		    rnd(4) ? 0 : word(), rnd(4) ? 0 : word());
	if (rnd(2) == 0)
		nacl_set_shmem(rnd(8) ? shmem() : NULL);
	sbi(SBI_EXT_NACL, rnd(8) ? 2 + rnd(2) : 5 + (word() >> 1),
	    rnd(2)   ? ~0UL
	    : rnd(4) ? rnd(4096)
		     : word());
}

static void step_csr(void)
{
	unsigned csr = hcsrs[rnd(nhcsrs)];

	if (rnd(4))
		hcsr_write(csr, value_for(csr));
	else
		hcsr(csr);
}

/* hlv, hlvx, hsv and the fences, with any address and register. */
static void step_insn(void)
{
	static const uint32_t insns[] = {
		0x60054573, /* hlv.b a0, (a0) */
		0x6c054573, /* hlv.d */
		0x68354573, /* hlvx.wu */
		0x62b54073, /* hsv.b a1, (a0) */
		0x6eb54073, /* hsv.d */
		0x22b50073, /* hfence.vvma a0, a1 */
		0x62b50073, /* hfence.gvma a0, a1 */
		0x26b50073, /* hinval.vvma */
		0x66b50073, /* hinval.gvma */
		0x18000073, /* sfence.w.inval */
		0x18100073, /* sfence.inval.ir */
	};

	try_insn(insns[rnd(ARRAY_SIZE(insns))],
		 rnd(4) ? CODE_GPA + rnd(PAGES * PAGE_SIZE) : far_word(), word(), NULL);
}

/* An entry, by the instruction or the call, which a timer ends. */
static void step_enter(void)
{
	struct hart *h = self();
	struct run *l = &l2s[h->index];
	uint64_t pc = rnd(8) ? CODE_GPA + (PAGES - 1) * PAGE_SIZE + rnd(64) * 4
			     : word() | UINT64_C(1) << 39;

	for (unsigned i = 1; i < 32; i++)
		shmem()->sret_x[i] = l->x[i] =
			rnd(2) ? CODE_GPA + rnd(PAGES * PAGE_SIZE / 8) * 8 : word();
	csr_write(CSR_SEPC, pc);
	if (rnd(4))
		csr_set(CSR_SSTATUS, SSTATUS_SPP);
	else
		csr_clear(CSR_SSTATUS, SSTATUS_SPP);
	set_timer(rdtime() + usec(20 + rnd(200)));
	csr_write(CSR_SIE, IP_STI);
	if (rnd(2))
		refused[h->index] += run_sync_sret(l) != 0;
	else
		run_sret(l);
	csr_write(CSR_SIE, 0);
	set_timer(~0UL);
	entered[h->index]++;
	causes[h->index][l->scause >> 63][l->scause & 31]++;
}

static void job_l1(void *arg)
{
	struct playground *p = mine();
	(void)arg;

	csr_write(CSR_SIE, 0);
	nacl_set_shmem(shmem());
	for (;;) {
		make_gstage(p);
		make_code(p);
		if (rnd(4) == 0)
			hcsr_write(CSR_HGATP, 8UL << 60 | rnd(8) << 44 | (uintptr_t)p >> 12);
		if (rnd(4) == 0)
			hcsr_write(CSR_HSTATUS, HSTATUS_VSXL64 | HSTATUS_SPV | HSTATUS_SPVP);
		for (unsigned n = (unsigned)rnd(40); n; n--)
			switch (rnd(6)) {
			case 0:
				step_call();
				break;
			case 1:
				step_csr();
				break;
			case 2:
				step_insn();
				break;
			case 3:
				scribble_shmem(shmem(), (unsigned)rnd(8));
				break;
			case 4:
				hcsr_write(CSR_HSTATUS, value_for(CSR_HSTATUS));
				break;
			default:
				step_enter();
			}
	}
}

/* Over the memory of the hart before this one. */
static void job_scribble(void *arg)
{
	unsigned victim = self()->index - 1;
	(void)arg;

	for (;;) {
		scribble_shmem(&shmems[victim], 16);
		scribble_tables(&playgrounds[victim], 4);
	}
}

/* ---- The first hart ---- */

/*
 * The timer's bit is there before its time. That is wrong unless it is QEMU's: in 10.0.2
 * riscv_timer_write_timecmp() (target/riscv/time_helper.c) first clears the bit and then arms the
 * QEMUTimer anew. If the old deadline passes in between (or a deadline in the past was written,
 * which leaves the old one armed), riscv_stimer_cb() or riscv_vstimer_cb() sets the bit, and
 * neither compares the time. It happens natively too: to 244 of 66423 writes near the old deadline.
 * Then the comparator is as it was set, and the next write to it clears the bit, which hvip would
 * not.
 */
static bool is_qemus(uint64_t due)
{
	if (!machine.sstc || csr_read(CSR_STIMECMP) != due)
		return false;
	set_timer(due + usec(LATEST));
	return !(csr_read(CSR_SIP) & IP_STI);
}

static void calm(uint64_t ms)
{
	uint64_t end = rdtime() + usec(ms * 1000), worst = 0;
	unsigned lost = 0, early = 0, wrong = 0, bad = 0;

	csr_write(CSR_SIE, IP_STI);
	while (rdtime() < end) {
		uint64_t due = rdtime() + usec(1000), now, late;

		set_timer(due);
		while (!(csr_read(CSR_SIP) & IP_STI))
			wfi();
		now = rdtime();
		early += now < due;
		wrong += now < due && !is_qemus(due);
		late = now > due ? now - due : 0;
		worst = late > worst ? late : worst;
		lost += late > usec(LATEST);
		bad += sbi(SBI_EXT_BASE, SBI_BASE_GET_IMPL_ID, 0).value != (long)machine.impl;
	}
	set_timer(~0UL);
	print("# latest timer: %lu us, %u early\n", worst * 1000000 / machine.timebase, early);
	check_eq("nestfuzz.timers", lost, 0);
	check_eq("nestfuzz.early", wrong, 0);
	check_eq("nestfuzz.calls", bad, 0);
}

static void report(unsigned i)
{
	print("# hart %u: %lu entries, %lu refused\n", i, entered[i], refused[i]);
	for (unsigned irq = 0; irq < 2; irq++)
		for (unsigned c = 0; c < 32; c++)
			if (causes[i][irq][c])
				print("#   %s %u: %lu\n", irq ? "interrupt" : "cause", c,
				      causes[i][irq][c]);
}

void guest_main(void)
{
	uint64_t seed = bootarg("seed", 1);

	smp_init();
	for (unsigned i = 0; i < machine.harts; i++)
		rngs[i].s = seed * 64 + i + 1;
	for (unsigned i = 1; i < machine.harts; i++)
		hart_post(i, i % 2 ? job_l1 : job_scribble, NULL);
	calm(bootarg("ms", 1000));
	for (unsigned i = 1; i < machine.harts; i += 2) {
		report(i);
		check("nestfuzz.entries", entered[i] > 0);
	}
}
