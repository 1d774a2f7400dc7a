/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The back ends of hext_nacl.c against the native one: the same random history of loads, moves,
 * VMID rollovers, fences, injections and guest runs on a made-up machine with two harts, once
 * natively and once with each set of features over a model of the hypervisor below. Whatever the
 * guest could see at each of its entries, and its translations that are still cached, must be
 * equal to the last one; so no CSR write and no fence is lost, late or too narrow, nor too wide.
 */
#include "nacl_machine.h"

#define STEPS 1500

/* ---- The guest ---- */

static bool is_guest_page_fault_cause(uint64_t cause)
{
	return cause == CAUSE_FETCH_GUEST_PAGE_FAULT || cause == CAUSE_LOAD_GUEST_PAGE_FAULT ||
	       cause == CAUSE_STORE_GUEST_PAGE_FAULT;
}

static void observe_tlb(void)
{
	for (unsigned i = 0; i < TLB; i++)
		observe(m->tlb[i].valid ? m->tlb[i].serial : 0);
}

/* Addresses with bit 40 are mapped by large pages only. */
static void new_translation(void)
{
	struct tlb_entry *e = &m->tlb[below(TLB)];
	uint64_t large = below(4) ? 0 : BIT(40), size = large ? SIZE_2M : PAGE_SIZE;

	*e = (struct tlb_entry){true,
				large + below(12) * size,
				large + below(12) * size,
				size,
				below(3),
				vmid_now(),
				++serial};
}

static void guest_changes(void)
{
	static const uint16_t own[] = {CSR_VSSTATUS, CSR_VSTVEC,   CSR_VSSCRATCH, CSR_VSEPC,
				       CSR_VSCAUSE,  CSR_VSTVAL,   CSR_VSATP,	  CSR_SCOUNTEREN,
				       CSR_SENVCFG,  CSR_VSISELECT};
	uint64_t made = vcpu[m->loaded].ctx.hvien;

	for (unsigned n = (unsigned)below(4); n; n--)
		m->csr[own[below(ARRAY_SIZE(own))]] = rnd();
	if (below(2))
		set(CSR_VSIE, rnd() & (IP_VS >> 1 | made));
	if (below(2))
		m->csr[CSR_VSTIMECMP] = now + m->csr[CSR_HTIMEDELTA] + below(100) - 50;
	if (below(2))
		m->csr[CSR_HVIP] &= ~IP_VSSI;
	for (unsigned n = (unsigned)below(4); n; n--)
		new_translation();
	for (unsigned i = 1; i < 32; i++)
		m->x[i] = rnd();
}

/* Arguments of which many are what has a short way. */
static void guest_calls(void)
{
	static const uint64_t eids[] = {SBI_EXT_TIME, SBI_EXT_IPI, SBI_EXT_RFENCE, SBI_EXT_BASE,
					SBI_EXT_HSM};
	uint64_t *x = m->x;

	x[REG_A7] = eids[below(ARRAY_SIZE(eids))];
	x[REG_A6] = below(4);
	x[REG_A0] = x[REG_A7] == SBI_EXT_TIME ? now + below(100) : below(3);
	x[REG_A1] = below(VCPUS);
	x[REG_A1 + 1] = below(8) * PAGE_SIZE + below(2);
	x[REG_A1 + 2] = 1 + below(3 * PAGE_SIZE);
	x[REG_A1 + 3] = below(3) + (below(5) ? 0 : BIT(16));
}

static void guest_trap(void)
{
	static const uint8_t causes[] = {CAUSE_ILLEGAL,
					 CAUSE_ECALL_VS,
					 CAUSE_VIRTUAL_INSTRUCTION,
					 CAUSE_FETCH_GUEST_PAGE_FAULT,
					 CAUSE_LOAD_GUEST_PAGE_FAULT,
					 CAUSE_STORE_GUEST_PAGE_FAULT};
	bool user = below(2), fault;

	m->csr[CSR_SCAUSE] = causes[below(ARRAY_SIZE(causes))];
	fault = is_guest_page_fault_cause(m->csr[CSR_SCAUSE]);
	m->csr[CSR_SEPC] = rnd();
	m->csr[CSR_STVAL] = below(2) ? INSN_WORD_WFI : rnd();
	guest_calls();
	m->csr[CSR_HTVAL] = fault ? rnd() : 0;
	m->csr[CSR_HTINST] = fault ? rnd() : 0;
	m->csr[CSR_SSTATUS] = user ? 0 : SSTATUS_SPP;
	m->csr[CSR_HSTATUS] &= ~(HSTATUS_SPVP | HSTATUS_GVA);
	m->csr[CSR_HSTATUS] |= HSTATUS_SPV | (user ? 0 : HSTATUS_SPVP) | (fault ? HSTATUS_GVA : 0);
}

