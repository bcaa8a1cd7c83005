/* SPDX-License-Identifier: MIT */
/* net - the life of the network: made of its parts, and taken apart in the right order. */
#include "address.h"
#include "internal.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

void net_log(const net *n, net_level level, const char *format, ...)
{
	char line[512];
	va_list args;
	va_start(args, format);
	vsnprintf(line, sizeof line, format, args);
	va_end(args);
	n->owner.log(level, line, n->owner.user);
}

void net_log_peer(const connection *c, const char *format, ...)
{
	const net *n = c->net;
	char address[INET6_ADDRSTRLEN], what[256];
	va_list args;
	if (!n->owner.logs_peers || !n->owner.logs_peers(n->owner.user))
		return;
	va_start(args, format);
	vsnprintf(what, sizeof what, format, args);
	va_end(args);
	address_of_peer(c->fd, address);
	net_log(n, NET_INFO, "%s: %s", *address ? address : "local peer", what);
}

static bool copy_texts(net *n, const net_options *o)
{
	const char *given[] = { o->host, o->path, o->cors_origin, o->client_dir, o->tls_cert,
		o->tls_key, o->cookie, o->cors_methods, o->cors_headers, o->cors_exposed,
		o->cookie_attributes };
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
	n->options.cors_methods = n->texts[7];
	n->options.cors_headers = n->texts[8];
	n->options.cors_exposed = n->texts[9];
	n->options.cookie_attributes = n->texts[10];
	return true;
}

static net *net_alloc(engine *e, wheel *w, const net_owner *owner)
{
	net *n = calloc(1, sizeof *n);
	if (!n)
		return NULL;
	n->engine = e;
	n->wheel = w;
	n->owner = *owner;
	n->embedded = n->alarm = -1;
	list_init(&n->listeners);
	n->posts_end = &n->posts;
	list_init(&n->connections);
	census_init(&n->networks);
	requests_init(n);
	list_init(&n->dirty);
	list_init(&n->doomed);
	list_init(&n->answered);
	router_init(&n->router);
	list_init(&n->endpoints);
	list_init(&n->departed);
	return n;
}

/* From here on net_free() cleans up, whatever fails. */
static int start(net *n)
{
	int error = ENOMEM;
	n->options.deflate.threshold = n->options.compression_threshold;
	pmd_shared_init(&n->pmd, &n->options.deflate);
	if (!loop_open(n))
		return EMFILE;
	n->files = files_new();
	if (!n->files)
		return ENOMEM;
	if (n->options.tls_cert && !(n->tls_out = malloc(2 * TLS_ROOM)))
		return ENOMEM;
	n->tls_in = n->tls_out ? n->tls_out + TLS_ROOM : NULL;
	if (n->options.client_dir) {
		n->bundle = bundle_load(n->options.client_dir, &error);
		if (!n->bundle) {
			net_log(n, NET_ERROR, "client_dir: no client in %s: %s",
				n->options.client_dir,
				error == EINVAL ? "package.json has no version" : strerror(error));
			return error;
		}
	}
	return context_open(n) ? 0 : EIO;
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
	net_ws_goodbye(n, SIZE_MAX);
	LIST_EACH (it, &n->connections)
		request_last(LIST_OWNER(it, connection, in_net));
	net_end_turn(n);
	while (!n->late && !list_empty(&n->connections))
		uv_run(&n->loop, UV_RUN_ONCE);
	LIST_EACH (it, &n->connections)
		connection_doom(LIST_OWNER(it, connection, in_net));
	net_end_turn(n);
}

void net_free(net *n)
{
	if (!n)
		return;
	listeners_close(n);
	loop_run_posts(n);
	loop_close_posts(n);
	loop_run_posts(n);
	drain(n);
	context_close(n);
	uv_walk(&n->loop, close_handle, NULL);
	uv_run(&n->loop, UV_RUN_DEFAULT);
	embed_close(n);
	uv_loop_close(&n->loop);
	pthread_mutex_destroy(&n->posts_lock);
	router_fini(&n->router);
	endpoints_fini(n);
	census_fini(&n->networks);
	requests_fini(n);
	files_free(n->files);
	bundle_free(n->bundle);
	buf_free(&n->scratch);
	buf_free(&n->date);
	pmd_shared_fini(&n->pmd);
	free(n->tls_out);
	for (size_t i = 0; i < sizeof n->texts / sizeof *n->texts; i++)
		free(n->texts[i]);
	free(n);
}
