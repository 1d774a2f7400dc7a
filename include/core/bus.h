/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The MMIO ranges of a VM: which device answers at which guest physical address.
 *
 * A bus is filled when its VM is made and only read afterwards, so lookups need no lock. A bus of
 * all zeroes is empty. Ranges do not overlap and are kept in ascending order.
 */
#ifndef NACRE_CORE_BUS_H
#define NACRE_CORE_BUS_H

#include <core/types.h>

#define BUS_MAX 16

struct mmio_access {
	uint64_t offset; /* from the base of the range */
	uint64_t value;	 /* written by the guest, or to be filled in, zero-extended */
	uint8_t size;	 /* 1, 2, 4 or 8 bytes; offset may be unaligned */
	bool write;
};

struct bus_ops {
	/* 0, or -NACRE_EFAULT: the guest gets an access fault. */
	int (*access)(void *dev, struct mmio_access *a);
};

struct bus_range {
	gpa_t base;
	uint64_t size;
	const struct bus_ops *ops;
	void *dev;
	const char *name; /* for people; must outlive the bus */
};

struct bus {
	struct bus_range range[BUS_MAX];
	unsigned count;
};

/*
 * Add a copy of *r. -NACRE_EINVAL: size 0, or the range passes the end of the address space;
 * -NACRE_EEXIST: it overlaps one that is there; -NACRE_ENOMEM: BUS_MAX are there.
 */
int bus_add(struct bus *b, const struct bus_range *r);

/* The range that holds all size (1..8) bytes from addr on; NULL if there is none. */
const struct bus_range *bus_find(const struct bus *b, gpa_t addr, unsigned size);

#endif
