/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * core/config.c: trees made here with libfdt, each wrong value with its exact text, each guest on
 * its own, and random damage to a tree. Trees lie in memory of exactly their size, so that ASan
 * sees a byte too many.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <libfdt.h>

#include <core/config.h>
#include <core/errno.h>

static char err[300];
static char tree[CONFIG_MAX_SIZE + 64] __attribute__((aligned(8)));

static uint64_t rng = 88172645463325252U;

static uint64_t rnd(uint64_t n)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return rng % n;
}

/* One property: its value is bytes of a literal. */
struct value {
	const char *name, *bytes;
	size_t len;
};

#define BYTES(name, literal)                       \
	{                                          \
		name, literal, sizeof(literal) - 1 \
	}
#define STRING(name, literal)                  \
	{                                      \
		name, literal, sizeof(literal) \
	}
static const struct value usual[] = {
	STRING("compatible", "nacre,guest"),
	BYTES("vcpus", "\x00\x00\x00\x02"),
	BYTES("memory", "\x20\x00\x00\x00"),
	STRING("kernel", "Image"),
};

static void begin(void)
{
	assert_int_equal(fdt_create(tree, sizeof(tree)), 0);
	assert_int_equal(fdt_finish_reservemap(tree), 0);
	assert_int_equal(fdt_begin_node(tree, ""), 0);
	assert_int_equal(fdt_property_string(tree, "compatible", "nacre,bundle"), 0);
}

static void put(const struct value *v)
{
	assert_int_equal(fdt_property(tree, v->name, v->bytes, (int)v->len), 0);
}

/* The usual guest, with extra properties in place of or beside the usual ones. */
static void guest(const char *name, const struct value *extra, unsigned nextra)
{
	assert_int_equal(fdt_begin_node(tree, name), 0);
	for (unsigned i = 0; i < sizeof(usual) / sizeof(usual[0]); i++) {
		bool replaced = false;

		for (unsigned k = 0; k < nextra; k++)
			replaced = replaced || strcmp(usual[i].name, extra[k].name) == 0;
		if (!replaced)
			put(&usual[i]);
	}
	for (unsigned k = 0; k < nextra; k++)
		if (extra[k].bytes)
			put(&extra[k]);
	assert_int_equal(fdt_end_node(tree), 0);
}

static size_t finish(void)
{
	assert_int_equal(fdt_end_node(tree), 0);
	assert_int_equal(fdt_finish(tree), 0);
	return fdt_totalsize(tree);
}

/* The finished tree in memory of exactly its size; freed by the next call. */
static struct config opened(void)
{
	static void *copy;
	size_t size = finish();
	struct config c;

	free(copy);
	copy = malloc(size);
	memcpy(copy, tree, size);
	if (config_open(&c, copy, size, err, sizeof(err)))
		fail_msg("%s", err);
	return c;
}

static void test_usual(void **state)
{
	struct vm_config vm;

	(void)state;
	begin();
	guest("debian", NULL, 0);
	struct config c = opened();
	int node = config_next_guest(&c, -1);
	assert_true(node > 0);
	assert_int_equal(config_guest(&c, node, &vm, err, sizeof(err)), 0);
	assert_string_equal(vm.name, "debian");
	assert_string_equal(vm.kernel, "Image");
	assert_string_equal(vm.isa, "host");
	assert_null(vm.initrd);
	assert_null(vm.bootargs);
	assert_int_equal(vm.vcpus, 2);
	assert_int_equal(vm.memory, 0x20000000);
	assert_int_equal(vm.console, VM_CONSOLE_UART);
	assert_int_equal(vm.affinity_count, 0);
	assert_true(vm.autostart);
	assert_true(vm.nacl);
	assert_int_equal(vm.nacl_features, 0xf);
	assert_int_equal(config_next_guest(&c, node), -NACRE_ENOENT);
	assert_int_equal(config_check_root(&c, err, sizeof(err)), 0);
}

