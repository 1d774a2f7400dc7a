#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# gdb.sh list          the debugger's tests: name and limit in seconds
# gdb.sh NAME LOG      run one in QEMU; exit 0 ok, 1 with the reason as the last line, 77 skipped
#
# tests/gdb/NAME.gdb is a script for gdb-multiarch, which is connected to the serial line by then, or to a line of its
# own; its `shell` finds the pipe $KEYS, for what is typed on the console, the file $PRINTED, and the
# sockets $CONSOLE and $OWN of the lines.
# Comments:
#   # guests: FILE.dts   smp: cpu: nacre_args: limit:    as in tests/boot/*.cases
#   # edit: SED          changes the configuration
#   # kernel: initrd: guest_mem: vcpus: depth: bootargs: one guest of those instead
#   # line: own                                         the host has a second line, and gdb is on that
#   # ready: REGEX       on the console, before gdb is started
#   # expect: REGEX      in gdb's output, in this order
#   # never: REGEX       nowhere in gdb's output
#   # after: REGEX       on the console, after the last packet if gdb was there, in this order
#   # lines: NAME COUNT  so many lines of tests/guest/line.c have come, whole and in order, by whatever way
set -euo pipefail
cd "$(dirname "$0")/../.."
if [ "$1" = list ]; then
	for file in tests/gdb/*.gdb; do
		limit=$(sed -n 's/^# limit: //p' "$file")
		echo "gdb-$(basename "$file" .gdb) ${limit:-120}"
	done
	exit
fi
script=tests/gdb/${1#gdb-}.gdb log=$(realpath -m "$2")
. scripts/run-lib.sh
fail() { [ ! -s "${out:-}" ] || tail -n 8 "$out"; echo "$*"; exit 1; }
command -v gdb-multiarch >/dev/null || { echo "no gdb-multiarch"; exit 77; }

unset KERNEL INITRD BOOTARGS VCPUS GUEST_MEM ISA NACL DEPTH L1 GUESTS SMP MEM CPU MACHINE QEMU_ARGS NACRE_ARGS
limit=120 ready='^nacre: boot:' edit='' lines='' line=console expect=() never=() after=()
while IFS= read -r text; do
	[[ $text =~ ^"# "([a-z_]+):" "(.*)$ ]] || continue
	value=${BASH_REMATCH[2]}
	case ${BASH_REMATCH[1]} in
	guests | smp | cpu | nacre_args | kernel | initrd | guest_mem | vcpus | depth | bootargs) declare "${BASH_REMATCH[1]^^}=$value" ;;
	limit | ready | edit | lines | line) declare "${BASH_REMATCH[1]}=$value" ;;
	expect) expect+=("$value") ;;
	never) never+=("$value") ;;
	after) after+=("$value") ;;
	*) fail "$script: unknown key '${BASH_REMATCH[1]}'" ;;
	esac
done <"$script"

dir='' qemu='' tap='' edited=''
end() {
	local pid
	for pid in $qemu $tap; do
		kill -KILL "$pid" || true
		wait "$pid" || true
	done 2>/dev/null
	rm -rf "$dir" $edited
}
trap end EXIT
trap 'exit 1' TERM INT
if [ -n "$edit" ]; then
	edited=$(mktemp build/edited.XXXXXX)
	sed "$edit" "$GUESTS" >"$edited"
	GUESTS=$edited
fi
check_variables
BUNDLE_DIRS=build/tests/guest
prepare >"$log" 2>&1 || fail "$(tail -1 "$log")"
console=$dir/console
: >"$console"
gcc -O1 -Wall -o "$dir/tap" tests/gdb/tap.c
export SHELL=/bin/sh # gdb's `shell` takes whatever the environment has
export KEYS=$dir/keys PRINTED=$console CONSOLE=$dir/line OWN=$dir/own
mkfifo "$KEYS"
remote=$CONSOLE
if [ $line = own ]; then
	remote=$OWN
	second_uart own
	edit_dtb "$dtb"
	QEMU+=(-chardev "socket,id=own,path=$OWN,server=on,wait=off")
fi
QEMU+=(-display none -monitor none -chardev "socket,id=line,path=$dir/qemu,server=on" -serial chardev:line)
"${QEMU[@]/-nographic/-nodefaults}" </dev/null >"$log" 2>&1 &
qemu=$!
"$dir/tap" "$dir/qemu" "$CONSOLE" "$console" "$KEYS" </dev/null >>"$log" 2>&1 &
tap=$!

# console_has FROM REGEX: wait for it in line FROM or a later one; $matched is its line.
console_has() {
	local n
	until n=$(grep -nEam1 -- "$2" < <(tail -n +"$1" "$console" | tr -d '\r')); do
		kill -0 $qemu 2>/dev/null || fail "QEMU ended before: $2"
		[ $SECONDS -lt "$limit" ] || fail "not within $limit s: $2"
		sleep 0.2
	done
	matched=$(($1 + ${n%%:*} - 1))
}

console_has 1 "$ready"
out=$dir/gdb
timeout $((limit - SECONDS)) gdb-multiarch -nx -batch -iex 'set confirm off' -iex 'set pagination off' -iex 'set width 0' \
	-iex 'set remotetimeout 20' -iex "set tcp connect-timeout 20" -ex "target extended-remote $remote" \
	-x "$script" </dev/null >"$out" 2>&1 || status=$?
{ echo "---- gdb, status ${status:-0}"; cat "$out"; echo "---- console"; cat "$console"; echo; } >>"$log"
[ "${status:-0}" != 124 ] || fail "gdb: not within $limit s"
here=$({ [ $line = own ] || grep -an '\$OK#9a' "$console"; } | tail -1) || true
here=${here%%:*} # where the last packet is
from=1
for regex in ${expect[@]+"${expect[@]}"}; do
	n=$(grep -nEam1 -- "$regex" < <(tail -n +$from "$out")) || fail "gdb did not say: $regex"
	from=$((from + ${n%%:*}))
done
for regex in ${never[@]+"${never[@]}"}; do
	! grep -Eaq -- "$regex" "$out" || fail "gdb said: $(grep -Eam1 -- "$regex" "$out")"
done
for regex in ${after[@]+"${after[@]}"}; do
	console_has $((here + 1)) "$regex"
	here=$matched
done
! grep -Eaq 'nacre: panic' "$console" || fail "$(grep -am1 panic "$console")"
[ -z "$lines" ] || diff=$(awk -f tests/gdb/wire.awk "$console" | tests/boot/lines.sh "${lines#* }" "${lines% *}") ||
	fail "lines: $(head -2 <<<"$diff" | tr '\n' ' ')"
