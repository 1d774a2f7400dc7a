/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pointer masking as a Linux guest's programs ask for it: PR_SET_TAGGED_ADDR_CTRL, then loads and
 * stores through pointers with something in their upper bits, and such a pointer in a system call.
 * Prints "tagged: 7 16 bits" or what went wrong.
 */
#include "../bench/linux.h"

enum { SYS_PRCTL = 167 };
enum { TAGGED_ADDR_CTRL = 55, ENABLE = 1, PMLEN_SHIFT = 24, TCSBRK = 0x5409 };

static uint64_t word;

/* What keeps it from working with so many bits, or NULL. */
static const char *masked(uint64_t bits)
{
	uint64_t tag = UINT64_C(0x2a) << 57; /* bit 63 is 0: a user's pointer to Linux */
	volatile uint64_t *p = (uint64_t *)((uint64_t)&word | tag);

	if (call(SYS_PRCTL, TAGGED_ADDR_CTRL, (long)(ENABLE | bits << PMLEN_SHIFT), 0, 0, 0, 0))
		return " refused";
	*p = bits;
	if (*(volatile uint64_t *)&word != bits || *p != bits)
		return " wrong";
	if (__atomic_fetch_add(p, 1, __ATOMIC_RELAXED) != bits || word != bits + 1)
		return " atomic";
	return CALL(WRITE, 1, (uint64_t) "." | tag, 1, 0) == 1 ? NULL : " call";
}

static void put_result(struct text *t, uint64_t bits)
{
	const char *why = masked(bits);

	put_text(t, " ");
	put_text(t, why ? why : "");
	put_number(t, bits);
}

__attribute__((noreturn)) void _start(void)
{
	char line[80];
	struct text t = TEXT(line);

	put_text(&t, "bits\n");
	put_result(&t, 16);
	put_result(&t, 7);
	put_text(&t, "\ntagged: ");
	print_text(&t);
	CALL(IOCTL, 1, TCSBRK, 1, 0); /* until it is on the line */
	CALL(EXIT_GROUP, 0, 0, 0, 0);
	__builtin_unreachable();
}
