/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Floating-point and, where the ISA string has V, vector registers: every hart keeps values of its
 * own in all of them for a long time and finds them again after preemption, WFI and SBI calls; the
 * units trap when off; sstatus says Dirty when it must and not when it need not. The C code of the
 * guests uses no such register, so only this file's assembly does.
 */
#include <string.h>
#include "lib.h"

#define FCSR_FLAGS 0x1f
#define DURATION   300000 /* microseconds, of each part */

struct fp_state {
	uint64_t f[32];
	uint64_t fcsr;
};

void fp_load(const struct fp_state *s);
void fp_save(struct fp_state *s);
__asm__(".option push\n"
	".option arch, +f, +d\n"
	"fp_load:\n"
	".irp "
	"n,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31\n"
	"	fld	f\\n, 8*\\n(a0)\n"
	".endr\n"
	"	ld	t0, 256(a0)\n"
	"	fscsr	t0\n"
	"	ret\n"
	"fp_save:\n"
	".irp "
	"n,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31\n"
	"	fsd	f\\n, 8*\\n(a0)\n"
	".endr\n"
	"	frcsr	t0\n"
	"	sd	t0, 256(a0)\n"
	"	ret\n"
	".option pop\n");

#define VLENB_MAX 128

struct v_state {
	uint8_t v[32 * VLENB_MAX];
	uint64_t vl, vtype, vstart, vcsr;
};

/* Whole-register moves do not depend on vl and vtype; vstart is set last, as every vector
 * instruction clears it. */
void v_load(const struct v_state *s, uint64_t vlenb);
void v_save(struct v_state *s, uint64_t vlenb);
static_assert(offsetof(struct v_state, vl) == 4096, "in the assembly");
__asm__(".option push\n"
	".option arch, +v\n"
	".macro	groups op\n"
	"	slli	t1, a1, 3\n"
	"	mv	t0, a0\n"
	"	\\op	v0, (t0)\n"
	"	add	t0, t0, t1\n"
	"	\\op	v8, (t0)\n"
	"	add	t0, t0, t1\n"
	"	\\op	v16, (t0)\n"
	"	add	t0, t0, t1\n"
	"	\\op	v24, (t0)\n"
	".endm\n"
	"v_load:\n"
	"	groups	vl8re8.v\n"
	"	li	t2, 4096\n"
	"	add	t2, t2, a0\n"
	"	ld	t0, 0(t2)\n"
	"	ld	t1, 8(t2)\n"
	"	vsetvl	zero, t0, t1\n"
	"	ld	t0, 24(t2)\n"
	"	csrw	vcsr, t0\n"
	"	ld	t0, 16(t2)\n"
	"	csrw	vstart, t0\n"
	"	ret\n"
	"v_save:\n"
	"	li	t2, 4096\n"
	"	add	t2, t2, a0\n"
	"	csrr	t0, vl\n"
	"	sd	t0, 0(t2)\n"
	"	csrr	t0, vtype\n"
	"	sd	t0, 8(t2)\n"
	"	csrr	t0, vstart\n"
	"	sd	t0, 16(t2)\n"
	"	csrw	vstart, zero\n"
	"	csrr	t0, vcsr\n"
	"	sd	t0, 24(t2)\n"
	"	groups	vs8r.v\n"
	"	ret\n"
	".option pop\n");

static void fs(uint64_t state)
{
	csr_clear(CSR_SSTATUS, SSTATUS_FS);
	csr_set(CSR_SSTATUS, state);
}

static void vs(uint64_t state)
{
	csr_clear(CSR_SSTATUS, SSTATUS_VS);
	csr_set(CSR_SSTATUS, state);
}

/* --- Off, Initial, Clean, Dirty --- */
#define FMV_F0_A0 0xf2050053 /* fmv.d.x f0, a0 */
#define FMV_A0_F0 0xe2000553 /* fmv.x.d a0, f0 */
#define FRCSR	  0x00302573
#define FSD	  0x00053027 /* fsd f0, (a0) */

