/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arch/riscv/tlbmodel*.c: rule by rule; against harts that do cache all they may, where it must
 * report exactly when such a hart would hit something old; and with its memory used up, where it
 * may say that it cannot tell, but not be silent.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include <arch/tlbmodel.h>
#include <spec/pte.h>

static struct tlbm m;
static uint64_t rng = 88172645463325252u;

static uint64_t rnd(uint64_t n)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return rng % n;
}

static uint64_t root(unsigned space)
{
	return SIZE_2M + space * SIZE_1G;
}

static uint64_t hgatp(unsigned space, unsigned vmid)
{
	return HGATP_MODE_SV39X4 << HGATP_MODE_SHIFT | (uint64_t)vmid << HGATP_VMID_SHIFT |
	       root(space) >> PAGE_SHIFT;
}

/* What was reported since the last call; -1: nothing. */
static int reported(void)
{
	struct tlbm_report r;
	char text[300];
	int fault = -1;

	while (tlbm_take(&m, &r)) {
		assert_in_range(tlbm_describe(&r, text, sizeof(text)), 20, sizeof(text) - 1);
		fault = fault < 0 ? (int)r.fault : fault;
	}
	return fault;
}

static int enter(unsigned hart, uint64_t owner)
{
	tlbm_look(&m, hart);
	tlbm_enter(&m, hart, owner);
	tlbm_exit(&m, hart);
	return reported();
}

static void fence(unsigned hart, unsigned type, uint64_t addr, uint64_t id)
{
	tlbm_insn(&m, hart, type, addr, id);
}

/* Owner `owner` with tables of that number, on a clean hart. */
static void settle(unsigned hart, uint64_t owner, unsigned vmid)
{
	tlbm_assign(&m, hart, owner, vmid);
	tlbm_hgatp(&m, hart, hgatp((unsigned)owner, vmid));
	fence(hart, NACL_HFENCE_GVMA_ALL, 0, 0);
	fence(hart, NACL_HFENCE_VVMA_ALL, 0, 0);
	assert_int_equal(enter(hart, owner), -1);
}

static void start(void)
{
	tlbm_init(&m);
	settle(0, 1, 1);
	settle(1, 1, 5);
}

static void leaf(unsigned space, uint64_t gpa, uint64_t size, unsigned order)
{
	struct tlbm_stale s = {.first = gpa,
			       .last = gpa + size - 1,
			       .order = (uint8_t)order,
			       .any_asid = true,
			       .hpa = gpa,
			       .hpa_last = gpa + size - 1};

	tlbm_leaf(&m, 0, root(space), &s);
}

static void test_g_stage(void **state)
{
	(void)state;
	start();
	leaf(1, 0x5000, 0x3000, 0);
	fence(0, NACL_HFENCE_GVMA_VMID, 0x5000, 1);
	fence(0, NACL_HFENCE_GVMA_VMID, 0x7000, 1);
	fence(0, NACL_HFENCE_GVMA_VMID, 0x6abc, 1);
	assert_int_equal(enter(0, 1), -1);
	assert_int_equal(enter(1, 1), TLBM_STALE_G); /* the other hart */
	assert_int_equal(enter(1, 1), -1);	     /* said once */

	leaf(1, SIZE_2M, SIZE_2M, 9); /* one fence anywhere in a superpage */
	fence(0, NACL_HFENCE_GVMA_VMID, SIZE_2M + 0x5000, 1);
	fence(1, NACL_HFENCE_GVMA, 2 * SIZE_2M - 1, 0);
	assert_int_equal(enter(0, 1), -1);
	assert_int_equal(enter(1, 1), -1);

	leaf(1, 0x5000, 0x1000, 0);
	fence(0, NACL_HFENCE_GVMA_VMID_ALL, 0, 2); /* another VMID */
	fence(0, NACL_HFENCE_VVMA_ALL, 0, 0);
	fence(0, NACL_HFENCE_GVMA_VMID, 0x4fff, 1);
	fence(0, NACL_HFENCE_GVMA_VMID, 0x6000, 1);
	fence(1, NACL_HFENCE_GVMA_ALL, 0, 0);
	assert_int_equal(enter(0, 1), TLBM_STALE_G);
	assert_int_equal(enter(1, 1), -1);

	leaf(2, 0x5000, 0x1000, 0); /* another guest's tables */
	assert_int_equal(enter(0, 1), -1);

	/* The change comes after the look: the request for it will come as a kick. */
	tlbm_look(&m, 0);
	leaf(1, 0x5000, 0x1000, 0);
	tlbm_enter(&m, 0, 1);
	assert_int_equal(reported(), -1);
	assert_int_equal(enter(0, 1), TLBM_STALE_G);
}

