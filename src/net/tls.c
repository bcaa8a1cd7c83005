/* SPDX-License-Identifier: MIT */
/*
 * tls - what is particular to connections that are encrypted.
 *
 * OpenSSL asks the kernel twice for each record, unless it is told to take what there is.  Then it
 * may hold records that libwebsockets, which waits for its socket, does not know of; so those are
 * taken from OpenSSL here, once the first has been dealt with.  Where libwebsockets stands on
 * another library none of this is done.
 */
#include "internal.h"
#include <libwebsockets.h>
#include <linux/sock_diag.h>
#include <sys/socket.h>

#if defined(OPENSSL_VERSION_NUMBER) && !defined(LWS_WITH_MBEDTLS) && !defined(USE_WOLFSSL)
#define READS_AHEAD
#endif

/* ---- Input ---- */

#ifdef READS_AHEAD

enum { RECORD_MAX = 16384 };

static SSL *ssl_of(const connection *c)
{
	return lws_get_ssl(c->wsi);
}

/* Not before the handshake is over: libwebsockets asks for what has come with the end of it in a
 * way that does not see what was read ahead. */
static void read_ahead(const connection *c)
{
	SSL_set_read_ahead(ssl_of(c), 1);
}

/* Of what it holds a record may be there in part. */
static bool holds_input(const connection *c)
{
	return c->tls_ended || SSL_has_pending(ssl_of(c));
}

static bool must_wait(SSL *ssl, int result)
{
	int why = SSL_get_error(ssl, result);
	return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE;
}

/* As many as there is room for; returns their length. */
static size_t take_records(connection *c, unsigned char *to, size_t room)
{
	SSL *ssl = ssl_of(c);
	size_t len = 0;
	ERR_clear_error(); /* whoever shares the thread may have left some */
	while (len + RECORD_MAX <= room && SSL_has_pending(ssl)) {
		int n = SSL_read(ssl, to + len, RECORD_MAX);
		if (n <= 0) {
			c->tls_ended = !must_wait(ssl, n);
			break;
		}
		len += (size_t)n;
	}
	return len;
}

static void put_off(connection *c)
{
	c->ahead = true;
	request_put_off(c);
}

/* The end waits for the next turn, as it would at the socket: what was asked before it is answered.
 */
static void take_input(connection *c)
{
	if (c->tls_ended && !c->paused)
		connection_doom(c);
	while (!c->doomed && !c->paused && holds_input(c)) {
		size_t len = take_records(c, c->net->tls_in, TLS_ROOM);
		if (len)
			connection_input(c, c->net->tls_in, len);
		if (c->tls_ended)
			put_off(c);
		if (len + RECORD_MAX <= TLS_ROOM)
			break;
	}
}

#else

static void read_ahead(const connection *c)
{
	(void)c;
}

static bool holds_input(const connection *c)
{
	(void)c;
	return false;
}

static void put_off(connection *c)
{
	(void)c;
}

static void take_input(connection *c)
{
	(void)c;
}

#endif

void tls_input(connection *c, unsigned char *data, size_t len)
{
	if (!c->tls_open) {
		c->tls_open = true;
		/* libwebsockets 4.1 leaves the time limit of its handshake armed. */
		lws_set_timeout(c->wsi, NO_PENDING_TIMEOUT, 0);
		read_ahead(c);
	}
	connection_input(c, data, len);
	take_input(c);
}

void tls_resumed(connection *c)
{
	if (!c->doomed && holds_input(c))
		put_off(c);
}

void tls_go_on(connection *c)
{
	if (!c->ahead)
		return;
	c->ahead = false;
	take_input(c);
}

/* ---- Output ---- */

/* What the kernel sets aside for that many bytes, at most. */
static size_t memory_for(size_t len)
{
	enum { FOR_A_SEND = 4096 };
	return 2 * len + FOR_A_SEND;
}

/* Asks the kernel how much memory it has for more; false: it does not tell. */
static bool ask_for_credit(connection *c, size_t *used)
{
	uint32_t memory[SK_MEMINFO_VARS];
	socklen_t len = sizeof memory;
	if (getsockopt(c->fd, SOL_SOCKET, SO_MEMINFO, memory, &len))
		return false;
	*used = memory[SK_MEMINFO_WMEM_QUEUED];
	c->tls_credit =
		memory[SK_MEMINFO_SNDBUF] > *used ? memory[SK_MEMINFO_SNDBUF] - (uint32_t)*used : 0;
	return true;
}

/* libwebsockets does not read while it holds output that the kernel did not take, and turns at full
 * speed if there is input then.  So it is given no more than the kernel is sure to take: half of
 * what is free, since what waits there takes more than its bytes.  The kernel calls a socket
 * writable as long as at least a third is free. */
size_t tls_room(connection *c, size_t wanted)
{
	size_t most = wanted < TLS_ROOM ? wanted : TLS_ROOM, used;
	if (memory_for(most) <= c->tls_credit || !ask_for_credit(c, &used))
		return most;
	size_t room = c->tls_credit / 2;
	if (room < used / 4)
		return 0;
	return room < most ? room : most;
}

/* What it holds in spite of that must be out before it reads again. */
bool tls_write(connection *c, unsigned char *data, size_t len)
{
	size_t memory = memory_for(len);
	c->tls_credit -= (uint32_t)(memory < c->tls_credit ? memory : c->tls_credit);
	if (lws_write(c->wsi, data, len, LWS_WRITE_RAW) < (int)len)
		return false;
	if (lws_partial_buffered(c->wsi)) {
		net_pause(c, PAUSE_BLOCKED);
		net_want_write(c);
	}
	return true;
}
