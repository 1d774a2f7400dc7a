# SPDX-License-Identifier: BSD-2-Clause
# What the guest with the line has printed, out of all that went over the wire: text, and the O packets between it.
function hex(c) { return index("0123456789abcdef", c) - 1 }
# Run-length encoding: a character, *, and how many more of it there are.
function expand(s,    out, i, n) {
	while (i = index(s, "*")) {
		out = out substr(s, 1, i - 1)
		for (n = ord[substr(s, i + 1, 1)] - 29; n > 0; n--)
			out = out substr(s, i - 1, 1)
		s = substr(s, i + 2)
	}
	return out s
}
function decode(s,    i) {
	s = expand(s)
	for (i = 2; i < length(s); i += 2)
		printf "%c", 16 * hex(substr(s, i, 1)) + hex(substr(s, i + 1, 1))
}
BEGIN {
	for (i = 32; i < 127; i++)
		ord[sprintf("%c", i)] = i
	RS = "$"
}
# Each record but the first begins with a packet, if it has a sum.
{
	gsub(/\r/, "")
	sub(/\+$/, "") # an ack before the packet that follows
	if (NR > 1 && match($0, /^[^#]*#[0-9a-f][0-9a-f]/)) {
		if (substr($0, 1, 1) == "O" && substr($0, 2, 1) != "K")
			decode(substr($0, 1, RLENGTH - 3))
		rest = substr($0, RLENGTH + 1)
		sub(/^\+?\n?/, "", rest) # Nacre begins a line when the session is over
		printf "%s", rest
	} else {
		printf "%s", $0
	}
}
