/* SPDX-License-Identifier: BSD-2-Clause */
/* The file of H and VS CSRs: each register's legal values by name, then random histories against laws that always hold. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <guest/nested/ncsr.h>
#include <spec/csr.h>
#include <spec/pte.h>

static struct ncsr_file f;

static int fresh(void **state)
{
	(void)state;
	memset(&f, 0xa5, sizeof(f));
	f.can = (struct ncsr_caps){
		.hstatus = NCSR_HSTATUS_MASK,
		.henvcfg = HENVCFG_FIOM | HENVCFG_CBIE | HENVCFG_CBZE | HENVCFG_STCE | HENVCFG_ADUE,
		.hcounteren = COUNTEREN_ZICNTR,
		.vsstatus = SSTATUS_FS,
		.hgatp_modes = BIT(HGATP_MODE_SV39X4) | BIT(HGATP_MODE_SV48X4),
		.vsatp_modes = BIT(SATP_MODE_SV39),
		.asid_bits = 9,
		.sstc = true,
		.stateen = true,
		.hstateen0 = HSTATEEN0_ENVCFG | HSTATEEN0_AIA,
		.hstateen0_ones = HSTATEEN0_CONTEXT,
	};
	ncsr_reset(&f);
	return 0;
}

static uint64_t get(unsigned csr)
{
	uint64_t v = 0x5555;

	assert_true(ncsr_read(&f, csr, &v));
	return v;
}

static uint64_t put(unsigned csr, uint64_t v)
{
	assert_true(ncsr_write(&f, csr, v));
	return get(csr);
}

static void after_reset(void **state)
{
	(void)state;
	for (unsigned i = 0; ncsr_number(i); i++) {
		unsigned csr = ncsr_number(i);
		uint64_t want = csr == CSR_HSTATUS	? HSTATUS_VSXL64
				: csr == CSR_VSSTATUS	? SSTATUS_UXL64
				: csr == CSR_VSTIMECMP	? UINT64_MAX
				: csr == CSR_HSTATEEN0	? HSTATEEN0_CONTEXT
							: 0;

		assert_int_equal(get(csr), want);
	}
	assert_int_equal(f.vs.hstateen0, HSTATEEN0_CONTEXT);
	f.can.stateen = false; /* then it is not its own to say */
	ncsr_reset(&f);
	assert_int_equal(f.vs.hstateen0, HSTATEEN0_ENVCFG | HSTATEEN0_AIA | HSTATEEN0_CONTEXT);
}

/* What one write of all ones, then of all zeros, leaves. */
static void writable_bits(void **state)
{
	static const struct {
		unsigned csr;
		uint64_t ones, zeros;
	} want[] = {
		{CSR_HSTATUS,
		 HSTATUS_VSXL64 | HSTATUS_VTSR | HSTATUS_VTW | HSTATUS_VTVM | HSTATUS_HU | HSTATUS_SPVP |
			 HSTATUS_SPV | HSTATUS_GVA,
		 HSTATUS_VSXL64},
		{CSR_HEDELEG, 0x4b1ff, 0},
		{CSR_HIDELEG, 0x444, 0},
		{CSR_HIE, 0x444, 0},
		{CSR_HVIP, 0x444, 0},
		{CSR_HGEIE, 0, 0},
		{CSR_HCOUNTEREN, 7, 0},
		{CSR_HTIMEDELTA, UINT64_MAX, 0},
		{CSR_HTVAL, UINT64_MAX, 0},
		{CSR_HTINST, UINT64_MAX, 0},
		{CSR_VSSTATUS,
		 SSTATUS_UXL64 | SSTATUS_SD | SSTATUS_FS | SSTATUS_SIE | SSTATUS_SPIE | SSTATUS_SPP | SSTATUS_SUM |
			 SSTATUS_MXR,
		 SSTATUS_UXL64},
		{CSR_VSTVEC, ~UINT64_C(2), 0},
		{CSR_VSEPC, ~UINT64_C(1), 0},
		{CSR_VSCAUSE, UINT64_MAX, 0},
		{CSR_VSSCRATCH, UINT64_MAX, 0},
		{CSR_VSTVAL, UINT64_MAX, 0},
		{CSR_VSTIMECMP, UINT64_MAX, 0},
		{CSR_HSTATEEN0, HSTATEEN0_SE0 | HSTATEEN0_ENVCFG | HSTATEEN0_AIA | HSTATEEN0_CONTEXT,
		 HSTATEEN0_CONTEXT},
		{CSR_HSTATEEN1, BIT(63), 0},
		{CSR_HSTATEEN2, BIT(63), 0},
		{CSR_HSTATEEN3, BIT(63), 0},
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(want); i++) {
		assert_int_equal(put(want[i].csr, UINT64_MAX), want[i].ones);
		assert_int_equal(put(want[i].csr, 0), want[i].zeros);
	}
}