static void test_everything(void **state)
{
	static const struct value all[] = {
		BYTES("vcpus", "\x00\x00\x3e\x00"),
		BYTES("memory", "\0\0\1\0\0\x20\0\0"),
		STRING("kernel", "vmlinux"),
		STRING("initrd", "initrd.cpio"),
		STRING("bootargs", ""),
		STRING("isa", "rva22s64,+zabha"),
		STRING("console", "none"),
		BYTES("affinity", "\1\2\3\4"),
		BYTES("no-autostart", ""),
		BYTES("no-nacl", ""),
	};
	struct vm_config vm;

	(void)state;
	begin();
	guest("a-z_0.9,+@", all, 10);
	struct config c = opened();
	assert_int_equal(config_guest(&c, config_next_guest(&c, -1), &vm, err, sizeof(err)), 0);
	assert_int_equal(vm.vcpus, VM_MAX_VCPUS);
	assert_int_equal(vm.memory, UINT64_C(0x10000200000));
	assert_string_equal(vm.initrd, "initrd.cpio");
	assert_string_equal(vm.bootargs, "");
	assert_string_equal(vm.isa, "rva22s64,+zabha");
	assert_int_equal(vm.console, VM_CONSOLE_NONE);
	assert_false(vm.autostart);
	assert_false(vm.nacl);
	assert_int_equal(vm.affinity_count, 1);
	assert_int_equal(vm_config_hart(&vm, 0), 0x01020304);
	assert_int_equal(vm_config_hart(&vm, VM_MAX_VCPUS - 1), 0x01020304);
}

static void test_affinity_each(void **state)
{
	static const struct value each[] = {BYTES("affinity", "\0\0\0\7\0\0\0\5")};
	struct vm_config vm;

	(void)state;
	begin();
	guest("g", each, 1);
	struct config c = opened();
	assert_int_equal(config_guest(&c, config_next_guest(&c, -1), &vm, err, sizeof(err)), 0);
	assert_int_equal(vm_config_hart(&vm, 0), 7);
	assert_int_equal(vm_config_hart(&vm, 1), 5);
}

