# SPDX-License-Identifier: BSD-2-Clause
# What setup.sh is made of: packages for this machine, and riscv64 packages through a private apt root.
# Sourced by bash, from the top of the tree.

TOP=$PWD
KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

say() { echo "setup: $*"; }
die() { echo "setup: $*" >&2; exit 1; }

is_debian() { command -v apt-get >/dev/null && command -v dpkg >/dev/null && [ -e $KEYRING ]; }

# need_debian WHAT OTHERWISE: the rest of a step downloads Debian packages.
need_debian() { is_debian || die "$1 comes from a Debian package and this is no Debian; use: $2"; }

# step TEXT COMMAND...: run with its output in a log, show that it is alive, fail with one line.
step() {
	local text=$1 log pid start=$SECONDS reason
	shift
	log=$(mktemp build/setup-log.XXXXXX)
	say "$text ..."
	"$@" >"$log" 2>&1 </dev/null &
	pid=$!
	while kill -0 $pid 2>/dev/null; do
		sleep 0.2
		[ $((SECONDS - start)) -lt 15 ] || { say "$text ... still at it"; start=$SECONDS; }
	done
	if ! wait $pid; then
		reason=$(grep -E '^(E|Err|dpkg|W):' "$log" | tail -1 || true)
		die "failed: $text: ${reason:-$(tail -1 "$log")} (log: $log)"
	fi
	rm -f "$log"
}

# locked FILE COMMAND...: one at a time, also between two calls of make.
locked() {
	local lock=$1
	shift
	(flock 9 && "$@") 9>"$lock"
}

# publish NEW FINAL: appears whole or not at all.
publish() { [ -e "$1" ] || die "$2: not in its package"; rm -rf "$2"; mv -T "$1" "$2"; }

as_root() {
	if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

# The mirror that apt uses for this release, for instance to ask it for another suite.
mirror() {
	apt-get indextargets --format '$(REPO_URI) $(COMPONENT) $(ORIGIN) $(RELEASE)' 'Created-By: Packages' |
		awk '$2 == "main" && $3 == "Debian" && $1 !~ /security/ { print $1; exit }'
}

find_mirror() {
	MIRROR=$(mirror)
	[ -n "$MIRROR" ] || { step "reading the list of packages" as_root apt-get update; MIRROR=$(mirror); }
	[ -n "$MIRROR" ] || die "apt on this machine knows no Debian mirror"
}

# install_packages PACKAGES QEMU-PACKAGES: the second kind comes from backports on Debian 12.
install_packages() {
	local pkgs qemu codename
	pkgs=$(echo $1) qemu=$(echo $2)
	[ -n "$pkgs$qemu" ] || return 0
	is_debian || die "packages are installed on Debian only: install what is missing, and try again"
	[ "$(id -u)" = 0 ] || sudo true || die "needs root or sudo to install: $pkgs $qemu"
	locked build/apt.lock install_locked
}

install_locked() {
	codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
	if [ -n "$qemu" ] && [ "$codename" = bookworm ]; then
		find_mirror
		echo "deb [signed-by=$KEYRING] $MIRROR bookworm-backports main" >build/backports.list
		cmp -s build/backports.list /etc/apt/sources.list.d/nacre-backports.list || {
			say "adding bookworm-backports to apt's sources (for QEMU; nothing else is upgraded)"
			as_root install -m 644 build/backports.list /etc/apt/sources.list.d/nacre-backports.list
		}
	fi
	step "reading the list of packages" as_root apt-get update
	[ -z "$pkgs" ] || step "installing $pkgs" apt_install $pkgs
	[ -z "$qemu" ] || if [ "$codename" = bookworm ]; then
		step "installing $qemu from bookworm-backports" apt_install -t bookworm-backports $qemu
	else
		step "installing $qemu" apt_install $qemu
	fi
}

apt_install() {
	as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"
}

# The private apt root of a suite. It knows riscv64 only and installs nothing.
suite_apt() {
	local suite=$1 root=$TOP/build/apt/$1 cmd=$2
	shift 2
	mkdir -p "$root"/{lists/partial,cache/archives/partial}
	"$cmd" -o Dir::Etc::sourcelist="$root/sources.list" -o Dir::Etc::sourceparts=- \
		-o Dir::State="$root" -o Dir::State::Lists="$root/lists" -o Dir::State::status=/dev/null \
		-o Dir::Cache="$root/cache" -o APT::Architecture=riscv64 -o APT::Architectures=riscv64 \
		-o Acquire::Languages=none -o APT::Sandbox::User= -o Acquire::Retries=3 "$@"
}

# Once per run of setup: the suite's list of packages.
suite_update() {
	[ ! -e "build/apt/$1/fresh.$$" ] || return 0
	find_mirror
	mkdir -p "build/apt/$1"
	rm -f "build/apt/$1"/fresh.*
	echo "deb [arch=riscv64 signed-by=$KEYRING] $MIRROR $1 main" >"build/apt/$1/sources.list"
	step "reading the list of riscv64 packages of Debian $1" suite_apt "$1" apt-get update --error-on=any
	touch "build/apt/$1/fresh.$$"
}

# riscv64_package SUITE PACKAGE DIR [PATTERN]...: unpack one package, or what matches, without its dependencies.
riscv64_package() {
	locked build/apt.lock suite_update "$1"
	local tmp
	tmp=$(mktemp -d build/deb.XXXXXX)
	step "fetching $2 (riscv64) of Debian $1" suite_download "$1" "$2" "$tmp"
	step "unpacking $2" unpack "$tmp"/*.deb "${@:3}"
	rm -rf "$tmp"
}

unpack() {
	mkdir -p "$2"
	dpkg-deb --fsys-tarfile "$1" | tar -x -C "$2" --wildcards "${@:3}"
}

suite_download() { cd "$3" && suite_apt "$1" apt-get download "$2" "${@:4}"; }

# riscv64_program SUITE PACKAGE DIR: its programs and the libraries that any of its dependencies has.
riscv64_program() {
	locked build/apt.lock suite_update "$1"
	local tmp libs deb
	tmp=$(mktemp -d build/deb.XXXXXX)
	libs=$(suite_apt "$1" apt-get install -s --no-install-recommends "$2" | sed -n 's/^Inst \(z\?lib[^ ]*\).*/\1/p')
	step "fetching $2 (riscv64) of Debian $1 and its libraries" suite_download "$1" "$2" "$tmp" $libs
	for deb in "$tmp"/*.deb; do
		unpack "$deb" "$3" --exclude='./usr/share/*'
	done
	rm -rf "$tmp"
}

# libraries FILE ROOT DIR: those of an unpacked ROOT that FILE needs, and those that they need, into DIR.
libraries() {
	local lib
	for lib in $(riscv64-unknown-elf-readelf -d "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'); do
		[ ! -e "$3/$lib" ] || continue
		cp -L "$2/usr/lib/riscv64-linux-gnu/$lib" "$3"
		libraries "$3/$lib" "$2" "$3"
	done
}

# The packages that may hold the kernel, linux-binary-* (forky) before linux-image-* (trixie).
kernel_packages() {
	locked build/apt.lock suite_update "$1" >&2
	suite_apt "$1" apt-cache depends --recurse --important linux-image-riscv64 |
		sed -n 's/^\(linux-\(binary\|image\)-[0-9].*-riscv64\).*/\1/p' | sort -u
}
