/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * /init of the memory load: what a Linux guest does with memory that its hypervisors hear of. Two
 * threads, one for each hart, map 128 KiB, touch it and unmap it, over and over, which takes a
 * remote fence of 32 pages each time; then one of them forks children that write to what they
 * share. Prints "linux-load TICKS", ticks of rdtime from the first act to the last, and powers the
 * machine off. Linux RISC-V system calls; no library.
 */
#include <stddef.h>
#include <stdint.h>

enum {
	SYS_WRITE = 64,
	SYS_EXIT = 93,
	SYS_SCHED_SETAFFINITY = 122,
	SYS_REBOOT = 142,
	SYS_MUNMAP = 215,
	SYS_CLONE = 220,
	SYS_MMAP = 222,
	SYS_WAIT4 = 260,
};

#define ROUNDS	 100
#define FORKS	 10
#define PAGE	 4096
#define PAGES	 32
#define THREAD	 0x10f00 /* VM, FS, FILES, SIGHAND, THREAD */
#define SIGCHLD	 17
#define POWEROFF 0x4321fedc

static char stack[16384] __attribute__((aligned(16)));
static char shared[PAGES * PAGE] __attribute__((aligned(PAGE)));
static int done;

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

static uint64_t rdtime(void)
{
	uint64_t t;

	__asm__ volatile("rdtime %0" : "=r"(t));
	return t;
}

static void touch(volatile char *p)
{
	for (unsigned i = 0; i < PAGES; i++)
		p[i * PAGE] = 1;
}

static void run_on(unsigned cpu)
{
	uint64_t mask = 1UL << cpu;

	CALL(SCHED_SETAFFINITY, 0, sizeof(mask), &mask, 0);
}

static void map_and_unmap(void)
{
	for (unsigned i = 0; i < ROUNDS; i++) {
		/* read, write; private, anonymous */
		char *p = (char *)CALL(MMAP, 0, PAGES * PAGE, 3, 0x22);

		touch(p);
		CALL(MUNMAP, p, PAGES * PAGE, 0, 0);
	}
}

static void thread(void)
{
	run_on(1);
	map_and_unmap();
	__atomic_store_n(&done, 1, __ATOMIC_RELEASE);
	for (;;)
		CALL(EXIT, 0, 0, 0, 0);
}

/* clone() with a stack of its own: the child must not return into this frame. */
static void start_thread(void)
{
	register long a0 __asm__("a0") = THREAD, a1 __asm__("a1") = (long)(stack + sizeof(stack));
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

static void fork_and_write(void)
{
	for (unsigned i = 0; i < FORKS; i++) {
		touch(shared);
		if (!CALL(CLONE, SIGCHLD, 0, 0, 0)) {
			touch(shared);
			CALL(EXIT, 0, 0, 0, 0);
		}
		touch(shared);
		CALL(WAIT4, -1, 0, 0, 0);
	}
}

static void print(const char *name, uint64_t value)
{
	char line[64], *p = line + sizeof(line);
	size_t n = 0;

	*--p = '\n';
	do
		*--p = (char)('0' + value % 10);
	while (value /= 10);
	while (name[n])
		n++;
	while (n)
		*--p = name[--n];
	CALL(WRITE, 1, p, line + sizeof(line) - p, 0);
}

__attribute__((noreturn)) void _start(void)
{
	uint64_t t = rdtime();

	run_on(0);
	start_thread();
	map_and_unmap();
	while (!__atomic_load_n(&done, __ATOMIC_ACQUIRE))
		;
	fork_and_write();
	print("\nlinux-load ", rdtime() - t);
	for (;;)
		CALL(REBOOT, 0xfee1dead, 672274793, POWEROFF, 0);
}
