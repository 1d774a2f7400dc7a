/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reboots for ever, cold and warm in turn, from the first or from another hart, with interrupts
 * pending, paging on and the other harts running; prints "reboot: alive" at each boot. As nothing
 * may survive, nothing here counts: who runs it (reboot.sh) does, and sends a "q" to end it. Each
 * boot checks that its RAM is as new.
 */
#include "lib.h"

#define MARK	UINT64_C(0x5ca1ab1e0ddba115)
#define SAMPLES 256

static uint64_t data_word = 0x1234; /* in .data: reloaded */
static uint64_t bss_word;
static unsigned bad;

static void expect(const char *name, uint64_t got, uint64_t want)
{
	if (got != want) {
		print("FAIL %s: expected 0x%lx got 0x%lx\n", name, want, got);
		bad++;
	}
}

/* Words spread over the RAM behind the image, without the device tree. */
static volatile uint64_t *sample(unsigned i)
{
	uint64_t start = ALIGN_UP((uintptr_t)_end, 4096), end = machine.ram + machine.ram_size;
	uint64_t a = start + (end - start) / SAMPLES * i, tree = (uintptr_t)machine.fdt;

	if (a + 8 > tree && a < tree + fdt_size())
		return NULL;
	return (volatile uint64_t *)(a & ~7UL);
}

static void check_new(void)
{
	expect("data", data_word, 0x1234);
	expect("bss", bss_word, 0);
	expect("satp", csr_read(CSR_SATP), 0);
	expect("pending", csr_read(CSR_SIP) & (IP_SSI | IP_SEI), 0);
	expect("interrupts", csr_read(CSR_SSTATUS) & SSTATUS_SIE, 0);
	for (unsigned i = 1; i < machine.harts; i++)
		expect("hart",
		       (uint64_t)sbi(SBI_EXT_HSM, SBI_HSM_HART_GET_STATUS, harts[i].id).value,
		       SBI_HSM_STATE_STOPPED);
	/* natively only the image is loaded again, the rest of RAM stays as it was */
	for (unsigned i = 0; !machine.native && i < SAMPLES; i++)
		if (sample(i))
			expect("ram", *sample(i), 0);
}

static void spoil(void)
{
	data_word = bss_word = MARK;
	for (unsigned i = 0; i < SAMPLES; i++)
		if (sample(i))
			*sample(i) = MARK;
	csr_set(CSR_SIP, IP_SSI);
	if (machine.plic)
		mmio_write(uint32_t, machine.plic + 40, 7);
	if (machine.uart)
		mmio_write(uint8_t, machine.uart + 7, 0x77);
}

static void job_reboot(void *arg)
{
	struct pt pt = pt_new(3);

	csr_write(CSR_SATP, pt_satp(&pt, 1));
	sfence_vma();
	sbi(SBI_EXT_SRST, SBI_SRST_RESET, (uintptr_t)arg, SBI_SRST_REASON_NONE);
	die("the reset returned");
}

static bool told_to_quit(void)
{
	static char c;
	struct sbiret r = sbi(SBI_EXT_DBCN, SBI_DBCN_READ, 1, (uintptr_t)&c, 0);

	return !r.error && r.value == 1 && c == 'q';
}

void guest_main(void)
{
	uint64_t type = rdtime() & 1 ? SBI_SRST_TYPE_COLD_REBOOT : SBI_SRST_TYPE_WARM_REBOOT;

	check_new();
	print("reboot: alive\n");
	if (bad)
		die("not as new");
	if (told_to_quit()) {
		check("reboot", true);
		return;
	}
	spoil();
	smp_init();
	if (machine.harts > 1 && (rdtime() & 2)) {
		hart_post(1, job_reboot, (void *)type);
		for (;;)
			wfi();
	}
	job_reboot((void *)type);
}
