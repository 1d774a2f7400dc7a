# SPDX-License-Identifier: BSD-2-Clause
# Fetches are watched by the G-stage, a guest is reset under the debugger's hand, with its breakpoints; one is killed, its end is told.
# guests: tests/gdb/two.dts
# nacre_args: no-dbtr
# ready: tick 2
# expect: ^Hardware assisted breakpoint 1
# expect: hit Breakpoint 1, try_insn
# expect: ^not changed 1
# expect: exec, G-stage
# expect: ^debug triggers: 0 for each guest
# expect: alpha: restarting
# expect: hit Breakpoint 2, tick \(n=n@entry=0\)
# expect: Inferior 1 .* killed
# expect: ^killed 1
# after: nacre: logged meanwhile: 1 line, see "log"
file build/tests/guest/gdb.elf
attach 1
set breakpoint always-inserted on
hbreak try_insn
continue
printf "not changed %d\n", *(unsigned short *)try_insn != 0x9002
monitor break
monitor harts
delete
break tick
continue
monitor reset
continue
kill
printf "killed %d\n", $_inferior == 1
