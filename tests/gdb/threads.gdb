# SPDX-License-Identifier: BSD-2-Clause
# One vcpu of a guest stands at a breakpoint while another one goes on (scheduler-locking), the one or the other; then both.
# guests: tests/gdb/two.dts
# ready: tick 2
# expect: hit Breakpoint 1, outer
# expect: hit Temporary breakpoint 2
# expect: ^first stands 1, second goes on 1$
# expect: hit Breakpoint 1, outer
# expect: ^second stands 1, first goes on 1$
# expect: hit Breakpoint 1, outer
# expect: ^both go on 1$
# expect: detached
# after: tick [0-9]+ own [0-9]+ bad 0$
file build/tests/guest/gdb.elf
attach 1
break outer
continue
set $ticks = watched.ticks
set $spins = watched.spins
set $pc1 = $pc
set scheduler-locking on
thread 2
stepi
tbreak *$pc
continue
thread 1
printf "first stands %d, second goes on %d\n", $pc == $pc1 && watched.ticks == $ticks, watched.spins > $spins
set $spins = watched.spins
continue
printf "second stands %d, first goes on %d\n", watched.spins == $spins, watched.ticks == $ticks + 1
set scheduler-locking off
set $spins = watched.spins
continue
printf "both go on %d\n", watched.spins > $spins && watched.ticks == $ticks + 2
delete
detach
