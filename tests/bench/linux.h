/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Linux RISC-V system calls and what else a static program without a library needs; for the
 * loads that run as a guest's user space (tests/bench/load.c, tests/boot/churn.c).
 */
#ifndef TESTS_BENCH_LINUX_H
#define TESTS_BENCH_LINUX_H

#include <stddef.h>
#include <stdint.h>

enum {
	SYS_IOCTL = 29,
	SYS_WRITE = 64,
	SYS_EXIT = 93,
	SYS_EXIT_GROUP = 94,
	SYS_FUTEX = 98,
	SYS_TIMER_CREATE = 107,
	SYS_TIMER_SETTIME = 110,
	SYS_CLOCK_GETTIME = 113,
	SYS_CLOCK_NANOSLEEP = 115,
	SYS_SCHED_SETAFFINITY = 122,
	SYS_RT_SIGACTION = 134,
	SYS_REBOOT = 142,
	SYS_GETTID = 178,
	SYS_MUNMAP = 215,
	SYS_CLONE = 220,
	SYS_MMAP = 222,
	SYS_MPROTECT = 226,
	SYS_RISCV_FLUSH_ICACHE = 259,
	SYS_WAIT4 = 260,
};

#define SIGCHLD	     17
#define CLONE_THREAD 0x10f00 /* VM, FS, FILES, SIGHAND, THREAD */

static long call(long n, long a, long b, long c, long d, long e, long f)
{
	register long a0 __asm__("a0") = a, a1 __asm__("a1") = b, a2 __asm__("a2") = c;
	register long a3 __asm__("a3") = d, a4 __asm__("a4") = e, a5 __asm__("a5") = f;
	register long a7 __asm__("a7") = n;

	__asm__ volatile("ecall"
			 : "+r"(a0)
			 : "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a5), "r"(a7)
			 : "memory");
	return a0;
}

#define CALL(n, a, b, c, d) call(SYS_##n, (long)(a), (long)(b), (long)(c), (long)(d), -1, 0)

static inline void run_on(unsigned cpu)
{
	uint64_t mask = 1UL << cpu;

	CALL(SCHED_SETAFFINITY, 0, sizeof(mask), &mask, 0);
}

/* clone() with a stack of its own: the child must not return into this frame. */
static inline void start_thread(void (*thread)(void), void *stack_end)
{
	register long a0 __asm__("a0") = CLONE_THREAD, a1 __asm__("a1") = (long)stack_end;
	register long a2 __asm__("a2") = 0, a3 __asm__("a3") = 0, a4 __asm__("a4") = 0;
	register long a7 __asm__("a7") = SYS_CLONE;

	__asm__ volatile("	ecall\n"
			 "	bnez	a0, 1f\n"
			 "	jr	%1\n"
			 "1:\n"
			 : "+r"(a0)
			 : "r"(thread), "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a7)
			 : "memory");
}

/* Text that grows towards its beginning: what comes last is put first. */
struct text {
	char *p, *end;
};

#define TEXT(buffer) ((struct text){(buffer) + sizeof(buffer), (buffer) + sizeof(buffer)})

static inline void put_text(struct text *t, const char *s)
{
	size_t n = 0;

	while (s[n])
		n++;
	while (n)
		*--t->p = s[--n];
}

static inline void put_number(struct text *t, uint64_t value)
{
	do
		*--t->p = (char)('0' + value % 10);
	while (value /= 10);
}

static inline void print_text(const struct text *t)
{
	CALL(WRITE, 1, t->p, t->end - t->p, 0);
}

#endif
