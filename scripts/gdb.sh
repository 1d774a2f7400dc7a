#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# gdb.sh guest    QEMU with the guests of `make run`, and gdb-multiarch on its serial line, attached to a guest
# gdb.sh host     the same QEMU, and gdb-multiarch attached to QEMU itself, with Nacre's symbols and scripts/nacre.gdb
#
#   GUEST=NAME      which guest (default: the first)
#   GDB_ARGS=       more arguments for gdb, as a shell would read them: GDB_ARGS="-batch -ex 'info threads'"
#   GDB_LINE=own    gdb has a line of its own, and the console is at the socket build/run/console
#   GDB_READY=REGEX what the console says before gdb begins (default: Nacre has started its guests)
#
# and the variables of scripts/run.sh. What is printed on the console goes to build/run/gdb.log. QEMU ends with gdb.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/run-lib.sh
what=$1 log=build/run/gdb.log
case $what in guest | host) ;; *) fail "gdb.sh guest|host" ;; esac
eval "args=(${GDB_ARGS:-})"
check_variables
scripts/setup.sh tools gdb
[ -n "${KERNEL:-}" ] || scripts/setup.sh guest
env -u MAKEFLAGS -u MAKELEVEL make -s -j"$(nproc)" all || fail "Nacre does not build"

# The number of a guest in the configuration, as Nacre counts: from 1.
number() {
	local n=0 node tree=$dir/number.dtb
	dtc -q -I dts -O dtb -o "$tree" "$GUESTS"
	for node in $(fdtget -l "$tree" /); do
		[ "$(fdtget -t s -d '' "$tree" "/$node" compatible)" = nacre,guest ] || continue
		n=$((n + 1))
		[ "${GUEST:-$node}" != "$node" ] || { echo $n; return; }
	done
	fail "GUEST=$GUEST: not in $GUESTS"
}

dir='' qemu=''
end() {
	[ -z "$qemu" ] || kill "$qemu" 2>/dev/null || true
	rm -rf "$dir" build/run/console
}
trap end EXIT
trap 'exit 143' TERM HUP
trap : INT # is gdb's
[ "${GDB_LINE:-}" != own ] || NACRE_ARGS="${NACRE_ARGS:-} debug-console=any"
prepare
: >$log
if [ "$what" = guest ]; then
	number=$(number)
	line=(-chardev "socket,id=line,path=$dir/line,server=on,wait=off")
	case ${GDB_LINE:-console} in
	console) QEMU+=("${line[@]},logfile=$log" -serial chardev:line) ;;
	own)
		second_uart line
		edit_dtb "$dtb"
		QEMU+=("${line[@]}" -chardev "socket,id=console,path=build/run/console,server=on,wait=off,logfile=$log" -serial chardev:console) ;;
	*) fail "GDB_LINE=$GDB_LINE: own is wanted, or console" ;;
	esac
	args=(-iex 'set remotetimeout 20' -ex "target extended-remote $dir/line" -ex "attach $number" ${args[@]+"${args[@]}"})
else
	QEMU+=(-chardev "socket,id=gdb,path=$dir/line,server=on,wait=off" -gdb chardev:gdb -serial "file:$log")
	args=(build/nacre.elf -iex 'set tcp auto-retry on' -ex "target remote $dir/line" -x scripts/nacre.gdb ${args[@]+"${args[@]}"})
fi
setsid "${QEMU[@]/-nographic/-nodefaults}" -display none </dev/null >"$dir/qemu" 2>&1 &
qemu=$!
echo "gdb: the console's output is in $log"
until grep -qaE -- "${GDB_READY:-nacre: boot:}" $log; do
	kill -0 $qemu 2>/dev/null || fail "QEMU ended: $(tail -1 "$dir/qemu")"
	sleep 0.1
done
gdb-multiarch -q "${args[@]}"
