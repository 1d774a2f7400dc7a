/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SBI PMU's client. Nothing is believed that can be tried: that firmware and hart keep a counter
 * from counting here is seen at boot. The filters are hints, says the SBI specification.
 */
#include <string.h>

#include <arch/csr.h>
#include <arch/hpm.h>
#include <arch/sbi.h>

#define NOT_HERE     (SBI_PMU_CFG_MINH | SBI_PMU_CFG_SINH | SBI_PMU_CFG_UINH)
#define COUNTERS_MAX 64 /* of the firmware's, more are not looked at */

struct hpm_caps hpm_caps;

/* ---- Calls ---- */

static struct sbiret call(uint64_t fid, uint32_t set, uint64_t a2, uint64_t a3, uint64_t a4)
{
	unsigned first = (unsigned)__builtin_ctz(set);
	const uint64_t a[] = {first + (uint64_t)hpm_caps.offset, set >> first, a2, a3, a4};

	return sbi_call5(SBI_EXT_PMU, fid, a);
}

unsigned hpm_config(uint32_t set, const struct hpm_event *e)
{
	struct sbiret r;
	uint64_t n;

	if (!set)
		return 0;
	r = call(SBI_PMU_COUNTER_CFG_MATCH, set, NOT_HERE | e->filters, e->index, e->data);
	n = (uint64_t)r.value - (uint64_t)hpm_caps.offset;
	return r.error == SBI_SUCCESS && n < HPM_END && (set >> n & 1) ? (unsigned)n : 0;
}

void hpm_start(unsigned n, uint64_t value)
{
	call(SBI_PMU_COUNTER_START, 1U << n, SBI_PMU_START_SET_INIT_VALUE, value, 0);
}

/*
 * SBI does not say how. The firmware, which sets scountovf's bit when it configures and clears it
 * when it starts a counter, must leave it alone while LCOFI is pending, or an overflow that nobody
 * has seen could be lost. So does OpenSBI.
 */
void hpm_start_overflown(unsigned n, uint64_t value)
{
	csr_set(CSR_SIP, IP_LCOFI);
	hpm_start(n, value);
	csr_clear(CSR_SIP, IP_LCOFI);
}

void hpm_stop(uint32_t set)
{
	if (set)
		call(SBI_PMU_COUNTER_STOP, set, 0, 0, 0);
}

void hpm_release(uint32_t set)
{
	if (!set)
		return;
	hpm_stop(set);
	/* Who has the counters next shall not read what they counted before: no other function of
	 * SBI writes them. Here they stand still. */
	for (uint32_t left = set; left; left &= left - 1)
		hpm_start((unsigned)__builtin_ctz(left), 0);
	call(SBI_PMU_COUNTER_STOP, set, SBI_PMU_STOP_RESET, 0, 0);
}

/* ---- CSRs ---- */

/* clang-format off */
#define CASE(i)	 case i: return csr_probe(CSR_CYCLE + i, v)
#define CASE4(i) CASE(i); CASE(i + 1); CASE(i + 2); CASE(i + 3)
/* clang-format on */

/* False: an exception. */
static bool read_counter(unsigned n, uint64_t *v)
{
	switch (n) {
		CASE(3);
		CASE4(4);
		CASE4(8);
		CASE4(12);
		CASE4(16);
		CASE4(20);
		CASE4(24);
		CASE4(28);
	default:
		return false;
	}
}

uint64_t hpm_read(unsigned n)
{
	uint64_t v;

	return read_counter(n, &v) ? v : 0;
}

uint32_t hpm_overflown(void)
{
	return hpm_caps.overflow ? (uint32_t)csr_read(CSR_SCOUNTOVF) : 0;
}

bool hpm_take_overflow(void)
{
	bool was = csr_read(CSR_SIP) & IP_LCOFI;

	csr_clear(CSR_SIP, IP_LCOFI);
	return was;
}

void hpm_listen(bool on)
{
	if (on && hpm_caps.overflow)
		csr_set(CSR_SIE, IP_LCOFI);
	else
		csr_clear(CSR_SIE, IP_LCOFI);
}

/* ---- Boot ---- */

/* Adds SBI's counter i, if it is of the kind that those before are of. */
static void look_at(unsigned i)
{
	const uint64_t a[5] = {i};
	struct sbiret r = sbi_call5(SBI_EXT_PMU, SBI_PMU_COUNTER_GET_INFO, a);
	uint64_t info = (uint64_t)r.value, v;
	unsigned n = (unsigned)(info & SBI_PMU_INFO_CSR) - CSR_CYCLE;
	unsigned width = (info >> SBI_PMU_INFO_WIDTH_SHIFT & SBI_PMU_INFO_WIDTH) + 1;
	int offset = (int)i - (int)n;

	if (r.error || (info & SBI_PMU_INFO_FIRMWARE) || n < HPM_FIRST || n >= HPM_END ||
	    !read_counter(n, &v))
		return;
	if (!hpm_caps.counters) {
		hpm_caps.offset = offset;
		hpm_caps.width = (uint8_t)width;
	}
	if (offset == hpm_caps.offset && width == hpm_caps.width)
		hpm_caps.counters |= 1U << n;
}

/* In VS- and VU-mode, of which there are none now. */
static const struct hpm_event instructions = {.index = SBI_PMU_HW_INSTRUCTIONS};

static bool stands_still(void)
{
	unsigned n = hpm_config(hpm_caps.counters, &instructions);
	bool still;

	if (!n)
		return false;
	hpm_start(n, 1);
	still = hpm_read(n) == 1;
	hpm_release(1U << n);
	return still;
}

/* They have what the firmware left there, and on each hart something else. */
static void clear_all(void)
{
	for (unsigned n = HPM_FIRST; n < HPM_END; n++)
		if ((hpm_caps.counters >> n & 1) && hpm_config(1U << n, &instructions))
			hpm_release(1U << n);
}

/* hvip alone does not tell: in QEMU 10.0 its bit can be set without AIA, too, and is the host's. */
static bool can_interrupt(void)
{
	uint64_t v;

	return csr_try_write(CSR_HVIEN, IP_LCOFI) && csr_probe(CSR_HVIEN, &v) && v == IP_LCOFI &&
	       csr_probe(CSR_SCOUNTOVF, &v);
}

static void probe(const struct isa_set *host)
{
	uint64_t n;

	memset(&hpm_caps, 0, sizeof(hpm_caps));
	if (!isa_has(host, ISA_SSCOFPMF) || !isa_has(host, ISA_ZIHPM) || !sbi_probe(SBI_EXT_PMU))
		return;
	n = (uint64_t)sbi_call(SBI_EXT_PMU, SBI_PMU_NUM_COUNTERS, 0, 0, 0).value;
	for (unsigned i = 0; i < n && i < COUNTERS_MAX; i++)
		look_at(i);
	if (!stands_still())
		hpm_caps.counters = 0;
	clear_all();
	hpm_caps.overflow = hpm_caps.counters && can_interrupt();
}

void hpm_probe(const struct isa_set *host, bool first)
{
	struct hpm_caps others = hpm_caps;

	probe(host);
	if (first)
		return;
	hpm_caps.counters &= others.counters;
	if (hpm_caps.offset != others.offset || hpm_caps.width != others.width)
		hpm_caps.counters = 0;
	hpm_caps.overflow = hpm_caps.overflow && others.overflow && hpm_caps.counters;
}
