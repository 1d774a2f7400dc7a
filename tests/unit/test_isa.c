/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arch/riscv/isa.c and isa_guest.c: the table's own order and soundness, real and broken strings,
 * and every kind of request.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <arch/isa.h>
#include <core/errno.h>
#include <spec/csr.h>

#include "isa_sets.h"

/* What QEMU 10.0 says of -cpu rv64 and (shortened) of -cpu max. */
#define QEMU_RV64                                                                               \
	"rv64imafdch_zic64b_zicbom_zicbop_zicboz_ziccamoa_ziccif_zicclsm_ziccrse_zicntr_zicsr_" \
	"zifencei_zihintntl_zihintpause_zihpm_zmmul_za64rs_zaamo_zalrsc_zawrs_zfa_zca_zcd_zba_" \
	"zbb_zbc_zbs_shcounterenw_shgatpa_shtvala_shvsatpa_shvstvala_shvstvecd_ssccptr_"        \
	"sscounterenw_sstc_sstvala_sstvecd_ssu64xl_svadu_svvptc"
#define QEMU_MAX                                                                                   \
	"rv64imafdcbvh_zic64b_zicbom_zicbop_zicboz_ziccamoa_ziccif_zicclsm_ziccrse_zicfilp_"       \
	"zicfiss_zicond_zicntr_zicsr_zifencei_zihintntl_zihintpause_zihpm_zimop_zmmul_za64rs_"     \
	"zaamo_zabha_zacas_zama16b_zalrsc_zawrs_zfa_zfbfmin_zfh_zfhmin_zca_zcb_zcd_zcmop_zba_"     \
	"zbb_zbc_zbkb_zbkc_zbkx_zbs_zk_zkn_zknd_zkne_zknh_zkr_zks_zksed_zksh_zkt_ztso_zvbb_zvbc_"  \
	"zve32f_zve32x_zve64f_zve64d_zve64x_zvfbfmin_zvfbfwma_zvfh_zvfhmin_zvkb_zvkg_zvkn_zvknc_"  \
	"zvkned_zvkng_zvknha_zvknhb_zvks_zvksc_zvksed_zvksg_zvksh_zvkt_shcounterenw_sha_shgatpa_"  \
	"shtvala_shvsatpa_shvstvala_shvstvecd_smaia_smcdeleg_smcntrpmf_smcsrind_smepmp_smmpm_"     \
	"smnpm_smstateen_ssaia_ssccfg_ssccptr_sscofpmf_sscounterenw_sscsrind_ssdbltrp_ssnpm_sspm_" \
	"ssstateen_sstc_sstvala_sstvecd_ssu64xl_supm_smctr_ssctr_svadu_svinval_svnapot_svpbmt_"    \
	"svvptc"

static struct isa_set guest(const char *host, const char *request)
{
	struct isa_set h = parse(host), g;
	char err[200] = "";

	if (isa_guest(&g, &h, request, err, sizeof(err)))
		fail_msg("%s: %s", request, err);
	return g;
}

static void gives(const char *host, const char *request, const char *want)
{
	struct isa_set g = guest(host, request);

	assert_string_equal(text(&g), want);
}

static void refused(const char *host, const char *request, int rc, const char *why)
{
	struct isa_set h = parse(host), g;
	char err[200] = "";

	assert_int_equal(isa_guest(&g, &h, request, err, sizeof(err)), -rc);
	assert_string_equal(err, why);
}

/* ---- the table ---- */

/* A key whose order by strcmp is the canonical order. */
static void sort_key(const char *name, char key[40])
{
	static const char single[] = "imafdqcbvh", category[] = "imafdqlcbkjtpvh";
	int group, sub = 0;

	if (!name[1])
		group = 0, sub = (int)(strchr(single, name[0]) - single);
	else if (name[0] == 'z')
		group = 1, sub = (int)(strchr(category, name[1]) - category);
	else
		group = name[1] == 'u'	 ? 2
			: name[1] == 'v' ? 4
			: name[1] == 'h' ? 5
			: name[1] == 'm' ? 6
					 : 3;
	snprintf(key, 40, "%c%c%s", 'a' + group, 'a' + sub, name);
}

