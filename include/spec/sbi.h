/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Numbers of the RISC-V Supervisor Binary Interface specification, version 3.0: extension and function ids, error
 * codes, states and events. Usable from C and assembly; no code.
 */
#ifndef NACRE_SPEC_SBI_H
#define NACRE_SPEC_SBI_H

/* Standard error codes (chapter "Binary Encoding") */
#define SBI_SUCCESS		  0
#define SBI_ERR_FAILED		  -1
#define SBI_ERR_NOT_SUPPORTED	  -2
#define SBI_ERR_INVALID_PARAM	  -3
#define SBI_ERR_DENIED		  -4
#define SBI_ERR_INVALID_ADDRESS	  -5
#define SBI_ERR_ALREADY_AVAILABLE -6
#define SBI_ERR_ALREADY_STARTED	  -7
#define SBI_ERR_ALREADY_STOPPED	  -8
#define SBI_ERR_NO_SHMEM	  -9
#define SBI_ERR_INVALID_STATE	  -10
#define SBI_ERR_BAD_RANGE	  -11
#define SBI_ERR_TIMEOUT		  -12
#define SBI_ERR_IO		  -13
#define SBI_ERR_DENIED_LOCKED	  -14

#define SBI_SPEC_VERSION(major, minor) (((major) << 24) | (minor))

/* Legacy extensions: one extension id each */
#define SBI_LEGACY_SET_TIMER		  0x00
#define SBI_LEGACY_CONSOLE_PUTCHAR	  0x01
#define SBI_LEGACY_CONSOLE_GETCHAR	  0x02
#define SBI_LEGACY_CLEAR_IPI		  0x03
#define SBI_LEGACY_SEND_IPI		  0x04
#define SBI_LEGACY_REMOTE_FENCE_I	  0x05
#define SBI_LEGACY_REMOTE_SFENCE_VMA	  0x06
#define SBI_LEGACY_REMOTE_SFENCE_VMA_ASID 0x07
#define SBI_LEGACY_SHUTDOWN		  0x08

/* Extension ids */
#define SBI_EXT_BASE   0x10
#define SBI_EXT_TIME   0x54494D45
#define SBI_EXT_IPI    0x735049
#define SBI_EXT_RFENCE 0x52464E43
#define SBI_EXT_HSM    0x48534D
#define SBI_EXT_SRST   0x53525354
#define SBI_EXT_PMU    0x504D55
#define SBI_EXT_DBCN   0x4442434E
#define SBI_EXT_SUSP   0x53555350
#define SBI_EXT_CPPC   0x43505043
#define SBI_EXT_NACL   0x4E41434C
#define SBI_EXT_STA    0x535441
#define SBI_EXT_SSE    0x535345
#define SBI_EXT_FWFT   0x46574654
#define SBI_EXT_DBTR   0x44425452
#define SBI_EXT_MPXY   0x4D505859

/* BASE */
#define SBI_BASE_GET_SPEC_VERSION  0
#define SBI_BASE_GET_IMPL_ID	   1
#define SBI_BASE_GET_IMPL_VERSION  2
#define SBI_BASE_PROBE_EXTENSION   3
#define SBI_BASE_GET_MVENDORID	   4
#define SBI_BASE_GET_MARCHID	   5
#define SBI_BASE_GET_MIMPID	   6

/* TIME, IPI */
#define SBI_TIME_SET_TIMER 0
#define SBI_IPI_SEND_IPI   0

/* RFENCE */
#define SBI_RFENCE_FENCE_I	    0
#define SBI_RFENCE_SFENCE_VMA	    1
#define SBI_RFENCE_SFENCE_VMA_ASID  2
#define SBI_RFENCE_HFENCE_GVMA_VMID 3
#define SBI_RFENCE_HFENCE_GVMA	    4
#define SBI_RFENCE_HFENCE_VVMA_ASID 5
#define SBI_RFENCE_HFENCE_VVMA	    6

/* PMU */
#define SBI_PMU_NUM_COUNTERS	   0
#define SBI_PMU_COUNTER_GET_INFO   1
#define SBI_PMU_COUNTER_CFG_MATCH  2
#define SBI_PMU_COUNTER_START	   3
#define SBI_PMU_COUNTER_STOP	   4
#define SBI_PMU_COUNTER_FW_READ	   5
#define SBI_PMU_COUNTER_FW_READ_HI 6
#define SBI_PMU_SNAPSHOT_SET_SHMEM 7
#define SBI_PMU_EVENT_GET_INFO	   8

/* counter_info */
#define SBI_PMU_INFO_CSR	 0xfff
#define SBI_PMU_INFO_WIDTH_SHIFT 12 /* 6 bits: width - 1 */
#define SBI_PMU_INFO_WIDTH	 0x3f
#define SBI_PMU_INFO_FIRMWARE	 (1ULL << 63) /* type */

#define SBI_PMU_CFG_SKIP_MATCH	(1 << 0)
#define SBI_PMU_CFG_CLEAR_VALUE (1 << 1)
#define SBI_PMU_CFG_AUTO_START	(1 << 2)
#define SBI_PMU_CFG_FILTERS	0xf8 /* hints: do not count in */
#define SBI_PMU_CFG_VUINH	(1 << 3)
#define SBI_PMU_CFG_VSINH	(1 << 4)
#define SBI_PMU_CFG_UINH	(1 << 5)
#define SBI_PMU_CFG_SINH	(1 << 6)
#define SBI_PMU_CFG_MINH	(1 << 7)

