/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What churn does with memory, and what must be found there afterwards. All mappings are at fixed
 * places that belong to one side, or to both in turn, so it is known what is where.
 */
#include "churn.h"

#define PAGE   4096UL
#define BATCH  48 /* pages mapped at a time, at most */
#define SHARED 16 /* pages of which one thread takes from the other */
#define EFAULT 14

enum { READ = 1, WRITE = 2, EXEC = 4, PRIVATE = 2, FIXED = 16, ANONYMOUS = 32 };

static unsigned char fork_shared[8 * PAGE] __attribute__((aligned(PAGE)));

static void map(char *at, size_t size, int perm)
{
	check("mmap", (uint64_t)CALL(MMAP, at, size, perm, PRIVATE | FIXED | ANONYMOUS),
	      (uint64_t)at);
}

static void unmap(char *at, size_t size)
{
	check("munmap", (uint64_t)CALL(MUNMAP, at, size, 0, 0), 0);
}

static void protect(char *at, size_t size, int perm)
{
	check("mprotect", (uint64_t)CALL(MPROTECT, at, size, perm, 0), 0);
}

/* The kernel's store there succeeds, or else. It leaves the time. */
static void check_store(const char *what, char *at, bool works)
{
	check(what, (uint64_t)CALL(CLOCK_GETTIME, MONOTONIC, at, 0, 0),
	      works ? 0 : (uint64_t)-EFAULT);
}

/* Two words of each page, which depend on the page. */
static void fill(char *at, size_t pages, uint64_t seed)
{
	for (size_t i = 0; i < pages; i++) {
		volatile uint64_t *p = (uint64_t *)(at + i * PAGE);

		p[i % 512] = pattern(seed, i);
		p[511 - i % 512] = ~pattern(seed, i);
	}
}

/* As fill() left it, or new. */
static void check_pages(const char *what, char *at, size_t pages, uint64_t seed)
{
	for (size_t i = 0; i < pages; i++) {
		volatile uint64_t *p = (uint64_t *)(at + i * PAGE);

		check(what, p[i % 512], seed ? pattern(seed, i) : 0);
		check(what, p[511 - i % 512], seed ? ~pattern(seed, i) : 0);
	}
}

void map_and_unmap(struct side *s)
{
	size_t pages = 1 + any(s, BATCH), size = pages * PAGE;
	char *at = s->own + any(s, 4096) * PAGE, *last = at + size - PAGE;
	uint64_t seed = pattern(rounds, s->id);

	map(at, size, READ | WRITE);
	check_pages("new page", at, pages, 0);
	fill(at, pages, seed);
	protect(last, PAGE, READ);
	check_store("store to a read-only page", last, false);
	check_pages("page", at, pages, seed);
	protect(last, PAGE, READ | WRITE);
	check_store("store to a page", last, true);
	check_pages("page", at, pages - 1, seed);
	unmap(at, size);
	check_store("store to no page", last, false);
	s->pages += pages;
}

void take_from_peer(bool owner)
{
	const size_t size = SHARED * PAGE;
	uint64_t seed = pattern(rounds, 2);

	if (owner) {
		map(common, size, READ | WRITE);
		fill(common, SHARED, seed);
	}
	meet();
	check_pages("peer's page", common, SHARED, seed);
	meet();
	if (owner) {
		map(common, size, READ | WRITE);
		fill(common, SHARED / 2, ~seed);
	}
	meet();
	check_pages("peer's changed page", common, SHARED / 2, ~seed);
	check_pages("peer's new page", common + size / 2, SHARED / 2, 0);
	meet();
	if (owner)
		protect(common, size, READ);
	meet();
	check_store("store to the peer's read-only page", common, false);
	check_pages("peer's read-only page", common, SHARED / 2, ~seed);
	meet();
	if (owner)
		unmap(common, size);
	meet();
	check_store("store to where the peer had a page", common, false);
}

/* A function that returns 12 bits of the round's number. */
void change_code(bool owner)
{
	uint32_t *code = (uint32_t *)(common + MEGABYTE);
	uint64_t value = rounds & 0x7ff;

	if (owner) {
		map((char *)code, PAGE, READ | WRITE | EXEC);
		code[0] = (uint32_t)value << 20 | 0x513; /* li a0, value */
		code[1] = 0x8067;			 /* ret */
		CALL(RISCV_FLUSH_ICACHE, code, code + 2, 0, 0);
	}
	meet();
	check("code", ((uint64_t(*)(void))code)(), value);
	meet();
	if (owner) {
		code[0] ^= 1U << 20;
		CALL(RISCV_FLUSH_ICACHE, code, code + 2, 0, 0);
	}
	meet();
	check("changed code", ((uint64_t(*)(void))code)(), value ^ 1);
}

void fork_and_write(struct side *s)
{
	char *at = (char *)fork_shared + s->id * sizeof(fork_shared) / 2;
	const size_t pages = sizeof(fork_shared) / 2 / PAGE;
	uint64_t seed = pattern(rounds, s->id), status = 0;
	long child;

	fill(at, pages, seed);
	child = CALL(CLONE, SIGCHLD, 0, 0, 0);
	if (!child) {
		check_pages("parent's page", at, pages, seed);
		fill(at, pages, ~seed);
		check_pages("child's page", at, pages, ~seed);
		CALL(EXIT_GROUP, rounds & 0x7f, 0, 0, 0);
	}
	fill(at, pages, seed + 2);
	check("clone", child < 0, 0);
	while (CALL(WAIT4, child, &status, 0, 0) != child)
		;
	check("child's status", status & 0xffff, (rounds & 0x7f) << 8);
	check_pages("page after fork", at, pages, seed + 2);
	s->forks++;
}
