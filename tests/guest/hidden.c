/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the configuration's "isa" left out and the architecture can hide is hidden: an instruction of an extension is
 * carried out exactly if the device tree names the extension, else it is illegal, in S- and in U-mode. Makes no use of
 * the time, which may be hidden too.
 */
#include "lib.h"

#define CSRR(csr) ((uint32_t)(csr) << 20 | 0x00002573) /* csrr a0, csr */

/* a0 is an address of RAM */
static const struct {
	const char *ext;
	uint32_t insn;
} probes[] = {
	{"zicntr", CSRR(CSR_CYCLE)},
	{"zicntr", CSRR(CSR_TIME)},
	{"zicntr", CSRR(CSR_INSTRET)},
	{"sdtrig", CSRR(0x7a0)}, /* tselect, tdata1, tinfo: never offered */
	{"sdtrig", CSRR(0x7a1)},
	{"sdtrig", CSRR(0x7a4)},
	{"zicbom", 0x0005200f}, /* cbo.inval (a0) */
	{"zicbom", 0x0015200f}, /* cbo.clean (a0) */
	{"zicbom", 0x0025200f}, /* cbo.flush (a0) */
	{"zicboz", 0x0045200f}, /* cbo.zero (a0) */
	{"f", CSRR(CSR_FCSR)},
	{"f", 0x00052007}, /* flw f0, (a0) */
	{"f", 0x00052027}, /* fsw f0, (a0) */
	{"d", 0x02007053}, /* fadd.d f0, f0, f0 */
	{"zve32x", CSRR(CSR_VSTART)},
	{"zve32x", 0x0c0572d7}, /* vsetvli t0, a0, e8, m1 */
	{"zve32x", 0x02050007}, /* vle8.v v0, (a0) */
};

static uint64_t ram[16] __attribute__((aligned(128)));

static void probe(const char *ext, uint32_t insn)
{
	bool has = isa_has(ext);
	struct trap_info s = try_insn(insn, (uintptr_t)ram, 0, NULL);
	struct trap_info u = try_user_insn(insn, (uintptr_t)ram, 0);

	if (!check_eq("supervisor", s.taken ? s.cause : 0, has ? 0 : CAUSE_ILLEGAL) ||
	    !check_eq("user", u.cause, has ? CAUSE_ECALL_U : CAUSE_ILLEGAL))
		print("# %s is %s, instruction %08x\n", ext, has ? "there" : "hidden", insn);
	if (!has && s.taken)
		check("stval", s.stval == 0 || s.stval == insn);
}

void guest_main(void)
{
	csr_write(CSR_SENVCFG, 0xf0); /* CBIE, CBCFE, CBZE */
	csr_write(CSR_SCOUNTEREN, 7);
	csr_set(CSR_SSTATUS, SSTATUS_FS | SSTATUS_VS);
	for (unsigned i = 0; i < ARRAY_SIZE(probes); i++)
		probe(probes[i].ext, probes[i].insn);
	check_eq("stimecmp", try_insn(CSRR(CSR_STIMECMP), 0, 0, NULL).taken, !isa_has("sstc"));
}
