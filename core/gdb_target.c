/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The GDB stub at work: see gdb_target.h. Process n is the n-th guest of the monitor's list, thread
 * n its vcpu n - 1. What guests print while GDB waits for them to stop goes to its user.
 */
#include <stdio.h>
#include <string.h>

#include <core/console.h>
#include <core/debug.h>
#include <core/errno.h>
#include <core/gdb.h>
#include <core/gdb_target.h>
#include <core/guest_view.h>
#include <core/sched.h>
#include <core/vcpu.h>
#include <core/vm.h>

#define OUTPUT_MAX (16U * 1024) /* of a monitor command */

static struct gdb stub;
static gdb_put_fn *line; /* of the session, or of the last one; NULL: there was none */
static bool open, physical, let_go;
static bool ending;	       /* by gdb_target_end() */
static bool awaited;	       /* the stub owes a stop reply: of whom, */
static struct gdb_stop report; /* and why, if that is known (pid not 0) */
static char output[OUTPUT_MAX];

/* ---- Guests by number ---- */

static struct vm *vm_of(uint32_t pid)
{
	struct vm *vm = pid ? vm_list : NULL;

	while (vm && --pid)
		vm = vm->next;
	return vm;
}

static uint32_t pid_of(const struct vm *wanted)
{
	uint32_t pid = 1;

	for (const struct vm *vm = vm_list; vm; vm = vm->next, pid++)
		if (vm == wanted)
			return pid;
	return 0;
}

static bool is_ours(const struct vm *vm)
{
	return vm && debug_is_of(vm, DEBUG_BY_GDB) && !vm->debug->leaving;
}

static struct vcpu *vcpu_of(struct gdb_thread t)
{
	struct vm *vm = vm_of(t.pid);

	return is_ours(vm) && t.tid >= 1 && t.tid <= vm->nvcpus ? vm->vcpu[t.tid - 1] : NULL;
}

static bool any_ours(void)
{
	for (const struct vm *vm = vm_list; vm; vm = vm->next)
		if (is_ours(vm))
			return true;
	return false;
}

static bool next_thread(void *ctx, struct gdb_thread *t)
{
	struct vm *vm = vm_of(t->pid);

	(void)ctx;
	if (is_ours(vm) && t->tid < vm->nvcpus) {
		t->tid++;
		return true;
	}
	do
		vm = vm_of(++t->pid);
	while (vm && !is_ours(vm));
	t->tid = 1;
	return vm != NULL;
}

static void thread_text(void *ctx, struct gdb_thread t, char *buf, size_t size)
{
	const struct vcpu *v = vcpu_of(t);

	(void)ctx;
	if (v)
		snprintf(buf, size, "%s vcpu %u%s%s", v->vm->name, v->id,
			 v->state == V_OFF ? ", off" : "",
			 v->ops->world ? ", in its own guest" : "");
	else
		buf[0] = '\0';
}

static uint32_t first(void *ctx)
{
	struct console_port *p = console_focused();
	const struct vm *vm = p ? vm_by_name(console_port_name(p)) : NULL;
	bool crashed;

	(void)ctx;
	if (vm && !debug_ended(vm, &crashed))
		return pid_of(vm);
	for (vm = vm_list; vm && debug_ended(vm, &crashed); vm = vm->next)
		;
	return vm ? pid_of(vm) : 0;
}

/* ---- Stopping and letting go ---- */

static void stop_all(void)
{
	for (struct vm *vm = vm_list; vm; vm = vm->next)
		if (is_ours(vm))
			debug_stop(vm);
}

static void await(enum gdb_why why, uint32_t pid)
{
	awaited = true;
	report = (struct gdb_stop){.why = why, .t = {pid, 1}};
}

static int attach(void *ctx, uint32_t pid)
{
	struct vm *vm = vm_of(pid);
	int rc = vm ? debug_attach(vm, DEBUG_BY_GDB) : -NACRE_ENOENT;

	(void)ctx;
	if (!rc)
		await(GDB_WHY_ATTACHED, pid);
	return rc;
}

static void interrupt(void *ctx)
{
	struct gdb_thread t = stub.current;

	(void)ctx;
	if (!vcpu_of(t)) {
		t = (struct gdb_thread){0, 0};
		if (!next_thread(ctx, &t))
			return;
	}
	/* What one of them has come upon meanwhile is a better answer. */
	if (!report.t.pid) {
		await(GDB_WHY_INTERRUPT, t.pid);
		report.t = t;
	}
	stop_all();
}

