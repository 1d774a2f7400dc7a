/* SPDX-License-Identifier: BSD-2-Clause */
/* The GDB stub, packet by packet, on two guests that are none (gdb_fake.h). */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "gdb_fake.h"

static const char *ask(const char *packet)
{
	unsigned before = fake.packets;

	fake.packet[0] = '\0';
	fake_send(packet, strlen(packet), true);
	assert_false(fake.broken);
	return fake.packets == before ? NULL : fake.packet;
}

#define expect(packet, answer) assert_string_equal(ask(packet), answer)
#define expect_nothing(packet) assert_null(ask(packet))

static void stopped(enum gdb_why why, uint32_t pid, uint32_t tid, uint64_t addr)
{
	struct gdb_stop s = {.why = why, .t = {pid, tid}, .addr = addr};

	gdb_stopped(&fake.g, &s);
	assert_false(fake.broken);
}

static void attach(const char *pid)
{
	char packet[32];

	snprintf(packet, sizeof(packet), "vAttach;%s", pid);
	expect_nothing(packet);
	stopped(GDB_WHY_ATTACHED, (uint32_t)atoi(pid), 1, 0);
}

static int setup(void **unused)
{
	(void)unused;
	fake_init();
	ask("!");
	return 0;
}

static void test_frames(void **unused)
{
	(void)unused;
	fake_init();
	assert_non_null(strstr(ask("qSupported:multiprocess+"), "PacketSize=1000;"));
	assert_int_equal(fake.acks, 1);
	fake_send("?", 1, false);
	assert_int_equal(fake.nacks, 1);
	gdb_byte(&fake.g, '-'); /* again */
	assert_int_equal(fake.packets, 2);
	assert_non_null(strstr(fake.packet, "multiprocess+"));
	/* Cut off by the next one; without a sum; too long. */
	gdb_byte(&fake.g, '$');
	gdb_byte(&fake.g, 'g');
	expect("!", "OK");
	gdb_byte(&fake.g, '$');
	gdb_byte(&fake.g, '#');
	gdb_byte(&fake.g, 'x');
	assert_int_equal(fake.nacks, 2);
	gdb_byte(&fake.g, '$');
	for (unsigned i = 0; i < 3 * GDB_PACKET; i++)
		gdb_byte(&fake.g, 'a');
	gdb_byte(&fake.g, '#');
	gdb_byte(&fake.g, '0');
	gdb_byte(&fake.g, '0');
	assert_int_equal(fake.nacks, 3);
	expect("QStartNoAckMode", "OK");
	fake.acks = fake.nacks = 0;
	fake_send("?", 1, false);
	gdb_byte(&fake.g, '-');
	expect("vMustReplyEmpty", "");
	assert_int_equal(fake.acks + fake.nacks, 0);
	/* A new debugger, which waits for acks. */
	assert_non_null(ask("qSupported:"));
	assert_int_equal(fake.acks, 1);
	/* Bytes between packets */
	assert_true(gdb_byte(&fake.g, '+'));
	assert_true(gdb_byte(&fake.g, 3));
	assert_int_equal(fake.interrupts, 0);
	assert_false(gdb_byte(&fake.g, 0x1d));
	assert_false(gdb_byte(&fake.g, 'x'));
}

static void test_attach(void **unused)
{
	(void)unused;
	expect("?", "W00");
	expect("qfThreadInfo", "l");
	expect("g", "E03");
	expect("vCont;c", "E01");
	expect("vAttach;7", "E03");
	expect("vAttach;", "E01");
	expect("vAttach;1x", "E01");
	attach("1");
	assert_string_equal(fake.packet, "T0502:0000000000000000;08:0000000000000000;"
					 "20:0000000000000000;thread:p1.1;");
	expect("vAttach;1", "E07");
	expect("qC", "QCp1.1");
	expect("qAttached:1", "1");
	expect("qfThreadInfo", "mp1.1,p1.2");
	expect("qsThreadInfo", "l");
	attach("2");
	expect("qfThreadInfo", "mp1.1,p1.2,p2.1");
	expect("Tp1.2", "OK");
	expect("Tp1.3", "E03");
	expect("Tp3.1", "E03");
	expect("T", "E01");
	expect("D;1", "OK");
	expect("D;1", "E03");
	expect("D;", "E01");
	expect("qfThreadInfo", "mp2.1");
	expect("vKill;2", "OK");
	expect("?", "W00");
	assert_int_equal(fake.detaches, 1);
	assert_int_equal(fake.kills, 1);
	attach("1");
	attach("2");
	expect("D", "OK");
	assert_int_equal(fake.detaches, 3);
	attach("2");
	expect_nothing("k");
	assert_int_equal(fake.kills, 2);
}