/* A table went: fences of addresses do not reach what is above the leaves. */
static void test_tables(void **state)
{
	uint64_t entry[512] = {
		[3] = 0x1234 << 10 | PTE_V | PTE_R, [4] = 0x1235 << 10 | PTE_V | PTE_R};
	struct tlbm_table dead = {entry, 0x80000000, PAGE_SIZE};

	(void)state;
	start();
	tlbm_dead(&m, 0, root(1), &dead);
	fence(0, NACL_HFENCE_GVMA_VMID, 0, 1);
	fence(1, NACL_HFENCE_GVMA_VMID_ALL, 0, 5);
	assert_int_equal(enter(1, 1), -1);
	assert_int_equal(enter(0, 1), TLBM_STALE_G);
	assert_int_equal(enter(0, 1), -1);

	tlbm_dead(&m, 0, root(1), &dead);
	tlbm_reuse(&m, 0x80001000, PAGE_SIZE);
	tlbm_reuse(&m, 0x1236000, PAGE_SIZE);
	assert_int_equal(reported(), -1);
	tlbm_reuse(&m, 0x80000000, PAGE_SIZE);
	assert_int_equal(reported(), TLBM_REUSED);
	fence(0, NACL_HFENCE_GVMA_ALL, 0, 0);
	tlbm_reuse(&m, 0x1235000, PAGE_SIZE); /* hart 1 has it still */
	assert_int_equal(reported(), TLBM_REUSED);
	tlbm_dead(&m, 0, root(1), &dead);
	fence(0, NACL_HFENCE_GVMA_ALL, 0, 0);
	tlbm_hgatp(&m, 1, 0);
	tlbm_reuse(&m, 0x1235000, PAGE_SIZE); /* not in force: fenced in time, or else ... */
	assert_int_equal(reported(), -1);
	tlbm_hgatp(&m, 1, hgatp(1, 5));
	assert_int_equal(reported(), TLBM_REUSED);

	tlbm_space_gone(&m, root(1));
	assert_int_equal(reported(), TLBM_ROOT_FREED);
}

static void test_vmids(void **state)
{
	(void)state;
	start();
	tlbm_assign(&m, 0, 2, 1); /* number 1 of hart 0 to somebody else */
	tlbm_hgatp(&m, 0, hgatp(2, 1));
	fence(0, NACL_HFENCE_GVMA_VMID_ALL, 0, 1);
	assert_int_equal(enter(0, 2), TLBM_FOREIGN_VS);
	tlbm_assign(&m, 0, 1, 1);
	tlbm_hgatp(&m, 0, hgatp(1, 1));
	fence(0, NACL_HFENCE_VVMA_ALL, 0, 0);
	assert_int_equal(enter(0, 1), TLBM_FOREIGN_G);
	tlbm_hgatp(&m, 0, 0);
	assert_int_equal(enter(0, 1), TLBM_WRONG_HGATP);

	/* While hgatp names the old tables a fence does not last. */
	start();
	tlbm_assign(&m, 0, 2, 1);
	fence(0, NACL_HFENCE_GVMA_ALL, 0, 0);
	fence(0, NACL_HFENCE_VVMA_ALL, 0, 0);
	tlbm_hgatp(&m, 0, hgatp(2, 1));
	tlbm_enter(&m, 0, 2);
	assert_int_equal(m.nreports, 2);
	assert_int_equal(reported(), TLBM_FOREIGN_G);

	/* It was elsewhere; its old number has missed what was asked for meanwhile. */
	start();
	tlbm_due(&m, tlbm_request(&m, 1, 1, &(struct hfence){.type = NACL_HFENCE_VVMA_ALL}));
	fence(0, NACL_HFENCE_VVMA_ALL, 0, 0);
	assert_int_equal(enter(0, 1), -1);
	assert_int_equal(enter(1, 1), TLBM_STALE_VS);
	tlbm_release(&m, 1);
	assert_int_equal(enter(0, 1), TLBM_WRONG_HGATP);
}

