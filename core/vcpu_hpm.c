/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A vcpu's hardware counters, on the hart and away from it. Only what the vcpu has configured is
 * set up and taken down; it costs some calls of the firmware for each of these at each load and
 * put, and nothing for a vcpu that uses none.
 */
#include <core/vcpu.h>
#include <core/vm.h>

/* Takes one out of the set. */
static unsigned take(uint32_t *set)
{
	unsigned n = (unsigned)__builtin_ctz(*set);

	*set &= *set - 1;
	return n;
}

static struct vcpu_hpm_counter *counter(struct vcpu *v, unsigned n)
{
	return &v->hpm.counter[n - HPM_FIRST];
}

uint32_t vcpu_hpm_there(const struct vcpu *v)
{
	return isa_has(&v->vm->isa, ISA_ZIHPM) ? hpm_caps.counters : 0;
}

static void forget(struct vcpu *v, uint32_t set)
{
	v->hpm.configured &= ~set;
	v->hpm.started &= ~set;
}

/* The hart's counter gets event, value and state of the vcpu's. */
static bool set_up(struct vcpu *v, unsigned n)
{
	const struct vcpu_hpm_counter *c = counter(v, n);

	if (hpm_config(1U << n, &c->event) != n) {
		forget(v, 1U << n);
		return false;
	}
	if (v->hpm.overflown >> n & 1)
		hpm_start_overflown(n, c->value);
	else
		hpm_start(n, c->value);
	if (!(v->hpm.started >> n & 1))
		hpm_stop(1U << n);
	return true;
}

void vcpu_hpm_overflow(struct vcpu *v)
{
	if (hpm_take_overflow() && isa_has(&v->vm->isa, ISA_SSCOFPMF))
		v->ops->overflow(v);
}

uint64_t vcpu_hpm_scountovf(const struct vcpu *v)
{
	return hpm_overflown() & v->hpm.configured;
}

void vcpu_hpm_load(struct vcpu *v)
{
	hpm_take_overflow(); /* late, and another's */
	for (uint32_t left = v->hpm.configured; left;)
		set_up(v, take(&left));
	hpm_listen(v->hpm.configured);
}

void vcpu_hpm_put(struct vcpu *v)
{
	/* They stand still while the hart is not in the guest. */
	for (uint32_t left = v->hpm.configured; left;) {
		unsigned n = take(&left);

		counter(v, n)->value = hpm_read(n);
	}
	v->hpm.overflown = (uint32_t)vcpu_hpm_scountovf(v);
	vcpu_hpm_overflow(v);
	hpm_release(v->hpm.configured);
	hpm_listen(false);
}

unsigned vcpu_hpm_config(struct vcpu *v, uint32_t set, const struct hpm_event *e)
{
	unsigned n = hpm_config(set & ~v->hpm.configured, e);

	if (!n)
		return 0;
	counter(v, n)->event = *e;
	v->hpm.configured |= 1U << n;
	hpm_listen(true);
	return n;
}

bool vcpu_hpm_change(struct vcpu *v, unsigned n, const struct hpm_event *e)
{
	counter(v, n)->value = hpm_read(n);
	counter(v, n)->event = *e;
	v->hpm.overflown &= ~(1U << n);
	hpm_release(1U << n);
	return set_up(v, n);
}

void vcpu_hpm_start(struct vcpu *v, uint32_t set, const uint64_t *value)
{
	v->hpm.started |= set;
	vcpu_hpm_overflow(v); /* while it is pending, starting one clears nothing */
	while (set) {
		unsigned n = take(&set);

		hpm_start(n, value ? *value : hpm_read(n));
	}
}

void vcpu_hpm_stop(struct vcpu *v, uint32_t set)
{
	hpm_stop(set);
	v->hpm.started &= ~set;
}

void vcpu_hpm_reset(struct vcpu *v, uint32_t set)
{
	hpm_release(set);
	forget(v, set);
	hpm_listen(v->hpm.configured);
}

void vcpu_hpm_ask_begin(struct vcpu *v)
{
	if (v->hpm.configured)
		vcpu_hpm_put(v);
}

bool vcpu_hpm_ask(struct vcpu *v, const struct hpm_event *e)
{
	unsigned n = hpm_config(vcpu_hpm_there(v), e);

	hpm_release(n ? 1U << n : 0);
	return n != 0;
}

void vcpu_hpm_ask_end(struct vcpu *v)
{
	if (v->hpm.configured)
		vcpu_hpm_load(v);
}
