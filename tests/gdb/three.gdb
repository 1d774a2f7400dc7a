# SPDX-License-Identifier: BSD-2-Clause
# Three guests at once, while a fourth prints; each byte of that comes, in gdb's output or on the console.
# guests: tests/gdb/three.dts
# smp: 2
# ready: printer 000
# limit: 150
# lines: printer 800
# expect: 1.*process 1
# expect: 2.*process 2
# expect: 3.*process 3
# expect: hit Breakpoint 1.*outer
# expect: ^first 1
# expect: hit Breakpoint
# expect: ^second 1
# expect: hit Breakpoint
# expect: ^third 1
# expect: ^all three 7
# expect: ^over$
# after: printer 00799
file build/tests/guest/gdb.elf
attach 1
add-inferior -exec build/tests/guest/gdb.elf
inferior 2
attach 2
add-inferior -exec build/tests/guest/gdb.elf
inferior 3
attach 3
info inferiors
set schedule-multiple on
break outer
set $seen = 0
continue
printf "first %d\n", $_inferior >= 1 && $_inferior <= 3
set $seen = $seen | 1 << ($_inferior - 1)
continue
printf "second %d\n", n >= 0
set $seen = $seen | 1 << ($_inferior - 1)
continue
printf "third %d\n", n >= 0
set $seen = $seen | 1 << ($_inferior - 1)
set $i = 0
while $i < 12
  continue
  set $seen = $seen | 1 << ($_inferior - 1)
  set $i = $i + 1
end
printf "all three %d\n", $seen
delete
detach inferior 1
detach inferior 2
detach inferior 3
echo over\n
