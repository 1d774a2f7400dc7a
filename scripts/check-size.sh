#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# check-size.sh FILE: the hypervisor stays small. Text and constants, and all of its own RAM, in bytes.
set -eu
"${CROSS_COMPILE:-}size" "$1" | awk -v text_max=$((128 * 1024)) -v ram_max=$((2048 * 1024)) 'NR == 2 {
	printf "text %d of %d, RAM %d of %d\n", $1, text_max, $4, ram_max
	exit $1 > text_max || $4 > ram_max }'