static void test_canonical_order(void **state)
{
	char last[40], key[40];

	(void)state;
	sort_key(isa_name(1), last);
	for (enum isa_ext e = 2; e < ISA_COUNT; e++) {
		sort_key(isa_name(e), key);
		if (strcmp(last, key) >= 0)
			fail_msg("%s is out of order", isa_name(e));
		strcpy(last, key);
	}
}

/* Each name by itself is found in either property, in either case, and its own name is in the
 * result. */
static void test_each_name(void **state)
{
	char buf[ISA_TEXT_MAX];
	struct isa_set a, b;

	(void)state;
	for (enum isa_ext e = 1; e < ISA_COUNT; e++) {
		size_t n = (size_t)snprintf(buf, sizeof(buf), "rv64i%s%s",
					    isa_name(e)[1] ? "_" : "", isa_name(e));
		a = parse(buf);
		assert_true(isa_has(&a, e));
		for (size_t i = 0; i < n; i++)
			if (buf[i] >= 'a')
				buf[i] = (char)(buf[i] - 32);
		b = parse(buf);
		assert_true(equal(&a, &b));
		strcat(buf, "2p0"); /* with a version */
		b = parse(buf);
		assert_true(equal(&a, &b));
		n = (size_t)snprintf(buf, sizeof(buf), "i%czicsr%czifencei%czicntr%czihpm%c%s", 0,
				     0, 0, 0, 0, isa_name(e));
		assert_int_equal(isa_parse_host(&b, NULL, buf, n + 1), 0);
		assert_true(equal(&a, &b));
		assert_int_equal(isa_parse_host(&b, NULL, buf, n), 0); /* the last NUL missing */
		assert_true(equal(&a, &b));
	}
}

/* The exact text has room, one byte less has not, for the largest set there is. */
static void test_text_room(void **state)
{
	struct isa_set all = {{0}};
	char *buf;
	int n;

	(void)state;
	for (enum isa_ext e = 1; e < ISA_COUNT; e++)
		all.w[e / 64] |= UINT64_C(1) << e % 64;
	n = isa_string(&all, (char[ISA_TEXT_MAX]){0}, ISA_TEXT_MAX);
	assert_true(n > 0);
	for (int len = 0; len <= n + 1; len++) {
		buf = malloc((size_t)len); /* exact, for ASan */
		assert_int_equal(isa_string(&all, buf, (size_t)len), len > n ? n : -NACRE_ENOMEM);
		free(buf);
	}
	n = isa_ext_list(&all, (char[ISA_TEXT_MAX]){0}, ISA_TEXT_MAX);
	assert_true(n > 0);
	for (int len = 0; len <= n; len++) {
		buf = malloc((size_t)len);
		assert_int_equal(isa_ext_list(&all, buf, (size_t)len),
				 len >= n ? n : -NACRE_ENOMEM);
		free(buf);
	}
}

static void test_hiding(void **state)
{
	(void)state;
	assert_int_equal(isa_hiding(ISA_ZABHA), ISA_HIDE_ADVERT);
	assert_int_equal(isa_hiding(ISA_SSTC), ISA_HIDE_HENVCFG);
	assert_int_equal(isa_hiding(ISA_V), ISA_HIDE_VS);
	assert_non_null(isa_unoffered(ISA_SSCTR));
	assert_null(isa_unoffered(ISA_SHA));
	assert_null(isa_unoffered(ISA_H));
	assert_null(isa_unoffered(ISA_ZABHA));
}

/* ---- strings ---- */

