/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The hypervisor extension as Nacre uses it: all state of a vcpu that differs while V=1, and the table of operations
 * ("back end") on it that is chosen once at boot: native CSRs and hfence instructions, or (when Nacre itself is a
 * guest) SBI NACL shared memory. Callers call through `hext`, a copy of the chosen table, so there is no test at run time.
 *
 * A context belongs to the hart that has loaded it; nobody else reads or writes it meanwhile.
 */
#ifndef NACRE_ARCH_HEXT_H
#define NACRE_ARCH_HEXT_H

#include <core/types.h>
#include <arch/amo_quick.h>
#include <arch/hfence.h>
#include <arch/isa.h>
#include <arch/world.h>
#include <spec/csr.h>
#include <spec/nacl.h>

#define REG_RA 1
#define REG_SP 2
#define REG_GP 3
#define REG_TP 4
#define REG_A0 10
#define REG_A1 11
#define REG_A6 16
#define REG_A7 17

/*
 * hedeleg: to VS-mode goes all that a guest's own kernel handles. Not delegated: its calls, guest page faults, virtual
 * instructions, hardware errors. Illegal instructions are named here, but most firmware keeps them (medeleg) and redirects
 * them to HS-mode, where they are injected.
 */
#define HEDELEG                                                                                    \
	(BIT(CAUSE_FETCH_MISALIGNED) | BIT(CAUSE_FETCH_ACCESS) | BIT(CAUSE_ILLEGAL) |              \
	 BIT(CAUSE_BREAKPOINT) | BIT(CAUSE_LOAD_MISALIGNED) | BIT(CAUSE_LOAD_ACCESS) |             \
	 BIT(CAUSE_STORE_MISALIGNED) | BIT(CAUSE_STORE_ACCESS) | BIT(CAUSE_ECALL_U) |              \
	 BIT(CAUSE_FETCH_PAGE_FAULT) | BIT(CAUSE_LOAD_PAGE_FAULT) | BIT(CAUSE_STORE_PAGE_FAULT) |  \
	 BIT(CAUSE_SOFTWARE_CHECK))

/* What a guest exit left behind, read once from the CSRs by the back end. */
struct vcpu_exit {
	uint64_t scause;
	uint64_t stval;
	uint64_t htval; /* guest physical address >> 2 of a guest page fault */
	uint64_t htinst;
};

/* Exits are counted per cause: exceptions 0..31, interrupts 32.. */
#define EXIT_IRQ    32
#define EXIT_COUNTS 48

struct hext_ctx {
	/* Kept live in the hart's registers while the guest runs; valid here after an exit. x[0] is unused. */
	uint64_t x[32];
	uint64_t sepc;
	uint64_t sstatus; /* SPP is the guest's privilege; FS and VS its dirty state */
	uint64_t hstatus; /* written at each entry, never read back */

	/* The host side, for the return from the guest. */
	uint64_t host_sp;
	uint64_t host_tp;

	struct vcpu_exit exit; /* the last one */
	/* What is called with it: vcpu_on_exit(), or something shorter that may go there. */
	bool (*on_exit)(struct hext_ctx *ctx, const struct vcpu_exit *e);

	uint64_t vcpu_id;
	uint64_t exits[EXIT_COUNTS];

	/* In the CSRs while loaded; valid here after hext->put(). */
	uint64_t vsstatus, vsie, vstvec, vsscratch, vsepc, vscause, vstval, vsatp;
	uint64_t vstimecmp;
	uint64_t hvip;
	uint64_t senvcfg, scounteren;

