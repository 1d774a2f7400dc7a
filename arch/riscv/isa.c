/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The table of ISA extensions, sets of them, and their two spellings in a device tree.
 *
 * Spelling and canonical order: the ISA manual's "ISA Extension Naming Conventions" and Linux'
 * bindings for RISC-V CPUs. All strings come from the host's firmware or from the bundle: nothing
 * is assumed of them.
 */
#include <assert.h>
#include <string.h>

#include <core/errno.h>
#include <core/types.h>
#include <spec/csr.h>

#include "isa_table.h"

/*
 * CBO.INVAL is carried out as a flush (CBIE = 01). As an invalidation it would let a guest drop the
 * zeroes that wiped its memory from the caches, and read what the last owner left in RAM.
 */
#define HENVCFG_CBIE_FLUSH (HENVCFG_CBIE & (HENVCFG_CBIE >> 1))

#define NEEDS_AIA     "there is no virtual AIA"
#define NEEDS_PMU     "counters are configured by SBI PMU alone"
#define NEEDS_FWFT    "a guest cannot ask for it: there is no SBI FWFT"
#define NEEDS_CFI     "control-flow integrity state is not switched between guests"
#define NEEDS_STATEEN "the state behind it is not switched between guests"
#define NO_SEED	      "the seed CSR cannot be reached from a guest"
#define RV32_ONLY     "it exists on RV32 only"
#define MACHINE_LEVEL "it belongs to machine mode"

const struct isa_row isa_rows[ISA_COUNT] = {
#define ISA(id, ext, ...) [ISA_##id] = {.name = ext, ##__VA_ARGS__},
#include <arch/isa_rows.inc>
#undef ISA
};

static_assert(ISA_COUNT <= 256, "isa_row keeps extensions in bytes");

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

enum isa_ext isa_find(struct isa_text name)
{
	for (enum isa_ext e = 1; e < ISA_COUNT; e++) {
		const char *row = isa_rows[e].name;
		size_t i = 0;

		while (i < name.len && row[i] && lower(name.s[i]) == row[i])
			i++;
		if (i == name.len && row[i] == '\0')
			return e;
	}
	return ISA_NONE;
}

enum isa_ext isa_first_missing(const struct isa_set *s, const uint8_t list[ISA_LINKS_MAX])
{
	for (unsigned i = 0; i < ISA_LINKS_MAX && list[i]; i++)
		if (!isa_has(s, list[i]))
			return list[i];
	return ISA_NONE;
}

enum isa_ext isa_first_present(const struct isa_set *s, const uint8_t list[ISA_LINKS_MAX])
{
	for (unsigned i = 0; i < ISA_LINKS_MAX && list[i]; i++)
		if (isa_has(s, list[i]))
			return list[i];
	return ISA_NONE;
}

/* One round of closing; what it adds may imply more. C together with D has the compressed D loads.
 */
static void close_once(struct isa_set *s, bool sums)
{
	for (enum isa_ext e = 1; e < ISA_COUNT; e++) {
		const struct isa_row *row = &isa_rows[e];

		if (isa_has(s, e)) {
			for (unsigned i = 0; i < ISA_LINKS_MAX && row->implies[i]; i++)
				isa_add(s, row->implies[i]);
		} else if (sums && row->kind == ISA_SUM && !isa_first_missing(s, row->implies)) {
			isa_add(s, e);
		}
	}
	if (isa_has(s, ISA_C) && isa_has(s, ISA_D))
		isa_add(s, ISA_ZCD);
}

static void close_all(struct isa_set *s, bool sums)
{
	struct isa_set before;

	do {
		before = *s;
		close_once(s, sums);
	} while (memcmp(&before, s, sizeof(before)) != 0);
}

void isa_close_down(struct isa_set *s)
{
	close_all(s, false);
}

void isa_close(struct isa_set *s)
{
	close_all(s, true);
}

/* "2p1" and the like at text[i]: the index after it. */
static size_t skip_version(struct isa_text t, size_t i)
{
	while (i < t.len && is_digit(t.s[i]))
		i++;
	if (i > 0 && i + 1 < t.len && is_digit(t.s[i - 1]) && lower(t.s[i]) == 'p' &&
	    is_digit(t.s[i + 1]))
		for (i++; i < t.len && is_digit(t.s[i]);)
			i++;
	return i;
}

/* A name's length without the version at its end, if it has one. No extension's name ends in a
 * digit. */
static size_t name_length(struct isa_text t)
{
	size_t n = t.len;

	while (n > 0 && is_digit(t.s[n - 1]))
		n--;
	if (n > 1 && n < t.len && lower(t.s[n - 1]) == 'p' && is_digit(t.s[n - 2]))
		for (n--; n > 0 && is_digit(t.s[n - 1]);)
			n--;
	return n;
}