static void test_strings(void **state)
{
	struct isa_set a, b;

	(void)state;
	a = parse("rv64gc");
	assert_string_equal(text(&a),
			    "rv64imafdc_zicntr_zicsr_zifencei_zihpm_zmmul_zaamo_zalrsc_zca_zcd");
	b = parse("RV64I2P1M2A2p1F2D2C2_Zicsr2p0_Zifencei_Zicntr_Zihpm");
	assert_true(equal(&a, &b));
	b = parse("rv64i2_m__a_f_d_c_xvendor1p0_zunknown_sfoo_"); /* unknown ones are passed over */
	assert_true(equal(&a, &b));
	b = parse("rv64imafdcsu");
	assert_true(equal(&a, &b));
	a = parse("rv64i_zba_zbb_zbs");
	assert_true(isa_has(&a, ISA_B)); /* a sum of parts */
	a = parse("rv64i_zaamo");
	assert_false(isa_has(&a, ISA_A));
	a = parse("rv64ic");
	assert_true(isa_has(&a, ISA_ZCA) && !isa_has(&a, ISA_ZCD));
	a = parse("rv64imafdv");
	assert_true(isa_has(&a, ISA_ZVE32X) && isa_has(&a, ISA_ZVE64F));
}

static void test_bad_strings(void **state)
{
	static const char *const bad[] = {"",	     "r",      "rv6",	 "rv64",      "rv32imac",
					  "rv64mac", "rv64e",  "rv64 i", "rv64i m",   "rv64i1_2",
					  "rv64im.", "x86_64", "rv64-i", "rv64\xffi", "rv64_"};
	struct isa_set s;

	(void)state;
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (isa_parse_host(&s, bad[i], NULL, 0) != -NACRE_EBADF)
			fail_msg("%s is taken", bad[i]);
	assert_int_equal(isa_parse_host(&s, NULL, NULL, 0), -NACRE_ENOENT);
	assert_int_equal(isa_parse_host(&s, "rv64i", "m\0a", 4), -NACRE_EBADF); /* the list wins */
	assert_int_equal(isa_parse_host(&s, "rv64i", "", 0), -NACRE_EBADF);
	assert_int_equal(isa_parse_host(&s, NULL, "\0\0i\0\0", 5), 0);
	assert_string_equal(text(&s), "rv64i_zicsr");
}

static void test_and(void **state)
{
	struct isa_set a = parse("rv64imafdcb_zabha_zk"), b = parse("rv64imac_zba_zbb_zkn_zabha");

	(void)state;
	isa_and(&a, &b);
	assert_string_equal(text(&a),
			    "rv64imac_zicntr_zicsr_zifencei_zihpm_zmmul_zaamo_zabha_zalrsc_"
			    "zca_zba_zbb_zbkb_zbkc_zbkx_zkn_zknd_zkne_zknh");
}

/* ---- requests ---- */

static void test_host(void **state)
{
	(void)state;
	gives(QEMU_RV64, "host",
	      "rv64imafdcb_zic64b_zicbom_zicbop_zicboz_ziccamoa_ziccif_zicclsm_ziccrse_zicntr_"
	      "zicsr_"
	      "zifencei_zihintntl_zihintpause_zihpm_zmmul_za128rs_za64rs_zaamo_zalrsc_zawrs_zfa_"
	      "zca_"
	      "zcd_zba_zbb_zbc_zbs_ssccptr_sscounterenw_sstc_sstvala_sstvecd_ssu64xl_svadu_svvptc");
}

static void test_host_has_b(void **state)
{
	struct isa_set g = guest(QEMU_RV64, "host");

	(void)state;
	assert_true(isa_has(&g, ISA_B));
	assert_false(isa_has(&g, ISA_H));
	g = guest(QEMU_RV64, "host,+h");
	assert_true(isa_has(&g, ISA_H));
	assert_false(isa_has(&g, ISA_SHA));
	assert_false(isa_has(&g, ISA_SVADE));
	g = guest(QEMU_MAX, "host");
	assert_true(isa_has(&g, ISA_ZABHA) && isa_has(&g, ISA_ZACAS) && isa_has(&g, ISA_V));
	assert_false(isa_has(&g, ISA_ZK) || isa_has(&g, ISA_ZKR) || isa_has(&g, ISA_SSAIA));
	assert_true(isa_has(&g, ISA_ZKN));
	/* Sstvala in VS-mode is what the host calls Shvstvala. */
	g = guest("rv64imac_sstvala_sstvecd_shvstvecd", "host");
	assert_false(isa_has(&g, ISA_SSTVALA));
	assert_true(isa_has(&g, ISA_SSTVECD));
	/* A host that names something without what it needs: left out, not an error. */
	g = guest("rv64im_zabha_zvbb", "host");
	assert_string_equal(text(&g), "rv64im_zicntr_zicsr_zifencei_zihpm_zmmul");
}

