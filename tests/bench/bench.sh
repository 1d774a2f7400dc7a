#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# bench.sh: instructions per operation and to Linux's user space, natively on OpenSBI and under Nacre, in one run: a table, and
# build/bench.svg. NATIVE=1 leaves Nacre out, LINUX=0 the Linux rows; CHECK=1 makes a value over its limit an error. A Linux
# row is the mean of BOOTS boots (5), whose command lines differ in one word that nobody reads; of four times as many for the
# older kernels, whose boots differ more.
set -euo pipefail
cd "$(dirname "$0")/../.."
. scripts/run-lib.sh
. tests/bench/lib.sh

readonly ZABHA=rv64,zabha=true,zacas=true EMULATED=host,+zabha,+zacas

# The two-hart rows come from a machine with two harts, the others from one with one.
operations() {
	local way=$1 two='^(ipi-pingpong|rfence-idle|rfence-running|ipi-send)'
	KERNEL=$OUT/bench.bin BOOTARGS=bench
	INITRD=
	boot "$OUT/$way-1.log" 1 256M
	rows "$way" "$OUT/$way-1.log"
	boot "$OUT/$way-2.log" 2 256M
	rows "$way" "$OUT/$way-2.log" | awk -v two="$two" '$2 ~ two'
	# the same where harts can interrupt each other without the firmware
	BOARD=virt,aclint=on boot "$OUT/$way-sswi.log" 2 256M
	rows "$way" "$OUT/$way-sswi.log" | sed -nE 's/ (ipi-pingpong-spin|rfence-running|ipi-send-running)/&-sswi/p'
	# and where they cannot
	[ "$way" = native ] && return
	NACRE_ARGS=no-bell boot "$OUT/$way-no-bell.log" 2 256M
	rows "$way" "$OUT/$way-no-bell.log" | sed -nE 's/ (ipi-pingpong-spin|rfence-running|ipi-send-running)/&-no-bell/p'
	# Nacre says itself what it took from its entry to the guest's first instruction; 1 us is 1000 instructions
	sed -n 's/.*nacre: boot: \([0-9]*\) us to the first guest, \([0-9]*\) us of it.*/\1 \2/p' "$OUT/$way-1.log" |
		awk -v w="$way" 'NR == 1 { print w, "nacre-boot", ($1 - $2) * 1000 }'
}

# Byte AMOs: by a hart that has Zabha, and carried out by Nacre, as are the Linux rows of zabha(). There is no limit for what
# the emulation's illegal instructions cost otherwise: they go through Nacre then.
amos() {
	local way=$1
	KERNEL=$OUT/bench.bin BOOTARGS=bench INITRD=
	CPU=$ZABHA boot "$OUT/$way-zabha.log" 1 256M
	rows "$way" "$OUT/$way-zabha.log" | grep ' amoadd-b'
	[ "$way" = nacre ] || return 0
	ISA=$EMULATED boot "$OUT/$way-emulated.log" 1 256M
	rows "$way" "$OUT/$way-emulated.log" | sed -n 's/ amoadd-b[^ ]*/&-emulated/p; s/ csr-illegal/&-emulating/p'
}

# linux WAY NAME IMAGE BOOTARGS: millions of instructions from the kernel's entry to /init. A boot waits now and then, and for
# how long hangs on where the instructions before have brought it, so that one word more or less makes a difference of 3 %.
linux() {
	local way=$1 name=$2 log=$OUT/$1-$2.log entry user n sum=0 all=
	KERNEL=$3 INITRD=$OUT/initrd.cpio
	[ -f "$KERNEL" ] || return 0
	entry=$(value "$OUT/$way-1.log" bench-entry)
	for ((n = 1; n <= BOOTS; n++)); do
		BOOTARGS="$4 bench=$n" boot "$log" 1 512M
		user=$(value "$log" linux-user)
		[ -n "$user" ] || fail "bench: Linux did not reach user space: $log"
		sum=$((sum + user - entry)) all+=" $(((user - entry) / 10000))"
	done
	echo "bench: $way, $name, millions:$all" >&2
	millions "$way $name" $((sum / BOOTS))
}

measure() {
	local way=$1 image version boots
	operations "$way"
	amos "$way"
	[ "${LINUX:-1}" != 0 ] || return 0
	for image in build/guest/Image build/guest/Image-*; do
		[ -f "$image" ] || continue
		version=${image#build/guest/Image}
		boots=$((${version:+4 *} BOOTS))
		BOOTS=$boots linux "$way" "linux$version-quiet" "$image" "console=ttyS0 panic=-1 quiet"
		BOOTS=$boots linux "$way" "linux$version-verbose" "$image" "console=ttyS0 panic=-1"
	done
	image=build/guest/Image
	CPU=$ZABHA linux "$way" linux-zabha-hardware "$image" "console=ttyS0 panic=-1 quiet"
	[ "$way" = native ] || ISA=$EMULATED linux "$way" linux-zabha-emulated "$image" "console=ttyS0 panic=-1 quiet"
}

CPU=rv64 ISA= BOOTS=${BOOTS:-5}
[[ $BOOTS =~ ^[1-9][0-9]?$ ]] || fail "BOOTS=$BOOTS: a number from 1 to 99 is wanted"
mkdir -p "$OUT"
dir=
trap 'rm -rf "$dir"' EXIT
{
	echo "bench: natively on OpenSBI" >&2
	NATIVE=1 measure native
	if [ -z "${NATIVE:-}" ]; then
		echo "bench: under Nacre" >&2
		measure nacre
	fi
} >"$OUT/values"
awk -v svg=build/bench.svg -v check="${CHECK:-}" -f tests/bench/svg.awk -f tests/bench/table.awk "$OUT/values"
