/* SPDX-License-Identifier: BSD-2-Clause */
/* A kernel of any bytes: what is taken lies inside the file on one side and inside RAM on the
 * other. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <guest/image.h>

#define RAM_BASE UINT64_C(0x80000000)
#define RAM_SIZE UINT64_C(0x10000000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char err[80];
	uint8_t *copy = malloc(size ? size : 1); /* exact, so that ASan sees a byte too many */
	struct image im;

	memcpy(copy, data, size);
	if (image_parse(copy, size, gpa(RAM_BASE), RAM_SIZE, &im, err, sizeof(err)) == 0) {
		assert(im.nsegments >= 1 && im.nsegments <= IMAGE_MAX_SEGMENTS);
		assert(im.entry.v - RAM_BASE < RAM_SIZE && im.end.v - RAM_BASE <= RAM_SIZE);
		for (unsigned i = 0; i < im.nsegments; i++) {
			const struct image_segment *s = &im.segment[i];

			assert(s->file_offset <= size && s->file_size <= size - s->file_offset);
			assert(s->file_size <= s->mem_size && s->mem_size <= RAM_SIZE);
			assert(s->gpa.v - RAM_BASE <= RAM_SIZE - s->mem_size);
		}
	}
	free(copy);
	return 0;
}
