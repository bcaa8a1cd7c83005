/* SPDX-License-Identifier: MIT */
/* server - the public functions that tie the layers together: options, life, loop. */
#include "server.h"
#include "base/json_scan.h"
#include "wire/http.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *sio_strerror(sio_err err)
{
	static const char *const texts[] = {
#define SIO_ERROR_TEXT(name, text) text,
		SIO_ERRORS(SIO_ERROR_TEXT)
#undef SIO_ERROR_TEXT
	};
	return (size_t)err < sizeof texts / sizeof *texts ? texts[err] : "unknown error";
}

const char *sio_version(void)
{
	return SIO_VERSION;
}

sio_err server_error(int error)
{
	static const struct {
		int error;
		sio_err err;
	} table[] = {
		{ 0, SIO_OK },
		{ ENOMEM, SIO_ENOMEM },
		{ EINVAL, SIO_EINVAL },
		{ EADDRINUSE, SIO_EADDRINUSE },
		{ EACCES, SIO_EACCES },
		{ EPERM, SIO_EACCES },
		{ EADDRNOTAVAIL, SIO_EADDRNOTAVAIL },
		{ EEXIST, SIO_EINVAL },
		{ ENOENT, SIO_ENOENT },
		{ ENOTDIR, SIO_ENOENT },
		{ ESHUTDOWN, SIO_EGONE },
		{ ENOBUFS, SIO_ELIMIT },
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if (table[i].error == error)
			return table[i].err;
	return SIO_EIO;
}

/* ---- What the network asks of its owner ---- */

static void settle(void *user)
{
	server_settle(user);
}

/* Sockets and clients look at their sessions until they are freed themselves. */
static void reap(void *user)
{
	sio_server *s = user;
	io_reap(&s->io);
	engine_reap(&s->engine);
}

static bool unsettled(const void *user)
{
	return server_unsettled(user);
}

static void refresh(void *user)
{
	sio_server *s = user;
	if (s->net)
		net_refresh(s->net);
}

static void put_off(void *user)
{
	server_put_off(user);
}

static void log_line(net_level level, const char *line, void *user)
{
	sio_server *s = user;
	if (s->log)
		s->log((sio_level)level, line, s->log_user);
	else if (level <= NET_WARN)
		fprintf(stderr, "libsio: %s\n", line);
}

static const engine_events events = {
	.open = hooks_opened,
	.message = client_message,
	.closed = hooks_closed,
	.upgraded = hooks_upgraded,
	.drained = client_drained,
	.put_off = put_off,
};

/* ---- Options ---- */

static unsigned or_unsigned(unsigned value, unsigned standard)
{
	return value ? value : standard;
}

static size_t or_size(size_t value, size_t standard)
{
	return value ? value : standard;
}

static io_options io_options_of(const sio_options *o)
{
	return (io_options){
		.max_attachments = or_unsigned(o->max_attachments, 10),
		.max_depth = or_unsigned(o->max_depth, 10000),
		.max_unanswered = or_unsigned(o->max_unanswered, 65536),
		/* One event must always fit. */
		.max_pending = or_size(
			o->max_pending, o->max_payload > 7u << 20 ? 2 * o->max_payload : 15u << 20),
		.max_namespace = or_unsigned(o->max_namespace, 512),
		.max_namespaces = or_unsigned(o->max_namespaces, 100000),
		.max_sockets = or_unsigned(o->max_sockets, 1000),
		.recovery_sockets = or_size(o->recovery_sockets, 10000),
		.cleanup_empty_children = o->cleanup_empty_children,
		.parser = o->parser,
		.recovery_ms = o->recovery_ms,
		.recovery_bytes = o->recovery_bytes ? o->recovery_bytes : 16u << 20,
		.recovery_uses_middleware = o->recovery_uses_middleware,
		.connect_timeout_ms = or_unsigned(o->connect_timeout_ms, 45000),
	};
}

/* A queue that is full, and an event of the largest kind, must always fit. */
static size_t most_held(const sio_options *o)
{
	size_t waiting = or_size(o->max_queue, 15u << 20);
	size_t payload = or_size(o->max_payload, 1000000);
	size_t event = (or_unsigned(o->max_attachments, 10) + 1) * (payload + payload / 16);
	size_t most = 16000000;
	if (most < waiting + waiting / 64)
		most = waiting + waiting / 64;
	return most < event ? event : most;
}

static engine_options engine_options_of(const sio_options *o)
{
	unsigned transports = or_unsigned(o->transports, SIO_POLLING | SIO_WEBSOCKET);
	size_t high = or_size(o->high_water, 1u << 20);
	return (engine_options){
		.ping_interval_ms = or_unsigned(o->ping_interval_ms, 25000),
		.ping_timeout_ms = or_unsigned(o->ping_timeout_ms, 20000),
		.upgrade_timeout_ms = or_unsigned(o->upgrade_timeout_ms, 10000),
		.max_payload = or_size(o->max_payload, 1000000),
		.max_queue = or_size(o->max_queue, 15u << 20),
		.max_held = or_size(o->max_held, most_held(o)),
		.max_memory = o->max_memory,
		.max_sessions = o->max_sessions,
		.max_sessions_per_address = o->max_sessions_per_address,
		.max_handshakes_per_second = o->max_handshakes_per_second,
		.max_events_per_second = o->max_events_per_second,
		.max_bytes_per_second = o->max_bytes_per_second,
		.high_water = high,
		.low_water = or_size(o->low_water, high / 4),
		.polling = transports & SIO_POLLING,
		.websocket = transports & SIO_WEBSOCKET,
		.allow_upgrades = !o->no_upgrades,
		.allow_eio3 = o->allow_eio3,
		.initial_packet = o->initial_packet,
	};
}

/* The path with a slash at its beginning, and one or none at its end; NULL: out of memory. */
static char *path_of(const sio_options *o)
{
	const char *path = o->path && *o->path ? o->path : "/socket.io/";
	size_t len = strlen(path);
	char *out = malloc(len + 3);
	if (!out)
		return NULL;
	len -= path[len - 1] == '/';
	snprintf(out, len + 3, "%s%.*s%s", *path == '/' ? "" : "/", (int)len, path,
		o->no_trailing_slash ? "" : "/");
	return out;
}

static pmd_options deflate_options_of(const sio_deflate *d)
{
	return (pmd_options){
		.server_no_context_takeover = d->server_no_context_takeover,
		.client_no_context_takeover = d->client_no_context_takeover,
		.server_max_window_bits = (int)d->server_max_window_bits,
		.client_max_window_bits = (int)d->client_max_window_bits,
		.mem_level = (int)d->mem_level,
		.level = (int)d->level,
	};
}

static bool in_range(unsigned value, unsigned least, unsigned most)
{
	return !value || (value >= least && value <= most);
}

static bool deflate_makes_sense(const sio_deflate *d)
{
	return in_range(d->server_max_window_bits, 8, 15) &&
	       in_range(d->client_max_window_bits, 8, 15) && in_range(d->mem_level, 1, 9) &&
	       in_range(d->level, 1, 9);
}

static bool cookie_makes_sense(const sio_options *o)
{
	const char *attributes = o->cookie_attributes ? o->cookie_attributes : "";
	return !o->cookie || http_field_ok(span_of(o->cookie), span_of(attributes));
}

static sio_err bad_option(const sio_server *s, const char *what)
{
	log_line(NET_ERROR, what, (void *)(uintptr_t)s);
	return SIO_EINVAL;
}

static sio_err check_options(const sio_server *s, const sio_options *o)
{
	if (o->transports & ~(unsigned)(SIO_POLLING | SIO_WEBSOCKET))
		return bad_option(s, "transports: unknown bits");
	if (o->max_depth > JSON_DEPTH_LIMIT)
		return bad_option(s, "max_depth: more than can be scanned");
	if (s->engine.options.low_water > s->engine.options.high_water)
		return bad_option(s, "low_water: above high_water");
	if (!deflate_makes_sense(&o->deflate))
		return bad_option(s, "deflate: out of range");
	if (o->initial_packet && o->parser)
		return bad_option(s, "initial_packet: not with a parser");
	if (!cookie_makes_sense(o))
		return bad_option(s, "cookie: not what a header field can hold");
	if (!o->tls_cert != !o->tls_key)
		return bad_option(s, "tls_cert and tls_key: one without the other");
	return SIO_OK;
}

/* ---- Life ---- */

static sio_err open_network(sio_server *s, const sio_options *o)
{
	net_owner owner = {
		.settle = settle,
		.reap = reap,
		.unsettled = unsettled,
		.log = log_line,
		.logs_peers = server_logs_peers,
		.hooks = hooks_for_net(s),
		.user = s,
	};
	char *path = path_of(o);
	int error = ENOMEM;
	if (path) {
		net_options n = { .host = o->host,
			.port = o->port,
			.path = path,
			.cors_origin = o->cors_origin,
			.cors_methods = o->cors_methods,
			.cors_headers = o->cors_headers,
			.cors_exposed = o->cors_exposed_headers,
			.max_connections = o->max_connections,
			.max_connections_per_address = o->max_connections_per_address,
			.cors_max_age_s = o->cors_max_age_s,
			.client_dir = o->client_dir,
			.cors_credentials = o->cors_credentials,
			.trusted_proxies = o->trusted_proxies,
			.cookie = o->cookie,
			.cookie_attributes = o->cookie_attributes,
			.per_message_deflate = o->per_message_deflate,
			.deflate = deflate_options_of(&o->deflate),
			.http_compression = !o->no_http_compression,
			.compression_threshold = or_size(o->compression_threshold, 1024),
			.tls_cert = o->tls_cert,
			.tls_key = o->tls_key,
			.max_payload = s->engine.options.max_payload };
		s->net = net_new(&n, &s->engine, &s->wheel, &owner, &error);
	}
	free(path);
	return server_error(error);
}

sio_err sio_create(sio_server **out, const sio_options *opts)
{
	static const sio_options standard;
	const sio_options *o = opts ? opts : &standard;
	io_options io_opts = io_options_of(o);
	engine_options engine_opts = engine_options_of(o);
	sio_server *s = calloc(1, sizeof *s);

	*out = NULL;
	if (!s)
		return SIO_ENOMEM;
	s->log = o->log;
	s->log_user = o->user;
	if (o->hooks)
		s->hooks = *o->hooks;
	wheel_init(&s->wheel, 0);
	server_end_init(s);
	io_opts.refresh = refresh;
	io_opts.put_off = put_off;
	io_opts.answer = hooks_answer;
	bool made = io_init(&s->io, &io_opts, s, &s->wheel);
	made = engine_init(&s->engine, &engine_opts, &events, s, &s->wheel) && made;
	sio_err err = made ? check_options(s, o) : SIO_ENOMEM;
	if (!err)
		err = open_network(s, o);
	if (err) {
		sio_close(s);
		return err;
	}
	*out = s;
	return SIO_OK;
}

/* The last callbacks of sio_close() run when the network is gone. */

sio_err sio_listen(sio_server *s)
{
	return s->net ? server_error(net_listen(s->net)) : SIO_EGONE;
}

sio_err sio_listen_on(sio_server *s, const char *address)
{
	if (!address)
		return SIO_EINVAL;
	return s->net ? server_error(net_listen_on(s->net, address)) : SIO_EGONE;
}

sio_err sio_reload_tls(sio_server *s)
{
	return s->net ? server_error(net_reload_tls(s->net)) : SIO_EGONE;
}

uint16_t sio_port(const sio_server *s)
{
	return s->net ? net_port(s->net) : 0;
}

/* ---- Loop ---- */

/* Whether it can be turned: not inside itself. */
static sio_err check_loop(const sio_server *s)
{
	if (s->closed || s->ending)
		return SIO_EGONE;
	return net_inside(s->net) ? SIO_EINVAL : SIO_OK;
}

sio_err sio_run(sio_server *s)
{
	sio_err err = check_loop(s);
	if (!err)
		net_run(s->net);
	return err;
}

void sio_stop(sio_server *s)
{
	if (s->net)
		net_stop(s->net);
}

int sio_fd(const sio_server *s)
{
	return s->net ? net_fd(s->net) : -1;
}

int sio_timeout(const sio_server *s)
{
	return s->net ? net_timeout(s->net) : -1;
}

sio_err sio_service(sio_server *s)
{
	sio_err err = check_loop(s);
	if (err)
		return err;
	net_service(s->net);
	return s->closed ? SIO_EGONE : SIO_OK;
}

struct uv_loop_s *sio_uv_loop(sio_server *s)
{
	return s->net ? net_loop(s->net) : NULL;
}

sio_err sio_post(sio_server *s, void (*fn)(void *user), void *user)
{
	if (!fn)
		return SIO_EINVAL;
	return s->net ? server_error(net_post(s->net, fn, user)) : SIO_EGONE;
}