static void no_such_csr(void **state)
{
	uint64_t v;
	unsigned known = 0;

	(void)state;
	for (unsigned csr = 0; csr < 0x1000; csr++) {
		bool row = false;

		for (unsigned i = 0; ncsr_number(i); i++)
			row = row || ncsr_number(i) == csr;
		known += row;
		assert_int_equal(ncsr_read(&f, csr, &v), row);
		assert_int_equal(ncsr_write(&f, csr, 0), row && csr != CSR_HGEIP);
	}
	assert_int_equal(known, 28);
	assert_false(ncsr_read(&f, 0x10000 + CSR_HSTATUS, &v));
	assert_false(ncsr_read(&f, UINT32_MAX, &v));
	f.can.sstc = false;
	assert_false(ncsr_read(&f, CSR_VSTIMECMP, &v));
	assert_false(ncsr_write(&f, CSR_VSTIMECMP, 0));
	f.can.stateen = false;
	for (unsigned csr = CSR_HSTATEEN0; csr <= CSR_HSTATEEN3; csr++)
		assert_false(ncsr_read(&f, csr, &v) || ncsr_write(&f, csr, 0));
}

static void hgatp_is_legal(void **state)
{
	uint64_t vmid = HGATP_VMID, ppn = HGATP_PPN - 3;

	(void)state;
	assert_int_equal(put(CSR_HGATP, UINT64_C(8) << 60 | vmid | HGATP_PPN), UINT64_C(8) << 60 | vmid | ppn);
	assert_int_equal(put(CSR_HGATP, UINT64_C(10) << 60 | 0x1234), 0x1234);
	assert_int_equal(put(CSR_HGATP, UINT64_MAX) >> 60, 0);
	assert_int_equal(put(CSR_HGATP, UINT64_C(9) << 60), UINT64_C(9) << 60);
	assert_int_equal(ncsr_vmid(UINT64_MAX), 0x3fff);
	assert_int_equal(ncsr_vmid(UINT64_C(0x2a) << 44), 0x2a);
}

static void vsatp_is_legal(void **state)
{
	(void)state;
	assert_int_equal(put(CSR_VSATP, UINT64_C(8) << 60 | UINT64_C(0xffff) << 44 | 5),
			 UINT64_C(8) << 60 | UINT64_C(0x1ff) << 44 | 5);
	assert_int_equal(put(CSR_VSATP, UINT64_C(9) << 60 | 7), UINT64_C(8) << 60 | UINT64_C(0x1ff) << 44 | 5);
	assert_int_equal(put(CSR_VSATP, 0), 0);
}

static void henvcfg_is_legal(void **state)
{
	(void)state;
	assert_int_equal(put(CSR_HENVCFG, UINT64_MAX), f.can.henvcfg);
	assert_int_equal(put(CSR_HENVCFG, 0x10), 0x10);
	assert_int_equal(put(CSR_HENVCFG, 0x20 | HENVCFG_FIOM), 0x10 | HENVCFG_FIOM); /* CBIE = 2 is reserved */
	assert_int_equal(put(CSR_HENVCFG, HENVCFG_PBMTE), 0);
}

