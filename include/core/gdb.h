/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The GDB remote serial protocol ("Debugging with GDB", appendix E), as a stub: bytes of the wire
 * in, bytes out, and what a debugger wants of the guests through a table. Guests are processes,
 * their vcpus threads, all-stop. The wire is not to be trusted: noise is dropped or refused.
 *
 * gdb_wire.c has the packets, gdb.c the commands, gdb_xml.c the descriptions.
 */
#ifndef NACRE_CORE_GDB_H
#define NACRE_CORE_GDB_H

#include <core/types.h>

#define GDB_PACKET  4096 /* bytes between $ and #, both ways */
#define GDB_REG_MAX 1024 /* bytes of a register: what fits into a packet, and some */
#define GDB_G_REGS  33	 /* x0 to pc: what "g" tells; GDB asks for others one by one */

#define GDB_ALL UINT32_MAX

struct gdb_thread {
	uint32_t pid, tid; /* from 1 on; 0: any; GDB_ALL */
};

enum gdb_why {
	GDB_WHY_ATTACHED,
	GDB_WHY_INTERRUPT, /* Ctrl-C */
	GDB_WHY_STEP,
	GDB_WHY_BREAK, /* the four kinds that have their own word in a stop reply: */
	GDB_WHY_EXEC,
	GDB_WHY_WRITE,
	GDB_WHY_READ,
	GDB_WHY_ACCESS,
	GDB_WHY_EXITED, /* the process is no more */
	GDB_WHY_CRASHED,
};

struct gdb_stop {
	enum gdb_why why;
	struct gdb_thread t;
	uint64_t addr; /* of the data, for the watchpoints */
};

enum gdb_reg_kind { GDB_REG_CPU, GDB_REG_FPU, GDB_REG_CSR, GDB_REG_VIRTUAL, GDB_REG_VECTOR };

struct gdb_reg {
	const char *name;
	unsigned size; /* bytes */
	enum gdb_reg_kind kind;
};

/* What the stub works on. Numbers are 0 or -NACRE_E*. */
struct gdb_ops {
	void (*put)(void *ctx, uint8_t byte); /* on the wire */
	/* The thread after *t, of the processes attached to; the first if t->pid is 0. */
	bool (*next_thread)(void *ctx, struct gdb_thread *t);
	/* For a person: "alpha vcpu 1, running". */
	void (*thread_text)(void *ctx, struct gdb_thread t, char *buf, size_t size);
	/* The process for a debugger that names none; 0: there is none. */
	uint32_t (*first)(void *ctx);
	/* Asks all of a process, or of all attached to, to stop: gdb_stopped() follows. */
	int (*attach)(void *ctx, uint32_t pid);
	void (*interrupt)(void *ctx);
	/* Stopped threads go on ('c'), take a step ('s') or stay ('t') when go() is called. */
	void (*act)(void *ctx, struct gdb_thread t, char action);
	void (*go)(void *ctx);
	int (*detach)(void *ctx, uint32_t pid);
	int (*kill)(void *ctx, uint32_t pid);
	/* Bytes copied, at least 1. */
	long (*read)(void *ctx, struct gdb_thread t, uint64_t addr, void *buf, size_t n);
	long (*write)(void *ctx, struct gdb_thread t, uint64_t addr, const void *buf, size_t n);
	/* false: no register has that number, nor a higher one. size 0: left out. */
	bool (*reg)(void *ctx, unsigned n, struct gdb_reg *out);
	/* reg.size bytes. */
	int (*get)(void *ctx, struct gdb_thread t, unsigned n, void *buf);
	int (*set)(void *ctx, struct gdb_thread t, unsigned n, const void *buf);
	/* type as in Z packets. */
	int (*point)(void *ctx, struct gdb_thread t, bool insert, unsigned type, uint64_t addr,
		     uint64_t len);
	/* Runs a command line, and hands what it prints to gdb_print(). */
	void (*command)(void *ctx, char *text);
	/* Whether addresses are physical; changes it unless set is NULL. */
	bool (*physical)(void *ctx, const bool *set);
};

/* ---- The wire ---- */

enum gdb_event {
	GDB_NONE,
	GDB_COMMAND,   /* in[0..len) is a packet's content, NUL-terminated */
	GDB_INTERRUPT, /* Ctrl-C between packets */
	GDB_STRAY,     /* a byte between packets that is none of the protocol's */
};

struct gdb_wire {
	const struct gdb_ops *ops;
	void *ctx;
	enum { GDB_IDLE, GDB_BODY, GDB_ESCAPED, GDB_SUM1, GDB_SUM2 } state;
	bool no_ack, overflow;
	bool unheard;	 /* no ack has come since the last packet was sent */
	unsigned echoes; /* of the one that it answers */
	uint8_t sum, want;
	unsigned len, out_len;
	uint8_t in[GDB_PACKET + 1];
	uint8_t out[GDB_PACKET]; /* the last packet sent, for "-" */
};

void gdb_wire_init(struct gdb_wire *w, const struct gdb_ops *ops, void *ctx);
enum gdb_event gdb_wire_byte(struct gdb_wire *w, uint8_t c);
/* Sends out[0..out_len). */
void gdb_wire_send(struct gdb_wire *w);

/*
 * Finds the beginning of a debugger's session among what people type: its first packet, which asks
 * for qSupported (any: any packet). Bytes that may belong to it are held back.
 */
#define GDB_HELD_MAX 1024
struct gdb_detect {
	unsigned n;
	bool likely; /* after GDB_MAYBE: hardly anybody types that and then waits */
	uint8_t held[GDB_HELD_MAX];
};
enum gdb_found { GDB_NO, GDB_MAYBE, GDB_YES };
/* GDB_NO: held[0..n), c being the last of them, are no debugger's: take them, and set n to 0.
 * GDB_MAYBE: c is held. GDB_YES: likewise, and held is the packet, with acks before it. */
enum gdb_found gdb_detect(struct gdb_detect *d, uint8_t c, bool any);
/* Answers a packet by an error with that text, which GDB shows; none of it needs an escape. */
void gdb_refuse(void (*put)(uint8_t byte), const char *why);

/* ---- The stub ---- */

struct gdb {
	struct gdb_wire wire;
	bool extended;		   /* may be attached to nothing */
	bool running;		   /* a stop reply is owed, */
	bool talks;		   /* and text may come before it */
	struct gdb_thread current; /* of the last stop */
	struct gdb_thread chosen;  /* Hg */
};

void gdb_init(struct gdb *g, const struct gdb_ops *ops, void *ctx);
/* false: a byte that is none of the protocol's. */
bool gdb_byte(struct gdb *g, uint8_t c);
/* All threads have stopped, or a process has ended. Only after they were let go (running). */
void gdb_stopped(struct gdb *g, const struct gdb_stop *stop);
/* Text for the person, from go() to gdb_stopped() or inside command(). */
void gdb_print(struct gdb *g, const void *text, size_t n);

/* ---- gdb_xml.c ---- */

/* A part of a text: bytes [skip, skip + room) of all that is written. */
struct gdb_window {
	uint64_t skip;
	size_t room, n;
	bool more;
	uint8_t *buf;
};
void gdb_xml_target(struct gdb_window *w, const struct gdb_ops *ops, void *ctx);
void gdb_xml_threads(struct gdb_window *w, const struct gdb_ops *ops, void *ctx);

#endif