static int vvma(uint64_t first, uint64_t pages, int asid, unsigned type, uint64_t at, uint64_t id)
{
	struct hfence h = {.type = NACL_HFENCE_VVMA, .addr = first, .count = pages};

	if (asid >= 0) {
		h.type = NACL_HFENCE_VVMA_ASID;
		h.asid = (uint16_t)asid;
	}
	tlbm_due(&m, tlbm_request(&m, 1, 1, &h));
	fence(1, NACL_HFENCE_VVMA_ALL, 0, 0);
	fence(0, type, at, id);
	return enter(0, 1);
}

static void test_vs_stage(void **state)
{
	const uint64_t top = ~PAGE_MASK;

	(void)state;
	start();
	assert_int_equal(vvma(0x1000, 1, 7, NACL_HFENCE_VVMA_ASID, 0x1fff, 7), -1);
	assert_int_equal(vvma(0x1000, 1, 7, NACL_HFENCE_VVMA_ASID, 0x1000, 8), TLBM_STALE_VS);
	assert_int_equal(vvma(0x1000, 1, 7, NACL_HFENCE_VVMA, 0x1000, 0), -1);
	assert_int_equal(vvma(0x1000, 1, 7, NACL_HFENCE_VVMA_ASID_ALL, 0, 7), -1);
	assert_int_equal(vvma(0x1000, 1, 7, NACL_HFENCE_VVMA_ASID_ALL, 0, 6), TLBM_STALE_VS);
	assert_int_equal(vvma(0x1000, 1, 7, NACL_HFENCE_VVMA_ALL, 0, 0), -1);
	assert_int_equal(vvma(0x1000, 1, -1, NACL_HFENCE_VVMA_ASID, 0x1000, 0), TLBM_STALE_VS);
	assert_int_equal(vvma(0x1000, 2, -1, NACL_HFENCE_VVMA, 0x1000, 0), TLBM_STALE_VS);
	assert_int_equal(vvma(top, 1, -1, NACL_HFENCE_VVMA, top, 0), -1);
	assert_int_equal(vvma(top, 1, -1, NACL_HFENCE_GVMA_ALL, 0, 0), TLBM_STALE_VS);

	/* Not before it can be seen; and who waits must not go on while the other runs. */
	tlbm_enter(&m, 0, 1);
	tlbm_request(&m, 1, 1, &(struct hfence){.type = NACL_HFENCE_VVMA_ALL});
	tlbm_due(&m, m.now);
	tlbm_settled(&m, 1, 1, m.now);
	assert_int_equal(reported(), TLBM_UNSETTLED);
	tlbm_exit(&m, 0);
	tlbm_request(&m, 1, 1, &(struct hfence){.type = NACL_HFENCE_VVMA_ALL});
	assert_int_equal(enter(0, 1), -1);
	tlbm_due(&m, m.now - 1); /* enter() looked once in between */
	assert_int_equal(enter(0, 1), TLBM_STALE_VS);

	fence(0, NACL_HFENCE_VVMA_ALL, 0, 0);
	fence(1, NACL_HFENCE_VVMA_ALL, 0, 0);
	tlbm_hinval(&m, 0, NACL_HFENCE_VVMA, 0, 0);
	assert_int_equal(reported(), TLBM_INVAL);
	tlbm_inval(&m, 0, true);
	tlbm_hinval(&m, 0, NACL_HFENCE_VVMA, 0, 0);
	assert_int_equal(enter(0, 1), TLBM_INVAL);
}

