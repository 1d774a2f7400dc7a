/* SPDX-License-Identifier: BSD-2-Clause */
/* Structure offsets for assembly: compiled to assembly, the lines that begin with "->" become
 * asm-offsets.h. */
#include <arch/boot.h>
#include <arch/fpu.h>
#include <arch/hext.h>
#include <arch/trap.h>

#define OFFSET(name, type, member) VALUE(name, offsetof(type, member))
#define VALUE(name, v)		   __asm__ volatile("\n->" #name " %0" ::"i"(v))

void offsets(void);
void offsets(void)
{
	OFFSET(BOOT_SP, struct hart_boot, sp);
	OFFSET(BOOT_TP, struct hart_boot, tp);
	OFFSET(BOOT_ENTRY, struct hart_boot, entry);

	OFFSET(CTX_X, struct hext_ctx, x);
	OFFSET(CTX_SEPC, struct hext_ctx, sepc);
	OFFSET(CTX_SSTATUS, struct hext_ctx, sstatus);
	OFFSET(CTX_HSTATUS, struct hext_ctx, hstatus);
	OFFSET(CTX_HOST_SP, struct hext_ctx, host_sp);
	OFFSET(CTX_HOST_TP, struct hext_ctx, host_tp);
	OFFSET(CTX_EXIT, struct hext_ctx, exit);
	OFFSET(CTX_ON_EXIT, struct hext_ctx, on_exit);
	OFFSET(CTX_EXITS, struct hext_ctx, exits);
	OFFSET(CTX_AMO, struct hext_ctx, amo);
	OFFSET(CTX_AMO_RUNS, struct hext_ctx, amo.runs);
	VALUE(AMO_WIDE_BIT, AMO_QUICK_WIDE_BIT);
	OFFSET(CTX_FAST, struct hext_ctx, fast);
	OFFSET(HART_UNSYNCED, struct hext_hart, unsynced);
	OFFSET(EXIT_SCAUSE, struct vcpu_exit, scause);
	OFFSET(EXIT_STVAL, struct vcpu_exit, stval);
	OFFSET(EXIT_HTVAL, struct vcpu_exit, htval);
	OFFSET(EXIT_HTINST, struct vcpu_exit, htinst);

	VALUE(HOST_FRAME_SIZE, ALIGN_UP(sizeof(struct host_frame), 16));
	OFFSET(HOST_SEPC, struct host_frame, sepc);
	OFFSET(HOST_SSTATUS, struct host_frame, sstatus);
	OFFSET(HOST_SCAUSE, struct host_frame, scause);
	OFFSET(HOST_STVAL, struct host_frame, stval);

	OFFSET(FPU_FCSR, struct fpu_state, fcsr);
	OFFSET(VECTOR_VSTART, struct vector_csrs, vstart);
	OFFSET(VECTOR_VCSR, struct vector_csrs, vcsr);
	OFFSET(VECTOR_VL, struct vector_csrs, vl);
	OFFSET(VECTOR_VTYPE, struct vector_csrs, vtype);
}
