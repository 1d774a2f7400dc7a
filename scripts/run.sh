#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# run.sh: from set-up to a guest on this terminal. Takes its variables from `make run`:
#
#   GUESTS=FILE.dts                        the guests (default configs/debian.dts), or one guest made of
#   KERNEL= INITRD= BOOTARGS= VCPUS= GUEST_MEM= ISA= NACL= (what is not said: as in configs/debian.dts)
#   DEPTH=2                                Nacre as a guest of Nacre, that many of them in all; NACL= is theirs then,
#                                          and HYP_ISA= (host,+h)
#   L1S=2                                  that many Nacres directly under the first, each with the same guests
#   L1=kvm              Debian's Linux as a hypervisor, and in it QEMU, which boots another one; NACL= is what it gets
#   SMP= MEM= CPU= MACHINE= QEMU_ARGS=     the host that QEMU is
#   NACRE_ARGS=                            Nacre's own command line
#   NATIVE=1                               the guest's kernel directly on OpenSBI, without Nacre
#
# Standard input may be a pipe: it is held back until the guest asks for input, for Linux throws away what
# arrives before it opens its serial port.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/run-lib.sh

# The last line is a prompt (busybox asks the terminal for the cursor's place after it).
prompting() { tail -c 100 "$1" | tr -d '\r' | tail -n 1 | grep -qE $'(([#$>] ?)|(: ))(\x1b\\[6n)?$'; }

# feed LOG: standard input, from the first prompt on (it stays; a line that is being printed may look like one), or
# when nothing was printed for 20 s.
feed() {
	local size=-1 now quiet=0
	until [ $quiet -ge 100 ] || { [ $quiet -ge 3 ] && prompting "$1"; }; do
		now=$(stat -c %s "$1")
		[ "$now" = "$size" ] && quiet=$((quiet + 1)) || quiet=0
		size=$now
		sleep 0.2
	done
	exec cat
}

# QEMU is waited for in the background, so that whoever ends this script ends QEMU too.
run_qemu() {
	local status=0 log=$dir/console.log
	echo "run: ${QEMU[*]@Q}"
	if [ -t 0 ]; then
		"${QEMU[@]}" <&0 &
	else
		mkfifo "$dir/stdin" "$dir/stdout"
		: >"$log"
		feed "$log" <&0 >"$dir/stdin" &
		feeder=$!
		tee "$log" <"$dir/stdout" &
		output=$!
		"${QEMU[@]}" <"$dir/stdin" >"$dir/stdout" 2>&1 &
	fi
	qemu=$!
	wait $qemu || status=$?
	[ -z "$output" ] || wait "$output"
	exit $status
}

end() {
	local pid
	for pid in $qemu $feeder; do
		kill "$pid" 2>/dev/null || true
	done
	rm -rf "$dir"
}

check_variables
scripts/setup.sh tools
[ -n "${KERNEL:-}" ] || scripts/setup.sh guest
[ -z "${L1:-}" ] || scripts/setup.sh kvm
[ -n "${NATIVE:-}" ] || env -u MAKEFLAGS -u MAKELEVEL make -s -j"$(nproc)" all || fail "Nacre does not build"
dir='' qemu='' feeder='' output=''
trap end EXIT
trap 'exit 143' TERM INT HUP
prepare
run_qemu
