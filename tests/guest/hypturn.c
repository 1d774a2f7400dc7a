/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a guest hypervisor must find whatever happens while its guest runs: FP and vector registers
 * that neither another hart's turn nor the way from one to the other loses, and marked Dirty in
 * sstatus and vsstatus; its own interrupts when they come, and not at its guest's next exit. The
 * guest's code here exits only when it gives up. Privileged specification, "H" extension: vsstatus,
 * hip and hie; trap entry.
 */
#include "hyp.h"

#define INT   CAUSE_INTERRUPT
#define LONG  5000000 /* microseconds: emulated harts get their turn late on a busy host */
#define MAGIC UINT64_C(0x40091eb851eb851f)
#define FS(s) ((s)&SSTATUS_FS)
#define VS(s) ((s)&SSTATUS_VS)

/* L2's code, and the same registers in L1. */
extern char l2_fp_write[], l2_fp_turn[], l2_v_write[], l2_v_turn[], l2_until[], l2_own_timer[],
	l2_say[], l2_uart[];
uint64_t fp_get(void);
void fp_set(uint64_t v);
uint64_t v_get(void);
void v_set(uint64_t v);
/* clang-format off */
__asm__(".option push\n"
	".option arch, +d, +v\n"
	"fp_get:\n"
	"	fmv.x.d	a0, f7\n"
	"	ret\n"
	"fp_set:\n"
	"	fmv.d.x	f7, a0\n"
	"	ret\n"
	"v_get:\n"
	"	vmv.x.s	a0, v7\n"
	"	ret\n"
	"v_set:\n"
	"	vsetivli	zero, 1, e64, m1, ta, ma\n"
	"	vmv.s.x	v7, a0\n"
	"	ret\n"
	"	.balign 4096\n"
	"l2_fp_write:\n" /* f7 = a0 */
	"	fmv.d.x	f7, a0\n"
	"	ecall\n"
	"	.balign 4\n"
	"l2_fp_turn:\n" /* f7 = a0; two counts of [a1] later: a0 = f7 */
	"	fmv.d.x	f7, a0\n"
	"	jal	t0, 9f\n"
	"	fmv.x.d	a0, f7\n"
	"	ecall\n"
	"	.balign 4\n"
	"l2_v_write:\n"
	"	vsetivli	zero, 1, e64, m1, ta, ma\n"
	"	vmv.s.x	v7, a0\n"
	"	ecall\n"
	"	.balign 4\n"
	"l2_v_turn:\n"
	"	vsetivli	zero, 1, e64, m1, ta, ma\n"
	"	vmv.s.x	v7, a0\n"
	"	jal	t0, 9f\n"
	"	vmv.x.s	a0, v7\n"
	"	ecall\n"
	"9:	ld	a2, 0(a1)\n"
	"	addi	a2, a2, 2\n"
	"1:	ld	a3, 0(a1)\n"
	"	bltu	a3, a2, 1b\n"
	"	jr	t0\n"
	"	.balign 4\n"
	"l2_own_timer:\n" /* stimecmp = a1; then as below */
	"	csrw	0x14d, a1\n"
	"l2_until:\n" /* until the time is a0 */
	"	rdtime	a2\n"
	"	bltu	a2, a0, l2_until\n"
	"	ecall\n"
	"	.balign 4\n"
	"l2_say:\n" /* [a1] = 1, then as above */
	"	li	a2, 1\n"
	"	sd	a2, 0(a1)\n"
	"	j	l2_until\n"
	"	.balign 4\n"
	"l2_uart:\n" /* the byte at a1 = 2, then as above */
	"	li	a2, 2\n"
	"	sb	a2, 0(a1)\n"
	"	j	l2_until\n"
	"	.balign 4096\n"
	".option pop\n");
/* clang-format on */

static struct gpt g;

static void clean(void)
{
	l2_clean(gpt_hgatp(&g, 1));
	if (machine.sstc) {
		csr_set(CSR_HENVCFG, HENVCFG_STCE);
		csr_write(CSR_VSTIMECMP, UINT64_MAX);
	}
}

static uint64_t give_up(void)
{
	return rdtime() + usec(LONG);
}

/* ---- Another hart, which uses the same registers ---- */

static volatile uint64_t turns;
static bool stop;

static void other_work(void *arg)
{
	(void)arg;
	csr_set(CSR_SSTATUS, SSTATUS_FS_INITIAL | (machine.vec ? SSTATUS_VS_INITIAL : 0));
	while (!load_acquire(&stop)) {
		fp_set(0);
		if (machine.vec)
			v_set(0);
		turns++;
	}
	csr_clear(CSR_SSTATUS, SSTATUS_FS | SSTATUS_VS);
}

static void other_starts(void)
{
	store_release(&stop, false);
	hart_post(1, other_work, NULL);
}

static void other_stops(void)
{
	store_release(&stop, true);
	hart_wait(1);
}

