# SPDX-License-Identifier: BSD-2-Clause
# The host that QEMU is and the bundle that it boots, from variables. Sourced by run.sh and tests/boot/boot.sh:
# check_variables, then prepare, which makes $dir and the array QEMU.

fail() { echo "run: $*" >&2; exit 1; }

check_number() {
	[[ $2 =~ ^[1-9][0-9]{0,4}$ ]] || fail "$1=$2: a number of at least 1 is wanted"
}

check_file() { [ -f "$2" ] && [ -r "$2" ] || fail "$1=$2: no such file"; }

# 512M, 2G, or bytes -> bytes
bytes() {
	[[ $2 =~ ^([1-9][0-9]{0,11})([KMG]?)$ ]] || fail "$1=$2: a size such as 512M or 2G is wanted"
	local unit=${BASH_REMATCH[2]} n=${BASH_REMATCH[1]}
	case $unit in
	K) n=$((n << 10)) ;;
	M) n=$((n << 20)) ;;
	G) n=$((n << 30)) ;;
	esac
	[ $((n % (2 << 20))) = 0 ] || fail "$1=$2: a multiple of 2M is wanted"
	echo $n
}

check_variables() {
	local v
	check_number SMP "${SMP:=2}"
	bytes MEM "${MEM:=2G}" >/dev/null
	: "${MACHINE:=virt}" "${CPU:=rv64}"
	for v in KERNEL INITRD; do
		[ -z "${!v:-}" ] || check_file $v "${!v}"
	done
	[ -z "${VCPUS:-}" ] || check_number VCPUS "$VCPUS"
	[ -z "${GUEST_MEM:-}" ] || bytes GUEST_MEM "$GUEST_MEM" >/dev/null
	[[ ${L1:-kvm} = kvm ]] || fail "L1=$L1: kvm is wanted, or nothing"
	single="${KERNEL:-}${INITRD:-}${BOOTARGS:-}${VCPUS:-}${GUEST_MEM:-}${ISA:-}${L1:-}"
	[ "${DEPTH:-1}" != 1 ] || single+=${NACL:-} # else it is for the hypervisors
	[ -z "${GUESTS:-}" ] || [ -z "$single" ] ||
		fail "GUESTS=$GUESTS names whole guests; KERNEL, INITRD, BOOTARGS, VCPUS, GUEST_MEM, ISA, NACL, L1 make one: not both"
	[ -z "${GUESTS:-}" ] || check_file GUESTS "$GUESTS"
	[[ ${DEPTH:=1} =~ ^[1-9]$ ]] || fail "DEPTH=$DEPTH: a number from 1 to 9 is wanted"
	[ "$DEPTH" = 1 ] || [ -z "${NATIVE:-}" ] || fail "NATIVE=$NATIVE: Nacre under Nacre is not native"
}

# A string of a device tree source.
quoted() { printf '"%s"' "$(sed 's/[\\"]/\\&/g' <<<"$1")"; }

# nacl WORDS: all, off, none or a list with commas -> a property
nacl() {
	case $1 in
	all) echo 'nacl;' ;;
	off) echo 'no-nacl;' ;;
	*) echo "nacl = $(quoted "$1" | sed 's/,/", "/g');" ;;
	esac
}

# The one guest is a hypervisor, and its initramfs has what it takes to be one (scripts/setup.sh kvm).
kvm_guest() {
	: "${INITRD:=build/guest/l1-kvm.cpio}" "${GUEST_MEM:=1G}" "${ISA:=host,+h}"
	: "${BOOTARGS:=console=ttyS0 nacre.run=l2}"
}

# The configuration with one guest that the variables describe, and links to its files.
single_config() {
	local initrd=
	kernel=${KERNEL:-build/guest/Image}
	[ -n "${KERNEL:-}" ] || initrd=build/guest/initrd.cpio
	initrd=${INITRD:-$initrd}
	ln -sfn "$(realpath "$kernel")" "$dir/kernel"
	[ -z "$initrd" ] || ln -sfn "$(realpath "$initrd")" "$dir/initrd"
	{
		echo '/dts-v1/;'
		echo '/ {'
		echo '	compatible = "nacre,bundle";'
		echo '	guest {'
		echo '		compatible = "nacre,guest";'
		echo "		vcpus = <${VCPUS:-2}>;"
		printf '\t\tmemory = /bits/ 64 <%#x>;\n' "$(bytes GUEST_MEM "${GUEST_MEM:-512M}")"
		echo '		kernel = "kernel";'
		[ -z "$initrd" ] || echo '		initrd = "initrd";'
		echo "		bootargs = $(quoted "${BOOTARGS:-console=ttyS0}");"
		[ -z "${ISA:-}" ] || echo "		isa = $(quoted "$ISA");"
		[ -z "${NACL:-}" ] || [ "$DEPTH" != 1 ] || echo "		$(nacl "$NACL")"
		echo '	};'
		echo '};'
	} >"$dir/guest.dts"
	GUESTS=$dir/guest.dts
}

