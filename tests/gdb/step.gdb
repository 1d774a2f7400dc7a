# SPDX-License-Identifier: BSD-2-Clause
# Single steps over all that is hard: LR/SC, AMO, CSRs, calls, SBI calls, the guest's own ebreak.
# guests: tests/gdb/two.dts
# ready: tick 2
# expect: hit Breakpoint 1, mixed
# expect: ^=> 0x[0-9a-f]+ <mixed\+[0-9]+>:.lr.w
# expect: ^=> 0x[0-9a-f]+ <mixed\+[0-9]+>:.bnez
# expect: ^stepped out: 1
# expect: ^spins 1
# expect: hit Breakpoint 2, tick
# expect: ^own 1
# after: tick [0-9]+ own [0-9]+ bad 0$
file build/tests/guest/gdb.elf
attach 1
break mixed
continue
delete
set $s0_ = watched.spins
set $left = 0
set $i = 0
while $left == 0 && $i < 150
  set $w = *(unsigned int *)$pc
  if ($w & 0xf800707f) == 0x1000202f
    x/i $pc
    stepi
    x/i $pc
  else
    stepi
  end
  set $i = $i + 1
  set $left = (long)$pc < (long)mixed || (long)$pc >= (long)tick
end
printf "stepped out: %d\n", $left && $a0 == watched.words[0] + 2
# The other vcpu stood still meanwhile.
printf "spins %d\n", watched.spins == $s0_
break tick
continue
delete
set $own0 = own
set $i = 0
while own == $own0 && $i < 1500
  stepi
  set $i = $i + 1
end
printf "own %d\n", own == $own0 + 1
detach
