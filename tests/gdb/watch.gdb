# SPDX-License-Identifier: BSD-2-Clause
# Watchpoints: writes, reads, accesses, on a page where the other vcpu spins and an LR/SC loop runs.
# guests: tests/gdb/two.dts
# ready: tick 2
# expect: ^Hardware watchpoint 1: watched.seldom
# expect: hit Hardware watchpoint 1: watched.seldom
# expect: ^Old value =
# expect: ^New value =
# expect: ^every 5: 1
# expect: hit Hardware watchpoint 1: watched.seldom
# expect: ^every 5: 1
# expect: hit Hardware access \(read/write\) watchpoint 3: watched.ticks
# expect: ^Value =
# expect: hit Hardware access \(read/write\) watchpoint 3: watched.ticks
# expect: ^Old value =
# expect: hit Hardware read watchpoint 4
# expect: spins 1
# expect: detached
# after: tick [0-9]+ own [0-9]+ bad 0$
# after: tick [0-9]+ own [0-9]+ bad 0$
file build/tests/guest/gdb.elf
attach 1
watch watched.seldom
continue
frame function tick
printf "every 5: %d\n", n % 5 == 0
continue
printf "every 5: %d\n", n % 5 == 0
delete
rwatch watched.words[2]
awatch watched.ticks
continue
continue
delete
rwatch watched.words[0]
set $spins0 = watched.spins
continue
printf "spins %d\n", watched.spins > $spins0
delete
detach
