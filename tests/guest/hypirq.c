/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interrupts of VS-level in the eyes of a hypervisor that runs itself, with no guest of its own
 * loaded: which of them end its wfi, and how it takes those that it does not delegate (hideleg), in
 * S- and in U-mode. Privileged specification, "H" extension, hideleg, hip and hie; wfi.
 */
#include "hyp.h"
#include "hcsr.h"

#define LONG	  5000000 /* microseconds: emulated harts get their turn late on a busy host */
#define LINES	  3
#define TAKEN_MAX 8

static const unsigned lines[LINES] = {IRQ_VSSI, IRQ_VSTI, IRQ_VSEI};
static const char *const line_names[LINES] = {"vssi", "vsti", "vsei"};

/* What was taken, in its order. */
static struct {
	volatile unsigned count;
	unsigned irq[TAKEN_MAX];
	uint64_t epc, spp, spv, stval;
} taken;

static void note(struct trap_frame *f)
{
	taken.irq[taken.count % TAKEN_MAX] = f->scause & 15;
	taken.epc = f->sepc;
	taken.spp = f->sstatus & SSTATUS_SPP;
	taken.stval = f->stval;
	taken.spv = csr_read(CSR_HSTATUS) & (HSTATUS_SPV | HSTATUS_GVA);
	taken.count++;
}

static void on_vs_level(struct hart *h, struct trap_frame *f)
{
	(void)h;
	note(f);
	csr_clear(CSR_HIE, BIT(f->scause & 15));
}

static void on_own(struct hart *h, struct trap_frame *f)
{
	(void)h;
	note(f);
	csr_clear(CSR_SIE, BIT(f->scause & 15));
}

static void clean(void)
{
	irq_off();
	csr_write(CSR_SIE, 0);
	csr_clear(CSR_SIP, IP_SSI);
	csr_write(CSR_HIE, 0);
	csr_write(CSR_HVIP, 0);
	csr_write(CSR_HIDELEG, 0);
	csr_write(CSR_HSTATUS, 0);
	csr_write(CSR_HTIMEDELTA, 0);
	if (machine.sstc) {
		csr_set(CSR_HENVCFG, HENVCFG_STCE);
		csr_write(CSR_VSTIMECMP, UINT64_MAX);
	}
	taken.count = 0;
}

static void expect_one(const char *what, unsigned line)
{
	if (!check_eq(what, taken.count, 1) || !check_eq(what, taken.irq[0], lines[line]))
		print("# %s\n", line_names[line]);
}

/* ---- Taken in HS-mode ---- */

static void test_enabled_before(unsigned i)
{
	clean();
	csr_write(CSR_HIE, BIT(lines[i]));
	irq_on();
	csr_write(CSR_HVIP, BIT(lines[i]));
	expect_one("hvip", i);
	check_eq("hvip.spp", taken.spp, SSTATUS_SPP);
	check_eq("hvip.stval", taken.stval, 0);
	clean();
	csr_write(CSR_HVIP, BIT(lines[i]));
	irq_on();
	csr_set(CSR_HIE, BIT(lines[i]));
	expect_one("hie", i);
	clean();
	csr_write(CSR_HVIP, BIT(lines[i]));
	csr_write(CSR_HIDELEG, BIT(lines[i]));
	csr_write(CSR_HIE, BIT(lines[i]));
	irq_on();
	check_eq("delegated", taken.count, 0);
	csr_write(CSR_HIDELEG, 0);
	expect_one("hideleg", i);
}

/* What is not delegated can be taken at once, or a little later: nobody sees the write of sstatus.
 */
static void test_enabled_after(unsigned i)
{
	clean();
	csr_write(CSR_HVIP, BIT(lines[i]));
	csr_write(CSR_HIE, BIT(lines[i]));
	check_eq("off", taken.count, 0);
	irq_on();
	check("on", WAIT(taken.count, LONG));
	expect_one("on", i);
	clean();
	csr_write(CSR_HVIP, BIT(lines[i]));
	csr_write(CSR_HIE, BIT(lines[i]));
	csr_write(CSR_HVIP, 0);
	irq_on();
	for (uint64_t end = rdtime() + usec(5000); rdtime() < end;)
		;
	check_eq("withdrawn", taken.count, 0);
}

/* SRET is a moment at which interrupts are looked at. */
static void test_sret(unsigned i)
{
	struct trap_info t;

	clean();
	csr_write(CSR_HVIP, BIT(lines[i]));
	csr_write(CSR_HIE, BIT(lines[i]));
	t = try_user(user_ecall, 0, 0);
	expect_one("user", i);
	check_eq("user.sepc", taken.epc, (uintptr_t)user_ecall);
	check_eq("user.spp", taken.spp, 0);
	check("user.goes-on", t.taken && t.cause == CAUSE_ECALL_U);
	clean();
	csr_write(CSR_HIE, BIT(lines[i]));
	csr_write(CSR_HVIP, BIT(lines[i]));
	csr_write(CSR_HIDELEG, BIT(lines[i]));
	try_user(user_ecall, 0, 0);
	check_eq("user.delegated", taken.count, 0);
}

