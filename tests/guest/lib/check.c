/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Output and checks. Each check prints one line, "ok NAME" or "FAIL NAME: expected x got y"; any
 * hart may check. Output goes through SBI DBCN, else the legacy putchar, else the ns16550 of the
 * device tree, a line at a time.
 */
#include <stdio.h>
#include <string.h>
#include "lib.h"

static struct spinlock out_lock;
static unsigned passed, failed;
static int out_way; /* 0: not known yet, 1: DBCN, 2: legacy, 3: UART */

static void put_uart(char c)
{
	while (!(mmio_read(uint8_t, machine.uart + 5) & 0x20))
		;
	mmio_write(uint8_t, machine.uart, c);
}

static void put_bytes(const char *s, size_t n)
{
	if (!out_way)
		out_way = sbi_probe(SBI_EXT_DBCN)		  ? 1
			  : sbi_probe(SBI_LEGACY_CONSOLE_PUTCHAR) ? 2
								  : 3;
	while (n) {
		if (out_way == 1) {
			struct sbiret r = sbi(SBI_EXT_DBCN, SBI_DBCN_WRITE, n, (uintptr_t)s, 0);

			if (r.error || r.value < 0 || (size_t)r.value > n)
				return;
			s += r.value;
			n -= (size_t)r.value;
			continue;
		}
		if (out_way == 2)
			sbi(SBI_LEGACY_CONSOLE_PUTCHAR, 0, (uint8_t)*s);
		else if (machine.uart)
			put_uart(*s);
		s++;
		n--;
	}
}

static void vprint(const char *fmt, va_list ap)
{
	static char line[256];
	bool on = irq_off();
	int n;

	spin_lock(&out_lock);
	n = vsnprintf(line, sizeof(line), fmt, ap);
	put_bytes(line, n < (int)sizeof(line) ? (size_t)n : sizeof(line) - 1);
	spin_unlock(&out_lock);
	if (on)
		irq_on();
}

void print(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vprint(fmt, ap);
	va_end(ap);
}

bool check(const char *name, bool cond)
{
	atomic_add(cond ? &passed : &failed, 1);
	if (cond)
		print("ok %s\n", name);
	else
		print("FAIL %s: expected true got false\n", name);
	return cond;
}

bool check_eq(const char *name, uint64_t got, uint64_t expected)
{
	atomic_add(got == expected ? &passed : &failed, 1);
	if (got == expected)
		print("ok %s\n", name);
	else
		print("FAIL %s: expected 0x%lx got 0x%lx\n", name, expected, got);
	return got == expected;
}

void skip(const char *name, const char *why)
{
	print("skip %s: %s\n", name, why);
}

static void __attribute__((noreturn)) power_off(void)
{
	sbi(SBI_EXT_SRST, SBI_SRST_RESET, SBI_SRST_TYPE_SHUTDOWN, SBI_SRST_REASON_NONE);
	sbi(SBI_LEGACY_SHUTDOWN, 0, 0);
	for (;;)
		wfi();
}

void finish(void)
{
	print("guest: %u passed, %u failed\n", passed, failed);
	power_off();
}

void die(const char *fmt, ...)
{
	va_list ap;

	failed++;
	print("FAIL ");
	va_start(ap, fmt);
	vprint(fmt, ap);
	va_end(ap);
	print("\n");
	finish();
}

/* xorshift64* */
uint64_t rng_next(struct rng *r)
{
	r->s ^= r->s >> 12;
	r->s ^= r->s << 25;
	r->s ^= r->s >> 27;
	return r->s * UINT64_C(0x2545F4914F6CDD1D);
}
