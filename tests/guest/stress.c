/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * All vcpus do everything at once: SBI calls, timers, IPIs, remote fences, WFI, device reads,
 * illegal instructions, page-table changes, for a bounded number of steps ("steps=N", 2000), each
 * checked. Meant for more vcpus than harts.
 */
#include "lib.h"

#define VA UINT64_C(0x1000000000)

static unsigned wrong[8], done;
static uint64_t steps;
static uint64_t sent[MAX_HARTS], handled[MAX_HARTS];
static struct pt pts[MAX_HARTS];
static uint64_t *frames[MAX_HARTS][2];

static void on_ssi(struct hart *h, struct trap_frame *f)
{
	(void)f;
	csr_clear(CSR_SIP, IP_SSI);
	store_release(&handled[h->index], load_acquire(&sent[h->index]));
}

static void on_sti(struct hart *h, struct trap_frame *f)
{
	(void)h;
	(void)f;
	set_timer(~0UL);
}

static void fail_if(bool bad, unsigned what)
{
	if (bad)
		atomic_add(&wrong[what], 1);
}

/* The other one's handler must run after our send; it may be busy, but not for a second. */
static void step_ipi(uint64_t v)
{
	unsigned other = v % machine.harts;
	uint64_t n = atomic_add(&sent[other], 1) + 1;

	send_ipi(harts[other].id);
	irq_on();
	fail_if(!WAIT(load_acquire(&handled[other]) >= n || load_acquire(&done), 5000000), 0);
	irq_off();
}

static void step_timer(struct hart *h, uint64_t v)
{
	uint64_t due = rdtime() + usec(v & 255), before = h->irq_count[IRQ_STI];

	set_timer(due);
	while (h->irq_count[IRQ_STI] == before) {
		if (!(csr_read(CSR_SIP) & (IP_STI | IP_SSI)) && (v & 256))
			wfi();
		irq_on();
		irq_off();
	}
	fail_if(rdtime() < due, 1);
}

static void step_map(struct hart *h, uint64_t v)
{
	unsigned i = h->index, which = v & 1;

	pt_map(&pts[i], VA, (uintptr_t)frames[i][which], 0, PTE_RW);
	if (v & 2)
		__asm__ volatile("sfence.vma" : : : "memory");
	else
		sbi(SBI_EXT_RFENCE, SBI_RFENCE_SFENCE_VMA, 0, ~0UL, VA, 4096);
	fail_if(*(volatile uint64_t *)VA != i * 2 + which, 2);
}

static void step(struct hart *h, struct rng *r)
{
	uint64_t v = rng_next(r);
	struct trap_info t;

	switch (v >> 60) {
	case 0:
	case 1:
		step_ipi(v >> 8);
		break;
	case 2:
	case 3:
		step_timer(h, v);
		break;
	case 4:
	case 5:
	case 6:
		step_map(h, v);
		break;
	case 7:
		fail_if(sbi(SBI_EXT_RFENCE, v & 1, 0, ~0UL, VA, v & 0xffffff).error, 3);
		break;
	case 8:
		t = try_insn(0x30002573, 0, 0, NULL); /* csrr a0, mstatus */
		fail_if(!t.taken || t.cause != CAUSE_ILLEGAL || t.epc != (uintptr_t)h->code, 4);
		break;
	case 9:
		t = try_insn(0x00053503, VA + SIZE_1G, 0, NULL);
		fail_if(!t.taken || t.cause != CAUSE_LOAD_PAGE_FAULT || t.stval != VA + SIZE_1G, 5);
		break;
	case 10:
		fail_if(machine.plic && mmio_read(uint32_t, machine.plic), 6);
		break;
	default:
		fail_if((uint64_t)sbi(SBI_EXT_BASE, SBI_BASE_GET_IMPL_ID, 0).value != machine.impl,
			7);
	}
}

static void job(void *arg)
{
	struct hart *h = self();
	struct rng r = {h->index + 12345};

	(void)arg;
	h->irq[IRQ_SSI] = on_ssi;
	h->irq[IRQ_STI] = on_sti;
	csr_write(CSR_SATP, pt_satp(&pts[h->index], 1));
	sfence_vma();
	csr_write(CSR_SIE, IP_SSI | IP_STI);
	irq_on();
	barrier();
	irq_off();
	for (uint64_t i = 0; i < steps / machine.harts; i++)
		step(h, &r);
	/* whoever still sends us something is answered until all are through, or sees that one is
	 */
	atomic_add(&done, 1);
	irq_on();
	barrier();
	irq_off();
	csr_write(CSR_SIE, 0);
	csr_write(CSR_SATP, 0);
	sfence_vma();
}

void guest_main(void)
{
	static const char *const names[] = {"ipi",     "timer", "map",	  "rfence",
					    "illegal", "fault", "device", "sbi"};

	for (unsigned i = 0; i < machine.harts; i++) {
		pts[i] = pt_new(3);
		for (unsigned k = 0; k < 2; k++) {
			frames[i][k] = page_alloc();
			frames[i][k][0] = i * 2 + k;
		}
	}
	steps = bootarg("steps", 2000);
	smp_init();
	run_all(job, NULL);
	for (unsigned i = 0; i < ARRAY_SIZE(names); i++)
		check_eq(names[i], wrong[i], 0);
	check_eq("harts", done, machine.harts);
}
