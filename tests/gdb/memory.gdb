# SPDX-License-Identifier: BSD-2-Clause
# Memory: large and odd pieces, over a breakpoint, physical; the monitor's commands.
# guests: tests/gdb/two.dts
# ready: tick 2
# expect: ^same 1
# expect: = 0x12345678
# expect: ^no ebreak 1
# expect: received: "1"
# expect: ^physical 1
# expect: ^\*  1 alpha +stopped +2 
# expect: nonsense: no such command
# expect: Cannot access memory at address 0x1000
# after: tick [0-9]+ own [0-9]+ bad 0$
file build/tests/guest/gdb.elf
attach 1
break outer
continue
dump binary memory build/run/gdb-memory.bin 0x80300001 0x80305003
restore build/run/gdb-memory.bin binary 0x80310003
set $i = 0
set $same = 1
while $i < 0x5002 && $same
  set $same = *(long *)(0x80300001 + $i) == *(long *)(0x80310003 + $i)
  set $i = $i + 0x7fa
end
printf "same %d\n", $same
set var watched.words[3] = 0x12345678
p/x watched.words[3]
# Nobody sees the breakpoint.
printf "no ebreak %d\n", *(unsigned short *)outer != 0x9002
maint packet Qqemu.PhyMemMode:1
maint packet qqemu.PhyMemMode
printf "physical %d\n", watched.words[3] == 0x12345678
maint packet Qqemu.PhyMemMode:0
monitor guests
monitor nonsense
delete
# The last one, for it ends the script; so gdb ends, and lets the guest go.
x/4xb 0x1000