static const struct {
	struct value value;
	int rc;
	const char *text;
} wrong[] = {
	{BYTES("vcpus", "\x00\x00\x00\x00"), NACRE_ERANGE,
	 "/g: vcpus: 0 is out of range (1..15872)"},
	{BYTES("vcpus", "\x00\x00\x3e\x01"), NACRE_ERANGE,
	 "/g: vcpus: 15873 is out of range (1..15872)"},
	{BYTES("vcpus", "\xff\xff\xff\xff"), NACRE_ERANGE,
	 "/g: vcpus: 4294967295 is out of range (1..15872)"},
	{BYTES("vcpus", "\0\0\0\0\0\0\0\1"), NACRE_EINVAL,
	 "/g: vcpus: must be one 32-bit cell (1..15872)"},
	{BYTES("vcpus", ""), NACRE_EINVAL, "/g: vcpus: must be one 32-bit cell (1..15872)"},
	{{"vcpus", NULL, 0}, NACRE_ENOENT, "/g: vcpus: is missing, every guest needs it"},
	{{"memory", NULL, 0}, NACRE_ENOENT, "/g: memory: is missing, every guest needs it"},
	{{"kernel", NULL, 0}, NACRE_ENOENT, "/g: kernel: is missing, every guest needs it"},
	{BYTES("memory", "\x00\x1f\xff\xff"), NACRE_ERANGE,
	 "/g: memory: 0x1fffff is out of range (0x200000..0x400000000000)"},
	{BYTES("memory", "\x00\x20\x00\x01"), NACRE_EINVAL,
	 "/g: memory: 0x200001 is not a multiple of 2 MiB (0x200000)"},
	{BYTES("memory", "\xff\xff\xff\xff\xff\xe0\0\0"), NACRE_ERANGE,
	 "/g: memory: 0xffffffffffe00000 is out of range (0x200000..0x400000000000)"},
	{BYTES("memory", "512"), NACRE_EINVAL,
	 "/g: memory: must be one 32-bit or one 64-bit number"},
	{BYTES("kernel", "Image"), NACRE_EINVAL, "/g: kernel: must be one string"},
	{STRING("kernel", "Image\0b"), NACRE_EINVAL, "/g: kernel: must be one string"},
	{BYTES("kernel", ""), NACRE_EINVAL, "/g: kernel: must be one string"},
	{STRING("kernel", ""), NACRE_EINVAL, "/g: kernel: must not be empty"},
	{STRING("initrd", ""), NACRE_EINVAL, "/g: initrd: must not be empty"},
	{STRING("isa", ""), NACRE_EINVAL, "/g: isa: must not be empty"},
	{BYTES("bootargs", "x"), NACRE_EINVAL, "/g: bootargs: must be one string"},
	{STRING("console", "vga"), NACRE_EINVAL,
	 "/g: console: \"vga\" is not \"uart\" or \"none\""},
	{BYTES("affinity", ""), NACRE_EINVAL,
	 "/g: affinity: must be hart ids, one 32-bit cell each"},
	{BYTES("affinity", "\0\0\0\0\0"), NACRE_EINVAL,
	 "/g: affinity: must be hart ids, one 32-bit cell each"},
	{BYTES("affinity", "\0\0\0\0\0\0\0\1\0\0\0\2"), NACRE_EINVAL,
	 "/g: affinity: 3 hart ids for 2 vcpus (one for all, or one for each)"},
	{STRING("autostart", "yes"), NACRE_EINVAL, "/g: autostart: takes no value"},
	{STRING("no-nacl", ""), NACRE_EINVAL, "/g: no-nacl: takes no value"},
	{BYTES("nacl", "sync-csr"), NACRE_EINVAL, "/g: nacl: must be a list of strings"},
	{STRING("nacl", ""), NACRE_EINVAL,
	 "/g: nacl: \"\" is not one of sync-csr, sync-hfence, sync-sret, autoswap-csr, and not "
	 "\"none\" alone"},
	{STRING("nacl", "sync-csr\0sync_sret"), NACRE_EINVAL,
	 "/g: nacl: \"sync_sret\" is not one of sync-csr, sync-hfence, sync-sret, autoswap-csr, "
	 "and "
	 "not \"none\" alone"},
	{STRING("nacl", "none\0sync-csr"), NACRE_EINVAL,
	 "/g: nacl: \"none\" is not one of sync-csr, sync-hfence, sync-sret, autoswap-csr, and not "
	 "\"none\" alone"},
	{BYTES("vcpu", "\x00\x00\x00\x01"), NACRE_EINVAL,
	 "/g: unknown property \"vcpu\" (allowed: compatible, vcpus, memory, kernel, initrd, "
	 "bootargs, isa, console, affinity, autostart, no-autostart, nacl, no-nacl, "
	 "debug-clock)"},
	{STRING("debug-clock", "stop"), NACRE_EINVAL,
	 "/g: debug-clock: \"stop\" is not \"stand\" or \"run\""},
};

/* Each wrong guest stands between two right ones, which are not disturbed. */
static void test_wrong_values(void **state)
{
	(void)state;
	for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct vm_config vm;

		begin();
		guest("first", NULL, 0);
		guest("g", &wrong[i].value, 1);
		guest("last", NULL, 0);
		struct config c = opened();
		int node = config_next_guest(&c, -1);
		assert_int_equal(config_guest(&c, node, &vm, err, sizeof(err)), 0);
		node = config_next_guest(&c, node);
		assert_int_equal(config_guest(&c, node, &vm, err, sizeof(err)), -wrong[i].rc);
		assert_string_equal(err, wrong[i].text);
		assert_int_equal(config_guest(&c, node, &vm, NULL, 0), -wrong[i].rc);
		node = config_next_guest(&c, node);
		assert_int_equal(config_guest(&c, node, &vm, err, sizeof(err)), 0);
		assert_string_equal(vm.name, "last");
	}
}

