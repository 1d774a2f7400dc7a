/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Three lines: the host's riscv,isa, its riscv,isa-extensions with commas for NULs (may be empty),
 * and a guest's request. Whatever they are, a guest's set is one that its strings parse back to.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <arch/isa.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_guest(const struct isa_set *host, const struct isa_set *guest)
{
	char list[ISA_TEXT_MAX], string[ISA_TEXT_MAX];
	struct isa_set back;
	int n = isa_ext_list(guest, list, sizeof(list));

	assert(n > 0 && isa_string(guest, string, sizeof(string)) > 0);
	assert(isa_parse_host(&back, string, list, (size_t)n) == 0);
	assert(memcmp(&back, guest, sizeof(back)) == 0);
	assert(isa_parse_host(&back, string, NULL, 0) == 0);
	for (enum isa_ext e = 1; e < ISA_COUNT; e++)
		assert(!isa_has(guest, e) || isa_has(host, e) || isa_can_emulate(e) ||
		       (e == ISA_SVADE && isa_has(host, ISA_SVADU)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct isa_set host, guest;
	char err[80], *text = malloc(size + 1), *list, *request;

	memcpy(text, data, size);
	text[size] = '\0';
	list = strchr(text, '\n');
	request = list ? strchr(list + 1, '\n') : NULL;
	if (request) {
		size_t len = (size_t)(request - list - 1);
		char *exts =
			len ? malloc(len) : NULL; /* exact, so that ASan sees a byte too many */

		*list = *request = '\0';
		for (size_t i = 0; i < len; i++)
			exts[i] = list[1 + i] == ',' ? '\0' : list[1 + i];
		if (isa_parse_host(&host, text, exts, len) == 0 &&
		    isa_guest(&guest, &host, request + 1, err, sizeof(err)) == 0)
			check_guest(&host, &guest);
		free(exts);
	}
	free(text);
	return 0;
}
