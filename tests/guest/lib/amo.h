/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * AMOs as instruction words, and which of them the machine's device tree promises (A, Zabha,
 * Zacas). The compiler of the test guests knows neither Zabha nor Zacas.
 */
#ifndef GUEST_AMO_H
#define GUEST_AMO_H

#include <spec/insn.h>
#include "lib.h"

#define AMO_LOG_MAX 4 /* amocas.q */

struct amo_insn {
	unsigned op;  /* AMO_* */
	unsigned log; /* log2 of the bytes: 0-4 */
	unsigned aqrl, rd, rs1, rs2;
};

static inline uint32_t amo_word(struct amo_insn i)
{
	return i.op << 27 | i.aqrl << 25 | i.rs2 << 20 | i.rs1 << 15 | i.log << 12 | i.rd << 7 |
	       OPCODE_AMO;
}

/* All but LR and SC. */
static const uint8_t amo_ops[] = {AMO_ADD, AMO_SWAP, AMO_XOR,  AMO_OR,	 AMO_AND,
				  AMO_MIN, AMO_MAX,  AMO_MINU, AMO_MAXU, AMO_CAS};

static inline bool amo_exists(unsigned op, unsigned log)
{
	return log < AMO_LOG_MAX || op == AMO_CAS;
}

static inline bool amo_given(unsigned op, unsigned log)
{
	return amo_exists(op, log) && (log >= 2 || machine.zabha) &&
	       (op != AMO_CAS || machine.zacas);
}

/* FNV-1a over a value's bytes: what two hosts did is compared by one number. */
static inline uint64_t digest_add(uint64_t digest, uint64_t v)
{
	for (unsigned i = 0; i < 8; i++, v >>= 8)
		digest = (digest ^ (v & 0xff)) * UINT64_C(0x100000001b3);
	return digest;
}
#define DIGEST_INIT UINT64_C(0xcbf29ce484222325)

#endif
