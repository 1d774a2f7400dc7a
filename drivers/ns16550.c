/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ns16550a UARTs and their relative, the DesignWare APB UART: the host's console, and a second
 * line.
 *
 * Speed and line format stay as the firmware has set them, unless somebody asks for others. A
 * device is touched with its user's lock held only (console_dev), except in the probe. Binding:
 * Linux serial/8250.yaml, serial/snps-dw-apb-uart.yaml; registers: PC16550D data sheet.
 */
#include <libfdt.h>

#include <arch/io.h>
#include <arch/mmu.h>
#include <core/console.h>
#include <core/driver.h>
#include <core/errno.h>
#include <core/irq.h>
#include <core/log.h>
#include <spec/uart.h>

#include "probes.h"

/* DesignWare: raised by a write to LCR while busy, taken back by reading USR. Nacre may inherit one
 * from the firmware. */
#define DW_IIR_BUSY 0x07
#define DW_USR	    31

struct uart {
	volatile uint8_t *base; /* of register 0 */
	unsigned shift;		/* register n is at n << shift */
	bool wide;		/* registers take 32-bit accesses only */
	bool dw;
	uint8_t ier;
	uint8_t room;	/* bytes that the transmitter surely takes without another look at LSR */
	uint8_t fifo;	/* its depth */
	uint32_t clock; /* Hz; 0: not told */
};

static struct uart uarts[2];
static unsigned uart_count;

static uint8_t reg_read(const struct uart *u, unsigned reg)
{
	const volatile uint8_t *p = u->base + (reg << u->shift);

	return u->wide ? (uint8_t)io_read32(p) : io_read8(p);
}

static void reg_write(const struct uart *u, unsigned reg, uint8_t v)
{
	volatile uint8_t *p = u->base + (reg << u->shift);

	if (u->wide)
		io_write32(p, v);
	else
		io_write8(p, v);
}

static int uart_get(void *dev)
{
	struct uart *u = dev;

	return reg_read(u, UART_LSR) & UART_LSR_DR ? reg_read(u, UART_RBR) : -1;
}

/* THRE says that the whole FIFO is empty, so one look is good for as many bytes as it holds. */
static bool uart_put(void *dev, uint8_t c)
{
	struct uart *u = dev;

	if (u->room == 0 && reg_read(u, UART_LSR) & UART_LSR_THRE)
		u->room = u->fifo;
	if (u->room == 0)
		return false;
	u->room--;
	reg_write(u, UART_THR, c);
	return true;
}

static void set_ier(struct uart *u, uint8_t bit, bool on)
{
	u->ier = on ? u->ier | bit : u->ier & (uint8_t)~bit;
	reg_write(u, UART_IER, u->ier);
}

static void uart_rx_irq(void *dev, bool on)
{
	set_ier(dev, UART_IER_RDI, on);
}

static void uart_tx_irq(void *dev, bool on)
{
	set_ier(dev, UART_IER_THRI, on);
}

/*
 * No look at IIR is needed on a 16550: a received byte is acknowledged by reading it, THRE by a
 * byte written or by switching its interrupt off, and console_irq() leaves nothing else. The
 * DesignWare one can also be busy, or time out with an empty FIFO until a byte is read all the
 * same.
 */
static void uart_irq(void *dev)
{
	struct uart *u = dev;

	if (u->dw) {
		uint8_t id = reg_read(u, UART_IIR) & UART_IIR_ID_MASK;

		if (id == DW_IIR_BUSY)
			reg_read(u, DW_USR);
		else if (id == UART_IIR_TIMEOUT && !(reg_read(u, UART_LSR) & UART_LSR_DR))
			reg_read(u, UART_RBR);
	}
	console_irq(u);
}

