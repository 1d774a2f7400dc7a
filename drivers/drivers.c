/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The drivers that there are, and the finding of their devices: interrupt controllers first, then
 * what harts interrupt each other with, then one console.
 *
 * The console is what /chosen's stdout-path names; else the first enabled node with a console
 * driver; else the firmware's. Devicetree Specification 0.4, 3.6 (/chosen).
 */
#include <libfdt.h>
#include <string.h>

#include <core/driver.h>
#include <core/errno.h>
#include <core/host.h>
#include <core/log.h>

#include "probes.h"

const struct driver drivers[] = {
	{DRIVER_IRQCHIP, "riscv,plic0", plic_probe},
	{DRIVER_IRQCHIP, "sifive,plic-1.0.0", plic_probe},
	{DRIVER_SSWI, "riscv,aclint-sswi", aclint_sswi_probe},
	{DRIVER_BELL, "google,goldfish-rtc", goldfish_rtc_probe},
	{DRIVER_CONSOLE, "ns16550a", ns16550_probe},
	{DRIVER_CONSOLE, "ns16550", ns16550_probe},
	{DRIVER_CONSOLE, "snps,dw-apb-uart", ns16550_probe},
};
const unsigned driver_count = ARRAY_SIZE(drivers);

static const struct driver *find_driver(int node, enum driver_class class)
{
	for (unsigned i = 0; i < driver_count; i++)
		if (drivers[i].class == class &&
		    !fdt_node_check_compatible(host.fdt, node, drivers[i].compatible))
			return &drivers[i];
	return NULL;
}

/* 0, or why not, with a line in the log. */
static int probe(int node, enum driver_class class)
{
	const struct driver *d = find_driver(node, class);
	const char *name = fdt_get_name(host.fdt, node, NULL);
	int rc = -NACRE_ENOTSUP;

	if (!d)
		log_warn("%s: no driver for this device", name);
	else if ((rc = d->probe(host.fdt, node)))
		log_warn("%s (%s): cannot be used: %s", name, d->compatible, nacre_strerror(rc));
	return rc;
}

/* Probes the enabled nodes of a class, in the order of the tree, but not `except`; up to the first
 * that works. */
static int probe_any(enum driver_class class, int except)
{
	for (int node = fdt_next_node(host.fdt, -1, NULL); node >= 0;
	     node = fdt_next_node(host.fdt, node, NULL))
		if (node != except && find_driver(node, class) && fdt_enabled(host.fdt, node) &&
		    !probe(node, class))
			return 0;
	return -NACRE_ENOENT;
}

/* The node of stdout-path, which is a path or an alias, and perhaps ":" and options. -NACRE_ENOENT:
 * none. */
static int stdout_node(void)
{
	const char *path = fdt_str(host.fdt, fdt_path_offset(host.fdt, "/chosen"), "stdout-path");
	int node;

	if (!path)
		return -NACRE_ENOENT;
	node = fdt_path_offset_namelen(host.fdt, path, (int)strcspn(path, ":"));
	if (node < 0)
		log_warn("/chosen: stdout-path: there is no %s", path);
	return node < 0 ? -NACRE_ENOENT : node;
}

static void probe_console(void)
{
	char choice[8];
	const char *option = host_option("console", choice, sizeof(choice));
	int node;

	if (option && !strcmp(option, "sbi") && !sbi_console_probe())
		return;
	node = stdout_node();
	if (node >= 0 && fdt_enabled(host.fdt, node) && !probe(node, DRIVER_CONSOLE))
		return;
	if (!probe_any(DRIVER_CONSOLE, node))
		return;
	if (!sbi_console_probe())
		log_info("console: no UART that Nacre can drive, using the firmware's console");
}

void drivers_probe(void)
{
	bool chip = !probe_any(DRIVER_IRQCHIP, -1);
	char buf[4];

	if (!chip)
		log_warn("no interrupt controller: the console is polled");
	/* Without either the firmware kicks. */
	if (probe_any(DRIVER_SSWI, -1) && chip && !host_option("no-bell", buf, sizeof(buf)))
		probe_any(DRIVER_BELL, -1);
	probe_console();
}