static struct vcpu *stepper; /* until go() */

static void act(void *ctx, struct gdb_thread t, char action)
{
	struct vcpu *v = vcpu_of(t);

	(void)ctx;
	if (!v)
		return;
	v->goes_on = action == 'c';
	if (action == 's' && !stepper)
		stepper = v;
}

static void go(void *ctx)
{
	(void)ctx;
	awaited = true;
	report = (struct gdb_stop){.t = {0, 0}};
	/* Of a guest that stays where it is nothing may be told. */
	for (struct vm *vm = vm_list; vm; vm = vm->next)
		if (is_ours(vm))
			debug_forget(vm);
	/* One that steps: the others wait for it, and then it has stopped them all. */
	if (stepper)
		debug_go(stepper->vm, stepper);
	else
		for (struct vm *vm = vm_list; vm; vm = vm->next)
			if (is_ours(vm))
				debug_go(vm, NULL);
	stepper = NULL;
}

static int leave(void *ctx, uint32_t pid)
{
	struct vm *vm = vm_of(pid);

	(void)ctx;
	if (!is_ours(vm))
		return -NACRE_ENOENT;
	debug_detach(vm);
	let_go = !any_ours();
	return 0;
}

static int kill(void *ctx, uint32_t pid)
{
	int rc = leave(ctx, pid);

	if (!rc) {
		vm_of(pid)->debug->killed = true;
		vm_halt(vm_of(pid), VM_ACT_STOP);
	}
	return rc;
}

/* ---- Registers, memory, points ---- */

static int space_of(struct gdb_thread t, struct guest_space *s)
{
	struct vcpu *v = vcpu_of(t);

	if (!v)
		return -NACRE_ENOENT;
	return physical ? guest_space_physical(v->vm, s) : guest_space_of(v, s);
}

static long read_memory(void *ctx, struct gdb_thread t, uint64_t addr, void *buf, size_t n)
{
	struct guest_space s;
	int rc = space_of(t, &s);

	(void)ctx;
	return rc ? rc : guest_view_read(&s, addr, buf, n);
}

static long write_memory(void *ctx, struct gdb_thread t, uint64_t addr, const void *buf, size_t n)
{
	struct guest_space s;
	int rc = space_of(t, &s);

	(void)ctx;
	return rc ? rc : guest_view_write(&s, addr, buf, n);
}

static bool reg(void *ctx, unsigned n, struct gdb_reg *out)
{
	(void)ctx;
	*out = (struct gdb_reg){guest_reg_name(n), guest_reg_size(n), GDB_REG_CPU};
	if (n >= GUEST_REG_V0)
		out->kind = GDB_REG_VECTOR;
	else if (n >= GUEST_REG_CSR)
		out->kind = GDB_REG_CSR;
	else if (n == GUEST_REG_PRIV)
		out->kind = GDB_REG_VIRTUAL;
	else if (n >= GUEST_REG_F0)
		out->kind = GDB_REG_FPU;
	return out->name != NULL;
}

static int get(void *ctx, struct gdb_thread t, unsigned n, void *buf)
{
	struct vcpu *v = vcpu_of(t);

	(void)ctx;
	return v ? guest_reg_get(v, n, buf) : -NACRE_ENOENT;
}

static int set(void *ctx, struct gdb_thread t, unsigned n, const void *buf)
{
	struct vcpu *v = vcpu_of(t);

	(void)ctx;
	return v ? guest_reg_set(v, n, buf) : -NACRE_ENOENT;
}

static int point(void *ctx, struct gdb_thread t, bool insert, unsigned type, uint64_t addr,
		 uint64_t len)
{
	struct vcpu *v = vcpu_of(t);

	(void)ctx;
	return v ? debug_point(v, insert, (enum point_type)type, addr, len, physical)
		 : -NACRE_ENOENT;
}

static void command(void *ctx, char *text)
{
	(void)ctx;
	gdb_print(&stub, output, monitor_capture(text, output, sizeof(output)));
}

static bool is_physical(void *ctx, const bool *to)
{
	(void)ctx;
	if (to)
		physical = *to;
	return physical;
}

static void put_byte(void *ctx, uint8_t byte)
{
	(void)ctx;
	line(byte);
}

