/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An error that a person can read: one line of text, and the code that belongs to it.
 *
 * The text is cut at errlen (0 is allowed, then err may be NULL) and has no newline: the caller
 * knows whether it goes to the log or to the monitor, and puts the guest's or the file's name
 * before it.
 */
#ifndef NACRE_CORE_ERRTEXT_H
#define NACRE_CORE_ERRTEXT_H

#include <stdio.h>

/* Write the text, give -code: `return err_text(err, errlen, NACRE_EBADF, "offset 0x%x: ...", off);`
 */
#define err_text(err, errlen, code, ...) (snprintf((err), (errlen), __VA_ARGS__), -(code))

#endif
