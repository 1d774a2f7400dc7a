/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest that does not boot, in the way that its boot arguments name: what the monitor's command
 * why is tried on. It says "broken" and its way, and is then heard of no more.
 */
#include <string.h>
#include "lib.h"
#include <spec/plic.h>

#define NOWHERE 0x20000000UL /* no device */
#define ZEROS	0x80e00000UL /* RAM that nobody writes */

static uint64_t read64(uint64_t a)
{
	uint64_t v;

	__asm__ volatile("ld %0, (%1)" : "=r"(v) : "r"(a) : "memory");
	return v;
}

static void park(void)
{
	for (;;)
		__asm__ volatile("j .");
}

/* A trap handler that parks the hart, one that returns, and one that skips. */
static __attribute__((naked, aligned(4))) void trap_park(void)
{
	__asm__ volatile("1: j 1b");
}

static __attribute__((naked, aligned(4))) void trap_again(void)
{
	__asm__ volatile("nop; nop; nop; sret");
}

static void stvec(void *p)
{
	csr_write(CSR_STVEC, (uint64_t)p);
}

static void plic_write(uint64_t offset, uint32_t v)
{
	mmio_write(uint32_t, machine.plic + offset, v);
}

static void plic_enable(unsigned source, uint32_t priority)
{
	unsigned context = (unsigned)plic_context(self()->id, IRQ_SEI);

	plic_write(PLIC_PRIORITY + 4 * source, priority);
	plic_write(PLIC_ENABLE + PLIC_ENABLE_STRIDE * context + source / 32 * 4, 1U << source % 32);
}

/* An interrupt of the UART that will not be taken: THRE. */
static void uart_raise(void)
{
	mmio_write(uint8_t, machine.uart + 1, 2);
}

static void wait_for(uint64_t sie)
{
	csr_write(CSR_SIE, sie);
	irq_on();
	for (;;)
		wfi();
}

/* ---- The ways ---- */

static void stvec_0(void)
{
	stvec(NULL);
	read64(NOWHERE);
}

static void stvec_zeros(void)
{
	stvec((void *)ZEROS);
	read64(NOWHERE);
}

static void stvec_device(void)
{
	stvec((void *)machine.uart);
	read64(NOWHERE);
}

static void bad_stack(void)
{
	__asm__ volatile("la t0, 1f; csrw stvec, t0; li sp, 0x10000; j 1f; .balign 4; 1: addi sp, "
			 "sp, -16; sd ra, 0(sp); j 1b");
}

static void missing_device(void)
{
	stvec(trap_again);
	read64(NOWHERE);
}

static void probe_device(void)
{
	stvec(trap_park);
	read64(NOWHERE);
}

static void behind_ram(void)
{
	stvec(trap_park);
	read64(machine.ram + machine.ram_size + 0x1000);
}

static void null_pointer(void)
{
	stvec(trap_park);
	read64(8);
}

static void wild_jump(void)
{
	stvec(trap_park);
	((void (*)(void))NOWHERE)();
}

static void jump_to_zeros(void)
{
	stvec(trap_park);
	((void (*)(void))ZEROS)();
}

static void use_f(void)
{
	stvec(trap_park);
	__asm__ volatile(".word 0x02007053"); /* fadd.d ft0, ft0, ft0 */
}

static void use_v(void)
{
	stvec(trap_park);
	__asm__ volatile(".word 0x02000057"); /* vadd.vv v0, v0, v0 */
}

static void use_m(void)
{
	stvec(trap_park);
	__asm__ volatile(".word 0x30002573"); /* csrr a0, mstatus */
}

static void bug(void)
{
	stvec(trap_park);
	__asm__ volatile("ebreak");
}

/* Page tables: one page of zeros as the root, or one that is not in RAM. */
static void turn_on(uint64_t root)
{
	stvec(trap_park);
	csr_write(CSR_SATP, SATP_MODE_SV39 << SATP_MODE_SHIFT | root >> PAGE_SHIFT);
	sfence_vma();
}

static void empty_tables(void)
{
	turn_on(ZEROS);
}

static void tables_nowhere(void)
{
	turn_on(0x40000000);
}

static void wfi_nothing(void)
{
	wait_for(0);
}

static void wfi_device(void)
{
	plic_enable(33, 1);
	wait_for(IP_SEI);
}

static void wfi_timer(void)
{
	csr_write(CSR_SIE, 0);
	set_timer(UINT64_MAX);
	wait_for(IP_STI);
}

static void wfi_not_enabled(void)
{
	uart_raise();
	wait_for(IP_SEI);
}

static void wfi_priority(void)
{
	plic_enable(machine.uart_irq, 0);
	uart_raise();
	wait_for(IP_SEI);
}

static void wfi_claimed(void)
{
	unsigned context = (unsigned)plic_context(self()->id, IRQ_SEI);

	plic_enable(machine.uart_irq, 1);
	uart_raise();
	mmio_read(uint32_t, machine.plic + PLIC_CONTEXT + PLIC_CONTEXT_STRIDE * context + 4);
	wait_for(IP_SEI);
}

static void spin_off(void)
{
	static volatile uint32_t lock;

	while (!lock)
		;
}

static void spin_on(void)
{
	csr_write(CSR_SIE, IP_SSI);
	irq_on();
	spin_off();
}

static void poll_device(void)
{
	for (;;)
		mmio_read(uint8_t, machine.uart + 5);
}

static void refused(void)
{
	sbi(0x0a000000, 3, 1);
	spin_off();
}

static void refused_again(void)
{
	for (;;)
		sbi(0x0a000000, 3, 1);
}

static void stop_all(void)
{
	sbi(SBI_EXT_HSM, SBI_HSM_HART_STOP, 0);
}

static void reboot(void)
{
	sbi(SBI_EXT_SRST, SBI_SRST_RESET, SBI_SRST_TYPE_WARM_REBOOT);
}

static const struct {
	const char *name;
	void (*way)(void);
} ways[] = {
	{"stvec-0", stvec_0},
	{"stvec-zeros", stvec_zeros},
	{"stvec-device", stvec_device},
	{"bad-stack", bad_stack},
	{"missing-device", missing_device},
	{"probe-device", probe_device},
	{"behind-ram", behind_ram},
	{"null-pointer", null_pointer},
	{"wild-jump", wild_jump},
	{"jump-to-zeros", jump_to_zeros},
	{"use-f", use_f},
	{"use-v", use_v},
	{"use-m", use_m},
	{"bug", bug},
	{"empty-tables", empty_tables},
	{"tables-nowhere", tables_nowhere},
	{"wfi-nothing", wfi_nothing},
	{"wfi-device", wfi_device},
	{"wfi-timer", wfi_timer},
	{"wfi-not-enabled", wfi_not_enabled},
	{"wfi-priority", wfi_priority},
	{"wfi-claimed", wfi_claimed},
	{"spin-off", spin_off},
	{"spin-on", spin_on},
	{"poll-device", poll_device},
	{"refused", refused},
	{"refused-again", refused_again},
	{"stop-all", stop_all},
	{"reboot", reboot},
	{"park", park},
};

void guest_main(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(ways); i++)
		if (!strcmp(machine.bootargs, ways[i].name)) {
			print("broken: %s\n", ways[i].name);
			irq_off();
			ways[i].way();
			die("it went on");
		}
	die("there is no such way");
}
