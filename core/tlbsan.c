/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The fence watcher, bound to the hypervisor that it watches: only in a build with TLBSAN=1. Each
 * hook is one event for the model, under one lock, on the hart that it happens on. A report is a
 * line "nacre: tlbsan: ..." on the console; Nacre goes on.
 *
 * tlbsan-seed=N on Nacre's command line tells the model of something else than what was done, as if
 * the code had that fault: to show that its hook is alive.
 */
#include <stdio.h>

#include <arch/atomic.h>
#include <arch/nacl_shmem.h>
#include <arch/tlbmodel.h>
#include <arch/tlbsan.h>
#include <core/cpu.h>
#include <core/host.h>
#include <core/log.h>
#include <core/vcpu.h>
#include <core/vm.h>

#define REPORTS_MAX 20

enum seed {
	SEED_NONE,
	SEED_NO_FLUSH,	  /* hfence.gvma for everything is left out */
	SEED_NO_VVMA,	  /* hfence.vvma for everything is left out */
	SEED_NEXT_PAGE,	  /* fences of an address are for the next page */
	SEED_NEXT_ASID,	  /* fences of an ASID are for the next one */
	SEED_OTHER_HART,  /* fences are carried out by the next hart */
	SEED_SAME_NUMBER, /* each vcpu is given VMID 1 */
	SEED_NO_WAIT,	  /* remote fences are not waited for */
	SEED_UNMAP,	  /* a page is unmapped behind the back of a vcpu that runs, once */
	SEED_ROOT_FREED,  /* and its tables are freed */
	SEED_KEPT,	  /* what a guest hypervisor has fenced stays in the shadow */
	SEED_NO_GVMA,	  /* hfence.gvma for a VMID is left out */
};

static struct spinlock lock;
static bool ready;
static struct tlbm model;
static unsigned seed, printed;
static uint64_t entries, fences, requests;
static uint64_t asked[TLBM_HARTS]; /* whose fence a hart has asked for last */

/* ---- Around each event ---- */

static void begin(void)
{
	char text[8];
	const char *s;

	spin_lock(&lock);
	if (ready)
		return;
	ready = true;
	tlbm_init(&model);
	s = host_option("tlbsan-seed", text, sizeof(text));
	while (s && *s >= '0' && *s <= '9')
		seed = seed * 10 + (unsigned)(*s++ - '0');
}

static void name_of(uint64_t owner, char *buf, size_t len)
{
	buf[0] = '\0';
	for (const struct vm *vm = vm_list; vm; vm = vm->next)
		for (unsigned i = 0; i < vm->nvcpus; i++)
			if ((uintptr_t)&vm->vcpu[i]->vmid == owner)
				snprintf(buf, len, "%s, vcpu %u: ", vm->name, i);
}

/* Prints outside the lock: the log takes others. */
static void end(void)
{
	struct tlbm_report r;
	char text[200], name[VM_NAME_MAX + 20];
	bool more = tlbm_take(&model, &r);

	if (more)
		printed++;
	more = more && printed <= REPORTS_MAX;
	spin_unlock(&lock);
	if (!more)
		return;
	name_of(r.owner, name, sizeof(name));
	tlbm_describe(&r, text, sizeof(text));
	log_info("tlbsan: %s%s", name, text);
}

static unsigned hart(void)
{
	return this_cpu()->index;
}

/* ---- VMIDs and tables ---- */

void tlbsan_assign(unsigned on, const void *owner, unsigned number)
{
	begin();
	tlbm_assign(&model, on, (uintptr_t)owner, seed == SEED_SAME_NUMBER ? 1 : number);
	end();
}

void tlbsan_release(const void *owner)
{
	begin();
	tlbm_release(&model, (uintptr_t)owner);
	end();
}

void tlbsan_leaf(uint64_t root, uint64_t gpa, uint64_t size, uint64_t hpa, bool protected)
{
	struct tlbm_stale s = {.why = protected ? TLBM_PROTECTED : TLBM_UNMAPPED,
			       .first = gpa,
			       .last = gpa + size - 1,
			       .hpa = hpa,
			       .hpa_last = hpa + size - 1,
			       .any_asid = true};

	s.order = (uint8_t)(__builtin_ctzll(size) - PAGE_SHIFT);
	begin();
	tlbm_leaf(&model, hart(), root, &s);
	end();
}

void tlbsan_dead(uint64_t root, const uint64_t *table, uint64_t hpa, uint64_t leaf_size)
{
	begin();
	tlbm_dead(&model, hart(), root, &(struct tlbm_table){table, hpa, leaf_size});
	end();
}

void tlbsan_unmapped(uint64_t root, uint64_t gpa, uint64_t size)
{
	begin();
	if (seed != SEED_KEPT)
		tlbm_unmapped(&model, root, gpa, size);
	end();
}

void tlbsan_dropped(uint64_t root, uint64_t gpa, uint64_t size)
{
	struct tlbm_stale s = {.why = TLBM_TABLE,
			       .first = gpa,
			       .last = gpa + size - 1,
			       .hpa = 1,
			       .all = true,
			       .any_asid = true};

	begin();
	tlbm_leaf(&model, hart(), root, &s);
	if (seed != SEED_KEPT)
		tlbm_unmapped(&model, root, gpa, size);
	end();
}

void tlbsan_space_gone(uint64_t root)
{
	begin();
	tlbm_space_gone(&model, root);
	end();
}

void tlbsan_reuse(uint64_t hpa, uint64_t size)
{
	begin();
	tlbm_reuse(&model, hpa, size);
	end();
}

/* ---- The calling hart ---- */

void tlbsan_hgatp(uint64_t hgatp)
{
	begin();
	tlbm_hgatp(&model, hart(), hgatp);
	end();
}