/* `target remote` knows no "attached to nothing". */
static void test_plain_remote(void **unused)
{
	(void)unused;
	fake_init();
	ask("qSupported:");
	expect_nothing("?");
	assert_true(fake.attached[1]);
	stopped(GDB_WHY_ATTACHED, 1, 2, 0);
	assert_non_null(strstr(fake.packet, "thread:p1.2;"));
	expect_nothing("?");
	assert_int_equal(fake.interrupts, 1);
	stopped(GDB_WHY_INTERRUPT, 1, 2, 0);
	assert_non_null(strstr(fake.packet, "T02"));
}

static void test_registers(void **unused)
{
	char all[GDB_G_REGS * 16 + 2] = "G";
	const char *got;

	(void)unused;
	attach("1");
	fake.x[1][1][1] = 0x1122334455667788;
	fake.x[1][2][32] = 0xffffffff80000000;
	got = ask("g");
	assert_int_equal(strlen(got), GDB_G_REGS * 16);
	assert_memory_equal(got, "00000000000000008877665544332211", 32);
	expect("Hgp1.2", "OK");
	got = ask("g");
	assert_string_equal(got + 32 * 16, "00000080ffffffff");
	expect("p20", "00000080ffffffff");
	expect("P20=0102030405060708", "OK");
	assert_int_equal(fake.x[1][2][32], 0x0807060504030201);
	expect("P20=01020304050607", "E01");
	expect("P20=010203040506070809", "E01");
	expect("P20", "E01");
	expect("p", "E01");
	expect("p21", "E01"); /* left out */
	expect("p24", "E01");
	expect("p10000000000000020", "E01");
	expect("p22", "0000000000000000");
	assert_int_equal(strlen(ask("p23")), 128);
	for (unsigned i = 0; i < GDB_G_REGS * 16; i++)
		all[1 + i] = "0123456789abcdef"[i % 16];
	expect(all, "OK");
	assert_int_equal(fake.x[1][2][5], 0xefcdab8967452301);
	expect("G01", "E01");
	expect("Hgp1.3", "E03");
	expect("Hcp1.1", "OK");
	expect("Hg0", "OK");
	expect("Hx0", "E01");
	expect("Hg-1", "OK");
	expect("Hgp", "E01");
}

static void test_memory(void **unused)
{
	static const char binary[] = "X80000010,6:\x00$#}*\x03";

	(void)unused;
	expect("m80000000,4", "E01");
	attach("1");
	memcpy(fake.ram, "\x01\x02\x03\x04", 4);
	expect("m80000000,4", "01020304");
	expect("m80000000,0", "");
	expect("m80001ffe,8", "0000"); /* the end */
	expect("m80002000,1", "E04");
	expect("m7fffffff,2", "E04");
	expect("mffffffffffffffff,2", "E04");
	expect("m10000000080000000,2", "E01");
	expect("m80000000", "E01");
	expect("m80000000,4,", "E01");
	assert_int_equal(strlen(ask("m80000000,ffffffffffffffff")), GDB_PACKET);
	expect("M80000004,2:beEF", "OK");
	assert_memory_equal(fake.ram + 4, "\xbe\xef", 2);
	expect("M80000004,3:beef", "E01");
	expect("M80000004,1:beef", "E01");
	expect("M80000004,1:xx", "E01");
	expect("M80001fff,2:0102", "E04");
	expect("M80000004,0:", "OK");
	fake_send(binary, sizeof(binary) - 1, true);
	assert_string_equal(fake.packet, "OK");
	assert_memory_equal(fake.ram + 16, "\0$#}*\x03", 6);
	expect("m80000010,6", "0024237d2a03");
	expect("X80000010,0:", "OK");
	expect("X80000010,2:a", "E01");
	expect("qqemu.PhyMemMode", "0");
	expect("Qqemu.PhyMemMode:1", "OK");
	expect("qqemu.PhyMemMode", "1");
	assert_true(fake.physical);
	expect("Qqemu.PhyMemMode:2", "E01");
}

