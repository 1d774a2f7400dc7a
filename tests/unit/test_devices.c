/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * guest/devices.c: a guest whose UART handler goes on for as long as there is something to do is
 * given a rest after each burst; one that polls is not; no byte is lost by it.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <spec/uart.h>
#include "../fake/core.h"
#include "../../guest/devices.h"

#define BURST 1024
#define FIFO  16

static int setup(void **state)
{
	(void)state;
	fake_init(1, VM_CONSOLE_UART);
	return devices_create(&fake.vm);
}

static int teardown(void **state)
{
	(void)state;
	fake_free();
	return 0;
}

static uint8_t uart(unsigned reg, bool write, uint8_t value)
{
	const struct bus_range *r = bus_find(&fake.vm.bus, gpa(VM_UART_BASE + reg), 1);
	struct mmio_access a = {.offset = reg, .size = 1, .write = write, .value = value};

	assert_non_null(r);
	assert_int_equal(r->ops->access(r->dev, &a), 0);
	assert_int_equal(fake.vm.dev_lock.locked, 0);
	return (uint8_t)a.value;
}

static uint8_t in(unsigned reg)
{
	return uart(reg, false, 0);
}

static void out(unsigned reg, uint8_t value)
{
	uart(reg, true, value);
}

static void rested(void)
{
	fake.port->rested(fake.port_ctx);
}

/* As Linux's handler: until there is nothing more. The number of bytes. */
static unsigned read_all(unsigned *next)
{
	unsigned n = 0;

	for (; in(UART_LSR)&UART_LSR_DR; n++)
		assert_int_equal(in(UART_RBR), (uint8_t)(*next)++);
	return n;
}

static void type(unsigned count)
{
	static uint8_t bytes[FAKE_CONSOLE];

	for (unsigned i = 0; i < count; i++)
		bytes[i] = (uint8_t)i;
	fake_input(bytes, count);
}

static void input_rests(void **state)
{
	unsigned next = 0;

	(void)state;
	out(UART_FCR, UART_FCR_ENABLE);
	out(UART_IER, UART_IER_RDI);
	type(3000);
	assert_int_equal(read_all(&next), BURST);
	assert_int_equal(fake.rests, 1);
	assert_true(in(UART_IIR)&UART_IIR_NO_INT);
	fake.port->input(fake.port_ctx); /* more arrives: not yet */
	assert_int_equal(read_all(&next), 0);
	rested();
	assert_int_equal(in(UART_IIR)&UART_IIR_NO_INT, 0);
	assert_int_equal(read_all(&next), BURST);
	rested();
	assert_int_equal(read_all(&next), 3000 - 2 * BURST);
	assert_int_equal(fake.rests, 2);
}

/* THRE stays; its interrupt rests. */
static void output_rests(void **state)
{
	unsigned sent = 0;

	(void)state;
	fake.room = 4000;
	out(UART_FCR, UART_FCR_ENABLE);
	out(UART_IER, UART_IER_THRI);
	while (!(in(UART_IIR)&UART_IIR_NO_INT))
		for (unsigned i = 0; i < FIFO; i++)
			out(UART_THR, (uint8_t)sent++);
	assert_int_equal(sent, BURST);
	assert_int_equal(fake.nout, BURST);
	assert_int_equal(fake.rests, 1);
	assert_int_equal(in(UART_LSR), UART_LSR_THRE | UART_LSR_TEMT);
	out(UART_THR, (uint8_t)sent++);
	assert_int_equal(fake.nout, BURST + 1);
	rested();
	assert_int_equal(in(UART_IIR)&UART_IIR_ID_MASK, UART_IIR_THRI);
}

static void who_polls_does_not(void **state)
{
	unsigned next = 0;

	(void)state;
	fake.room = 4000;
	in(UART_LSR);
	type(4000);
	assert_int_equal(read_all(&next), 4000);
	for (unsigned i = 0; i < 4000; i++)
		out(UART_THR, (uint8_t)i);
	assert_int_equal(fake.nout, 4000);
	assert_int_equal(fake.rests, 0);
}

/* A reboot in a rest: the UART is as new, and the rest's end does no harm. */
static void reset(void **state)
{
	unsigned next = 0;

	(void)state;
	out(UART_IER, UART_IER_RDI);
	type(3000);
	read_all(&next);
	devices_reset(&fake.vm);
	in(UART_LSR);
	assert_int_equal(read_all(&next), 3000 - BURST);
	rested();
	assert_true(in(UART_IIR)&UART_IIR_NO_INT);
}

/* Where a UART would be there is something else: no port is made, and nothing is left behind. */
static void no_room(void **state)
{
	static const struct bus_ops none = {0};
	const struct bus_range other = {gpa(VM_UART_BASE), 8, &none, NULL, "other"};

	(void)state;
	fake_free();
	fake_init(1, VM_CONSOLE_UART);
	assert_int_equal(bus_add(&fake.vm.bus, &other), 0);
	assert_true(devices_create(&fake.vm) < 0);
	assert_null(fake.vm.devices);
	assert_null(fake.port);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(input_rests), TEST(output_rests), TEST(who_polls_does_not),
		TEST(reset),	   TEST(no_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
