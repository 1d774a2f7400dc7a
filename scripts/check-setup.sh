#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What setup.sh says on another distribution: each tool that is missing, with the package that has it. The other
# distribution is a PATH that has neither apt-get nor the tools of the test.
set -euo pipefail
cd "$(dirname "$0")/.."
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
fail() { echo "check-setup: $*"; exit 1; }

# without NAME...: $dir/bin has all programs but these.
without() {
	local from
	rm -rf "$dir/bin"
	mkdir "$dir/bin"
	for from in ${PATH//:/ }; do
		ln -s "$from"/* "$dir/bin" 2>/dev/null || true # of one name the first counts
	done
	(cd "$dir/bin" && rm -f apt-get "$@")
}

# says STATUS PART LINE...: no more and no less.
says() {
	local status=0
	PATH=$dir/bin scripts/setup.sh "$2" >"$dir/out" 2>&1 </dev/null || status=$?
	[ "$status" = "$1" ] || fail "setup.sh $2 ended with $status, not $1: $(tail -1 "$dir/out")"
	printf 'setup: %s\n' "${@:3}" | diff - "$dir/out" || fail "setup.sh $2: the above was said, and not what was expected"
}

again='packages are installed on Debian only: install what is missing, and try again'
without riscv64-unknown-elf-gcc dtc
says 1 tools "missing: riscv64-unknown-elf-gcc (Debian's package: gcc-riscv64-unknown-elf)" \
	"missing: dtc (Debian's package: device-tree-compiler)" "$again"
without qemu-system-riscv64
says 1 tools "missing: qemu-system-riscv64, version 10 or newer (Debian's package: qemu-system-riscv)" "$again"
without clang-tidy
says 1 test "missing: clang-tidy (Debian's package: clang-tidy)" "$again"
without
PATH=$dir/bin scripts/setup.sh tools test || fail "with everything there setup.sh failed"
