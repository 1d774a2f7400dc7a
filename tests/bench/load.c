/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * /init of the memory load: what a Linux guest does with memory that its hypervisors hear of. Two
 * threads, one for each hart, map 128 KiB, touch it and unmap it, over and over, which takes a
 * remote fence of 32 pages each time; then one of them forks children that write to what they
 * share. Prints "linux-load TICKS", ticks of rdtime from the first act to the last, and powers the
 * machine off. Linux RISC-V system calls; no library.
 */
#include "linux.h"

#define ROUNDS	 100
#define FORKS	 10
#define PAGE	 4096
#define PAGES	 32
#define POWEROFF 0x4321fedc

static char stack[16384] __attribute__((aligned(16)));
static char shared[PAGES * PAGE] __attribute__((aligned(PAGE)));
static int done;

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

static void print_ticks(uint64_t ticks)
{
	char line[64];
	struct text t = TEXT(line);

	put_text(&t, "\n");
	put_number(&t, ticks);
	put_text(&t, "\nlinux-load ");
	print_text(&t);
}

__attribute__((noreturn)) void _start(void)
{
	uint64_t t = rdtime();

	run_on(0);
	start_thread(thread, stack + sizeof(stack));
	map_and_unmap();
	while (!__atomic_load_n(&done, __ATOMIC_ACQUIRE))
		;
	fork_and_write();
	print_ticks(rdtime() - t);
	for (;;)
		CALL(REBOOT, 0xfee1dead, 672274793, POWEROFF, 0);
}
