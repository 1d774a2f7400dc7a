/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CSR numbers, their fields and the trap causes, as in the RISC-V privileged specification (supervisor,
 * hypervisor, Sstc and Smstateen chapters). Usable from C and assembly; no code.
 */
#ifndef NACRE_SPEC_CSR_H
#define NACRE_SPEC_CSR_H

#ifdef __ASSEMBLER__
#define UL(x) x
#else
#define UL(x) x##UL
#endif

/* Unprivileged */
#define CSR_FCSR    0x003
#define CSR_VSTART  0x008
#define CSR_VXSAT   0x009
#define CSR_VXRM    0x00a
#define CSR_VCSR    0x00f
#define CSR_JVT	    0x017
#define CSR_CYCLE   0xc00
#define CSR_TIME    0xc01
#define CSR_INSTRET 0xc02
#define CSR_HPMCOUNTER3 0xc03 /* to 31 */
#define CSR_VL	    0xc20
#define CSR_VTYPE   0xc21
#define CSR_VLENB   0xc22

/* Supervisor */
#define CSR_SSTATUS    0x100
#define CSR_SIE	       0x104
#define CSR_STVEC      0x105
#define CSR_SCOUNTEREN 0x106
#define CSR_SENVCFG    0x10a
#define CSR_SSTATEEN0  0x10c
#define CSR_SSCRATCH   0x140
#define CSR_SEPC       0x141
#define CSR_SCAUSE     0x142
#define CSR_STVAL      0x143
#define CSR_SIP	       0x144
#define CSR_STIMECMP   0x14d
#define CSR_SCTRSTATUS 0x14f
#define CSR_SATP       0x180
#define CSR_SCONTEXT   0x5a8
#define CSR_SCOUNTOVF  0xda0

/* Virtual supervisor */
#define CSR_VSSTATUS  0x200
#define CSR_VSIE      0x204
#define CSR_VSTVEC    0x205
#define CSR_VSSCRATCH 0x240
#define CSR_VSEPC     0x241
#define CSR_VSCAUSE   0x242
#define CSR_VSTVAL    0x243
#define CSR_VSIP      0x244
#define CSR_VSTIMECMP 0x24d
#define CSR_VSCTRCTL  0x24e
#define CSR_VSISELECT 0x250
#define CSR_VSATP     0x280

/* Hypervisor */
#define CSR_HSTATUS    0x600
#define CSR_HEDELEG    0x602
#define CSR_HIDELEG    0x603
#define CSR_HIE	       0x604
#define CSR_HTIMEDELTA 0x605
#define CSR_HCOUNTEREN 0x606
#define CSR_HGEIE      0x607
#define CSR_HVIEN      0x608
#define CSR_HENVCFG    0x60a
#define CSR_HSTATEEN0  0x60c
#define CSR_HSTATEEN1  0x60d
#define CSR_HSTATEEN2  0x60e
#define CSR_HSTATEEN3  0x60f
#define CSR_HTVAL      0x643
#define CSR_HIP	       0x644
#define CSR_HVIP       0x645
#define CSR_HTINST     0x64a
#define CSR_HGATP      0x680
#define CSR_HGEIP      0xe12

/* sstatus, vsstatus */
#define SSTATUS_SIE   (UL(1) << 1)
#define SSTATUS_SPIE  (UL(1) << 5)
#define SSTATUS_UBE   (UL(1) << 6)
#define SSTATUS_SPP   (UL(1) << 8)
#define SSTATUS_VS    (UL(3) << 9)
#define SSTATUS_FS    (UL(3) << 13)
#define SSTATUS_SUM   (UL(1) << 18)
#define SSTATUS_MXR   (UL(1) << 19)
#define SSTATUS_UXL   (UL(3) << 32)
#define SSTATUS_UXL64 (UL(2) << 32)
#define SSTATUS_SD    (UL(1) << 63)

#define SSTATUS_FS_OFF	   (UL(0) << 13)
#define SSTATUS_FS_INITIAL (UL(1) << 13)
#define SSTATUS_FS_CLEAN   (UL(2) << 13)
#define SSTATUS_FS_DIRTY   (UL(3) << 13)
#define SSTATUS_VS_OFF	   (UL(0) << 9)
#define SSTATUS_VS_INITIAL (UL(1) << 9)
#define SSTATUS_VS_CLEAN   (UL(2) << 9)
#define SSTATUS_VS_DIRTY   (UL(3) << 9)

/* hstatus */
#define HSTATUS_VSBE  (UL(1) << 5)
#define HSTATUS_GVA   (UL(1) << 6)
#define HSTATUS_SPV   (UL(1) << 7)
#define HSTATUS_SPVP  (UL(1) << 8)
#define HSTATUS_HU    (UL(1) << 9)
#define HSTATUS_VGEIN (UL(0x3f) << 12)
#define HSTATUS_VTVM  (UL(1) << 20)
#define HSTATUS_VTW   (UL(1) << 21)
#define HSTATUS_VTSR  (UL(1) << 22)
#define HSTATUS_VSXL  (UL(3) << 32)
#define HSTATUS_VSXL64 (UL(2) << 32)
#define HSTATUS_HUPMM_SHIFT 48 /* Ssnpm: PMM_* of HLV and HSV in U-mode */
#define HSTATUS_HUPMM (UL(3) << HSTATUS_HUPMM_SHIFT)

