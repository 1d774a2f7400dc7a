/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A model of the translation caches of all harts, to find fences that are missing or too narrow.
 *
 * It assumes the worst that the privileged specification allows: while hgatp names tables under a
 * VMID, a hart may cache whatever they map (G-stage entries, VS-stage entries and both combined, at
 * any time, in HS-mode too) and keeps it until a fence obliges it to forget. So it need not know
 * what is cached; it keeps what has become wrong: for each (hart, VMID) the ranges that were
 * changed and not fenced there since, and whose entries a VMID that gets a new owner still has. It
 * is told every event and reports (1) a vcpu that enters its guest with an entry that may be stale,
 * (2) a page that is reused while a hart may still walk or hit an entry for it, (3) whoever goes on
 * after a remote fence that the other hart has not carried out.
 *
 * Memory is bounded. What does not fit makes a coarser record, never none; a report that rests on
 * such a record, or on a record that could not be made, is a TLBM_CAPACITY. No lock: callers hold
 * one around each call. Privileged specification, "Hypervisor Memory-Management Fence
 * Instructions".
 */
#ifndef NACRE_ARCH_TLBMODEL_H
#define NACRE_ARCH_TLBMODEL_H

#include <arch/hfence.h>
#include <core/types.h>

#define TLBM_HARTS   16
#define TLBM_VMIDS   (1U << 14)
#define TLBM_TAGS    2048 /* (hart, VMID) with a living owner */
#define TLBM_STALE   2048 /* ranges */
#define TLBM_PER_TAG 256  /* of them, of one stage of one tag */
#define TLBM_SHADOWS 64
#define TLBM_REPORTS 8

#define TLBM_NEVER UINT64_MAX
#define TLBM_ANY   UINT32_MAX /* a VMID: each */

enum tlbm_fault {
	TLBM_STALE_G,	/* enters with a G-stage entry of what was changed */
	TLBM_STALE_VS,	/* the same of the VS-stage */
	TLBM_FOREIGN_G, /* enters under a VMID that has G-stage entries of an earlier owner's tables
			 */
	TLBM_FOREIGN_VS,   /* the same of the VS-stage */
	TLBM_STALE_SHADOW, /* enters with shadow tables that L1 has fenced and that were not emptied
			    */
	TLBM_WRONG_HGATP,  /* enters with a VMID that is not its own, or with none */
	TLBM_REUSED, /* a page is reused while an entry for it, or a walk through it, may exist */
	TLBM_ROOT_FREED, /* tables are freed while a hart's hgatp names them */
	TLBM_UNSETTLED,	 /* a remote fence is taken for done while its target runs on without it */
	TLBM_INVAL,	 /* hinval without sfence.w.inval before it, or sfence.inval.ir after it */
	TLBM_CAPACITY,	 /* the model's memory was too small to tell */
	TLBM_FAULTS
};

enum tlbm_why {
	TLBM_UNMAPPED,
	TLBM_PROTECTED,
	TLBM_TABLE,
	TLBM_REQUEST,
	TLBM_L1_FENCE,
	TLBM_SLOT_REUSED,
	TLBM_COARSE
};

/* What kept the best fence since the change from being enough, ascending. */
enum tlbm_miss {
	TLBM_NO_FENCE,
	TLBM_OTHER_HART,
	TLBM_OTHER_STAGE,
	TLBM_OTHER_VMID,
	TLBM_OTHER_ASID,
	TLBM_TOO_NARROW
};

enum tlbm_kind { TLBM_KIND_NONE, TLBM_KIND_G, TLBM_KIND_VS, TLBM_KIND_SHADOW, TLBM_KIND_LEAF };

struct tlbm_stale {
	uint8_t kind, why, miss;
	uint8_t order; /* the smallest entry that may be cached is 4 KiB << order */
	uint8_t by;    /* the hart that made the change */
	bool all;      /* an entry above the leaves: only a fence for every address helps */
	bool any_asid;
	bool reused; /* what was mapped here has a new purpose: hgatp may not even be loaded */
	uint16_t asid;
	uint16_t tag;		/* KIND_G, KIND_VS */
	uint64_t space;		/* KIND_SHADOW, KIND_LEAF: the root */
	uint64_t first, last;	/* bytes, inclusive; guest physical, for KIND_VS virtual */
	uint64_t hpa, hpa_last; /* what was mapped, or the table; hpa 1: not known */
	uint64_t ticket;
	uint64_t due; /* who looks at his requests later than that must have it fenced */
};

struct tlbm_table {
	const uint64_t *entry; /* 512 */
	uint64_t hpa;
	uint64_t leaf_size; /* bytes that one of its leaves maps */
};

struct tlbm_tag {
	uint64_t owner;		/* 0: nobody's any more */
	uint64_t space;		/* whose entries there may be: of these tables, */
	uint64_t g_for, vs_for; /* for these owners; 0: unknown or none */
	uint64_t seen;
	uint16_t number;
	uint8_t hart;
	bool used, g_foreign, vs_foreign;
	bool forgotten; /* made after others had to be given up: what was cached before may be its
			   own */
	uint16_t count[TLBM_KIND_LEAF + 1]; /* records by kind */
};

struct tlbm_hart {
	int tag; /* in force, or -1 */
	bool in_guest, inval_open;
	uint64_t look;
	uint64_t g_dirty[TLBM_VMIDS / 64], vs_dirty[TLBM_VMIDS / 64]; /* there may be entries */
};

