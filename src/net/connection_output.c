/* SPDX-License-Identifier: MIT */
/*
 * connection_output - the bytes that one TCP connection sends, with one send for each turn.
 *
 * They stand in up to three places and leave in this order: on a websocket the rest of a frame that
 * the kernel took only in part, then control frames, then what waits for it; on HTTP the head of a
 * response, then its body.
 */
#include "internal.h"
#include <errno.h>
#include <sys/socket.h>
#include <sys/uio.h>

enum {
	PIECES = 64, /* of one send */
	SENDS = 16 /* of one connection in a turn, so that a fast reader does not starve the others
		    */
};

void connection_dirty(connection *c)
{
	if (c->doomed || c->blocked || !list_empty(&c->in_dirty))
		return;
	list_append(&c->net->dirty, &c->in_dirty);
	net_wake(c->net);
}

size_t connection_backlog(const connection *c)
{
	return buf_len(&c->out) + (c->rest ? bytes_framed_len(c->rest) - c->rest_at : 0);
}

static size_t add_rest(const connection *c, struct iovec *iov)
{
	if (!c->rest)
		return 0;
	iov->iov_base = bytes_framed(c->rest) + c->rest_at;
	iov->iov_len = bytes_framed_len(c->rest) - c->rest_at;
	return 1;
}

static size_t add_out(const connection *c, struct iovec *iov)
{
	if (!buf_len(&c->out))
		return 0;
	iov->iov_base = buf_data(&c->out);
	iov->iov_len = buf_len(&c->out);
	return 1;
}

static bytes *queued(const connection *c, size_t i)
{
	websocket *w = c->websocket;
	return w && !w->hushed ? w->owner->peek(w, i) : NULL;
}

static size_t gather(const connection *c, struct iovec *iov)
{
	size_t n = 0;
	if (c->role != ROLE_WEBSOCKET) {
		n += add_out(c, iov);
		n += add_rest(c, iov + n);
		return n;
	}
	n += add_rest(c, iov);
	n += add_out(c, iov + n);
	if (c->websocket->pmd.shared) /* compressed.c has put into it what may go out now */
		return n;
	bytes *b;
	for (size_t i = 0; n < PIECES && (b = queued(c, i)) != NULL; i++, n++) {
		ws_frame(b);
		iov[n] = (struct iovec){ bytes_framed(b), bytes_framed_len(b) };
	}
	return n;
}

static void take_rest(connection *c, size_t *sent)
{
	if (!c->rest)
		return;
	size_t left = bytes_framed_len(c->rest) - c->rest_at;
	size_t n = *sent < left ? *sent : left;
	c->rest_at += n;
	*sent -= n;
	if (n < left)
		return;
	bytes_unref(c->rest);
	c->rest = NULL;
}

static void take_out(connection *c, size_t *sent)
{
	size_t n = *sent < buf_len(&c->out) ? *sent : buf_len(&c->out);
	buf_consume(&c->out, n);
	*sent -= n;
	if (!buf_len(&c->out))
		buf_free(&c->out);
}

/* What the kernel took leaves the queues; of a frame that it took in part the rest is ours to send.
 */
static void take(connection *c, size_t sent)
{
	c->net->engine->counters.bytes_out += sent;
	/* The time for a response is for no progress, not for the whole of it. */
	if (c->role == ROLE_HTTP && timer_running(&c->deadline))
		connection_deadline(c, WRITE_MS);
	if (c->role != ROLE_WEBSOCKET)
		take_out(c, &sent);
	take_rest(c, &sent);
	if (c->role == ROLE_WEBSOCKET)
		take_out(c, &sent);
	while (sent) {
		bytes *b = queued(c, 0);
		if (sent < bytes_framed_len(b)) {
			c->rest = bytes_ref(b);
			c->rest_at = sent;
			sent = 0;
		} else {
			sent -= bytes_framed_len(b);
		}
		c->websocket->owner->pop(c->websocket);
	}
}

/* A peer that has said all it has to say over HTTP may half-close; reading that would end the
 * connection before its answer is out. */
