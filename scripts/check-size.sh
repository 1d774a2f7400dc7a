#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# check-size.sh FILE: the hypervisor stays small. The sections of linker.ld and their bounds, then all of its own RAM, in bytes:
# .text, the plain hypervisor; .nested, nested virtualization at both ends; .inspect, what looks into guests for a person.
set -eu
"${CROSS_COMPILE:-}size" -A "$1" | awk '
	BEGIN {
		max[".text"] = 128 * 1024
		max[".nested"] = 32 * 1024
		max[".inspect"] = 64 * 1024
		max[".rodata"] = 64 * 1024
		max[".inspect_rodata"] = 32 * 1024
		max["RAM"] = 2048 * 1024
	}
	/^\./ && $3 > 0 { size[$1] = $2; size["RAM"] += $2 }
	END {
		for (name in max) {
			printf "%s %d of %d\n", name, size[name], max[name]
			bad += size[name] > max[name] || !size[name]
		}
		exit bad > 0
	}'