/* False: a seed has it left out. */
static bool spoil(unsigned *on, unsigned type, uint64_t *addr, uint64_t *id)
{
	fences++;
	if (seed == SEED_OTHER_HART)
		*on = (*on + 1) % cpu_count;
	if (seed == SEED_NEXT_PAGE)
		*addr += PAGE_SIZE;
	if (seed == SEED_NEXT_ASID && type >= NACL_HFENCE_VVMA_ASID)
		++*id;
	return !(seed == SEED_NO_FLUSH && type == NACL_HFENCE_GVMA_ALL) &&
	       !(seed == SEED_NO_GVMA && (type & ~1U) == NACL_HFENCE_GVMA_VMID) &&
	       !(seed == SEED_NO_VVMA && type == NACL_HFENCE_VVMA_ALL);
}

void tlbsan_fence(unsigned type, uint64_t addr, uint64_t id)
{
	unsigned on = hart();

	begin();
	if (spoil(&on, type, &addr, &id))
		tlbm_insn(&model, on, type, addr, id);
	end();
}

void tlbsan_hinval(unsigned type, uint64_t addr, uint64_t id)
{
	unsigned on = hart();

	begin();
	if (spoil(&on, type, &addr, &id))
		tlbm_hinval(&model, on, type, addr, id);
	end();
}

void tlbsan_inval(bool start)
{
	begin();
	tlbm_inval(&model, hart(), start);
	end();
}

/* What is pending in the shared memory is carried out before anything else of the guest. */
void tlbsan_nacl(const struct nacl_shmem *shmem)
{
	struct hfence h;

	begin();
	for (unsigned i = 0; i < NACL_HFENCE_ENTRIES; i++)
		if (nacl_hfence_unpack(&shmem->hfence[i], &h) == NACL_ASKED_ONE) {
			fences++;
			tlbm_fence(&model, hart(), &h);
		}
	end();
}

void tlbsan_look(void)
{
	begin();
	tlbm_look(&model, hart());
	end();
}

static void sabotage(uint64_t root)
{
	struct tlbm_stale page = {.first = VM_RAM_BASE,
				  .last = VM_RAM_BASE + PAGE_SIZE - 1,
				  .any_asid = true,
				  .hpa = 1};

	if (seed == SEED_UNMAP && entries == 200) {
		tlbm_leaf(&model, hart(), root, &page);
		tlbm_look(&model, hart());
	}
	if (seed == SEED_ROOT_FREED && entries == 200)
		tlbm_space_gone(&model, root);
}

void tlbsan_enter(const void *owner, uint64_t root)
{
	struct hext_hart *h = hart_tp();

	if (h->nacl)
		tlbsan_nacl(h->nacl);
	begin();
	entries++;
	sabotage(root);
	tlbm_enter(&model, hart(), tlbm_space(&model, hart()) == root ? (uintptr_t)owner : 0);
	end();
}

void tlbsan_exit(void)
{
	begin();
	tlbm_exit(&model, hart());
	end();
}

/* ---- Remote fences ---- */

uint64_t tlbsan_request(const void *owner, const struct hfence *h)
{
	uint64_t ticket;

	begin();
	requests++;
	ticket = tlbm_request(&model, hart(), (uintptr_t)owner, h);
	asked[hart() % TLBM_HARTS] = (uintptr_t)owner;
	end();
	return ticket;
}

void tlbsan_due(uint64_t ticket)
{
	begin();
	tlbm_due(&model, ticket);
	if (seed == SEED_NO_WAIT)
		tlbm_settled(&model, hart(), asked[hart() % TLBM_HARTS], model.now);
	end();
}

uint64_t tlbsan_own_request(unsigned type, uint64_t start, uint64_t size, uint64_t asid)
{
	const struct vcpu *v = this_cpu()->current;
	struct hfence h = {.type = (uint8_t)type,
			   .asid = (uint16_t)asid,
			   .addr = ALIGN_DOWN(start, PAGE_SIZE)};

	h.count = (ALIGN_UP(start + size, PAGE_SIZE) - h.addr) / PAGE_SIZE;
	return tlbsan_request(&v->vmid, &h);
}

uint64_t tlbsan_now(void)
{
	uint64_t now;

	begin();
	now = model.now;
	end();
	return now;
}

void tlbsan_settled(const void *owner, uint64_t since)
{
	begin();
	tlbm_settled(&model, hart(), (uintptr_t)owner, since);
	end();
}

/* ---- Guest hypervisors ---- */

void tlbsan_shadow(uint64_t root, const void *l1, unsigned vmid)
{
	begin();
	tlbm_shadow(&model, hart(), root, (uintptr_t)l1, vmid);
	end();
}

void tlbsan_shadow_map(uint64_t root, uint64_t gpa, uint64_t size, uint64_t leaf_size)
{
	begin();
	tlbm_shadow_map(&model, root, gpa, size, (unsigned)__builtin_ctzll(leaf_size) - PAGE_SHIFT);
	end();
}

void tlbsan_l1_fence(const void *l1, const struct hfence *h)
{
	begin();
	tlbm_l1_fence(&model, hart(), (uintptr_t)l1, h);
	end();
}

/* ---- The log ---- */

void tlbsan_start(void)
{
	if (cpu_count > TLBM_HARTS)
		log_info("fence watcher: of %u harts the first %u are watched", cpu_count,
			 TLBM_HARTS);
}

void tlbsan_summary(void)
{
	log_info("fence watcher: %lu entries, %lu fences, %lu requests: %u reports",
		 (unsigned long)entries, (unsigned long)fences, (unsigned long)requests, printed);
}
