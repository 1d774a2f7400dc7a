#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# bundle.sh CONFIG.dts OUT.cpio DIR...: compile a configuration and pack it with the files it names.
#
# The archive is newc; its first member is config.dtb, the others are what the guests' "kernel" and "initrd"
# properties name, each taken from the first DIR that has it.
set -euo pipefail
config=$1 out=$2
shift 2

fail() { echo "bundle: $config: $*" >&2; exit 1; }

# add NODE PROPERTY DIR...: stage the file that a property names.
add() {
	local node=$1 property=$2 name dir
	shift 2
	name=$(fdtget -t s -d '' "$tmp/root/config.dtb" "/$node" "$property" 2>/dev/null) || return 0
	[ -n "$name" ] && [ ! -e "$tmp/root/$name" ] || return 0
	case $name in
	*/* | *' '*) fail "node '$node': $property = \"$name\": must be a plain file name" ;;
	esac
	for dir; do
		[ -f "$dir/$name" ] || continue
		[ -r "$dir/$name" ] || fail "node '$node': $property: cannot read $dir/$name"
		ln -s "$(realpath "$dir/$name")" "$tmp/root/$name"
		echo "$name" >>"$tmp/names"
		return 0
	done
	fail "node '$node': $property = \"$name\": no such file in $*"
}

[ -f "$config" ] || fail "no such file"
tmp=$(mktemp -d "$out.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
mkdir "$tmp/root"
echo config.dtb >"$tmp/names"
dtc -q -I dts -O dtb -o "$tmp/root/config.dtb" "$config" 2>"$tmp/log" || fail "$(head -1 "$tmp/log")"
nodes=$(fdtget -l "$tmp/root/config.dtb" /)
for node in $nodes; do
	add "$node" kernel "$@"
	add "$node" initrd "$@"
done
touch -d @0 "$tmp/root/config.dtb"
(cd "$tmp/root" && cpio -o -H newc -L -R 0:0 --quiet --reproducible) <"$tmp/names" >"$tmp/cpio"
mv "$tmp/cpio" "$out"
