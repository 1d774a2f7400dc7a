# SPDX-License-Identifier: BSD-2-Clause
# What bench.sh and bench-nested.sh have in common; sourced after scripts/run-lib.sh. All runs use -icount, so they are identical
# to the tick whatever else the machine does.

export LC_ALL=C # awk's numbers have a point everywhere
readonly ICOUNT='-icount shift=0,sleep=off -seed 1 -rtc base=2026-01-01T00:00:00,clock=vm'
# With more than one hart, else a spinning one burns its whole turn; TURN is how long they then are at most, in microseconds
readonly TURNS='-netdev hubport,id=n0,hubid=0 -object filter-buffer,id=f0,netdev=n0,interval='
readonly OUT=build/tests/bench

# boot LOG HARTS MEM: the guest of KERNEL, INITRD, BOOTARGS, with ISA or on CPU or BOARD if set, natively if NATIVE is set, else
# under as many Nacres as DEPTH says (1), on a machine with HOST_MEM (1G)
boot() {
	local log=$1
	unset GUESTS
	SMP=$2 VCPUS=$2 GUEST_MEM=$3 MEM=${HOST_MEM:-1G} MACHINE=${BOARD:-virt}
	[ -z "${NATIVE:-}" ] || MEM=$3
	QEMU_ARGS="-no-reboot $ICOUNT"
	[ "$SMP" = 1 ] || QEMU_ARGS+=" $TURNS${TURN:-2}"
	check_variables
	prepare
	# As natively, hart n is hart n: what OpenSBI takes for an IPI depends on the number of the target
	if [ "$SMP" != 1 ] && [ -z "${NATIVE:-}" ] && [ "$DEPTH" = 1 ]; then
		sed -i 's/vcpus = <2>;/& affinity = <0 1>;/' "$dir/guest.dts"
		scripts/bundle.sh "$dir/guest.dts" "$dir/bundle.cpio" "$dir"
	fi
	timeout -k 5 "${LIMIT:-600}" "${QEMU[@]}" </dev/null >"$log" 2>&1 || fail "bench: no end of $log"
	rm -rf "$dir"
}

# rows PREFIX LOG: the "bench NAME VALUE" lines as "PREFIX NAME VALUE"
rows() { tr -d '\r' <"$2" | awk -v p="$1" '$1 == "bench" { print p, $2, $3 }'; }

# value LOG WORD: what follows the word in a line of its own
value() { tr -d '\r' <"$1" | awk -v w="$2" '$1 == w { print $2; exit }'; }

# millions NAME TICKS: as a row, in millions of instructions
millions() { awk -v n="$1" -v t="$2" 'BEGIN { printf "%s %.1f\n", n, t / 10000 }'; }
