/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest's kernel file: Linux' RISC-V Image header, or ELF64.
 *
 * What always holds: a field is read only after the file was found to be long enough for it, and a
 * range is compared by subtraction, so no sum of two numbers from the file can wrap.
 */
#include <inttypes.h>
#include <string.h>

#include <core/errno.h>
#include <core/errtext.h>
#include <guest/image.h>

/* The Image header. */
#define IMAGE_TEXT_OFFSET 0x08
#define IMAGE_SIZE	  0x10
#define IMAGE_FLAGS	  0x18
#define IMAGE_MAGIC2	  0x38
#define IMAGE_HEADER_SIZE 0x40
#define IMAGE_BIG_ENDIAN  BIT(0)

/* The ELF64 header and program headers. */
#define ELF_CLASS	4
#define ELF_DATA	5
#define ELF_TYPE	0x10
#define ELF_MACHINE	0x12
#define ELF_ENTRY	0x18
#define ELF_PHOFF	0x20
#define ELF_PHENTSIZE	0x36
#define ELF_PHNUM	0x38
#define ELF_HEADER_SIZE 0x40
#define PH_TYPE		0x00
#define PH_OFFSET	0x08
#define PH_VADDR	0x10
#define PH_PADDR	0x18
#define PH_FILESZ	0x20
#define PH_MEMSZ	0x28
#define PH_SIZE		0x38

#define ELFCLASS64  2
#define ELFDATA2LSB 1
#define ET_EXEC	    2
#define EM_RISCV    243
#define PT_LOAD	    1

struct parser {
	const uint8_t *data;
	uint64_t size;
	uint64_t ram_base, ram_size;
	struct image *out;
	char *err;
	size_t errlen;
};

#define image_error(p, code, ...) err_text((p)->err, (p)->errlen, code, __VA_ARGS__)

/* Little-endian, of 2, 4 or 8 bytes. */
static uint64_t load(const uint8_t *p, unsigned bytes)
{
	uint64_t v = 0;

	while (bytes--)
		v = v << 8 | p[bytes];
	return v;
}

/* Is [start, start + len) inside [base, base + size)? */
static bool inside(uint64_t start, uint64_t len, uint64_t base, uint64_t size)
{
	return start >= base && len <= size && start - base <= size - len;
}

static int add_segment(struct parser *p, struct image_segment s)
{
	struct image *im = p->out;

	if (!inside(s.gpa.v, s.mem_size, p->ram_base, p->ram_size))
		return image_error(p, NACRE_ENOMEM,
				   "0x%" PRIx64 " bytes at 0x%" PRIx64
				   " do not fit into RAM (0x%" PRIx64 " bytes at 0x%" PRIx64 ")",
				   s.mem_size, s.gpa.v, p->ram_size, p->ram_base);
	if (im->nsegments == IMAGE_MAX_SEGMENTS)
		return image_error(p, NACRE_ENOTSUP, "more than %u segments to load",
				   IMAGE_MAX_SEGMENTS);
	im->segment[im->nsegments++] = s;
	if (im->end.v < s.gpa.v + s.mem_size)
		im->end.v = s.gpa.v + s.mem_size;
	return 0;
}

static int parse_raw(struct parser *p)
{
	uint64_t text_offset = load(p->data + IMAGE_TEXT_OFFSET, 8);
	uint64_t mem_size = load(p->data + IMAGE_SIZE, 8);

	if (load(p->data + IMAGE_FLAGS, 8) & IMAGE_BIG_ENDIAN)
		return image_error(p, NACRE_ENOTSUP, "a big-endian kernel");
	if (text_offset >= p->ram_size)
		return image_error(p, NACRE_ENOMEM,
				   "its text offset 0x%" PRIx64 " lies outside RAM (0x%" PRIx64
				   " bytes)",
				   text_offset, p->ram_size);
	if (!IS_ALIGNED(p->ram_base + text_offset, SIZE_2M))
		return image_error(p, NACRE_EBADF,
				   "its text offset 0x%" PRIx64 " is not a multiple of 2 MiB",
				   text_offset);
	p->out->kind = IMAGE_RAW;
	p->out->entry = gpa(p->ram_base + text_offset);
	return add_segment(p, (struct image_segment){
				      .gpa = p->out->entry,
				      .file_size = p->size,
				      .mem_size = mem_size > p->size ? mem_size : p->size,
			      });
}

