/* SPDX-License-Identifier: MIT */
/* surroundings - a process that is not set up as usual: another locale, a kernel or a sandbox
 * without openat2, a disk that fails. */
#include "apps.h"
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <locale.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

/* Only the decimal point and the names of days: everything else may be missing in it. */
static bool enter_locale(const char *name)
{
	if (setlocale(LC_NUMERIC, name) && setlocale(LC_TIME, name))
		return true;
	fprintf(stderr, "conformance-server: there is no locale %s\n", name);
	return false;
}

static bool refuse_openat2(int error)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)error),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof code / sizeof *code, code };
	if (!prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) &&
		!prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
		return true;
	fprintf(stderr, "conformance-server: no filter: %s\n", strerror(errno));
	return false;
}

bool enter_surroundings(void)
{
	const char *locale = getenv("LOCALE");
	const char *error = getenv("OPENAT2_ERRNO");
	return (!locale || enter_locale(locale)) && (!error || refuse_openat2(atoi(error)));
}