/* A trap into HS-mode from HS-mode clears SPV, and its SRET does not lead to a guest. */
static void test_spv(unsigned i)
{
	clean();
	csr_write(CSR_HIE, BIT(lines[i]));
	csr_set(CSR_HSTATUS, HSTATUS_SPV | HSTATUS_GVA);
	irq_on();
	csr_write(CSR_HVIP, BIT(lines[i]));
	expect_one("spv", i);
	check_eq("spv.clear", taken.spv, 0);
}

/* Ends long after the last interrupt. */
static void user_spin(void)
{
	for (volatile unsigned i = 0; i < 10000000 && taken.count < 2; i++)
		;
	__asm__ volatile("ecall");
}

static void test_order(void)
{
	clean();
	if (machine.native) {
		skip("order", "QEMU 10.0 has the lowest number first");
		return;
	}
	csr_write(CSR_SIE, IP_SSI);
	csr_set(CSR_SIP, IP_SSI);
	csr_write(CSR_HVIP, IP_VS);
	csr_write(CSR_HIE, IP_VS);
	irq_on();
	check("order", WAIT(taken.count >= 4, LONG));
	irq_off();
	check("order", taken.irq[0] == IRQ_SSI && taken.irq[1] == IRQ_VSEI &&
			       taken.irq[2] == IRQ_VSSI && taken.irq[3] == IRQ_VSTI);
	check_eq("order.all", taken.count, 4);

	/* The same if all can be taken from one moment on, that of an sret to U-mode. */
	clean();
	csr_write(CSR_SIE, IP_SSI);
	csr_set(CSR_SIP, IP_SSI);
	csr_write(CSR_HVIP, IP_VSEI);
	csr_write(CSR_HIE, IP_VSEI);
	try_user((void *)user_spin, 0, 0);
	check("order.user", taken.irq[0] == IRQ_SSI && taken.irq[1] == IRQ_VSEI);
	check_eq("order.user.all", taken.count, 2);
}

/* Entry 6 of a table is the way for a timer interrupt, and no other. */
extern char vectors[];
void wrong_vector(void);
__asm__(".balign 256\n"
	"vectors:\n"
	".option push\n"
	".option norvc\n"
	"	.rept	6\n"
	"	j	wrong_vector\n"
	"	.endr\n"
	"	j	trap_entry\n"
	"	.rept	9\n"
	"	j	wrong_vector\n"
	"	.endr\n"
	".option pop\n");

void wrong_vector(void)
{
	die("another entry of stvec's table than 6");
}

static void test_vectored(void)
{
	uint64_t old;

	clean();
	csr_write(CSR_HIE, IP_VSTI);
	irq_on();
	old = csr_swap(CSR_STVEC, (uintptr_t)vectors | 1);
	csr_write(CSR_HVIP, IP_VSTI);
	csr_write(CSR_STVEC, old);
	expect_one("vectored", 1);
}

static void test_nacl(void)
{
	clean();
	if (!sbi_probe(SBI_EXT_NACL) || !nacl_feature(SBI_NACL_FEAT_SYNC_CSR)) {
		skip("sync_csr", "no NACL");
		return;
	}
	nacl_set_shmem(shmem());
	irq_on();
	nacl_put(CSR_HIE, IP_VSEI);
	nacl_put(CSR_HVIP, IP_VSEI);
	check_eq("sync_csr.error", (uint64_t)nacl_sync_csr(~0UL).error, 0);
	expect_one("sync_csr", 2);
	nacl_set_shmem(NULL);
}

/* ---- Time ---- */

static void test_vstimecmp(void)
{
	uint64_t when;

	clean();
	if (!machine.sstc) {
		skip("vstimecmp", "no Sstc");
		return;
	}
	csr_write(CSR_HTIMEDELTA, -rdtime()); /* L2's clock wraps */
	when = rdtime() + csr_read(CSR_HTIMEDELTA) + usec(20000);
	csr_write(CSR_HIE, IP_VSTI);
	irq_on();
	csr_write(CSR_VSTIMECMP, when);
	check("vstimecmp", WAIT(taken.count, LONG));
	check("vstimecmp.time", rdtime() + csr_read(CSR_HTIMEDELTA) >= when);
	expect_one("vstimecmp", 1);
	clean();
	csr_write(CSR_HIE, IP_VSTI);
	irq_on();
	csr_write(CSR_VSTIMECMP, 0);
	expect_one("vstimecmp.past", 1);
}

