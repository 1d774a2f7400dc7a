/* SPDX-License-Identifier: BSD-2-Clause */
/* The drivers' entry points, for the table in drivers.c. As struct driver's probe. */
#ifndef DRIVERS_PROBES_H
#define DRIVERS_PROBES_H

int aclint_sswi_probe(const void *fdt, int node);
int goldfish_rtc_probe(const void *fdt, int node);
int ns16550_probe(const void *fdt, int node);
int plic_probe(const void *fdt, int node);

#endif
