/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * struct vcpu and its run loop, the only code that enters a guest.
 *
 * Only the hart that runs a vcpu touches its registers. Others set a request bit, push an hfence or
 * raise a line, and then kick: vcpu_kick().
 */
#ifndef NACRE_CORE_VCPU_H
#define NACRE_CORE_VCPU_H

#include <arch/atomic.h>
#include <arch/fpu.h>
#include <arch/hext.h>
#include <arch/hfence.h>
#include <arch/vmid.h>
#include <core/trace.h>
#include <core/vcpu_hpm.h>
#include <guest/vpmu.h>

struct bus_range;
struct vm;
struct cpu;

/* Request bits: set by any hart, consumed by the owner before the next entry. */
#define VCPU_REQ_LEAVE	 BIT(0) /* back to the scheduler: halted or moved */
#define VCPU_REQ_RESET	 BIT(1) /* start at start_pc with (id, start_a1) */
#define VCPU_REQ_HFENCE	 BIT(2) /* drain the queue */
#define VCPU_REQ_FENCE_I BIT(3)
#define VCPU_REQ_LINES	 BIT(4) /* lines or ssip changed */

#define VCPU_REQ_EXCLUSIVE BIT(5) /* stay out of the guest while vm->exclusive */
#define VCPU_REQ_CALL	   BIT(6) /* vcpu_call() waits */

/* Why no exit may be answered in the trap itself (ctx.fast). */
#define VCPU_SLOW_COUNTS 1 /* its events are counted */
#define VCPU_SLOW_L2	 2 /* a guest of the guest runs */
#define VCPU_SLOW_LINES	 4 /* interrupt lines may lead to a trap by injection */

/* What a guest has asked of SBI, without what was answered in the trap. */
#define VCPU_SBI_EXTS	   12 /* rows; the last is of extensions that are not there */
#define VCPU_SBI_FUNCTIONS 16 /* the last stands for all from there on */
#define VCPU_SBI_REFUSED   4

struct vcpu_sbi {
	struct {
		uint64_t eid; /* of the last call */
		uint32_t calls[VCPU_SBI_FUNCTIONS];
		uint32_t errors;
	} ext[VCPU_SBI_EXTS];
	struct {
		uint64_t eid, fid, arg, pc;
		uint64_t at; /* sbi_calls then */
		int64_t error;
	} refused[VCPU_SBI_REFUSED]; /* the last ones: refusals % VCPU_SBI_REFUSED is next */
	uint64_t refusals;
};

enum vcpu_state {
	V_OFF,	   /* stopped by HSM, or its VM is off */
	V_BLOCKED, /* waits for an interrupt */
	V_READY,   /* in a hart's queue */
	V_RUNNING, /* on a hart */
};

struct vcpu;

/* What the boot hart wants to be done with a vcpu's registers, while it waits for that. */
struct vcpu_call {
	void (*fn)(struct vcpu *v, void *arg); /* NULL: nothing */
	void *arg;
	uint32_t done; /* atomic */
};

/*
 * What depends on who runs on the vcpu: the guest, or (with nested virtualization) a guest of the
 * guest. The vcpu is loaded, where nothing else is said.
 */
struct vcpu_ops {
	/* An exit: true to resume the guest, false to go back to the scheduler. */
	bool (*exit)(struct vcpu *v, const struct vcpu_exit *e);
	/* v->lines or v->ssip changed, or a timer event came. */
	void (*lines)(struct vcpu *v);
	/* A counter of the guest has overflown: LCOFI. */
	void (*overflow)(struct vcpu *v);
	/* A request for the guest, or (h->l2) for its guests, from any of its vcpus. */
	void (*hfence)(struct vcpu *v, const struct hfence *h);
	/* The guest's context has just been loaded, or is about to be put away. */
	void (*load)(struct vcpu *v);
	void (*put)(struct vcpu *v);
	/* The vcpu becomes as new; loaded or not. */
	void (*reset)(struct vcpu *v);
	/* Who looks into the vcpu finds in memory the CSRs that go with its general registers here, or
	 * (NULL) in its context; */
	struct world *(*world)(struct vcpu *v);
	/* and its physical addresses go through this stage to the guest's. Loaded or not; nothing is
	 * changed. False: not mapped. NULL: they are the guest's. */
	bool (*to_guest)(const struct vcpu *v, gpa_t in, gpa_t *out);
	/* Something is pending that ends a wait. */
	bool (*pending)(struct vcpu *v);
	/* The vcpu has Sstc, waits and is on no hart: the guest time at which a timer of its own ends
	 * that; UINT64_MAX: none. */
	uint64_t (*wakes_at)(const struct vcpu *v);
};

