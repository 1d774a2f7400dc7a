#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# initrd.sh BUSYBOX OUT.cpio [FILE...]: a root file system for a guest, with tests/boot/init as /init.
# Needs no root: the console device comes from devtmpfs, which /init mounts.
set -euo pipefail
busybox=$1 out=$2
shift 2
tmp=$(mktemp -d "$out.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
mkdir -p "$tmp"/root/{bin,dev,etc,proc,root,sys,tmp}
install -m 755 "$busybox" "$tmp/root/bin/busybox"
install -m 755 "$(dirname "$0")/../tests/boot/init" "$tmp/root/init"
ln -s busybox "$tmp/root/bin/sh"
echo "root::0:0:root:/root:/bin/sh" >"$tmp/root/etc/passwd"
echo "export PATH=/bin PS1='# '; cd /root" >"$tmp/root/etc/profile"
[ $# = 0 ] || cp "$@" "$tmp/root/bin/"
(cd "$tmp/root" && find . | LC_ALL=C sort | cpio -o -H newc -R 0:0 --quiet --reproducible) >"$tmp/cpio"
mv "$tmp/cpio" "$out"
