/* SPDX-License-Identifier: MIT */
/*
 * embed - the descriptor that a caller with a loop of its own waits on.
 *
 * libuv's own tells nothing of its timers, nor of what the caller has asked for since the last
 * turn, and does not know new sockets before the next one.  So it stands behind one descriptor
 * together with an alarm, which goes off for all that.
 */
#include "internal.h"
#include <sys/epoll.h>
#include <sys/timerfd.h>

static void set_alarm(const net *n, int after_ms)
{
	struct itimerspec when = { 0 };
	if (after_ms > 0)
		when.it_value = (struct timespec){ after_ms / 1000, after_ms % 1000 * 1000000L };
	else if (after_ms == 0)
		when.it_value.tv_nsec = 1;
	/* One that has gone off is silent again from here on. */
	timerfd_settime(n->alarm, 0, &when, NULL);
}

static bool watch(const net *n, int fd)
{
	struct epoll_event readable = { .events = EPOLLIN };
	return fd >= 0 && !epoll_ctl(n->embedded, EPOLL_CTL_ADD, fd, &readable);
}

void embed_close(net *n)
{
	if (n->embedded >= 0)
		close(n->embedded);
	if (n->alarm >= 0)
		close(n->alarm);
	n->embedded = n->alarm = -1;
}

int net_fd(net *n)
{
	if (n->embedded >= 0)
		return n->embedded;
	n->embedded = epoll_create1(EPOLL_CLOEXEC);
	n->alarm = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (n->embedded < 0 || !watch(n, n->alarm) || !watch(n, uv_backend_fd(&n->loop)))
		embed_close(n);
	else
		net_wake(n);
	return n->embedded;
}

void net_wake(net *n)
{
	if (n->embedded < 0 || n->inside || n->woken)
		return;
	n->woken = true;
	set_alarm(n, 0);
}

void embed_rest(net *n)
{
	if (n->embedded < 0)
		return;
	n->woken = false;
	set_alarm(n, net_timeout(n));
}
