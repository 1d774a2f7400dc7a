# SPDX-License-Identifier: BSD-2-Clause
# Hosts that differ from what QEMU makes by itself, for boot.sh, which sources this: other places in memory, other
# boot loaders, edited device trees; and QEMU's monitor. They change the array QEMU that prepare() has made, as those
# of scripts/run-lib.sh do.

BUNDLE_AT=0x84000000	# where `load` and `u-boot` have the bundle
UBOOT=/usr/lib/u-boot/qemu-riscv64_smode/u-boot.bin
UBOOT_NACRE_AT=0x90000000

# Nacre and the bundle by the loader device, and the bundle's place in the device tree as firmware puts it there.
# OpenSBI finds a jump to Nacre where it expects a kernel.
load_at() {
	local end
	jump_to "$1"
	without -initrd
	QEMU+=(-device "loader,file=$dir/bundle.cpio,addr=$BUNDLE_AT,force-raw=on")
	end=$(printf '%x' $((BUNDLE_AT + $(stat -Lc %s "$dir/bundle.cpio"))))
	dtb="fdtput -t x \$dtb /chosen linux,initrd-start 0 ${BUNDLE_AT#0x};
		fdtput -t x \$dtb /chosen linux,initrd-end 0 $end; $dtb"
}

# Nacre and bundle in memory; the case types what boots them.
u_boot() {
	[ -e $UBOOT ] || fail "no $UBOOT (package u-boot-qemu)"
	without -kernel
	without -initrd
	QEMU+=(-kernel $UBOOT -device "loader,file=$NACRE,addr=$UBOOT_NACRE_AT,force-raw=on"
		-device "loader,file=$dir/bundle.cpio,addr=$BUNDLE_AT,force-raw=on")
}

# OpenSBI that jumps to a fixed address, with a device tree at another one.
fw_jump() {
	local file
	for file in /usr/lib/riscv64-linux-gnu/opensbi/generic/fw_jump.bin /usr/share/opensbi/lp64/generic/firmware/fw_jump.bin; do
		[ ! -e $file ] || { QEMU+=(-bios $file); return; }
	done
	fail "no fw_jump.bin (package opensbi)"
}

special_host() {
	case ${loader:-} in
	'') ;;
	fw_jump) fw_jump ;;
	u-boot) u_boot ;;
	*) fail "loader: $loader: there are fw_jump and u-boot" ;;
	esac
	[ -z "$load" ] || load_at "$load"
	[ -z "$uart" ] || second_uart "$uart"
	[ -z "$dtb" ] || edit_dtb "$dtb"
	QEMU=("${QEMU[@]//DIR\//$dir/}")
	[ -z "$uses_qemu" ] || {
		mkfifo "$dir/mon.in" "$dir/mon.out"
		exec 9<>"$dir/mon.in"
		QEMU+=(-chardev "pipe,id=mon,path=$dir/mon" -mon mon)
	}
}

# QEMU's monitor: what it answers goes to $dir/qemu, without the echo of the command.
qemu_open() {
	cat "$dir/mon.out" >>"$dir/qemu.raw" &
	reader=$!
	qemu_wait
}

qemu_wait() {
	until [ "$(tail -c 7 "$dir/qemu.raw" 2>/dev/null)" = "(qemu) " ]; do
		[ $SECONDS -lt "$limit" ] || fail "QEMU's monitor does not answer"
		sleep 0.05
	done
}

qemu_command() {
	: >"$dir/qemu.raw"
	echo "${1//DIR\//$dir/}" >&9
	qemu_wait
	tr -d '\r' <"$dir/qemu.raw" | sed '1d; $d' >>"$dir/qemu"
}
