/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads the host's device tree into struct host.
 *
 * Each subject has one function that leaves its result in `host` and returns 0 or an error with its
 * text. All of them run, and the first error is the one reported: a machine without memory may
 * still have a console to say so. Nothing here prints or touches hardware. Devicetree Specification
 * 0.4, chapter 3; Linux bindings riscv/cpus.yaml, riscv/extensions.yaml, reserved-memory.yaml.
 */
#include <libfdt.h>
#include <string.h>

#include <core/errno.h>
#include <core/errtext.h>
#include <core/fdt.h>
#include <core/host.h>

struct host host;

struct text {
	char *buf;
	unsigned long len;
};

#define FAIL(t, code, ...) err_text((t)->buf, (t)->len, code, __VA_ARGS__)

static const char *node_name(int node)
{
	const char *name = fdt_get_name(host.fdt, node, NULL);

	return name ? name : "?";
}

/* Adds a bank and keeps the table sorted; banks that touch or overlap become one. */
static void add_ram(uint64_t start, uint64_t size)
{
	uint64_t end = start + size < start ? UINT64_MAX : start + size;
	struct mem_range *r = host.ram;
	unsigned i = 0, j;

	end = ALIGN_DOWN(end, PAGE_SIZE);
	if (start > UINT64_MAX - PAGE_MASK || ALIGN_UP(start, PAGE_SIZE) >= end)
		return;
	start = ALIGN_UP(start, PAGE_SIZE);
	while (i < host.nram && r[i].end < start)
		i++;
	for (j = i; j < host.nram && r[j].start <= end; j++) {
		start = r[j].start < start ? r[j].start : start;
		end = r[j].end > end ? r[j].end : end;
	}
	if (i == j && host.nram == HOST_RAM_MAX) {
		host.ram_ignored++;
		return;
	}
	memmove(&r[i + 1], &r[j], (host.nram - j) * sizeof(*r));
	host.nram = host.nram - (j - i) + 1;
	r[i] = (struct mem_range){start, end};
}

static bool is_memory(int node)
{
	const char *type = fdt_str(host.fdt, node, "device_type");

	return type && !strcmp(type, "memory") && fdt_enabled(host.fdt, node);
}

static int parse_memory(struct text *t)
{
	int node, rc;

	fdt_for_each_subnode(node, host.fdt, 0)
	{
		uint64_t addr, size;

		if (!is_memory(node))
			continue;
		for (unsigned i = 0; !(rc = fdt_reg_local(host.fdt, node, i, &addr, &size)); i++)
			add_ram(addr, size);
		if (rc != -NACRE_ENOENT)
			return FAIL(t, NACRE_EBADF, "device tree: /%s: reg is malformed",
				    node_name(node));
	}
	return host.nram ? 0 : FAIL(t, NACRE_ENOENT, "device tree: no memory node with a size");
}

static int add_reserved(struct text *t, uint64_t start, uint64_t size)
{
	uint64_t end = start + size < start ? UINT64_MAX : start + size;

	if (size == 0)
		return 0;
	if (host.nreserved == HOST_RESERVED_MAX)
		return FAIL(t, NACRE_ERANGE, "device tree: more than %d reserved ranges",
			    HOST_RESERVED_MAX);
	end = end > UINT64_MAX - PAGE_MASK ? ALIGN_DOWN(UINT64_MAX, PAGE_SIZE)
					   : ALIGN_UP(end, PAGE_SIZE);
	host.reserved[host.nreserved++] = (struct mem_range){ALIGN_DOWN(start, PAGE_SIZE), end};
	return 0;
}

/* A child without reg asks the system to choose a place for it; nobody needs one of Nacre. */
static int parse_reserved(struct text *t)
{
	int base = fdt_path_offset(host.fdt, "/reserved-memory"), node, rc = 0;
	int n = fdt_num_mem_rsv(host.fdt);
	uint64_t addr, size;

	for (int i = 0; i < n && !rc; i++)
		if (!fdt_get_mem_rsv(host.fdt, i, &addr, &size))
			rc = add_reserved(t, addr, size);
	if (base < 0)
		return rc;
	fdt_for_each_subnode(node, host.fdt, base)
	{
		if (!fdt_enabled(host.fdt, node))
			continue;
		for (unsigned i = 0; !rc; i++) {
			rc = fdt_reg_local(host.fdt, node, i, &addr, &size);
			if (rc == -NACRE_EBADF)
				return FAIL(t, NACRE_EBADF,
					    "device tree: /reserved-memory/%s: reg is malformed",
					    node_name(node));
			if (!rc)
				rc = add_reserved(t, addr, size);
		}
		if (rc != -NACRE_ENOENT)
			return rc;
		rc = 0;
	}
	return rc;
}

