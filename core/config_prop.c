/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading a configuration node by its table of properties.
 *
 * The tree has been checked as a whole by config_open(): what libfdt returns lies inside it.
 */
#include <string.h>

#include <libfdt.h>

#include <core/errno.h>
#include <core/errtext.h>
#include <core/types.h>

#include "config_prop.h"

int prop_cell(const struct prop *p, uint32_t min, uint32_t max, uint32_t *out)
{
	uint32_t v;

	if (p->len != 4)
		return prop_error(p, NACRE_EINVAL, "must be one 32-bit cell (%u..%u)", min, max);
	v = fdt32_ld((const fdt32_t *)p->value);
	if (v < min || v > max)
		return prop_error(p, NACRE_ERANGE, "%u is out of range (%u..%u)", v, min, max);
	*out = v;
	return 0;
}

int prop_string(const struct prop *p, uint32_t max, const char **out)
{
	if (p->len == 0 || memchr(p->value, '\0', p->len) != p->value + p->len - 1)
		return prop_error(p, NACRE_EINVAL, "must be one string");
	if (p->len - 1 > max)
		return prop_error(p, NACRE_ERANGE, "is longer than %u characters", max);
	*out = p->value;
	return 0;
}

int prop_name(const struct prop *p, const char **out)
{
	int rc = prop_string(p, CONFIG_MAX_SIZE, out);

	if (rc == 0 && **out == '\0')
		return prop_error(p, NACRE_EINVAL, "must not be empty");
	return rc;
}

/* One of two words. */
int prop_choice(const struct prop *p, const char *first, const char *second, bool *is_second)
{
	const char *s;
	int rc = prop_name(p, &s);

	if (rc)
		return rc;
	*is_second = strcmp(s, second) == 0;
	if (!*is_second && strcmp(s, first) != 0)
		return prop_error(p, NACRE_EINVAL, "\"%.32s\" is not \"%s\" or \"%s\"", s, first,
				  second);
	return 0;
}

int prop_flag(const struct prop *p)
{
	return p->len ? prop_error(p, NACRE_EINVAL, "takes no value") : 0;
}

static int unknown_word(const struct prop *p, const char *word, const char *const *words,
			unsigned nwords)
{
	char names[80];
	size_t used = 0;

	for (unsigned i = 0; i < nwords && used < sizeof(names); i++)
		used += (size_t)snprintf(names + used, sizeof(names) - used, "%s, ", words[i]);
	return prop_error(p, NACRE_EINVAL, "\"%.32s\" is not one of %sand not \"none\" alone", word,
			  names);
}

int prop_words(const struct prop *p, const char *const *words, unsigned nwords, uint32_t *out)
{
	const char *s = p->value, *end = s + p->len;
	uint32_t found = 0;

	if (p->len == 0) {
		*out = (uint32_t)BIT(nwords) - 1;
		return 0;
	}
	if (end[-1] != '\0')
		return prop_error(p, NACRE_EINVAL, "must be a list of strings");
	if (strcmp(s, "none") == 0 && strlen(s) + 1 == p->len) {
		*out = 0;
		return 0;
	}
	for (; s < end; s += strlen(s) + 1) {
		unsigned i = 0;

		while (i < nwords && strcmp(s, words[i]) != 0)
			i++;
		if (i == nwords)
			return unknown_word(p, s, words, nwords);
		found |= (uint32_t)BIT(i);
	}
	*out = found;
	return 0;
}

/* "allowed: a, b, c" for the error text. */
static int unknown_prop(const struct prop *p, const struct prop_type *types, unsigned ntypes)
{
	char names[160];
	size_t used = 0;

	for (unsigned i = 0; i < ntypes && used < sizeof(names); i++)
		used += (size_t)snprintf(names + used, sizeof(names) - used, "%s%s", i ? ", " : "",
					 types[i].name);
	return err_text(p->err, p->errlen, NACRE_EINVAL,
			"/%s: unknown property \"%.32s\" (allowed: %s)", p->path, p->name, names);
}

static unsigned find_type(const char *name, const struct prop_type *types, unsigned ntypes)
{
	unsigned i = 0;

	while (i < ntypes && strcmp(name, types[i].name) != 0)
		i++;
	return i;
}

int prop_read_node(const struct config *c, int node, struct prop *p, const struct prop_type *types,
		   unsigned ntypes)
{
	uint32_t seen = 0;
	int offset, len = 0, rc;

	fdt_for_each_property_offset(offset, c->fdt, node)
	{
		p->value = fdt_getprop_by_offset(c->fdt, offset, &p->name, &len);
		if (!p->value)
			return err_text(p->err, p->errlen, NACRE_EBADF, "/%s: %s", p->path,
					fdt_strerror(len));
		p->len = (uint32_t)len;
		unsigned i = find_type(p->name, types, ntypes);
		if (i == ntypes)
			return unknown_prop(p, types, ntypes);
		if (seen & BIT(i)) /* no compiler makes this, a program may */
			return prop_error(p, NACRE_EINVAL, "is there twice");
		seen |= (uint32_t)BIT(i);
		rc = types[i].read(p);
		if (rc)
			return rc;
	}
	for (unsigned i = 0; i < ntypes; i++)
		if (types[i].required && !(seen & BIT(i)))
			return err_text(p->err, p->errlen, NACRE_ENOENT,
					"/%s: %s: is missing, every guest needs it", p->path,
					types[i].name);
	offset = fdt_first_subnode(c->fdt, node);
	if (offset >= 0)
		return err_text(p->err, p->errlen, NACRE_EINVAL, "/%s: unknown node \"%.32s\"",
				p->path, fdt_get_name(c->fdt, offset, NULL));
	return 0;
}
