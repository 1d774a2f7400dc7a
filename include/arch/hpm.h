/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The hart's programmable counters, hpmcounter3 to 31, by SBI PMU of the firmware: Nacre is its
 * client. They are there if they can be kept from counting in HS- and M-mode (Sscofpmf), so what
 * they count is what a guest does, and nothing of Nacre or the firmware.
 *
 * What always holds: on a hart whose vcpu uses none, none runs, and all that ever ran are 0.
 */
#ifndef NACRE_ARCH_HPM_H
#define NACRE_ARCH_HPM_H

#include <arch/isa.h>
#include <core/types.h>
#include <spec/sbi.h>

#define HPM_FIRST 3
#define HPM_END	  32

struct hpm_caps {
	uint32_t counters; /* bit n: hpmcounter n is on every hart */
	uint8_t width;	   /* their bits */
	int offset;	   /* SBI's number of hpmcounter n is n + offset */
	bool overflow;	   /* a guest can be interrupted by LCOFI: hvip.LCOFI, by hvien */
};
extern struct hpm_caps hpm_caps;

struct hpm_event {
	uint64_t index, data; /* event_idx, event_data */
	uint64_t filters;     /* SBI_PMU_CFG_VSINH, SBI_PMU_CFG_VUINH */
};

/* Probes the calling hart and ANDs the result into hpm_caps (first: starts it). hvien.LCOFI stays
 * set: what a guest without Sscofpmf finds in sip and sie is its own all the same. */
void hpm_probe(const struct isa_set *host, bool first);

/* All of the calling hart. `set` has bit n for hpmcounter n. */

/* Has one of the set, of which none is in use, count the event once it is started. Which; 0: none
 * can. */
unsigned hpm_config(uint32_t set, const struct hpm_event *e);
void hpm_start(unsigned n, uint64_t value);
/* It has overflown, and is not to interrupt before it is started anew: scountovf shows it. */
void hpm_start_overflown(unsigned n, uint64_t value);
void hpm_stop(uint32_t set);
/* Not in use any more, and 0. */
void hpm_release(uint32_t set);
uint64_t hpm_read(unsigned n);
/* Those that have overflown since they were started. */
uint32_t hpm_overflown(void);
/* LCOFI was pending. It is not any more. */
bool hpm_take_overflow(void);
/* LCOFI ends a guest's turn, or not. */
void hpm_listen(bool on);

#endif
