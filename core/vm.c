/* SPDX-License-Identifier: BSD-2-Clause */
/* VMs: life from creation to reboot and end. The states and who may touch what are told in
 * core/vm.h. */
#include <string.h>

#include <arch/mmu.h>
#include <arch/sbi.h>
#include <arch/timer.h>
#include <arch/tlbsan.h>
#include <core/console.h>
#include <core/debug.h>
#include <core/errno.h>
#include <core/host.h>
#include <core/log.h>
#include <core/memory.h>
#include <core/sched.h>
#include <core/vm.h>
#include <spec/sbi.h>

struct vm *vm_list;

struct vm *vm_by_name(const char *name)
{
	for (struct vm *vm = vm_list; vm; vm = vm->next)
		if (!strcmp(vm->name, name))
			return vm;
	return NULL;
}

/* All harts have stopped themselves through SBI HSM: nobody in the VM can start one any more. */
static bool is_halted(const struct vm *vm)
{
	for (unsigned i = 0; i < vm->nvcpus; i++)
		if (vm->vcpu[i]->state != V_OFF)
			return false;
	return vm->state == VM_RUNNING;
}

const char *vm_state_name(const struct vm *vm)
{
	static const char *const name[] = {"off", "running", "paused", "crashed"};

	if (vm->action != VM_ACT_NONE)
		return "ending";
	if (vm->state == VM_RUNNING && vm->debug && vm->debug->stands)
		return "stopped";
	return is_halted(vm) ? "halted" : name[vm->state];
}

/* Zeroed RAM, images, devices; vcpu 0 is left ready to start. The VM is halted. */
static int build(struct vm *vm)
{
	gpa_t pc;
	uint64_t a1, start = timer_now();
	int err;

	sched_away(true);
	for (unsigned i = 0; i < vm->nchunks; i++)
		memory_zero(phys_to_virt(vm->chunk[i].hpa), vm->chunk[i].size);
	spin_lock(&sched_lock);
	for (unsigned i = 0; i < vm->nvcpus; i++) {
		sched_set_timer(vm->vcpu[i], TIMER_NEVER);
		vcpu_reset_state(vm->vcpu[i]);
	}
	spin_unlock(&sched_lock);
	err = vm->ops->build(vm, &pc, &a1);
	for (unsigned i = 0; i < vm->nchunks && isa_has(&vm->isa, ISA_SVPBMT); i++)
		memory_flush(phys_to_virt(vm->chunk[i].hpa), vm->chunk[i].size);
	start = timer_now() - start;
	vm->build_ticks += start;
	if (vm->boots) /* a reboot is the guest's own doing: one that does nothing else leaves the
			  hart to others */
		vm->vcpu[0]->vruntime += start;
	sched_away(false);
	if (err)
		return err;
	vm->boots++;
	vm->time_zero = timer_now();
	for (unsigned i = 0; i < vm->nvcpus; i++)
		vm->vcpu[i]->ctx.htimedelta = 0 - vm->time_zero;
	vm->vcpu[0]->start_pc = pc;
	vm->vcpu[0]->start_a1 = a1;
	if (vm->debug)
		debug_rebuilt(vm);
	return 0;
}

/*
 * Lets the vcpus run: after build() vcpu 0, after a pause all that are not off. If something else
 * was asked for meanwhile, the VM stays halted, with its vcpus waiting, for vm_quiesced() to go on
 * with that.
 */
static void unhalt(struct vm *vm, bool boot)
{
	uint64_t kick = 0; /* a bit per hart */

	spin_lock(&sched_lock);
	vm->halted = vm->action != VM_ACT_NONE;
	vm->state = VM_RUNNING;
	if (boot) {
		vm->vcpu[0]->hsm = SBI_HSM_STATE_START_PENDING;
		atomic_or(&vm->vcpu[0]->requests, VCPU_REQ_RESET);
	}
	for (unsigned i = 0; i < vm->nvcpus; i++) {
		struct vcpu *v = vm->vcpu[i];

		if (boot ? i == 0 : v->state == V_BLOCKED) {
			const struct cpu *c = sched_make_ready(v);

			kick |= c ? BIT(c->index) : 0;
		}
	}
	spin_unlock(&sched_lock);
	for (; kick; kick &= kick - 1)
		cpu_kick(cpus[__builtin_ctzll(kick)]);
}

int vm_resume(struct vm *vm)
{
	bool paused;

	spin_lock(&sched_lock);
	paused = vm->state == VM_PAUSED && !vm->busy && vm->action == VM_ACT_NONE;
	spin_unlock(&sched_lock);
	if (!paused)
		return -NACRE_EBUSY;
	unhalt(vm, false);
	return 0;
}

/* The last guest has ended by itself: nothing is left that would ever run. */
void vm_power_off_if_last(bool failure)
{
	bool alive = false;

	spin_lock(&sched_lock);
	for (struct vm *vm = vm_list; vm; vm = vm->next)
		alive = alive || vm->state == VM_RUNNING || vm->state == VM_PAUSED || vm->starting;
	spin_unlock(&sched_lock);
	if (alive)
		return;
	tlbsan_summary();
	log_info("all guests have ended: powering off");
	console_flush();
	sbi_shutdown(failure);
}

static void set_state(struct vm *vm, enum vm_state state)
{
	spin_lock(&sched_lock);
	vm->state = state;
	spin_unlock(&sched_lock);
}