static uint32_t intc_phandle(int cpu)
{
	int node;

	fdt_for_each_subnode(node, host.fdt, cpu)
	{
		if (!fdt_node_check_compatible(host.fdt, node, "riscv,cpu-intc"))
			return fdt_get_phandle(host.fdt, node);
	}
	return 0;
}

static int parse_hart(struct text *t, int node, struct host_hart *h)
{
	const char *isa = fdt_str(host.fdt, node, "riscv,isa");
	int len = 0;
	const char *list = fdt_getprop(host.fdt, node, "riscv,isa-extensions", &len);
	uint64_t size;

	if (fdt_reg_local(host.fdt, node, 0, &h->hartid, &size))
		return FAIL(t, NACRE_EBADF, "device tree: /cpus/%s: no hart id in reg",
			    node_name(node));
	for (unsigned i = 0; i < host.nharts; i++)
		if (host.hart[i].hartid == h->hartid)
			return FAIL(t, NACRE_EEXIST,
				    "device tree: /cpus/%s: there is a hart %llu already",
				    node_name(node), (unsigned long long)h->hartid);
	if (isa_parse_host(&h->isa, isa, list, list ? (size_t)len : 0))
		return FAIL(t, NACRE_EBADF,
			    "device tree: /cpus/%s: neither riscv,isa nor riscv,isa-extensions"
			    " can be read",
			    node_name(node));
	h->cbom_block = fdt_u32(host.fdt, node, "riscv,cbom-block-size", 0);
	h->cbop_block = fdt_u32(host.fdt, node, "riscv,cbop-block-size", 0);
	h->cboz_block = fdt_u32(host.fdt, node, "riscv,cboz-block-size", 0);
	h->intc_phandle = intc_phandle(node);
	return 0;
}

/* `host` has what is common to all harts. */
static void add_hart(const struct host_hart *h)
{
	if (host.nharts == 0) {
		host.isa = h->isa;
		host.cbom_block = h->cbom_block;
		host.cbop_block = h->cbop_block;
		host.cboz_block = h->cboz_block;
	}
	isa_and(&host.isa, &h->isa);
	host.cbom_block = host.cbom_block == h->cbom_block ? h->cbom_block : 0;
	host.cbop_block = host.cbop_block == h->cbop_block ? h->cbop_block : 0;
	host.cboz_block = host.cboz_block == h->cboz_block ? h->cboz_block : 0;
	host.hart[host.nharts++] = *h;
}

static bool is_hart(int node)
{
	const char *type = fdt_str(host.fdt, node, "device_type");

	return type && !strcmp(type, "cpu") && fdt_enabled(host.fdt, node);
}

static int parse_harts(struct text *t)
{
	int cpus = fdt_path_offset(host.fdt, "/cpus"), node, rc = 0;

	if (cpus < 0)
		return FAIL(t, NACRE_ENOENT, "device tree: no /cpus");
	fdt_for_each_subnode(node, host.fdt, cpus)
	{
		struct host_hart h = {0};

		if (!is_hart(node))
			continue;
		if (host.nharts == HOST_HARTS_MAX)
			host.harts_ignored++;
		else if (!parse_hart(rc ? &(struct text){NULL, 0} : t, node, &h))
			add_hart(&h);
		else
			rc = -NACRE_EBADF;
	}
	if (!rc && host.nharts == 0)
		return FAIL(t, NACRE_ENOENT, "device tree: /cpus has no enabled hart");
	return rc;
}

static int parse_timebase(struct text *t)
{
	int node = fdt_path_offset(host.fdt, "/cpus"), cpu;

	if (node < 0)
		return FAIL(t, NACRE_ENOENT, "device tree: no /cpus");
	if (fdt_number(host.fdt, node, "timebase-frequency", &host.timebase)) {
		fdt_for_each_subnode(cpu, host.fdt, node)
		{
			if (!fdt_number(host.fdt, cpu, "timebase-frequency", &host.timebase))
				break;
		}
	}
	return host.timebase ? 0
			     : FAIL(t, NACRE_ENOENT, "device tree: /cpus: no timebase-frequency");
}

