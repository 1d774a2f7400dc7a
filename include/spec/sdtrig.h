/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Debug triggers as SBI DBTR has them: the RISC-V Debug Specification 1.0, chapter "Sdtrig",
 * trigger type mcontrol6 on RV64; and the SBI specification, chapter "Debug Triggers Extension".
 */
#ifndef NACRE_SPEC_SDTRIG_H
#define NACRE_SPEC_SDTRIG_H

/* tdata1 */
#define TDATA1_TYPE_SHIFT     60
#define TDATA1_TYPE_MCONTROL6 (6ULL << TDATA1_TYPE_SHIFT)
#define TDATA1_DMODE	      (1ULL << 59)

#define MCONTROL6_LOAD	  (1ULL << 0)
#define MCONTROL6_STORE	  (1ULL << 1)
#define MCONTROL6_EXECUTE (1ULL << 2)
#define MCONTROL6_U	  (1ULL << 3)
#define MCONTROL6_S	  (1ULL << 4)
#define MCONTROL6_M	  (1ULL << 6)
#define MCONTROL6_MATCH	  (15ULL << 7) /* 0: equal */
#define MCONTROL6_CHAIN	  (1ULL << 11)
#define MCONTROL6_ACTION  (15ULL << 12) /* 0: a breakpoint exception */
#define MCONTROL6_SIZE	  (7ULL << 16)	/* 0: any */
#define MCONTROL6_SELECT  (1ULL << 21)	/* 0: addresses */
#define MCONTROL6_VU	  (1ULL << 23)
#define MCONTROL6_VS	  (1ULL << 24)

/* An entry of the shared memory, in words of 64 bits. install_triggers reads the last three and
 * writes the first. */
#define DBTR_INDEX  0
#define DBTR_TDATA1 1
#define DBTR_TDATA2 2
#define DBTR_TDATA3 3
#define DBTR_WORDS  4

#endif
