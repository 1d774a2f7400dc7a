#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# noise.sh [SECONDS [SEED [LOG]]]: the line gets random bytes, packets and monitor's lines for so long (300); ICOUNT=OPTIONS are for QEMU. Afterwards the
# monitor answers, both guests run, and the one that nobody has typed to has never stood still. The case gdb-noise of gdb.cases
# is the short form, in the timed suite.
set -eu
cd "$(dirname "$0")/../.."
seconds=${1:-300} seed=${2:-1} log=${3:-build/noise.console}
case=$(mktemp build/noise.XXXXXX)
trap 'rm -f "$case"' EXIT

# noise: any bytes; packets with the right sum, of those that do not change the guest; lines for the monitor.
cat >"$case" <<END
name: noise
limit: $((seconds + 200))
guests: tests/boot/two-lines.dts
qemu_args: ${ICOUNT:-}
expect: ^alpha: tick 3$
feed: timeout $seconds env LC_ALL=C awk -v seed=$seed -f tests/boot/noise.awk || [ \$? = 124 ]
wait: 60
send: #00#00\x03\x15\r
wait: 2
send: \x1d
wait: 2
send: \x15\r
wait: 2
send: \x1d
wait: 2
send: switch alpha\r
wait: 1
send: \x1dhelp poweroff\r
expect: ^poweroff now: power the machine off
send: guests\r
expect: ^nacre> guests
expect: ^\* +1 alpha +running +1 +16 MiB +1$
expect: ^ +2 beta +running +1 +16 MiB +1$
send: switch beta\r
expect: ^beta: tick [0-9]+$
send: z
expect: ^beta: key 0x7a$
forbid: ^beta: stood still|nacre: panic
exit: none
END
tests/boot/boot.sh "$case" noise "$log"
echo "noise: $seconds s, seed $seed: nothing stopped"
