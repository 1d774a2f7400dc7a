#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# run.sh: from set-up to a guest on this terminal. Takes its variables from `make run`:
#
#   GUESTS=FILE.dts                        the guests (default configs/debian.dts), or one guest made of
#   KERNEL= INITRD= BOOTARGS= VCPUS= GUEST_MEM= ISA=       (what is not said: as in configs/debian.dts)
#   SMP= MEM= CPU= MACHINE= QEMU_ARGS=     the host that QEMU is
#   NACRE_ARGS=                            Nacre's own command line
#   NATIVE=1                               the guest's kernel directly on OpenSBI, without Nacre
#
# Standard input may be a pipe: it is held back until the guest asks for input, for Linux throws away what
# arrives before it opens its serial port.
set -euo pipefail
cd "$(dirname "$0")/.."

fail() { echo "run: $*" >&2; exit 1; }

check_number() {
	[[ $2 =~ ^[1-9][0-9]{0,3}$ ]] || fail "$1=$2: a number of at least 1 is wanted"
}

check_file() { [ -f "$2" ] && [ -r "$2" ] || fail "$1=$2: no such file"; }

# 512M, 2G, or bytes -> bytes
bytes() {
	[[ $2 =~ ^([1-9][0-9]{0,11})([KMG]?)$ ]] || fail "$1=$2: a size such as 512M or 2G is wanted"
	local unit=${BASH_REMATCH[2]} n=${BASH_REMATCH[1]}
	case $unit in
	K) n=$((n << 10)) ;;
	M) n=$((n << 20)) ;;
	G) n=$((n << 30)) ;;
	esac
	[ $((n % (2 << 20))) = 0 ] || fail "$1=$2: a multiple of 2M is wanted"
	echo $n
}

check() {
	local v
	check_number SMP "${SMP:=2}"
	bytes MEM "${MEM:=2G}" >/dev/null
	: "${MACHINE:=virt}" "${CPU:=rv64}"
	for v in KERNEL INITRD; do
		[ -z "${!v:-}" ] || check_file $v "${!v}"
	done
	[ -z "${VCPUS:-}" ] || check_number VCPUS "$VCPUS"
	[ -z "${GUEST_MEM:-}" ] || bytes GUEST_MEM "$GUEST_MEM" >/dev/null
	single="${KERNEL:-}${INITRD:-}${BOOTARGS:-}${VCPUS:-}${GUEST_MEM:-}${ISA:-}"
	[ -z "${GUESTS:-}" ] || [ -z "$single" ] ||
		fail "GUESTS=$GUESTS names whole guests; KERNEL, INITRD, BOOTARGS, VCPUS, GUEST_MEM, ISA make one: not both"
	[ -z "${GUESTS:-}" ] || check_file GUESTS "$GUESTS"
}

# A string of a device tree source.
quoted() { printf '"%s"' "$(sed 's/[\\"]/\\&/g' <<<"$1")"; }

# The configuration with one guest that the variables describe, and links to its files.
single_config() {
	local initrd=
	kernel=${KERNEL:-build/guest/Image}
	[ -n "${KERNEL:-}" ] || initrd=build/guest/initrd.cpio
	initrd=${INITRD:-$initrd}
	ln -sfn "$(realpath "$kernel")" "$dir/kernel"
	[ -z "$initrd" ] || ln -sfn "$(realpath "$initrd")" "$dir/initrd"
	{
		echo '/dts-v1/;'
		echo '/ {'
		echo '	compatible = "nacre,bundle";'
		echo '	guest {'
		echo '		compatible = "nacre,guest";'
		echo "		vcpus = <${VCPUS:-2}>;"
		printf '\t\tmemory = /bits/ 64 <%#x>;\n' "$(bytes GUEST_MEM "${GUEST_MEM:-512M}")"
		echo '		kernel = "kernel";'
		[ -z "$initrd" ] || echo '		initrd = "initrd";'
		echo "		bootargs = $(quoted "${BOOTARGS:-console=ttyS0}");"
		[ -z "${ISA:-}" ] || echo "		isa = $(quoted "$ISA");"
		echo '	};'
		echo '};'
	} >"$dir/guest.dts"
	GUESTS=$dir/guest.dts
}

# The last line is a prompt (busybox asks the terminal for the cursor's place after it).
prompting() { tail -c 100 "$1" | tr -d '\r' | tail -n 1 | grep -qE $'(([#$>] ?)|(: ))(\x1b\\[6n)?$'; }

# feed LOG: standard input, from the first prompt on, or when nothing was printed for 20 s.
feed() {
	local size=-1 now quiet=0
	until prompting "$1"; do
		now=$(stat -c %s "$1")
		[ "$now" = "$size" ] && quiet=$((quiet + 1)) || quiet=0
		[ $quiet -lt 100 ] || break
		size=$now
		sleep 0.2
	done
	exec cat
}

run_qemu() {
	local status=0 feeder log=$dir/console.log
	echo "run: ${QEMU[*]@Q}"
	if [ -t 0 ]; then
		"${QEMU[@]}" || status=$?
		exit $status
	fi
	rm -f "$dir/stdin"
	mkfifo "$dir/stdin"
	: >"$log"
	feed "$log" <&0 >"$dir/stdin" &
	feeder=$!
	trap 'kill $feeder 2>/dev/null || true; rm -rf "$dir"' EXIT
	"${QEMU[@]}" <"$dir/stdin" | tee "$log" || status=${PIPESTATUS[0]}
	exit "$status"
}

check
[ -n "${NATIVE:-}" ] || scripts/setup.sh tools
[ -n "${KERNEL:-}" ] || scripts/setup.sh guest
mkdir -p build/run
dir=$(mktemp -d build/run/XXXXXX)
trap 'rm -rf "$dir"' EXIT
[ -n "${GUESTS:-}${single:+x}" ] || GUESTS=configs/debian.dts
[ -n "${GUESTS:-}" ] || single_config
QEMU=(qemu-system-riscv64 -M "$MACHINE" -cpu "$CPU" -smp "$SMP" -m "$MEM" -nographic)
if [ -n "${NATIVE:-}" ]; then
	[ -n "$single" ] || single_config
	QEMU+=(-kernel "$dir/kernel" -append "${BOOTARGS:-console=ttyS0}")
	[ ! -e "$dir/initrd" ] || QEMU+=(-initrd "$dir/initrd")
else
	env -u MAKEFLAGS -u MAKELEVEL make -s -j"$(nproc)" all || fail "Nacre does not build"
	scripts/bundle.sh "$GUESTS" "$dir/bundle.cpio" "$dir" "$(dirname "$GUESTS")" build/guest
	QEMU+=(-kernel build/nacre.bin -initrd "$dir/bundle.cpio")
	[ -z "${NACRE_ARGS:-}" ] || QEMU+=(-append "$NACRE_ARGS")
fi
# shellcheck disable=SC2206 # several options
QEMU+=(${QEMU_ARGS:-})
run_qemu
