/* SPDX-License-Identifier: BSD-2-Clause */
/* See nested.h. */
#include <string.h>

#include <spec/csr.h>
#include "nested.h"

struct fake_nested fake_nested;
static struct nested state;

void fake_nested_init(struct vcpu *v)
{
	memset(&fake_nested, 0, sizeof(fake_nested));
	memset(&state, 0, sizeof(state));
	state.file.can = (struct ncsr_caps){
		.hstatus = NCSR_HSTATUS_MASK,
		.henvcfg = HENVCFG_STCE | HENVCFG_ADUE | HENVCFG_FIOM,
		.hcounteren = COUNTEREN_ZICNTR,
		.vsstatus = SSTATUS_FS,
		.hgatp_modes = 1 << 8,
		.vsatp_modes = 1 << 8 | 1 << 9,
		.asid_bits = 16,
		.sstc = true,
		.stateen = true,
		.hstateen0 = HSTATEEN0_ENVCFG,
	};
	ncsr_reset(&state.file);
	state.slot[0].hi = UINT64_MAX;
	state.end = state.slot + 1;
	v->nested = &state;
}

bool nested_csr_read(struct vcpu *v, unsigned csr, uint64_t *val)
{
	struct nested *n = v->nested;

	return ncsr_read(&n->file, csr, val);
}

bool nested_csr_write(struct vcpu *v, unsigned csr, uint64_t val)
{
	struct nested *n = v->nested;

	return ncsr_write(&n->file, csr, val);
}

void nested_notice(struct vcpu *v)
{
	(void)v;
}

void nested_look_at_time(struct vcpu *v)
{
	(void)v;
}

void nirq_ask(struct vcpu *v)
{
	(void)v;
}

void shadow_clear(struct shadow *s)
{
	s->nfences = 0;
	fake_nested.clears++;
}

void shadow_forget(struct shadow *s, uint64_t start, uint64_t last)
{
	(void)s;
	fake_nested.forgets++;
	fake_nested.first = start;
	fake_nested.last = last;
}

void nested_sret(struct vcpu *v)
{
	struct nested *n = v->nested;

	fake_nested.srets++;
	fake_nested.at_sret = n->file;
}
