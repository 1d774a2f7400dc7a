# SPDX-License-Identifier: BSD-2-Clause
# Lines "native NAME VALUE" and "nacre NAME VALUE" -> a table on standard output and a bar chart in the file `svg` (svg.awk).
# Limits: a number is absolute; "x1.02" is relative to native. With check=1 a value over its limit is exit status 1.

BEGIN {
	limit["sbi-null"] = 120;	limit["set-timer"] = 150
	limit["ipi-self"] = 300;	limit["rfence-self"] = 300
	limit["uart-read"] = 350;	limit["wfi-pending"] = 150
	limit["first-touch"] = 5;	limit["nacre-boot"] = 20000000
	limit["ipi-pingpong-wfi"] = limit["ipi-pingpong-spin"] = "x1.00"
	limit["rfence-idle"] = limit["rfence-running"] = limit["ipi-send-running"] = "x1.00"
	limit["ipi-pingpong-spin-sswi"] = limit["rfence-running-sswi"] = limit["ipi-send-running-sswi"] = "x1.00"
	text["ipi-pingpong-spin-sswi"] = "SSWI device: IPI there and back, polling"
	text["rfence-running-sswi"] = "SSWI device: remote fence, running hart"
	text["ipi-send-running-sswi"] = "SSWI device: send_ipi to a running hart"
	text["ipi-pingpong-spin-no-bell"] = "no-bell: IPI there and back, polling"
	text["rfence-running-no-bell"] = "no-bell: remote fence, running hart"
	text["ipi-send-running-no-bell"] = "no-bell: send_ipi to a running hart"
	text["sbi-null"] = "null SBI call (get_spec_version)"
	text["set-timer"] = "SBI set_timer"
	text["ipi-self"] = "send_ipi to self, interrupt taken"
	text["rfence-self"] = "remote_sfence_vma to self, 1 page"
	text["rfence-self-32"] = "remote_sfence_vma to self, 32 pages"
	text["uart-read"] = "UART register read"
	text["plic-read"] = "PLIC register read"
	text["wfi-pending"] = "WFI with an interrupt pending"
	limit["amoadd-b"] = limit["amoadd-b-sv39"] = 1
	limit["amoadd-b-emulated"] = 600
	text["csr-illegal"] = "illegal CSR access (OpenSBI redirects it)"
	text["csr-illegal-emulating"] = "the same, guest with emulated Zabha"
	text["amoadd-b"] = "amoadd.b, hart with Zabha"
	text["amoadd-b-sv39"] = "amoadd.b, hart with Zabha, Sv39"
	text["amoadd-b-emulated"] = "amoadd.b, emulated"
	text["amoadd-b-sv39-emulated"] = "amoadd.b, emulated, Sv39"
	text["linux-zabha-hardware"] = "Linux to user space, Zabha, millions"
	text["linux-zabha-emulated"] = "Linux to user space, Zabha emulated, millions"
	text["first-touch"] = "first touch of a fresh 2 MiB"
	text["ipi-pingpong-wfi"] = "2 harts: IPI there and back, in WFI"
	text["ipi-pingpong-spin"] = "2 harts: IPI there and back, polling"
	text["ipi-send-running"] = "2 harts: send_ipi to a running hart"
	text["rfence-idle"] = "2 harts: remote fence, idle hart"
	text["rfence-running"] = "2 harts: remote fence, running hart"
	text["nacre-boot"] = "Nacre's entry to the guest's"
}

!($2 in seen) { seen[$2] = 1; name[n++] = $2 }
{ value[$1, $2] = $3 }

function must(k,	l)
{
	l = k in limit ? limit[k] : k ~ /^linux.*-quiet$/ ? "x1.02" : k ~ /^linux.*-verbose$/ ? "x1.05" : ""
	return l
}

function ceiling(k,	l)
{
	l = must(k)
	if (l == "" || (l ~ /^x/ && !(("native", k) in value)))
		return ""
	return l ~ /^x/ ? substr(l, 2) * value["native", k] : l + 0
}

function label(k)
{
	if (k in text)
		return text[k]
	sub(/^linux/, "Linux", k)
	sub(/-quiet$/, " to user space, quiet, millions", k)
	sub(/-verbose$/, " to user space, verbose, millions", k)
	return k
}

function cell(way, k)
{
	return (way, k) in value ? value[way, k] : "-"
}

function verdict(k,	c)
{
	c = ceiling(k)
	if (c == "" || !(("nacre", k) in value))
		return ""
	return value["nacre", k] + 0 <= c ? "ok" : "over"
}

function draw(	i, k)
{
	svg_begin(n, "Instructions per operation (logarithmic): <tspan fill=\"#777\">native OpenSBI</tspan>, " \
		"<tspan fill=\"#0a6\">Nacre</tspan>, <tspan fill=\"#c30\">limit</tspan>")
	for (i = 0; i < n; i++) {
		k = name[i]
		svg_row(i, label(k), value["native", k], value["nacre", k], verdict(k) == "over", ceiling(k))
	}
	svg_end()
}

END {
	printf "%-44s %12s %12s %10s\n", "instructions per operation", "native", "Nacre", "must"
	for (i = 0; i < n; i++) {
		k = name[i]
		m = must(k)
		if (m != "")
			m = "<= " m
		printf "%-44s %12s %12s %10s %s\n", label(k), cell("native", k), cell("nacre", k), m, verdict(k)
		over += verdict(k) == "over"
	}
	draw()
	exit check != "" && over > 0
}
