/* SPDX-License-Identifier: BSD-2-Clause */
/* Results: 0 is success, a negative value is one of these. nacre_strerror() names it for people. */
#ifndef NACRE_CORE_ERRNO_H
#define NACRE_CORE_ERRNO_H

enum nacre_errno {
	NACRE_EINVAL = 1, /* an argument is not what the interface allows */
	NACRE_ENOMEM,	  /* no memory, or no room in a table or buffer */
	NACRE_ENOENT,	  /* the thing named is not there */
	NACRE_EFAULT,	  /* an address is not accessible */
	NACRE_ERANGE,	  /* a number is out of range */
	NACRE_EEXIST,	  /* it is there already */
	NACRE_EBUSY,	  /* it is in use or in the wrong state */
	NACRE_ENOTSUP,	  /* neither host nor Nacre can do it */
	NACRE_EBADF,	  /* malformed data (file, tree, archive) */
	NACRE_EPERM,	  /* switched off by the configuration */
};

static inline const char *nacre_strerror(int err)
{
	static const char *const text[] = {
		"success",	   "invalid argument", "out of memory",	 "not found",
		"bad address",	   "out of range",     "already exists", "busy",
		"not supported",   "malformed data",   "switched off",
	};
	unsigned n = err < 0 ? 0U - (unsigned)err : (unsigned)err;
	return n < sizeof(text) / sizeof(text[0]) ? text[n] : "unknown error";
}

#endif
