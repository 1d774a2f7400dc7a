/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the monitor knows of Linux: where the kernel is, the names of its functions, its log, its
 * call stack. All from the guest's memory, without its help; another guest just has none of it.
 */
#include <stdio.h>
#include <string.h>

#include <core/printk.h>
#include <core/vm.h>

#include "monitor.h"

#define LINK_VA	       UINT64_C(0xffffffff80000000) /* without KASLR; and until it relocates itself */
#define IMAGE_MAGIC    0x05435352U		    /* "RSC\5", at 0x38 of the Image header */
#define IMAGE_SIZE_MAX (UINT64_C(128) << 20)
#define LOOK_FOR       64 /* places of 2 MiB where the kernel may be */

/* ---- The kernel ---- */

static struct monitor_kernel kernel;

static bool read_image(void *ctx, uint64_t offset, void *buf, size_t n)
{
	struct monitor_kernel *k = ctx;

	return !vm_copy_from(k->vm, buf, gpa(k->pa + offset), n);
}

/* The Image header: magic2, and image_size at 0x10. */
static bool find_header(struct monitor_kernel *k)
{
	for (unsigned i = 0; i < LOOK_FOR; i++) {
		uint32_t magic;
		uint64_t room;

		k->pa = VM_RAM_BASE + i * SIZE_2M;
		if (vm_copy_from(k->vm, &magic, gpa(k->pa + 0x38), sizeof(magic)) ||
		    magic != IMAGE_MAGIC ||
		    vm_copy_from(k->vm, &k->size, gpa(k->pa + 0x10), sizeof(k->size)))
			continue;
		room = k->vm->ram_size - (k->pa - VM_RAM_BASE);
		k->size = k->size < room ? k->size : room;
		k->size = k->size < IMAGE_SIZE_MAX ? k->size : IMAGE_SIZE_MAX;
		return true;
	}
	return false;
}

static void find(struct vm *vm)
{
	struct monitor_kernel *k = &kernel;

	*k = (struct monitor_kernel){.vm = vm, .boots = vm->boots};
	if (!find_header(k))
		return;
	kimage_init(&k->image, read_image, k, k->size);
	k->symbols = !kallsyms_find(&k->syms, &k->image);
}

/* Whether the kernel is at this virtual address. */
static bool is_at(const struct monitor_view *w, uint64_t va)
{
	struct vwalk_result r;

	return !guest_translate(&w->space, va, &r) && r.gpa.v == kernel.pa;
}

/* Linux 7 does not say where it was linked or moved to; its trap vector does. */
static void find_va(const struct monitor_view *w)
{
	struct monitor_kernel *k = &kernel;
	uint64_t offset, va = k->syms.base;

	if ((!va || !is_at(w, va)) && !kallsyms_lookup(&k->syms, "handle_exception", &offset))
		va = (w->ctx.vstvec & ~UINT64_C(3)) - offset;
	if (!is_at(w, va))
		va = LINK_VA;
	k->va = is_at(w, va) ? va : k->pa;
}

void monitor_kernel_forget(void)
{
	kernel.va = 0;
	if (!kernel.symbols) /* perhaps it was not yet loaded */
		kernel.vm = NULL;
}

struct monitor_kernel *monitor_kernel(const struct monitor_view *w)
{
	struct vm *vm = w->v->vm;

	if (kernel.vm != vm || kernel.boots != vm->boots)
		find(vm);
	if (kernel.symbols && !kernel.va) {
		kernel.image.at = UINT64_MAX; /* the window is from then */
		find_va(w);
	}
	return kernel.symbols ? &kernel : NULL;
}

uint64_t monitor_image(const struct monitor_view *w, uint64_t *size)
{
	monitor_kernel(w);
	*size = kernel.size;
	return kernel.size ? kernel.pa : 0;
}

/* Where in the image an address of the kernel is; UINT64_MAX: elsewhere. Before it has turned its
 * MMU on, the kernel runs at its physical address. */
static uint64_t in_image(const struct monitor_kernel *k, uint64_t addr)
{
	if (addr - k->va < k->size)
		return addr - k->va;
	return addr - k->pa < k->size ? addr - k->pa : UINT64_MAX;
}

const char *monitor_symbol(const struct monitor_view *w, uint64_t addr)
{
	static char text[KALLSYMS_NAME_MAX + 24];
	const struct monitor_kernel *k = monitor_kernel(w);
	uint64_t offset = k ? in_image(k, addr) : UINT64_MAX;
	char name[KALLSYMS_NAME_MAX];
	uint32_t i;

	text[0] = '\0';
	if (offset == UINT64_MAX || !kallsyms_at(&k->syms, offset, &i))
		return text;
	kallsyms_name(&k->syms, i, name);
	if (*name)
		snprintf(text, sizeof(text), " <%s+%#lx>", name,
			 (unsigned long)(offset - kallsyms_offset(&k->syms, i)));
	return text;
}

