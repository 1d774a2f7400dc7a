/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ISA extensions: what a hart has, what a guest is given, and how a device tree says it.
 *
 * Sets come from isa_parse_host(), isa_and() and isa_guest(), and are closed: with an extension
 * they hold all that it implies, and a name for a sum (A, B, Zkn, ...) exactly when they hold all
 * of its parts. The extensions themselves are the rows of <arch/isa_rows.inc>.
 */
#ifndef NACRE_ARCH_ISA_H
#define NACRE_ARCH_ISA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum isa_ext {
	ISA_NONE, /* no extension: ends a list of them */
#define ISA(id, ...) ISA_##id,
#include <arch/isa_rows.inc>
#undef ISA
	ISA_COUNT
};

#define ISA_WORDS ((ISA_COUNT + 63) / 64)

struct isa_set {
	uint64_t w[ISA_WORDS];
};

/* What keeps a guest that was not given an extension from using it all the same. */
enum isa_hide {
	ISA_HIDE_ADVERT,    /* nothing: it is left out of the device tree, and that is all */
	ISA_HIDE_HENVCFG,   /* henvcfg */
	ISA_HIDE_COUNTEREN, /* hcounteren */
	ISA_HIDE_FS,	    /* sstatus.FS = Off while the guest runs */
	ISA_HIDE_VS,	    /* sstatus.VS = Off while the guest runs */
	ISA_HIDE_HSTATEEN,  /* hstateen0, where the host has Smstateen */
	ISA_HIDE_TRAP,	    /* it always traps in a guest */
};

/* Room that is enough for isa_string() and for isa_ext_list() of any set, in bytes. */
#define ISA_TEXT_MAX 1024

static inline bool isa_has(const struct isa_set *s, enum isa_ext e)
{
	return s->w[e / 64] >> (e % 64) & 1;
}

/*
 * One hart's extensions from its node's riscv,isa (or NULL) and riscv,isa-extensions (a list of
 * NUL-terminated strings of ext_list_len bytes in all, or NULL), which wins where both are. Names
 * that Nacre does not know are passed over. riscv,isa predates Zicsr, Zifencei, Zicntr and Zihpm,
 * and is taken to include them. 0, -NACRE_ENOENT with neither property, -NACRE_EBADF for no RV64I.
 */
int isa_parse_host(struct isa_set *out, const char *riscv_isa, const char *ext_list,
		   size_t ext_list_len);

/* a := what both have */
void isa_and(struct isa_set *a, const struct isa_set *b);

/*
 * Drop from the host's set what henvcfg cannot switch on: `writable` has the bits that stayed 1
 * when 1 was written to all (the firmware's menvcfg limits them).
 */
void isa_limit_henvcfg(struct isa_set *host, uint64_t writable);
/* The same for what needs sstatus.FS or VS to be switched. */
void isa_limit_state(struct isa_set *host, bool fpu, bool vector);
/* And for LCOFI, which somebody must pass on to a guest. */
void isa_limit_counters(struct isa_set *host, bool overflow);
/* The same for what needs hstateen0, and a mode of hgatp for each of satp. */
void isa_limit_hypervisor(struct isa_set *host, bool stateen, bool gstage_modes);

/*
 * A guest's set. The request is a base, then items:
 *   "host" (all that the host has and Nacre offers), "rva20s64", "rva22s64", "rva23s64" (the
 * profile's mandatory extensions) or an "rv64..." string (exactly these);
 *   ",+name" adds it and what it implies; ",-name" takes it away, with the parts that nothing else
 *   asks for, and with what was in the base and needs it.
 * The later item wins. The result is a subset of the host's set, but for Svade, which every host
 * with Svadu has too. 0; -NACRE_EINVAL for a request that cannot be read; -NACRE_ENOTSUP for one
 * that cannot be met; each with one line of text (node and property are put before it by the
 * caller).
 */
int isa_guest(struct isa_set *out, const struct isa_set *host, const char *request, char *err,
	      size_t errlen);

/* "rv64imafdc_zicsr_..." in canonical order. Its length without the NUL, or -NACRE_ENOMEM. */
int isa_string(const struct isa_set *s, char *buf, size_t len);
/* The value of riscv,isa-extensions. Its length with all NULs, or -NACRE_ENOMEM. */
int isa_ext_list(const struct isa_set *s, char *buf, size_t len);

/* The henvcfg and hstateen0 bits that a guest with this set runs with. */
uint64_t isa_henvcfg(const struct isa_set *s);
uint64_t isa_hstateen0(const struct isa_set *s);

/* Can Nacre carry out its instructions where the host has it not? */
bool isa_can_emulate(enum isa_ext e);
/* What of the guest's is emulated on this host; false: nothing. */
bool isa_emulated(const struct isa_set *guest, const struct isa_set *host, struct isa_set *out);

/* What "-name" items, that no later "+name" takes back, ask for; of a request that isa_guest()
 * took. */
void isa_denied(const char *request, struct isa_set *out);
/* What keeps this guest, which was not given e, from using it on a hart that has it. */
enum isa_hide isa_hidden_by(const struct isa_set *guest, enum isa_ext e);
/* For people: "henvcfg", ... */
const char *isa_hide_name(enum isa_hide hide);

/* A row's name, its own means to be hidden, and why guests are not offered it (NULL: they are). */
const char *isa_name(enum isa_ext e);
enum isa_hide isa_hiding(enum isa_ext e);
const char *isa_unoffered(enum isa_ext e);

#endif
