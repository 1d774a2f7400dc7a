/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The one line, shared: Nacre's log, the monitor and the guests' consoles. Each guest has a port;
 * one port has the line (focus). All functions may be called on any hart, unless they say
 * otherwise.
 *
 * Locks: those without a note take the console's lock only, so a VM's dev_lock may be held. "Calls
 * ports" means that ports' callbacks are run: the caller holds no lock.
 */
#ifndef NACRE_CORE_CONSOLE_H
#define NACRE_CORE_CONSOLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct console_config;
struct console_port;

/* A host UART, given by a driver. Its functions are called with the console's lock held. */
struct console_dev {
	const char *name;
	int (*get)(void *dev);		   /* a received byte, or -1 */
	bool (*put)(void *dev, uint8_t c); /* false: cannot take it now */
	void (*rx_irq)(void *dev,
		       bool on); /* NULL: no interrupt; the console polls from the timer */
	void (*tx_irq)(void *dev, bool on); /* NULL: output waits for the device */
	/* Bits per second, with 8 bits, no parity, one stop bit. NULL: it cannot be set. 0 or
	 * -NACRE_E*. */
	int (*speed)(void *dev, uint32_t bps);
	void *dev; /* each its own, not NULL if there are interrupts */
};
/* At boot. The first is the console, the second, if any, a debugger's line (core/gdb_line.c). */
void console_add_dev(const struct console_dev *d);
/* The device's interrupt: bytes to read or room to write. Boot hart only. Calls ports. */
void console_irq(void *dev);
/*
 * Called about every 10 ms on the boot hart when console_polls() says so: input without an
 * interrupt; in prefix mode the showing of unfinished lines; what the monitor refreshes. Calls
 * ports. Returns whether it is to be called again.
 */
bool console_poll(void);
bool console_polls(void); /* constant after console_configure() */

/* The guest's side of a port. Callbacks come without any console lock held. */
struct console_port_ops {
	void (*input)(void *ctx);  /* bytes wait: console_port_get() */
	void (*output)(void *ctx); /* there is room again after console_port_put() said false */
	void (*rested)(void *ctx); /* the time of console_port_rest() is over */
};
/* Boot hart. The name is copied. May get the line: console_configure(). NULL: no memory. */
struct console_port *console_port_new(const char *name, const struct console_port_ops *ops,
				      void *ctx);
/* One byte of guest output: printed or kept. false: no room now, ops->output will be called
 * (nothing is lost). */
bool console_port_put(struct console_port *p, uint8_t c);
/* One byte of input for the guest, or -1. */
int console_port_get(struct console_port *p);
/* ops->rested is called in 10 to 20 ms. A VM's dev_lock may be held. */
void console_port_rest(struct console_port *p);
const char *console_port_name(const struct console_port *p);
struct console_port *console_port_by_name(const char *name); /* NULL: none */

/*
 * Escape key, mode, and which port gets the line when it is made (else: the first that is made). At
 * boot, before the ports are made; cfg->focus must outlive that.
 */
void console_configure(const struct console_config *cfg);
/* Gives the port the line; shows the kept output. NULL: the line to nobody. Calls ports. */
void console_focus(struct console_port *p);
struct console_port *console_focused(void);

/*
 * Whole lines of Nacre's own; waits for the device. "\n" becomes "\r\n". They start at the left
 * margin: an unfinished line of a guest is broken off. What the guest with the line has written
 * before comes out before.
 */
void console_write(const char *s, size_t n);
/* From panic(): takes the device from whoever has it. */
void console_write_panic(const char *s, size_t n);
/* Waits until the device has taken all output of the guest with the line: before power-off. */
void console_flush(void);

/* One byte of the monitor's, while that is open. false: no room now, monitor_pump() will be called.
 */
bool console_monitor_put(uint8_t c);
/*
 * While the line is a debugger's (core/gdb_target.h): a byte for it, which waits for the device
 * only when very many do; and what the guest with the focus has printed since, which nobody else
 * sees. The other guests' output is kept as usual; this one's, too, but none of it is dropped: the
 * guest waits. The log's lines are in the log only.
 */
void console_packet_put(uint8_t c);
size_t console_take_output(char *text, size_t size);

/* A line of the log has broken off what the monitor had written since the last call of this. */
bool console_torn(void);

/* The monitor takes input bytes while it is open; core/monitor.c. No lock is held. */
void monitor_open(void);
bool monitor_input(uint8_t c); /* false: it wants to be closed */
void monitor_close(void);      /* all its output is on the wire then */
void monitor_pump(void);
/* About every 10 ms after console_need_poll(). false: no more of that, please. */
bool monitor_poll(void);
/* Likewise, and at once when a guest has stopped. */
bool monitor_debug_poll(void);
void console_need_poll(void);
/*
 * Runs a command line (which is cut into words) without the monitor being open; what it prints goes
 * to out, cut at size bytes. Boot hart only, no lock held. The number of bytes, no NUL among them.
 */
size_t monitor_capture(char *text, char *out, size_t size);

#endif