/* scounteren, hcounteren */
#define COUNTEREN_ZICNTR UL(7) /* cycle, time, instret */
#define COUNTEREN_ZIHPM	 UL(0xfffffff8) /* hpmcounter3 to 31 */

/* The field PMM of senvcfg and henvcfg: pointer masking of the mode below. 1 is reserved. */
#define ENVCFG_PMM_SHIFT 32
#define ENVCFG_PMM	 (UL(3) << ENVCFG_PMM_SHIFT)
#define PMM_OFF		 UL(0)
#define PMM_RESERVED	 UL(1)
#define PMM_7		 UL(2) /* the upper 7 bits of addresses are ignored */
#define PMM_16		 UL(3) /* the upper 16 */

/* henvcfg */
#define HENVCFG_FIOM  (UL(1) << 0)
#define HENVCFG_LPE   (UL(1) << 2)
#define HENVCFG_SSE   (UL(1) << 3)
#define HENVCFG_CBIE  (UL(3) << 4)
#define HENVCFG_CBCFE (UL(1) << 6)
#define HENVCFG_CBZE  (UL(1) << 7)
#define HENVCFG_ADUE  (UL(1) << 61)
#define HENVCFG_PBMTE (UL(1) << 62)
#define HENVCFG_STCE  (UL(1) << 63)

/* hstateen0: Smstateen */
#define HSTATEEN0_C	  (UL(1) << 0)
#define HSTATEEN0_FCSR	  (UL(1) << 1)
#define HSTATEEN0_JVT	  (UL(1) << 2)
#define HSTATEEN0_CTR	  (UL(1) << 54)
#define HSTATEEN0_CONTEXT (UL(1) << 57)
#define HSTATEEN0_IMSIC	  (UL(1) << 58)
#define HSTATEEN0_AIA	  (UL(1) << 59)
#define HSTATEEN0_CSRIND  (UL(1) << 60)
#define HSTATEEN0_ENVCFG  (UL(1) << 62)
#define HSTATEEN0_SE0	  (UL(1) << 63)

/* Interrupt numbers; scause, sie, sip, hie, hvip and hideleg number them alike */
#define IRQ_SSI	 1
#define IRQ_VSSI 2
#define IRQ_STI	 5
#define IRQ_VSTI 6
#define IRQ_SEI	 9
#define IRQ_VSEI 10
#define IRQ_SGEI 12
#define IRQ_LCOFI 13

#define IP_SSI	(UL(1) << IRQ_SSI)
#define IP_VSSI (UL(1) << IRQ_VSSI)
#define IP_STI	(UL(1) << IRQ_STI)
#define IP_VSTI (UL(1) << IRQ_VSTI)
#define IP_SEI	(UL(1) << IRQ_SEI)
#define IP_VSEI (UL(1) << IRQ_VSEI)
#define IP_LCOFI (UL(1) << IRQ_LCOFI)
#define IP_VS	(IP_VSSI | IP_VSTI | IP_VSEI)

/* Exception causes */
#define CAUSE_INTERRUPT		    (UL(1) << 63)
#define CAUSE_FETCH_MISALIGNED	    0
#define CAUSE_FETCH_ACCESS	    1
#define CAUSE_ILLEGAL		    2
#define CAUSE_BREAKPOINT	    3
#define CAUSE_LOAD_MISALIGNED	    4
#define CAUSE_LOAD_ACCESS	    5
#define CAUSE_STORE_MISALIGNED	    6
#define CAUSE_STORE_ACCESS	    7
#define CAUSE_ECALL_U		    8
#define CAUSE_ECALL_HS		    9
#define CAUSE_ECALL_VS		    10
#define CAUSE_FETCH_PAGE_FAULT	    12
#define CAUSE_LOAD_PAGE_FAULT	    13
#define CAUSE_STORE_PAGE_FAULT	    15
#define CAUSE_DOUBLE_TRAP	    16
#define CAUSE_SOFTWARE_CHECK	    18
#define CAUSE_HARDWARE_ERROR	    19
#define CAUSE_FETCH_GUEST_PAGE_FAULT 20
#define CAUSE_LOAD_GUEST_PAGE_FAULT 21
#define CAUSE_VIRTUAL_INSTRUCTION   22
#define CAUSE_STORE_GUEST_PAGE_FAULT 23
#define CAUSE_COUNT		    24

/* satp */
#define SATP_MODE_SHIFT 60
#define SATP_MODE_BARE	UL(0)
#define SATP_MODE_SV39	UL(8)
#define SATP_MODE_SV48	UL(9)
#define SATP_MODE_SV57	UL(10)
#define SATP_ASID_SHIFT 44
#define SATP_ASID	(UL(0xffff) << SATP_ASID_SHIFT)
#define SATP_PPN	((UL(1) << 44) - 1)

#endif
