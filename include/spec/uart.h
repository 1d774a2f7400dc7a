/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The 16550A UART: register numbers and bits.
 *
 * Text: National Semiconductor PC16550D data sheet, section 8 (registers). Offsets are in
 * registers; a device tree's reg-shift and reg-io-width say how far apart they lie on the bus.
 */
#ifndef NACRE_SPEC_UART_H
#define NACRE_SPEC_UART_H

/* Registers. RBR/THR and IER give way to the divisor latch while LCR.DLAB is set. */
#define UART_RBR   0 /* read: receiver buffer */
#define UART_THR   0 /* write: transmitter holding */
#define UART_DLL   0 /* DLAB: divisor latch, low byte */
#define UART_IER   1 /* interrupt enable */
#define UART_DLM   1 /* DLAB: divisor latch, high byte */
#define UART_IIR   2 /* read: interrupt identification */
#define UART_FCR   2 /* write: FIFO control */
#define UART_LCR   3 /* line control */
#define UART_MCR   4 /* modem control */
#define UART_LSR   5 /* line status */
#define UART_MSR   6 /* modem status */
#define UART_SCR   7 /* scratch */
#define UART_NREGS 8

#define UART_FIFO_SIZE 16

#define UART_IER_RDI  0x01 /* received data, and the character timeout */
#define UART_IER_THRI 0x02 /* transmitter holding register empty */
#define UART_IER_RLSI 0x04 /* receiver line status */
#define UART_IER_MSI  0x08 /* modem status */
#define UART_IER_MASK 0x0f

/* IIR: what is pending, highest priority first, and whether the FIFOs are on. */
#define UART_IIR_RLSI	 0x06
#define UART_IIR_RDI	 0x04
#define UART_IIR_TIMEOUT 0x0c
#define UART_IIR_THRI	 0x02
#define UART_IIR_MSI	 0x00
#define UART_IIR_NO_INT	 0x01
#define UART_IIR_ID_MASK 0x0f
#define UART_IIR_FIFO	 0xc0

#define UART_FCR_ENABLE	       0x01 /* the other bits count only when this one is written as 1 */
#define UART_FCR_CLEAR_RX      0x02
#define UART_FCR_CLEAR_TX      0x04
#define UART_FCR_DMA	       0x08
#define UART_FCR_TRIGGER_SHIFT 6 /* 0..3: 1, 4, 8, 14 bytes */

#define UART_LCR_8N1   0x03
#define UART_LCR_BREAK 0x40
#define UART_LCR_DLAB  0x80

#define UART_MCR_DTR  0x01
#define UART_MCR_RTS  0x02
#define UART_MCR_OUT1 0x04
#define UART_MCR_OUT2 0x08
#define UART_MCR_LOOP 0x10
#define UART_MCR_MASK 0x1f

#define UART_LSR_DR	0x01 /* data ready */
#define UART_LSR_OE	0x02 /* overrun */
#define UART_LSR_PE	0x04 /* parity error */
#define UART_LSR_FE	0x08 /* framing error */
#define UART_LSR_BI	0x10 /* break */
#define UART_LSR_THRE	0x20 /* transmitter holding register (or FIFO) empty */
#define UART_LSR_TEMT	0x40 /* and the shift register too */
#define UART_LSR_FIFOE	0x80 /* at least one error in the RX FIFO */
#define UART_LSR_ERRORS 0x1e /* those that raise the line status interrupt */

#define UART_MSR_DCTS	0x01 /* CTS changed */
#define UART_MSR_DDSR	0x02 /* DSR changed */
#define UART_MSR_TERI	0x04 /* RI went from active to inactive */
#define UART_MSR_DDCD	0x08 /* DCD changed */
#define UART_MSR_CTS	0x10
#define UART_MSR_DSR	0x20
#define UART_MSR_RI	0x40
#define UART_MSR_DCD	0x80
#define UART_MSR_DELTAS 0x0f

#endif
