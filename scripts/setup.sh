#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Installs what is missing, asks nothing, and does nothing when nothing is missing.
#
#   setup.sh tools     cross compiler, dtc, cpio, QEMU, OpenSBI; the target's libfdt   (build and run)
#   setup.sh test      cmocka, clang, clang-tidy, the host's libfdt, U-Boot           (make test)
#   setup.sh guest     Debian's riscv64 kernel and busybox, packed into an initramfs   (build/guest)
#   setup.sh kvm       the same kernel's KVM, QEMU for riscv64, and a guest for them  (make nested L1=kvm)
#   setup.sh gdb       gdb-multiarch (make gdb; make test, where it is to be had)
#   setup.sh guest612  Debian's kernel 6.12 as build/guest/Image-6.12                  (make bench)
#
# riscv64 packages never touch the system: they come through a private apt root below build/, so that apt
# checks their signatures, and are only unpacked. The mirror is the one that this machine's apt uses.
set -euo pipefail
cd "$(dirname "$0")/.."
export LC_ALL=C # what apt says is read here
. scripts/setup-lib.sh

QEMU_MIN=10		# the first QEMU that has been tested with Zabha
TOOLS='
riscv64-unknown-elf-gcc      gcc-riscv64-unknown-elf
riscv64-unknown-elf-ld       binutils-riscv64-unknown-elf
dtc                          device-tree-compiler
cpio                         cpio
flock                        util-linux
awk                          mawk
make                         make
'
TEST_TOOLS='
gcc                          gcc
clang                        clang
clang-tidy                   clang-tidy
git                          git
'

GDB='
gdb-multiarch                gdb-multiarch
'

