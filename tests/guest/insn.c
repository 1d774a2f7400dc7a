/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * 20,000 random instruction words from a fixed seed, each executed once with every register
 * pointing to where nothing is. What is no instruction, or no instruction for a guest, must end in
 * one of the exceptions that a guest without H can see. Left out are jumps, ecall, sret, WFI, and
 * writes to the CSRs that the trap handler lives on.
 */
#include "lib.h"

#define WORDS 20000
#define HOLE  UINT64_C(0x00300000)

void run_word(void);
extern uint32_t word_slot[];
__asm__(".balign 8\n"
	"run_word:\n"
	"	csrw	sscratch, tp\n"
	"	li	x31, 0x300000\n"
	".irp n,1,2,3,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30\n"
	"	mv	x\\n, x31\n"
	".endr\n"
	"	mv	x4, x31\n"
	"	.balign 4\n"
	"word_slot:\n"
	"	.word	0x00000013\n"
	"	csrr	tp, sscratch\n"
	"	la	t0, try_over\n"
	"	jr	t0\n");

static bool keeps_us_alive(uint32_t w)
{
	uint32_t op = w & 0x7f, csr = w >> 20;

	if ((w & 3) != 3) { /* compressed: no jumps, and c.ebreak is fine */
		uint32_t f = (w & 3) << 3 | (w >> 13 & 7);

		w &= 0xffff;
		return !(f == 015 || f == 016 || f == 017 || (f == 024 && !(w & 0x7c)));
	}
	if (op == 0x6f || op == 0x67 || op == 0x63)
		return false;
	if (op != 0x73)
		return true;
	if (!(w >> 12 & 7))
		return w != 0x00000073 && w != 0x10200073 && w != 0x10500073;
	if ((w >> 12 & 7) == 4)
		return true;
	switch (csr) {
	case CSR_SSTATUS:
	case CSR_SIE:
	case CSR_SIP:
	case CSR_STVEC:
	case CSR_SSCRATCH:
	case CSR_SATP:
	case CSR_SENVCFG:
	case CSR_STIMECMP:
		return false;
	default:
		return true;
	}
}

/* Words that are nearly instructions: a random one in four, else an opcode that matters to a
 * hypervisor. */
static uint32_t make_word(struct rng *r)
{
	static const uint8_t opcodes[] = {0x03, 0x23, 0x2f, 0x73, 0x73, 0x0f,
					  0x07, 0x27, 0x57, 0x53, 0x33, 0x13};
	uint64_t v = rng_next(r);
	uint32_t w = (uint32_t)v;

	if (v >> 62)
		w = (w & ~0x7fu) | opcodes[(v >> 32) % ARRAY_SIZE(opcodes)];
	return w;
}

static bool possible(struct trap_info t)
{
	if (!t.taken)
		return true;
	if (t.epc != (uintptr_t)word_slot && t.epc != (uintptr_t)word_slot + 2)
		return false;
	return t.cause >= CAUSE_ILLEGAL && t.cause <= CAUSE_STORE_ACCESS;
}

void guest_main(void)
{
	struct rng r = {bootarg("seed", 31415)};
	unsigned strange = 0, trapped = 0;

	csr_clear(CSR_SSTATUS, SSTATUS_FS | SSTATUS_VS);
	for (unsigned i = 0; i < WORDS; i++) {
		uint32_t w = make_word(&r);
		struct trap_info t;

		if (!keeps_us_alive(w) || ((w & 3) != 3 && !keeps_us_alive(w >> 16)))
			continue;
		if ((w & 3) != 3)
			w = (w & 0xffff) | 0x00010000; /* c.nop */
		*(volatile uint32_t *)word_slot = w;
		fence_i();
		t = try_call((void *)run_word, 0, 0, NULL);
		trapped += t.taken;
		if (!possible(t) && strange++ < 10)
			print("# %08x: cause %lu sepc %lx (slot %lx) stval %lx\n", w, t.cause,
			      t.epc, (uintptr_t)word_slot, t.stval);
	}
	print("# %u of %u ended in an exception\n", trapped, WORDS);
	check_eq("insn.strange", strange, 0);
	check("insn.trapped", trapped > WORDS / 10);
	check("alive", !sbi(SBI_EXT_BASE, SBI_BASE_GET_SPEC_VERSION, 0).error);
}
