/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SBI PMU: each firmware event is brought about and counted, that of the hart that asks and that of
 * the hart that is asked; and no other event is. Fences of a hypervisor's guests only with the
 * hypervisor extension.
 */
#include "lib.h"

#define TIMES  5
#define OTHER  1 /* the hart that is asked */
#define EVENTS SBI_PMU_FW_EVENTS
#define FW(e)  ((uint64_t)SBI_PMU_TYPE_FW << SBI_PMU_TYPE_SHIFT | (e))
#define NONE   ~0u

static uint64_t counts[2][EVENTS];
static unsigned errors;

/* ---- Counters: one after the other, since a hart has fewer than there are events ---- */

static long begin(unsigned event)
{
	struct sbiret r = sbi(SBI_EXT_PMU, SBI_PMU_COUNTER_CFG_MATCH, 0, 1,
			      SBI_PMU_CFG_CLEAR_VALUE | SBI_PMU_CFG_AUTO_START, FW(event), 0);

	errors += r.error != 0 || r.value != 0;
	return r.error;
}

static uint64_t end(void)
{
	struct sbiret r = sbi(SBI_EXT_PMU, SBI_PMU_COUNTER_FW_READ, 0);

	errors += r.error != 0;
	errors += sbi(SBI_EXT_PMU, SBI_PMU_COUNTER_STOP, 0, 1, SBI_PMU_STOP_RESET).error != 0;
	return (uint64_t)r.value;
}

/* The whole time in one job: to post a job is an IPI. */
static bool ready, over;

static void job_there(void *event)
{
	begin((unsigned)(uintptr_t)event);
	store_release(&ready, true);
	while (!load_acquire(&over))
		pause_hint();
	counts[1][(uintptr_t)event] = end();
}

/* ---- What is counted ---- */

struct act {
	const char *name;
	void (*does)(void);
	unsigned here, there;
};

static void do_timer(void)
{
	set_timer(~0UL);
}

static void do_ipi(void)
{
	sbi(SBI_EXT_IPI, SBI_IPI_SEND_IPI, 1, harts[OTHER].id);
}

#define FENCE(fid) \
	errors += sbi(SBI_EXT_RFENCE, fid, 1, harts[OTHER].id, 0x5000, 0x1000, 3).error != 0
#define FENCES(X)                                  \
	X(fence_i, SBI_RFENCE_FENCE_I)             \
	X(sfence, SBI_RFENCE_SFENCE_VMA)           \
	X(sfence_asid, SBI_RFENCE_SFENCE_VMA_ASID) \
	X(gvma_vmid, SBI_RFENCE_HFENCE_GVMA_VMID)  \
	X(gvma, SBI_RFENCE_HFENCE_GVMA)            \
	X(vvma_asid, SBI_RFENCE_HFENCE_VVMA_ASID)  \
	X(vvma, SBI_RFENCE_HFENCE_VVMA)
#define DEFINE(name, fid)           \
	static void do_##name(void) \
	{                           \
		FENCE(fid);         \
	}
FENCES(DEFINE)

/* What is received is the next event after what is sent. */
#define SENT(e) SBI_PMU_FW_##e##_SENT, SBI_PMU_FW_##e##_SENT + 1
static const struct act acts[] = {
	{"set-timer", do_timer, SBI_PMU_FW_SET_TIMER, NONE},
	{"ipi", do_ipi, SENT(IPI)},
	{"fence.i", do_fence_i, SENT(FENCE_I)},
	{"sfence.vma", do_sfence, SENT(SFENCE_VMA)},
	{"sfence.vma-asid", do_sfence_asid, SENT(SFENCE_VMA_ASID)},
	{"hfence.gvma", do_gvma, SENT(HFENCE_GVMA)},
	{"hfence.gvma-vmid", do_gvma_vmid, SENT(HFENCE_GVMA_VMID)},
	{"hfence.vvma", do_vvma, SENT(HFENCE_VVMA)},
	{"hfence.vvma-asid", do_vvma_asid, SENT(HFENCE_VVMA_ASID)},
};

/* One event is counted on both harts while the act is done. */
static void count(const struct act *a, unsigned event)
{
	ready = over = false;
	hart_post(OTHER, job_there, (void *)(uintptr_t)event);
	while (!load_acquire(&ready))
		pause_hint();
	begin(event);
	for (unsigned i = 0; i < TIMES; i++)
		a->does();
	counts[0][event] = end();
	store_release(&over, true);
	hart_wait(OTHER);
}

static void test_act(const struct act *a)
{
	unsigned others = 0;

	for (unsigned e = 0; e < EVENTS; e++) {
		uint64_t here = e == a->here ? TIMES : 0, there = e == a->there ? TIMES : 0;

		count(a, e);
		if (counts[0][e] == here && counts[1][e] == there)
			continue;
		others++;
		print("# %s: event %u: %lu here, %lu there\n", a->name, e, counts[0][e],
		      counts[1][e]);
	}
	check_eq(a->name, others, 0);
}

void guest_main(void)
{
	if (!sbi_probe(SBI_EXT_PMU) || machine.native) {
		skip("pmu", "no SBI PMU, or OpenSBI, whose first counter is not the firmware's");
		return;
	}
	smp_init();
	if (!check("harts", machine.harts > OTHER))
		return;
	for (unsigned i = 0; i < ARRAY_SIZE(acts); i++) {
		if (acts[i].here >= SBI_PMU_FW_HFENCE_GVMA_SENT && !machine.hyp)
			skip(acts[i].name, "no H");
		else
			test_act(&acts[i]);
	}
	check_eq("errors", errors, 0);
}
