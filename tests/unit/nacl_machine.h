/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The machine of test_hext_nacl.c: two harts with the CSRs of the hypervisor extension and a TLB,
 * and a hypervisor below that offers some features of nested acceleration; and the list of what was
 * seen of them, first natively and then otherwise.
 */
#ifndef NACRE_TESTS_NACL_MACHINE_H
#define NACRE_TESTS_NACL_MACHINE_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <arch/csr.h>
#include <arch/fence.h>
#include <arch/hart.h>
#include <arch/mmu.h>
#include <arch/nacl_shmem.h>
#include <arch/sbi.h>
#include <arch/vmid.h>
#include <core/log.h>
#include <spec/insn.h>
#include <spec/pte.h>
#include <spec/sbi.h>

#include "../../arch/riscv/hext_nacl.h"
#include "../../arch/riscv/hext_native.h"

#define HARTS	2
#define VCPUS	4
#define TLB	32
#define LOG_MAX (1U << 20)

#define CSRS	BIT(SBI_NACL_FEAT_SYNC_CSR)
#define HFENCES BIT(SBI_NACL_FEAT_SYNC_HFENCE)
#define SRET	BIT(SBI_NACL_FEAT_SYNC_SRET)
#define SWAP	BIT(SBI_NACL_FEAT_AUTOSWAP_CSR)

/* What depends on another comes after it. */
static const uint16_t h_csrs[] = {
	CSR_HSTATUS,   CSR_HIDELEG,   CSR_HEDELEG,  CSR_HENVCFG, CSR_HCOUNTEREN, CSR_HTIMEDELTA,
	CSR_HGATP,     CSR_HVIEN,     CSR_HVIP,	    CSR_HIE,	 CSR_HTVAL,	 CSR_HTINST,
	CSR_HSTATEEN0, CSR_VSISELECT, CSR_VSSTATUS, CSR_VSIE,	 CSR_VSTVEC,	 CSR_VSSCRATCH,
	CSR_VSEPC,     CSR_VSCAUSE,   CSR_VSTVAL,   CSR_VSATP,	 CSR_VSTIMECMP,
};

struct tlb_entry {
	bool valid;
	uint64_t gva, gpa, size, asid, vmid, serial;
};

struct machine {
	struct hext_hart hext;
	uint64_t csr[4096];
	uint64_t x[32];
	struct nacl_shmem *shared;
	struct tlb_entry tlb[TLB];
	struct vmid_pool vmids;
	int loaded; /* vcpu, or -1 */
};

static struct machine machine[HARTS], *m;
static struct nacl_shmem memory[HARTS];
static struct {
	struct hext_ctx ctx;
	struct vmid vmid;
	struct world world; /* of a guest's guest, or the guest's own if swapped */
	bool swapped;
	int hart; /* where it is loaded, or -1 */
} vcpu[VCPUS];

static struct hext_ops ops;
static unsigned offered; /* by the hypervisor below */
static unsigned csr_traps, fence_traps, calls, accesses, unloads;
static unsigned lone_csrs, lone_fences, plain_srets;
static uint64_t now, serial, seed;

void *fake_tp;
struct hext_ops hext;
struct hext_caps hext_caps;

/* ---- What was seen, first natively and then otherwise ---- */

static uint64_t seen[LOG_MAX];
static size_t nseen, at;
static bool comparing;

static void observe_(uint64_t value, const char *what)
{
	if (!comparing) {
		assert_true(nseen < LOG_MAX);
		seen[nseen++] = value;
		return;
	}
	if (at >= nseen || seen[at] != value)
		fail_msg("offered %x: %s: %#lx, natively %#lx (observation %zu of %zu)", offered,
			 what, (unsigned long)value, (unsigned long)(at < nseen ? seen[at] : 0), at,
			 nseen);
	at++;
}
#define observe(value) observe_(value, #value)

