/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest's ISA: its configuration's request against what the host has and the table offers.
 *
 * The request is first carried out on a wish list, item by item, without a look at the host; then
 * the list is checked as a whole. So the order of the items matters only where they contradict each
 * other, and what a guest gets always passed the same three questions: is it offered, has the host
 * got it, and is all there that it needs?
 */
#include <string.h>

#include <core/errno.h>
#include <core/errtext.h>
#include <core/types.h>

#include "isa_table.h"

struct request {
	struct isa_set have; /* the host's, and what comes with it */
	struct isa_set want;
	struct isa_set asked; /* by a "+" item: later "-" items do not take these along */
	struct isa_set gone;  /* by a "-" item, and not asked for since */
	char *err;
	size_t errlen;
};

#define refuse(r, code, ...) err_text((r)->err, (r)->errlen, code, __VA_ARGS__)

static bool offered(const struct isa_set *have, enum isa_ext e)
{
	const struct isa_row *row = &isa_rows[e];

	return isa_has(have, e) && !row->unoffered && (!row->host || isa_has(have, row->host));
}

/* What keeps e from being in the set: something that it implies or needs and that is not there. */
static enum isa_ext missing_for(const struct isa_set *s, enum isa_ext e)
{
	enum isa_ext m = isa_first_missing(s, isa_rows[e].implies);

	if (!m)
		m = isa_first_missing(s, isa_rows[e].needs);
	if (!m && e == ISA_C && isa_has(s, ISA_D) && !isa_has(s, ISA_ZCD))
		m = ISA_ZCD;
	return m;
}

/* All of the host's that guests may have unasked, less what would then lack something. */
static void want_host(struct request *r)
{
	struct isa_set before;

	for (enum isa_ext e = 1; e < ISA_COUNT; e++)
		if (offered(&r->have, e) && !isa_rows[e].by_name)
			isa_add(&r->want, e);
	/*
	 * With both named, an operating system has to choose through SBI FWFT; with Svadu alone the
	 * hardware sets A and D from the start, which is the faster way.
	 */
	if (isa_has(&r->want, ISA_SVADU))
		isa_del(&r->want, ISA_SVADE);
	do {
		before = r->want;
		for (enum isa_ext e = 1; e < ISA_COUNT; e++)
			if (isa_has(&r->want, e) && missing_for(&r->want, e))
				isa_del(&r->want, e);
	} while (memcmp(&before, &r->want, sizeof(before)) != 0);
}

static void want_profile(struct request *r, enum isa_profile profile)
{
	for (enum isa_ext e = 1; e < ISA_COUNT; e++)
		if (isa_rows[e].profile && isa_rows[e].profile <= profile)
			isa_add(&r->want, e);
	isa_close(&r->want);
}

static bool text_is(struct isa_text t, const char *s)
{
	return strlen(s) == t.len && memcmp(t.s, s, t.len) == 0;
}

/* For "%.*s": names in requests may be of any length, those in texts may not. */
static int shown(struct isa_text t)
{
	return t.len < 32 ? (int)t.len : 32;
}

static int want_base(struct request *r, struct isa_text base)
{
	static const char *const profiles[] = {
		[RVA20] = "rva20s64", [RVA22] = "rva22s64", [RVA23] = "rva23s64"};
	struct isa_text unknown;

	if (text_is(base, "host")) {
		want_host(r);
		return 0;
	}
	for (enum isa_profile p = RVA20; p <= RVA23; p++) {
		if (text_is(base, profiles[p])) {
			want_profile(r, p);
			return 0;
		}
	}
	if (isa_parse_string(&r->want, base, &unknown))
		return refuse(r, NACRE_EINVAL,
			      "\"%.*s\" is not host, rva20s64, rva22s64, rva23s64 or rv64i...",
			      shown(base), base.s);
	if (unknown.len)
		return refuse(r, NACRE_ENOTSUP, "no extension %.*s is known", shown(unknown),
			      unknown.s);
	isa_add(&r->want, ISA_ZICSR); /* as riscv,isa has always been read */
	isa_add(&r->want, ISA_ZIFENCEI);
	if (isa_has(&r->have, ISA_ZICNTR))
		isa_add(&r->want, ISA_ZICNTR);
	isa_close(&r->want);
	return 0;
}

static void add_ext(struct request *r, enum isa_ext e)
{
	struct isa_set more = {{0}};

	/* The two contradict each other: the later one wins. */
	if (e == ISA_SVADE || e == ISA_SVADU)
		isa_del(&r->want, e == ISA_SVADE ? ISA_SVADU : ISA_SVADE);
	isa_add(&more, e);
	isa_add(&r->asked, e);
	isa_close_down(&more);
	for (unsigned i = 0; i < ISA_WORDS; i++) {
		r->want.w[i] |= more.w[i];
		r->gone.w[i] &= ~more.w[i];
	}
	for (enum isa_ext sum = 1; sum < ISA_COUNT; sum++) /* completed now, by name of its parts */
		if (isa_has(&r->gone, sum) && isa_first_present(&more, isa_rows[sum].implies) &&
		    !isa_first_missing(&r->want, isa_rows[sum].implies))
			isa_del(&r->gone, sum);
	if ((e == ISA_C || e == ISA_D) && isa_has(&r->want, ISA_C) && isa_has(&r->want, ISA_D)) {
		isa_add(&r->want, ISA_ZCD); /* is what C means beside D */
		isa_del(&r->gone, ISA_ZCD);
	}
}