static void test_fs(void)
{
	static uint64_t word;
	uint64_t v = 0;

	vs(SSTATUS_VS_OFF);
	fs(SSTATUS_FS_OFF);
	check_insn_trap("fs.off.move", try_insn(FMV_F0_A0, 1, 0, NULL), CAUSE_ILLEGAL);
	check_insn_trap("fs.off.store", try_insn(FSD, (uintptr_t)&word, 0, NULL), CAUSE_ILLEGAL);
	check_insn_trap("fs.off.fcsr", try_insn(FRCSR, 0, 0, NULL), CAUSE_ILLEGAL);
	check_eq("fs.off.stays", csr_read(CSR_SSTATUS) & SSTATUS_FS, SSTATUS_FS_OFF);
	fs(SSTATUS_FS_INITIAL);
	check_eq("fs.initial", csr_read(CSR_SSTATUS) & SSTATUS_FS, SSTATUS_FS_INITIAL);
	check("fs.initial.no-sd", !(csr_read(CSR_SSTATUS) & SSTATUS_SD));
	try_insn(FMV_F0_A0, 0x1234567812345678, 0, NULL);
	check_eq("fs.dirty", csr_read(CSR_SSTATUS) & SSTATUS_FS, SSTATUS_FS_DIRTY);
	check("fs.dirty.sd", csr_read(CSR_SSTATUS) & SSTATUS_SD);
	fs(SSTATUS_FS_CLEAN);
	try_insn(FSD, (uintptr_t)&word, 0, NULL);
	check_eq("fs.clean.store", word, 0x1234567812345678);
	v = csr_read(CSR_SSTATUS) & SSTATUS_FS;
	check("fs.clean.read", v == SSTATUS_FS_CLEAN || v == SSTATUS_FS_DIRTY);
	fs(SSTATUS_FS_CLEAN);
	try_insn(FMV_F0_A0, 77, 0, NULL);
	check_eq("fs.clean.written", csr_read(CSR_SSTATUS) & SSTATUS_FS, SSTATUS_FS_DIRTY);
	fs(SSTATUS_FS_OFF);
	fs(SSTATUS_FS_CLEAN);
	try_insn(FMV_A0_F0, 0, 0, &v);
	check_eq("fs.off-and-on", v, 77);
}

#define VSETVLI 0x0d007057 /* vsetvli x0, x0, e32, m1, ta, ma */
#define VMV_V_I 0x5e02b057 /* vmv.v.i v0, 5 */

static void test_vs(void)
{
	vs(SSTATUS_VS_OFF);
	check_insn_trap("vs.off.config", try_insn(VSETVLI, 0, 0, NULL), CAUSE_ILLEGAL);
	check_insn_trap("vs.off.csr", try_insn(0xc2202573, 0, 0, NULL),
			CAUSE_ILLEGAL); /* csrr a0, vlenb */
	vs(SSTATUS_VS_INITIAL);
	check_eq("vs.initial", csr_read(CSR_SSTATUS) & SSTATUS_VS, SSTATUS_VS_INITIAL);
	try_insn(0x0d0572d7, 4, 0, NULL); /* vsetvli t0, a0, e32, m1, ta, ma */
	try_insn(VMV_V_I, 0, 0, NULL);
	check_eq("vs.dirty", csr_read(CSR_SSTATUS) & SSTATUS_VS, SSTATUS_VS_DIRTY);
	check("vs.dirty.sd", csr_read(CSR_SSTATUS) & SSTATUS_SD);
}

/* --- values kept --- */
static unsigned fp_lost, v_lost, csr_lost, fp_rounds, v_rounds;

static void wake(struct hart *h, struct trap_frame *f)
{
	(void)h;
	(void)f;
	set_timer(~0UL);
}

/* Something that gives the hypervisor a reason to run another vcpu here; uses no FP. */
static void disturb(uint64_t v)
{
	uint64_t end = rdtime() + usec(v >> 8 & 1023);

	switch (v & 3) {
	case 0:
		while (rdtime() < end)
			;
		break;
	case 1:
		set_timer(end);
		while (!(csr_read(CSR_SIP) & IP_STI))
			wfi();
		set_timer(~0UL);
		break;
	case 2:
		sbi(SBI_EXT_RFENCE, SBI_RFENCE_FENCE_I, 0, ~0UL);
		break;
	default:
		set_timer(rdtime());
		irq_on();
		sbi(SBI_EXT_BASE, SBI_BASE_GET_SPEC_VERSION, 0);
		irq_off();
		set_timer(~0UL);
	}
}

static void fill(void *p, size_t n, struct rng *r)
{
	for (size_t i = 0; i + 8 <= n; i += 8)
		*(uint64_t *)((uint8_t *)p + i) = rng_next(r);
}