static int check_elf_header(const struct parser *p)
{
	const uint8_t *d = p->data;

	if (p->size < ELF_HEADER_SIZE)
		return image_error(p, NACRE_EBADF, "an ELF file cut short");
	if (d[ELF_CLASS] != ELFCLASS64 || d[ELF_DATA] != ELFDATA2LSB ||
	    load(d + ELF_MACHINE, 2) != EM_RISCV)
		return image_error(p, NACRE_ENOTSUP,
				   "an ELF file, but not for 64-bit little-endian RISC-V");
	if (load(d + ELF_TYPE, 2) != ET_EXEC)
		return image_error(p, NACRE_ENOTSUP,
				   "an ELF file of type %u, not an executable (type %u)",
				   (unsigned)load(d + ELF_TYPE, 2), ET_EXEC);
	if (load(d + ELF_PHENTSIZE, 2) != PH_SIZE ||
	    !inside(load(d + ELF_PHOFF, 8), load(d + ELF_PHNUM, 2) * PH_SIZE, 0, p->size))
		return image_error(p, NACRE_EBADF,
				   "an ELF file whose program headers are not inside it");
	return 0;
}

/*
 * One PT_LOAD. The entry point is a virtual address, and the guest starts in Bare mode: so the
 * segment that has it says where it is in RAM.
 */
static int parse_load(struct parser *p, const uint8_t *ph, bool *has_entry)
{
	uint64_t vaddr = load(ph + PH_VADDR, 8), entry = load(p->data + ELF_ENTRY, 8);
	struct image_segment s = {
		.gpa = gpa(load(ph + PH_PADDR, 8)),
		.file_offset = load(ph + PH_OFFSET, 8),
		.file_size = load(ph + PH_FILESZ, 8),
		.mem_size = load(ph + PH_MEMSZ, 8),
	};

	if (s.mem_size == 0)
		return 0;
	if (s.file_size > s.mem_size || !inside(s.file_offset, s.file_size, 0, p->size))
		return image_error(p, NACRE_EBADF,
				   "an ELF file with a segment (0x%" PRIx64 " bytes at 0x%" PRIx64
				   ") that is not inside it",
				   s.file_size, s.file_offset);
	if (!*has_entry && entry >= vaddr && entry - vaddr < s.mem_size) {
		p->out->entry = gpa(s.gpa.v + (entry - vaddr));
		*has_entry = true;
	}
	return add_segment(p, s);
}

static int parse_elf(struct parser *p)
{
	bool has_entry = false;
	uint64_t phoff, phnum;
	int rc = check_elf_header(p);

	if (rc)
		return rc;
	p->out->kind = IMAGE_ELF;
	phoff = load(p->data + ELF_PHOFF, 8);
	phnum = load(p->data + ELF_PHNUM, 2);
	for (uint64_t i = 0; i < phnum && rc == 0; i++) {
		const uint8_t *ph = p->data + phoff + i * PH_SIZE;

		if (load(ph + PH_TYPE, 4) == PT_LOAD)
			rc = parse_load(p, ph, &has_entry);
	}
	if (rc == 0 && !has_entry)
		return image_error(p, NACRE_EBADF,
				   "an ELF file whose entry point 0x%" PRIx64 " is in no segment",
				   load(p->data + ELF_ENTRY, 8));
	return rc;
}

/* Is there at `offset` what `magic` says? */
static bool has(const struct parser *p, unsigned offset, const char *magic, unsigned len)
{
	return inside(offset, len, 0, p->size) && memcmp(p->data + offset, magic, len) == 0;
}

/* Packed forms of kernels, by name, or NULL. */
static const char *packed_as(const struct parser *p)
{
	static const struct {
		const char *name, *magic;
		uint8_t offset, len;
	} forms[] = {
		{"gzip-compressed", "\x1f\x8b", 0, 2},
		{"an EFI zboot image, its kernel compressed", "zimg", 4, 4},
		{"zstd-compressed", "\x28\xb5\x2f\xfd", 0, 4},
		{"lz4-compressed", "\x04\x22\x4d\x18", 0, 4},
		{"lz4-compressed", "\x02\x21\x4c\x18", 0, 4},
		{"xz-compressed", "\xfd\x37zXZ", 0, 5},
		{"bzip2-compressed", "BZh", 0, 3},
	};

	for (unsigned i = 0; i < ARRAY_SIZE(forms); i++)
		if (has(p, forms[i].offset, forms[i].magic, forms[i].len))
			return forms[i].name;
	return NULL;
}

int image_parse(const void *data, uint64_t size, gpa_t ram_base, uint64_t ram_size,
		struct image *out, char *err, size_t errlen)
{
	struct parser p = {data, size, ram_base.v, ram_size, out, err, errlen};
	const char *packed = packed_as(&p);

	*out = (struct image){.kind = IMAGE_RAW};
	if (packed)
		return image_error(&p, NACRE_ENOTSUP, "%s: unpack it first", packed);
	if (has(&p, 0,
		"\x7f"
		"ELF",
		4))
		return parse_elf(&p);
	if (size < IMAGE_HEADER_SIZE || !has(&p, IMAGE_MAGIC2, "RSC\x05", 4))
		return image_error(&p, NACRE_EBADF,
				   "neither an ELF file nor a RISC-V Image (no \"RSC\\x05\" at "
				   "offset 0x%x)",
				   IMAGE_MAGIC2);
	return parse_raw(&p);
}
