#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# check-elf.sh FILE: what must hold of the linked hypervisor.
# - No FP or vector instruction outside fpu_* and vector_*: it would corrupt a guest's registers.
# - No segment both writable and executable; no thread-local data (tp is struct cpu); no dynamic relocation.
set -eu
elf=$1
bad=$("${CROSS_COMPILE:-}objdump" -d --no-show-raw-insn "$elf" | awk '
	/^[0-9a-f]+ <.*>:$/ { fn = $2; gsub(/[<>:]/, "", fn); next }
	!fn || fn ~ /^(fpu|vector)_/ { next }
	$2 ~ /^(c\.)?f/ && $2 !~ /^fence/ || $2 ~ /^v[a-z]/ { print fn ": " $2 " " $3; if (++n == 5) exit }')
[ -z "$bad" ] || { echo "$elf: FP or vector instruction in $bad"; exit 1; }
"${CROSS_COMPILE:-}readelf" -lW "$elf" | awk -v elf="$elf" '
	$1 == "LOAD" && /[ ]RWE[ ]/ { print elf ": a segment is writable and executable"; bad = 1 }
	$1 == "TLS" && $6 != "0x000000" { print elf ": thread-local data (tp is in use)"; bad = 1 }
	$1 == "DYNAMIC" { print elf ": dynamic relocations"; bad = 1 }
	END { exit bad }'
