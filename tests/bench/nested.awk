# SPDX-License-Identifier: BSD-2-Clause
# Lines "WAY NAME VALUE" of bench-nested.sh -> three tables on standard output and a bar chart in the file `svg` (svg.awk).
# Limits: instructions; for KVM a ratio to the bare machine; for nested acceleration how much less it takes than without, in %.
# With check=1 a value over its limit is exit status 1.

BEGIN {
	split("csr-read csr-write hstatus-read hstatus-write round-trip-sret round-trip-nacl hfence-gvma hfence-vvma " \
		"nacl-hfence-gvma nacl-hfence-vvma nacl-hfence-wide vmid-cached vmid-fresh", operations)
	split("sbi-null set-timer ipi-self rfence-self rfence-self-32 uart-read linux-quiet linux-verbose linux-load", guest)
	limit["csr-read"] = limit["csr-write"] = limit["hstatus-read"] = limit["hstatus-write"] = 200
	limit["hfence-gvma"] = limit["hfence-vvma"] = 300
	limit["nacl-hfence-gvma"] = limit["nacl-hfence-vvma"] = 60
	limit["nacl-hfence-wide"] = 10000
	limit["round-trip-sret"] = limit["vmid-cached"] = limit["vmid-fresh"] = 2000
	limit["round-trip-nacl"] = 1000
	limit["kvm"] = limit["kvm-kernel"] = 1.15
	gain["rfence-self"] = gain["rfence-self-32"] = 50
	gain["linux-quiet"] = gain["linux-verbose"] = 20
	gain["linux-load"] = 15
	text["csr-read"] = "L1 reads an H CSR"
	text["csr-write"] = "L1 writes an H CSR"
	text["hstatus-read"] = "L1 reads hstatus"
	text["hstatus-write"] = "L1 writes hstatus"
	text["hfence-gvma"] = "L1's hfence.gvma"
	text["hfence-vvma"] = "L1's hfence.vvma"
	text["nacl-hfence-gvma"] = "NACL entry of 32, G-stage"
	text["nacl-hfence-vvma"] = "NACL entry of 32, VS-stage"
	text["nacl-hfence-wide"] = "NACL entry of 60, most of a GiB"
	text["round-trip-sret"] = "L1-L2-L1 by sret and a trap"
	text["round-trip-nacl"] = "L1-L2-L1 by SYNC_SRET, AUTOSWAP"
	text["vmid-cached"] = "hgatp, L2 entered, VMID of before"
	text["vmid-fresh"] = "hgatp, L2 entered, new VMID"
	text["kvm"] = "Linux under KVM, from its VM on"
	text["kvm-kernel"] = "Linux under KVM, from its kernel on"
	text["sbi-null"] = "null SBI call"
	text["set-timer"] = "SBI set_timer"
	text["ipi-self"] = "send_ipi to self"
	text["rfence-self"] = "remote_sfence_vma, 1 page"
	text["rfence-self-32"] = "remote_sfence_vma, 32 pages"
	text["uart-read"] = "UART register read"
	text["linux-quiet"] = "Linux to user space, quiet, millions"
	text["linux-verbose"] = "Linux to user space, verbose, millions"
	text["linux-load"] = "memory load, 2 harts, millions"
}

# Of several of a name, the mean
{ sum[$1, $2] += $3; value[$1, $2] = ++count[$1, $2] == 1 ? $3 : sprintf("%.1f", sum[$1, $2] / count[$1, $2]) }

function cell(way, k)
{
	return (way, k) in value ? value[way, k] : "-"
}

function both(a, b, k)
{
	return ((a, k) in value) && ((b, k) in value)
}

function verdict(good)
{
	over += !good
	return good ? "ok" : "over"
}

function ratio(a, b, k)
{
	return both(a, b, k) ? sprintf("%.2f", value[a, k] / value[b, k]) : "-"
}

# Percent that nested acceleration saves
function saved(k)
{
	return both("2", "2-off", k) ? sprintf("%.1f", 100 * (1 - value["2", k] / value["2-off", k])) : "-"
}

function table_operations(	i, k)
{
	printf "%-40s %12s %8s\n", "L1 under Nacre, instructions", "Nacre", "must"
	for (i = 1; i in operations; i++) {
		k = operations[i]
		if (("1", k) in value)
			printf "%-40s %12s %8s %s\n", text[k], value["1", k], "<= " limit[k], verdict(value["1", k] + 0 <= limit[k])
	}
}

function row_kvm(k,	r)
{
	r = ratio("2", "bare", k)
	if (r != "-")
		printf "%-40s %10s %10s %10s %7s %8s %s\n", text[k], cell("bare", k), cell("2", k), cell("2-off", k), r,
			"<= " limit[k], verdict(r + 0 <= limit[k])
}

function table_nacl(	i, k, s)
{
	printf "\n%-40s %10s %10s %8s %8s\n", "L2 under Nacre under Nacre", "no NACL", "NACL", "less, %", "must"
	for (i = 1; i in guest; i++) {
		k = guest[i]
		s = saved(k)
		if (s != "-")
			printf "%-40s %10s %10s %8s %8s %s\n", text[k], value["2-off", k], value["2", k], s,
				k in gain ? ">= " gain[k] : "", k in gain ? verdict(s + 0 >= gain[k]) : ""
	}
}

function table_depth(	i, k)
{
	printf "\n%-40s %9s %9s %9s %9s %9s %9s\n", "under so many Nacres", "1", "2", "3", "3 no NACL", "2 to 1", "3 to 2"
	for (i = 1; i in guest; i++) {
		k = guest[i]
		if (("1", k) in value)
			printf "%-40s %9s %9s %9s %9s %9s %9s\n", text[k], cell("1", k), cell("2", k), cell("3", k),
				cell("3-off", k), ratio("2", "1", k), ratio("3", "2", k)
	}
}

# What was measured: the script can do a part of it.
function draw(	i, k, row, rows)
{
	for (i = 1; i in operations; i++)
		rows += ("1", operations[i]) in value
	for (i = 1; i in guest; i++)
		rows += both("2", "2-off", guest[i])
	svg_begin(rows, "Under Nacre, instructions (logarithmic): " \
		"<tspan fill=\"#777\">without</tspan> and <tspan fill=\"#0a6\">with</tspan> nested acceleration, " \
		"<tspan fill=\"#c30\">limit</tspan>")
	for (i = 1; i in operations; i++) {
		k = operations[i]
		if (("1", k) in value)
			svg_row(row++, text[k], "", value["1", k], value["1", k] + 0 > limit[k], limit[k])
	}
	for (i = 1; i in guest; i++) {
		k = guest[i]
		if (both("2", "2-off", k))
			svg_row(row++, text[k], value["2-off", k], value["2", k], k in gain && saved(k) + 0 < gain[k],
				k in gain ? value["2-off", k] * (1 - gain[k] / 100) : "")
	}
	svg_end()
}

END {
	table_operations()
	printf "\n%-40s %10s %10s %10s %7s %8s\n", "millions of instructions", "bare", "Nacre", "no NACL", "ratio", "must"
	row_kvm("kvm")
	row_kvm("kvm-kernel")
	table_nacl()
	table_depth()
	draw()
	exit check != "" && over > 0
}
