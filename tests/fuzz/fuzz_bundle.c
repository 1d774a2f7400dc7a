/* SPDX-License-Identifier: BSD-2-Clause */
/* A bundle of any bytes at all: it opens or it does not; what opened is walked and read. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <core/bundle.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char err[80];
	uint8_t *copy = malloc(size ? size : 1),
		last = 0; /* exact, so that ASan sees a byte too many */
	struct bundle b;
	struct bundle_file f, found;
	uint64_t pos = 0;

	memcpy(copy, data, size);
	if (bundle_open(&b, copy, size, err, sizeof(err)) == 0) {
		assert(b.size <= size);
		while (bundle_next(&b, &pos, &f) == 0) {
			assert(bundle_find(&b, f.name, &found) == 0);
			assert(f.data >= copy && f.size <= size - (size_t)(f.data - copy));
			if (f.size)
				last ^= f.data[f.size - 1];
			last ^= (uint8_t)strlen(f.name);
		}
	}
	free(copy);
	return last & 0;
}
