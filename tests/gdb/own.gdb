# SPDX-License-Identifier: BSD-2-Clause
# GDB on a line of its own, while the console is a person's, and its guest prints: no byte is lost or on the wrong line.
# A second debugger, on the console, is told. One that is lost is sent away.
# guests: tests/gdb/own.dts
# line: own
# nacre_args: debug-console=any
# smp: 2
# ready: printer: type
# lines: printer 600
# expect: ^Breakpoint 1, outer
# expect: ^#1 .* in tick \(n=
# expect: ^stops 8$
# expect: ^same$
# expect: another line has a debugger already
# expect: there is a debugger on a line of its own
# expect: ^over$
# never: a packet is on the console
# after: ^printer: key 0x7a
# after: ^ +1 alpha +stopped
# after: there is a debugger on a line of its own
# after: there is no debugger
# after: ^ +1 alpha +running
file build/tests/guest/gdb.elf
attach 1
break outer
continue
bt 3
shell printf x >$KEYS
set $i = 1
while $i < 8
  continue
  set $i = $i + 1
end
printf "stops %d\n", $i
shell until grep -q 'printer: tick' $PRINTED; do sleep 0.1; done
shell ! tail -n +2 $PRINTED | grep -a '\$[^#]*#[0-9a-f][0-9a-f]' || echo a packet is on the console
# There and back, while the other guest goes on.
restore build/tests/guest/gdb.elf binary 0x81000000 0 8192
dump binary memory build/run/own.back 0x81000000 0x81002000
shell cmp -n 8192 build/tests/guest/gdb.elf build/run/own.back && echo same; rm build/run/own.back
shell gdb-multiarch -nx -batch -ex "target extended-remote $CONSOLE" 2>&1
shell printf z >$KEYS; until grep -q 'key 0x7a' $PRINTED; do sleep 0.1; done
monitor debugger
delete
shell printf '\035guests\rdebugger\rdebugger off\r' >$KEYS
shell until grep -q 'there is no' $PRINTED; do printf 'debugger\r' >$KEYS; sleep 0.2; done; printf 'guests\r' >$KEYS
disconnect
echo over\n
