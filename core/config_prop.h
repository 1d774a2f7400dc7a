/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading a configuration node by a table of the properties that it may have. Private to config.c.
 *
 * A property that is not in the table is an error, so a misspelt one is found. The readers check
 * one value and store it; each error names node and property and says what is allowed.
 */
#ifndef NACRE_CORE_CONFIG_PROP_H
#define NACRE_CORE_CONFIG_PROP_H

#include <core/config.h>

/* A property that is being read: where it is, for the error text, and where its value goes. */
struct prop {
	const char *path; /* of the node, "/" not included */
	const char *name;
	const char *value;
	uint32_t len;
	void *out; /* struct vm_config or struct console_config */
	char *err;
	size_t errlen;
};

struct prop_type {
	const char *name;
	int (*read)(const struct prop *p);
	bool required;
};

#define prop_error(p, code, fmt, ...) \
	err_text((p)->err, (p)->errlen, code, "/%s: %s: " fmt, (p)->path, (p)->name, ##__VA_ARGS__)

/* Read all properties of a node; p->path, out, err and errlen are set. A node below it is an error.
 */
int prop_read_node(const struct config *c, int node, struct prop *p, const struct prop_type *types,
		   unsigned ntypes);

/* Each reader: 0, or -NACRE_EINVAL / -NACRE_ERANGE and the text; *out is written on success only.
 */
int prop_cell(const struct prop *p, uint32_t min, uint32_t max, uint32_t *out);
int prop_string(const struct prop *p, uint32_t max, const char **out);
int prop_name(const struct prop *p, const char **out);
int prop_choice(const struct prop *p, const char *first, const char *second, bool *is_second);
int prop_flag(const struct prop *p);
/* No value: all words. "none": no word. Else a list of words; bit i of *out is that of words[i]. */
int prop_words(const struct prop *p, const char *const *words, unsigned nwords, uint32_t *out);

#endif
