# SPDX-License-Identifier: BSD-2-Clause
# What tests/boot/noise.sh types, without end: pieces of random bytes, packets, and lines for the monitor.
function any(n) { return int(rand() * n) }
function pick(s) { return substr(s, any(length(s)) + 1, 1) }
function noise(from, to, n) {
	while (n--)
		printf "%c", from + any(to - from + 1)
}
# From commands that leave guests as they are; the others are for the hexadecimal rest.
function packet(s, n, i, sum) {
	s = pick("?gpmzZHTqvQcsD!") 
	for (n = any(16); n > 0; n--)
		s = s pick("0123456789abcdef0123456789abcdef;:,.-+*SupportedCont")
	for (i = 1; i <= length(s); i++)
		sum += code[substr(s, i, 1)]
	printf "$%s#%02x", s, any(20) ? sum % 256 : any(256)
}
function line(n) {
	printf "%c%s", 29, word[any(words) + 1]
	for (n = any(4); n > 0; n--)
		printf " %s", any(3) ? word[any(words) + 1] : any(3) ? any(3) : "$" pick("pcsrat0123")
	printf "\r"
}
BEGIN {
	srand(seed)
	for (i = 1; i < 256; i++)
		code[sprintf("%c", i)] = i
	words = split("help guests vcpus exits isa why regs x x/8i dis walk maps irq sbi tlb config dmesg bt log mem harts break delete" \
		" alpha continue 0 1 0x80200000 p0x80200000 v fp warnings page", word, " ")
	for (;;) {
		kind = any(10)
		if (kind < 3)
			noise(2, 255, any(200)) # 1 is QEMU's
		else if (kind < 5)
			noise(33, 126, any(200))
		else if (kind == 5)
			printf "%c$qSupported:#71$!#21$?#3f$vAttach;1#37", 29
		else if (kind < 9)
			for (i = any(30); i > 0; i--)
				packet()
		else
			line()
	}
}
