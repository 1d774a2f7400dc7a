#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# trace.sh WHAT LOG: looks at what the monitor's trace printed on a console (trace.cases).
#   sequence    between the guest's marks each vcpu has exactly the records of traced.expected, in that order
#   counts N    the last "trace status" accounts for every record: rings of N, the counters, and the guest's own exits
#   balance     in the last "trace status" what was counted by kind is what was recorded
#   rings N     the dump has N whole records of each ring, none damaged or missing
#   kinds K...  the dump has records of these kinds, and of no other
#   json        the dump becomes JSON
#   make        `make trace` of that guest makes JSON and a picture; LOG is its console
set -euo pipefail
cd "$(dirname "$0")/../.."
what=$1 log=$2
shift 2
list() { build/tools/trace text "$log" list 2>"$log.trace"; }

# Without times, addresses and costs; and without the host's own interrupts, which come when they come.
sequence() {
	local vcpu n=0
	list >"$log.list"
	for vcpu in $(sed -nE 's/.* guest\.([0-9]+) sbi 0x9000001 1 .*/\1/p' "$log.list"); do
		awk -v who="guest.$vcpu" '
			$4 != who { next }
			/exit host / { skip = 1; next }
			skip && $5 == "entry" { skip = 0; next }
			/sbi 0x9000001 1 / { on = 1 }
			on { $1 = $2 = $3 = $4 = ""; print }
			/sbi 0x9000001 2 / { exit }' "$log.list" |
			sed -E 's/^ +//; s/ (pc|cost|a0|hgatp|stval) [0-9a-fx]+//g' | diff tests/guest/traced.expected - >&2
		n=$((n + 1))
	done
	[ $n = "$1" ] || { echo "marks of $n vcpus, not $1"; exit 1; }
}

counts() {
	tr -d '\r' <"$log" | awk -v room="$1" '
	function fail(s) { print s; failed = 1; exit 1 }
	/^hart +recorded/ { rings = 1; recorded = events = exits = traced = 0; next }
	rings && NF == 4 {
		recorded += $2
		if ($2 <= room || $3 != $2 - room || $4 != room) fail("ring: " $0)
		next
	}
	rings && $2 ~ /^(entry|exit|sbi|irq|fence|sched|fault|inject)$/ { events += $1; if ($2 == "exit") exits = $1; next }
	{ rings = 0 }
	/ traced, [0-9]+ instructions/ { for (i = 1; i <= NF; i++) if ($i == "traced,") traced += $(i - 1) }
	END {
		if (failed) exit 1
		if (!recorded || events != recorded) fail("events " events ", recorded " recorded)
		if (traced != exits) fail("exits: " exits " in the rings, " traced " of the vcpus")
	}'
}

balance() {
	tr -d '\r' <"$log" | awk '
	/^hart +recorded/ { rings = 1; recorded = events = 0; next }
	rings && NF == 4 { recorded += $2; next }
	rings && NF == 2 { events += $1; next }
	{ rings = 0 }
	END {
		print "events " events ", recorded " recorded
		exit !(recorded > 100 && events == recorded)
	}'
}

rings() {
	list | awk -v want="$1" '{ n[$3]++ } END { for (h in n) { harts++; if (n[h] != want) bad = 1 } exit bad || harts != 2 }'
	grep -q ' 0 missing, 0 damaged$' "$log.trace"
}

kinds() {
	[ "$(list | awk '{ print $5 }' | sort -u | xargs)" = "$*" ]
}

json() {
	build/tools/trace text "$log" "$log.json" "$log.svg"
	grep -q '"name":"SBI call","ts":' "$log.json"
	grep -q '</svg>' "$log.svg"
	! command -v jq >/dev/null || jq -e '.traceEvents | length > 100' "$log.json"
}

make() {
	local out=${log%.*}
	rm -f "$out".{json,svg}
	KERNEL=build/tests/guest/traced.bin BOOTARGS=rounds=20 GUEST_MEM=64M MEM=256M TRACE_OUT=$out scripts/trace.sh </dev/null >"$log" 2>&1
	grep -q ' records of 2 harts, 0 before them overwritten, 0 missing, 0 damaged$' "$log"
	[ "$(grep -c '"name":"sbi 0x9000001 [12] a0' "$out.json")" = 4 ]
	[ "$(grep -c '"name":"SBI call","ts":.*"instructions":[0-9]*,"hart":[01]}}' "$out.json")" -ge 60 ]
	grep -q '>SBI call: [0-9]*, [0-9]* instructions each<' "$out.svg"
	! command -v jq >/dev/null || jq -e '.traceEvents | map(select(.ph == "X" and .pid == 65534)) | length >= 2' "$out.json"
}

"$what" "$@"
