/* SPDX-License-Identifier: BSD-2-Clause */
/* Registers, memory, breakpoints: the packets of the GDB stub that concern stopped threads. */
#include <string.h>

#include <core/errno.h>

#include "gdb_text.h"

/* ---- Registers ---- */

static void add_reg(struct gdb *g, struct gdb_thread t, unsigned n, unsigned size)
{
	uint8_t value[GDB_REG_MAX];

	if (!g->wire.ops->get(g->wire.ctx, t, n, value))
		gdb_add_hex(g, value, size);
	else
		for (unsigned i = 0; i < 2 * size; i++)
			gdb_add_byte(g, 'x'); /* there is none to tell */
}

static bool gdb_reg_info(const struct gdb *g, uint64_t n, struct gdb_reg *r)
{
	return n <= UINT16_MAX && g->wire.ops->reg(g->wire.ctx, (unsigned)n, r) && r->size &&
	       r->size <= GDB_REG_MAX;
}

static void cmd_get_all(struct gdb *g, struct text *t)
{
	struct gdb_thread who;
	struct gdb_reg r;

	if (!text_end(t) || !gdb_chosen(g, &who)) {
		gdb_result(g, -NACRE_ENOENT);
		return;
	}
	gdb_begin(g);
	for (unsigned n = 0; n < GDB_G_REGS && gdb_reg_info(g, n, &r); n++)
		add_reg(g, who, n, r.size);
	gdb_send(g);
}

static void cmd_set_all(struct gdb *g, struct text *t)
{
	uint8_t value[GDB_REG_MAX];
	struct gdb_thread who;
	struct gdb_reg r;
	int rc = 0;

	if (!gdb_chosen(g, &who)) {
		gdb_result(g, -NACRE_ENOENT);
		return;
	}
	for (unsigned n = 0; !rc && n < GDB_G_REGS && !text_end(t) && gdb_reg_info(g, n, &r); n++)
		rc = text_bytes(t, value, r.size) ? g->wire.ops->set(g->wire.ctx, who, n, value)
						  : -NACRE_EINVAL;
	gdb_result(g, rc);
}

static void cmd_get(struct gdb *g, struct text *t)
{
	struct gdb_thread who;
	struct gdb_reg r;
	uint64_t n;

	if (!text_number(t, &n) || !text_end(t) || !gdb_reg_info(g, n, &r) ||
	    !gdb_chosen(g, &who)) {
		gdb_bad(g);
		return;
	}
	gdb_begin(g);
	add_reg(g, who, (unsigned)n, r.size);
	gdb_send(g);
}

static void cmd_set(struct gdb *g, struct text *t)
{
	uint8_t value[GDB_REG_MAX];
	struct gdb_thread who;
	struct gdb_reg r;
	uint64_t n;

	if (!text_number(t, &n) || !text_skip(t, "=") || !gdb_reg_info(g, n, &r) ||
	    !text_bytes(t, value, r.size) || !text_end(t) || !gdb_chosen(g, &who))
		gdb_bad(g);
	else
		gdb_result(g, g->wire.ops->set(g->wire.ctx, who, (unsigned)n, value));
}

/* ---- Memory ---- */

static void cmd_read(struct gdb *g, struct text *t)
{
	uint8_t buf[512];
	struct gdb_thread who;
	uint64_t addr, len, done = 0;

	if (!text_range(t, &addr, &len, NULL) || !gdb_chosen(g, &who)) {
		gdb_bad(g);
		return;
	}
	if (len > GDB_PACKET / 2)
		len = GDB_PACKET / 2;
	gdb_begin(g);
	while (done < len) {
		size_t some = len - done < sizeof(buf) ? (size_t)(len - done) : sizeof(buf);
		long n = g->wire.ops->read(g->wire.ctx, who, addr + done, buf, some);

		if (n <= 0 && !done) {
			gdb_result(g, n ? n : -NACRE_EFAULT);
			return;
		}
		if (n <= 0)
			break;
		gdb_add_hex(g, buf, (size_t)n);
		done += (uint64_t)n;
	}
	gdb_send(g);
}

static void write_memory(struct gdb *g, uint64_t addr, const uint8_t *bytes, uint64_t len)
{
	struct gdb_thread who;
	uint64_t done = 0;

	if (!gdb_chosen(g, &who)) {
		gdb_result(g, -NACRE_ENOENT);
		return;
	}
	while (done < len) {
		long n = g->wire.ops->write(g->wire.ctx, who, addr + done, bytes + done,
					    (size_t)(len - done));

		if (n <= 0) {
			gdb_result(g, n ? n : -NACRE_EFAULT);
			return;
		}
		done += (uint64_t)n;
	}
	gdb_reply(g, "OK");
}

static void cmd_write(struct gdb *g, struct text *t)
{
	uint8_t bytes[GDB_PACKET / 2];
	uint64_t addr, len;

	if (!text_range(t, &addr, &len, ":") || len > sizeof(bytes) ||
	    !text_bytes(t, bytes, (size_t)len) || !text_end(t))
		gdb_bad(g);
	else
		write_memory(g, addr, bytes, len);
}

static void cmd_write_binary(struct gdb *g, struct text *t)
{
	uint64_t addr, len;

	if (!text_range(t, &addr, &len, ":") || len != (uint64_t)(t->end - t->p))
		gdb_bad(g);
	else
		write_memory(g, addr, t->p, len);
}

static void cmd_point(struct gdb *g, struct text *t, bool insert)
{
	uint64_t type, addr, len;
	struct gdb_thread who;

	if (!text_number(t, &type) || !text_skip(t, ",") || !text_number(t, &addr) ||
	    !text_skip(t, ",") ||
	    !text_number(t, &len)) { /* conditions may follow, of which GDB is to take care */
		gdb_bad(g);
		return;
	}
	if (type > 4)
		gdb_reply(g, "");
	else if (!gdb_chosen(g, &who))
		gdb_result(g, -NACRE_ENOENT);
	else
		gdb_result(g,
			   g->wire.ops->point(g->wire.ctx, who, insert, (unsigned)type, addr, len));
}

bool gdb_data_command(struct gdb *g, uint8_t c, struct text *t)
{
	switch (c) {
	case 'g':
		cmd_get_all(g, t);
		return true;
	case 'G':
		cmd_set_all(g, t);
		return true;
	case 'p':
		cmd_get(g, t);
		return true;
	case 'P':
		cmd_set(g, t);
		return true;
	case 'm':
		cmd_read(g, t);
		return true;
	case 'M':
		cmd_write(g, t);
		return true;
	case 'X':
		cmd_write_binary(g, t);
		return true;
	case 'z':
	case 'Z':
		cmd_point(g, t, c == 'Z');
		return true;
	default:
		return false;
	}
}
