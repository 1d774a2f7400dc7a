/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The GDB stub: bytes as they come (first byte even), or lines that become packets with the right
 * sum (odd); a line "!n" stops what runs. Whatever comes in, what goes out is the protocol's.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "../unit/gdb_fake.h"

static void line(const uint8_t *p, size_t n)
{
	if (n == 2 && p[0] == '!') {
		struct gdb_stop s = {.why = (enum gdb_why)(p[1] % 10), .t = {1, 1}};

		gdb_stopped(&fake.g, &s);
	} else {
		fake_send(p, n, true);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gdb_detect d = {.n = 0};

	fake_init();
	if (!size)
		return 0;
	if (*data & 1) {
		const uint8_t *p = data + 1, *end = data + size, *nl;

		for (; p < end; p = nl + 1) {
			nl = memchr(p, '\n', (size_t)(end - p));
			nl = nl ? nl : end;
			line(p, (size_t)(nl - p));
		}
	} else {
		for (size_t i = 1; i < size; i++) {
			if (gdb_detect(&d, data[i], *data & 2) != GDB_MAYBE)
				d.n = 0;
			gdb_byte(&fake.g, data[i]);
		}
	}
	if (fake.broken)
		abort();
	return 0;
}