/* On a machine with one hart it had this one meanwhile. */
static void others_turn(void)
{
	uint64_t before = turns;

	check("turn", WAIT(turns >= before + 2, LONG));
}

/* ---- FP and vector registers ---- */

static void set_status(uint64_t hs, uint64_t vs)
{
	csr_clear(CSR_SSTATUS, SSTATUS_FS | SSTATUS_VS);
	csr_set(CSR_SSTATUS, hs);
	csr_write(CSR_VSSTATUS, vs);
}

/* "When V=1, both vsstatus.FS and the HS-level sstatus.FS are in effect. [...] Modifying the
 * floating-point state when V=1 causes both fields to be set to 3 (Dirty)." */
static void test_dirty(const char *what, const char *code, uint64_t mask, uint64_t clean_state)
{
	struct l2 *l2;

	clean();
	set_status(clean_state, clean_state);
	l2 = l2_do(l2_ecall, false, 0, 0);
	check_eq(what, l2->sstatus & mask, clean_state);
	check_eq(what, csr_read(CSR_VSSTATUS) & mask, clean_state);
	l2 = l2_do((void *)code, false, MAGIC, 0);
	check_eq(what, l2->scause, CAUSE_ECALL_VS);
	check_eq(what, l2->sstatus & mask, mask);
	check_eq(what, l2->sstatus >> 63, 1);
	check_eq(what, csr_read(CSR_VSSTATUS) & mask, mask);
	if (!machine.native) /* QEMU 10.0 has no SD there */
		check_eq(what, csr_read(CSR_VSSTATUS) >> 63, 1);
	set_status(0, clean_state);
	check_eq(what, l2_do((void *)code, false, 0, 0)->scause, CAUSE_ILLEGAL);
	set_status(clean_state, 0);
	check_eq(what, l2_do((void *)code, false, 0, 0)->scause, CAUSE_ILLEGAL);
	set_status(0, 0);
}

/* What L2 wrote is there after another hart's turn, in L1 and in L2. */
static void test_kept(const char *what, uint64_t clean_state, uint64_t (*get)(void),
		      const char *write, const char *turn)
{
	clean();
	other_starts();
	for (unsigned i = 0; i < 2; i++) {
		set_status(clean_state, clean_state);
		others_turn(); /* they are saved by now */
		l2_do((void *)write, false, MAGIC + i, 0);
		others_turn();
		check_eq(what, get(), MAGIC + i);
		check_eq(what, l2_do((void *)turn, false, ~MAGIC - i, (uintptr_t)&turns)->x[10],
			 ~MAGIC - i);
		check_eq(what, get(), ~MAGIC - i);
	}
	other_stops();
	set_status(0, 0);
}

static void test_registers(void)
{
	if (machine.fpu) {
		test_dirty("fp.dirty", l2_fp_write, SSTATUS_FS, SSTATUS_FS_CLEAN);
		test_dirty("fp.dirty.initial", l2_fp_write, SSTATUS_FS, SSTATUS_FS_INITIAL);
	} else {
		skip("fp", "no D");
	}
	if (machine.vec)
		test_dirty("vector.dirty", l2_v_write, SSTATUS_VS, SSTATUS_VS_CLEAN);
	else
		skip("vector", "no V");
	if (!machine.fpu || machine.harts < 2)
		return;
	test_kept("fp.kept", SSTATUS_FS_CLEAN, fp_get, l2_fp_write, l2_fp_turn);
	if (machine.vec)
		test_kept("vector.kept", SSTATUS_VS_CLEAN, v_get, l2_v_write, l2_v_turn);
}

/* ---- L1's timer ---- */

static void arm(bool direct, uint64_t when)
{
	if (direct)
		csr_write(CSR_STIMECMP, when);
	else
		set_timer(when);
}

/* It ends L2's run, not before its time. */
static void expect_timer(const char *what, char *code, bool user, uint64_t us, uint64_t l2s)
{
	uint64_t when = rdtime() + usec(us);
	struct l2 *l2;

	csr_write(CSR_SIE, IP_STI);
	arm(machine.sstc, when);
	l2 = l2_do(code, user, give_up(), l2s);
	check_eq(what, l2->scause, INT | IRQ_STI);
	check(what, rdtime() >= when);
	check_eq(what, l2->hstatus & (HSTATUS_SPV | HSTATUS_GVA), HSTATUS_SPV);
	check_eq(what, l2->stval | l2->htval, 0);
	set_timer(UINT64_MAX);
}

