/* SPDX-License-Identifier: BSD-2-Clause */
/* A configuration tree of any bytes: it opens or not; what opened answers every question soundly.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <core/config.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void use_guest(const struct config *c, int node)
{
	char err[80];
	struct vm_config vm;

	if (config_guest(c, node, &vm, err, sizeof(err)))
		return;
	assert(vm.vcpus >= 1 && vm.vcpus <= VM_MAX_VCPUS);
	assert(vm.memory && vm.memory % (2 << 20) == 0 && vm.memory <= VM_MAX_MEMORY);
	assert(strlen(vm.name) <= CONFIG_MAX_NAME && vm.kernel[0] && vm.isa[0]);
	assert(!vm.initrd || vm.initrd[0]);
	assert(!vm.bootargs || strlen(vm.bootargs) <= CONFIG_MAX_BOOTARGS);
	for (uint32_t i = 0; vm.affinity_count && i < vm.vcpus; i++)
		(void)vm_config_hart(&vm, i);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char err[80];
	void *copy =
		malloc(size ? size : 1); /* exact, so that ASan sees a byte too many; aligned */
	struct console_config console;
	struct config c;

	memcpy(copy, data, size);
	if (config_open(&c, copy, size, err, sizeof(err)) == 0) {
		config_check_root(&c, err, sizeof(err));
		config_console(&c, &console, err, sizeof(err));
		assert(console.escape_key > 1 && console.escape_key < 32);
		for (int node = config_next_guest(&c, -1); node >= 0;
		     node = config_next_guest(&c, node))
			use_guest(&c, node);
	}
	free(copy);
	return 0;
}
