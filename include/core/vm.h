/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * struct vm: one guest. Memory and configuration are fixed from creation to destruction; a reboot
 * rebuilds their content.
 *
 * Life: VM_OFF -> vm_start -> VM_RUNNING -> vm_halt(action) -> (last vcpu has left its hart) -> the
 * action. A halted VM has no vcpu on any hart and in no queue, so the action may touch everything
 * of the VM without further locks.
 */
#ifndef NACRE_CORE_VM_H
#define NACRE_CORE_VM_H

#include <arch/amo_quick.h>
#include <arch/atomic.h>
#include <arch/gstage.h>
#include <arch/isa.h>
#include <core/bus.h>
#include <core/config.h>
#include <core/load.h>

struct vcpu;
struct vcpu_exit;
struct vcpu_ops;
struct vm_debug;
struct vm;

#define VM_NAME_MAX 32
#define VM_CHUNKS   64
#define VM_ISA_MAX  256 /* bytes of a request for an ISA that the monitor has changed */

/* Guest physical layout, the same for every guest (docs/configuration.md). */
#define VM_RAM_BASE  UINT64_C(0x80000000)
#define VM_PLIC_BASE UINT64_C(0x0c000000)
#define VM_UART_BASE UINT64_C(0x10000000)
#define VM_UART_IRQ  10

enum vm_state {
	VM_OFF, /* never started, or shut down */
	VM_RUNNING,
	VM_PAUSED,
	VM_CRASHED, /* ended by Nacre; can be reset */
};

/* What happens once every vcpu has left its hart. A later, larger one replaces a smaller one. */
enum vm_action {
	VM_ACT_NONE,
	VM_ACT_PAUSE,
	VM_ACT_REBOOT,
	VM_ACT_STOP,	 /* off, by a person: Nacre stays */
	VM_ACT_SHUTDOWN, /* off, by the guest: after the last one Nacre powers the machine down */
	VM_ACT_CRASH,
};

/* The interrupt controller and the serial port, as the monitor shows them. */
#define VM_IRQ_WORDS 4 /* sources 0..127, a bit each */

struct vm_irqs {
	uint32_t level[VM_IRQ_WORDS];	/* the devices' wires */
	uint32_t pending[VM_IRQ_WORDS]; /* and not yet claimed */
	uint32_t claimed[VM_IRQ_WORDS]; /* and not yet completed */
	uint32_t enabled[VM_IRQ_WORDS]; /* for the vcpu asked about */
	uint8_t priority[32 * VM_IRQ_WORDS];
	uint8_t threshold;
	bool uart_used;	   /* the guest has touched it since its start */
	uint8_t uart_ier;  /* its interrupt enable register */
	unsigned uart_out; /* bytes that it still holds */
};

enum vm_poke {
	VM_POKE_IRQ,   /* source n rises and falls again */
	VM_POKE_BREAK, /* on the serial line */
};

/* Given by the guest room; core knows no guest file. */
struct vm_ops {
	/* Once, at creation: devices. */
	int (*create)(struct vm *vm);
	/* RAM is zero: load the images, make the device tree, reset devices. *pc and *a1 for vcpu
	 * 0. */
	int (*build)(struct vm *vm, gpa_t *pc, uint64_t *a1);
	/* Of a new vcpu. */
	const struct vcpu_ops *vcpu;
	/* The memory that the guest room needs for a vcpu of this ISA. It stays. 0 or
	 * -NACRE_ENOMEM. */
	int (*vcpu_memory)(struct vcpu *v, const struct isa_set *isa);
	void (*vcpu_free)(struct vcpu *v);
	/* The vcpu, which is off and has that memory, is given the VM's ISA. */
	void (*vcpu_take_isa)(struct vcpu *v);
	/* The VMID in the hgatp that a guest with H has. The calling vcpu, not within its guest. */
	unsigned (*vcpu_vmid)(const struct vcpu *v);
	/* Any hart, no lock held. */
	void (*irqs)(struct vm *vm, unsigned vcpu, struct vm_irqs *out);
	/* A person wants it. -NACRE_ENOENT: there is no such source or device. */
	int (*poke)(struct vm *vm, enum vm_poke what, unsigned n);
};

struct vm_chunk { /* a run of host memory behind guest RAM */
	hpa_t hpa;
	uint64_t offset; /* from the guest's RAM base */
	uint64_t size;
};

struct vm {
	struct vm *next; /* all VMs, in order of creation; none is ever taken out */
	/* What exits look at comes first, in reach of an instruction's offset. */
	const struct vm_ops *ops;
	struct vcpu **vcpu;
	unsigned nvcpus;
	struct spinlock dev_lock;	/* the VM's virtual devices */
	void *devices;			/* guest room */
	struct vm_debug *debug;		/* NULL: no debugger */
	uint64_t time_zero;		/* host time of the guest's time 0 */
	uint32_t exclusive;		/* atomic */
	struct spinlock exclusive_lock; /* outermost, of vcpu_exclusive() */
	struct bus bus;
	struct gstage gstage;

