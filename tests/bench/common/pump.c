/* SPDX-License-Identifier: MIT */
/* pump - see pump.h. */
#include "pump.h"
#include <errno.h>
#include <limits.h>
#include <sys/socket.h>

static bool must_wait(void)
{
	return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

static bool ssl_must_wait(SSL *ssl, int result)
{
	int why = SSL_get_error(ssl, result);
	return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE;
}

/* As pump_read(). */
static long send_some(int fd, SSL *ssl, const void *data, size_t len)
{
	if (!ssl) {
		ssize_t n = send(fd, data, len, MSG_NOSIGNAL);
		return n >= 0 ? n : must_wait() ? 0 : -1;
	}
	int n = SSL_write(ssl, data, len < INT_MAX ? (int)len : INT_MAX);
	return n > 0 ? n : ssl_must_wait(ssl, n) ? 0 : -1;
}

bool pump_send(pump *p, int fd, SSL *ssl, const message *one, const message *many)
{
	while (p->todo) {
		size_t most = many->len - p->at;
		size_t len = p->todo < most ? p->todo : most;
		long n = send_some(fd, ssl, many->bytes + p->at, len);
		if (n <= 0)
			return n == 0;
		p->todo -= (size_t)n;
		p->at = (p->at + (size_t)n) % one->len;
		if ((size_t)n < len)
			return true;
	}
	return true;
}

long pump_read(int fd, SSL *ssl, void *to, size_t len)
{
	if (!ssl) {
		ssize_t n = recv(fd, to, len, 0);
		return n > 0 ? n : n < 0 && must_wait() ? 0 : -1;
	}
	int n = SSL_read(ssl, to, len < INT_MAX ? (int)len : INT_MAX);
	return n > 0 ? n : ssl_must_wait(ssl, n) ? 0 : -1;
}