struct tlbm_shadow {
	uint64_t space, l1;
	uint32_t vmid;
	uint64_t first, last; /* nothing is mapped outside; first > last: nothing at all */
};

struct tlbm_report {
	enum tlbm_fault fault;
	unsigned hart;
	uint32_t vmid;
	uint64_t owner;
	uint64_t hpa;		 /* REUSED, ROOT_FREED: the page */
	struct tlbm_stale stale; /* kind NONE: not about one change */
};

struct tlbm {
	uint64_t now, last_look;
	struct tlbm_hart hart[TLBM_HARTS];
	struct tlbm_tag tag[TLBM_TAGS];
	unsigned tags; /* those in use are below */
	struct tlbm_stale stale[TLBM_STALE];
	unsigned high, hint; /* records in use are below high; those below hint are all in use */
	struct tlbm_shadow shadow[TLBM_SHADOWS];
	struct tlbm_report report[TLBM_REPORTS];
	unsigned nreports;
	uint64_t reported, evicted, coarse, events;
};

/* Nobody knows what ran before: every hart may have entries under each VMID. */
void tlbm_init(struct tlbm *m);

/* The oldest report that was not taken yet. What was reported once is forgotten. */
bool tlbm_take(struct tlbm *m, struct tlbm_report *out);
/* One line of text, as snprintf(). */
int tlbm_describe(const struct tlbm_report *r, char *buf, size_t len);

/* ---- VMIDs. hart < TLBM_HARTS in all calls, else ignored; owner: any number but 0, one per struct
 * vmid ---- */

/* Only for a new number, not when it is kept. */
void tlbm_assign(struct tlbm *m, unsigned hart, uint64_t owner, uint32_t vmid);
void tlbm_release(struct tlbm *m, uint64_t owner);

/* ---- A hart's doings ---- */

/* hgatp was written. */
void tlbm_hgatp(struct tlbm *m, unsigned hart, uint64_t hgatp);
/* It looks at what others ask of its vcpu; then it enters. owner: whose VMID it ought to have, 0:
 * not checked. */
void tlbm_look(struct tlbm *m, unsigned hart);
void tlbm_enter(struct tlbm *m, unsigned hart, uint64_t owner);
void tlbm_exit(struct tlbm *m, unsigned hart);
/* A fence, before it is carried out. VVMA types too act on h->vmid; for the instruction that is
 * tlbm_vmid(). */
void tlbm_fence(struct tlbm *m, unsigned hart, const struct hfence *h);
uint64_t tlbm_space(const struct tlbm *m, unsigned hart); /* the tables in hgatp; 0: none */
uint32_t tlbm_vmid(const struct tlbm *m, unsigned hart);  /* in hgatp; TLBM_ANY: none */
void tlbm_inval(struct tlbm *m, unsigned hart, bool begin);
/* The same for one instruction: type NACL_HFENCE_*; id is the VMID or the ASID that the type has.
 */
void tlbm_insn(struct tlbm *m, unsigned hart, unsigned type, uint64_t addr, uint64_t id);
void tlbm_hinval(struct tlbm *m, unsigned hart, unsigned type, uint64_t addr, uint64_t id);

/* ---- G-stage tables; space: the host physical address of the root ---- */

/* A leaf went away or lost permissions: first, last, order, hpa, hpa_last, why and all count. */
void tlbm_leaf(struct tlbm *m, unsigned hart, uint64_t space, const struct tlbm_stale *what);
/* A table was unlinked, with the leaves in it. */
void tlbm_dead(struct tlbm *m, unsigned hart, uint64_t space, const struct tlbm_table *table);
/* [gpa, gpa + size) is not mapped (any more). */
void tlbm_unmapped(struct tlbm *m, uint64_t space, uint64_t gpa, uint64_t size);
void tlbm_space_gone(struct tlbm *m, uint64_t space);
/* Pages get a new purpose. */
void tlbm_reuse(struct tlbm *m, uint64_t hpa, uint64_t size);

/* ---- Remote fences of VS-stage entries ---- */

/* From now on entries of that owner that h (VVMA types; its vmid is ignored) covers are wrong. The
 * ticket is for tlbm_due(). */
uint64_t tlbm_request(struct tlbm *m, unsigned hart, uint64_t owner, const struct hfence *h);
/* The request can be seen: every look from now on finds it. */
void tlbm_due(struct tlbm *m, uint64_t ticket);
/* The caller relies on all that was due by `since` (of m->now) for that owner. */
void tlbm_settled(struct tlbm *m, unsigned hart, uint64_t owner, uint64_t since);

/* ---- Guest hypervisors ---- */

/* These tables are from now on a shadow of what L1 (a number of the vcpu) has under its VMID. */
void tlbm_shadow(struct tlbm *m, unsigned hart, uint64_t space, uint64_t l1, uint32_t vmid);
/* [gpa, gpa + size) was mapped in a shadow, from a leaf of L1 of 4 KiB << order, of which it may be
 * a part only. */
void tlbm_shadow_map(struct tlbm *m, uint64_t space, uint64_t gpa, uint64_t size, unsigned order);
/* A fence by L1, with its VMID numbers. */
void tlbm_l1_fence(struct tlbm *m, unsigned hart, uint64_t l1, const struct hfence *h);

#endif
