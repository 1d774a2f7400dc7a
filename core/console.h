/* SPDX-License-Identifier: BSD-2-Clause */
/* What console.c (the line and output) and console_input.c share. Everything is under `lock`. */
#ifndef CONSOLE_PRIVATE_H
#define CONSOLE_PRIVATE_H

#include <arch/atomic.h>
#include <core/console.h>
#include <core/prefix.h>
#include <core/ring.h>

#include "serial.h"

#define PORT_NAME_MAX 32
#define PORT_OUT_SIZE 16384 /* output kept of a port that has not the line */
#define PORT_IN_SIZE  4096

struct console_port {
	struct console_port *next; /* all ports, in order of creation */
	char name[PORT_NAME_MAX];
	const struct console_port_ops *ops;
	void *ctx;
	bool refused;	 /* console_port_put() said false: ops->output is owed */
	struct ring out; /* not yet written to the device */
	struct ring in;
	unsigned rest; /* polls to come until ops->rested */
	struct prefix_writer prefix;
	uint8_t out_buf[PORT_OUT_SIZE];
	uint8_t in_buf[PORT_IN_SIZE];
};

struct console {
	struct spinlock lock;
	struct serial serial;
	struct console_port *ports;
	struct console_port *focused;
	struct console_port own; /* the monitor's, in no list */
	const char *first;	 /* whose port gets the line when it is made, or NULL: the first */
	bool prefix;		 /* mode: all ports write, each line prefixed */
	bool monitor;		 /* the monitor is open: ports' output is kept */
	bool packets;		 /* the line is a debugger's: ports' output is kept */
	unsigned untold;	 /* lines of the log since then */
	bool torn;
	/* Output. */
	struct console_port *line; /* may write to the device now: the monitor's while that is open;
				      NULL in prefix mode */
	struct console_port *shown; /* had the line last */
	struct prefix_wire wire;
	/* Input. */
	uint8_t escape;
	bool input_on;
	bool rx_stopped; /* the receive interrupt is masked: the focused port's ring is full */
	int held;	 /* the byte that did not fit, or -1 */
};

extern struct console console;

/* With the lock held. */
void console_hand_line(
	void); /* `line` and what it shows, after a change of focus, mode or monitor */
void console_fresh_line(void);
void console_drain(void); /* output to the device, as much as it takes now */
/* Without: the line becomes a debugger's, or is so no more. */
void console_set_packets(bool on);
/* Without: ports that were refused and have room now get their ops->output. */
void console_call_refused(void);

#endif
