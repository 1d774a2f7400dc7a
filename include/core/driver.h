/* SPDX-License-Identifier: BSD-2-Clause */
/* Drivers of host devices: one const table (drivers/drivers.c), found by "compatible". */
#ifndef NACRE_CORE_DRIVER_H
#define NACRE_CORE_DRIVER_H

#include <core/fdt.h>
#include <core/types.h>

enum driver_class { DRIVER_IRQCHIP, DRIVER_SSWI, DRIVER_BELL, DRIVER_CONSOLE };

struct driver {
	enum driver_class class;
	const char *compatible;
	/* node: offset in host.fdt. 0 or -NACRE_E*. */
	int (*probe)(const void *fdt, int node);
};

extern const struct driver drivers[];
extern const unsigned driver_count;

/*
 * Finds and starts the devices that Nacre itself needs: interrupt controllers, what harts
 * interrupt each other with, then the console and, if asked for, a debugger's line.
 * What is missing or broken is said in the log. On the boot hart, after host_parse(), mmu_init()
 * and cpu_init_boot(); then log_console_ready().
 */
void drivers_probe(void);

/* The debugger's line, after it was found (core/gdb_line.c): its speed. 0 or -NACRE_ENOTSUP: it
 * cannot be set, -NACRE_ERANGE: not to that. */
int gdb_line_speed(uint32_t bps);

/* Console without a node of its own: SBI DBCN or the legacy calls. 0 or -NACRE_ENOENT. */
int sbi_console_probe(void);

#endif