	/* Fixed for the vcpu's life, but hgatp, of which the vmid changes, and all of them when swap() changes sides. */
	uint64_t hgatp;
	uint64_t hedeleg;
	uint64_t hideleg;
	uint64_t henvcfg;
	uint64_t htimedelta;
	uint64_t hcounteren;
	uint64_t hvien; /* IP_LCOFI: Sscofpmf was given */
	uint64_t hstateen0; /* used where the host has Smstateen */
	struct amo_quick amo; /* the first run of its RAM, and what is carried out for it */
	bool sstc;   /* the guest has Sstc: its timer is vstimecmp, else one of core/sched.c's */
	bool fast;   /* the exits of hext_fast.c may be taken for this vcpu, and amo be used */
	bool emulate; /* illegal instructions come here first: some are carried out for the guest */
	bool debug; /* breakpoints come here first: a debugger may have set them */
	bool fpu;    /* the guest has F and D */
	bool vector; /* the guest has V */
};

/*
 * State that no Smstateen keeps guests from, although none is offered the extension. It is not kept for them, but cleared
 * before each of them, so that none leaves a message for the next.
 */
#define UNGUARDED_SISELECT BIT(0) /* Sscsrind, Ssaia: vsiselect */
#define UNGUARDED_CTR	   BIT(1) /* Ssctr: vsctrctl, sctrstatus, the records */
#define UNGUARDED_SCONTEXT BIT(2) /* Sdtrig */
#define UNGUARDED_JVT	   BIT(3) /* Zcmt */

/* What the back end keeps for each hart. struct cpu begins with it, so tp points at it. */
struct hext_hart {
	struct nacl_shmem *nacl;  /* shared with the hypervisor below; NULL without one */
	struct hext_ctx *loaded;
	/* To be synchronised before the guest goes on, if any is not 0 (switch_nacl.S looks at all three at once): */
	union {
		struct {
			uint16_t queued; /* TLB requests in entries */
			bool dirty;	 /* CSR words */
			bool swapped;	 /* the guest's hstatus is in the autoswap context */
		};
		uint32_t unsynced;
	};
	unsigned hint;		  /* where a free entry for a TLB request may be */
};

/* What this hart and its firmware offer; probed at boot (hext_probe()), the smallest over all harts. */
struct hext_caps {
	bool sstc;	    /* henvcfg.STCE sticks: vstimecmp works */
	bool svinval;
	bool stateen;	    /* hstateen0 exists */
	bool vector;	    /* sstatus.VS sticks */
	bool fpu;	    /* D, and sstatus.FS sticks */
	bool masks;	    /* some hart can mask pointers of VU-mode, told or not */
	uint8_t unguarded;  /* UNGUARDED_* */
	uint8_t nacl;	    /* features of nested acceleration: bit SBI_NACL_FEAT_* */
	uint8_t vmid_bits;  /* 0..14 */
	uint8_t asid_bits;  /* of vsatp, 0..16 */
	uint16_t gstage_modes; /* bit n: hgatp.MODE n translates (8 Sv39x4, 9 Sv48x4, 10 Sv57x4) */
	uint16_t vsatp_modes;  /* the same of vsatp */
	uint64_t henvcfg;   /* bits that can be set; of PMM in senvcfg, too */
	uint32_t vlenb;	    /* bytes of one vector register, 0 without vector */
};

