/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The real-time clock of QEMU's virt machine. Nacre does not want to know the time: it wants a
 * source of interrupts that is pending for good, with which harts can ring one another through
 * their interrupt controller (struct irqchip, bells), without the firmware. The alarm of a time
 * that has passed is one, for as long as nobody clears it.
 *
 * Registers: Android's GOLDFISH-VIRTUAL-HARDWARE.TXT, "Goldfish real-time clock".
 */
#include <libfdt.h>

#include <arch/io.h>
#include <arch/mmu.h>
#include <core/driver.h>
#include <core/errno.h>
#include <core/irq.h>
#include <core/log.h>

#include "probes.h"

#define RTC_ALARM_LOW	    0x08 /* a write sets the alarm, in nanoseconds since 1970 */
#define RTC_ALARM_HIGH	    0x0c
#define RTC_IRQ_ENABLED	    0x10
#define RTC_CLEAR_INTERRUPT 0x1c
#define RTC_SIZE	    0x20

static volatile uint8_t *rtc;

static void alarm(void *arg)
{
	(void)arg;
	io_write32(rtc + RTC_CLEAR_INTERRUPT, 1);
	io_write32(rtc + RTC_ALARM_HIGH, 0);
	io_write32(rtc + RTC_ALARM_LOW, 0);
}

int goldfish_rtc_probe(const void *fdt, int node)
{
	uint32_t parent, irq;
	uint64_t addr, size;
	int rc = fdt_reg(fdt, node, &addr, &size);

	if (!rc)
		rc = fdt_interrupt(fdt, node, &parent, &irq);
	if (rc)
		return rc;
	if (size < RTC_SIZE)
		return -NACRE_ERANGE;
	rtc = mmu_map_device(hpa(addr), size);
	if (!rtc)
		return -NACRE_ENOMEM;
	rc = irq_ring_with(parent, irq, alarm, NULL);
	if (rc)
		return rc;
	io_write32(rtc + RTC_IRQ_ENABLED, 1);
	alarm(NULL);
	log_info("%s: harts interrupt each other without the firmware",
		 fdt_get_name(fdt, node, NULL));
	return 0;
}
