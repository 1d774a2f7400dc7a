/* SPDX-License-Identifier: BSD-2-Clause */
/* Bundles opened, and guests made of them: at boot, and from the load area. Boot hart, no lock
 * held. */
#ifndef NACRE_CORE_LOAD_H
#define NACRE_CORE_LOAD_H

#include <core/bundle.h>
#include <core/config.h>
#include <core/types.h>

struct vm;
struct vm_ops;

/* An archive, where it lies, and its configuration tree, copied. */
struct load {
	struct bundle bundle;
	struct config config;
	uint64_t tree_size; /* bytes */
};

/* Once, before the first guest. */
void load_init(const struct vm_ops *ops);
/*
 * Opens the archive at data, of at most so many bytes, which stays in place. 0, or -NACRE_E* and a
 * text (the caller puts "bundle" before it); nothing is to be closed then.
 */
int load_open(struct load *l, const void *data, uint64_t size, char *err, size_t errlen);
void load_close(struct load *l);
/* Makes all guests of it. */
void load_guests(const struct load *l);

/* What the boot argument load-area=SIZE@ADDRESS asks for; NULL without. Before memory_init(). */
const struct mem_range *load_area_option(void);
/* It cannot be had. */
void load_area_refused(void);
/* Opens what is in the load area now. As load_open(). */
int load_area_open(struct load *l, char *err, size_t errlen);
/*
 * Makes the guest of that name out of the bundle in the load area, or gives the one that has the
 * name and is off new files, command line and ISA. It is off then. 0; or -NACRE_E* and a text, and
 * nothing has changed.
 */
int load_guest(const char *name, struct vm **out, char *err, size_t errlen);

#endif
