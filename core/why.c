/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The rules, from the most telling to the least: the guest's state, what its kernel said last, then
 * its first vcpu that has not stopped: in a loop of traps, spinning, waiting, or at work. The first
 * rule that fits speaks: one line for what is going on, one for the likely cause.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <core/why.h>
#include <spec/csr.h>
#include <spec/sbi.h>

struct text {
	char *out;
	size_t size, len;
};

static void say(struct text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void say(struct text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(t->out + t->len, t->size - t->len, fmt, ap);
	va_end(ap);
	if (n > 0)
		t->len += (size_t)n < t->size - t->len ? (size_t)n : t->size - t->len - 1;
}

#define LU(x) ((unsigned long)(x))

/* ---- What a kernel says ---- */

struct phrase {
	const char *text, *meaning;
};

static const struct phrase phrases[] = {
	{"Unable to mount root fs",
	 "there is no root file system: no initrd in the bundle, root= names a disk that the guest"
	 " has not, or its driver is a module"},
	{"No working init found",
	 "the initrd has no init that can be run: look at init= and rdinit=, and whether it is of"
	 " this architecture"},
	{"Requested init", "init= or rdinit= names a program that is not there or cannot be run"},
	{"Attempted to kill init", "the first program, init, ended or crashed: the root file "
				   "system or what it runs is broken"},
	{"System is deadlocked on memory", "the guest has too little memory: raise memory ="},
	{"Out of memory", "the guest has too little memory: raise memory ="},
	{"Initramfs unpacking failed",
	 "the initrd is damaged, or there is too little memory for it"},
	{"Cannot allocate", "the guest has too little memory: raise memory ="},
	{"Unable to handle kernel", "a bug of the kernel, or it was told of something that is not"
				    " there"},
	{"Kernel BUG", "a bug of the kernel, or it was told of something that is not there"},
	{"Oops", "a bug of the kernel, or it was told of something that is not there"},
	{"rcu_sched self-detected stall", "a vcpu got no time or spins with interrupts off"},
	{"Kernel panic", "the kernel gave up; dmesg shows what led to it"},
};

unsigned why_weight(const char *line)
{
	for (unsigned i = 0; i < ARRAY_SIZE(phrases); i++)
		if (strstr(line, phrases[i].text))
			return ARRAY_SIZE(phrases) - i;
	return 0;
}

/* Why a guest that is not broken shows nothing. */
static void console_cause(const struct why_guest *g, struct text *t)
{
	const char *console = strstr(g->bootargs, "console=");

	if (!g->has_console)
		say(t, "likely cause of its silence: console = \"none\" in the bundle\n");
	else if (console && !strstr(g->bootargs, "console=ttyS0"))
		say(t,
		    "likely cause of its silence: console= in its bootargs is not ttyS0, its only"
		    " serial line; \"dmesg\" shows its log\n");
	else if (!g->uart_used)
		say(t, "likely cause of its silence: it has no driver for its serial line"
		       " (ns16550a)\n");
}

static bool log_rule(const struct why_guest *g, struct text *t)
{
	unsigned weight = why_weight(g->worst);

	if (!weight)
		return false;
	say(t, "its kernel says: %s\nlikely cause: %s\n", g->worst,
	    phrases[ARRAY_SIZE(phrases) - weight].meaning);
	console_cause(g, t);
	return true;
}

/* ---- The guest as a whole ---- */

static bool state_rule(const struct why_guest *g, struct text *t)
{
	unsigned stopped = 0;

	for (unsigned i = 0; i < g->nvcpus; i++)
		stopped += g->vcpu[i].hsm == SBI_HSM_STATE_STOPPED;
	if (g->state == WHY_OFF)
		say(t, "it is off: never started, or shut down; \"start\" starts it, \"log\" may"
		       " tell more\n");
	else if (g->state == WHY_CRASHED)
		say(t, "Nacre has ended it; \"log warnings\" tells why\n");
	else if (g->state == WHY_PAUSED)
		say(t, "it is paused; \"resume\" lets it go on\n");
	else if (g->state == WHY_STOPPED)
		say(t,
		    "a breakpoint, a step or a debugger has stopped it; \"continue\" lets it go on,"
		    " or the debugger\n");
	else if (g->boots >= 4 && g->since_boot_ms < 2000)
		say(t,
		    "it restarts again and again: it was started %lu times\n"
		    "likely cause: it gives up early in its boot and resets itself (panic=, a"
		    " watchdog, a failing init)\n",
		    LU(g->boots));
	else if (stopped == g->nvcpus)
		say(t,
		    "every vcpu has stopped itself (SBI hart_stop): none is left that could"
		    " start one\nlikely cause: an early check of the kernel failed, and it parked"
		    " its harts\n");
	else
		return false;
	return true;
}

/* ---- Faults ---- */

static const char *cause_name(uint64_t cause)
{
	static const char *const name[] = {
		"a misaligned jump",
		"an instruction access fault",
		"an illegal instruction",
		"a breakpoint (ebreak)",
		"a misaligned load",
		"a load access fault",
		"a misaligned store",
		"a store access fault",
		"a system call",
		"an exception",
		"an exception",
		"an exception",
		"an instruction page fault",
		"a load page fault",
		"an exception",
		"a store page fault",
	};

	return cause < ARRAY_SIZE(name) ? name[cause] : "an exception";
}

static bool is_fault(uint64_t cause)
{
	return cause < 16 && cause != CAUSE_ECALL_U && cause != 9 && cause != 10;
}

/* There was one; at reset both are 0. */
static bool has_fault(const struct why_vcpu *v)
{
	return is_fault(v->scause) && (v->scause || v->sepc);
}

static bool is_page_fault(uint64_t cause)
{
	return cause == CAUSE_FETCH_PAGE_FAULT || cause == CAUSE_LOAD_PAGE_FAULT ||
	       cause == CAUSE_STORE_PAGE_FAULT;
}

static const char *illegal_cause(const struct why_guest *g, const struct why_vcpu *v)
{
	uint32_t op = v->sepc_insn & 0x7f, f3 = v->sepc_insn >> 12 & 7;
	bool fp_width = f3 >= 2 && f3 <= 4;

	if (v->sepc_zeros)
		return "there is no code, only zeros: the kernel is not where it was linked for"
		       " (see its header's text_offset), or a jump went wrong";
	if (op == 0x57 || ((op == 0x07 || op == 0x27) && !fp_width))
		return g->has_v ? "a vector instruction before the vector unit was turned on"
				: "a vector instruction, but the guest's ISA has no v: it is built"
				  " for another ISA than isa = gives it";
	if (op == 0x53 || op == 0x43 || op == 0x47 || op == 0x4b || op == 0x4f || op == 0x07 ||
	    op == 0x27)
		return g->has_f
			       ? "a floating-point instruction before the FPU was turned on"
			       : "a floating-point instruction, but the guest's ISA has no f: it is"
				 " built for another ISA than isa = gives it";
	if (op == 0x73)
		return "a CSR or privileged instruction that the guest's ISA has not (\"isa\"), or"
		       " one of M-mode: a kernel for machine mode?";
	return "an instruction of an extension that the guest's ISA has not (\"isa\" lists them),"
	       " or data that is run as code";
}

/* Why this vcpu's last exception came. */
static void explain_fault(const struct why_guest *g, const struct why_vcpu *v, struct text *t)
{
	uint64_t end = g->ram_base + g->ram_size;

	say(t, "likely cause: ");
	if (v->scause == CAUSE_ILLEGAL)
		say(t, "%s\n", illegal_cause(g, v));
	else if (v->scause == CAUSE_BREAKPOINT)
		say(t, "an assertion of the guest's own (ebreak is how BUG() and abort() end)\n");
	else if (is_page_fault(v->scause) && v->satp >> 60)
		say(t, "its page tables (satp %#lx) do not map or allow %#lx%s\n", LU(v->satp),
		    LU(v->stval), v->stval < 4096 ? ": a null pointer" : "");
	else if (v->satp >> 60 && v->stval_place == WHY_RAM)
		say(t, "its page tables (satp %#lx) are not in its RAM\n", LU(v->satp));
	else if (v->stval >= end && v->stval < end + (UINT64_C(1) << 30))
		say(t,
		    "%#lx is behind the end of its RAM (%lu MiB): too little memory =, or a"
		    " kernel or initrd placed for more\n",
		    LU(v->stval), LU(g->ram_size >> 20));
	else if (v->stval < 4096)
		say(t, "a null pointer, or an interrupt vector that was never set\n");
	else if (v->scause == CAUSE_FETCH_ACCESS)
		say(t,
		    "a jump to %#lx, where nothing is: the kernel was linked for another address,"
		    " or a pointer is wild\n",
		    LU(v->stval));
	else if (v->stval_place == WHY_NOTHING || v->stval_place == WHY_UNMAPPED)
		say(t, "%#lx is no device of this guest: a driver or tree for another machine\n",
		    LU(v->stval));
	else
		say(t, "the device at %#lx does not allow this access (size or alignment)\n",
		    LU(v->stval));
}

/* ---- One vcpu ---- */

/* Every sample within 64 bytes of the last. */
static bool stays(const struct why_vcpu *v)
{
	for (unsigned i = 0; i < WHY_SAMPLES; i++)
		if (v->pc[i] - v->pc[WHY_SAMPLES - 1] + 64 > 128)
			return false;
	return true;
}

/* Every sample within so many bytes from there. */
static bool stays_at(const struct why_vcpu *v, uint64_t pc, uint64_t bytes)
{
	for (unsigned i = 0; i < WHY_SAMPLES; i++)
		if (v->pc[i] - pc > bytes)
			return false;
	return true;
}

static uint64_t handler(const struct why_vcpu *v)
{
	return v->stvec & ~UINT64_C(3);
}

/* The trap vector itself faults, or what it does first. */
static bool vector_rule(const struct why_guest *g, const struct why_vcpu *v, struct text *t)
{
	uint64_t at = handler(v);

	if (v->waiting || !has_fault(v) || v->sepc - at > 64 || !stays_at(v, at, 64))
		return false;
	say(t, "it loops in its trap vector at %#lx: each trap there causes the next, %s\n", LU(at),
	    cause_name(v->scause));
	if (v->stvec_place == WHY_RAM && v->sp_place != WHY_RAM && v->sepc > at &&
	    v->scause != CAUSE_ILLEGAL)
		say(t,
		    "likely cause: its stack pointer %#lx is not in memory, so that the trap"
		    " cannot be saved: a stack that has run over, or never was set\n",
		    LU(v->sp));
	else if (at == 0)
		say(t,
		    "likely cause: a trap before stvec was set; it is still 0. What trapped first"
		    " is lost: ra is %#lx\n",
		    LU(v->ra));
	else if (v->stvec_zeros)
		say(t,
		    "likely cause: no code is at stvec, only zeros: set too early, or for another"
		    " load address\n");
	else if (v->stvec_place != WHY_RAM)
		say(t, "likely cause: stvec is not in memory%s\n",
		    v->satp >> 60 ? ": the page tables do not map it" : "");
	else
		explain_fault(g, v, t);
	return true;
}

/* The same trap again and again, or once and then parked in the handler. */
static bool fault_rule(const struct why_guest *g, const struct why_vcpu *v, struct text *t)
{
	bool again = v->faults > 4 || v->trap_loop;

	if (v->waiting || !has_fault(v) || (!again && (!stays(v) || (v->sstatus & SSTATUS_SIE))))
		return false;
	if (!again && v->calls_since && v->sbi)
		return false;
	say(t,
	    again ? "it takes %s again and again: at pc %#lx, for %s %#lx\n"
		  : "it took %s and has not come back from it: at pc %#lx, for %s %#lx\n",
	    cause_name(v->scause), LU(v->sepc),
	    v->scause == CAUSE_ILLEGAL ? "instruction" : "address", LU(v->stval));
	explain_fault(g, v, t);
	return true;
}

static const char *error_name(int64_t error)
{
	return error == SBI_ERR_NOT_SUPPORTED	  ? "not supported"
	       : error == SBI_ERR_INVALID_PARAM	  ? "invalid parameter"
	       : error == SBI_ERR_DENIED	  ? "denied"
	       : error == SBI_ERR_INVALID_ADDRESS ? "invalid address"
						  : "an error";
}

static bool sbi_rule(const struct why_vcpu *v, struct text *t)
{
	if (!v->refusals || (!v->recent_refusals && (v->calls_since || !stays(v))))
		return false;
	say(t, "%s extension %#lx function %lu: %s\n",
	    v->recent_refusals ? "it makes an SBI call again and again that is refused:"
			       : "it has not gone on since an SBI call was refused:",
	    LU(v->refused_eid), LU(v->refused_fid), error_name(v->refused_error));
	say(t, "likely cause: it wants a service that Nacre's SBI has not (\"sbi\"), and does not"
	       " check for it\n");
	return true;
}

/* Waiting that nothing will end. */
static bool wait_rule(const struct why_guest *g, const struct why_vcpu *v, struct text *t)
{
	bool external = v->sie & IP_SEI;

	if (!v->waiting)
		return false;
	if (!(v->sie & (IP_SSI | IP_STI | IP_SEI)))
		say(t, "it waits (wfi) with every interrupt disabled in sie: nothing can wake it\n"
		       "likely cause: it has ended or given up; a kernel parks its harts so\n");
	else if (external && g->uart_claimed)
		say(t, "it waits for an interrupt; source 10 (uart) was claimed and never"
		       " completed, so it brings no more\nlikely cause: the driver does not write"
		       " the PLIC's claim register, or another context's\n");
	else if (external && g->uart_high && !g->uart_enabled)
		say(t,
		    "it waits for an interrupt; source 10 (uart) is raised, but not enabled in"
		    " the PLIC\nlikely cause: the driver enabled it for another context or hart\n");
	else if (external && g->uart_high && g->uart_masked)
		say(t, "it waits for an interrupt; source 10 (uart) is raised, but its priority is"
		       " not above the threshold\nlikely cause: the PLIC's priority register is"
		       " still 0\n");
	else if (external && g->missing_source && !v->timer)
		say(t,
		    "it waits for interrupt source %u, behind which is no device\n"
		    "likely cause: a driver for a device that this guest has not: the tree or"
		    " the kernel is for another machine\n",
		    g->missing_source);
	else if ((v->sie & IP_STI) && !v->timer && !external)
		say(t, "it waits for a timer interrupt, but no timer is set\n"
		       "likely cause: a broken timer driver, or a set_timer call that went wrong"
		       " (\"sbi\")\n");
	else
		return false;
	return true;
}

/* A guest that is idle as it should be: then what a person misses is its console. */
static bool idle_rule(const struct why_guest *g, const struct why_vcpu *v, struct text *t)
{
	if (!v->waiting)
		return false;
	say(t, "it is idle and healthy: it waits for %s\n",
	    v->timer ? "a timer or input" : "an interrupt");
	console_cause(g, t);
	if (*g->last)
		say(t, "its kernel said last: %s\n", g->last);
	return true;
}

static bool has_stopped_vcpu(const struct why_guest *g)
{
	for (unsigned i = 0; i < g->nvcpus; i++)
		if (g->vcpu[i].hsm == SBI_HSM_STATE_STOPPED)
			return true;
	return false;
}

static bool spin_rule(const struct why_guest *g, const struct why_vcpu *v, struct text *t)
{
	bool off = v->supervisor && !(v->sstatus & SSTATUS_SIE);

	if (!stays(v))
		return false;
	if (v->mmio) {
		say(t,
		    "it polls a device: address %#lx, from pc %#lx%s\nlikely cause: it waits for"
		    " input or for a state that does not come\n",
		    LU(v->device), LU(v->pc[WHY_SAMPLES - 1]), v->symbol);
		return true;
	}
	say(t, "it spins at pc %#lx%s with interrupts %s\n", LU(v->pc[WHY_SAMPLES - 1]), v->symbol,
	    off ? "off" : "on");
	if (v->insn == 0x0000006f || (v->insn & 0xffff) == 0xa001)
		say(t, "likely cause: it has given up: the instruction jumps to itself\n");
	else if (has_stopped_vcpu(g))
		say(t,
		    "likely cause: it waits for another vcpu, which was never started (\"vcpus\")"
		    "\n");
	else
		say(t,
		    "likely cause: it waits for a word in memory that nobody changes (a lock, an"
		    " interrupt handler that %s run)\n",
		    off ? "cannot" : "does not");
	return true;
}

static bool pc_rule(const struct why_guest *g, const struct why_vcpu *v, struct text *t)
{
	uint64_t pc = v->pc[WHY_SAMPLES - 1];

	if (v->waiting || !v->pc_zeros || v->pc_place != WHY_RAM)
		return false;
	say(t, "it runs through memory that holds only zeros, at pc %#lx\nlikely cause: ", LU(pc));
	if (g->kernel)
		say(t, "a wild jump: the kernel was loaded at %#lx\n", LU(g->kernel));
	else
		say(t, "the kernel is not where its header says\n");
	return true;
}

static void work(const struct why_guest *g, const struct why_vcpu *v, struct text *t)
{
	say(t, "it runs: %lu device accesses, %lu SBI calls, now at pc %#lx%s\n", LU(v->mmio),
	    LU(v->sbi), LU(v->pc[WHY_SAMPLES - 1]), v->symbol);
	if (*g->last)
		say(t, "its kernel said last: %s\n", g->last);
}

static void vcpu(const struct why_guest *g, const struct why_vcpu *v, struct text *t)
{
	if (!(vector_rule(g, v, t) || pc_rule(g, v, t) || fault_rule(g, v, t) || sbi_rule(v, t) ||
	      wait_rule(g, v, t) || idle_rule(g, v, t) || spin_rule(g, v, t)))
		work(g, v, t);
}

void why(const struct why_guest *g, char *out, size_t size)
{
	struct text t = {out, size, 0};
	unsigned i = 0;

	if (!size)
		return;
	*out = '\0';
	say(&t, "%s: ", g->name);
	if (g->nvcpus == 0 || state_rule(g, &t) || log_rule(g, &t))
		return;
	while (g->vcpu[i].hsm == SBI_HSM_STATE_STOPPED)
		i++;
	if (i)
		say(&t, "(vcpu %u) ", i);
	vcpu(g, &g->vcpu[i], &t);
}