static const struct gdb_ops ops = {
	.put = put_byte,
	.next_thread = next_thread,
	.thread_text = thread_text,
	.first = first,
	.attach = attach,
	.interrupt = interrupt,
	.act = act,
	.go = go,
	.detach = leave,
	.kill = kill,
	.read = read_memory,
	.write = write_memory,
	.reg = reg,
	.get = get,
	.set = set,
	.point = point,
	.command = command,
	.physical = is_physical,
};

/* ---- Stop replies ---- */

static enum gdb_why why_of(const struct vcpu *v)
{
	static const uint8_t why[] = {
		[DEBUG_STEP] = GDB_WHY_STEP, [DEBUG_BREAK] = GDB_WHY_BREAK,
		[DEBUG_EXEC] = GDB_WHY_EXEC, [DEBUG_WRITE] = GDB_WHY_WRITE,
		[DEBUG_READ] = GDB_WHY_READ, [DEBUG_ACCESS] = GDB_WHY_ACCESS,
	};

	return (enum gdb_why)why[v->stop_why];
}

static void take_report(const struct vcpu *v)
{
	report = (struct gdb_stop){why_of(v), {pid_of(v->vm), v->id + 1}, v->stop_addr};
}

/* One guest. True: it stands still, or is no more. */
static bool look_at(struct vm *vm)
{
	struct vcpu *v = NULL;
	bool crashed;

	if (debug_ended(vm, &crashed)) {
		if (!vm->debug->leaving && awaited && report.why < GDB_WHY_EXITED)
			report = (struct gdb_stop){
				crashed ? GDB_WHY_CRASHED : GDB_WHY_EXITED, {pid_of(vm), 1}, 0};
		debug_detach(vm);
		stop_all();
		return true;
	}
	if (!debug_stands(vm, &v))
		return false;
	if (v && awaited && report.why < GDB_WHY_STEP) {
		take_report(v);
		stop_all();
	}
	return true;
}

static void poll_guests(void)
{
	bool all = true;

	for (struct vm *vm = vm_list; vm; vm = vm->next)
		if (debug_is_of(vm, DEBUG_BY_GDB) && !look_at(vm) && is_ours(vm))
			all = false;
	if (!awaited || !all || !report.t.pid)
		return;
	awaited = false;
	gdb_stopped(&stub, &report);
	report.t.pid = 0;
	let_go = let_go || !any_ours();
}

/* What the guest with the focus has printed, if the debugger has taken its line. */
static void show_output(void)
{
	char text[256];
	size_t n;

	while (line == console_packet_put && stub.talks &&
	       (n = console_take_output(text, sizeof(text))))
		gdb_print(&stub, text, n);
}

bool gdb_target_poll(void)
{
	bool any = open;

	poll_guests();
	if (open)
		show_output();
	for (const struct vm *vm = vm_list; vm; vm = vm->next)
		any = any || debug_is_of(vm, DEBUG_BY_GDB);
	return any;
}

/* ---- The session ---- */

bool gdb_target_open(gdb_put_fn *put)
{
	if (open) {
		gdb_refuse(put, "another line has a debugger already");
		return false;
	}
	if (!gdb_target_waits(put))
		gdb_init(&stub, &ops, NULL);
	line = put;
	open = true;
	let_go = ending = false;
	return true;
}

bool gdb_target_is_open(gdb_put_fn *put)
{
	return open && line == put;
}

bool gdb_target_input(uint8_t c)
{
	return gdb_byte(&stub, c);
}

/* One that was killed is still on its way: its end belongs to the session. */
static bool any_ending(void)
{
	bool any = false;

	spin_lock(&sched_lock);
	for (const struct vm *vm = vm_list; vm; vm = vm->next)
		any = any ||
		      (vm->debug && vm->debug->killed && (vm->busy || vm->action != VM_ACT_NONE));
	spin_unlock(&sched_lock);
	return any;
}

bool gdb_target_done(void)
{
	return open && (ending || (let_go && !stub.running && !any_ending()));
}

bool gdb_target_waits(gdb_put_fn *put)
{
	return !open && line == put && stub.extended;
}

void gdb_target_end(void)
{
	ending = true;
}

const char *gdb_target_where(void)
{
	if (!open)
		return NULL;
	return line == console_packet_put ? "the console" : "a line of its own";
}

void gdb_target_close(void)
{
	open = false;
	awaited = false;
	if (let_go)
		return;
	stub.extended = false;
	for (struct vm *vm = vm_list; vm; vm = vm->next)
		if (is_ours(vm))
			debug_detach(vm);
}
