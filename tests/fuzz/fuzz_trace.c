/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A trace that somebody else wrote: text, or ('M' first) an image of memory, which is a right
 * beginning of a trace_info and then what comes. Whatever is understood is written down.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../scripts/trace/trace.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define BASE UINT64_C(0x80000000)

static int load_image(struct trace_set *t, const uint8_t *data, size_t size)
{
	struct trace_info info = {.magic = TRACE_MAGIC,
				  .version = TRACE_VERSION,
				  .nrings = data[0] % 4,
				  .nguests = 1,
				  .timebase = 1 + data[0]};
	uint8_t *mem = calloc(1, sizeof(info) + size);
	int rc;

	for (unsigned i = 0; i < info.nrings; i++)
		info.ring[i] = BASE + sizeof(info) + i * sizeof(struct trace_ring_info);
	memcpy(mem, &info, sizeof(info));
	memcpy(mem + sizeof(info), data, size);
	rc = trace_load_ram(t, mem, sizeof(info) + size, BASE, BASE);
	free(mem);
	return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct trace_set t = {0};
	FILE *out, *in;
	int rc;

	if (size < 2)
		return 0;
	if (data[0] == 'M') {
		rc = load_image(&t, data + 1, size - 1);
	} else {
		in = fmemopen((void *)(uintptr_t)data, size, "r");
		rc = trace_load_text(&t, in);
		fclose(in);
	}
	if (!rc && (out = fopen("/dev/null", "w"))) {
		trace_write_json(&t, out);
		trace_write_svg(&t, out);
		trace_write_list(&t, out);
		fclose(out);
	}
	trace_free(&t);
	return 0;
}
