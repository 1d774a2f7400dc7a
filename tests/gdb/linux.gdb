# SPDX-License-Identifier: BSD-2-Clause
# Debian's kernel: its exception entry, steps in it, its memory through its page tables; it boots on as if nothing had been.
# smp: 2
# vcpus: 2
# bootargs: console=ttyS0
# kernel: build/guest/Image
# initrd: build/guest/initrd.cpio
# guest_mem: 512M
# ready: smp: Brought up 1 node, 2 CPUs
# limit: 300
# expect: ^paging 1
# expect: Breakpoint 1, 0xffffffff
# expect: ^at stvec 1
# expect: ^=> 0xffffffff[0-9a-f]+:.*sscratch
# expect: ^stepped 1
# expect: hit Breakpoint 2, 0xffffffff
# expect: ^by a trigger 1
# expect: exec, debug trigger
# expect: hit Hardware watchpoint 3
# expect: Linux version
# expect: detached
# after: nacre-guest: user space
set architecture riscv:rv64
attach 1
printf "paging %d\n", (unsigned long)$satp >> 60 >= 8
set $entry = (unsigned long)$stvec
break *$entry
continue
printf "at stvec %d\n", (unsigned long)$pc == $entry
x/i $pc
set $i = 0
while $i < 30
  stepi
  set $i = $i + 1
end
printf "stepped %d\n", (unsigned long)$pc != $entry
delete
set breakpoint always-inserted on
hbreak *$entry
continue
printf "by a trigger %d\n", (unsigned long)$pc == $entry
monitor break
delete
set breakpoint always-inserted off
set $where = $sp - 0x100
watch -l *(unsigned long *)$where
continue
delete
monitor dmesg
detach
