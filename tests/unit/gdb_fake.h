/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two guests for the GDB stub, of two and one vcpus, with some registers and memory; and the other
 * end of the wire, which checks and decodes what the stub sends.
 */
#ifndef GDB_FAKE_H
#define GDB_FAKE_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <core/errno.h>
#include <core/gdb.h>

#define FAKE_RAM      UINT64_C(0x80000000)
#define FAKE_RAM_SIZE 8192
#define FAKE_PIDS     2
#define FAKE_TIDS     2

static struct fake_gdb {
	struct gdb g;
	bool attached[FAKE_PIDS + 1];
	unsigned attaches, detaches, kills, interrupts, gos;
	char act[FAKE_PIDS + 1][FAKE_TIDS + 1];
	uint8_t ram[FAKE_RAM_SIZE];
	uint64_t x[FAKE_PIDS + 1][FAKE_TIDS + 1][40];
	uint8_t v[64];
	char command[300];
	bool physical;
	char point[64];
	/* The wire, decoded: */
	enum { W_IDLE, W_BODY, W_ESCAPE, W_RUN, W_SUM1, W_SUM2 } state;
	uint8_t sum, want;
	bool broken; /* it was not the protocol's */
	unsigned len, packets, acks, nacks;
	char packet[3 * GDB_PACKET + 1]; /* the last one */
	char text[8192];		 /* of O packets */
} fake;

static unsigned fake_tids(uint32_t pid)
{
	return pid == 1 ? 2 : 1;
}

static bool fake_exists(struct gdb_thread t)
{
	return t.pid >= 1 && t.pid <= FAKE_PIDS && fake.attached[t.pid] && t.tid >= 1 &&
	       t.tid <= fake_tids(t.pid);
}

