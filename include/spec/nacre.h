/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How Nacre names itself to a guest: the answers of SBI BASE. The list of implementation ids in the
 * SBI specification has no entry for Nacre; this one is far from the numbers given out so far, and
 * spells the name.
 */
#ifndef NACRE_SPEC_NACRE_H
#define NACRE_SPEC_NACRE_H

#include <spec/sbi.h>

#define NACRE_SBI_SPEC_VERSION SBI_SPEC_VERSION(3, 0)
#define NACRE_SBI_IMPL_ID      0x4e616372 /* "Nacr" */
#define NACRE_SBI_IMPL_VERSION 0x00000100 /* major << 16 | minor << 8 | patch */

/* mvendorid, marchid, mimpid: the specification allows 0 for each. The host's would name a hart
 * that the guest has not. */
#define NACRE_MVENDORID 0
#define NACRE_MARCHID	0
#define NACRE_MIMPID	0

#endif
