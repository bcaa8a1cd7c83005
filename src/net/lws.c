/* SPDX-License-Identifier: MIT */
/*
 * lws - the one file that calls libwebsockets: the context, the one callback switch, the loop, and
 * its turns.
 *
 * Connections use its raw role: it hands us bytes and takes bytes.  The loop is a libuv loop of our
 * own, given to it as a foreign one; so its signal handlers stay out, and an application's loop can
 * wait on ours by descriptor.
 */
#include "internal.h"
#include <errno.h>
#include <libwebsockets.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>

/* What one read takes at most.  Larger than a usual message, so that most lie whole in one read. */
enum { READ_SIZE = 65536 };
/* Descriptors that libwebsockets is prepared for, 16 bytes each. */
enum { DESCRIPTORS_MAX = 1000000 };

void net_log(const net *n, net_level level, const char *format, ...)
{
	char line[512];
	va_list args;
	va_start(args, format);
	vsnprintf(line, sizeof line, format, args);
	va_end(args);
	n->owner.log(level, line, n->owner.user);
}

/* ---- libwebsockets ---- */

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

static bool make_context(net *n)
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

/* ---- Time ---- */

uint64_t net_clock(net *n)
{
	uint64_t now = uv_now(&n->loop);
	if (now != n->wheel->now)
		wheel_turn(n->wheel, now);
	return now;
}

static void on_timer(uv_timer_t *t)
{
	net *n = t->data;
	n->timer_due = UINT64_MAX;
	net_clock(n);
	net_end_turn(n);
}

static void rearm(net *n)
{
	uint64_t due = wheel_next(n->wheel);
	uint64_t now = uv_now(&n->loop);
	/* A timer that goes off too early costs one wake-up; moving it with each change of mind
	 * costs more. */
	if (due >= n->timer_due)
		return;
	n->timer_due = due;
	uv_timer_start(&n->timer, on_timer, due > now ? due - now : 0, 0);
}

/* ---- Turns ---- */

static void flush_dirty(net *n)
{
	list dirty;
	list_init(&dirty);
	list_move(&dirty, &n->dirty);
	while (!list_empty(&dirty)) {
		connection *c = LIST_OWNER(dirty.next, connection, in_dirty);
		list_remove(&c->in_dirty);
		connection_flush(c);
	}
}

static void bury_doomed(net *n)
{
	while (!list_empty(&n->doomed)) {
		connection *c = LIST_OWNER(n->doomed.next, connection, in_doomed);
		net_close_socket(c);
		connection_free(c);
	}
}

/* What a flush or a funeral brings about may be output for others, so both go on until there is
 * none. */
void net_end_turn(net *n)
{
	if (n->in_turn)
		return;
	n->in_turn = true;
	n->owner.settle(n->owner.user);
	while (!list_empty(&n->dirty) || !list_empty(&n->doomed)) {
		flush_dirty(n);
		n->owner.settle(n->owner.user);
		bury_doomed(n);
	}
	n->owner.reap(n->owner.user);
	n->in_turn = false;
	rearm(n);
}

static void on_prepare(uv_prepare_t *p)
{
	net_end_turn(p->data);
}

static void on_check(uv_check_t *c)
{
	net_end_turn(c->data);
}

/* ---- Other threads ---- */

static void run_posts(net *n)
{
	pthread_mutex_lock(&n->posts_lock);
	post *p = n->posts;
	n->posts = NULL;
	n->posts_end = &n->posts;
	pthread_mutex_unlock(&n->posts_lock);
	while (p) {
		post *next = p->next;
		p->fn(p->user);
		n->owner.settle(n->owner.user);
		free(p);
		p = next;
	}
}

static void on_wake(uv_async_t *a)
{
	net *n = a->data;
	net_clock(n);
	run_posts(n);
	if (__atomic_load_n(&n->stopping, __ATOMIC_ACQUIRE))
		uv_stop(&n->loop);
}

