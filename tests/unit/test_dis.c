/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dis against the toolchain's objdump: tens of thousands of random words of the opcodes that it
 * knows. What dis knows reads the same; what objdump knows of these extensions, dis does too.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include <arch/dis.h>

#define WORDS 60000

static uint64_t random64(void)
{
	static uint64_t x = 88172645463325252;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return x;
}

/* A CSR whose name every binutils knows. */
static uint32_t known_csr(void)
{
	uint32_t csr;

	do
		csr = (uint32_t)random64() & 0xfff;
	while (!dis_csr_name(csr) || csr == 0x14d || csr == 0x24d);
	return csr;
}

static uint32_t make_word(void)
{
	static const uint8_t opcode[] = {0x37, 0x17, 0x6f, 0x67, 0x63, 0x03, 0x23, 0x13,
					 0x1b, 0x33, 0x3b, 0x0f, 0x73, 0x73, 0x2f, 0x2f,
					 0x07, 0x27, 0x43, 0x47, 0x4b, 0x4f, 0x53, 0x53};
	static const uint32_t rare[] = {0x8330000f, 0x0100000f, 0x0000100f, 0x00000073, 0x00100073,
					0x10200073, 0x30200073, 0x10500073, 0x18000073, 0x18100073,
					0x12b50073, 0x16b50073, 0x22b50073, 0x62b50073, 0x0042a00f};
	uint64_t r = random64();
	uint32_t word = (uint32_t)(r >> 20);

	if (r & 1)
		return (word & 0xffff) - ((word & 3) == 3);
	if (r >> 54 == 0)
		return rare[word % ARRAY_SIZE(rare)];
	word = (word & ~0x7fU) | opcode[(r >> 1) % ARRAY_SIZE(opcode)];
	if ((r >> 8 & 3) == 0) /* an upper half that is in use */
		word &= 0x79ffffff;
	if ((r >> 10 & 3) == 0)
		word &= 0x41ffffff;
	if ((r >> 12 & 7) == 0)
		word &= ~0x01f00000U;
	if ((word & 0x7f) == 0x73)
		word = (word & 0xfffff) | known_csr() << 20;
	if ((word & 0x7f) == 0x0f)
		word &= 0x0ff0007f;
	return word;
}

/* objdump's words of its own about an instruction: a symbol, a comment. */
static void cut(char *s, const char *at)
{
	char *end = strstr(s, at);

	if (end)
		*end = '\0';
	for (size_t n = strlen(s); n && strchr(" \t\n", s[n - 1]); n--)
		s[n - 1] = '\0';
}

/* What binutils of different years write differently, or do not know: a shift by 0 is c.slli64,
 * pause a fence, a hint its base instruction. */
static bool is_told_differently(const char *mine, const char *theirs)
{
	static const char *const young[] = {"pause",  "cbo.",	"wrs.",	    "amo",
					    "c.nop",  "c.slli", "c.srai",   "c.srli",
					    "sinval", "hfence", "sfence.w", "sfence.inval"};
	bool unknown = theirs[0] == '.' || strstr(theirs, "64") || strstr(theirs, "unknown");

	for (size_t i = 0; i < ARRAY_SIZE(young); i++)
		if (unknown && !strncmp(mine, young[i], strlen(young[i])))
			return true;
	return false;
}

/* Mnemonics that objdump knows and dis need not: bit manipulation, cryptography, and so on. */
static bool is_of_others(const char *mnemonic)
{
	static const char *const own[] = {
		"lui",	 "auipc", "jal",   "jalr",   "beq",   "bne",  "blt", "bge",  "bltu",
		"bgeu",	 "lb",	  "lh",	   "lw",     "ld",    "lbu",  "lhu", "lwu",  "sb",
		"sh",	 "sw",	  "sd",	   "addi",   "slti",  "andi", "ori", "xori", "slli",
		"srli",	 "srai",  "addiw", "add",    "sub",   "sll",  "slt", "sltu", "xor",
		"srl",	 "sra",	  "or",	   "and",    "addw",  "subw", "mul", "mulh", "mulhu",
		"div",	 "divu",  "rem",   "remu",   "mulw",  "flw",  "fld", "fsw",  "fsd",
		"csrrw", "csrrs", "csrrc", "csrrwi", "ecall", "sret",
	};

	if (!strncmp(mnemonic, "c.", 2) || !strncmp(mnemonic, "amo", 3))
		return false;
	if (mnemonic[0] == 'f' && (strstr(mnemonic, ".s") || strstr(mnemonic, ".d")))
		return strstr(mnemonic, ".h") || strstr(mnemonic, ".q");
	for (size_t i = 0; i < ARRAY_SIZE(own); i++)
		if (!strcmp(mnemonic, own[i]))
			return false;
	return true;
}

