/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The test guests' library: harts, traps that a test provokes and looks at, SBI calls, checks with
 * one printed line each, the device tree, page tables. A guest runs unchanged natively on OpenSBI
 * (S-mode) and under Nacre (VS-mode).
 *
 * Each program defines guest_main(); it runs on the boot hart with interrupts off and no paging.
 * When it returns, the library prints "guest: N passed, N failed" and shuts the machine down.
 */
#ifndef GUEST_LIB_H
#define GUEST_LIB_H

#include <assert.h>
#include <stdarg.h>
#include <core/types.h>
#include <spec/csr.h>
#include <spec/sbi.h>
#include "layout.h"

/* What a trap brought; taken is false if nothing happened. */
struct trap_info {
	bool taken;
	uint64_t cause, stval, epc, sstatus;
};

struct trap_frame {
	uint64_t x[32];
	uint64_t sepc, sstatus, scause, stval;
};

struct hart;
typedef void (*irq_fn)(struct hart *h, struct trap_frame *f);

struct hart {
	uint64_t id; /* hartid */
	uint64_t stack_top, trap_top;
	uint64_t recover; /* sp of the innermost try_run(), 0: none */
	uint64_t tmp;
	uint64_t reset_satp, reset_sstatus, reset_a0; /* as found by hart_entry */
	uint64_t saved_sp, resumed;
	unsigned index; /* 0: the boot hart */
	struct trap_info trap;
	irq_fn irq[16]; /* by interrupt number */
	uint64_t irq_count[16];
	void (*job)(void *); /* set by hart_post(), cleared when done */
	void *job_arg;
	uint32_t code[64] __attribute__((aligned(64))); /* for run_code() */
};

static_assert(offsetof(struct hart, id) == HART_ID, "layout.h");
static_assert(offsetof(struct hart, stack_top) == HART_STACK_TOP, "layout.h");
static_assert(offsetof(struct hart, trap_top) == HART_TRAP_TOP, "layout.h");
static_assert(offsetof(struct hart, recover) == HART_RECOVER, "layout.h");
static_assert(offsetof(struct hart, tmp) == HART_TMP, "layout.h");
static_assert(offsetof(struct hart, reset_satp) == HART_SATP, "layout.h");
static_assert(offsetof(struct hart, reset_sstatus) == HART_SSTATUS, "layout.h");
static_assert(offsetof(struct hart, reset_a0) == HART_BOOT_A0, "layout.h");
static_assert(offsetof(struct hart, saved_sp) == HART_SAVED_SP, "layout.h");
static_assert(offsetof(struct hart, resumed) == HART_RESUME, "layout.h");
static_assert(offsetof(struct trap_frame, sepc) == FRAME_SEPC, "layout.h");
static_assert(sizeof(struct trap_frame) == FRAME_SIZE, "layout.h");

void guest_main(void);

/* --- the machine, from the device tree (machine.c) --- */
struct machine {
	uint64_t ram, ram_size;
	uint64_t timebase;
	uint64_t uart, plic; /* 0: none */
	uint32_t uart_irq;
	unsigned harts;
	bool native; /* on OpenSBI, not under a hypervisor */
	bool nacre;  /* neither OpenSBI, KVM nor Xvisor below */
	bool sstc, hyp, vec, svadu, svade, fpu, zabha, zacas;
	uint64_t impl, spec;
	const char *bootargs;
	const void *fdt;
	uint64_t entry_time; /* rdtime at the first instruction */
};
extern struct machine machine;
extern struct hart harts[MAX_HARTS];
extern char _image[], _end[], hart_entry[], suspend_resume[];

void machine_init(const void *fdt, uint64_t entry_time);
bool isa_has(const char *ext);
/* The value of "name=N" in the boot arguments, else `otherwise`. */
uint64_t bootarg(const char *name, uint64_t otherwise);
/* The PLIC context for external interrupt `irq` (IRQ_SEI, or 11 for M-mode) of that hart; -1: none.
 */
int plic_context(uint64_t hartid, uint32_t irq);

