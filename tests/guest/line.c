/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest for the tests of the console and the monitor; what it does is said in the boot arguments.
 * The first word is a name that begins each line, so that guests can be told apart.
 *   isa        tells what of four extensions its device tree names
 *   echo=N     sends N bytes back as they come
 *   lines=N    then writes N lines of 70 characters, byte by byte to the UART's register
 *   ticks      then counts ten times a second for ever, tells of each key, and when time passed
 *              without it (it was paused)
 *   idle       or waits for an interrupt that never comes
 */
#include <string.h>
#include "lib.h"

#define UART_LSR 5
#define LSR_DR	 0x01
#define LSR_THRE 0x20

static char name[16];

static int uart_get(void)
{
	if (!(mmio_read(uint8_t, machine.uart + UART_LSR) & LSR_DR))
		return -1;
	return mmio_read(uint8_t, machine.uart);
}

static void uart_put(int c)
{
	while (!(mmio_read(uint8_t, machine.uart + UART_LSR) & LSR_THRE))
		pause_hint();
	mmio_write(uint8_t, machine.uart, c);
}

static void uart_text(const char *s)
{
	for (; *s; s++)
		uart_put(*s);
}

static void ticks(void)
{
	uint64_t tick = usec(100000), last = rdtime();

	for (uint64_t n = 0;; n++) {
		int c;

		print("%s: tick %lu\n", name, n);
		while (rdtime() < last + tick)
			if ((c = uart_get()) >= 0)
				print("%s: key 0x%02x\n", name, (unsigned)c);
		if (rdtime() - last > 15 * tick)
			print("%s: stood still after tick %lu\n", name, n);
		last = rdtime();
	}
}

static void echo(uint64_t n)
{
	print("%s: type\n", name);
	while (n--) {
		int c;

		while ((c = uart_get()) < 0)
			pause_hint();
		uart_put(c);
	}
	print("%s: end\n", name);
}

/* name, number, then a letter per line up to the 70th column: a line that was cut or mixed shows.
 */
static void lines(uint64_t n)
{
	for (uint64_t i = 0; i < n; i++) {
		char digits[6];
		size_t len = strlen(name) + sizeof(digits) + 1; /* and two blanks */

		for (unsigned d = 5, v = (unsigned)i; d-- > 0; v /= 10)
			digits[d] = (char)('0' + v % 10);
		digits[5] = '\0';
		uart_text(name);
		uart_put(' ');
		uart_text(digits);
		uart_put(' ');
		while (len++ < 70)
			uart_put('a' + (int)(i % 26));
		uart_put('\n');
	}
}

static void read_name(void)
{
	size_t n = strcspn(machine.bootargs, " ");

	n = n < sizeof(name) - 1 ? n : sizeof(name) - 1;
	memcpy(name, machine.bootargs, n);
}

void guest_main(void)
{
	read_name();
	if (!machine.uart)
		die("no UART");
	print("%s: hello\n", name);
	if (strstr(machine.bootargs, " isa"))
		print("%s: f %d, sstc %d, zabha %d, zacas %d\n", name, isa_has("f"), isa_has("sstc"),
		      isa_has("zabha"), isa_has("zacas"));
	if (bootarg("echo", 0))
		echo(bootarg("echo", 0));
	lines(bootarg("lines", 0));
	if (strstr(machine.bootargs, " ticks"))
		ticks();
	if (strstr(machine.bootargs, " stop"))
		sbi(SBI_EXT_HSM, SBI_HSM_HART_STOP, 0);
	if (strstr(machine.bootargs, " idle"))
		for (;;)
			wfi();
	check("line", true);
}