struct hext_ops {
	const char *name;
	/* Makes ctx the hart's guest context: every CSR that differs while V=1. */
	void (*load)(struct hext_ctx *ctx);
	/* The opposite: what the guest may have changed goes back to ctx. */
	void (*put)(struct hext_ctx *ctx);
	/* Runs the guest until vcpu_on_exit() says false. Interrupts masked. */
	void (*enter)(struct hext_ctx *ctx);
	/* From on_exit(), in the place of a return of true: the guest goes on with these registers, x[0] to x[31], rather
	 * than with those of ctx. Returns or not, as is shorter. */
	void (*resume)(struct hext_ctx *ctx, const uint64_t *x);
	/* hvip: sets and clears lines of the loaded context. */
	void (*hvip_set)(struct hext_ctx *ctx, uint64_t set);
	void (*hvip_clear)(struct hext_ctx *ctx, uint64_t clear);
	uint64_t (*hvip_read)(struct hext_ctx *ctx);
	/* Interrupts pending and enabled in the loaded context: vsip & vsie. */
	uint64_t (*pending)(struct hext_ctx *ctx);
	void (*set_hgatp)(struct hext_ctx *ctx);
	/* hedeleg becomes ctx->hedeleg. */
	void (*set_hedeleg)(struct hext_ctx *ctx);
	/* Exchanges the loaded context, CSRs and members, with w. */
	void (*swap)(struct hext_ctx *ctx, struct world *w);
	uint64_t (*vsatp)(struct hext_ctx *ctx);
	uint64_t (*vsstatus)(struct hext_ctx *ctx);
	uint64_t (*vsepc)(struct hext_ctx *ctx);
	uint64_t (*vscause)(struct hext_ctx *ctx);
	void (*set_vstimecmp)(struct hext_ctx *ctx, uint64_t guest_time);
	uint64_t (*get_vstimecmp)(struct hext_ctx *ctx);
	/* Delivers an exception to VS-mode of the loaded context: cause and stval. */
	void (*inject)(struct hext_ctx *ctx, uint64_t cause, uint64_t stval);
	/* Before hlv, from the handler of an exit: it shall see the guest's memory as the guest does. */
	void (*access)(void);
	/* One request, narrowed to one VMID where the type names none: GVMA* to h->vmid, VVMA* to the loaded context's. */
	void (*hfence)(const struct hfence *h);
	/* G-stage entries of every VMID of this hart, at a generation change of its VMIDs. */
	void (*hfence_all)(void);
};

/*
 * Called by hext_fast.c, so the guest's registers are not in ctx; core/vcpu.c. True: the guest goes on. False: not for here,
 * nothing has been done that the long way would not do again.
 *
 * SBI send_ipi to vcpu `id` of the guest, which is not the caller.
 */
bool vcpu_on_ipi(struct hext_ctx *ctx, uint64_t id);
/* A software interrupt of the host, a kick. */
bool vcpu_on_kick(struct hext_ctx *ctx);

/*
 * Each exit that hext_fast.c does not answer, on the hart's own stack, called by the back end; core/vcpu.c. True: the guest
 * goes on with what is now in ctx.
 */
bool vcpu_on_exit(struct hext_ctx *ctx, const struct vcpu_exit *e);

extern struct hext_ops hext;
extern struct hext_caps hext_caps;

/* Features of nested acceleration from a list, "sync-csr,sync-sret"; another word ("off") is none. */
uint8_t hext_nacl_features(const char *list);

/* Options from Nacre's command line that make the host look poorer, for tests. */
struct hext_limits {
	int vmid_bits; /* -1: as probed */
	bool no_sstc, no_svinval;
	uint8_t nacl; /* features that may be used */
};

/*
 * Probes the calling hart and ANDs the result into hext_caps (first: starts it). `host` is the ISA that the host's
 * device tree tells, for what cannot be probed. False: this hart has no usable hypervisor extension.
 */
bool hext_probe(const struct isa_set *host, const struct hext_limits *lim, bool first);
/*
 * Constant hypervisor CSRs of the calling hart (hideleg, hstateen0, ...). If there is nested acceleration, shmem is its shared
 * memory, zeroed and page-aligned; with NULL, or if the hypervisor below does not take it, Nacre does without, on all harts.
 */
void hext_hart_init(struct hext_hart *h, struct nacl_shmem *shmem);
/* Chooses the back end; once, when all harts have been through the above. */
void hext_choose(void);
/* Of what could go to VS-mode, that which does: not what is emulated, nor what a debugger looks at first. */
static inline uint64_t hext_delegated(const struct hext_ctx *c, uint64_t hedeleg)
{
	return hedeleg & ~((c->emulate ? BIT(CAUSE_ILLEGAL) : 0) | (c->debug ? BIT(CAUSE_BREAKPOINT) : 0));
}

/* Architectural reset state of a vcpu that starts at pc with a0, a1 (SBI HSM "Hart start register state"). */
void hext_ctx_reset(struct hext_ctx *ctx, gpa_t pc, uint64_t a0, uint64_t a1);

#endif
