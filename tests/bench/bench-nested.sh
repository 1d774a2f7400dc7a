#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# bench-nested.sh: what a hypervisor under Nacre pays, and its guests: tables, and build/bench-nested.svg. PARTS= is which of
# "l1 depth linux load kvm" to measure, all if not said; CHECK=1 makes a value over its limit an error.
#
#   l1      a bare-metal hypervisor: its CSRs, fences, round trips
#   depth   bench.c under one, two and three Nacres; `off` is without nested acceleration
#   linux   Linux to user space, the same way
#   load    Linux on two harts that maps, unmaps and forks (load.c): the mean over nine lengths of the harts' turns
#   kvm     Linux to user space under KVM, that under Nacre and on the bare machine, from when the VM is made; `kernel` is from
#           when that kernel's clock starts
set -euo pipefail
cd "$(dirname "$0")/../.."
. scripts/run-lib.sh
. tests/bench/lib.sh

# nested WAY: sets DEPTH and NACL for 1, 2, 2-off, 3, 3-off
nested() {
	DEPTH=${1%-off} NACL=
	[ "$DEPTH" = 1 ] || NACL=all
	[ "$1" = "$DEPTH" ] || NACL=off
}

l1() {
	KERNEL=$OUT/nested.bin INITRD='' BOOTARGS=bench ISA=host,+h DEPTH=1 NACL='' boot "$OUT/l1.log" 1 128M
	rows 1 "$OUT/l1.log"
}

depth() {
	local way
	for way in 1 2 2-off 3 3-off; do
		nested $way
		KERNEL=$OUT/bench.bin INITRD='' BOOTARGS=bench boot "$OUT/depth-$way.log" 1 128M
		rows $way "$OUT/depth-$way.log" | grep -E ' (sbi-null|set-timer|ipi-self|rfence-self|rfence-self-32|uart-read) '
	done
}

# linux_rows NAME WORD INITRD HARTS BOOTARGS WAY...: millions of instructions until it prints the word
linux_rows() {
	local name=$1 word=$2 way log
	INITRD=$3 BOOTARGS=$5 KERNEL=build/guest/Image
	shift 3
	local harts=$1
	shift 2
	for way in "$@"; do
		nested "$way"
		log=$OUT/$name-$way.log
		boot "$log" "$harts" 256M
		[ -n "$(value "$log" "$word")" ] || fail "bench: $log: no $word"
		millions "$way $name" "$(linux_ticks "$log" "$word")"
	done
}

linux_ticks() {
	case $2 in
	linux-clock) echo $(($(value "$1" "$2") / 100)) ;;
	*) value "$1" "$2" ;;
	esac
}

linux() {
	linux_rows linux-quiet linux-clock $OUT/initrd.cpio 1 "console=ttyS0 panic=-1 quiet" 1 2 2-off 3 3-off
	linux_rows linux-verbose linux-clock $OUT/initrd.cpio 1 "console=ttyS0 panic=-1" 1 2 2-off
}

# What one hart waits for another is rounded up to turns, so single runs are far apart: rows of one name are averaged.
load() {
	local TURN
	for TURN in 2 3 4 6 7 8 9 10 11; do
		linux_rows linux-load linux-load $OUT/load.cpio 2 "console=ttyS0 panic=-1 quiet" 1 2 2-off
	done
}

# L1 in its initial file system has its own kernel and the bench's for L2.
kvm() {
	local way log=$OUT/kvm
	scripts/initrd.sh build/guest/busybox "$OUT/kvm.cpio" tests/boot/l2 build/guest/Image "$OUT/initrd.cpio" \
		build/guest/{kvm,qemu}/*
	KERNEL='' INITRD=$OUT/kvm.cpio BOOTARGS="console=ttyS0 panic=-1 quiet nacre.run=L2ARGS=quiet+l2"
	DEPTH=1 L1=kvm HOST_MEM=2G ISA=
	NATIVE=1 NACL='' boot "$log-bare.log" 1 1G
	NACL=all boot "$log-2.log" 1 1G
	NACL=off boot "$log-2-off.log" 1 1G
	for way in bare 2 2-off; do
		[ -n "$(value "$log-$way.log" linux-user)" ] || fail "bench: $log-$way.log: no linux-user"
		millions "$way kvm" "$(value "$log-$way.log" linux-user)"
		millions "$way kvm-kernel" $(($(value "$log-$way.log" linux-clock) / 100))
	done
	unset L1 HOST_MEM
}

CPU=rv64 ISA=
unset NATIVE L1 HOST_MEM
mkdir -p "$OUT"
dir=
trap 'rm -rf "$dir"' EXIT
for part in ${PARTS:-l1 depth linux load kvm}; do
	echo "bench-nested: $part" >&2
	"$part"
done >"$OUT/nested-values"
awk -v svg=build/bench-nested.svg -v check="${CHECK:-}" -f tests/bench/svg.awk -f tests/bench/nested.awk "$OUT/nested-values"
