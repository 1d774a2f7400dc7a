/* SPDX-License-Identifier: BSD-2-Clause */
/* CSR instructions name their CSR; this is the table of those that the tests of hypervisors use. */
#include "hcsr.h"

struct nacl_shmem shmems[MAX_HARTS] __attribute__((aligned(NACL_SHMEM_ALIGN)));

/* clang-format off */
#define HCSRS(X) \
	X(HSTATUS) X(HEDELEG) X(HIDELEG) X(HTIMEDELTA) X(HCOUNTEREN) \
	X(HENVCFG) X(HSTATEEN0) X(HSTATEEN1) X(HSTATEEN2) X(HSTATEEN3) X(HGEIE) X(HIE) X(HVIP) \
	X(HIP) X(HTVAL) X(HTINST) X(HGATP) X(VSSTATUS) \
	X(VSIE) X(VSTVEC) X(VSSCRATCH) X(VSEPC) X(VSCAUSE) \
	X(VSTVAL) X(VSIP) X(VSATP) X(VSTIMECMP) X(HGEIP)
/* clang-format on */

#define NUMBER(name) CSR_##name,
const uint16_t hcsrs[] = {HCSRS(NUMBER)};
const unsigned nhcsrs = ARRAY_SIZE(hcsrs);

const char *hcsr_name(unsigned csr)
{
#define NAME(name)       \
	case CSR_##name: \
		return #name;
	switch (csr) {
		HCSRS(NAME)
	default:
		return "?";
	}
}

static uint64_t do_read(unsigned csr)
{
#define READ(name)       \
	case CSR_##name: \
		return csr_read(CSR_##name);
	switch (csr) {
		HCSRS(READ)
	default:
		die("no CSR 0x%x in hcsr.c", csr);
	}
}

static void do_write(unsigned csr, uint64_t v)
{
#define WRITE(name)                       \
	case CSR_##name:                  \
		csr_write(CSR_##name, v); \
		break;
	switch (csr) {
		HCSRS(WRITE)
	default:
		die("no CSR 0x%x in hcsr.c", csr);
	}
}

bool hcsr_read(unsigned csr, uint64_t *value)
{
	return !try_call((void *)do_read, csr, 0, value).taken;
}

bool hcsr_write(unsigned csr, uint64_t value)
{
	return !try_call((void *)do_write, csr, value, NULL).taken;
}

uint64_t hcsr(unsigned csr)
{
	uint64_t v;

	return hcsr_read(csr, &v) ? v : 0;
}