static bool implied_by_other(const struct isa_set *s, enum isa_ext part)
{
	for (enum isa_ext e = 1; e < ISA_COUNT; e++) {
		const struct isa_row *row = &isa_rows[e];

		if (!isa_has(s, e))
			continue;
		for (unsigned i = 0; i < ISA_LINKS_MAX && row->implies[i]; i++)
			if (row->implies[i] == part)
				return true;
	}
	return false;
}

/*
 * Take e away: with it goes what cannot be without something already taken, and, where e has parts,
 * each part that nothing else implies. What was asked for by "+" stays; if it lacks something at
 * the end, check() says so.
 */
static void take_ext(struct request *r, enum isa_ext e)
{
	struct isa_set parts = {{0}}, taken = {{0}}, before;

	if (isa_rows[e].kind != ISA_PLAIN) {
		isa_add(&parts, e);
		isa_close_down(&parts);
	}
	isa_del(&r->want, e);
	isa_del(&r->asked, e);
	isa_add(&r->gone, e);
	isa_add(&taken, e);
	do {
		before = r->want;
		for (enum isa_ext x = 1; x < ISA_COUNT; x++) {
			const struct isa_row *row = &isa_rows[x];

			if (!isa_has(&r->want, x) || isa_has(&r->asked, x))
				continue;
			if (isa_first_present(&taken, row->implies) ||
			    isa_first_present(&taken, row->needs) ||
			    (x == ISA_C && isa_has(&taken, ISA_ZCD) && isa_has(&r->want, ISA_D)) ||
			    (isa_has(&parts, x) && !implied_by_other(&r->want, x))) {
				isa_del(&r->want, x);
				isa_add(&taken, x);
			}
		}
	} while (memcmp(&before, &r->want, sizeof(before)) != 0);
}

static int do_item(struct request *r, struct isa_text item)
{
	struct isa_text name = {item.s + 1, item.len - 1};
	enum isa_ext e;

	if (item.len < 2 || (item.s[0] != '+' && item.s[0] != '-'))
		return refuse(r, NACRE_EINVAL, "\"%.*s\" is not +name or -name", shown(item),
			      item.s);
	e = isa_find(name);
	if (!e)
		return refuse(r, NACRE_ENOTSUP, "no extension %.*s is known", shown(name), name.s);
	if (item.s[0] == '+')
		add_ext(r, e);
	else
		take_ext(r, e);
	return 0;
}

/* Is e, which is wanted, possible? */
static int check_ext(const struct request *r, enum isa_ext e)
{
	const struct isa_row *row = &isa_rows[e];
	enum isa_ext m;

	if (row->unoffered)
		return refuse(r, NACRE_ENOTSUP, "%s is not offered to guests: %s", row->name,
			      row->unoffered);
	if (!isa_has(&r->have, e) && !row->emulated)
		return refuse(r, NACRE_ENOTSUP,
			      "%s is not there on every hart of the host, and cannot be emulated",
			      row->name);
	if (isa_has(&r->have, e) && !offered(&r->have, e))
		return refuse(r, NACRE_ENOTSUP,
			      "%s needs %s on the host to hold for a guest, which is not there",
			      row->name, isa_rows[row->host].name);
	m = missing_for(&r->want, e);
	if (m)
		return refuse(r, NACRE_ENOTSUP, "%s needs %s, which the guest is not given",
			      row->name, isa_rows[m].name);
	return 0;
}

static int check(struct request *r)
{
	int rc;

	if (!isa_has(&r->want, ISA_I) || !isa_has(&r->want, ISA_ZICSR))
		return refuse(r, NACRE_ENOTSUP, "no guest can be without i and zicsr");
	for (enum isa_ext e = 1; e < ISA_COUNT; e++) {
		rc = isa_has(&r->want, e) ? check_ext(r, e) : 0;
		if (rc)
			return rc;
	}
	if (isa_has(&r->want, ISA_SVADE) && isa_has(&r->want, ISA_SVADU))
		return refuse(r, NACRE_ENOTSUP, "svade and svadu exclude each other");
	isa_close(&r->want); /* only sums are still to come, and the host has them as it has the
				parts */
	for (enum isa_ext e = 1; e < ISA_COUNT; e++)
		if (isa_has(&r->want, e) && isa_has(&r->gone, e))
			return refuse(r, NACRE_ENOTSUP, "-%s: all of its parts are asked for",
				      isa_rows[e].name);
	return 0;
}

void isa_denied(const char *request, struct isa_set *out)
{
	struct isa_text item = {request, strcspn(request, ",")};

	*out = (struct isa_set){{0}};
	while (item.s[item.len] == ',') {
		enum isa_ext e;

		item.s += item.len + 1;
		item.len = strcspn(item.s, ",");
		e = item.len ? isa_find((struct isa_text){item.s + 1, item.len - 1}) : ISA_NONE;
		if (e && item.s[0] == '-')
			isa_add(out, e);
		else if (e)
			isa_del(out, e);
	}
}

int isa_guest(struct isa_set *out, const struct isa_set *host, const char *request, char *err,
	      size_t errlen)
{
	struct request r = {.have = *host, .err = err, .errlen = errlen};
	struct isa_text item = {request, strcspn(request, ",")};
	int rc;

	/* henvcfg.ADUE = 0 makes Svade of Svadu. */
	if (isa_has(host, ISA_SVADU))
		isa_add(&r.have, ISA_SVADE);
	rc = want_base(&r, item);
	while (rc == 0 && item.s[item.len] == ',') {
		item.s += item.len + 1;
		item.len = strcspn(item.s, ",");
		rc = do_item(&r, item);
	}
	if (rc == 0)
		rc = check(&r);
	if (rc == 0)
		*out = r.want;
	return rc;
}