/* From the SRET to the next trap. */
static void guest_runs(void)
{
	assert_true(m->csr[CSR_HSTATUS] & HSTATUS_SPV);
	for (unsigned i = 0; i < ARRAY_SIZE(h_csrs); i++)
		if (h_csrs[i] != CSR_HTVAL && h_csrs[i] != CSR_HTINST)
			observe(value_of(h_csrs[i]));
	observe(m->csr[CSR_SEPC]);
	observe(m->csr[CSR_SSTATUS]);
	observe(m->csr[CSR_SCOUNTEREN]);
	observe(m->csr[CSR_SENVCFG]);
	for (unsigned i = 1; i < 32; i++)
		observe(m->x[i]);
	observe_tlb();
	guest_changes();
	guest_trap();
	l0_swap();
	show_all();
}

/* switch.S and switch_nacl.S */
static void sret_with(struct hext_ctx *c, bool synchronised)
{
	m->csr[CSR_SEPC] = c->sepc;
	m->csr[CSR_SSTATUS] = c->sstatus;
	memcpy(m->x, c->x, sizeof(m->x));
	if (synchronised)
		l0_swap();
	guest_runs();
	memcpy(c->x, m->x, sizeof(c->x));
	c->sepc = m->csr[CSR_SEPC];
	c->sstatus = m->csr[CSR_SSTATUS];
	c->exit.scause = m->csr[CSR_SCAUSE];
	c->exit.stval = m->csr[CSR_STVAL];
}

static struct hext_ctx *short_way(struct hext_ctx *c)
{
	unsigned csrs = csr_traps, fences = fence_traps;
	struct hext_ctx *answered = NULL;

	if (c->exit.scause == CAUSE_ECALL_VS)
		answered = hext_nacl_fast_sbi(c);
	else if (c->exit.scause == CAUSE_VIRTUAL_INSTRUCTION)
		answered = hext_nacl_fast_wfi(c);
	c->sepc = m->csr[CSR_SEPC];
	lone_csrs += csr_traps - csrs;
	lone_fences += fence_traps - fences;
	if ((offered & CSRS & hext_caps.nacl) && (offered & HFENCES & hext_caps.nacl))
		assert_true(csr_traps - csrs + fence_traps - fences <= 1);
	return answered;
}

/* nacl_vector */
static bool in_the_trap(struct hext_ctx *c)
{
	while (short_way(c)) {
		if (m->hext.unsynced)
			return true;
		plain_srets++;
		sret_with(c, false);
	}
	return false;
}

bool hext_nacl_sret(struct hext_ctx *c)
{
	sret_with(c, false);
	return in_the_trap(c);
}

bool hext_nacl_sync_sret(struct hext_ctx *c, uint64_t x[32])
{
	assert_ptr_equal(x, m->shared->sret_x);
	assert_true(offered & SRET);
	calls++;
	if (offered & CSRS)
		l0_sync_csrs();
	if (offered & HFENCES)
		l0_sync_hfences();
	sret_with(c, true);
	return in_the_trap(c);
}

/* As trap_vector does */
static bool native_fast(struct hext_ctx *c)
{
	struct hext_ctx *answered = NULL;

	if (c->exit.scause == CAUSE_ECALL_VS)
		answered = hext_fast_sbi(c);
	else if (c->exit.scause == CAUSE_VIRTUAL_INSTRUCTION)
		answered = hext_fast_wfi(c);
	c->sepc = m->csr[CSR_SEPC];
	return answered;
}

