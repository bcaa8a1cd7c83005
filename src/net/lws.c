/* SPDX-License-Identifier: MIT */
/*
 * lws - calls libwebsockets: the context, the one callback switch, and what a connection asks of
 * it.
 *
 * Connections use its raw role: it hands us bytes and takes bytes.  The loop is a libuv loop of our
 * own, given to it as a foreign one; so its signal handlers stay out, and an application's loop can
 * wait on ours by descriptor.
 */
#include "internal.h"
#include <errno.h>
#include <libwebsockets.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* What one read takes at most.  Larger than a usual message, and than one of 64 KB with its header,
 * so that most lie whole in one read and are not copied. */
enum { READ_SIZE = 131072 };
/* Descriptors that libwebsockets is prepared for, 16 bytes each.  That of Debian 12 looks through
 * all of them whenever a connection closes: 75 us for this many. */
#if LWS_LIBRARY_VERSION_NUMBER < 4003000
enum { DESCRIPTORS_MAX = 100000 };
#else
enum { DESCRIPTORS_MAX = 1000000 };
#endif

/* libwebsockets keeps a certificate in a virtual host, and each connection in the one that it came
 * in by. */
typedef struct vhost {
	struct vhost *next;
	struct lws_vhost *lws;
	size_t connections; /* that libwebsockets has not freed */
} vhost;

static vhost *vhost_of(struct lws *wsi)
{
	struct lws_vhost *lws = lws_get_vhost(wsi);
	return lws ? lws_vhost_user(lws) : NULL;
}

static void count(struct lws *wsi, int difference)
{
	vhost *v = vhost_of(wsi);
	if (v)
		v->connections += (size_t)difference;
}

static void on_connection_event(connection *c, int reason, unsigned char *in, size_t len)
{
	switch (reason) {
	case LWS_CALLBACK_RAW_RX:
		c->ahead = false; /* this comes first */
		net_clock(c->net);
		if (c->tls)
			tls_input(c, in, len);
		else
			connection_input(c, in, len);
		net_flush_alone(c);
		break;
	case LWS_CALLBACK_RAW_WRITEABLE:
		net_clock(c->net);
		connection_writable(c);
		break;
	case LWS_CALLBACK_RAW_CLOSE:
		net_clock(c->net);
		c->wsi = NULL;
		connection_doom(c);
		break;
	}
}

static int on_event(
	struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
	connection *c = wsi ? lws_get_opaque_user_data(wsi) : NULL;
	(void)user;
	if (reason == LWS_CALLBACK_WSI_CREATE)
		count(wsi, 1);
	else if (reason == LWS_CALLBACK_WSI_DESTROY)
		count(wsi, -1);
	else if (c)
		on_connection_event(c, (int)reason, in, len);
	return 0;
}

static const struct lws_protocols protocols[] = {
	{ .name = "sio", .callback = on_event },
	{ .name = NULL },
};

/* ---- Virtual hosts ---- */

static struct lws_context_creation_info vhost_info(void)
{
	return (struct lws_context_creation_info){
		.port = CONTEXT_PORT_NO_LISTEN_SERVER,
		.protocols = protocols,
		.vhost_name = "sio",
	};
}

/* To a client that names the host it wants libwebsockets shows the certificate of the first virtual
 * host: after a reload an old one.  If the first has none, OpenSSL keeps to the connection's own;
 * with mbedTLS such a client would be turned away. */
static bool make_first_vhost(const net *n)
{
	struct lws_context_creation_info info = vhost_info();
	bool wanted = n->tls_out;
#if defined(LWS_WITH_MBEDTLS)
	wanted = false;
#endif
	return !wanted || lws_create_vhost(n->lws, &info);
}

/* What is wrong inside the files libwebsockets says itself, on standard error. */
static void log_bad_files(const net *n)
{
	const char *paths[] = { n->options.tls_cert, n->options.tls_key };
	const char *end = n->vhosts ? "; the certificate before it stays" : "";
	for (int i = 0; i < 2; i++) {
		if (!access(paths[i], R_OK))
			continue;
		net_log(n, NET_ERROR, "%s: %s%s", paths[i], strerror(errno), end);
		return;
	}
	net_log(n, NET_ERROR, "%s, %s: no certificate with its key%s", paths[0], paths[1], end);
}

static void free_vhost(vhost *v)
{
	if (v->lws)
		lws_vhost_destroy(v->lws);
	free(v);
}

/* A key of another kind than the certificate's is taken, to be of no use to anybody; but then there
 * is nothing to be known of the certificate. */
static bool has_certificate(const vhost *v)
{
	union lws_tls_cert_info_results info;
	return !lws_tls_vhost_cert_info(v->lws, LWS_TLS_CERT_INFO_VALIDITY_TO, &info, sizeof info);
}

static vhost *vhost_new(const net *n)
{
	struct lws_context_creation_info info = vhost_info();
	vhost *v = calloc(1, sizeof *v);
	if (!v)
		return NULL;
	info.user = v;
	if (n->tls_out) {
		/* A server socket that cannot read its certificate must not become a plain one. */
		info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
		info.ssl_cert_filepath = n->options.tls_cert;
		info.ssl_private_key_filepath = n->options.tls_key;
		info.ssl_private_key_password = ""; /* nobody is asked at the terminal */
		info.alpn = "http/1.1";
	}
	v->lws = lws_create_vhost(n->lws, &info);
	if (v->lws && (!n->tls_out || has_certificate(v)))
		return v;
	free_vhost(v);
	if (n->tls_out)
		log_bad_files(n);
	return NULL;
}

static bool add_vhost(net *n)
{
	vhost *v = vhost_new(n);
	if (!v)
		return false;
	v->next = n->vhosts;
	n->vhosts = v;
	return true;
}

/* Only of one without connections does libwebsockets 4.1 ever let go. */
static void drop_old_vhosts(net *n)
{
	vhost **at = &n->vhosts->next;
	while (*at) {
		vhost *v = *at;
		if (v->connections) {
			at = &v->next;
			continue;
		}
		*at = v->next;
		free_vhost(v);
	}
}

/* Connections keep the virtual host that they came in by; the new one is for those that come after.
 */
int net_reload_tls(net *n)
{
	if (!n->tls_out || !add_vhost(n))
		return EIO;
	drop_old_vhosts(n);
	return 0;
}

/* ---- The context ---- */

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
	if (n->tls_out)
		info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
	lws_set_log_level(LLL_ERR, NULL);
	struct rlimit before = lower_limit(n);
	n->lws = lws_create_context(&info);
	setrlimit(RLIMIT_NOFILE, &before);
	return n->lws && make_first_vhost(n) && add_vhost(n);
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
	while (n->vhosts) {
		vhost *v = n->vhosts;
		n->vhosts = v->next;
		free(v);
	}
}

/* ---- Connections ---- */

struct lws *net_adopt(connection *c)
{
	drop_old_vhosts(c->net);
	lws_adopt_desc_t how = {
		.vh = c->net->vhosts->lws,
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
	if (c->paused || !c->wsi)
		return;
	lws_rx_flow_control(c->wsi, 1);
	if (c->tls)
		tls_resumed(c);
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