/* What was posted before still runs; what is posted from now on is refused. */
static void close_posts(net *n)
{
	pthread_mutex_lock(&n->posts_lock);
	n->posts_closed = true;
	pthread_mutex_unlock(&n->posts_lock);
}

/* The loop is woken under the lock, so that it is there to be woken. */
int net_post(net *n, void (*fn)(void *user), void *user)
{
	post *p = malloc(sizeof *p);
	if (!p)
		return ENOMEM;
	*p = (post){ NULL, fn, user };
	pthread_mutex_lock(&n->posts_lock);
	bool closed = n->posts_closed;
	if (!closed) {
		*n->posts_end = p;
		n->posts_end = &p->next;
		uv_async_send(&n->wake);
	}
	pthread_mutex_unlock(&n->posts_lock);
	if (closed)
		free(p);
	return closed ? ESHUTDOWN : 0;
}

void net_stop(net *n)
{
	__atomic_store_n(&n->stopping, true, __ATOMIC_RELEASE);
	uv_async_send(&n->wake);
}

/* ---- The loop ---- */

void net_run(net *n)
{
	net_end_turn(n);
	if (!__atomic_load_n(&n->stopping, __ATOMIC_ACQUIRE))
		uv_run(&n->loop, UV_RUN_DEFAULT);
	__atomic_store_n(&n->stopping, false, __ATOMIC_RELEASE);
}

int net_fd(const net *n)
{
	return uv_backend_fd(&n->loop);
}

/* How long until `due`, for poll(); -1: for ever. */
static int ms_until(uint64_t due)
{
	uint64_t now = uv_hrtime() / 1000000;
	if (due == UINT64_MAX)
		return -1;
	if (due <= now)
		return 0;
	return due - now < INT_MAX ? (int)(due - now) : INT_MAX;
}

int net_timeout(const net *n)
{
	if (!list_empty(&n->dirty) || !list_empty(&n->doomed) || n->owner.unsettled(n->owner.user))
		return 0;
	/* What was started since the last turn is not among the loop's timers yet. */
	int ours = ms_until(wheel_next(n->wheel));
	int loops = uv_backend_timeout(&n->loop);
	return loops < 0 || (ours >= 0 && ours < loops) ? ours : loops;
}

void net_refresh(net *n)
{
	uv_update_time(&n->loop);
	n->wheel->time = uv_now(&n->loop);
}

void net_service(net *n)
{
	uv_run(&n->loop, UV_RUN_NOWAIT);
}

/* ---- Life ---- */

static bool copy_texts(net *n, const net_options *o)
{
	const char *given[] = { o->host, o->path, o->cors_origin, o->client_dir, o->tls_cert,
		o->tls_key, o->cookie };
	for (size_t i = 0; i < sizeof given / sizeof *given; i++) {
		n->texts[i] = given[i] ? strdup(given[i]) : NULL;
		if (given[i] && !n->texts[i])
			return false;
	}
	n->options = *o;
	n->options.host = n->texts[0];
	n->options.path = n->texts[1];
	n->options.cors_origin = n->texts[2];
	n->options.client_dir = n->texts[3];
	n->options.tls_cert = n->texts[4];
	n->options.tls_key = n->texts[5];
	n->options.cookie = n->texts[6];
	return true;
}

static void init_handles(net *n)
{
	uv_prepare_init(&n->loop, &n->prepare);
	uv_check_init(&n->loop, &n->check);
	uv_timer_init(&n->loop, &n->timer);
	uv_timer_init(&n->loop, &n->accept_again);
	n->prepare.data = n->check.data = n->timer.data = n->accept_again.data = n;
	n->timer_due = UINT64_MAX;
	uv_prepare_start(&n->prepare, on_prepare);
	uv_check_start(&n->check, on_check);
}