static void pointer_masking_is_legal(void **state)
{
	const uint64_t pmm = BIT(32), hupmm = BIT(48), mask = NCSR_HSTATUS_MASK;

	(void)state;
	assert_int_equal(put(CSR_HENVCFG, 3 * pmm), 0);
	assert_int_equal(put(CSR_HSTATUS, UINT64_MAX), mask | HSTATUS_VSXL64);
	f.can.henvcfg |= 3 * pmm;
	f.can.hstatus = NCSR_HSTATUS_PM;
	for (uint64_t was = 0; was < 4; was++)
		for (uint64_t v = 0; v < 4; v++) {
			uint64_t before = was == 1 ? 0 : was, now = v == 1 ? before : v;

			put(CSR_HENVCFG, 0);
			put(CSR_HENVCFG, was * pmm);
			assert_int_equal(put(CSR_HENVCFG, v * pmm | 1), now * pmm | 1);
			put(CSR_HSTATUS, 0);
			put(CSR_HSTATUS, was * hupmm);
			assert_int_equal(put(CSR_HSTATUS, v * hupmm | HSTATUS_HU),
					 now * hupmm | HSTATUS_HU | HSTATUS_VSXL64);
		}
	assert_int_equal(put(CSR_HSTATUS, UINT64_MAX), mask | 3 * hupmm | HSTATUS_VSXL64);
	f.can.henvcfg &= ~pmm; /* PMLEN = 7 at most */
	assert_int_equal(put(CSR_HENVCFG, 3 * pmm), 2 * pmm);
	assert_int_equal(put(CSR_HENVCFG, 1 * pmm), 2 * pmm);
}

static void interrupts_are_views(void **state)
{
	(void)state;
	put(CSR_HIDELEG, IP_VSSI);
	assert_int_equal(put(CSR_HVIP, UINT64_MAX), IP_VS);
	assert_int_equal(get(CSR_HIP), IP_VS);
	assert_int_equal(get(CSR_VSIP), IP_SSI);
	put(CSR_VSIP, 0);
	assert_int_equal(get(CSR_HVIP), IP_VSTI | IP_VSEI);
	put(CSR_HIP, UINT64_MAX);
	assert_int_equal(get(CSR_HVIP), IP_VS);
	put(CSR_HIP, 0);
	assert_int_equal(get(CSR_HIP), IP_VSTI | IP_VSEI);
	put(CSR_VSIE, UINT64_MAX);
	assert_int_equal(get(CSR_HIE), IP_VSSI);
	put(CSR_HIE, IP_VS);
	assert_int_equal(get(CSR_VSIE), IP_SSI);
	put(CSR_HIDELEG, IP_VS);
	assert_int_equal(get(CSR_VSIE), IP_SSI | IP_STI | IP_SEI);
	assert_int_equal(put(CSR_VSIP, IP_SSI | IP_STI), IP_SSI | IP_STI | IP_SEI);
	put(CSR_HIDELEG, 0);
	put(CSR_VSIP, 0);
	put(CSR_VSIE, 0);
	assert_int_equal(get(CSR_HVIP), IP_VS);
	assert_int_equal(get(CSR_HIE), IP_VS);
}

static void timer_pends_with_stce(void **state)
{
	(void)state;
	f.vstip = true;
	assert_false(ncsr_looks_at_time(&f, CSR_HIP));
	assert_int_equal(get(CSR_HIP), 0);
	put(CSR_HENVCFG, HENVCFG_STCE);
	assert_true(ncsr_looks_at_time(&f, CSR_HIP));
	assert_true(ncsr_looks_at_time(&f, CSR_VSIP));
	assert_false(ncsr_looks_at_time(&f, CSR_HVIP));
	assert_int_equal(get(CSR_HIP), IP_VSTI);
	assert_int_equal(get(CSR_HVIP), 0);
	put(CSR_HIDELEG, IP_VS);
	assert_int_equal(get(CSR_VSIP), IP_STI);
	f.vstip = false;
	assert_int_equal(get(CSR_VSIP), 0);
}

static void sd_follows(void **state)
{
	(void)state;
	assert_int_equal(put(CSR_VSSTATUS, SSTATUS_FS_CLEAN | SSTATUS_SD), SSTATUS_UXL64 | SSTATUS_FS_CLEAN);
	assert_int_equal(put(CSR_VSSTATUS, SSTATUS_FS_DIRTY), SSTATUS_UXL64 | SSTATUS_FS_DIRTY | SSTATUS_SD);
	assert_int_equal(put(CSR_VSSTATUS, SSTATUS_VS), SSTATUS_UXL64);
}

