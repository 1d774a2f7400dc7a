#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# alike.sh LOG...: the consoles of one test guest on several hosts must all have the same line "amo: digest X".
# Exit 0 alike, 1 not, 77 one of the runs was left out.
set -euo pipefail
first=
for log; do
	[ -e "$log" ] || { echo "no $log"; exit 77; }
	digest=$(tr -d '\r' <"$log" | grep -a '^amo: digest ') || { echo "$log: no digest"; exit 1; }
	: "${first:=$digest}"
	[ "$digest" = "$first" ] || { echo "$log: $digest, but $1: $first"; exit 1; }
done
echo "$first"
