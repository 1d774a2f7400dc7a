/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A core that does nothing but take notes, so that the guest room can be tested on the host: one VM
 * with some RAM, and for each function that the guest room calls a count and the last arguments.
 */
#ifndef NACRE_TESTS_FAKE_CORE_H
#define NACRE_TESTS_FAKE_CORE_H

#include <arch/guest_mem.h>
#include <core/console.h>
#include <core/vcpu.h>
#include <core/vm.h>

#define FAKE_RAM     (1U << 16)
#define FAKE_CONSOLE 4096
#define FAKE_VCPUS   200
#define FAKE_READS   4

struct fake_vcpu {
	unsigned ssip, fence_i, hfences, hfences_self, waits;
	struct hfence hfence; /* the last one */
	bool external;	      /* the level of VSEIP */
	long hsm_status;      /* what vcpu_hsm_status() gives */
};

/* A counter of the hart. Those that run can count event i while i < can. */
struct fake_hpm {
	struct hpm_event event;
	bool configured, started, overflown;
	uint64_t value;
};

struct fake {
	struct fake_hpm hpm[HPM_END];
	uint64_t hpm_can;
	bool hpm_pending, hpm_listens;
	unsigned exclusive; /* calls of vcpu_exclusive() */
	uint8_t user_pmm;   /* senvcfg.PMM */
	bool seeded; /* seed_bytes() has something to give */
	struct vm vm;
	struct vcpu vcpu[FAKE_VCPUS];
	struct vcpu *vcpus[FAKE_VCPUS];
	struct fake_vcpu on[FAKE_VCPUS];
	uint8_t *ram;

	unsigned injects; /* the calls, and the last one's arguments */
	uint64_t cause, stval;
	unsigned crashes;
	char crash[160], warning[256]; /* the last texts */
	unsigned waits, halts;
	enum vm_action action;
	unsigned timers;
	uint64_t timer;
	unsigned starts, stops, suspends;
	struct vcpu *started;
	gpa_t hsm_pc;
	uint64_t hsm_a1;
	bool hsm_reset;
	long start_error;
	uint64_t hvip;

	/* Guest virtual memory. */
	bool read_faults, fetch_faults;
	struct guest_fault fault;
	uint64_t read_value[FAKE_READS]; /* from here on upwards, in turn */
	gva_t read_addr;		 /* of the last read */
	unsigned reads, reads_ok;	 /* read_faults counts after so many */
	uint32_t insn;
	unsigned fetches;

	/* The console port. */
	const struct console_port_ops *port;
	void *port_ctx;
	uint8_t out[FAKE_CONSOLE], in[FAKE_CONSOLE];
	unsigned nout, room, nin, got;
	unsigned rests; /* asked for; the test itself calls port->rested */
};

extern struct fake fake;

/* Other RAM than FAKE_RAM bytes; what is not touched costs nothing. */
void fake_ram(uint64_t size);
/* A fresh VM of `vcpus` vcpus (1..FAKE_VCPUS); its devices are made by the caller. */
void fake_init(unsigned vcpus, enum vm_console console);
void fake_free(void);
/* Bytes arrive on the line. */
void fake_input(const void *bytes, unsigned n);
/* The line can take so many more bytes. */
void fake_room(unsigned n);

#endif
