#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# check-tree.sh lines: no file has become two subjects.
# check-tree.sh paths: nothing of one machine, and no package registry, stands in the tree.
set -euo pipefail
LINES_MAX=600
LINES_MAX_TEST=800	# tables of cases

lines() {
	git ls-files -co --exclude-standard -- '*.c' '*.h' '*.S' '*.sh' '*.mk' '*.ld' Makefile | xargs wc -l |
		awk -v code=$LINES_MAX -v test=$LINES_MAX_TEST '
		{ max = $2 ~ /^tests\// ? test : code }
		$2 != "total" && $1 > max { print $2 ": " $1 " lines, at most " max; bad = 1 }
		END { exit bad }'
}

paths() {
	! git grep -nIE --untracked \
		'(^|[^A-Za-z0-9_"}.])/(wor[k]|hom[e])/|debian[.]or[g]/|npmj[s]|pyp[i]|crates[.]i[o]|proxy[.]golan[g]'
}

case ${1:-} in
lines | paths) "$1" ;;
*) echo "check-tree.sh lines|paths" >&2; exit 2 ;;
esac
