/* SPDX-License-Identifier: BSD-2-Clause */
/* Instructions that a guest was promised and its hart has not: private to the guest room. */
#ifndef NACRE_GUEST_VINSN_H
#define NACRE_GUEST_VINSN_H

#include <core/vcpu.h>

/* An illegal instruction of a VM that emulates: carried out, or the guest's own exception. Always
 * resumes. */
bool vinsn_illegal(struct vcpu *v, const struct vcpu_exit *e);

#endif
