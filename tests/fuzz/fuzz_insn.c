/* SPDX-License-Identifier: BSD-2-Clause */
/* Instruction decoder: any word and any htinst give a result within the documented ranges. */
#include <arch/insn.h>
#include <core/errno.h>

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool cond)
{
	if (!cond)
		abort();
}

static void check_fields(const struct insn *i)
{
	check(i->kind < INSN_KINDS);
	check(i->rd < 32 && i->rs1 < 32 && i->rs2 < 32 && i->addr_off < 32 && i->aqrl < 4);
	check(i->csr < 4096 && i->funct < 32);
	check(i->imm >= -2048 && i->imm < 2048);
	check(i->size <= 16 && (i->size & (i->size - 1)) == 0);
	check((i->size != 0) ==
	      (i->kind != INSN_UNKNOWN && i->kind <= INSN_PTW && i->kind != INSN_CBO));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct insn i;
	uint64_t word = 0;
	int rc;

	memcpy(&word, data, size < sizeof(word) ? size : sizeof(word));

	rc = insn_decode((uint32_t)word, &i);
	check_fields(&i);
	check(i.kind != INSN_PTW && i.addr_off == 0);
	check(i.len == ((word & 3) == 3 ? 4 : 2));
	check(rc == (i.kind == INSN_UNKNOWN ? -NACRE_ENOTSUP : 0));

	rc = insn_decode_htinst(word, &i);
	check_fields(&i);
	check(i.kind <= INSN_PTW && i.rs1 == 0 && i.imm == 0);
	check(rc == (i.kind == INSN_UNKNOWN ? -NACRE_ENOENT : 0));
	return 0;
}
