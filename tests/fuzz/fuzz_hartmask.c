/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hartmask with any SBI arguments: what hartset_next() yields is ascending, exists, and was named;
 * and a set is refused exactly if it names a hart that does not exist.
 */
#include <stdlib.h>
#include <string.h>

#include <guest/hartmask.h>
#include <spec/sbi.h>

static void check(bool ok)
{
	if (!ok)
		abort();
}

static bool valid(uint64_t mask, uint64_t base, uint32_t nvcpus)
{
	for (unsigned bit = 0; bit < 64; bit++) {
		if ((mask >> bit & 1) && (base >= nvcpus || base + bit >= nvcpus))
			return false;
	}
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct {
		uint64_t mask, base;
		uint16_t nvcpus;
	} in = {0};
	uint32_t count = 0, id = HARTSET_START;
	uint64_t expected = 0;
	struct hartset s;
	long err;

	memcpy(&in, data, size < sizeof(in) ? size : sizeof(in));
	err = hartset_make(&s, in.mask, in.base, in.nvcpus);
	if (in.base == UINT64_MAX) {
		check(err == SBI_SUCCESS);
		expected = in.nvcpus;
	} else if (valid(in.mask, in.base, in.nvcpus)) {
		check(err == SBI_SUCCESS);
		expected = (uint64_t)__builtin_popcountll(in.mask);
	} else {
		check(err == SBI_ERR_INVALID_PARAM);
	}
	for (uint32_t before = id; hartset_next(&s, &id); before = id) {
		check(before == HARTSET_START || id > before);
		check(id < in.nvcpus);
		check(in.base == UINT64_MAX || (in.mask >> (id - in.base) & 1));
		count++;
	}
	check(count == expected);
	return 0;
}