bool vcpu_on_ipi(struct hext_ctx *c, uint64_t id)
{
	observe(c->vcpu_id);
	observe(id);
	return below(2);
}

bool vcpu_on_kick(struct hext_ctx *c)
{
	(void)c;
	return false;
}

void hext_native_enter(struct hext_ctx *c)
{
	do {
		csr_write(CSR_HSTATUS, c->hstatus);
		sret_with(c, false);
		c->hstatus = csr_read(CSR_HSTATUS);
		c->exit.htval = csr_read(CSR_HTVAL);
		c->exit.htinst = csr_read(CSR_HTINST);
	} while (native_fast(c) || vcpu_on_exit(c, &c->exit));
}

/* For vcpus that have guests themselves. */
void hext_native_resume(struct hext_ctx *c, const uint64_t *x)
{
	(void)c;
	(void)x;
	abort();
}

/* ---- The core ---- */

static void fence_self(int v, struct hfence h)
{
	h.vmid = h.type >= NACL_HFENCE_VVMA ? 0 : vcpu[v].vmid.number;
	ops.hfence(&h);
}

static void random_fence(int v)
{
	uint64_t large = below(4) ? 0 : BIT(40), size = large ? SIZE_2M : PAGE_SIZE;
	struct hfence h = {
		.type = (uint8_t)below(NACL_HFENCE_TYPES),
		.asid = (uint16_t)below(3),
	};

	if (below(3)) /* rather a page than all */
		h.type &= 6;
	if (!hfence_is_all(&h)) {
		h.order = large ? 9 : 0;
		h.addr = large + below(12) * size;
		h.count = 1 + below(3);
	}
	fence_self(v, h);
}

static void hlv(void)
{
	accesses++;
	ops.access();
	observe(m->csr[CSR_HSTATUS] & HSTATUS_SPVP);
	observe(m->csr[CSR_HGATP]);
	observe(m->csr[CSR_VSATP]);
	observe(m->csr[CSR_VSSTATUS]);
	observe_tlb();
	if (below(3))
		return;
	m->csr[CSR_HSTATUS] &= ~(HSTATUS_SPV | HSTATUS_GVA); /* it faulted: a trap of HS-mode */
	show_all();
}

static void swap(int v)
{
	struct world *w = &vcpu[v].world;
	struct hext_ctx *c = &vcpu[v].ctx;

	ops.swap(c, w);
	vcpu[v].swapped = !vcpu[v].swapped;
	c->fast = !vcpu[v].swapped && v != 3;
	observe(w->vsstatus ^ w->vstvec ^ w->vsscratch ^ w->vsepc ^ w->vscause ^ w->vstval);
	observe(w->vsatp);
	observe(w->hie);
	observe(w->hvip);
	observe(hext_caps.sstc ? w->vstimecmp : 0);
	observe(hext_caps.stateen ? w->hstateen0 ^ c->hstateen0 << 1 : 0);
	observe(w->hvien ^ c->hvien << 1);
	observe(w->hgatp ^ w->hedeleg ^ w->hideleg ^ w->henvcfg ^ w->hcounteren ^ w->htimedelta);
	observe(c->hgatp ^ c->hedeleg ^ c->hideleg ^ c->henvcfg ^ c->hcounteren ^ c->htimedelta);
}

static void act(int v)
{
	struct hext_ctx *c = &vcpu[v].ctx;

	now += below(20);
	switch (below(15)) {
	case 12:
		swap(v);
		break;
	case 13:
		c->hedeleg = legal(CSR_HEDELEG, rnd());
		ops.set_hedeleg(c);
		break;
	case 14:
		observe(ops.vsepc(c));
		observe(ops.vscause(c));
		break;
	case 0:
		ops.hvip_set(c, rnd() & (IP_VS | c->hvien));
		break;
	case 1:
		ops.hvip_clear(c, rnd() & (IP_VS | c->hvien));
		break;
	case 2:
		observe(ops.hvip_read(c));
		break;
	case 3:
		observe(ops.pending(c));
		break;
	case 4:
		observe(ops.vsatp(c));
		observe(ops.vsstatus(c));
		break;
	case 5:
		ops.set_vstimecmp(c, now + c->htimedelta + below(100));
		break;
	case 6:
		observe(ops.get_vstimecmp(c));
		break;
	case 7:
		ops.inject(c, below(16), rnd());
		break;
	case 8:
		ops.set_hgatp(c);
		break;
	case 9: /* more than there are entries, at times */
		for (unsigned n = (unsigned)(below(8) ? below(4) : below(150)); n; n--)
			random_fence(v);
		break;
	default:
		random_fence(v);
		break;
	}
}