/* What goes out in runs must come in again as it was; the fake end decodes it. */
static void test_runs(void **unused)
{
	(void)unused;
	attach("1");
	for (unsigned n = 0; n < 300; n++) {
		char packet[32], want[604];

		memset(fake.ram, 0x55, sizeof(fake.ram));
		memset(fake.ram, 0, n);
		memset(want, '5', sizeof(want));
		memset(want, '0', 2 * n);
		snprintf(packet, sizeof(packet), "m80000000,%x", n + 2);
		want[2 * n + 4] = '\0';
		expect(packet, want);
	}
}

static void test_points(void **unused)
{
	(void)unused;
	attach("1");
	expect("Z0,80000100,4", "OK");
	assert_string_equal(fake.point, "1.1 1 0 80000100 4");
	expect("z2,80000100,8", "OK");
	assert_string_equal(fake.point, "1.1 0 2 80000100 8");
	expect("Z0,80000100,2;X3,220027", "OK");
	expect("Z0,10,4", "E04");
	expect("Z5,80000100,4", "");
	expect("Z0,80000100", "E01");
	expect("Z0", "E01");
	expect("Z,1,2", "E01");
}

static void test_running(void **unused)
{
	(void)unused;
	attach("1");
	attach("2");
	expect("vCont?", "vCont;c;C;s;S;t");
	expect_nothing("vCont;s:p1.2;c");
	assert_int_equal(fake.act[1][1], 'c');
	assert_int_equal(fake.act[1][2], 's');
	assert_int_equal(fake.act[2][1], 'c');
	assert_int_equal(fake.gos, 1);
	/* It runs: nothing is answered but Ctrl-C, and text may be shown. */
	expect_nothing("g");
	gdb_print(&fake.g, "hello", 5);
	assert_string_equal(fake.text, "hello");
	gdb_byte(&fake.g, 3);
	assert_int_equal(fake.interrupts, 1);
	stopped(GDB_WHY_INTERRUPT, 2, 1, 0);
	assert_non_null(strstr(fake.packet, "T02"));
	assert_non_null(strstr(fake.packet, "thread:p2.1;"));
	fake.packets = 0;
	stopped(GDB_WHY_STEP, 1, 1, 0); /* nobody has asked */
	assert_int_equal(fake.packets, 0);
	memset(fake.act, 0, sizeof(fake.act));
	expect_nothing("vCont;C02:p1.-1");
	assert_int_equal(fake.act[1][1], 'c');
	assert_int_equal(fake.act[1][2], 'c');
	assert_int_equal(fake.act[2][1], 't'); /* nothing was said of it */
	stopped(GDB_WHY_BREAK, 1, 2, 0);
	assert_non_null(strstr(fake.packet, "T05swbreak:;02:"));
	expect_nothing("s");
	assert_int_equal(fake.act[1][2], 's');
	stopped(GDB_WHY_WRITE, 1, 2, 0x80001234);
	assert_non_null(strstr(fake.packet, "T05watch:80001234;"));
	expect_nothing("c");
	stopped(GDB_WHY_EXITED, 1, 0, 0);
	assert_string_equal(fake.packet, "W00;process:1");
	fake.attached[1] = false;
	expect_nothing("C05");
	stopped(GDB_WHY_CRASHED, 2, 0, 0);
	assert_string_equal(fake.packet, "X06;process:2");
	fake.attached[2] = false;
	expect("vCont;c", "E01");
	attach("1");
	expect("vCont", "E01");
	expect("vCont;", "E01");
	expect("vCont;x", "E01");
	expect("vCont;s:", "E01");
	expect("vCont;Cxx", "E01");
	expect("vCont;c:p1.1.1", "E01");
	expect("vCont;cc", "E01");
}