/* Every subset of the features, in any order of words, some twice. */
static void test_nacl(void **state)
{
	static const char *const words[] = {"sync-csr", "sync-hfence", "sync-sret", "autoswap-csr"};

	(void)state;
	for (unsigned i = 0; i < 1000; i++) {
		char list[200];
		struct value v = {"nacl", list, 0};
		struct vm_config vm;
		unsigned want = 0;

		for (uint64_t n = rnd(8); n; n--) {
			unsigned word = (unsigned)rnd(4);

			want |= 1U << word;
			strcpy(list + v.len, words[word]);
			v.len += strlen(words[word]) + 1;
		}
		if (!want && rnd(2))
			v.len = strlen(strcpy(list, "none")) + 1;
		else if (!want)
			want = 0xf; /* "nacl;" */
		begin();
		guest("g", &v, 1);
		struct config c = opened();
		assert_int_equal(config_guest(&c, config_next_guest(&c, -1), &vm, err, sizeof(err)),
				 0);
		assert_true(vm.nacl);
		assert_int_equal(vm.nacl_features, want);
	}
}

static void guest_refused(const char *name, const struct value *extra, unsigned n, const char *text)
{
	struct vm_config vm;

	begin();
	guest(name, extra, n);
	struct config c = opened();
	assert_true(config_guest(&c, config_next_guest(&c, -1), &vm, err, sizeof(err)) < 0);
	assert_string_equal(err, text);
}

static void test_pairs_and_names(void **state)
{
	static const struct value both[] = {BYTES("autostart", ""), BYTES("no-autostart", "")};
	static const struct value nacl[] = {BYTES("nacl", ""), BYTES("no-nacl", "")};
	static const struct value twice[] = {BYTES("vcpus", "\x00\x00\x00\x01"),
					     BYTES("vcpus", "\x00\x00\x00\x01")};
	static char args[CONFIG_MAX_BOOTARGS + 2];
	struct value too_long = {"bootargs", args, sizeof(args)};
	struct vm_config vm;

	(void)state;
	memset(args, 'x', sizeof(args) - 1);
	guest_refused("g", both, 2, "/g: autostart: contradicts no-autostart");
	guest_refused("g", nacl, 2, "/g: nacl: contradicts no-nacl");
	guest_refused("g", twice, 2, "/g: vcpus: is there twice");
	guest_refused("g", &too_long, 1, "/g: bootargs: is longer than 2047 characters");
	guest_refused("Debian", NULL, 0, "/Debian: a guest's name is made of a-z, 0-9 and -_.,+@");
	guest_refused("console", NULL, 0, "/console: is no name for a guest");
	guest_refused("a123456789012345678901234567890b", NULL, 0,
		      "/a123456789012345678901234567890...: the name is longer than 31 characters");
	begin();
	guest("a@1", NULL, 0);
	guest("a", NULL, 0); /* another name, although a search for "a" finds "a@1" */
	guest("a", NULL, 0);
	struct config c = opened();
	int node = config_next_guest(&c, config_next_guest(&c, -1));
	assert_int_equal(config_guest(&c, node, &vm, err, sizeof(err)), 0);
	node = config_next_guest(&c, node);
	assert_int_equal(config_guest(&c, node, &vm, err, sizeof(err)), -NACRE_EINVAL);
	assert_string_equal(err, "/a: the name is there twice");
}

static void test_nodes_below(void **state)
{
	struct vm_config vm;

	(void)state;
	begin();
	assert_int_equal(fdt_begin_node(tree, "g"), 0);
	for (unsigned i = 0; i < 4; i++)
		put(&usual[i]);
	guest("inner", NULL, 0); /* no guest: it is not below the root */
	assert_int_equal(fdt_end_node(tree), 0);
	struct config c = opened();
	int node = config_next_guest(&c, -1);
	assert_int_equal(config_guest(&c, node, &vm, err, sizeof(err)), -NACRE_EINVAL);
	assert_string_equal(err, "/g: unknown node \"inner\"");
	assert_int_equal(config_next_guest(&c, node), -NACRE_ENOENT);
}

