/* SPDX-License-Identifier: BSD-2-Clause */
/* What the tests of arch/riscv/isa.c and isa_guest.c share: sets from and to strings. */
#ifndef TESTS_UNIT_ISA_SETS_H
#define TESTS_UNIT_ISA_SETS_H

#include <string.h>

#include <arch/isa.h>

static inline struct isa_set parse(const char *string)
{
	struct isa_set s;

	assert_int_equal(isa_parse_host(&s, string, NULL, 0), 0);
	return s;
}

static inline const char *text(const struct isa_set *s)
{
	static char buf[4][ISA_TEXT_MAX];
	static unsigned turn;
	char *b = buf[turn++ % 4];

	assert_true(isa_string(s, b, ISA_TEXT_MAX) > 0);
	return b;
}

static inline bool equal(const struct isa_set *a, const struct isa_set *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

#endif
