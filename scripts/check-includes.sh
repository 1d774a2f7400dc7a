#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# check-includes.sh PURE BASE_HEADERS ARCH_HEADERS: who may include whom. A room includes only rooms to its left:
#
#   spec <- pure files <- arch/riscv <- core <- {drivers, guest} <- guest/nested <- core/main.c
#
# drivers and guest do not know each other; <arch/csr.h> is for arch/riscv/. BASE_HEADERS (types, errors) count as spec, ARCH_HEADERS as arch.
set -euo pipefail
export LC_ALL=C
files=$(find include core arch drivers guest -name '*.[chS]' 2>/dev/null | sort)
awk -v pure="$1" -v base="$2" -v arch="$3" '
function room_of(file,    r) {
	sub(/^include\//, "", file)
	if (file in level_of) return level_of[file]
	if (file == "core/main.c") return "main"
	if (file ~ /^guest\/nested\//) return "nested"
	r = file
	sub(/\/.*/, "", r)
	return r
}
function may(a, b) {
	if (a == b || a == "main") return 1
	if (b == "drivers" || a == "drivers" && b == "guest") return 0
	return rank[b] < rank[a]
}
BEGIN {
	split("spec pure arch core drivers guest nested main", order, " ")
	for (i in order) rank[order[i]] = i + 0
	n = split(pure, list, " ")
	for (i = 1; i <= n; i++) {
		level_of[list[i]] = "pure"
		header = list[i]
		sub(/^arch\/riscv/, "arch", header)
		sub(/\.c$/, ".h", header)
		level_of[header] = "pure"
	}
	n = split(base, list, " ")
	for (i = 1; i <= n; i++) level_of[list[i]] = "spec"
	n = split(arch, list, " ")
	for (i = 1; i <= n; i++) level_of[list[i]] = "arch"
}
/^[ \t]*#[ \t]*include[ \t]*<(spec|core|arch|drivers|guest)\// {
	split($0, part, /[<>]/)
	if (part[2] == "arch/csr.h" && room_of(FILENAME) != "arch") {
		printf "%s:%d: CSRs are accessed in arch/riscv/ alone\n", FILENAME, FNR
		bad = 1
	}
	if (!may(room_of(FILENAME), room_of(part[2]))) {
		printf "%s:%d: %s may not include <%s> (%s)\n", FILENAME, FNR, \
			room_of(FILENAME), part[2], room_of(part[2])
		bad = 1
	}
}
/^[ \t]*#[ \t]*include[ \t]*"/ {
	split($0, part, /"/)
	if (part[2] ~ /\// || FILENAME ~ /^include\// && part[2] != "asm-offsets.h") {
		printf "%s:%d: \"%s\": only a private header beside the file\n", FILENAME, FNR, part[2]
		bad = 1
	}
}
END { exit bad }' $files