static void test_too_many_actions(void **unused)
{
	char packet[512] = "vCont";

	(void)unused;
	attach("1");
	for (unsigned i = 0; i < 100; i++)
		strcat(packet, ";c");
	expect(packet, "E01");
}

static void test_questions(void **unused)
{
	char xml[16384] = "", packet[64];
	const char *part;

	(void)unused;
	attach("1");
	do {
		snprintf(packet, sizeof(packet), "qXfer:features:read:target.xml:%zx,fb",
			 strlen(xml));
		part = ask(packet);
		assert_non_null(part);
		assert_true(part[0] == 'm' || part[0] == 'l');
		strcat(xml, part + 1);
	} while (part[0] == 'm');
	assert_non_null(strstr(xml, "<architecture>riscv:rv64</architecture>"));
	assert_non_null(
		strstr(xml, "<reg name=\"pc\" bitsize=\"64\" type=\"code_ptr\" regnum=\"32\"/>"));
	assert_null(strstr(xml, "riscv.fpu"));
	assert_non_null(strstr(xml, "<reg name=\"r35\" bitsize=\"512\" type=\"vreg\""));
	assert_string_equal(xml + strlen(xml) - 9, "</target>");
	expect("qXfer:features:read:target.xml:100000,100", "l");
	expect("qXfer:features:read:other.xml:0,100", "");
	expect("qXfer:features:read:target.xml:0", "E01");
	part = ask("qXfer:threads:read::0,fff");
	assert_string_equal(part, "l<?xml version=\"1.0\"?><threads>"
				  "<thread id=\"p1.1\">guest 1 vcpu 0</thread>"
				  "<thread id=\"p1.2\">guest 1 vcpu 1</thread></threads>");
	expect("qThreadExtraInfo,p1.2", "67756573742031207663707520"
					"31");
	expect("qThreadExtraInfo,p1.9", "E01");
	expect("qRcmd,7361792068690a", "OK"); /* say hi */
	assert_string_equal(fake.text, "hi\n");
	expect("qRcmd,", "OK");
	assert_string_equal(fake.command, "");
	expect("qRcmd,7", "E01");
	expect("qRcmd,zz", "E01");
	expect("qUnknown", "");
	expect("Q", "");
	expect("", "");
	expect("vRun;61", "");
	expect("R00", "");
}

static enum gdb_found detect(struct gdb_detect *d, const char *text, bool any)
{
	enum gdb_found found = GDB_NO;

	for (; *text; text++) {
		found = gdb_detect(d, (uint8_t)*text, any);
		if (found == GDB_NO)
			d->n = 0;
	}
	return found;
}

static void test_detect(void **unused)
{
	struct gdb_detect d = {.n = 0};

	(void)unused;
	assert_int_equal(detect(&d, "+$qSupported:a+#fd", false), GDB_YES);
	d.n = 0;
	assert_int_equal(detect(&d, "ls -l\r$qSupported:#71", false), GDB_YES);
	d.n = 0;
	assert_int_equal(detect(&d, "$qSupported:#38", false), GDB_NO);
	assert_int_equal(detect(&d, "$?#3f", false), GDB_NO);
	assert_int_equal(detect(&d, "$?#3f", true), GDB_YES);
	d.n = 0;
	assert_int_equal(detect(&d, "echo $HOME", false), GDB_NO);
	assert_int_equal(detect(&d, "1+", false), GDB_MAYBE);
	assert_false(d.likely);
	assert_int_equal(detect(&d, "$", false), GDB_MAYBE);
	assert_false(d.likely);
	assert_int_equal(detect(&d, "q", false), GDB_MAYBE);
	assert_true(d.likely);
	d.n = 0;
	assert_int_equal(detect(&d, "$HOME/a/b/c", true), GDB_MAYBE);
	assert_false(d.likely);
	d.n = 0;
	assert_int_equal(detect(&d, "$v", true), GDB_MAYBE);
	assert_true(d.likely);
	d.n = 0;
	assert_int_equal(detect(&d, "$qSupported\r", false), GDB_NO);
	for (unsigned i = 0; i < 3 * GDB_HELD_MAX; i++) {
		enum gdb_found found = gdb_detect(&d, i ? 'a' : '$', true);

		assert_true(d.n <= GDB_HELD_MAX);
		if (found == GDB_NO)
			d.n = 0;
	}
}