static void test_plus_minus(void **state)
{
	(void)state;
	gives("rv64imac_zabha_zacas", "host,-zabha",
	      "rv64imac_zicntr_zicsr_zifencei_zihpm_zmmul_zaamo_zacas_zalrsc_zca");
	gives("rv64imac_zabha_zacas", "host,-zaamo",
	      "rv64imc_zicntr_zicsr_zifencei_zihpm_zmmul_zalrsc_zca");
	gives("rv64imac_zabha_zacas", "host,-a", "rv64imc_zicntr_zicsr_zifencei_zihpm_zmmul_zca");
	gives("rv64imac_zabha", "host,-a,+a",
	      "rv64imac_zicntr_zicsr_zifencei_zihpm_zmmul_zaamo_zalrsc_zca");
	gives("rv64imafdcv_zvbb_zvfh_zfh", "host,-v",
	      "rv64imafdc_zicntr_zicsr_zifencei_zihpm_zmmul_zaamo_zalrsc_zfh_zfhmin_zca_zcd");
	gives("rv64imafdcv", "host,-d",
	      "rv64imafc_zicntr_zicsr_zifencei_zihpm_zmmul_zaamo_zalrsc_zca_"
	      "zve32f_zve32x_zve64f_zve64x");
	gives("rv64imafdc", "host,-d,+d",
	      "rv64imafdc_zicntr_zicsr_zifencei_zihpm_zmmul_zaamo_zalrsc_zca_zcd");
	gives("rv64imafdc_zcb", "host,-zcd",
	      "rv64imafd_zicntr_zicsr_zifencei_zihpm_zmmul_zaamo_zalrsc_zca_zcb");
	gives("rv64imafdc_zcb", "host,-c",
	      "rv64imafd_zicntr_zicsr_zifencei_zihpm_zmmul_zaamo_zalrsc");
	gives("rv64i_zkn_zks", "host,-zks",
	      "rv64i_zicntr_zicsr_zifencei_zihpm_zbkb_zbkc_zbkx_zkn_zknd_zkne_zknh");
	gives("rv64i_zbb_zbs_zba", "host,-b,+zba", "rv64i_zicntr_zicsr_zifencei_zihpm_zba");
	gives("rv64i_zbb_zbs_zba", "host,-b,+zba,+zbb,+zbs",
	      "rv64ib_zicntr_zicsr_zifencei_zihpm_zba_zbb_zbs");
	gives("rv64imafdc_zabha", "rv64imac", "rv64imac_zicntr_zicsr_zifencei_zmmul_zaamo_zalrsc_zca");
	gives("rv64imafdc_zabha", "rv64ia,+zabha", "rv64ia_zicntr_zicsr_zifencei_zaamo_zabha_zalrsc");
}