static void job_fp(void *arg)
{
	struct hart *h = self();
	struct rng r = {h->index * 1000 + 5};
	uint64_t end = rdtime() + usec(DURATION);
	struct fp_state want, got;

	(void)arg;
	h->irq[IRQ_STI] = wake;
	csr_write(CSR_SIE, IP_STI);
	for (unsigned n = 0; rdtime() < end; n++) {
		fs(SSTATUS_FS_INITIAL);
		fill(&want, sizeof(want), &r);
		want.fcsr = (want.fcsr & FCSR_FLAGS) | (want.fcsr >> 8 & 3) << 5;
		fp_load(&want);
		if (n & 1)
			fs(SSTATUS_FS_CLEAN);
		if (n & 2)
			fs(SSTATUS_FS_OFF); /* what is off keeps its values too */
		disturb(rng_next(&r));
		if (n & 2)
			fs(SSTATUS_FS_CLEAN);
		fp_save(&got);
		atomic_add(&fp_lost, memcmp(&want, &got, sizeof(want)) != 0);
		atomic_add(&fp_rounds, 1);
	}
	csr_write(CSR_SIE, 0);
	fs(SSTATUS_FS_OFF);
}

static void job_vector(void *arg)
{
	static struct v_state states[MAX_HARTS][2];
	struct hart *h = self();
	struct v_state *want = &states[h->index][0], *got = &states[h->index][1];
	struct rng r = {h->index * 1000 + 6};
	uint64_t end = rdtime() + usec(DURATION), vlenb;

	(void)arg;
	csr_write(CSR_SIE, IP_STI);
	h->irq[IRQ_STI] = wake;
	vs(SSTATUS_VS_INITIAL);
	vlenb = csr_read(CSR_VLENB);
	for (unsigned n = 0; vlenb <= VLENB_MAX && rdtime() < end; n++) {
		uint64_t x = rng_next(&r);

		vs(SSTATUS_VS_INITIAL);
		fill(want->v, sizeof(want->v), &r);
		want->vtype = 0xc0 | (x & 3) << 3; /* e8..e64, m1, ta, ma */
		want->vl = 1 + (x >> 8) % (vlenb >> (x & 3));
		want->vstart = (x >> 16) % want->vl;
		want->vcsr = x >> 24 & 7;
		v_load(want, vlenb);
		if (n & 1)
			vs(SSTATUS_VS_CLEAN);
		disturb(rng_next(&r));
		v_save(got, vlenb);
		atomic_add(&v_lost, memcmp(want->v, got->v, 32 * vlenb) != 0 ||
					    want->vl != got->vl || want->vtype != got->vtype ||
					    want->vstart != got->vstart || want->vcsr != got->vcsr);
		atomic_add(&v_rounds, 1);
	}
	csr_write(CSR_SIE, 0);
	vs(SSTATUS_VS_OFF);
}

/*
 * The CSRs alone: written when the registers were saved long ago and nothing else is dirty.
 * (QEMU 10.0 does not mark the hypervisor's own FS and VS dirty for them.)
 */
static void job_csr(void *arg)
{
	struct hart *h = self();
	struct rng r = {h->index * 1000 + 7};

	(void)arg;
	h->irq[IRQ_STI] = wake;
	csr_write(CSR_SIE, IP_STI);
	fs(SSTATUS_FS_INITIAL);
	if (machine.vec)
		vs(SSTATUS_VS_INITIAL);
	for (unsigned n = 0; n < 60; n++) {
		uint64_t f = rng_next(&r) & 0x9f, v = rng_next(&r) & 7, start = rng_next(&r) & 3;

		disturb(1 | 512 << 8); /* wfi: the others have the hart */
		csr_write(CSR_FCSR, f);
		if (machine.vec) {
			csr_write(CSR_VCSR, v);
			csr_write(CSR_VSTART, start);
		}
		disturb(1 | 512 << 8);
		atomic_add(&csr_lost, csr_read(CSR_FCSR) != f);
		if (machine.vec)
			atomic_add(&csr_lost,
				   csr_read(CSR_VCSR) != v || csr_read(CSR_VSTART) != start);
	}
	csr_write(CSR_SIE, 0);
	fs(SSTATUS_FS_OFF);
	if (machine.vec) {
		csr_write(CSR_VSTART, 0); /* vector instructions begin there */
		vs(SSTATUS_VS_OFF);
	}
}

void guest_main(void)
{
	smp_init();
	if (!machine.fpu)
		die("no D extension in the ISA string");
	test_fs();
	run_all(job_fp, NULL);
	print("# %u rounds with FP\n", fp_rounds);
	check_eq("fp.kept", fp_lost, 0);
	run_all(job_csr, NULL);
	check_eq("csr.kept", csr_lost, 0);
	if (!machine.vec) {
		skip("vector", "not in the ISA string");
		vs(SSTATUS_VS_DIRTY);
		check_eq("vs.absent", csr_read(CSR_SSTATUS) & SSTATUS_VS, 0);
		return;
	}
	test_vs();
	run_all(job_vector, NULL);
	print("# %u rounds with vectors\n", v_rounds);
	check("vector.rounds", v_rounds > 0);
	check_eq("vector.kept", v_lost, 0);
}
