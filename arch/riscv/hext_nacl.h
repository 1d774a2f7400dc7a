/* SPDX-License-Identifier: BSD-2-Clause */
/* The back ends through SBI nested acceleration: hext_nacl.c, switch_nacl.S. */
#ifndef NACRE_ARCH_HEXT_NACL_H
#define NACRE_ARCH_HEXT_NACL_H

#include <arch/hext.h>

/* Which features the hypervisor below offers: bit SBI_NACL_FEAT_*. 0 without one. */
unsigned hext_nacl_probe(void);

/*
 * Shares s (zeroed, page-aligned) with the hypervisor below, on the calling hart. The guest's CSRs
 * have their values for a hart without a guest by then. An SBI error code, 0 for success.
 */
long hext_nacl_hart_init(struct hext_hart *h, struct nacl_shmem *s);

/* Replaces in a native table all that the features do better. False: they are not enough for
 * anything. */
bool hext_nacl_compose(struct hext_ops *ops, unsigned features);

/* Of these features, those that the table then uses. */
unsigned hext_nacl_used(unsigned features);

/*
 * Into the guest and out at the next trap that is not answered in itself, with scause and stval in
 * c->exit; hstatus, htval and htinst are the caller's part. hext_nacl_sync_sret() has the
 * hypervisor below do it, with the registers in the SRET context x. True: the trap was answered,
 * and the guest goes on; but there is something to synchronise.
 */
bool hext_nacl_sret(struct hext_ctx *c);
bool hext_nacl_sync_sret(struct hext_ctx *c, uint64_t x[32]);

/* hext_nacl_fast.c: c if the exit is answered, else NULL. For nacl_vector. */
struct hext_ctx *hext_nacl_fast_sbi(struct hext_ctx *c);
struct hext_ctx *hext_nacl_fast_wfi(struct hext_ctx *c);
struct hext_ctx *hext_nacl_fast_kick(struct hext_ctx *c, uint64_t scause);

/* The hypervisor below refuses what it has offered. */
void hext_nacl_refused(long error) __attribute__((noreturn));

#endif