/* --- device tree (fdt.c): nodes are byte offsets, < 0 ends a walk --- */
int fdt_open(const void *fdt);
int fdt_next(int node, int *depth);
const char *fdt_name(int node);
const void *fdt_prop(int node, const char *name, uint32_t *len);
int fdt_compatible(const char *compat);
uint32_t fdt_u32(const void *p);
uint64_t fdt_size(void);

/* --- output and checks (check.c) --- */
void print(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
bool check(const char *name, bool cond);
bool check_eq(const char *name, uint64_t got, uint64_t expected);
void skip(const char *name, const char *why);
void finish(void) __attribute__((noreturn));
void die(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));

/* --- CSRs and instructions --- */
#define csr_read(csr)                                                             \
	({                                                                        \
		uint64_t v_;                                                      \
		__asm__ volatile("csrr %0, %1" : "=r"(v_) : "i"(csr) : "memory"); \
		v_;                                                               \
	})
#define csr_write(csr, v) \
	__asm__ volatile("csrw %0, %1" : : "i"(csr), "rK"((uint64_t)(v)) : "memory")
#define csr_set(csr, v) __asm__ volatile("csrs %0, %1" : : "i"(csr), "rK"((uint64_t)(v)) : "memory")
#define csr_clear(csr, v) \
	__asm__ volatile("csrc %0, %1" : : "i"(csr), "rK"((uint64_t)(v)) : "memory")
#define csr_swap(csr, v)                                         \
	({                                                       \
		uint64_t v_;                                     \
		__asm__ volatile("csrrw %0, %1, %2"              \
				 : "=r"(v_)                      \
				 : "i"(csr), "rK"((uint64_t)(v)) \
				 : "memory");                    \
		v_;                                              \
	})

static inline struct hart *self(void)
{
	struct hart *h;

	__asm__ volatile("mv %0, tp" : "=r"(h));
	return h;
}

static inline uint64_t rdtime(void)
{
	return csr_read(CSR_TIME);
}

static inline void wfi(void)
{
	__asm__ volatile("wfi" : : : "memory");
}

static inline void irq_on(void)
{
	csr_set(CSR_SSTATUS, SSTATUS_SIE);
}

static inline bool irq_off(void)
{
	uint64_t s;

	__asm__ volatile("csrrci %0, sstatus, 2" : "=r"(s) : : "memory");
	return s & SSTATUS_SIE;
}

static inline void pause_hint(void)
{
	__asm__ volatile(".word 0x0100000f");
}

static inline void fence_i(void)
{
	__asm__ volatile("fence.i" : : : "memory");
}

static inline void sfence_vma(void)
{
	__asm__ volatile("sfence.vma" : : : "memory");
}

static inline uint64_t usec(uint64_t us)
{
	return us * machine.timebase / 1000000;
}

/* Waits until cond holds, at most us microseconds of virtual time; the value says whether it held.
 */
#define WAIT(cond, us)                                     \
	({                                                 \
		uint64_t end_ = rdtime() + usec(us);       \
		bool ok_;                                  \
		while (!(ok_ = (cond)) && rdtime() < end_) \
			pause_hint();                      \
		ok_ || (cond);                             \
	})

#define load_acquire(p) __atomic_load_n(p, __ATOMIC_ACQUIRE)
#define store_release(p, v) __atomic_store_n(p, v, __ATOMIC_RELEASE)
#define atomic_add(p, v) __atomic_fetch_add(p, v, __ATOMIC_ACQ_REL)

/* A memory access of exactly this width; T is uint8_t ... uint64_t. */
#define mmio_read(T, a) (*(volatile T *)(uintptr_t)(a))
#define mmio_write(T, a, v) (*(volatile T *)(uintptr_t)(a) = (T)(v))

/* --- SBI (sbi.h of the specification) --- */
struct sbiret {
	long error, value;
};