	char name[VM_NAME_MAX];
	struct vm_config cfg;
	struct bundle bundle; /* that it is started from, each time; stays in place */
	struct load loaded;   /* its own copy, when that came from the load area; else zero */
	struct isa_set isa;
	struct isa_set emulated;      /* of isa, what the host has not */
	bool emulates;		      /* some illegal instructions are to be carried out */
	char isa_request[VM_ISA_MAX]; /* cfg.isa points here once the monitor has changed it */

	uint64_t ram_size;
	struct vm_chunk chunk[VM_CHUNKS];
	struct amo_run run[VM_CHUNKS]; /* the same for <arch/amo_quick.h> */
	unsigned nchunks;
	uint64_t boots;
	uint64_t build_ticks; /* spent in zeroing and loading, all boots */

	/* Under sched_lock. */
	enum vm_state state;
	enum vm_action action;
	bool halted;	   /* no vcpu may be queued or run */
	bool busy;	   /* a hart carries out the action */
	bool starting;	   /* to be started at boot, and not yet tried */
	unsigned nrunning; /* vcpus that are on a hart now */

	unsigned number; /* 1.. in vm_list; constant */
};

extern struct vm *vm_list;

/*
 * Makes a VM (VM_OFF) from its configuration: memory, G-stage, vcpus, devices. 0 or -NACRE_E*, with
 * one line in the log that names node and property. Boot hart.
 */
int vm_create(const struct vm_config *cfg, const struct bundle *bundle, const struct vm_ops *ops,
	      struct vm **out);
/*
 * Gives a VM that is off another configuration of the same memory, vcpus, affinity and console. 0;
 * -NACRE_EBUSY: it is not off; -NACRE_EINVAL: those are not the same; or as vm_set_isa(). err has
 * one line then, and nothing has changed.
 */
int vm_replace(struct vm *vm, const struct vm_config *cfg, const struct bundle *bundle, char *err,
	       size_t errlen);
/* Keeps a VM that is off from being started by anybody. false: it is not off. */
bool vm_hold(struct vm *vm);
void vm_let_go(struct vm *vm);
/* Zeroes RAM, builds, starts vcpu 0. -NACRE_EBUSY unless VM_OFF or VM_CRASHED. */
int vm_start(struct vm *vm);
/* Ends the running of all vcpus, then does the action (perhaps on another hart, later). */
void vm_halt(struct vm *vm, enum vm_action action);
/* VM_PAUSED -> VM_RUNNING */
int vm_resume(struct vm *vm);

/* What the harts that the VM may run on all have, as far as the host lets guests use it. */
void vm_host_isa(const struct vm *vm, struct isa_set *out);
/*
 * Gives the VM, which is halted, the ISA of this request (isa_guest()): vm->isa, what is emulated,
 * and what follows in its vcpus. 0; or -NACRE_E*, err has one line, and nothing has changed.
 */
int vm_set_isa(struct vm *vm, const char *request, char *err, size_t errlen);
/* From the monitor, for a VM that is off: "+name,-name" more items, or a whole request. As
 * vm_set_isa(). */
int vm_change_isa(struct vm *vm, const char *change, char *err, size_t errlen);
/* isa_hidden_by(), on this host. */
enum isa_hide vm_isa_hidden_by(const struct vm *vm, enum isa_ext e);

struct vm *vm_by_name(const char *name);
const char *vm_state_name(const struct vm *vm);

/* Powers the machine down if no guest runs, is paused or is still to be started. */
void vm_power_off_if_last(bool failure);

/* Called by sched.c without locks when a halted VM's last vcpu has left. */
void vm_quiesced(struct vm *vm);

/*
 * Host address of guest RAM, or NULL when [gpa, gpa+size) is not wholly RAM in one run of host
 * memory; *run (if not NULL) gets the bytes usable from there. The content is shared with the
 * guest: read once, then check.
 */
void *vm_ram(const struct vm *vm, gpa_t gpa, uint64_t size);
/* Copies in and out of guest RAM across runs; -NACRE_EFAULT when any byte is outside RAM (nothing
 * is copied then). */
int vm_copy_to(struct vm *vm, gpa_t gpa, const void *src, uint64_t size);
int vm_copy_from(struct vm *vm, void *dst, gpa_t gpa, uint64_t size);
static inline bool vm_ram_contains(const struct vm *vm, gpa_t a, uint64_t size)
{
	return a.v >= VM_RAM_BASE && size <= vm->ram_size &&
	       a.v - VM_RAM_BASE <= vm->ram_size - size;
}

/*
 * This VM cannot go on through its own fault: a report on the console (why, vcpu, cause, address,
 * instruction, registers) and the VM ends; nobody else notices. For the vcpu that the calling hart
 * runs.
 */
void vm_crash(struct vcpu *v, const struct vcpu_exit *e, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif
