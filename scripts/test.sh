#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# test.sh [all|unit|check|fuzz|guest|boot]...: run tests. The last line is "N passed, N failed"; a program, a
# check or a boot counts as one. Exit status 0 when none failed.
#
#   FUZZ_SECONDS=5   per fuzz target      ONLY=REGEX   only tests whose name matches
#   REBOOTS=1000     of the guest that does nothing else
#   TLBSAN=1         guests and boots on the image that watches its own fences
#   NATIVE=1         guests and boots directly on OpenSBI: does the test itself work?
set -uo pipefail
cd "$(dirname "$0")/.."
exec </dev/null
unset MAKEFLAGS MAKELEVEL
export LC_ALL=C # what is compared and added up has the same form everywhere
JOBS=$(nproc)
QEMUS=2			# at a time; each has up to two harts
logs=build/test-logs
mkdir -p $logs
results=$(mktemp build/results.XXXXXX)

end() {
	trap - EXIT
	kill $(jobs -p) 2>/dev/null
	wait
	rm -f "$results"
	exit "${1:-1}"
}
trap 'end 1' EXIT
trap 'exit 1' INT TERM HUP

# reason LOG: the line that says most.
reason() {
	{ grep -aE '^FAIL|error:|undefined reference|ERROR|Assertion|No rule' "$1" || grep -av '^make' "$1" | tail -1; } | head -1 |
		tr -d '\r' | cut -c1-160
}

# job NAME SECONDS COMMAND...: one test, in the background; its whole process group ends with it.
job() {
	local name=$1 limit=$2 log=$logs/$1.log
	shift 2
	[[ $name =~ ${ONLY:-} ]] || return 0
	while [ "$(jobs -pr | wc -l)" -ge "$width" ]; do
		wait -n || true
	done
	one_job "$@" &
}

one_job() {
	local status=0 start=$SECONDS pid
	timeout -k 5 "$limit" "$@" >"$log" 2>&1 &
	pid=$!
	trap 'kill $pid 2>/dev/null; exit 1' TERM
	wait $pid || status=$?
	case $status in
	0) echo "ok $name ($((SECONDS - start)) s)" ;;
	77) echo "skip $name: $(tail -1 "$log")" ;;
	124 | 137) echo "FAIL $name: not within $limit s (log: $log)" ;;
	*)
		echo "FAIL $name: $(reason "$log") (log: $log)" ;;
	esac | tee -a "$results"
	[ $status = 0 ] || [ $status = 77 ] || evidence "$log"
}

# evidence LOG: how it ended, for whoever has no more than what this prints.
evidence() {
	local file
	for file in "$1" "${1%.log}.console"; do
		[ ! -s "$file" ] || tail -n 12 "$file" | tr -cd '[:print:]\n\t' | cut -c1-160 | sed "s,^,    ${file##*/}: ,"
	done
}

# built NAME TARGET...: what the following tests need; a failed build counts as one failed test.
built() {
	local name=$1
	shift
	make -s -k -j"$JOBS" TLBSAN= "$@" >"$logs/$name.log" 2>&1 && return 0
	echo "FAIL $name: $(reason "$logs/$name.log") (log: $logs/$name.log)" | tee -a "$results"
	return 1
}

build_nacre() {
	[ -n "${NATIVE:-}" ] || { built build-nacre all && built build-tlbsan TLBSAN=1 all; }
}

unit() {
	local program
	width=$JOBS
	built build-unit unit-programs
	for program in tests/unit/test_*.c; do
		program=$(basename "$program" .c)
		[ ! -x "build/unit/$program" ] || job "unit-${program#test_}" 120 "build/unit/$program"
	done
	wait
}

check() {
	local name
	width=1 # they share what they build
	for name in ${CHECKS:-$(make -s list-checks)}; do
		job "check-$name" 600 make -s -k -j"$JOBS" TLBSAN= "check-$name"
	done
	wait
}

fuzz() {
	local name corpus seconds=${FUZZ_SECONDS:-5}
	width=$JOBS
	built build-fuzz fuzz-programs
	for name in tests/fuzz/fuzz_*.c; do
		name=$(basename "$name" .c) name=${name#fuzz_}
		[ -x "build/fuzz/fuzz_$name" ] || continue
		corpus=build/corpus/$name
		mkdir -p "$corpus" "tests/fuzz/seeds/$name"
		job "fuzz-$name" $((seconds + 60)) "build/fuzz/fuzz_$name" -max_total_time="$seconds" -timeout=5 -error_exitcode=1 \
			-rss_limit_mb=1024 -artifact_prefix="$logs/fuzz-$name-" "$corpus" "tests/fuzz/seeds/$name"
	done
	wait
}

# cases FILE: every case of a file, each one boot.
cases() {
	local name limit
	while read -r name limit; do
		job "$name" $((limit + 20)) tests/boot/boot.sh "$1" "$name" "$logs/$name.console"
	done < <(tests/boot/boot.sh "$1" list)
}

# debugger REGEX: the tests of GDB whose names match.
debugger() {
	local name limit
	while read -r name limit; do
		[[ ! $name =~ $1 ]] || job "$name" $((limit + 20)) tests/gdb/gdb.sh "$name" "$logs/$name.console"
	done < <(tests/gdb/gdb.sh list)
}

guest() {
	local file
	width=$QEMUS
	built build-guests guests tools || return 0
	build_nacre || return 0
	rm -f $logs/guest-amo*.console
	for file in tests/guest/*.cases; do
		cases "$file"
	done
	[ -n "${NATIVE:-}" ] || debugger '^gdb-[^l]'
	wait
	job guest-amo-alike 10 tests/guest/alike.sh $logs/guest-amo-{emulated,mixed,hardware}.console
	job guest-amofault-alike 10 tests/guest/alike.sh $logs/guest-amofault-{emulated,mixed,hardware,nested}.console
	job guest-amofault-svade-alike 10 tests/guest/alike.sh $logs/guest-amofault-svade{,-hardware}.console
	[ -n "${NATIVE:-}" ] || job guest-trace-make 60 tests/guest/trace.sh make $logs/guest-trace-make.console
	GUEST_MEM=16M job guest-reboots 320 tests/guest/reboot.sh "${REBOOTS:-1000}" $logs/guest-reboots.console
	wait
}

boot() {
	local file
	width=$QEMUS
	scripts/setup.sh guest kvm || exit 1
	built build-guests guests churn-programs build/tests/bench/nested.bin || return 0
	build_nacre || return 0
	for file in tests/boot/*.cases; do
		cases "$file"
	done
	[ -n "${NATIVE:-}" ] || debugger '^gdb-linux'
	wait
}

what=${*:-all}
[ "$what" != all ] || what="unit check fuzz guest boot"
start=$SECONDS
scripts/setup.sh tools test || exit 1
for part in $what; do
	case $part in
	unit | check | fuzz | guest | boot) "$part" ;;
	*) echo "test: no part '$part'"; exit 1 ;;
	esac
done
passed=$(grep -c '^ok ' "$results") failed=$(grep -c '^FAIL ' "$results") skipped=$(grep -c '^skip ' "$results")
grep '^FAIL ' "$results" >build/failures || true
[ ! -s build/failures ] || { echo; echo "Failed:"; cat build/failures; }
echo "took $((SECONDS - start)) s, skipped $skipped"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ] && end 0
end 1
