/* SPDX-License-Identifier: BSD-2-Clause */
/* The monitor's load: guests out of the bundle that is in the load area now. */
#include <core/load.h>
#include <core/vm.h>

#include "monitor.h"

/* What there is, a line each, with what is wrong. */
static void list(const struct load *l)
{
	char err[200];

	for (int node = config_next_guest(&l->config, -1); node >= 0;
	     node = config_next_guest(&l->config, node)) {
		struct vm_config cfg;

		if (config_guest(&l->config, node, &cfg, err, sizeof(err)))
			monitor_printf("%s\n", err);
		else
			monitor_printf("%-16s %u vcpus, %lu MiB, %s%s%s\n", cfg.name, cfg.vcpus,
				       (unsigned long)(cfg.memory >> 20), cfg.kernel,
				       cfg.initrd ? ", " : "", cfg.initrd ? cfg.initrd : "");
	}
}

bool monitor_load(const char *const *arg)
{
	struct load at_area;
	struct vm *vm;
	char err[240];

	if (arg[0]) {
		if (load_guest(arg[0], &vm, err, sizeof(err)))
			monitor_printf("load: %s\n", err);
		else
			monitor_printf("%s: loaded; \"start %s\" starts it\n", vm->name, vm->name);
	} else if (load_area_open(&at_area, err, sizeof(err))) {
		monitor_printf("load: %s\n", err);
	} else {
		list(&at_area);
		load_close(&at_area);
	}
	return true;
}