/* Off by 3 % at most, which is what a receiver can bear. */
static int uart_speed(void *dev, uint32_t bps)
{
	struct uart *u = dev;
	uint64_t unit = 16 * (uint64_t)bps, divisor, off;

	if (!u->clock || !bps)
		return -NACRE_ENOTSUP;
	divisor = (u->clock + unit / 2) / unit;
	off = divisor * unit > u->clock ? divisor * unit - u->clock : u->clock - divisor * unit;
	if (divisor < 1 || divisor > 0xffff || off * 100 > 3 * (uint64_t)u->clock)
		return -NACRE_ERANGE;
	reg_write(u, UART_LCR, UART_LCR_DLAB | UART_LCR_8N1);
	reg_write(u, UART_DLL, (uint8_t)divisor);
	reg_write(u, UART_DLM, (uint8_t)(divisor >> 8));
	reg_write(u, UART_LCR, UART_LCR_8N1);
	return 0;
}

/* FIFO on; a byte in it before (typed ahead) stays when the firmware had it on. Interrupts off at
 * the device. */
static int uart_init(struct uart *u)
{
	uint8_t lcr = reg_read(u, UART_LCR);

	if (reg_read(u, UART_LSR) == 0xff)
		return -NACRE_ENOENT; /* a bus without a device reads as ones */
	if (lcr & UART_LCR_DLAB)
		reg_write(u, UART_LCR, lcr & (uint8_t)~UART_LCR_DLAB);
	reg_write(u, UART_IER, 0);
	reg_write(u, UART_FCR, UART_FCR_ENABLE);
	reg_write(u, UART_MCR, UART_MCR_DTR | UART_MCR_RTS | UART_MCR_OUT2);
	u->fifo = (reg_read(u, UART_IIR) & UART_IIR_FIFO) == UART_IIR_FIFO ? UART_FIFO_SIZE : 1;
	return 0;
}

static int uart_map(struct uart *u, const void *fdt, int node)
{
	uint32_t width = fdt_u32(fdt, node, "reg-io-width", 1);
	uint32_t offset = fdt_u32(fdt, node, "reg-offset", 0);
	uint64_t addr, size;
	int rc = fdt_reg(fdt, node, &addr, &size);

	if (rc)
		return rc;
	u->shift = fdt_u32(fdt, node, "reg-shift", 0);
	u->clock = fdt_u32(fdt, node, "clock-frequency", 0);
	u->wide = width == 4;
	u->dw = !fdt_node_check_compatible(fdt, node, "snps,dw-apb-uart");
	if ((width != 1 && width != 4) || u->shift > 4 || (u->wide && u->shift < 2))
		return -NACRE_ENOTSUP;
	if (offset >= size || size - offset < (uint64_t)UART_NREGS << u->shift ||
	    (u->wide && !IS_ALIGNED(addr + offset, 4)))
		return -NACRE_EINVAL;
	u->dw &= size - offset > (uint64_t)DW_USR << u->shift;
	u->base = mmu_map_device(hpa(addr), size);
	if (!u->base)
		return -NACRE_ENOMEM;
	u->base += offset;
	return uart_init(u);
}

int ns16550_probe(const void *fdt, int node)
{
	struct uart *u = &uarts[uart_count];
	struct console_dev dev = {
		.name = "ns16550", .get = uart_get, .put = uart_put, .speed = uart_speed, .dev = u};
	uint32_t parent, irq;
	int rc;

	if (uart_count == ARRAY_SIZE(uarts))
		return -NACRE_ENOMEM;
	rc = uart_map(u, fdt, node);
	if (rc)
		return rc;
	uart_count++;
	rc = fdt_interrupt(fdt, node, &parent, &irq);
	if (!rc)
		rc = irq_request(parent, irq, uart_irq, u);
	if (rc) {
		log_warn("%s: no interrupt (%s): polled", fdt_get_name(fdt, node, NULL),
			 nacre_strerror(rc));
	} else {
		dev.rx_irq = uart_rx_irq;
		dev.tx_irq = uart_tx_irq;
	}
	console_add_dev(&dev);
	return 0;
}
