# SPDX-License-Identifier: BSD-2-Clause
# Hardware breakpoints, two by debug triggers and a third by the G-stage; the twin, which runs the same kernel at the same
# addresses, does not stop; taken away, and after the debugger has left, none fires.
# guests: tests/gdb/twins.dts
# smp: 2
# ready: tick 2
# limit: 60
# expect: hit Breakpoint 1, outer
# expect: hit Breakpoint 2, inner
# expect: hit Breakpoint 3, mixed
# expect: ^ gdb  alpha +0x80200[0-9a-f]+ exec, debug trigger
# expect: ^ gdb  alpha +0x80200[0-9a-f]+ exec, debug trigger
# expect: ^ gdb  alpha +0x80200[0-9a-f]+ exec, G-stage
# expect: hit Breakpoint 1, outer
# expect: hit Breakpoint 2, inner
# expect: hit Breakpoint 3, mixed
# expect: ^same bytes 1
# expect: hit Breakpoint 5, tick
# expect: ^a lap 1
# expect: hit Breakpoint 5, tick
# expect: ^no breakpoints
# expect: ^ +2 beta +running
# expect: detached
# after: tick [0-9]+ own [0-9]+ bad 0$
# after: tick [0-9]+ own [0-9]+ bad 0$
file build/tests/guest/gdb.elf
attach 1
hbreak outer
hbreak inner
hbreak mixed
continue
continue
set breakpoint always-inserted on
continue
monitor break
set $n = n
continue
continue
continue
printf "same bytes %d\n", *(unsigned short *)outer != 0x9002 && n == $n + 1
delete
# Nothing need be mapped.
hbreak *0x4000000000
hbreak tick
continue
set $n = n
continue
printf "a lap %d\n", n == $n + 1
continue
delete
monitor break
monitor guests
detach
