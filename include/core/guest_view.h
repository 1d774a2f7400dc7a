/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest's memory and registers as a debugger sees them: the monitor and the GDB stub. All of it
 * is for the boot hart, with no lock held. Nothing is changed by looking: no A or D bit of the
 * guest's page tables, and what is no RAM (a device) is not accessed. Guests may run meanwhile; the
 * content of their memory is then that of some moment.
 *
 * guest_view_enable(false) (property debug of /console) turns all of it off: -NACRE_EPERM.
 */
#ifndef NACRE_CORE_GUEST_VIEW_H
#define NACRE_CORE_GUEST_VIEW_H

#include <arch/vwalk.h>
#include <core/types.h>

struct hext_ctx;
struct vcpu;
struct vm;

/* ---- Memory ---- */

/* An address space, as it was when asked for. */
struct guest_space {
	struct vm *vm;
	const struct vcpu *v; /* with to_guest: a guest of the guest's, */
	bool (*to_guest)(const struct vcpu *v, gpa_t in, gpa_t *out); /* else NULL */
	struct vwalk_env env;
};

void guest_view_enable(bool on);
bool guest_view_enabled(void);

/* What v translates with now: its supervisor mode's addresses, user pages included. Where a guest
 * hypervisor's guest runs on it, that one's, through both of its stages. */
int guest_space_of(struct vcpu *v, struct guest_space *out);
/* The same with v's registers in memory: inside vcpu_call(), or while it is held. */
void guest_space_held(const struct vcpu *v, struct guest_space *out);
/* Likewise, of the guest itself, whoever runs. */
void guest_space_outer(const struct vcpu *v, struct guest_space *out);
/* The same on v's own hart, which has it loaded, at an exit. */
void guest_space_loaded(struct vcpu *v, struct guest_space *out);
/* Guest physical addresses. */
int guest_space_physical(struct vm *vm, struct guest_space *out);

/* Where addr is, permissions aside. 0, or -NACRE_EFAULT: not mapped, and r tells how far it came.
 */
int guest_translate(const struct guest_space *s, uint64_t addr, struct vwalk_result *r);
/* The page table entry at this physical address of the space's. -NACRE_EFAULT. */
int guest_table_read(const struct guest_space *s, gpa_t a, uint64_t *pte);
/*
 * Bytes copied, which may be fewer than n: up to the first that is no RAM. -NACRE_EFAULT: not even
 * one. Writing goes through read-only pages too; vcpus of the guest see it as instructions as well
 * before they next enter.
 */
long guest_view_read(const struct guest_space *s, uint64_t addr, void *buf, size_t n);
long guest_view_write(const struct guest_space *s, uint64_t addr, const void *buf, size_t n);

/* ---- Registers: numbered, the numbers of the GDB stub ---- */

#define GUEST_REG_PC	 32
#define GUEST_REG_F0	 33
#define GUEST_REG_FFLAGS 65
#define GUEST_REG_FRM	 66
#define GUEST_REG_FCSR	 67
#define GUEST_REG_PRIV	 68 /* 0: VU-mode, 1: VS-mode */
#define GUEST_REG_CSR	 69
#define GUEST_REG_CSRS	 12
#define GUEST_REG_VCSR	 (GUEST_REG_CSR + GUEST_REG_CSRS) /* vstart, vcsr, vl, vtype, vlenb */
#define GUEST_REG_V0	 (GUEST_REG_VCSR + 5)
#define GUEST_REGS	 (GUEST_REG_V0 + 32)

/* The register's name in the specifications (ABI names for x and f); NULL: no such number. */
const char *guest_reg_name(unsigned n);
/* Bytes; 0: no guest of this host has it. */
unsigned guest_reg_size(unsigned n);

/*
 * The registers of a vcpu whose state is in memory: inside vcpu_call(), or while it is held.
 * Little-endian, guest_reg_size() bytes. -NACRE_ENOENT: this guest has no such register.
 */
int guest_reg_get(const struct vcpu *v, unsigned n, void *buf);
/* Likewise: the context, with the CSRs of who runs. */
void guest_context(const struct vcpu *v, struct hext_ctx *out);
/* x0, vlenb and the like stay as they are. */
int guest_reg_set(struct vcpu *v, unsigned n, const void *buf);

#endif
