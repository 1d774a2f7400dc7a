/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Far more harts than a word has bits: all are started, interrupted, fenced, stopped and started
 * again, with hart masks at every base. How many there must be, the boot argument harts=N says.
 *
 * The boot hart is the library's; the others are started from here, with small stacks of their own,
 * and wait for jobs in the library's hart_main().
 */
#include <spec/plic.h>
#include <spec/uart.h>
#include "lib.h"

#define MOST	   4096
#define VA	   UINT64_C(0x1000000000)
#define SECONDS(s) ((s)*UINT64_C(1000000))

static struct hart more[MOST];
static char stack[MOST][1024] __attribute__((aligned(16)));
static char trap_stack[MOST][1024] __attribute__((aligned(16)));
static unsigned count, done[MOST];
static struct pt pt;

/* The device tree's harts, or 0 if their ids are not 0, 1, ... in this order. */
static unsigned harts_told(void)
{
	unsigned n = 0;
	int depth = -1;

	for (int node = -1; (node = fdt_next(node, &depth)) >= 0;) {
		const char *name = fdt_name(node);

		if (depth != 2 || name[0] != 'c' || name[1] != 'p' || name[2] != 'u' ||
		    name[3] != '@')
			continue;
		if (fdt_u32(fdt_prop(node, "reg", NULL)) != n++)
			return 0;
	}
	return n;
}

static long hsm(unsigned fid, unsigned i)
{
	return sbi(SBI_EXT_HSM, fid, i, (uintptr_t)hart_entry, (uintptr_t)&more[i]).error;
}

/* Every step-th hart from `first` on is in this state. */
static bool all_are(unsigned first, unsigned step, long state)
{
	for (unsigned i = first; i < count; i += step) {
		struct sbiret r = sbi(SBI_EXT_HSM, SBI_HSM_HART_GET_STATUS, i);

		if (r.error || r.value != state)
			return false;
	}
	return true;
}

static unsigned start(unsigned first, unsigned step)
{
	unsigned errors = 0;

	for (unsigned i = first; i < count; i += step) {
		more[i] = (struct hart){
			.id = i,
			.index = i,
			.stack_top = (uintptr_t)stack[i] + sizeof(stack[i]),
			.trap_top = (uintptr_t)trap_stack[i] + sizeof(trap_stack[i]),
			.reset_a0 = MOST,
		};
		errors += hsm(SBI_HSM_HART_START, i) != 0;
	}
	return errors;
}

static void check_start(const char *what, unsigned first, unsigned step)
{
	unsigned wrong = 0;

	print("%s\n", what);
	check_eq("hart_start: errors", start(first, step), 0);
	check("they are started", WAIT(all_are(first, step, SBI_HSM_STATE_STARTED), SECONDS(20)));
	for (unsigned i = first; i < count; i += step)
		wrong += !WAIT(load_acquire(&more[i].reset_a0) == i, SECONDS(1));
	check_eq("harts without their id in a0", wrong, 0);
}

/* The bits of the harts from `base` on that are there and whose id is a multiple of `step`; not the
 * boot hart's. */
static uint64_t mask_at(unsigned base, unsigned step)
{
	uint64_t mask = 0;

	for (unsigned i = base; i < count && i < base + 64; i++)
		mask |= i && i % step == 0 ? BIT(i - base) : 0;
	return mask;
}

static long ipi(uint64_t mask, uint64_t base)
{
	return sbi(SBI_EXT_IPI, SBI_IPI_SEND_IPI, mask, base).error;
}

static unsigned ipi_by_masks(unsigned step)
{
	unsigned errors = 0;

	for (unsigned base = 0; base < count; base += 64)
		errors += ipi(mask_at(base, step), base) != 0;
	return errors;
}

static unsigned ipi_all(unsigned step)
{
	(void)step;
	return ipi(0, ~UINT64_C(0)) != 0;
}

static unsigned ipi_legacy(unsigned step)
{
	static uint64_t mask[MOST / 64 + 1];

	for (unsigned base = 0; base < count; base += 64)
		mask[base / 64] = mask_at(base, step);
	return sbi(SBI_LEGACY_SEND_IPI, 0, (uintptr_t)mask).error != 0;
}

static bool jobs_done(void)
{
	for (unsigned i = 1; i < count; i++)
		if (load_acquire(&more[i].job))
			return false;
	return true;
}

/* Every step-th hart does the job, once; send() tells it. */
static void check_jobs(const char *what, void (*job)(void *), unsigned (*send)(unsigned),
		       unsigned step)
{
	unsigned wrong = 0;

	print("%s\n", what);
	for (unsigned i = 1; i < count; i++) {
		done[i] = 0;
		more[i].job_arg = &done[i];
		if (i % step == 0)
			store_release(&more[i].job, job);
	}
	__atomic_thread_fence(__ATOMIC_SEQ_CST); /* the jobs before the interrupts */
	check_eq("errors", send(step), 0);
	check("they come to an end", WAIT(jobs_done(), SECONDS(20)));
	for (unsigned i = 1; i < count; i++)
		wrong += done[i] != (i % step == 0);
	check_eq("harts that did not do it, or should not have", wrong, 0);
}

static void job_count(void *arg)
{
	++*(unsigned *)arg;
}

