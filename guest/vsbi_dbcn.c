/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SBI DBCN (chapter "Debug Console Extension"): the VM's console port without the UART. A VM
 * without a console does not have this extension.
 *
 * One call moves at most CHUNK bytes, which bounds its time; the specification lets a call do less
 * than was asked. Memory that is not wholly RAM is INVALID_PARAM, as this extension's own tables
 * say.
 */
#include <core/vm.h>
#include <guest/vsbi.h>
#include "devices.h"

#define CHUNK 256

static bool range_ok(const struct vm *vm, const uint64_t *a)
{
	return a[0] == 0 || (a[2] == 0 && vm_ram_contains(vm, gpa(a[1]), a[0]));
}

static struct sbi_reply console_write(struct vcpu *v, const uint64_t *a)
{
	uint64_t n = a[0] < CHUNK ? a[0] : CHUNK, done = 0;
	uint8_t buf[CHUNK];

	if (!range_ok(v->vm, a))
		return vsbi_err(SBI_ERR_INVALID_PARAM);
	if (n && vm_copy_from(v->vm, buf, gpa(a[1]), n))
		return vsbi_err(SBI_ERR_FAILED);
	while (done < n && guest_console_put(v->vm, buf[done]))
		done++;
	return vsbi_ok(done);
}

static struct sbi_reply console_read(struct vcpu *v, const uint64_t *a)
{
	uint64_t n = a[0] < CHUNK ? a[0] : CHUNK, done = 0;
	uint8_t buf[CHUNK];
	int c;

	if (!range_ok(v->vm, a))
		return vsbi_err(SBI_ERR_INVALID_PARAM);
	while (done < n && (c = guest_console_get(v->vm)) >= 0)
		buf[done++] = (uint8_t)c;
	if (done && vm_copy_to(v->vm, gpa(a[1]), buf, done))
		return vsbi_err(SBI_ERR_FAILED);
	return vsbi_ok(done);
}

struct sbi_reply vsbi_dbcn(struct vcpu *v, uint64_t fid, const uint64_t *a)
{
	switch (fid) {
	case SBI_DBCN_WRITE:
		return console_write(v, a);
	case SBI_DBCN_READ:
		return console_read(v, a);
	case SBI_DBCN_WRITE_BYTE:
		/* The one call that waits for room: others run meanwhile. */
		return guest_console_put(v->vm, (uint8_t)a[0]) ? vsbi_ok(0) : vsbi_then(VSBI_RETRY);
	default:
		return vsbi_err(SBI_ERR_NOT_SUPPORTED);
	}
}
