/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * G-stage page tables.
 *
 * Every change is the same recursive walk, done twice: first dry, where it checks and counts the
 * tables that it will need, then, with these tables in hand, in earnest, where it cannot fail any
 * more. What always holds: no table but the root is empty, so an entry that points to a table means
 * that something below it is mapped; a table is filled before it is linked; a table that was linked
 * is never freed here, but handed to the caller, who frees it after the fence.
 */
#include <arch/gstage.h>

#include <arch/tlbsan.h>
#include <core/errno.h>

#include <assert.h>

#define ENTRIES (1U << PTE_TABLE_SHIFT)
#define HPA_LIMIT (UINT64_C(1) << (PTE_PPN_BITS + PAGE_SHIFT))

enum what { MAP, UNMAP, PROTECT };

struct op {
	const struct gstage *g;
	enum what what;
	bool dry;
	uint64_t need;	 /* tables: counted in the dry walk, used up in the other */
	hpa_t spare;	 /* that many tables, linked like the dead ones */
	uint64_t offset; /* MAP: hpa - gpa, modulo 2^64 */
	uint64_t attr;	 /* MAP, PROTECT: low ten bits of a leaf */
	struct gstage_change *change;
};

/* ---- entries and tables ---- */

/* One store, ordered after all that was written before (the table it links), before any later one.
 */
static void pte_set(uint64_t *pte, uint64_t value)
{
	__atomic_store_n(pte, value, __ATOMIC_RELEASE);
}

static uint64_t pte_get(const uint64_t *pte)
{
	return __atomic_load_n(pte, __ATOMIC_RELAXED);
}

static bool is_leaf(uint64_t pte)
{
	return pte & PTE_RWX;
}

static hpa_t pte_hpa(uint64_t pte)
{
	return hpa((pte & PTE_PPN) << (PAGE_SHIFT - PTE_PPN_SHIFT));
}

static uint64_t pte_make(uint64_t addr, uint64_t attr)
{
	return addr >> PAGE_SHIFT << PTE_PPN_SHIFT | attr;
}

static uint64_t leaf_attr(unsigned perm)
{
	return PTE_V | (uint64_t)perm << 1 | PTE_U | PTE_A | PTE_D;
}

static_assert(GSTAGE_R << 1 == PTE_R && GSTAGE_W << 1 == PTE_W && GSTAGE_X << 1 == PTE_X,
	      "permissions are those of the entry");

/* Bytes that one entry of a level stands for; level 0 maps 4 KiB pages. */
static uint64_t span(unsigned level)
{
	return PAGE_SIZE << (level * PTE_TABLE_SHIFT);
}

static unsigned slot(const struct gstage *g, unsigned level, uint64_t addr)
{
	unsigned entries = level == g->levels - 1U ? ENTRIES * HGATP_ROOT_PAGES : ENTRIES;

	return (unsigned)(addr / span(level)) & (entries - 1);
}

static uint64_t *table_at(const struct gstage *g, hpa_t p)
{
	return g->mem->ptr(g->ctx, p);
}

/* Lists of tables are linked by the address of the next, which as an entry is invalid: its V bit is
 * clear. */
static void list_push(const struct gstage *g, hpa_t *list, hpa_t table)
{
	pte_set(table_at(g, table), list->v);
	*list = table;
}

static hpa_t list_pop(const struct gstage *g, hpa_t *list)
{
	hpa_t table = *list;

	list->v = *table_at(g, table);
	return table;
}

static void list_free(const struct gstage *g, hpa_t *list, uint64_t n)
{
	while (n--) {
		hpa_t table = list_pop(g, list);

		tlbsan_reuse(table.v, PAGE_SIZE);
		g->mem->free(g->ctx, table, 1);
	}
}

static bool table_is_empty(const struct gstage *g, hpa_t table)
{
	const uint64_t *pte = table_at(g, table);

	for (unsigned i = 0; i < ENTRIES; i++)
		if (pte[i])
			return false;
	return true;
}