static void add_name(struct isa_set *set, struct isa_text name, struct isa_text *unknown)
{
	enum isa_ext e = isa_find(name);

	if (!e)
		e = isa_find((struct isa_text){name.s, name_length(name)});
	if (e)
		isa_add(set, e);
	else if (unknown->len == 0)
		*unknown = name;
}

/* One letter of the part before the first underscore. G is a name for a whole row of others. */
static void add_letter(struct isa_set *set, struct isa_text letter, struct isa_text *unknown)
{
	static const uint8_t general[] = {ISA_I, ISA_M,	    ISA_A,	 ISA_F,
					  ISA_D, ISA_ZICSR, ISA_ZIFENCEI};

	if (lower(letter.s[0]) != 'g') {
		add_name(set, letter, unknown);
		return;
	}
	for (unsigned i = 0; i < ARRAY_SIZE(general); i++)
		isa_add(set, general[i]);
}

int isa_parse_string(struct isa_set *set, struct isa_text t, struct isa_text *unknown)
{
	static const char prefix[] = "rv64";
	size_t i;

	*unknown = (struct isa_text){NULL, 0};
	for (i = 0; i < 4; i++)
		if (i >= t.len || lower(t.s[i]) != prefix[i])
			return -NACRE_EBADF;
	while (i < t.len) {
		char c = lower(t.s[i]);
		size_t start = i;

		if (c == '_') {
			i++;
		} else if (c == 's' || c == 'x' || c == 'z') {
			while (i < t.len && t.s[i] != '_')
				i++;
			add_name(set, (struct isa_text){t.s + start, i - start}, unknown);
		} else if (c >= 'a' && c <= 'z') {
			add_letter(set, (struct isa_text){t.s + start, 1}, unknown);
			i = skip_version(t, start + 1);
		} else {
			return -NACRE_EBADF;
		}
	}
	return isa_has(set, ISA_I) ? 0 : -NACRE_EBADF;
}

static void parse_list(struct isa_set *set, struct isa_text list)
{
	struct isa_text unknown = {NULL, 0};

	while (list.len > 0) {
		struct isa_text name = {list.s, strnlen(list.s, list.len)};
		size_t step = name.len < list.len ? name.len + 1 : name.len;

		add_name(set, name, &unknown);
		list.s += step;
		list.len -= step;
	}
}

int isa_parse_host(struct isa_set *out, const char *riscv_isa, const char *ext_list,
		   size_t ext_list_len)
{
	struct isa_text unknown;
	int rc;

	*out = (struct isa_set){{0}};
	if (ext_list) {
		parse_list(out, (struct isa_text){ext_list, ext_list_len});
	} else if (riscv_isa) {
		rc = isa_parse_string(out, (struct isa_text){riscv_isa, strlen(riscv_isa)},
				      &unknown);
		if (rc)
			return rc;
		isa_add(out, ISA_ZIFENCEI);
		isa_add(out, ISA_ZICNTR);
		isa_add(out, ISA_ZIHPM);
	} else {
		return -NACRE_ENOENT;
	}
	isa_add(out, ISA_ZICSR); /* no hart with S-mode is without */
	isa_close(out);
	return isa_has(out, ISA_I) ? 0 : -NACRE_EBADF;
}

void isa_and(struct isa_set *a, const struct isa_set *b)
{
	for (unsigned i = 0; i < ISA_WORDS; i++)
		a->w[i] &= b->w[i];
}

void isa_limit_henvcfg(struct isa_set *host, uint64_t writable)
{
	for (enum isa_ext e = 1; e < ISA_COUNT; e++)
		if ((ISA_UNBITS(isa_rows[e].henvcfg) & ~writable) ||
		    (isa_rows[e].pmm && !(writable & PMM_7 << ENVCFG_PMM_SHIFT)))
			isa_del(host, e);
}

void isa_limit_state(struct isa_set *host, bool fpu, bool vector)
{
	if (!fpu)
		isa_del(host, ISA_F);
	if (!vector)
		isa_del(host, ISA_ZVE32X);
}

void isa_limit_counters(struct isa_set *host, bool overflow)
{
	if (!overflow)
		isa_del(host, ISA_SSCOFPMF);
}

void isa_limit_hypervisor(struct isa_set *host, bool stateen, bool gstage_modes)
{
	if (!stateen)
		isa_del(host, ISA_SSSTATEEN);
	if (!gstage_modes)
		isa_del(host, ISA_SHGATPA);
	if (!stateen || !gstage_modes)
		isa_del(host, ISA_SHA);
}

