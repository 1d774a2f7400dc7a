/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arch/riscv/isa_guest.c: properties that must hold for random hosts and requests. A guest's set is
 * closed under dependencies, never exceeds host plus emulated, and its strings parse back to it.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include <arch/isa.h>
#include <core/errno.h>

#include "isa_sets.h"

static uint64_t rng = 88172645463325252U;

static uint64_t rnd(uint64_t n)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return rng % n;
}

static void random_host(struct isa_set *host)
{
	char list[ISA_TEXT_MAX] = "i";
	size_t used = 2;
	unsigned density = (unsigned)rnd(9) + 1;

	for (enum isa_ext e = 2; e < ISA_COUNT; e++) {
		if (rnd(10) >= density)
			continue;
		strcpy(list + used, isa_name(e));
		used += strlen(isa_name(e)) + 1;
	}
	assert_int_equal(isa_parse_host(host, NULL, list, used), 0);
}

static void random_request(char *buf, size_t len)
{
	static const char *const base[] = {"host",     "host",	   "host",     "rva20s64",
					   "rva22s64", "rva23s64", "rv64imac", "rv64i"};
	size_t used = (size_t)snprintf(buf, len, "%s", base[rnd(8)]);

	for (unsigned n = (unsigned)rnd(8); n; n--)
		used += (size_t)snprintf(buf + used, len - used, ",%c%s", "+--"[rnd(3)],
					 isa_name((enum isa_ext)(1 + rnd(ISA_COUNT - 1))));
}

/* Closed and spelt rightly: what the two properties say is this set again. */
static void check_round_trip(const struct isa_set *g)
{
	char list[ISA_TEXT_MAX];
	struct isa_set back, want = *g;
	int n = isa_ext_list(g, list, sizeof(list));

	assert_true(n > 0);
	assert_int_equal(isa_parse_host(&back, NULL, list, (size_t)n), 0);
	assert_true(equal(&back, g));
	assert_int_equal(isa_parse_host(&back, text(g), NULL, 0), 0);
	for (unsigned i = 0; i < 4; i++) { /* what the old property cannot leave out */
		enum isa_ext e =
			(const enum isa_ext[]){ISA_ZICSR, ISA_ZIFENCEI, ISA_ZICNTR, ISA_ZIHPM}[i];

		want.w[e / 64] |= UINT64_C(1) << e % 64;
	}
	assert_true(equal(&back, &want));
}

/* Dependencies, from the specifications' chapters, apart from the table. */
static void check_dependencies(const struct isa_set *g)
{
	static const uint8_t pairs[][2] = {
		{ISA_D, ISA_F},		{ISA_F, ISA_ZICSR},	  {ISA_ZABHA, ISA_ZAAMO},
		{ISA_ZACAS, ISA_ZAAMO}, {ISA_A, ISA_ZALRSC},	  {ISA_A, ISA_ZAAMO},
		{ISA_V, ISA_D},		{ISA_V, ISA_ZVE64D},	  {ISA_ZVE64D, ISA_D},
		{ISA_ZVE32F, ISA_F},	{ISA_ZVE64F, ISA_ZVE64X}, {ISA_ZVFH, ISA_ZFHMIN},
		{ISA_ZVBB, ISA_ZVKB},	{ISA_ZVBC, ISA_ZVE64X},	  {ISA_ZVKNHB, ISA_ZVKNHA},
		{ISA_ZFH, ISA_ZFHMIN},	{ISA_ZFHMIN, ISA_F},	  {ISA_ZFA, ISA_F},
		{ISA_ZCB, ISA_ZCA},	{ISA_ZCMOP, ISA_ZCA},	  {ISA_ZCD, ISA_D},
		{ISA_C, ISA_ZCA},	{ISA_B, ISA_ZBB},	  {ISA_ZKN, ISA_ZBKX},
		{ISA_ZVKNG, ISA_ZVKG},	{ISA_ZVKNG, ISA_ZVKNHB},  {ISA_ZVFBFWMA, ISA_ZFBFMIN},
		{ISA_M, ISA_ZMMUL},	{ISA_ZVKSC, ISA_ZVBC},	  {ISA_ZA64RS, ISA_ZA128RS},
	};

	for (unsigned i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		if (isa_has(g, pairs[i][0]) && !isa_has(g, pairs[i][1]))
			fail_msg("%s without %s", isa_name(pairs[i][0]), isa_name(pairs[i][1]));
	assert_false(isa_has(g, ISA_C) && isa_has(g, ISA_D) && !isa_has(g, ISA_ZCD));
	assert_false(isa_has(g, ISA_SVADE) && isa_has(g, ISA_SVADU));
}

/* The last word on each name in the request is obeyed. */
static void check_obeyed(const struct isa_set *g, char *request)
{
	bool plus[ISA_COUNT] = {false};

	for (char *item = strrchr(request, ','); item; item = strrchr(request, ',')) {
		enum isa_ext e = 1;

		while (strcmp(isa_name(e), item + 2) != 0)
			e++;
		if (item[1] == '+') {
			plus[e] = true;
		} else if (!plus[e] && isa_has(g, e)) { /* only a later + can bring it back */
			bool brought = false;

			for (enum isa_ext x = 1; x < ISA_COUNT; x++)
				brought = brought || plus[x];
			if (!brought)
				fail_msg("-%s: it is still there", isa_name(e));
		}
		*item = '\0';
	}
}

static void test_random(void **state)
{
	unsigned met = 0;

	(void)state;
	for (unsigned i = 0; i < 8000; i++) {
		struct isa_set host, other, g, emulated;
		char request[400], err[200] = "";

		random_host(&host);
		if (rnd(4) == 0) {
			random_host(&other);
			isa_and(&host, &other);
		}
		check_round_trip(&host);
		random_request(request, sizeof(request));
		int rc = isa_guest(&g, &host, request, err, sizeof(err));
		if (rc) {
			assert_int_equal(rc, -NACRE_ENOTSUP);
			assert_true(err[0] && !strchr(err, '\n'));
			assert_true(strlen(err) < 100);
			/* Never an error for what the host has and Nacre offers. */
			assert_true(strcmp(request, "host") != 0);
			continue;
		}
		met++;
		for (enum isa_ext e = 1; e < ISA_COUNT; e++) {
			if (!isa_has(&g, e))
				continue;
			assert_true(isa_has(&host, e) || isa_can_emulate(e) ||
				    (e == ISA_SVADE && isa_has(&host, ISA_SVADU)));
			if (!isa_has(&host, e) && e != ISA_SVADE)
				assert_true(isa_emulated(&g, &host, &emulated) &&
					    isa_has(&emulated, e));
			assert_null(isa_unoffered(e));
		}
		for (enum isa_ext e = 1; e < ISA_COUNT; e++) /* ends, and with a name */
			if (!isa_has(&g, e))
				assert_non_null(isa_hide_name(isa_hidden_by(&g, e)));
		check_round_trip(&g);
		check_dependencies(&g);
		check_obeyed(&g, request);
	}
	assert_true(met > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
