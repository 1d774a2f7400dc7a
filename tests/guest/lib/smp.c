/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Harts: started through SBI HSM, each with a stack and a trap stack; the others wait in WFI until
 * the boot hart posts them a job. Only harts[i].job and job_arg are written by other harts.
 */
#include "lib.h"

void hart_main(void);
void guest_boot(const void *fdt, uint64_t entry_time);

struct hart harts[MAX_HARTS];
/* start.S puts the boot hart on the first of these */
char stacks[MAX_HARTS][STACK_SIZE] __attribute__((aligned(16)));
static char trap_stacks[MAX_HARTS][TRAP_STACK_SIZE] __attribute__((aligned(16)));
static unsigned online;

void spin_lock(struct spinlock *l)
{
	while (__atomic_exchange_n(&l->locked, 1, __ATOMIC_ACQUIRE))
		pause_hint();
}

void spin_unlock(struct spinlock *l)
{
	store_release(&l->locked, 0);
}

void send_ipi(uint64_t hartid)
{
	sbi(SBI_EXT_IPI, SBI_IPI_SEND_IPI, 1, hartid);
}

static void hart_init(unsigned i)
{
	harts[i].index = i;
	harts[i].stack_top = (uintptr_t)stacks[i] + STACK_SIZE;
	harts[i].trap_top = (uintptr_t)trap_stacks[i] + TRAP_STACK_SIZE;
}

void guest_boot(const void *fdt, uint64_t entry_time)
{
	for (unsigned i = 0; i < MAX_HARTS; i++)
		hart_init(i);
	csr_write(CSR_SSCRATCH, (uintptr_t)self());
	machine_init(fdt, entry_time);
	online = 1;
	guest_main();
	finish();
}

void hart_main(void)
{
	struct hart *h = self();

	atomic_add(&online, 1);
	for (;;) {
		csr_write(CSR_SIE, IP_SSI);
		while (!load_acquire(&h->job)) {
			wfi();
			csr_clear(CSR_SIP, IP_SSI);
		}
		csr_write(CSR_SIE, 0);
		h->job(h->job_arg);
		irq_off();
		store_release(&h->job, NULL);
	}
}

int secondary_start(unsigned i)
{
	return (int)sbi(SBI_EXT_HSM, SBI_HSM_HART_START, harts[i].id, (uintptr_t)hart_entry,
			(uintptr_t)&harts[i])
		.error;
}

void smp_init(void)
{
	for (unsigned i = 1; i < machine.harts; i++) {
		int e = secondary_start(i);

		if (e)
			die("hart %lu does not start: %d", harts[i].id, e);
	}
	if (!WAIT(load_acquire(&online) == machine.harts, 10000000))
		die("only %u of %u harts came up", online, machine.harts);
}

void hart_post(unsigned i, void (*job)(void *), void *arg)
{
	harts[i].job_arg = arg;
	store_release(&harts[i].job, job);
	/* the job is visible before the interrupt: send_ipi() is an ecall, which the other side's
	 * load follows */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	send_ipi(harts[i].id);
}

void hart_wait(unsigned i)
{
	while (load_acquire(&harts[i].job))
		pause_hint();
}

void run_all(void (*job)(void *), void *arg)
{
	unsigned me = self()->index;

	for (unsigned i = 0; i < machine.harts; i++)
		if (i != me)
			hart_post(i, job, arg);
	job(arg);
	for (unsigned i = 0; i < machine.harts; i++)
		if (i != me)
			hart_wait(i);
}

void barrier(void)
{
	static unsigned arrived, round;
	unsigned r = load_acquire(&round);

	if (atomic_add(&arrived, 1) + 1 == machine.harts) {
		arrived = 0;
		store_release(&round, r + 1);
		return;
	}
	while (load_acquire(&round) == r)
		pause_hint();
}
