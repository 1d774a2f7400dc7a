/* SPDX-License-Identifier: BSD-2-Clause */
/* Instructions that a guest was promised and that its hart does not carry out. */
#ifndef NACRE_GUEST_VINSN_H
#define NACRE_GUEST_VINSN_H

#include <core/vcpu.h>

struct insn;

/* An illegal instruction of a VM that emulates: carried out, or the guest's own exception. Always
 * resumes. */
bool vinsn_illegal(struct vcpu *v, const struct vcpu_exit *e);

/* Is it an AMO that this guest was promised? Decoded then. */
bool vinsn_is_amo(const struct vcpu *v, uint32_t bits, struct insn *in);
/* Carries it out on host memory, aligned to its size, and steps over it. */
void vinsn_amo(struct vcpu *v, const struct insn *in, void *p);

/*
 * An access to sstateen0 to 3 by a guest that was given them. Whatever their bits would guard no
 * guest has, so all of them are read-only zeros; the hart need not have them.
 */
bool vinsn_is_stateen(const struct vcpu *v, uint32_t insn);
/* Carries it out. false: it is none, or in user mode, where it is illegal. */
bool vinsn_stateen(struct vcpu *v, uint32_t insn);

#endif
