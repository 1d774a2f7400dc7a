/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * trace text FILE OUTPUT...           a console on which the monitor's "trace dump" was printed
 * trace ram FILE BASE ADDRESS OUTPUT...   the machine's memory, which begins at BASE; the log tells
 * ADDRESS
 *
 * An OUTPUT ends in .json (Perfetto, chrome://tracing) or .svg, or is "list": a line for each
 * record, on standard output.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <core/errno.h>
#include "trace.h"

static int load_ram(struct trace_set *t, const char *file, uint64_t base)
{
	struct stat st;
	void *mem;
	int rc, fd = open(file, O_RDONLY);

	if (fd < 0 || fstat(fd, &st) || st.st_size <= 0)
		return -NACRE_ENOENT;
	mem = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (mem == MAP_FAILED)
		return -NACRE_ENOMEM;
	rc = trace_load_ram(t, mem, (uint64_t)st.st_size, base,
			    trace_find(mem, (uint64_t)st.st_size, base));
	munmap(mem, (size_t)st.st_size);
	return rc;
}

static int load_text(struct trace_set *t, const char *file)
{
	FILE *in = fopen(file, "r");
	int rc;

	if (!in)
		return -NACRE_ENOENT;
	rc = trace_load_text(t, in);
	fclose(in);
	return rc;
}

static bool ends_in(const char *s, const char *end)
{
	size_t n = strlen(s), e = strlen(end);

	return n >= e && !strcmp(s + n - e, end);
}

static int write_to(const struct trace_set *t, const char *name)
{
	bool json = ends_in(name, ".json");
	FILE *out;

	if (!strcmp(name, "list")) {
		trace_write_list(t, stdout);
		return 0;
	}
	if (!json && !ends_in(name, ".svg"))
		return -NACRE_EINVAL;
	out = fopen(name, "w");
	if (!out)
		return -NACRE_EPERM;
	(json ? trace_write_json : trace_write_svg)(t, out);
	return fclose(out) ? -NACRE_ENOMEM : 0;
}

static int fail(const char *what, int rc)
{
	fprintf(stderr, "trace: %s: %s\n", what, nacre_strerror(rc));
	return 1;
}

int main(int argc, char **argv)
{
	bool ram = argc > 1 && !strcmp(argv[1], "ram");
	uint64_t overwritten = 0;
	struct trace_set t = {0};
	int rc, first = ram ? 4 : 3;

	if (argc <= first || (!ram && strcmp(argv[1], "text") != 0)) {
		fprintf(stderr, "trace text FILE OUTPUT... | ram FILE BASE OUTPUT...; "
				"list, *.json, *.svg\n");
		return 2;
	}
	rc = ram ? load_ram(&t, argv[2], strtoull(argv[3], NULL, 0)) : load_text(&t, argv[2]);
	if (rc)
		return fail(argv[2], rc);
	for (int i = first; i < argc && !rc; i++)
		if ((rc = write_to(&t, argv[i])))
			fail(argv[i], rc);
	for (unsigned i = 0; i < t.info.nrings; i++)
		overwritten += trace_ring_first(&t.ring[i]);
	fprintf(stderr,
		"trace: %zu records of %u harts, %llu before them overwritten, %llu missing, %zu "
		"damaged\n",
		t.n, t.info.nrings, (unsigned long long)overwritten, (unsigned long long)t.missed,
		t.damaged);
	trace_free(&t);
	return rc != 0;
}