static void test_ipi(void)
{
	check_jobs("IPIs by masks", job_count, ipi_by_masks, 1);
	check_jobs("IPIs to every third", job_count, ipi_by_masks, 3);
	check_jobs("an IPI to all", job_count, ipi_all, 1);
	check_jobs("legacy IPIs, by one vector", job_count, ipi_legacy, 1);
	check_jobs("legacy IPIs to every seventh", job_count, ipi_legacy, 7);
	check_eq("the last one alone", (uint64_t)ipi(1, count - 1), 0);
	check_eq("the first one that is not there", (uint64_t)ipi(1, count), SBI_ERR_INVALID_PARAM);
	check_eq("the last one and that", (uint64_t)ipi(3, count - 1), SBI_ERR_INVALID_PARAM);
	check_eq("hart_start of it", (uint64_t)hsm(SBI_HSM_HART_START, count),
		 SBI_ERR_INVALID_PARAM);
}

/* ---- Timers ---- */

static void job_timer(void *arg)
{
	struct hart *h = self();

	set_timer(rdtime() + usec(1000 + 10 * (h->id * 7 % 64)));
	csr_write(CSR_SIE, IP_STI);
	while (!(csr_read(CSR_SIP) & IP_STI))
		wfi();
	set_timer(~UINT64_C(0));
	++*(unsigned *)arg;
}

/* ---- Remote fences ---- */

static void job_look(void *arg)
{
	csr_write(CSR_SATP, pt_satp(&pt, 1));
	sfence_vma();
	*(unsigned *)arg += *(volatile uint64_t *)VA == 0;
}

/* Still with the translation that it had. */
static void job_look_again(void *arg)
{
	*(unsigned *)arg += *(volatile uint64_t *)VA == 1;
	csr_write(CSR_SATP, 0);
}

static void test_rfence(void)
{
	uint64_t *frame[2] = {page_alloc(), page_alloc()};
	unsigned errors = 0;

	*frame[1] = 1;
	pt = pt_new(3);
	pt_map(&pt, VA, (uintptr_t)frame[0], 0, PTE_RW);
	check_jobs("a page, read by all", job_look, ipi_by_masks, 1);
	pt_map(&pt, VA, (uintptr_t)frame[1], 0, PTE_RW);
	for (unsigned base = 0; base < count; base += 64)
		errors +=
			sbi(SBI_EXT_RFENCE, SBI_RFENCE_SFENCE_VMA, mask_at(base, 1), base, VA, 4096)
				.error != 0;
	check_eq("remote_sfence_vma: errors", errors, 0);
	check_jobs("another page there, read by all", job_look_again, ipi_all, 1);
	check_eq("remote_fence_i to all",
		 (uint64_t)sbi(SBI_EXT_RFENCE, SBI_RFENCE_FENCE_I, 0, ~UINT64_C(0)).error, 0);
	check_eq("remote_fence_i, one too many",
		 (uint64_t)sbi(SBI_EXT_RFENCE, SBI_RFENCE_FENCE_I, 3, count - 1).error,
		 SBI_ERR_INVALID_PARAM);
}

/* ---- The last PLIC context ---- */

static void job_plic(void *arg)
{
	uint64_t n = self()->id, plic = machine.plic, uart = machine.uart;
	uint32_t irq = machine.uart_irq;

	mmio_write(uint32_t, plic + PLIC_PRIORITY + 4 * irq, 1);
	mmio_write(uint32_t, plic + PLIC_CONTEXT + n * PLIC_CONTEXT_STRIDE + PLIC_THRESHOLD, 0);
	mmio_write(uint32_t, plic + PLIC_ENABLE + n * PLIC_ENABLE_STRIDE + irq / 32 * 4,
		   BIT(irq % 32));
	csr_write(CSR_SIE, IP_SEI);
	mmio_write(uint8_t, uart + UART_IER, UART_IER_THRI);
	while (!(csr_read(CSR_SIP) & IP_SEI))
		wfi();
	*(unsigned *)arg += mmio_read(uint32_t, plic + PLIC_CONTEXT + n * PLIC_CONTEXT_STRIDE +
							PLIC_CLAIM) == irq;
	mmio_write(uint8_t, uart + UART_IER, 0);
	mmio_write(uint32_t, plic + PLIC_CONTEXT + n * PLIC_CONTEXT_STRIDE + PLIC_CLAIM, irq);
}

/* ---- Stop, and start again ---- */

static void job_stop(void *arg)
{
	++*(unsigned *)arg;
	sbi(SBI_EXT_HSM, SBI_HSM_HART_STOP, 0);
}

static void test_stop(void)
{
	print("every second one stops\n");
	for (unsigned i = 1; i < count; i += 2)
		store_release(&more[i].job, job_stop);
	check_eq("errors", ipi_all(1), 0);
	check("they are stopped", WAIT(all_are(1, 2, SBI_HSM_STATE_STOPPED), SECONDS(20)));
	check("the others are not", all_are(2, 2, SBI_HSM_STATE_STARTED));
	check_start("they start again", 1, 2);
	check_jobs("IPIs by masks, after that", job_count, ipi_by_masks, 1);
}

void guest_main(void)
{
	count = harts_told();
	check_eq("harts in the device tree", count, bootarg("harts", 0));
	if (count < 2 || count > MOST)
		die("this needs 2 to %u harts", MOST);
	check_start("all are started", 1, 1);
	test_ipi();
	check_jobs("timers of all at once", job_timer, ipi_by_masks, 1);
	test_rfence();
	check_jobs("the last PLIC context", job_plic, ipi_by_masks, count - 1);
	test_stop();
}