/* ---- Guest hypervisors: space 1 is a shadow for VMID 3 of L1 77 ---- */

static int l1_fence(unsigned type, uint64_t addr, uint64_t pages, uint64_t gone_at, uint64_t gone)
{
	struct hfence h = {.type = (uint8_t)type, .addr = addr, .count = pages, .vmid = 3};

	tlbm_shadow_map(&m, root(1), 0x5000, 2 * PAGE_SIZE, 0);
	tlbm_l1_fence(&m, 0, 77, &h);
	tlbm_unmapped(&m, root(1), gone_at, gone);
	return enter(0, 1);
}

static void test_shadow(void **state)
{
	(void)state;
	start();
	tlbm_shadow(&m, 0, root(1), 77, 3);
	tlbm_l1_fence(&m, 0, 77, &(struct hfence){.type = NACL_HFENCE_GVMA_ALL});
	assert_int_equal(enter(0, 1), -1); /* empty as yet */
	assert_int_equal(l1_fence(NACL_HFENCE_GVMA_VMID, 0x5000, 2, 0x5000, 0x2000), -1);
	assert_int_equal(l1_fence(NACL_HFENCE_GVMA_VMID, 0x5000, 2, 0x5000, 0x1000),
			 TLBM_STALE_SHADOW);
	assert_int_equal(l1_fence(NACL_HFENCE_GVMA, 0x5000, 1, 0x4000, 0x1000), TLBM_STALE_SHADOW);
	assert_int_equal(l1_fence(NACL_HFENCE_GVMA_ALL, 0, 0, 0, 0x6000), TLBM_STALE_SHADOW);
	tlbm_l1_fence(&m, 0, 78, &(struct hfence){.type = NACL_HFENCE_GVMA_ALL});
	tlbm_l1_fence(&m, 0, 77, &(struct hfence){.type = NACL_HFENCE_GVMA_VMID_ALL, .vmid = 4});
	assert_int_equal(enter(0, 1), -1);

	/* A part of L1's superpage: a fence for another part of it reaches it. */
	tlbm_shadow_map(&m, root(1), SIZE_2M + 0x5000, 16 * PAGE_SIZE, 9);
	assert_int_equal(
		l1_fence(NACL_HFENCE_GVMA_VMID, SIZE_2M + 0x9000, 1, SIZE_2M + 0x9000, 0x1000),
		TLBM_STALE_SHADOW);
	assert_int_equal(l1_fence(NACL_HFENCE_GVMA_VMID, SIZE_2M + 0x9000, 1, SIZE_2M, SIZE_2M),
			 -1);
	assert_int_equal(
		l1_fence(NACL_HFENCE_GVMA_VMID, SIZE_2M + 0x9000, 1, SIZE_2M + 0x9000, 0x1000), -1);

	assert_int_equal(l1_fence(NACL_HFENCE_VVMA, 0x5000, 1, 0, 0), TLBM_STALE_VS);
	tlbm_shadow(&m, 0, root(1), 77, 4); /* the slot for another L2, and not emptied */
	assert_int_equal(enter(0, 1), TLBM_STALE_SHADOW);
	tlbm_unmapped(&m, root(1), 0, BIT(41));
	tlbm_shadow(&m, 0, root(1), 77, 5);
	assert_int_equal(enter(0, 1), -1);
}

/* ---- Harts that cache all they may and keep it as long as they may ---- */

#define HARTS  2
#define VMIDS  3
#define SPACES 2
#define PAGES  12

static unsigned version[SPACES][PAGES], cached[HARTS][VMIDS][SPACES][PAGES];
static int now_space[HARTS], now_vmid[HARTS];