picolibc() { [ -n "$(riscv64-unknown-elf-gcc -print-file-name=picolibc.specs 2>/dev/null |
	grep /)" ] || [ -e /usr/lib/picolibc/riscv64-unknown-elf/picolibc.specs ]; }

qemu_major() { qemu-system-riscv64 --version 2>/dev/null | sed -n '1s/.*version \([0-9]*\).*/\1/p'; }
opensbi() { compgen -G '/usr/share/qemu/opensbi-riscv64-generic-fw_dynamic.bin' ||
	compgen -G '/usr/*/qemu*/opensbi-riscv64-generic-fw_dynamic.bin'; } >/dev/null

# missing WHAT PACKAGE...: it is needed and not there. Where no package can be installed, a person reads this.
missing() {
	is_debian || say "missing: $1 (Debian's package: ${*:2})" >&2
	echo "${@:2}"
}

# The packages of a "command package" table whose command is not there.
missing_of() {
	local cmd pkg
	while read -r cmd pkg; do
		[ -z "$cmd" ] || command -v "$cmd" >/dev/null || missing "$cmd" "$pkg"
	done <<<"$1"
}

# Does the host's compiler find this header or library?
host_has() { echo "$1" | gcc -xc - -o /dev/null "${@:2}" 2>/dev/null; }
CMOCKA='#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
int main(void) { return 0; }'
FDT='#include <libfdt.h>
int main(void) { return fdt_check_header(0); }'
NOTHING='int main(void) { return 0; }'

setup_tools() {
	local pkgs qemu
	pkgs=$(missing_of "$TOOLS"; picolibc || missing 'picolibc for riscv64' picolibc-riscv64-unknown-elf)
	qemu=$([ "$(qemu_major || true)" -ge $QEMU_MIN ] 2>/dev/null ||
		missing "qemu-system-riscv64, version $QEMU_MIN or newer" qemu-system-riscv
		opensbi || missing 'OpenSBI for QEMU' opensbi)
	install_packages "$pkgs" "$qemu"
	[ -n "${LIBFDT:-}" ] || get_sysroot
}

setup_gdb() {
	install_packages "$(missing_of "$GDB")" ""
}

setup_test() {
	local pkgs
	pkgs=$(missing_of "$TEST_TOOLS"
		! is_debian || missing_of "$GDB" # elsewhere its tests are skipped
		host_has "$CMOCKA" || missing cmocka libc6-dev libcmocka-dev
		host_has "$FDT" -lfdt || missing "the host's libfdt" libfdt-dev
		host_has "$NOTHING" -fsanitize=address,undefined || missing "gcc's sanitizers" gcc
		fuzzer || missing "clang's libFuzzer" clang libclang-rt-dev
		[ -e /usr/lib/u-boot/qemu-riscv64_smode/u-boot.bin ] || missing U-Boot u-boot-qemu)
	install_packages "$pkgs" ""
}

fuzzer() { ls "$(clang -print-resource-dir 2>/dev/null)"/lib/linux/libclang_rt.fuzzer-*.a >/dev/null 2>&1; }

# libfdt for the target, unpacked to build/sysroot.
get_sysroot() {
	[ ! -e build/sysroot/libfdt.a ] || return 0
	locked build/sysroot.lock get_sysroot_locked
}

get_sysroot_locked() {
	[ ! -e build/sysroot/libfdt.a ] || return 0
	need_debian 'libfdt for riscv64' 'make LIBFDT=<dtc checkout>/libfdt'
	local tmp
	tmp=$(mktemp -d build/sysroot.XXXXXX)
	riscv64_package trixie libfdt-dev "$tmp/unpacked"
	mkdir "$tmp/new" "$tmp/new/include"
	cp "$tmp"/unpacked/usr/include/*fdt*.h "$tmp/new/include"
	cp -L "$tmp"/unpacked/usr/lib/riscv64-linux-gnu/libfdt.a "$tmp/new"
	publish "$tmp/new" build/sysroot
	rm -rf "$tmp"
}

setup_guest() {
	mkdir -p build/guest
	[ -e build/guest/Image ] || locked build/guest.lock get_kernel forky Image
	[ -e build/guest/busybox ] || locked build/guest.lock get_busybox
	[ build/guest/initrd.cpio -nt scripts/initrd.sh ] &&
		[ build/guest/initrd.cpio -nt tests/boot/init ] ||
		scripts/initrd.sh build/guest/busybox build/guest/initrd.cpio
	[ -e build/guest/hackbench ] || locked build/guest.lock get_hackbench
	[ build/guest/hackbench.cpio -nt build/guest/initrd.cpio ] ||
		scripts/initrd.sh build/guest/busybox build/guest/hackbench.cpio build/guest/hackbench/*
}

setup_guest612() {
	mkdir -p build/guest
	[ -e build/guest/Image-6.12 ] || locked build/guest.lock get_kernel trixie Image-6.12
}

# The meta package's chain of dependencies ends in the one that holds the kernel itself.
get_kernel() {
	[ ! -e "build/guest/$2" ] || return 0
	need_debian "a guest kernel" "make run KERNEL=<Image> INITRD=<file>"
	local tmp pkg pkgs file
	tmp=$(mktemp -d build/guest.XXXXXX)
	pkgs=$(kernel_packages "$1")
	for pkg in $pkgs; do
		riscv64_package "$1" "$pkg" "$tmp/unpacked"
		for file in "$tmp"/unpacked/usr/lib/modules/*/vmlinuz "$tmp"/unpacked/boot/vmlinu[xz]-*; do
			[ ! -e "$file" ] || break 2
		done
	done
	[ -e "${file:-}" ] || die "no kernel found in Debian $1's linux-image-riscv64"
	publish "$file" "build/guest/$2"
	rm -rf "$tmp"
}

get_busybox() {
	[ ! -e build/guest/busybox ] || return 0
	need_debian busybox "make run KERNEL=<Image> INITRD=<file>"
	local tmp
	tmp=$(mktemp -d build/guest.XXXXXX)
	riscv64_package forky busybox-static "$tmp/unpacked"
	publish "$(ls "$tmp"/unpacked/usr/bin/busybox "$tmp"/unpacked/bin/busybox 2>/dev/null | head -1)" \
		build/guest/busybox
	rm -rf "$tmp"
}

# A load for tests, with the C library that it needs: no package has it linked statically.
get_hackbench() {
	[ ! -e build/guest/hackbench ] || return 0
	need_debian hackbench "make run KERNEL=<Image> INITRD=<file>"
	local tmp
	tmp=$(mktemp -d build/guest.XXXXXX)
	riscv64_package forky rt-tests "$tmp/unpacked"
	riscv64_package forky libc6 "$tmp/unpacked"
	mkdir "$tmp/hackbench"
	cp "$tmp"/unpacked/usr/bin/hackbench "$tmp"/unpacked/usr/lib/riscv64-linux-gnu/libc.so.6 \
		"$tmp"/unpacked/usr/lib/riscv64-linux-gnu/ld-linux-riscv64-lp64d.so.1 "$tmp/hackbench"
	publish "$tmp/hackbench" build/guest/hackbench
	rm -rf "$tmp"
}

# Linux's own hypervisor: KVM as modules of the kernel that is there, QEMU, and a guest for them, in an initramfs.
setup_kvm() {
	setup_guest
	[ -e build/guest/kvm ] || locked build/guest.lock get_kvm
	[ -e build/guest/qemu ] || locked build/guest.lock get_guest_qemu
	[ build/guest/l1-kvm.cpio -nt build/guest/initrd.cpio ] && [ build/guest/l1-kvm.cpio -nt tests/boot/l2 ] ||
		scripts/initrd.sh build/guest/busybox build/guest/l1-kvm.cpio tests/boot/l2 \
			build/guest/{Image,initrd.cpio,kvm/*,qemu/*}
}

get_kvm() {
	[ ! -e build/guest/kvm ] || return 0
	need_debian KVM "make run KERNEL=<Image> INITRD=<file>"
	local tmp version
	version=$(grep -aom1 'Linux version [^ ]*' build/guest/Image)
	tmp=$(mktemp -d build/guest.XXXXXX)
	riscv64_package forky "linux-modules-${version##* }" "$tmp/unpacked" '*/kvm.ko*' '*/irqbypass.ko*'
	mkdir "$tmp/kvm"
	find "$tmp/unpacked" -type f -exec cp -t "$tmp/kvm" {} +
	publish "$tmp/kvm" build/guest/kvm
	rm -rf "$tmp"
}

get_guest_qemu() {
	[ ! -e build/guest/qemu ] || return 0
	need_debian "QEMU for riscv64" "make run KERNEL=<Image> INITRD=<file>"
	local tmp
	tmp=$(mktemp -d build/guest.XXXXXX)
	riscv64_program forky qemu-system-riscv "$tmp/unpacked"
	mkdir "$tmp/qemu"
	cp "$tmp/unpacked/usr/bin/qemu-system-riscv64" "$tmp/qemu"
	libraries "$tmp/qemu/qemu-system-riscv64" "$tmp/unpacked" "$tmp/qemu"
	publish "$tmp/qemu" build/guest/qemu
	rm -rf "$tmp"
}

mkdir -p build
for part in "${@:-tools}"; do
	case $part in
	tools | test | gdb | guest | guest612 | kvm) "setup_$part" ;;
	*) die "no part '$part' (there are: tools test gdb guest guest612 kvm)" ;;
	esac
done