static void test_root(void **state)
{
	(void)state;
	begin();
	guest("a", NULL, 0);
	assert_int_equal(fdt_begin_node(tree, "b"), 0);
	assert_int_equal(fdt_end_node(tree), 0);
	guest("c", NULL, 0);
	struct config c = opened();
	assert_int_equal(config_check_root(&c, err, sizeof(err)), -NACRE_EINVAL);
	assert_string_equal(err, "/b: unknown node (a guest has compatible = \"nacre,guest\")");
	assert_true(config_next_guest(&c, config_next_guest(&c, -1)) > 0);
	begin();
	assert_int_equal(fdt_property_string(tree, "vcpus", "x"), 0);
	c = opened();
	assert_int_equal(config_check_root(&c, err, sizeof(err)), -NACRE_EINVAL);
	assert_string_equal(err, "/: unknown property \"vcpus\" (allowed: compatible)");
	assert_int_equal(config_next_guest(&c, -1), -NACRE_ENOENT);
}

static int console(const struct value *v, unsigned n, struct console_config *out)
{
	begin();
	guest("alpha", NULL, 0);
	assert_int_equal(fdt_begin_node(tree, "console"), 0);
	for (unsigned i = 0; i < n; i++)
		put(&v[i]);
	assert_int_equal(fdt_end_node(tree), 0);
	struct config c = opened();
	return config_console(&c, out, err, sizeof(err));
}

static void test_console(void **state)
{
	static const struct value all[] = {BYTES("escape-key", "\x00\x00\x00\x14"),
					   STRING("mode", "prefix"), STRING("focus", "alpha"),
					   STRING("debug", "off")};
	static const struct value off_and_wrong[] = {STRING("debug", "of")};
	struct console_config k;

	(void)state;
	assert_int_equal(console(NULL, 0, &k), 0);
	assert_int_equal(k.escape_key, 0x1d);
	assert_int_equal(k.mode, CONSOLE_FOCUS);
	assert_null(k.focus);
	assert_int_equal(console(all, 3, &k), 0);
	assert_int_equal(k.escape_key, 0x14);
	assert_int_equal(k.mode, CONSOLE_PREFIX);
	assert_string_equal(k.focus, "alpha");
	assert_false(k.no_debug);
	assert_int_equal(console(all, 4, &k), 0);
	assert_true(k.no_debug);
	assert_true(console(off_and_wrong, 1, &k) < 0); /* rather off than on by mistake */
	assert_true(k.no_debug);
	begin();
	struct config c = opened();
	assert_int_equal(config_console(&c, &k, err, sizeof(err)), 0);
	assert_int_equal(k.escape_key, 0x1d);
}

static void test_console_wrong(void **state)
{
	static const struct {
		struct value value;
		const char *text;
	} bad[] = {
		{BYTES("escape-key", "\x00\x00\x00\x01"),
		 "/console: escape-key: 1 is out of range (2..31)"},
		{BYTES("escape-key", "\x00\x00\x00\x20"),
		 "/console: escape-key: 32 is out of range (2..31)"},
		{BYTES("escape-key", "\x00\x00\x00\x0d"),
		 "/console: escape-key: 0xd is needed by every "
		 "guest (no line feed, return or escape)"},
		{STRING("mode", "both"), "/console: mode: \"both\" is not \"focus\" or \"prefix\""},
		{STRING("focus", "beta"), "/console: focus: \"beta\" is not a guest of this tree"},
		{STRING("focus", "console"),
		 "/console: focus: \"console\" is not a guest of this tree"},
		{STRING("key", ""),
		 "/console: unknown property \"key\" (allowed: escape-key, mode, focus, debug)"},
	};
	struct console_config k;

	(void)state;
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_true(console(&bad[i].value, 1, &k) < 0);
		assert_string_equal(err, bad[i].text);
		assert_int_equal(k.escape_key, 0x1d);
		assert_null(k.focus);
		assert_false(k.no_debug);
	}
}

static void open_refused(const void *fdt, size_t size, const char *text)
{
	struct config c;

	assert_int_equal(config_open(&c, fdt, size, err, sizeof(err)), -NACRE_EBADF);
	assert_string_equal(err, text);
}

