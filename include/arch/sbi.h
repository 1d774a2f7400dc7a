/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls down to the firmware: the few SBI functions that Nacre itself needs. */
#ifndef NACRE_ARCH_SBI_H
#define NACRE_ARCH_SBI_H

#include <core/types.h>

struct sbiret {
	long error;
	long value;
};

struct sbiret sbi_call(uint64_t eid, uint64_t fid, uint64_t a0, uint64_t a1, uint64_t a2);
/* With more arguments: a0 to a4. */
struct sbiret sbi_call5(uint64_t eid, uint64_t fid, const uint64_t a[5]);
bool sbi_probe(uint64_t eid);
void sbi_set_timer(uint64_t time);
void sbi_send_ipi(uint64_t hartid);
long sbi_hart_start(uint64_t hartid, hpa_t addr, uint64_t opaque);
/* Powers the machine down; returns only when the firmware cannot. */
void sbi_shutdown(bool failure);
/* Console of last resort: DBCN write byte, else legacy putchar. */
void sbi_putchar(uint8_t c);
int sbi_getchar(void); /* -1: nothing */

#endif
