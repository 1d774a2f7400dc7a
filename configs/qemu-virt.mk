# SPDX-License-Identifier: BSD-2-Clause
# Board: QEMU's virt machine. What `make run` takes when the command line says nothing else.
MACHINE	?= virt
CPU	?= rv64
SMP	?= 2
MEM	?= 2G
