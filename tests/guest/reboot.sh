#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# reboot.sh COUNT LOG: let tests/guest/reboot.c reboot COUNT times, tell it to stop, and see that every boot was as new.
# Nacre's free memory must be the same after the first and after the last boot. NATIVE=1 without Nacre; VCPUS, SMP and the
# other variables as in scripts/run.sh. The last line says what went wrong, if any.
set -euo pipefail
count=$1 log=$(realpath -m "$2")
cd "$(dirname "$0")/../.."
. scripts/run-lib.sh

KERNEL=build/tests/guest/reboot.bin BOOTARGS=reboot GUEST_MEM=${GUEST_MEM:-64M}
VCPUS=${VCPUS:-2}
[ -z "${NATIVE:-}" ] || SMP=$VCPUS MEM=128M
check_variables
dir='' qemu=''
trap '[ -z "$qemu" ] || kill -KILL $qemu 2>/dev/null || true; rm -rf "$dir"' EXIT
prepare
mkfifo "$dir/stdin"
exec 8<>"$dir/stdin"
"${QEMU[@]}" <&8 >"$log" 2>&1 &
qemu=$!
# What the monitor's `mem` says; twice the escape key: into the monitor and out of it.
free_memory() {
	local before
	[ -z "${NATIVE:-}" ] || return 0
	before=$(grep -ac 'MiB  free' "$log" || true)
	printf '\x1dmem\r' >&8
	for _ in $(seq 100); do
		[ "$(grep -ac 'MiB  free' "$log" || true)" = "$before" ] || break
		sleep 0.1
	done
	printf '\x1d' >&8
	grep -a 'MiB  free' "$log" | tail -1 | tr -dc 0-9
}
alive() { grep -ac '^reboot: alive' "$log" || true; }
free=
while [ "$(alive)" -lt "$count" ]; do
	[ -n "$free${NATIVE:-}" ] || [ "$(alive)" = 0 ] || free=$(free_memory)
	kill -0 $qemu 2>/dev/null || fail "QEMU ended after $(alive) boots"
	! grep -aq '^FAIL\|panic' "$log" || fail "$(grep -am1 '^FAIL\|panic' "$log")"
	[ $SECONDS -lt "${LIMIT:-300}" ] || fail "only $(alive) boots in ${LIMIT:-300} s"
	sleep 0.5
done
left=$(free_memory)
for _ in $(seq 100); do
	kill -0 $qemu 2>/dev/null || break
	printf q >&8
	sleep 0.2
done
! kill -0 $qemu 2>/dev/null || fail "it did not stop after $(alive) boots"
wait $qemu || fail "QEMU ended with $?"
grep -aq '^guest: 1 passed, 0 failed' "$log" || fail "$(tail -1 "$log")"
[ -n "${NATIVE:-}" ] || [ -n "$free" ] || fail "the monitor did not answer"
[ "$left" = "$free" ] || fail "$free MiB were free after the first boot, $left MiB after the last"
echo "$(alive) boots${free:+, $free MiB free}"