static void test_timer(void)
{
	uint64_t now;

	clean();
	expect_timer("timer", l2_until, false, 300, 0);
	clean();
	csr_write(CSR_SCOUNTEREN, 7);
	expect_timer("timer.user", l2_until, true, 300, 0);
	if (machine.sstc) {
		clean();
		csr_write(CSR_SIE, IP_STI);
		set_timer(rdtime() + usec(300));
		check_eq("timer.call", l2_do(l2_until, false, give_up(), 0)->scause, INT | IRQ_STI);
		set_timer(UINT64_MAX);
		/* L2's own comes first, and nobody takes it; it comes later; never. (L1's may come
		 * before L2's first instruction: it finds the same then.) */
		now = rdtime();
		clean();
		csr_write(CSR_HIDELEG, IP_VS);
		csr_write(CSR_VSTIMECMP, now);
		expect_timer("timer.l2s-earlier", l2_own_timer, false, 2000, now);
		check_eq("timer.l2s-earlier.hip", csr_read(CSR_HIP) & IP_VSTI, IP_VSTI);
		csr_write(CSR_VSTIMECMP, UINT64_MAX);
		expect_timer("timer.l2s-later", l2_own_timer, false, 300,
			     now + (UINT64_C(1) << 60));
		check_eq("timer.l2s-later.hip", csr_read(CSR_HIP) & IP_VSTI, 0);
		expect_timer("timer.l2s-never", l2_own_timer, false, 300, UINT64_MAX);
		/* L2's, which L1 keeps for itself. */
		clean();
		csr_write(CSR_HIE, IP_VSTI);
		check_eq("timer.l2s-kept",
			 l2_do(l2_own_timer, false, give_up(), rdtime() + usec(300))->scause,
			 INT | IRQ_VSTI);
	}
	if (machine.harts < 2)
		return;
	other_starts();
	clean();
	expect_timer("timer.turns", l2_until, false, 30000, 0);
	other_stops();
}

/* ---- Interrupts from outside ---- */

static void send_when_told(void *arg)
{
	volatile uint64_t *told = arg;

	while (!*told)
		;
	send_ipi(harts[0].id);
}

static void test_ipi(void)
{
	static uint64_t told;

	if (machine.harts < 2)
		return;
	for (unsigned i = 0; i < 5; i++) {
		clean();
		csr_write(CSR_SIE, IP_SSI);
		store_release(&told, 0);
		hart_post(1, send_when_told, &told);
		check_eq("ipi", l2_do(l2_say, false, give_up(), (uintptr_t)&told)->scause,
			 INT | IRQ_SSI);
		hart_wait(1);
	}
	clean();
}

#define PLIC_ENABLE    0x2000
#define PLIC_THRESHOLD 0x200000

/* L2 has the UART say that it can send. */
static void test_external(void)
{
	uint64_t uart = machine.uart & ~UINT64_C(0xfff), context, at;

	if (!machine.uart || !machine.plic || !machine.uart_irq) {
		skip("external", "no UART with an interrupt");
		return;
	}
	clean();
	context = (unsigned)plic_context(self()->id, IRQ_SEI);
	at = machine.plic + PLIC_THRESHOLD + 0x1000 * context;
	gpt_map(&g, uart, uart, 0, G_LEAF);
	hfence_gvma_all();
	mmio_write(uint32_t, machine.plic + 4 * machine.uart_irq, 1);
	mmio_write(uint32_t,
		   machine.plic + PLIC_ENABLE + 0x80 * context + machine.uart_irq / 32 * 4,
		   BIT(machine.uart_irq % 32));
	mmio_write(uint32_t, at, 0);
	csr_write(CSR_SIE, IP_SEI);
	check_eq("external", l2_do(l2_uart, false, give_up(), machine.uart + 1)->scause,
		 INT | IRQ_SEI);
	/* The order of those that wait at an entry: external, software, timer. */
	csr_write(CSR_SIE, IP_SEI | IP_SSI | IP_STI);
	set_timer(0);
	csr_set(CSR_SIP, IP_SSI);
	if (!machine.native) /* QEMU 10.0 can have the lowest number first */
		check_eq("order.external", l2_do(l2_ecall, false, 0, 0)->scause, INT | IRQ_SEI);
	mmio_write(uint8_t, machine.uart + 1, 0);
	check_eq("external.claim", mmio_read(uint32_t, at + 4), machine.uart_irq);
	mmio_write(uint32_t, at + 4, machine.uart_irq);
	check_eq("order.software", l2_do(l2_ecall, false, 0, 0)->scause, INT | IRQ_SSI);
	csr_clear(CSR_SIP, IP_SSI);
	check_eq("order.timer", l2_do(l2_ecall, false, 0, 0)->scause, INT | IRQ_STI);
	set_timer(UINT64_MAX);
	check_eq("order.none", l2_do(l2_ecall, false, 0, 0)->scause, CAUSE_ECALL_VS);
	clean();
}

void guest_main(void)
{
	if (!machine.hyp) {
		skip("hypturn", "no H");
		return;
	}
	g = gpt_new(8);
	gpt_map_image(&g);
	smp_init();
	test_registers();
	test_timer();
	test_ipi();
	test_external();
}
