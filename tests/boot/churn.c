/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * churn SECONDS: what a Linux guest makes its hypervisors do with memory, timers and interrupts
 * between harts, over and over, with every result looked at. Two threads, which now and then change
 * harts, each have a timer of 4 ms. They map and unmap, take each other's pages away, change each
 * other's code and fork. What they find must be what was written: page contents, permissions, exit
 * codes, timer signals against the clock, FP registers. Prints a line each ten seconds, and at the
 * end "churn: SECONDS s: ..., all right", or "churn: WRONG ..." at once.
 */
#include "churn.h"

#define NANO	 1000000000UL
#define INTERVAL 4000000UL /* of the timers, ns */
#define PATIENCE (10 * NANO)
#define SIGALRM	 14

enum { ABSOLUTE = 1, SIGEV_THREAD_ID = 4, SA_SIGINFO = 4, SA_RESTART = 0x10000000 };
enum { TCSBRK = 0x5409 };
enum { FUTEX_WAIT = 128, FUTEX_WAKE = 129 }; /* within a process */

struct timespec {
	uint64_t sec, nsec;
};

struct sigevent {
	uint64_t value;
	int signo, notify, tid;
	int unused[11];
};

struct siginfo {
	int signo, errno, code, pad, timer, overrun;
	uint64_t value;
};

static char stack[65536] __attribute__((aligned(16)));
static struct side sides[2];
static uint64_t start, end, moves;
uint64_t rounds;
static bool over;
static struct {
	unsigned here, turn;
} meeting;

static void print_and_wait(const struct text *t)
{
	print_text(t);
	CALL(IOCTL, 1, TCSBRK, 1, 0); /* until it is on the line */
}

void wrong(const char *what, uint64_t is, uint64_t should)
{
	char line[160];
	struct text t = TEXT(line);

	put_text(&t, "\n");
	put_number(&t, should);
	put_text(&t, ", should be ");
	put_number(&t, is);
	put_text(&t, ": is ");
	put_text(&t, what);
	put_text(&t, "\nchurn: WRONG ");
	print_and_wait(&t);
	for (;;)
		CALL(EXIT_GROUP, 1, 0, 0, 0);
}

/* ---- Time ---- */

static uint64_t now(void)
{
	struct timespec t;

	CALL(CLOCK_GETTIME, MONOTONIC, &t, 0, 0);
	return t.sec * NANO + t.nsec;
}

static void on_alarm(int signo, struct siginfo *info)
{
	struct side *s = &sides[info->value];
	uint64_t n = 1 + (uint64_t)info->overrun;

	check("signal", (uint64_t)signo, SIGALRM);
	s->signals++;
	s->expired += n;
	if (n > s->longest)
		s->longest = n;
}

static void start_timer(struct side *s)
{
	struct sigevent e = {.value = s->id, .signo = SIGALRM, .notify = SIGEV_THREAD_ID};
	const uint64_t every[4] = {0, INTERVAL, 0, INTERVAL};

	e.tid = (int)CALL(GETTID, 0, 0, 0, 0);
	check("timer_create", (uint64_t)CALL(TIMER_CREATE, MONOTONIC, &e, &s->timer, 0), 0);
	s->timer_start = now();
	check("timer_settime", (uint64_t)CALL(TIMER_SETTIME, s->timer, 0, every, 0), 0);
}

/* Never more signals than time has passed; and soon as many as were due by now. */
static void check_timer(struct side *s)
{
	uint64_t from = now(), due = (from - s->timer_start) / INTERVAL, expired, limit;

	do {
		expired = s->expired;
		limit = (now() - s->timer_start) / INTERVAL;
		if (expired > limit)
			wrong("timer signals, too many", expired, limit);
		if (now() - from > PATIENCE)
			wrong("timer signals, too few", expired, due);
	} while (expired + 1 < due);
	if (s->longest * INTERVAL > PATIENCE)
		wrong("timer late, ms", s->longest * INTERVAL / 1000000, 0);
}

static void sleep_until(uint64_t t)
{
	const struct timespec at = {t / NANO, t % NANO};

	while (CALL(CLOCK_NANOSLEEP, MONOTONIC, ABSOLUTE, &at, 0))
		;
	if (now() < t)
		wrong("woken early, ns", now(), t);
	if (now() > t + PATIENCE)
		wrong("woken late, ns", now(), t);
}

/* ---- The two threads ---- */

void meet(void)
{
	unsigned turn = __atomic_load_n(&meeting.turn, __ATOMIC_ACQUIRE);

	if (__atomic_fetch_add(&meeting.here, 1, __ATOMIC_ACQ_REL)) {
		__atomic_store_n(&meeting.here, 0, __ATOMIC_RELAXED);
		__atomic_store_n(&meeting.turn, turn + 1, __ATOMIC_RELEASE);
		CALL(FUTEX, &meeting.turn, FUTEX_WAKE, 1, 0);
	}
	while (__atomic_load_n(&meeting.turn, __ATOMIC_ACQUIRE) == turn)
		CALL(FUTEX, &meeting.turn, FUTEX_WAIT, turn, 0);
}

