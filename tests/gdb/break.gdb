# SPDX-License-Identifier: BSD-2-Clause
# Breakpoints, arguments, backtraces, finish; registers are changed; the guest goes on as if nothing had been.
# guests: tests/gdb/two.dts
# ready: tick 2
# expect: 2 .*alpha vcpu 1.*spin
# expect: ^Breakpoint 1 at 0x802
# expect: hit Breakpoint 1, outer \(n=
# expect: ^#1 .* in tick \(n=
# expect: ^#2 .* in guest_main
# expect: ^right value 1
# expect: hit Temporary breakpoint 2, inner
# expect: Value returned is .* = 124$
# expect: ^fp 1
# expect: ^sstatus 1
# expect: Supervisor
# expect: detached
# never: not
# after: tick [0-9]+ own [0-9]+ bad 1$
file build/tests/guest/gdb.elf
attach 1
info threads
break outer
continue
bt 3
set $n0 = n
finish
printf "right value %d\n", $ == 3 * $n0 + 1
delete
tbreak inner
continue
set $a0 = 41
set $t0 = 7
finish
# tick() has found the wrong result of outer(), once.
printf "fp %d\n", $fa0.double > 0 && $fa0.double < 1e-300
printf "sstatus %d\n", ($sstatus >> 13 & 3) != 0
info registers priv
detach