static void wait_writable(connection *c)
{
	if (c->role == ROLE_HTTP)
		net_pause(c, PAUSE_BLOCKED);
	net_want_write(c);
}

static size_t sum(const struct iovec *iov, size_t n)
{
	size_t len = 0;
	for (size_t i = 0; i < n; i++)
		len += iov[i].iov_len;
	return len;
}

/* Encryption wants its input in one piece.  false: no more can be sent now. */
static bool send_tls(connection *c, const struct iovec *iov, size_t n)
{
	unsigned char *room = c->net->tls_out;
	size_t most = tls_room(c, sum(iov, n)), len = 0;
	if (!most) {
		wait_writable(c);
		return false;
	}
	for (size_t i = 0; i < n && len < most; i++) {
		size_t fits = most - len < iov[i].iov_len ? most - len : iov[i].iov_len;
		memcpy(room + len, iov[i].iov_base, fits);
		len += fits;
	}
	if (!tls_write(c, room, len)) {
		connection_doom(c);
		return false;
	}
	take(c, len);
	return !c->blocked;
}

/* Many small pieces are faster in one. */
static size_t join(unsigned char *room, size_t most, struct iovec *iov, size_t n)
{
	size_t len = 0;
	if (n == 1 || sum(iov, n) > most)
		return n;
	for (size_t i = 0; i < n; i++) {
		memcpy(room + len, iov[i].iov_base, iov[i].iov_len);
		len += iov[i].iov_len;
	}
	*iov = (struct iovec){ room, len };
	return 1;
}

static bool send_plain(connection *c, struct iovec *iov, size_t n)
{
	unsigned char room[2048];
	n = join(room, sizeof room, iov, n);
	struct msghdr m = { .msg_iov = iov, .msg_iovlen = n };
	ssize_t sent = n == 1 ? send(c->fd, iov->iov_base, iov->iov_len, MSG_NOSIGNAL)
			      : sendmsg(c->fd, &m, MSG_NOSIGNAL);
	if (sent < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) {
		c->error = errno;
		connection_doom(c);
		return false;
	}
	size_t offered = sum(iov, n);
	if (sent > 0)
		take(c, (size_t)sent);
	if (sent >= 0 && (size_t)sent == offered)
		return true;
	wait_writable(c);
	return false;
}

/* false: no more can be sent now. */
static bool send_some(connection *c)
{
	struct iovec iov[PIECES];
	size_t n = gather(c, iov);
	if (!n)
		return false;
	return c->tls ? send_tls(c, iov, n) : send_plain(c, iov, n);
}

/* The peer is told that no more comes; what it still sends is let go until it closes too. */
static void say_goodbye(connection *c)
{
	c->role = ROLE_GOODBYE;
	if (c->tls) { /* whose goodbye is libwebsockets' to say */
		connection_doom(c);
		return;
	}
	shutdown(c->fd, SHUT_WR);
	connection_deadline(c, BYE_MS);
}

static void all_sent(connection *c)
{
	if (c->role == ROLE_HTTP && c->request)
		respond_sent(c);
	if (c->closing && c->role != ROLE_GOODBYE && !connection_backlog(c) && !queued(c, 0))
		say_goodbye(c);
}

/* What is made only when the connection can take it. */
static void make_output(connection *c)
{
	if (c->role != ROLE_WEBSOCKET)
		respond_more(c);
	else if (c->websocket->pmd.shared)
		compressed_write(c->websocket);
}

void connection_flush(connection *c)
{
	if (c->doomed || c->blocked)
		return;
	int sends = 0;
	make_output(c);
	while (send_some(c) && ++sends < SENDS)
		make_output(c);
	if (sends == SENDS)
		wait_writable(c);
	websocket_catches_up(c);
	if (c->held || c->out.cap || c->rest)
		connection_weigh(c);
	if (!c->doomed && !c->blocked && !connection_backlog(c))
		all_sent(c);
}

void connection_writable(connection *c)
{
	c->blocked = false;
	net_resume(c, PAUSE_BLOCKED);
	connection_dirty(c);
}