# nest LEVEL [N]: the bundle in $dir becomes the one of a Nacre that is a guest itself, or of N that have the same one. What
# each needs besides its guests' RAM: the bundle, and 64 MiB.
nest() {
	local l=$dir/level$1 n=${2:-1} i
	mkdir "$l"
	mv "$dir/bundle.cpio" "$l/bundle"
	ln -s "$(realpath "$NACRE")" "$l/nacre"
	guest_ram=$(((guest_ram + $(stat -c %s "$l/bundle") + (66 << 20)) >> 21 << 21))
	{
		echo '/dts-v1/;'
		echo '/ {'
		echo '	compatible = "nacre,bundle";'
		[ "$n" = 1 ] || echo '	console { mode = "prefix"; };'
		for ((i = 1; i <= n; i++)); do
			echo "	level$1$([ $i = 1 ] || echo "-$i") {"
			echo '		compatible = "nacre,guest";'
			echo "		vcpus = <$SMP>;"
			printf '\t\tmemory = /bits/ 64 <%#x>;\n' $guest_ram
			echo '		kernel = "nacre";'
			echo '		initrd = "bundle";'
			echo "		bootargs = $(quoted "${NACRE_ARGS:-}");"
			echo "		isa = $(quoted "${HYP_ISA:-host,+h}");"
			[ -z "${NACL:-}" ] || echo "		$(nacl "$NACL")"
			echo '	};'
		done
		echo '};'
	} >"$l/config.dts"
	scripts/bundle.sh "$l/config.dts" "$dir/bundle.cpio" "$l"
}

# All that the guests of a configuration have, in bytes; "memory" has one cell or two.
ram_of() {
	local tree node sum=0 cells
	tree=$(mktemp)
	dtc -q -I dts -O dtb -o "$tree" "$1"
	for node in $(fdtget -l "$tree" /); do
		read -ra cells < <(fdtget -t u -d 0 "$tree" "/$node" memory)
		sum=$((sum + (${#cells[@]} == 1 ? cells[0] : (cells[0] << 32) + cells[1])))
	done
	rm "$tree"
	echo $sum
}

# Make the bundle in $dir, and QEMU's command line. Everything is built by now.
prepare() {
	NACRE=build/${TLBSAN:+tlbsan/}nacre.bin
	mkdir -p build/run
	dir=$(mktemp -d build/run/XXXXXX)
	[ -z "${L1:-}" ] || kvm_guest
	[ -n "${GUESTS:-}${single:+x}" ] || GUESTS=configs/debian.dts
	[ -n "${GUESTS:-}" ] && [ -z "${NATIVE:-}" ] || single_config
	QEMU=(qemu-system-riscv64 -M "$MACHINE" -cpu "$CPU" -smp "$SMP" -m "$MEM" -nographic)
	if [ -n "${NATIVE:-}" ]; then
		QEMU+=(-kernel "$dir/kernel" -append "${BOOTARGS:-console=ttyS0}")
		[ ! -e "$dir/initrd" ] || QEMU+=(-initrd "$dir/initrd")
	else
		scripts/bundle.sh "$GUESTS" "$dir/bundle.cpio" "$dir" "$(dirname "$GUESTS")" build/guest ${BUNDLE_DIRS:-}
		[ "$DEPTH" = 1 ] || guest_ram=$(ram_of "$GUESTS")
		for ((level = DEPTH - 1; level > 1; level--)); do
			nest $level
		done
		[ "$DEPTH" = 1 ] || nest 1 "${L1S:-1}"
		QEMU+=(-kernel "$NACRE" -initrd "$dir/bundle.cpio")
		[ -z "${NACRE_ARGS:-}" ] || QEMU+=(-append "$NACRE_ARGS")
	fi
	# shellcheck disable=SC2206 # several options
	QEMU+=(${QEMU_ARGS:-})
}

# ---- Changes of the array QEMU ----

# without OPTION: take an option and its value out of QEMU's command line.
without() {
	local i
	for i in "${!QEMU[@]}"; do
		[ "${QEMU[i]}" != "$1" ] || { QEMU=("${QEMU[@]:0:i}" "${QEMU[@]:i+2}"); return 0; }
	done
}

# jump_to ADDRESS [ASSEMBLER]: Nacre there by the loader device; OpenSBI finds a jump to it where it expects a kernel,
# and before the jump some instructions.
jump_to() {
	without -kernel
	printf '%s\nli t0, %#x\njr t0\n' "${2:-}" "$1" |
		riscv64-unknown-elf-gcc -march=rv64imac -mabi=lp64 -c -x assembler -o "$dir/jump.o" -
	riscv64-unknown-elf-objcopy -O binary "$dir/jump.o" "$dir/jump"
	QEMU+=(-kernel "$dir/jump" -device "loader,file=$NACRE,addr=$1,force-raw=on")
}

# The device tree that QEMU would have made, changed by shell commands on the file $dtb.
edit_dtb() {
	local dtb=$dir/host.dtb machine
	machine="$MACHINE,dumpdtb=$dtb"
	qemu-system-riscv64 -M "$machine" -cpu "$CPU" -smp "$SMP" -m "$MEM" -nographic >/dev/null 2>&1
	eval "set -e; $1"
	QEMU+=(-dtb "$dtb")
}

# second_uart CHARDEV: virt has one UART, so this one is a PCI card, at port 0x1000. Nacre finds it in the device tree, as
# on a board; a board's firmware would have given it the port, and its INTA in slot 31 is the PLIC's 35.
second_uart() {
	jump_to 0x80400000 'li t0, 0x300f8000; li t1, 0x1001; sw t1, 0x10(t0); li t1, 1; sh t1, 4(t0)'
	QEMU+=(-device "pci-serial,addr=0x1f,chardev=$1")
	dtb="uart=/soc/serial@3001000; fdtput -c \$dtb \$uart; fdtput -t s \$dtb \$uart compatible ns16550a;
		fdtput -t x \$dtb \$uart reg 0 3001000 0 100; fdtput -t u \$dtb \$uart clock-frequency 1843200;
		fdtput -t u \$dtb \$uart interrupts 35;
		fdtput -t u \$dtb \$uart interrupt-parent \$(fdtget -t u \$dtb /soc/serial@10000000 interrupt-parent); ${dtb:-}"
}
