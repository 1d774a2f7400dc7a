/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The symbol tables of a Linux kernel in memory. scripts/kallsyms.c of Linux writes them one after
 * the other, aligned to 8 bytes, in 7.x to 4:
 *
 *   num_syms      u32
 *   names         per symbol: length (one byte, or two of 7 bits), so many token numbers
 *   markers       u32: where in names every 256th symbol is
 *   token_table   256 strings
 *   token_index   256 u16: where in token_table each begins
 *   offsets       s32 per symbol: from its own place (7.x), or u32 from relative_base
 *   relative_base u64 (not in 7.x)
 *   seqs_of_names 3 bytes, big-endian, per symbol: the order by name
 *
 * token_index is what can be recognised; all else follows from it. The first character of a name
 * that its tokens spell is the symbol's type.
 */
#include <string.h>

#include <core/errno.h>
#include <core/kallsyms.h>

#define TOKENS	   256U
#define TOKEN_MAX  64U /* bytes of one, with its NUL */
#define PER_MARKER 256U
#define ENTRY_MAX  512U /* bytes of one in names */
#define TRIES	   64U	/* places that look like it and are not; more are no accident */

/* ---- Memory ---- */

void kimage_init(struct kimage *m, bool (*read)(void *, uint64_t, void *, size_t), void *ctx,
		 uint64_t size)
{
	*m = (struct kimage){.read = read, .ctx = ctx, .size = size, .at = UINT64_MAX};
}

/* What is asked for next may be before or behind: the window begins a little earlier. */
static bool load_window(struct kimage *m, uint64_t offset, unsigned n)
{
	uint64_t at = ALIGN_DOWN(offset, KIMAGE_WINDOW / 2), room;

	if (offset >= m->size || m->size - offset < n)
		return false;
	room = m->size - at < KIMAGE_WINDOW ? m->size - at : KIMAGE_WINDOW;
	m->at = UINT64_MAX;
	memset(m->window, 0, sizeof(m->window));
	if (!m->read(m->ctx, at, m->window, room))
		return false;
	m->at = at;
	return true;
}

bool kimage_get(struct kimage *m, uint64_t offset, unsigned n, uint64_t *out)
{
	if ((m->at == UINT64_MAX || offset < m->at || offset - m->at > KIMAGE_WINDOW - n ||
	     offset >= m->size || m->size - offset < n) &&
	    !load_window(m, offset, n))
		return false;
	*out = 0;
	memcpy(out, m->window + (offset - m->at), n);
	return true;
}

/* For numbers whose absence is found by what they lead to. */
static uint64_t get(const struct kallsyms *k, uint64_t offset, unsigned n)
{
	uint64_t v;

	return kimage_get(k->image, offset, n, &v) ? v : 0;
}

/* ---- Finding them ---- */

/* Whether a table of 256 ascending u16 stands here: 0, then steps of at most TOKEN_MAX. */
static bool is_index(const struct kallsyms *k, uint64_t at)
{
	uint64_t before = 0;

	for (unsigned i = 1; i < TOKENS; i++) {
		uint64_t v = get(k, at + 2 * i, 2);

		if (v < before + 2 || v > before + TOKEN_MAX)
			return false;
		before = v;
	}
	return true;
}

/* The token table that ends right before the index. */
static bool find_tokens(struct kallsyms *k)
{
	uint64_t last = get(k, k->index + 2 * (TOKENS - 1), 2);

	for (unsigned pad = 4; pad <= TOKEN_MAX + 8; pad += 4) {
		uint64_t size = ALIGN_DOWN(last, 4) + pad, at = k->index - size;
		unsigned i = 1;

		if (size > k->index || last + 2 > size)
			continue;
		while (i < TOKENS && get(k, at + get(k, k->index + 2 * i, 2) - 1, 1) == 0 &&
		       get(k, at + get(k, k->index + 2 * i, 2), 1) != 0)
			i++;
		if (i == TOKENS && get(k, k->index - 1, 1) == 0) {
			k->tokens = (uint32_t)at;
			return true;
		}
	}
	return false;
}