static void test_refusals(void **state)
{
	(void)state;
	refused("rv64imac", "host,+zbb", NACRE_ENOTSUP,
		"zbb is not there on every hart of the host, and cannot be emulated");
	refused("rv64im", "host,+zabha", NACRE_ENOTSUP,
		"zabha needs zaamo, which the guest is not given");
	refused("rv64imac_zabha", "host,+zabha,-zaamo", NACRE_ENOTSUP,
		"zabha needs zaamo, which the guest is not given");
	refused("rv64imac_zabha", "rv64im,+zabha", NACRE_ENOTSUP,
		"zabha needs zaamo, which the guest is not given");
	refused("rv64imac_zabha", "rv64im_zabha", NACRE_ENOTSUP,
		"zabha needs zaamo, which the guest is not given");
	refused("rv64imb", "host,+b,-zbb", NACRE_ENOTSUP,
		"b needs zbb, which the guest is not given");
	refused("rv64imafdc", "host,+c,-zcd", NACRE_ENOTSUP,
		"c needs zcd, which the guest is not given");
	refused("rv64imb", "host,+zba,+zbb,+zbs,-b", NACRE_ENOTSUP,
		"-b: all of its parts are asked for");
	refused(QEMU_MAX, "host,+ssaia", NACRE_ENOTSUP,
		"ssaia is not offered to guests: there is no virtual AIA");
	refused("rv64imac", "host,+h", NACRE_ENOTSUP,
		"h is not there on every hart of the host, and cannot be emulated");
	refused("rv64i_sstvala", "host,+sstvala", NACRE_ENOTSUP,
		"sstvala needs shvstvala on the host to hold for a guest, which is not there");
	refused("rv64i", "host,+zfoo", NACRE_ENOTSUP, "no extension zfoo is known");
	refused("rv64i", "rv64i_zfoo", NACRE_ENOTSUP, "no extension zfoo is known");
	refused("rv64i", "host,-i", NACRE_ENOTSUP, "no guest can be without i and zicsr");
	refused("rv64i", "host,zabha", NACRE_EINVAL, "\"zabha\" is not +name or -name");
	refused("rv64i", "host,", NACRE_EINVAL, "\"\" is not +name or -name");
	refused("rv64i", "host,+", NACRE_EINVAL, "\"+\" is not +name or -name");
	refused("rv64i", "", NACRE_EINVAL,
		"\"\" is not host, rva20s64, rva22s64, rva23s64 or rv64i...");
	refused("rv64i", "hosts", NACRE_EINVAL,
		"\"hosts\" is not host, rva20s64, rva22s64, rva23s64 or rv64i...");
	refused("rv64i_svade_svadu", "rv64i_svade_svadu", NACRE_ENOTSUP,
		"svade and svadu exclude each other");
}

static void test_profiles(void **state)
{
	struct isa_set g = guest(QEMU_RV64, "rva20s64");

	(void)state;
	assert_true(isa_has(&g, ISA_SVADE) && isa_has(&g, ISA_ZCD) && isa_has(&g, ISA_SSTVALA));
	assert_false(isa_has(&g, ISA_SVADU) || isa_has(&g, ISA_ZBA) || isa_has(&g, ISA_SSTC));
	assert_int_equal(isa_henvcfg(&g), 0);
	g = guest(QEMU_MAX, "rva22s64,+sstc,+zabha");
	assert_true(isa_has(&g, ISA_B) && isa_has(&g, ISA_SVPBMT) && isa_has(&g, ISA_ZABHA));
	assert_false(isa_has(&g, ISA_V) || isa_has(&g, ISA_ZICOND));
	refused(QEMU_RV64, "rva22s64", NACRE_ENOTSUP,
		"zfhmin is not there on every hart of the host, and cannot be emulated");
	g = guest(QEMU_MAX, "rva23s64");
	assert_true(isa_has(&g, ISA_SSNPM) && isa_has(&g, ISA_SUPM));
	assert_true(isa_has(&g, ISA_V) && isa_has(&g, ISA_ZCMOP) && isa_has(&g, ISA_SVNAPOT));
	assert_true(isa_has(&g, ISA_SSCOFPMF));
	assert_true(isa_has(&g, ISA_SHA) && isa_has(&g, ISA_H) && isa_has(&g, ISA_SSSTATEEN) &&
		    isa_has(&g, ISA_SHGATPA) && isa_has(&g, ISA_SHVSTVALA));
	g = guest(QEMU_MAX, "rva23s64,-sha");
	assert_false(isa_has(&g, ISA_SHA) || isa_has(&g, ISA_H) || isa_has(&g, ISA_SHTVALA));
}

