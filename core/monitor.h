/* SPDX-License-Identifier: BSD-2-Clause */
/* What monitor.c (editing, finding the command), monitor_out.c (output) and the files with the
 * commands share. All of it is the boot hart's. */
#ifndef MONITOR_PRIVATE_H
#define MONITOR_PRIVATE_H

#include <core/guest_view.h>
#include <core/kallsyms.h>
#include <core/types.h>
#include <core/vcpu.h>

struct vm;

struct monitor_command {
	const char *name;
	const char *args; /* for people; "[X]" may be left out */
	const char *help;
	uint8_t min_words, max_words; /* after the name */
	/* arg[0..max_words-1]; NULL where the line had no word. false: the monitor closes. */
	bool (*run)(const char *const *arg);
	const char *more; /* for "help NAME": whole lines, or NULL */
};

#define MONITOR_WORDS 4 /* the most that any command takes */

extern const struct monitor_command monitor_commands[];
extern const unsigned monitor_command_count;

/* The command of that name, or the only one that begins so. *near: the one to propose otherwise, or
 * NULL. */
const struct monitor_command *monitor_find(const char *name, const struct monitor_command **near);

/* By name or number; without an argument the guest that has the line. NULL: none, and said so. */
struct vm *monitor_guest(const char *arg);

/*
 * A command that goes on: tick() is called about 100 times a second until it returns false; then
 * the prompt comes. A key ends it, too: tick(true), whose result does not count.
 */
void monitor_job(bool (*tick)(bool cancel));

/* ---- monitor_out.c ---- */

/* Output; at most 511 bytes a call. */
void monitor_printf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* The line editor's: not paged, \n as it is. */
void monitor_echo(const char *text);
/* Sends what the console takes now. */
void monitor_pump(void);
/* Sends everything; waits for the device. */
void monitor_flush(void);
/* What was printed after the mark is shown in pages. */
size_t monitor_out_mark(void);
void monitor_page(size_t mark);
/* A key came. false: it does not belong to a page. */
bool monitor_key(uint8_t c);
/* Lines of the terminal, 0: no pages. */
void monitor_set_rows(unsigned rows);
/* Output goes to buf from now on, or with NULL back to the console. The bytes that were left of the
 * buffer before. */
size_t monitor_capture_to(char *buf, size_t size);

/* ---- monitor_show.c; as monitor_command.run ---- */

bool monitor_guests(const char *const *arg);
bool monitor_vcpus(const char *const *arg);
bool monitor_exits(const char *const *arg);
bool monitor_isa(const char *const *arg);
bool monitor_log(const char *const *arg);
bool monitor_mem(const char *const *arg);
bool monitor_harts(const char *const *arg);
bool monitor_load(const char *const *arg); /* monitor_load.c */
/* The exception's or (EXIT_IRQ + n) host interrupt's name; NULL. */
const char *monitor_cause(unsigned cause);

/* ---- monitor_view.c: into a guest ---- */

/* A vcpu as it was when asked for. */
struct monitor_view {
	struct vcpu *v;
	struct hext_ctx ctx;
	struct fpu_state fp;
	uint64_t sip; /* what is pending for it */
	bool inner;   /* a guest hypervisor's guest runs on it: all is that one's */
	struct guest_space space;
};

/* False: debugging is off, and said so. */
bool monitor_may_look(void);
/* The vcpu named (default: 0). NULL: none, or debugging is off, and said so. Until the next call.
 */
struct monitor_view *monitor_view(const char *guest, const char *vcpu);
/* The same for a vcpu that is there. */
struct monitor_view *monitor_view_of(const struct vcpu *v);
/* A decimal or 0x number. */
bool monitor_number(const char *s, uint64_t *out);
/* [p]BASE[+NUMBER|-NUMBER], BASE a number, $REGISTER or symbol; with p, before a number or a
 * register, guest physical. *space is the one it is in. False: nonsense, and said so. */
bool monitor_address(const struct monitor_view *w, const char *text, struct guest_space *space,
		     uint64_t *out);

bool monitor_regs(const char *const *arg);
bool monitor_x(const char *const *arg);
bool monitor_dis(const char *const *arg);
bool monitor_walk(const char *const *arg);
bool monitor_maps(const char *const *arg);

/* ---- monitor_linux.c: a Linux guest's own data ---- */

/* A kernel with symbols, at this place in guest physical memory; va: where it runs. */
struct monitor_kernel {
	struct vm *vm;
	uint64_t boots;
	uint64_t pa, va, size;
	bool symbols;
	struct kimage image;
	struct kallsyms syms;
};

/* A new view was taken. */
void monitor_kernel_forget(void);
/* The kernel of the view's guest, or NULL. Until the next call. */
struct monitor_kernel *monitor_kernel(const struct monitor_view *w);
/* " <name+0x12>", or "" where no name is known. */
const char *monitor_symbol(const struct monitor_view *w, uint64_t addr);
/* A symbol's address; false: none. */
bool monitor_symbol_address(const struct monitor_view *w, const char *name, uint64_t *addr);

/* Where a kernel's Image header is, also without symbols; 0: nowhere. */
uint64_t monitor_image(const struct monitor_view *w, uint64_t *size);
struct printk_ring;
/* Its log. false: none was found. */
bool monitor_printk(struct monitor_view *w, struct printk_ring *ring);

bool monitor_bt(const char *const *arg);
bool monitor_dmesg(const char *const *arg);

/* ---- monitor_state.c ---- */

bool monitor_irq(const char *const *arg);
bool monitor_sbi(const char *const *arg);
bool monitor_tlb(const char *const *arg);
bool monitor_config(const char *const *arg);

/* ---- monitor_why.c, monitor_do.c ---- */

bool monitor_why(const char *const *arg);
bool monitor_watch(const char *const *arg);
bool monitor_inject(const char *const *arg);
bool monitor_send_break(const char *const *arg);

/* ---- monitor_debug.c ---- */

bool monitor_break(const char *const *arg);
bool monitor_delete(const char *const *arg);
bool monitor_step(const char *const *arg);
bool monitor_clock(const char *const *arg);
/* Lets a guest go on that the monitor has stopped. False: it has not. */
bool monitor_go_on(struct vm *vm);

/* ---- monitor_trace.c ---- */

bool monitor_trace(const char *const *arg);

#endif
