/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Debug triggers of the calling hart: see dbtr.h. SBI specification, chapter "Debug Triggers
 * Extension". Entries are installed one by one: OpenSBI up to 1.6 has them further apart than the
 * specification. Triggers are disabled before they are uninstalled: QEMU ignores the zero in tdata1
 * that firmware then writes, and would keep one at address 0.
 */
#include <arch/dbtr.h>
#include <arch/mmu.h>
#include <arch/sbi.h>
#include <spec/sbi.h>
#include <spec/sdtrig.h>

static struct sbiret dbtr_call(uint64_t fid, uint64_t a0, uint64_t a1, uint64_t a2)
{
	return sbi_call(SBI_EXT_DBTR, fid, a0, a1, a2);
}

unsigned dbtr_count(void)
{
	uint64_t kind = TDATA1_TYPE_MCONTROL6 | MCONTROL6_VS | MCONTROL6_VU | MCONTROL6_EXECUTE;
	struct sbiret r;

	if (!sbi_probe(SBI_EXT_DBTR))
		return 0;
	r = dbtr_call(SBI_DBTR_NUM_TRIGGERS, kind, 0, 0);
	if (r.error || r.value <= 0)
		return 0;
	return r.value < TRIGGERS_MAX ? (unsigned)r.value : TRIGGERS_MAX;
}

bool dbtr_init(struct dbtr *d, void *shmem)
{
	if (dbtr_call(SBI_DBTR_SETUP_SHMEM, virt_to_phys(shmem).v, 0, 0).error)
		return false;
	d->shmem = shmem;
	return true;
}

static bool install(struct dbtr *d, const struct trigger *t)
{
	int index;

	trigger_encode(t, d->shmem);
	if (dbtr_call(SBI_DBTR_INSTALL, 1, 0, 0).error)
		return false;
	index = trigger_index(d->shmem);
	if (index < 0)
		return false;
	d->mask |= BIT(index);
	return true;
}

static void uninstall(struct dbtr *d)
{
	if (d->mask)
		dbtr_call(SBI_DBTR_UNINSTALL, 0, d->mask, 0);
	d->mask = d->set = 0;
}

/* Whatever firmware has done: none is left. */
static void clean(struct dbtr *d)
{
	for (unsigned i = 0; i < 64; i++) {
		dbtr_call(SBI_DBTR_DISABLE, i, 1, 0);
		dbtr_call(SBI_DBTR_UNINSTALL, i, 1, 0);
	}
	d->mask = d->set = 0;
}

/* They fire from here on. */
static bool exchange(struct dbtr *d, const struct triggers *ts)
{
	uninstall(d);
	for (unsigned i = 0; i < ts->n; i++)
		if (!install(d, &ts->t[i])) {
			clean(d);
			return false;
		}
	d->set = ts->id;
	return true;
}

bool dbtr_on(struct dbtr *d, const struct triggers *ts)
{
	if (d->on)
		return true;
	if (!d->shmem)
		return false;
	if (d->set != ts->id)
		d->on = exchange(d, ts);
	else
		d->on = !dbtr_call(SBI_DBTR_ENABLE, 0, d->mask, 0).error;
	return d->on;
}

void dbtr_off(struct dbtr *d)
{
	if (d->on)
		dbtr_call(SBI_DBTR_DISABLE, 0, d->mask, 0);
	d->on = false;
}
