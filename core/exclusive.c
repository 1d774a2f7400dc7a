/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Something that must be atomic for a VM and that no instruction makes so: all other vcpus of the
 * VM are kept out of the guest meanwhile. Dear (an interrupt for each vcpu that runs), so for rare
 * things only.
 */
#include <core/vcpu.h>
#include <core/vm.h>

void vcpu_exclusive(struct vcpu *v, void (*fn)(void *), void *arg)
{
	struct vm *vm = v->vm;

	/* Out of the guest before the lock: who has it waits for us to be. */
	vcpu_leave_guest(v);
	spin_lock(&vm->exclusive_lock);
	atomic_store(&vm->exclusive, 1);
	/* `exclusive` before the requests (the swap in vcpu_request() orders them): who sees one
	 * finds the other. */
	for (unsigned i = 0; i < vm->nvcpus; i++)
		if (vm->vcpu[i] != v)
			vcpu_request(vm->vcpu[i], VCPU_REQ_EXCLUSIVE);
	for (unsigned i = 0; i < vm->nvcpus; i++)
		while (vm->vcpu[i] != v && atomic_load(&vm->vcpu[i]->in_guest))
			cpu_relax();
	fence_rw_rw(); /* the others' guest accesses, which in_guest = 0 followed, before ours */
	fn(arg);
	atomic_store_release(&vm->exclusive, 0); /* ours before theirs */
	spin_unlock(&vm->exclusive_lock);
}

void vcpu_exclusive_wait(const struct vcpu *v)
{
	while (atomic_load_acquire(&v->vm->exclusive))
		cpu_relax();
}
