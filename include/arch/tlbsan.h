/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where the fence watcher listens (TLBSAN=1): every place that changes a G-stage, gives or takes a
 * VMID, writes hgatp, enters or leaves a guest, fences, or hands a page on. Without TLBSAN all of
 * it is nothing. The model is arch/tlbmodel.h; the binding, with the lock and the reports,
 * core/tlbsan.c. Base header: pure files call it too. `owner` is the address of a struct vmid.
 */
#ifndef NACRE_ARCH_TLBSAN_H
#define NACRE_ARCH_TLBSAN_H

#ifdef TLBSAN

#include <stdbool.h>
#include <stdint.h>

struct hfence;
struct nacl_shmem;

void tlbsan_assign(unsigned hart, const void *owner, unsigned number);
void tlbsan_release(const void *owner);

/* G-stage: a leaf of this size (of a level) was unmapped or protected; a table was unlinked, with
 * the leaves in it, which are of leaf_size bytes each; [gpa, gpa + size) maps nothing any more. */
void tlbsan_leaf(uint64_t root, uint64_t gpa, uint64_t size, uint64_t hpa, bool protected);
void tlbsan_dead(uint64_t root, const uint64_t *table, uint64_t hpa, uint64_t leaf_size);
void tlbsan_unmapped(uint64_t root, uint64_t gpa, uint64_t size);
/* All tables of a range were unlinked at once. */
void tlbsan_dropped(uint64_t root, uint64_t gpa, uint64_t size);
void tlbsan_space_gone(uint64_t root);
void tlbsan_reuse(uint64_t hpa, uint64_t size);

/* The calling hart. id: the VMID or ASID that the type has. */
void tlbsan_hgatp(uint64_t hgatp);
void tlbsan_fence(unsigned type, uint64_t addr, uint64_t id);
void tlbsan_hinval(unsigned type, uint64_t addr, uint64_t id);
void tlbsan_inval(bool begin);
void tlbsan_look(void);
/* root: the VM's own tables, for which hgatp must have the owner's VMID. */
void tlbsan_enter(const void *owner, uint64_t root);
void tlbsan_exit(void);
/* The entries that are pending in the shared memory are about to be carried out. */
void tlbsan_nacl(const struct nacl_shmem *shmem);

/* Remote fences: before and after the request is made; before and after the wait for it. */
uint64_t tlbsan_request(const void *owner, const struct hfence *h);
void tlbsan_due(uint64_t ticket);
/* The vcpu that runs asks for itself, in the trap, where it still counts as in its guest: due once
 * it has fenced, or another hart's look in between would find that nothing was done. */
uint64_t tlbsan_own_request(unsigned type, uint64_t start, uint64_t size, uint64_t asid);
uint64_t tlbsan_now(void);
void tlbsan_settled(const void *owner, uint64_t since);

/* Guest hypervisors; l1: any address that is its vcpu's own, vmid: L1's. A shadow of L1's tables is
 * begun; [gpa, gpa + size) was mapped in it from a leaf of L1 of leaf_size bytes; L1 fences. */
void tlbsan_shadow(uint64_t root, const void *l1, unsigned vmid);
void tlbsan_shadow_map(uint64_t root, uint64_t gpa, uint64_t size, uint64_t leaf_size);
void tlbsan_l1_fence(const void *l1, const struct hfence *h);

/* One line in the log: at boot, if some harts are not watched; how much was watched. */
void tlbsan_start(void);
void tlbsan_summary(void);

#else

#define tlbsan_assign(hart, owner, number)	      ((void)0)
#define tlbsan_release(owner)			      ((void)0)
#define tlbsan_leaf(root, gpa, size, hpa, protected)  ((void)0)
#define tlbsan_dead(root, table, hpa, leaf_size)      ((void)0)
#define tlbsan_unmapped(root, gpa, size)	      ((void)0)
#define tlbsan_dropped(root, gpa, size)		      ((void)0)
#define tlbsan_space_gone(root)			      ((void)0)
#define tlbsan_reuse(hpa, size)			      ((void)0)
#define tlbsan_hgatp(hgatp)			      ((void)0)
#define tlbsan_fence(type, addr, id)		      ((void)0)
#define tlbsan_hinval(type, addr, id)		      ((void)0)
#define tlbsan_inval(begin)			      ((void)0)
#define tlbsan_look()				      ((void)0)
#define tlbsan_enter(owner, root)		      ((void)0)
#define tlbsan_exit()				      ((void)0)
#define tlbsan_nacl(shmem)			      ((void)0)
#define tlbsan_request(owner, h)		      UINT64_C(0)
#define tlbsan_due(ticket)			      ((void)(ticket))
#define tlbsan_own_request(type, start, size, asid)   UINT64_C(0)
#define tlbsan_now()				      UINT64_C(0)
#define tlbsan_settled(owner, since)		      ((void)(since))
#define tlbsan_shadow(root, l1, vmid)		      ((void)0)
#define tlbsan_shadow_map(root, gpa, size, leaf_size) ((void)0)
#define tlbsan_l1_fence(l1, h)			      ((void)0)
#define tlbsan_start()				      ((void)0)
#define tlbsan_summary()			      ((void)0)

#endif
#endif
