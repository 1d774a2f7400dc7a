/* SPDX-License-Identifier: BSD-2-Clause */
/* Hardware breakpoints by debug triggers: see triggers.h. */
#include <arch/triggers.h>

#include <core/errno.h>
#include <spec/sdtrig.h>

#define NO_INDEX UINT64_MAX

/* ts->n: none. */
static unsigned find(const struct triggers *ts, uint64_t va, bool inner)
{
	unsigned i = 0;

	while (i < ts->n && (ts->t[i].va != va || ts->t[i].inner != inner))
		i++;
	return i;
}

int triggers_add(struct triggers *ts, unsigned max, uint64_t va, bool inner)
{
	if (va & 1)
		return -NACRE_EINVAL;
	if (find(ts, va, inner) < ts->n)
		return 0;
	if (ts->n >= max || ts->n >= TRIGGERS_MAX)
		return -NACRE_ENOMEM;
	ts->t[ts->n++] = (struct trigger){va, inner};
	return 1;
}

bool triggers_remove(struct triggers *ts, uint64_t va, bool inner)
{
	unsigned i = find(ts, va, inner);

	if (i == ts->n)
		i = find(ts, va, !inner);
	if (i == ts->n)
		return false;
	ts->t[i] = ts->t[--ts->n];
	return true;
}

enum trigger_hit triggers_hit(const struct triggers *ts, uint64_t pc, bool inner)
{
	if (find(ts, pc, inner) < ts->n)
		return TRIGGER_HIT;
	return find(ts, pc, !inner) < ts->n ? TRIGGER_OTHERS : TRIGGER_NONE;
}

void trigger_encode(const struct trigger *t, uint64_t *words)
{
	for (unsigned i = 0; i < TRIGGER_WORDS; i++)
		words[i] = NO_INDEX;
	words[DBTR_TDATA1] =
		TDATA1_TYPE_MCONTROL6 | MCONTROL6_VS | MCONTROL6_VU | MCONTROL6_EXECUTE;
	words[DBTR_TDATA2] = t->va;
	words[DBTR_TDATA3] = 0;
}

/* OpenSBI up to 1.6 writes it behind the entry that it has read. */
int trigger_index(const uint64_t *words)
{
	uint64_t index = words[DBTR_INDEX] != NO_INDEX ? words[DBTR_INDEX] : words[DBTR_WORDS];

	return index < 64 ? (int)index : -NACRE_ERANGE;
}