/* ---- the walk ---- */

static int walk(struct op *op, uint64_t *table, unsigned level, uint64_t gpa, uint64_t end);

/* A table from those put aside, whose entries continue the leaf that it is to replace (or are
 * invalid). */
static hpa_t take_spare(struct op *op, uint64_t leaf, unsigned level)
{
	hpa_t table = list_pop(op->g, &op->spare);
	uint64_t *pte = table_at(op->g, table);

	op->need--;
	pte[0] = 0; /* the list's link */
	for (unsigned i = 0; leaf && i < ENTRIES; i++)
		pte[i] = leaf + ((i * span(level)) >> PAGE_SHIFT << PTE_PPN_SHIFT);
	return table;
}

/* Puts a table between the entry, empty or a leaf of that level, and the part [gpa, end) that is to
 * differ. */
static int grow(struct op *op, uint64_t *pte, unsigned level, uint64_t gpa, uint64_t end)
{
	hpa_t table;

	if (op->dry) {
		op->need++;
		return level > 1 ? walk(op, NULL, level - 1, gpa, end) : 0;
	}
	table = take_spare(op, pte_get(pte), level - 1);
	walk(op, table_at(op->g, table), level - 1, gpa, end);
	pte_set(pte, pte_make(table.v, PTE_V));
	return 0;
}

static void note_change(struct op *op, uint64_t gpa, uint64_t end, unsigned level)
{
	struct gstage_change *c = op->change;

	if (c->size == 0) {
		c->gpa.v = gpa;
		c->order = 64;
	}
	c->size = end - c->gpa.v;
	if (level * PTE_TABLE_SHIFT < c->order)
		c->order = (uint8_t)(level * PTE_TABLE_SHIFT);
}

/* Puts a table that is linked nowhere any more, and all below it, on the list of the dead. */
static void bury(struct op *op, hpa_t table, unsigned level)
{
	uint64_t *pte = table_at(op->g, table);

	tlbsan_dead(op->g->root.v, pte, table.v, span(level));
	for (unsigned i = 0; level && i < ENTRIES; i++)
		if (pte[i] && !is_leaf(pte[i]))
			bury(op, pte_hpa(pte[i]), level - 1);
	list_push(op->g, &op->change->dead, table);
	op->change->ndead++;
	op->change->all = true;
}

static int map_slot(struct op *op, uint64_t *pte, unsigned level, uint64_t gpa, uint64_t end)
{
	uint64_t old = pte ? pte_get(pte) : 0, addr = gpa + op->offset;

	if (is_leaf(old))
		return -NACRE_EEXIST;
	if (end - gpa < span(level) || !IS_ALIGNED(addr, span(level))) {
		if (!old)
			return grow(op, pte, level, gpa, end);
		return walk(op, table_at(op->g, pte_hpa(old)), level - 1, gpa, end);
	}
	if (old)
		return -NACRE_EEXIST;
	if (!op->dry)
		pte_set(pte, pte_make(addr, op->attr));
	return 0;
}

/* UNMAP and PROTECT of one entry. Without pte: a part of a superpage that is to be split. */
static int change_slot(struct op *op, uint64_t *pte, unsigned level, uint64_t gpa, uint64_t end)
{
	uint64_t old = pte ? pte_get(pte) : PTE_R;
	bool whole = end - gpa == span(level);
	hpa_t child = pte_hpa(old);
	int rc;

	if (!old)
		return op->what == PROTECT ? -NACRE_EFAULT : 0;
	if (is_leaf(old)) {
		if (!whole)
			return grow(op, pte, level, gpa, end);
		if (!op->dry) {
			note_change(op, gpa, end, level);
			pte_set(pte, op->what == UNMAP ? 0 : (old & PTE_PPN) | op->attr);
			tlbsan_leaf(op->g->root.v, gpa, end - gpa, child.v, op->what == PROTECT);
		}
		return 0;
	}
	if (op->what == PROTECT || !whole) {
		rc = walk(op, table_at(op->g, child), level - 1, gpa, end);
		if (rc || op->what == PROTECT || op->dry || !table_is_empty(op->g, child))
			return rc;
	}
	if (op->dry)
		return 0;
	note_change(op, gpa, end, 0);
	pte_set(pte, 0);
	bury(op, child, level - 1);
	return 0;
}