struct vcpu {
	struct hext_ctx ctx; /* first: switch.S */
	struct vm *vm;
	const struct vcpu_ops *ops;
	void *nested;	   /* guest/nested's own; NULL without H */
	unsigned id;	   /* hartid for the guest */
	uint32_t trace_kinds; /* atomic; what is recorded, bit TRACE_* */
	uint64_t affinity; /* bit per hart index it may run on */

	/* Any hart; atomic. */
	uint64_t requests;
	uint32_t in_guest; /* 1 from before the last look at requests until the run loop has it
			      again */
	uint32_t exit_seq; /* + 1 whenever in_guest becomes 0 */
	uint64_t lines;	   /* levels of VSEIP and VSTIP (without Sstc) */
	uint32_t ssip;	   /* an IPI arrived */
	uint32_t trace_who; /* vm | vcpu << 16; constant */

	struct vcpu_call call; /* set under sched_lock while V_RUNNING, taken by the owner */

	struct spinlock fence_lock; /* inside nothing; nothing inside */
	struct hfence_queue fences;

	/* Under sched_lock. */
	enum vcpu_state state;
	unsigned hsm; /* SBI_HSM_STATE_* */
	gpa_t start_pc;
	uint64_t start_a1;
	struct cpu *cpu;    /* home hart */
	struct vcpu *next;  /* in cpu->ready */
	uint64_t timer;	    /* host time of the next timer event, TIMER_NEVER */
	struct vcpu *tnext; /* in cpu->timers */
	bool timer_queued;
	bool held; /* by the debugger: on no hart and in no queue once its turn has ended */
	uint64_t vruntime;

	/* The debugger's: the owner's while it runs, the boot hart's while it is held. */
	uint8_t stop_why;   /* enum debug_why */
	bool goes_on;	    /* after a step that concerns nobody */
	uint64_t stop_addr; /* guest virtual, of the access */

	/* The owner's. */
	bool stop;	    /* the turn ends */
	bool waiting;	    /* in WFI or HSM suspend: enter only when something is pending */
	bool suspend_reset; /* the wait is a non-retentive HSM suspend */
	uint8_t slow;	    /* VCPU_SLOW_* */
	const struct bus_range *last_range; /* guest room */
	struct vmid vmid;
	uint64_t run_start;
	uint64_t run_ticks;
	struct cpu *fp_cpu; /* the hart whose FP registers may still be this vcpu's, see
			       cpu->fp_owner */
	struct cpu *vector_cpu;
	struct fpu_state fp;
	struct vector_csrs vcsr;
	void *vregs; /* 32 * vlenb bytes, NULL without vector */
	struct vpmu pmu;
	uint64_t sbi_calls, mmio, injected;
	uint64_t mmio_last;    /* guest physical address of the last device access */
	uint64_t fences_in[8]; /* by NACL_HFENCE_* */
	struct vcpu_sbi sbi;
	/* Last: the offsets of the others matter. */
	struct vcpu_trace trace;
	struct vcpu_hpm hpm;
};

/* All in the context that follows from vm->isa; the vcpu is off. -NACRE_ENOMEM: no vector
 * registers. */
int vcpu_take_isa(struct vcpu *v);
/* Pages behind vregs. */
uint64_t vcpu_vregs_pages(void);
/* Makes a stopped vcpu as new; nobody else may know it then. */
void vcpu_reset_state(struct vcpu *v);
static inline void vcpu_slow(struct vcpu *v, unsigned why, bool on)
{
	v->slow = (uint8_t)(on ? v->slow | why : v->slow & ~why);
	v->ctx.fast = !v->slow;
}
/* One turn on the calling hart, from V_RUNNING until it must leave. */
void vcpu_run(struct vcpu *v);

/* From a handler of the loaded vcpu: stop the turn; the vcpu waits for an interrupt. */
void vcpu_wait(struct vcpu *v);