static void cache(unsigned hart)
{
	if (now_space[hart] < 0)
		return;
	for (unsigned p = 0; p < PAGES; p++) {
		unsigned *c = &cached[hart][now_vmid[hart]][now_space[hart]][p];

		if (!*c)
			*c = version[now_space[hart]][p];
	}
}

static bool hits_old(unsigned hart)
{
	for (unsigned s = 0; s < SPACES; s++)
		for (unsigned p = 0; p < PAGES; p++) {
			unsigned c = cached[hart][now_vmid[hart]][s][p];

			if (c && ((int)s != now_space[hart] || c != version[s][p]))
				return true;
		}
	return false;
}

static void concrete_fence(unsigned hart, const struct hfence *h)
{
	bool any = h->type < NACL_HFENCE_GVMA_VMID;

	for (unsigned v = 0; v < VMIDS; v++)
		for (unsigned s = 0; s < SPACES && (any || v == h->vmid); s++)
			for (unsigned p = 0; p < PAGES; p++)
				for (uint64_t k = 0; k < h->count || hfence_is_all(h); k++) {
					if (hfence_is_all(h) ||
					    h->addr + k * (PAGE_SIZE << h->order) == p * PAGE_SIZE)
						cached[hart][v][s][p] = 0;
					if (hfence_is_all(h))
						break;
				}
	tlbm_fence(&m, hart, h);
}

/* True when it ended with a hit of something old, which was reported. */
static bool against_harts(void)
{
	tlbm_init(&m);
	memset(cached, 0, sizeof(cached));
	for (unsigned p = 0; p < PAGES; p++)
		version[0][p] = version[1][p] = 1;
	for (unsigned h = 0; h < HARTS; h++) {
		now_space[h] = -1;
		tlbm_fence(&m, h, &(struct hfence){.type = NACL_HFENCE_GVMA_ALL});
	}
	for (unsigned i = 0; i < 400; i++) {
		unsigned hart = (unsigned)rnd(HARTS), s = (unsigned)rnd(SPACES),
			 p = (unsigned)rnd(PAGES);
		unsigned n = 1 + (unsigned)rnd(3);
		struct hfence h = {.type = (uint8_t)(rnd(8) ? rnd(2) * 2 : rnd(4)),
				   .vmid = (uint16_t)rnd(VMIDS)};
		bool old;

		switch (rnd(6)) {
		case 0: /* owner s + 1 has that number there from now on, and is loaded */
			now_vmid[hart] = (int)rnd(VMIDS);
			now_space[hart] = (int)s;
			tlbm_assign(&m, hart, s + 1, (unsigned)now_vmid[hart]);
			tlbm_hgatp(&m, hart, hgatp(s, (unsigned)now_vmid[hart]));
			break;
		case 1:
			n = p + n > PAGES ? PAGES - p : n;
			leaf(s, p * PAGE_SIZE, n * PAGE_SIZE, 0);
			while (n--)
				version[s][p + n]++;
			break;
		case 2:
			if (now_space[hart] < 0)
				break;
			tlbm_look(&m, hart);
			tlbm_enter(&m, hart, (uint64_t)now_space[hart] + 1);
			old = hits_old(hart);
			for (struct tlbm_report r; tlbm_take(&m, &r);) {
				if (r.fault == TLBM_STALE_G) {
					assert_true(old);
					return true;
				}
				if (r.fault == TLBM_FOREIGN_G)
					return old;
				assert_int_equal(r.fault, TLBM_FOREIGN_VS);
			}
			assert_false(old);
			break;
		default:
			h.addr = p * PAGE_SIZE;
			h.order = (uint8_t)rnd(2);
			h.count = n;
			if (hfence_is_all(&h))
				h.addr = h.count = h.order = 0;
			concrete_fence(hart, &h);
			break;
		}
		for (hart = 0; hart < HARTS; hart++)
			cache(hart);
	}
	return false;
}

static void test_against_harts(void **state)
{
	unsigned hits = 0;

	(void)state;
	for (unsigned i = 0; i < 20000; i++)
		hits += against_harts();
	assert_in_range(hits, 2000, 19000);
}

/* ---- Memory ---- */

static void test_capacity(void **state)
{
	(void)state;
	start();
	for (unsigned i = 0; i <= TLBM_PER_TAG; i++)
		leaf(1, i * 2 * PAGE_SIZE, PAGE_SIZE, 0);
	assert_int_equal(m.coarse, 2); /* of both harts */
	for (unsigned i = 0; i <= TLBM_PER_TAG; i++)
		fence(0, NACL_HFENCE_GVMA_VMID, i * 2 * PAGE_SIZE, 1);
	fence(1, NACL_HFENCE_GVMA_VMID_ALL, 0, 5);
	assert_int_equal(enter(0, 1), TLBM_CAPACITY); /* it was all fenced, but who knows */
	assert_int_equal(enter(1, 1), -1);

	/* One range, however long and in whatever pieces. */
	for (unsigned i = 0; i < 100000; i++)
		leaf(1, i * PAGE_SIZE, PAGE_SIZE, 0);
	assert_int_equal(m.coarse, 2);
	assert_int_equal(enter(1, 1), TLBM_STALE_G);

	/* More numbers than there is room for. */
	start();
	for (unsigned i = 2; i < 3 * TLBM_TAGS; i++)
		settle(2, i, i);
	assert_true(m.evicted > 0);
	tlbm_hgatp(&m, 2, hgatp(2, 2));
	assert_int_equal(enter(2, 0), TLBM_CAPACITY);
	assert_int_equal(enter(2, 0), -1);
	tlbm_hgatp(&m, 2, hgatp(3 * TLBM_TAGS - 1, 3 * TLBM_TAGS - 1));
	assert_int_equal(enter(2, 0), -1);

	/* A shadow too many. */
	for (unsigned i = 0; i < TLBM_SHADOWS; i++)
		tlbm_shadow(&m, 0, root(i), 1, 1);
	assert_int_equal(reported(), -1);
	tlbm_shadow(&m, 0, root(TLBM_SHADOWS), 1, 1);
	assert_int_equal(reported(), TLBM_CAPACITY);

	/* Parts of so many superpages of L1 that no record is left. */
	for (unsigned i = 0; i < TLBM_STALE + 8; i++)
		tlbm_shadow_map(&m, root(1), i * SIZE_1G, PAGE_SIZE, 9);
	assert_int_equal(reported(), TLBM_CAPACITY);

	tlbm_hgatp(&m, TLBM_HARTS, 0);
	tlbm_enter(&m, TLBM_HARTS, 1);
	assert_int_equal(tlbm_vmid(&m, TLBM_HARTS), TLBM_ANY);
	assert_int_equal(reported(), -1);
}

static void test_text(void **state)
{
	struct tlbm_report r;
	char text[300];

	(void)state;
	start();
	leaf(1, 0x5000, 0x2000, 0);
	fence(1, NACL_HFENCE_GVMA_VMID, 0x5000, 5);
	tlbm_look(&m, 1);
	tlbm_enter(&m, 1, 1);
	assert_true(tlbm_take(&m, &r));
	tlbm_describe(&r, text, sizeof(text));
	assert_string_equal(text, "hart 1, VMID 5, enters with a stale G-stage entry: gpa "
				  "0x6000-0x6fff, unmapped by hart 0; "
				  "the fence was too narrow");
	assert_false(tlbm_take(&m, &r));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_g_stage),	 cmocka_unit_test(test_tables),
		cmocka_unit_test(test_vmids),	 cmocka_unit_test(test_vs_stage),
		cmocka_unit_test(test_shadow),	 cmocka_unit_test(test_against_harts),
		cmocka_unit_test(test_capacity), cmocka_unit_test(test_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
