/* SPDX-License-Identifier: MIT */
/* faults - system calls for sockets that may fail. */
/* With it recv() is an inline function of the C library's, which cannot be another's. */
#undef _FORTIFY_SOURCE
#include "faults.h"
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { PIECES = 64 };

static fault_rates rates;
static fault_counts counts;
static uint64_t state = 1;
static int no_accept;

void faults_begin(uint64_t seed, const fault_rates *r)
{
	state = seed * 2 + 1;
	rates = *r;
}

void faults_end(void)
{
	rates = (fault_rates){ 0 };
}

void faults_no_accept(int error)
{
	no_accept = error;
}

fault_counts faults_so_far(void)
{
	return counts;
}

static unsigned below(unsigned n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (unsigned)(state >> 33) % n;
}

typedef enum fault { NONE, SHORTER, AGAIN, LOST } fault;

static fault choose(void)
{
	if (!rates.shorter && !rates.again && !rates.lost)
		return NONE;
	unsigned n = below(1000);
	if (n < rates.lost)
		return LOST;
	if (n < rates.lost + rates.again)
		return AGAIN;
	return n < rates.lost + rates.again + rates.shorter ? SHORTER : NONE;
}

static ssize_t fail(fault what, int lost)
{
	static const int again[] = { EAGAIN, EINTR };
	if (what == LOST)
		counts.lost++;
	else
		counts.again++;
	errno = what == LOST ? lost : again[below(2)];
	return -1;
}

ssize_t recv(int fd, void *data, size_t len, int flags)
{
	fault what = choose();
	if (what == LOST || what == AGAIN)
		return fail(what, ECONNRESET);
	if (what == SHORTER && len > 1) {
		len = 1 + below(len < 64 ? (unsigned)len : 64);
		counts.shorter++;
	}
	return syscall(SYS_recvfrom, fd, data, len, flags, NULL, NULL);
}

/* The first n bytes of what is to be sent. */
static void cut(struct iovec *to, struct msghdr *m, size_t n)
{
	size_t i = 0;
	for (; i < m->msg_iovlen && i < PIECES && n; i++) {
		to[i] = m->msg_iov[i];
		if (to[i].iov_len > n)
			to[i].iov_len = n;
		n -= to[i].iov_len;
	}
	m->msg_iov = to;
	m->msg_iovlen = i;
}

ssize_t sendmsg(int fd, const struct msghdr *given, int flags)
{
	struct iovec pieces[PIECES];
	struct msghdr m = *given;
	size_t all = 0;
	fault what = choose();
	if (what == LOST || what == AGAIN)
		return fail(what, below(2) ? EPIPE : ECONNRESET);
	for (size_t i = 0; i < m.msg_iovlen; i++)
		all += m.msg_iov[i].iov_len;
	if (what == SHORTER && all > 1) {
		cut(pieces, &m, 1 + below((unsigned)all - 1));
		counts.shorter++;
	}
	return syscall(SYS_sendmsg, fd, &m, flags);
}

ssize_t send(int fd, const void *data, size_t len, int flags)
{
	struct iovec piece = { (void *)(uintptr_t)data, len };
	return sendmsg(fd, &(struct msghdr){ .msg_iov = &piece, .msg_iovlen = 1 }, flags);
}

int accept4(int fd, __SOCKADDR_ARG a, socklen_t *len, int flags)
{
	static const int errors[] = { EMFILE, ENFILE, ENOMEM, ECONNABORTED, EINTR, EAGAIN, EPERM };
	if (no_accept || (rates.accept && below(1000) < rates.accept)) {
		counts.accept++;
		errno = no_accept ? no_accept : errors[below(sizeof errors / sizeof *errors)];
		return -1;
	}
	return (int)syscall(SYS_accept4, fd, a.__sockaddr__, len, flags);
}