/* The markers end at the tokens, perhaps with 4 bytes between; backwards they descend to 0. */
static bool find_markers(struct kallsyms *k, uint32_t *n)
{
	uint64_t at = k->tokens - 4, v = get(k, at, 4);

	if (v == 0) {
		at -= 4;
		v = get(k, at, 4);
	}
	for (*n = 1; v != 0; ++*n) {
		uint64_t before = at >= 4 ? get(k, at - 4, 4) : UINT64_MAX;

		if (before >= v || v - before > PER_MARKER * ENTRY_MAX ||
		    *n > KALLSYMS_MAX / PER_MARKER)
			return false;
		at -= 4;
		v = before;
	}
	k->markers = (uint32_t)at;
	return true;
}

/* The length of the entry at `at`, with the bytes that tell it. */
static uint64_t entry_size(const struct kallsyms *k, uint64_t at, uint64_t *head)
{
	uint64_t n = get(k, at, 1);

	*head = 1;
	if (n & 0x80) {
		n = (n & 0x7f) | get(k, at + 1, 1) << 7;
		*head = 2;
	}
	return *head + n;
}

/* Whether `count` names from `at` on end where the markers begin. */
static bool ends_at_markers(const struct kallsyms *k, uint64_t at, uint32_t count)
{
	uint64_t head;

	while (count--) {
		at += entry_size(k, at, &head);
		if (at > k->markers)
			return false;
	}
	return k->markers - at < 8;
}

/* From the last marker on there are up to 256 names; their number is before the first of all. */
static bool find_names(struct kallsyms *k, uint32_t nmarkers)
{
	uint64_t last = get(k, k->markers + 4 * (nmarkers - 1), 4);
	uint64_t at = k->markers, far = last + PER_MARKER * ENTRY_MAX;
	uint32_t before = (nmarkers - 1) * PER_MARKER;
	unsigned tries = TRIES;

	for (; at >= 8 && k->markers - at <= far; at -= 4) {
		uint64_t count = k->markers - at < last ? 0 : get(k, at - 4, 4);

		if (count == 0 && IS_ALIGNED(at, 8))
			count = get(k, at - 8, 4);
		if (count <= before || count > before + PER_MARKER)
			continue;
		if (!ends_at_markers(k, at + last, (uint32_t)count - before)) {
			if (tries-- == 0)
				return false;
			continue;
		}
		k->names = (uint32_t)at;
		k->count = (uint32_t)count;
		return true;
	}
	return false;
}

static void find_offsets(struct kallsyms *k)
{
	uint64_t end;

	k->offsets = k->index + 2 * TOKENS;
	k->in_place = (int32_t)get(k, k->offsets, 4) < 0;
	end = (uint64_t)k->offsets + 4 * (uint64_t)k->count;
	if (!k->in_place) {
		k->base = get(k, ALIGN_UP(end, 8), 8);
		end = ALIGN_UP(end, 8) + 8;
	}
	k->seqs = (uint32_t)end;
}

/* Whether the tables are around this place. */
static bool is_here(struct kallsyms *k, uint64_t at)
{
	uint32_t nmarkers;

	k->index = (uint32_t)at;
	if (!find_tokens(k) || !find_markers(k, &nmarkers) || !find_names(k, nmarkers))
		return false;
	find_offsets(k);
	return true;
}

/*
 * The first place from `at` on, below end, where an index may be. Tens of millions of words are
 * looked at: nearly all of them fail the first test, 0 and then a small number. The window is
 * aligned.
 */
