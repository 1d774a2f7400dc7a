/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * "Why does my guest not boot?": from what was seen of a guest during a fraction of a second to a
 * few lines in plain words: what it is doing, and what the likely cause is. Knows nothing of how it
 * was seen; what a guest controls is only looked at, never followed.
 */
#ifndef NACRE_CORE_WHY_H
#define NACRE_CORE_WHY_H

#include <core/types.h>

#define WHY_VCPUS   8  /* the first ones are looked at */
#define WHY_SAMPLES 16 /* of each, at equal distances in time */
#define WHY_TEXT    120

enum why_state { WHY_OFF, WHY_RUNNING, WHY_PAUSED, WHY_CRASHED, WHY_STOPPED };

/* What an address is for the guest. */
enum why_place {
	WHY_RAM,
	WHY_DEVICE,   /* one that it has */
	WHY_NOTHING,  /* guest physical, but neither */
	WHY_UNMAPPED, /* by its own page tables */
};

struct why_vcpu {
	unsigned hsm;		  /* SBI_HSM_STATE_* */
	bool waiting;		  /* in wfi or suspended, at the last sample */
	uint64_t pc[WHY_SAMPLES]; /* the last one is of the moment of all that follows */
	uint64_t ra, sp;
	bool supervisor; /* in VS-mode */
	uint64_t sstatus, sie, sip, stvec, sepc, scause, stval, satp;
	bool timer; /* armed: a timer interrupt will come */
	enum why_place pc_place, stvec_place, sp_place, stval_place, sepc_place;
	uint32_t insn;	    /* at the pc, 0 where there is none */
	uint32_t sepc_insn; /* at sepc */
	bool pc_zeros;	    /* 16 bytes of zeros at the pc; */
	bool sepc_zeros, stvec_zeros;
	/* During the samples. */
	bool trap_loop; /* always the same exception, and the pc at it or in the handler */
	uint64_t sbi, mmio, faults; /* calls; device accesses; exceptions that Nacre delivered */
	uint64_t device;	    /* guest physical address of the last device access */
	/* Since the start. */
	uint64_t refusals;	  /* SBI calls */
	uint64_t calls_since;	  /* calls that went well since the last refusal */
	uint64_t recent_refusals; /* during the samples */
	uint64_t refused_eid, refused_fid;
	int64_t refused_error;
	char symbol[WHY_TEXT]; /* " <name+0x0>" of the pc, or "" */
};

struct why_guest {
	const char *name;
	enum why_state state;
	uint64_t boots;		/* so far */
	uint64_t since_boot_ms; /* since the last one */
	unsigned nvcpus;	/* of vcpu[] */
	uint64_t ram_base, ram_size;
	uint64_t kernel, kernel_size; /* where an Image header is; 0: nowhere */
	const char *bootargs;	      /* never NULL */
	bool has_initrd, has_console;
	bool has_f, has_v;
	bool linux_log; /* a printk ring was found */
	bool uart_used;
	/* Sources of the PLIC that vcpu 0 has enabled, a bit each, without the UART's: no device is
	 * behind them. The UART's: */
	unsigned missing_source; /* the lowest, 0: none */
	bool uart_enabled, uart_high, uart_claimed, uart_masked;
	char worst[WHY_TEXT]; /* the line of the guest's log that says most, or "" */
	char last[WHY_TEXT];  /* its last line */
	struct why_vcpu vcpu[WHY_VCPUS];
};

/* How much a line of a kernel's log says about its end: the greater the more, 0 nothing. */
unsigned why_weight(const char *line);

/* The diagnosis: lines that end in "\n". */
void why(const struct why_guest *g, char *out, size_t size);

#endif