/* Any hart: sets request bits and, if it is in the guest, kicks its hart. Wakes nobody. */
void vcpu_request(struct vcpu *v, uint64_t bits);
/* The same without the kick: the hart to be kicked, or NULL. */
struct cpu *vcpu_ask(struct vcpu *v, uint64_t bits);
/*
 * The loaded vcpu, its registers perhaps not in its context: does what is asked of it, if it is
 * fences and interrupt lines. False: there is more, or another's turn; nothing is done.
 */
bool vcpu_settle(struct cpu *c, struct vcpu *v);
/* Any hart: an IPI (VSSIP); wakes. */
void vcpu_send_ssip(struct vcpu *v);
/* Any hart: level of VSEIP (IRQ_VSEI) or VSTIP (IRQ_VSTI); wakes when it rises. */
void vcpu_set_line(struct vcpu *v, unsigned irq, bool level);
/*
 * Any hart: an hfence for this vcpu. After vcpu_fence_wait() the vcpu runs no instruction with a
 * translation that the request covers.
 */
void vcpu_push_hfence(struct vcpu *v, const struct hfence *h);
void vcpu_push_fence_i(struct vcpu *v);
void vcpu_fence_wait(struct vcpu *v);
/* The loaded vcpu itself. */
void vcpu_hfence_self(struct vcpu *v, const struct hfence *h);

/* The calling hart runs no guest code until its run loop enters again: nobody need wait for this
 * vcpu, its own. */
void vcpu_leave_guest(struct vcpu *v);
/* The loaded vcpu: fn(arg) while no other vcpu of the VM runs guest code. fn is short and waits for
 * nobody. */
void vcpu_exclusive(struct vcpu *v, void (*fn)(void *), void *arg);
/*
 * The boot hart, with no lock: fn(v, arg) once, while v does not run and all of its registers are
 * in memory (v->ctx, fp, vregs); they may be changed. On whatever hart has them; fn is short and
 * takes no lock. Whoever runs goes on afterwards.
 */
void vcpu_call(struct vcpu *v, void (*fn)(struct vcpu *v, void *arg), void *arg);
/* The owner, with the registers in memory: carries out what vcpu_call() left. */
void vcpu_answer_call(struct vcpu *v);
/* The hart that has v loaded: fn(v, arg) as for vcpu_call(). */
void vcpu_call_loaded(struct vcpu *v, void (*fn)(struct vcpu *v, void *arg), void *arg);

/* The run loop, out of the guest: until nobody is exclusive. */
void vcpu_exclusive_wait(const struct vcpu *v);

/* The loaded vcpu's timer: guest time of the next event, UINT64_MAX for none. Clears a pending
 * VSTIP. */
void vcpu_set_timer(struct vcpu *v, uint64_t guest_time);
/* For struct vcpu_ops: what a guest without guests of its own needs. */
void vcpu_apply_lines(struct vcpu *v);
void vcpu_interrupt_overflow(struct vcpu *v);
void vcpu_nothing(struct vcpu *v);
bool vcpu_pending(struct vcpu *v);
uint64_t vcpu_wakes_at(const struct vcpu *v);

/* Makes sure of a VCPU_REQ_LINES when this time of the guest has come, while the loaded vcpu runs.
 */
void vcpu_watch_time(struct vcpu *v, uint64_t guest_time);
/* The guest's time now. */
uint64_t vcpu_time(const struct vcpu *v);
/*
 * vmid becomes valid on the calling hart. To be followed by vcpu_new_vmid() once it is in hgatp,
 * unless the answer is VMID_KEEP.
 */
enum vmid_answer vcpu_assign_vmid(struct vmid *vmid);
void vcpu_new_vmid(enum vmid_answer answer);

/* Delivers an exception to VS-mode of the loaded vcpu. */
void vcpu_inject(struct vcpu *v, uint64_t cause, uint64_t stval);

/* SBI HSM on any vcpu of the VM; SBI error codes. */
long vcpu_hsm_start(struct vcpu *v, gpa_t pc, uint64_t a1);
void vcpu_hsm_stop(struct vcpu *v); /* self; the handler then returns "stop the turn" */
long vcpu_hsm_status(struct vcpu *v);
void vcpu_hsm_suspend(struct vcpu *v, bool reset, gpa_t pc, uint64_t a1); /* self, likewise */

const char *vcpu_state_name(const struct vcpu *v);

/* A guest of the guest runs on it: its CSRs, with the registers in memory; else NULL. */
static inline struct world *vcpu_world(const struct vcpu *v)
{
	return v->ops->world ? v->ops->world((struct vcpu *)v) : NULL;
}

#endif