bool vcpu_on_exit(struct hext_ctx *c, const struct vcpu_exit *e)
{
	int v = m->loaded;

	assert_ptr_equal(c, &vcpu[v].ctx);
	observe(e->scause);
	observe(e->stval);
	observe(e->htval);
	observe(e->htinst);
	observe(c->hstatus);
	observe(c->sepc);
	observe(c->sstatus);
	observe(c->exits[CAUSE_ECALL_VS]);
	observe(c->exits[CAUSE_VIRTUAL_INSTRUCTION]);
	for (unsigned n = (unsigned)below(4); n; n--) {
		act(v);
		if (!below(3))
			hlv();
	}
	return below(3);
}

static void load(int v)
{
	struct hext_ctx *c = &vcpu[v].ctx;
	enum vmid_answer answer = vmid_assign(&m->vmids, &vcpu[v].vmid);

	m->loaded = v;
	vcpu[v].hart = (int)(m - machine);
	c->hgatp = HGATP_MODE_SV39X4 << HGATP_MODE_SHIFT |
		   (uint64_t)vcpu[v].vmid.number << HGATP_VMID_SHIFT | (uint64_t)(v + 1) << 2;
	ops.load(c);
	if (answer == VMID_NEW_FLUSH)
		ops.hfence_all();
	if (answer != VMID_KEEP)
		fence_self(v, (struct hfence){.type = NACL_HFENCE_VVMA_ALL});
}

static void unload(int v)
{
	const struct hext_ctx *c = &vcpu[v].ctx;

	if (vcpu[v].swapped)
		swap(v);
	ops.put(&vcpu[v].ctx);
	unloads++;
	m->loaded = vcpu[v].hart = -1;
	observe(c->vsstatus);
	observe(c->vsie);
	observe(c->vsatp);
	observe(c->hvip);
	observe(c->vstimecmp);
	observe(c->senvcfg);
}

static void step(void)
{
	unsigned hart = (unsigned)below(HARTS);
	int v;

	m = &machine[hart];
	fake_tp = m;
	now += below(10);
	v = m->loaded;
	if (v < 0) {
		v = (int)below(VCPUS);
		if (vcpu[v].hart >= 0)
			return;
		if (!below(20))
			vmid_release(&vcpu[v].vmid);
		load(v);
	} else if (!below(6)) {
		unload(v);
	} else if (!below(3)) {
		act(v);
	} else {
		ops.enter(&vcpu[v].ctx);
	}
}

/* ---- Histories ---- */