static uint32_t words[WORDS];

static bool compare(uint32_t word, uint64_t pc, char *theirs)
{
	char mine[DIS_MAX];
	unsigned n = dis(word, pc, mine, sizeof(mine), NULL);

	assert_int_equal(n, (word & 3) == 3 ? 4 : 2);
	cut(theirs, " <");
	cut(theirs, "#");
	if (mine[0] != '.') {
		if (strcmp(mine, theirs) != 0 && !is_told_differently(mine, theirs))
			fail_msg("%08x: dis '%s', objdump '%s'", word, mine, theirs);
		return true;
	}
	cut(theirs, "\t");
	if (theirs[0] != '.' && theirs[0] != '0' && !is_of_others(theirs))
		fail_msg("%08x: dis does not know '%s'", word, theirs);
	return false;
}

static void write_words(const char *path)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	for (size_t i = 0; i < WORDS; i++) {
		uint32_t w = words[i] = make_word();

		if ((w & 3) != 3)
			w |= 0x00010000; /* c.nop behind it */
		fwrite(&w, sizeof(w), 1, f);
	}
	fclose(f);
}

static void test_objdump(void **state)
{
	char path[] = "/tmp/test_dis.XXXXXX", command[200], line[200];
	unsigned known = 0, seen = 0;
	FILE *f;

	(void)state;
	close(mkstemp(path));
	write_words(path);
	snprintf(command, sizeof(command),
		 "riscv64-unknown-elf-objdump -z -b binary -m riscv:rv64 -M no-aliases -D %s",
		 path);
	f = popen(command, "r");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		unsigned long pc;
		int at = 0;

		if (sscanf(line, " %lx:\t%*x%*[ \t]%n", &pc, &at) != 1 || at == 0 || pc % 4 ||
		    pc / 4 >= WORDS)
			continue;
		known += compare(words[pc / 4], pc, line + at);
		seen++;
	}
	pclose(f);
	unlink(path);
	assert_int_equal(seen, WORDS);
	assert_true(known > WORDS / 2);
}

/* Whatever the size of the buffer, the text ends within it. */
static void test_bounded(void **state)
{
	char buf[DIS_MAX + 1], whole[DIS_MAX];

	(void)state;
	for (unsigned i = 0; i < 200000; i++) {
		uint32_t word = make_word();
		size_t size = random64() % DIS_MAX, len;

		memset(buf, 0x55, sizeof(buf));
		dis(word, random64(), whole, sizeof(whole), NULL);
		assert_true(strlen(whole) < DIS_MAX - 1);
		dis(word, 0, buf, size, NULL);
		assert_int_equal(buf[size], 0x55);
		len = size ? strlen(buf) : 0;
		assert_true(size == 0 || len < size);
	}
}

static void test_text(void **state)
{
	char buf[DIS_MAX];
	uint64_t target;

	(void)state;
	assert_int_equal(dis(0xffdff06f, 0x1000, buf, sizeof(buf), &target), 4);
	assert_string_equal(buf, "jal\tzero,0xffc");
	assert_int_equal(target, 0xffc);
	assert_int_equal(dis(0xabcd8082, 0, buf, sizeof(buf), &target), 2);
	assert_string_equal(buf, "c.jr\tra");
	assert_int_equal(target, 0);
	dis(0x14d51073, 0, buf, sizeof(buf), NULL);
	assert_string_equal(buf, "csrrw\tzero,stimecmp,a0");
	dis(0xffffffff, 0, buf, sizeof(buf), NULL);
	assert_string_equal(buf, ".word\t0xffffffff");
	dis(0x28b5252f | 0x06000000, 0, buf, sizeof(buf), NULL);
	assert_string_equal(buf, "amocas.w.aqrl\ta0,a1,(a0)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_objdump),
		cmocka_unit_test(test_bounded),
		cmocka_unit_test(test_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