static net *net_alloc(engine *e, wheel *w, const net_owner *owner)
{
	net *n = calloc(1, sizeof *n);
	if (!n)
		return NULL;
	n->engine = e;
	n->wheel = w;
	n->owner = *owner;
	list_init(&n->listeners);
	n->posts_end = &n->posts;
	list_init(&n->connections);
	list_init(&n->dirty);
	list_init(&n->doomed);
	list_init(&n->routes);
	return n;
}

/* From here on net_free() cleans up, whatever fails. */
static int start(net *n)
{
	int error = ENOMEM;
	pmd_options deflate = { .threshold = n->options.compression_threshold };
	pmd_shared_init(&n->pmd, &deflate);
	init_handles(n);
	if (uv_async_init(&n->loop, &n->wake, on_wake))
		return EMFILE;
	n->wake.data = n;
	n->files = files_new();
	if (!n->files)
		return ENOMEM;
	if (n->options.tls_cert && !(n->tls_room = malloc(TLS_ROOM)))
		return ENOMEM;
	if (n->options.client_dir) {
		n->bundle = bundle_load(n->options.client_dir, &error);
		if (!n->bundle)
			return error;
	}
	return make_context(n) ? 0 : EIO;
}

net *net_new(const net_options *options, engine *e, wheel *w, const net_owner *owner, int *error)
{
	net *n = net_alloc(e, w, owner);
	*error = ENOMEM;
	if (!n)
		return NULL;
	if (!copy_texts(n, options) || pthread_mutex_init(&n->posts_lock, NULL) ||
		uv_loop_init(&n->loop)) {
		for (size_t i = 0; i < sizeof n->texts / sizeof *n->texts; i++)
			free(n->texts[i]);
		free(n);
		return NULL;
	}
	wheel_turn(w, uv_now(&n->loop));
	*error = start(n);
	if (!*error)
		return n;
	net_free(n);
	return NULL;
}

static void close_handle(uv_handle_t *h, void *arg)
{
	(void)arg;
	if (!uv_is_closing(h))
		uv_close(h, NULL);
}

static void on_late(uv_timer_t *t)
{
	((net *)t->data)->late = true;
}

/* Connections that say goodbye get a moment for it. */
static void drain(net *n)
{
	/* Nobody is accepted any more, so that timer is free. */
	uv_timer_start(&n->accept_again, on_late, BYE_MS / 2, 0);
	LIST_EACH (it, &n->connections)
		request_last(LIST_OWNER(it, connection, in_net));
	net_end_turn(n);
	while (!n->late && !list_empty(&n->connections))
		uv_run(&n->loop, UV_RUN_ONCE);
	LIST_EACH (it, &n->connections)
		connection_doom(LIST_OWNER(it, connection, in_net));
	net_end_turn(n);
}

/* On a foreign loop libwebsockets closes its handles in turns of the loop, and wants to be called
 * again after them. */
static void destroy_context(net *n)
{
	for (int round = 0; round < 10 && n->lws; round++) {
		lws_context_destroy(n->lws);
		for (int turn = 0; turn < 10; turn++)
			uv_run(&n->loop, UV_RUN_NOWAIT);
	}
}

static void free_routes(net *n)
{
	while (!list_empty(&n->routes)) {
		route *r = LIST_OWNER(n->routes.next, route, link);
		list_remove(&r->link);
		free(r);
	}
}

void net_free(net *n)
{
	if (!n)
		return;
	listeners_close(n);
	run_posts(n);
	close_posts(n);
	run_posts(n);
	drain(n);
	destroy_context(n);
	uv_walk(&n->loop, close_handle, NULL);
	uv_run(&n->loop, UV_RUN_DEFAULT);
	uv_loop_close(&n->loop);
	pthread_mutex_destroy(&n->posts_lock);
	free_routes(n);
	files_free(n->files);
	bundle_free(n->bundle);
	buf_free(&n->scratch);
	pmd_shared_fini(&n->pmd);
	free(n->tls_room);
	for (size_t i = 0; i < sizeof n->texts / sizeof *n->texts; i++)
		free(n->texts[i]);
	free(n);
}
