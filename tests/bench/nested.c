/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Instructions per operation of a guest hypervisor (L1), as bench.h counts them: CSRs, fences and
 * round trips to its own guest (L2) and back, by the instructions and by SBI nested acceleration.
 * L2 does nothing but call; L1 has the shortest trap handler there can be, so what counts is what
 * the layers below do.
 */
#include <string.h>
#include "bench.h"
#include "hcsr.h"
#include "run.h"

#define BATCH 32

/*
 * void sret_loop(n), call_loop(n): n times into L2 and back. stvec is the loop itself, so each trap
 * of L2 begins the next round, with L2's registers, of which L2 has changed none: the count is in
 * memory.
 */
void sret_loop(uint64_t n, uint64_t *left);
void call_loop(uint64_t n, uint64_t *left);
__asm__(".balign 4\n"
	"sret_loop:\n"
	"	la	t0, 1f\n"
	"	csrrw	t6, stvec, t0\n"
	".balign 4\n"
	"1:	addi	a0, a0, -1\n"
	"	bltz	a0, 2f\n"
	"	sret\n"
	"2:	csrw	stvec, t6\n"
	"	ret\n"
	".balign 4\n"
	"call_loop:\n"
	"	la	t0, 1f\n"
	"	csrrw	t6, stvec, t0\n"
	"	sd	t6, 8(a1)\n"
	"	sd	a0, 0(a1)\n"
	".balign 4\n"
	"1:	ld	a0, 0(a1)\n"
	"	addi	a0, a0, -1\n"
	"	sd	a0, 0(a1)\n"
	"	bltz	a0, 2f\n"
	"	li	a6, 4\n"
	"	li	a7, 0x4E41434C\n"
	"	ecall\n"
	"2:	ld	t6, 8(a1)\n"
	"	csrw	stvec, t6\n"
	"	ret\n");

/*
 * uint64_t vmid_loop(n, hgatp, toggle, add): as sret_loop(), with another hgatp each time: bits
 * toggled, then something added. Ticks from before the write of hgatp to L2's first instruction,
 * which is at vmid_l2; it changes no register that L1 uses but the sum.
 */
uint64_t vmid_loop(uint64_t n, uint64_t hgatp, uint64_t toggle, uint64_t add);
extern char vmid_l2[];
__asm__(".balign 4\n"
	"vmid_loop:\n"
	"	la	t0, 1f\n"
	"	csrrw	t6, stvec, t0\n"
	"	li	a4, 0\n"
	"	la	t1, vmid_l2\n"
	".balign 4\n"
	"1:	addi	a0, a0, -1\n"
	"	bltz	a0, 2f\n"
	"	csrw	sepc, t1\n"
	"	xor	a1, a1, a2\n"
	"	add	a1, a1, a3\n"
	"	rdtime	t2\n"
	"	csrw	0x680, a1\n"
	"	sret\n"
	"2:	csrw	stvec, t6\n"
	"	mv	a0, a4\n"
	"	ret\n"
	"vmid_l2:\n"
	"	rdtime	t3\n"
	"	sub	t3, t3, t2\n"
	"	add	a4, a4, t3\n"
	"	ecall\n");

#define VMID(n) ((uint64_t)(n) << 44) /* in hgatp */

/* Between two VMIDs that have been used before, or each time one that has not. */
static uint64_t vmid_entries(uint64_t toggle, uint64_t add)
{
	return vmid_loop(LOOPS, run_gstage(1), toggle, add);
}

/* All registers of L2 are those of L1 when it calls. */
static uint64_t call_trips(void)
{
	static uint64_t left[2];
	register uint64_t a0 __asm__("a0") = LOOPS, a1 __asm__("a1") = (uintptr_t)left;
	uint64_t t = rdtime();

	__asm__ volatile("sd	x3, 24(%2)\n"
			 "	sd	x4, 32(%2)\n"
			 "	sd	x2, 16(%2)\n"
			 "	sd	x8, 64(%2)\n"
			 "	sd	x9, 72(%2)\n"
			 "	.irp	n, 18,19,20,21,22,23,24,25,26,27\n"
			 "	sd	x\\n, 8 * \\n(%2)\n"
			 "	.endr\n"
			 "	la	t0, 3f\n"
			 "	sd	t0, 8(%2)\n"
			 "	sd	a1, 88(%2)\n"
			 "	call	call_loop\n"
			 "3:\n"
			 : "+r"(a0), "+r"(a1)
			 : "r"(shmem()->sret_x)
			 : "ra", "t0", "t1", "t2", "t3", "t4", "t5", "t6", "a2", "a3", "a4", "a5",
			   "a6", "a7", "memory");
	return rdtime() - t;
}

static uint64_t sret_trips(void)
{
	uint64_t t = rdtime();

	__asm__ volatile("li	a0, %0\n	call	sret_loop\n"
			 :
			 : "i"(LOOPS)
			 : "ra", "a0", "t0", "t6", "memory");
	return rdtime() - t;
}

static void prepare_l2(void)
{
	csr_write(CSR_HEDELEG, 0);
	csr_write(CSR_HIDELEG, IP_VS);
	csr_write(CSR_HGATP, run_gstage(1));
	csr_write(CSR_VSATP, 0);
	csr_write(CSR_HSTATUS, HSTATUS_VSXL64 | HSTATUS_SPV | HSTATUS_SPVP);
	csr_set(CSR_SSTATUS, SSTATUS_SPP);
	csr_write(CSR_SEPC, (uintptr_t)run_ecall);
}

