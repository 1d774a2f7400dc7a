#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# protect.sh HARTS FILE: do the mappings in FILE protect Nacre? FILE has what QEMU's "info mem" and "info registers -a"
# show while Nacre idles on all HARTS. What must hold: W^X; nothing of the image is mapped twice; each hart has one stack
# in the upper half of its 32 KiB slot (include/arch/mmu.h), the lower half is unmapped, and its sp is in there.
set -euo pipefail
awk -v harts="$1" '
function bad(text) { print text; failed = 1 }
function low(hex) { return strtonum16(substr(hex, length(hex) - 7)) }	# the last 4 GiB, where all but the linear map is
function strtonum16(s,    i, n) {
	n = 0
	for (i = 1; i <= length(s); i++)
		n = 16 * n + index("0123456789abcdef", substr(s, i, 1)) - 1
	return n
}
/^[0-9a-f]+ [0-9a-f]+ [0-9a-f]+ [r-][w-][x-]/ {
	n++; va[n] = $1; pa[n] = strtonum16($2); size[n] = strtonum16($3); attr[n] = substr($4, 1, 3)
}
/^ x[0-9]+.*x2\/sp/ { sp[++sps] = $6 }
END {
	stack0 = strtonum16("40000000"); slot = 32768; image0 = strtonum16("c0000000")
	for (i = 1; i <= n; i++) {
		top = substr(va[i], 1, 8) == "ffffffff"; at = low(va[i])
		if (attr[i] ~ /w/ && attr[i] ~ /x/) bad(va[i] ": " attr[i])
		if (top && at >= image0) { image[i] = 1; images++; if (at == image0) { code = i; start = pa[i] } }
		if (attr[i] ~ /x/ && !(top && at == image0)) bad(va[i] ": executable, but not the text")
		if (top && at >= stack0 && at < stack0 + 1024 * slot) {
			stack[++stacks] = at
			if ((at - stack0) % slot != slot / 2 || size[i] != slot / 2 || attr[i] != "rw-")
				bad(va[i] ": not a stack with its guard: " size[i] " bytes " attr[i])
		}
	}
	if (!code || attr[code] != "r-x") bad("no text that is r-x")
	for (i = 1; i <= n; i++)
		for (j in image)
			if (i != j && pa[i] < pa[j] + size[j] && pa[j] < pa[i] + size[i]) bad(va[i] ": maps the image a second time")
	if (images < 3) bad(images + 0 " mappings of the image: text, constants and data are expected")
	if (stacks != harts) bad(stacks + 0 " stacks for " harts " harts")
	if (sps != harts) bad(sps + 0 " stack pointers for " harts " harts")
	for (i = 1; i <= sps; i++) {
		for (j = 1; j <= stacks && !(substr(sp[i], 1, 8) == "ffffffff" && low(sp[i]) > stack[j] &&
				low(sp[i]) <= stack[j] + slot / 2); j++)
			;
		if (j > stacks || used[j]++) bad("sp " sp[i] " is in no stack, or in another hart'"'"'s")
	}
	exit failed
}' "$2"