static uint64_t next(uint64_t *s)
{
	*s ^= *s << 13;
	*s ^= *s >> 7;
	return *s ^= *s << 17;
}

/* Whatever is written where: what the hart will be loaded with is legal, and a value read can be written back. */
static void random_writes(void **state)
{
	uint64_t s = 88172645463325252, v;

	(void)state;
	for (unsigned n = 0; n < 200000; n++) {
		unsigned csr = ncsr_number((unsigned)(next(&s) % 28));
		uint64_t val = next(&s) & next(&s);

		f.vstip = n & 64;
		ncsr_write(&f, csr, n & 1 ? ~val : val);
		assert_int_equal(f.vs.hvip & ~IP_VS, 0);
		assert_int_equal(f.vs.hie & ~IP_VS, 0);
		assert_int_equal(f.vs.hideleg & ~IP_VS, 0);
		assert_int_equal(f.vs.henvcfg & ~f.can.henvcfg, 0);
		assert_int_equal(f.vs.hcounteren & ~f.can.hcounteren, 0);
		assert_int_not_equal(f.vs.henvcfg & HENVCFG_CBIE, 0x20);
		assert_int_equal(f.vs.vstvec & 2, 0);
		assert_int_equal(f.vs.vsepc & 1, 0);
		/* What the hart gets: what L1 says of what it may, and never SE0. */
		assert_int_equal(f.vs.hstateen0, f.hstateen[0] & ~HSTATEEN0_SE0);
		assert_int_equal(f.vs.hstateen0 & ~HSTATEEN0_ENVCFG & ~HSTATEEN0_AIA, HSTATEEN0_CONTEXT);
		assert_true(f.vs.vsatp >> 60 == 0 || f.vs.vsatp >> 60 == 8);
		assert_true(f.hgatp >> 60 == 0 || f.hgatp >> 60 == 8 || f.hgatp >> 60 == 9);
		csr = ncsr_number((unsigned)(next(&s) % 28));
		v = get(csr);
		if (csr == CSR_HGEIP || csr == CSR_HIP || csr == CSR_VSIP)
			continue;
		assert_int_equal(put(csr, v), v);
	}
}

/* What decides about interrupts is changed by a write to the CSRs that say so alone. */
static void interrupts_follow(void **state)
{
	uint64_t s = 88172645463325252;
	unsigned changes = 0;

	(void)state;
	for (unsigned n = 0; n < 200000; n++) {
		unsigned csr = ncsr_number((unsigned)(next(&s) % 28));
		struct ncsr_file was = f;

		ncsr_write(&f, csr, next(&s));
		if (was.vs.hvip == f.vs.hvip && was.vs.hie == f.vs.hie && was.vs.hideleg == f.vs.hideleg &&
		    was.vs.henvcfg == f.vs.henvcfg && was.vs.vstimecmp == f.vs.vstimecmp &&
		    was.htimedelta == f.htimedelta)
			continue;
		changes++;
		assert_true(ncsr_is_of_interrupts(csr));
	}
	assert_true(changes > 1000);
	assert_false(ncsr_is_of_interrupts(CSR_VSSTATUS));
	assert_false(ncsr_is_of_interrupts(CSR_HGATP));
	assert_false(ncsr_is_of_interrupts(CSR_HGEIP));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(after_reset, fresh),	     cmocka_unit_test_setup(writable_bits, fresh),
		cmocka_unit_test_setup(no_such_csr, fresh),	     cmocka_unit_test_setup(hgatp_is_legal, fresh),
		cmocka_unit_test_setup(vsatp_is_legal, fresh),	     cmocka_unit_test_setup(henvcfg_is_legal, fresh),
		cmocka_unit_test_setup(pointer_masking_is_legal, fresh),
		cmocka_unit_test_setup(interrupts_are_views, fresh), cmocka_unit_test_setup(timer_pends_with_stce, fresh),
		cmocka_unit_test_setup(sd_follows, fresh),	     cmocka_unit_test_setup(random_writes, fresh),
		cmocka_unit_test_setup(interrupts_follow, fresh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
