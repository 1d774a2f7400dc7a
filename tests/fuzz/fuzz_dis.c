/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dis with any instruction, address and buffer: the length follows from the lowest bits, the text
 * ends within its size, is printable, and is the same whatever the size and the bits behind it; a
 * target is even relative to the pc and within reach.
 */
#include <stdlib.h>
#include <string.h>

#include <arch/dis.h>

static void check(bool ok)
{
	if (!ok)
		abort();
}

static void check_text(const char *s, size_t size)
{
	const char *end = memchr(s, '\0', size);
	unsigned tabs = 0;

	check(end && end > s && *s != '\t' && end[-1] != '\t' && end[-1] != ',');
	for (; s < end; s++) {
		check(*s == '\t' || (*s > ' ' && *s < 0x7f));
		tabs += *s == '\t';
	}
	check(tabs <= 1);
}

static void one(uint32_t insn, uint64_t pc, size_t small)
{
	char text[DIS_MAX], again[DIS_MAX + 1];
	uint64_t target = 1, other;
	bool wide = (insn & 3) == 3;
	int64_t far;

	check(dis(insn, pc, text, sizeof(text), &target) == (wide ? 4U : 2U));
	check_text(text, sizeof(text));
	far = (int64_t)(target - pc);
	/* 0 is "none", too */
	check(target == 0 || (!(far & 1) && far >= -(1 << 20) && far < 1 << 20));
	check(target == 0 || wide || (far >= -2048 && far < 2048));

	/* Nothing behind the instruction counts, and nothing is written behind the buffer. */
	memset(again, 0x55, sizeof(again));
	small %= sizeof(text) + 1;
	dis(wide ? insn : insn ^ 0xffff0000, pc, again, small, &other);
	check(again[small] == 0x55);
	if (small) {
		check(memchr(again, '\0', small));
		check(!strncmp(again, text, strlen(again)));
		check(strlen(again) == (strlen(text) < small ? strlen(text) : small - 1));
	}
	dis(insn, pc, again, sizeof(text), NULL);
	check(!strcmp(again, text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t pc = 0;
	uint32_t insn;

	if (size < 9)
		return 0;
	memcpy(&pc, data, 8);
	for (size_t at = 9; at + 4 <= size && at < 9 + 4 * 256; at += 4) {
		memcpy(&insn, data + at, 4);
		one(insn, pc & ~UINT64_C(1), data[8]);
	}
	for (unsigned csr = 0; csr < 4096 && size == 9; csr++)
		if (dis_csr_name(csr))
			check(strlen(dis_csr_name(csr)) < 20);
	return 0;
}