static void test_open_refused(void **state)
{
	size_t size;

	(void)state;
	begin();
	size = finish();
	open_refused(tree + 4, size, "the configuration tree is not 8-byte aligned in memory");
	open_refused(tree, CONFIG_MAX_SIZE + 1,
		     "the configuration tree has 0x20001 bytes, more than the 0x20000 allowed");
	open_refused(tree, 39, "the configuration is not a sound device tree: FDT_ERR_TRUNCATED");
	open_refused(tree, size - 1,
		     "the configuration is not a sound device tree: FDT_ERR_TRUNCATED");
	fdt_set_version(tree, 3);
	open_refused(tree, size,
		     "the configuration is not a sound device tree: FDT_ERR_BADVERSION");
	fdt_set_version(tree, 17);
	fdt_set_off_dt_struct(tree, fdt_off_dt_struct(tree) + 2);
	open_refused(tree, size, "the configuration is not a sound device tree: FDT_ERR_BADLAYOUT");
	tree[0] = 0;
	open_refused(tree, size, "the configuration is not a sound device tree: FDT_ERR_BADMAGIC");
	assert_int_equal(fdt_create(tree, sizeof(tree)), 0);
	assert_int_equal(fdt_finish_reservemap(tree), 0);
	assert_int_equal(fdt_begin_node(tree, ""), 0);
	open_refused(tree, finish(), "/: compatible: must be \"nacre,bundle\"");
}

/* A property's length that brings libfdt back to the same property. */
static void test_endless_property(void **state)
{
	struct fdt_property *p;
	size_t size;

	(void)state;
	begin();
	guest("g", NULL, 0);
	size = finish();
	p = (void *)(tree + fdt_off_dt_struct(tree) + fdt_first_property_offset(tree, 0));
	for (uint32_t len = 0xffffffff; len > 0xffffffe0; len--) {
		p->len = cpu_to_fdt32(len);
		open_refused(tree, size,
			     "the configuration is not a sound device tree: FDT_ERR_BADSTRUCTURE");
	}
}

/* All that can be asked of a tree. */
static void use(const struct config *c)
{
	struct console_config k;
	struct vm_config vm;
	unsigned n = 0;

	config_check_root(c, err, sizeof(err));
	config_console(c, &k, err, sizeof(err));
	for (int node = config_next_guest(c, -1); node >= 0; node = config_next_guest(c, node)) {
		assert_true(++n < 10000);
		if (config_guest(c, node, &vm, err, sizeof(err)))
			continue;
		assert_true(vm.vcpus >= 1 && vm.vcpus <= VM_MAX_VCPUS && vm.memory % 0x200000 == 0);
		assert_true(strlen(vm.name) <= CONFIG_MAX_NAME && strlen(vm.kernel) > 0);
		if (vm.affinity_count)
			vm_config_hart(&vm, vm.vcpus - 1);
	}
}

static void test_random_damage(void **state)
{
	static const struct value extra[] = {BYTES("affinity", "\0\0\0\7\0\0\0\5"),
					     STRING("isa", "host"), STRING("bootargs", "quiet"),
					     STRING("nacl", "sync-csr\0sync-hfence")};
	size_t size;

	(void)state;
	begin();
	assert_int_equal(fdt_begin_node(tree, "console"), 0);
	assert_int_equal(fdt_property_string(tree, "focus", "b"), 0);
	assert_int_equal(fdt_end_node(tree), 0);
	guest("a", extra, 4);
	guest("b", NULL, 0);
	size = finish();
	for (unsigned i = 0; i < 100000; i++) {
		char *copy = malloc(size);
		struct config c;

		memcpy(copy, tree, size);
		for (uint64_t hits = rnd(3) + 1; hits; hits--)
			copy[rnd(size)] = (char)(rnd(3) ? rnd(10) : rnd(256));
		if (config_open(&c, copy, size, err, sizeof(err)) == 0)
			use(&c);
		free(copy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_usual),
		cmocka_unit_test(test_everything),
		cmocka_unit_test(test_affinity_each),
		cmocka_unit_test(test_wrong_values),
		cmocka_unit_test(test_nacl),
		cmocka_unit_test(test_nodes_below),
		cmocka_unit_test(test_pairs_and_names),
		cmocka_unit_test(test_root),
		cmocka_unit_test(test_console),
		cmocka_unit_test(test_console_wrong),
		cmocka_unit_test(test_open_refused),
		cmocka_unit_test(test_endless_property),
		cmocka_unit_test(test_random_damage),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