/* Of what a hypervisor is promised, the host has to have all but Ssstateen. */
static void test_sha(void **state)
{
	struct isa_set g = guest(QEMU_MAX, "host,+sha"), h = parse(QEMU_RV64), e;
	char err[200];

	(void)state;
	assert_true(isa_has(&g, ISA_H) && isa_has(&g, ISA_SSSTATEEN) &&
		    isa_has(&g, ISA_SHCOUNTERENW) && isa_has(&g, ISA_SHVSATPA));
	g = guest(QEMU_MAX, "host");
	assert_false(isa_has(&g, ISA_SSSTATEEN) || isa_has(&g, ISA_SHTVALA));
	/* All of its parts by name are it. */
	g = guest(QEMU_MAX, "host,+h,+ssstateen,+shcounterenw,+shgatpa,+shtvala,+shvsatpa,"
			    "+shvstvala,+shvstvecd");
	assert_true(isa_has(&g, ISA_SHA));
	g = guest(QEMU_RV64, "host,+sha");
	assert_true(isa_emulated(&g, &h, &e));
	assert_true(isa_has(&e, ISA_SSSTATEEN) && isa_has(&e, ISA_SHA) && !isa_has(&e, ISA_H) &&
		    !isa_has(&e, ISA_SHTVALA));
	refused("rv64imac_sstvala_h_shcounterenw_shgatpa_shvsatpa_shvstvala_shvstvecd", "host,+sha",
		NACRE_ENOTSUP,
		"shtvala is not there on every hart of the host, and cannot be emulated");
	refused("rv64imac_h_shvstvala", "host,+h,+shvstvala", NACRE_ENOTSUP,
		"shvstvala needs sstvala on the host to hold for a guest, which is not there");
	refused(QEMU_MAX, "host,+shtvala", NACRE_ENOTSUP,
		"shtvala needs h, which the guest is not given");
	/* Smstateen is more than Ssstateen. */
	h = parse("rv64i_smstateen");
	assert_true(isa_has(&h, ISA_SSSTATEEN));
	h = parse(QEMU_MAX);
	isa_limit_hypervisor(&h, true, true);
	assert_true(isa_has(&h, ISA_SHA) && isa_has(&h, ISA_SSSTATEEN) && isa_has(&h, ISA_SHGATPA));
	isa_limit_hypervisor(&h, false, true);
	assert_false(isa_has(&h, ISA_SHA) || isa_has(&h, ISA_SSSTATEEN));
	assert_int_equal(isa_guest(&g, &h, "host,+sha", err, sizeof(err)), 0);
	isa_limit_hypervisor(&h, true, false);
	assert_int_equal(isa_guest(&g, &h, "host,+sha", err, sizeof(err)), -NACRE_ENOTSUP);
}

/* What the host has of it is tried; a guest has S-mode's own switched off. */
static void test_pointer_masking(void **state)
{
	struct isa_set h = parse("rv64ih_ssnpm"), g;

	(void)state;
	assert_true(isa_has(&h, ISA_SUPM)); /* no hardware's: trees need not name it */
	assert_false(isa_has(&h, ISA_SSPM));
	g = guest("rv64i_ssnpm", "host");
	assert_true(isa_has(&g, ISA_SSNPM) && isa_has(&g, ISA_SUPM));
	assert_int_equal(isa_henvcfg(&g), 0);
	isa_limit_henvcfg(&h, PMM_7 << ENVCFG_PMM_SHIFT);
	assert_true(isa_has(&h, ISA_SSNPM) && isa_has(&h, ISA_SUPM));
	isa_limit_henvcfg(&h, ~ENVCFG_PMM);
	assert_false(isa_has(&h, ISA_SSNPM) || isa_has(&h, ISA_SUPM));
	g = guest("rv64i_ssnpm_sspm", "host,-ssnpm");
	assert_false(isa_has(&g, ISA_SSNPM) || isa_has(&g, ISA_SUPM) || isa_has(&g, ISA_SSPM));
	assert_int_equal(isa_hidden_by(&g, ISA_SSNPM), ISA_HIDE_ADVERT);
	assert_int_equal(isa_hidden_by(&g, ISA_SSPM), ISA_HIDE_HENVCFG);
	g = guest("rv64i_ssnpm", "host,-supm");
	assert_false(isa_has(&g, ISA_SSNPM));
}