static void start(unsigned features, unsigned offer, uint64_t history)
{
	seed = history * 0x9e3779b97f4a7c15 | 1;
	now = serial = 0;
	csr_traps = fence_traps = calls = accesses = unloads = 0;
	lone_csrs = lone_fences = plain_srets = 0;
	hext_caps = (struct hext_caps){
		.sstc = history & 1,
		.stateen = history & 2,
		.unguarded = history % 3 ? 0 : UNGUARDED_SISELECT,
		.nacl = (uint8_t)features,
	};
	memset(machine, 0, sizeof(machine));
	memset(memory, 0, sizeof(memory));
	memset(vcpu, 0, sizeof(vcpu));
	for (unsigned i = 0; i < VCPUS; i++) {
		struct hext_ctx *c = &vcpu[i].ctx;

		vcpu[i].hart = -1;
		c->hstatus = HSTATUS_SPV | HSTATUS_SPVP | HSTATUS_VTW | HSTATUS_VSXL64;
		c->on_exit = vcpu_on_exit;
		c->sstatus = SSTATUS_SPP;
		c->sstc = hext_caps.sstc && i % 2;
		c->henvcfg = c->sstc ? HENVCFG_STCE : 0;
		c->htimedelta = i * 1000;
		c->hcounteren = i;
		c->hvien = (history & 4) && i < 2 ? IP_LCOFI : 0;
		c->vcpu_id = i;
		c->fast = i != 3;
		c->hedeleg = legal(CSR_HEDELEG, i == 2 ? HEDELEG & ~BIT(CAUSE_ILLEGAL) : HEDELEG);
		c->hideleg = IP_VS;
		vcpu[i].world = (struct world){
			.vsstatus = i,
			.vstvec = i * 4,
			.hie = i % 2 ? IP_VSSI : IP_VS,
			.hvip = IP_VSEI,
			.vsatp = i,
			.vstimecmp = 100 * i,
			.hgatp = HGATP_MODE_SV39X4 << HGATP_MODE_SHIFT | BIT(HGATP_VMID_SHIFT) | i,
			.hedeleg = i * 16,
			.hideleg = i % 3 ? IP_VS : IP_VSTI,
			.hcounteren = 7,
			.hstateen0 = i % 2 ? 0 : HSTATEEN0_ENVCFG,
		};
		c->hstateen0 = HSTATEEN0_ENVCFG | i;
		c->vstimecmp = UINT64_MAX;
	}
	for (unsigned i = 0; i < HARTS; i++) {
		m = &machine[i];
		m->loaded = -1;
		m->csr[CSR_HIDELEG] = IP_VS;
		m->csr[CSR_HVIEN] = history & 4 ? IP_LCOFI : 0;
		vmid_pool_init(&m->vmids, i, (unsigned)(history % 4));
		if (offer)
			assert_int_equal(hext_nacl_hart_init(&m->hext, &memory[i]), 0);
	}
	csr_traps = 0;
}

static void run_history(unsigned features, unsigned offer, uint64_t history)
{
	offered = offer;
	ops = hext_native;
	if (history & 4) /* as hpm_caps.overflow */
		ops.swap = hext_native_swap_lcofi;
	else if (history & 2) /* as hext_caps.stateen */
		ops.swap = hext_native_swap_stateen;
	comparing = offer != 0;
	if (!comparing)
		nseen = 0;
	at = 0;
	assert_int_equal(hext_nacl_compose(&ops, features),
			 (features & (CSRS | HFENCES | SRET)) != 0);
	hext = ops;
	start(features, offer, history);
	for (unsigned i = 0; i < STEPS; i++)
		step();
	if (comparing)
		assert_int_equal(at, nseen);
}

static void test_all_sets_of_features(void **state)
{
	unsigned rounds = getenv("ROUNDS") ? (unsigned)atoi(getenv("ROUNDS")) : 6;

	(void)state;
	for (uint64_t history = 1; history <= rounds; history++) {
		run_history(0, 0, history);
		for (unsigned features = 1; features < 16; features++) {
			run_history(features, features, history);
			run_history(features, 15, history);
		}
	}
}

/* With all features nothing traps but what must: the privilege of an hlv, the end of a vcpu's vsie;
 * and what is less work alone than a synchronisation. */
static void test_traps(void **state)
{
	(void)state;
	for (unsigned features = 1; features < 16; features++) {
		bool native = !(features & (CSRS | HFENCES | SRET));
		bool swaps = (features & SRET) && (features & SWAP) && !(features & CSRS);

		run_history(0, 0, 1);
		run_history(features, features, 1);
		if (features & HFENCES)
			assert_int_equal(fence_traps, lone_fences);
		else
			assert_true(fence_traps > lone_fences);
		if (features & CSRS)
			assert_int_equal(csr_traps, lone_csrs + unloads);
		else
			assert_true(csr_traps > lone_csrs + accesses);
		assert_int_equal(plain_srets > 0, !native && !swaps);
	}
}

static void test_probe(void **state)
{
	(void)state;
	for (offered = 0; offered < 16; offered++)
		assert_int_equal(hext_nacl_probe(), offered);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_sets_of_features),
		cmocka_unit_test(test_traps),
		cmocka_unit_test(test_probe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