static void act(struct vm *vm, enum vm_action action)
{
	switch (action) {
	case VM_ACT_PAUSE:
		if (vm->state == VM_RUNNING) /* not when the rebuilding before it failed */
			set_state(vm, VM_PAUSED);
		break;
	case VM_ACT_REBOOT:
		if (build(vm)) {
			log_warn("%s: cannot be built again: it is off", vm->name);
			set_state(vm, VM_CRASHED);
			vm_power_off_if_last(true);
			break;
		}
		unhalt(vm, true);
		break;
	case VM_ACT_STOP:
		set_state(vm, VM_OFF);
		log_info("%s: stopped", vm->name);
		break;
	case VM_ACT_SHUTDOWN:
		set_state(vm, VM_OFF);
		log_info("%s: shut down", vm->name);
		vm_power_off_if_last(false);
		break;
	default:
		set_state(vm, VM_CRASHED);
		log_info("%s: ended by Nacre; the other guests go on", vm->name);
		vm_power_off_if_last(true);
		break;
	}
}

/* The one who has set `busy` does all that is asked for until the VM runs or is at rest. Holder of
 * sched_lock. */
static void carry_out(struct vm *vm)
{
	while (vm->action != VM_ACT_NONE && vm->nrunning == 0) {
		enum vm_action action = vm->action;

		vm->action = VM_ACT_NONE;
		spin_unlock(&sched_lock);
		act(vm, action);
		spin_lock(&sched_lock);
	}
	vm->busy = false;
}

void vm_quiesced(struct vm *vm)
{
	spin_lock(&sched_lock);
	if (!vm->busy) { /* else another hart is at it, and sees the new action when it has finished
			  */
		vm->busy = true;
		carry_out(vm);
	}
	spin_unlock(&sched_lock);
}

int vm_start(struct vm *vm)
{
	int err = -NACRE_EBUSY;

	spin_lock(&sched_lock);
	if ((vm->state == VM_OFF || vm->state == VM_CRASHED) && !vm->busy) {
		vm->busy = vm->starting = true; /* alive, for vm_power_off_if_last() */
		err = 0;
	}
	spin_unlock(&sched_lock);
	if (err)
		return err;
	err = build(vm);
	if (!err)
		unhalt(vm, true);
	spin_lock(&sched_lock);
	vm->starting = false;
	carry_out(vm);
	spin_unlock(&sched_lock);
	return err;
}

bool vm_hold(struct vm *vm)
{
	bool off;

	spin_lock(&sched_lock);
	off = (vm->state == VM_OFF || vm->state == VM_CRASHED) && !vm->busy && !vm->starting;
	if (off)
		vm->busy = true;
	spin_unlock(&sched_lock);
	return off;
}

void vm_let_go(struct vm *vm)
{
	spin_lock(&sched_lock);
	vm->busy = false;
	spin_unlock(&sched_lock);
}

void vm_halt(struct vm *vm, enum vm_action action)
{
	bool quiet = false;

	spin_lock(&sched_lock);
	if (vm->state == VM_RUNNING || vm->state == VM_PAUSED) {
		vm->action = action > vm->action ? action : vm->action;
		vm->halted = true;
		for (unsigned i = 0; i < vm->nvcpus; i++) {
			struct vcpu *v = vm->vcpu[i];

			if (v->state == V_RUNNING)
				vcpu_request(v, VCPU_REQ_LEAVE);
			else
				sched_remove(v);
		}
		quiet = vm->nrunning == 0;
	}
	spin_unlock(&sched_lock);
	if (quiet)
		vm_quiesced(vm);
}

/* ---- Guest memory ---- */

void *vm_ram(const struct vm *vm, gpa_t a, uint64_t size)
{
	uint64_t offset = a.v - VM_RAM_BASE;

	if (!vm_ram_contains(vm, a, size))
		return NULL;
	for (unsigned i = 0; i < vm->nchunks; i++) {
		const struct vm_chunk *c = &vm->chunk[i];

		if (offset >= c->offset && offset - c->offset < c->size)
			return size <= c->size - (offset - c->offset)
				       ? (char *)phys_to_virt(c->hpa) + (offset - c->offset)
				       : NULL;
	}
	return NULL;
}

/* Bytes from `a` to the end of its run of host memory. */
static uint64_t run_length(const struct vm *vm, gpa_t a)
{
	uint64_t offset = a.v - VM_RAM_BASE;

	for (unsigned i = 0; i < vm->nchunks; i++)
		if (offset - vm->chunk[i].offset < vm->chunk[i].size)
			return vm->chunk[i].size - (offset - vm->chunk[i].offset);
	return 0;
}

int vm_copy_to(struct vm *vm, gpa_t a, const void *src, uint64_t size)
{
	if (!vm_ram_contains(vm, a, size))
		return -NACRE_EFAULT;
	while (size) {
		uint64_t n = run_length(vm, a);

		n = n < size ? n : size;
		memory_copy(vm_ram(vm, a, n), src, n);
		a.v += n;
		src = (const char *)src + n;
		size -= n;
	}
	return 0;
}

int vm_copy_from(struct vm *vm, void *dst, gpa_t a, uint64_t size)
{
	if (!vm_ram_contains(vm, a, size))
		return -NACRE_EFAULT;
	while (size) {
		uint64_t n = run_length(vm, a);

		n = n < size ? n : size;
		memcpy(dst, vm_ram(vm, a, n), n);
		a.v += n;
		dst = (char *)dst + n;
		size -= n;
	}
	return 0;
}