/*
 * Applies op to [gpa, end), which lies within this table. No table (dry walks only): one that is
 * yet to be made. The depth is that of the tables.
 */
static int walk(struct op *op, uint64_t *table, unsigned level, uint64_t gpa, uint64_t end)
{
	while (gpa < end) {
		uint64_t next = ALIGN_DOWN(gpa, span(level)) + span(level);
		uint64_t *pte = table ? &table[slot(op->g, level, gpa)] : NULL;
		int rc;

		if (next > end)
			next = end;
		if (op->what == MAP)
			rc = map_slot(op, pte, level, gpa, next);
		else
			rc = change_slot(op, pte, level, gpa, next);
		if (rc)
			return rc;
		gpa = next;
	}
	return 0;
}

/* ---- the two passes ---- */

static bool perm_is_valid(unsigned perm)
{
	return perm && !(perm & ~GSTAGE_RWX) && (perm & (GSTAGE_R | GSTAGE_W)) != GSTAGE_W;
}

static bool range_is_valid(uint64_t addr, uint64_t size, uint64_t limit)
{
	return size && IS_ALIGNED(addr | size, PAGE_SIZE) && addr < limit && size <= limit - addr;
}

static int reserve(struct op *op)
{
	for (uint64_t got = 0; got < op->need; got++) {
		hpa_t table;
		int rc = op->g->mem->alloc(op->g->ctx, 1, &table);

		if (rc) {
			list_free(op->g, &op->spare, got);
			return rc;
		}
		list_push(op->g, &op->spare, table);
	}
	return 0;
}

static int run(struct op *op, gpa_t gpa, uint64_t size)
{
	uint64_t *root = table_at(op->g, op->g->root);
	unsigned top = op->g->levels - 1U;
	int rc;

	if (!range_is_valid(gpa.v, size, gstage_limit(op->g)))
		return -NACRE_EINVAL;
	op->dry = true;
	rc = walk(op, root, top, gpa.v, gpa.v + size);
	if (!rc)
		rc = reserve(op);
	if (rc)
		return rc;
	op->dry = false;
	return walk(op, root, top, gpa.v, gpa.v + size);
}

int gstage_map(struct gstage *g, gpa_t gpa, hpa_t hpa, uint64_t size, unsigned perm)
{
	struct op op = {.g = g, .what = MAP, .offset = hpa.v - gpa.v, .attr = leaf_attr(perm)};

	if (!perm_is_valid(perm) || !range_is_valid(hpa.v, size, HPA_LIMIT))
		return -NACRE_EINVAL;
	return run(&op, gpa, size);
}

int gstage_unmap(struct gstage *g, gpa_t gpa, uint64_t size, struct gstage_change *out)
{
	struct op op = {.g = g, .what = UNMAP, .change = out};
	int rc;

	*out = (struct gstage_change){0};
	rc = run(&op, gpa, size);
	if (!rc)
		tlbsan_unmapped(g->root.v, gpa.v, size);
	return rc;
}

int gstage_protect(struct gstage *g, gpa_t gpa, uint64_t size, unsigned perm,
		   struct gstage_change *out)
{
	struct op op = {.g = g, .what = PROTECT, .attr = leaf_attr(perm), .change = out};

	*out = (struct gstage_change){0};
	return perm_is_valid(perm) ? run(&op, gpa, size) : -NACRE_EINVAL;
}

void gstage_reclaim(struct gstage *g, struct gstage_change *change)
{
	list_free(g, &change->dead, change->ndead);
	change->ndead = 0;
}

