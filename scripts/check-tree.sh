#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# check-tree.sh lines: no file has become two subjects.
# check-tree.sh paths: nothing of one machine, and no package registry, stands in the tree.
# check-tree.sh top: no room has been added.
set -euo pipefail
LINES_MAX=600

lines() {
	git ls-files -co --exclude-standard -- '*.c' '*.h' '*.S' '*.sh' '*.mk' '*.ld' Makefile | xargs wc -l |
		awk -v max=$LINES_MAX '
		$2 != "total" && $1 > max { print $2 ": " $1 " lines, at most " max; bad = 1 }
		END { exit bad }'
}

paths() {
	! git grep -nIE --untracked \
		'(^|[^A-Za-z0-9_"}.])/(wor[k]|hom[e])/|debian[.]or[g]/|npmj[s]|pyp[i]|crates[.]i[o]|proxy[.]golan[g]'
}

TOP='core arch drivers guest include configs tests docs scripts Makefile linker.ld README.md LICENSE'
top() {
	! git ls-files | sed 's,/.*,,' | sort -u | grep -v '^\.' | grep -vxF "${TOP// /$'\n'}" || {
		echo 'these are not among the rooms that there are'
		exit 1
	}
}

case ${1:-} in
lines | paths | top) "$1" ;;
*) echo "check-tree.sh lines|paths|top" >&2; exit 2 ;;
esac
