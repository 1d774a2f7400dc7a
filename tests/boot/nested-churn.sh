#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# nested-churn.sh [SECONDS [WAY [LOG]]]: Linux with two vcpus as L2 churns (churn.c) for so many seconds of its clock (300). WAY is what it
# runs under: `nacl` (Nacre under Nacre), a list of NACL's features or `off`, or `kvm` (Linux's hypervisor under Nacre). ICOUNT=1: time is
# instructions, 16 ns each, so that a run can be repeated, on one thread of the host; else it is the host's. TLBSAN=1: with the fence
# watcher. The cases nested-churn, nested-linux-smp and nested-kvm-smp of nested.cases are short forms, in the timed suite.
set -eu
cd "$(dirname "$0")/../.."
seconds=${1:-300} way=${2:-nacl} log=${3:-build/nested-churn.console} icount=${ICOUNT:+yes}
. tests/bench/lib.sh
case $way in
kvm) what='l1: kvm' memory=1G initrd=kvm run="L2ARGS=quiet l2 'churn $seconds'" ;;
nacl) what='depth: 2' memory=256M initrd=churn run="churn $seconds" ;;
*) what="depth: 2"$'\n'"nacl: $way" memory=256M initrd=churn run="churn $seconds" ;;
esac
turns=${TURNS}100
make -s all churn-programs
[ -z "${TLBSAN:-}" ] || make -s TLBSAN=1 all
case=$(mktemp build/churn.XXXXXX)
trap 'rm -f "$case"' EXIT

cat >"$case" <<END
name: churn
$what
smp: 2
vcpus: 2
guest_mem: $memory
limit: ${LIMIT:-$((seconds * 20 + 1200))}
initrd: build/tests/boot/$initrd.cpio
qemu_args: ${icount:+${ICOUNT/shift=0/shift=4} $turns}
run: $run
expect: ^churn: .*, all right$
expect: nacre: .*shut down
END
tests/boot/boot.sh "$case" churn "$log" || { echo && grep -a ^churn: "$log" | tail -3; exit 1; }
grep -a ^churn: "$log" | tail -1
