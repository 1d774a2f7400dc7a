/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls down to the firmware: SBI specification, chapter "Binary Encoding". */
#include <arch/mmu.h>
#include <arch/sbi.h>
#include <spec/sbi.h>

struct sbiret sbi_call(uint64_t eid, uint64_t fid, uint64_t arg0, uint64_t arg1, uint64_t arg2)
{
	register uint64_t a0 __asm__("a0") = arg0;
	register uint64_t a1 __asm__("a1") = arg1;
	register uint64_t a2 __asm__("a2") = arg2;
	register uint64_t a6 __asm__("a6") = fid;
	register uint64_t a7 __asm__("a7") = eid;

	__asm__ volatile("ecall" : "+r"(a0), "+r"(a1) : "r"(a2), "r"(a6), "r"(a7) : "memory");
	return (struct sbiret){(long)a0, (long)a1};
}

struct sbiret sbi_call5(uint64_t eid, uint64_t fid, const uint64_t a[5])
{
	register uint64_t a0 __asm__("a0") = a[0];
	register uint64_t a1 __asm__("a1") = a[1];
	register uint64_t a2 __asm__("a2") = a[2];
	register uint64_t a3 __asm__("a3") = a[3];
	register uint64_t a4 __asm__("a4") = a[4];
	register uint64_t a6 __asm__("a6") = fid;
	register uint64_t a7 __asm__("a7") = eid;

	__asm__ volatile("ecall"
			 : "+r"(a0), "+r"(a1)
			 : "r"(a2), "r"(a3), "r"(a4), "r"(a6), "r"(a7)
			 : "memory");
	return (struct sbiret){(long)a0, (long)a1};
}

bool sbi_probe(uint64_t eid)
{
	struct sbiret r = sbi_call(SBI_EXT_BASE, SBI_BASE_PROBE_EXTENSION, eid, 0, 0);

	return r.error == SBI_SUCCESS && r.value != 0;
}

void sbi_set_timer(uint64_t time)
{
	sbi_call(SBI_EXT_TIME, SBI_TIME_SET_TIMER, time, 0, 0);
}

void sbi_send_ipi(uint64_t hartid)
{
	sbi_call(SBI_EXT_IPI, SBI_IPI_SEND_IPI, 1, hartid, 0);
}

long sbi_hart_start(uint64_t hartid, hpa_t addr, uint64_t opaque)
{
	return sbi_call(SBI_EXT_HSM, SBI_HSM_HART_START, hartid, addr.v, opaque).error;
}

void sbi_shutdown(bool failure)
{
	sbi_call(SBI_EXT_SRST, SBI_SRST_RESET, SBI_SRST_TYPE_SHUTDOWN,
		 failure ? SBI_SRST_REASON_SYSTEM_FAILURE : SBI_SRST_REASON_NONE, 0);
	sbi_call(SBI_LEGACY_SHUTDOWN, 0, 0, 0, 0);
}

void sbi_putchar(uint8_t c)
{
	if (sbi_call(SBI_EXT_DBCN, SBI_DBCN_WRITE_BYTE, c, 0, 0).error != SBI_SUCCESS)
		sbi_call(SBI_LEGACY_CONSOLE_PUTCHAR, 0, c, 0, 0);
}

int sbi_getchar(void)
{
	static uint8_t byte;
	hpa_t p;
	struct sbiret r;

	p = virt_to_phys(&byte);
	r = sbi_call(SBI_EXT_DBCN, SBI_DBCN_READ, 1, p.v, 0);
	if (r.error == SBI_SUCCESS)
		return r.value == 1 ? *(volatile uint8_t *)&byte : -1;
	r = sbi_call(SBI_LEGACY_CONSOLE_GETCHAR, 0, 0, 0, 0);
	return r.error >= 0 && r.error <= 255 ? (int)r.error : -1;
}