static uint64_t rnd(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static uint64_t below(uint64_t n)
{
	return rnd() % n;
}

/* ---- The machine ---- */

static uint64_t vmid_now(void)
{
	return (m->csr[CSR_HGATP] & HGATP_VMID) >> HGATP_VMID_SHIFT;
}

static bool fenced(const struct tlb_entry *e, unsigned type, uint64_t addr, uint64_t vmid,
		   uint64_t asid)
{
	uint64_t start = type >= NACL_HFENCE_VVMA ? e->gva : e->gpa;

	if (type >= NACL_HFENCE_GVMA_VMID && vmid != HFENCE_VMID_ANY && vmid != e->vmid)
		return false;
	if (type >= NACL_HFENCE_VVMA_ASID && asid != e->asid)
		return false;
	return (type & 1) || addr - start < e->size;
}

static void forget(unsigned type, uint64_t addr, uint64_t vmid, uint64_t asid)
{
	for (unsigned i = 0; i < TLB; i++)
		if (fenced(&m->tlb[i], type, addr, vmid, asid))
			m->tlb[i].valid = false;
}

void fake_fence(unsigned type, uint64_t addr, uint64_t vmid, uint64_t asid)
{
	fence_traps++;
	forget(type, addr, type >= NACL_HFENCE_VVMA ? vmid_now() : vmid, asid);
}

static uint64_t legal(unsigned csr, uint64_t value)
{
	switch (csr) {
	case CSR_HEDELEG:
		return value & 0xb1ff;
	case CSR_HIE:
	case CSR_HIDELEG:
		return value & IP_VS;
	case CSR_HVIP:
		return value & (IP_VS | m->csr[CSR_HVIEN]);
	case CSR_HVIEN:
		return value & IP_LCOFI;
	default:
		return value;
	}
}

/* vsie is the bits of hie that hideleg has, and others that hvien has. */
static void set(unsigned csr, uint64_t value)
{
	uint64_t deleg = m->csr[CSR_HIDELEG];

	if (csr != CSR_VSIE) {
		m->csr[csr] = legal(csr, value);
		return;
	}
	m->csr[CSR_HIE] = (m->csr[CSR_HIE] & ~deleg) | (value << 1 & deleg);
	m->csr[CSR_VSIE] = value & m->csr[CSR_HVIEN];
}

static uint64_t value_of(unsigned csr)
{
	uint64_t ip = m->csr[CSR_HVIP] & IP_VS, hvien = m->csr[CSR_HVIEN];

	switch (csr) {
	case CSR_TIME:
		return now;
	case CSR_VSIP:
		if ((m->csr[CSR_HENVCFG] & HENVCFG_STCE) &&
		    m->csr[CSR_VSTIMECMP] <= now + m->csr[CSR_HTIMEDELTA])
			ip |= IP_VSTI;
		return (ip & m->csr[CSR_HIDELEG]) >> 1 | (m->csr[CSR_HVIP] & hvien);
	case CSR_VSIE:
		return (m->csr[CSR_HIE] & m->csr[CSR_HIDELEG]) >> 1 | (m->csr[CSR_VSIE] & hvien);
	default:
		return m->csr[csr];
	}
}

/* Words with new values for the hypervisor below stay as they are. */
static void show_all(void)
{
	for (unsigned i = 0; i < ARRAY_SIZE(h_csrs) && m->shared; i++) {
		unsigned word = NACL_CSR_INDEX(h_csrs[i]);

		if (!(m->shared->dirty[word / 64] >> word % 64 & 1))
			nacl_csr_show(m->shared, h_csrs[i],
				      offered & CSRS ? value_of(h_csrs[i]) : 0xbadbadbadbadbad);
	}
}

static bool is_h(unsigned csr)
{
	return (csr & 0x300) == 0x200;
}

uint64_t fake_csr_read(unsigned csr)
{
	csr_traps += is_h(csr);
	return value_of(csr);
}

void fake_csr_write(unsigned csr, uint64_t value)
{
	csr_traps += is_h(csr);
	set(csr, value);
	if (is_h(csr) && m->shared && (offered & CSRS))
		show_all();
}

/* ---- The hypervisor below ---- */

static void l0_sync_csrs(void)
{
	uint64_t value;

	for (unsigned i = 0; i < ARRAY_SIZE(h_csrs); i++)
		if (nacl_csr_take(m->shared, h_csrs[i], &value))
			set(h_csrs[i], value);
	for (unsigned i = 0; i < ARRAY_SIZE(m->shared->dirty); i++)
		assert_int_equal(m->shared->dirty[i], 0);
	show_all();
}

static void l0_sync_hfences(void)
{
	for (unsigned i = 0; i < NACL_HFENCE_ENTRIES; i++) {
		struct hfence h;
		enum nacl_asked asked = nacl_hfence_unpack(&m->shared->hfence[i], &h);

		if (asked == NACL_ASKED_NOTHING)
			continue;
		assert_int_equal(asked, NACL_ASKED_ONE); /* never garbage */
		for (uint64_t p = 0; p < (hfence_is_all(&h) ? 1 : h.count); p++)
			forget(h.type, h.addr + p * (PAGE_SIZE << h.order), h.vmid, h.asid);
		nacl_hfence_done(&m->shared->hfence[i]);
	}
}

static void l0_swap(void)
{
	uint64_t other;

	if (m->shared && (offered & SWAP) && nacl_autoswap(m->shared, m->csr[CSR_HSTATUS], &other))
		m->csr[CSR_HSTATUS] = other;
}

struct sbiret sbi_call(uint64_t eid, uint64_t fid, uint64_t a0, uint64_t a1, uint64_t a2)
{
	assert_int_equal(eid, SBI_EXT_NACL);
	calls++;
	switch (fid) {
	case SBI_NACL_PROBE_FEATURE:
		return (struct sbiret){0, offered >> a0 & 1};
	case SBI_NACL_SET_SHMEM:
		assert_true(!a1 && !a2);
		m->shared = (struct nacl_shmem *)a0;
		return (struct sbiret){0, 0};
	case SBI_NACL_SYNC_CSR:
		assert_true((offered & CSRS) && a0 == UINT64_MAX);
		l0_sync_csrs();
		return (struct sbiret){0, 0};
	default:
		assert_int_equal(fid, SBI_NACL_SYNC_HFENCE);
		assert_true((offered & HFENCES) && a0 == UINT64_MAX);
		l0_sync_hfences();
		return (struct sbiret){0, 0};
	}
}

bool sbi_probe(uint64_t eid)
{
	return eid == SBI_EXT_NACL;
}

hpa_t virt_to_phys(const void *p)
{
	return hpa((uint64_t)p);
}

void panic(const char *fmt, ...)
{
	fail_msg("panic: %s", fmt);
	abort();
}

#endif
