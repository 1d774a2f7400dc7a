/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Nacre's own page tables (privileged specification, "Sv39", "Sv48", "Sv57"). First a coarse set
 * made with translation off (mmu_early(), called from entry.S: image and device tree only), then
 * the final one (mmu_init()).
 *
 * Image, devices, stacks and device tree lie in the last 4 GiB of the address space, which one
 * level-2 table (1 GiB per entry) covers in every mode; the linear map grows upwards from the
 * lowest address of the upper half.
 */
#include <assert.h>
#include <string.h>

#include <arch/boot.h>
#include <arch/csr.h>
#include <arch/mmu.h>

#define PTE_V	 UINT64_C(0x01)
#define PTE_R	 UINT64_C(0x02)
#define PTE_W	 UINT64_C(0x04)
#define PTE_X	 UINT64_C(0x08)
#define PTE_G	 UINT64_C(0x20)
#define PTE_AD	 UINT64_C(0xc0)
#define PTE_LEAF (PTE_R | PTE_W | PTE_X)

#define MAP_RX	(PTE_V | PTE_R | PTE_X | PTE_G | PTE_AD)
#define MAP_R	(PTE_V | PTE_R | PTE_G | PTE_AD)
#define MAP_RW	(PTE_V | PTE_R | PTE_W | PTE_G | PTE_AD)
#define MAP_ALL (MAP_RW | PTE_X)

#define TABLES 32 /* page tables in the image: enough for a dozen banks of RAM with ragged ends */
#define PAGES  __attribute__((section(".bss.pages"), aligned(4096)))

typedef uint64_t table_t[512];

table_t early_sv57 PAGES, early_sv48 PAGES, early_sv39 PAGES, early_image PAGES;
static table_t tables[TABLES] PAGES;
static unsigned tables_used;

uint64_t mmu_linear_base;
uint64_t mmu_image_pa;
uint64_t mmu_satp_value;
uint64_t boot_time;
static unsigned levels;
static uint64_t *root;
static uint64_t device_next = DEVICE_VA;

/* The last page below the image, for mmu_poke_text(). */
#define POKE_VA (IMAGE_VA - PAGE_SIZE)

extern const char _start_image[], _etext[], _erodata[], _end_image[], _boot_guard[], _boot_stack[];
extern const char hart_entry[];

void mmu_early(uint64_t image_pa, uint64_t fdt_pa);

static uint64_t pte(uint64_t pa, uint64_t flags)
{
	return pa >> 12 << 10 | flags;
}

/* Runs at its physical address: PC-relative accesses only. */
void mmu_early(uint64_t image_pa, uint64_t fdt_pa)
{
	uint64_t g = fdt_pa & ~(SIZE_1G - 1);

	mmu_image_pa = image_pa;
	early_sv57[511] = pte((uint64_t)early_sv48, PTE_V);
	early_sv48[511] = pte((uint64_t)early_sv39, PTE_V);
	early_sv39[511] = pte((uint64_t)early_image, PTE_V);
	early_sv39[507] = pte(g, MAP_R); /* FDT_VA; the tree may cross into the next GiB */
	early_sv39[508] = pte(g + SIZE_1G, MAP_R);
	early_image[0] = pte(image_pa, MAP_ALL);
}

hpa_t virt_to_phys(const void *p)
{
	uint64_t v = (uint64_t)p;

	return hpa(v >= IMAGE_VA ? v - IMAGE_VA + mmu_image_pa : v - mmu_linear_base);
}

hpa_t hart_entry_phys(void)
{
	return virt_to_phys(hart_entry);
}

static uint64_t *table_of(uint64_t entry)
{
	/* Tables lie in the image. */
	return (uint64_t *)((entry >> 10 << 12) - mmu_image_pa + IMAGE_VA);
}

static bool map_one(uint64_t va, uint64_t pa, unsigned leaf_level, uint64_t flags)
{
	uint64_t *t = root;

	for (unsigned l = levels - 1; l > leaf_level; l--) {
		uint64_t *e = &t[va >> (12 + 9 * l) & 511];

		if (!(*e & PTE_V)) {
			if (tables_used == TABLES)
				return false;
			*e = pte(virt_to_phys(tables[tables_used++]).v, PTE_V);
		}
		t = table_of(*e);
	}
	t[va >> (12 + 9 * leaf_level) & 511] = pte(pa, flags);
	return true;
}

/* Largest pages that va, pa and size allow (up to 1 GiB); all multiples of 4 KiB. */
static bool map(uint64_t va, uint64_t pa, uint64_t size, uint64_t flags)
{
	while (size) {
		unsigned l = 2;

		while (l > 0 &&
		       (((va | pa) & ((PAGE_SIZE << 9 * l) - 1)) || size < PAGE_SIZE << 9 * l))
			l--;
		if (!map_one(va, pa, l, flags))
			return false;
		va += PAGE_SIZE << 9 * l;
		pa += PAGE_SIZE << 9 * l;
		size -= PAGE_SIZE << 9 * l;
	}
	return true;
}

