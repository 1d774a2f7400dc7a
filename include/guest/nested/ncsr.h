/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The hypervisor and VS CSRs of a guest that has the hypervisor extension, as a file of values:
 * reads and writes with all that the specification says about legal values, read-only fields and
 * aliases (hip, vsip, vsie). What follows from a write for the hart, and counting time, is the
 * caller's. Privileged specification, chapter "H" Extension; Sstc.
 */
#ifndef NACRE_GUEST_NESTED_NCSR_H
#define NACRE_GUEST_NESTED_NCSR_H

#include <arch/world.h>
#include <arch/nacl_shmem.h>
#include <core/types.h>
#include <spec/csr.h>

#define NCSR_VMID_BITS 14

/* What the guest was given; constant while it runs. */
struct ncsr_caps {
	uint64_t henvcfg;     /* writable bits */
	uint64_t hstatus;     /* the same: NCSR_HSTATUS_MASK, or NCSR_HSTATUS_PM */
	uint64_t hcounteren;  /* the same */
	uint64_t vsstatus;    /* the same, of FS and VS */
	uint16_t hgatp_modes; /* bit n: MODE n; Bare is always there */
	uint16_t vsatp_modes;
	uint8_t asid_bits;
	bool sstc;	    /* vstimecmp exists */
	bool stateen;	    /* hstateen0 to 3 exist */
	uint64_t hstateen0; /* its writable bits, but for SE0; if it does not exist: the hart's */
	uint64_t hstateen0_ones; /* its read-only ones: what the hart has no means to guard */
};

/*
 * While the guest's own guest (L2) runs, `vs` holds the other side, so nothing may be asked then.
 * vs.hvip, hie, hideleg, henvcfg and hcounteren are the guest's CSRs of these names; vs.hedeleg,
 * hgatp, htimedelta and hstateen0 are not: they are ours. The last follows from the guest's.
 */
struct ncsr_file {
	struct ncsr_caps can;
	struct world vs;
	uint64_t hstatus, hedeleg, htimedelta, hgatp, htval, htinst;
	uint64_t hstateen[4];
	bool vstip; /* vstimecmp has come: set before a read or write for which ncsr_looks_at_time()
		     */
};

/* All registers as after a reset. can stays. */
void ncsr_reset(struct ncsr_file *f);

/* false: there is no such CSR (or, on a write, it is read-only): an illegal instruction. */
bool ncsr_read(const struct ncsr_file *f, unsigned csr, uint64_t *val);
bool ncsr_write(struct ncsr_file *f, unsigned csr, uint64_t val);

/* What a write to hstatus changes; with pointer masking also HUPMM, whose reserved value it does
 * not: told by the sign, as a test costs each hypervisor time. */
#define NCSR_HSTATUS_MASK                                                                     \
	(HSTATUS_GVA | HSTATUS_SPV | HSTATUS_SPVP | HSTATUS_HU | HSTATUS_VTVM | HSTATUS_VTW | \
	 HSTATUS_VTSR)
#define NCSR_HSTATUS_PM (NCSR_HSTATUS_MASK | BIT(63))

uint64_t ncsr_hstatus_pm(const struct ncsr_file *f, uint64_t val);

/* hstatus after a write of val. */
static inline uint64_t ncsr_hstatus(const struct ncsr_file *f, uint64_t val)
{
	uint64_t mask = f->can.hstatus;

	if ((int64_t)mask < 0)
		return ncsr_hstatus_pm(f, val);
	return (f->hstatus & ~mask) | (val & mask);
}

/* All of them into a shared memory's CSR space, as ncsr_read() would give them; those alone that
 * the guest's guest and its traps change. */
void ncsr_show(const struct ncsr_file *f, struct nacl_shmem *s);
void ncsr_show_changing(const struct ncsr_file *f, struct nacl_shmem *s);
/* And hvip, vstimecmp and what follows from them. */
void ncsr_show_pending(const struct ncsr_file *f, struct nacl_shmem *s);

/* How a CSR is read and written. */
enum ncsr_how {
	NCSR_PLAIN,    /* the value, of which a write changes the bits of `mask` */
	NCSR_LEVEL,    /* the same. What is pending follows from it, */
	NCSR_ENABLE,   /* and what of that is an interrupt */
	NCSR_READONLY, /* and 0 */
	NCSR_HSTATUS,  /* others want to know of it */
	NCSR_VSSTATUS,
	NCSR_VSATP,
	NCSR_HGATP,
	NCSR_HCOUNTEREN,
	NCSR_HSTATEEN,
	NCSR_HENVCFG, /* it, and those below: as NCSR_LEVEL and NCSR_ENABLE */
	NCSR_HIP,
	NCSR_VSIP,
	NCSR_VSIE,
	NCSR_TIMECMP,
};

struct ncsr_row {
	uint64_t mask;
	uint16_t at; /* byte of struct ncsr_file */
	uint16_t csr;
	uint8_t how;
};

#define NCSR_INDEXES	512
#define NCSR_INDEX(csr) (((csr)&0xff) | ((csr)&0x400) >> 2)
extern const struct ncsr_row ncsr_rows[];
extern const uint8_t ncsr_index[NCSR_INDEXES]; /* 1 + the row's, or 0 */

/* The row of a CSR 0x2xx or 0x6xx. NULL: none. Inline, for the shortest way that there is. */
static inline const struct ncsr_row *ncsr_row(unsigned csr)
{
	unsigned i = (csr & ~0x4ffU) == 0x200 ? ncsr_index[NCSR_INDEX(csr)] : 0;

	return i ? &ncsr_rows[i - 1] : NULL;
}

/* What is pending, delegated or enabled may be changed by a write to it. */
static inline bool ncsr_is_of_interrupts(unsigned csr)
{
	const struct ncsr_row *r = ncsr_row(csr);

	return r && (r->how == NCSR_LEVEL || r->how == NCSR_ENABLE || r->how >= NCSR_HENVCFG);
}

/* hip and vsip, while henvcfg.STCE is set. */
bool ncsr_looks_at_time(const struct ncsr_file *f, unsigned csr);

/*
 * All CSRs that a file can have, for i from 0 on, each after those on whose value its own depends;
 * 0 ends. One of them may be missing in this file: ncsr_read() says so.
 */
unsigned ncsr_number(unsigned i);

/* VS-level interrupts that are pending (numbered as in hip). */
uint64_t ncsr_hip(const struct ncsr_file *f);

static inline unsigned ncsr_vmid(uint64_t hgatp)
{
	return (unsigned)(hgatp >> 44) & ((1U << NCSR_VMID_BITS) - 1);
}

#endif
