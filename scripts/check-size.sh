#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# check-size.sh FILE: the hypervisor stays small. Instructions (.text), constants and all of its own RAM, in bytes.
set -eu
"${CROSS_COMPILE:-}size" -A "$1" | awk -v text_max=$((128 * 1024)) -v const_max=$((64 * 1024)) -v ram_max=$((2048 * 1024)) '
	$1 == ".text" { text = $2 }
	$1 == ".rodata" { constants = $2 }
	/^\./ && $3 > 0 { ram += $2 }
	END {
		printf "text %d of %d, constants %d of %d, RAM %d of %d\n", text, text_max, constants, const_max, ram, ram_max
		exit !text || text > text_max || constants > const_max || ram > ram_max
	}'
