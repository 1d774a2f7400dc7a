/* SPDX-License-Identifier: BSD-2-Clause */
/* The handlers of guest exits, as they share them. Each returns true to resume the guest, false to
 * end its turn. */
#ifndef NACRE_GUEST_EXIT_H
#define NACRE_GUEST_EXIT_H

#include <core/vcpu.h>

struct guest_fault;
struct insn;
struct vwalk_mem;

/* Any exit of a guest, and what else a guest is to its vcpus. */
bool guest_exit(struct vcpu *v, const struct vcpu_exit *e);
extern const struct vcpu_ops exit_plain;

/*
 * A load or store that is INSN_LOAD or INSN_STORE, at this address of the VM's: carried out if it lies wholly in one device.
 * The registers are those in v->ctx. false: no device takes it.
 */
bool mmio_access(struct vcpu *v, const struct insn *in, gpa_t addr);

/* A load or store (LOAD_GUEST_PAGE_FAULT, STORE_GUEST_PAGE_FAULT) outside RAM: emulated, or an
 * access fault. */
bool mmio_exit(struct vcpu *v, const struct vcpu_exit *e);

/*
 * The instruction at sepc. false: the guest lost it meanwhile (another vcpu changed the page
 * tables); it then has the exception that its own fetch would have raised.
 */
bool exit_fetch(struct vcpu *v, uint32_t *insn);

/* A read of scountovf that trapped, and that the guest was given: carried out. */
bool exit_scountovf(struct vcpu *v, uint32_t insn);

/* What a read of guest memory for the guest raised, as the guest's own load would have it. */
void exit_inject_load_fault(struct vcpu *v, const struct guest_fault *f);

/* Page tables in the RAM of the VM, which is their ctx. */
extern const struct vwalk_mem guest_tables;

/* "load", "store" or "fetch" of a guest page fault inside RAM, which is all mapped: the end of the
 * VM. */
bool exit_ram_fault(struct vcpu *v, const struct vcpu_exit *e, gpa_t addr);

#endif