static uint64_t next_index(struct kallsyms *k, uint64_t at, uint64_t end)
{
	struct kimage *m = k->image;
	uint64_t v;

	while (at < end) {
		if (!kimage_get(m, at, 4, &v)) {
			at = ALIGN_DOWN(at, PAGE_SIZE) + PAGE_SIZE;
			continue;
		}
		for (; at < end && at - m->at <= KIMAGE_WINDOW - 4; at += 4) {
			uint32_t word;

			memcpy(&word, m->window + (at - m->at), 4);
			if ((word & 0xffff) == 0 && (word >> 16) - 2 < TOKEN_MAX)
				return at;
		}
	}
	return end;
}

static bool search(struct kallsyms *k, uint64_t from, uint64_t end)
{
	unsigned tries = TRIES;

	for (; (from = next_index(k, from, end)) < end; from += 4)
		if (is_index(k, from)) {
			if (is_here(k, from))
				return true;
			if (tries-- == 0)
				break;
		}
	return false;
}

int kallsyms_find(struct kallsyms *k, struct kimage *m)
{
	uint64_t text = ALIGN_DOWN(m->size / 3, PAGE_SIZE);

	*k = (struct kallsyms){.image = m};
	if (m->size > UINT32_MAX)
		return -NACRE_ENOENT;
	/* The kernel's code is in front. */
	return search(k, text, m->size) || search(k, 64, text) ? 0 : -NACRE_ENOENT;
}

/* ---- Using them ---- */

uint64_t kallsyms_offset(const struct kallsyms *k, uint32_t i)
{
	uint64_t at = k->offsets + 4 * (uint64_t)i, v;

	if (i >= k->count || !kimage_get(k->image, at, 4, &v))
		return UINT64_MAX;
	return k->in_place ? at + (uint64_t)(int64_t)(int32_t)v : v;
}

static void spell(const struct kallsyms *k, uint64_t token, char *name, size_t *len)
{
	uint64_t at = k->tokens + get(k, k->index + 2 * token, 2), c;

	for (unsigned i = 0; i < TOKEN_MAX && (c = get(k, at + i, 1)); i++)
		if (*len < KALLSYMS_NAME_MAX)
			name[(*len)++] = c > 0x20 && c < 0x7f ? (char)c : '?';
}

void kallsyms_name(const struct kallsyms *k, uint32_t i, char name[KALLSYMS_NAME_MAX])
{
	char text[KALLSYMS_NAME_MAX];
	uint64_t at, head, size;
	size_t len = 0;

	name[0] = '\0';
	if (i >= k->count)
		return;
	at = k->names + get(k, k->markers + 4 * (uint64_t)(i / PER_MARKER), 4);
	for (uint32_t n = i % PER_MARKER; n--;)
		at += entry_size(k, at, &head);
	size = entry_size(k, at, &head);
	for (uint64_t n = head; n < size && n < ENTRY_MAX; n++)
		spell(k, get(k, at + n, 1), text, &len);
	if (len < 2)
		return;
	memcpy(name, text + 1, len - 1);
	name[len - 1] = '\0';
}

bool kallsyms_at(const struct kallsyms *k, uint64_t offset, uint32_t *i)
{
	uint32_t low = 0, high = k->count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (kallsyms_offset(k, middle) <= offset)
			low = middle + 1;
		else
			high = middle;
	}
	*i = low - 1;
	/* The first of several names for one place. */
	while (low > 1 && kallsyms_offset(k, *i - 1) == kallsyms_offset(k, *i) && low - *i < 64)
		--*i;
	return low > 0;
}

int kallsyms_lookup(const struct kallsyms *k, const char *name, uint64_t *offset)
{
	uint32_t low = 0, high = k->count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		uint64_t at = k->seqs + 3 * (uint64_t)middle;
		uint32_t i = (uint32_t)(get(k, at, 1) << 16 | get(k, at + 1, 1) << 8 |
					get(k, at + 2, 1));
		char text[KALLSYMS_NAME_MAX];
		int order;

		kallsyms_name(k, i, text);
		order = strcmp(name, text);
		if (order == 0) {
			*offset = kallsyms_offset(k, i);
			return *offset == UINT64_MAX ? -NACRE_ENOENT : 0;
		}
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return -NACRE_ENOENT;
}