bool monitor_symbol_address(const struct monitor_view *w, const char *name, uint64_t *addr)
{
	const struct monitor_kernel *k = monitor_kernel(w);
	uint64_t offset;

	if (!k || kallsyms_lookup(&k->syms, name, &offset))
		return false;
	*addr = k->va + offset;
	return true;
}

/* ---- dmesg ---- */

/* Any address of the kernel, also before it has turned its MMU on. */
static bool read_kernel(void *ctx, uint64_t va, void *buf, size_t n)
{
	const struct monitor_view *w = ctx;
	uint64_t offset = in_image(&kernel, va);

	if (offset == UINT64_MAX && va - LINK_VA < kernel.size)
		offset = va - LINK_VA;
	if (offset != UINT64_MAX)
		return n <= kernel.size - offset && read_image(&kernel, offset, buf, n);
	return guest_view_read(&w->space, va, buf, n) == (long)n;
}

/* The ring that is in use, or else the one at boot. */
bool monitor_printk(struct monitor_view *w, struct printk_ring *ring)
{
	uint64_t va;

	if (!monitor_kernel(w))
		return false;
	if (monitor_symbol_address(w, "prb", &va) && read_kernel(w, va, &va, sizeof(va)) &&
	    !printk_open(ring, read_kernel, w, va))
		return true;
	return monitor_symbol_address(w, "printk_rb_static", &va) &&
	       !printk_open(ring, read_kernel, w, va);
}

static void show_record(const struct printk_record *r)
{
	unsigned long us = (unsigned long)(r->ns / 1000);
	const char *s = r->text, *end = s + r->len, *nl;

	do {
		nl = memchr(s, '\n', (size_t)(end - s));
		nl = nl ? nl : end;
		monitor_printf("<%u>[%5lu.%06lu] %.*s\n", r->level, us / 1000000, us % 1000000,
			       (int)(nl - s < 400 ? nl - s : 400), s);
		s = nl + 1;
	} while (s < end);
}

bool monitor_dmesg(const char *const *arg)
{
	static struct printk_record r;
	struct monitor_view *w = monitor_view(arg[0], NULL);
	uint64_t lines = 1000, left;
	struct printk_ring ring;

	if (!w)
		return true;
	if (arg[1] && !monitor_number(arg[1], &lines)) {
		monitor_printf("usage: dmesg [GUEST [RECORDS]]\n");
		return true;
	}
	if (!monitor_printk(w, &ring)) {
		monitor_printf("%s: no log of a Linux kernel in its memory\n", w->v->vm->name);
		return true;
	}
	left = printk_left(&ring);
	printk_skip(&ring, left > lines ? left - lines : 0);
	while (lines-- && printk_next(&ring, &r))
		show_record(&r);
	return true;
}

/* ---- bt ---- */

#define FRAMES_MAX 64
#define SCAN_BYTES 4096

static void show_frame(const struct monitor_view *w, unsigned n, uint64_t pc, const char *note)
{
	monitor_printf("#%-2u %#018lx%s%s\n", n, (unsigned long)pc, monitor_symbol(w, pc), note);
}

/* Along the frame pointers: below each is the return address, and below that the caller's. */
static unsigned by_frames(const struct monitor_view *w, uint64_t fp)
{
	unsigned n = 1;

	for (; n < FRAMES_MAX; n++) {
		uint64_t frame[2]; /* fp, ra */

		if (fp % 8 || guest_view_read(&w->space, fp - 16, frame, 16) != 16 || !frame[1])
			break;
		show_frame(w, n, frame[1], "");
		if (frame[0] <= fp || frame[0] - fp > 16384)
			return n + 1;
		fp = frame[0];
	}
	return n;
}

static bool is_code(const struct monitor_view *w, uint64_t addr)
{
	const struct monitor_kernel *k = monitor_kernel(w);
	uint64_t begin, end, at = k ? in_image(k, addr) : UINT64_MAX;

	return at != UINT64_MAX && !kallsyms_lookup(&k->syms, "_stext", &begin) &&
	       !kallsyms_lookup(&k->syms, "_etext", &end) && at >= begin && at < end;
}

static void by_scan(const struct monitor_view *w, uint64_t sp)
{
	unsigned n = 1;

	show_frame(w, n++, w->ctx.x[REG_RA], "  (ra)");
	for (uint64_t at = 0; at < SCAN_BYTES && n < 24; at += 8) {
		uint64_t word;

		if (guest_view_read(&w->space, (sp & ~UINT64_C(7)) + at, &word, 8) != 8)
			break;
		if (is_code(w, word))
			show_frame(w, n++, word, "  (on the stack)");
	}
}

bool monitor_bt(const char *const *arg)
{
	struct monitor_view *w = monitor_view(arg[0], arg[0] ? arg[1] : NULL);

	if (!w)
		return true;
	show_frame(w, 0, w->ctx.sepc, w->ctx.sstatus & SSTATUS_SPP ? "" : "  (user mode)");
	if (by_frames(w, w->ctx.x[8]) > 1)
		return true;
	monitor_printf("no frame pointer: what on the stack may be return addresses:\n");
	by_scan(w, w->ctx.x[REG_SP]);
	return true;
}