static void test_henvcfg(void **state)
{
	struct isa_set g = guest(QEMU_MAX, "host"), h = parse(QEMU_MAX);

	(void)state;
	assert_int_equal(isa_henvcfg(&g), UINT64_C(0xe0000000000000d0)); /* CBO.INVAL as a flush */
	g = guest(QEMU_MAX, "host,-sstc,-svadu,-zicbom");
	assert_int_equal(isa_henvcfg(&g), HENVCFG_PBMTE | HENVCFG_CBZE);
	g = guest(QEMU_MAX, "host,+svade");
	assert_int_equal(isa_henvcfg(&g) & HENVCFG_ADUE, 0);
	g = guest(QEMU_MAX, "host,+svade,+svadu");
	assert_true(isa_henvcfg(&g) & HENVCFG_ADUE && !isa_has(&g, ISA_SVADE));
	isa_limit_henvcfg(&h, HENVCFG_STCE | HENVCFG_CBZE | HENVCFG_CBIE);
	assert_true(isa_has(&h, ISA_SSTC) && isa_has(&h, ISA_ZICBOZ));
	assert_false(isa_has(&h, ISA_SVADU) || isa_has(&h, ISA_SVPBMT) || isa_has(&h, ISA_ZICBOM));
	refused("rv64i_svade", "host,+svadu", NACRE_ENOTSUP,
		"svadu is not there on every hart of the host, and cannot be emulated");
}

/* Asked for by name only: "host" is what the host has. */
static void test_emulated(void **state)
{
	struct isa_set host = parse(QEMU_RV64), g = guest(QEMU_RV64, "host"), e;

	(void)state;
	assert_false(isa_has(&g, ISA_ZABHA));
	assert_false(isa_emulated(&g, &host, &e));
	g = guest(QEMU_RV64, "host,+zabha");
	assert_true(isa_has(&g, ISA_ZABHA) && !isa_has(&g, ISA_ZACAS));
	assert_true(isa_emulated(&g, &host, &e));
	assert_true(isa_has(&e, ISA_ZABHA) && !isa_has(&e, ISA_ZACAS) && !isa_has(&e, ISA_ZAAMO));
	g = guest("rv64imac_zabha", "host,+zacas"); /* one by the hart, one by Nacre */
	host = parse("rv64imac_zabha");
	assert_true(isa_has(&g, ISA_ZABHA) && isa_has(&g, ISA_ZACAS));
	assert_true(isa_emulated(&g, &host, &e));
	assert_true(isa_has(&e, ISA_ZACAS) && !isa_has(&e, ISA_ZABHA));
	g = guest(QEMU_RV64, "rva20s64,+zabha,-zabha");
	assert_false(isa_has(&g, ISA_ZABHA));
	for (enum isa_ext x = 1; x < ISA_COUNT; x++)
		assert_true(isa_can_emulate(x) == (x == ISA_ZABHA || x == ISA_ZACAS ||
						    x == ISA_SSSTATEEN || x == ISA_SHA));
}

static enum isa_hide hidden(const char *host, const char *request, enum isa_ext e)
{
	struct isa_set g = guest(host, request);

	assert_false(isa_has(&g, e));
	return isa_hidden_by(&g, e);
}

static void test_hidden_by(void **state)
{
	(void)state;
	assert_int_equal(hidden(QEMU_MAX, "host,-zabha", ISA_ZABHA), ISA_HIDE_ADVERT);
	assert_int_equal(hidden(QEMU_MAX, "host,-a", ISA_A), ISA_HIDE_ADVERT);
	assert_int_equal(hidden(QEMU_MAX, "host,-sstc", ISA_SSTC), ISA_HIDE_HENVCFG);
	assert_int_equal(hidden(QEMU_MAX, "host,-zicntr", ISA_ZICNTR), ISA_HIDE_COUNTEREN);
	/* A field that is shared is Off only when all that need it are gone. */
	assert_int_equal(hidden(QEMU_MAX, "host,-f", ISA_D), ISA_HIDE_FS);
	assert_int_equal(hidden(QEMU_MAX, "host,-f", ISA_ZFA), ISA_HIDE_FS);
	assert_int_equal(hidden(QEMU_MAX, "host,-d", ISA_D), ISA_HIDE_ADVERT);
	assert_int_equal(hidden(QEMU_MAX, "host,-v", ISA_ZVBB), ISA_HIDE_VS);
	assert_int_equal(hidden(QEMU_MAX, "host,-v", ISA_ZVKNG), ISA_HIDE_VS);
	assert_int_equal(hidden(QEMU_MAX, "host,-zvbb", ISA_ZVBB), ISA_HIDE_ADVERT);
	assert_int_equal(hidden(QEMU_MAX, "host,-d", ISA_V), ISA_HIDE_ADVERT);
	/* Svade is what is left when Svadu is off. */
	assert_int_equal(hidden(QEMU_MAX, "host", ISA_SVADE), ISA_HIDE_HENVCFG);
	assert_int_equal(hidden("rv64imac_svade", "host,-svade", ISA_SVADE), ISA_HIDE_ADVERT);
	/* Never given. */
	assert_int_equal(hidden(QEMU_MAX, "host", ISA_H), ISA_HIDE_TRAP);
	assert_int_equal(hidden(QEMU_MAX, "host", ISA_SHA), ISA_HIDE_TRAP);
	assert_int_equal(hidden(QEMU_MAX, "host", ISA_SSCTR), ISA_HIDE_HSTATEEN);
	for (enum isa_ext e = 1; e < ISA_COUNT; e++)
		assert_non_null(isa_hide_name(isa_hiding(e)));
}