/* The hypervisor's own timer, long after: a wfi that nothing else ends. */
static uint64_t backstop(void)
{
	uint64_t at = rdtime() + usec(LONG);

	csr_write(CSR_SIE, IP_STI);
	set_timer(at);
	return at;
}

static void wait_for_vsti(const char *what, uint64_t when, uint64_t end)
{
	while (rdtime() < end && !(csr_read(CSR_HIP) & IP_VSTI))
		wfi();
	check(what, rdtime() < end);
	check(what, rdtime() >= when);
	set_timer(UINT64_MAX);
}

static void test_wfi(uint64_t hideleg)
{
	uint64_t when, end;

	clean();
	csr_write(CSR_HIDELEG, hideleg);
	csr_write(CSR_HIE, IP_VSEI);
	csr_write(CSR_HVIP, IP_VSEI);
	end = backstop();
	wfi();
	check("wfi.hvip", rdtime() < end);
	set_timer(UINT64_MAX);
	if (!machine.sstc) {
		skip("wfi.vstimecmp", "no Sstc");
		return;
	}
	clean();
	csr_write(CSR_HIDELEG, hideleg);
	csr_write(CSR_HIE, IP_VSTI);
	end = backstop();
	when = rdtime() + usec(2000);
	csr_write(CSR_VSTIMECMP, when);
	wait_for_vsti("wfi.vstimecmp", when, end);
	clean();
	csr_write(CSR_HIDELEG, hideleg);
	csr_write(CSR_HTIMEDELTA, 1UL << 62);
	csr_write(CSR_HIE, IP_VSTI);
	end = backstop();
	when = rdtime() + usec(2000);
	csr_write(CSR_VSTIMECMP, when + (1UL << 62));
	wait_for_vsti("wfi.htimedelta", when, end);
}

/* With interrupts on: it is taken behind the wfi. */
static void test_wfi_taken(void)
{
	uint64_t end;

	clean();
	if (!machine.sstc)
		return;
	csr_write(CSR_HIE, IP_VSTI);
	end = backstop();
	csr_clear(CSR_SIE, IP_STI);
	irq_on();
	csr_write(CSR_VSTIMECMP, rdtime() + usec(2000));
	while (rdtime() < end && !taken.count)
		wfi();
	check("wfi.taken", rdtime() < end);
	expect_one("wfi.taken", 1);
	set_timer(UINT64_MAX);
}

/* A retentive suspend ends as a wfi does. */
static void test_suspend(void)
{
	uint64_t end;

	clean();
	if (!machine.sstc || machine.native) {
		skip("suspend", "no Sstc, or OpenSBI, which waits for interrupts of S-mode");
		return;
	}
	csr_write(CSR_HIE, IP_VSTI);
	end = backstop();
	csr_write(CSR_VSTIMECMP, rdtime() + usec(2000));
	check_eq("suspend.error", (uint64_t)sbi(SBI_EXT_HSM, SBI_HSM_HART_SUSPEND, 0, 0, 0).error,
		 0);
	check("suspend", rdtime() < end);
	check("suspend.pending", csr_read(CSR_HIP) & IP_VSTI);
	set_timer(UINT64_MAX);
}

/* ---- While another hart sends IPIs, which are answered in the trap itself ---- */

#define ROUNDS 200
static bool stop_sending;

static void send(void *arg)
{
	while (!load_acquire(&stop_sending))
		send_ipi(*(uint64_t *)arg);
}

static void test_ipis(void)
{
	uint64_t id = self()->id;
	unsigned good = 0;

	if (machine.harts < 2) {
		skip("ipis", "one hart");
		return;
	}
	smp_init();
	hart_post(1, send, &id);
	for (unsigned i = 0; i < ROUNDS; i++) {
		clean();
		csr_write(CSR_HVIP, IP_VSSI);
		csr_write(CSR_HIE, IP_VSSI);
		for (uint64_t end = rdtime() + usec(50); rdtime() < end;)
			;
		irq_on();
		good += WAIT(taken.count, LONG) && taken.irq[0] == IRQ_VSSI;
		irq_off();
	}
	check_eq("ipis", good, ROUNDS);
	store_release(&stop_sending, true);
	hart_wait(1);
}

void guest_main(void)
{
	struct hart *h = self();

	if (!machine.hyp) {
		skip("hyp", "no H");
		return;
	}
	h->irq[IRQ_SSI] = on_own;
	for (unsigned i = 0; i < LINES; i++)
		h->irq[lines[i]] = on_vs_level;
	for (unsigned i = 0; i < LINES; i++) {
		test_enabled_before(i);
		test_enabled_after(i);
		test_sret(i);
		test_spv(i);
	}
	test_order();
	test_vectored();
	test_nacl();
	test_vstimecmp();
	test_wfi(0);
	test_wfi(IP_VS);
	test_wfi_taken();
	test_suspend();
	test_ipis();
	clean();
}
