/* SPDX-License-Identifier: MIT */
/*
 * lws - the file that calls libwebsockets: the context, the one callback switch, and what a
 * connection asks of it.
 *
 * Connections use its raw role: it hands us bytes and takes bytes.  The loop is a libuv loop of our
 * own, given to it as a foreign one; so its signal handlers stay out, and an application's loop can
 * wait on ours by descriptor.
 */
#include "internal.h"
#include <libwebsockets.h>
#include <sys/resource.h>

/* What one read takes at most.  Larger than a usual message, so that most lie whole in one read. */
enum { READ_SIZE = 65536 };
/* Descriptors that libwebsockets is prepared for, 16 bytes each. */
enum { DESCRIPTORS_MAX = 1000000 };

static int on_event(
	struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
	connection *c = wsi ? lws_get_opaque_user_data(wsi) : NULL;
	(void)user;
	if (!c)
		return 0;
	switch ((int)reason) {
	case LWS_CALLBACK_RAW_RX:
		net_clock(c->net);
		/* libwebsockets 4.1 leaves the time limit of its TLS handshake armed. */
		if (c->tls)
			lws_set_timeout(wsi, NO_PENDING_TIMEOUT, 0);
		connection_input(c, in, len);
		return 0;
	case LWS_CALLBACK_RAW_WRITEABLE:
		net_clock(c->net);
		connection_writable(c);
		return 0;
	case LWS_CALLBACK_RAW_CLOSE:
		net_clock(c->net);
		c->wsi = NULL;
		connection_doom(c);
		return 0;
	default:
		return 0;
	}
}

static const struct lws_protocols protocols[] = {
	{ .name = "sio", .callback = on_event },
	{ .name = NULL },
};

static bool make_vhost(net *n)
{
	struct lws_context_creation_info info = {
		.port = CONTEXT_PORT_NO_LISTEN_SERVER,
		.protocols = protocols,
		.vhost_name = "sio",
		.ssl_cert_filepath = n->options.tls_cert,
		.ssl_private_key_filepath = n->options.tls_key,
		.alpn = "http/1.1",
	};
	/* A server socket that cannot read its certificate must not become a plain one. */
	if (n->tls_room)
		info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
	struct lws_vhost *made = lws_create_vhost(n->lws, &info);
	if (!made)
		return false;
	n->vhost = made;
	return true;
}

/* libwebsockets sets aside room for as many descriptors as the process may have, and for few if
 * those are very many; so it is shown a limit that makes sense.  Returns the one to be set again.
 */
static struct rlimit lower_limit(net *n)
{
	struct rlimit limit = { 0 };
	getrlimit(RLIMIT_NOFILE, &limit);
	struct rlimit lower = limit;
	if (lower.rlim_cur > DESCRIPTORS_MAX)
		lower.rlim_cur = DESCRIPTORS_MAX;
	n->descriptors = (int)lower.rlim_cur;
	setrlimit(RLIMIT_NOFILE, &lower);
	return limit;
}

bool context_open(net *n)
{
	void *loops[] = { &n->loop };
	struct lws_context_creation_info info = {
		.port = CONTEXT_PORT_NO_LISTEN,
		.protocols = protocols,
		.options = LWS_SERVER_OPTION_LIBUV | LWS_SERVER_OPTION_EXPLICIT_VHOSTS,
		.foreign_loops = loops,
		.pt_serv_buf_size = READ_SIZE,
		.pcontext = &n->lws,
		.user = n,
	};
	if (n->tls_room)
		info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
	lws_set_log_level(LLL_ERR, NULL);
	struct rlimit before = lower_limit(n);
	n->lws = lws_create_context(&info);
	setrlimit(RLIMIT_NOFILE, &before);
	return n->lws && make_vhost(n);
}

/* Connections keep the virtual host that they came in by; the new one is for those that come after.
 */
int net_reload_tls(net *n)
{
	return n->tls_room && make_vhost(n) ? 0 : EIO;
}

struct lws *net_adopt(connection *c)
{
	lws_adopt_desc_t how = {
		.vh = c->net->vhost,
		.type = LWS_ADOPT_SOCKET | (c->tls ? LWS_ADOPT_ALLOW_SSL : 0),
		.fd.sockfd = c->fd,
		.vh_prot_name = "sio",
		.opaque = c,
	};
	struct lws *wsi = lws_adopt_descriptor_vhost_via_info(&how);
	if (wsi && !c->tls)
		lws_set_timeout(wsi, NO_PENDING_TIMEOUT, 0);
	return wsi;
}

/* What libwebsockets could not send it holds; until it is out it must not read, or it turns at full
 * speed. */
bool net_write_tls(connection *c, unsigned char *data, size_t len)
{
	if (lws_write(c->wsi, data, len, LWS_WRITE_RAW) < (int)len)
		return false;
	if (lws_partial_buffered(c->wsi)) {
		net_pause(c, PAUSE_BLOCKED);
		net_want_write(c);
	}
	return true;
}

void net_pause(connection *c, unsigned why)
{
	if (!c->paused)
		lws_rx_flow_control(c->wsi, 0);
	c->paused |= (uint8_t)why;
}

void net_resume(connection *c, unsigned why)
{
	if (!(c->paused & why))
		return;
	c->paused &= (uint8_t)~why;
	if (!c->paused && c->wsi)
		lws_rx_flow_control(c->wsi, 1);
}

void net_want_write(connection *c)
{
	c->blocked = true;
	lws_callback_on_writable(c->wsi);
}

void net_close_socket(connection *c)
{
	struct lws *wsi = c->wsi;
	if (!wsi)
		return;
	c->wsi = NULL;
	lws_set_opaque_user_data(wsi, NULL);
	lws_set_timeout(wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_SYNC);
}

/* On a foreign loop libwebsockets closes its handles in turns of the loop, and wants to be called
 * again after them. */
void context_close(net *n)
{
	for (int round = 0; round < 10 && n->lws; round++) {
		lws_context_destroy(n->lws);
		for (int turn = 0; turn < 10; turn++)
			uv_run(&n->loop, UV_RUN_NOWAIT);
	}
}
