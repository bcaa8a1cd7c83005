/* SPDX-License-Identifier: MIT */
/* server_options - the options of a server: what is wrong with them, and what they are for each
 * layer. */
#include "base/json_scan.h"
#include "server.h"
#include "wire/http.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned or_unsigned(unsigned value, unsigned standard)
{
	return value ? value : standard;
}

static size_t or_size(size_t value, size_t standard)
{
	return value ? value : standard;
}

static size_t max_payload(const sio_options *o)
{
	return or_size(o->max_payload, 1000000);
}

static size_t max_queue(const sio_options *o)
{
	return or_size(o->max_queue, 15u << 20);
}

static size_t high_water(const sio_options *o)
{
	return or_size(o->high_water, 1u << 20);
}

static size_t low_water(const sio_options *o)
{
	return or_size(o->low_water, high_water(o) / 4);
}

io_options options_for_io(const sio_options *o)
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
	size_t waiting = max_queue(o), payload = max_payload(o);
	size_t event = (or_unsigned(o->max_attachments, 10) + 1) * (payload + payload / 16);
	size_t most = 16000000;
	if (most < waiting + waiting / 64)
		most = waiting + waiting / 64;
	return most < event ? event : most;
}

engine_options options_for_engine(const sio_options *o)
{
	unsigned transports = or_unsigned(o->transports, SIO_POLLING | SIO_WEBSOCKET);
	return (engine_options){
		.ping_interval_ms = or_unsigned(o->ping_interval_ms, 25000),
		.ping_timeout_ms = or_unsigned(o->ping_timeout_ms, 20000),
		.upgrade_timeout_ms = or_unsigned(o->upgrade_timeout_ms, 10000),
		.max_payload = max_payload(o),
		.max_queue = max_queue(o),
		.max_held = or_size(o->max_held, most_held(o)),
		.max_memory = o->max_memory,
		.max_sessions = o->max_sessions,
		.max_sessions_per_address = o->max_sessions_per_address,
		.max_handshakes_per_second = o->max_handshakes_per_second,
		.max_events_per_second = o->max_events_per_second,
		.max_bytes_per_second = o->max_bytes_per_second,
		.high_water = high_water(o),
		.low_water = low_water(o),
		.polling = transports & SIO_POLLING,
		.websocket = transports & SIO_WEBSOCKET,
		.allow_upgrades = !o->no_upgrades,
		.allow_eio3 = o->allow_eio3,
		.initial_packet = o->initial_packet,
	};
}

char *options_path(const sio_options *o)
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

net_options options_for_net(const sio_options *o, const char *path)
{
	return (net_options){
		.host = o->host,
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
		.max_payload = max_payload(o),
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

const char *options_fault(const sio_options *o)
{
	if (o->transports & ~(unsigned)(SIO_POLLING | SIO_WEBSOCKET))
		return "transports: unknown bits";
	if (o->max_depth > JSON_DEPTH_LIMIT)
		return "max_depth: more than can be scanned";
	if (low_water(o) > high_water(o))
		return "low_water: above high_water";
	if (!deflate_makes_sense(&o->deflate))
		return "deflate: out of range";
	if (o->initial_packet && o->parser)
		return "initial_packet: not with a parser";
	if (!cookie_makes_sense(o))
		return "cookie: not what a header field can hold";
	if (!o->tls_cert != !o->tls_key)
		return "tls_cert and tls_key: one without the other";
	return NULL;
}