static void bench_instructions(void)
{
	BENCH("csr-read", csr_read(CSR_HVIP));
	BENCH("csr-write", csr_write(CSR_VSSCRATCH, 5));
	BENCH("hstatus-read", csr_read(CSR_HSTATUS));
	BENCH("hstatus-write", csr_write(CSR_HSTATUS, HSTATUS_VSXL64));
	BENCH("hfence-gvma", __asm__ volatile(".insn r 0x73, 0, 0x31, x0, %0, %1"
					      :
					      : "r"(0x20000000UL), "r"(1UL)));
	BENCH("hfence-vvma", __asm__ volatile(".insn r 0x73, 0, 0x11, x0, %0, %1"
					      :
					      : "r"(0x80000000UL), "r"(1UL)));
	prepare_l2();
	sret_trips();
	report("round-trip-sret", sret_trips(), 0, LOOPS);
}

static void fill(unsigned type)
{
	for (unsigned i = 0; i < BATCH; i++)
		shmem()->hfence[i] = (struct nacl_hfence){
			NACL_HFENCE_PENDING | (uint64_t)type << NACL_HFENCE_TYPE_SHIFT |
				UINT64_C(1) << NACL_HFENCE_VMID_SHIFT,
			0x80000 + 2 * i, 0, 1};
}

static void bench_batch(const char *name, unsigned type)
{
	uint64_t full = TICKS((fill(type), nacl_sync_hfence(~0UL))), pack = TICKS(fill(type));

	report(name, full - pack, TICKS(nacl_sync_hfence(~0UL)), LOOPS * BATCH);
}

static void bench_nacl(void)
{
	memset(shmem(), 0, sizeof(struct nacl_shmem));
	nacl_set_shmem(shmem());
	BENCH("nacl-sync-csr-none", nacl_sync_csr(~0UL));
	BENCH("nacl-sync-csr-one", (nacl_put(CSR_VSSCRATCH, 5), nacl_sync_csr(~0UL)));
	BENCH("nacl-sync-hfence-none", nacl_sync_hfence(~0UL));
	bench_batch("nacl-hfence-gvma", NACL_HFENCE_GVMA_VMID);
	bench_batch("nacl-hfence-vvma", NACL_HFENCE_VVMA);
	prepare_l2();
	csr_write(CSR_HSTATUS, HSTATUS_VSXL64);
	shmem()->autoswap.hstatus = HSTATUS_VSXL64 | HSTATUS_SPV | HSTATUS_SPVP;
	shmem()->autoswap.flags = NACL_AUTOSWAP_FLAG_HSTATUS;
	call_trips();
	report("round-trip-nacl", call_trips(), 0, LOOPS);
}

extern char run_load[];
__asm__(".balign 4\n"
	"run_load:\n"
	"	ld	a0, (a0)\n"
	"	ecall\n");

/* A G-stage of 4 KiB pages: all of the first GiB on one page, and run_load where it is. */
static uint64_t root[2048] __attribute__((aligned(16384)));
static uint64_t tables[3][512] __attribute__((aligned(4096)));

static void map_first_gib(void)
{
	uint64_t code = (uintptr_t)run_load;

	for (unsigned i = 0; i < 512; i++) {
		tables[1][i] = pte_make((uintptr_t)tables[0], PTE_V);
		tables[0][i] = pte_make((uintptr_t)tables[0], PTE_RW | PTE_U);
	}
	tables[2][code >> 21 & 511] = tables[1][0];
	tables[0][code >> 12 & 511] = pte_make(code, PTE_RW | PTE_X | PTE_U);
	root[0] = pte_make((uintptr_t)tables[1], PTE_V);
	root[code >> 30] = pte_make((uintptr_t)tables[2], PTE_V);
}

static void l2_load(uint64_t at, unsigned vmid)
{
	static struct run l2;

	prepare_l2();
	csr_write(CSR_HGATP, (run_gstage(vmid) & ~(BIT(44) - 1)) | (uintptr_t)root >> 12);
	csr_write(CSR_SEPC, (uintptr_t)run_load);
	l2.x[10] = at;
	run_sret(&l2);
	check_eq("load", l2.scause, CAUSE_ECALL_VS);
}

/*
 * The worst that L1's fences can ask for: all but the ends of a GiB, in all four shadows, where
 * what is mapped at the ends keeps the tables.
 */
static void bench_wide(void)
{
	uint64_t t;

	nacl_set_shmem(shmem());
	map_first_gib();
	for (unsigned vmid = 1; vmid <= 4; vmid++) {
		l2_load(0, vmid);
		l2_load(SIZE_1G - 4096, vmid);
	}
	for (unsigned i = 0; i < NACL_HFENCE_ENTRIES; i++)
		shmem()->hfence[i] = (struct nacl_hfence){
			NACL_HFENCE_PENDING | (uint64_t)NACL_HFENCE_GVMA << NACL_HFENCE_TYPE_SHIFT,
			1, 0, SIZE_1G / 4096 - 2};
	t = rdtime();
	nacl_sync_hfence(~0UL);
	report("nacl-hfence-wide", rdtime() - t, 0, NACL_HFENCE_ENTRIES);
}

static void bench_vmids(void)
{
	nacl_set_shmem(NULL);
	prepare_l2();
	csr_write(CSR_HCOUNTEREN, COUNTEREN_ZICNTR);
	vmid_entries(VMID(3), 0);
	report("vmid-cached", vmid_entries(VMID(3), 0), 0, LOOPS);
	report("vmid-fresh", vmid_entries(0, VMID(1)), 0, LOOPS);
}

void guest_main(void)
{
	csr_write(CSR_SIE, 0);
	bench_instructions();
	if (sbi_probe(SBI_EXT_NACL))
		bench_nacl();
	bench_vmids();
	if (sbi_probe(SBI_EXT_NACL))
		bench_wide();
	check("nested", true);
}
