/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * 10,000 SBI calls with random extension, function and arguments from a fixed seed. The guest must
 * survive, its memory must keep its values, and no call may return what it must not. Left out is
 * only what would legitimately stop or reset this guest, start harts in the middle of nowhere, let
 * SBI write to random RAM, or flood the console.
 */
#include <string.h>
#include "lib.h"

#define CALLS 10000

static char text[64] = "                                                               ";
static uint64_t guard[512];

static const uint64_t eids[] = {
	0,
	1,
	2,
	3,
	4,
	5,
	6,
	7,
	SBI_EXT_BASE,
	SBI_EXT_TIME,
	SBI_EXT_IPI,
	SBI_EXT_RFENCE,
	SBI_EXT_RFENCE,
	SBI_EXT_HSM,
	SBI_EXT_HSM,
	SBI_EXT_SRST,
	SBI_EXT_DBCN,
	SBI_EXT_DBCN,
	SBI_EXT_PMU,
	SBI_EXT_SUSP,
	SBI_EXT_CPPC,
	SBI_EXT_NACL,
	SBI_EXT_STA,
	SBI_EXT_SSE,
	SBI_EXT_FWFT,
	SBI_EXT_DBTR,
	SBI_EXT_MPXY,
};

static uint64_t edge(struct rng *r)
{
	static const uint64_t edges[] = {
		0,	     1,		 2,	     3,		 63,	     64,
		4095,	     4096,	 0x7fffffff, 0x80000000, 0xffffffff, 1UL << 32,
		1UL << 38,   1UL << 41,	 1UL << 56,  1UL << 63,	 ~0UL,	     ~0UL - 1,
		~0UL - 4095, 0x10000000, 0x0c000000, 0x02000000,
	};
	uint64_t v = rng_next(r);

	switch (v & 3) {
	case 0:
		return edges[(v >> 8) % ARRAY_SIZE(edges)];
	case 1:
		return machine.ram + (v >> 8) % (machine.ram_size + 4096);
	case 2:
		return v >> (v >> 8 & 63);
	default:
		return v >> 60;
	}
}

/* Is it a call that a correct SBI would carry out to this program's harm? */
static bool harmful(uint64_t eid, uint64_t fid, const uint64_t a[6])
{
	switch (eid) {
	case SBI_LEGACY_CONSOLE_PUTCHAR:
		return true;
	case SBI_LEGACY_SHUTDOWN:
		return true;
	case SBI_EXT_HSM:
		if (fid == SBI_HSM_HART_STOP)
			return true;
		if (fid == SBI_HSM_HART_START)
			return a[0] != harts[0].id && a[0] < 4096;
		return fid == SBI_HSM_HART_SUSPEND;
	case SBI_EXT_SRST:
		return fid == 0 && ((uint32_t)a[0] <= 2 || (uint32_t)a[0] >= 0xf0000000);
	case SBI_EXT_DBCN:
		return fid <= SBI_DBCN_WRITE_BYTE;
	case SBI_EXT_SUSP:
		return true;
	case SBI_EXT_FWFT: /* changes what later tests see */
		return fid == 0;
	case SBI_EXT_PMU: /* shared memory; and OpenSBI 1.5 itself dies of a bad counter */
		return fid >= 7 || machine.native;
	case SBI_EXT_SSE:
	case SBI_EXT_DBTR:
	case SBI_EXT_STA:
	case SBI_EXT_NACL:
	case SBI_EXT_MPXY:
		return a[0] != ~0UL || a[1] != ~0UL;
	default:
		return false;
	}
}

/* DBCN gets a buffer of ours or an address outside RAM; natively only ours, as OpenSBI 1.5 believes
 * any other. */
static struct sbiret dbcn(struct rng *r)
{
	uint64_t v = rng_next(r);
	uint64_t a[6] = {v >> 8 & 63, (uintptr_t)text, 0, edge(r), edge(r), edge(r)};
	long fid = v & 1 ? SBI_DBCN_READ : SBI_DBCN_WRITE;

	if (fid == SBI_DBCN_WRITE)
		a[0] = v >> 8 & 3;
	if (!machine.native && (v & 2)) {
		a[0] = edge(r) | 1;
		a[1] = machine.ram + machine.ram_size + edge(r) % (1UL << 40);
	}
	if (!machine.native && !(v & 12)) {
		a[0] = 1 + edge(r) % 4096;
		a[2] = edge(r) | 1;
	}
	return sbi6(a, fid, SBI_EXT_DBCN);
}

static bool reply_is_possible(struct sbiret r, uint64_t eid)
{
	return eid <= SBI_LEGACY_SHUTDOWN || (r.error <= 0 && r.error >= SBI_ERR_DENIED_LOCKED);
}

static unsigned impossible;

/* One call; runs inside try_call(): a legacy call with a bad mask pointer may be answered with an
 * exception. */
static void one(uint64_t rng)
{
	struct rng *r = (struct rng *)(uintptr_t)rng;
	uint64_t v = rng_next(r), eid = v & 7 ? eids[(v >> 8) % ARRAY_SIZE(eids)] : edge(r);
	uint64_t fid = v & 0x30 ? v >> 16 & 7 : edge(r);
	uint64_t a[6] = {edge(r), edge(r), edge(r), edge(r), edge(r), edge(r)};
	struct sbiret ret;

	if (v & 0x40)
		a[1] = harts[0].id;
	if (eid == SBI_EXT_DBCN && fid <= SBI_DBCN_READ)
		ret = dbcn(r);
	else if (harmful(eid, fid, a))
		return;
	else
		ret = sbi6(a, (long)fid, (long)eid);
	if (!reply_is_possible(ret, eid) && impossible++ < 10)
		print("# %lx/%lx answered %lx\n", eid, fid, ret.error);
}

void guest_main(void)
{
	struct rng r = {bootarg("seed", 2026)};
	unsigned traps = 0, strange = 0, broken = 0;

	for (unsigned i = 0; i < ARRAY_SIZE(guard); i++)
		guard[i] = i * 0x9e3779b97f4a7c15;
	for (unsigned i = 0; i < CALLS; i++) {
		struct trap_info t = try_call((void *)one, (uintptr_t)&r, 0, NULL);

		if (!t.taken)
			continue;
		traps++;
		if (t.cause != CAUSE_LOAD_ACCESS && t.cause != CAUSE_LOAD_PAGE_FAULT &&
		    t.cause != CAUSE_LOAD_MISALIGNED)
			strange++;
	}
	set_timer(~0UL);
	csr_clear(CSR_SIP, IP_SSI);
	print("\n# %u calls answered with an exception\n", traps);
	for (unsigned i = 0; i < ARRAY_SIZE(guard); i++)
		broken += guard[i] != i * 0x9e3779b97f4a7c15;
	check_eq("storm.exceptions", strange, 0);
	check_eq("storm.replies", impossible, 0);
	check_eq("storm.memory", broken, 0);
	check("storm.alive", !sbi(SBI_EXT_BASE, SBI_BASE_GET_SPEC_VERSION, 0).error);
	for (unsigned i = 1; i < machine.harts; i++)
		check_eq("storm.others-stopped",
			 (uint64_t)sbi(SBI_EXT_HSM, SBI_HSM_HART_GET_STATUS, harts[i].id).value,
			 SBI_HSM_STATE_STOPPED);
}
