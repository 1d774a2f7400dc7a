/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The drivers that there are, and the finding of their devices: interrupt controllers first, then
 * what harts interrupt each other with, then one console, and a line for a debugger.
 *
 * The console is what /chosen's stdout-path names; else the first enabled node with a console
 * driver; else the firmware's. Another UART may have anything at its other end, so it is left alone
 * unless the boot argument debug-console asks for it. Devicetree Specification 0.4, 3.6 (/chosen).
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
 * that works: its node. */
static int probe_any(enum driver_class class, int except)
{
	for (int node = fdt_next_node(host.fdt, -1, NULL); node >= 0;
	     node = fdt_next_node(host.fdt, node, NULL))
		if (node != except && find_driver(node, class) && fdt_enabled(host.fdt, node) &&
		    !probe(node, class))
			return node;
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

/* The UART that is the console now, or is the firmware's. -NACRE_ENOENT: unknown. */
static int probe_console(void)
{
	char choice[8];
	const char *option = host_option("console", choice, sizeof(choice));
	int node = stdout_node(), other;

	if (option && !strcmp(option, "sbi") && !sbi_console_probe())
		return node;
	if (node >= 0 && fdt_enabled(host.fdt, node) && !probe(node, DRIVER_CONSOLE))
		return node;
	other = probe_any(DRIVER_CONSOLE, node);
	if (other >= 0)
		return other;
	if (!sbi_console_probe())
		log_info("console: no UART that Nacre can drive, using the firmware's console");
	return node;
}

/* "115200", "115200n8": bits per second. 0: not that. */
static uint32_t speed_of(const char *s)
{
	uint32_t n = 0;

	while (*s >= '0' && *s <= '9' && n < 100000000)
		n = 10 * n + (uint32_t)(*s++ - '0');
	return *s && strcmp(s, "n8") != 0 ? 0 : n;
}

static void set_speed(const char *text)
{
	int rc = -NACRE_EINVAL;

	if (speed_of(text))
		rc = gdb_line_speed(speed_of(text));
	if (rc)
		log_warn("debug-console: speed %s: %s; left as it is", text, nacre_strerror(rc));
}

/* What debug-console names: "any", or a path or an alias, as in stdout-path. */
static int probe_named(const char *which, size_t n, int console)
{
	int node;

	if (n == 3 && !memcmp(which, "any", n))
		return probe_any(DRIVER_CONSOLE, console);
	node = fdt_path_offset_namelen(host.fdt, which, (int)n);
	if (node < 0 || !fdt_enabled(host.fdt, node))
		return -NACRE_ENOENT;
	if (node == console)
		return -NACRE_EBUSY;
	return probe(node, DRIVER_CONSOLE) ? -NACRE_ENOTSUP : node;
}

static void probe_debug_console(int console)
{
	char choice[96];
	const char *which = host_option("debug-console", choice, sizeof(choice)), *speed;
	int node;

	if (!which)
		return;
	speed = which + strcspn(which, ":");
	node = probe_named(which, (size_t)(speed - which), console);
	if (node < 0) {
		log_warn("debug-console=%s: %s", which,
			 node == -NACRE_EBUSY ? "that is the console" : "no UART to be used");
		return;
	}
	if (*speed)
		set_speed(speed + 1);
	log_info("debug-console: %s, for a debugger", fdt_get_name(host.fdt, node, NULL));
}

void drivers_probe(void)
{
	bool chip = probe_any(DRIVER_IRQCHIP, -1) >= 0;
	char buf[4];

	if (!chip)
		log_warn("no interrupt controller: the console is polled");
	/* Without either the firmware kicks. */
	if (probe_any(DRIVER_SSWI, -1) < 0 && chip && !host_option("no-bell", buf, sizeof(buf)))
		probe_any(DRIVER_BELL, -1);
	probe_debug_console(probe_console());
}
