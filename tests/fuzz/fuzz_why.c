/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * why with any snapshot: whole lines that end within the buffer, the guest's name first, the same
 * for any size of buffer; and why_weight() of any line.
 */
#include <stdlib.h>
#include <string.h>

#include <core/why.h>

static void check(bool ok)
{
	if (!ok)
		abort();
}

/* What is no number gets the few values it may have. */
static void make_valid(struct why_guest *g, char *bootargs)
{
	g->name = "alpha";
	g->bootargs = bootargs;
	g->state = (enum why_state)((unsigned)g->state % 5);
	g->nvcpus %= WHY_VCPUS + 1;
	g->worst[WHY_TEXT - 1] = g->last[WHY_TEXT - 1] = '\0';
	for (unsigned i = 0; i < WHY_VCPUS; i++) {
		struct why_vcpu *v = &g->vcpu[i];
		enum why_place *const place[] = {&v->pc_place, &v->stvec_place, &v->sp_place,
						 &v->stval_place, &v->sepc_place};

		v->symbol[WHY_TEXT - 1] = '\0';
		v->hsm %= 8;
		for (unsigned p = 0; p < ARRAY_SIZE(place); p++)
			*place[p] = (enum why_place)((unsigned)*place[p] % 4);
	}
}

/* A flag is 0 or 1, whatever byte was copied there. */
#define FLAG(f) (*(uint8_t *)&(f) &= 1)

static void make_flags(struct why_guest *g)
{
	FLAG(g->has_initrd), FLAG(g->has_console), FLAG(g->has_f), FLAG(g->has_v);
	FLAG(g->linux_log), FLAG(g->uart_used), FLAG(g->uart_enabled), FLAG(g->uart_high);
	FLAG(g->uart_claimed), FLAG(g->uart_masked);
	for (unsigned i = 0; i < WHY_VCPUS; i++) {
		struct why_vcpu *v = &g->vcpu[i];

		FLAG(v->waiting), FLAG(v->supervisor), FLAG(v->timer), FLAG(v->pc_zeros);
		FLAG(v->sepc_zeros), FLAG(v->stvec_zeros), FLAG(v->trap_loop);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct why_guest g;
	static char text[4096], cut[4097];
	char bootargs[64] = "";
	size_t small;

	if (size < 8)
		return 0;
	small = (data[0] | data[1] << 8) % sizeof(text);
	memcpy(bootargs, data + 2, size - 2 < 63 ? size - 2 : 63);
	memset(&g, 0, sizeof(g));
	/* Pieces of the input, of 8 bytes, where its first bytes say: a snapshot is large. */
	for (size_t at = 2; at + 10 <= size; at += 10)
		memcpy((char *)&g + (data[at] | data[at + 1] << 8) % (sizeof(g) - 8), data + at + 2,
		       8);
	make_valid(&g, bootargs);
	make_flags(&g);
	why(&g, text, sizeof(text));
	check(memchr(text, '\0', sizeof(text)) && !strncmp(text, "alpha: ", 7));
	check(strlen(text) < 1024); /* what the monitor has for it */
	check(g.nvcpus == 0 || (strlen(text) > 8 && text[strlen(text) - 1] == '\n'));
	memset(cut, 0x55, sizeof(cut));
	why(&g, cut, small);
	check(cut[small] == 0x55);
	check(!small || (memchr(cut, '\0', small) && !strncmp(cut, text, strlen(cut))));
	check(why_weight(bootargs) <= 1000);
	return 0;
}