static void test_denied(void **state)
{
	struct isa_set s;

	(void)state;
	isa_denied("host,-zabha,-v,+v,-zacas,+zba", &s);
	for (enum isa_ext e = 1; e < ISA_COUNT; e++)
		assert_true(isa_has(&s, e) == (e == ISA_ZABHA || e == ISA_ZACAS));
	isa_denied("host", &s);
	for (enum isa_ext e = 1; e < ISA_COUNT; e++)
		assert_false(isa_has(&s, e));
	isa_denied("host,,-,+,-zfoo", &s); /* isa_guest() refuses it: no harm is enough */
}

/* No guest is given what hstateen0 guards, so all that is left is senvcfg. */
static void test_hstateen0(void **state)
{
	struct isa_set g = guest(QEMU_MAX, "host"), all = parse(QEMU_MAX);

	(void)state;
	assert_int_equal(isa_hstateen0(&g), HSTATEEN0_ENVCFG);
	g = guest(QEMU_MAX, "host,+ssstateen"); /* sstateen0 is carried out */
	assert_int_equal(isa_hstateen0(&g), HSTATEEN0_ENVCFG);
	assert_int_equal(isa_hstateen0(&all), HSTATEEN0_ENVCFG | HSTATEEN0_CSRIND | HSTATEEN0_AIA |
						      HSTATEEN0_IMSIC);
}

static void test_limit_state(void **state)
{
	struct isa_set h = parse(QEMU_MAX), g;
	char err[200];

	(void)state;
	isa_limit_state(&h, true, false);
	assert_int_equal(isa_guest(&g, &h, "host", err, sizeof(err)), 0);
	assert_true(isa_has(&g, ISA_D));
	for (enum isa_ext e = ISA_ZVBB; e <= ISA_ZVKSH; e++)
		assert_false(isa_has(&g, e));
	assert_false(isa_has(&g, ISA_V));
	isa_limit_state(&h, false, false);
	assert_int_equal(isa_guest(&g, &h, "host", err, sizeof(err)), 0);
	assert_false(isa_has(&g, ISA_F) || isa_has(&g, ISA_D) || isa_has(&g, ISA_ZFA));
	assert_int_equal(isa_guest(&g, &h, "host,+v", err, sizeof(err)), -NACRE_ENOTSUP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_canonical_order),
		cmocka_unit_test(test_each_name),
		cmocka_unit_test(test_text_room),
		cmocka_unit_test(test_hiding),
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_bad_strings),
		cmocka_unit_test(test_and),
		cmocka_unit_test(test_host),
		cmocka_unit_test(test_host_has_b),
		cmocka_unit_test(test_plus_minus),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_profiles),
		cmocka_unit_test(test_pointer_masking),
		cmocka_unit_test(test_henvcfg),
		cmocka_unit_test(test_emulated),
		cmocka_unit_test(test_sha),
		cmocka_unit_test(test_hidden_by),
		cmocka_unit_test(test_denied),
		cmocka_unit_test(test_hstateen0),
		cmocka_unit_test(test_limit_state),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