/* A first packet that is sent again, before its answer was heard; and one of a new debugger. */
static void test_echo(void **unused)
{
	(void)unused;
	fake_init();
	assert_non_null(ask("qSupported:multiprocess+"));
	expect_nothing("qSupported:multiprocess+");
	assert_int_equal(fake.acks, 1);
	gdb_byte(&fake.g, '+');
	expect("vMustReplyEmpty", "");
	assert_non_null(ask("!"));
	for (unsigned i = 0; i < 3; i++)
		expect_nothing("qSupported:multiprocess+");
	assert_non_null(ask("qSupported:multiprocess+")); /* the answer was lost indeed */
	gdb_byte(&fake.g, '+');
	assert_non_null(ask("qSupported:multiprocess+"));
	expect("QStartNoAckMode", "OK");
	assert_non_null(ask("qSupported:multiprocess+"));
}

static void put_refusal(uint8_t c)
{
	fake_put(NULL, c);
}

static void test_refuse(void **unused)
{
	(void)unused;
	fake_init();
	gdb_refuse(put_refusal, "not now");
	assert_false(fake.broken);
	assert_int_equal(fake.acks, 1);
	assert_int_equal(fake.packets, 1);
	assert_string_equal(fake.packet, "E.not now");
}

/* Nothing is lost: what is no packet comes out again, byte by byte and in order. */
static void test_detect_random(void **unused)
{
	static const char letters[] = "$+#qSupported:03ab\r\x1d";
	struct gdb_detect d = {.n = 0};
	uint8_t in[4096], out[4096];
	unsigned nout = 0, found_any = 0;

	(void)unused;
	srand(2);
	for (unsigned i = 0; i < sizeof(in); i++) {
		enum gdb_found found;

		in[i] = (uint8_t)letters[(unsigned)rand() % (sizeof(letters) - 1)];
		found = gdb_detect(&d, in[i], i & 1024);
		if (found == GDB_MAYBE)
			continue;
		found_any += found == GDB_YES;
		memcpy(out + nout, d.held, d.n);
		nout += d.n;
		d.n = 0;
		assert_memory_equal(in, out, nout);
		assert_int_equal(nout, i + 1);
	}
}

static void test_random(void **unused)
{
	(void)unused;
	srand(1);
	fake_init();
	for (unsigned i = 0; i < 300000; i++) {
		static const char letters[] = "$#+-?gGpPmMXzZHTcsDkv!q;:,.0123abf\x03}*";
		char packet[40];
		size_t n = (size_t)rand() % sizeof(packet);

		for (size_t j = 0; j < n; j++)
			packet[j] = letters[(unsigned)rand() % sizeof(letters)];
		if (i % 3)
			fake_send(packet, n, true);
		else
			for (size_t j = 0; j < n; j++)
				gdb_byte(&fake.g, (uint8_t)packet[j]);
		if (i % 7 == 0)
			stopped((enum gdb_why)(rand() % 10), 1 + (uint32_t)rand() % 2, 1, 0);
		if (i % 50 == 0)
			ask("vAttach;1");
		assert_false(fake.broken);
	}
	fake_send("", 0, true); /* it still listens */
	stopped(GDB_WHY_STEP, 1, 1, 0);
	fake.acks = 0;
	assert_string_equal(ask("vMustReplyEmpty"), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_frames),
		cmocka_unit_test_setup(test_attach, setup),
		cmocka_unit_test(test_plain_remote),
		cmocka_unit_test_setup(test_registers, setup),
		cmocka_unit_test_setup(test_memory, setup),
		cmocka_unit_test_setup(test_runs, setup),
		cmocka_unit_test_setup(test_points, setup),
		cmocka_unit_test_setup(test_running, setup),
		cmocka_unit_test_setup(test_too_many_actions, setup),
		cmocka_unit_test_setup(test_questions, setup),
		cmocka_unit_test(test_detect),
		cmocka_unit_test(test_echo),
		cmocka_unit_test(test_refuse),
		cmocka_unit_test(test_detect_random),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