#define SBI_PMU_START_SET_INIT_VALUE (1 << 0)
#define SBI_PMU_START_INIT_SNAPSHOT  (1 << 1)
#define SBI_PMU_START_FLAGS	     3

#define SBI_PMU_STOP_RESET	   (1 << 0)
#define SBI_PMU_STOP_TAKE_SNAPSHOT (1 << 1)
#define SBI_PMU_STOP_FLAGS	   3

/* event_idx */
#define SBI_PMU_TYPE_SHIFT 16
#define SBI_PMU_TYPE_HW	   0
#define SBI_PMU_TYPE_CACHE 1
#define SBI_PMU_TYPE_RAW   2 /* 48 bits of event_data */
#define SBI_PMU_TYPE_RAW2  3 /* 56 bits */
#define SBI_PMU_TYPE_FW	   15
#define SBI_PMU_CODE_MASK  0xffff
#define SBI_PMU_EVENT_BITS 20

#define SBI_PMU_HW_CPU_CYCLES	1
#define SBI_PMU_HW_INSTRUCTIONS 2

#define SBI_PMU_FW_MISALIGNED_LOAD	    0
#define SBI_PMU_FW_MISALIGNED_STORE	    1
#define SBI_PMU_FW_ACCESS_LOAD		    2
#define SBI_PMU_FW_ACCESS_STORE		    3
#define SBI_PMU_FW_ILLEGAL_INSN		    4
#define SBI_PMU_FW_SET_TIMER		    5
#define SBI_PMU_FW_IPI_SENT		    6
#define SBI_PMU_FW_IPI_RECEIVED		    7
#define SBI_PMU_FW_FENCE_I_SENT		    8
#define SBI_PMU_FW_FENCE_I_RECEIVED	    9
#define SBI_PMU_FW_SFENCE_VMA_SENT	    10
#define SBI_PMU_FW_SFENCE_VMA_RECEIVED	    11
#define SBI_PMU_FW_SFENCE_VMA_ASID_SENT	    12
#define SBI_PMU_FW_SFENCE_VMA_ASID_RECEIVED 13
#define SBI_PMU_FW_HFENCE_GVMA_SENT	    14
#define SBI_PMU_FW_HFENCE_GVMA_RECEIVED	    15
#define SBI_PMU_FW_HFENCE_GVMA_VMID_SENT    16
#define SBI_PMU_FW_HFENCE_GVMA_VMID_RECEIVED 17
#define SBI_PMU_FW_HFENCE_VVMA_SENT	    18
#define SBI_PMU_FW_HFENCE_VVMA_RECEIVED	    19
#define SBI_PMU_FW_HFENCE_VVMA_ASID_SENT    20
#define SBI_PMU_FW_HFENCE_VVMA_ASID_RECEIVED 21
#define SBI_PMU_FW_EVENTS		    22

/* DBTR */
#define SBI_DBTR_NUM_TRIGGERS 0
#define SBI_DBTR_SETUP_SHMEM  1
#define SBI_DBTR_READ	      2
#define SBI_DBTR_INSTALL      3
#define SBI_DBTR_UPDATE	      4
#define SBI_DBTR_UNINSTALL    5
#define SBI_DBTR_ENABLE	      6
#define SBI_DBTR_DISABLE      7

/* HSM */
#define SBI_HSM_HART_START	0
#define SBI_HSM_HART_STOP	1
#define SBI_HSM_HART_GET_STATUS 2
#define SBI_HSM_HART_SUSPEND	3

#define SBI_HSM_STATE_STARTED	      0
#define SBI_HSM_STATE_STOPPED	      1
#define SBI_HSM_STATE_START_PENDING   2
#define SBI_HSM_STATE_STOP_PENDING    3
#define SBI_HSM_STATE_SUSPENDED	      4
#define SBI_HSM_STATE_SUSPEND_PENDING 5
#define SBI_HSM_STATE_RESUME_PENDING  6

#define SBI_HSM_SUSPEND_RETENTIVE     0x00000000
#define SBI_HSM_SUSPEND_NON_RETENTIVE 0x80000000

/* SRST */
#define SBI_SRST_RESET		      0
#define SBI_SRST_TYPE_SHUTDOWN	      0
#define SBI_SRST_TYPE_COLD_REBOOT     1
#define SBI_SRST_TYPE_WARM_REBOOT     2
#define SBI_SRST_REASON_NONE	      0
#define SBI_SRST_REASON_SYSTEM_FAILURE 1

/* DBCN */
#define SBI_DBCN_WRITE	    0
#define SBI_DBCN_READ	    1
#define SBI_DBCN_WRITE_BYTE 2

/* hart_mask_base: the mask is not used and the call is for all harts */
#define SBI_HART_MASK_ALL (~0UL)

#ifndef __ASSEMBLER__

#include <stdint.h>

/* SBI_PMU_EVENT_GET_INFO */
struct sbi_pmu_event_info {
	uint32_t event_idx;
	uint32_t output; /* 1: can be counted */
	uint64_t event_data;
};

#endif
#endif
