/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The registers of a vcpu, for another hart than its own: a debugger's. The owner carries the call
 * out, between two entries into the guest or at the end of the turn, so its registers still have
 * one owner. A vcpu on no hart cannot get one while sched_lock is held.
 */
#include <core/cpu.h>
#include <core/sched.h>
#include <core/vcpu.h>

void vcpu_answer_call(struct vcpu *v)
{
	void (*fn)(struct vcpu *, void *) = v->call.fn;

	if (!fn)
		return;
	v->call.fn = NULL;
	fn(v, v->call.arg);
	atomic_store_release(&v->call.done, 1); /* what fn did before the caller goes on */
}

void vcpu_call(struct vcpu *v, void (*fn)(struct vcpu *v, void *arg), void *arg)
{
	bool running;

	if (this_cpu()->current == v) {
		vcpu_call_loaded(v, fn, arg);
		return;
	}
	spin_lock(&sched_lock);
	running = v->state == V_RUNNING;
	if (running)
		v->call = (struct vcpu_call){.fn = fn, .arg = arg};
	else
		fn(v, arg);
	spin_unlock(&sched_lock);
	if (!running)
		return;
	/* Under the lock it had still to come to the end of its turn; that answers, too. */
	vcpu_request(v, VCPU_REQ_CALL);
	while (!atomic_load_acquire(&v->call.done))
		cpu_relax();
}