/* ---- FP registers, which nobody here uses ---- */

static void set_fp(uint64_t seed)
{
	__asm__ volatile(
		".option push\n\t.option arch, +d\n\t"
		"fmv.d.x f0, %0\n\tfmv.d.x f9, %1\n\tfmv.d.x f18, %2\n\tfmv.d.x f31, %3\n\t"
		".option pop" ::"r"(seed),
		"r"(~seed), "r"(seed + 1), "r"(~seed + 1));
}

static void check_fp(uint64_t seed)
{
	uint64_t f0, f9, f18, f31;

	__asm__ volatile(
		".option push\n\t.option arch, +d\n\t"
		"fmv.x.d %0, f0\n\tfmv.x.d %1, f9\n\tfmv.x.d %2, f18\n\tfmv.x.d %3, f31\n\t"
		".option pop"
		: "=r"(f0), "=r"(f9), "=r"(f18), "=r"(f31));
	check("f0", f0, seed);
	check("f9", f9, ~seed);
	check("f18", f18, seed + 1);
	check("f31", f31, ~seed + 1);
}

/* ---- Rounds ---- */

static void say(const char *how)
{
	const struct side *a = &sides[0], *b = &sides[1];
	uint64_t longest = a->longest > b->longest ? a->longest : b->longest;
	char line[200];
	struct text t = TEXT(line);

	put_text(&t, how);
	put_text(&t, " ms late");
	put_number(&t, longest * INTERVAL / 1000000);
	put_text(&t, " timer signals, one ");
	put_number(&t, a->expired + b->expired);
	put_text(&t, " of ");
	put_number(&t, a->signals + b->signals);
	put_text(&t, " moves, ");
	put_number(&t, moves);
	put_text(&t, " forks, ");
	put_number(&t, a->forks + b->forks);
	put_text(&t, " pages, ");
	put_number(&t, a->pages + b->pages);
	put_text(&t, " rounds, ");
	put_number(&t, rounds);
	put_text(&t, " s: ");
	put_number(&t, (now() - start) / NANO);
	put_text(&t, "churn: ");
	print_and_wait(&t);
}

/* The first side counts and ends them, and says how far it is. */
static void begin_round(struct side *s)
{
	static uint64_t said;

	meet();
	if (s->id == 0) {
		rounds++;
		over = now() >= end;
		if ((now() - start) / (10 * NANO) > said) {
			said = (now() - start) / (10 * NANO);
			say("\n");
		}
	}
	meet();
}

static void change_harts(struct side *s)
{
	if (any(s, 8))
		return;
	s->hart ^= 1;
	run_on(s->hart);
	__atomic_fetch_add(&moves, 1, __ATOMIC_RELAXED);
}

static void run(struct side *s)
{
	uint64_t fp;

	run_on(s->hart);
	start_timer(s);
	for (begin_round(s); !over; begin_round(s)) {
		bool owner = (rounds + s->id) & 1;

		fp = pattern(rounds, s->id + 4);
		set_fp(fp);
		map_and_unmap(s);
		take_from_peer(owner);
		change_code(owner);
		fork_and_write(s);
		if (!any(s, 8))
			sleep_until(now() + any(s, 3000000));
		check_fp(fp);
		check_timer(s);
		change_harts(s);
	}
	check_timer(s);
	meet();
}

static void second(void)
{
	run(&sides[1]);
	for (;;)
		CALL(EXIT, 0, 0, 0, 0);
}

static uint64_t seconds(const char *s)
{
	uint64_t n = 0;

	while (s && *s >= '0' && *s <= '9' && n < 1000000)
		n = n * 10 + (uint64_t)(*s++ - '0');
	return n;
}

__attribute__((noreturn, used)) static void churn(const uint64_t *argc_argv)
{
	static const uint64_t action[3] = {(uint64_t)on_alarm, SA_SIGINFO | SA_RESTART, 0};

	start = now();
	end = start + (argc_argv[0] > 1 ? seconds((const char *)argc_argv[2]) : 10) * NANO;
	for (unsigned i = 0; i < 2; i++) {
		sides[i].id = sides[i].hart = i;
		sides[i].random = i + 1;
		sides[i].own = common + (i + 1) * 1024 * MEGABYTE;
	}
	check("sigaction", (uint64_t)call(SYS_RT_SIGACTION, SIGALRM, (long)action, 0, 8, 0, 0), 0);
	start_thread(second, stack + sizeof(stack));
	run(&sides[0]);
	say(", all right\n");
	for (;;)
		CALL(EXIT_GROUP, 0, 0, 0, 0);
}

__asm__("	.globl	_start\n"
	"_start:	mv	a0, sp\n"
	"	tail	churn\n");
