#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# boot.sh CASES list         the cases in a file: name and limit in seconds
# boot.sh CASES NAME LOG     boot one case in QEMU; exit 0 ok, 1 with the reason as the last line, 77 skipped
#
# NATIVE=1 boots the same Linux without Nacre under it and skips what only Nacre can do. The format of the
# cases is described at the head of tests/boot/linux.cases.
set -euo pipefail
cases=$(realpath "$1") name=$2
if [ "$name" = list ]; then
	exec awk '$1 == "name:" { name[++n] = $2; limit[n] = 120 } $1 == "limit:" { limit[n] = $2 }
		END { for (i = 1; i <= n; i++) print name[i], limit[i] }' "$cases"
fi
log=$(realpath -m "$3")
cd "$(dirname "$0")/../.."
. scripts/run-lib.sh
. tests/boot/host-lib.sh

fail() { echo "$*"; exit 1; }
skip() { echo "$*"; exit 77; }

PROMPT=$'# (\x1b\\[6n)?$'
# Each with its bar before it, so that `allow` finds any of them.
FORBIDDEN='|nacre: panic|Kernel panic|Oops|BUG:|WARNING:|rcu: INFO|soft lockup|hard LOCKUP|nacre: tlbsan:'

# The variables of scripts/run.sh, and the steps in their order.
read_case() {
	local line key value found=
	limit=120 exit_wanted=0 run='' edit='' damage='' load='' loader='' dtb='' uart='' uses_qemu=''
	steps=() has=()
	unset KERNEL INITRD BOOTARGS VCPUS GUEST_MEM ISA HYP_ISA NACL DEPTH L1 L1S GUESTS SMP MEM CPU MACHINE QEMU_ARGS NACRE_ARGS
	while IFS= read -r line; do
		key=${line%%:*} value=${line#*:}
		value=${value#"${value%%[![:space:]]*}"}
		if [ "$key" = name ]; then
			[ -z "$found" ] || break
			[ "$value" != "$name" ] || found=1
			continue
		fi
		[ -n "$found" ] || continue
		case $key in
		depth | l1 | l1s | smp | mem | cpu | machine | vcpus | guest_mem | isa | hyp_isa | nacl | bootargs | guests | kernel | initrd | \
			nacre_args | qemu_args | tlbsan)
			declare -g "${key^^}=$value" ;;
		limit) limit=$value ;;
		exit) exit_wanted=$value ;;
		run) run=$value ;;
		edit) edit=$value ;;
		damage) damage=$value ;;
		load) load=$value ;;
		loader) loader=$value ;;
		unwatched) [ -z "${TLBSAN:-}" ] || skip "not with the fence watcher: $value" ;;
		uart) uart=$value ;;
		dtb) dtb+=" $value;" ;;
		has) has+=("$value") ;;
		allow)
			[[ "$FORBIDDEN|" == *"|$value|"* ]] || fail "$cases: $name: not forbidden: $value"
			FORBIDDEN=${FORBIDDEN/"|$value"/} ;;
		forbid) FORBIDDEN+="|$value" ;;
		expect | seen | type | send | feed | wait | check) steps+=("$key $value") ;;
		qemu) steps+=("$key $value") uses_qemu=1 ;;
		'' | '#'*) ;;
		*) fail "$cases: $name: unknown key '$key'" ;;
		esac
	done <"$cases"
	[ -n "$found" ] || fail "$cases: no case '$name'"
}

# start: QEMU in the background, its input a pipe that stays open.
start() {
	rm -f "$dir/stdin"
	mkfifo "$dir/stdin"
	exec 8<>"$dir/stdin"
	: >"$log"
	"${QEMU[@]}" <&8 >"$log" 2>&1 &
	qemu=$!
}

# expect REGEX: wait for a line after the last one that matched.
expect() {
	wait_for $next "$1"
	next=$((next + matched))
}

# wait_for LINE REGEX: wait for a match in this line of the console or a later one; $matched counts from LINE.
wait_for() {
	local from=$1 n
	shift
	while :; do
		alive=1
		kill -0 $qemu 2>/dev/null || alive=
		# No pipe: grep ends at the first match, and with it, in error, who has more to write to it.
		if n=$(grep -nEam1 -- "$1" < <(tail -n +"$from" "$log" | tr -d '\r')); then
			matched=${n%%:*}
			return 0
		fi
		check_forbidden
		[ -n "$alive" ] || fail "QEMU ended before: $1"
		[ $SECONDS -lt "$limit" ] || fail "not within $limit s: $1"
		sleep 0.2
	done
}

check_forbidden() {
	local line
	! line=$(grep -Eam1 -- "${FORBIDDEN#|}" < <(tr -d '\r' <"$log")) || fail "forbidden: $line"
}

finish() {
	local status=0 regex
	while [ "$exit_wanted" != none ] && kill -0 $qemu 2>/dev/null; do
		[ $SECONDS -lt "$limit" ] || fail "no power-off within $limit s"
		check_forbidden
		sleep 0.2
	done
	[ "$exit_wanted" != none ] || kill $qemu 2>/dev/null || true
	wait $qemu || status=$?
	case $exit_wanted in
	none | any) ;;
	*) [ $status = "$exit_wanted" ] || fail "QEMU ended with $status" ;;
	esac
	check_forbidden
	for regex in ${has[@]+"${has[@]}"}; do
		grep -Eaq -- "$regex" < <(tr -d '\r' <"$log") || fail "missing: $regex"
	done
}

read_case
if [ -n "${NATIVE:-}" ]; then
	[ -z "${GUESTS:-}$edit$damage$load$loader$dtb$uart$uses_qemu${TLBSAN:-}${ISA:-}${NACL:-}${DEPTH:-}${L1:-}" ] || skip "needs Nacre"
	SMP=${VCPUS:-2}
fi
dir=
end() {
	local pid
	for pid in ${qemu:-} ${reader:-}; do
		kill -KILL $pid || true
		wait $pid || true
	done 2>/dev/null
	rm -rf "$dir"
}
trap end EXIT
trap 'exit 1' TERM INT
BOOTARGS=${BOOTARGS:-console=ttyS0}${run:+ nacre.run=${run// /+}}
[ -z "${GUESTS:-}" ] || unset BOOTARGS
if [ -n "$edit" ]; then
	edited=$(mktemp build/edited.XXXXXX)
	sed "$edit" "$GUESTS" >"$edited"
	! cmp -s "$edited" "$GUESTS" || fail "edit changes nothing"
	GUESTS=$edited
fi
check_variables
BUNDLE_DIRS=build/tests/guest
prepare >"$log" 2>&1 || fail "$(tail -1 "$log")"
rm -f ${edited+"$edited"}
[ -z "$damage" ] || (cd "$dir" && eval "$damage") >"$log" 2>&1 || fail "damage: $(tail -1 "$log")"
[ -n "${NATIVE:-}" ] || special_host
start
[ -z "$uses_qemu" ] || qemu_open
next=1
for step in ${steps[@]+"${steps[@]}"}; do
	text=${step#* }
	case $step in
	expect*) expect "$text" ;;
	seen*) wait_for 1 "$text" ;;
	type*) expect "$PROMPT"; echo "$text" >&8 ;;
	send*) printf '%b' "$text" >&8 ;;
	feed*) eval "$text" >"$dir/stdin" || fail "feed: $text" ;;
	wait*) sleep "$text" ;;
	qemu*) qemu_command "$text" ;;
	check*) out=$( (eval "$text") 2>&1) || fail "check: $text: ${out%%$'\n'*}" ;;
	esac
done
finish
