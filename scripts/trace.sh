#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# trace.sh: the guests of `make run`, traced from their first instruction: build/trace.json for Perfetto or chrome://tracing,
# and build/trace.svg, exits by cause over time. Without variables that say otherwise Debian boots on two harts and powers off.
#
#   TRACE=exit,sbi        only these kinds of records
#   TRACE_SIZE=16M        of each hart's ring; when it is full the oldest records are overwritten
#   TRACE_SECONDS=60      QEMU is ended then
#   TRACE_OUT=build/trace  what the files' names begin with
#
# and the variables of scripts/run.sh. It may be ended in any way (Ctrl-A x, too): the host's memory is a file, and the rings
# are read from there. QEMU counts instructions (-icount), unless QEMU_ARGS= says something else about that; without, it runs
# faster, but what it says costs are is of no use.
set -euo pipefail
cd "$(dirname "$0")/.."
ICOUNT='-icount shift=0,sleep=off'
# With more than one hart, else a spinning one burns its whole turn
TURNS='-netdev hubport,id=n0,hubid=0 -object filter-buffer,id=f0,netdev=n0,interval=2'
ram=build/run/trace.$$.ram

[ -n "${NATIVE:-}" ] && { echo "trace: NATIVE=$NATIVE: it is Nacre that traces" >&2; exit 1; }
mkdir -p build/run
trap 'rm -f "$ram"' EXIT
trap 'exit 143' TERM HUP
[ -n "${KERNEL:-}${INITRD:-}${BOOTARGS:-}${GUESTS:-}${L1:-}" ] || BOOTARGS='console=ttyS0 nacre.run=true'
[[ ${QEMU_ARGS:-} = *icount* ]] || {
	QEMU_ARGS="$ICOUNT ${QEMU_ARGS:-}"
	[ "${SMP:-2}" = 1 ] || QEMU_ARGS+=" $TURNS"
}
QEMU_ARGS+=" -object memory-backend-file,id=ram0,size=${MEM:-2G},mem-path=$ram,share=on"
NACRE_ARGS="trace=${TRACE:-all} trace-size=${TRACE_SIZE:-16M} ${NACRE_ARGS:-}"
MACHINE="${MACHINE:-virt},memory-backend=ram0"
export BOOTARGS QEMU_ARGS NACRE_ARGS MACHINE
[ -n "${BOOTARGS:-}" ] || unset BOOTARGS
env -u MAKEFLAGS -u MAKELEVEL make -s tools
timeout --foreground "${TRACE_SECONDS:-0}" scripts/run.sh || echo "trace: QEMU ended with status $?" >&2
out=${TRACE_OUT:-build/trace}
build/tools/trace ram "$ram" 0x80000000 "$out.json" "$out.svg"
echo "trace: $out.json, $out.svg"