static int fake_digit(uint8_t c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void fake_store(uint8_t c)
{
	if (fake.len < sizeof(fake.packet) - 1)
		fake.packet[fake.len++] = (char)c;
	else
		fake.broken = true;
}

static void fake_packet(void)
{
	size_t n = strlen(fake.text);

	fake.packets++;
	fake.packet[fake.len] = '\0';
	if (fake.packet[0] != 'O' || !strcmp(fake.packet, "OK"))
		return;
	for (unsigned i = 1; i + 1 < fake.len && n < sizeof(fake.text) - 1; i += 2)
		fake.text[n++] = (char)(fake_digit((uint8_t)fake.packet[i]) << 4 |
					fake_digit((uint8_t)fake.packet[i + 1]));
	fake.text[n] = '\0';
}

static void fake_run(uint8_t c)
{
	if (c < 29 + 3 || c > 126 || c == '#' || c == '$' || c == '+' || c == '-' || !fake.len) {
		fake.broken = true;
		return;
	}
	for (unsigned n = c - 29U; n; n--)
		fake_store((uint8_t)fake.packet[fake.len - 1]);
}

static void fake_put(void *ctx, uint8_t c)
{
	(void)ctx;
	if (fake.state == W_IDLE) {
		fake.acks += c == '+';
		fake.nacks += c == '-';
		fake.broken |= c != '+' && c != '-' && c != '$';
		if (c != '$')
			return;
		fake.state = W_BODY;
		fake.len = fake.sum = 0;
		return;
	}
	if (fake.state >= W_SUM1) {
		fake.broken |= fake_digit(c) < 0;
		fake.want = (uint8_t)(fake.want << 4 | (fake_digit(c) & 15));
		if (fake.state++ == W_SUM1)
			return;
		fake.broken |= fake.want != fake.sum;
		fake.state = W_IDLE;
		fake_packet();
		return;
	}
	if (c == '#' && fake.state == W_BODY) {
		fake.state = W_SUM1;
		return;
	}
	fake.broken |= c == '$' || c == '#';
	fake.sum += c;
	if (fake.state == W_ESCAPE) {
		fake_store(c ^ 0x20);
		fake.state = W_BODY;
	} else if (fake.state == W_RUN) {
		fake_run(c);
		fake.state = W_BODY;
	} else if (c == '}' || c == '*') {
		fake.state = c == '}' ? W_ESCAPE : W_RUN;
	} else {
		fake_store(c);
	}
}

static bool fake_next_thread(void *ctx, struct gdb_thread *t)
{
	(void)ctx;
	for (;;) {
		if (t->pid == 0)
			*t = (struct gdb_thread){1, 1};
		else if (t->pid <= FAKE_PIDS && t->tid < fake_tids(t->pid))
			t->tid++;
		else
			*t = (struct gdb_thread){t->pid + 1, 1};
		if (t->pid > FAKE_PIDS)
			return false;
		if (fake_exists(*t))
			return true;
	}
}

static void fake_thread_text(void *ctx, struct gdb_thread t, char *buf, size_t size)
{
	(void)ctx;
	snprintf(buf, size, "guest %u vcpu %u", (unsigned)t.pid, (unsigned)t.tid - 1);
}

static uint32_t fake_first(void *ctx)
{
	(void)ctx;
	return 1;
}

static int fake_attach(void *ctx, uint32_t pid)
{
	(void)ctx;
	if (pid < 1 || pid > FAKE_PIDS)
		return -NACRE_ENOENT;
	if (fake.attached[pid])
		return -NACRE_EBUSY;
	fake.attached[pid] = true;
	fake.attaches++;
	return 0;
}

static void fake_interrupt(void *ctx)
{
	(void)ctx;
	fake.interrupts++;
}

static void fake_act(void *ctx, struct gdb_thread t, char action)
{
	(void)ctx;
	if (fake_exists(t))
		fake.act[t.pid][t.tid] = action;
}

static void fake_go(void *ctx)
{
	(void)ctx;
	fake.gos++;
}

static int fake_leave(uint32_t pid, unsigned *count)
{
	if (pid < 1 || pid > FAKE_PIDS || !fake.attached[pid])
		return -NACRE_ENOENT;
	fake.attached[pid] = false;
	++*count;
	return 0;
}

static int fake_detach(void *ctx, uint32_t pid)
{
	(void)ctx;
	return fake_leave(pid, &fake.detaches);
}

static int fake_kill(void *ctx, uint32_t pid)
{
	(void)ctx;
	return fake_leave(pid, &fake.kills);
}

static long fake_room(struct gdb_thread t, uint64_t addr, size_t n)
{
	if (!fake_exists(t) || addr < FAKE_RAM || addr - FAKE_RAM >= FAKE_RAM_SIZE)
		return -NACRE_EFAULT;
	return n < FAKE_RAM_SIZE - (addr - FAKE_RAM) ? (long)n
						     : (long)(FAKE_RAM_SIZE - (addr - FAKE_RAM));
}

static long fake_read(void *ctx, struct gdb_thread t, uint64_t addr, void *buf, size_t n)
{
	long room = fake_room(t, addr, n);

	(void)ctx;
	if (room > 0)
		memcpy(buf, fake.ram + (addr - FAKE_RAM), (size_t)room);
	return room;
}

static long fake_write(void *ctx, struct gdb_thread t, uint64_t addr, const void *buf, size_t n)
{
	long room = fake_room(t, addr, n);

	(void)ctx;
	if (room > 0)
		memcpy(fake.ram + (addr - FAKE_RAM), buf, (size_t)room);
	return room;
}

/* x0 to pc, one of the FPU that is left out, a CSR, and a wide one. */
static bool fake_reg(void *ctx, unsigned n, struct gdb_reg *out)
{
	static char name[8];

	(void)ctx;
	snprintf(name, sizeof(name), "r%u", n);
	*out = (struct gdb_reg){n == 32 ? "pc" : name,
				n == 33	  ? 0
				: n == 35 ? 64
					  : 8,
				n < 33	  ? GDB_REG_CPU
				: n == 33 ? GDB_REG_FPU
				: n == 34 ? GDB_REG_CSR
					  : GDB_REG_VECTOR};
	return n < 36;
}

static int fake_get(void *ctx, struct gdb_thread t, unsigned n, void *buf)
{
	(void)ctx;
	if (!fake_exists(t) || n >= 36)
		return -NACRE_ENOENT;
	if (n == 35)
		memcpy(buf, fake.v, sizeof(fake.v));
	else
		memcpy(buf, &fake.x[t.pid][t.tid][n], 8);
	return 0;
}

static int fake_set(void *ctx, struct gdb_thread t, unsigned n, const void *buf)
{
	(void)ctx;
	if (!fake_exists(t) || n >= 36)
		return -NACRE_ENOENT;
	if (n == 35)
		memcpy(fake.v, buf, sizeof(fake.v));
	else
		memcpy(&fake.x[t.pid][t.tid][n], buf, 8);
	return 0;
}

static int fake_point(void *ctx, struct gdb_thread t, bool insert, unsigned type, uint64_t addr,
		      uint64_t len)
{
	(void)ctx;
	snprintf(fake.point, sizeof(fake.point), "%u.%u %d %u %llx %llu", (unsigned)t.pid,
		 (unsigned)t.tid, insert, type, (unsigned long long)addr, (unsigned long long)len);
	return addr < FAKE_RAM ? -NACRE_EFAULT : 0;
}

static void fake_command(void *ctx, char *text)
{
	(void)ctx;
	snprintf(fake.command, sizeof(fake.command), "%s", text);
	if (!strncmp(text, "say ", 4))
		gdb_print(&fake.g, text + 4, strlen(text + 4));
}

static bool fake_physical(void *ctx, const bool *set)
{
	(void)ctx;
	if (set)
		fake.physical = *set;
	return fake.physical;
}

static const struct gdb_ops fake_ops = {
	.put = fake_put,
	.next_thread = fake_next_thread,
	.thread_text = fake_thread_text,
	.first = fake_first,
	.attach = fake_attach,
	.interrupt = fake_interrupt,
	.act = fake_act,
	.go = fake_go,
	.detach = fake_detach,
	.kill = fake_kill,
	.read = fake_read,
	.write = fake_write,
	.reg = fake_reg,
	.get = fake_get,
	.set = fake_set,
	.point = fake_point,
	.command = fake_command,
	.physical = fake_physical,
};

static void fake_init(void)
{
	memset(&fake, 0, sizeof(fake));
	gdb_init(&fake.g, &fake_ops, NULL);
}

/* A packet of n bytes, framed; true: with the right sum. */
static void fake_send(const void *content, size_t n, bool right)
{
	static const char hex[] = "0123456789abcdef";
	const uint8_t *p = content;
	uint8_t sum = right ? 0 : 1;

	gdb_byte(&fake.g, '$');
	for (size_t i = 0; i < n; i++) {
		bool special = p[i] == '$' || p[i] == '#' || p[i] == '}' || p[i] == '*';

		if (special) {
			gdb_byte(&fake.g, '}');
			sum += '}';
		}
		sum += special ? p[i] ^ 0x20 : p[i];
		gdb_byte(&fake.g, special ? p[i] ^ 0x20 : p[i]);
	}
	gdb_byte(&fake.g, '#');
	gdb_byte(&fake.g, (uint8_t)hex[sum >> 4]);
	gdb_byte(&fake.g, (uint8_t)hex[sum & 15]);
}

#endif
