/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The firmware's console, over SBI DBCN or the legacy calls: for a host without a UART that Nacre
 * can drive.
 *
 * It has no interrupts, and a call returns when the byte is written. SBI specification, chapter
 * "Debug Console".
 */
#include <arch/sbi.h>
#include <core/console.h>
#include <core/driver.h>
#include <core/errno.h>
#include <spec/sbi.h>

static int dbcn_get(void *dev)
{
	(void)dev;
	return sbi_getchar();
}

static bool dbcn_put(void *dev, uint8_t c)
{
	(void)dev;
	sbi_putchar(c);
	return true;
}

int sbi_console_probe(void)
{
	static const struct console_dev dev = {.name = "SBI", .get = dbcn_get, .put = dbcn_put};

	if (!sbi_probe(SBI_EXT_DBCN) && !sbi_probe(SBI_LEGACY_CONSOLE_PUTCHAR))
		return -NACRE_ENOENT;
	console_add_dev(&dev);
	return 0;
}