/* ---- the rest ---- */

int gstage_init(struct gstage *g, unsigned mode, const struct gstage_mem *mem, void *ctx)
{
	int rc;

	if (mode < HGATP_MODE_SV39X4 || mode > HGATP_MODE_SV57X4)
		return -NACRE_EINVAL;
	*g = (struct gstage){.mem = mem, .ctx = ctx, .mode = (uint8_t)mode};
	g->levels = (uint8_t)(3 + mode - HGATP_MODE_SV39X4);
	rc = mem->alloc(ctx, HGATP_ROOT_PAGES, &g->root);
	if (rc)
		*g = (struct gstage){0}; /* nothing to destroy */
	return rc;
}

void gstage_destroy(struct gstage *g)
{
	struct gstage_change all;

	/* Needs no table, so it cannot fail: the range cuts no superpage. */
	gstage_unmap(g, gpa(0), gstage_limit(g), &all);
	gstage_reclaim(g, &all);
	tlbsan_space_gone(g->root.v);
	g->mem->free(g->ctx, g->root, HGATP_ROOT_PAGES);
	*g = (struct gstage){0};
}

int gstage_map_one(struct gstage *g, gpa_t gpa, hpa_t to, uint64_t size, unsigned perm)
{
	uint64_t *table = table_at(g, g->root), *pte, old;
	unsigned level = g->levels - 1U;
	hpa_t new;

	if (!perm_is_valid(perm) || gpa.v >= gstage_limit(g))
		return -NACRE_EINVAL;
	for (pte = &table[slot(g, level, gpa.v)]; span(level) > size; pte = &table[slot(g, level, gpa.v)]) {
		old = pte_get(pte);
		if (is_leaf(old))
			return -NACRE_EEXIST;
		if (old) {
			new = pte_hpa(old);
		} else {
			if (g->mem->alloc(g->ctx, 1, &new))
				return -NACRE_ENOMEM;
			pte_set(pte, pte_make(new.v, PTE_V));
		}
		table = table_at(g, new);
		level--;
	}
	if (pte_get(pte))
		return -NACRE_EEXIST;
	pte_set(pte, pte_make(to.v, leaf_attr(perm)));
	return 0;
}

void gstage_drop(struct gstage *g, gpa_t gpa, uint64_t size)
{
	unsigned top = g->levels - 1U;
	uint64_t *root = table_at(g, g->root);

	if (!size)
		return;
	for (unsigned i = slot(g, top, gpa.v), last = slot(g, top, gpa.v + size - 1); i <= last; i++)
		pte_set(&root[i], 0);
	tlbsan_dropped(g->root.v, gpa.v, size);
}

uint64_t gstage_limit(const struct gstage *g)
{
	return span(g->levels) * HGATP_ROOT_PAGES;
}

int gstage_walk(const struct gstage *g, gpa_t gpa, struct gstage_leaf *out)
{
	hpa_t table = g->root;

	if (gpa.v >= gstage_limit(g))
		return -NACRE_EFAULT;
	for (unsigned level = g->levels; level-- > 0;) {
		uint64_t pte = pte_get(&table_at(g, table)[slot(g, level, gpa.v)]);

		if (!(pte & PTE_V))
			return -NACRE_EFAULT;
		table = pte_hpa(pte);
		if (is_leaf(pte)) {
			out->size = span(level);
			out->hpa = hpa(table.v | (gpa.v & (span(level) - 1)));
			out->perm = (unsigned)(pte >> 1) & GSTAGE_RWX;
			return 0;
		}
	}
	return -NACRE_EFAULT;
}

uint64_t gstage_hgatp(const struct gstage *g, unsigned vmid)
{
	return (uint64_t)g->mode << HGATP_MODE_SHIFT | (uint64_t)vmid << HGATP_VMID_SHIFT |
	       g->root.v >> PAGE_SHIFT;
}