static int parse_chosen(struct text *t)
{
	int node = fdt_path_offset(host.fdt, "/chosen"), rs, re;
	uint64_t start, end;
	const char *s;

	if (node < 0)
		return 0;
	s = fdt_str(host.fdt, node, "bootargs");
	host.bootargs = s ? s : "";
	rs = fdt_number(host.fdt, node, "linux,initrd-start", &start);
	re = fdt_number(host.fdt, node, "linux,initrd-end", &end);
	if (rs == -NACRE_ENOENT && re == -NACRE_ENOENT)
		return 0;
	if (rs || re || end < start)
		return FAIL(t, NACRE_EBADF,
			    "device tree: /chosen: linux,initrd-start and -end are no range");
	if (start != end) {
		host.initrd_start = start;
		host.initrd_end = end;
	}
	return 0;
}

static void parse_model(void)
{
	const char *s = fdt_str(host.fdt, 0, "model");

	s = s ? s : fdt_str(host.fdt, 0, "compatible");
	host.model = s ? s : "unnamed machine";
}

int host_parse(const void *fdt, char *err, unsigned long errlen)
{
	static int (*const part[])(struct text *) = {
		parse_memory, parse_reserved, parse_harts, parse_timebase, parse_chosen,
	};
	struct text t = {err, errlen}, none = {NULL, 0};
	int rc, first = 0;

	memset(&host, 0, sizeof(host));
	host.bootargs = host.model = "";
	rc = fdt_check_header(fdt);
	if (!rc)
		rc = fdt_check_tree(fdt, fdt_totalsize(fdt));
	if (rc)
		return FAIL(&t, NACRE_EBADF, "device tree: %s", fdt_strerror(rc));
	host.fdt = fdt;
	host.fdt_size = fdt_totalsize(fdt);
	parse_model();
	for (unsigned i = 0; i < ARRAY_SIZE(part); i++) {
		rc = part[i](first ? &none : &t);
		first = first ? first : rc;
	}
	return first;
}

const char *host_option(const char *name, char *buf, unsigned long len)
{
	const char *word = host.bootargs ? host.bootargs : "", *found = NULL;
	size_t n = strlen(name), found_len = 0;

	for (; *(word += strspn(word, " \t\n")); word += strcspn(word, " \t\n")) {
		size_t wlen = strcspn(word, " \t\n");

		if (wlen < n || memcmp(word, name, n) != 0 || (wlen > n && word[n] != '='))
			continue;
		found = word + n + (wlen > n);
		found_len = wlen - n - (wlen > n);
	}
	if (!found || len == 0)
		return NULL;
	if (found_len > len - 1)
		found_len = len - 1;
	memcpy(buf, found, found_len);
	buf[found_len] = '\0';
	return buf;
}

/* A number at *s, which then points behind it. false: there is none, or it has more than 64 bits.
 */
static bool take_number(const char **s, uint64_t *out)
{
	static const char digits[] = "0123456789abcdef";
	bool hex = (*s)[0] == '0' && (*s)[1] == 'x';
	uint64_t base = hex ? 16 : 10, n = 0;
	const char *start = *s += hex ? 2 : 0, *d;

	for (; **s && (d = memchr(digits, **s, base)); (*s)++) {
		uint64_t digit = (uint64_t)(d - digits);

		if (n > (UINT64_MAX - digit) / base)
			return false;
		n = n * base + digit;
	}
	*out = n;
	return *s != start;
}

static bool take_size(const char **s, uint64_t *out)
{
	static const char units[] = "KMG";
	const char *unit;
	unsigned shift = 0;

	if (!take_number(s, out))
		return false;
	unit = **s ? strchr(units, **s) : NULL;
	if (unit) {
		shift = 10 * (unsigned)(unit - units + 1);
		(*s)++;
	}
	if (*out > UINT64_MAX >> shift)
		return false;
	*out <<= shift;
	return true;
}

int host_option_range(const char *name, struct mem_range *out)
{
	char buf[64];
	const char *s = host_option(name, buf, sizeof(buf));
	uint64_t size, start;

	if (!s)
		return -NACRE_ENOENT;
	if (!take_size(&s, &size) || *s++ != '@' || !take_number(&s, &start) || *s)
		return -NACRE_EINVAL;
	if (!size || !IS_ALIGNED(size | start, PAGE_SIZE) || start > UINT64_MAX - size)
		return -NACRE_EINVAL;
	*out = (struct mem_range){start, start + size};
	return 0;
}
