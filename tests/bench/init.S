/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * /init for the Linux rows of the bench: prints "linux-user TICKS", where TICKS is rdtime at its first instruction, and
 * "linux-clock NANOSECONDS", the kernel's monotonic clock, and powers the machine off. Linux RISC-V system calls; no library.
 */
#define SYS_write	  64
#define SYS_clock_gettime 113
#define SYS_reboot	  142

	.text
	.globl _start
_start:
	rdtime	s0
	li	a0, 1			/* CLOCK_MONOTONIC */
	addi	sp, sp, -16
	mv	a1, sp
	li	a7, SYS_clock_gettime
	ecall
	ld	t0, (sp)
	ld	s2, 8(sp)
	li	t1, 1000000000
	mul	t0, t0, t1
	add	s2, s2, t0
	la	a1, user
	li	a2, 12		/* its length */
	call	print
	mv	s0, s2
	la	a1, clock
	li	a2, 12
	call	print
	li	a0, 0xfee1dead
	li	a1, 672274793
	li	a2, 0x4321fedc		/* LINUX_REBOOT_CMD_POWER_OFF */
	li	a7, SYS_reboot
	ecall
1:	j	1b

/* The name at a1, a2 bytes long, then s0. */
print:
	mv	s3, ra
	call	write
	mv	ra, s3
	la	s1, end			/* the digits, from the last one */
	li	t1, 10
1:	remu	t0, s0, t1
	divu	s0, s0, t1
	addi	t0, t0, '0'
	addi	s1, s1, -1
	sb	t0, (s1)
	bnez	s0, 1b
	mv	a1, s1
	la	a2, end + 1
	sub	a2, a2, a1
write:
	li	a0, 1
	li	a7, SYS_write
	ecall
	ret

	.data
user:	.ascii	"\nlinux-user "
clock:	.ascii	"linux-clock "
	.space	20
end:	.ascii	"\n"
