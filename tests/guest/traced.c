/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest whose exits are known one by one (trace.cases, traced.expected): a mark, each way of
 * leaving the guest, a mark; on every vcpu, one after the other. Marks are calls of an SBI
 * extension that is not there. rounds=N   then N times a null SBI call on every vcpu at once stay
 * then tells of its ticks for ever, so that a monitor can look
 */
#include <string.h>
#include "lib.h"

#define MARK	 0x09000001 /* firmware specific: none of Nacre */
#define UART_LSR 5
#define NOWHERE	 0x20000000 /* neither RAM nor device */

static void nowhere(void)
{
	mmio_write(uint32_t, NOWHERE, 1);
}

/* Wakes from its sleep by its own timer. */
static void doze(void)
{
	csr_write(CSR_SIE, IP_STI);
	set_timer(rdtime() + usec(1000));
	wfi();
	csr_write(CSR_SIE, 0);
	set_timer(UINT64_MAX);
}

static void sequence(void *arg)
{
	uint64_t me = self()->id;

	(void)arg;
	sbi(MARK, 1, me);
	sbi(SBI_EXT_BASE, SBI_BASE_GET_SPEC_VERSION, 0); /* answered in the trap */
	sbi(SBI_EXT_BASE, SBI_BASE_GET_IMPL_ID, 0);	 /* not there */
	set_timer(UINT64_MAX);
	sbi(SBI_EXT_IPI, SBI_IPI_SEND_IPI, 1, me);
	csr_write(CSR_SIE, IP_SSI);
	wfi(); /* pending already: answered in the trap */
	csr_clear(CSR_SIP, IP_SSI);
	csr_write(CSR_SIE, 0);
	sbi(SBI_EXT_RFENCE, SBI_RFENCE_SFENCE_VMA, 1, me, 0x1000, 0x2000);
	mmio_read(uint8_t, machine.uart + UART_LSR);
	try_call(nowhere, 0, 0, NULL);
	doze();
	sbi(MARK, 2, me);
}

static void rounds(void *arg)
{
	uint64_t n = *(const uint64_t *)arg;

	while (n--)
		sbi(SBI_EXT_BASE, SBI_BASE_GET_SPEC_VERSION, 0);
}

void guest_main(void)
{
	uint64_t n = bootarg("rounds", 0), last = rdtime(), tick = 0;

	smp_init();
	for (unsigned i = 1; i < machine.harts; i++) {
		hart_post(i, sequence, NULL);
		hart_wait(i);
	}
	sequence(NULL);
	print("traced: %lu rounds\n", n);
	run_all(rounds, &n);
	print("traced: done\n");
	while (strstr(machine.bootargs, "stay")) {
		print("traced: tick %lu\n", tick++);
		while (rdtime() < last + usec(200000))
			pause_hint();
		last = rdtime();
	}
	check("traced", true);
}