static bool map_image(const char *from, const char *to, uint64_t flags)
{
	return map((uint64_t)from, virt_to_phys(from).v, (uint64_t)(to - from), flags);
}

static bool map_linear(uint64_t start, uint64_t end)
{
	start = ALIGN_UP(start, PAGE_SIZE);
	end = ALIGN_DOWN(end, PAGE_SIZE);
	return end <= start || map(start + mmu_linear_base, start, end - start, MAP_RW);
}

/* RAM without the image: its pages have the image's own permissions and no writable alias. */
static bool map_ram(const struct mem_range *r)
{
	uint64_t image_end = mmu_image_pa + (uint64_t)(_end_image - _start_image);

	if (r->end <= mmu_image_pa || r->start >= image_end)
		return map_linear(r->start, r->end);
	return map_linear(r->start, mmu_image_pa) && map_linear(image_end, r->end);
}

bool mmu_init(const struct mem_range *ram, unsigned count, const struct mem_range *fdt)
{
	static const uint64_t lowest[] = {0xffffffc000000000, 0xffff800000000000,
					  0xff00000000000000};
	uint64_t satp = csr_read(CSR_SATP), low = UINT64_MAX, start;
	uint64_t mode = (satp >> SATP_MODE_SHIFT) - SATP_MODE_SV39;
	bool ok = true;

	levels = 3 + (unsigned)mode;
	for (unsigned i = 0; i < count; i++)
		low = ram[i].start < low ? ram[i].start : low;
	mmu_linear_base = lowest[mode] - (count ? ALIGN_DOWN(low, SIZE_1G) : 0);
	root = tables[tables_used++];

	ok = ok && map_image(_start_image, _etext, MAP_RX);
	ok = ok && map_image(_etext, _erodata, MAP_R);
	ok = ok && map_image(_erodata, _boot_guard, MAP_RW);
	ok = ok && map_image(_boot_stack, _end_image, MAP_RW);
	start = ALIGN_DOWN(fdt->start, PAGE_SIZE);
	ok = ok && map(FDT_VA + (start & (SIZE_1G - 1)), start,
		       ALIGN_UP(fdt->end, PAGE_SIZE) - start, MAP_R);
	for (unsigned i = 0; i < count; i++)
		ok = ok && map_ram(&ram[i]);
	if (!ok)
		return false;
	mmu_satp_value = (satp & ~SATP_PPN) | virt_to_phys(root).v >> 12;
	csr_write(CSR_SATP, mmu_satp_value);
	__asm__ volatile("sfence.vma" ::: "memory");
	return true;
}

volatile void *mmu_map_device(hpa_t p, uint64_t size)
{
	uint64_t start = ALIGN_DOWN(p.v, PAGE_SIZE), end = ALIGN_UP(p.v + size, PAGE_SIZE);
	uint64_t align = end - start >= SIZE_2M ? SIZE_2M : PAGE_SIZE;
	uint64_t va = ALIGN_UP(device_next, align) + (start & (align - 1));

	if (size == 0 || end <= start || end - start > POKE_VA - va ||
	    !map(va, start, end - start, MAP_RW))
		return NULL;
	device_next = va + (end - start);
	__asm__ volatile("sfence.vma" ::: "memory");
	return (volatile void *)(va + (p.v & PAGE_MASK));
}

void *mmu_map_stack(unsigned n, hpa_t pages)
{
	uint64_t va = STACK_VA + n * 2 * STACK_SIZE + STACK_SIZE;

	if (!map(va, pages.v, STACK_SIZE, MAP_RW))
		return NULL;
	__asm__ volatile("sfence.vma" ::: "memory");
	return (void *)(va + STACK_SIZE);
}

bool mmu_poke_text(const uint32_t *text, uint32_t insn)
{
	uint64_t page = ALIGN_DOWN(virt_to_phys(text).v, PAGE_SIZE);
	volatile uint32_t *p = (volatile uint32_t *)(POKE_VA + ((uint64_t)text & PAGE_MASK));

	assert((const char *)text >= _start_image && (const char *)text < _etext);
	if (!map_one(POKE_VA, page, 0, MAP_RW))
		return false;
	__asm__ volatile("sfence.vma" ::: "memory");
	*p = insn;
	map_one(POKE_VA, 0, 0, 0);
	__asm__ volatile("sfence.vma" ::: "memory");
	return true;
}

const char *mmu_mode_name(void)
{
	return levels == 3 ? "Sv39" : levels == 4 ? "Sv48" : "Sv57";
}
