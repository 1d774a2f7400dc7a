/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where nothing is: loads, stores, AMOs and jumps to unmapped guest physical addresses, from S- and
 * U-mode, with and without paging, must end in the architectural access fault with the right cause,
 * stval and sepc; a device reached through page tables, from a page without read permission, by an
 * instruction that straddles two pages, must simply work.
 */
#include <string.h>
#include "lib.h"

#define HOLE UINT64_C(0x00300000) /* nothing there, on the virt machine and under Nacre */
#define VA   UINT64_C(0x1000000000)

/* rs1 = a0, rs2 = a1, rd = a0 */
static const struct {
	const char *name;
	uint32_t insn;
	uint64_t cause;
} accesses[] = {
	{"lb", 0x00050503, CAUSE_LOAD_ACCESS},
	{"lh", 0x00051503, CAUSE_LOAD_ACCESS},
	{"lw", 0x00052503, CAUSE_LOAD_ACCESS},
	{"ld", 0x00053503, CAUSE_LOAD_ACCESS},
	{"lbu", 0x00054503, CAUSE_LOAD_ACCESS},
	{"lhu", 0x00055503, CAUSE_LOAD_ACCESS},
	{"lwu", 0x00056503, CAUSE_LOAD_ACCESS},
	{"sb", 0x00b50023, CAUSE_STORE_ACCESS},
	{"sh", 0x00b51023, CAUSE_STORE_ACCESS},
	{"sw", 0x00b52023, CAUSE_STORE_ACCESS},
	{"sd", 0x00b53023, CAUSE_STORE_ACCESS},
	{"lr.w", 0x1005252f, CAUSE_LOAD_ACCESS},
	{"lr.d", 0x1005352f, CAUSE_LOAD_ACCESS},
	{"amoadd.w", 0x00b5252f, CAUSE_STORE_ACCESS},
	{"amoadd.d", 0x00b5352f, CAUSE_STORE_ACCESS},
	{"amoswap.d", 0x08b5352f, CAUSE_STORE_ACCESS},
	{"amomaxu.w", 0xe0b5252f, CAUSE_STORE_ACCESS},
	{"c.lw", 0x00014108, CAUSE_LOAD_ACCESS},
	{"c.ld", 0x00016108, CAUSE_LOAD_ACCESS},
	{"c.sw", 0x0001c10c, CAUSE_STORE_ACCESS},
	{"c.sd", 0x0001e10c, CAUSE_STORE_ACCESS},
};

static void expect(const char *name, struct trap_info t, uint64_t cause, uint64_t stval)
{
	if (check_insn_trap(name, t, cause) && t.stval != stval)
		check_eq(name, t.stval, stval);
}

static void test_bare(void)
{
	static const uint64_t where[] = {HOLE, 1UL << 41, 1UL << 55, 1UL << 63, ~0UL << 12};
	struct trap_info t;

	for (unsigned i = 0; i < ARRAY_SIZE(accesses); i++)
		for (unsigned k = 0; k < ARRAY_SIZE(where); k++) {
			t = try_insn(accesses[i].insn, where[k], 1, NULL);
			expect(accesses[i].name, t, accesses[i].cause, where[k]);
			check("spp.supervisor", t.sstatus & SSTATUS_SPP);
			t = try_user_insn(accesses[i].insn, where[k], 1);
			expect(accesses[i].name, t, accesses[i].cause, where[k]);
			check("spp.user", !(t.sstatus & SSTATUS_SPP));
		}
}

static void test_jump(void)
{
	static const uint64_t where[] = {HOLE, HOLE + 2, 1UL << 41, 1UL << 55};

	for (unsigned k = 0; k < ARRAY_SIZE(where); k++)
		for (int user = 0; user < 2; user++) {
			struct trap_info t = user ? try_user((void *)where[k], 0, 0)
						  : try_call((void *)where[k], 0, 0, NULL);

			check_eq("jump.cause", t.cause, CAUSE_FETCH_ACCESS);
			check_eq("jump.sepc", t.epc, where[k]);
			check_eq("jump.stval", t.stval, where[k]);
		}
	if (machine.native) {
		skip("jump.device", "QEMU runs code from a UART");
		return;
	}
	check_eq("jump.uart", try_call((void *)machine.uart, 0, 0, NULL).cause, CAUSE_FETCH_ACCESS);
	if (machine.plic)
		check_eq("jump.plic", try_call((void *)machine.plic, 0, 0, NULL).cause,
			 CAUSE_FETCH_ACCESS);
}

static void test_paged_holes(void)
{
	for (unsigned i = 0; i < ARRAY_SIZE(accesses); i++)
		expect(accesses[i].name, try_insn(accesses[i].insn, VA + 0x40, 1, NULL),
		       accesses[i].cause, VA + 0x40);
	check_eq("paged.jump", try_call((void *)(VA + 0x40), 0, 0, NULL).cause, CAUSE_FETCH_ACCESS);
}

static void test_user_holes(struct pt *pt)
{
	uint64_t *code = page_alloc();

	code[0] = 0x0000007300053503; /* ld a0, (a0); ecall */
	fence_i();
	pt_map(pt, VA + 4096, (uintptr_t)code, 0, PTE_V | PTE_R | PTE_X | PTE_U | PTE_A);
	pt_map(pt, VA + 8192, HOLE, 0, PTE_RW | PTE_U);
	sfence_vma();
	for (int k = 0; k < (machine.native ? 1 : 2);
	     k++) { /* the second is below test_walk()'s bad table */
		uint64_t va = VA + (k ? SIZE_2M : 8192);
		struct trap_info t = try_user((void *)(VA + 4096), va, 0);

		check_eq("user.hole", t.cause, CAUSE_LOAD_ACCESS);
		check_eq("user.hole.sepc", t.epc, VA + 4096);
		check_eq("user.hole.stval", t.stval, va);
	}
}

