/* SPDX-License-Identifier: BSD-2-Clause */
/* core/host.c and core/fdt.c on any bytes: no tree, however malformed, makes them read outside it
 * or break what they promise. */
#include <libfdt.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <core/fdt.h>
#include <core/host.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int ok)
{
	if (!ok)
		abort();
}

static void ask_all_nodes(void)
{
	for (int node = 0; node >= 0; node = fdt_next_node(host.fdt, node, NULL)) {
		uint64_t addr, len;
		uint32_t parent, irq;

		fdt_reg(host.fdt, node, &addr, &len);
		fdt_interrupt(host.fdt, node, &parent, &irq);
		fdt_enabled(host.fdt, node);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char err[100] = "", value[10];
	uint8_t *fdt;

	if (size < sizeof(struct fdt_header) || size > 65536 || fdt_totalsize(data) > size)
		return 0;
	fdt = malloc(size);
	memcpy(fdt, data, size);
	if (host_parse(fdt, err, sizeof(err)))
		check(err[0] != '\0' && !strchr(err, '\n'));
	else
		check(host.nram && host.nharts && host.timebase);
	for (unsigned i = 0; i < host.nram; i++) {
		check(host.ram[i].start < host.ram[i].end);
		check(i == 0 || host.ram[i - 1].end < host.ram[i].start);
	}
	for (unsigned i = 0; i < host.nreserved; i++)
		check(host.reserved[i].start <= host.reserved[i].end);
	check(host.initrd_start <= host.initrd_end);
	host_option("quiet", value, sizeof(value));
	if (host.fdt)
		ask_all_nodes();
	free(fdt);
	return 0;
}