static inline struct sbiret sbi6(const uint64_t a[6], long fid, long eid)
{
	register uint64_t a0 __asm__("a0") = a[0];
	register uint64_t a1 __asm__("a1") = a[1];
	register uint64_t a2 __asm__("a2") = a[2];
	register uint64_t a3 __asm__("a3") = a[3];
	register uint64_t a4 __asm__("a4") = a[4];
	register uint64_t a5 __asm__("a5") = a[5];
	register long a6 __asm__("a6") = fid;
	register long a7 __asm__("a7") = eid;

	__asm__ volatile("ecall"
			 : "+r"(a0), "+r"(a1)
			 : "r"(a2), "r"(a3), "r"(a4), "r"(a5), "r"(a6), "r"(a7)
			 : "memory");
	return (struct sbiret){(long)a0, (long)a1};
}
/* sbi(eid, fid, up to six arguments) */
#define sbi(eid, fid, ...) sbi6((const uint64_t[6]){__VA_ARGS__}, (long)(fid), (long)(eid))

static inline bool sbi_probe(long eid)
{
	return sbi(SBI_EXT_BASE, SBI_BASE_PROBE_EXTENSION, (uint64_t)eid).value != 0;
}

static inline void set_timer(uint64_t when)
{
	sbi(SBI_EXT_TIME, SBI_TIME_SET_TIMER, when);
}

void sbi_call_regs(const uint64_t in[32], uint64_t out[32]);
/* fn(arg), which may come back through suspend_resume() after a non-retentive suspend (start.S). */
long suspend_call(void *fn, uint64_t arg);

/* --- traps (trap.c, trap.S) --- */
uint64_t try_run(void *fn, uint64_t a0, uint64_t a1, uint64_t a2);
void user_enter(uint64_t pc, uint64_t a0, uint64_t a1);
extern char try_over[], trap_entry[], user_ecall[];

/* Each of these runs something that may end in an exception, and says which; result may be NULL. */
struct trap_info try_call(void *fn, uint64_t a0, uint64_t a1, uint64_t *result);
struct trap_info try_user(void *fn, uint64_t a0, uint64_t a1);
/* Runs one instruction word with a0 and a1 set, in S- or U-mode, from the hart's own code buffer.
 */
struct trap_info try_insn(uint32_t insn, uint64_t a0, uint64_t a1, uint64_t *result);
struct trap_info try_user_insn(uint32_t insn, uint64_t a0, uint64_t a1);
/* Checks the cause, and that sepc is where the buffer's instruction is. */
bool check_insn_trap(const char *name, struct trap_info t, uint64_t cause);

/* --- harts (smp.c) --- */
int secondary_start(unsigned index);
void smp_init(void); /* starts all harts; each then waits for jobs */
void hart_post(unsigned index, void (*job)(void *), void *arg);
void hart_wait(unsigned index);
void run_all(void (*job)(void *), void *arg); /* on every hart, this one included */
void send_ipi(uint64_t hartid);
void barrier(void); /* all harts */

struct spinlock {
	uint32_t locked;
};
void spin_lock(struct spinlock *l);
void spin_unlock(struct spinlock *l);

/* --- page tables (pt.c) --- */
#define PTE_V 1
#define PTE_R 2
#define PTE_W 4
#define PTE_X 8
#define PTE_U 16
#define PTE_G 32
#define PTE_A 64
#define PTE_D 128
#define PTE_RW (PTE_V | PTE_R | PTE_W | PTE_A | PTE_D)

struct pt {
	uint64_t *root;
	int levels; /* 3: Sv39, 4: Sv48, 5: Sv57 */
};
void *page_alloc(void);	      /* zeroed; dies when none is left */
struct pt pt_new(int levels); /* maps the image, the console and the PLIC one to one */
uint64_t *pt_pte(const struct pt *pt, uint64_t va, int level); /* makes the tables on the way */
void pt_map(const struct pt *pt, uint64_t va, uint64_t pa, int level, uint64_t flags);
uint64_t pt_satp(const struct pt *pt, uint64_t asid);
static inline uint64_t pte_make(uint64_t pa, uint64_t flags)
{
	return pa >> 12 << 10 | flags;
}

/* --- pseudo-random numbers with a fixed seed (check.c) --- */
struct rng {
	uint64_t s;
};
uint64_t rng_next(struct rng *r);

#endif