/* Appends sep (if not 0), the name and a NUL; *used counts without that NUL. */
static bool append(char *buf, size_t len, size_t *used, char sep, const char *name)
{
	size_t n = strlen(name), need = n + (sep != 0) + 1;

	if (need > len - *used)
		return false;
	if (sep)
		buf[(*used)++] = sep;
	memcpy(buf + *used, name, n + 1);
	*used += n;
	return true;
}

int isa_string(const struct isa_set *s, char *buf, size_t len)
{
	size_t used = 0;

	if (!append(buf, len, &used, 0, "rv64"))
		return -NACRE_ENOMEM;
	for (enum isa_ext e = 1; e < ISA_COUNT; e++) {
		const char *name = isa_rows[e].name;

		if (isa_has(s, e) && !append(buf, len, &used, name[1] ? '_' : 0, name))
			return -NACRE_ENOMEM;
	}
	return (int)used;
}

int isa_ext_list(const struct isa_set *s, char *buf, size_t len)
{
	size_t used = 0;

	for (enum isa_ext e = 1; e < ISA_COUNT; e++) {
		if (!isa_has(s, e))
			continue;
		if (!append(buf, len, &used, 0, isa_rows[e].name))
			return -NACRE_ENOMEM;
		used++; /* this NUL is part of the list */
	}
	return (int)used;
}

uint64_t isa_henvcfg(const struct isa_set *s)
{
	uint64_t bits = 0;

	for (enum isa_ext e = 1; e < ISA_COUNT; e++)
		if (isa_has(s, e))
			bits |= ISA_UNBITS(isa_rows[e].henvcfg);
	return bits;
}

/* senvcfg belongs to the privileged architecture, not to an extension; it is switched. */
uint64_t isa_hstateen0(const struct isa_set *s)
{
	uint64_t bits = HSTATEEN0_ENVCFG;

	for (enum isa_ext e = 1; e < ISA_COUNT; e++)
		if (isa_has(s, e))
			bits |= ISA_UNBITS(isa_rows[e].hstateen0);
	return bits;
}

static enum isa_hide hidden_without(const struct isa_set *guest, const uint8_t list[ISA_LINKS_MAX])
{
	enum isa_hide hide = ISA_HIDE_ADVERT;

	for (unsigned i = 0; i < ISA_LINKS_MAX && list[i] && hide == ISA_HIDE_ADVERT; i++)
		if (!isa_has(guest, list[i]))
			hide = isa_hidden_by(guest, list[i]);
	return hide;
}

/* It ends: no row leads back to itself (a unit test). */
enum isa_hide isa_hidden_by(const struct isa_set *guest, enum isa_ext e)
{
	const struct isa_row *row = &isa_rows[e];
	enum isa_hide hide = row->hide;

	/* One field for several: it is Off only while the guest has none of them. */
	if ((hide == ISA_HIDE_FS && isa_has(guest, ISA_F)) ||
	    (hide == ISA_HIDE_VS && isa_has(guest, ISA_ZVE32X)))
		hide = ISA_HIDE_ADVERT;
	/* Without ADUE the hart does what Svade says, named or not. */
	if (e == ISA_SVADE && !isa_has(guest, ISA_SVADU))
		hide = ISA_HIDE_ADVERT;
	/* What it consists of and what it needs may be hidden by more. */
	if (hide == ISA_HIDE_ADVERT)
		hide = hidden_without(guest, row->implies);
	if (hide == ISA_HIDE_ADVERT)
		hide = hidden_without(guest, row->needs);
	return hide;
}

const char *isa_hide_name(enum isa_hide hide)
{
	static const char *const name[] = {
		[ISA_HIDE_ADVERT] = "nothing",	     [ISA_HIDE_HENVCFG] = "henvcfg",
		[ISA_HIDE_COUNTEREN] = "hcounteren", [ISA_HIDE_FS] = "sstatus.FS",
		[ISA_HIDE_VS] = "sstatus.VS",	     [ISA_HIDE_HSTATEEN] = "hstateen0",
		[ISA_HIDE_TRAP] = "a trap, always",
	};

	return name[hide];
}

const char *isa_name(enum isa_ext e)
{
	return isa_rows[e].name;
}

enum isa_hide isa_hiding(enum isa_ext e)
{
	return isa_rows[e].hide;
}

const char *isa_unoffered(enum isa_ext e)
{
	return isa_rows[e].unoffered;
}

bool isa_can_emulate(enum isa_ext e)
{
	return isa_rows[e].emulated;
}

bool isa_emulated(const struct isa_set *guest, const struct isa_set *host, struct isa_set *out)
{
	bool any = false;

	for (unsigned i = 0; i < ISA_WORDS; i++)
		out->w[i] = 0;
	for (enum isa_ext e = 1; e < ISA_COUNT; e++)
		if (isa_rows[e].emulated && isa_has(guest, e) && !isa_has(host, e)) {
			isa_add(out, e);
			any = true;
		}
	return any;
}