/* The walk itself leads nowhere: still an access fault, of the access that was made. */
static void test_walk(struct pt *pt)
{
	if (machine.native) {
		skip("walk", "QEMU makes a page fault of it");
		return;
	}
	*pt_pte(pt, VA + SIZE_2M, 1) = pte_make(HOLE, PTE_V);
	*pt_pte(pt, VA + SIZE_1G, 2) = pte_make(1UL << 50, PTE_V);
	sfence_vma();
	for (int k = 0; k < 2; k++) {
		uint64_t va = VA + (k ? SIZE_1G : SIZE_2M) + 8;
		struct trap_info t = try_call((void *)va, 0, 0, NULL);

		expect("walk.load", try_insn(0x00053503, va, 0, NULL), CAUSE_LOAD_ACCESS, va);
		expect("walk.store", try_insn(0x00b53023, va, 0, NULL), CAUSE_STORE_ACCESS, va);
		expect("walk.amo", try_insn(0x00b5352f, va, 0, NULL), CAUSE_STORE_ACCESS, va);
		check("walk.jump", t.cause == CAUSE_FETCH_ACCESS && t.epc == va && t.stval == va);
	}
}

/* UART's scratch register through page tables, by instructions placed where fetching them is hard.
 */
static void test_paged_device(struct pt *pt)
{
	uint8_t *one = page_alloc(), *two = page_alloc();
	static const uint32_t insns[] = {0x00054503 /* lbu a0, (a0) */, 0x00008067 /* ret */};
	static const unsigned offs[] = {0, 4094, 4090};
	uint64_t scr = VA + 0x3000 + (machine.uart & 0xfff) + 7, code = VA + 0x4000, v;

	pt_map(pt, VA + 0x3000, machine.uart, 0, PTE_RW);
	for (unsigned x_only = 0; x_only < 2; x_only++)
		for (unsigned k = 0; k < ARRAY_SIZE(offs); k++) {
			uint64_t flags = PTE_V | PTE_X | PTE_A | (x_only ? 0 : PTE_R);
			size_t in_one = 4096 - offs[k] < 8 ? 4096 - offs[k] : 8;

			memcpy(one + offs[k], insns, in_one);
			memcpy(two, (const uint8_t *)insns + in_one, 8 - in_one);
			fence_i();
			pt_map(pt, code, (uintptr_t)one, 0, flags);
			pt_map(pt, code + 4096, (uintptr_t)two, 0, flags);
			sfence_vma();
			mmio_write(uint8_t, scr, 0x60 + k);
			v = 0;
			check("device.no-trap",
			      !try_call((void *)(code + offs[k]), scr, 0, &v).taken);
			check_eq("device.value", v, 0x60 + k);
		}
}

static void test_misaligned(void)
{
	static uint8_t bytes[32] __attribute__((aligned(16)));
	uint64_t v = 0, want;
	struct trap_info t;
	unsigned bad = 0;

	for (unsigned i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 17 + 3);
	for (unsigned o = 1; o < 8; o++) {
		memcpy(&want, bytes + o, 8);
		bad += try_insn(0x00053503, (uintptr_t)bytes + o, 0, &v).taken || v != want;
		bad += try_insn(0x00b53023, (uintptr_t)bytes + o, want + 1, NULL).taken;
		memcpy(&v, bytes + o, 8);
		bad += v != want + 1;
	}
	check_eq("misaligned.ram", bad, 0);
	t = try_insn(0x00053503, HOLE + 1, 0, NULL);
	check("misaligned.hole", t.cause == CAUSE_LOAD_ACCESS || t.cause == CAUSE_LOAD_MISALIGNED);
	t = try_insn(0x00b53023, HOLE + 1, 0, NULL);
	check("misaligned.hole.store",
	      t.cause == CAUSE_STORE_ACCESS || t.cause == CAUSE_STORE_MISALIGNED);
	t = try_insn(0x00052503, machine.uart + 1, 0, NULL);
	check("misaligned.device",
	      !t.taken || t.cause == CAUSE_LOAD_ACCESS || t.cause == CAUSE_LOAD_MISALIGNED);
}

/* The last byte of RAM works and the first behind it does not; an access that straddles them does
 * not either. */
static void test_end_of_ram(void)
{
	uint64_t end = machine.ram + machine.ram_size, v;
	struct trap_info t;

	check("end.last", !try_insn(0x00053503, end - 8, 0, &v).taken);
	expect("end.beyond", try_insn(0x00053503, end, 0, NULL), CAUSE_LOAD_ACCESS, end);
	expect("end.beyond.store", try_insn(0x00b53023, end, 0, NULL), CAUSE_STORE_ACCESS, end);
	t = try_insn(0x00053503, end - 4, 0, NULL);
	check("end.straddle", t.cause == CAUSE_LOAD_ACCESS || t.cause == CAUSE_LOAD_MISALIGNED);
	check_eq("end.jump", try_call((void *)end, 0, 0, NULL).cause, CAUSE_FETCH_ACCESS);
}

void guest_main(void)
{
	struct pt pt = pt_new(3);

	test_bare();
	test_jump();
	test_misaligned();
	test_end_of_ram();
	pt_map(&pt, VA, HOLE, 0, PTE_RW | PTE_X);
	csr_write(CSR_SATP, pt_satp(&pt, 0));
	sfence_vma();
	test_paged_holes();
	test_walk(&pt);
	test_user_holes(&pt);
	if (machine.uart)
		test_paged_device(&pt);
	csr_write(CSR_SATP, 0);
	sfence_vma();
	check("alive", !sbi(SBI_EXT_BASE, SBI_BASE_GET_SPEC_VERSION, 0).error);
}
