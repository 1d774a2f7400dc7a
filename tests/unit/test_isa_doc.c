/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * docs/isa.md has one line for each row of include/arch/isa_rows.inc, and it is the line that the
 * row makes: the document cannot go stale. "test_isa_doc --print" writes the table anew. Runs in
 * the repository's root.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <core/errno.h>
#include <core/types.h>

#include "../../arch/riscv/isa_table.h"

#define DOCUMENT "docs/isa.md"
#define HEAD	 "| extension | implies | needs | told by | hidden by | guests | profiles |"

static void add_list(char *line, const uint8_t list[ISA_LINKS_MAX])
{
	for (unsigned i = 0; i < ISA_LINKS_MAX && list[i]; i++) {
		strcat(line, i ? ", " : "");
		strcat(line, isa_name(list[i]));
	}
}

static const char *told_by(const struct isa_row *row)
{
	if (row->pmm)
		return "tree, senvcfg, henvcfg";
	if (row->henvcfg)
		return "tree, henvcfg";
	if (row == &isa_rows[ISA_SSCOFPMF])
		return "tree, hvien";
	if (row->hide == ISA_HIDE_FS)
		return "tree, sstatus.FS";
	if (row->hide == ISA_HIDE_VS)
		return "tree, sstatus.VS";
	return "tree";
}

static const char *offered(const struct isa_row *row)
{
	if (row->unoffered)
		return row->unoffered;
	if (row->by_name)
		return row->emulated ? "given when asked for, or emulated" : "given when asked for";
	return row->emulated ? "given, or emulated" : "given";
}

static void make_line(enum isa_ext e, char line[512])
{
	static const char *const profile[] = {"", "rva20, 22, 23", "rva22, 23", "rva23"};
	const struct isa_row *row = &isa_rows[e];
	enum isa_hide hide = isa_hidden_by(&(struct isa_set){{0}}, e);

	snprintf(line, 512, "| %s | ", row->name);
	add_list(line, row->implies);
	strcat(line, " | ");
	add_list(line, row->needs);
	sprintf(line + strlen(line), " | %s", told_by(row));
	if (row->host)
		sprintf(line + strlen(line), ", %s", isa_name(row->host));
	sprintf(line + strlen(line), " | %s | %s%s | %s |", isa_hide_name(hide),
		row->unoffered ? "no: " : "", offered(row), profile[row->profile]);
}

static char *read_document(void)
{
	FILE *f = fopen(DOCUMENT, "r");
	char *text = calloc(1, 65536);

	if (!f)
		fail_msg("no " DOCUMENT " in the current directory");
	assert_true(fread(text, 1, 65535, f) > 0);
	assert_true(feof(f));
	fclose(f);
	return text;
}

static void test_document(void **state)
{
	char *text = read_document(), *at = strstr(text, "\n" HEAD "\n"), line[512];

	(void)state;
	if (!at)
		fail_msg(DOCUMENT ": no line: " HEAD);
	at = strchr(at + 1, '\n');
	at = strchr(at + 1, '\n'); /* |---| */
	for (enum isa_ext e = 1; e < ISA_COUNT; e++) {
		make_line(e, line);
		at++;
		if (strncmp(at, line, strlen(line)) != 0 || at[strlen(line)] != '\n')
			fail_msg(DOCUMENT ": not the line that the row makes: %s", line);
		at = strchr(at, '\n');
	}
	assert_true(at[1] != '|');
	free(text);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_document)};
	char line[512];

	if (argc < 2 || strcmp(argv[1], "--print") != 0)
		return cmocka_run_group_tests(tests, NULL, NULL);
	puts(HEAD);
	puts("|---|---|---|---|---|---|---|");
	for (enum isa_ext e = 1; e < ISA_COUNT; e++) {
		make_line(e, line);
		puts(line);
	}
	return 0;
}
