/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The table of ISA extensions, and the operations on sets that isa.c and isa_guest.c share. Private
 * to them; others see <arch/isa.h>.
 */
#ifndef NACRE_ARCH_ISA_TABLE_H
#define NACRE_ARCH_ISA_TABLE_H

#include <arch/isa.h>

#define ISA_LINKS_MAX 8

enum isa_kind {
	ISA_PLAIN,
	ISA_SUM, /* a name for what it implies and nothing else: held exactly when all parts are */
	ISA_WHOLE, /* more than its parts, but taking it away is meant to take them too */
};

/* The first profile that demands an extension; the later ones demand it too. */
enum isa_profile { NO_PROFILE, RVA20, RVA22, RVA23 };

/* Bits 0-7 and 56-63 of a CSR, which are all that rows speak of (but hstateen0.CTR, which no guest
 * has). */
#define ISA_BITS(csr)	 ((uint16_t)((csr) | (csr) >> 48))
#define ISA_UNBITS(bits) (((bits)&UINT64_C(0xff)) | ((bits)&UINT64_C(0xff00)) << 48)

struct isa_row {
	const char *name;
	const char *unoffered;		/* why guests cannot have it, or NULL */
	uint8_t implies[ISA_LINKS_MAX]; /* a hart that has this one has these */
	uint8_t needs[ISA_LINKS_MAX];	/* this one cannot be without these, which are asked for on
					   their own */
	uint8_t kind : 2;		/* enum isa_kind */
	uint8_t profile : 2;		/* enum isa_profile */
	uint8_t hide : 3;		/* enum isa_hide */
	uint8_t by_name : 1;  /* "host" does not mean it: it has to be asked for */
	uint8_t emulated : 1; /* Nacre carries its instructions out where the host has it not */
	uint8_t pmm : 1;      /* needs PMLEN = 7 in senvcfg and henvcfg; a guest without h runs
				 with henvcfg.PMM = 0 all the same, which is of its S-mode */
	uint8_t host;	      /* the host extension that makes this one true in VS-mode too, or
				 ISA_NONE */
	uint16_t henvcfg;     /* ISA_BITS() that a guest must have set to use it */
	uint16_t hstateen0;   /* the same, where the host has Smstateen */
};

extern const struct isa_row isa_rows[ISA_COUNT];

/* A piece of a string that somebody else owns. */
struct isa_text {
	const char *s;
	size_t len;
};

/* A letter case does not count. ISA_NONE if there is no such row. */
enum isa_ext isa_find(struct isa_text name);

/*
 * Adds what an "rv64..." string names; *unknown gets the first name without a row (len 0: none).
 * 0 or -NACRE_EBADF.
 */
int isa_parse_string(struct isa_set *set, struct isa_text string, struct isa_text *unknown);

static inline void isa_add(struct isa_set *s, enum isa_ext e)
{
	s->w[e / 64] |= UINT64_C(1) << (e % 64);
}
static inline void isa_del(struct isa_set *s, enum isa_ext e)
{
	s->w[e / 64] &= ~(UINT64_C(1) << (e % 64));
}

/* The first of the list that s has not (or has), or ISA_NONE. */
enum isa_ext isa_first_missing(const struct isa_set *s, const uint8_t list[ISA_LINKS_MAX]);
enum isa_ext isa_first_present(const struct isa_set *s, const uint8_t list[ISA_LINKS_MAX]);

/* Adds what the members imply, and nothing else. */
void isa_close_down(struct isa_set *s);
/* Adds what the members imply, and the sums whose parts are all there. */
void isa_close(struct isa_set *s);

#endif
