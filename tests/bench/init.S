/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * /init for the Linux rows of the bench: prints "linux-user TICKS", where TICKS is rdtime at its first instruction, and powers
 * the machine off. Linux RISC-V system calls; no library.
 */
#define SYS_write  64
#define SYS_reboot 142

	.text
	.globl _start
_start:
	rdtime	s0
	la	s1, end			/* the digits, from the last one */
	li	t1, 10
1:	remu	t0, s0, t1
	divu	s0, s0, t1
	addi	t0, t0, '0'
	addi	s1, s1, -1
	sb	t0, (s1)
	bnez	s0, 1b
	la	a1, name
	la	a2, name_end
	sub	a2, a2, a1
	call	write
	mv	a1, s1
	la	a2, end + 1
	sub	a2, a2, a1
	call	write
	li	a0, 0xfee1dead
	li	a1, 672274793
	li	a2, 0x4321fedc		/* LINUX_REBOOT_CMD_POWER_OFF */
	li	a7, SYS_reboot
	ecall
2:	j	2b

write:
	li	a0, 1
	li	a7, SYS_write
	ecall
	ret

	.data
name:	.ascii	"\nlinux-user "
name_end:
	.space	20
end:	.ascii	"\n"
