# SPDX-License-Identifier: BSD-2-Clause
# The guest of a guest hypervisor, Nacre: its registers, memory, breakpoints of both kinds and steps; both go on as if nothing had been.
# kernel: build/tests/guest/gdb.bin
# guest_mem: 64M
# vcpus: 1
# depth: 2
# bootargs: x
# ready: tick 2
# expect: in its own guest
# expect: hit Breakpoint 1, outer
# expect: ^#1 .* in tick \(n=
# expect: ^satp 0
# expect: ^stepped 1
# expect: hit Breakpoint 1, outer
# expect: hit Breakpoint 3, inner
# expect: exec, debug trigger
# expect: hit Breakpoint 3, inner
# expect: ^the next 1
# expect: detached
# never: hit Breakpoint 2
# after: tick [0-9]+ own [0-9]+ bad 0$
file build/tests/guest/gdb.elf
attach 1
# It may be the hypervisor that runs just now.
set $i = 0
while ((unsigned long)$pc >> 28) != 8 && $i < 50
  detach
  shell sleep 0.2
  attach 1
  set $i = $i + 1
end
info threads
break outer
continue
bt 3
printf "satp %d\n", $satp
set $before = $pc
stepi
stepi
printf "stepped %d\n", $pc > $before && $pc < $before + 12
continue
delete
# By a debug trigger. One that is at an address of the hypervisor's does not stop that.
add-symbol-file build/nacre.elf
hbreak *vcpu_on_exit
set breakpoint always-inserted on
hbreak inner
continue
monitor break
set $n = n
continue
printf "the next %d\n", n == $n + 1
delete
detach
