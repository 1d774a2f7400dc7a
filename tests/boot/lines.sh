#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# lines.sh COUNT START...: of each START, does the input have COUNT lines "START NUMBER LETTERS" (tests/guest/line.c), whole
# and in order?
set -euo pipefail
count=$1
shift
input=$(tr -d '\r')
for start; do
	diff <(awk -v count="$count" -v start="$start" -v name="${start#* }" 'BEGIN {
		for (i = 0; i < count; i++) {
			line = sprintf("%s %05d ", name, i)
			while (length(line) < 70)
				line = line substr("abcdefghijklmnopqrstuvwxyz", i % 26 + 1, 1)
			print (start == name ? "" : substr(start, 1, index(start, " "))) line
		}
	}') <(grep -F -- "$start 0" <<<"$input")
done
